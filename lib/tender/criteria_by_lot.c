/* Criteria that differ by lot: a table with a column for each lot, or a list under each "Lot 1". */
#include <string.h>
#include "criteria_grid.h"
#include "criteria_lines.h"
#include "lots_rules.h"

#define SETS_MAX 24
#define REACH 3500

/* The lots that one list holds for. */
struct lot_set {
	char lot[LOTS_MAX][LOT_NUMBER_MAX];
	size_t n;
	size_t from, to; /* of the words that name them */
};

#define ONE "(?:[a-z]?\\d{1,2}(?!\\s?%|\\d|[.,]\\d|\\s*(?:points?|pts)\\b)|[a-h](?![a-z']))"
/* "lot 1", "lots 1, 2 et 3", "lots 1 à 4", "lots A et B", "lot 1 et lot 2": group 1 the numbers. */
#define SET \
	"lots?\\s*(?:n\\s?[o?]?s?\\.?\\s*)?:?\\s*(" ONE \
	"(?:\\s*(?:,|;|/|-|et|a|&|ainsi\\s+que)\\s*(?:(?:le\\s+)?lots?\\s*(?:n\\s?o?\\s*)?)?" ONE ")*)(?![a-z\\d'])"

/* Reads the numbers of [from, to). */
static bool read_set(struct reading *r, size_t from, size_t to, struct lot_set *out)
{
	struct match m;
	size_t last = from;
	out->n = 0;
	for (size_t at = from;
	     out->n < LOTS_MAX &&
	     pattern_find(r->rx, "(?<![a-z\\d])(?:[a-z]?\\d{1,2}|[b-h]|a(?!\\s+(?:lot\\s+)?\\d))(?![a-z\\d])",
		 r->body.s, to, at, &m);
	     at = m.to) {
		char number[LOT_NUMBER_MAX];
		char c = r->body.s[m.from];
		if (!lot_number(r->body.s + m.from, m.to - m.from, number) ||
		    (c >= 'a' && c <= 'z' && r->body.off && view_capitals(&r->body, m.from, m.from + 1) < 0.5))
			return false;
		/* "1 à 4" */
		int high = lot_rank(number, false), low = out->n > 0 ? lot_rank(out->lot[out->n - 1], false) : 0;
		if (out->n > 0 && number[0] <= '9' && body_has(r, "\\A\\s*a\\s", last, m.from))
			for (int k = low + 1; k < high && out->n < LOTS_MAX; k++) {
				char *s = mem_printf(r->tmp, "%d", k);
				lot_number(s, strlen(s), out->lot[out->n++]);
			}
		if (out->n < LOTS_MAX)
			memcpy(out->lot[out->n++], number, LOT_NUMBER_MAX);
		last = m.to;
	}
	return out->n > 0;
}

static void give(struct reading *r, const struct lot_set *set)
{
	const char *lots[LOTS_MAX];
	for (size_t i = 0; i < set->n; i++)
		lots[i] = set->lot[i];
	reading_give_to_lots(r, lots, set->n);
}

static void forget(struct reading *r, size_t of_lots)
{
	r->n_of_lots = of_lots;
}

/* Whether what was added since `before` is of several sets of lots and differs. */
static bool differ(struct reading *r, size_t before)
{
	bool other = false;
	for (size_t i = before + 1; i < r->n_of_lots; i++)
		other |= !value_equal(r->tmp, &r->of_lots[before].fact.value, &r->of_lots[i].fact.value);
	return other;
}

/* ---- a column for each lot ---- */

static bool head_set(struct reading *r, const struct grid_cell *c, struct lot_set *out)
{
	struct match m;
	size_t n = strlen(c->folded);
	if (!pattern_find(r->rx, "\\b" SET, c->folded, n, 0, &m))
		return false;
	/* the numbers stand in the cell's words */
	struct reading part = *r;
	part.body = (struct view){ .s = mem_strdup(r->tmp, c->folded), .n = n };
	return read_set(&part, m.g[1].from, m.g[1].to, out);
}

static bool read_lot_column(
    struct reading *r, const struct grid *g, unsigned head, unsigned name, unsigned col, struct grid_rows *rows)
{
	rows->n = 0;
	for (unsigned row = head + 1; row < g->rows; row++) {
		const struct grid_cell *c = &g->cell[row][name], *of = &g->cell[row][col];
		struct criteria_row k = {
			.name = mem_strdup(r->tmp, c->text), .page = c->page, .a = c->a, .b = c->b, .weighted = true
		};
		if (c->folded[0] == '\0' || !grid_weight(r, of, &k.weight, &k.points))
			continue;
		k.more_page = of->page;
		k.more_a = of->a;
		k.more_b = of->b;
		if (pattern_in(r->rx, "\\A[\\s*-]*(?:sous[- ]?critere|\\d{1,2}[.-]\\d|dont\\b)|\\A\\s*[*-]", c->folded,
			0, strlen(c->folded)))
			k.level = LEVEL_SUB;
		rows->row[rows->n++] = k;
	}
	return rows->n >= 2 && criteria_from_rows(r, rows->row, rows->n, true, 0.93);
}

