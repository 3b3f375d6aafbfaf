/* Criteria out of lines: bullets, numbered lines, sentences. Tables with cells go first (criteria_table.c). */
#include <string.h>
#include "criteria_lines.h"
#include "lots_rules.h"

static const char anchor_rx[] =
    "criteres?\\b[^.]{0,120}?(?:jugement|jugees?|ponder|attribution|choix|classement|selection\\s+des\\s+offres|"
    "suivants?|ci-(?:apres|dessous)|notation)|"
    "^[^\\n\\t:]{0,30}[:\\s]*\\b(?:criteres?|jugement|notation)\\s*(?::|\\.)?\\s*$|"
    "\\bcriteres?\\b[^.\\n:]{0,40}:\\s*$|grille\\s+(?:d'(?:evaluation|analyse)|de\\s+notation)|"
    "\\b(?:class|not|jug|evalu)(?:ees?|es?|erons|ons|era|ent|eront)\\s+(?:les|des|l')\\s?(?:offres?|propositions?)|"
    "offres?\\s+(?:seront|sont)\\s+(?:notees|classees|jugees|evaluees)\\b|"
    "^[^\\n\\t:]{0,14}\\bcriteres?\\s+de\\s+(?:selection|choix)\\s*$|"
    "\\b(?:analyse|jugement|choix|classement)\\s+(?:des\\s+offres\\s+)?(?:repose(?:ra)?|se\\s+fera|s'effectue(?:ra)?|s'"
    "opere(?:ra)?)\\b|"
    "offre\\s+(?:recoit|recevra|obtient)\\s+une\\s+note|\\battribution\\s+(?:du\\s+marche\\s+)?(?:tient|tiendra)\\s+"
    "compte\\b|"
    "(?:jugement|classement|analyse|notation|evaluation)\\s+(?:et\\s+\\w+\\s+)?des\\s+offres|choix\\s+d(?:e\\s+l'offre|"
    "es\\s+offres|u\\s+titulaire|e\\s+l'attributaire)|"
    "offre\\s+economiquement\\s+"
    "la\\s+plus\\s+avantageuse|"
    "criteres?\\s*(?:%|poids|coefficients?|notes?|points|bareme|ponderation|et "
    "ponderation)\\b|ponderation\\s+des\\s+criteres|ponderation\\s+suivante";

/* "prix 40% - valeur technique 60%" in one line. */
static bool read_inline(struct reading *r, size_t from, size_t to, struct criteria_lines *out)
{
	static const char with_unit[] =
	    "([a-z][a-z' "
	    ",\\n]{2,70}?)\"?\\s*(?:,?\\s*(?:qui\\s+(?:est|sera)\\s+)?(?:notee?s?\\s+sur|ponderee?s?\\s+a(?:\\s+"
	    "hauteur\\s+de)?)\\s+)?(?:(?:represente(?:ra)?|vaut|"
	    "compte(?:ra)?\\s+pour|pour)\\s+)?[:(=]?\\s*(\\d{1,3}(?:[.,]\\d)?)\\s?(%|points?|pts?)\\)?";
	static const char bare[] = "([a-z][a-z' "
				   ",\\n]{2,60}?)\\s*(?:,?\\s*(?:qui\\s+(?:est|sera)\\s+)?notee?s?\\s+sur\\s+)?[:(=]?"
				   "\\s*(\\d{1,3})(?=\\s*(?:[;,)/-]|\\.?\\s*\\z))";
	struct match m;
	bool unit = pattern_in(r->rx, with_unit, r->body.s, from, to);
	if (!unit && !body_has(r, "\\b(?:prix|cout|montant)\\b", from, to))
		return false;
	const char *rx = unit ? with_unit : bare;
	size_t at = from;
	bool rows = memchr(r->body.s + from, '\n', to - from) != NULL;
	double sum = 0;
	while (at < to && pattern_find(r->rx, rx, r->body.s, to, at, &m)) {
		/* over several lines: the words that join a sentence's parts, else they are rows of a table */
		if (at > from && rows && !body_has(r, "\\A\\)?\\s*(?:[,;]|et\\b|puis\\b)", at, m.g[1].to))
			return false;
		at = m.to;
		if (lines_bad_name(r, m.g[1].from, m.g[1].to))
			return false;
		lines_push(r, out, &m, 0, 1, 2, unit ? 3 : 0, 0, 0, m.from, m.to);
	}
	for (size_t i = 0; i < out->n; i++)
		sum += out->row[i].weight;
	return out->n >= 2 && sum > 99.9 && sum < 100.1;
}

