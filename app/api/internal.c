/* Routes that nginx alone reaches: the figures for the operator, and its question who sends a large body. */
#include "account_sql.h"
#include "app.h"
#include "internal.h"

/* The code of the refusal, for nginx: it writes the answer, and never sees the body of ours. */
#define REFUSAL "Scorpius-Refusal"

/* Whether a token is good, session included, before nginx takes in what comes with it: 204 or 401. What the account may
 * do is for the request itself. */
static enum result token_show(struct request *rq, struct response *rs, struct error *e)
{
	struct session_key key = { rq->identity.session_id, rq->identity.user_id };
	struct account_me_row account;
	TRY(app_begin(rq, e));
	/* The least that takes the check of the session along. */
	TRY(account_me_last(app_of(rq)->db, &key, rq->mem, &account, e));
	rs->status = 204;
	return ERR_OK;
}

bool internal_is_quiet(const struct request *rq, const struct response *rs)
{
	return rq->route && ((rq->route->run == metrics_show && rs->status == 200) ||
				(rq->route->run == token_show && rs->status == 204));
}

void internal_headers(const struct request *rq, struct response *rs, const struct error *e)
{
	if (rq->route && rq->route->run == token_show && rs->status == 401)
		response_header(rs, REFUSAL, error_id(e->code));
}

const struct route internal_routes[] = {
	{ METHOD_GET, "/metrics", WHO_PUBLIC, .read_only = true, .run = metrics_show,
	    .summary = "Figures for Prometheus", .limit = LIMIT_NONE },
	{ METHOD_GET, "/token", WHO_USERS, .read_only = true, .run = token_show, .summary = "Whether a token is good",
	    .limit = LIMIT_NONE },
};
const size_t internal_routes_count = ARRAY_LEN(internal_routes);
