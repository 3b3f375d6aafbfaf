/* A tender's documents: they come, go, are analysed together, and some are missing. */
#include "app.h"
#include "document_view.h"
#include "job_sql.h"
#include "tender_answer.h"
#include "upload.h"
#include "uuid.h"
#include "version_sql.h"

#include <string.h>

struct attachment {
	struct json_uuids document_ids;
};
static const struct json_field attachment_fields[] = {
	{ "document_ids", JSON_FIELD_UUIDS, offsetof(struct attachment, document_ids), 1, 200, .required = true },
};

/* The analysis of a version of the dossier: queued at once when all is read, else by the reading that ends last. */
static enum result queue_analysis(
    struct request *rq, const struct uuid *tender_id, const struct uuid *dossier_version_id, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct job_analyze_new job = { uuid_new(), *tender_id, *dossier_version_id };
	TRY(job_analyze_add_later(db, &job, NULL, e));
	return tender_set_queued_later(db, &(struct tender_key){ *tender_id }, NULL, e);
}

/* Which of the named documents can be attached; all faults are told. *fresh: how many the dossier does not hold yet. */
static enum result check_named(struct request *rq, const struct uuid *tender_id, const struct sql_uuids *ids,
    const struct document_row *rows, size_t n, size_t *fresh, struct error *e)
{
	*fresh = 0;
	for (size_t i = 0; i < ids->n; i++) {
		const struct document_row *named = NULL;
		for (size_t k = 0; k < n; k++)
			if (uuid_equal(&rows[k].id, &ids->p[i]))
				named = &rows[k];
		const char *field = mem_printf(rq->mem, "document_ids[%zu]", i);
		if (!named)
			error_set(e, ERR_NOT_FOUND, field);
		else if (named->tender_id.set && !uuid_equal(&named->tender_id.value, tender_id))
			error_set(e, ERR_IN_OTHER_TENDER, field);
		else if (!named->tender_id.set || named->replaced_by_id.set)
			*fresh += 1;
	}
	return e->n_faults ? e->code : ERR_OK;
}

/* One takes the place of one. */
static enum result check_one(struct request *rq, size_t n, bool itself, struct error *e)
{
	char id[37];
	struct uuid replaces = request_id_required(rq, "replaces");
	if (n == 1 && !itself)
		return ERR_OK;
	uuid_format(&replaces, id);
	return error_set(e, ERR_INVALID_VALUE, "replaces", "value", id, "expected", "exactly one other document");
}

/* Puts documents that are there already into a tender: a next version of its dossier, when that changes it. */
static enum result attach(struct request *rq, const struct uuid *tender_id, const struct opt_uuid *replaces,
    struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct tender_key key = { *tender_id };
	struct attachment in = { 0 };
	struct tender_locked tender;
	struct document_row *rows, *replaced;
	size_t n, n_replaced, fresh;
	TRY(request_json(rq, attachment_fields, ARRAY_LEN(attachment_fields), &in, e));
	struct sql_uuids ids = { in.document_ids.p, in.document_ids.n };
	struct sql_uuids old = { &replaces->value, replaces->set ? 1 : 0 };
	if (replaces->set)
		TRY(check_one(rq, ids.n, uuid_equal(&ids.p[0], &replaces->value), e));
	TRY(app_begin(rq, e));
	TRY(tender_lock_later(db, &key, rq->mem, &tender, e));
	TRY(document_lock_many_later(db, &(struct document_ids){ old }, rq->mem, &replaced, &n_replaced, e));
	TRY(document_lock_many(db, &(struct document_ids){ ids }, rq->mem, &rows, &n, e));
	TRY(check_named(rq, tender_id, &ids, rows, n, &fresh, e));
	if (replaces->set)
		TRY(upload_check_replaced(n_replaced ? replaced : NULL, tender_id, e));
	if (fresh > 0 || replaces->set) {
		struct dossier_version_new version = { uuid_new(), *tender_id, rq->identity.user_id,
			replaces->set ? "document_replaced" : "documents_added" };
		struct tender_attachment attachment = { *tender_id, ids };
		struct dossier_version_fill_key fill = { version.id, *tender_id };
		TRY(tender_attach_later(db, &attachment, NULL, e));
		if (replaces->set)
			TRY(document_replace_later(
			    db, &(struct document_replacement){ replaces->value, ids.p[0] }, NULL, e));
		TRY(dossier_version_insert_later(db, &version, NULL, e));
		TRY(dossier_version_fill_later(db, &fill, NULL, e));
		TRY(queue_analysis(rq, tender_id, &version.id, e));
		TRY(app_audit(rq, "tender.documents_added", "tender", tender_id,
		    mem_printf(rq->mem, "{\"count\":%zu}", fresh), e));
	}
	TRY(db_commit(db, e));
	struct json_writer *w = response_data(rs);
	jw_open(w, '[');
	for (size_t i = 0; i < ids.n; i++)
		for (size_t k = 0; k < n; k++)
			if (uuid_equal(&rows[k].id, &ids.p[i])) {
				rows[k].tender_id = (struct opt_uuid){ true, *tender_id };
				rows[k].replaced_by_id.set = false;
				document_write(w, &rows[k]);
			}
	jw_close(w, ']');
	return ERR_OK;
}

