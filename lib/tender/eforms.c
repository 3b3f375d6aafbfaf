/* Lots and criteria of European notices ("eForms") as text: fields with fixed names, one a line, once for each lot. */
#include <string.h>
#include "criteria_rows.h"
#include "lots_rules.h"

#define CRITERIA_MAX 40

static const char lot_rx[] = "\\blot\\s*:\\s*lot-0*(\\d{1,3})\\b";

/* Number of the lot whose section `at` stands in; 0: none. */
static long lot_at(struct reading *r, size_t at)
{
	struct match m;
	long n = 0;
	if (pattern_last(r->rx, lot_rx, r->body.s, 0, at, &m))
		french_number(r->body.s + m.g[1].from, m.g[1].to - m.g[1].from, &n);
	return n;
}

size_t eforms_lots(struct reading *r, struct lot_span *out, size_t max)
{
	struct match m, title;
	size_t n = 0;
	for (size_t at = 0; n < max && body_find(r, lot_rx, at, &m); at = m.to) {
		long number = 0;
		french_number(r->body.s + m.g[1].from, m.g[1].to - m.g[1].from, &number);
		if (number != (long)n + 1)
			continue;
		size_t high = body_ahead(r, m.to, 200);
		memset(&out[n], 0, sizeof(out[n]));
		lot_number(r->body.s + m.g[1].from, m.g[1].to - m.g[1].from, out[n].number);
		out[n].from = m.from;
		out[n].to = m.to;
		if (pattern_find(r->rx, "^\\s*titre\\s*:\\s*([^\\n]{3,200})", r->body.s, high, m.to, &title)) {
			out[n].title_from = title.g[1].from;
			out[n].title_to = out[n].to = title.g[1].to;
		}
		n++;
	}
	return n;
}

struct eform_criterion {
	struct criteria_row row;
	long lot;
};

static size_t read_criteria(struct reading *r, struct eform_criterion *out)
{
	static const char block_rx[] = "\\bcritere\\s*:\\s*type\\s*:\\s*(prix|cout|qualite)\\b";
	static const char name_rx[] = "^\\s*nom\\s*:\\s*([^\\n]{3,160})",
			  about_rx[] = "^\\s*description\\s*:\\s*([^\\n]{3,160})";
	static const char weight_rx[] = "(?:ponderation\\s*\\([^)\\n]*\\)|nombre\\s+(?:du\\s+)?critere\\s+d'"
					"attribution|poids)\\s*:\\s*(\\d{1,3}(?:[.,]\\d{1,2})?)\\b";
	struct match m, next, name, weight;
	size_t n = 0;
	for (size_t at = 0; n < CRITERIA_MAX && body_find(r, block_rx, at, &m); at = m.to) {
		size_t high = body_ahead(r, m.to, 900);
		if (pattern_find(r->rx, block_rx, r->body.s, high, m.to, &next))
			high = next.from;
		struct criteria_row k = { .level = LEVEL_TOP, .weighted = true };
		size_t from = m.g[1].from, to = m.g[1].to;
		if (pattern_find(r->rx, name_rx, r->body.s, high, m.to, &name) ||
		    pattern_find(r->rx, about_rx, r->body.s, high, m.to, &name)) {
			from = name.g[1].from;
			to = name.g[1].to;
		}
		if (!pattern_find(r->rx, weight_rx, r->body.s, high, m.to, &weight) ||
		    !french_decimal(r->body.s + weight.g[1].from, weight.g[1].to - weight.g[1].from, &k.weight) ||
		    k.weight <= 0 || !view_source(&r->body, from, to, &k.page, &k.a, &k.b) ||
		    !view_source(&r->body, weight.from, weight.to, &k.more_page, &k.more_a, &k.more_b))
			continue;
		k.points = body_has(r, "points", weight.from, weight.to);
		k.name = view_text(r->tmp, &r->body, from, to);
		out[n].row = k;
		out[n++].lot = lot_at(r, m.from);
	}
	return n;
}

/* Of the notices before them: "Critère de qualité - Nom : Service / Pondération : 55", "Prix - Pondération : 45". */
static size_t read_older(struct reading *r, struct eform_criterion *out)
{
	static const char rx[] =
	    "(?:critere\\s+(?:de\\s+(?:qualite|cout)|relatif\\s+[^\\n:-]{3,20})\\s*-\\s*nom\\s*:\\s*([^/"
	    "\\n]{3,160}?)\\s*/\\s*|^[\\s*-]*(prix|cout)\\s*-\\s*)ponderation\\s*:\\s*(\\d{1,3}(?:[.,]\\d{1,2})?)\\b";
	struct match m;
	size_t n = 0;
	for (size_t at = 0; n < CRITERIA_MAX && body_find(r, rx, at, &m); at = m.to) {
		struct criteria_row k = { .level = LEVEL_TOP, .weighted = true, .points = true };
		unsigned g = m.g[1].set ? 1 : 2;
		if (!french_decimal(r->body.s + m.g[3].from, m.g[3].to - m.g[3].from, &k.weight) || k.weight <= 0 ||
		    !view_source(&r->body, m.from, m.to, &k.page, &k.a, &k.b))
			continue;
		k.name = view_text(r->tmp, &r->body, m.g[g].from, m.g[g].to);
		out[n].row = k;
		out[n++].lot = 0;
	}
	return n;
}

bool eforms_criteria(struct reading *r)
{
	struct eform_criterion *all = mem_array(r->tmp, struct eform_criterion, CRITERIA_MAX);
	size_t n = read_criteria(r, all);
	n = n > 0 ? n : read_older(r, all);
	size_t before = r->n_of_lots, lists = 0;
	for (size_t i = 0; i < n;) {
		struct criteria_row rows[CRITERIA_MAX];
		size_t k = 0, found = r->n_found;
		long lot = all[i].lot;
		for (; i < n && all[i].lot == lot; i++)
			rows[k++] = all[i].row;
		if (!criteria_from_rows(r, rows, k, true, 0.93) || r->n_found != found + 1)
			continue;
		const char *number = mem_printf(r->tmp, "%ld", lot);
		reading_give_to_lots(r, &number, 1);
		lists++;
	}
	if (lists == 0)
		return false;
	for (size_t i = before + 1; i < r->n_of_lots; i++)
		if (!value_equal(r->tmp, &r->of_lots[before].fact.value, &r->of_lots[i].fact.value))
			return true;
	/* the same for all */
	struct fact f = r->of_lots[before].fact;
	r->n_of_lots = before;
	r->found = mem_grow(r->mem, r->found, struct fact, r->n_found + 1);
	r->found[r->n_found++] = f;
	return true;
}
