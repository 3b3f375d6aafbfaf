/* Small value types that several libraries share: identifiers, optional scalars, byte ranges.
 * Plain values: copied freely, own nothing, need no clean-up. */
#ifndef BASE_TYPES_H
#define BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))

struct uuid {
	uint8_t b[16]; /* network byte order, as in RFC 9562 */
};
struct opt_uuid {
	bool set;
	struct uuid value;
};
struct opt_bool {
	bool set, value;
};
struct opt_int {
	bool set;
	int64_t value;
};
struct opt_num {
	bool set;
	double value;
};
/* A moment: microseconds since 1970-01-01T00:00:00Z. */
struct instant {
	int64_t us;
};
struct opt_instant {
	bool set;
	int64_t us;
};
/* Bytes that somebody else owns. */
struct bytes {
	const uint8_t *p; /* NULL: absent */
	size_t n;
};
/* JSON that is already text (PostgreSQL's jsonb, a stored analysis): passed through, never looked into. */
struct json_text {
	const char *s; /* NULL: absent */
};

#endif
