/* Which kind of document an entry of the dossier's own list of pieces speaks of. */
#include "decision.h"
#include "tender_view.h"

#include <string.h>

/* Folded words; the first one that an entry begins with, or has behind an opening bracket, tells. */
static const struct {
	const char *words, *kind;
} names[] = {
	{ "reglement de la consultation", "rc" },
	{ "reglement de consultation", "rc" },
	{ "reglement particulier de la consultation", "rc" },
	{ "rc", "rc" },
	{ "r.c.", "rc" },
	{ "acte d'engagement", "ae" },
	{ "attri1", "ae" },
	{ "ae", "ae" },
	{ "cahier des clauses administratives particulieres", "ccap" },
	{ "cahier des clauses particulieres", "ccap" },
	{ "ccap", "ccap" },
	{ "c.c.a.p.", "ccap" },
	{ "ccp", "ccap" },
	{ "c.c.p.", "ccap" },
	{ "cahier des clauses techniques particulieres", "cctp" },
	{ "cctp", "cctp" },
	{ "c.c.t.p.", "cctp" },
	{ "avis d'appel public a la concurrence", "aapc" },
	{ "aapc", "aapc" },
	{ "bordereau des prix", "bpu" },
	{ "bordereau de prix", "bpu" },
	{ "bpu", "bpu" },
	{ "decomposition du prix global", "dpgf" },
	{ "dpgf", "dpgf" },
	{ "detail quantitatif estimatif", "dqe" },
	{ "dqe", "dqe" },
	{ "dc1", "dc1" },
	{ "dc2", "dc2" },
	{ "cadre de reponse", "memoire_frame" },
	{ "cadre du memoire", "memoire_frame" },
	{ "cadre de memoire", "memoire_frame" },
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static const char *kind_at(const char *s)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		size_t n = strlen(names[i].words);
		if (strncmp(s, names[i].words, n) == 0 && !is_letter(s[n]))
			return names[i].kind;
	}
	return NULL;
}

/* "Le cahier...", "L'acte..." */
static const char *past_article(const char *s)
{
	static const char *const articles[] = { "le present ", "la presente ", "le ", "la ", "les ", "un ", "une ",
		"l'" };
	for (size_t i = 0; i < ARRAY_LEN(articles); i++)
		if (strncmp(s, articles[i], strlen(articles[i])) == 0)
			return s + strlen(articles[i]);
	return s;
}

const char *piece_kind_of(TALLOC_CTX *mem, const char *piece, const char *name)
{
	for (size_t i = 0; piece && i < ARRAY_LEN(names); i++)
		if (strcmp(names[i].kind, piece) == 0 || strcmp(names[i].words, piece) == 0)
			return names[i].kind;
	if (!name)
		return NULL;
	const char *folded = view_fold(mem, name, strlen(name));
	folded += strspn(folded, " -*\"");
	const char *kind = kind_at(past_article(folded));
	for (const char *p = strchr(folded, '('); !kind && p; p = strchr(p + 1, '('))
		kind = kind_at(p + 1);
	return kind;
}

const char *piece_kind(TALLOC_CTX *mem, const struct json *entry, const char **name)
{
	*name = json_kind(entry) == JSON_OBJECT ? json_string(json_get(entry, "name")) : json_string(entry);
	return piece_kind_of(mem, json_string(json_get(entry, "piece")), *name);
}