enum result tender_document_add(struct request *rq, struct response *rs, struct error *e)
{
	struct uuid id = request_id_required(rq, "tender_id");
	struct opt_uuid replaces = { 0 };
	replaces.set = request_id_param(rq, "replaces", &replaces.value);
	if (request_body_is(rq, "application/json"))
		return attach(rq, &id, &replaces, rs, e);
	struct upload up = { .replaces = replaces };
	TRY(upload_receive(rq, false, &up, e));
	if (replaces.set)
		TRY(check_one(rq, up.n, false, e));
	up.tender_id = (struct opt_uuid){ true, id };
	TRY(upload_store(rq, &up, true, e));
	upload_answer(&up, rs);
	return ERR_OK;
}

static bool may_analyze(const char *status)
{
	return strcmp(status, "draft") == 0 || strcmp(status, "ready") == 0 || strcmp(status, "declined") == 0 ||
	       strcmp(status, "submitted") == 0;
}

enum result tender_analysis_start(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct tender_key key = { request_id_required(rq, "tender_id") };
	struct tender_locked tender;
	struct tender_unread_row *unread;
	size_t n;
	TRY(app_begin(rq, e));
	TRY(tender_lock_later(db, &key, rq->mem, &tender, e));
	TRY(tender_unread(db, &key, rq->mem, &unread, &n, e));
	if (!may_analyze(tender.status))
		return error_set(e, ERR_BAD_STATE, NULL, "state", tender.status);
	if (!tender.dossier_version_id.set)
		return error_set(e, ERR_NO_DOCUMENTS, NULL);
	/* One that runs already is joined; documents that nobody has read are read first. */
	bool runs = strcmp(tender.analysis_status, "queued") == 0 || strcmp(tender.analysis_status, "running") == 0;
	for (size_t i = 0; i < n; i++) {
		struct job_read_new job = { uuid_new(), unread[i].id, unread[i].size };
		TRY(document_set_processing_later(db, &(struct document_key){ unread[i].id }, NULL, e));
		TRY(job_read_add_later(db, &job, NULL, e));
	}
	struct job_analyze_new analyze = { uuid_new(), key.id, tender.dossier_version_id.value };
	TRY(job_analyze_add_later(db, &analyze, NULL, e));
	if (!runs || n > 0)
		TRY(tender_set_queued_later(db, &key, NULL, e));
	TRY(app_audit(rq, "tender.analysis_asked", "tender", &key.id, NULL, e));
	TRY(db_commit(db, e));
	struct json_writer *w = response_data(rs);
	rs->status = 202;
	jw_open(w, '{');
	jw_field_uuid(w, "tender_id", &key.id);
	jw_field_text(w, "analysis_status", runs && n == 0 ? tender.analysis_status : "queued");
	jw_field_int(w, "dossier_version", tender.dossier_version);
	jw_field_text(w, "message",
	    rq->lang == LANG_FR ? "L'analyse de la consultation est en file d'attente."
				: "The analysis of the tender is queued.");
	jw_close(w, '}');
	return ERR_OK;
}

