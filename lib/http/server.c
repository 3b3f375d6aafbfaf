/* A request's way: what was asked, who asks, what came with it, the handler, the answer. */
#include "server.h"
#include "answer.h"
#include "clock.h"
#include "text.h"
#include "uuid.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A client's id is kept when it can stand in a log and a header as it is. */
static bool well_formed_id(const char *s)
{
	size_t n = s ? strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") : 0;
	return n >= 8 && n <= 64 && s[n] == '\0';
}

/* RFC 9110, 12.5.4: the language with the larger weight; English when neither is named. */
static enum language preferred_language(const char *accept)
{
	double fr = -1, en = -1;
	for (const char *p = accept; p && *p;) {
		p += strspn(p, " ,\t");
		size_t n = strcspn(p, ",;");
		double q = 1;
		const char *rest = p + n;
		if (*rest == ';') {
			const char *weight = strchr(rest, '=');
			q = weight ? strtod(weight + 1, NULL) : 1;
		}
		double *which = n >= 2 && strncasecmp(p, "fr", 2) == 0   ? &fr
				: n >= 2 && strncasecmp(p, "en", 2) == 0 ? &en
									 : NULL;
		if (which && q > *which)
			*which = q;
		p = rest + strcspn(rest, ",");
	}
	return fr > 0 && fr > en ? LANG_FR : LANG_EN;
}

static int hex_digit(char c)
{
	const char *hex = "0123456789abcdef", *p = c ? strchr(hex, c | 0x20) : NULL;
	return p ? (int)(p - hex) : -1;
}

/* Undoes percent-encoding (and '+' in queries). NULL when malformed, not UTF-8 or containing NUL. */
static char *decode(TALLOC_CTX *mem, const char *s, size_t n, bool query)
{
	char *out = mem_array(mem, char, n + 1);
	size_t len = 0;
	for (size_t i = 0; i < n; i++) {
		char c = s[i];
		if (c == '%') {
			int hi = i + 2 < n ? hex_digit(s[i + 1]) : -1;
			int lo = i + 2 < n ? hex_digit(s[i + 2]) : -1;
			if (hi < 0 || lo < 0)
				return NULL;
			c = (char)(hi << 4 | lo);
			if (c == '\0')
				return NULL;
			i += 2;
		} else if (c == '+' && query) {
			c = ' ';
		}
		out[len++] = c;
	}
	out[len] = '\0';
	return text_utf8_valid(out, len) ? out : NULL;
}

static int param_index(const struct route *r, const char *name, size_t n)
{
	for (int i = 0; r->params && r->params[i].type != PARAM_END; i++)
		if (strlen(r->params[i].name) == n && memcmp(r->params[i].name, name, n) == 0)
			return i;
	return -1;
}

static bool in_path(const struct route *r, const char *name)
{
	size_t n = strlen(name);
	for (const char *p = strchr(r->path, '{'); p; p = strchr(p + 1, '{'))
		if (strncmp(p + 1, name, n) == 0 && p[1 + n] == '}')
			return true;
	return false;
}

