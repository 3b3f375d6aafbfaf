/* Bytes are encrypted at rest, so clamd gets them as a stream. Its absence is no failure of a document: under
 * `require` the job waits as long as it takes, and such attempts are not counted. */
#include "scan.h"

#include <string.h>

#include "clock.h"
#include "log.h"
#include "uuid.h"

struct scanned {
	struct worker *w;
	const struct job *job;
	struct store_get *get;
};

/* It may come from far, and slowly. */
static enum result read_object(void *arg, int64_t offset, void *p, size_t n, size_t *got, struct error *e)
{
	struct scanned *s = arg;
	TRY(worker_keep_lease(s->w, s->job, s->w->scanner->timeout_s, e));
	return store_get_read_at(s->get, offset, p, n, got, e);
}

static enum result ask(struct worker *w, TALLOC_CTX *mem, const struct job *job, const struct document_source *src,
    struct scan_result *out, struct error *e)
{
	struct store *store;
	struct scanned s = { .w = w, .job = job };
	struct store_object object = { { job->organization_id, src->blob_id }, src->wrapped_key };
	/* Nobody speaks while clamd works: the lease covers its longest time. */
	TRY(worker_heartbeat(w, mem, job, w->settings->JOB_LEASE + w->scanner->timeout_s, e));
	TRY(worker_store(w, &store, e));
	enum result code = store_get_open(store, mem, &object, &s.get, e);
	if (code == ERR_NOT_FOUND) {
		error_clear(e);
		error_cause(e, "the object is missing in the store");
		return error_set(e, ERR_DAMAGED, NULL);
	}
	TRY(code);
	code = scan_file(w->scanner, read_object, &s, out, e);
	talloc_free(s.get);
	return code;
}

/* 2, 4, 8... seconds, a minute at most. */
static int64_t pause_of(const struct job *job)
{
	return job->attempt >= 6 ? 60 : (int64_t)1 << job->attempt;
}

static enum result wait_for_scanner(
    struct worker *w, TALLOC_CTX *mem, const struct job *job, const struct document_source *src, struct error *e)
{
	const char *code = error_id(ERR_SCANNER_UNAVAILABLE);
	struct document_event_told event = { .id = uuid_new(),
		.document_id = job->document_id.value,
		.stage = "validation",
		.state = "progress",
		.message_code = code };
	TRY(worker_begin(w, mem, job, e));
	if (!src->error_code || strcmp(src->error_code, code) != 0) { /* told once */
		TRY(document_waits_later(w->db, &(struct document_waits_in){ job->document_id.value, code }, NULL, e));
		TRY(document_event_tell_later(w->db, &event, NULL, e));
	}
	w->waits = true;
	return job_wait_last(w->db, &(struct job_failed_in){ job->id, job->attempt, code, pause_of(job) }, NULL, e);
}

static enum result tell(struct worker *w, TALLOC_CTX *mem, const struct job *job, const struct document_source *src,
    const struct scan_result *r, struct error *e)
{
	char id[37];
	struct scan_effect effect;
	struct scan_told told = { src->blob_id, r->verdict == SCAN_INFECTED ? r->name : NULL };
	TRY(worker_begin(w, mem, job, e));
	TRY(scan_tell_last(w->db, &told, mem, &effect, e));
	uuid_format(&job->document_id.value, id);
	if (told.infection)
		log_warn("a document is in quarantine", "document", id, "signature", told.infection);
	return ERR_OK;
}

enum result document_scan(struct worker *w, TALLOC_CTX *mem, const struct job *job, const struct document_source *src,
    struct scan_outcome *out, struct error *e)
{
	struct scan_result r;
	int64_t begun = clock_mono_us();
	enum result code = ask(w, mem, job, src, &r, e);
	*out = (struct scan_outcome){ .ended = false };
	if (code == ERR_SCANNER_UNAVAILABLE && w->scanner->required) {
		log_failure(LOG_WARN, "the virus scanner does not answer: a document waits", e);
		error_clear(e);
		out->ended = true;
		return wait_for_scanner(w, mem, job, src, e);
	}
	if (code == ERR_SCANNER_UNAVAILABLE) {
		log_failure(LOG_WARN, "the virus scanner does not answer: a document is read unscanned", e);
		error_clear(e);
		out->unscanned = true;
		return ERR_OK;
	}
	TRY(code);
	worker_log_stage("scan", &job->document_id.value, (clock_mono_us() - begun) / 1000);
	if (r.verdict != SCAN_TOO_LARGE)
		return tell(w, mem, job, src, &r, e);
	log_warn("a document exceeds a limit of the virus scanner", "bytes", num_text(src->size).s, "read",
	    w->scanner->required ? "no" : "unscanned");
	out->too_large = w->scanner->required;
	out->unscanned = !w->scanner->required;
	return ERR_OK;
}
