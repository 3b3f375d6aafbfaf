#include "piece_versions.h"

#include <string.h>
#include <strings.h>

#include "tender_view.h"

#define WORDS_MAX 64

struct word {
	const char *s;
	size_t n;
	bool mark; /* says which version it is, not what it is */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_number(const struct word *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (!is_digit(w->s[i]))
			return false;
	return w->n > 0;
}

static bool is_one_of(const struct word *w, const char *const *list)
{
	for (; *list; list++)
		if (strlen(*list) == w->n && memcmp(*list, w->s, w->n) == 0)
			return true;
	return false;
}

static const char *extension(const char *name)
{
	const char *dot = strrchr(name, '.');
	return dot && dot > name && strlen(dot) <= 6 ? dot : name + strlen(name);
}

/* "(2)" at the end, as browsers and people name a second copy. */
static size_t without_copy_number(const char *s, size_t n)
{
	size_t at = n;
	while (at > 0 && s[at - 1] == ' ')
		at--;
	if (at < 3 || s[at - 1] != ')' || !is_digit(s[at - 2]))
		return n;
	for (at--; at > 0 && is_digit(s[at - 1]);)
		at--;
	return at > 1 && s[at - 1] == '(' ? at - 1 : n;
}

static size_t split(const char *s, size_t n, struct word *words)
{
	size_t n_words = 0;
	for (size_t at = 0; at < n && n_words < WORDS_MAX;) {
		size_t from = at;
		while (at < n && (is_letter(s[at]) || is_digit(s[at])))
			at++;
		if (at > from)
			words[n_words++] = (struct word){ s + from, at - from, false };
		else
			at++;
	}
	return n_words;
}

/* "12 03 2026", "2026 03 12", "20260312": a day in digits; gives how many words. */
static size_t date_at(const struct word *w, size_t n)
{
	if (is_number(w) && w->n == 8)
		return 1;
	if (n < 3 || !is_number(w) || !is_number(w + 1) || !is_number(w + 2) || w[1].n > 2)
		return 0;
	return (w->n <= 2 && w[2].n == 4) || (w->n == 4 && w[2].n <= 2) ? 3 : 0;
}

/* "v2", "v1 3", "indice b", "rev 2"; gives how many words. */
static size_t version_at(const struct word *w, size_t n)
{
	static const char *const before_number[] = { "v", "version", "rev", "revision", "ind", "indice", NULL };
	size_t taken = 0;
	if (n > 1 && is_one_of(w, before_number) && (is_number(w + 1) || w[1].n == 1))
		taken = 2;
	else if (w->n > 1 && w->n <= 4 && w->s[0] == 'v' && is_number(&(struct word){ w->s + 1, w->n - 1, false }))
		taken = 1;
	if (taken && taken < n && is_number(&w[taken]) && w[taken].n <= 2)
		taken++; /* "1.3" */
	return taken;
}

static void find_marks(struct word *words, size_t n)
{
	static const char *const marks[] = { "rectifie", "rectifiee", "rectifies", "rectifiees", "rectificatif",
		"rectif", "modifie", "modifiee", "modifies", "modifiees", "modificatif", "modif", "corrige", "corrigee",
		"corriges", "maj", "definitif", "definitive", "def", "final", "finale", "vf", "vdef", "nouveau",
		"nouvelle", "new", "bis", "ter", "erratum", "copie", "copy", NULL };
	static const char *const made[] = { "mis", "mise", NULL }, *const up[] = { "a", NULL },
				 *const to_day[] = { "jour", NULL };
	for (size_t i = 0; i < n;) {
		size_t taken = date_at(&words[i], n - i);
		if (!taken)
			taken = version_at(&words[i], n - i);
		if (!taken && is_one_of(&words[i], marks))
			taken = 1;
		if (!taken && n - i >= 3 && is_one_of(&words[i], made) && is_one_of(&words[i + 1], up) &&
		    is_one_of(&words[i + 2], to_day))
			taken = 3;
		for (size_t k = 0; k < taken; k++)
			words[i + k].mark = true;
		i += taken ? taken : 1;
	}
	/* "cctpv2" */
	for (size_t i = 0; i < n; i++) {
		size_t at = words[i].n;
		while (at > 0 && is_digit(words[i].s[at - 1]))
			at--;
		if (!words[i].mark && at < words[i].n && at > 2 && words[i].s[at - 1] == 'v' &&
		    is_letter(words[i].s[at - 2]))
			words[i].n = at - 1;
	}
}

char *piece_plain_name(TALLOC_CTX *mem, const char *name, bool is_file)
{
	struct word words[WORDS_MAX];
	char *s = view_fold(mem, name, is_file ? (size_t)(extension(name) - name) : strlen(name));
	size_t n = split(s, without_copy_number(s, strlen(s)), words), kept = 0;
	char *out = mem_strdup(mem, "");
	find_marks(words, n);
	for (size_t i = 0; i < n; i++)
		kept += words[i].mark ? 0 : 1;
	for (size_t i = 0; i < n; i++)
		if (!words[i].mark || kept == 0)
			out = mem_printf(mem, "%s%s%.*s", out, *out ? " " : "", (int)words[i].n, words[i].s);
	return out;
}

/* ---- the pieces of a dossier ---- */

struct plain {
	char *name, *path;
	const char *extension;
};

static char *plain_path(TALLOC_CTX *mem, const char *path)
{
	char *out = mem_strdup(mem, "");
	while (*path) {
		size_t n = strcspn(path, "/");
		char *folder = piece_plain_name(mem, mem_strndup(mem, path, n), false);
		out = mem_printf(mem, "%s/%s", out, folder);
		path += n + (path[n] == '/');
	}
	return out;
}

/* A piece that is given alone, without folder, may be meant for any; one in the very folder comes before it. */
static bool same_piece(const struct plain *a, const struct plain *b, bool *same_folder)
{
	*same_folder = strcmp(a->path, b->path) == 0;
	return strcmp(a->name, b->name) == 0 && strcasecmp(a->extension, b->extension) == 0 &&
	       (*same_folder || !*a->path || !*b->path);
}

size_t *piece_replacements(TALLOC_CTX *mem, const struct piece_version *pieces, size_t n)
{
	TALLOC_CTX *tmp = mem_new("piece versions", 0);
	struct plain *plain = mem_array(tmp, struct plain, n + 1);
	size_t *by = mem_array(mem, size_t, n + 1), *wish = mem_array(tmp, size_t, n + 1);
	for (size_t i = 0; i < n; i++) {
		by[i] = wish[i] = n;
		plain[i] = (struct plain){ piece_plain_name(tmp, pieces[i].name, true), plain_path(tmp, pieces[i].path),
			extension(pieces[i].name) };
	}
	/* Version after version: what has been replaced by the one before is no candidate any more. */
	for (size_t from = 0, to = 0; from < n; from = to) {
		while (to < n && pieces[to].since == pieces[from].since)
			to++;
		for (size_t i = from; i < to; i++) {
			size_t exact = 0, near = 0, found = n;
			for (size_t k = 0; k < from && pieces[i].kind; k++) {
				bool same_folder;
				if (by[k] != n || pieces[k].stands || !pieces[k].kind ||
				    strcmp(pieces[k].kind, pieces[i].kind) != 0 ||
				    !same_piece(&plain[i], &plain[k], &same_folder))
					continue;
				if (same_folder ? exact++ == 0 : exact == 0)
					found = k;
				near += same_folder ? 0 : 1;
			}
			wish[i] = exact == 1 || (exact == 0 && near == 1) ? found : n;
		}
		for (size_t i = from; i < to; i++) {
			bool alone = wish[i] != n;
			for (size_t k = from; k < to; k++)
				alone = alone && (k == i || wish[k] != wish[i]);
			if (alone)
				by[wish[i]] = i;
		}
	}
	talloc_free(tmp);
	return by;
}
