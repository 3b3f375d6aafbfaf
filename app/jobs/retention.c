/* What is archived, or in no tender, goes when RETENTION_DAYS are over: deleted as people delete, so that it can come
 * back for a time. Its people are told before, once a day by one letter each. */
#include "retention_sql.h"
#include "worker.h"

#include "log.h"
#include "uuid.h"

#define BATCH 100

static enum result note(struct worker *w, const char *action, const char *kind, const struct uuid *id, struct error *e)
{
	struct retention_event event = { uuid_new(), action, kind, { 0 }, w->settings->RETENTION_DAYS };
	if (id)
		event.target_id = (struct opt_uuid){ true, *id };
	return retention_audit_later(w->db, &event, NULL, e);
}

/* All in one transaction: what is marked as told is told. */
static enum result tell(struct worker *w, TALLOC_CTX *mem, const struct uuid *organization_id, struct error *e)
{
	struct retention_terms terms = { w->settings->RETENTION_DAYS };
	struct retention_notice_new new = { uuid_new(), terms.days };
	struct retention_notice_key notice;
	struct retention_reader *readers;
	int64_t tenders, documents;
	size_t n;
	TRY(db_begin_for(w->db, mem, organization_id, DB_WRITE, e));
	enum result code = retention_notice_add(w->db, &new, mem, &notice, e);
	if (code == ERR_NOT_FOUND) {
		error_clear(e);
		db_rollback(w->db);
		return ERR_OK;
	}
	TRY(code);
	TRY(retention_warn_tenders_later(w->db, &terms, &tenders, e));
	TRY(retention_warn_documents_later(w->db, &terms, &documents, e));
	TRY(retention_readers(w->db, NULL, mem, &readers, &n, e));
	if (tenders + documents == 0) { /* all of it in somebody's hands at this moment */
		db_rollback(w->db);
		return ERR_OK;
	}
	for (size_t i = 0; i < n; i++) {
		struct retention_letter_new letter = { uuid_new(), readers[i].account_id, notice.id };
		TRY(retention_letter_add_later(w->db, &letter, NULL, e));
	}
	TRY(note(w, "retention.warned", NULL, NULL, e));
	TRY(db_commit(w->db, e));
	log_info("told that retention ends", "tenders", num_text(tenders).s, "documents", num_text(documents).s,
	    "letters", num_text((long long)n).s);
	return ERR_OK;
}

static enum result remove_tenders(
    struct worker *w, TALLOC_CTX *mem, const struct uuid *organization_id, size_t *n, struct error *e)
{
	struct retention_batch batch = { w->settings->RETENTION_DAYS, BATCH };
	struct tender_key *due;
	TRY(db_begin_for(w->db, mem, organization_id, DB_WRITE, e));
	TRY(retention_over_tenders(w->db, &batch, mem, &due, n, e));
	for (size_t i = 0; i < *n; i++) {
		struct deletion deletion = { due[i].id, w->settings->DELETE_UNDO_DAYS };
		TRY(tender_delete_later(w->db, &deletion, NULL, e));
		TRY(tender_delete_documents_later(w->db, &deletion, NULL, e));
		TRY(note(w, "tender.expired", "tender", &due[i].id, e));
	}
	return db_commit(w->db, e);
}

static enum result remove_documents(
    struct worker *w, TALLOC_CTX *mem, const struct uuid *organization_id, size_t *n, struct error *e)
{
	struct retention_batch batch = { w->settings->RETENTION_DAYS, BATCH };
	struct document_key *due;
	TRY(db_begin_for(w->db, mem, organization_id, DB_WRITE, e));
	TRY(retention_over_documents(w->db, &batch, mem, &due, n, e));
	for (size_t i = 0; i < *n; i++) {
		struct deletion deletion = { due[i].id, w->settings->DELETE_UNDO_DAYS };
		TRY(document_delete_later(w->db, &deletion, NULL, e));
		TRY(note(w, "document.expired", "document", &due[i].id, e));
	}
	return db_commit(w->db, e);
}

enum result worker_retention(struct worker *w, TALLOC_CTX *mem, bool *more, struct error *e)
{
	struct retention_terms terms = { w->settings->RETENTION_DAYS };
	struct purge_place due;
	size_t tenders, documents;
	*more = false;
	if (terms.days == 0)
		return ERR_OK;
	TRY(db_begin_as(w->db, mem, NULL, DB_WRITE, e));
	enum result code = retention_due_last(w->db, &terms, mem, &due, e);
	if (code == ERR_NOT_FOUND) {
		error_clear(e);
		return ERR_OK;
	}
	TRY(code);
	TRY(tell(w, mem, &due.organization_id, e));
	TRY(remove_tenders(w, mem, &due.organization_id, &tenders, e));
	TRY(remove_documents(w, mem, &due.organization_id, &documents, e));
	if (tenders > 0 || documents > 0)
		log_info("deleted what had its retention", "tenders", num_text((long long)tenders).s, "documents",
		    num_text((long long)documents).s);
	/* Another organisation may be due. */
	*more = true;
	return ERR_OK;
}
