/* Accounts and their sessions: the calls of schema auth, which are all that the API can do before it knows the
 * organisation. */
#ifndef DB_ACCOUNT_SQL_H
#define DB_ACCOUNT_SQL_H

#include "sql.h"

struct account_registration {
	struct uuid account_id, organization_id;
	const char *email, *password_hash, *full_name, *organization_name, *request_id;
};
SQL_FIELDS(
    account_registration, account_id, organization_id, email, password_hash, full_name, organization_name, request_id);

struct account_row {
	struct uuid id;
	const char *email, *full_name, *role;
	bool is_owner;
	struct opt_uuid organization_id;
	struct instant created_at;
};
SQL_FIELDS(account_row, id, email, full_name, role, is_owner, organization_id, created_at);

/* ERR_CONFLICT (account_email_key) when the address is taken. */
SQL_ONE(account_register, account_registration, account_row,
    "select id, email, full_name, role, is_owner, organization_id, created_at"
    " from auth.register($1, $2, $3, $4, $5, $6, $7)")

struct account_email {
	const char *email;
};
SQL_FIELDS(account_email, email);

struct account_login {
	struct uuid account_id;
	struct opt_uuid organization_id;
	const char *role;
	bool is_owner, active;
	const char *password_hash;
};
SQL_FIELDS(account_login, account_id, organization_id, role, is_owner, active, password_hash);

SQL_ONE(account_login_lookup, account_email, account_login,
    "select account_id, organization_id, role, is_owner, active, password_hash from auth.login_lookup($1)")

struct session_opening {
	struct uuid session_id, account_id;
	struct bytes refresh_hash;
	int64_t seconds;           /* until it ends when nobody refreshes */
	const char *password_hash; /* which the password was checked against */
	const char *user_agent, *address, *request_id;
};
SQL_FIELDS(
    session_opening, session_id, account_id, refresh_hash, seconds, password_hash, user_agent, address, request_id);

struct session_row {
	struct uuid account_id;
	struct opt_uuid organization_id;
	const char *role;
	bool is_owner;
	struct instant expires_at;
};
SQL_FIELDS(session_row, account_id, organization_id, role, is_owner, expires_at);

/* ERR_NOT_FOUND when the account is inactive or unknown, or has another password meanwhile. */
SQL_ONE(session_open, session_opening, session_row,
    "select account_id, organization_id, role, is_owner, expires_at from auth.open_session($1, $2, $3, $4, $5, $6, $7, "
    "$8)")

struct login_failure {
	struct opt_uuid account_id; /* not set: no account has the address */
	const char *user_agent, *address, *request_id;
};
SQL_FIELDS(login_failure, account_id, user_agent, address, request_id);

struct nothing_row {
	const char *nothing;
};
SQL_FIELDS(nothing_row, nothing);

/* To be run and committed for an unknown address too: it takes the same time. */
SQL_ONE(login_failed, login_failure, nothing_row, "select auth.login_failed($1, $2, $3, $4)::text as nothing")

struct session_rotation {
	struct bytes old_hash, new_hash;
	int64_t seconds;
	const char *address, *request_id;
};
SQL_FIELDS(session_rotation, old_hash, new_hash, seconds, address, request_id);

struct session_rotated {
	const char *outcome; /* rotated, reused, expired, ended, unknown; the rest is NULL with unknown */
	struct opt_uuid sid, account_id, organization_id;
	const char *role;
	struct opt_bool is_owner;
};
SQL_FIELDS(session_rotated, outcome, sid, account_id, organization_id, role, is_owner);

/* To be committed whatever the outcome: a reuse ends the session. */
SQL_ONE(session_rotate, session_rotation, session_rotated,
    "select outcome, sid, account_id, organization_id, role, is_owner from auth.rotate_session($1, $2, $3, $4, $5)")

struct session_ending {
	struct uuid session_id, account_id;
	bool all;
};
SQL_FIELDS(session_ending, session_id, account_id, all);

struct session_ended {
	int64_t ended;
};
SQL_FIELDS(session_ended, ended);

SQL_ONE(session_end, session_ending, session_ended, "select auth.end_session($1, $2, $3) as ended")

struct session_key {
	struct uuid session_id, account_id;
};
SQL_FIELDS(session_key, session_id, account_id);

struct account_me_row {
	struct uuid id;
	const char *email, *full_name, *role;
	bool is_owner;
	struct opt_uuid organization_id;
	const char *organization_name;
	bool email_confirmed;
	struct instant created_at;
	int64_t version;
};
SQL_FIELDS(account_me_row, id, email, full_name, role, is_owner, organization_id, organization_name, email_confirmed,
    created_at, version);

SQL_ONE(account_me, session_key, account_me_row,
    "select id, email, full_name, role, is_owner, organization_id, organization_name, email_confirmed, created_at,"
    " version from auth.me($1, $2)")

