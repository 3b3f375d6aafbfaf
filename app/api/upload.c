/* 201 is answered when the bytes are on the disk under their final names and the rows are committed; a failure before
 * that leaves nothing. Two round trips for any number of files: what must be known before, and all that is written. */
#include "upload.h"
#include "audit.h"
#include "clock.h"
#include "crypto.h"
#include "document_view.h"
#include "fail_point.h"
#include "log.h"
#include "multipart.h"
#include "resumable.h"
#include "upload_metadata.h"
#include "uuid.h"
#include "version_sql.h"

#include <stdlib.h>
#include <string.h>

enum result upload_file_begin(
    struct request *rq, struct upload *up, const char *name, struct upload_file **out, struct error *e)
{
	struct app *app = app_of(rq);
	int64_t files_max = app->settings.MAX_UPLOAD_FILES;
	struct store *store;
	if ((int64_t)up->n == files_max)
		return error_set(e, ERR_TOO_MANY_FILES, "file", "max", num_text(files_max).s);
	up->files = mem_grow(rq->mem, up->files, struct upload_file, up->n + 1);
	struct upload_file *f = &up->files[up->n++];
	*f = (struct upload_file){ .name = name };
	TRY(app_store(app, &store, e));
	/* The name it will have unless the organisation has these bytes already. */
	f->blob_id = uuid_new();
	struct store_key key = { rq->identity.organization_id.value, f->blob_id };
	*out = f;
	TRY(store_put_begin(store, rq->mem, &key, &f->put, e));
	store_put_write_aside(f->put);
	return ERR_OK;
}

enum result upload_file_add(struct request *rq, struct upload_file *f, const void *bytes, size_t n, struct error *e)
{
	int64_t max = app_of(rq)->settings.MAX_UPLOAD_SIZE;
	f->size += (int64_t)n;
	if (f->size > max)
		return error_set(e, ERR_FILE_TOO_LARGE, "file", "name", f->name, "max", num_text(max).s);
	return store_put_write(f->put, bytes, n, e);
}

enum result upload_file_end(struct request *rq, struct upload_file *f, struct error *e)
{
	if (f->size == 0) {
		error_set(e, ERR_EMPTY_FILE, "file", "name", f->name);
		return ERR_OK;
	}
	int64_t begun = clock_mono_us();
	enum result rc = content_type_of_put(app_of(rq)->detector, f->put, f->name, "file", &f->type, e);
	f->validation_ms = (clock_mono_us() - begun) / 1000;
	if (rc == ERR_FILE_TYPE_REFUSED || rc == ERR_EMPTY_FILE)
		return ERR_OK;
	TRY(rc);
	return store_put_finish(f->put, f->sha256, e);
}

static enum result receive_file(
    struct request *rq, struct multipart *m, const char *name, struct upload *up, struct error *e)
{
	struct upload_file *f;
	TRY(upload_file_begin(rq, up, name, &f, e));
	for (;;) {
		char chunk[65536];
		size_t got;
		TRY(multipart_read(m, chunk, sizeof chunk, &got, e));
		if (got == 0)
			break;
		TRY(upload_file_add(rq, f, chunk, got, e));
	}
	return upload_file_end(rq, f, e);
}

static enum result receive_field(
    struct multipart *m, const struct multipart_part *part, bool with_tender, struct upload *up, struct error *e)
{
	const char *text;
	if (with_tender && strcmp(part->name, "tender_id") == 0) {
		TRY(multipart_text(m, "tender_id", 100, &text, e));
		up->tender_id.set = uuid_parse(text, &up->tender_id.value);
		if (!up->tender_id.set)
			error_set(e, ERR_INVALID_ID, "tender_id", "value", text);
		return ERR_OK;
	}
	if (strcmp(part->name, "document_type") == 0) {
		TRY(multipart_text(m, "document_type", 100, &text, e));
		up->document_type = upload_document_type(text, e);
		return ERR_OK;
	}
	error_set(e, ERR_UNKNOWN_FIELD, part->name, "name", part->name);
	return ERR_OK;
}

