/* The end of an organisation: its owner deletes it, or thinks better of it in time; the operator may help. */
#include "account.h"
#include "erasure_sql.h"

#include <string.h>

struct password_given {
	const char *password;
};
static const struct json_field password_fields[] = {
	{ "password", JSON_FIELD_TEXT, offsetof(struct password_given, password), 1, 1000, .required = true,
	    .raw = true },
};

enum result organization_remove(struct request *rq, struct response *rs, struct error *e)
{
	struct app *app = app_of(rq);
	struct password_given in = { 0 };
	struct password_owner owner;
	struct organization_deleted done;
	TRY(request_json(rq, password_fields, ARRAY_LEN(password_fields), &in, e));
	TRY(account_password_again(rq, in.password, "password", &owner, e));
	struct organization_deletion row = { rq->identity.session_id, rq->identity.user_id,
		app->settings.ORGANIZATION_GRACE_DAYS, rq->id };
	TRY(app_begin(rq, e));
	TRY(organization_delete_last(app->db, &row, rq->mem, &done, e));
	if (!done.erase_after.set)
		return error_set(e, ERR_FORBIDDEN, NULL);
	struct json_writer *w = response_data(rs);
	jw_open(w, '{');
	jw_field_uuid(w, "id", &rq->identity.organization_id.value);
	jw_field_instant(w, "erase_after", done.erase_after.us);
	jw_close(w, '}');
	return ERR_OK;
}

static enum result outcome(const char *said, struct response *rs, struct error *e)
{
	if (strcmp(said, "absent") == 0)
		return error_set(e, ERR_NOT_FOUND, NULL);
	if (strcmp(said, "forbidden") == 0)
		return error_set(e, ERR_FORBIDDEN, NULL);
	if (strcmp(said, "not_deleted") == 0)
		return error_set(e, ERR_NOT_DELETED, NULL);
	rs->status = 204;
	return ERR_OK;
}

enum result auth_organization_restore(struct request *rq, struct response *rs, struct error *e)
{
	struct account_login account;
	struct organization_returned done;
	TRY(account_credentials(rq, &account, e));
	TRY(app_begin(rq, e));
	TRY(organization_restore_last(
	    app_of(rq)->db, &(struct organization_return){ account.account_id, rq->id }, rq->mem, &done, e));
	return outcome(done.outcome, rs, e);
}

enum result admin_organization_bring_back(struct request *rq, struct response *rs, struct error *e)
{
	struct admin_organization_return row = { rq->identity.session_id, rq->identity.user_id,
		request_id_required(rq, "organization_id"), rq->id };
	struct organization_returned done;
	TRY(app_begin(rq, e));
	TRY(admin_organization_restore_last(app_of(rq)->db, &row, rq->mem, &done, e));
	return outcome(done.outcome, rs, e);
}
