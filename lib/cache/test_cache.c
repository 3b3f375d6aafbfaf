#include "cache.h"
#include "cache_url.h"
#include "clock.h"
#include "test_redis.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static TALLOC_CTX *mem;
static struct error err;
static int64_t now; /* what the handle takes for the time */

static int64_t clock_of_test(void)
{
	return now;
}

static void set_up(void)
{
	mem = mem_new("test", 0);
	redis_folder();
	error_clear(&err);
	now = 1;
}

static void tear_down(void)
{
	redis_clear();
	talloc_free(mem);
}

TestSuite(cache, .init = set_up, .fini = tear_down, .timeout = 120);

static struct cache *open_for(const char *address, int command_ms)
{
	struct cache *c = NULL;
	struct cache_options options = { .command_ms = command_ms, .clock_us = clock_of_test };
	cr_assert_eq(cache_open(mem, address, &options, &c, &err), ERR_OK);
	return c;
}

/* With time enough for a busy machine: a server that is there answers, one that is not says so at once. */
static struct cache *open_at(const char *address)
{
	return open_for(address, 30000);
}

static enum result ping(struct cache *c)
{
	error_clear(&err);
	return cache_ping(c, NULL, &err);
}

Test(cache, a_server_answers_and_the_time_is_told)
{
	server_start("");
	struct cache *c = open_at(url);
	int64_t latency = -1;
	cr_assert_eq(cache_ping(c, &latency, &err), ERR_OK, "%s", err.cause);
	cr_assert(latency >= 0 && latency < 30000000);
	cr_assert_eq(ping(c), ERR_OK, "again, over the same connection");
}

Test(cache, without_a_server_opening_works_and_asking_says_so)
{
	struct cache *c = open_at(url);
	cr_assert_eq(ping(c), ERR_UNAVAILABLE);
	cr_assert(strstr(err.cause, "connect"), "%s", err.cause);
}

Test(cache, after_a_failure_it_pauses_and_then_heals)
{
	struct cache *c = open_at(url);
	cr_assert_eq(ping(c), ERR_UNAVAILABLE);
	server_start("");
	cr_assert_eq(ping(c), ERR_UNAVAILABLE);
	cr_assert(strstr(err.cause, "pausing"), "%s", err.cause);
	now += 99999;
	cr_assert_eq(ping(c), ERR_UNAVAILABLE);
	now += 1;
	cr_assert_eq(ping(c), ERR_OK);
}

Test(cache, pauses_grow_to_five_seconds_and_no_further)
{
	struct cache *c = open_at(url);
	const int64_t pauses[] = { 100000, 200000, 400000, 800000, 1600000, 3200000, 5000000, 5000000 };
	for (size_t i = 0; i < ARRAY_LEN(pauses); i++) {
		cr_assert_eq(ping(c), ERR_UNAVAILABLE);
		cr_assert(strstr(err.cause, "connect"), "%zu: %s", i, err.cause);
		now += pauses[i] - 1;
		cr_assert_eq(ping(c), ERR_UNAVAILABLE);
		cr_assert(strstr(err.cause, "pausing"), "%zu: %s", i, err.cause);
		now += 1;
	}
}

Test(cache, a_server_started_again_is_no_failure)
{
	server_start("");
	struct cache *c = open_at(url);
	cr_assert_eq(ping(c), ERR_OK);
	server_stop();
	server_start("");
	cr_assert_eq(ping(c), ERR_OK, "%s", err.cause);
	server_stop();
	cr_assert_eq(ping(c), ERR_UNAVAILABLE);
	server_start("");
	now += 100000;
	cr_assert_eq(ping(c), ERR_OK, "%s", err.cause);
}

Test(cache, a_password_opens_and_is_never_told)
{
	server_start("s3cr3t/x");
	char address[256];
	snprintf(address, sizeof(address), "unix://:s3cr3t%%2Fx@%s/s?db=3", root);
	cr_assert_eq(ping(open_at(address)), ERR_OK, "%s", err.cause);
	cr_assert_eq(ping(open_at(url)), ERR_UNAVAILABLE);
	cr_assert(strstr(err.cause, "NOAUTH"), "%s", err.cause);
	snprintf(address, sizeof(address), "unix://:wr0ng@%s/s", root);
	cr_assert_eq(ping(open_at(address)), ERR_UNAVAILABLE);
	cr_assert(strstr(err.cause, "WRONGPASS") && !strstr(err.cause, "wr0ng"), "%s", err.cause);
	snprintf(address, sizeof(address), "unix://default:s3cr3t%%2Fx@%s/s", root);
	cr_assert_eq(ping(open_at(address)), ERR_OK, "%s", err.cause);
	snprintf(address, sizeof(address), "unix://:s3cr3t%%2Fx@%s/s?db=999", root);
	cr_assert_eq(ping(open_at(address)), ERR_UNAVAILABLE, "no such database");
}

Test(cache, a_silent_server_costs_the_timeout_also_after_a_reconnection)
{
	/* Accepts connections by its backlog and never says a word. */
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	cr_assert(strlen(url + 7) < sizeof(at.sun_path));
	memcpy(at.sun_path, url + 7, strlen(url + 7));
	cr_assert_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	cr_assert_eq(listen(fd, 16), 0);
	struct cache *c = open_for(url, 100);
	for (int i = 0; i < 2; i++) {
		int64_t start = clock_mono_us();
		cr_assert_eq(ping(c), ERR_UNAVAILABLE);
		int64_t took = clock_mono_us() - start;
		cr_assert(took >= 95000 && took < 20000000, "%lld us", (long long)took);
		now += 10000000;
	}
	close(fd);
}

