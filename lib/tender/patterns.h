/* Regular expressions over folded text (PCRE2, JIT): compiled once per analysis, found again by the literal's address.
 * Bounded: a pattern that needs too many steps on hostile text simply does not match. */
#ifndef TENDER_PATTERNS_H
#define TENDER_PATTERNS_H

#include "mem.h"

#define MATCH_GROUPS 16

struct match {
	size_t from, to; /* of the whole */
	struct {
		size_t from, to;
		bool set;
	} g[MATCH_GROUPS]; /* g[0] is the whole */
};

struct patterns;

/* Freed with mem (its destructor releases what PCRE2 holds). */
struct patterns *patterns_new(TALLOC_CTX *mem);
/* First match of `rx` in s[at..n), with look-behind to the start of s. '^' and '$' match at lines, '.' stops at '\n'.
 * `rx` must be a literal: its address is its name. */
bool pattern_find(struct patterns *p, const char *rx, const char *s, size_t n, size_t at, struct match *m);
/* Matches only at `at` itself. */
bool pattern_at(struct patterns *p, const char *rx, const char *s, size_t n, size_t at, struct match *m);
/* Whether `rx` matches somewhere in [from, to), which is taken as the whole text. */
bool pattern_in(struct patterns *p, const char *rx, const char *s, size_t from, size_t to);
/* The last match that lies wholly in [from, to). */
bool pattern_last(struct patterns *p, const char *rx, const char *s, size_t from, size_t to, struct match *m);

#endif
