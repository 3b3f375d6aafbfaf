#include "request_metrics.h"
#include "clock.h"
#include "metrics.h"

#include <string.h>

#define BASE "/api/v1/"

/* In the order of METRIC_VALUES_CLASS. */
enum class {
	CLASS_SYSTEM,
	CLASS_AUTH,
	CLASS_USERS,
	CLASS_ORGANIZATION,
	CLASS_ADMIN,
	CLASS_AUDIT,
	CLASS_COMPANY,
	CLASS_DOCUMENTS,
	CLASS_CONTENT,
	CLASS_UPLOADS,
	CLASS_TENDERS,
	CLASS_SEARCH,
	CLASS_UNKNOWN,
	CLASS_OTHER
};

static const struct {
	const char *word;
	enum class class;
} classes[] = {
	{ "tenders", CLASS_TENDERS },
	{ "documents", CLASS_DOCUMENTS },
	{ "uploads", CLASS_UPLOADS },
	{ "auth", CLASS_AUTH },
	{ "search", CLASS_SEARCH },
	{ "health", CLASS_SYSTEM },
	{ "live", CLASS_SYSTEM },
	{ "ready", CLASS_SYSTEM },
	{ "company-profile", CLASS_COMPANY },
	{ "users", CLASS_USERS },
	{ "organization", CLASS_ORGANIZATION },
	{ "admin", CLASS_ADMIN },
	{ "audit-log", CLASS_AUDIT },
};

unsigned request_class_place(const struct route *route)
{
	if (!route)
		return CLASS_UNKNOWN;
	const char *path = route->path;
	if (strncmp(path, BASE, sizeof BASE - 1) != 0)
		return CLASS_SYSTEM;
	path += sizeof BASE - 1;
	size_t n = strcspn(path, "/");
	/* Never of the word alone, which "/content" is longer than what is left of. */
	if (path[n] && strcmp(strrchr(path, '/'), "/content") == 0)
		return CLASS_CONTENT;
	for (size_t i = 0; i < ARRAY_LEN(classes); i++)
		if (strncmp(classes[i].word, path, n) == 0 && classes[i].word[n] == '\0')
			return classes[i].class;
	return CLASS_OTHER;
}

unsigned request_method_place(enum http_method method)
{
	return method == METHOD_UNSET ? METHOD_OTHER - METHOD_GET : method - METHOD_GET;
}

unsigned request_status_place(int status)
{
	/* In the order of METRIC_VALUES_STATUS. */
	static const short all[] = { 200, 201, 202, 204, 206, 304, 400, 401, 403, 404, 405, 409, 410, 412, 413, 415,
		416, 422, 423, 429, 500, 503, 507 };
	unsigned i = 0;
	while (i < ARRAY_LEN(all) && all[i] != status)
		i++;
	return i;
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
	unsigned class = request_class_place(rq->route);
	int64_t out = body_size(rq, rs);
	metric_add(METRIC_HTTP_REQUESTS,
	    metric_place(
		METRIC_HTTP_REQUESTS, class, request_method_place(rq->method), request_status_place(rs->status)),
	    1);
	metric_observe(METRIC_HTTP_DURATION, class, clock_mono_us() - rq->started_us);
	if (rq->body_read > 0)
		metric_add(METRIC_HTTP_BYTES_IN, class, (uint64_t)rq->body_read);
	if (out > 0)
		metric_add(METRIC_HTTP_BYTES_OUT, class, (uint64_t)out);
}