/* "Le critère prix sera noté sur 40 points", one sentence a criterion. */
static bool read_sentences(struct reading *r, struct criteria_lines *out)
{
	static const char rx[] = "(?:^|[.\\t]\\s*)(?:le |la |l'|les )?(?:criteres? )?\"?([a-z][a-z' "
				 "-]{3,60}?)\"?\\s+(?:sera|est|seront|sont)"
				 "\\s+(?:[^.\\t\\n]{0,140}?\\b)?notee?s?\\s+(?:sur\\s+|(?:de\\s+|entre\\s+)0\\s+(?:a|"
				 "et)\\s+)(\\d{1,3})\\s*(points?|pts?)?";
	struct match m;
	size_t at = 0;
	double sum = 0;
	while (body_find(r, rx, at, &m)) {
		at = m.to;
		lines_push(r, out, &m, 0, 1, 2, 3, 0, 0, m.g[1].from, m.to);
		if (out->n > 0)
			out->row[out->n - 1].points = true;
	}
	for (size_t i = 0; i < out->n; i++)
		sum += out->row[i].weight;
	return out->n >= 2 && sum > 99.9 && sum < 100.1;
}

/* The end of the sentence, or of its block. */
static size_t paragraph_end(const struct reading *r, size_t at)
{
	struct match m;
	size_t high = body_ahead(r, at, 700);
	return pattern_find(r->rx, "\\.\\s|\\n\\s*\\n|\\t", r->body.s, high, at, &m) ? m.from : high;
}

bool criteria_in(struct reading *r, size_t at, size_t line, size_t to)
{
	struct criteria_lines *out = mem_zero(r->tmp, struct criteria_lines);
	size_t whole = r->body.n;
	r->scope = at;
	r->body.n = to;
	bool done = criteria_from_tables(r);
	if (!done && read_inline(r, at, line < to ? line : to, out))
		done = criteria_from_rows(r, out->row, out->n, false, 0.88);
	if (!done) {
		memset(out, 0, sizeof(*out));
		lines_read(r, line < to ? line + 1 : to, out);
		done = lines_add(r, out);
	}
	memset(out, 0, sizeof(*out));
	size_t end = paragraph_end(r, at);
	if (!done && end <= to && read_inline(r, at, end, out))
		done = criteria_from_rows(r, out->row, out->n, false, 0.86);
	r->scope = 0;
	r->body.n = whole;
	return done;
}

/* Under a heading that does not say that criteria follow: "Critère 1 : ...", or the usual names one after another. */
static bool read_unannounced(struct reading *r)
{
	static const char rx[] =
	    "\\n(?=\\W{0,3}criteres?\\s*(?:n\\s?o?\\s*)?1\\s*[:.-]|[\\s*-]*(?:1\\s*[-.)]\\s*)?(?:le\\s+|la\\s+)?(?:"
	    "prix|valeur\\s+technique|qualite)\\b[^\\n%]{0,70}\\d\\s?(?:%|points\\b|pts\\b))";
	struct match m;
	if (r->kind != KIND_RC && r->kind != KIND_AAPC && r->kind != KIND_OTHER)
		return false;
	for (size_t at = 0; body_find(r, rx, at, &m); at = m.to) {
		struct criteria_lines *out = mem_zero(r->tmp, struct criteria_lines);
		if (body_has(r, "candidatures?\\b[^\\n]{0,60}\\s*\\z", body_back(m.from, 200), m.to))
			continue;
		lines_read(r, m.to, out);
		bool price = false;
		for (size_t i = 0; i < out->n; i++) {
			char *name = view_fold(r->tmp, out->row[i].name, strlen(out->row[i].name));
			price |= pattern_in(r->rx, "\\b(?:prix|couts?|montants?|tarif)", name, 0, strlen(name));
		}
		if (price && out->whole > 0 && lines_add(r, out))
			return true;
	}
	return false;
}

