/* The job `export`: everything that an organisation has in one archive, as JSON and files, read in pages, each in a
 * transaction of its own, so that neither memory nor a transaction grows with it. And `export_end`, which removes an
 * archive whose time is over. */
#include "export_names.h"
#include "export_sql.h"
#include "export_zip.h"
#include "worker.h"

#include <string.h>

#include "clock.h"
#include "document_sql.h"
#include "json.h"
#include "log.h"
#include "uuid.h"

#define LIST_MAX ((size_t)1 << 30) /* of the list of files, about 200 bytes each */

/* A page of one kind of thing. */
typedef enum result list_items(struct db *db, const struct export_key *after, TALLOC_CTX *mem,
    struct export_item **rows, size_t *n, struct error *e);

static const struct kind {
	const char *file;
	list_items *list;
} kinds[] = {
	{ "organization.json", export_organization_last },
	{ "users.json", export_users_last },
	{ "sessions.json", export_sessions_last },
	{ "invitations.json", export_invitations_last },
	{ "audit_log.json", export_audit_last },
	{ "company_profile.json", export_profiles_last },
	{ "company_profile_versions.json", export_profile_versions_last },
	{ "tenders.json", export_tenders_last },
	{ "decisions.json", export_decisions_last },
	{ "dossier_versions.json", export_versions_last },
	{ "analyses.json", export_analyses_last },
	{ "documents.json", export_documents_last },
	{ "document_events.json", export_events_last },
};

struct export
{
	struct worker *w;
	TALLOC_CTX *mem;
	const struct job *job;
	struct store *store;
	struct export_zip *zip;
	struct export_names *names;
	struct buf list; /* files.json, which is written when all are there */
	struct json_writer json;
	int64_t begun_us, files, missing, withheld;
};

/* ---- JSON ---- */

static enum result write_kind(struct export *x, const struct kind *kind, struct error *e)
{
	struct export_key after = { { { 0 } } };
	bool first = true;
	TRY(export_zip_file(x->zip, kind->file, -1, true, x->begun_us, e));
	TRY(export_zip_write(x->zip, "[", 1, e));
	for (size_t n = 1; n > 0;) {
		TALLOC_CTX *page = talloc_new(x->mem);
		struct export_item *rows;
		TRY(worker_keep_lease(x->w, x->job, 0, e));
		TRY(db_begin_for(x->w->db, page, &x->job->organization_id, DB_READ, e));
		TRY(kind->list(x->w->db, &after, page, &rows, &n, e));
		for (size_t i = 0; i < n; i++) {
			TRY(export_zip_write(x->zip, first ? "\n" : ",\n", first ? 1 : 2, e));
			TRY(export_zip_write(x->zip, rows[i].row.s, strlen(rows[i].row.s), e));
			after.id = rows[i].id;
			first = false;
		}
		talloc_free(page);
	}
	return export_zip_write(x->zip, "\n]\n", 3, e);
}

/* ---- files ---- */

/* What is compressed already would only cost time. */
static bool is_plain(const char *mime_type)
{
	return strncmp(mime_type, "text/", 5) == 0 || strcmp(mime_type, "application/rtf") == 0 ||
	       strcmp(mime_type, "application/msword") == 0 || strcmp(mime_type, "application/vnd.ms-excel") == 0;
}

static enum result copy(struct export *x, struct store_get *from, struct error *e)
{
	char chunk[65536];
	int64_t at = 0, size = store_get_size(from);
	for (size_t got = 1; got > 0; at += (int64_t)got) {
		TRY(store_get_read_at(from, at, chunk, sizeof(chunk), &got, e));
		TRY(export_zip_write(x->zip, chunk, got, e));
		TRY(worker_keep_lease(x->w, x->job, 0, e));
	}
	return at == size ? ERR_OK : error_set(e, ERR_DAMAGED, NULL);
}