/* ---- what goes ---- */

/* The dossier as it is now becomes the next version, and is analysed anew unless nothing is left of it. The tender is
 * locked by the caller. */
static enum result after_removal(struct request *rq, const struct uuid *tender_id, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct tender_key key = { *tender_id };
	struct dossier_version_new version = { uuid_new(), *tender_id, rq->identity.user_id, "document_removed" };
	struct dossier_version_fill_key fill = { version.id, *tender_id };
	struct tender_documents_left left;
	TRY(dossier_version_insert_later(db, &version, NULL, e));
	TRY(dossier_version_fill_later(db, &fill, NULL, e));
	TRY(tender_count_documents(db, &key, rq->mem, &left, e));
	if (left.count > 0)
		return queue_analysis(rq, tender_id, &version.id, e);
	TRY(tender_set_empty_later(db, &key, NULL, e));
	return tender_follow_later(db, &(struct tender_shown_new){ .id = *tender_id }, NULL, e);
}

enum result tender_document_remove(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct tender_key key = { request_id_required(rq, "tender_id") };
	struct document_key document = { request_id_required(rq, "document_id") };
	struct tender_locked tender;
	struct document_locked d;
	char id[37];
	TRY(app_begin(rq, e));
	TRY(tender_lock_later(db, &key, rq->mem, &tender, e));
	TRY(document_lock(db, &document, rq->mem, &d, e));
	if (!d.tender_id.set || !uuid_equal(&d.tender_id.value, &key.id))
		return error_set(e, ERR_NOT_FOUND, NULL);
	TRY(document_restore_replaced_later(db, &document, NULL, e));
	TRY(document_detach_later(db, &(struct document_in_tender){ document.id, key.id }, NULL, e));
	/* Alone it is a dossier of one. */
	if (strcmp(d.status, "processed") == 0)
		TRY(job_enqueue_analyze_document_later(
		    db, &(struct job_analyze_document_new){ uuid_new(), document.id }, NULL, e));
	uuid_format(&document.id, id);
	TRY(app_audit(
	    rq, "tender.document_removed", "tender", &key.id, mem_printf(rq->mem, "{\"document_id\":\"%s\"}", id), e));
	if (!d.replaced_by_id.set)
		TRY(after_removal(rq, &key.id, e));
	TRY(db_commit(db, e));
	rs->status = 204;
	return ERR_OK;
}

/* Locks a document and the tender it is in, in that order. Between the two looks it may have come into another one:
 * then again. */
static enum result lock_with_tender(
    struct request *rq, const struct document_key *key, struct document_locked *d, struct error *e)
{
	struct db *db = app_of(rq)->db;
	for (int attempt = 0; attempt < 5; attempt++) {
		struct tender_key *tender;
		size_t n;
		TRY(app_begin(rq, e));
		TRY(tender_lock_of_document_later(db, key, rq->mem, &tender, &n, e));
		TRY(document_lock(db, key, rq->mem, d, e));
		if (!d->tender_id.set || (n == 1 && uuid_equal(&tender[0].id, &d->tender_id.value)))
			return ERR_OK;
		db_rollback(db);
	}
	return error_set(e, ERR_UNAVAILABLE, NULL);
}

