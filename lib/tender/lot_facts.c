/* What running text says of single lots. A statement belongs to the lot that its own line or sentence names, or to the
 * lot of the paragraph's heading ("Lot 1 : ..." and lines under it); what kind of amount it is, the nearest words
 * before it say, be they in the sentence that announces the list. Doubt says nothing. */
#include <string.h>
#include "lots_rules.h"

/* "Lot n° 1", "du lot A": group 1 its number. Not "lots 1 et 2", nor a lot of a thousand. */
static const char mention_rx[] =
    "\\blot\\s*(?:n\\s?[o?]?\\.?\\s*)?:?\\s*([a-z]?\\d{1,2}|[a-i](?![a-z'])|[ivx]{2,4})\\b(?!\\s*(?:,|et|a|au|ou|&|/"
    ")\\s*(?:lot\\s*)?(?:n\\s?o?\\s*)?\\d{1,2}\\b(?!\\s*\\d{3}))(?![.,]\\d)";

static const struct {
	const char *key, *rx;
} kinds[] = {
	{ "amount_max_eur_ht", "\\bmaxim(?:um|al|ale|ums|aux|a)\\b|\\bplafond(?:ne|nee)?\\b" },
	{ "amount_min_eur_ht", "\\bminim(?:um|al|ale|ums|aux|a)\\b" },
	{ "estimated_amount_eur_ht", "\\bestim(?:e|ee|es|ees|ation|ations|atif|atifs)\\b|\\bprevisionnels?\\b" },
};

/* Words that make it another amount. */
static const char other_rx[] =
    "capacit|\\bca\\b|caution|garantie|\\bavances?\\b|\\bprimes?\\b|penalit|chiffre\\s+d'affaires|assurance|sous-?"
    "\\s?trait|seuil|par\\s+commande|chaque\\s+"
    "(?:bon\\s+de\\s+)?commande|sinistre|similaires|points?\\b|facture|indemnit|retenue|"
    "\\blire\\b|franchise|capital|valeur\\s+assur";

struct mention {
	char lot[LOT_NUMBER_MAX];
	size_t from, to;
};

/* The number at [from, to). "du lot a été" names none: a letter is a capital. */
static bool read_number(struct reading *r, size_t from, size_t to, char out[LOT_NUMBER_MAX])
{
	char c = r->body.s[from];
	return lot_number(r->body.s + from, to - from, out) &&
	       (c < 'a' || c > 'z' || view_capitals(&r->body, from, from + 1) > 0.5);
}

/* The lot that [at, ...) speaks of: the last one named before it, unless something else has begun since. */
static bool lot_before(struct reading *r, size_t at, struct mention *out)
{
	struct match m;
	size_t low = body_back(at, 420);
	if (!pattern_last(r->rx, mention_rx, r->body.s, low, at, &m))
		return false;
	*out = (struct mention){ .from = m.from, .to = m.to };
	/* the lots together, several of them, another article, another heading */
	if (body_has(r,
		"\\blots\\s+(?:n\\s?o?s?\\s*)?[\\da-h]\\b|(?:ensemble|tous|chacun|total)[^\\n]{0,20}\\blots\\b|^\\s*(?:"
		"article|chapitre)\\s+\\d|^\\s*\\d{1,2}(?:\\.\\d{1,2}){1,2}\\s*[-.)]?\\s*[a-z]{3}|\\bchaque\\s+lot|"
		"par\\s+lot\\b",
		m.to, at))
		return false;
	return read_number(r, m.g[1].from, m.g[1].to, out->lot);
}

/* "40 000 EUR HT pour le lot 1": the lot named right after. */
static bool lot_after(struct reading *r, size_t at, struct mention *out)
{
	static const char rx[] = "\\A\\s*(?:h\\.?\\s?t\\.?|hors\\s+taxes?)?\\s*(?:(?:/"
				 "|par)\\s?an\\s*)?[(,]?\\s*(?:pour|du|au\\s+titre\\s+du|concernant)\\s+(?:le\\s+)?"
				 "lot\\s*(?:n\\s?[o?]?\\.?\\s*)?([a-z]?\\d{1,2}|[a-i]|[ivx]{2,4})\\b(?!\\s*(?:et|a|au|"
				 "ou)\\s+\\d{1,2}\\b(?!\\s\\d{3}))";
	struct match m;
	size_t high = body_ahead(r, at, 60);
	if (!pattern_find(r->rx, rx, r->body.s + at, high - at, 0, &m))
		return false;
	*out = (struct mention){ .from = at + m.from, .to = at + m.to };
	/* the next paragraph is about its own lot */
	if (body_has(r, "\\n\\s*\\n|\\t", at, out->to))
		return false;
	return read_number(r, at + m.g[1].from, at + m.g[1].to, out->lot);
}

