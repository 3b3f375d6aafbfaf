#include "guard.h"
#include "crypto.h"
#include "rate_limits.h"
#include "log.h"
#include "login_guard.h"
#include "metrics.h"
#include "uuid.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKENS_REMEMBERED 4096 /* per worker; some 140 bytes each */
/* PostgreSQL has the last word again after that: an account may have been given back its access. */
#define ENDED_S 60
#define MINUTE 60
#define HOUR 3600

enum result guard_open(struct app *app, struct error *e)
{
	const struct settings *s = &app->settings;
	const char *key = s->JWT_SECRET_KEY ? s->JWT_SECRET_KEY : "", *before = s->JWT_SECRET_KEY_PREVIOUS;
	TRY(token_signer_new(app->mem, key, strlen(key), &app->signer, e));
	if (before)
		TRY(token_signer_accept(app->signer, before, strlen(before), e));
	app->tokens = token_cache_new(app->signer, TOKENS_REMEMBERED);
	app->slots =
	    hash_slots_new(app->mem, s->HASH_SLOTS_PATH, (unsigned)s->HASH_SLOTS, (unsigned)(s->HASH_WAIT * 1000));
	return ERR_OK;
}

/* Who the client's address stands for: itself, or for IPv6 the network of a subscriber, who has 2^64 of them. nginx
 * fills REMOTE_ADDR, past the proxies that it trusts; what a client says about itself is never looked at. */
static const char *client(const struct request *rq)
{
	const char *s = request_header(rq, "REMOTE_ADDR");
	struct in6_addr six;
	char text[INET6_ADDRSTRLEN];
	if (!s || inet_pton(AF_INET6, s, &six) != 1)
		return s && *s && strlen(s) < 64 ? s : "local";
	if (IN6_IS_ADDR_V4MAPPED(&six))
		return mem_strdup(rq->mem, inet_ntop(AF_INET, &six.s6_addr[12], text, sizeof text));
	memset(&six.s6_addr[8], 0, 8);
	return mem_printf(rq->mem, "%s/64", inet_ntop(AF_INET6, &six, text, sizeof text));
}

/* Redis holds no addresses of people, only what can be compared with one. */
static const char *account_of(struct request *rq, const char *email)
{
	uint8_t digest[32];
	char *text = mem_strdup(rq->mem, email), *hex = mem_array(rq->mem, char, 65);
	for (char *p = text; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + 32);
	crypto_sha256_of(text, strlen(text), digest);
	crypto_hex(digest, sizeof digest, hex);
	return hex;
}

static const char *id_text(struct request *rq, const struct uuid *id)
{
	char *text = mem_array(rq->mem, char, 37);
	uuid_format(id, text);
	return text;
}

static int64_t announced(const struct request *rq)
{
	const char *s = request_header(rq, "CONTENT_LENGTH");
	long long n = s && strspn(s, "0123456789") <= 18 ? strtoll(s, NULL, 10) : 0;
	return n > 0 ? n : 0;
}

static size_t counters_of(struct request *rq, struct limit_counter out[LIMITS_MAX])
{
	const struct settings *s = &app_of(rq)->settings;
	const struct identity *who = &rq->identity;
	TALLOC_CTX *mem = rq->mem;
	const char *account = who->known ? id_text(rq, &who->user_id) : NULL;
	if (rq->route->limit == LIMIT_UPLOAD && who->organization_id.set) {
		const char *organization = id_text(rq, &who->organization_id.value);
		out[0] = (struct limit_counter){ mem_printf(mem, "limit:upload:%s", organization), s->RATE_LIMIT_UPLOAD,
			MINUTE, 1 };
		out[1] = (struct limit_counter){ mem_printf(mem, "limit:bytes:%s", organization),
			s->RATE_LIMIT_UPLOAD_BYTES, HOUR, announced(rq) };
		return 2;
	}
	if (rq->route->limit == LIMIT_AUTH) {
		out[0] = (struct limit_counter){ mem_printf(mem, "limit:auth:%s", client(rq)),
			s->RATE_LIMIT_AUTH_ADDRESS, MINUTE, 1 };
		if (!account)
			return 1;
		out[1] =
		    (struct limit_counter){ mem_printf(mem, "limit:auth:%s", account), s->RATE_LIMIT_AUTH, MINUTE, 1 };
		return 2;
	}
	out[0] = (struct limit_counter){ mem_printf(mem, "limit:other:%s", account ? account : client(rq)),
		s->RATE_LIMIT_OTHER, MINUTE, 1 };
	return 1;
}

/* The counter that is nearest to its end is shown. */
static void show(struct request *rq, int64_t max, int64_t remaining, int64_t reset_s)
{
	if (!rq->limit.set || (double)remaining / (double)max <= (double)rq->limit.remaining / (double)rq->limit.max)
		rq->limit = (struct rate_limit){ true, max, remaining, reset_s };
}

