/* An answer. A handler writes its `data` with the writer that response_data() gives; the envelope, headers and errors
 * around it are made here, in one place. */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include "json.h"
#include "request.h"

struct page_info { /* of a list */
	bool set;
	int64_t limit, offset, total;
	bool has_more, total_exact;
	bool by_cursor;          /* then next_cursor instead of offset and total */
	const char *next_cursor; /* NULL: last page */
};

enum response_kind { RESPONSE_NONE, RESPONSE_DATA, RESPONSE_BARE, RESPONSE_STREAM };

/* Gives up to n bytes of a streamed answer from `offset`: *got 0 at its end. Asked for ascending offsets only. */
typedef enum result response_reader(void *self, int64_t offset, void *p, size_t n, size_t *got, struct error *e);

struct response {
	int status;
	enum response_kind kind;
	const char *content_type;
	struct buf headers; /* "Name: value\r\n" each */
	struct buf body;
	struct json_writer json;
	struct page_info page;
	char etag[64]; /* the version's text; "" none */
	const char *location;
	bool etag_strong;
	/* streamed */
	response_reader *read;
	void *read_self;
	int64_t length;       /* of the whole */
	int64_t first, count; /* the part that is sent */
};

#define RESPONSE_MAX (32 << 20)

/* Begins {"data": ...}; the handler writes exactly one value. Status 200 unless set before or after. */
struct json_writer *response_data(struct response *rs);
/* Begins a bare value without envelope (system routes). */
struct json_writer *response_bare(struct response *rs);
/* A text of this type; whoever calls writes it into the buffer. */
struct buf *response_text(struct response *rs, const char *content_type);
/* The value that was written after response_data(), as JSON text in mem; NULL when it was none. */
const char *response_written(TALLOC_CTX *mem, const struct response *rs);
/* Adds a header; CR and LF in the value are dropped. */
void response_header(struct response *rs, const char *name, const char *value);
/* 201 with its Location, a text that lives as long as the request. */
void response_created(struct response *rs, const char *location);
/* The resource's version, for ETag (weak) and If-None-Match: "304" is made by the library. Printf-like, <= 60 bytes. */
void response_version(struct response *rs, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The same for what is told byte for byte by its version: a strong ETag, which If-Range can rely on. */
void response_version_strong(struct response *rs, const char *version);
/* Streams `length` bytes of type `content_type` from read(self...). Of a GET with a Range of one part (RFC 9110, 14)
 * the library sends that part: "206", or "416" when nothing of it is there. */
void response_stream(struct response *rs, const char *content_type, int64_t length, response_reader *read, void *self);

#endif
