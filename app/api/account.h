/* What the handlers of accounts share. */
#ifndef API_ACCOUNT_H
#define API_ACCOUNT_H

#include "account_sql.h"
#include "app.h"
#include "passwords.h"

/* The user object of the API. */
void account_write(struct json_writer *w, const struct account_row *a);

/* The caller's own account, as GET /auth/me shows it. */
void account_me_write(struct json_writer *w, const struct account_me_row *a);
/* His living sessions, as a JSON array. */
enum result account_sessions_write(
    struct request *rq, struct json_writer *w, const struct session_list_row *row, struct error *e) MUST_CHECK;

/* Checks a new password by the rule and hashes it. No transaction may be open: it takes a while. Faults as
 * password_rule_check tells them. */
enum result account_password_new(struct request *rq, const char *password, const char *email, const char *full_name,
    const char *organization, char hash[PASSWORD_HASH_SIZE], struct error *e) MUST_CHECK;

/* Whose e-mail address and password the body holds. As long for an unknown address as for a known one; a wrong password
 * is noted. INVALID_CREDENTIALS. Leaves no transaction open. */
enum result account_credentials(struct request *rq, struct account_login *account, struct error *e) MUST_CHECK;

/* Whoever has a session shows the password once more: WRONG_PASSWORD at `field`. Ends its own transaction, so that none
 * is open while the password is hashed; the next one begins after it. */
enum result account_password_again(struct request *rq, const char *password, const char *field,
    struct password_owner *owner, struct error *e) MUST_CHECK;

/* The stored form of the token of a link that a mail carried: LINK_INVALID at "token" when it can't be one. */
enum result account_link(const char *token, uint8_t hash[32], struct error *e) MUST_CHECK;

/* What an owner, or the operator, gives of somebody. */
struct user_draft {
	const char *role;
	struct opt_bool is_owner, active;
	struct opt_int version;
};
extern const char *const user_roles[]; /* the default first; ended by NULL */
enum result user_draft_read(struct request *rq, struct user_draft *out, struct error *e) MUST_CHECK;
/* What the database said about a change: ERR_OK, VERSION_CONFLICT, NOT_FOUND. */
enum result user_outcome(const char *outcome, int64_t version, struct error *e) MUST_CHECK;

/* What the client calls itself, as valid text of at most 300 bytes, and its address; NULL when there is none. */
const char *account_user_agent(const struct request *rq);
const char *account_address(const struct request *rq);

/* The ETag of something with a version, of which more than the row is shown. */
void account_version(struct response *rs, int64_t version);

#endif
