/* Reads the plain DROPs of a script: enough of SQL to find `drop table a, b` and `alter table t drop column c`. */
#include <ctype.h>
#include <string.h>
#include "migrate.h"

struct words {
	TALLOC_CTX *mem;
	const char *at;
	const char *word; /* lower case; NULL at the end */
};

/* The end of a quoted text that begins at p: '...' or $tag$...$tag$. */
static const char *end_of_quoted(const char *p)
{
	size_t n = 1;
	if (*p == '$') {
		while (isalnum((unsigned char)p[n]) || p[n] == '_')
			n++;
		n += p[n] == '$';
		for (const char *q = p + n; *q != '\0'; q++)
			if (strncmp(q, p, n) == 0)
				return q + n;
		return p + strlen(p);
	}
	const char *q = strchr(p + 1, *p);
	return q != NULL ? q + 1 : p + strlen(p);
}

static void next(struct words *w)
{
	for (;;) {
		const char *p = w->at;
		if (isspace((unsigned char)*p)) {
			w->at++;
		} else if (p[0] == '-' && p[1] == '-') {
			w->at = p + strcspn(p, "\n");
		} else if (*p == '\'' || *p == '$') {
			w->at = end_of_quoted(p);
		} else {
			break;
		}
	}
	size_t n = strspn(w->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.");
	n += n == 0 && *w->at != '\0';
	if (n == 0) {
		w->word = NULL;
		return;
	}
	char *word = mem_printf(w->mem, "%.*s", (int)n, w->at);
	for (char *c = word; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	w->word = word;
	w->at += n;
}

static bool is(const struct words *w, const char *word)
{
	return w->word != NULL && strcmp(w->word, word) == 0;
}

static bool take(struct words *w, const char *word)
{
	bool yes = is(w, word);
	if (yes)
		next(w);
	return yes;
}

static const char *table_name(const struct words *w)
{
	return strchr(w->word, '.') != NULL ? w->word : mem_printf(w->mem, "scorpius.%s", w->word);
}

static void found(TALLOC_CTX *mem, const char *table, const char *column, struct schema_drop **out, size_t *n)
{
	*out = mem_grow(mem, *out, struct schema_drop, *n + 1);
	(*out)[(*n)++] = (struct schema_drop){ table, column };
}

static void drop_tables(struct words *w, struct schema_drop **out, size_t *n)
{
	if (take(w, "if"))
		(void)take(w, "exists");
	do {
		if (w->word == NULL)
			return;
		found(w->mem, table_name(w), NULL, out, n);
		next(w);
	} while (take(w, ","));
}

static void alter_table(struct words *w, struct schema_drop **out, size_t *n)
{
	if (take(w, "if"))
		(void)take(w, "exists");
	(void)take(w, "only");
	if (w->word == NULL)
		return;
	const char *table = table_name(w);
	while (w->word != NULL && !is(w, ";")) {
		if (!take(w, "drop")) {
			next(w);
			continue;
		}
		if (!take(w, "column"))
			continue;
		if (take(w, "if"))
			(void)take(w, "exists");
		if (w->word != NULL)
			found(w->mem, table, w->word, out, n);
	}
}

void schema_drops(TALLOC_CTX *mem, const char *sql, struct schema_drop **out, size_t *n)
{
	struct words w = { .mem = mem, .at = sql };
	*out = NULL;
	*n = 0;
	next(&w);
	while (w.word != NULL) {
		if (take(&w, "drop") && take(&w, "table"))
			drop_tables(&w, out, n);
		else if (take(&w, "alter") && take(&w, "table"))
			alter_table(&w, out, n);
		while (w.word != NULL && !is(&w, ";"))
			next(&w);
		next(&w);
	}
}
