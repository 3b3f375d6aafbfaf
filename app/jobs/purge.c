/* Rows that have had their time: ended sessions, used links, answers kept for repetition... Any child does it, between
 * two jobs; the database lets one at a time. */
#include "worker.h"

#include "clock.h"
#include "log.h"

#define PURGE_EVERY_US INT64_C(3600000000)
#define PURGE_ROWS 2000 /* of a table in one transaction */

void worker_purge(struct worker *w)
{
	int64_t now = clock_mono_us();
	if (now < w->purge_us)
		return;
	TALLOC_CTX *mem = mem_new("purge", 0);
	struct purged done = { 0 };
	struct error e;
	error_clear(&e);
	enum result code = db_begin_as(w->db, mem, NULL, DB_WRITE, &e);
	if (code == ERR_OK)
		code = purge_expired_last(w->db, &(struct purge_terms){ PURGE_ROWS }, mem, &done, &e);
	if (code != ERR_OK) {
		db_rollback(w->db);
		log_failure(LOG_WARN, "what has had its time could not be deleted", &e);
	} else if (done.n > 0) {
		log_info("deleted what has had its time", "rows", num_text(done.n).s);
	}
	/* More may be left: after the next job, or the next look for one. */
	w->purge_us = done.n >= PURGE_ROWS ? now : now + PURGE_EVERY_US;
	talloc_free(mem);
}
