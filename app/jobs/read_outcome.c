/* Under the fence: what was found out about a document, in rows. */
#include "read_outcome.h"

#include <string.h>

#include "json.h"
#include "log.h"
#include "uuid.h"

#define MODEL_MIME "application/vnd.scorpius.document"
/* Pages sent in one statement. */
#define PAGES_AT_ONCE 200

enum result outcome_event(struct worker *w, const struct uuid *document_id, const char *stage, const char *state,
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

/* The model's blob, the reading and its pages; nothing when somebody else was first. */
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
		TRY(outcome_event(w, document_id, "reading", "completed", o->reading_ms, NULL, NULL, e));
		if (o->result.s)
			TRY(outcome_event(w, document_id, "analysis", "completed", o->analysis_ms, NULL, NULL, e));
		TRY(document_type_read_later(
		    w->db, &(struct document_kind_in){ *document_id, tender_kind_id(o->kind) }, NULL, e));
	} else if (failed) {
		TRY(outcome_event(
		    w, document_id, o->archive ? "expansion" : "reading", "failed", o->reading_ms, code, args, e));
	} else if (!o->archive) {
		TRY(outcome_event(
		    w, document_id, "reading", "completed", o->reading_ms, error_id(ERR_FORMAT_UNREAD), NULL, e));
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

enum result outcome_write(struct worker *w, TALLOC_CTX *mem, const struct job *job, struct outcome *o, struct error *e)
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

enum result outcome_write_failure(
    struct worker *w, TALLOC_CTX *mem, const struct uuid *document_id, const struct error *why, struct error *e)
{
	struct document_source src;
	struct outcome *o = mem_zero(mem, struct outcome);
	o->problem = *why;
	TRY(document_source_get(w->db, &(struct document_key){ *document_id }, mem, &src, e));
	TRY(lock_tender(w, mem, &src.tender_id, e));
	return finish(w, mem, document_id, o, e);
}
