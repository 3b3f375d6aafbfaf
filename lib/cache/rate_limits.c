#include "rate_limits.h"

#include <string.h>

/* KEYS: the counters, then the mark. ARGV: max, window in ms and cost of each. A counter that lasts for longer than its
 * window is from before Redis's clock was set back: it would shut people out until that time comes again. */
static const char take_script[] =
    "local n, refused, shown, least = #KEYS - 1, 0, 1, nil\n"
    "local count, left = {}, {}\n"
    "for i = 1, n do\n"
    "  local max, window, cost = tonumber(ARGV[3*i-2]), tonumber(ARGV[3*i-1]), tonumber(ARGV[3*i])\n"
    "  count[i] = tonumber(redis.call('get', KEYS[i]) or 0)\n"
    "  left[i] = redis.call('pttl', KEYS[i])\n"
    "  if left[i] < 0 or left[i] > window then count[i] = 0; left[i] = window end\n"
    "  if refused == 0 and count[i] + cost > max then refused = i end\n"
    "end\n"
    "for i = 1, n do\n"
    "  local max, window, cost = tonumber(ARGV[3*i-2]), tonumber(ARGV[3*i-1]), tonumber(ARGV[3*i])\n"
    "  if refused == 0 then\n"
    "    if count[i] == 0 then redis.call('set', KEYS[i], cost, 'px', left[i])\n"
    "    else redis.call('incrby', KEYS[i], cost) end\n"
    "    count[i] = count[i] + cost\n"
    "  end\n"
    "  local part = (max - count[i]) / max\n"
    "  if not least or part < least then least = part; shown = i end\n"
    "end\n"
    "if refused > 0 then shown = refused end\n"
    "return {refused, shown, math.max(0, tonumber(ARGV[3*shown-2]) - count[shown]), left[shown],\n"
    "  redis.call('exists', KEYS[n+1])}\n";

enum result limits_take(struct cache *c, const struct limit_counter *counters, size_t n, const char *session_key,
    struct limit_outcome *out, struct error *e)
{
	struct num_text numbers[3 * LIMITS_MAX];
	const char *args[LIMITS_MAX + 1 + 3 * LIMITS_MAX];
	int64_t got[5];
	if (n == 0 || n > LIMITS_MAX)
		BUG("%zu limits", n);
	for (size_t i = 0; i < n; i++) {
		args[i] = counters[i].key;
		numbers[3 * i] = num_text(counters[i].max);
		numbers[3 * i + 1] = num_text(counters[i].window_s * 1000);
		numbers[3 * i + 2] = num_text(counters[i].cost);
	}
	args[n] = session_key ? session_key : "-";
	for (size_t i = 0; i < 3 * n; i++)
		args[n + 1 + i] = numbers[i].s;
	TRY(cache_run(c, take_script, n + 1, args, 4 * n + 1, got, ARRAY_LEN(got), e));
	*out = (struct limit_outcome){
		.refused = got[0] != 0,
		.session_ended = session_key && got[4] != 0,
		.max = counters[got[1] - 1].max,
		.remaining = got[2],
		.reset_s = (got[3] + 999) / 1000,
	};
	return ERR_OK;
}

static const char mark_script[] = "redis.call('set', KEYS[1], 1, 'ex', ARGV[1])\nreturn {1}\n";

enum result limits_mark(struct cache *c, const char *key, int64_t seconds, struct error *e)
{
	int64_t done;
	struct num_text life = num_text(seconds);
	return cache_run(c, mark_script, 1, (const char *const[]){ key, life.s }, 2, &done, 1, e);
}