#define SCRIPT "return {redis.call('incr', KEYS[1]), tonumber(ARGV[1])}"

static int64_t run(struct cache *c, const char *script)
{
	int64_t out[2] = { -1, -1 };
	error_clear(&err);
	if (cache_run(c, script, 1, (const char *const[]){ "n", "42" }, 2, out, 2, &err) != ERR_OK)
		return -1;
	cr_assert_eq(out[1], 42);
	return out[0];
}

Test(cache, scripts_run_and_are_sent_again_when_the_server_forgot_them)
{
	static const char script[] = SCRIPT, flush[] = "redis.call('incr', KEYS[1])\nreturn {1, tonumber(ARGV[1])}";
	server_start("");
	struct cache *c = open_at(url), *other = open_at(url);
	cr_assert_eq(run(c, script), 1, "%s", err.cause);
	cr_assert_eq(run(c, script), 2);
	cr_assert_eq(run(other, script), 3);
	cr_assert_eq(run(c, flush), 1);
	redis(mem, "script flush");
	cr_assert_eq(run(c, script), 5, "%s", err.cause);
	server_stop();
	server_start("");
	cr_assert_eq(run(c, script), 1, "another server: %s", err.cause);
	server_stop();
	cr_assert_eq(run(c, script), -1);
	cr_assert_eq(err.code, ERR_UNAVAILABLE);
}

Test(cache, a_script_that_fails_or_answers_otherwise_is_told)
{
	static const char wrong[] = "return redis.call('nonsense')", few[] = "return {1}", text[] = "return {'x', 1}";
	server_start("");
	struct cache *c = open_at(url);
	const char *all[] = { wrong, few, text };
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		cr_assert_eq(run(c, all[i]), -1, "%zu", i);
		now += 10000000;
	}
	cr_assert_eq(ping(c), ERR_OK);
}

static enum result parse(const char *s, struct cache_url *out)
{
	error_clear(&err);
	return cache_url_parse(mem, s, out, &err);
}

Test(cache, addresses_of_both_kinds_are_read)
{
	struct cache_url u;
	cr_assert_eq(parse("redis://127.0.0.1:6379/0", &u), ERR_OK);
	cr_assert(!u.socket && u.port == 6379 && u.db == 0 && !u.user && !u.password);
	cr_assert_str_eq(u.host, "127.0.0.1");
	cr_assert_eq(parse("redis://redis", &u), ERR_OK);
	cr_assert(u.port == 6379 && u.db == 0);
	cr_assert_str_eq(u.host, "redis");
	cr_assert_eq(parse("redis://:p%40ss%3A@h:1/15", &u), ERR_OK);
	cr_assert_str_eq(u.password, "p@ss:");
	cr_assert(!u.user && u.port == 1 && u.db == 15);
	cr_assert_eq(parse("redis://anna:a@b@h/", &u), ERR_OK);
	cr_assert_str_eq(u.user, "anna");
	cr_assert_str_eq(u.password, "a@b");
	cr_assert_eq(parse("redis://[::1]:7000/2", &u), ERR_OK);
	cr_assert_str_eq(u.host, "::1");
	cr_assert(u.port == 7000 && u.db == 2);
	cr_assert_eq(parse("unix:///run/redis/redis.sock?db=4", &u), ERR_OK);
	cr_assert_str_eq(u.socket, "/run/redis/redis.sock");
	cr_assert_eq(u.db, 4);
	cr_assert_eq(parse("unix://:pw@/run/s", &u), ERR_OK);
	cr_assert_str_eq(u.password, "pw");
	cr_assert_str_eq(u.socket, "/run/s");
}

Test(cache, other_addresses_are_refused_without_repeating_them)
{
	const char *bad[] = { "", "redis://", "redis:///0", "redis://:6379", "http://s3cr3t", "127.0.0.1:6379",
		"rediss://:s3cr3t@h:6379/0", "redis://h:0", "redis://h:65536", "redis://h:x",
		"redis://h:", "redis://h/x", "redis://h/-1", "redis://h/1/2", "redis://s3cr3t@h", "redis://:s3cr3t%@h",
		"redis://:s3cr3t%0@h", "redis://:s3cr3t%00@h", "redis://:s3cr3t%zz@h", "redis://[::1", "redis://[::1]x",
		"unix://", "unix:///", "unix://run/s", "unix:///s?x=1", "unix:///s?db=", "unix:///s?db=x", NULL };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct cache_url u;
		cr_assert_eq(parse(bad[i], &u), ERR_INVALID_SETTING, "%s", bad[i]);
		cr_assert_str_eq(err.faults[0].args[0].value, "REDIS_URL");
		cr_assert_not(strstr(err.faults[0].args[1].value, "s3cr3t"));
		struct cache *c;
		error_clear(&err);
		cr_assert_eq(cache_open(mem, bad[i], NULL, &c, &err), ERR_INVALID_SETTING);
	}
	struct cache_url u;
	cr_assert_eq(parse("rediss://h", &u), ERR_INVALID_SETTING);
	cr_assert(strstr(err.faults[0].args[1].value, "TLS"));
}
