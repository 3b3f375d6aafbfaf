/* The job `analyze`: the models of a dossier version become facts with evidence, and what lists filter on is copied to
 * the tender. Which documents were read is looked at under the tender's lock, so that an analysis never runs beside the
 * reading of its documents. */
#include "problems.h"
#include "worker.h"

#include <string.h>

#include "clock.h"
#include "decision.h"
#include "json.h"
#include "log.h"
#include "tender.h"
#include "uuid.h"

#define MODEL_MAX ((size_t)256 << 20)
#define RESULT_MAX ((size_t)24 << 20) /* an answer of the API holds 32 MiB */

/* Whether a newer version of the dossier stands than the one of this job. */
static bool is_outdated(const struct tender_locked *locked, const struct job *job)
{
	return !uuid_equal(&locked->dossier_version_id.value, &job->dossier_version_id.value);
}

/* Whether the newer version has been analysed before this job ended: then its word stands. */
static bool is_settled(const struct tender_locked *locked)
{
	return strcmp(locked->analysis_status, "queued") != 0 && strcmp(locked->analysis_status, "running") != 0;
}

/* The tender goes on to wait, for its latest version: nobody else may have enqueued it, as documents that are only kept
 * enqueue nothing, and whoever asks for a version that is being analysed joins that job. */
static enum result pass_on(
    struct worker *w, const struct uuid *tender_id, const struct tender_locked *locked, struct error *e)
{
	TRY(job_analyze_add_later(
	    w->db, &(struct job_analyze_new){ uuid_new(), *tender_id, locked->dossier_version_id.value }, NULL, e));
	return tender_set_queued_later(w->db, &(struct tender_key){ *tender_id }, NULL, e);
}

/* Whether the analysis may begin now; else it is left to a job that comes later, and this one ends. */
static enum result begin_tender(struct worker *w, TALLOC_CTX *mem, const struct job *job, bool *go, struct error *e)
{
	struct tender_key key = { job->tender_id.value };
	struct job_fence_key done = { job->id, job->attempt };
	struct tender_locked locked;
	struct tender_waiting state;
	struct tender_unread_row *unread;
	struct tender_documents_left left;
	size_t n;
	*go = false;
	TRY(worker_begin(w, mem, job, e));
	enum result code = worker_lock_tender(w, mem, &key.id, &locked, e);
	if (code == ERR_NOT_FOUND) {
		error_clear(e);
		return job_done_last(w->db, &done, NULL, e);
	}
	TRY(code);
	/* All may have been taken out meanwhile: then there is nothing to analyse, and that is no failure. */
	TRY(tender_count_documents(w->db, &key, mem, &left, e));
	if (left.count == 0) {
		TRY(tender_set_empty_later(w->db, &key, NULL, e));
		return job_done_last(w->db, &done, NULL, e);
	}
	/* Documents that nobody has read are read first; the last one to be read enqueues the analysis again. */
	TRY(tender_unread(w->db, &key, mem, &unread, &n, e));
	for (size_t i = 0; i < n; i++) {
		TRY(document_set_processing_later(w->db, &(struct document_key){ unread[i].id }, NULL, e));
		TRY(job_read_add_later(
		    w->db, &(struct job_read_new){ uuid_new(), unread[i].id, unread[i].size }, NULL, e));
	}
	TRY(tender_reading_state(w->db, &key, mem, &state, e));
	if (state.waiting > 0)
		return job_done_last(w->db, &done, NULL, e);
	bool replaced;
	TRY(dossier_replace(w, mem, &key.id, &replaced, e));
	if (replaced)
		TRY(tender_lock(w->db, &key, mem, &locked, e));
	if (is_outdated(&locked, job)) {
		/* A newer version stands: only that one is worth the work. */
		TRY(job_analyze_add_later(
		    w->db, &(struct job_analyze_new){ uuid_new(), key.id, locked.dossier_version_id.value }, NULL, e));
		return job_done_last(w->db, &done, NULL, e);
	}
	*go = true;
	TRY(tender_analysis_running_later(w->db, &key, NULL, e));
	return db_commit(w->db, e);
}

