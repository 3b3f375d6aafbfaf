#include "answer.h"
#include "byte_range.h"
#include "clock.h"

#include <stdio.h>
#include <string.h>

void answer_init(struct response *rs, TALLOC_CTX *mem)
{
	*rs = (struct response){ .status = 200 };
	buf_init(&rs->headers, mem, 3500); /* nginx takes 4 KiB of headers from us */
	buf_init(&rs->body, mem, RESPONSE_MAX);
}

static const char *allowed_text(TALLOC_CTX *mem, unsigned allowed)
{
	struct buf b;
	buf_init(&b, mem, 200);
	if (allowed & 1u << METHOD_GET)
		allowed |= 1u << METHOD_HEAD;
	allowed |= 1u << METHOD_OPTIONS;
	for (unsigned m = METHOD_GET; m <= METHOD_OPTIONS; m++)
		if (allowed & 1u << m)
			buf_printf(&b, "%s%s", b.len ? ", " : "", method_name((enum http_method)m));
	return b.data;
}

void answer_options(struct response *rs, unsigned allowed)
{
	const char *methods = allowed_text(rs->body.mem, allowed);
	rs->status = 204;
	response_header(rs, "Allow", methods);
	response_header(rs, "Access-Control-Allow-Methods", methods);
	response_header(rs, "Access-Control-Allow-Headers",
	    "Authorization, Content-Type, Accept-Language, Idempotency-Key, If-Match, If-None-Match, If-Range, "
	    "Range, Tus-Resumable, Upload-Checksum, Upload-Length, Upload-Metadata, Upload-Offset, X-Request-Id");
	response_header(rs, "Access-Control-Max-Age", "600");
}

static void write_meta(const struct request *rq, struct response *rs)
{
	struct json_writer *w = &rs->json;
	const struct page_info *page = &rs->page;
	jw_key(w, "meta");
	jw_open(w, '{');
	jw_field_text(w, "version", SCORPIUS_VERSION);
	jw_field_int(w, "processing_time", (clock_mono_us() - rq->started_us) / 1000);
	jw_field_text(w, "request_id", rq->id);
	if (page->set) {
		jw_field_int(w, "limit", page->limit);
		jw_field_bool(w, "has_more", page->has_more);
		if (page->by_cursor) {
			jw_field_text(w, "next_cursor", page->next_cursor);
		} else {
			jw_field_int(w, "offset", page->offset);
			jw_field_int(w, "total", page->total);
			jw_field_bool(w, "total_exact", page->total_exact);
		}
	}
	jw_close(w, '}');
}

void answer_error(const struct request *rq, struct response *rs, unsigned allowed, const struct error *e)
{
	answer_init(rs, rq->mem);
	rs->kind = RESPONSE_BARE;
	rs->status = error_http_status(e->code);
	jw_init(&rs->json, &rs->body);
	struct json_writer *w = &rs->json;
	jw_open(w, '{');
	jw_key(w, "errors");
	jw_open(w, '[');
	/* What failed on our side is for the log; the client learns the request id. */
	struct fault ours = { .code = ERR_INTERNAL };
	unsigned n = rs->status == 500 ? 1 : e->n_faults;
	for (unsigned i = 0; i < n; i++) {
		const struct fault *f = rs->status == 500 ? &ours : &e->faults[i];
		char text[512];
		error_text(f, rq->lang, text, sizeof text);
		jw_open(w, '{');
		jw_field_text(w, "code", error_id(f->code));
		jw_field_text(w, "message", text);
		jw_field_text(w, "field", f->field[0] ? f->field : NULL);
		jw_close(w, '}');
	}
	jw_close(w, ']');
	write_meta(rq, rs);
	jw_close(w, '}');
	response_header(rs, "Content-Language", rq->lang == LANG_FR ? "fr" : "en");
	if (rs->status == 401)
		response_header(rs, "WWW-Authenticate",
		    e->code == ERR_MISSING_TOKEN || e->code == ERR_INVALID_CREDENTIALS
			? "Bearer"
			: "Bearer error=\"invalid_token\"");
	if (rs->status == 405)
		response_header(rs, "Allow", allowed_text(rq->mem, allowed));
	if (e->retry_after || rs->status == 503 || rs->status == 429)
		response_header(rs, "Retry-After", num_text(e->retry_after ? e->retry_after : 5).s);
}

