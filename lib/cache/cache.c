/* The connection to Redis. hiredis 0.14 neither reconnects by itself nor keeps the timeout of commands when told to
 * (redisReconnect forgets it), so a connection that failed is thrown away and made anew, set up from nothing. */
#include "cache.h"
#include "cache_url.h"
#include "clock.h"
#include "metrics.h"

#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <string.h>
#include <sys/time.h>

#define TIMEOUT_MS 200
#define PAUSE_MIN_US 100000
#define PAUSE_MAX_US 5000000

#define SCRIPTS_MAX 8

struct cache {
	struct cache_url url;
	struct timeval connect, command;
	int64_t (*clock_us)(void);
	redisContext *redis; /* NULL: not connected */
	int64_t pause_us;    /* 0: the last call went well */
	int64_t not_before;  /* while pausing */
	/* Scripts that this server has been given, by their text's address. */
	struct {
		const char *text;
		char sha[41];
	} scripts[SCRIPTS_MAX];
	size_t n_scripts;
};

static int cache_free(struct cache *c)
{
	if (c->redis)
		redisFree(c->redis);
	return 0;
}

static struct timeval milliseconds(unsigned ms)
{
	ms = ms ? ms : TIMEOUT_MS;
	return (struct timeval){ ms / 1000, (suseconds_t)(ms % 1000) * 1000 };
}

enum result cache_open(
    TALLOC_CTX *mem, const char *url, const struct cache_options *options, struct cache **out, struct error *e)
{
	static const struct cache_options defaults = { 0 };
	const struct cache_options *o = options ? options : &defaults;
	struct cache *c = mem_zero(mem, struct cache);
	enum result r = cache_url_parse(c, url, &c->url, e);
	if (r != ERR_OK) {
		talloc_free(c);
		return r;
	}
	c->connect = milliseconds(o->connect_ms);
	c->command = milliseconds(o->command_ms);
	c->clock_us = o->clock_us ? o->clock_us : clock_mono_us;
	talloc_set_destructor(c, cache_free);
	*out = c;
	return ERR_OK;
}

/* Ends the connection and begins or lengthens the pause. */
static enum result failed(struct cache *c, struct error *e, const char *what, const char *why)
{
	metric_add(METRIC_REDIS_FAILURES, 0, 1);
	error_cause(e, "redis: %s: %s", what, why);
	if (c->redis)
		redisFree(c->redis);
	c->redis = NULL;
	c->pause_us = c->pause_us ? 2 * c->pause_us : PAUSE_MIN_US;
	if (c->pause_us > PAUSE_MAX_US)
		c->pause_us = PAUSE_MAX_US;
	c->not_before = c->clock_us() + c->pause_us;
	return error_set(e, ERR_UNAVAILABLE, NULL);
}

/* One command that must be answered by the status `expected`. */
static enum result command(struct cache *c, const char *expected, struct error *e, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	redisReply *reply = redisvCommand(c->redis, format, args);
	va_end(args);
	if (!reply || c->redis->err) {
		if (reply)
			freeReplyObject(reply);
		return failed(c, e, "no answer", c->redis->errstr);
	}
	bool ok = reply->type == REDIS_REPLY_STATUS && strcmp(reply->str, expected) == 0;
	enum result r = ERR_OK;
	if (!ok)
		r = failed(c, e, "unexpected answer", reply->type == REDIS_REPLY_ERROR ? reply->str : "not a status");
	freeReplyObject(reply);
	return r;
}

/* What a new connection needs: the timeout of its commands, who we are, which database. */
static enum result set_up(struct cache *c, struct error *e)
{
	c->n_scripts = 0; /* it may be another server */
	if (redisSetTimeout(c->redis, c->command) != REDIS_OK)
		return failed(c, e, "set a timeout", c->redis->errstr);
	if (c->url.user)
		TRY(command(c, "OK", e, "AUTH %s %s", c->url.user, c->url.password));
	else if (c->url.password)
		TRY(command(c, "OK", e, "AUTH %s", c->url.password));
	if (c->url.db)
		TRY(command(c, "OK", e, "SELECT %d", c->url.db));
	return ERR_OK;
}

static enum result connected(struct cache *c, struct error *e)
{
	if (c->redis)
		return ERR_OK;
	if (c->pause_us && c->clock_us() < c->not_before) {
		error_cause(e, "redis: pausing after a failure");
		return error_set(e, ERR_UNAVAILABLE, NULL);
	}
	c->redis = c->url.socket ? redisConnectUnixWithTimeout(c->url.socket, c->connect)
				 : redisConnectWithTimeout(c->url.host, c->url.port, c->connect);
	if (!c->redis || c->redis->err)
		return failed(c, e, "connect", c->redis ? c->redis->errstr : "no memory");
	return set_up(c, e);
}