static enum result load(struct worker *w, TALLOC_CTX *mem, const struct job *job, const struct dossier_document *rows,
    size_t n, struct tender_input *in, size_t *read, struct error *e)
{
	*read = 0;
	for (size_t i = 0; i < n; i++) {
		char *id = mem_array(mem, char, 37);
		uuid_format(&rows[i].id, id);
		in[i] =
		    (struct tender_input){ .file = rows[i].name, .document_id = id, .mime_type = rows[i].mime_type };
		if (!rows[i].model_blob_id.set) {
			in[i].error = rows[i].error_code != NULL ? rows[i].error_code : error_id(ERR_FORMAT_UNREAD);
			continue;
		}
		struct store *store;
		struct bytes model;
		struct document *document;
		TRY(worker_heartbeat(w, mem, job, w->settings->JOB_LEASE, e));
		TRY(worker_store(w, &store, e));
		enum result code = store_get_bytes(store, mem,
		    &(struct store_object){
			{ job->organization_id, rows[i].model_blob_id.value }, rows[i].wrapped_key },
		    MODEL_MAX, &model, e);
		if (code == ERR_NOT_FOUND) {
			error_clear(e);
			error_cause(e, "a model is missing in the store");
			return error_set(e, ERR_DAMAGED, NULL);
		}
		TRY(code);
		TRY(doc_decode(mem, model.p, model.n, &document, e));
		in[i].document = document;
		(*read)++;
	}
	return ERR_OK;
}

static const char *value_shown(const struct analysis *a, const struct decision *list, size_t n, const char *key)
{
	const struct fact *f = analysis_fact(a, key);
	bool text = f != NULL && f->value.kind == VALUE_TEXT;
	return decision_shown(list, n, key, text ? f->value.text : NULL, text ? f->status : FACT_CONTRADICTED);
}

/* What lists show of the tender: what was read, and what people have decided about it. */
static enum result follow(struct worker *w, TALLOC_CTX *mem, const struct uuid *tender_id, const struct analysis *a,
    const struct fact_decision_row *rows, size_t n, struct error *e)
{
	struct decision *list = mem_array(mem, struct decision, n + 1);
	for (size_t i = 0; i < n; i++)
		TRY(decision_read(mem, rows[i].key, rows[i].lot, rows[i].action, rows[i].value.s, &list[i], e));
	return tender_follow_later(w->db,
	    &(struct tender_shown_new){ *tender_id, value_shown(a, list, n, "reference"),
		value_shown(a, list, n, "object"), value_shown(a, list, n, "buyer"),
		value_shown(a, list, n, "deadline"), NULL },
	    NULL, e);
}

static enum result write_tender(struct worker *w, TALLOC_CTX *mem, const struct job *job, const struct analysis *a,
    const struct dossier_document *rows, const struct tender_input *in, size_t n, size_t read,
    struct tender_locked *locked, bool *again, bool *shown, struct error *e)
{
	struct tender_key key = { job->tender_id.value };
	const char *problems;
	struct fact_decision_row *decisions;
	size_t n_decisions;
	TRY(worker_lock_tender(w, mem, &key.id, locked, e));
	bool newer = is_outdated(locked, job);
	*shown = read > 0;
	if (newer && is_settled(locked))
		return ERR_OK;
	TRY(problems_json(w->db, mem, &job->dossier_version_id.value, a, rows, in, n, read, &problems, e));
	/* This job had set "running": whoever queued since then read something that it has not seen. */
	*again = newer || strcmp(locked->analysis_status, "queued") == 0;
	if (read == 0 && *again)
		return ERR_OK;
	/* Under the lock: nobody decides meanwhile. */
	TRY(fact_decision_list(w->db, &key, mem, &decisions, &n_decisions, e));
	TRY(follow(w, mem, &key.id, a, decisions, n_decisions, e));
	if (read == 0) {
		/* What was understood before of documents that are infected, or are not there any more, goes. */
		struct tender_had had;
		TRY(tender_had_analysis(w->db, &key, mem, &had, e));
		*shown = had.analysis;
		return tender_analysis_failed_later(
		    w->db, &(struct tender_failure){ key.id, error_id(ERR_NO_DOCUMENTS), { problems } }, NULL, e);
	}
	return tender_analysis_done_later(
	    w->db, &(struct tender_analyzed){ key.id, { problems }, *again ? "queued" : "done" }, NULL, e);
}

