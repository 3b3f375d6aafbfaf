/* An owner has everything of his organisation put into an archive by a job, and fetches it. */
#include "audit.h"
#include "clock.h"
#include "download.h"
#include "export_sql.h"
#include "uuid.h"

static void write_export(struct json_writer *w, const struct export_row *v)
{
	jw_open(w, '{');
	jw_field_uuid(w, "id", &v->id);
	jw_field_text(w, "status", v->status);
	jw_key(w, "size");
	if (v->size.set)
		jw_int(w, v->size.value);
	else
		jw_null(w);
	jw_field_text(w, "error_code", v->error_code);
	jw_field_instant(w, "created_at", v->created_at.us);
	jw_key(w, "finished_at");
	jw_opt_instant(w, v->finished_at);
	jw_key(w, "expires_at");
	jw_opt_instant(w, v->expires_at);
	jw_close(w, '}');
}

/* Who asks while one is being made gets that one: asking again does no harm. */
enum result export_create(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct export_new row = { uuid_new(), rq->identity.user_id };
	struct export_row stands;
	int64_t enqueued;
	TRY(app_begin(rq, e));
	TRY(export_enqueue(db, &(struct export_key){ row.id }, &enqueued, e));
	if (enqueued == 1) {
		TRY(export_add_later(db, &row, NULL, e));
		TRY(app_audit(rq, "organization.export_asked", "export", &row.id, NULL, e));
	}
	TRY(export_latest_last(db, NULL, rq->mem, &stands, e));
	rs->status = 202;
	write_export(response_data(rs), &stands);
	return ERR_OK;
}

enum result export_list_show(struct request *rq, struct response *rs, struct error *e)
{
	struct export_row *rows;
	size_t n;
	TRY(app_begin(rq, e));
	TRY(export_list_last(app_of(rq)->db, NULL, rq->mem, &rows, &n, e));
	struct json_writer *w = response_data(rs);
	jw_open(w, '[');
	for (size_t i = 0; i < n; i++)
		write_export(w, &rows[i]);
	jw_close(w, ']');
	return ERR_OK;
}

enum result export_show(struct request *rq, struct response *rs, struct error *e)
{
	struct export_key key = { request_id_required(rq, "export_id") };
	struct export_row row;
	TRY(app_begin(rq, e));
	TRY(export_get_last(app_of(rq)->db, &key, rq->mem, &row, e));
	write_export(response_data(rs), &row);
	return ERR_OK;
}

enum result export_content(struct request *rq, struct response *rs, struct error *e)
{
	struct export_key key = { request_id_required(rq, "export_id") };
	struct export_file row;
	char date[32];
	TRY(app_begin(rq, e));
	TRY(export_file_get_last(app_of(rq)->db, &key, rq->mem, &row, e));
	if (!row.blob_id.set)
		return error_set(e, ERR_EXPORT_NOT_READY, NULL);
	clock_rfc3339(row.created_at.us, date);
	struct download file = { { { rq->identity.organization_id.value, row.blob_id.value }, row.wrapped_key },
		row.sha256, row.size.value, "application/zip", mem_printf(rq->mem, "scorpius-export-%.10s.zip", date) };
	return download_send(rq, rs, &file, e);
}
