/* multipart/form-data (RFC 7578) as a stream: constant memory, whatever the size of the parts. */
#ifndef HTTP_MULTIPART_H
#define HTTP_MULTIPART_H

#include "request.h"

#define MULTIPART_MAX_HEADERS 8192 /* bytes of one part's headers */
#define MULTIPART_MAX_PARTS 1100
#define MULTIPART_MAX_NAME 1024 /* bytes of a file's name; longer ones are refused */

struct multipart;

struct multipart_part {
	const char *name;     /* field name; UTF-8 */
	const char *filename; /* NULL: an ordinary field; "": no file was chosen. Last component only, UTF-8, no control
				 characters */
};

/* `read` gives bytes of the body as request_read does. Faults: MALFORMED_MULTIPART with its reason. */
typedef enum result multipart_source(void *self, void *p, size_t n, size_t *got, struct error *e);
enum result multipart_begin(TALLOC_CTX *mem, const char *content_type, multipart_source *read, void *self,
    struct multipart **out, struct error *e) MUST_CHECK;
/* The same over a request's body. */
enum result multipart_of_request(struct request *rq, struct multipart **out, struct error *e) MUST_CHECK;

/* Goes to the next part (skipping what is left of the current one). *more false after the final boundary. */
enum result multipart_next(struct multipart *m, bool *more, struct multipart_part *part, struct error *e) MUST_CHECK;
/* Bytes of the current part; *got 0 at its end. */
enum result multipart_read(struct multipart *m, void *p, size_t n, size_t *got, struct error *e) MUST_CHECK;
/* An ordinary field's whole value, at most max bytes (TOO_LONG), valid UTF-8 without NUL. */
enum result multipart_text(
    struct multipart *m, const char *field, size_t max, const char **out, struct error *e) MUST_CHECK;

#endif
