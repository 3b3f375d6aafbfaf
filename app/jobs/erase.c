/* The job `erase`: an organisation whose time to come back is over. Its files go first, so that a row is there for each
 * file until the end; then all its rows, this job's among them, in one transaction. Done again, it goes on. */
#include "erasure_sql.h"
#include "worker.h"

#include "log.h"

static enum result remove_files(
    struct worker *w, TALLOC_CTX *mem, const struct job *job, int64_t *removed, struct error *e)
{
	struct store *store;
	struct blob_after at = { { { 0 } } };
	TRY(worker_store(w, &store, e));
	for (;;) {
		TALLOC_CTX *batch = talloc_new(mem);
		struct blob_after *rows;
		size_t n;
		TRY(db_begin_for(w->db, batch, &job->organization_id, DB_READ, e));
		TRY(blob_list_after_last(w->db, &at, batch, &rows, &n, e));
		for (size_t i = 0; i < n; i++) {
			struct store_key key = { job->organization_id, rows[i].id };
			TRY(worker_keep_lease(w, job, 0, e));
			TRY(store_remove(store, &key, e));
			at = rows[i];
		}
		talloc_free(batch);
		*removed += (int64_t)n;
		if (n == 0)
			return ERR_OK;
	}
}

static enum result run(struct worker *w, TALLOC_CTX *mem, const struct job *job, struct error *e)
{
	struct organization_erased erased;
	int64_t files = 0;
	TRY(remove_files(w, mem, job, &files, e));
	TRY(worker_heartbeat(w, mem, job, w->settings->JOB_LEASE, e));
	TRY(worker_begin(w, mem, job, e));
	TRY(organization_erase_last(w->db, NULL, mem, &erased, e));
	log_info("an organisation was erased", "files", num_text(files).s);
	return ERR_OK;
}

/* Nobody waits for it but the operator, who sees the failed job. */
static enum result fail(
    struct worker *w, TALLOC_CTX *mem, const struct job *job, const struct error *why, struct error *e)
{
	(void)w, (void)mem, (void)job, (void)why, (void)e;
	return ERR_OK;
}

const struct job_kind job_erase = { "erase", run, fail };