/* Weak comparison (RFC 9110, 13.1.2) of a list of tags with ours. */
static bool tag_matches(const char *list, const char *version)
{
	size_t n = strlen(version);
	if (strcmp(list, "*") == 0)
		return true;
	for (const char *p = strchr(list, '"'); p; p = strchr(p + 1, '"')) {
		const char *end = strchr(p + 1, '"');
		if (!end)
			return false;
		if ((size_t)(end - p - 1) == n && memcmp(p + 1, version, n) == 0)
			return true;
		p = end;
	}
	return false;
}

static void add_cors(const struct http_app *app, const struct request *rq, struct response *rs)
{
	bool cors = app->cors_origins && app->cors_origins[0];
	response_header(rs, "Vary", cors ? "Origin, Accept-Language" : "Accept-Language");
	if (!cors)
		return;
	const char *origin = request_header(rq, "HTTP_ORIGIN");
	for (const char *const *o = app->cors_origins; origin && *o; o++) {
		if (strcmp(*o, origin) != 0)
			continue;
		response_header(rs, "Access-Control-Allow-Origin", origin);
		response_header(rs, "Access-Control-Allow-Credentials", "true");
		response_header(rs, "Access-Control-Expose-Headers",
		    "ETag, Location, Retry-After, X-Request-Id, Content-Disposition, Accept-Ranges,"
		    " Content-Range, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Tus-Resumable, "
		    "Upload-Offset,"
		    " Upload-Length, Upload-Metadata, Upload-Expires, Scorpius-Document-Id");
		return;
	}
}

/* A port of digits, or none. */
static bool port_ok(const char *s)
{
	size_t n = *s == ':' ? strspn(s + 1, "0123456789") : 0;
	return *s == '\0' || (*s == ':' && n >= 1 && n <= 5 && s[1 + n] == '\0');
}

const char *http_cors_fault(const char *const *origins)
{
	for (const char *const *o = origins; o && *o; o++) {
		const char *host = strncmp(*o, "https://", 8) == 0  ? *o + 8
				   : strncmp(*o, "http://", 7) == 0 ? *o + 7
								    : "";
		size_t n = strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-");
		if (n == 0 || !port_ok(host + n))
			return *o;
	}
	return NULL;
}

static void add_limit(const struct request *rq, struct response *rs)
{
	if (!rq->limit.set)
		return;
	response_header(rs, "RateLimit-Limit", num_text(rq->limit.max).s);
	response_header(rs, "RateLimit-Remaining", num_text(rq->limit.remaining).s);
	response_header(rs, "RateLimit-Reset", num_text(rq->limit.reset_s).s);
}

static void send_stream(struct response *rs, const struct http_sink *sink, struct error *e)
{
	char chunk[65536];
	int64_t at = rs->first, end = rs->first + rs->count;
	while (at < end) {
		size_t got, want = end - at < (int64_t)sizeof chunk ? (size_t)(end - at) : sizeof chunk;
		if (rs->read(rs->read_self, at, chunk, want, &got, e) != ERR_OK || got == 0)
			return;
		at += (int64_t)got;
		if (!sink->write(sink->self, chunk, got)) {
			error_cause(e, "the client went away");
			return;
		}
	}
}

/* Whether the version that the client has the beginning of is ours: strong comparison, and no dates (RFC 9110, 13.1.5).
 */
static bool if_range_holds(const struct request *rq, const struct response *rs)
{
	const char *given = request_header(rq, "HTTP_IF_RANGE");
	size_t n = strlen(rs->etag);
	return !given || (rs->etag_strong && given[0] == '"' && strncmp(given + 1, rs->etag, n) == 0 &&
			     strcmp(given + 1 + n, "\"") == 0);
}

