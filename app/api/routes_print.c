/* The route table as JSON, for whoever checks what it says: tests that walk all of it, operators. */
#include "app.h"

static void write_who(struct json_writer *w, unsigned who)
{
	static const struct {
		enum who bit;
		const char *name;
	} names[] = {
		{ WHO_PUBLIC, "public" },
		{ WHO_VIEWER, "viewer" },
		{ WHO_BID_MANAGER, "bid_manager" },
		{ WHO_OWNER, "owner" },
		{ WHO_ADMIN, "admin" },
	};
	jw_open(w, '[');
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (who & names[i].bit)
			jw_text(w, names[i].name);
	jw_close(w, ']');
}

static void write_param(struct json_writer *w, const struct param *p)
{
	static const char *const types[] = {
		[PARAM_ID] = "id",
		[PARAM_INT] = "int",
		[PARAM_TEXT] = "text",
		[PARAM_ENUM] = "enum",
		[PARAM_BOOL] = "bool",
	};
	jw_open(w, '{');
	jw_field_text(w, "name", p->name);
	jw_field_text(w, "type", types[p->type]);
	jw_field_int(w, "min", p->min);
	jw_field_int(w, "max", p->max);
	jw_field_text(w, "default", p->fallback);
	jw_key(w, "choices");
	jw_open(w, '[');
	for (const char *const *c = p->choices; c && *c; c++)
		jw_text(w, *c);
	jw_close(w, ']');
	jw_close(w, '}');
}

void routes_write(struct json_writer *w)
{
	jw_open(w, '[');
	for (size_t i = 0; i < api_routes_count; i++) {
		const struct route *r = &api_routes[i];
		jw_open(w, '{');
		jw_field_text(w, "method", method_name(r->method));
		jw_field_text(w, "path", r->path);
		jw_key(w, "who");
		write_who(w, r->who);
		jw_key(w, "params");
		jw_open(w, '[');
		for (const struct param *p = r->params; p && p->type != PARAM_END; p++)
			write_param(w, p);
		jw_close(w, ']');
		jw_field_int(w, "body_max", r->body_max);
		jw_field_text(w, "pool", r->pool == POOL_BULK ? "bulk" : "api");
		jw_field_bool(w, "read_only", r->read_only);
		jw_field_text(w, "summary", r->summary);
		jw_close(w, '}');
	}
	jw_close(w, ']');
}
