#include "schema_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Compares "1.10.0" with "1.9.2" by their numbers. */
static int compare_versions(const char *a, const char *b)
{
	for (;;) {
		char *more_a, *more_b;
		long x = strtol(a, &more_a, 10), y = strtol(b, &more_b, 10);
		if (x != y)
			return x < y ? -1 : 1;
		if (*more_a != '.' || *more_b != '.')
			return (*more_a == '.') - (*more_b == '.');
		a = more_a + 1;
		b = more_b + 1;
	}
}

static bool is_among(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

void schema_judge(
    struct schema_state *out, const char *const *deployed, size_t n, const char *oldest_program, const char *program)
{
	size_t index;
	*out = (struct schema_state){ .fit = SCHEMA_CURRENT };
	for (size_t i = 0; i < schema_plan_count; i++) {
		if (is_among(schema_plan[i].name, deployed, n))
			continue;
		if (out->missing++ == 0)
			snprintf(out->first_missing, sizeof(out->first_missing), "%s", schema_plan[i].name);
	}
	for (size_t i = 0; i < n; i++) {
		if (schema_plan_find(deployed[i], &index) && strcmp(schema_plan[index].name, deployed[i]) == 0)
			continue;
		out->unknown++;
		snprintf(out->an_unknown, sizeof(out->an_unknown), "%s", deployed[i]);
	}
	snprintf(out->oldest_program, sizeof(out->oldest_program), "%s", oldest_program != NULL ? oldest_program : "");
	if (n == 0)
		out->fit = SCHEMA_ABSENT;
	else if (out->oldest_program[0] != '\0' && compare_versions(program, out->oldest_program) < 0)
		out->fit = SCHEMA_TOO_NEW;
	else if (out->missing > 0)
		out->fit = SCHEMA_OLDER;
	else if (out->unknown > 0)
		out->fit = SCHEMA_NEWER;
}

const char *schema_fit_name(enum schema_fit fit)
{
	static const char *const names[] = { "unknown", "absent", "older", "current", "newer", "too_new" };
	return names[fit];
}

bool schema_plan_find(const char *name, size_t *index)
{
	const char *tag = name[0] == '@' ? name + 1 : name;
	for (*index = 0; *index < schema_plan_count; (*index)++) {
		const struct schema_change *c = &schema_plan[*index];
		if (strcmp(c->name, name) == 0 || (c->tag[0] != '\0' && strcmp(c->tag, tag) == 0))
			return true;
	}
	return false;
}
