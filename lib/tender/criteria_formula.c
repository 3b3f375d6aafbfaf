/* How a criterion's mark is reckoned, where the document writes a formula: kept in its words. */
#include <string.h>
#include "criteria_rows.h"

#define FORMULA_MAX 240

/* "Note prix = 40 x (Pm / P)", "N = 20 × délai le plus court / délai": group 1 the left side. */
static const char formula_rx[] = "(?:^|(?<=[:\\t])|(?<=\\.\\s))[\\s\"*-]*((?:(?:la\\s+)?notes?\\b|n\\b|np\\b|n[a-z]?"
				 "\\d?\\b|p\\b)[^\\n=:;]{0,50}?)\\s*=\\s*[^\\n=]*?(?:[x*/]|divis|multipli)[^\\n=]*";

static struct criterion *criterion_of(struct reading *r, struct value *v, const char *words)
{
	static const char price_rx[] = "\\b(?:prix|couts?|montant|tarif|financ|offre)", time_rx[] = "\\bdelai";
	const char *rx = pattern_in(r->rx, time_rx, words, 0, strlen(words)) ? time_rx : price_rx;
	if (pattern_in(r->rx, "\\b(?:technique|qualite)", words, 0, strlen(words)) ||
	    !pattern_in(r->rx, "\\b(?:prix|couts?|montant|tarif|financ|offre|moins[- ]dis|delais?|p[mo0]|p(?:min)?)\\b",
		words, 0, strlen(words)))
		return NULL;
	for (size_t i = 0; i < v->n; i++) {
		char *name = view_fold(r->tmp, v->criteria[i].name, strlen(v->criteria[i].name));
		if (pattern_in(r->rx, rx, name, 0, strlen(name)))
			return &v->criteria[i];
	}
	return NULL;
}

void criteria_formulas(struct reading *r)
{
	struct fact *f = NULL;
	for (size_t i = 0; i < r->n_found; i++)
		if (strcmp(r->found[i].key, "criteria") == 0)
			f = &r->found[i];
	struct match m;
	for (size_t at = 0; f && body_find(r, formula_rx, at, &m); at = m.to) {
		size_t to = m.to;
		/* a formula of more than one line goes on with an operator or a bracket that is open */
		if (to < r->body.n && r->body.s[to] == '\n' && body_has(r, "[x*/(]\\s*\\z", m.from, to))
			to = view_line_end(&r->body, to + 1);
		if (to - m.from > FORMULA_MAX)
			continue;
		struct criterion *c = criterion_of(r, &f->value, mem_strndup(r->tmp, r->body.s + m.from, to - m.from));
		if (!c || c->formula)
			continue;
		c->formula = view_text(r->mem, &r->body, m.g[1].from, to);
		reading_also(r, f, &r->body, m.g[1].from, to);
	}
}
