/* The job `read`: a document's bytes become a model in the store, its pages in the database, and what kind of piece it
 * is. A document without tender is analysed at once, as a dossier of one. */
#include "read_outcome.h"
#include "scan.h"

#include <string.h>

#include "clock.h"
#include "uuid.h"

#define RESULT_MAX ((size_t)24 << 20) /* an answer of the API holds 32 MiB */

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
	return code ? outcome_event(w, id, "validation", "failed", -1, code, NULL, e) : ERR_OK;
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
	const char *stage = strcmp(src.kind, "archive") == 0 ? "expansion" : "reading";
	TRY(outcome_event(w, &key.id, stage, "started", -1, NULL, NULL, e));
	TRY(db_commit(w->db, e));
	if (o->problem.code == ERR_OK)
		TRY(outcome_read(w, mem, job, &src, o, e));
	if (o->document != NULL) {
		TRY(worker_heartbeat(w, mem, job, w->settings->JOB_LEASE, e));
		TRY(understand(w, mem, job, &src, o, e));
	}
	return outcome_write(w, mem, job, o, e);
}

static enum result fail(
    struct worker *w, TALLOC_CTX *mem, const struct job *job, const struct error *why, struct error *e)
{
	return outcome_write_failure(w, mem, &job->document_id.value, why, e);
}

const struct job_kind job_read = { "read", run, fail };
