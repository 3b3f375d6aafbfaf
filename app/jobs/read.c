/* The job `read`: a document's bytes become a model in the store, its pages in the database, and what kind of piece it
 * is. A document without tender is analysed at once, as a dossier of one. */
#include "expand.h"
#include "scan.h"
#include "worker.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"
#include "json.h"
#include "log.h"
#include "tender.h"
#include "uuid.h"

#define MODEL_MIME "application/vnd.scorpius.document"
#define MODEL_MAX ((size_t)256 << 20)
#define RESULT_MAX ((size_t)24 << 20) /* an answer of the API holds 32 MiB */
/* Pages sent in one statement. */
#define PAGES_AT_ONCE 200

/* What was found out about one document, to be written in one transaction. */
struct outcome {
	bool archive;                    /* it was expanded, now or before; nothing to read in itself */
	struct expansion *expansion;     /* what came out of it now; NULL: nothing new */
	const struct document *document; /* NULL: not read */
	bool is_new;                     /* its model was made by this job, and is stored under model_id */
	struct uuid model_id;
	uint8_t model_sha256[32];
	struct bytes model_key; /* wrapped */
	int64_t model_size, reading_ms, analysis_ms;
	enum tender_kind kind;
	struct json_text result; /* of the analysis as a dossier of one; none of a document in a tender */
	bool unscanned;          /* read without a word of the virus scanner */
	struct error problem;    /* code OK, FORMAT_UNREAD, or why it can't be read */
};

static enum result event(struct worker *w, const struct uuid *document_id, const char *stage, const char *state,
    int64_t duration_ms, const char *code, const char *args, struct error *e)
{
	struct document_event_told ev = {
		.id = uuid_new(),
		.document_id = *document_id,
		.stage = stage,
		.state = state,
		.progress = strcmp(state, "completed") == 0 ? 100 : 0,
		.duration_ms = { duration_ms >= 0, duration_ms },
		.message_code = code,
		.message_args = { args },
	};
	if (duration_ms >= 0)
		worker_log_stage(stage, document_id, duration_ms);
	return document_event_tell_later(w->db, &ev, NULL, e);
}

static bool format_of(const struct document_source *src, enum doc_format *out)
{
	if (strcmp(src->kind, "file") != 0)
		return false;
	for (int f = 0; f < DOC_FORMAT__COUNT; f++) {
		*out = (enum doc_format)f;
		if (strcmp(src->mime_type, doc_format_mime(*out)) == 0)
			return true;
	}
	return false;
}

static void close_fd(void *arg)
{
	close(*(int *)arg);
}