static void check_value(struct request *rq, const struct param *p, const char *s, struct error *e)
{
	struct uuid id;
	char *end;
	switch (p->type) {
	case PARAM_ID:
		if (!uuid_parse(s, &id))
			error_set(e, ERR_INVALID_ID, p->name, "value", s);
		break;
	case PARAM_INT: {
		size_t digits = strspn(s, "0123456789");
		long long v = strtoll(s, &end, 10);
		if (digits == 0 || digits > 18 || s[digits])
			error_set(e, ERR_INVALID_TYPE, p->name, "type", "integer");
		else if (v < p->min || v > p->max)
			error_set(e, ERR_OUT_OF_RANGE, p->name, "min", num_text(p->min).s, "max", num_text(p->max).s);
		break;
	}
	case PARAM_TEXT:
		if ((long long)strlen(s) < p->min)
			error_set(e, ERR_TOO_SHORT, p->name, "min", num_text(p->min).s);
		else if ((long long)strlen(s) > p->max)
			error_set(e, ERR_TOO_LONG, p->name, "max", num_text(p->max).s);
		break;
	case PARAM_BOOL:
		if (strcmp(s, "true") != 0 && strcmp(s, "false") != 0)
			error_set(e, ERR_INVALID_VALUE, p->name, "value", s, "expected", "true, false");
		break;
	case PARAM_ENUM: {
		for (const char *const *c = p->choices; *c; c++)
			if (strcmp(*c, s) == 0)
				return;
		struct buf expected;
		buf_init(&expected, rq->mem, 1024);
		for (const char *const *c = p->choices; *c; c++)
			buf_printf(&expected, "%s%s", c == p->choices ? "" : ", ", *c);
		error_set(e, ERR_INVALID_VALUE, p->name, "value", s, "expected", expected.data);
		break;
	}
	case PARAM_END:
		break;
	}
}

static enum result read_path(struct request *rq, const struct route_match *m, struct error *e)
{
	unsigned k = 0;
	for (const char *p = strchr(rq->route->path, '{'); p; p = strchr(p + 1, '{'), k++) {
		int i = param_index(rq->route, p + 1, strcspn(p + 1, "}"));
		rq->values[i] = decode(rq->mem, m->values[k].p, m->values[k].n, false);
		if (!rq->values[i])
			return error_set(e, ERR_MALFORMED_REQUEST, NULL);
	}
	return ERR_OK;
}

static enum result read_query(struct request *rq, const char *query, struct error *e)
{
	for (const char *p = query; p && *p;) {
		size_t n = strcspn(p, "&"), name_len = strcspn(p, "=&");
		if (n) {
			const char *name = decode(rq->mem, p, name_len, true);
			const char *value =
			    name_len < n ? decode(rq->mem, p + name_len + 1, n - name_len - 1, true) : "";
			if (!name || !value)
				return error_set(e, ERR_MALFORMED_REQUEST, NULL);
			int i = param_index(rq->route, name, strlen(name));
			if (i < 0 || in_path(rq->route, name))
				error_set(e, ERR_UNKNOWN_PARAMETER, name, "name", name);
			else if (rq->values[i])
				error_set(e, ERR_DUPLICATE_FIELD, name, "name", name);
			else
				rq->values[i] = value;
		}
		p += n + (p[n] == '&');
	}
	return ERR_OK;
}

static enum result read_params(struct request *rq, const struct route_match *m, const char *query, struct error *e)
{
	TRY(read_path(rq, m, e));
	TRY(read_query(rq, query, e));
	const struct param *p = rq->route->params;
	for (unsigned i = 0; p && p[i].type != PARAM_END; i++) {
		if (!rq->values[i])
			rq->values[i] = p[i].fallback;
		if (rq->values[i])
			check_value(rq, &p[i], rq->values[i], e);
	}
	return e->n_faults ? e->code : ERR_OK;
}

/* Many clients send "{}" where nothing is asked for: that is nothing. */
static enum result check_no_body(struct request *rq, struct error *e)
{
	char text[64];
	size_t n = 0;
	for (;;) {
		ssize_t r = rq->source->read(rq->source->self, text + n, sizeof text - n);
		if (r < 0)
			return error_set(e, ERR_BODY_INCOMPLETE, NULL);
		if (r == 0)
			break;
		n += (size_t)r;
		if (n == sizeof text)
			return error_set(e, ERR_UNEXPECTED_BODY, NULL);
	}
	size_t start = 0;
	while (start < n && strchr(" \t\r\n", text[start]))
		start++;
	while (n > start && strchr(" \t\r\n", text[n - 1]))
		n--;
	if (n == start || (n - start == 2 && memcmp(text + start, "{}", 2) == 0))
		return ERR_OK;
	return error_set(e, ERR_UNEXPECTED_BODY, NULL);
}

