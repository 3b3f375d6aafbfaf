/* What was deleted comes back while it can. Done again, it changes nothing. */
#include "undo_sql.h"
#include "document_view.h"
#include "tender_answer.h"
#include "uuid.h"

#include <string.h>

/* What was not read to its end is read again, and the tender's dossier analysed. Its lock is held by the caller. */
static enum result read_again(
    struct request *rq, const struct tender_key *key, const struct uuid *dossier_version_id, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct tender_unread_row *unread;
	struct job_analyze_new analyze = { uuid_new(), key->id, *dossier_version_id };
	size_t n;
	TRY(tender_unread(db, key, rq->mem, &unread, &n, e));
	for (size_t i = 0; i < n; i++) {
		struct job_read_new job = { uuid_new(), unread[i].id, unread[i].size };
		TRY(document_set_processing_later(db, &(struct document_key){ unread[i].id }, NULL, e));
		TRY(job_read_add_later(db, &job, NULL, e));
	}
	TRY(job_analyze_add_later(db, &analyze, NULL, e));
	return tender_set_queued_later(db, key, NULL, e);
}

static enum result into_dossier(struct request *rq, const struct uuid *tender_id, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct dossier_version_new version = { uuid_new(), *tender_id, rq->identity.user_id, "documents_added" };
	TRY(dossier_version_insert_later(db, &version, NULL, e));
	TRY(dossier_version_fill_later(db, &(struct dossier_version_fill_key){ version.id, *tender_id }, NULL, e));
	return read_again(rq, &(struct tender_key){ *tender_id }, &version.id, e);
}

enum result document_restore(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct document_key key = { request_id_required(rq, "document_id") };
	struct undo_tender *tender;
	struct undo_document d;
	struct document_detail detail;
	size_t n;
	TRY(app_begin(rq, e));
	TRY(undo_lock_tender_of_later(db, &key, rq->mem, &tender, &n, e));
	TRY(undo_lock_document(db, &key, rq->mem, &d, e));
	if (d.deleted && n == 1 && tender[0].deleted)
		return error_set(e, ERR_BAD_STATE, "tender_id", "state", "deleted");
	if (d.deleted && d.parent_deleted)
		return error_set(e, ERR_BAD_STATE, "parent_id", "state", "deleted");
	if (d.deleted) {
		struct job_read_new job = { uuid_new(), key.id, d.size };
		TRY(undo_document_later(db, &key, NULL, e));
		TRY(app_audit(rq, "document.restored", "document", &key.id, NULL, e));
		if (d.tender_id.set && !d.replaced_by_id.set)
			TRY(into_dossier(rq, &d.tender_id.value, e));
		if (!d.tender_id.set && d.interrupted) {
			TRY(document_set_processing_later(db, &key, NULL, e));
			TRY(job_read_add_later(db, &job, NULL, e));
		}
	}
	TRY(document_get_last(db, &key, rq->mem, &detail, e));
	document_write_detail(rq->mem, response_data(rs), &detail, rq->lang, app_of(rq)->settings.RETENTION_DAYS);
	return ERR_OK;
}

enum result tender_restore(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct tender_key key = { request_id_required(rq, "tender_id") };
	struct undo_state state;
	struct tender_locked tender;
	struct tender_detail detail;
	TRY(app_begin(rq, e));
	TRY(undo_lock_tender(db, &key, rq->mem, &state, e));
	if (state.deleted) {
		TRY(undo_tender_documents_later(db, &key, NULL, e));
		TRY(undo_tender_later(db, &key, NULL, e));
		TRY(app_audit(rq, "tender.restored", "tender", &key.id, NULL, e));
		TRY(tender_lock(db, &key, rq->mem, &tender, e));
		/* What the machine was about to do when it went. */
		if (tender.dossier_version_id.set && strcmp(tender.analysis_status, "done") != 0)
			TRY(read_again(rq, &key, &tender.dossier_version_id.value, e));
	}
	TRY(tender_get_last(db, &key, rq->mem, &detail, e));
	tender_answer(rq, rs, &detail);
	return ERR_OK;
}