/* "Critères | Lot 1 | Lot 2". */
static bool columns_by_lot(struct reading *r, uint32_t page, uint32_t table)
{
	struct grid *g = mem_zero(r->tmp, struct grid);
	struct grid_rows *rows = mem_zero(r->tmp, struct grid_rows);
	if (!grid_make(r, page, table, g))
		return false;
	for (unsigned head = 0; head < 3 && head + 2 < g->rows; head++) {
		struct lot_set set[GRID_COLS];
		unsigned col[GRID_COLS], n = 0;
		for (unsigned i = 1; i < g->cols; i++)
			if (g->cell[head][i].id != g->cell[head][i - 1].id && head_set(r, &g->cell[head][i], &set[n]))
				col[n++] = i;
		if (n < 2)
			continue;
		size_t before = r->n_of_lots;
		unsigned name = 0;
		/* numbers before the names */
		if (col[0] > 1 && pattern_in(r->rx, "\\A\\s*\\d?\\d?\\s*\\z", g->cell[head + 1][0].folded, 0,
				      strlen(g->cell[head + 1][0].folded)))
			name = 1;
		bool all = true;
		for (unsigned i = 0; i < n && all; i++) {
			all = read_lot_column(r, g, head, name, col[i], rows);
			if (all)
				give(r, &set[i]);
		}
		if (all && differ(r, before))
			return true;
		if (all && r->n_of_lots > before) { /* the same for all: of the whole */
			struct fact f = r->of_lots[before].fact;
			forget(r, before);
			r->found = mem_grow(r->mem, r->found, struct fact, r->n_found + 1);
			r->found[r->n_found++] = f;
			return true;
		}
		forget(r, before);
	}
	return false;
}

/* ---- a list under each lot ---- */

/* Where a list of criteria for some lots begins: a line of its own, "Pour le lot 2,", "pour chacun des lots 1 et 3". */
static size_t find_sets(struct reading *r, struct lot_set *out)
{
	static const char rx[] =
	    "(?:^[\\s*-]*(?:\\d{1,2}(?:\\.\\d{1,2})*\\s*[-.)]*\\s*)?(?:(?:criteres?|ponderations?|jugement|notation)"
	    "\\b[^\\n:]{0,60}?)?(?:(?:pour|concernant|s'agissant)\\s+)?|"
	    "\\b(?:pour|concernant)\\s+)(?:(?:du|de|des|le|les|chacun\\s+des|l'ensemble\\s+des)\\s+)?" SET;
	struct match m;
	size_t n = 0;
	for (size_t at = 0; n < SETS_MAX && body_find(r, rx, at, &m); at = m.to) {
		out[n].from = m.from;
		out[n].to = m.to;
		if (read_set(r, m.g[1].from, m.g[1].to, &out[n]))
			n++;
	}
	return n;
}

static bool read_segment(struct reading *r, const struct lot_set *set, size_t to)
{
	size_t line = view_line_end(&r->body, set->to), found = r->n_found;
	/* weights come soon, and nothing else begins before them */
	static const char first_rx[] =
	    "\\d\\s?(?:%|points?\\b|pts\\b|/\\s*\\d)|coef|\\bnotee?\\s+sur\\b|\\bcriteres?\\b|\\bponderation";
	struct match m;
	size_t high = to - set->to > 420 ? set->to + 420 : to;
	if (!pattern_find(r->rx, first_rx, r->body.s, high, set->to, &m) ||
	    body_has(r,
		"\\n\\s*(?:article|chapitre)\\s+\\d|\\n\\s*\\d{1,2}(?:\\.\\d{1,2})*\\s*[-.)]\\s*[a-z][^\\n]{3,80}"
		"\\n\\s*\\n|(?:chaque|tous\\s+les|ensemble\\s+des)\\s+lots?\\b|\\bmontants?\\b|\\beur\\b",
		set->to, m.from))
		return false;
	return criteria_in(r, set->to, line, to) && r->n_found == found + 1;
}

static bool lists_by_lot(struct reading *r)
{
	struct lot_set *set = mem_array(r->tmp, struct lot_set, SETS_MAX);
	size_t n = find_sets(r, set), before = r->n_of_lots, lists = 0;
	char *known = mem_strdup(r->tmp, " ");
	for (size_t i = 0; n >= 2 && i < n; i++) {
		size_t to = i + 1 < n ? set[i + 1].from : r->body.n;
		if (to - set[i].to > REACH)
			to = set[i].to + REACH;
		bool again = false;
		for (size_t k = 0; k < set[i].n; k++)
			again |= strstr(known, mem_printf(r->tmp, " %s ", set[i].lot[k])) != NULL;
		if (again || !read_segment(r, &set[i], to))
			continue;
		for (size_t k = 0; k < set[i].n; k++)
			known = mem_printf(r->tmp, "%s%s ", known, set[i].lot[k]);
		give(r, &set[i]);
		lists++;
	}
	if (lists >= 2 && differ(r, before))
		return true;
	forget(r, before);
	return false;
}

bool criteria_by_lot(struct reading *r)
{
	for (uint32_t i = 0; i < r->d->n_pages; i++)
		for (uint32_t t = 0; t < r->d->pages[i].n_tables; t++) {
			const struct doc_table *k = &r->d->pages[i].tables[t];
			if (k->rows >= 3 && k->rows <= GRID_ROWS && criteria_table_judges(r, &r->d->pages[i], k) &&
			    columns_by_lot(r, i, t))
				return true;
		}
	return lists_by_lot(r);
}
