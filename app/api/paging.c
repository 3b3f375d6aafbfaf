#include "paging.h"
#include "crypto.h"

#include <string.h>

#define TOTAL_MAX 10000
#define BEGIN_OF_TIME (-70000000000000000) /* before the year 1: in front of every moment that is stored */
#define END_OF_TIME 253402300800000000     /* the year 10000: behind every moment that is stored */
#define CURSOR_SIZE 24                     /* sort time, id */

enum result paging_read(struct request *rq, bool descending, struct paging *out, struct error *e)
{
	const char *cursor = request_text(rq, "cursor");
	*out = (struct paging){ .limit = request_int(rq, "limit"), .by_cursor = cursor != NULL };
	if (cursor && request_text(rq, "offset"))
		return error_set(
		    e, ERR_INVALID_VALUE, "cursor", "value", cursor, "expected", "cursor or offset, not both");
	if (!cursor)
		out->offset = request_int(rq, "offset");
	out->bound_time.us = BEGIN_OF_TIME;
	if (cursor && *cursor) {
		uint8_t raw[CURSOR_SIZE];
		size_t size;
		if (!crypto_unbase64url(cursor, strlen(cursor), raw, sizeof raw, &size) || size != sizeof raw)
			return error_set(e, ERR_INVALID_CURSOR, "cursor");
		memcpy(&out->bound_time.us, raw, 8);
		memcpy(out->bound_id.b, raw + 8, 16);
		/* A forged time would be refused by the database; the row policies hold whatever it says. */
		if (out->bound_time.us < BEGIN_OF_TIME || out->bound_time.us > END_OF_TIME)
			return error_set(e, ERR_INVALID_CURSOR, "cursor");
	} else if (descending) {
		out->bound_time.us = END_OF_TIME;
		memset(out->bound_id.b, 0xFF, sizeof out->bound_id.b);
	}
	return ERR_OK;
}

size_t paging_finish(struct response *rs, const struct paging *p, size_t rows, int64_t total)
{
	bool more = rows > (size_t)p->limit;
	rs->page = (struct page_info){
		.set = true,
		.limit = p->limit,
		.offset = p->offset,
		.has_more = more,
		.by_cursor = p->by_cursor,
		.total = total > TOTAL_MAX ? TOTAL_MAX : total,
		.total_exact = total <= TOTAL_MAX,
	};
	return more ? (size_t)p->limit : rows;
}

void paging_next(struct response *rs, const struct paging *p, int64_t sort_time_us, const struct uuid *id)
{
	if (!p->by_cursor || !rs->page.has_more)
		return;
	uint8_t raw[CURSOR_SIZE];
	char *text = mem_array(rs->body.mem, char, CURSOR_SIZE * 2);
	memcpy(raw, &sort_time_us, 8);
	memcpy(raw + 8, id->b, 16);
	crypto_base64url(raw, sizeof raw, text);
	rs->page.next_cursor = text;
}
