/* Legal hold: an owner keeps a tender from every way of going, and lets it go. Triggers of the database refuse the
 * ways. */
#include "audit.h"
#include "retention.h"
#include "retention_sql.h"
#include "tender_answer.h"

#include <string.h>

struct hold_change {
	struct opt_bool held;
	const char *reason;
	struct opt_int version;
};
static const struct json_field hold_fields[] = {
	{ "held", JSON_FIELD_BOOL, offsetof(struct hold_change, held), .required = true },
	{ "reason", JSON_FIELD_TEXT, offsetof(struct hold_change, reason), 1, 1000, .required = true },
	{ "version", JSON_FIELD_INT, offsetof(struct hold_change, version), 1, INT64_MAX },
};

static enum result note(
    struct request *rq, const char *action, const struct uuid *id, const char *reason, struct error *e)
{
	struct buf detail;
	struct json_writer w;
	buf_init(&detail, rq->mem, 16384);
	jw_init(&w, &detail);
	jw_open(&w, '{');
	jw_field_text(&w, "reason", reason);
	jw_close(&w, '}');
	return app_audit(rq, action, "tender", id, detail.data, e);
}

static enum result change(struct request *rq, const struct uuid *id, const struct hold_state *before,
    const struct hold_change *in, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct deletion terms = { *id, app_of(rq)->settings.DELETE_UNDO_DAYS };
	/* Asking again for what is done already changes nothing. */
	if (in->held.value == before->held && (!before->held || strcmp(in->reason, before->reason) == 0))
		return ERR_OK;
	if (in->held.value) {
		TRY(hold_begin_later(db, &(struct hold_set){ *id, rq->identity.user_id, in->reason }, NULL, e));
		return note(rq, "tender.legal_hold_set", id, in->reason, e);
	}
	TRY(hold_end_later(db, &terms, NULL, e));
	TRY(hold_end_documents_later(db, &terms, NULL, e));
	return note(rq, "tender.legal_hold_lifted", id, in->reason, e);
}

enum result tender_legal_hold_put(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct tender_key key = { request_id_required(rq, "tender_id") };
	struct hold_change in = { 0 };
	struct hold_state before;
	struct hold_row now;
	TRY(request_json(rq, hold_fields, ARRAY_LEN(hold_fields), &in, e));
	TRY(app_begin(rq, e));
	TRY(hold_lock_tender(db, &key, rq->mem, &before, e));
	TRY(tender_check_version(rq, &in.version, before.version, e));
	TRY(change(rq, &key.id, &before, &in, e));
	TRY(hold_get_last(db, &key, rq->mem, &now, e));
	struct json_writer *w = response_data(rs);
	jw_open(w, '{');
	jw_field_uuid(w, "tender_id", &key.id);
	jw_key(w, "legal_hold");
	legal_hold_write(w, &now.held_at, &now.held_by, now.reason);
	jw_close(w, '}');
	return ERR_OK;
}
