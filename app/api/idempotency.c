#include "idempotency.h"
#include "crypto.h"
#include "idempotency_sql.h"

#include <string.h>

#define KEY_MAX 200

struct replay {
	struct idempotency_found found;
	bool repeats; /* the answer stands in `found` */
};

static const char *key_of(const struct request *rq)
{
	return rq->route->creates && rq->identity.known ? request_header(rq, "HTTP_IDEMPOTENCY_KEY") : NULL;
}

static const char *route_name(struct request *rq)
{
	return mem_printf(rq->mem, "%s %s", method_name(rq->route->method), rq->route->path);
}

/* Of what the client chose: the path with its ids, the parameters, the content; not of their spelling. */
static void fingerprint(struct request *rq, uint8_t out[CRYPTO_SHA256_SIZE])
{
	struct crypto_sha256 *h = crypto_sha256_begin(rq->mem);
	crypto_sha256_add(h, rq->path, strlen(rq->path) + 1);
	for (unsigned i = 0; rq->route->params && rq->route->params[i].type != PARAM_END; i++) {
		const char *v = rq->values[i] ? rq->values[i] : "";
		crypto_sha256_add(h, v, strlen(v) + 1);
	}
	if (rq->content)
		crypto_sha256_add(h, rq->content, strlen(rq->content));
	crypto_sha256_end(h, out);
}

enum result idempotency_begin(struct request *rq, struct error *e)
{
	struct app *app = app_of(rq);
	struct replay *replay = app->replay;
	if (!replay)
		return ERR_OK;
	uint8_t print[CRYPTO_SHA256_SIZE];
	fingerprint(rq, print);
	struct idempotency_asked asked = { rq->identity.user_id, route_name(rq), key_of(rq), { print, sizeof print } };
	TRY(idempotency_open(app->db, &asked, rq->mem, &replay->found, e));
	const char *state = replay->found.state;
	if (strcmp(state, "new") == 0)
		return ERR_OK;
	if (strcmp(state, "busy") == 0) {
		error_set(e, ERR_REQUEST_IN_PROGRESS, NULL);
		e->retry_after = 1;
		return ERR_REQUEST_IN_PROGRESS;
	}
	if (strcmp(state, "other") == 0)
		return error_set(e, ERR_KEY_REUSED, NULL);
	replay->repeats = true;
	return error_set(e, ERR_CONFLICT, NULL);
}

static enum result keep(struct request *rq, const struct response *rs, struct error *e)
{
	struct app *app = app_of(rq);
	struct idempotency_answer row = { rq->identity.user_id, route_name(rq), key_of(rq), rs->status, rs->location,
		response_written(rq->mem, rs) };
	return idempotency_keep_last(app->db, &row, NULL, e);
}

static void repeat(const struct idempotency_found *found, struct response *rs)
{
	rs->status = (int)found->status;
	if (found->location)
		response_header(rs, "Location", found->location);
	response_header(rs, "Idempotent-Replayed", "true");
	if (found->data)
		jw_raw(response_data(rs), found->data);
}

enum result idempotency_handle(struct request *rq, struct response *rs, struct error *e)
{
	struct app *app = app_of(rq);
	const char *key = key_of(rq);
	struct replay replay = { .repeats = false };
	if (!key)
		return rq->route->run(rq, rs, e);
	size_t n = strlen(key);
	for (const char *p = key; *p; p++)
		if (*p <= ' ' || *p > '~')
			n = 0;
	if (n == 0 || n > KEY_MAX)
		return error_set(e, ERR_INVALID_KEY, "Idempotency-Key", "max", num_text(KEY_MAX).s);
	app->replay = &replay;
	db_hold(app->db, true);
	enum result rc = rq->route->run(rq, rs, e);
	db_hold(app->db, false);
	app->replay = NULL;
	if (replay.repeats) {
		db_rollback(app->db);
		error_clear(e);
		repeat(&replay.found, rs);
		return ERR_OK;
	}
	TRY(rc);
	return keep(rq, rs, e);
}
