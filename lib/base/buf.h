/* A growing byte buffer that cannot be made without its maximum. An append past the maximum sets `full` and appends
 * nothing from then on, so a writer checks once, at the end. Its bytes are always NUL-terminated. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "mem.h"

struct buf {
	char *data; /* never NULL after buf_init; data[len] == 0 */
	size_t len, cap, max;
	bool full;       /* something did not fit */
	TALLOC_CTX *mem; /* owner of data */
};

void buf_init(struct buf *b, TALLOC_CTX *mem, size_t max);
void buf_reset(struct buf *b); /* empty, keeps the memory */
void buf_add(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
