/* What stands between the world and the handlers: limits of how often, the brake on guessed passwords, places for
 * hashing, tokens that were verified before. Redis counts; while it is away all pass here, and nginx's own limits by
 * address hold. */
#ifndef API_GUARD_H
#define API_GUARD_H

#include "app.h"
#include "passwords.h"

/* Makes what a worker holds for it: app->slots, app->tokens. */
enum result guard_open(struct app *app, struct error *e) MUST_CHECK;

/* Callback of lib/http: counts the request, and refuses the token of a session that was just seen to have ended. */
enum result guard_admit(struct request *rq, struct error *e) MUST_CHECK;

/* password_hash() at the cost of the settings, and password_check_evenly() (stored NULL: no such account), both at a
 * place of this machine. No transaction may be open. SERVER_BUSY when no place becomes free in time. */
enum result guard_hash(
    struct request *rq, const char *password, char out[PASSWORD_HASH_SIZE], struct error *e) MUST_CHECK;
enum result guard_check(struct request *rq, const char *password, const char *stored, struct error *e) MUST_CHECK;

/* A login on the account of an address, whether it exists or not: whether it may be tried now (TOO_MANY_REQUESTS with
 * retry_after), and how it ended. */
enum result guard_login_ask(struct request *rq, const char *email, struct error *e) MUST_CHECK;
void guard_login_failed(struct request *rq, const char *email);
void guard_login_passed(struct request *rq, const char *email);

/* Counts a request about an account's address (a forgotten password...) against the account's allowance. */
enum result guard_account(struct request *rq, const char *email, struct error *e) MUST_CHECK;

/* A session that PostgreSQL said has ended is remembered, so that its token costs no further transaction. */
void guard_session_ended(struct request *rq);

#endif
