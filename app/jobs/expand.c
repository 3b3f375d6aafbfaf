/* Archives in the job `read`: the files of a ZIP become documents of their own, in the folder that the archive names,
 * each with its reading to be done. The archive is opened by the sandboxed reader only; what comes out of it is stored
 * before a row names it, like an upload. */
#include "expand.h"

#include <string.h>

#include "clock.h"
#include "content_type.h"
#include "json.h"
#include "log.h"
#include "tender_sql.h"
#include "uuid.h"

#define REFUSED_TOLD 100 /* events of refused entries; the rest is counted */
#define NAME_MAX_BYTES 255

struct entry {
	struct uuid object_id;
	const char *path, *name; /* folder ("" at the top) and last component */
	const char *mime_type;
	int64_t size;
	uint8_t sha256[32], wrapped_key[CRYPTO_WRAPPED_SIZE];
	struct blob_key blob;
};

struct refusal {
	enum result code;
	const char *path, *word; /* reason, or the content's type */
};

struct expansion {
	struct worker *w;
	TALLOC_CTX *mem;
	const struct job *job;
	struct store *store;
	struct content_detector *detector;
	struct store_put *put;
	struct uuid object_id; /* of the entry in hand, as is */
	const char *path;
	struct entry *entries;
	struct refusal *refused;
	size_t n, n_refused;
	int64_t took_ms;
};

static enum result entry_begins(void *arg, const char *path, struct error *e)
{
	struct expansion *x = arg;
	x->path = mem_strdup(x->mem, path);
	x->object_id = uuid_new();
	TRY(worker_keep_lease(x->w, x->job, x->w->settings->READER_TIMEOUT, e));
	struct store_key key = { x->job->organization_id, x->object_id };
	return store_put_begin(x->store, x->mem, &key, &x->put, e);
}

static enum result entry_grows(void *arg, const void *p, size_t n, struct error *e)
{
	struct expansion *x = arg;
	return store_put_write(x->put, p, n, e);
}

static void refuse(struct expansion *x, enum result code, const char *word)
{
	store_put_abort(x->put);
	x->refused = mem_grow(x->mem, x->refused, struct refusal, x->n_refused + 1);
	x->refused[x->n_refused++] = (struct refusal){ code, x->path, mem_strdup(x->mem, word) };
}

static enum result entry_ends(void *arg, const char *refused, struct error *e)
{
	struct expansion *x = arg;
	struct error fault;
	const struct content_type *type;
	error_clear(&fault);
	const char *slash = strrchr(x->path, '/'), *name = slash ? slash + 1 : x->path;
	if (!refused && strlen(name) > NAME_MAX_BYTES)
		refused = "name";
	if (!refused && store_put_size(x->put) > x->w->settings->MAX_UPLOAD_SIZE)
		refused = "size";
	if (refused) {
		refuse(x, ERR_ENTRY_REFUSED, refused);
		return ERR_OK;
	}
	enum result code = content_type_of_put(x->detector, x->put, name, NULL, &type, &fault);
	if (code == ERR_FILE_TYPE_REFUSED || code == ERR_EMPTY_FILE) {
		refuse(x, code, fault.faults[0].n_args > 1 ? fault.faults[0].args[1].value : "");
		return ERR_OK;
	}
	if (code != ERR_OK) {
		*e = fault;
		return code;
	}
	x->entries = mem_grow(x->mem, x->entries, struct entry, x->n + 1);
	struct entry *n = &x->entries[x->n];
	*n = (struct entry){
		.object_id = x->object_id,
		.path = mem_strndup(x->mem, x->path, slash ? (size_t)(slash - x->path) : 0),
		.name = name,
		.mime_type = type->mime,
		.size = store_put_size(x->put),
	};
	TRY(store_put_finish(x->put, n->sha256, e));
	memcpy(n->wrapped_key, store_put_wrapped_key(x->put).p, sizeof(n->wrapped_key));
	TRY(store_put_commit(x->put, e));
	x->n++;
	talloc_free(x->put);
	return ERR_OK;
}

/* ---- rows, under the fence ---- */

