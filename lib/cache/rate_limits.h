/* Limits of how often: counters in Redis that begin with the first request of a window and end with it. All counters of
 * a request are looked at and raised in one script, so that two requests at the same instant can't both take the last
 * place, and the session's mark is looked up in the same round trip. */
#ifndef CACHE_RATE_LIMITS_H
#define CACHE_RATE_LIMITS_H

#include "cache.h"

#define LIMITS_MAX 3 /* counters of one request */

struct limit_counter {
	const char *key;       /* whose counter of what */
	int64_t max, window_s; /* so much in so many seconds */
	int64_t cost;          /* of this request */
};

struct limit_outcome {
	bool refused;
	bool session_ended; /* session_key was there */
	/* Of the counter that refused, or else of the one that is nearest to its end. */
	int64_t max, remaining, reset_s;
};

/* Takes the cost from each of n counters (at least one), or from none when one of them does not have it left.
 * `session_key`: a key whose presence is to be told; NULL: none. */
enum result limits_take(struct cache *c, const struct limit_counter *counters, size_t n, const char *session_key,
    struct limit_outcome *out, struct error *e) MUST_CHECK;

/* Sets a mark that is gone after so many seconds. */
enum result limits_mark(struct cache *c, const char *key, int64_t seconds, struct error *e) MUST_CHECK;

#endif
