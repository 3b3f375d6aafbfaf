#include "byte_range.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* Digits; what is larger than any file stays the largest number. False without a digit. */
static bool read_number(const char **p, int64_t *out)
{
	const char *begin = *p;
	int64_t n = 0;
	for (; **p >= '0' && **p <= '9'; (*p)++)
		n = n > (INT64_MAX - 9) / 10 ? INT64_MAX - 9 : n * 10 + (**p - '0');
	*out = n;
	return *p != begin;
}

static const char *skip_blank(const char *p)
{
	return p + strspn(p, " \t");
}

enum byte_range byte_range_parse(const char *header, int64_t size, int64_t *first, int64_t *count)
{
	int64_t from, to = INT64_MAX;
	if (strncasecmp(header, "bytes=", 6) != 0)
		return BYTE_RANGE_WHOLE;
	const char *p = skip_blank(header + 6);
	bool has_first = read_number(&p, &from);
	if (*p++ != '-')
		return BYTE_RANGE_WHOLE;
	bool has_last = read_number(&p, &to);
	if (*skip_blank(p) || (!has_first && !has_last) || (has_first && has_last && to < from))
		return BYTE_RANGE_WHOLE;
	if (!has_first) { /* the last so many bytes */
		from = to < size ? size - to : 0;
		to = to > 0 ? size - 1 : -1;
	} else if (!has_last || to >= size) {
		to = size - 1;
	}
	if (from > to)
		return BYTE_RANGE_NONE;
	*first = from;
	*count = to - from + 1;
	return BYTE_RANGE_PART;
}
