/* Criteria told by their names alone, and what makes a list doubtful. */
#include <string.h>
#include "criteria_rows.h"

/* How a line begins. */
char criteria_marker(const char *s, size_t n)
{
	size_t i = 0;
	while (i < n && (s[i] == ' ' || s[i] == '\n'))
		i++;
	if (i + 1 >= n)
		return ' ';
	if (s[i] == '-' || s[i] == '*')
		return s[i];
	if (s[i] == 'o' && s[i + 1] == ' ')
		return 'o';
	return s[i] >= '0' && s[i] <= '9' ? '1' : s[i + 1] == ')' || s[i + 1] == '.' ? 'a' : ' ';
}

/* "prix des prestations | qualité des prestations": cells that are nothing but the usual names, side by side. */
void criteria_names_in_cells(struct reading *r)
{
	static const char rx[] = "(?<=[\\t\\n])(?:(?:le |la |les )?(?:prix|cout|valeur "
				 "technique|qualite|delais?|performances?|developpement durable|criteres? "
				 "(?:social|environnemental))(?: [a-z' ]{2,40})?[\\t\\n]+){2,8}";
	struct match m, k;
	if (!body_find(r, rx, 0, &m) || !body_has(r, "\\bprix\\b", m.from, m.to))
		return;
	struct value v = { .kind = VALUE_CRITERIA };
	size_t at = m.from;
	while (at < m.to && pattern_find(r->rx, "[^\\t\\n]+", r->body.s, m.to, at, &k)) {
		v.criteria = mem_grow(r->mem, v.criteria, struct criterion, v.n + 1);
		memset(&v.criteria[v.n], 0, sizeof(v.criteria[0]));
		v.criteria[v.n++].name = view_text(r->mem, &r->body, k.from, k.to);
		at = k.to;
	}
	reading_add(r, "criteria", v, 0.75, &r->body, m.from, m.to);
}

/* "selon les critères suivants, par ordre décroissant d'importance :" and a list of names, all there is of it. */
bool criteria_names_in_list(struct reading *r)
{
	static const char lead_rx[] =
	    "\\bcriteres?\\b[^.;:]{0,160}?(?:suivants?|ci-(?:apres|dessous)|importance|priorite)\\b[^.;:]{0,80}:"
	    "\\s*\\n";
	static const char weight_rx[] =
	    "\\d\\s?(?:%|points?\\b|pts\\b|/\\s*\\d)|\\bcoef|\\bnotee?s?\\s+sur\\b|\\bponderations?\\s*:";
	const char *s = r->body.s;
	struct match lead;
	for (size_t at = 0; body_find(r, lead_rx, at, &lead); at = lead.to) {
		struct {
			size_t from, to;
		} item[10];
		size_t n = 0, from = lead.to, last = lead.to;
		char first = ' ';
		bool price = false;
		if (body_has(r, "candidatures?\\b", view_line_start(&r->body, lead.from), lead.to))
			continue;
		while (from < r->body.n && n < ARRAY_LEN(item)) {
			size_t end = view_line_end(&r->body, from);
			char marker = criteria_marker(s + from, end - from);
			if (end == from && n > 0 && from == last + 1) { /* blocks of one item each */
				from++;
				continue;
			}
			bool goes_on = n > 0 && marker == ' ' && end > from && end - from < 120 &&
				       view_capitals(&r->body, from, from + 1) < 0.5;
			if (marker == ' ' && !goes_on)
				break;
			last = end;
			if (!goes_on) {
				if ((n > 0 && marker != first) || end - from > 160)
					break;
				first = marker;
				item[n].from = from;
				item[n++].to = end;
				price |= body_has(r,
				    "\\b(?:prix|couts?|montant|tarifs?|tarification|redevance|honoraires|financi[a-z]+)"
				    "\\b",
				    from, end);
			}
			from = end + 1;
		}
		/* weights may stand elsewhere, in a table or in a sentence: then this is not all of it */
		if (n < 2 || n > 8 || !price || body_has(r, weight_rx, lead.from, body_ahead(r, last, 900)))
			continue;
		struct value v = { .kind = VALUE_CRITERIA };
		for (size_t i = 0; i < n; i++) {
			v.criteria = mem_grow(r->mem, v.criteria, struct criterion, v.n + 1);
			memset(&v.criteria[v.n], 0, sizeof(v.criteria[0]));
			char *name = criterion_name(r, view_text(r->tmp, &r->body, item[i].from, item[i].to));
			if (strlen(name) >= 3)
				v.criteria[v.n++].name = name;
		}
		struct fact *f =
		    v.n == n ? reading_add(r, "criteria", v, 0.8, &r->body, item[0].from, item[0].to) : NULL;
		for (size_t i = 1; i < n && f; i++)
			reading_also(r, f, &r->body, item[i].from, item[i].to);
		if (f)
			return true;
	}
	return false;
}

/* "Lot 1 ... Prix 40 %", then "Lot 2 ... Prix 60 %": the list found is that of some lots only, to be confirmed. */
void criteria_doubt_by_lot(struct reading *r)
{
	static const char rx[] =
	    "^[\\s*-]*(?:(?:pour|criteres?\\b[^\\n]{0,30}?)\\s+)?(?:(?:le|les|du|des)\\s+)?lots?\\s*(?:n\\s?[o?]\\s*)?("
	    "?:\\d{1,2}|"
	    "[a-h])\\b(?:(?!\\blots?\\b)[\\s\\S]){0,250}?\\b(?:prix|valeur|qualite|couts?)\\b(?:(?!\\blots?\\b)[\\s"
	    "\\S]){0,80}?\\d\\s?(?:%|points?\\b|pts\\b)";
	struct match m;
	unsigned lists = 0;
	for (size_t at = 0; lists < 2 && body_find(r, rx, at, &m); at = m.to)
		lists++;
	for (size_t i = 0; i < r->n_found && lists >= 2; i++) {
		struct fact *f = &r->found[i];
		if (strcmp(f->key, "criteria") != 0)
			continue;
		f->status = FACT_UNCERTAIN;
		f->confidence = f->confidence < 0.6 ? f->confidence : 0.6;
	}
}