static void choose_part(struct request *rq, struct response *rs, struct error *e)
{
	const char *range = request_header(rq, "HTTP_RANGE");
	long long length = rs->length;
	response_header(rs, "Accept-Ranges", "bytes");
	if (rq->method != METHOD_GET || !range || !if_range_holds(rq, rs))
		return;
	switch (byte_range_parse(range, rs->length, &rs->first, &rs->count)) {
	case BYTE_RANGE_WHOLE:
		return;
	case BYTE_RANGE_PART:
		rs->status = 206;
		response_header(rs, "Content-Range",
		    mem_printf(rq->mem, "bytes %lld-%lld/%lld", (long long)rs->first,
			(long long)(rs->first + rs->count - 1), length));
		return;
	case BYTE_RANGE_NONE:
		(void)error_set(e, ERR_RANGE_NOT_SATISFIABLE, NULL, "size", num_text(length).s);
		answer_error(rq, rs, 0, e);
		response_header(rs, "Content-Range", mem_printf(rq->mem, "bytes */%lld", length));
		return;
	}
}

static const char *reason_phrase(int status)
{
	static const struct {
		int status;
		const char *phrase;
	} all[] = { { 200, "OK" }, { 201, "Created" }, { 202, "Accepted" }, { 204, "No Content" },
		{ 206, "Partial Content" }, { 416, "Range Not Satisfiable" }, { 304, "Not Modified" },
		{ 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" },
		{ 405, "Method Not Allowed" }, { 409, "Conflict" }, { 412, "Precondition Failed" },
		{ 413, "Content Too Large" }, { 415, "Unsupported Media Type" }, { 429, "Too Many Requests" },
		{ 460, "Checksum Mismatch" }, { 500, "Internal Server Error" }, { 503, "Service Unavailable" },
		{ 507, "Insufficient Storage" } };
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i].status == status)
			return all[i].phrase;
	return "Unknown";
}

void answer_send(
    const struct http_app *app, struct request *rq, struct response *rs, const struct http_sink *sink, struct error *e)
{
	if (rs->kind == RESPONSE_DATA) {
		write_meta(rq, rs);
		jw_close(&rs->json, '}');
	}
	/* How long it gets, what people upload may decide: a fault, but none that may end workers at will. */
	if (rs->body.full) {
		error_cause(e, "an answer of %s exceeds %d bytes", rq->route ? rq->route->path : "?", RESPONSE_MAX);
		(void)error_set(e, ERR_INTERNAL, NULL);
		answer_error(rq, rs, 0, e);
	}
	const char *if_none_match = request_header(rq, "HTTP_IF_NONE_MATCH");
	bool get = rq->method == METHOD_GET || rq->method == METHOD_HEAD;
	if (rs->etag[0] && rs->status == 200) {
		if (get && if_none_match && tag_matches(if_none_match, rs->etag))
			rs->status = 304;
		response_header(rs, "ETag", mem_printf(rq->mem, "%s\"%s\"", rs->etag_strong ? "" : "W/", rs->etag));
	}
	if (rs->kind == RESPONSE_STREAM && rs->status == 200)
		choose_part(rq, rs, e);
	bool body = rs->status != 304 && rs->status != 204;
	int64_t length = rs->kind == RESPONSE_STREAM ? rs->count : (int64_t)rs->body.len;
	add_cors(app, rq, rs);
	add_limit(rq, rs);
	struct buf head;
	buf_init(&head, rq->mem, 4000);
	buf_printf(&head, "Status: %d %s\r\nX-Request-Id: %s\r\n", rs->status, reason_phrase(rs->status), rq->id);
	if (body)
		buf_printf(&head, "Content-Type: %s\r\nContent-Length: %lld\r\n",
		    rs->content_type ? rs->content_type : "application/json", (long long)length);
	buf_printf(&head, "Cache-Control: %s\r\nX-Content-Type-Options: nosniff\r\n",
	    rs->etag[0] ? "private, no-cache" : "no-store");
	buf_add(&head, rs->headers.data, rs->headers.len);
	buf_str(&head, "\r\n");
	if (!sink->write(sink->self, head.data, head.len) || !body || rq->method == METHOD_HEAD)
		return;
	if (rs->kind == RESPONSE_STREAM)
		send_stream(rs, sink, e);
	else
		sink->write(sink->self, rs->body.data, rs->body.len);
}
