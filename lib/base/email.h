/* E-mail addresses: names of accounts, and where people write to a company. */
#ifndef BASE_EMAIL_H
#define BASE_EMAIL_H

#include "error.h"
#include "mem.h"

#define EMAIL_MAX 254 /* bytes, RFC 5321 */

/* Checks an address and gives its normal form (ASCII lower case, spaces around dropped) in mem. Accepted: an unquoted
 * local part of at most 64 ASCII characters and a domain of at least two labels; no comments, no address literals, no
 * control characters, no characters outside ASCII. Faults at `field`: TOO_LONG, INVALID_EMAIL. */
enum result email_normalise(
    TALLOC_CTX *mem, const char *s, const char *field, const char **out, struct error *e) MUST_CHECK;

#endif