struct account_renaming {
	struct uuid session_id, account_id;
	const char *full_name;
	struct opt_int version; /* not set: whatever it is */
};
SQL_FIELDS(account_renaming, session_id, account_id, full_name, version);

struct account_renamed {
	struct opt_int version; /* not set: it is another version */
};
SQL_FIELDS(account_renamed, version);
SQL_ONE(account_rename, account_renaming, account_renamed, "select auth.rename_me($1, $2, $3, $4) as version")

struct session_list_row {
	struct json_text items; /* [{id, user_agent, address, created_at, used_at}]; times in microseconds */
};
SQL_FIELDS(session_list_row, items);
SQL_ONE(session_list, session_key, session_list_row, "select auth.session_list($1, $2) as items")

struct session_removal {
	struct uuid session_id, account_id, target_id;
};
SQL_FIELDS(session_removal, session_id, account_id, target_id);

struct done_row {
	bool done;
};
SQL_FIELDS(done_row, done);
SQL_ONE(session_remove, session_removal, done_row, "select auth.remove_session($1, $2, $3) as done")

/* ---- passwords ---- */

struct password_owner {
	const char *password_hash, *email, *full_name, *organization_name; /* the last one NULL for the operator */
};
SQL_FIELDS(password_owner, password_hash, email, full_name, organization_name);
SQL_ONE(password_of, session_key, password_owner,
    "select password_hash, email, full_name, organization_name from auth.password_of($1, $2)")

struct password_change {
	struct uuid session_id, account_id;
	const char *old_hash, *new_hash;
};
SQL_FIELDS(password_change, session_id, account_id, old_hash, new_hash);

struct password_changed {
	struct opt_int ended; /* sessions; not set: it was changed meanwhile */
};
SQL_FIELDS(password_changed, ended);
SQL_ONE(password_set, password_change, password_changed, "select auth.change_password($1, $2, $3, $4) as ended")

struct password_forgotten {
	const char *email, *request_id;
};
SQL_FIELDS(password_forgotten, email, request_id);
SQL_ONE(password_forgot, password_forgotten, nothing_row, "select auth.forgot_password($1, $2)::text as nothing")

struct link_key {
	struct bytes token_hash;
};
SQL_FIELDS(link_key, token_hash);

struct link_owner {
	const char *email, *full_name, *organization_name;
	bool expired;
};
SQL_FIELDS(link_owner, email, full_name, organization_name, expired);
/* ERR_NOT_FOUND: unknown or used. */
SQL_ONE(password_reset_lookup, link_key, link_owner,
    "select email, full_name, organization_name, expired from auth.reset_lookup($1)")

struct password_reset {
	struct bytes token_hash;
	const char *password_hash, *request_id;
};
SQL_FIELDS(password_reset, token_hash, password_hash, request_id);

struct password_was_reset {
	struct uuid account_id;
	int64_t ended;
};
SQL_FIELDS(password_was_reset, account_id, ended);
/* ERR_NOT_FOUND: used or expired meanwhile. */
SQL_ONE(
    password_reset, password_reset, password_was_reset, "select account_id, ended from auth.reset_password($1, $2, $3)")

/* ---- the address ---- */

struct email_confirmation {
	struct bytes token_hash;
	const char *request_id;
};
SQL_FIELDS(email_confirmation, token_hash, request_id);

struct outcome_row {
	const char *outcome;
};
SQL_FIELDS(outcome_row, outcome);
/* confirmed, expired, unknown */
SQL_ONE(email_confirm, email_confirmation, outcome_row, "select auth.confirm_email($1, $2) as outcome")
/* done: false when it is confirmed already. */
SQL_ONE(email_ask, session_key, done_row, "select auth.ask_confirmation($1, $2) as done")

/* ---- invitations, before the organisation is known ---- */

struct invitation_found {
	const char *email, *organization_name;
	bool expired;
};
SQL_FIELDS(invitation_found, email, organization_name, expired);
SQL_ONE(invitation_lookup, link_key, invitation_found,
    "select email, organization_name, expired from auth.invitation_lookup($1)")

struct invitation_acceptance {
	struct bytes token_hash;
	struct uuid account_id;
	const char *password_hash, *full_name, *request_id;
};
SQL_FIELDS(invitation_acceptance, token_hash, account_id, password_hash, full_name, request_id);
/* ERR_NOT_FOUND: used, taken back or expired meanwhile. ERR_CONFLICT (account_email_key): the address has an account.
 */
SQL_ONE(invitation_accept, invitation_acceptance, account_row,
    "select id, email, full_name, role, is_owner, organization_id, created_at"
    " from auth.accept_invitation($1, $2, $3, $4, $5)")

#endif
