/* What the server holds of whoever asks (GDPR, art. 15 and 20): account, sessions, and what he did. */
#include "account.h"
#include "audit.h"

#include <string.h>

#define EVENTS_MAX 5000
#define END_OF_TIME INT64_C(253402300800000000) /* the year 10000 */

enum result auth_me_export(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct session_key key = { rq->identity.session_id, rq->identity.user_id };
	struct audit_filter mine = {
		.account_id = { true, rq->identity.user_id },
		.bound_time = { END_OF_TIME },
		.limit = EVENTS_MAX + 1,
	};
	struct account_me_row account;
	struct session_list_row sessions;
	struct audit_row *events;
	size_t n;
	memset(mine.bound_id.b, 0xFF, sizeof mine.bound_id.b);
	TRY(app_begin(rq, e));
	TRY(account_me_later(db, &key, rq->mem, &account, e));
	TRY(session_list_later(db, &key, rq->mem, &sessions, e));
	TRY(audit_list_last(db, &mine, rq->mem, &events, &n, e));
	response_header(rs, "Content-Disposition", "attachment; filename=\"scorpius-compte.json\"");
	struct json_writer *w = response_data(rs);
	jw_open(w, '{');
	jw_key(w, "account");
	account_me_write(w, &account);
	jw_key(w, "sessions");
	TRY(account_sessions_write(rq, w, &sessions, e));
	jw_key(w, "events");
	jw_open(w, '[');
	for (size_t i = 0; i < n && i < EVENTS_MAX; i++)
		audit_event_write(w, &events[i]);
	jw_close(w, ']');
	jw_field_bool(w, "events_complete", n <= EVENTS_MAX);
	jw_close(w, '}');
	return ERR_OK;
}
