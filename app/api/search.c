/* Full text over what an organisation has uploaded. */
#include "app.h"
#include "paging.h"
#include "search_sql.h"

#include <string.h>

/* White space folded, whole words only where it was cut, and dots to say so. */
static const char *snippet(TALLOC_CTX *mem, const struct search_hit *hit)
{
	const char *from = hit->around, *to = from + strlen(from);
	struct buf b;
	if (hit->cut_before && strpbrk(from, " \n\t"))
		from = strpbrk(from, " \n\t");
	while (hit->cut_after && to > from && !strchr(" \n\t", to[-1]))
		to--;
	if (to == from) /* one word as long as the window */
		from = hit->around, to = from + strlen(from);
	buf_init(&b, mem, 4096);
	if (hit->cut_before)
		buf_str(&b, "\u2026");
	bool blank = hit->cut_before, any = false;
	for (; from < to; from++) {
		if (strchr(" \n\t", *from)) {
			blank = true;
			continue;
		}
		if (blank && (any || hit->cut_before))
			buf_char(&b, ' ');
		buf_char(&b, *from);
		blank = false;
		any = true;
	}
	if (hit->cut_after)
		buf_str(&b, " \u2026");
	return b.data;
}

enum result search_show(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct paging page = { .limit = request_int(rq, "limit"), .offset = request_int(rq, "offset") };
	struct search_filter filter = {
		.q = request_text(rq, "q"),
		.document_type = request_text(rq, "document_type"),
		.limit = page.limit + 1,
		.offset = page.offset,
	};
	if (!filter.q)
		return error_set(e, ERR_MISSING_FIELD, "q");
	filter.tender_id.set = request_id_param(rq, "tender_id", &filter.tender_id.value);
	struct search_count_filter counted = { filter.q, filter.tender_id, filter.document_type };
	struct list_total total = { 0 };
	struct search_hit *hits;
	size_t n;
	TRY(app_begin(rq, e));
	TRY(search_count_later(db, &counted, rq->mem, &total, e));
	TRY(search_pages_last(db, &filter, rq->mem, &hits, &n, e));
	n = paging_finish(rs, &page, n, total.total);
	struct json_writer *w = response_data(rs);
	jw_open(w, '[');
	for (size_t i = 0; i < n; i++) {
		jw_open(w, '{');
		jw_field_uuid(w, "document_id", &hits[i].document_id);
		jw_key(w, "tender_id");
		jw_opt_uuid(w, &hits[i].tender_id);
		jw_field_text(w, "original_filename", hits[i].name);
		jw_field_text(w, "path", hits[i].path);
		jw_field_text(w, "document_type", hits[i].document_type);
		jw_field_int(w, "page", hits[i].page);
		jw_field_text(w, "snippet", snippet(rq->mem, &hits[i]));
		jw_close(w, '}');
	}
	jw_close(w, ']');
	return ERR_OK;
}
