#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void buf_init(struct buf *b, TALLOC_CTX *mem, size_t max)
{
	*b = (struct buf){ .max = max, .mem = mem, .cap = max < 256 ? max : 256 };
	b->data = mem_array(mem, char, b->cap + 1);
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->data[0] = '\0';
	b->full = false;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	if (b->full || n > b->max - b->len) {
		b->full = true;
		return;
	}
	if (b->len + n > b->cap) {
		size_t cap = b->cap * 2;
		if (cap < b->len + n)
			cap = b->len + n;
		if (cap > b->max)
			cap = b->max;
		b->data = mem_grow(b->mem, b->data, char, cap + 1);
		b->cap = cap;
	}
	if (n)
		memcpy(b->data + b->len, p, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	char small[512];
	va_list args, again;
	va_start(args, fmt);
	va_copy(again, args);
	int n = vsnprintf(small, sizeof small, fmt, args);
	va_end(args);
	if (n >= 0 && (size_t)n < sizeof small) {
		buf_add(b, small, (size_t)n);
	} else if (n >= 0) {
		char *big = mem_array(b->mem, char, (size_t)n + 1);
		vsnprintf(big, (size_t)n + 1, fmt, again);
		buf_add(b, big, (size_t)n);
		talloc_free(big);
	}
	va_end(again);
}
