#include "login_guard.h"

#include <stdio.h>
#include <string.h>

#define KNOWN_S (90 * 86400)
#define ADDRESS_DELAY_MAX_S 60
#define ADDRESS_FREE 10 /* times the free failures of a pair */
#define FIRST_DELAY_MS 1000
#define KEY_SIZE 256

struct keys {
	char pair[KEY_SIZE], address[KEY_SIZE], known[KEY_SIZE], strangers[KEY_SIZE], own[KEY_SIZE];
};

static void make_keys(const struct login_attempt *a, struct keys *k)
{
	snprintf(k->pair, KEY_SIZE, "login:pair:%s:%s", a->account, a->address);
	snprintf(k->address, KEY_SIZE, "login:address:%s", a->address);
	snprintf(k->known, KEY_SIZE, "login:known:%s:%s", a->account, a->address);
	snprintf(k->strangers, KEY_SIZE, "login:account:%s", a->account);
	snprintf(k->own, KEY_SIZE, "login:account:%s:%s", a->account, a->address);
}

/* Time is the server's, so that the clocks of several machines need not agree. */
#define NOW "local t = redis.call('time')\nlocal now = t[1] * 1000 + math.floor(t[2] / 1000)\n"

/* KEYS: pair, address, known, strangers, own. ARGV: allowance, longest wait in ms of pair and address. Gives refused,
 * wait in ms, remaining, reset in ms. What would last for longer than it ever can is from before Redis's clock was set
 * back: it counts for nothing. */
static const char ask_script[] =
    NOW "local function wait(key, longest)\n"
	"  local left = tonumber(redis.call('hget', key, 'until') or 0) - now\n"
	"  return left > 0 and left <= longest and left or 0\n"
	"end\n"
	"local known = redis.call('exists', KEYS[3]) == 1\n"
	"local delay = wait(KEYS[1], tonumber(ARGV[2]))\n"
	"if not known then delay = math.max(delay, wait(KEYS[2], tonumber(ARGV[3]))) end\n"
	"local counter = known and KEYS[5] or KEYS[4]\n"
	"local count, left = tonumber(redis.call('get', counter) or 0), redis.call('pttl', counter)\n"
	"if left < 0 or left > 60000 then count = 0; left = 60000 end\n"
	"local max = tonumber(ARGV[1])\n"
	"if delay > 0 then return {1, delay, math.max(0, max - count), left} end\n"
	"if count >= max then return {1, left, 0, left} end\n"
	"if count == 0 then redis.call('set', counter, 1, 'px', left) else redis.call('incr', counter) end\n"
	"return {0, 0, max - count - 1, left}\n";

enum result login_guard_ask(struct cache *c, const struct login_policy *p, const struct login_attempt *a,
    struct login_outcome *out, struct error *e)
{
	struct keys k;
	struct num_text max = num_text(p->per_minute), pair_max = num_text(p->delay_max_s * 1000),
			address_max = num_text(ADDRESS_DELAY_MAX_S * 1000);
	int64_t got[4];
	make_keys(a, &k);
	TRY(cache_run(c, ask_script, 5,
	    (const char *const[]){ k.pair, k.address, k.known, k.strangers, k.own, max.s, pair_max.s, address_max.s },
	    8, got, ARRAY_LEN(got), e));
	*out = (struct login_outcome){
		.refused = got[0] != 0,
		.wait_s = (got[1] + 999) / 1000,
		.max = p->per_minute,
		.remaining = got[2],
		.reset_s = (got[3] + 999) / 1000,
	};
	return ERR_OK;
}

/* KEYS: pair, address. ARGV: free failures and longest wait in ms of each, the first wait. Failures are forgotten after
 * an hour without one, or twice the longest wait. */
static const char failed_script[] =
    NOW "for i = 1, 2 do\n"
	"  local free, longest = tonumber(ARGV[2*i-1]), tonumber(ARGV[2*i])\n"
	"  local n = redis.call('hincrby', KEYS[i], 'n', 1) - free\n"
	"  if n > 0 then\n"
	"    local delay = math.min(longest, tonumber(ARGV[5]) * 2 ^ math.min(n - 1, 30))\n"
	"    redis.call('hset', KEYS[i], 'until', string.format('%.0f', now + delay))\n"
	"  end\n"
	"  redis.call('pexpire', KEYS[i], math.max(3600000, 2 * longest))\n"
	"end\n"
	"return {1}\n";

enum result login_guard_failed(
    struct cache *c, const struct login_policy *p, const struct login_attempt *a, struct error *e)
{
	struct keys k;
	int64_t done;
	struct num_text pair_free = num_text(p->free_failures), pair_max = num_text(p->delay_max_s * 1000),
			address_free = num_text(p->free_failures * ADDRESS_FREE),
			address_max = num_text(ADDRESS_DELAY_MAX_S * 1000), first = num_text(FIRST_DELAY_MS);
	make_keys(a, &k);
	return cache_run(c, failed_script, 2,
	    (const char *const[]){ k.pair, k.address, pair_free.s, pair_max.s, address_free.s, address_max.s, first.s },
	    7, &done, 1, e);
}

static const char passed_script[] = "redis.call('del', KEYS[1])\n"
				    "redis.call('set', KEYS[2], 1, 'ex', ARGV[1])\n"
				    "return {1}\n";

enum result login_guard_passed(struct cache *c, const struct login_attempt *a, struct error *e)
{
	struct keys k;
	int64_t done;
	struct num_text life = num_text(KNOWN_S);
	make_keys(a, &k);
	return cache_run(c, passed_script, 2, (const char *const[]){ k.pair, k.known, life.s }, 3, &done, 1, e);
}
