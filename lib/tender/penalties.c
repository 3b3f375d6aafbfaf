/* Penalties: each sentence or row of a table that sets one, and what limits their sum. */
#include <string.h>
#include "sayings.h"

#define MAX 30

/* A row of a table, or a sentence: what tells both the cause and the sum. */
static void item_of(const struct reading *r, size_t at, size_t *from, size_t *to)
{
	const char *s = r->body.s;
	size_t low = body_back(at, 320), high = body_ahead(r, at, 320), a = at, b = at;
	bool row = false;
	while (a > low && !(s[a - 1] == '\n' && a > 1 && s[a - 2] == '\n')) {
		row |= s[a - 1] == '\t';
		a--;
	}
	while (b < high && !(s[b] == '\n' && s[b + 1] == '\n')) {
		row |= s[b] == '\t';
		b++;
	}
	bool whole = row || (b - a < 200 && !body_has(r, "[.;]\\s+\\S", a, b));
	*from = whole ? a : sentence_start(r, at);
	*to = whole ? b : sentence_end(r, at);
	while (*from < at && strchr(" *-\n", s[*from]))
		(*from)++;
}

static bool about_penalties(const struct reading *r, size_t from, size_t to)
{
	return body_has(r, "penalit", body_back(from, 1500), to);
}

static void caps(struct reading *r)
{
	static const char rx[] =
	    "penalites?\\b[^.;]{0,140}\\b(?:plafonn|ne\\s+(?:pourra|pourront|peut|peuvent)\\s+(?:pas\\s+)?(?:exceder|"
	    "depasser)|limitees?\\s+a|pourra\\s+exceder|"
	    "non\\s+plafonn|n'exced)|(?:plafond|plafonnement)\\s+d(?:es|e)\\s+(?:l'ensemble\\s+des\\s+)?penalites|"
	    "penalites?\\b[^.;]{0,60}\\bsans\\s+(?:limite|plafond)|(?:pas|aucun)\\s+(?:de\\s+)?plafon[a-z]*\\s+"
	    "(?:de\\s+|des\\s+)?penalites";
	struct match m;
	if (!body_find(r, rx, 0, &m))
		return;
	size_t from = sentence_start(r, m.from), to = sentence_end(r, m.to);
	if (to - from > 420)
		from = m.from;
	char *text = view_text(r->mem, &r->body, from, to);
	if (strlen(text) > 20)
		reading_add(r, "penalties_cap", value_text(text), 0.88, &r->body, from, to);
}

void penalties_find(struct reading *r)
{
	if (r->kind != KIND_CCAP && r->kind != KIND_AE && r->kind != KIND_CCTP && r->kind != KIND_OTHER)
		return;
	static const char rx[] =
	    "\\d[\\d "
	    ".]*(?:,\\d{1,2})?\\s?eur(?:os)?\\b|\\b1\\s?/"
	    "\\s?\\d{2,4}(?:\\s?(?:e|eme|o)\\b)?|\\b\\d{1,2}(?:[.,]\\d{1,2})?\\s?%\\s+du\\s+montant";
	static const char other_rx[] = "exoner|plafon|exced|depasser|indemnit|avance|seuil|mois\\s+\\d|total[e]?\\s*=|"
				       "formule|exemple|assur|\\btva\\b|penalite\\s+de\\s+base|chiffre";
	static const char cause_rx[] =
	    "retard|absence|jours?|heures?|manquement|non-?\\s?(?:respect|remise|conform|execut)|defaut|infraction|"
	    "forfaitaire|par\\s+(?:constat|document|incident|dixieme|point|tranche|infraction|jour|anomalie)|"
	    "penalite\\s+[a-z]?\\d|penalites?\\b";
	char *all[MAX];
	size_t n = 0, at = 0;
	struct fact *f = NULL;
	struct match m;
	while (n < MAX && body_find(r, rx, at, &m)) {
		size_t from, to;
		at = m.to;
		item_of(r, m.from, &from, &to);
		if (!about_penalties(r, from, to) || body_has(r, other_rx, from, to) ||
		    !body_has(r, cause_rx, from, to) || to <= from || to - from > 420)
			continue;
		while (to > from && strchr(" ;\n", r->body.s[to - 1]))
			to--;
		char *text = view_text(r->mem, &r->body, from, to);
		bool known = strlen(text) < 8;
		for (size_t i = 0; i < n; i++)
			known |= strcmp(all[i], text) == 0;
		if (known)
			continue;
		struct value v = { .kind = VALUE_TEXTS };
		if (!f)
			f = reading_add(r, "penalties", v, 0.88, &r->body, from, to);
		else
			reading_also(r, f, &r->body, from, to);
		if (!f)
			return;
		all[n++] = text;
		at = to > at ? to : at;
	}
	if (f) {
		f->value.n = n;
		f->value.texts = mem_dup(r->mem, all, n * sizeof(*all));
	}
	caps(r);
}
