#include "request_metrics.h"
#include "clock.h"
#include "metrics.h"

#include <string.h>

#define BASE "/api/v1/"

static const struct {
	const char *word, *class;
} classes[] = {
	{ "auth", "auth" },
	{ "users", "users" },
	{ "organization", "organization" },
	{ "admin", "admin" },
	{ "audit-log", "audit" },
	{ "company-profile", "company" },
	{ "documents", "documents" },
	{ "tenders", "tenders" },
	{ "search", "search" },
	{ "health", "system" },
	{ "live", "system" },
	{ "ready", "system" },
};

const char *request_class(const struct route *route)
{
	if (!route)
		return "unknown";
	const char *path = route->path, *last = strrchr(path, '/');
	if (strncmp(path, BASE, sizeof BASE - 1) != 0)
		return "system";
	if (strcmp(last, "/content") == 0)
		return "content";
	path += sizeof BASE - 1;
	size_t n = strcspn(path, "/");
	for (size_t i = 0; i < ARRAY_LEN(classes); i++)
		if (strncmp(classes[i].word, path, n) == 0 && classes[i].word[n] == '\0')
			return classes[i].class;
	return "other";
}

static const char *method_label(enum http_method m)
{
	return m == METHOD_UNSET || m == METHOD_OTHER ? "other" : method_name(m);
}

/* Bytes of the answer's body: what was to be sent, also when the client went away meanwhile. */
static int64_t body_size(const struct request *rq, const struct response *rs)
{
	if (rq->method == METHOD_HEAD || rs->status == 304 || rs->status == 204)
		return 0;
	return rs->kind == RESPONSE_STREAM ? rs->count : (int64_t)rs->body.len;
}

void request_metrics_count(const struct request *rq, const struct response *rs)
{
	const char *class = request_class(rq->route);
	unsigned cell = metric_value(METRIC_HTTP_DURATION, 0, class);
	int64_t out = body_size(rq, rs);
	metric_add(METRIC_HTTP_REQUESTS,
	    metric_cell(METRIC_HTTP_REQUESTS, class, method_label(rq->method), num_text(rs->status).s), 1);
	metric_observe(METRIC_HTTP_DURATION, cell, clock_mono_us() - rq->started_us);
	if (rq->body_read > 0)
		metric_add(METRIC_HTTP_BYTES_IN, cell, (uint64_t)rq->body_read);
	if (out > 0)
		metric_add(METRIC_HTTP_BYTES_OUT, cell, (uint64_t)out);
}