/* What makes two uploads the same: fields, and names and digests of the files in their order. */
static const char *content_of(TALLOC_CTX *mem, const struct upload *up)
{
	struct buf b;
	char tender[37] = "", digest[65];
	buf_init(&b, mem, (size_t)16 << 20);
	if (up->tender_id.set)
		uuid_format(&up->tender_id.value, tender);
	buf_printf(&b, "%s %s\n", tender, up->document_type ? up->document_type : "");
	for (size_t i = 0; i < up->n; i++) {
		crypto_hex(up->files[i].sha256, sizeof up->files[i].sha256, digest);
		buf_printf(&b, "%s %s\n", digest, up->files[i].name);
	}
	return b.data;
}

enum result upload_receive(struct request *rq, bool with_tender, struct upload *out, struct error *e)
{
	struct app *app = app_of(rq);
	int64_t max = app->settings.MAX_REQUEST_SIZE;
	if (rq->content_length > max)
		return error_set(e, ERR_BODY_TOO_LARGE, NULL, "max", num_text(max).s);
	struct multipart *m;
	TRY(multipart_of_request(rq, &m, e));
	TRY(app_store_room(app, rq->content_length > 0 ? rq->content_length : 0, e));
	for (;;) {
		struct multipart_part part;
		bool more;
		TRY(multipart_next(m, &more, &part, e));
		if (!more)
			break;
		if (strcmp(part.name, "file") == 0 && part.filename && *part.filename)
			TRY(receive_file(rq, m, part.filename, out, e));
		else if (strcmp(part.name, "file") == 0)
			error_set(e, ERR_NO_FILE, "file");
		else
			TRY(receive_field(m, &part, with_tender, out, e));
		if (rq->body_read > max)
			return error_set(e, ERR_BODY_TOO_LARGE, NULL, "max", num_text(max).s);
	}
	if (e->n_faults == 0 && out->n == 0)
		error_set(e, ERR_NO_FILE, "file");
	if (e->n_faults)
		return e->code;
	if (request_header(rq, "HTTP_IDEMPOTENCY_KEY"))
		rq->content = content_of(rq->mem, out);
	return ERR_OK;
}

enum result upload_check_replaced(const struct document_row *row, const struct uuid *tender_id, struct error *e)
{
	if (!row || !row->tender_id.set || !uuid_equal(&row->tender_id.value, tender_id))
		return error_set(e, ERR_NOT_FOUND, "replaces");
	if (row->replaced_by_id.set)
		return error_set(e, ERR_BAD_STATE, "replaces", "state", "replaced");
	return ERR_OK;
}

/* What must be known before anything is written: whether the tender is there (its lock is held from here on, as by
 * whoever changes a dossier), and which bytes the organisation has already. */
static enum result look_up(struct request *rq, struct upload *up, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct tender_locked tender;
	struct blob_place *places = mem_array(rq->mem, struct blob_place, up->n);
	struct document_row *replaced = NULL;
	struct upload_place *resumed = NULL;
	size_t n_replaced = 0, n_resumed = 0;
	TRY(app_begin(rq, e));
	if (up->resumed)
		TRY(upload_lock_later(db, &(struct upload_key){ up->resumed->id }, rq->mem, &resumed, &n_resumed, e));
	if (up->tender_id.set)
		TRY(tender_lock_later(db, &(struct tender_key){ up->tender_id.value }, rq->mem, &tender, e));
	if (up->replaces.set)
		TRY(document_lock_many_later(
		    db, &(struct document_ids){ { &up->replaces.value, 1 } }, rq->mem, &replaced, &n_replaced, e));
	for (size_t i = 0; i < up->n; i++)
		TRY(blob_find_later(db, &(struct blob_digest){ { up->files[i].sha256, 32 } }, rq->mem, &places[i], e));
	enum result rc = db_flush(db, e);
	if (rc == ERR_NOT_FOUND) {
		error_clear(e);
		return error_set(e, ERR_NOT_FOUND, "tender_id");
	}
	TRY(rc);
	if (up->resumed)
		TRY(resumable_check(n_resumed ? resumed : NULL, up->resumed->received, e));
	if (up->replaces.set)
		TRY(upload_check_replaced(n_replaced ? replaced : NULL, &up->tender_id.value, e));
	for (size_t i = 0; i < up->n; i++) {
		struct upload_file *f = &up->files[i];
		f->known = places[i].id.set;
		if (f->known)
			f->blob_id = places[i].id.value;
		/* The same bytes twice in one request are one object, too. */
		for (size_t k = 0; k < i && !f->known; k++)
			if (memcmp(up->files[k].sha256, f->sha256, 32) == 0) {
				f->known = true;
				f->blob_id = up->files[k].blob_id;
			}
	}
	return ERR_OK;
}

