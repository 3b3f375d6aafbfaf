#include "schema_plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PLAN_MAX (1 << 20)

enum result schema_plan_read(TALLOC_CTX *mem, const struct settings *s, struct name_list *out, struct error *e)
{
	char *text = mem_array(mem, char, PLAN_MAX);
	const char *path = mem_printf(mem, "%s/schema/sqitch.plan", s->DATA_PATH);
	FILE *f = fopen(path, "re");
	*out = (struct name_list){ NULL, 0 };
	if (!f)
		return error_set(e, ERR_INVALID_SETTING, "DATA_PATH", "name", "DATA_PATH", "reason",
		    mem_printf(mem, "%s: %s", path, strerror(errno)));
	size_t n = fread(text, 1, PLAN_MAX - 1, f);
	fclose(f);
	text[n] = '\0';
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		if (strchr("%@#\n ", *line)) /* pragmas, tags, comments */
			continue;
		out->p = mem_grow(mem, out->p, const char *, out->n + 1);
		out->p[out->n++] = mem_strndup(mem, line, strcspn(line, " \n"));
	}
	return ERR_OK;
}

bool name_list_has(const struct name_list *all, const char *name)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->p[i], name) == 0)
			return true;
	return false;
}
