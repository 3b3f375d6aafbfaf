/* What an operator wants to know of a Redis server. Nothing is changed that lasts longer than a second. */
#ifndef CACHE_CACHE_LOOK_H
#define CACHE_CACHE_LOOK_H

#include "error.h"
#include "mem.h"

struct cache_facts {
	const char *version;     /* "7.0.15"; NULL: our account may not ask */
	int64_t major;           /* 0: not known */
	const char *append_only; /* "yes", "no"; NULL: not known */
	const char *snapshots;   /* "900 1", "": none; NULL: not known */
	const char *eviction;    /* "volatile-lru"; NULL: not known */
	int64_t memory_max;      /* bytes, 0: no limit; -1: not known */
	bool written_well;       /* its last writes to disk went well, as far as may be known */
	bool password, local;    /* of the address: has one; it is on this machine */
	const char
	    *refused; /* what our account may not do, or the server does not do now, in its words; NULL: nothing */
};
/* Asks the server of `url`; texts in mem. INVALID_SETTING, UNAVAILABLE with the cause. */
enum result cache_look(TALLOC_CTX *mem, const char *url, struct cache_facts *out, struct error *e) MUST_CHECK;

#endif