enum result document_delete_one(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct document_key key = { request_id_required(rq, "document_id") };
	struct document_locked d;
	TRY(lock_with_tender(rq, &key, &d, e));
	TRY(document_restore_replaced_later(db, &key, NULL, e));
	struct deletion deletion = { key.id, app_of(rq)->settings.DELETE_UNDO_DAYS };
	TRY(document_delete_later(db, &deletion, NULL, e));
	TRY(app_audit(rq, "document.deleted", "document", &key.id, NULL, e));
	/* What had been replaced was no part of the dossier. */
	if (d.tender_id.set && !d.replaced_by_id.set)
		TRY(after_removal(rq, &d.tender_id.value, e));
	TRY(db_commit(db, e));
	rs->status = 204;
	return ERR_OK;
}

/* ---- what is there and what is missing ---- */

/* A kind of document stands for itself; a CCP is read and labelled as CCAP. */
static bool is_there(const struct dossier_piece *pieces, size_t n, const char *kind)
{
	for (size_t i = 0; i < n; i++) {
		const char *type = pieces[i].document_type;
		if (type && (strcmp(type, kind) == 0 || (strcmp(kind, "ccap") == 0 && strcmp(type, "ccp") == 0)))
			return true;
	}
	return false;
}

static void write_missing(
    struct request *rq, struct json_writer *w, const struct json *named, const struct dossier_piece *pieces, size_t n)
{
	const struct json *list = json_get(named, "value");
	const struct json *evidence = json_at(json_get(named, "evidence"), 0);
	const char *told[32];
	size_t n_told = 0;
	for (size_t i = 0; i < json_len(list); i++) {
		const char *name, *kind = piece_kind(rq->mem, json_at(list, i), &name);
		/* What is of no kind of ours can't be told from what is there under another name. */
		bool again = !kind;
		for (size_t k = 0; kind && k < n_told; k++)
			again = again || strcmp(told[k], kind) == 0;
		if (again || is_there(pieces, n, kind) || n_told == ARRAY_LEN(told))
			continue;
		told[n_told++] = kind;
		jw_open(w, '{');
		jw_field_text(w, "document_type", kind);
		jw_field_text(w, "name", name ? name : kind);
		jw_field_text(w, "document_id", json_string(json_get(evidence, "document_id")));
		jw_close(w, '}');
	}
}

enum result tender_completeness_show(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct tender_key key = { request_id_required(rq, "tender_id") };
	struct tender_facts_row read;
	struct fact_decision_row *rows;
	struct decision *decisions;
	struct dossier_piece *pieces;
	size_t n_rows, n;
	TRY(app_begin(rq, e));
	TRY(tender_facts_read_later(db, &key, rq->mem, &read, e));
	TRY(fact_decision_list_later(db, &key, rq->mem, &rows, &n_rows, e));
	TRY(dossier_pieces_last(db, &key, rq->mem, &pieces, &n, e));
	TRY(tender_decisions(rq, rows, n_rows, &decisions, e));
	const struct json *facts = NULL;
	if (read.facts.s)
		TRY(tender_facts_merged(rq, read.facts.s, decisions, n_rows, &facts, e));
	const struct json *named = json_get(facts, "dce_documents");
	struct json_writer *w = response_data(rs);
	jw_open(w, '{');
	jw_field_uuid(w, "tender_id", &key.id);
	jw_field_bool(w, "pieces_named", json_kind(named) != JSON_NULL);
	jw_key(w, "present");
	jw_open(w, '[');
	for (size_t i = 0; i < n; i++) {
		if (strcmp(pieces[i].kind, "archive") == 0)
			continue;
		jw_open(w, '{');
		jw_field_text(w, "document_type", pieces[i].document_type);
		jw_field_text(w, "name", pieces[i].name);
		jw_field_uuid(w, "document_id", &pieces[i].id);
		jw_close(w, '}');
	}
	jw_close(w, ']');
	jw_key(w, "missing");
	jw_open(w, '[');
	write_missing(rq, w, named, pieces, n);
	jw_close(w, ']');
	jw_close(w, '}');
	app_version_of_body(rs);
	return ERR_OK;
}
