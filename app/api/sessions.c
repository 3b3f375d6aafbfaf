/* Sessions: login, refresh, logout, and the list of them. */
#include "account.h"
#include "audit.h"
#include "email.h"
#include "guard.h"
#include "guard_sql.h"
#include "log.h"
#include "tokens.h"
#include "uuid.h"

#include <string.h>

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
	TRY(token_issue(app->signer, rq->mem, &claims, db_clock_us(app->db) / 1000000, life, &access, e));
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

/* Also when no account has the address: nobody learns that from the time. */
static void note_failure(struct request *rq, const struct opt_uuid *account)
{
	struct login_failure row = { *account, account_user_agent(rq), account_address(rq), rq->id };
	struct nothing_row nothing;
	struct error e;
	error_clear(&e);
	enum result rc = app_begin(rq, &e);
	if (rc == ERR_OK)
		rc = login_failed_last(app_of(rq)->db, &row, rq->mem, &nothing, &e);
	if (rc != ERR_OK)
		log_failure(LOG_WARN, "a refused login could not be noted", &e);
}

/* With a cost that was raised since. What fails here succeeds with a later login. */
static void rehash(struct request *rq, const char *password, struct account_login *account)
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
	else if (done.done)
		account->password_hash = mem_strdup(rq->mem, hash);
}

enum result account_credentials(struct request *rq, struct account_login *account, struct error *e)
{
	struct app *app = app_of(rq);
	struct credentials in = { 0 };
	TRY(request_json(rq, credential_fields, ARRAY_LEN(credential_fields), &in, e));
	TRY(guard_login_ask(rq, in.email, e));
	const char *email;
	struct error ignored;
	error_clear(&ignored);
	*account = (struct account_login){ 0 };
	enum result rc = ERR_NOT_FOUND;
	/* An address that can't be one has no account, and is answered like any other that has none. */
	if (email_normalise(rq->mem, in.email, "email", &email, &ignored) == ERR_OK) {
		TRY(app_begin(rq, e));
		rc = account_login_lookup_last(app->db, &(struct account_email){ email }, rq->mem, account, e);
		if (rc != ERR_OK && rc != ERR_NOT_FOUND)
			return rc;
		error_clear(e);
	}
	/* No transaction is open while the password is hashed. */
	bool known = rc == ERR_OK;
	rc = guard_check(rq, in.password, known && account->active ? account->password_hash : NULL, e);
	if (rc == ERR_INVALID_CREDENTIALS) {
		guard_login_failed(rq, in.email);
		if (known && !account->organization_id.set)
			app_audit_operator(rq, "auth.login_failed", &account->account_id);
		note_failure(rq, &(struct opt_uuid){ known, account->account_id });
	}
	TRY(rc);
	guard_login_passed(rq, in.email);
	rehash(rq, in.password, account);
	return ERR_OK;
}

enum result auth_login(struct request *rq, struct response *rs, struct error *e)
{
	struct app *app = app_of(rq);
	struct account_login account;
	TRY(account_credentials(rq, &account, e));
	struct refresh_token refresh;
	refresh_token_new(&refresh);
	struct session_opening opening = {
		.session_id = uuid_new(),
		.account_id = account.account_id,
		.refresh_hash = { refresh.hash, sizeof refresh.hash },
		.seconds = session_seconds(app),
		.password_hash = account.password_hash,
		.user_agent = account_user_agent(rq),
		.address = account_address(rq),
		.request_id = rq->id,
	};
	struct session_row session;
	TRY(app_begin(rq, e));
	enum result rc = session_open_last(app->db, &opening, rq->mem, &session, e);
	if (rc == ERR_NOT_FOUND) { /* deactivated meanwhile, or given another password */
		error_clear(e);
		return error_set(e, ERR_INVALID_CREDENTIALS, NULL);
	}
	TRY(rc);
	if (!session.organization_id.set)
		app_audit_operator(rq, "auth.login", &session.account_id);
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
		.address = account_address(rq),
		.request_id = rq->id,
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
	bool all = request_flag(rq, "all");
	struct session_ending ending = { rq->identity.session_id, rq->identity.user_id, all };
	struct session_ended ended;
	TRY(app_begin(rq, e));
	TRY(app_audit(rq, all ? "auth.logout_all" : "auth.logout", "account", &rq->identity.user_id, NULL, e));
	TRY(session_end_last(app_of(rq)->db, &ending, rq->mem, &ended, e));
	rs->status = 204;
	return ERR_OK;
}

static void write_session(struct json_writer *w, const struct json *s, const char *current)
{
	const char *id = json_string(json_get(s, "id"));
	jw_open(w, '{');
	jw_field_text(w, "id", id);
	jw_field_text(w, "user_agent", json_string(json_get(s, "user_agent")));
	jw_field_text(w, "address", json_string(json_get(s, "address")));
	jw_field_instant(w, "created_at", json_int(json_get(s, "created_at")));
	jw_field_instant(w, "used_at", json_int(json_get(s, "used_at")));
	jw_field_bool(w, "current", id && strcmp(id, current) == 0);
	jw_close(w, '}');
}

enum result account_sessions_write(
    struct request *rq, struct json_writer *w, const struct session_list_row *row, struct error *e)
{
	const struct json *items;
	char current[37];
	TRY(json_parse(rq->mem, row->items.s, strlen(row->items.s), &items, e));
	uuid_format(&rq->identity.session_id, current);
	jw_open(w, '[');
	for (size_t i = 0; i < json_len(items); i++)
		write_session(w, json_at(items, i), current);
	jw_close(w, ']');
	return ERR_OK;
}

enum result auth_session_list(struct request *rq, struct response *rs, struct error *e)
{
	struct session_key key = { rq->identity.session_id, rq->identity.user_id };
	struct session_list_row row;
	TRY(app_begin(rq, e));
	TRY(session_list_last(app_of(rq)->db, &key, rq->mem, &row, e));
	return account_sessions_write(rq, response_data(rs), &row, e);
}

enum result auth_session_delete(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct session_removal removal = { rq->identity.session_id, rq->identity.user_id,
		request_id_required(rq, "session_id") };
	struct done_row removed;
	TRY(app_begin(rq, e));
	TRY(app_audit(rq, "auth.session_removed", "session", &removal.target_id, NULL, e));
	TRY(session_remove(db, &removal, rq->mem, &removed, e));
	if (!removed.done)
		return error_set(e, ERR_NOT_FOUND, NULL);
	TRY(db_commit(db, e));
	rs->status = 204;
	return ERR_OK;
}