static enum result write_entry(struct expansion *x, const struct document_source *src, struct entry *n, struct error *e)
{
	struct db *db = x->w->db;
	struct document_child child = {
		.id = uuid_new(),
		.parent_id = x->job->document_id.value,
		.sha256 = { n->sha256, 32 },
		.tender_id = src->tender_id,
		.name = n->name,
		.path = n->path,
	};
	struct document_event_told event = {
		.id = uuid_new(), .document_id = child.id, .stage = "expansion", .state = "completed", .progress = 100
	};
	struct job_read_new job = { uuid_new(), child.id, n->size };
	struct blob_new blob = { n->object_id, { n->sha256, 32 }, n->size, n->mime_type,
		{ n->wrapped_key, sizeof(n->wrapped_key) }, store_master_id(x->store) };
	TRY(blob_insert_later(db, &blob, x->mem, &n->blob, e));
	TRY(document_child_insert_later(db, &child, NULL, e));
	TRY(document_event_tell_later(db, &event, NULL, e));
	return job_read_add_later(db, &job, NULL, e);
}

static enum result write_refusal(struct expansion *x, const struct refusal *r, struct error *e)
{
	struct buf args;
	struct json_writer w;
	buf_init(&args, x->mem, 16384);
	jw_init(&w, &args);
	jw_open(&w, '{');
	jw_field_text(&w, "name", r->path);
	jw_field_text(&w, r->code == ERR_ENTRY_REFUSED ? "reason" : "type", r->word);
	jw_close(&w, '}');
	struct document_event_told event = {
		.id = uuid_new(),
		.document_id = x->job->document_id.value,
		.stage = "expansion",
		.state = "progress",
		.message_code = error_id(r->code),
		.message_args = { args.data },
	};
	return document_event_tell_later(x->w->db, &event, NULL, e);
}

static enum result write_dossier(struct expansion *x, const struct document_source *src, struct error *e)
{
	struct dossier_version_of version = { uuid_new(), src->tender_id.value };
	struct dossier_version_fill_key fill = { version.id, version.tender_id };
	if (!src->tender_id.set || x->n == 0)
		return ERR_OK;
	TRY(dossier_version_expand_later(x->w->db, &version, NULL, e));
	return dossier_version_fill_later(x->w->db, &fill, NULL, e);
}

enum result expansion_write(struct expansion *x, const struct document_source *src, struct error *e)
{
	for (size_t i = 0; i < x->n; i++)
		TRY(write_entry(x, src, &x->entries[i], e));
	for (size_t i = 0; i < x->n_refused && i < REFUSED_TOLD; i++)
		TRY(write_refusal(x, &x->refused[i], e));
	TRY(write_dossier(x, src, e));
	struct document_event_told event = {
		.id = uuid_new(),
		.document_id = x->job->document_id.value,
		.stage = "expansion",
		.state = "completed",
		.progress = 100,
		.duration_ms = { true, x->took_ms },
	};
	worker_log_stage("expansion", &event.document_id, x->took_ms);
	return document_event_tell_later(x->w->db, &event, NULL, e);
}

void expansion_settle(struct expansion *x, bool committed)
{
	for (size_t i = 0; i < x->n; i++) {
		struct store_key key = { x->job->organization_id, x->entries[i].object_id };
		struct error failed;
		error_clear(&failed);
		if ((!committed || !uuid_equal(&x->entries[i].blob.id, &key.id)) &&
		    store_remove(x->store, &key, &failed) != ERR_OK)
			log_failure(LOG_WARN, "an unused object stays", &failed);
	}
}

enum result expansion_read(struct worker *w, TALLOC_CTX *mem, const struct job *job, int fd, struct expansion **out,
    struct error *problem, struct error *e)
{
	struct expansion *x = mem_zero(mem, struct expansion);
	*x = (struct expansion){ .w = w, .mem = mem, .job = job };
	*out = x;
	TRY(worker_store(w, &x->store, e));
	TRY(content_detector_new(mem, &x->detector, e));
	TRY(worker_heartbeat(w, mem, job, w->settings->JOB_LEASE + w->settings->READER_TIMEOUT, e));
	struct reader_sink sink = { x, entry_begins, entry_grows, entry_ends };
	int64_t begun = clock_mono_us();
	enum result code = reader_expand(&w->reader, fd, &sink, problem);
	x->took_ms = (clock_mono_us() - begun) / 1000;
	if (code == ERR_OK)
		return ERR_OK;
	/* What came out before is not kept: an archive is expanded whole or not at all. */
	expansion_settle(x, false);
	*out = NULL;
	if (reader_fault_of_file(code, worker_attempts(job)))
		return ERR_OK;
	*e = *problem;
	return code;
}
