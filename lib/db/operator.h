/* The operator's account (DATABASE_URL): what deploys the schema and lets the programs in. Never used by the programs
 * themselves. A plain connection of its own, closed with its memory; no transactions, no typed statements. */
#ifndef DB_OPERATOR_H
#define DB_OPERATOR_H

#include "error.h"
#include "mem.h"

/* The environment by which libpq (and so psql and sqitch) finds the database of `url`: "PGHOST=...", NULL-terminated,
 * the password among it, so that it need not stand in arguments. ERR_INVALID_SETTING when the URL can't be parsed. */
enum result operator_environment(TALLOC_CTX *mem, const char *url, const char *const **out, struct error *e) MUST_CHECK;

struct operator_db;

/* Connects (at most 10 s): ERR_UNAVAILABLE; DATABASE_TOO_OLD. */
enum result operator_connect(TALLOC_CTX *mem, const char *url, struct operator_db **out, struct error *e) MUST_CHECK;

/* Sets a role's password. Only its SCRAM verifier is sent: neither the server's log nor pg_stat_activity can show it.
 */
enum result operator_set_password(
    struct operator_db *db, const char *role, const char *password, struct error *e) MUST_CHECK;

/* The same for the account of the connection itself, which gets the password that stands in `url`: whoever has that URL
 * can connect from then on. ERR_INVALID_SETTING when the URL names another account, or no password. */
enum result operator_set_own_password(struct operator_db *db, const char *url, struct error *e) MUST_CHECK;

/* The version of pgvector that the server could install, in mem; NULL: none. */
enum result operator_pgvector(
    struct operator_db *db, TALLOC_CTX *mem, const char **version, struct error *e) MUST_CHECK;

/* Whether the schema (its last change) is there. */
enum result operator_has_schema(struct operator_db *db, bool *out, struct error *e) MUST_CHECK;

/* ---- accounts: the operator's own, and those of organisations when their people cannot help themselves ---- */

/* Makes an account of the operator (role admin, no organisation). EMAIL_TAKEN. */
enum result operator_user_add(struct operator_db *db, const struct uuid *id, const char *email, const char *full_name,
    const char *password_hash, struct error *e) MUST_CHECK;

struct operator_user {
	const char *email, *full_name, *role, *organization_name, *created_at; /* the last one "YYYY-MM-DD" */
	bool is_owner, active;
};
/* All accounts that were not removed, those of the operator first; `only_operators`: no others. */
enum result operator_user_list(struct operator_db *db, TALLOC_CTX *mem, bool only_operators,
    struct operator_user **users, size_t *n, struct error *e) MUST_CHECK;

/* Lets somebody in (again) or keeps him out: then his sessions end. NOT_FOUND, LAST_OWNER. */
enum result operator_user_activate(struct operator_db *db, const char *email, bool active, struct error *e) MUST_CHECK;

/* Sets a password; every session of the account ends, and its owner gets a mail. NOT_FOUND. */
enum result operator_user_set_password(
    struct operator_db *db, const char *email, const char *password_hash, struct error *e) MUST_CHECK;

/* Ends the living sessions of an account (email NULL: of everybody), each organisation's audit log has it; gives how
 * many there were. Their access tokens are refused with the next request. NOT_FOUND. */
enum result operator_user_revoke(struct operator_db *db, const char *email, int64_t *ended, struct error *e) MUST_CHECK;

/* What the rule for a password must know. NOT_FOUND. */
enum result operator_user_names(struct operator_db *db, TALLOC_CTX *mem, const char *email, const char **full_name,
    const char **organization_name, struct error *e) MUST_CHECK;

/* ---- letters ---- */

/* A letter that was given up or refused. Texts in mem. */
struct operator_letter {
	const char *at; /* "2026-11-26 14:05 UTC" */
	const char *purpose, *recipient, *error_code;
	int64_t attempts;
};
/* The newest 200 of the last 30 days. */
enum result operator_letters_failed(
    struct operator_db *db, TALLOC_CTX *mem, struct operator_letter **out, size_t *n, struct error *e) MUST_CHECK;
/* What a link given by hand is for, found by the address: an open invitation, else the account's password. */
enum operator_link { OPERATOR_LINK_NONE, OPERATOR_LINK_INVITATION, OPERATOR_LINK_RESET };
/* Stores the SHA-256 of a token for the newest open invitation of an address, or for a new password of its account; the
 * older link loses its sense, and the organisation's audit log has the deed. OPERATOR_LINK_NONE: nobody has this
 * address.
 */
enum result operator_link_store(struct operator_db *db, const char *email, const uint8_t hash[32],
    int64_t reset_seconds, enum operator_link *out, struct error *e) MUST_CHECK;
/* Queues those again that the mail server did not take (not those it refused); gives how many. */
enum result operator_letters_retry(struct operator_db *db, int64_t *n, struct error *e) MUST_CHECK;

#endif
