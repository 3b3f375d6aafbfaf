/* scorpius migrate --revert: back to an older schema, with what that costs said before. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "buf.h"
#include "migrate.h"

#define SCRIPT_MAX (1u << 20)

struct withdrawal {
	TALLOC_CTX *mem;
	const struct settings *settings;
	struct operator_db *db;
	const char *const *deployed;
	size_t n_deployed;
	size_t keep; /* changes of the plan that stay, from its begin */
	bool loses;
};

static bool is_deployed(const struct withdrawal *w, const char *change)
{
	for (size_t i = 0; i < w->n_deployed; i++)
		if (strcmp(w->deployed[i], change) == 0)
			return true;
	return false;
}

/* All of it or an error: what is not read here would be lost without a word. */
static enum result read_script(struct withdrawal *w, const char *change, const char **out, struct error *e)
{
	const char *path = mem_printf(w->mem, "%s/schema/revert/%s.sql", w->settings->DATA_PATH, change);
	struct buf text;
	char piece[4096];
	size_t n;
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return error_set(e, ERR_INVALID_SETTING, "DATA_PATH", "name", "DATA_PATH", "reason",
		    mem_printf(w->mem, "%s: %s", strerror(errno), path));
	buf_init(&text, w->mem, SCRIPT_MAX);
	while (!text.full && (n = fread(piece, 1, sizeof piece, f)) > 0)
		buf_add(&text, piece, n);
	bool bad = ferror(f) != 0;
	fclose(f);
	if (bad || text.full || memchr(text.data, '\0', text.len) != NULL)
		return error_set(e, ERR_INVALID_SETTING, "DATA_PATH", "name", "DATA_PATH", "reason",
		    /* The path last: of a long one the end may be cut off. */
		    mem_printf(w->mem, "%s: %s",
			bad         ? "can't be read"
			: text.full ? "longer than 1 MiB"
				    : "not a text",
			path));
	*out = text.data;
	return ERR_OK;
}

static enum result say_loss(struct withdrawal *w, const struct schema_drop *d, struct error *e)
{
	bool there;
	int64_t rows;
	TRY(operator_count_rows(w->db, d->table, d->column, &there, &rows, e));
	if (!there || rows == 0)
		return ERR_OK;
	w->loses = true;
	if (d->column != NULL)
		printf("    perdu\u00a0: la colonne %s.%s, remplie dans %lld lignes\n", d->table, d->column,
		    (long long)rows);
	else
		printf("    perdu\u00a0: la table %s, %lld lignes\n", d->table, (long long)rows);
	return ERR_OK;
}

/* The changes that would go, the last one first, each with what would be lost. */
static enum result say_all(struct withdrawal *w, size_t *n, struct error *e)
{
	*n = 0;
	for (size_t i = schema_plan_count; i > w->keep; i--) {
		const char *change = schema_plan[i - 1].name, *sql = "";
		struct schema_drop *drops;
		size_t n_drops;
		if (!is_deployed(w, change))
			continue;
		if ((*n)++ == 0)
			puts("Changements à retirer, le dernier d'abord\u00a0:");
		printf("  %s\n", change);
		TRY(read_script(w, change, &sql, e));
		schema_drops(w->mem, sql, &drops, &n_drops);
		for (size_t k = 0; k < n_drops; k++)
			TRY(say_loss(w, &drops[k], e));
	}
	return ERR_OK;
}

static enum result target(struct withdrawal *w, const char *to, struct error *e)
{
	struct schema_state state;
	size_t index;
	if (to != NULL && !schema_plan_find(to, &index)) {
		fprintf(stderr, "scorpius\u00a0: ni changement ni version de ce nom\u00a0: «\u00a0%s\u00a0»\n", to);
		return error_set(e, ERR_USAGE, NULL, "usage", "migrate --revert --to VERSION|CHANGEMENT");
	}
	w->keep = to != NULL ? index + 1 : 0;
	TRY(operator_schema_state(w->db, &state, e));
	if (state.unknown == 0)
		return ERR_OK;
	fprintf(stderr,
	    "scorpius\u00a0: la base a %zu changements que cette version (" SCORPIUS_VERSION
	    ") ne connaît pas, dont «\u00a0%s\u00a0»\u00a0:\n"
	    "seule la version qui les a déployés sait les retirer. Lancez sa commande «\u00a0scorpius migrate "
	    "--revert\u00a0».\n",
	    state.unknown, state.an_unknown);
	return error_set(e, ERR_SCHEMA_NEWER, NULL);
}

enum result migrate_withdraw(
    TALLOC_CTX *mem, const struct settings *s, const char *to, bool yes, bool lose_data, struct error *e)
{
	struct withdrawal w = { .mem = mem, .settings = s };
	size_t n;
	TRY(migrate_open(mem, s, &w.db, e));
	TRY(target(&w, to, e));
	TRY(operator_schema_changes(w.db, mem, &w.deployed, &w.n_deployed, e));
	TRY(say_all(&w, &n, e));
	if (n == 0) {
		puts("rien à retirer");
		return ERR_OK;
	}
	if (w.loses && !lose_data) {
		puts("Rien n'a été retiré. Faites une sauvegarde (scorpius backup), puis ajoutez --lose-data.");
		return error_set(e, ERR_SCHEMA_LOSS, NULL);
	}
	if (!yes) {
		puts("Rien n'a été retiré\u00a0: ajoutez --yes.");
		return error_set(
		    e, ERR_USAGE, NULL, "usage", "migrate --revert [--to VERSION|CHANGEMENT] [--lose-data] --yes");
	}
	fflush(stdout);
	const char *arguments[] = { "revert", "-y", to != NULL ? "--to" : NULL,
		to != NULL ? schema_plan[w.keep - 1].name : NULL, NULL };
	TRY(migrate_sqitch(mem, s, w.db, arguments, e));
	puts("Retiré. Installez maintenant la version qui va avec ce schéma.");
	return ERR_OK;
}
