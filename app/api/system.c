/* What the server says of itself: bare objects, for balancers and programs. */
#include "clock.h"
#include "health.h"
#include "health_sql.h"

#include <string.h>

enum result root_show(struct request *rq, struct response *rs, struct error *e)
{
	(void)e;
	const struct settings *s = &app_of(rq)->settings;
	struct json_writer *w = response_bare(rs);
	jw_open(w, '{');
	jw_field_text(w, "name", s->APP_NAME);
	jw_field_text(w, "version", SCORPIUS_VERSION);
	jw_field_text(w, "source", s->SOURCE_URL[0] ? s->SOURCE_URL : NULL);
	jw_key(w, "links");
	jw_open(w, '{');
	jw_field_text(w, "health", "/api/v1/health");
	jw_field_text(w, "docs", "/api/v1/docs");
	jw_field_text(w, "openapi", "/api/v1/openapi.json");
	jw_close(w, '}');
	jw_close(w, '}');
	return ERR_OK;
}

enum result live_show(struct request *rq, struct response *rs, struct error *e)
{
	(void)rq, (void)e;
	struct json_writer *w = response_bare(rs);
	jw_open(w, '{');
	jw_field_bool(w, "alive", true);
	jw_close(w, '}');
	return ERR_OK;
}

static void write_services(struct json_writer *w, const struct health_snapshot *s)
{
	jw_open(w, '{');
	for (int i = 0; i < SERVICE__COUNT; i++)
		jw_field_text(w, service_name((enum service)i), service_state_name(s->state[i]));
	jw_close(w, '}');
}

static void set_unavailable(struct response *rs)
{
	rs->status = 503;
	response_header(rs, "Retry-After", "5");
}

static const char *error_of(enum service service, enum service_state state, enum schema_fit schema)
{
	if (service == SERVICE_DATABASE && schema == SCHEMA_OLDER)
		return "its schema is older than this program: run scorpius migrate";
	if (service == SERVICE_DATABASE && schema == SCHEMA_TOO_NEW)
		return "its schema serves later versions of this program only";
	if (service == SERVICE_DATABASE && schema == SCHEMA_ABSENT)
		return "it has no schema yet: run scorpius migrate";
	if (service == SERVICE_QUEUE)
		return "no work is being done";
	if (service == SERVICE_MAIL)
		return "does not take mail";
	return service == SERVICE_STORAGE && state == SERVICE_DEGRADED
		   ? "nearly full: uploads are refused, all else goes on"
		   : "does not answer";
}

/* During an upgrade several versions work on one database. */
static void write_programs(struct request *rq, struct json_writer *w)
{
	struct app *app = app_of(rq);
	struct program_row *rows = NULL;
	size_t n = 0;
	struct error e;
	error_clear(&e);
	if (db_begin_as(app->db, rq->mem, NULL, DB_READ, &e) == ERR_OK &&
	    programs_seen_last(app->db, NULL, rq->mem, &rows, &n, &e) != ERR_OK)
		n = 0;
	db_rollback(app->db);
	jw_key(w, "programs");
	jw_open(w, '[');
	for (size_t i = 0; i < n; i++)
		jw_text(w, rows[i].name);
	jw_close(w, ']');
}

enum result health_show(struct request *rq, struct response *rs, struct error *e)
{
	(void)e;
	static const char *const words[] = { "healthy", "degraded", "unhealthy" };
	struct health_snapshot s;
	bool detailed = request_flag(rq, "detailed");
	health_take(rq, detailed, &s);
	const char *status = health_status(&s);
	if (strcmp(status, "unhealthy") == 0)
		set_unavailable(rs);
	struct json_writer *w = response_bare(rs);
	jw_open(w, '{');
	jw_field_text(w, "status", status);
	jw_field_text(w, "version", SCORPIUS_VERSION);
	jw_field_instant(w, "timestamp", clock_now_us());
	jw_key(w, "services");
	write_services(w, &s);
	jw_field_text(w, "schema", schema_fit_name(s.schema));
	if (detailed) {
		write_programs(rq, w);
		jw_key(w, "components");
		jw_open(w, '{');
		for (int i = 0; i < SERVICE__COUNT; i++) {
			if (s.state[i] == SERVICE_DISABLED)
				continue;
			jw_key(w, service_name((enum service)i));
			jw_open(w, '{');
			jw_field_text(w, "status", words[s.state[i]]);
			jw_key(w, "response_time_ms");
			jw_num(w, (double)s.took_us[i] / 1000, 3);
			if (s.state[i] != SERVICE_UP)
				jw_field_text(w, "error", error_of((enum service)i, s.state[i], s.schema));
			jw_close(w, '}');
		}
		jw_close(w, '}');
	}
	jw_close(w, '}');
	return ERR_OK;
}

enum result ready_show(struct request *rq, struct response *rs, struct error *e)
{
	(void)e;
	struct health_snapshot s;
	health_take(rq, false, &s);
	bool ready = health_ready(&s);
	if (!ready)
		set_unavailable(rs);
	struct json_writer *w = response_bare(rs);
	jw_open(w, '{');
	jw_field_bool(w, "ready", ready);
	jw_key(w, "checks");
	write_services(w, &s);
	jw_close(w, '}');
	return ERR_OK;
}
