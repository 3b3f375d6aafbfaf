/* Accounts and their sessions: the calls of schema auth, which are all that the API can do before it knows the
 * organisation. */
#ifndef DB_ACCOUNT_SQL_H
#define DB_ACCOUNT_SQL_H

#include "sql.h"

struct account_registration {
	struct uuid account_id, organization_id;
	const char *email, *password_hash, *full_name, *organization_name;
};
SQL_FIELDS(account_registration, account_id, organization_id, email, password_hash, full_name, organization_name);

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
    " from auth.register($1, $2, $3, $4, $5, $6)")

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
	int64_t seconds; /* until it ends when nobody refreshes */
};
SQL_FIELDS(session_opening, session_id, account_id, refresh_hash, seconds);

struct session_row {
	struct uuid account_id;
	struct opt_uuid organization_id;
	const char *role;
	bool is_owner;
	struct instant expires_at;
};
SQL_FIELDS(session_row, account_id, organization_id, role, is_owner, expires_at);

/* ERR_NOT_FOUND when the account is inactive or unknown. */
SQL_ONE(session_open, session_opening, session_row,
    "select account_id, organization_id, role, is_owner, expires_at from auth.open_session($1, $2, $3, $4)")

struct session_rotation {
	struct bytes old_hash, new_hash;
	int64_t seconds;
};
SQL_FIELDS(session_rotation, old_hash, new_hash, seconds);

struct session_rotated {
	const char *outcome; /* rotated, reused, expired, ended, unknown; the rest is NULL with unknown */
	struct opt_uuid sid, account_id, organization_id;
	const char *role;
	struct opt_bool is_owner;
};
SQL_FIELDS(session_rotated, outcome, sid, account_id, organization_id, role, is_owner);

/* To be committed whatever the outcome: a reuse ends the session. */
SQL_ONE(session_rotate, session_rotation, session_rotated,
    "select outcome, sid, account_id, organization_id, role, is_owner from auth.rotate_session($1, $2, $3)")

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

SQL_ONE(account_me, session_key, account_row,
    "select id, email, full_name, role, is_owner, organization_id, created_at from auth.me($1, $2)")

#endif