/* The object as an anonymous sealed file: the reader holds nothing of ours, and the bytes are nowhere in our memory. */
static enum result object_fd(
    struct worker *w, TALLOC_CTX *mem, const struct store_object *object, int *out, struct error *e)
{
	struct store *store;
	struct store_get *get;
	TRY(worker_store(w, &store, e));
	enum result code = store_get_open(store, mem, object, &get, e);
	if (code == ERR_NOT_FOUND) {
		error_clear(e);
		error_cause(e, "the object is missing in the store");
		return error_set(e, ERR_DAMAGED, NULL);
	}
	TRY(code);
	int *fd = mem_zero(mem, int);
	*fd = memfd_create("document", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (*fd < 0) {
		error_cause(e, "memfd_create: %s", strerror(errno));
		return error_set(e, ERR_IO, NULL);
	}
	mem_defer(mem, close_fd, fd);
	char chunk[65536];
	size_t got;
	for (int64_t at = 0;; at += (int64_t)got) {
		TRY(store_get_read_at(get, at, chunk, sizeof(chunk), &got, e));
		if (got == 0)
			break;
		for (size_t done = 0; done < got;) {
			ssize_t n = write(*fd, chunk + done, got - done);
			if (n < 0 && errno == EINTR)
				continue;
			if (n <= 0) {
				error_cause(e, "writing a memfd: %s", strerror(errno));
				return error_set(e, ERR_IO, NULL);
			}
			done += (size_t)n;
		}
	}
	talloc_free(get);
	*out = *fd;
	return ERR_OK;
}

bool reader_fault_of_file(enum result code, int64_t attempt)
{
	switch (code) {
	case ERR_DOCUMENT_ENCRYPTED:
	case ERR_DOCUMENT_UNREADABLE:
	case ERR_DOCUMENT_TOO_BIG:
	case ERR_FORMAT_UNREAD:
		return true;
	case ERR_READER_TIMEOUT:
	case ERR_READER_CRASHED:
		return attempt > 1;
	default:
		return false;
	}
}

/* Expands an archive that has not been expanded before. */
static enum result read_archive(struct worker *w, TALLOC_CTX *mem, const struct job *job,
    const struct store_object *object, struct outcome *o, struct error *e)
{
	struct document_children children;
	int fd;
	o->archive = true;
	TRY(db_begin_for(w->db, mem, &job->organization_id, DB_READ, e));
	TRY(document_children_last(w->db, &(struct document_key){ job->document_id.value }, mem, &children, e));
	if (children.n > 0)
		return ERR_OK;
	TRY(object_fd(w, mem, object, &fd, e));
	return expansion_read(w, mem, job, fd, &o->expansion, &o->problem, e);
}

/* Reads anew and stores the model. Faults of the file go to o->problem; what is returned may be tried again. */
static enum result read_anew(struct worker *w, TALLOC_CTX *mem, const struct job *job,
    const struct store_object *object, enum doc_format format, struct outcome *o, struct error *e)
{
	int fd;
	uint8_t *model;
	size_t n;
	struct store *store;
	struct document *document;
	TRY(object_fd(w, mem, object, &fd, e));
	/* Nobody speaks while the reader works: the lease covers its longest time. */
	TRY(worker_heartbeat(w, mem, job, w->settings->JOB_LEASE + w->settings->READER_TIMEOUT, e));
	int64_t begun = clock_mono_us();
	enum result code = reader_run(mem, &w->reader, fd, format, &model, &n, &o->problem);
	o->reading_ms = (clock_mono_us() - begun) / 1000;
	if (code != ERR_OK) {
		if (reader_fault_of_file(code, worker_attempts(job)))
			return ERR_OK;
		*e = o->problem;
		return code;
	}
	TRY(doc_decode(mem, model, n, &document, e));
	TRY(worker_store(w, &store, e));
	o->model_id = uuid_new();
	o->model_size = (int64_t)n;
	TRY(store_put_bytes(store, mem, &(struct store_key){ job->organization_id, o->model_id }, model, n,
	    o->model_sha256, &o->model_key, e));
	talloc_free(model);
	o->document = document;
	o->is_new = true;
	return ERR_OK;
}

static enum result load_model(struct worker *w, TALLOC_CTX *mem, const struct job *job,
    const struct reading_row *reading, struct outcome *o, struct error *e)
{
	struct bytes model;
	struct store *store;
	struct document *document;
	TRY(worker_store(w, &store, e));
	TRY(store_get_bytes(store, mem,
	    &(struct store_object){ { job->organization_id, reading->model_blob_id }, reading->wrapped_key }, MODEL_MAX,
	    &model, e));
	TRY(doc_decode(mem, model.p, model.n, &document, e));
	o->document = document;
	return ERR_OK;
}

/* --- writing what was found
 * ------------------------------------------------------------------------------------------- */

static enum result write_pages(
    struct worker *w, TALLOC_CTX *mem, const struct uuid *reading_id, const struct document *d, struct error *e)
{
	for (uint32_t first = 0; first < d->n_pages; first += PAGES_AT_ONCE) {
		uint32_t n = d->n_pages - first < PAGES_AT_ONCE ? d->n_pages - first : PAGES_AT_ONCE;
		const char **texts = mem_array(mem, const char *, n), **unreadable = mem_array(mem, const char *, n);
		for (uint32_t i = 0; i < n; i++) {
			texts[i] = d->pages[first + i].text;
			unreadable[i] = d->pages[first + i].unreadable ? "t" : "f";
		}
		TRY(page_insert_later(w->db,
		    &(struct pages_new){ *reading_id, (int64_t)first + 1, { texts, n }, { unreadable, n } }, NULL, e));
	}
	return ERR_OK;
}

/* Under the fence: the model's blob, the reading and its pages; nothing when somebody else was first. */
static enum result write_reading(
    struct worker *w, TALLOC_CTX *mem, const struct document_source *src, struct outcome *o, struct error *e)
{
	struct blob_key model;
	struct uuid reading_id = uuid_new();
	int64_t inserted;
	TRY(blob_insert(w->db,
	    &(struct blob_new){ o->model_id, { o->model_sha256, 32 }, o->model_size, MODEL_MIME, o->model_key,
		store_master_id(w->store) },
	    mem, &model, e));
	TRY(reading_insert(w->db,
	    &(struct reading_new){ reading_id, src->blob_id, DOCUMENT_READER_VERSION, model.id, o->document->n_pages,
		o->document->warnings, o->reading_ms },
	    &inserted, e));
	if (inserted == 1)
		TRY(write_pages(w, mem, &reading_id, o->document, e));
	o->is_new = uuid_equal(&model.id, &o->model_id); /* else the object just stored is one too many */
	return ERR_OK;
}

static const char *warnings_json(TALLOC_CTX *mem, const struct outcome *o)
{
	struct buf b;
	struct json_writer w;
	buf_init(&b, mem, 1024);
	jw_init(&w, &b);
	jw_open(&w, '[');
	for (uint32_t bit = 1; o->document != NULL && bit <= DOC_WARN__LAST; bit <<= 1)
		if ((o->document->warnings & bit) != 0)
			jw_text(&w, doc_warning_id((enum doc_warning)bit));
	if (o->problem.code == ERR_FORMAT_UNREAD)
		jw_text(&w, error_id(ERR_FORMAT_UNREAD));
	if (o->unscanned)
		jw_text(&w, "unscanned");
	jw_close(&w, ']');
	return b.data;
}

static const char *args_json(TALLOC_CTX *mem, const struct error *why)
{
	struct buf b;
	struct json_writer w;
	buf_init(&b, mem, 4096);
	jw_init(&w, &b);
	jw_open(&w, '{');
	if (why->n_faults > 0)
		for (unsigned i = 0; i < why->faults[0].n_args; i++)
			jw_field_text(&w, why->faults[0].args[i].name, why->faults[0].args[i].value);
	jw_close(&w, '}');
	return b.data;
}

/* The document's end, its events, and its tender's next step (or, without tender, its analysis). */
static enum result finish(
    struct worker *w, TALLOC_CTX *mem, const struct uuid *document_id, struct outcome *o, struct error *e)
{
	bool failed = o->problem.code != ERR_OK && o->problem.code != ERR_FORMAT_UNREAD;
	const char *code = failed ? worker_error_id(o->problem.code) : NULL;
	const char *args = failed ? args_json(mem, &o->problem) : NULL;
	struct document_ended ended;
	struct document_end end = {
		.id = *document_id,
		.status = failed ? "failed" : "processed",
		.page_count = { o->document != NULL, o->document != NULL ? o->document->n_pages : 0 },
		.warnings = { warnings_json(mem, o) },
		.error_code = code,
		.error_args = { args },
	};
	if (o->document != NULL) {
		TRY(event(w, document_id, "reading", "completed", o->reading_ms, NULL, NULL, e));
		if (o->result.s)
			TRY(event(w, document_id, "analysis", "completed", o->analysis_ms, NULL, NULL, e));
		TRY(document_type_read_later(
		    w->db, &(struct document_kind_in){ *document_id, tender_kind_id(o->kind) }, NULL, e));
	} else if (failed) {
		TRY(event(
		    w, document_id, o->archive ? "expansion" : "reading", "failed", o->reading_ms, code, args, e));
	} else if (!o->archive) {
		TRY(event(w, document_id, "reading", "completed", o->reading_ms, error_id(ERR_FORMAT_UNREAD), NULL, e));
	}
	TRY(document_finish(w->db, &end, mem, &ended, e));
	if (!ended.tender_id.set) {
		if (o->document == NULL)
			return ERR_OK;
		/* Taken out of its tender meanwhile. */
		if (!o->result.s)
			return job_enqueue_analyze_document_later(
			    w->db, &(struct job_analyze_document_new){ uuid_new(), *document_id }, NULL, e);
		struct analysis_new a = {
			.id = uuid_new(),
			.document_id = { true, *document_id },
			.reader_version = DOCUMENT_READER_VERSION,
			.rules_version = TENDER_RULES_VERSION,
			.result = o->result,
			.duration_ms = o->analysis_ms,
		};
		return analysis_insert_later(w->db, &a, NULL, e);
	}
	return tender_read_next(w, mem, &ended.tender_id.value, e);
}

static enum result lock_tender(struct worker *w, TALLOC_CTX *mem, const struct opt_uuid *tender_id, struct error *e)
{
	/* Tender before document: the order of those who change a dossier. */
	struct tender_locked locked;
	if (!tender_id->set)
		return ERR_OK;
	enum result code = worker_lock_tender(w, mem, &tender_id->value, &locked, e);
	if (code == ERR_NOT_FOUND) {
		error_clear(e);
		return ERR_OK;
	}
	return code;
}

static enum result write_rows(
    struct worker *w, TALLOC_CTX *mem, const struct job *job, struct outcome *o, struct error *e)
{
	struct document_key key = { job->document_id.value };
	struct document_source src;
	TRY(worker_begin(w, mem, job, e));
	TRY(document_source_get(w->db, &key, mem, &src, e));
	TRY(lock_tender(w, mem, &src.tender_id, e));
	if (o->is_new)
		TRY(write_reading(w, mem, &src, o, e));
	if (o->expansion)
		TRY(expansion_write(o->expansion, &src, e));
	TRY(finish(w, mem, &key.id, o, e));
	return job_done_last(w->db, &(struct job_fence_key){ job->id, job->attempt }, NULL, e);
}

static enum result write_outcome(
    struct worker *w, TALLOC_CTX *mem, const struct job *job, struct outcome *o, struct error *e)
{
	bool stored = o->is_new;
	enum result code = write_rows(w, mem, job, o, e);
	if (o->expansion && code != ERR_UNAVAILABLE)
		expansion_settle(o->expansion, code == ERR_OK);
	/* An object that no row names. When it is not known whether the commit happened, it stays. */
	if (stored && code != ERR_UNAVAILABLE && (code != ERR_OK || !o->is_new)) {
		struct error unused;
		error_clear(&unused);
		if (store_remove(w->store, &(struct store_key){ job->organization_id, o->model_id }, &unused) != ERR_OK)
			log_failure(LOG_WARN, "an unused model stays", &unused);
	}
	return code;
}

/* --- the job
 * ------------------------------------------------------------------------------------------------------------ */

/* Without tender it is understood as a dossier of one; else only its kind is found, as its tender's analysis comes. */
static enum result understand(struct worker *w, TALLOC_CTX *mem, const struct job *job,
    const struct document_source *src, struct outcome *o, struct error *e)
{
	char *id = mem_array(mem, char, 37);
	struct buf b;
	struct analysis a;
	uuid_format(&job->document_id.value, id);
	struct tender_input in = {
		.file = src->name, .document_id = id, .mime_type = src->mime_type, .document = o->document
	};
	int64_t begun = clock_mono_us();
	if (src->tender_id.set) {
		o->kind = tender_kind_of(&in);
		return ERR_OK;
	}
	tender_analyze(mem, &in, 1, &a);
	TRY(requirements_keep_ids(w, mem, job, &a, e));
	buf_init(&b, mem, RESULT_MAX);
	analysis_write(&a, &b);
	o->analysis_ms = (clock_mono_us() - begun) / 1000;
	o->kind = a.documents[0].kind;
	o->result.s = b.data;
	return ERR_OK;
}

/* Of a document that is only kept nobody writes an end: what the scanner's look came to is told here. */
static enum result tell_kept(struct worker *w, const struct document_source *src, const struct scan_outcome *scan,
    const struct uuid *id, struct error *e)
{
	const char *code = scan->too_large ? error_id(ERR_SCAN_TOO_LARGE) : NULL;
	struct document_kept_in told = { *id, code, scan->unscanned };
	if (code || src->error_code || scan->unscanned)
		TRY(document_kept_later(w->db, &told, NULL, e));
	return code ? event(w, id, "validation", "failed", -1, code, NULL, e) : ERR_OK;
}

/* Under the fence: a document that was only to be kept is not read, unless somebody has asked for that meanwhile. Its
 * lock makes whoever asks now wait, and enqueue a job of his own. */
static enum result is_kept(struct worker *w, TALLOC_CTX *mem, struct document_source *src,
    const struct scan_outcome *scan, const struct uuid *id, bool *kept, struct error *e)
{
	struct document_locked locked;
	*kept = true;
	enum result code = document_lock(w->db, &(struct document_key){ *id }, mem, &locked, e);
	if (code == ERR_NOT_FOUND) { /* deleted; it may come back */
		error_clear(e);
		return tell_kept(w, src, scan, id, e);
	}
	TRY(code);
	src->deleted = false;
	*kept = strcmp(locked.status, "processing") != 0;
	return *kept ? tell_kept(w, src, scan, id, e) : ERR_OK;
}

/* Begins a transaction that may leave the document alone because it is deleted: nobody brings it back meanwhile, who
 * would count on this job. */
static enum result source_hold(
    struct worker *w, TALLOC_CTX *mem, const struct job *job, struct document_source *src, struct error *e)
{
	struct document_key key = { job->document_id.value };
	TRY(worker_begin(w, mem, job, e));
	TRY(document_hold_tender_later(w->db, &key, NULL, e));
	TRY(document_hold_later(w->db, &key, NULL, e));
	return document_source_get(w->db, &key, mem, src, e);
}

/* Begins the job's first transaction, after the virus scanner had its word. *go: there is something to read; else the
 * job has ended. */
static enum result begin(struct worker *w, TALLOC_CTX *mem, const struct job *job, struct document_source *src,
    struct outcome *o, bool *go, struct error *e)
{
	struct document_key key = { job->document_id.value };
	struct job_fence_key done = { job->id, job->attempt };
	struct scan_outcome scan = { .ended = false };
	*go = false;
	TRY(source_hold(w, mem, job, src, e));
	bool kept = src->kept;
	/* Nothing would bring the job of one that is only kept back when a person brings the document back. */
	if (w->scanner && (kept || !src->deleted) && !src->infection && src->scan_due) {
		TRY(db_commit(w->db, e));
		TRY(document_scan(w, mem, job, src, &scan, e));
		if (scan.ended)
			return ERR_OK;
		TRY(source_hold(w, mem, job, src, e));
	}
	o->unscanned = scan.unscanned;
	if (scan.too_large)
		(void)error_set(&o->problem, ERR_SCAN_TOO_LARGE, NULL);
	if (kept)
		TRY(is_kept(w, mem, src, &scan, &key.id, &kept, e));
	if (src->deleted || kept)
		return job_done_last(w->db, &done, NULL, e);
	/* Of an infected archive the sandboxed reader still takes the files, each of which is scanned by itself. */
	if (src->infection && strcmp(src->kind, "archive") != 0) {
		if (src->tender_id.set)
			TRY(tender_read_next(w, mem, &src->tender_id.value, e));
		return job_done_last(w->db, &done, NULL, e);
	}
	*go = true;
	return ERR_OK;
}

static enum result run(struct worker *w, TALLOC_CTX *mem, const struct job *job, struct error *e)
{
	struct document_key key = { job->document_id.value };
	struct document_source src;
	struct outcome *o = mem_zero(mem, struct outcome);
	bool go;
	error_clear(&o->problem);
	TRY(begin(w, mem, job, &src, o, &go, e));
	if (!go)
		return ERR_OK;
	TRY(document_processing_later(w->db, &key, NULL, e));
	bool archive = strcmp(src.kind, "archive") == 0;
	TRY(event(w, &key.id, archive ? "expansion" : "reading", "started", -1, NULL, NULL, e));
	TRY(db_commit(w->db, e));
	struct store_object object = { { job->organization_id, src.blob_id }, src.wrapped_key };
	if (o->problem.code != ERR_OK)
		return write_outcome(w, mem, job, o, e);
	if (archive) {
		TRY(read_archive(w, mem, job, &object, o, e));
		return write_outcome(w, mem, job, o, e);
	}

