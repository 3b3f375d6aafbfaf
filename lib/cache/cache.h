/* Redis. Its absence is never fatal: every call then says UNAVAILABLE at once, and the connection comes back by
 * itself. A handle belongs to one process (never used on both sides of a fork) and one thread; the process must not die
 * of SIGPIPE. */
#ifndef CACHE_CACHE_H
#define CACHE_CACHE_H

#include "error.h"
#include "mem.h"

struct cache;

struct cache_options {
	unsigned connect_ms;       /* 0: 200 ms */
	unsigned command_ms;       /* 0: 200 ms */
	int64_t (*clock_us)(void); /* NULL: clock_mono_us; tests bring their own */
};

/* Reads the URL and makes the handle; connects nothing, so that it succeeds without a server. Forms:
 * redis://[[user]:password@]host[:port][/db] and unix://[[user]:password@]/path/of/socket[?db=n]; user and password may
 * be percent-encoded, an IPv6 host stands in brackets. INVALID_SETTING (name REDIS_URL) for anything else, also for
 * rediss://, as the library has no TLS. `options` may be NULL. The connection closes when the handle is freed. */
enum result cache_open(TALLOC_CTX *mem, const char *url, const struct cache_options *options, struct cache **out,
    struct error *e) MUST_CHECK;

/* Asks the server whether it is there; the time it took, in microseconds, into *latency_us (may be NULL). After a
 * failure calls are refused without touching the network for 100 ms, doubling to 5 s while failures go on. */
enum result cache_ping(struct cache *c, int64_t *latency_us, struct error *e) MUST_CHECK;

/* Runs a Lua script (EVALSHA; the server gets its text once), atomic as all of them are: args[0..n_keys) are its KEYS,
 * the rest its ARGV. It must give exactly n_out integers. `script` is known by its address: a string constant. A
 * connection that was found dead is made anew and the script sent again, so it may have run twice. UNAVAILABLE as
 * above. */
#define CACHE_MAX_ARGS 24
enum result cache_run(struct cache *c, const char *script, size_t n_keys, const char *const *args, size_t n_args,
    int64_t *out, size_t n_out, struct error *e) MUST_CHECK;

#endif