/* The nearest word before the amount that says of which kind it is. Between them: no other amount, but of other lots of
 * the same list or of the pair "minimum X, maximum Y". */
static int kind_before(struct reading *r, size_t low, size_t at, struct match *label)
{
	int kind = -1;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct match m;
		if (!pattern_last(r->rx, kinds[i].rx, r->body.s, low, at, &m))
			continue;
		if (kind < 0 || m.from > label->from) {
			kind = (int)i;
			*label = m;
		}
	}
	return kind;
}

/* "montants minimum et maximum : 10 000 et 50 000": two kinds, then two amounts. */
static bool two_kinds_in_one(struct reading *r, const struct match *label)
{
	return body_has(r, "(?:minim|maxim|estim)[a-z]*\\s*(?:,|et|/|ou|-)\\s*(?:(?:un|de|le|montant)\\s+)*\\z",
	    body_back(label->from, 40), label->from);
}

static void add_amount(struct reading *r, const struct amount *a)
{
	struct mention lot;
	struct match label;
	bool after = lot_after(r, a->to, &lot);
	if (!after && !lot_before(r, a->from, &lot))
		return;
	/* the lot's own words first, then what announces the list */
	int kind = after ? -1 : kind_before(r, lot.to, a->from, &label);
	bool own = kind >= 0;
	if (kind < 0) {
		size_t from = body_back(after ? a->from : lot.from, 500), to = after ? a->from : lot.from;
		kind = kind_before(r, from, to, &label);
		/* from the announcement on: lots and amounts only */
		if (kind < 0 || body_has(r,
				    "^\\s*(?:article|chapitre)\\s+\\d|[.]\\s+(?:les?|la|l'|il|un)\\b[^\\n]{25}|"
				    "\\bcriteres?\\b|\\bduree\\b[^\\n]{0,40}:",
				    label.to, to))
			return;
		/* a list of lots with one amount each; a second amount of the same lot is something else */
		if (!after && body_has(r, MONEY, lot.to, a->from))
			return;
	}
	if (two_kinds_in_one(r, &label) || body_has(r, other_rx, own ? lot.from : label.from, a->from) ||
	    body_has(r, other_rx, body_back(label.from, 80), label.from))
		return;
	/* in a table without a head of its own the columns are lots_table.c's */
	if (own ? a->from - label.to > 140 : body_has(r, "\t", lot.to, a->from))
		return;
	bool ht =
	    a->before_tax || body_has(r, "\\bh\\.?\\s?t\\b|hors\\s+t(?:ax|va)", own ? lot.from : label.from, a->from) ||
	    body_has(r, "\\A[\\s/an]{0,6}(?:h\\.?\\s?t\\b|hors\\s+t(?:ax|va))", a->to, body_ahead(r, a->to, 16)) ||
	    (after && body_has(r, "\\bh\\.?\\s?t\\b|hors\\s+t(?:ax|va)", a->to, lot.to));
	if (!ht || a->with_tax || a->value < 1)
		return;
	size_t from = after ? a->from : lot.from, to = after ? lot.to : a->to;
	if (to - from > 300)
		from = label.from > lot.from ? label.from : a->from;
	struct fact *f =
	    reading_add_of_lot(r, lot.lot, kinds[kind].key, value_number(a->value), 0.88, &r->body, from, to);
	if (f && !own)
		reading_also(r, f, &r->body, label.from, label.to);
	size_t line = view_line_end(&r->body, to), near = line - to > 60 ? to + 60 : line;
	if (f && kind == 0 &&
	    (body_has(r, "\\bannuel|(?:par|/)\\s?an\\b", own ? lot.to : label.from, a->from) ||
		body_has(r, "\\bannuel|(?:par|/)\\s?an\\b", a->to, near)))
		reading_add_of_lot(r, lot.lot, "amount_max_period", value_text(mem_strdup(r->mem, "annuel")), 0.85,
		    &r->body, from, to);
}

