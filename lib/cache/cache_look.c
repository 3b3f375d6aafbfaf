#include "cache_look.h"
#include "cache_url.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WAIT_S 2
/* What limits and the brake on logins do to keys, to one of our own that is gone at once. */
#define TRY_ALL \
	"redis.call('incrby', KEYS[1], 1) redis.call('pexpire', KEYS[1], 1000) redis.call('pttl', KEYS[1]) " \
	"redis.call('get', KEYS[1]) redis.call('del', KEYS[1]) " \
	"redis.call('hincrby', KEYS[2], 'a', 1) redis.call('hget', KEYS[2], 'a') redis.call('pexpire', KEYS[2], " \
	"1000) " \
	"redis.call('del', KEYS[2]) redis.call('set', KEYS[1], '1', 'PX', 1000) redis.call('exists', KEYS[1]) " \
	"redis.call('time') return redis.call('del', KEYS[1])"

struct look {
	TALLOC_CTX *mem;
	redisContext *redis;
};

static void clean(void *arg)
{
	struct look *l = arg;
	if (l->redis)
		redisFree(l->redis);
}

static enum result failed(struct look *l, struct error *e)
{
	error_cause(e, "redis: %s", l->redis ? l->redis->errstr : "no memory");
	return error_set(e, ERR_UNAVAILABLE, NULL);
}

/* The answer's text, or that of an error (*refused), in mem. */
static enum result ask(
    struct look *l, int argc, const char **argv, const char **text, const char **refused, struct error *e)
{
	redisReply *r = redisCommandArgv(l->redis, argc, argv, NULL);
	*text = *refused = NULL;
	if (!r)
		return failed(l, e);
	if (r->type == REDIS_REPLY_ERROR)
		*refused = mem_strndup(l->mem, r->str, r->len);
	else if (r->type == REDIS_REPLY_STRING || r->type == REDIS_REPLY_STATUS)
		*text = mem_strndup(l->mem, r->str, r->len);
	else if (r->type == REDIS_REPLY_ARRAY && r->elements == 2 && r->element[1]->type == REDIS_REPLY_STRING)
		*text = mem_strndup(l->mem, r->element[1]->str, r->element[1]->len); /* CONFIG GET */
	freeReplyObject(r);
	return ERR_OK;
}

static enum result demand(struct look *l, int argc, const char **argv, struct error *e)
{
	const char *text, *refused;
	TRY(ask(l, argc, argv, &text, &refused, e));
	if (!refused)
		return ERR_OK;
	error_cause(e, "redis: %s", refused);
	return error_set(e, ERR_UNAVAILABLE, NULL);
}

static enum result enter(struct look *l, const struct cache_url *url, struct error *e)
{
	struct timeval wait = { WAIT_S, 0 };
	l->redis = url->socket ? redisConnectUnixWithTimeout(url->socket, wait)
			       : redisConnectWithTimeout(url->host, url->port, wait);
	if (!l->redis || l->redis->err || redisSetTimeout(l->redis, wait) != REDIS_OK)
		return failed(l, e);
	if (url->user)
		TRY(demand(l, 3, (const char *[]){ "AUTH", url->user, url->password }, e));
	else if (url->password)
		TRY(demand(l, 2, (const char *[]){ "AUTH", url->password }, e));
	if (url->db)
		TRY(demand(l, 2, (const char *[]){ "SELECT", num_text(url->db).s }, e));
	return demand(l, 1, (const char *[]){ "PING" }, e);
}

/* A line of INFO, in mem; NULL when there is none. */
static const char *info_line(TALLOC_CTX *mem, const char *info, const char *name)
{
	const char *at = info ? strstr(info, name) : NULL;
	if (!at || (at > info && at[-1] != '\n'))
		return NULL;
	at += strlen(name);
	return mem_strndup(mem, at, strcspn(at, "\r\n"));
}

static enum result setting(struct look *l, const char *name, const char **out, struct error *e)
{
	const char *refused;
	return ask(l, 3, (const char *[]){ "CONFIG", "GET", name }, out, &refused, e);
}

static bool is_ok(const char *s)
{
	return !s || strcmp(s, "ok") == 0;
}

enum result cache_look(TALLOC_CTX *mem, const char *url, struct cache_facts *out, struct error *e)
{
	struct cache_url at;
	const char *info, *text, *refused;
	struct look *l = mem_zero(mem, struct look);
	l->mem = mem;
	*out = (struct cache_facts){ .memory_max = -1 };
	TRY(cache_url_parse(mem, url, &at, e));
	mem_defer(l, clean, l);
	out->password = at.password != NULL;
	out->local = at.socket || strncmp(at.host, "127.", 4) == 0 || strcmp(at.host, "::1") == 0 ||
		     strcasecmp(at.host, "localhost") == 0;
	TRY(enter(l, &at, e));
	TRY(ask(l, 1, (const char *[]){ "INFO" }, &info, &refused, e));
	out->version = info_line(mem, info, "redis_version:");
	out->major = out->version ? strtoll(out->version, NULL, 10) : 0;
	out->eviction = info_line(mem, info, "maxmemory_policy:");
	text = info_line(mem, info, "maxmemory:");
	out->memory_max = text ? strtoll(text, NULL, 10) : -1;
	text = info_line(mem, info, "aof_enabled:");
	out->append_only = !text ? NULL : *text == '1' ? "yes" : "no";
	out->written_well = is_ok(info_line(mem, info, "aof_last_write_status:")) &&
			    is_ok(info_line(mem, info, "rdb_last_bgsave_status:"));
	TRY(setting(l, "save", &out->snapshots, e));
	TRY(ask(l, 5, (const char *[]){ "EVAL", TRY_ALL, "2", "login:doctor:1", "login:doctor:2" }, &text,
	    &out->refused, e));
	if (!out->refused)
		TRY(ask(l, 3, (const char *[]){ "SCRIPT", "LOAD", "return 1" }, &text, &out->refused, e));
	return ERR_OK;
}
