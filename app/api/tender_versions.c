/* The versions of a tender's dossier: which documents it was made of, and what changed it. */
#include "paging.h"
#include "version_sql.h"

enum result tender_version_list(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct tender_key key = { request_id_required(rq, "tender_id") }, known;
	struct paging page;
	TRY(paging_read(rq, true, &page, e));
	/* A cursor is the number of the last one shown. */
	struct dossier_version_filter filter = { key.id, page.bound_time.us, page.limit + 1, page.offset };
	struct list_total total = { 0 };
	struct dossier_version_row *rows;
	size_t n;
	TRY(app_begin(rq, e));
	TRY(tender_known_later(db, &key, rq->mem, &known, e));
	if (!page.by_cursor)
		TRY(dossier_version_count_later(db, &key, rq->mem, &total, e));
	TRY(dossier_version_list_last(db, &filter, rq->mem, &rows, &n, e));
	n = paging_finish(rs, &page, n, total.total);
	struct json_writer *w = response_data(rs);
	jw_open(w, '[');
	for (size_t i = 0; i < n; i++) {
		jw_open(w, '{');
		jw_field_int(w, "number", rows[i].number);
		jw_field_text(w, "cause", rows[i].cause);
		jw_key(w, "created_by");
		jw_opt_uuid(w, &rows[i].created_by);
		jw_field_instant(w, "created_at", rows[i].created_at.us);
		jw_field_bool(w, "analyzed", rows[i].analyzed);
		jw_key(w, "documents");
		jw_raw(w, rows[i].documents.s);
		jw_close(w, '}');
	}
	jw_close(w, ']');
	if (n)
		paging_next(rs, &page, rows[n - 1].number, &key.id);
	return ERR_OK;
}
