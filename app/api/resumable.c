/* A part that was answered with 204 is there for good: an encrypted object of its own, and a row that says where in the
 * file it stands. The last part is never kept by itself: with those before it, it streams through hash and cipher into
 * one object, and the very code of POST /documents makes a document of that, in one transaction with the end of the
 * upload. So an upload has all of its bytes only when its document is there; a worker that dies before leaves it where
 * it was. */
#include "resumable.h"
#include "audit.h"
#include "clock.h"
#include "crypto.h"
#include "fail_point.h"
#include "log.h"
#include "upload_metadata.h"
#include "uuid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PROTOCOL "1.0.0"
#define BASE "/api/v1/uploads"
/* Parts are files and rows: a file of the largest size has some thousand of them. */
#define PART_MIN 65536

void resumable_headers(const struct request *rq, struct response *rs)
{
	const struct app *app = app_of(rq);
	if (strncmp(rq->path, BASE, strlen(BASE)) != 0)
		return;
	response_header(rs, "Tus-Resumable", PROTOCOL);
	if (rq->method == METHOD_OPTIONS || rs->status == 412)
		response_header(rs, "Tus-Version", PROTOCOL);
	if (rq->method != METHOD_OPTIONS)
		return;
	response_header(rs, "Tus-Extension", "creation,expiration,termination,checksum");
	response_header(rs, "Tus-Max-Size", num_text(app->settings.MAX_UPLOAD_SIZE).s);
	response_header(rs, "Tus-Checksum-Algorithm", "sha256");
}

/* Who does not say which version he speaks is taken at this one. */
static enum result check_version(const struct request *rq, struct error *e)
{
	const char *version = request_header(rq, "HTTP_TUS_RESUMABLE");
	return !version || strcmp(version, PROTOCOL) == 0
		   ? ERR_OK
		   : error_set(e, ERR_TUS_VERSION, "Tus-Resumable", "expected", PROTOCOL);
}

static bool read_number(const char *s, int64_t *out)
{
	size_t n = s ? strspn(s, "0123456789") : 0;
	if (n == 0 || n > 18 || s[n])
		return false;
	*out = strtoll(s, NULL, 10);
	return true;
}

/* RFC 9110, 5.6.7. */
static void expires_header(struct response *rs, struct instant at)
{
	char text[64];
	struct tm tm;
	time_t seconds = (time_t)(at.us / 1000000);
	if (gmtime_r(&seconds, &tm) && strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm) > 0)
		response_header(rs, "Upload-Expires", text);
}

static void document_header(struct response *rs, const struct uuid *id)
{
	char text[37];
	uuid_format(id, text);
	response_header(rs, "Scorpius-Document-Id", text);
}

static void write_upload(struct response *rs, const struct upload_row *u)
{
	struct json_writer *w = response_data(rs);
	jw_open(w, '{');
	jw_field_uuid(w, "id", &u->id);
	jw_field_text(w, "filename", u->name);
	jw_field_int(w, "length", u->length);
	jw_field_int(w, "offset", u->received);
	jw_key(w, "tender_id");
	jw_opt_uuid(w, &u->tender_id);
	jw_field_text(w, "document_type", u->document_type);
	jw_key(w, "document_id");
	jw_opt_uuid(w, &u->document_id);
	jw_field_instant(w, "created_at", u->created_at.us);
	jw_field_instant(w, "expires_at", u->expires_at.us);
	jw_close(w, '}');
}

/* ---- its beginning ---- */

static enum result read_length(const struct request *rq, int64_t *length, struct error *e)
{
	if (request_header(rq, "HTTP_UPLOAD_DEFER_LENGTH"))
		return error_set(e, ERR_UPLOAD_LENGTH_DEFERRED, "Upload-Defer-Length");
	if (!read_number(request_header(rq, "HTTP_UPLOAD_LENGTH"), length))
		return error_set(e, ERR_UPLOAD_LENGTH, "Upload-Length");
	return ERR_OK;
}

static enum result check_length(struct request *rq, const char *name, int64_t length, struct error *e)
{
	int64_t max = app_of(rq)->settings.MAX_UPLOAD_SIZE;
	if (length == 0)
		return error_set(e, ERR_EMPTY_FILE, "Upload-Length", "name", name);
	if (length > max)
		return error_set(e, ERR_FILE_TOO_LARGE, "Upload-Length", "name", name, "max", num_text(max).s);
	return app_store_room(app_of(rq), length, e);
}

