#include "response.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct json_writer *response_data(struct response *rs)
{
	rs->kind = RESPONSE_DATA;
	jw_init(&rs->json, &rs->body);
	jw_open(&rs->json, '{');
	jw_key(&rs->json, "data");
	return &rs->json;
}

const char *response_written(TALLOC_CTX *mem, const struct response *rs)
{
	static const char before[] = "{\"data\":";
	if (rs->kind != RESPONSE_DATA || rs->body.len < sizeof before)
		return NULL;
	return mem_strndup(mem, rs->body.data + sizeof before - 1, rs->body.len - (sizeof before - 1));
}

struct json_writer *response_bare(struct response *rs)
{
	rs->kind = RESPONSE_BARE;
	jw_init(&rs->json, &rs->body);
	return &rs->json;
}

struct buf *response_text(struct response *rs, const char *content_type)
{
	rs->kind = RESPONSE_BARE;
	rs->content_type = content_type;
	return &rs->body;
}

void response_header(struct response *rs, const char *name, const char *value)
{
	buf_str(&rs->headers, name);
	buf_str(&rs->headers, ": ");
	for (const char *p = value; *p; p++)
		if (*p != '\r' && *p != '\n')
			buf_char(&rs->headers, *p);
	buf_str(&rs->headers, "\r\n");
}

void response_created(struct response *rs, const char *location)
{
	rs->status = 201;
	rs->location = location;
	response_header(rs, "Location", location);
}

void response_version(struct response *rs, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	vsnprintf(rs->etag, sizeof rs->etag, fmt, args);
	va_end(args);
}

void response_version_strong(struct response *rs, const char *version)
{
	response_version(rs, "%s", version);
	rs->etag_strong = true;
}

void response_stream(struct response *rs, const char *content_type, int64_t length, response_reader *read, void *self)
{
	rs->kind = RESPONSE_STREAM;
	rs->content_type = content_type;
	rs->length = rs->count = length;
	rs->read = read;
	rs->read_self = self;
}