static void find_amounts(struct reading *r)
{
	struct amount a;
	for (size_t at = 0; amount_read(r, at, r->body.n, &a); at = a.to)
		if (body_has(r, "\\blot\\b", body_back(a.from, 420), body_ahead(r, a.to, 60)))
			add_amount(r, &a);
}

struct lot_duration {
	struct mention lot;
	long months;
	size_t from, to;
	bool same_line;
};

static bool duration_at(struct reading *r, const struct match *m, struct lot_duration *out)
{
	struct duration d;
	size_t high = body_ahead(r, m->to, 90);
	if (!french_duration(r->rx, r->body.s, high, m->to, &d) || (d.unit != UNIT_MONTHS && d.unit != UNIT_YEARS))
		return false;
	struct match named;
	bool after = lot_after(r, d.to, &out->lot);
	/* "la durée du lot 1 est de 60 mois" */
	if (!after && pattern_last(r->rx, mention_rx, r->body.s, m->to, d.from, &named)) {
		out->lot.from = m->from;
		out->lot.to = named.to;
		out->from = m->from;
		out->to = d.to;
		out->same_line = true;
		out->months = d.unit == UNIT_YEARS ? d.count * 12 : d.count;
		return read_number(r, named.g[1].from, named.g[1].to, out->lot.lot) && out->months <= 360 &&
		       !body_has(r, "reconduct|reconduit|renouvel|garantie|preparation|preavis|validite|[.;]\\s", m->to,
			   d.from);
	}
	if (!after && (!lot_before(r, d.from, &out->lot) || m->from - out->lot.from > 200))
		return false;
	out->from = out->lot.from < m->from && !after ? out->lot.from : m->from;
	out->to = after ? out->lot.to : d.to;
	out->months = d.unit == UNIT_YEARS ? d.count * 12 : d.count;
	out->same_line = after || !body_has(r, "\\n", out->lot.to, m->from);
	return out->months >= 1 && out->months <= 360 &&
	       !body_has(r,
		   "reconduct|reconduit|renouvel|garantie|preparation|preavis|validite|paiement|\\bchaque|retard|[.;]"
		   "\\s+[a-z]{2,}\\s+[a-z]+\\s+[a-z]",
		   m->from, d.from) &&
	       !body_has(r, "\\A[^.;\\n]{0,50}(?:reconduction|renouvellement)s?\\s+(?:comprise|incluse?)", d.to,
		   body_ahead(r, d.to, 80)) &&
	       (after || !body_has(r, "\\d\\s+(?:mois|ans?|jours|semaines)\\b", out->lot.to, m->from));
}

/* "Lot A : le marché est conclu pour une durée de 48 mois", "durée du lot 1 : 12 mois". */
static void find_durations(struct reading *r)
{
	static const char rx[] = "\\b(?:durees?\\b(?!\\s+(?:de\\s+(?:la\\s+)?(?:reconduction|garantie|validite|"
				 "preparation)))|(?:conclu|passe|etabli)e?\\s+pour\\b|delais?\\s+d'execution)";
	struct lot_duration all[LOTS_MAX], d;
	struct match m;
	size_t n = 0;
	for (size_t at = 0; n < LOTS_MAX && body_find(r, rx, at, &m); at = m.to) {
		if (!duration_at(r, &m, &d))
			continue;
		all[n++] = d;
		/* "de 5 ans pour le lot A et de 4 ans pour le lot B" */
		struct match next = m;
		while (n < LOTS_MAX && d.to < r->body.n) {
			next.from = next.to = d.to;
			size_t from = d.to;
			if (!body_has(
				r, "\\A\\s*,?\\s*(?:et\\s+)?(?:de\\s+|d')?\\s*\\d", from, body_ahead(r, from, 20)) ||
			    !duration_at(r, &next, &d) || d.from != from || strcmp(d.lot.lot, all[n - 1].lot.lot) == 0)
				break;
			all[n++] = d;
		}
	}
	/* under the last lot of a list the duration of the whole may stand: each lot has its own, or none */
	bool several = false;
	for (size_t i = 1; i < n; i++)
		several |= strcmp(all[i].lot.lot, all[0].lot.lot) != 0;
	for (size_t i = 0; i < n; i++)
		if (several || all[i].same_line)
			reading_add_of_lot(r, all[i].lot.lot, "duration_months", value_number((double)all[i].months),
			    0.88, &r->body, all[i].from, all[i].to);
}