/* What no download gives out does not leave this way either. */
static bool is_withheld(const struct export *x, const struct export_document *d)
{
	const struct scanner *s = x->w->scanner;
	return d->infected || (!d->scanned && s && s->required);
}

/* A file that is not in the store any more, or not what was written from its beginning on, keeps nobody from all
 * others: the list says so. */
static enum result write_file(struct export *x, TALLOC_CTX *mem, const struct export_document *d, struct error *e)
{
	char id[37], tender[37], root[64] = "files/documents";
	struct store_object object = { { x->job->organization_id, d->blob_id }, d->wrapped_key };
	struct store_get *from;
	uuid_format(&d->id, id);
	if (d->tender_id.set) {
		uuid_format(&d->tender_id.value, tender);
		snprintf(root, sizeof(root), "files/tenders/%s", tender);
	}
	const char *name = export_names_add(x->names, mem, root, d->path, d->name, id);
	bool withheld = is_withheld(x, d);
	enum result code = withheld ? ERR_OK : store_get_open(x->store, mem, &object, &from, e);
	if (code == ERR_OK && !withheld && store_get_size(from) != d->size)
		code = error_set(e, ERR_DAMAGED, NULL);
	if (withheld) {
		x->withheld++;
	} else if (code == ERR_NOT_FOUND || code == ERR_DAMAGED) {
		log_failure(LOG_ERROR, "a file is missing in an export", e);
		error_clear(e);
		x->missing++;
	} else {
		TRY(code);
		/* As of an upload: what must stay free is not for archives. */
		TRY(store_demand_room(x->store, d->size, x->w->settings->STORAGE_MIN_FREE, e));
		TRY(export_zip_file(x->zip, name, d->size, is_plain(d->mime_type), d->created_at.us, e));
		TRY(copy(x, from, e));
		x->files++;
	}
	jw_open(&x->json, '{');
	jw_field_text(&x->json, "path", name);
	jw_field_uuid(&x->json, "document_id", &d->id);
	jw_field_bool(&x->json, "present", code == ERR_OK && !withheld);
	jw_close(&x->json, '}');
	return ERR_OK;
}

static enum result write_files(struct export *x, struct error *e)
{
	struct export_key after = { { { 0 } } };
	jw_open(&x->json, '[');
	for (size_t n = 1; n > 0;) {
		TALLOC_CTX *page = talloc_new(x->mem);
		struct export_document *rows;
		TRY(worker_keep_lease(x->w, x->job, 0, e));
		TRY(db_begin_for(x->w->db, page, &x->job->organization_id, DB_READ, e));
		TRY(export_document_files_last(x->w->db, &after, page, &rows, &n, e));
		for (size_t i = 0; i < n; i++) {
			TALLOC_CTX *mem = talloc_new(page);
			TRY(write_file(x, mem, &rows[i], e));
			after.id = rows[i].id;
			talloc_free(mem);
		}
		talloc_free(page);
	}
	jw_close(&x->json, ']');
	TRY(export_zip_file(x->zip, "files.json", (int64_t)x->list.len, true, x->begun_us, e));
	return x->list.full ? error_set(e, ERR_INTERNAL, NULL) : export_zip_write(x->zip, x->list.data, x->list.len, e);
}

/* ---- its end ---- */

/* No row names it: nothing was committed. */
static void remove_file(struct export *x, const struct store_key *key)
{
	struct error e;
	error_clear(&e);
	if (store_remove(x->store, key, &e) != ERR_OK)
		log_failure(LOG_WARN, "an unused object stays", &e);
}

static enum result finish(struct export *x, const struct blob_new *blob, int64_t days, struct error *e)
{
	struct db *db = x->w->db;
	struct uuid id = x->job->id;
	struct export_dropped dropped;
	struct blob_key stands;
	TRY(worker_begin(x->w, x->mem, x->job, e));
	TRY(blob_insert(db, blob, x->mem, &stands, e));
	TRY(export_done_later(db, &(struct export_made){ id, stands.id, days }, NULL, e));
	TRY(export_end_enqueue_later(db, &(struct export_end_new){ uuid_new(), id }, NULL, e));
	TRY(export_drop_later(db, &(struct export_drop_in){ id, true }, x->mem, &dropped, e));
	return job_done_last(db, &(struct job_fence_key){ id, x->job->attempt }, NULL, e);
}

