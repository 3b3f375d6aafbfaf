/* Which part of a file a Range header asks for (RFC 9110, 14). Pure. */
#ifndef HTTP_BYTE_RANGE_H
#define HTTP_BYTE_RANGE_H

#include <stdint.h>

enum byte_range {
	BYTE_RANGE_WHOLE, /* not in bytes, malformed, or several parts: the header is ignored, as the RFC allows */
	BYTE_RANGE_PART,
	BYTE_RANGE_NONE, /* well-formed, and nothing of it is there */
};

/* `size`: of the file, in bytes. *first and *count are set for a part only: 0 <= *first, 1 <= *count, and their sum is
 * at most size. */
enum byte_range byte_range_parse(const char *header, int64_t size, int64_t *first, int64_t *count);

#endif