/* "Lot 1 : 24 mois" under words about the duration. */
static void find_duration_rows(struct reading *r)
{
	struct match m;
	static const char lead_rx[] = "\\bduree[^\\n.]{0,90}(?::|suivante?s?|ci-(?:apres|dessous))\\s*\\n";
	for (size_t at = 0; body_find(r, lead_rx, at, &m); at = m.to) {
		static const char row_rx[] =
		    "\\G[\\s*-]*lot\\s*(?:n\\s?[o?]?\\.?\\s*)?([a-z]?\\d{1,2}|[a-i]|[ivx]{2,4})\\b[^"
		    "\\n\\d]{0,80}?:\\s*(?=\\d|une?\\b|deux|trois|quatre)";
		struct match k;
		for (size_t next = m.to; pattern_at(r->rx, row_rx, r->body.s, r->body.n, next, &k);
		     next = view_line_end(&r->body, k.to) + 1) {
			struct duration d;
			char number[LOT_NUMBER_MAX];
			if (!french_duration(r->rx, r->body.s, view_line_end(&r->body, k.to), k.to, &d) ||
			    d.from != k.to || (d.unit != UNIT_MONTHS && d.unit != UNIT_YEARS) ||
			    !lot_number(r->body.s + k.g[1].from, k.g[1].to - k.g[1].from, number))
				break;
			long months = d.unit == UNIT_YEARS ? d.count * 12 : d.count;
			reading_add_of_lot(r, number, "duration_months", value_number((double)months), 0.88, &r->body,
			    k.g[0].from, d.to);
		}
	}
}

/* "Lot 1 : Voirie (CPV 45233120-6)", "Lot n° 2 - 45112710-5". */
static void find_codes(struct reading *r)
{
	static const char rx[] = "(?<![\\d.,/"
				 "])((?:0[39]|1[4-689]|2[24]|3[0-57-9]|4[1-58]|5[015]|6[03-6]|7[0-35-79]|8[05]|9[028])"
				 "\\d{6})(?:\\s?-\\s?\\d)(?![.,]?\\d)";
	struct match m;
	struct {
		struct mention lot;
		char *code;
		size_t to;
	} seen[LOTS_MAX];
	size_t n = 0;
	for (size_t at = 0; n < LOTS_MAX && body_find(r, rx, at, &m); at = m.to) {
		if (!lot_before(r, m.from, &seen[n].lot) || m.from - seen[n].lot.to > 220)
			continue;
		seen[n].code = mem_strndup(r->mem, r->body.s + m.g[1].from, 8);
		seen[n++].to = m.to;
	}
	/* one lot only: more likely the code of the whole, under the last lot of a list */
	bool several = false;
	for (size_t i = 1; i < n; i++)
		several |= strcmp(seen[i].lot.lot, seen[0].lot.lot) != 0;
	for (size_t i = 0; several && i < n; i++) {
		struct value v = { .kind = VALUE_TEXTS };
		bool first = true;
		for (size_t k = 0; k < i; k++)
			first &= strcmp(seen[k].lot.lot, seen[i].lot.lot) != 0;
		for (size_t k = i; first && k < n; k++)
			if (strcmp(seen[k].lot.lot, seen[i].lot.lot) == 0) {
				v.texts = mem_grow(r->mem, v.texts, char *, v.n + 1);
				v.texts[v.n++] = seen[k].code;
			}
		if (first)
			reading_add_of_lot(r, seen[i].lot.lot, "cpv", v, 0.88, &r->body, seen[i].lot.from, seen[i].to);
	}
}

