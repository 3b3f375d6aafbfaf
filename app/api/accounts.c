/* Registration, login, refresh, logout, me. */
#include "account_sql.h"
#include "app.h"
#include "clock.h"
#include "email.h"
#include "guard.h"
#include "guard_sql.h"
#include "log.h"
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

struct credentials {
	const char *email, *password;
};
static const struct json_field credential_fields[] = {
	{ "email", JSON_FIELD_TEXT, offsetof(struct credentials, email), 1, 1000, .required = true },
	{ "password", JSON_FIELD_TEXT, offsetof(struct credentials, password), 1, 1000, .required = true, .raw = true },
};

struct refreshing {
	const char *refresh_token;
};
static const struct json_field refresh_fields[] = {
	{ "refresh_token", JSON_FIELD_TEXT, offsetof(struct refreshing, refresh_token), 1, 500, .required = true },
};

static void write_account(struct response *rs, const struct account_row *a)
{
	struct json_writer *w = response_data(rs);
	jw_open(w, '{');
	jw_field_uuid(w, "id", &a->id);
	jw_field_text(w, "email", a->email);
	jw_field_text(w, "full_name", a->full_name);
	jw_field_text(w, "role", a->role);
	jw_field_bool(w, "is_owner", a->is_owner);
	jw_key(w, "organization_id");
	jw_opt_uuid(w, &a->organization_id);
	jw_field_instant(w, "created_at", a->created_at.us);
	jw_close(w, '}');
}

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
	};
	struct account_row account;
	TRY(app_begin(rq, e));
	rc = account_register_last(app->db, &row, rq->mem, &account, e);
	if (rc == ERR_CONFLICT && strcmp(db_constraint(app->db), "account_email_key") == 0) {
		error_clear(e);
		return error_set(e, ERR_EMAIL_TAKEN, "email");
	}
	TRY(rc);
	write_account(rs, &account);
	response_created(rs, "/api/v1/auth/me");
	return ERR_OK;
}

/* Both tokens of a session, as the answer of login and refresh. */
static enum result answer_tokens(struct request *rq, struct response *rs, const struct uuid *session,
    const struct uuid *account, const struct opt_uuid *organization, const char *role, bool is_owner,
    const char *refresh, struct error *e)
{
	struct app *app = app_of(rq);
	int64_t life = app->settings.JWT_ACCESS_TOKEN_EXPIRE_MINUTES * 60;
	struct token_claims claims = {
		.user_id = *account, .organization_id = *organization, .is_owner = is_owner, .session_id = *session
	};
	const char *access;
	if (!role_parse(role, &claims.role))
		BUG("the database knows a role that we do not: %s", role);
	TRY(token_issue(app->signer, rq->mem, &claims, clock_now_us() / 1000000, life, &access, e));
	struct json_writer *w = response_data(rs);
	jw_open(w, '{');
	jw_field_text(w, "access_token", access);
	jw_field_text(w, "refresh_token", refresh);
	jw_field_text(w, "token_type", "Bearer");
	jw_field_int(w, "expires_in", life);
	jw_close(w, '}');
	return ERR_OK;
}

static int64_t session_seconds(const struct app *app)
{
	return app->settings.JWT_REFRESH_TOKEN_EXPIRE_DAYS * 86400;
}

/* With a cost that was raised since. What fails here succeeds with a later login. */
static void rehash(struct request *rq, const char *password, const struct account_login *account)
{
	struct app *app = app_of(rq);
	char hash[PASSWORD_HASH_SIZE];
	struct error why;
	error_clear(&why);
	if (!password_needs_rehash(account->password_hash, (unsigned)app->settings.SCRYPT_LOG_N))
		return;
	struct password_rehash row = { account->account_id, account->password_hash, hash };
	struct password_rehashed done;
	enum result rc = guard_hash(rq, password, hash, &why);
	if (rc == ERR_OK)
		rc = app_begin(rq, &why);
	if (rc == ERR_OK)
		rc = account_rehash_last(app->db, &row, rq->mem, &done, &why);
	if (rc != ERR_OK)
		log_failure(LOG_WARN, "a password keeps its old cost", &why);
}