static enum result too_many(const char *limit, int64_t wait_s, struct error *e)
{
	metric_add(METRIC_RATE_LIMITED, metric_cell(METRIC_RATE_LIMITED, limit, NULL, NULL), 1);
	e->retry_after = wait_s > 0 ? (unsigned)wait_s : 1;
	return error_set(e, ERR_TOO_MANY_REQUESTS, NULL);
}

/* Redis is away: nginx's limits hold, and health tells. */
static void uncounted(const struct error *why)
{
	log_debug("a request was not counted", "cause", why->cause);
}

static const char *ended_key(struct request *rq)
{
	return mem_printf(rq->mem, "session:ended:%s", id_text(rq, &rq->identity.session_id));
}

static const char *limit_name(enum limit_class c)
{
	return c == LIMIT_AUTH ? "auth" : c == LIMIT_UPLOAD ? "upload" : "other";
}

static enum result take(
    struct request *rq, const struct limit_counter *counters, size_t n, const char *session, struct error *e)
{
	struct limit_outcome o;
	struct error why;
	error_clear(&why);
	if (limits_take(app_of(rq)->cache, counters, n, session, &o, &why) != ERR_OK) {
		uncounted(&why);
		return ERR_OK;
	}
	show(rq, o.max, o.remaining, o.reset_s);
	if (o.refused)
		return too_many(limit_name(rq->route->limit), o.reset_s, e);
	return o.session_ended ? error_set(e, ERR_INVALID_TOKEN, NULL) : ERR_OK;
}

enum result guard_admit(struct request *rq, struct error *e)
{
	struct limit_counter counters[LIMITS_MAX];
	if (rq->route->limit == LIMIT_NONE)
		return ERR_OK;
	size_t n = counters_of(rq, counters);
	return take(rq, counters, n, rq->identity.known ? ended_key(rq) : NULL, e);
}

enum result guard_account(struct request *rq, const char *email, struct error *e)
{
	struct limit_counter counter = { mem_printf(rq->mem, "limit:%s:%s", rq->route->path, account_of(rq, email)),
		app_of(rq)->settings.RATE_LIMIT_AUTH, MINUTE, 1 };
	return take(rq, &counter, 1, NULL, e);
}

void guard_session_ended(struct request *rq)
{
	struct error why;
	error_clear(&why);
	if (limits_mark(app_of(rq)->cache, ended_key(rq), ENDED_S, &why) != ERR_OK)
		uncounted(&why);
}

/* ---- passwords ---- */

enum result guard_hash(struct request *rq, const char *password, char out[PASSWORD_HASH_SIZE], struct error *e)
{
	struct app *app = app_of(rq);
	unsigned cost = (unsigned)app->settings.SCRYPT_LOG_N;
	TRY(hash_slots_take(app->slots, e));
	enum result rc = password_hash(password, strlen(password), cost, out, e);
	hash_slots_give(app->slots);
	app->hash_work += 1ULL << cost;
	return rc;
}

enum result guard_check(struct request *rq, const char *password, const char *stored, struct error *e)
{
	struct app *app = app_of(rq);
	TRY(hash_slots_take(app->slots, e));
	enum result rc = password_check_evenly(
	    password, strlen(password), stored, (unsigned)app->settings.SCRYPT_LOG_N, &app->hash_work, e);
	hash_slots_give(app->slots);
	return rc;
}

/* ---- logins ---- */

static struct login_policy policy(const struct app *app)
{
	return (struct login_policy){
		.free_failures = app->settings.LOGIN_FREE_FAILURES,
		.delay_max_s = app->settings.LOGIN_DELAY_MAX,
		.per_minute = app->settings.RATE_LIMIT_AUTH,
	};
}

static struct login_attempt attempt(struct request *rq, const char *email)
{
	return (struct login_attempt){ account_of(rq, email), client(rq) };
}

enum result guard_login_ask(struct request *rq, const char *email, struct error *e)
{
	struct app *app = app_of(rq);
	struct login_policy p = policy(app);
	struct login_attempt a = attempt(rq, email);
	struct login_outcome o;
	struct error why;
	error_clear(&why);
	if (login_guard_ask(app->cache, &p, &a, &o, &why) != ERR_OK) {
		uncounted(&why);
		return ERR_OK;
	}
	show(rq, o.max, o.remaining, o.reset_s);
	return o.refused ? too_many("login", o.wait_s, e) : ERR_OK;
}

static void count_login(const char *how)
{
	metric_add(METRIC_LOGINS, metric_cell(METRIC_LOGINS, how, NULL, NULL), 1);
}

void guard_login_failed(struct request *rq, const char *email)
{
	struct login_policy p = policy(app_of(rq));
	struct login_attempt a = attempt(rq, email);
	struct error why;
	count_login("failed");
	error_clear(&why);
	if (login_guard_failed(app_of(rq)->cache, &p, &a, &why) != ERR_OK)
		uncounted(&why);
}

void guard_login_passed(struct request *rq, const char *email)
{
	struct login_attempt a = attempt(rq, email);
	struct error why;
	count_login("ok");
	error_clear(&why);
	if (login_guard_passed(app_of(rq)->cache, &a, &why) != ERR_OK)
		uncounted(&why);
}