static enum result begin(struct request *rq, struct upload_row *u, struct error *e)
{
	struct app *app = app_of(rq);
	struct upload_new row = { u->id, rq->identity.user_id, u->name, u->length, u->tender_id, u->document_type,
		u->metadata, u->process, app->settings.UPLOAD_EXPIRE_HOURS, app->settings.MAX_OPEN_UPLOADS };
	struct upload_tender tender;
	struct upload_count_lock lock;
	struct upload_begun begun;
	TRY(app_begin(rq, e));
	TRY(upload_lock_count_later(app->db, NULL, rq->mem, &lock, e));
	TRY(upload_tender(app->db, &(struct upload_tender_key){ u->tender_id }, rq->mem, &tender, e));
	if (!tender.there)
		return error_set(e, ERR_NOT_FOUND, "tender_id");
	enum result rc = upload_begin(app->db, &row, rq->mem, &begun, e);
	if (rc == ERR_NOT_FOUND) {
		error_clear(e);
		return error_set(e, ERR_TOO_MANY_UPLOADS, NULL, "max", num_text(row.most).s);
	}
	TRY(rc);
	u->created_at = begun.created_at;
	u->expires_at = begun.expires_at;
	TRY(app_audit(rq, "upload.begun", "upload", &u->id, NULL, e));
	return db_commit(app->db, e);
}

enum result resumable_create(struct request *rq, struct response *rs, struct error *e)
{
	const char *text = request_header(rq, "HTTP_UPLOAD_METADATA");
	struct upload_metadata said;
	int64_t length = 0;
	char id[37];
	TRY(check_version(rq, e));
	(void)read_length(rq, &length, e); /* told with the faults of the metadata */
	TRY(upload_metadata_read(rq->mem, text ? text : "", &said, e));
	TRY(check_length(rq, said.filename, length, e));
	struct upload_row u = {
		.id = uuid_new(),
		.name = said.filename,
		.length = length,
		.tender_id = said.tender_id,
		.document_type = said.document_type,
		.metadata = mem_strdup(rq->mem, text),
		.process = request_flag(rq, "process"),
	};
	if (request_header(rq, "HTTP_IDEMPOTENCY_KEY"))
		rq->content = mem_printf(rq->mem, "%lld %s", (long long)length, u.metadata);
	TRY(begin(rq, &u, e));
	write_upload(rs, &u);
	uuid_format(&u.id, id);
	response_created(rs, mem_printf(rq->mem, BASE "/%s", id));
	response_header(rs, "Upload-Offset", "0");
	expires_header(rs, u.expires_at);
	return ERR_OK;
}

/* ---- how far it is ---- */

enum result resumable_show(struct request *rq, struct response *rs, struct error *e)
{
	struct upload_row u;
	TRY(check_version(rq, e));
	TRY(app_begin(rq, e));
	TRY(upload_get_last(
	    app_of(rq)->db, &(struct upload_key){ request_id_required(rq, "upload_id") }, rq->mem, &u, e));
	write_upload(rs, &u);
	response_header(rs, "Upload-Offset", num_text(u.received).s);
	response_header(rs, "Upload-Length", num_text(u.length).s);
	response_header(rs, "Upload-Metadata", u.metadata);
	expires_header(rs, u.expires_at);
	if (u.document_id.set)
		document_header(rs, &u.document_id.value);
	return ERR_OK;
}

/* ---- a part ---- */

/* A part on its way: what was announced. */
struct part {
	int64_t size;
	bool proved; /* a checksum came with it */
	uint8_t sha256[CRYPTO_SHA256_SIZE];
};

static enum result read_checksum(const struct request *rq, struct part *part, struct error *e)
{
	static const char expected[] = "sha256 <base64>";
	const char *text = request_header(rq, "HTTP_UPLOAD_CHECKSUM");
	size_t n;
	part->proved = text != NULL;
	if (text && (strncmp(text, "sha256 ", 7) != 0 ||
			!crypto_unbase64(text + 7, strlen(text + 7), part->sha256, sizeof part->sha256, &n) ||
			n != sizeof part->sha256))
		return error_set(e, ERR_UPLOAD_CHECKSUM, "Upload-Checksum", "expected", expected);
	return ERR_OK;
}

static enum result prove(const struct part *part, const uint8_t sha256[CRYPTO_SHA256_SIZE], struct error *e)
{
	return !part->proved || memcmp(part->sha256, sha256, CRYPTO_SHA256_SIZE) == 0
		   ? ERR_OK
		   : error_set(e, ERR_CHECKSUM_MISMATCH, "Upload-Checksum");
}

static enum result conflict(int64_t received, struct error *e)
{
	return error_set(e, ERR_OFFSET_CONFLICT, "Upload-Offset", "value", num_text(received).s);
}

enum result resumable_check(const struct upload_place *row, int64_t received, struct error *e)
{
	if (!row)
		return error_set(e, ERR_NOT_FOUND, NULL);
	return row->received == received ? ERR_OK : conflict(row->received, e);
}

static enum result receive(struct request *rq, struct store_put *put, struct error *e)
{
	for (;;) {
		char chunk[65536];
		size_t got;
		TRY(request_read(rq, chunk, sizeof chunk, &got, e));
		if (got == 0)
			return ERR_OK;
		TRY(store_put_write(put, chunk, got, e));
	}
}

