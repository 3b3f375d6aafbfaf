#include "request.h"
#include "text.h"
#include "uuid.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *value_of(const struct request *rq, const char *name)
{
	const struct param *p = rq->route->params;
	for (unsigned i = 0; p && p[i].type != PARAM_END; i++)
		if (strcmp(p[i].name, name) == 0)
			return rq->values[i];
	BUG("route %s does not declare parameter %s", rq->route->path, name);
}

bool request_id_param(const struct request *rq, const char *name, struct uuid *out)
{
	const char *s = value_of(rq, name);
	return s && uuid_parse(s, out);
}

struct uuid request_id_required(const struct request *rq, const char *name)
{
	struct uuid id;
	if (!request_id_param(rq, name, &id))
		BUG("parameter %s was not checked", name);
	return id;
}

int64_t request_int(const struct request *rq, const char *name)
{
	const char *s = value_of(rq, name);
	return s ? strtoll(s, NULL, 10) : 0;
}

const char *request_text(const struct request *rq, const char *name)
{
	return value_of(rq, name);
}

bool request_flag(const struct request *rq, const char *name)
{
	const char *s = value_of(rq, name);
	return s && strcmp(s, "true") == 0;
}

const char *request_header(const struct request *rq, const char *cgi_name)
{
	return rq->source->variable(rq->source->self, cgi_name);
}

bool request_body_is(const struct request *rq, const char *type)
{
	const char *given = request_header(rq, "CONTENT_TYPE");
	size_t n = strlen(type);
	return given && strncasecmp(given, type, n) == 0 && (given[n] == '\0' || given[n] == ';' || given[n] == ' ');
}

enum result request_read(struct request *rq, void *p, size_t n, size_t *got, struct error *e)
{
	*got = 0;
	if (rq->body_ended)
		return ERR_OK;
	ssize_t r = rq->source->read(rq->source->self, p, n);
	if (r > 0) {
		rq->body_read += r;
		if (rq->body_read > rq->route->body_max)
			return error_set(e, ERR_BODY_TOO_LARGE, NULL, "max", num_text(rq->route->body_max).s);
		*got = (size_t)r;
		return ERR_OK;
	}
	/* A short body ends like a whole one: only its length tells. */
	if (r < 0 || (rq->content_length >= 0 && rq->body_read != rq->content_length))
		return error_set(e, ERR_BODY_INCOMPLETE, NULL);
	rq->body_ended = true;
	return ERR_OK;
}

enum result request_json_value(struct request *rq, const struct json **out, struct error *e)
{
	if (!request_body_is(rq, "application/json"))
		return error_set(e, ERR_UNSUPPORTED_MEDIA_TYPE, NULL, "expected", "application/json");
	struct buf body;
	buf_init(&body, rq->mem, (size_t)rq->route->body_max);
	for (;;) {
		char chunk[16384];
		size_t got;
		TRY(request_read(rq, chunk, sizeof chunk, &got, e));
		if (got == 0)
			break;
		buf_add(&body, chunk, got);
	}
	TRY(json_parse(rq->mem, body.data, body.len, out, e));
	if (request_header(rq, "HTTP_IDEMPOTENCY_KEY"))
		rq->content = json_canonical(rq->mem, *out);
	return ERR_OK;
}

enum result request_json(struct request *rq, const struct json_field *fields, size_t n, void *out, struct error *e)
{
	const struct json *v;
	TRY(request_json_value(rq, &v, e));
	return json_bind(rq->mem, v, fields, n, out, e);
}