static enum result write_result(struct worker *w, TALLOC_CTX *mem, const struct job *job, const struct analysis *a,
    const struct dossier_document *rows, const struct tender_input *in, size_t n, size_t read, int64_t ms,
    struct error *e)
{
	struct buf b;
	struct tender_locked locked;
	bool again = false, shown = read > 0;
	buf_init(&b, mem, RESULT_MAX);
	analysis_write(a, &b);
	if (b.full) {
		error_cause(e, "the analysis is longer than %zu bytes", RESULT_MAX);
		return error_set(e, ERR_INTERNAL, NULL);
	}
	TRY(worker_begin(w, mem, job, e));
	if (job->tender_id.set) {
		enum result code = write_tender(w, mem, job, a, rows, in, n, read, &locked, &again, &shown, e);
		if (code == ERR_NOT_FOUND) { /* deleted meanwhile */
			error_clear(e);
			return job_done_last(w->db, &(struct job_fence_key){ job->id, job->attempt }, NULL, e);
		}
		TRY(code);
	}
	if (shown) {
		TRY(analysis_insert_later(w->db,
		    &(struct analysis_new){ uuid_new(), job->dossier_version_id, job->document_id,
			DOCUMENT_READER_VERSION, TENDER_RULES_VERSION, { b.data }, ms },
		    NULL, e));
	}
	for (size_t i = 0; i < n; i++) {
		if (in[i].document == NULL)
			continue;
		struct document_event_told event = {
			.id = uuid_new(),
			.document_id = rows[i].id,
			.stage = "analysis",
			.state = "completed",
			.progress = 100,
			.duration_ms = { true, ms },
		};
		TRY(document_type_read_later(
		    w->db, &(struct document_kind_in){ rows[i].id, tender_kind_id(a->documents[i].kind) }, NULL, e));
		TRY(document_event_tell_later(w->db, &event, NULL, e));
	}
	worker_log_stage("analysis", job->tender_id.set ? &job->tender_id.value : &job->document_id.value, ms);
	/* Done first: one job lives per version. */
	TRY(job_done_later(w->db, &(struct job_fence_key){ job->id, job->attempt }, NULL, e));
	if (again)
		TRY(pass_on(w, &job->tender_id.value, &locked, e));
	return db_commit(w->db, e);
}

static enum result run(struct worker *w, TALLOC_CTX *mem, const struct job *job, struct error *e)
{
	struct dossier_document *rows;
	size_t n, read;
	if (job->tender_id.set) {
		bool go;
		TRY(begin_tender(w, mem, job, &go, e));
		if (!go)
			return ERR_OK;
	}
	TRY(db_begin_for(w->db, mem, &job->organization_id, DB_READ, e));
	if (job->document_id.set)
		TRY(dossier_document_single_last(
		    w->db, &(struct document_key){ job->document_id.value }, mem, &rows, &n, e));
	else
		TRY(dossier_document_list_last(
		    w->db, &(struct dossier_version_key){ job->dossier_version_id.value }, mem, &rows, &n, e));
	struct tender_input *in = mem_array(mem, struct tender_input, n + 1);
	TRY(load(w, mem, job, rows, n, in, &read, e));
	TRY(worker_heartbeat(w, mem, job, w->settings->JOB_LEASE, e));
	struct analysis a;
	int64_t begun = clock_mono_us();
	tender_analyze(mem, in, n, &a);
	int64_t ms = (clock_mono_us() - begun) / 1000;
	if (a.refused > 0)
		log_error("facts were refused because their quotes do not stand in the pages", "number",
		    num_text(a.refused).s);
	TRY(requirements_keep_ids(w, mem, job, &a, e));
	return write_result(w, mem, job, &a, rows, in, n, read, ms, e);
}

static enum result fail(
    struct worker *w, TALLOC_CTX *mem, const struct job *job, const struct error *why, struct error *e)
{
	struct tender_locked locked;
	if (!job->tender_id.set)
		return ERR_OK;
	enum result code = worker_lock_tender(w, mem, &job->tender_id.value, &locked, e);
	if (code == ERR_NOT_FOUND) { /* deleted meanwhile */
		error_clear(e);
		return ERR_OK;
	}
	TRY(code);
	if (is_outdated(&locked, job))
		return is_settled(&locked) ? ERR_OK : pass_on(w, &job->tender_id.value, &locked, e);
	return tender_analysis_failed_later(
	    w->db, &(struct tender_failure){ job->tender_id.value, worker_error_id(why->code), { NULL } }, NULL, e);
}

const struct job_kind job_analyze = { "analyze", run, fail };
