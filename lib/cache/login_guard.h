/* Guessing passwords, made slow without giving the guesser a way to shut the owner out.
 *
 * Failures are counted by pairs (account, address): after some free ones each makes the pair wait, twice as long as the
 * one before, up to a cap. A stranger's failures make only himself wait. Failures of an address on whichever accounts
 * are counted too, with ten times as many free ones, for whoever tries one password on many accounts. And attempts on
 * an account from all addresses that are not known to it share one allowance a minute, so that many addresses are no
 * way round the pairs; an address from which the account logged in within 90 days is known, has an allowance of its own
 * and does not wait for what others of its address did. Owner and stranger behind one address share a pair: the cap
 * keeps that short.
 *
 * Whether an account exists changes nothing here: it is known by a hash of the address that was given. */
#ifndef CACHE_LOGIN_GUARD_H
#define CACHE_LOGIN_GUARD_H

#include "cache.h"

struct login_policy {
	int64_t free_failures; /* of a pair, before it waits */
	int64_t delay_max_s;   /* longest wait of a pair; an address waits at most a minute */
	int64_t per_minute;    /* attempts on an account */
};

struct login_attempt {
	const char *account; /* a hash, not the address itself */
	const char *address; /* of the client */
};

struct login_outcome {
	bool refused;
	int64_t wait_s;                  /* when refused: how long */
	int64_t max, remaining, reset_s; /* of the account's allowance */
};

/* Whether an attempt may be made now; takes it from the allowance. */
enum result login_guard_ask(struct cache *c, const struct login_policy *p, const struct login_attempt *a,
    struct login_outcome *out, struct error *e) MUST_CHECK;
/* Its end: wrong, or right (the address is known from then on, and the pair's failures are forgotten). */
enum result login_guard_failed(
    struct cache *c, const struct login_policy *p, const struct login_attempt *a, struct error *e) MUST_CHECK;
enum result login_guard_passed(struct cache *c, const struct login_attempt *a, struct error *e) MUST_CHECK;

#endif
