/* A document's bytes become its model, which goes into the store, or the files of an archive. */
#include "read_outcome.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"
#include "uuid.h"

#define MODEL_MAX ((size_t)256 << 20)

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

enum result outcome_read(struct worker *w, TALLOC_CTX *mem, const struct job *job, const struct document_source *src,
    struct outcome *o, struct error *e)
{
	struct store_object object = { { job->organization_id, src->blob_id }, src->wrapped_key };
	enum doc_format format;
	struct reading_row reading;
	if (strcmp(src->kind, "archive") == 0)
		return read_archive(w, mem, job, &object, o, e);
	if (!format_of(src, &format)) {
		(void)error_set(&o->problem, ERR_FORMAT_UNREAD, NULL);
		return ERR_OK;
	}
	TRY(db_begin_for(w->db, mem, &job->organization_id, DB_READ, e));
	enum result code =
	    reading_get_last(w->db, &(struct reading_key){ src->blob_id, DOCUMENT_READER_VERSION }, mem, &reading, e);
	if (code == ERR_OK) /* only what depends on the document is done */
		return load_model(w, mem, job, &reading, o, e);
	if (code != ERR_NOT_FOUND)
		return code;
	error_clear(e);
	return read_anew(w, mem, job, &object, format, o, e);
}