	enum doc_format format;
	if (!format_of(&src, &format)) {
		(void)error_set(&o->problem, ERR_FORMAT_UNREAD, NULL);
		return write_outcome(w, mem, job, o, e);
	}
	struct reading_row reading;
	TRY(db_begin_for(w->db, mem, &job->organization_id, DB_READ, e));
	enum result code =
	    reading_get_last(w->db, &(struct reading_key){ src.blob_id, DOCUMENT_READER_VERSION }, mem, &reading, e);
	if (code == ERR_OK) {
		/* The same bytes were read before: only what depends on the document is done. */
		TRY(load_model(w, mem, job, &reading, o, e));
	} else if (code == ERR_NOT_FOUND) {
		error_clear(e);
		TRY(read_anew(w, mem, job, &object, format, o, e));
	} else {
		return code;
	}
	if (o->document != NULL) {
		TRY(worker_heartbeat(w, mem, job, w->settings->JOB_LEASE, e));
		TRY(understand(w, mem, job, &src, o, e));
	}
	return write_outcome(w, mem, job, o, e);
}

static enum result fail(
    struct worker *w, TALLOC_CTX *mem, const struct job *job, const struct error *why, struct error *e)
{
	struct document_key key = { job->document_id.value };
	struct document_source src;
	struct outcome *o = mem_zero(mem, struct outcome);
	o->problem = *why;
	TRY(document_source_get(w->db, &key, mem, &src, e));
	TRY(lock_tender(w, mem, &src.tender_id, e));
	return finish(w, mem, &key.id, o, e);
}

const struct job_kind job_read = { "read", run, fail };
