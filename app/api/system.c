/* What the server says of itself: bare objects, for balancers and programs. */
#include "clock.h"
#include "health.h"

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

static const char *error_of(enum service service, enum service_state state)
{
	if (service == SERVICE_QUEUE)
		return "no work is being done";
	if (service == SERVICE_MAIL)
		return "does not take mail";
	return service == SERVICE_STORAGE && state == SERVICE_DEGRADED
		   ? "nearly full: uploads are refused, all else goes on"
		   : "does not answer";
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
	if (detailed) {
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
				jw_field_text(w, "error", error_of((enum service)i, s.state[i]));
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
	bool ready = strcmp(health_status(&s), "unhealthy") != 0;
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
