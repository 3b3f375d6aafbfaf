/* scorpius-api: one worker of a prefork pool. Started by spawn-fcgi and multiwatch with the listening socket as its
 * descriptor 0. `--check` compares routes and statements with what they must agree with, `--routes` prints the route
 * table as JSON; both end then. */
#include "app.h"
#include "idempotency.h"
#include "guard.h"
#include "health.h"
#include "log.h"
#include "metrics.h"
#include "store_settings.h"
#include "sql.h"
#include "temp_files_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REQUEST_MEMORY (512u << 20)

static const char *environment(const char *name)
{
	return getenv(name);
}

/* multiwatch starts a dead child again at once: a second's pause keeps a wrong setting from becoming a fork bomb. */
static int give_up(const struct error *e)
{
	for (unsigned i = 0; i < e->n_faults; i++) {
		char text[512];
		error_text(&e->faults[i], LANG_EN, text, sizeof text);
		log_error("can't start", "code", error_id(e->faults[i].code), "why", text, "cause", e->cause);
	}
	sleep(1);
	return error_exit_status(e->code);
}

static enum result open_all(struct app *app, struct error *e)
{
	struct settings *s = &app->settings;
	const char *url;
	enum log_level level = LOG_INFO;
	TRY(settings_read(app->mem, environment, s, e));
	(void)log_level_parse(s->LOG_LEVEL, &level);
	log_open("scorpius-api", level);
#ifdef SCORPIUS_SANITIZED
	if (strcmp(s->APP_ENV, "production") == 0)
		return error_set(e, ERR_INVALID_SETTING, "APP_ENV", "name", "APP_ENV", "reason",
		    "a build with sanitizers is not for production");
#endif
#ifdef SCORPIUS_FAIL_POINTS
	if (strcmp(s->APP_ENV, "production") == 0)
		return error_set(e, ERR_INVALID_SETTING, "APP_ENV", "name", "APP_ENV", "reason",
		    "a build with fail points is not for production");
#endif
	TRY(temp_files_check(s, e));
	TRY(db_url_for_role(
	    app->mem, s->DATABASE_API_URL, s->DATABASE_URL, "scorpius_api", s->DATABASE_API_PASSWORD, &url, e));
	if (!url)
		return error_set(e, ERR_INVALID_SETTING, "DATABASE_API_URL", "name", "DATABASE_API_URL", "reason",
		    "neither it nor DATABASE_URL is set");
	struct db_config config = {
		.url = url,
		.url_previous = s->DATABASE_API_URL_PREVIOUS,
		.application_name = "scorpius-api/" SCORPIUS_VERSION, /* tells which versions run */
		.timeout_s = s->DATABASE_TIMEOUT,
		.prepared = db_prepared_parse(s->DATABASE_PREPARED),
	};
	TRY(db_open(app->mem, &config, &app->db, e));
	TRY(cache_open(app->mem, s->REDIS_URL, NULL, &app->cache, e));
	TRY(store_settings_check(s, e));
	TRY(master_keys_new(app->mem, s->SECRET_KEY, s->SECRET_KEY_PREVIOUS, &app->keys, e));
	const char *origin = http_cors_fault(s->CORS_ORIGINS);
	if (origin)
		return error_set(e, ERR_INVALID_SETTING, NULL, "name", "CORS_ORIGINS", "reason",
		    mem_printf(app->mem, "'%s' is not an origin like https://app.example.org", origin));
	TRY(guard_open(app, e));
	TRY(content_detector_new(app->mem, &app->detector, e));
	scanner_configure(s, &app->scanner, &app->scans);
	app->health = health_open(app->mem, s->HEALTH_PATH);
	TRY(route_check(internal_routes, internal_routes_count, e));
	return route_check(api_routes, api_routes_count, e);
}

static int print_routes(TALLOC_CTX *mem)
{
	struct buf out;
	struct json_writer w;
	buf_init(&out, mem, 1 << 20);
	jw_init(&w, &out);
	routes_write(&w);
	return puts(out.data) < 0;
}

int main(int argc, char **argv)
{
	http_block_signals();
	log_open("scorpius-api", LOG_INFO);
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts("scorpius-api " SCORPIUS_VERSION) < 0;
	struct app app = { .mem = mem_new("app", 0) };
	struct error e;
	error_clear(&e);
	if (argc == 2 && strcmp(argv[1], "--routes") == 0)
		return print_routes(app.mem);
	if (open_all(&app, &e) != ERR_OK)
		return give_up(&e);
	if (argc == 2 && strcmp(argv[1], "--check") == 0) {
		if (db_ensure(app.db, &e) != ERR_OK ||
		    sql_check_all(app.db, sql_statements, sql_statements_count, &e) != ERR_OK)
			return give_up(&e);
		return puts("routes and statements are right") < 0;
	}
	if (argc > 1) {
		fprintf(stderr, "usage: scorpius-api [--check | --routes | --version]\n");
		return 64;
	}
	struct http_app http = {
		.routes = api_routes,
		.n_routes = api_routes_count,
		.internal = internal_routes,
		.n_internal = internal_routes_count,
		.context = &app,
		.cors_origins = app.settings.CORS_ORIGINS,
		.memory_max = REQUEST_MEMORY,
		.authenticate = app_authenticate,
		.admit = guard_admit,
		.handle = idempotency_handle,
		.headers = app_headers,
		.finished = app_finished,
	};
	/* Which pool this is, its socket says. */
	const char *pool = http_fastcgi_socket(app.mem);
	metrics_open(
	    app.settings.METRICS_PATH, pool && strncmp(pool, "bulk", 4) == 0 ? METRIC_POOL_BULK : METRIC_POOL_API);
	int rc = http_fastcgi_loop(&http);
	if (rc == 0)
		log_debug("worker ended");
	else {
		log_error("descriptor 0 is no listening socket", "why", strerror(rc));
		sleep(1);
	}
	talloc_free(app.mem);
	return rc == 0 ? 0 : 71;
}
