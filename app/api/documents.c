/* Documents: lists, one, its file, its pages, its events. Uploading is in upload.c. */
#include "app.h"
#include "audit.h"
#include "crypto.h"
#include "document.h"
#include "document_view.h"
#include "download.h"
#include "paging.h"
#include "tender_sql.h"
#include "uuid.h"

#include <string.h>

enum result document_list(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	const char *sort = request_text(rq, "sort");
	bool by_name = strstr(sort, "original_filename") != NULL, descending = sort[0] == '-';
	struct paging page;
	TRY(paging_read(rq, descending && !by_name, &page, e));
	/* A cursor carries a moment: only the two orders by time can be walked by it. */
	if (by_name && page.by_cursor)
		return error_set(e, ERR_INVALID_VALUE, "sort", "value", sort, "expected", "created_at, -created_at");
	struct document_filter filter = {
		.status = request_text(rq, "status"),
		.document_type = request_text(rq, "document_type"),
		.search = request_text(rq, "search"),
		.bound_time = page.bound_time,
		.bound_id = page.bound_id,
		.limit = page.limit + 1,
		.offset = page.offset,
	};
	filter.tender_id.set = request_id_param(rq, "tender_id", &filter.tender_id.value);
	struct list_filter counted = { filter.status, filter.tender_id, filter.document_type, filter.search };
	struct list_total total = { 0 };
	struct document_row *rows;
	size_t n;
	TRY(app_begin(rq, e));
	if (!page.by_cursor)
		TRY(document_count_later(db, &counted, rq->mem, &total, e));
	if (by_name && descending)
		TRY(document_list_name_down_last(db, &filter, rq->mem, &rows, &n, e));
	else if (by_name)
		TRY(document_list_name_up_last(db, &filter, rq->mem, &rows, &n, e));
	else if (descending)
		TRY(document_list_newest_last(db, &filter, rq->mem, &rows, &n, e));
	else
		TRY(document_list_oldest_last(db, &filter, rq->mem, &rows, &n, e));
	n = paging_finish(rs, &page, n, total.total);
	struct json_writer *w = response_data(rs);
	jw_open(w, '[');
	for (size_t i = 0; i < n; i++)
		document_write(w, &rows[i]);
	jw_close(w, ']');
	if (n)
		paging_next(rs, &page, rows[n - 1].created_at.us, &rows[n - 1].id);
	return ERR_OK;
}

enum result document_show(struct request *rq, struct response *rs, struct error *e)
{
	struct document_key key = { request_id_required(rq, "document_id") };
	struct document_detail d;
	TRY(app_begin(rq, e));
	TRY(document_get_last(app_of(rq)->db, &key, rq->mem, &d, e));
	document_write_detail(rq->mem, response_data(rs), &d, rq->lang, app_of(rq)->settings.RETENTION_DAYS);
	response_version(rs, "%lld-%s", (long long)d.version, rq->lang == LANG_FR ? "fr" : "en");
	return ERR_OK;
}

/* ---- the file ---- */

enum result document_content(struct request *rq, struct response *rs, struct error *e)
{
	struct app *app = app_of(rq);
	struct document_key key = { request_id_required(rq, "document_id") };
	struct document_detail d;
	TRY(app_begin(rq, e));
	TRY(document_get_last(app->db, &key, rq->mem, &d, e));
	TRY(document_refuse_infected(d.infection, e));
	if (!d.scanned && app->scans && app->scanner.required)
		return error_set(e, ERR_DOCUMENT_UNSCANNED, NULL);
	struct download file = { { { rq->identity.organization_id.value, d.blob_id }, d.wrapped_key }, d.sha256, d.size,
		d.mime_type, d.name };
	return download_send(rq, rs, &file, e);
}

/* ---- work and its course ---- */

enum result document_process(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct document_key key = { request_id_required(rq, "document_id") };
	struct document_locked d;
	struct tender_key *tender;
	size_t n;
	TRY(app_begin(rq, e));
	TRY(tender_lock_of_document_later(db, &key, rq->mem, &tender, &n, e));
	TRY(document_lock(db, &key, rq->mem, &d, e));
	if (strcmp(d.status, "processing") == 0)
		return error_set(e, ERR_ALREADY_PROCESSING, NULL);
	TRY(document_refuse_infected(d.infection, e));
	struct job_read_new job = { uuid_new(), key.id, d.size };
	TRY(document_set_processing_later(db, &key, NULL, e));
	if (d.tender_id.set)
		TRY(tender_set_queued_later(db, &(struct tender_key){ d.tender_id.value }, NULL, e));
	TRY(job_read_add_later(db, &job, NULL, e));
	TRY(app_audit(rq, "document.processing_asked", "document", &key.id, NULL, e));
	TRY(db_commit(db, e));
	struct json_writer *w = response_data(rs);
	rs->status = 202;
	jw_open(w, '{');
	jw_field_uuid(w, "document_id", &key.id);
	jw_field_text(w, "status", "processing");
	jw_field_text(w, "message",
	    rq->lang == LANG_FR ? "Le document est en file d'attente de traitement."
				: "The document is queued for processing.");
	jw_close(w, '}');
	return ERR_OK;
}

