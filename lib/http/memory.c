/* Requests that never leave the process. */
#include "server.h"

#include <string.h>

struct memory_request {
	const char *const *variables;
	const char *body;
	size_t size, at;
	struct buf out;
};

static const char *get_variable(void *self, const char *name)
{
	struct memory_request *m = self;
	for (const char *const *v = m->variables; *v; v += 2)
		if (strcmp(v[0], name) == 0)
			return v[1];
	return NULL;
}

static ssize_t read_body(void *self, void *p, size_t n)
{
	struct memory_request *m = self;
	if (n > m->size - m->at)
		n = m->size - m->at;
	if (n)
		memcpy(p, m->body + m->at, n);
	m->at += n;
	return (ssize_t)n;
}

static bool write_answer(void *self, const void *p, size_t n)
{
	struct memory_request *m = self;
	buf_add(&m->out, p, n);
	return !m->out.full;
}

void http_run(const struct http_app *app, TALLOC_CTX *mem, const char *const *variables, const void *body, size_t n,
    struct http_result *out)
{
	struct memory_request m = { .variables = variables, .body = body, .size = n };
	buf_init(&m.out, mem, (size_t)RESPONSE_MAX * 2);
	struct http_source source = { get_variable, read_body, &m };
	struct http_sink sink = { write_answer, &m };
	http_serve(app, &source, &sink);
	char *end = strstr(m.out.data, "\r\n\r\n");
	if (!end)
		BUG("an answer without headers");
	end[2] = '\0';
	out->headers = m.out.data;
	out->body = end + 4;
	out->body_size = m.out.len - (size_t)(end + 4 - m.out.data);
	out->status = 0;
	for (const char *p = m.out.data + strlen("Status: "); *p >= '0' && *p <= '9'; p++)
		out->status = out->status * 10 + (*p - '0');
}
