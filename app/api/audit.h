/* The audit log: who did what, and what was refused. */
#ifndef API_AUDIT_H
#define API_AUDIT_H

#include "app.h"
#include "user_sql.h"

/* Notes what the caller does, in his organisation's log; sent with the transaction's next statement. `target` and
 * `detail` (JSON text of an object, no secrets) may be NULL. What the operator's accounts do to themselves has no
 * organisation and goes to the program's log. */
enum result app_audit(struct request *rq, const char *action, const char *target_kind, const struct uuid *target,
    const char *detail, struct error *e) MUST_CHECK;

/* The same of one of the operator's accounts, whoever asks: a line of the program's log, with the client's address. */
void app_audit_operator(struct request *rq, const char *action, const struct uuid *account);

/* Notes, when the answer is out, a refusal that the organisation should see: something that is not there or somebody
 * else's, a role that does not suffice, a wrong password of somebody with a session. Begins and ends a transaction of
 * its own; a failure is only logged. */
void app_audit_refusal(struct request *rq, const struct error *e);

/* An event as the API shows it. */
void audit_event_write(struct json_writer *w, const struct audit_row *v);

#endif
