#include "app.h"
#include "audit.h"
#include "idempotency.h"
#include "clock.h"
#include "crypto.h"
#include "guard.h"
#include "log.h"
#include "request_metrics.h"
#include "store_settings.h"
#include "uuid.h"

#include <string.h>
#include <strings.h>

enum result app_authenticate(struct request *rq, struct error *e)
{
	const char *header = request_header(rq, "HTTP_AUTHORIZATION");
	if (!header)
		return error_set(e, ERR_MISSING_TOKEN, NULL);
	if (strncasecmp(header, "Bearer ", 7) != 0)
		return error_set(e, ERR_INVALID_TOKEN, NULL);
	struct app *app = app_of(rq);
	struct token_claims claims;
	const char *text = header + 7 + strspn(header + 7, " ");
	/* A token's life is counted by PostgreSQL's clock, by whichever machine it was issued. Before one is refused we
	 * make sure that we know that clock: it may have been set. */
	enum result rc = token_cache_verify(app->tokens, text, db_clock_us(app->db) / 1000000, &claims, e);
	if (rc != ERR_OK && db_clock_renew(app->db)) {
		error_clear(e);
		rc = token_cache_verify(app->tokens, text, db_clock_us(app->db) / 1000000, &claims, e);
	}
	TRY(rc);
	rq->identity = (struct identity){
		.known = true,
		.user_id = claims.user_id,
		.session_id = claims.session_id,
		.organization_id = claims.organization_id,
		.role = claims.role,
		.is_owner = claims.is_owner,
	};
	return ERR_OK;
}

static enum result begin(struct request *rq, enum db_mode mode, struct error *e)
{
	const struct identity *who = &rq->identity;
	struct db_identity identity = {
		.organization_id = who->organization_id,
		.assert_session = who->known,
		.session_id = who->session_id,
		.account_id = who->user_id,
	};
	app_of(rq)->began = true;
	return db_begin_as(app_of(rq)->db, rq->mem, &identity, mode, e);
}

enum result app_begin(struct request *rq, struct error *e)
{
	TRY(begin(rq, rq->route->read_only ? DB_READ : DB_WRITE, e));
	return idempotency_begin(rq, e);
}

enum result app_begin_write(struct request *rq, struct error *e)
{
	return begin(rq, DB_WRITE, e);
}

enum result app_store(struct app *app, struct store **out, struct error *e)
{
	if (!app->store && store_open(app->mem, &app->settings, app->keys, &app->store, e) != ERR_OK) {
		/* Down, not broken: it is tried again with the next request. */
		enum result rc = e->code == ERR_STORAGE_FULL ? ERR_STORAGE_FULL : ERR_UNAVAILABLE;
		e->n_faults = 0;
		return error_set(e, rc, NULL);
	}
	*out = app->store;
	return ERR_OK;
}

enum result app_store_room(struct app *app, int64_t bytes, struct error *e)
{
	struct store *store = NULL;
	TRY(app_store(app, &store, e));
	return store_demand_room(store, bytes, app->settings.STORAGE_MIN_FREE, e);
}

void app_version_of_body(struct response *rs)
{
	uint8_t digest[32];
	char hex[33];
	crypto_sha256_of(rs->body.data, rs->body.len, digest);
	crypto_hex(digest, 16, hex);
	response_version(rs, "%s", hex);
}

static bool is_health(const struct request *rq)
{
	return rq->route &&
	       (rq->route->run == health_show || rq->route->run == live_show || rq->route->run == ready_show);
}

void app_finished(struct request *rq, const struct response *rs, const struct error *e)
{
	struct app *app = app_of(rq);
	if (db_in_transaction(app->db))
		db_rollback(app->db);
	struct db_counters c = db_counters(app->db);
	db_counters_reset(app->db);
	if (e->code == ERR_INVALID_TOKEN && app->began && rq->identity.known &&
	    strcmp(db_sqlstate(app->db), DB_SESSION_ENDED) == 0)
		guard_session_ended(rq);
	uint64_t hash_work = app->hash_work;
	app->began = false;
	app->hash_work = 0;
	/* Looking at the figures does not move them. */
	if (rq->route && rq->route->run == metrics_show && rs->status == 200)
		return;
	request_metrics_count(rq, rs);
	/* Balancers ask every second: only what is wrong is worth a line. */
	if (is_health(rq) && rs->status == 200)
		return;
	char user[37] = "", organization[37] = "";
	if (rq->identity.known) {
		uuid_format(&rq->identity.user_id, user);
		if (rq->identity.organization_id.set)
			uuid_format(&rq->identity.organization_id.value, organization);
	}
	log_context("request_id", rq->id);
	if (e->code != ERR_OK && (rs->status >= 500 || e->cause[0]))
		log_failure(rs->status == 500 || rs->status == 507 ? LOG_ERROR : LOG_WARN, "request failed", e);
	log_info("request", "method", method_name(rq->method), "route", rq->route ? rq->route->path : "", "status",
	    num_text(rs->status).s, "duration_us", num_text(clock_mono_us() - rq->started_us).s, "statements",
	    num_text((long long)c.statements).s, "round_trips", num_text((long long)c.round_trips).s, "bytes_in",
	    num_text(rq->body_read).s, "hash_work", num_text((long long)hash_work).s, "user", user, "organization",
	    organization, "code", e->code != ERR_OK ? error_id(e->code) : "");
	log_context_clear();
	app_audit_refusal(rq, e);
	db_counters_reset(app->db);
	app->began = false;
}
