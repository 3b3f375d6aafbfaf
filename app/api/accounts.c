/* Registration, and one's own account. */
#include "account.h"
#include "audit.h"
#include "email.h"
#include "guard.h"
#include "tender_answer.h"
#include "user_sql.h"
#include "uuid.h"

#include <string.h>

struct registration {
	const char *email, *password, *full_name, *organization_name, *role;
};
static const struct json_field registration_fields[] = {
	{ "email", JSON_FIELD_TEXT, offsetof(struct registration, email), 1, 1000, .required = true },
	{ "password", JSON_FIELD_TEXT, offsetof(struct registration, password), 0, 0, .required = true, .raw = true },
	{ "full_name", JSON_FIELD_TEXT, offsetof(struct registration, full_name), 1, 200, .required = true },
	{ "organization_name", JSON_FIELD_TEXT, offsetof(struct registration, organization_name), 1, 200 },
	{ "role", JSON_FIELD_TEXT, offsetof(struct registration, role), 1, 50 },
};

enum result auth_register(struct request *rq, struct response *rs, struct error *e)
{
	struct app *app = app_of(rq);
	struct registration in = { 0 };
	const char *email = NULL;
	if (!app->settings.REGISTRATION_OPEN)
		return error_set(e, ERR_REGISTRATION_CLOSED, NULL);
	/* Faults that bind found are told together with those that only we can see. */
	enum result rc = request_json(rq, registration_fields, ARRAY_LEN(registration_fields), &in, e);
	if (in.role && strcmp(in.role, "admin") == 0 && rc == ERR_OK)
		return error_set(e, ERR_ROLE_NOT_ALLOWED, "role", "value", in.role);
	if (in.role && strcmp(in.role, "bid_manager") != 0)
		error_set(e, ERR_INVALID_VALUE, "role", "value", in.role, "expected", "bid_manager");
	if (in.email)
		rc = email_normalise(rq->mem, in.email, "email", &email, e);
	const char *organization = in.organization_name ? in.organization_name : in.full_name;
	if (in.password)
		rc = password_rule_check(in.password, strlen(in.password), email, in.full_name, organization, e);
	if (e->n_faults)
		return e->code;
	char hash[PASSWORD_HASH_SIZE];
	TRY(guard_hash(rq, in.password, hash, e));
	struct account_registration row = {
		.account_id = uuid_new(),
		.organization_id = uuid_new(),
		.email = email,
		.password_hash = hash,
		.full_name = in.full_name,
		.organization_name = organization,
		.request_id = rq->id,
	};
	struct account_row account;
	TRY(app_begin(rq, e));
	rc = account_register_last(app->db, &row, rq->mem, &account, e);
	if (rc == ERR_CONFLICT && strcmp(db_constraint(app->db), "account_email_key") == 0) {
		error_clear(e);
		return error_set(e, ERR_EMAIL_TAKEN, "email");
	}
	TRY(rc);
	account_write(response_data(rs), &account);
	response_created(rs, "/api/v1/auth/me");
	return ERR_OK;
}

/* ---- me ---- */

void account_me_write(struct json_writer *w, const struct account_me_row *a)
{
	jw_open(w, '{');
	jw_field_uuid(w, "id", &a->id);
	jw_field_text(w, "email", a->email);
	jw_field_bool(w, "email_confirmed", a->email_confirmed);
	jw_field_text(w, "full_name", a->full_name);
	jw_field_text(w, "role", a->role);
	jw_field_bool(w, "is_owner", a->is_owner);
	jw_key(w, "organization_id");
	jw_opt_uuid(w, &a->organization_id);
	jw_field_text(w, "organization_name", a->organization_name);
	jw_field_instant(w, "created_at", a->created_at.us);
	jw_field_int(w, "version", a->version);
	jw_close(w, '}');
}

static void write_me(struct response *rs, const struct account_me_row *a)
{
	account_me_write(response_data(rs), a);
	account_version(rs, a->version);
}

enum result auth_me(struct request *rq, struct response *rs, struct error *e)
{
	struct session_key key = { rq->identity.session_id, rq->identity.user_id };
	struct account_me_row account;
	TRY(app_begin(rq, e));
	TRY(account_me_last(app_of(rq)->db, &key, rq->mem, &account, e));
	write_me(rs, &account);
	return ERR_OK;
}

