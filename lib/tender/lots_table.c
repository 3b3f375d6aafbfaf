/* Lots out of tables with cells: number, title, and what the other columns say of each lot. */
#include "lots_rules.h"
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 200
#define COLS_MAX 16

enum column { COL_OTHER, COL_LOT, COL_TITLE, COL_MIN, COL_MAX, COL_ESTIMATE, COL_CPV, COL_DURATION, COL_REFERENCE };

/* What a column holds, by the words of its head; the first that fits. */
static const struct {
	enum column column;
	const char *rx;
} heads[] = {
	{ COL_CPV, "\\bc\\.?p\\.?v\\b" },
	{ COL_OTHER,
	    "\\bquantit|\\bnombres?\\b|\\beffectif|\\bvolumes?\\b|\\bsurfaces?\\b|\\bunit|\\bnotes?\\b|\\bdates?\\b" },
	{ COL_MAX, "\\bmaxim|\\bmaxi?\\b|\\bplafond" },
	{ COL_MIN, "\\bminim|\\bmini?\\b" },
	{ COL_ESTIMATE, "\\bestim|\\bprevisionnel" },
	{ COL_DURATION, "\\bdurees?\\b|\\bdelais?\\s+d'execution" },
	{ COL_REFERENCE,
	    "(?:\\bn\\s?o|numero|\\bref(?:erence)?\\.?)\\s*(?:de\\s+|du\\s+|d')?\\s*(?:la\\s+|l')?(?:marche|contrat|"
	    "accord|consultation|procedure)|\\A\\W*references?\\W*\\z" },
	{ COL_LOT, "\\A\\W*(?:(?:n\\s?o?|numeros?)\\s*(?:de\\s+|du\\s+|des\\s+)?)?lots?\\b(?!\\s+[a-z]{4})|\\A\\W*(?:"
		   "n\\s?o|numero)\\W*\\z" },
	{ COL_TITLE,
	    "\\b(?:designations?|intitules?|libelles?|objets?|descriptions?|natures?|prestations?|denominations?|"
	    "secteurs?|corps\\s+d'etat|contenu|titres?|noms?|missions?|lots?)\\b" },
};

struct grid {
	const struct doc_page *p;
	const struct doc_table *t;
	uint32_t page;
	char *head[COLS_MAX]; /* folded words of each column's head */
	enum column column[COLS_MAX];
	bool ht[COLS_MAX]; /* its head says without tax */
	bool before_tax;   /* said above the table */
};

static char *cell_text(struct reading *r, const struct grid *g, const struct doc_cell *c, uint32_t *a, uint32_t *b)
{
	*a = *b = 0;
	if (!c || c->n_lines == 0 || c->first_line + c->n_lines > g->p->n_lines)
		return mem_strdup(r->tmp, "");
	const struct doc_line *last = &g->p->lines[c->first_line + c->n_lines - 1];
	*a = g->p->lines[c->first_line].start;
	*b = last->start + last->len;
	return *b > *a ? mem_strndup(r->tmp, g->p->text + *a, *b - *a) : mem_strdup(r->tmp, "");
}

/* The cell that covers the place, merged ones too. */
static const struct doc_cell *cell_over(const struct doc_table *t, unsigned row, unsigned col)
{
	for (uint32_t i = 0; i < t->n_cells; i++) {
		const struct doc_cell *c = &t->cells[i];
		if (row >= c->row && row < c->row + c->row_span && col >= c->col && col < c->col + c->col_span)
			return c;
	}
	return NULL;
}

