#include "route.h"

#include <stdio.h>
#include <string.h>

static const char *const names[] = {
	[METHOD_UNSET] = "",
	[METHOD_GET] = "GET",
	[METHOD_POST] = "POST",
	[METHOD_PUT] = "PUT",
	[METHOD_PATCH] = "PATCH",
	[METHOD_DELETE] = "DELETE",
	[METHOD_HEAD] = "HEAD",
	[METHOD_OPTIONS] = "OPTIONS",
	[METHOD_OTHER] = "",
};

const char *method_name(enum http_method m)
{
	return names[m];
}

enum http_method method_parse(const char *s)
{
	for (unsigned m = METHOD_GET; m <= METHOD_OPTIONS; m++)
		if (s && strcmp(s, names[m]) == 0)
			return (enum http_method)m;
	return METHOD_OTHER;
}

/* Matches one segment after the other; a {name} takes any segment that is not empty. */
static bool path_matches(const char *pattern, const char *path, struct route_match *m)
{
	unsigned n = 0;
	for (;;) {
		if (*pattern == '{') {
			size_t len = strcspn(path, "/");
			if (len == 0 || n == ARRAY_LEN(m->values))
				return false;
			m->values[n].p = path;
			m->values[n++].n = len;
			path += len;
			pattern = strchr(pattern, '}') + 1;
		}
		if (*pattern != *path)
			return false;
		if (*pattern == '\0')
			return true;
		pattern++;
		path++;
	}
}

/* Looks at the rows whose path has {names}, or at those that have none. */
static void find_among(const struct route *all, size_t n, bool with_names, enum http_method method, const char *path,
    struct route_match *out)
{
	out->route = NULL;
	out->allowed = 0;
	for (size_t i = 0; i < n; i++) {
		struct route_match m = { 0 };
		if ((strchr(all[i].path, '{') != NULL) != with_names || !path_matches(all[i].path, path, &m))
			continue;
		out->allowed |= 1u << all[i].method;
		if (all[i].method == method) {
			memcpy(out->values, m.values, sizeof m.values);
			out->route = &all[i];
			return;
		}
	}
}

void route_find(const struct route *all, size_t n, enum http_method method, const char *path, struct route_match *out)
{
	/* "/users/invitations" is no user. */
	find_among(all, n, false, method, path, out);
	if (out->allowed == 0)
		find_among(all, n, true, method, path, out);
}

static bool declares(const struct route *r, const char *name, size_t n)
{
	for (const struct param *p = r->params; p && p->type != PARAM_END; p++)
		if (strlen(p->name) == n && memcmp(p->name, name, n) == 0)
			return true;
	return false;
}

static const char *fault_of(const struct route *r)
{
	if (r->method <= METHOD_UNSET || r->method >= METHOD_HEAD)
		return "has no method";
	if (!r->path || r->path[0] != '/')
		return "has no path";
	if (!r->run)
		return "has no handler";
	if (!r->summary || !*r->summary)
		return "has no summary";
	if (r->who == 0)
		return "says not who may call it";
	/* The operator manages accounts and never sees a tender. */
	static const char *const resources[] = { "/tenders", "/documents", "/company", "/analysis", "/bid-responses" };
	for (size_t i = 0; i < ARRAY_LEN(resources); i++)
		if (strstr(r->path, resources[i]) && (r->who & (WHO_ADMIN | WHO_PUBLIC)))
			return "opens a resource of an organisation to others";
	unsigned n = 0, in_path = 0;
	for (const struct param *p = r->params; p && p->type != PARAM_END; p++) {
		if (++n > ROUTE_MAX_PARAMS)
			return "has too many parameters";
		if (p->type == PARAM_ENUM && !p->choices)
			return "has a parameter without its choices";
	}
	for (const char *p = r->path; (p = strchr(p, '{')) != NULL; p++) {
		size_t len = strcspn(p + 1, "}");
		if (p[1 + len] != '}' || !declares(r, p + 1, len) || ++in_path > 4)
			return "has an undeclared parameter in its path";
	}
	return NULL;
}

enum result route_check(const struct route *all, size_t n, struct error *e)
{
	for (size_t i = 0; i < n; i++) {
		const char *fault = fault_of(&all[i]);
		for (size_t k = 0; !fault && k < i; k++)
			if (all[k].method == all[i].method && strcmp(all[k].path, all[i].path) == 0)
				fault = "stands twice";
		if (fault) {
			error_cause(
			    e, "route %s %s %s", method_name(all[i].method), all[i].path ? all[i].path : "?", fault);
			return error_set(e, ERR_INTERNAL, NULL);
		}
	}
	return ERR_OK;
}
