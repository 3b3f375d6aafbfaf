/* What a tender asks for, from its latest analysis: filtered, a page at a time. */
#include "paging.h"
#include "requirement_sql.h"
#include "uuid.h"

enum result tender_requirement_list(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct paging page;
	TRY(paging_read(rq, false, &page, e));
	/* A cursor is the place of the last one shown, and the analysis that it stands in. */
	bool goes_on = page.by_cursor && page.bound_time.us > 0;
	struct requirement_filter filter = {
		.tender_id = request_id_required(rq, "tender_id"),
		.analysis_id = { goes_on, page.bound_id },
		.category = request_text(rq, "category"),
		.priority = request_text(rq, "priority"),
		.search = request_text(rq, "search"),
		.after = goes_on ? page.bound_time.us : 0,
		.limit = page.limit + 1,
		.offset = page.offset,
	};
	filter.document_id.set = request_id_param(rq, "document_id", &filter.document_id.value);
	struct requirement_source_key source = { filter.tender_id, filter.analysis_id };
	struct requirement_count_filter counted = { filter.tender_id, filter.analysis_id, filter.category,
		filter.priority, filter.search, filter.document_id };
	struct requirement_source_row from;
	struct list_total total = { 0 };
	struct requirement_row *rows;
	size_t n;
	TRY(app_begin(rq, e));
	TRY(requirement_source_later(db, &source, rq->mem, &from, e));
	if (!page.by_cursor)
		TRY(requirement_count_later(db, &counted, rq->mem, &total, e));
	TRY(requirement_page_last(db, &filter, rq->mem, &rows, &n, e));
	if (!from.analysis_id.set && goes_on)
		return error_set(e, ERR_INVALID_CURSOR, "cursor");
	if (!from.analysis_id.set)
		return error_set(e, ERR_NOT_ANALYZED, NULL);
	n = paging_finish(rs, &page, n, total.total);
	struct json_writer *w = response_data(rs);
	jw_open(w, '[');
	for (size_t i = 0; i < n; i++)
		jw_raw(w, rows[i].requirement.s);
	jw_close(w, ']');
	if (n)
		paging_next(rs, &page, rows[n - 1].place, &rows[n - 1].analysis_id);
	return ERR_OK;
}
