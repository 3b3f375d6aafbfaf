#include "clock.h"
#include "login_guard.h"
#include "test_redis.h"

static TALLOC_CTX *mem;
static struct error err;
static struct cache *cache;
static const struct login_policy policy = { .free_failures = 3, .delay_max_s = 8, .per_minute = 20 };
static const struct login_attempt owner = { "compte", "192.0.2.1" }, stranger = { "compte", "198.51.100.7" };

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

TestSuite(login_guard, .init = set_up, .fini = tear_down, .timeout = 60);

static struct login_outcome ask(struct login_attempt a)
{
	struct login_outcome o;
	error_clear(&err);
	cr_assert_eq(login_guard_ask(cache, &policy, &a, &o, &err), ERR_OK, "%s", err.cause);
	return o;
}

static void fail(struct login_attempt a)
{
	error_clear(&err);
	cr_assert_eq(login_guard_failed(cache, &policy, &a, &err), ERR_OK, "%s", err.cause);
}

static void pass(struct login_attempt a)
{
	error_clear(&err);
	cr_assert_eq(login_guard_passed(cache, &a, &err), ERR_OK, "%s", err.cause);
}

Test(login_guard, failures_make_the_pair_wait_longer_and_longer_up_to_a_cap)
{
	const int64_t waits[] = { 0, 0, 0, 1, 2, 4, 8, 8, 8 };
	for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
		int64_t begun = clock_mono_us();
		fail(stranger);
		struct login_outcome o = ask(stranger);
		/* Some of the wait may be over: the machine is busy. */
		int64_t left_us = waits[i] * 1000000 - (clock_mono_us() - begun);
		cr_assert_eq(o.refused, o.wait_s > 0, "%zu", i);
		cr_assert(o.wait_s <= waits[i] && o.wait_s * 1000000 >= left_us, "%zu: %lld", i, (long long)o.wait_s);
		/* The wait is over. */
		redis(mem, "hset login:pair:compte:198.51.100.7 until 0");
	}
	cr_assert_not(ask(stranger).refused);
}

Test(login_guard, what_a_stranger_does_keeps_the_owner_waiting_for_nothing)
{
	pass(owner);
	for (int i = 0; i < 29; i++)
		fail(stranger);
	cr_assert(ask(stranger).refused);
	struct login_outcome o = ask(owner);
	cr_assert(!o.refused && o.remaining == 19);
}

Test(login_guard, many_addresses_share_one_allowance_and_the_owners_is_his_own)
{
	pass(owner);
	for (int i = 0; i < 20; i++) {
		const char *address = mem_printf(mem, "203.0.113.%d", i);
		cr_assert_not(ask((struct login_attempt){ "compte", address }).refused, "%d", i);
	}
	struct login_outcome o = ask((struct login_attempt){ "compte", "203.0.113.200" });
	cr_assert(o.refused && o.wait_s > 50 && o.wait_s <= 60 && o.remaining == 0);
	cr_assert_not(ask(owner).refused);
	cr_assert_not(ask((struct login_attempt){ "autre", "203.0.113.200" }).refused);
}

Test(login_guard, one_address_on_many_accounts_waits_too_but_not_where_it_is_known)
{
	struct login_attempt known = { "connu", "198.51.100.7" };
	pass(known);
	/* Thirty are free; the sixth after them brings a wait of 32 seconds. */
	for (int i = 0; i < 36; i++)
		fail((struct login_attempt){ mem_printf(mem, "compte-%d", i), "198.51.100.7" });
	struct login_outcome o = ask((struct login_attempt){ "encore-un", "198.51.100.7" });
	cr_assert(o.refused && o.wait_s > 16 && o.wait_s <= 32, "%lld", (long long)o.wait_s);
	cr_assert_not(ask(known).refused);
	cr_assert_not(ask((struct login_attempt){ "encore-un", "198.51.100.8" }).refused);
}

Test(login_guard, the_right_password_forgives)
{
	for (int i = 0; i < 7; i++)
		fail(owner);
	cr_assert(ask(owner).refused);
	pass(owner);
	cr_assert_not(ask(owner).refused);
	fail(owner);
	cr_assert_not(ask(owner).refused, "counting begins anew");
}

Test(login_guard, failures_are_forgotten)
{
	fail(stranger);
	cr_assert_eq(system(mem_printf(mem,
			 "test $(redis-cli -s %s pttl login:pair:compte:198.51.100.7) -gt 3500000 -a"
			 " $(redis-cli -s %s pttl login:address:198.51.100.7) -gt 3500000",
			 url + 7, url + 7)),
	    0);
}

Test(login_guard, a_clock_that_is_set_back_shuts_nobody_out)
{
	/* What Redis sees once its clock went back by an hour: a wait and a counter that end an hour too late. */
	for (int i = 0; i < 5; i++)
		fail(stranger);
	cr_assert(ask(stranger).refused);
	redis(mem, "hset login:pair:compte:198.51.100.7 until 99999999999999");
	redis(mem, "set login:account:compte 20 px 3660000");
	struct login_outcome o = ask(stranger);
	cr_assert(!o.refused && o.remaining == 19 && o.reset_s <= 60);
	fail(stranger);
	cr_assert(ask(stranger).refused, "the next failure makes it wait again");
}