bool lot_number(const char *s, size_t n, char out[LOT_NUMBER_MAX])
{
	while (n > 1 && *s == '0') {
		s++;
		n--;
	}
	if (n == 0 || n >= LOT_NUMBER_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		out[i] = (char)(s[i] >= 'a' && s[i] <= 'z' ? s[i] - 'a' + 'A' : s[i]);
	out[n] = '\0';
	return true;
}

int lot_rank(const char *s, bool roman)
{
	static const char *const romans[] = { "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII",
		"XIII", "XIV", "XV" };
	for (size_t i = 0; roman && i < ARRAY_LEN(romans); i++)
		if (strcmp(romans[i], s) == 0)
			return (int)i + 1;
	if (s[0] >= 'A' && s[0] <= 'Z')
		return s[1] == '\0' && !roman ? s[0] - 'A' + 1 : 0;
	return s[0] >= '0' && s[0] <= '9' && strspn(s, "0123456789") == strlen(s) ? (int)strtol(s, NULL, 10) : 0;
}

char *lot_title(struct reading *r, const char *words)
{
	static const char end_rx[] =
	    "\\s*(?:[-:,;(\\[]\\s*)+(?:(?:pour\\s+)?(?:un\\s+|le\\s+)?(?:montants?|maximum|minimum|estime|estimation|"
	    "cpv\\b|code\\s+cpv|"
	    "duree|delai\\s+d'execution|seuils?)\\b|\\d[\\d .,]*\\s*eur|\\d{8}-\\d)[\\s\\S]*\\z|\\s+\\d[\\d "
	    ".]*(?:,\\d\\d)?\\s*eur[\\s\\S]*\\z";
	uint32_t *off;
	char *f = view_fold_places(r->tmp, words, strlen(words), &off);
	struct match m;
	size_t n = strlen(f), from = 0, to = n;
	/* "1 | Lot 1 : Démolition", "relatif à la collecte" */
	static const char lead_rx[] = "\\A[\\s\"*-]*(?:lot\\s*(?:n\\s?o?\\.?\\s*)?(?:[a-z]?\\d{1,2}|[a-h])\\s*[:.-]+"
				      "\\s*|(?:relatif|concernant|portant\\s+"
				      "sur|correspondant|intitule)e?\\s*(?:au\\s+|a\\s+la\\s+|aux\\s+|a\\s+l'\\s*|"
				      "la\\s+|le\\s+|les\\s+|l'\\s*)?)";
	if (pattern_find(r->rx, lead_rx, f, n, 0, &m) && m.to + 2 < n)
		from = m.to;
	/* a title in quotes, and more about the lot */
	if (pattern_find(r->rx, "\\A\\s*\"\\s*([^\"]{3,160})\"", f, n, 0, &m)) {
		from = m.g[1].from;
		to = m.g[1].to;
	} else if (pattern_find(r->rx, end_rx, f, n, from, &m) && m.from > from + 2) {
		to = m.from;
	}
	while (from < to && strchr(" \n:;,.-\"", f[from]))
		from++;
	while (to > from && strchr(" \n:;,.-(\"", f[to - 1]))
		to--;
	if (from == to)
		return mem_strdup(r->mem, "");
	size_t end = to < n ? off[to] : strlen(words);
	while (end > off[from] && (words[end - 1] == ' ' || words[end - 1] == '\n'))
		end--;
	char *title = mem_strndup(r->mem, words + off[from], end - off[from]);
	for (char *p = title; *p != '\0'; p++)
		*p = (char)(*p == '\n' ? ' ' : *p);
	return title;
}

/* "1", "Lot 2", "Lot n° 03 : Peinture": groups 1 the word, 2 number, 3 the rest. */
static bool read_number(struct reading *r, const char *folded, char number[LOT_NUMBER_MAX], bool *said, size_t *rest)
{
	static const char rx[] = "\\A[\\s*\"-]*(lots?\\s*(?:n\\s?[o?]?\\.?\\s*)?:?\\s*)?([a-z]?\\d{1,2}|[a-h]|[ivx]{1,"
				 "4})(?![\\d,%/]|\\.\\d)\\b\\s*[-:.)]*\\s*";
	struct match m;
	size_t n = strlen(folded);
	if (!pattern_find(r->rx, rx, folded, n, 0, &m))
		return false;
	*said = m.g[1].set && m.g[1].to > m.g[1].from;
	*rest = m.to;
	return (*said || m.to == n) && lot_number(folded + m.g[2].from, m.g[2].to - m.g[2].from, number);
}

static enum column column_of(struct reading *r, const char *head)
{
	for (size_t i = 0; i < ARRAY_LEN(heads); i++)
		if (pattern_in(r->rx, heads[i].rx, head, 0, strlen(head)))
			return heads[i].column;
	return COL_OTHER;
}

/* Reads the heads above row `first`; false when they do not speak of lots. `said`: the rows themselves say "Lot 1". */
static bool read_heads(struct reading *r, struct grid *g, unsigned first, bool said)
{
	bool lot = said, title = false;
	for (unsigned col = 0; col < g->t->cols && col < COLS_MAX; col++) {
		char *head = mem_strdup(r->tmp, "");
		for (unsigned row = 0; row < first; row++) {
			uint32_t a, b;
			char *s = cell_text(r, g, cell_over(g->t, row, col), &a, &b);
			head = mem_printf(r->tmp, "%s%s%s", head, head[0] ? " " : "", s);
		}
		g->head[col] = view_fold(r->tmp, head, strlen(head));
		/* the cell right above, so that a title over the table does not name its first column */
		uint32_t low, high;
		char *above = cell_text(r, g, first > 0 ? cell_over(g->t, first - 1, col) : NULL, &low, &high);
		g->column[col] = column_of(r, view_fold(r->tmp, above, strlen(above)));
		if (g->column[col] == COL_OTHER)
			g->column[col] = column_of(r, g->head[col]);
		lot |= pattern_in(r->rx, "\\blots?\\b", g->head[col], 0, strlen(g->head[col]));
		title |= g->column[col] == COL_TITLE;
		g->ht[col] = pattern_in(r->rx, "\\bh\\.?\\s?t\\b|hors\\s+tax", g->head[col], 0, strlen(g->head[col]));
	}
	if (said && !title) /* no head: the cell beside the number */
		for (unsigned col = 1; col < g->t->cols && col < COLS_MAX && !title; col++)
			if (g->column[col] == COL_OTHER) {
				g->column[col] = COL_TITLE;
				title = true;
			}
	return lot;
}

/* "60 000", "60 000,00 EUR HT", "60 k": with the unit in the head or the cell; "Sans" and the like: none. */
static bool read_money(struct reading *r, const struct grid *g, unsigned col, const char *folded, double *out)
{
	static const char rx[] = "\\A\\s*(\\d{1,3}(?:[ "
				 ".]\\d{3})+|\\d+)(?:,(\\d{1,2}))?\\s*(k\\b|m\\b|keur)?\\s*(?:eur(?:os?)?)?\\s*(h\\.?"
				 "t\\.?|hors\\s+taxes?)?\\s*(?:(?:/|par)\\s?an)?\\s*\\z";
	struct match m;
	size_t n = strlen(folded);
	if (!pattern_find(r->rx, rx, folded, n, 0, &m))
		return false;
	bool ttc = pattern_in(r->rx, "\\bt\\.?t\\.?c\\b", g->head[col], 0, strlen(g->head[col]));
	double v = 0;
	for (size_t i = m.g[1].from; i < m.g[1].to; i++)
		if (folded[i] >= '0' && folded[i] <= '9')
			v = v * 10 + (folded[i] - '0');
	if (m.g[2].set)
		v += strtod(folded + m.g[2].from, NULL) / (m.g[2].to - m.g[2].from == 2 ? 100 : 10);
	bool thousands = m.g[3].set || pattern_in(r->rx, "\\bkeur|\\bk eur", g->head[col], 0, strlen(g->head[col]));
	if (thousands)
		v *= m.g[3].set && folded[m.g[3].from] == 'm' ? 1e6 : 1e3;
	bool ht = m.g[4].set || g->ht[col] || g->before_tax;
	*out = v;
	return ht && !ttc && v >= 1 && v < 1e12;
}

static void say_of_lot(struct reading *r, const char *lot, const char *key, struct value v, const struct evidence *e)
{
	for (size_t i = 0; i < r->n_of_lots; i++)
		if (strcmp(r->of_lots[i].lot, lot) == 0 && strcmp(r->of_lots[i].fact.key, key) == 0)
			return;
	reading_add_evidence(r, key, v, 0.93, e);
	reading_give_to_lots(r, &lot, 1);
}

static void read_column(struct reading *r, const struct grid *g, unsigned row, unsigned col, const struct lot_row *lot)
{
	uint32_t a, b;
	char *text = cell_text(r, g, cell_over(g->t, row, col), &a, &b), *f = view_fold(r->tmp, text, strlen(text));
	struct evidence e;
	double money;
	struct match m;
	struct duration d;
	size_t n = strlen(f);
	if (n == 0 || !page_evidence(r->mem, r->d, r->index, g->page, a, b, &e))
		return;
	switch (g->column[col]) {
	case COL_MIN:
	case COL_MAX:
	case COL_ESTIMATE:
		if (!read_money(r, g, col, f, &money))
			return;
		say_of_lot(r, lot->number,
		    g->column[col] == COL_MAX   ? "amount_max_eur_ht"
		    : g->column[col] == COL_MIN ? "amount_min_eur_ht"
						: "estimated_amount_eur_ht",
		    value_number(money), &e);
		if (g->column[col] == COL_MAX &&
		    pattern_in(r->rx, "\\bannuel|par\\s+an|/\\s?an\\b", g->head[col], 0, strlen(g->head[col])))
			say_of_lot(r, lot->number, "amount_max_period", value_text(mem_strdup(r->mem, "annuel")), &e);
		return;
	case COL_CPV: {
		struct value v = { .kind = VALUE_TEXTS };
		for (size_t at = 0;
		     v.n < 8 && pattern_find(r->rx, "(?<!\\d)(\\d{8})(?:\\s?-\\s?\\d)?(?!\\d)", f, n, at, &m);
		     at = m.to) {
			v.texts = mem_grow(r->mem, v.texts, char *, v.n + 1);
			v.texts[v.n++] = mem_strndup(r->mem, f + m.g[1].from, 8);
		}
		if (v.n > 0)
			say_of_lot(r, lot->number, "cpv", v, &e);
		return;
	}
	case COL_DURATION: {
		bool months = pattern_in(r->rx, "\\bmois\\b", g->head[col], 0, strlen(g->head[col]));
		long count = 0;
		if (french_duration(r->rx, f, n, 0, &d) && d.from < 3 && d.to + 3 > n &&
		    (d.unit == UNIT_MONTHS || d.unit == UNIT_YEARS))
			count = d.unit == UNIT_YEARS ? d.count * 12 : d.count;
		else if (months && n < 4 && french_number(f, n, &count) != n)
			count = 0;
		if (count >= 1 && count <= 360)
			say_of_lot(r, lot->number, "duration_months", value_number((double)count), &e);
		return;
	}
	case COL_REFERENCE:
		if (pattern_in(r->rx, "\\A(?=[^\\n]*\\d)[a-z0-9][a-z0-9 ._/-]{3,24}\\z", f, 0, n))
			say_of_lot(r, lot->number, "reference", value_text(mem_strdup(r->mem, text)), &e);
		return;
	case COL_OTHER:
	case COL_LOT:
	case COL_TITLE:
		return;
	}
}

/* One row of the table as a lot; false when it is none. */
static bool read_row(
    struct reading *r, const struct grid *g, unsigned row, unsigned lot_col, bool said, struct lot_row *out)
{
	uint32_t a, b, low, high;
	const struct doc_cell *c = cell_over(g->t, row, lot_col);
	char *text = cell_text(r, g, c, &low, &high);
	bool word;
	size_t rest;
	memset(out, 0, sizeof(*out));
	if (!c || c->row != row)
		return false;
	uint32_t *off;
	char *f = view_fold_places(r->tmp, text, strlen(text), &off);
	if (!read_number(r, f, out->number, &word, &rest) || word < said)
		return false;
	if (rest < strlen(f))
		out->title = lot_title(r, text + off[rest]);
	for (unsigned col = 0; !out->title && col < g->t->cols && col < COLS_MAX; col++) {
		if (col == lot_col || g->column[col] != COL_TITLE)
			continue;
		text = cell_text(r, g, cell_over(g->t, row, col), &a, &b);
		if (b == 0 || pattern_in(r->rx, "\\A[\\s\\d.,_-]*\\z", text, 0, strlen(text)))
			continue;
		out->title = lot_title(r, text);
		low = a < low ? a : low;
		high = b > high ? b : high;
	}
	return page_evidence(r->mem, r->d, r->index, g->page, low, high - low < 300 ? high : low + 300, &out->proof);
}

/* The first row that is lot 1, A or I, and its column. */
static bool first_row(struct reading *r, struct grid *g, unsigned *row, unsigned *col, bool *said)
{
	for (*row = 0; *row < g->t->rows && *row < 6; ++*row)
		for (*col = 0; *col < 2 && *col < g->t->cols; ++*col) {
			uint32_t a, b;
			char number[LOT_NUMBER_MAX], *text = cell_text(r, g, cell_over(g->t, *row, *col), &a, &b);
			char *f = view_fold(r->tmp, text, strlen(text));
			size_t rest;
			if (!read_number(r, f, number, said, &rest) || lot_rank(number, number[0] == 'I') != 1)
				continue;
			/* a lone number needs a head that says that it is a lot's */
			if (read_heads(r, g, *row, *said) && (*said || g->column[*col] == COL_LOT))
				return true;
		}
	return false;
}

/* False when the rows are not lots in their order. */
static bool read_rows(
    struct reading *r, const struct grid *g, unsigned row, unsigned col, bool said, bool titles, struct lot_rows *out)
{
	for (; row < g->t->rows && out->n < LOTS_MAX; row++) {
		struct lot_row k;
		if (!read_row(r, g, row, col, said, &k))
			continue;
		bool roman = out->n == 0 ? k.number[0] == 'I' : out->row[0].number[0] == 'I';
		if (lot_rank(k.number, roman) != (int)out->n + 1 || (titles && (!k.title || strlen(k.title) < 3)))
			return false;
		for (unsigned i = 0; i < g->t->cols && i < COLS_MAX; i++)
			if (i != col)
				read_column(r, g, row, i, &k);
		out->row[out->n++] = k;
	}
	return true;
}

/* A table and what goes on of it on the next pages. */
static bool read_table(struct reading *r, struct grid *g, uint32_t table, bool titles, struct lot_rows *out)
{
	unsigned row, col;
	bool said;
	out->n = 0;
	if (!first_row(r, g, &row, &col, &said) || !read_rows(r, g, row, col, said, titles, out))
		return false;
	while (g->page + 1 < r->d->n_pages && table + 1 == g->p->n_tables) {
		const struct doc_page *next = &r->d->pages[g->page + 1];
		if (next->n_tables == 0 || next->tables[0].cols != g->t->cols || next->tables[0].rows > ROWS_MAX)
			break;
		g->p = next;
		g->t = &next->tables[0];
		g->page++;
		table = 0;
		size_t n = out->n, said_of_lots = r->n_of_lots;
		if (!read_rows(r, g, 0, col, said, titles, out)) { /* another table */
			out->n = n;
			r->n_of_lots = said_of_lots;
			break;
		}
	}
	return out->n >= 2;
}

/* Whether the lines just before a table say that its amounts are without tax. */
static bool before_tax_above(struct reading *r, const struct doc_page *p, const struct doc_table *t)
{
	uint32_t first = UINT32_MAX;
	for (uint32_t i = 0; i < t->n_cells; i++)
		if (t->cells[i].n_lines > 0 && t->cells[i].first_line < first)
			first = t->cells[i].first_line;
	if (first == UINT32_MAX || first >= p->n_lines)
		return false;
	uint32_t a = p->lines[first > 4 ? first - 4 : 0].start, b = p->lines[first].start;
	char *f = view_fold(r->tmp, p->text + a, b > a ? b - a : 0);
	return pattern_in(r->rx, "\\bh\\.?\\s?t\\b|hors\\s+tax", f, 0, strlen(f));
}

/* With titles: until the first table that lists the lots, `count` of them when that is > 0. Without: all tables. */
static bool read_tables(struct reading *r, bool titles, long count, struct lot_rows *out)
{
	for (uint32_t i = 0; i < r->d->n_pages; i++) {
		const struct doc_page *p = &r->d->pages[i];
		for (uint32_t t = 0; t < p->n_tables; t++) {
			if (p->tables[t].rows < 2 || p->tables[t].rows > ROWS_MAX || p->tables[t].cols > COLS_MAX)
				continue;
			struct grid g = { .p = p, .t = &p->tables[t], .page = i };
			size_t before = r->n_of_lots;
			g.before_tax = before_tax_above(r, p, g.t);
			bool read = read_table(r, &g, t, titles, out);
			if (read && titles && (count <= 0 || out->n == (size_t)count))
				return true;
			if (!read || titles)
				r->n_of_lots = before;
		}
	}
	out->n = 0;
	return false;
}

bool lots_table_find(struct reading *r, long count, struct lot_rows *out)
{
	return read_tables(r, true, count, out);
}

void lots_table_facts(struct reading *r)
{
	(void)read_tables(r, false, 0, mem_zero(r->tmp, struct lot_rows));
}
