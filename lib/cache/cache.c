/* The connection to Redis. hiredis 0.14 neither reconnects by itself nor keeps the timeout of commands when told to
 * (redisReconnect forgets it), so a connection that failed is thrown away and made anew, set up from nothing. */
#include "cache.h"
#include "cache_url.h"
#include "clock.h"

#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <string.h>
#include <sys/time.h>

#define TIMEOUT_MS 200
#define PAUSE_MIN_US 100000
#define PAUSE_MAX_US 5000000

struct cache {
	struct cache_url url;
	struct timeval connect, command;
	int64_t (*clock_us)(void);
	redisContext *redis; /* NULL: not connected */
	int64_t pause_us;    /* 0: the last call went well */
	int64_t not_before;  /* while pausing */
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

static enum result ping(struct cache *c, struct error *e)
{
	TRY(connected(c, e));
	return command(c, "PONG", e, "PING");
}

enum result cache_ping(struct cache *c, int64_t *latency_us, struct error *e)
{
	int64_t start = clock_mono_us();
	bool was_connected = c->redis != NULL;
	enum result r = ping(c, e);
	if (r != ERR_OK && was_connected) {
		/* The server may have been started again since: that is no failure yet. */
		error_clear(e);
		c->pause_us = 0;
		r = ping(c, e);
	}
	if (r != ERR_OK)
		return r;
	c->pause_us = 0;
	if (latency_us)
		*latency_us = clock_mono_us() - start;
	return ERR_OK;
}