struct me_change {
	const char *full_name;
	struct opt_int version;
};
static const struct json_field me_fields[] = {
	{ "full_name", JSON_FIELD_TEXT, offsetof(struct me_change, full_name), 1, 200 },
	{ "version", JSON_FIELD_INT, offsetof(struct me_change, version), 1, INT64_MAX },
};

enum result auth_me_patch(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct session_key key = { rq->identity.session_id, rq->identity.user_id };
	struct me_change in = { 0 };
	struct account_me_row account;
	struct account_renamed renamed;
	TRY(request_json(rq, me_fields, ARRAY_LEN(me_fields), &in, e));
	TRY(app_begin(rq, e));
	TRY(account_me(db, &key, rq->mem, &account, e));
	TRY(tender_check_version(rq, &in.version, account.version, e));
	if (in.full_name && strcmp(in.full_name, account.full_name) != 0) {
		struct account_renaming change = { key.session_id, key.account_id, in.full_name,
			{ true, account.version } };
		TRY(account_rename(db, &change, rq->mem, &renamed, e));
		if (!renamed.version.set)
			return error_set(e, ERR_CONFLICT, NULL);
		TRY(app_audit(rq, "user.updated", "account", &key.account_id, NULL, e));
	}
	TRY(account_me_last(db, &key, rq->mem, &account, e));
	write_me(rs, &account);
	return ERR_OK;
}

struct removal {
	const char *password;
};
static const struct json_field removal_fields[] = {
	{ "password", JSON_FIELD_TEXT, offsetof(struct removal, password), 1, 1000, .required = true, .raw = true },
};

enum result auth_me_delete(struct request *rq, struct response *rs, struct error *e)
{
	const struct identity *who = &rq->identity;
	struct removal in = { 0 };
	struct password_owner owner;
	struct done_row removed;
	TRY(request_json(rq, removal_fields, ARRAY_LEN(removal_fields), &in, e));
	TRY(account_password_again(rq, in.password, "password", &owner, e));
	TRY(app_begin(rq, e));
	TRY(app_audit(rq, "user.removed", "account", &who->user_id, NULL, e));
	TRY(user_remove(app_of(rq)->db, &(struct session_removal){ who->session_id, who->user_id, who->user_id },
	    rq->mem, &removed, e));
	if (!removed.done) /* the session ended while the password was looked at */
		return error_set(e, ERR_INVALID_TOKEN, NULL);
	TRY(db_commit(app_of(rq)->db, e));
	rs->status = 204;
	return ERR_OK;
}

/* ---- the address ---- */

struct link {
	const char *token;
};
static const struct json_field link_fields[] = {
	{ "token", JSON_FIELD_TEXT, offsetof(struct link, token), 1, 500, .required = true },
};

enum result auth_email_confirm(struct request *rq, struct response *rs, struct error *e)
{
	struct link in = { 0 };
	uint8_t hash[32];
	struct outcome_row done;
	TRY(request_json(rq, link_fields, ARRAY_LEN(link_fields), &in, e));
	TRY(account_link(in.token, hash, e));
	TRY(app_begin(rq, e));
	TRY(email_confirm_last(
	    app_of(rq)->db, &(struct email_confirmation){ { hash, sizeof hash }, rq->id }, rq->mem, &done, e));
	if (strcmp(done.outcome, "confirmed") != 0)
		return error_set(
		    e, strcmp(done.outcome, "expired") == 0 ? ERR_LINK_EXPIRED : ERR_LINK_INVALID, "token");
	rs->status = 204;
	return ERR_OK;
}

enum result auth_email_resend(struct request *rq, struct response *rs, struct error *e)
{
	struct session_key key = { rq->identity.session_id, rq->identity.user_id };
	struct done_row asked;
	TRY(app_begin(rq, e));
	TRY(email_ask_last(app_of(rq)->db, &key, rq->mem, &asked, e));
	if (!asked.done)
		return error_set(e, ERR_BAD_STATE, NULL, "state", "confirmed");
	struct json_writer *w = response_data(rs);
	jw_open(w, '{');
	jw_field_int(w, "link_expires_in", app_of(rq)->settings.EMAIL_CONFIRM_EXPIRE_DAYS * 86400);
	jw_close(w, '}');
	rs->status = 202;
	return ERR_OK;
}
