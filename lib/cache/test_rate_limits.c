#include "rate_limits.h"
#include "test_redis.h"

static TALLOC_CTX *mem;
static struct error err;
static struct cache *cache;

static void set_up(void)
{
	mem = mem_new("test", 0);
	cache = redis_begin(mem);
}

static void tear_down(void)
{
	redis_clear();
	talloc_free(mem);
}

TestSuite(limits, .init = set_up, .fini = tear_down, .timeout = 60);

static struct limit_outcome take(const struct limit_counter *counters, size_t n, const char *session)
{
	struct limit_outcome out;
	error_clear(&err);
	cr_assert_eq(limits_take(cache, counters, n, session, &out, &err), ERR_OK, "%s", err.cause);
	return out;
}

static struct limit_outcome take_one(const char *key, int64_t max, int64_t cost)
{
	return take(&(struct limit_counter){ key, max, 60, cost }, 1, NULL);
}

Test(limits, so_many_and_no_more_then_the_window_ends)
{
	for (int i = 1; i <= 3; i++) {
		struct limit_outcome o = take_one("a", 3, 1);
		cr_assert(!o.refused && o.max == 3 && o.remaining == 3 - i, "%d: %lld", i, (long long)o.remaining);
		cr_assert(o.reset_s > 50 && o.reset_s <= 60);
	}
	struct limit_outcome o = take_one("a", 3, 1);
	cr_assert(o.refused && o.remaining == 0 && o.reset_s > 50 && o.reset_s <= 60);
	cr_assert_not(take_one("b", 3, 1).refused, "another's counter");
	redis(mem, "pexpire a 1");
	usleep(5000);
	o = take_one("a", 3, 1);
	cr_assert(!o.refused && o.remaining == 2);
}

Test(limits, refusals_cost_nothing)
{
	cr_assert_not(take_one("bytes", 100, 60).refused);
	cr_assert(take_one("bytes", 100, 60).refused);
	struct limit_outcome o = take_one("bytes", 100, 40);
	cr_assert(!o.refused && o.remaining == 0);
	cr_assert_not(take_one("bytes", 100, 0).refused, "nothing costs nothing");
}

Test(limits, of_several_counters_all_or_none)
{
	struct limit_counter both[] = { { "few", 2, 60, 1 }, { "many", 100, 3600, 10 } };
	struct limit_outcome o = take(both, 2, NULL);
	cr_assert(!o.refused && o.max == 2 && o.remaining == 1, "the one that is nearest to its end is shown");
	take(both, 2, NULL);
	o = take(both, 2, NULL);
	cr_assert(o.refused && o.max == 2);
	cr_assert_eq(take(&(struct limit_counter){ "many", 100, 3600, 1 }, 1, NULL).remaining, 79,
	    "nothing was taken by the refused one");
	struct limit_counter large[] = { { "other", 1000, 60, 1 }, { "many", 100, 3600, 90 } };
	o = take(large, 2, NULL);
	cr_assert(o.refused && o.max == 100 && o.reset_s > 60, "the one that refused is shown");
	cr_assert_eq(take_one("other", 1000, 1).remaining, 999);
}

Test(limits, the_mark_of_a_session_comes_with_it)
{
	struct limit_counter one = { "a", 10, 60, 1 };
	cr_assert_not(take(&one, 1, "ended:x").session_ended);
	error_clear(&err);
	cr_assert_eq(limits_mark(cache, "ended:x", 60, &err), ERR_OK, "%s", err.cause);
	cr_assert(take(&one, 1, "ended:x").session_ended);
	cr_assert_not(take(&one, 1, "ended:y").session_ended);
	cr_assert_not(take(&one, 1, NULL).session_ended);
}

Test(limits, a_clock_that_is_set_back_shuts_nobody_out)
{
	for (int i = 0; i < 3; i++)
		take_one("a", 3, 1);
	cr_assert(take_one("a", 3, 1).refused);
	/* What Redis sees once its clock went back by an hour. */
	redis(mem, "pexpire a 3660000");
	struct limit_outcome o = take_one("a", 3, 1);
	cr_assert(!o.refused && o.remaining == 2 && o.reset_s <= 60);
	for (int i = 0; i < 2; i++)
		cr_assert_not(take_one("a", 3, 1).refused);
	cr_assert(take_one("a", 3, 1).refused, "it counts again");
}

Test(limits, a_counter_without_an_end_is_begun_anew)
{
	redis(mem, "set a 1000");
	struct limit_outcome o = take_one("a", 3, 1);
	cr_assert(!o.refused && o.remaining == 2 && o.reset_s > 50);
}

Test(limits, many_at_once_share_the_places)
{
	pid_t children[8];
	for (size_t i = 0; i < ARRAY_LEN(children); i++) {
		children[i] = fork();
		if (children[i] == 0) {
			struct cache *own;
			int taken = 0;
			error_clear(&err);
			if (cache_open(mem, url, &(struct cache_options){ .command_ms = 5000 }, &own, &err) != ERR_OK)
				_exit(100);
			for (int k = 0; k < 20; k++) {
				struct limit_outcome o;
				struct limit_counter c = { "shared", 50, 60, 1 };
				error_clear(&err);
				if (limits_take(own, &c, 1, NULL, &o, &err) != ERR_OK)
					_exit(101);
				taken += !o.refused;
			}
			_exit(taken);
		}
	}
	int all = 0;
	for (size_t i = 0; i < ARRAY_LEN(children); i++) {
		int status;
		waitpid(children[i], &status, 0);
		cr_assert(WIFEXITED(status) && WEXITSTATUS(status) <= 20);
		all += WEXITSTATUS(status);
	}
	cr_assert_eq(all, 50);
}

Test(limits, without_a_server_it_says_so)
{
	struct limit_outcome out;
	server_stop();
	error_clear(&err);
	struct limit_counter one = { "a", 10, 60, 1 };
	cr_assert_eq(limits_take(cache, &one, 1, NULL, &out, &err), ERR_UNAVAILABLE);
}
