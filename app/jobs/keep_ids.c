/* Requirements keep their ids through later analyses: those of the latest analyses are looked at. */
#include <string.h>

#include "json.h"
#include "requirement_ids.h"
#include "worker.h"

enum result requirements_keep_ids(
    struct worker *w, TALLOC_CTX *mem, const struct job *job, struct analysis *a, struct error *e)
{
	struct analysis_before_row *rows;
	struct requirement_before *before = NULL;
	struct analysis_before_key key = { job->tender_id, job->document_id };
	size_t n_rows, n = 0;
	TRY(db_begin_for(w->db, mem, &job->organization_id, DB_READ, e));
	TRY(analysis_before_last(w->db, &key, mem, &rows, &n_rows, e));
	for (size_t i = 0; i < n_rows; i++) {
		const struct json *list;
		struct requirement_before *some;
		if (!rows[i].requirements.s)
			continue;
		TRY(json_parse(mem, rows[i].requirements.s, strlen(rows[i].requirements.s), &list, e));
		size_t n_some = requirements_before_read(mem, list, &some);
		before = mem_grow(mem, before, struct requirement_before, n + n_some + 1);
		if (n_some > 0)
			memcpy(&before[n], some, n_some * sizeof *some);
		n += n_some;
	}
	requirement_ids_keep(mem, a, before, n);
	return ERR_OK;
}
