/* Identifiers: UUID version 7 (RFC 9562), so that ids made later sort later. */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#include "types.h"

/* A new one: millisecond clock, then 12 bits of the microseconds below it, then 62 random bits (getrandom). */
struct uuid uuid_new(void);
/* 36 characters and a NUL, lower case. */
void uuid_format(const struct uuid *id, char out[37]);
/* Exactly the 36-character form, either case; false for anything else. */
bool uuid_parse(const char *s, struct uuid *out);
bool uuid_equal(const struct uuid *a, const struct uuid *b);

#endif