static enum result ping(struct cache *c, void *call, struct error *e)
{
	(void)call;
	TRY(connected(c, e));
	return command(c, "PONG", e, "PING");
}

/* Makes a call; once more when the connection had been made before, as the server may have been started again since:
 * that is no failure yet. */
static enum result twice(
    struct cache *c, enum result (*fn)(struct cache *c, void *call, struct error *e), void *call, struct error *e)
{
	bool was_connected = c->redis != NULL;
	enum result r = fn(c, call, e);
	if (r != ERR_OK && was_connected && !c->redis) {
		error_clear(e);
		c->pause_us = 0;
		r = fn(c, call, e);
	}
	if (r == ERR_OK)
		c->pause_us = 0;
	return r;
}

enum result cache_ping(struct cache *c, int64_t *latency_us, struct error *e)
{
	int64_t start = clock_mono_us();
	TRY(twice(c, ping, NULL, e));
	if (latency_us)
		*latency_us = clock_mono_us() - start;
	return ERR_OK;
}

struct script_call {
	const char *text;
	size_t n_keys, n_args; /* args: the keys first */
	const char *const *args;
	int64_t *out;
	size_t n_out;
};

/* Gives the server a script, which it then knows by its SHA-1. */
static enum result load(struct cache *c, const char *text, const char **sha, struct error *e)
{
	size_t i = 0;
	while (i < c->n_scripts && c->scripts[i].text != text)
		i++;
	if (i == SCRIPTS_MAX)
		BUG("more than %d scripts", SCRIPTS_MAX);
	*sha = c->scripts[i].sha;
	if (i < c->n_scripts && c->scripts[i].sha[0])
		return ERR_OK;
	redisReply *reply = redisCommand(c->redis, "SCRIPT LOAD %s", text);
	if (!reply || c->redis->err) {
		if (reply)
			freeReplyObject(reply);
		return failed(c, e, "no answer", c->redis->errstr);
	}
	bool ok = reply->type == REDIS_REPLY_STRING && reply->len == 40;
	enum result r = ERR_OK;
	if (ok) {
		c->scripts[i].text = text;
		memcpy(c->scripts[i].sha, reply->str, 41);
		c->n_scripts += i == c->n_scripts;
	} else {
		r = failed(c, e, "load a script", reply->type == REDIS_REPLY_ERROR ? reply->str : "no digest");
	}
	freeReplyObject(reply);
	return r;
}

static enum result take_numbers(
    struct cache *c, const redisReply *reply, const struct script_call *call, struct error *e)
{
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != call->n_out)
		return failed(c, e, "a script", reply->type == REDIS_REPLY_ERROR ? reply->str : "unexpected answer");
	for (size_t i = 0; i < call->n_out; i++) {
		if (reply->element[i]->type != REDIS_REPLY_INTEGER)
			return failed(c, e, "a script", "not a number");
		call->out[i] = reply->element[i]->integer;
	}
	return ERR_OK;
}

static enum result run_script(struct cache *c, void *self, struct error *e)
{
	const struct script_call *call = self;
	const char *argv[3 + CACHE_MAX_ARGS], *sha;
	struct num_text n_keys = num_text((long long)call->n_keys);
	TRY(connected(c, e));
	TRY(load(c, call->text, &sha, e));
	argv[0] = "EVALSHA";
	argv[1] = sha;
	argv[2] = n_keys.s;
	memcpy(argv + 3, call->args, call->n_args * sizeof *argv);
	redisReply *reply = redisCommandArgv(c->redis, (int)(3 + call->n_args), argv, NULL);
	if (!reply || c->redis->err) {
		if (reply)
			freeReplyObject(reply);
		return failed(c, e, "no answer", c->redis->errstr);
	}
	enum result r;
	if (reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "NOSCRIPT", 8) == 0) {
		/* Its scripts were flushed: a new connection brings them again. */
		r = failed(c, e, "a script", reply->str);
	} else {
		r = take_numbers(c, reply, call, e);
	}
	freeReplyObject(reply);
	return r;
}

enum result cache_run(struct cache *c, const char *script, size_t n_keys, const char *const *args, size_t n_args,
    int64_t *out, size_t n_out, struct error *e)
{
	if (n_args > CACHE_MAX_ARGS)
		BUG("a script with %zu arguments", n_args);
	struct script_call call = { script, n_keys, n_args, args, out, n_out };
	return twice(c, run_script, &call, e);
}