static enum result write_part(struct request *rq, const struct upload_row *u, const struct part *part,
    const struct upload_bytes *bytes, struct blob_key *stands, struct upload_life *life, bool *sent, struct error *e)
{
	struct app *app = app_of(rq);
	struct upload_part_new row = { u->id, u->received, part->size, bytes->sha256 };
	struct upload_step step = { u->id, u->received + part->size, app->settings.UPLOAD_EXPIRE_HOURS };
	struct upload_place *place;
	size_t n;
	TRY(app_begin(rq, e));
	TRY(upload_lock(app->db, &(struct upload_key){ u->id }, rq->mem, &place, &n, e));
	TRY(resumable_check(n ? place : NULL, u->received, e));
	TRY(upload_bytes_insert_later(app->db, bytes, rq->mem, stands, e));
	TRY(upload_part_insert_later(app->db, &row, NULL, e));
	TRY(upload_advance_later(app->db, &step, rq->mem, life, e));
	fail_point("before commit of a part");
	*sent = true;
	TRY(db_commit(app->db, e));
	fail_point("after commit of a part");
	return ERR_OK;
}

/* Makes a part durable: its object, then its row. */
static enum result keep(
    struct request *rq, const struct upload_row *u, const struct part *part, struct upload_life *life, struct error *e)
{
	struct store *store;
	struct store_put *put;
	struct uuid id = uuid_new();
	struct store_key key = { rq->identity.organization_id.value, id };
	uint8_t sha256[CRYPTO_SHA256_SIZE];
	struct blob_key stands = { id };
	TRY(app_store(app_of(rq), &store, e));
	TRY(store_put_begin(store, rq->mem, &key, &put, e));
	store_put_write_aside(put);
	TRY(receive(rq, put, e));
	TRY(store_put_finish(put, sha256, e));
	TRY(prove(part, sha256, e));
	fail_point("part received");
	TRY(store_put_commit(put, e));
	struct upload_bytes bytes = { id, { sha256, sizeof sha256 }, part->size, store_put_wrapped_key(put),
		store_master_id(store) };
	bool sent = false;
	enum result rc = write_part(rq, u, part, &bytes, &stands, life, &sent, e);
	/* No row names the object: somebody was first, or the bytes are known. When it is not known whether the commit
	 * happened, it stays. */
	if (rc == ERR_OK ? !uuid_equal(&stands.id, &id) : rc != ERR_UNAVAILABLE || !sent) {
		struct error failed;
		error_clear(&failed);
		if (store_take_back(store, &key, &failed) != ERR_OK)
			log_failure(LOG_WARN, "an unused object stays", &failed);
	}
	return rc;
}

static enum result damaged(struct error *e)
{
	error_clear(e);
	error_cause(e, "a part of an upload is missing or has another size");
	return error_set(e, ERR_DAMAGED, NULL);
}

/* Adds the bytes of an earlier part to the file. */
static enum result copy_part(
    struct request *rq, struct store *store, const struct upload_part *part, struct upload_file *f, struct error *e)
{
	struct store_object object = { { rq->identity.organization_id.value, part->blob_id }, part->wrapped_key };
	struct store_get *get;
	TRY(store_get_open(store, rq->mem, &object, &get, e));
	if (part->start != f->size || store_get_size(get) != part->size)
		return damaged(e);
	for (int64_t at = 0; at < part->size;) {
		char chunk[65536];
		size_t got;
		TRY(store_get_read_at(get, at, chunk, sizeof chunk, &got, e));
		if (got == 0)
			return damaged(e);
		TRY(upload_file_add(rq, f, chunk, got, e));
		at += (int64_t)got;
	}
	talloc_free(get);
	return ERR_OK;
}

/* While we read them, somebody else may have ended the upload, so that its parts are gone: that is no damage. */
static enum result explain_missing(struct request *rq, const struct upload_row *u, struct error *e)
{
	struct upload_row now;
	error_clear(e);
	TRY(app_begin(rq, e));
	TRY(upload_get_last(app_of(rq)->db, &(struct upload_key){ u->id }, rq->mem, &now, e));
	return now.received != u->received ? conflict(now.received, e) : damaged(e);
}

static enum result copy_parts(struct request *rq, const struct upload_row *u, struct upload_file *f, struct error *e)
{
	struct app *app = app_of(rq);
	struct store *store;
	struct upload_part *parts;
	size_t n;
	TRY(app_store(app, &store, e));
	TRY(app_begin(rq, e));
	TRY(upload_parts_last(app->db, &(struct upload_key){ u->id }, rq->mem, &parts, &n, e));
	for (size_t i = 0; i < n; i++) {
		enum result rc = copy_part(rq, store, &parts[i], f, e);
		TRY(rc == ERR_NOT_FOUND ? explain_missing(rq, u, e) : rc);
	}
	return f->size == u->received ? ERR_OK : explain_missing(rq, u, e);
}