static enum result write_all(struct export *x, struct store_put *put, struct error *e)
{
	TRY(export_zip_begin(x->mem, put, &x->zip, e));
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		TRY(write_kind(x, &kinds[i], e));
	TRY(write_files(x, e));
	TRY(export_zip_end(x->zip, e));
	TALLOC_FREE(x->zip);
	return ERR_OK;
}

static enum result run(struct worker *w, TALLOC_CTX *mem, const struct job *job, struct error *e)
{
	struct export x = { .w = w, .mem = mem, .job = job, .begun_us = clock_now_us() };
	struct store_key key = { job->organization_id, uuid_new() };
	struct store_put *put;
	uint8_t sha256[32];
	x.names = export_names_new(mem);
	buf_init(&x.list, mem, LIST_MAX);
	jw_init(&x.json, &x.list);
	TRY(worker_store(w, &x.store, e));
	TRY(store_put_begin(x.store, mem, &key, &put, e));
	TRY(write_all(&x, put, e));
	TRY(store_put_finish(put, sha256, e));
	struct blob_new blob = { key.id, { sha256, sizeof(sha256) }, store_put_size(put), "application/zip",
		store_put_wrapped_key(put), store_master_id(x.store) };
	TRY(store_put_commit(put, e));
	enum result code = finish(&x, &blob, w->settings->EXPORT_EXPIRE_DAYS, e);
	if (code == ERR_OK)
		log_info("an organisation was exported", "bytes", num_text(blob.size).s, "files", num_text(x.files).s,
		    "missing", num_text(x.missing).s, "withheld", num_text(x.withheld).s);
	else if (code != ERR_UNAVAILABLE) /* then its row may have been committed */
		remove_file(&x, &key);
	return code;
}

static enum result fail(
    struct worker *w, TALLOC_CTX *mem, const struct job *job, const struct error *why, struct error *e)
{
	(void)mem;
	TRY(export_failed_later(w->db,
	    &(struct export_failure){ job->id, worker_error_id(why->code), w->settings->EXPORT_EXPIRE_DAYS }, NULL, e));
	return export_end_enqueue_later(w->db, &(struct export_end_new){ uuid_new(), job->id }, NULL, e);
}

const struct job_kind job_export = { "export", run, fail };

/* ---- the job `export_end` ---- */

static enum result run_end(struct worker *w, TALLOC_CTX *mem, const struct job *job, struct error *e)
{
	const char *text = job->payload.s ? job->payload.s : "null";
	const struct json *payload;
	struct export_key key;
	struct export_dropped dropped;
	TRY(json_parse(mem, text, strlen(text), &payload, e));
	const char *id = json_string(json_get(payload, "export_id"));
	if (id == NULL || !uuid_parse(id, &key.id)) {
		error_cause(e, "the job's payload names no export");
		return error_set(e, ERR_INTERNAL, NULL);
	}
	TRY(worker_begin(w, mem, job, e));
	TRY(export_drop_later(w->db, &(struct export_drop_in){ key.id, false }, mem, &dropped, e));
	return job_done_last(w->db, &(struct job_fence_key){ job->id, job->attempt }, NULL, e);
}

/* Nobody waits for it: the operator sees the failed job. */
static enum result fail_end(
    struct worker *w, TALLOC_CTX *mem, const struct job *job, const struct error *why, struct error *e)
{
	(void)w, (void)mem, (void)job, (void)why, (void)e;
	return ERR_OK;
}

const struct job_kind job_export_end = { "export_end", run_end, fail_end, .storeless = true };
