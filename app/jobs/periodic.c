/* What is done again and again between two jobs, by whichever child comes to it: one table. */
#include "worker.h"

#include "backup_set.h"
#include "clock.h"
#include "log.h"
#include "metrics.h"

#define SECOND_US INT64_C(1000000)
#define ROUNDS 10 /* of one kind, while there is more */
#define MEMORY ((size_t)1 << 30)

static const struct {
	enum result (*run)(struct worker *w, TALLOC_CTX *mem, bool *more, struct error *e);
	int64_t idle_us; /* so often when there is nothing else to do: less than a poll, or it would be two */
	int64_t busy_us; /* also when there always is */
	bool storeless;  /* goes on while the file store is out of order */
	const char *failure;
} periodic[] = {
	{ worker_purge, 3600 * SECOND_US, 3600 * SECOND_US, true, "what has had its time could not be deleted" },
	{ worker_retention, 4 * SECOND_US, 60 * SECOND_US, true, "what has had its retention can't be deleted" },
	{ worker_tell_backup, 30 * SECOND_US, 60 * SECOND_US, true, "the backups can't be looked at" },
	{ worker_remove_deleted, 4 * SECOND_US, 60 * SECOND_US, false, "what was deleted can't be removed" },
};
_Static_assert(ARRAY_LEN(periodic) == WORKER_PERIODIC, "a time for each");

enum result worker_tell_backup(struct worker *w, TALLOC_CTX *mem, bool *more, struct error *e)
{
	(void)mem, (void)more, (void)e;
	if (w->settings->BACKUP_PATH[0] != '\0')
		metric_set(METRIC_BACKUP_TIME, 0, backup_last_us(w->settings->BACKUP_PATH) / SECOND_US);
	return ERR_OK;
}

static enum result do_one(struct worker *w, size_t i)
{
	bool more = true;
	for (int round = 0; more && round < ROUNDS && !worker_stopping(); round++) {
		TALLOC_CTX *mem = mem_new("periodic", MEMORY);
		struct error e;
		error_clear(&e);
		more = false;
		enum result code = periodic[i].run(w, mem, &more, &e);
		db_rollback(w->db);
		talloc_free(mem);
		if (code != ERR_OK) {
			log_failure(LOG_WARN, periodic[i].failure, &e);
			if (!periodic[i].storeless)
				worker_doubt_store(w, code);
			return code;
		}
	}
	return ERR_OK;
}

void worker_periodic(struct worker *w, bool idle)
{
	for (size_t i = 0; i < WORKER_PERIODIC && !worker_stopping(); i++) {
		int64_t every_us = idle ? periodic[i].idle_us : periodic[i].busy_us, now = clock_mono_us();
		if (!periodic[i].storeless && worker_doubts_store(w))
			continue;
		if (w->periodic_us[i] != 0 && now - w->periodic_us[i] < every_us)
			continue;
		enum result code = do_one(w, i);
		w->periodic_us[i] = clock_mono_us();
		if (code == ERR_UNAVAILABLE) /* so will the others be */
			return;
	}
}