static enum result receive_last(struct request *rq, const struct part *part, struct upload_file *f, struct error *e)
{
	struct crypto_sha256 *hash = crypto_sha256_begin(rq->mem);
	uint8_t sha256[CRYPTO_SHA256_SIZE];
	for (;;) {
		char chunk[65536];
		size_t got;
		TRY(request_read(rq, chunk, sizeof chunk, &got, e));
		if (got == 0)
			break;
		crypto_sha256_add(hash, chunk, got);
		TRY(upload_file_add(rq, f, chunk, got, e));
	}
	crypto_sha256_end(hash, sha256);
	return prove(part, sha256, e);
}

/* The last part: the whole becomes a document. */
static enum result finish(
    struct request *rq, const struct upload_row *u, const struct part *part, struct response *rs, struct error *e)
{
	struct upload_resumed resumed = { .id = u->id, .received = u->received };
	struct upload up = { .tender_id = u->tender_id, .document_type = u->document_type, .resumed = &resumed };
	struct upload_file *f;
	char id[37];
	TRY(upload_file_begin(rq, &up, u->name, &f, e));
	TRY(copy_parts(rq, u, f, e));
	TRY(receive_last(rq, part, f, e));
	TRY(upload_file_end(rq, f, e));
	if (e->n_faults)
		return e->code;
	TRY(upload_store(rq, &up, u->process, e));
	uuid_format(&f->row.id, id);
	response_header(rs, "Location", mem_printf(rq->mem, "/api/v1/documents/%s", id));
	document_header(rs, &f->row.id);
	expires_header(rs, resumed.life.expires_at);
	return ERR_OK;
}

enum result resumable_end_later(
    struct request *rq, struct upload_resumed *upload, const struct uuid *document_id, struct error *e)
{
	struct upload_done done = { upload->id, *document_id, app_of(rq)->settings.UPLOAD_EXPIRE_HOURS };
	return upload_finish_later(app_of(rq)->db, &done, rq->mem, &upload->life, e);
}

static enum result check_part(struct request *rq, const struct upload_row *u, struct part *part, struct error *e)
{
	int64_t left = u->length - u->received;
	if (part->size > left)
		return error_set(e, ERR_BODY_TOO_LARGE, NULL, "max", num_text(left).s);
	if (part->size < left && part->size < PART_MIN)
		return error_set(e, ERR_PART_TOO_SMALL, NULL, "min", num_text(PART_MIN).s);
	TRY(read_checksum(rq, part, e));
	return app_store_room(app_of(rq), part->size == left ? u->length : part->size, e);
}

enum result resumable_append(struct request *rq, struct response *rs, struct error *e)
{
	struct upload_key key = { request_id_required(rq, "upload_id") };
	struct part part = { .size = rq->content_length > 0 ? rq->content_length : 0 };
	struct upload_row u;
	struct upload_life life;
	int64_t offset;
	TRY(check_version(rq, e));
	if (!request_body_is(rq, "application/offset+octet-stream"))
		return error_set(e, ERR_UNSUPPORTED_MEDIA_TYPE, NULL, "expected", "application/offset+octet-stream");
	if (!read_number(request_header(rq, "HTTP_UPLOAD_OFFSET"), &offset))
		return error_set(e, ERR_UPLOAD_OFFSET, "Upload-Offset");
	TRY(app_begin(rq, e));
	TRY(upload_get_last(app_of(rq)->db, &key, rq->mem, &u, e));
	if (offset != u.received)
		return conflict(u.received, e);
	rs->status = 204;
	if (part.size == 0) { /* nothing came, nothing changes */
		expires_header(rs, u.expires_at);
	} else {
		TRY(check_part(rq, &u, &part, e));
		if (u.received + part.size == u.length) {
			TRY(finish(rq, &u, &part, rs, e));
		} else {
			TRY(keep(rq, &u, &part, &life, e));
			expires_header(rs, life.expires_at);
		}
	}
	response_header(rs, "Upload-Offset", num_text(u.received + part.size).s);
	return ERR_OK;
}

/* ---- its end ---- */

enum result resumable_delete(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct upload_key key = { request_id_required(rq, "upload_id") };
	int64_t ended;
	TRY(check_version(rq, e));
	TRY(app_begin(rq, e));
	TRY(upload_give_up(db, &key, &ended, e));
	if (ended == 0)
		return error_set(e, ERR_NOT_FOUND, NULL);
	TRY(app_audit(rq, "upload.given_up", "upload", &key.id, NULL, e));
	TRY(db_commit(db, e));
	rs->status = 204;
	return ERR_OK;
}