static int by_digest(const void *a, const void *b)
{
	const struct upload_file *const *x = a, *const *y = b;
	return memcmp((*x)->sha256, (*y)->sha256, sizeof(*x)->sha256);
}

/* In the order of their digests: two uploads of the same files, named in other orders, never wait for each other. */
static enum result write_blobs(struct request *rq, struct upload *up, struct error *e)
{
	struct app *app = app_of(rq);
	struct upload_file **sorted = mem_array(rq->mem, struct upload_file *, up->n);
	for (size_t i = 0; i < up->n; i++)
		sorted[i] = &up->files[i];
	qsort(sorted, up->n, sizeof *sorted, by_digest);
	for (size_t i = 0; i < up->n; i++) {
		struct upload_file *f = sorted[i];
		struct blob_new blob = { f->blob_id, { f->sha256, 32 }, f->size, f->type->mime,
			store_put_wrapped_key(f->put), store_master_id(app->store) };
		TRY(blob_insert_later(app->db, &blob, rq->mem, &f->blob, e));
	}
	return ERR_OK;
}

/* A stage that is over, for the document's events and the log. */
static enum result tell_stage(
    struct db *db, const struct uuid *document_id, const char *stage, int64_t ms, struct error *e)
{
	char id[37];
	struct document_event_new event = {
		.id = uuid_new(),
		.document_id = *document_id,
		.stage = stage,
		.state = "completed",
		.progress = 100,
		.duration_ms = { true, ms },
	};
	uuid_format(document_id, id);
	log_info("stage", "stage", stage, "id", id, "ms", num_text(ms).s);
	return document_event_add_later(db, &event, NULL, e);
}

