/* The audit log, as an owner reads it. */
#include "audit.h"
#include "clock.h"
#include "paging.h"
#include "user_sql.h"

static enum result read_time(struct request *rq, const char *name, struct opt_instant *out, struct error *e)
{
	const char *s = request_text(rq, name);
	out->set = s != NULL;
	if (!s || clock_parse_rfc3339(s, &out->us))
		return ERR_OK;
	return error_set(e, ERR_INVALID_VALUE, name, "value", s, "expected", "2026-03-20T12:00:00Z");
}

void audit_event_write(struct json_writer *w, const struct audit_row *v)
{
	jw_open(w, '{');
	jw_field_uuid(w, "id", &v->id);
	jw_field_instant(w, "at", v->at.us);
	jw_key(w, "account_id");
	jw_opt_uuid(w, &v->account_id);
	jw_field_text(w, "account_name", v->account_name);
	jw_field_text(w, "action", v->action);
	jw_field_text(w, "target_kind", v->target_kind);
	jw_key(w, "target_id");
	jw_opt_uuid(w, &v->target_id);
	jw_field_text(w, "request_id", v->request_id);
	jw_key(w, "detail");
	jw_raw(w, v->detail.s);
	jw_close(w, '}');
}

enum result audit_log_show(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct paging page;
	struct audit_filter f = { .action = request_text(rq, "action") };
	struct list_total total = { 0 };
	struct audit_row *rows;
	size_t n;
	f.account_id.set = request_id_param(rq, "account_id", &f.account_id.value);
	f.target_id.set = request_id_param(rq, "target_id", &f.target_id.value);
	(void)!read_time(rq, "from", &f.from, e);
	(void)!read_time(rq, "to", &f.to, e);
	if (e->n_faults)
		return e->code;
	TRY(paging_read(rq, true, &page, e));
	f.bound_time = page.bound_time;
	f.bound_id = page.bound_id;
	f.limit = page.limit + 1;
	f.offset = page.offset;
	struct audit_count_filter counted = { f.action, f.account_id, f.target_id, f.from, f.to };
	TRY(app_begin(rq, e));
	if (!page.by_cursor)
		TRY(audit_count_later(db, &counted, rq->mem, &total, e));
	TRY(audit_list_last(db, &f, rq->mem, &rows, &n, e));
	n = paging_finish(rs, &page, n, total.total);
	struct json_writer *w = response_data(rs);
	jw_open(w, '[');
	for (size_t i = 0; i < n; i++)
		audit_event_write(w, &rows[i]);
	jw_close(w, ']');
	if (n)
		paging_next(rs, &page, rows[n - 1].at.us, &rows[n - 1].id);
	return ERR_OK;
}