enum result document_event_list(struct request *rq, struct response *rs, struct error *e)
{
	struct app *app = app_of(rq);
	struct document_key key = { request_id_required(rq, "document_id") };
	struct document_state state;
	struct document_event_row *rows;
	size_t n;
	TRY(app_begin(rq, e));
	TRY(document_status_later(app->db, &key, rq->mem, &state, e));
	TRY(document_events_last(app->db, &key, rq->mem, &rows, &n, e));
	struct json_writer *w = response_data(rs);
	jw_open(w, '{');
	jw_field_uuid(w, "document_id", &key.id);
	jw_field_text(w, "status", state.status);
	jw_key(w, "events");
	jw_open(w, '[');
	for (size_t i = 0; i < n; i++) {
		const struct document_event_row *r = &rows[i];
		jw_open(w, '{');
		jw_field_text(w, "stage", r->stage);
		jw_field_text(w, "status", r->state);
		jw_field_int(w, "progress", r->progress);
		jw_field_text(w, "message",
		    r->message_code ? stored_error_text(rq->mem, r->message_code, r->message_args.s, rq->lang) : NULL);
		jw_key(w, "duration_ms");
		if (r->duration_ms.set)
			jw_int(w, r->duration_ms.value);
		else
			jw_null(w);
		jw_field_instant(w, "created_at", r->at.us);
		jw_close(w, '}');
	}
	jw_close(w, ']');
	jw_close(w, '}');
	app_version_of_body(rs);
	return ERR_OK;
}

static void write_page(struct json_writer *w, const struct uuid *document, int64_t number, const struct doc_page *p)
{
	jw_open(w, '{');
	jw_field_uuid(w, "document_id", document);
	jw_field_int(w, "number", number);
	jw_key(w, "width");
	jw_num(w, (double)p->width, 2);
	jw_key(w, "height");
	jw_num(w, (double)p->height, 2);
	jw_key(w, "text");
	jw_textn(w, p->text, p->text_len);
	jw_key(w, "words");
	jw_open(w, '[');
	for (uint32_t i = 0; i < p->n_words; i++) {
		const struct doc_word *word = &p->words[i];
		const float box[4] = { word->box.x0, word->box.y0, word->box.x1, word->box.y1 };
		jw_open(w, '{');
		jw_key(w, "text");
		jw_textn(w, p->text + word->start, word->len);
		jw_key(w, "box");
		jw_open(w, '[');
		for (int k = 0; k < 4; k++)
			jw_num(w, (double)box[k], 2);
		jw_close(w, ']');
		jw_close(w, '}');
	}
	jw_close(w, ']');
	jw_close(w, '}');
}

/* The model of a whole dossier's largest document is a few MiB; this is where damage would show as size. */
#define MODEL_MAX (256u << 20)

enum result document_page_show(struct request *rq, struct response *rs, struct error *e)
{
	struct app *app = app_of(rq);
	struct page_key key = { request_id_required(rq, "document_id"), request_int(rq, "number") };
	struct page_place place;
	TRY(app_begin(rq, e));
	TRY(document_page_last(app->db, &key, rq->mem, &place, e));
	TRY(document_refuse_infected(place.infection, e));
	if (!place.model_blob_id.set)
		return error_set(e, ERR_NOT_PROCESSED, NULL);
	if (!place.text)
		return error_set(e, ERR_NOT_FOUND, "number");
	struct store *store;
	struct store_object object = { { rq->identity.organization_id.value, place.model_blob_id.value },
		place.wrapped_key };
	struct bytes model;
	struct doc_page *page;
	TRY(app_store(app, &store, e));
	enum result rc = store_get_bytes(store, rq->mem, &object, MODEL_MAX, &model, e);
	if (rc == ERR_UNAVAILABLE)
		return rc;
	if (rc != ERR_OK || doc_decode_page(rq->mem, model.p, model.n, (uint32_t)key.number, &page, e) != ERR_OK) {
		error_cause(e, "the model of a reading can't be read");
		e->n_faults = 0;
		return error_set(e, ERR_DAMAGED, NULL);
	}
	write_page(response_data(rs), &key.document_id, key.number, page);
	/* Its places take more room than its words: what the reader takes is more than an answer holds. */
	if (rs->body.full)
		return error_set(e, ERR_DOCUMENT_TOO_BIG, "number", "limit", "answer");
	app_version_of_body(rs);
	return ERR_OK;
}