static enum result write_rows(struct request *rq, struct upload *up, bool process, struct error *e)
{
	struct db *db = app_of(rq)->db;
	int64_t took_ms = (clock_mono_us() - rq->started_us) / 1000;
	char tender_text[37];
	const char *detail = NULL;
	if (up->tender_id.set) {
		uuid_format(&up->tender_id.value, tender_text);
		detail = mem_printf(rq->mem, "{\"tender_id\":\"%s\"}", tender_text);
	}
	TRY(write_blobs(rq, up, e));
	for (size_t i = 0; i < up->n; i++) {
		struct upload_file *f = &up->files[i];
		struct document_new document = {
			.id = uuid_new(),
			.tender_id = up->tender_id,
			.sha256 = { f->sha256, 32 },
			.name = f->name,
			.kind = f->type->archive ? "archive" : "file",
			.document_type = up->document_type,
			.status = process ? "processing" : "uploaded",
			.created_by = rq->identity.user_id,
		};
		struct job_read_new job = { uuid_new(), document.id, f->size };
		f->row = (struct document_row){
			.id = document.id,
			.name = f->name,
			.path = "",
			.size = f->size,
			.mime_type = f->type->mime,
			.sha256 = { f->sha256, 32 },
			.document_type = up->document_type,
			.kind = document.kind,
			.status = document.status,
			.tender_id = up->tender_id,
		};
		TRY(document_insert_later(db, &document, rq->mem, &f->created, e));
		TRY(tell_stage(db, &document.id, "upload", took_ms, e));
		TRY(tell_stage(db, &document.id, "validation", f->validation_ms, e));
		/* What is only kept is scanned for viruses by the same job, and not read. */
		if (process || app_of(rq)->scans)
			TRY(job_read_add_later(db, &job, NULL, e));
		TRY(app_audit(rq, "document.uploaded", "document", &document.id, detail, e));
	}
	if (up->tender_id.set) {
		struct tender_key tender = { up->tender_id.value };
		struct dossier_version_new version = { uuid_new(), tender.id, rq->identity.user_id,
			up->replaces.set ? "document_replaced" : "documents_added" };
		struct dossier_version_fill_key fill = { version.id, tender.id };
		struct document_replacement replacement = { up->replaces.value, up->files[0].row.id };
		if (up->replaces.set)
			TRY(document_replace_later(db, &replacement, NULL, e));
		TRY(dossier_version_insert_later(db, &version, NULL, e));
		TRY(dossier_version_fill_later(db, &fill, NULL, e));
		if (process)
			TRY(tender_set_queued_later(db, &tender, NULL, e));
	}
	if (up->resumed)
		TRY(resumable_end_later(rq, up->resumed, &up->files[0].row.id, e));
	fail_point("before commit");
	TRY(db_commit(db, e));
	fail_point("after commit");
	return ERR_OK;
}

enum result upload_store(struct request *rq, struct upload *up, bool process, struct error *e)
{
	struct app *app = app_of(rq);
	struct store *store;
	struct uuid organization = rq->identity.organization_id.value;
	enum result rc = ERR_OK;
	bool sent = false;
	TRY(app_store(app, &store, e));
	fail_point("all received");
	TRY(look_up(rq, up, e));
	for (size_t i = 0; i < up->n && rc == ERR_OK; i++) {
		struct upload_file *f = &up->files[i];
		if (f->known)
			continue;
		rc = store_put_commit(f->put, e);
		f->stored = rc == ERR_OK;
	}
	if (rc == ERR_OK) {
		sent = true;
		rc = write_rows(rq, up, process, e);
	}
	/* Objects that no row names: all of ours when nothing was committed, and one whose bytes another request stored
	 * meanwhile. When it is not known whether the commit happened, they stay. */
	for (size_t i = 0; i < up->n; i++) {
		struct upload_file *f = &up->files[i];
		bool unknown = rc == ERR_UNAVAILABLE && sent;
		bool unused = rc == ERR_OK ? !uuid_equal(&f->blob.id, &f->blob_id) : !unknown;
		struct store_key key = { organization, f->blob_id };
		struct error failed;
		error_clear(&failed);
		if (f->stored && unused && store_take_back(store, &key, &failed) != ERR_OK)
			log_failure(LOG_WARN, "an unused object stays", &failed);
		f->row.created_at = f->created.created_at;
		if (rc == ERR_OK)
			f->row.status = f->created.status;
	}
	return rc;
}

void upload_answer(const struct upload *up, struct response *rs)
{
	struct json_writer *w = response_data(rs);
	char id[37];
	if (up->n > 1)
		jw_open(w, '[');
	for (size_t i = 0; i < up->n; i++)
		document_write(w, &up->files[i].row);
	if (up->n > 1)
		jw_close(w, ']');
	uuid_format(&up->files[0].row.id, id);
	response_created(rs, up->n > 1 ? "/api/v1/documents" : mem_printf(rs->body.mem, "/api/v1/documents/%s", id));
}

enum result document_upload(struct request *rq, struct response *rs, struct error *e)
{
	struct upload up = { 0 };
	TRY(upload_receive(rq, true, &up, e));
	TRY(upload_store(rq, &up, request_flag(rq, "process"), e));
	upload_answer(&up, rs);
	return ERR_OK;
}