static enum result check_length(struct request *rq, struct error *e)
{
	const char *s = request_header(rq, "CONTENT_LENGTH");
	rq->content_length = -1;
	if (s && *s) {
		size_t n = strspn(s, "0123456789");
		if (s[n] || n > 18)
			return error_set(e, ERR_MALFORMED_REQUEST, NULL);
		rq->content_length = strtoll(s, NULL, 10);
	}
	if (rq->route->body_max > 0 && rq->content_length > rq->route->body_max)
		return error_set(e, ERR_BODY_TOO_LARGE, NULL, "max", num_text(rq->route->body_max).s);
	return ERR_OK;
}

static enum result run(const struct http_app *app, struct request *rq, const struct route_match *m, const char *query,
    struct response *rs, struct error *e)
{
	if (!rq->route)
		return error_set(e, m->allowed ? ERR_METHOD_NOT_ALLOWED : ERR_ROUTE_NOT_FOUND, NULL);
	bool public = rq->route->who & WHO_PUBLIC;
	if (!public)
		TRY(app->authenticate(rq, e));
	if (app->admit)
		TRY(app->admit(rq, e));
	if (!public && !(rq->route->who & who_of(rq->identity.role, rq->identity.is_owner)))
		return error_set(e, ERR_FORBIDDEN, NULL);
	TRY(read_params(rq, m, query, e));
	TRY(check_length(rq, e));
	if (rq->route->body_max == 0)
		TRY(check_no_body(rq, e));
	return app->handle ? app->handle(rq, rs, e) : rq->route->run(rq, rs, e);
}

static bool came_inside(const struct http_app *app, const struct request *rq)
{
	const char *listener = app->n_internal ? request_header(rq, "SCORPIUS_LISTENER") : NULL;
	return listener && strcmp(listener, "internal") == 0;
}

void http_serve(const struct http_app *app, const struct http_source *source, const struct http_sink *sink)
{
	struct request rq = { .mem = mem_new("request", app->memory_max),
		.app = app->context,
		.source = source,
		.started_us = clock_mono_us(),
		.content_length = -1 };
	struct response rs;
	struct error e;
	error_clear(&e);
	answer_init(&rs, rq.mem);

	const char *id = request_header(&rq, "HTTP_X_REQUEST_ID");
	if (well_formed_id(id)) {
		memcpy(rq.id, id, strlen(id) + 1);
	} else {
		struct uuid fresh = uuid_new();
		uuid_format(&fresh, rq.id);
	}
	rq.lang = preferred_language(request_header(&rq, "HTTP_ACCEPT_LANGUAGE"));
	rq.method = method_parse(request_header(&rq, "REQUEST_METHOD"));
	const char *target = request_header(&rq, "REQUEST_URI");
	if (!target)
		target = "/";
	size_t path_len = strcspn(target, "?");
	rq.path = mem_strndup(rq.mem, target, path_len);
	const char *query = target[path_len] == '?' ? target + path_len + 1 : NULL;

	struct route_match m;
	route_find(app->routes, app->n_routes, rq.method == METHOD_HEAD ? METHOD_GET : rq.method, rq.path, &m);
	if (!m.allowed && came_inside(app, &rq))
		route_find(
		    app->internal, app->n_internal, rq.method == METHOD_HEAD ? METHOD_GET : rq.method, rq.path, &m);
	rq.route = m.route;
	if (rq.method == METHOD_OPTIONS && m.allowed)
		answer_options(&rs, m.allowed);
	else if (run(app, &rq, &m, query, &rs, &e) != ERR_OK)
		answer_error(&rq, &rs, m.allowed, &e);
	if (app->headers)
		app->headers(&rq, &rs, &e);
	answer_send(app, &rq, &rs, sink, &e);
	if (app->finished)
		app->finished(&rq, &rs, &e);
	talloc_free(rq.mem);
}