enum result auth_login(struct request *rq, struct response *rs, struct error *e)
{
	struct app *app = app_of(rq);
	struct credentials in = { 0 };
	TRY(request_json(rq, credential_fields, ARRAY_LEN(credential_fields), &in, e));
	const char *email = in.email;
	TRY(guard_login_ask(rq, in.email, e));
	struct error ignored;
	error_clear(&ignored);
	struct account_login account = { 0 };
	enum result rc = ERR_NOT_FOUND;
	/* An address that can't be one has no account, and is answered like any other that has none. */
	if (email_normalise(rq->mem, in.email, "email", &email, &ignored) == ERR_OK) {
		TRY(app_begin(rq, e));
		rc = account_login_lookup_last(app->db, &(struct account_email){ email }, rq->mem, &account, e);
		if (rc != ERR_OK && rc != ERR_NOT_FOUND)
			return rc;
		error_clear(e);
	}
	/* No transaction is open while the password is hashed. */
	rc = guard_check(rq, in.password, rc == ERR_OK && account.active ? account.password_hash : NULL, e);
	if (rc == ERR_INVALID_CREDENTIALS)
		guard_login_failed(rq, in.email);
	TRY(rc);
	guard_login_passed(rq, in.email);
	rehash(rq, in.password, &account);
	struct refresh_token refresh;
	refresh_token_new(&refresh);
	struct session_opening opening = {
		.session_id = uuid_new(),
		.account_id = account.account_id,
		.refresh_hash = { refresh.hash, sizeof refresh.hash },
		.seconds = session_seconds(app),
	};
	struct session_row session;
	TRY(app_begin(rq, e));
	rc = session_open_last(app->db, &opening, rq->mem, &session, e);
	if (rc == ERR_NOT_FOUND) { /* deactivated meanwhile */
		error_clear(e);
		return error_set(e, ERR_INVALID_CREDENTIALS, NULL);
	}
	TRY(rc);
	return answer_tokens(rq, rs, &opening.session_id, &session.account_id, &session.organization_id, session.role,
	    session.is_owner, refresh.text, e);
}

enum result auth_refresh(struct request *rq, struct response *rs, struct error *e)
{
	struct app *app = app_of(rq);
	struct refreshing in = { 0 };
	TRY(request_json(rq, refresh_fields, ARRAY_LEN(refresh_fields), &in, e));
	uint8_t old_hash[32];
	if (!refresh_token_hash(in.refresh_token, old_hash))
		return error_set(e, ERR_INVALID_TOKEN, "refresh_token");
	struct refresh_token fresh;
	refresh_token_new(&fresh);
	struct session_rotation rotation = {
		.old_hash = { old_hash, sizeof old_hash },
		.new_hash = { fresh.hash, sizeof fresh.hash },
		.seconds = session_seconds(app),
	};
	struct session_rotated s;
	TRY(app_begin(rq, e));
	TRY(session_rotate_last(app->db, &rotation, rq->mem, &s, e));
	if (strcmp(s.outcome, "expired") == 0)
		return error_set(e, ERR_EXPIRED_TOKEN, "refresh_token");
	if (strcmp(s.outcome, "rotated") != 0) {
		error_cause(e, "refresh token %s", s.outcome);
		return error_set(e, ERR_INVALID_TOKEN, "refresh_token");
	}
	return answer_tokens(
	    rq, rs, &s.sid.value, &s.account_id.value, &s.organization_id, s.role, s.is_owner.value, fresh.text, e);
}

enum result auth_logout(struct request *rq, struct response *rs, struct error *e)
{
	struct session_ending ending = { rq->identity.session_id, rq->identity.user_id, false };
	struct session_ended ended;
	TRY(app_begin(rq, e));
	TRY(session_end_last(app_of(rq)->db, &ending, rq->mem, &ended, e));
	rs->status = 204;
	return ERR_OK;
}

enum result auth_me(struct request *rq, struct response *rs, struct error *e)
{
	struct session_key key = { rq->identity.session_id, rq->identity.user_id };
	struct account_row account;
	TRY(app_begin(rq, e));
	TRY(account_me_last(app_of(rq)->db, &key, rq->mem, &account, e));
	write_account(rs, &account);
	app_version_of_body(rs);
	return ERR_OK;
}