#define REFERENCE "((?=[a-z._/ -]*\\d)[a-z0-9][a-z0-9._/-]{4,24}|\\d{2} \\d{2} \\d{3})"

/* "N° 26 11 039 : lot 1", "Lot 1 – 2027020": one number for each lot. */
static void find_references(struct reading *r)
{
	static const char before_rx[] =
	    "\\bn\\s?o\\s*\\.?:?\\s*" REFERENCE
	    "\\s*[:(-]\\s*(?:pour\\s+le\\s+)?lot\\s*(?:n\\s?[o?]?\\.?\\s*)?([a-z]?\\d{1,2}|[a-i]|[ivx]{2,4})\\b";
	static const char after_rx[] =
	    "^[\\s*-]*lot\\s*(?:n\\s?[o?]?\\.?\\s*)?([a-z]?\\d{1,2}|[a-h])\\s*[:(-]+\\s*(?:(?:marche|contrat|accord-"
	    "cadre|consultation)?\\s*n\\s?o\\s*\\.?:?\\s*)?(\\d{4,}(?:[-/._]?[a-z\\d]+)*|\\d{2,4}[-/._]?[a-z]{1,6}[-/"
	    "._]?\\d{1,6}[a-z\\d]*)\\s*\\)?\\s*(?:$|[:-]\\s)";
	static const char *const forms[] = { before_rx, after_rx };
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct match m, last = { 0 };
		for (size_t at = 0; body_find(r, forms[i], at, &m); at = m.to) {
			unsigned lot = i == 0 ? 2 : 1, ref = 3 - lot;
			char number[LOT_NUMBER_MAX];
			/* years, codes of the vocabulary, amounts */
			if (body_has(
				r, "\\A(?:19|20)\\d\\d\\z|\\A\\d{8}-\\d\\z|\\A\\d{8}\\z", m.g[ref].from, m.g[ref].to) ||
			    body_has(
				r, "\\A\\s*(?:eur|%|m2|mois|ans?\\b)", m.g[ref].to, body_ahead(r, m.g[ref].to, 8)) ||
			    !lot_number(r->body.s + m.g[lot].from, m.g[lot].to - m.g[lot].from, number))
				continue;
			/* of one lot alone it may be the whole's */
			if (last.to == 0) {
				struct match next;
				if (!body_find(r, forms[i], m.to, &next))
					break;
			}
			last = m;
			reading_add_of_lot(r, number, "reference",
			    value_text(view_text(r->mem, &r->body, m.g[ref].from, m.g[ref].to)), 0.88, &r->body, m.from,
			    m.to);
		}
	}
}

void lot_facts_find(struct reading *r)
{
	if (r->kind == KIND_BPU || r->kind == KIND_DPGF || r->kind == KIND_DQE)
		return;
	find_amounts(r);
	if (r->kind != KIND_CCTP) {
		find_durations(r);
		find_duration_rows(r);
		find_codes(r);
		find_references(r);
	}
}

/* Lots with values of their own, one of which was taken for that of the whole. */
static void drop_of_whole(struct reading *r, const char *key)
{
	const struct fact *first = NULL;
	bool differ = false;
	for (size_t i = 0; i < r->n_of_lots; i++) {
		const struct fact *f = &r->of_lots[i].fact;
		if (strcmp(f->key, key) != 0)
			continue;
		differ |= first && !value_equal(r->tmp, &first->value, &f->value);
		first = first ? first : f;
	}
	size_t kept = 0;
	for (size_t k = 0; k < r->n_found; k++) {
		bool one = false;
		for (size_t i = 0; differ && i < r->n_of_lots && strcmp(r->found[k].key, key) == 0; i++)
			one |= strcmp(r->of_lots[i].fact.key, key) == 0 &&
			       value_equal(r->tmp, &r->of_lots[i].fact.value, &r->found[k].value);
		if (!one)
			r->found[kept++] = r->found[k];
	}
	r->n_found = kept;
}

void lot_facts_settle(struct reading *r)
{
	static const char *const settled[] = { "duration_months", "amount_max_eur_ht", "amount_min_eur_ht",
		"estimated_amount_eur_ht", "reference" };
	for (size_t i = 0; i < ARRAY_LEN(settled); i++)
		drop_of_whole(r, settled[i]);
}
