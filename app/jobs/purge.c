/* Rows that have had their time: ended sessions, used links, answers kept for repetition... Any child does it; the
 * database lets one at a time. */
#include "worker.h"

#include "log.h"

#define PURGE_ROWS 2000 /* of a table in one transaction */

enum result worker_purge(struct worker *w, TALLOC_CTX *mem, bool *more, struct error *e)
{
	struct purged done;
	TRY(db_begin_as(w->db, mem, NULL, DB_WRITE, e));
	TRY(purge_expired_last(w->db, &(struct purge_terms){ PURGE_ROWS }, mem, &done, e));
	if (done.n > 0)
		log_info("deleted what has had its time", "rows", num_text(done.n).s);
	*more = done.n >= PURGE_ROWS;
	return ERR_OK;
}
