/* A request as handlers see it. Everything hangs on rq->mem, which ends with the request. */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <sys/types.h>

#include "json.h"
#include "route.h"

/* Where a request comes from: FastCGI, or memory in tests and fuzzers. */
struct http_source {
	/* A CGI variable (REQUEST_METHOD, CONTENT_LENGTH, HTTP_ACCEPT_LANGUAGE...); NULL when absent. */
	const char *(*variable)(void *self, const char *name);
	/* Up to n further bytes of the body: their number, 0 at its end, -1 when it broke off. */
	ssize_t (*read)(void *self, void *p, size_t n);
	void *self;
};

/* Who asks: filled by the application's authenticate callback from the token. */
struct identity {
	bool known;
	struct uuid user_id, session_id;
	struct opt_uuid organization_id;
	enum role role;
	bool is_owner;
};

/* The limit that a request counts against, for the RateLimit headers of its answer. */
struct rate_limit {
	bool set;
	int64_t max, remaining, reset_s;
};

struct request {
	TALLOC_CTX *mem;
	void *app; /* the application's own context */
	enum http_method method;
	const char *path; /* raw, without the query */
	char id[65];      /* request id: the client's when well-formed, else a new UUID */
	enum language lang;
	const struct route *route;
	struct identity identity;
	struct rate_limit limit; /* filled by the application's admit callback, or by a handler */
	int64_t started_us;      /* monotonic clock */
	int64_t content_length;  /* -1: not announced */
	/* What was sent, in a form that is equal for equal requests, filled in where the body is read and an
	 * Idempotency-Key came with it; NULL: nothing was read. */
	const char *content;
	/* private to lib/http */
	const struct http_source *source;
	int64_t body_read;
	bool body_ended;
	const char *values[ROUTE_MAX_PARAMS]; /* decoded, in the order of route->params; NULL absent */
};

/* Parameters that the route declares, checked before the handler runs. Asking for an undeclared one is a BUG.
 * request_text: NULL when absent. request_id_param: false when absent. */
bool request_id_param(const struct request *rq, const char *name, struct uuid *out);
struct uuid request_id_required(const struct request *rq, const char *name);
int64_t request_int(const struct request *rq, const char *name);
const char *request_text(const struct request *rq, const char *name);
bool request_flag(const struct request *rq, const char *name);

/* A header by its CGI name ("HTTP_IF_NONE_MATCH"); NULL when absent. */
const char *request_header(const struct request *rq, const char *cgi_name);
/* Whether the body's media type is `type` (parameters aside). */
bool request_body_is(const struct request *rq, const char *type);

/* The next bytes of the body (streaming). *got 0 at its end. BODY_INCOMPLETE when it broke off before its announced
 * length, BODY_TOO_LARGE past the route's body_max. */
enum result request_read(struct request *rq, void *p, size_t n, size_t *got, struct error *e) MUST_CHECK;

/* The whole body as one JSON value, not yet bound: where it matters whether a field is null or absent.
 * UNSUPPORTED_MEDIA_TYPE unless application/json. */
enum result request_json_value(struct request *rq, const struct json **out, struct error *e) MUST_CHECK;

/* The whole body as JSON, bound by `fields` (see json_bind). UNSUPPORTED_MEDIA_TYPE unless application/json. */
enum result request_json(
    struct request *rq, const struct json_field *fields, size_t n, void *out, struct error *e) MUST_CHECK;

#endif