static void find_criteria(struct reading *r)
{
	/* what is delivered is judged by criteria too, in the contract's own papers */
	if ((r->kind == KIND_CCAP || r->kind == KIND_CCTP || r->kind == KIND_BPU || r->kind == KIND_DPGF ||
		r->kind == KIND_DQE) &&
	    !body_has(r, "jugement\\s+des\\s+(?:offres|propositions)|economiquement\\s+la\\s+plus\\s+avantageuse", 0,
		r->body.n))
		return;
	if (eforms_criteria(r) || criteria_by_lot(r) || criteria_from_tables(r))
		return;
	struct match m;
	size_t at = 0;
	for (unsigned tries = 0; tries < 40 && body_find(r, anchor_rx, at, &m); tries++) {
		at = m.to > m.from ? m.to : m.to + 1;
		/* criteria for choosing candidates are others */
		if (body_has(r, "candidatures?", view_line_start(&r->body, m.from), m.to) &&
		    !body_has(r, "offres?", m.from, m.to))
			continue;
		size_t next = view_line_end(&r->body, m.to);
		struct criteria_lines *out = mem_zero(r->tmp, struct criteria_lines);
		if (read_inline(r, m.to, next, out) && criteria_from_rows(r, out->row, out->n, false, 0.9))
			return;
		memset(out, 0, sizeof(*out));
		/* the line under a heading, which is a block of its own */
		size_t below = next;
		while (below < r->body.n && r->body.s[below] == '\n')
			below++;
		if (below < r->body.n && read_inline(r, below, view_line_end(&r->body, below), out) &&
		    criteria_from_rows(r, out->row, out->n, false, 0.88))
			return;
		memset(out, 0, sizeof(*out));
		lines_read(r, next < r->body.n ? next + 1 : next, out);
		if (lines_add(r, out))
			return;
		/* one sentence over several lines */
		memset(out, 0, sizeof(*out));
		size_t end = paragraph_end(r, m.to);
		if (end > next &&
		    !body_has(r, "\\n\\s*(?:[*-]|\\d{1,2}(?:\\.\\d)*\\s*[-.)]|[a-h]\\s*[.)])\\s*[a-z]", m.to, end) &&
		    read_inline(r, m.to, end, out) && criteria_from_rows(r, out->row, out->n, false, 0.87))
			return;
	}
	struct criteria_lines *out = mem_zero(r->tmp, struct criteria_lines);
	if (read_sentences(r, out) && criteria_from_rows(r, out->row, out->n, false, 0.88))
		return;
	if (read_unannounced(r))
		return;
	if (r->kind != KIND_AAPC) {
		criteria_names_in_list(r);
		return;
	}
	/* a notice flattened to cells: the criteria stand in one of them, or their bare names in several */
	size_t from = 0;
	while (from < r->body.n) {
		size_t end = view_line_end(&r->body, from);
		memset(out, 0, sizeof(*out));
		if (end - from > 12 && end - from < 300 && read_inline(r, from, end, out) &&
		    criteria_from_rows(r, out->row, out->n, false, 0.85))
			return;
		from = end + 1;
	}
	criteria_names_in_cells(r);
}

void criteria_find(struct reading *r)
{
	find_criteria(r);
	criteria_formulas(r);
	criteria_doubt_by_lot(r);
}
