/* Passwords that are changed, forgotten and set anew. */
#include "account.h"
#include "audit.h"
#include "clock.h"
#include "email.h"
#include "guard.h"

#include <string.h>
#include <time.h>

/* An answer that says the same to everybody takes the same time too: longer than either way needs. */
#define FORGOT_US 100000

struct change {
	const char *current_password, *password;
};
static const struct json_field change_fields[] = {
	{ "current_password", JSON_FIELD_TEXT, offsetof(struct change, current_password), 1, 1000, .required = true,
	    .raw = true },
	{ "password", JSON_FIELD_TEXT, offsetof(struct change, password), 0, 0, .required = true, .raw = true },
};

enum result auth_password_change(struct request *rq, struct response *rs, struct error *e)
{
	const struct identity *who = &rq->identity;
	struct db *db = app_of(rq)->db;
	struct change in = { 0 };
	struct password_owner owner;
	struct password_changed changed;
	char hash[PASSWORD_HASH_SIZE];
	TRY(request_json(rq, change_fields, ARRAY_LEN(change_fields), &in, e));
	TRY(account_password_again(rq, in.current_password, "current_password", &owner, e));
	TRY(account_password_new(rq, in.password, owner.email, owner.full_name, owner.organization_name, hash, e));
	TRY(app_begin(rq, e));
	TRY(app_audit(rq, "auth.password_changed", "account", &who->user_id, NULL, e));
	TRY(password_set(db, &(struct password_change){ who->session_id, who->user_id, owner.password_hash, hash },
	    rq->mem, &changed, e));
	if (!changed.ended.set)
		return error_set(e, ERR_CONFLICT, NULL);
	TRY(db_commit(db, e));
	rs->status = 204;
	return ERR_OK;
}

struct forgotten {
	const char *email;
};
static const struct json_field forgotten_fields[] = {
	{ "email", JSON_FIELD_TEXT, offsetof(struct forgotten, email), 1, 1000, .required = true },
};

static void wait_until(int64_t mono_us)
{
	struct timespec end = { .tv_sec = mono_us / 1000000, .tv_nsec = (long)(mono_us % 1000000) * 1000 };
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) != 0)
		;
}

enum result auth_password_forgot(struct request *rq, struct response *rs, struct error *e)
{
	struct app *app = app_of(rq);
	struct forgotten in = { 0 };
	struct password_forgotten row = { .email = "", .request_id = rq->id };
	struct nothing_row nothing;
	struct error ignored;
	TRY(request_json(rq, forgotten_fields, ARRAY_LEN(forgotten_fields), &in, e));
	error_clear(&ignored);
	/* What can't be an address has no account, and is answered like any other that has none. */
	(void)!email_normalise(rq->mem, in.email, "email", &row.email, &ignored);
	TRY(guard_account(rq, in.email, e));
	TRY(app_begin(rq, e));
	TRY(password_forgot_last(app->db, &row, rq->mem, &nothing, e));
	wait_until(rq->started_us + FORGOT_US);
	struct json_writer *w = response_data(rs);
	jw_open(w, '{');
	jw_field_int(w, "link_expires_in", app->settings.PASSWORD_RESET_EXPIRE_MINUTES * 60);
	jw_close(w, '}');
	rs->status = 202;
	return ERR_OK;
}

struct reset {
	const char *token, *password;
};
static const struct json_field reset_fields[] = {
	{ "token", JSON_FIELD_TEXT, offsetof(struct reset, token), 1, 500, .required = true },
	{ "password", JSON_FIELD_TEXT, offsetof(struct reset, password), 0, 0, .required = true, .raw = true },
};

static enum result no_link(enum result rc, struct error *e)
{
	if (rc != ERR_NOT_FOUND)
		return rc;
	error_clear(e);
	return error_set(e, ERR_LINK_INVALID, "token");
}

enum result auth_password_reset(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct reset in = { 0 };
	struct link_owner owner;
	struct password_was_reset done;
	uint8_t token[32];
	char hash[PASSWORD_HASH_SIZE];
	TRY(request_json(rq, reset_fields, ARRAY_LEN(reset_fields), &in, e));
	TRY(account_link(in.token, token, e));
	TRY(app_begin(rq, e));
	TRY(no_link(
	    password_reset_lookup_last(db, &(struct link_key){ { token, sizeof token } }, rq->mem, &owner, e), e));
	if (owner.expired)
		return error_set(e, ERR_LINK_EXPIRED, "token");
	TRY(account_password_new(rq, in.password, owner.email, owner.full_name, owner.organization_name, hash, e));
	struct password_reset row = { { token, sizeof token }, hash, rq->id };
	TRY(app_begin(rq, e));
	/* Of two at the same instant one finds it used. */
	TRY(no_link(password_reset_last(db, &row, rq->mem, &done, e), e));
	/* Whoever reads the account's mail is no stranger: a way in while others try passwords. */
	guard_login_passed(rq, owner.email);
	rs->status = 204;
	return ERR_OK;
}
