/* Criteria out of a table's columns: names, parts, weights of either, merged cells and parts listed inside a cell. A
 * table that goes on over the page is one grid. */
#include "criteria_grid.h"
#include <math.h>
#include <string.h>

/* "60 %", "60,5%", "40 points", "15 pts", "40/100", "30.00": groups 1 number, 2 unit. */
static const char weight_rx[] =
    "\\A\\s*(?:(?:coef(?:ficient|\\.)?|note(?:e|es)?\\s+sur|sur|/"
    ")\\s*:?\\s*)?(\\d{1,3}(?:[.,]\\d{1,2})?)\\s*(%|points?|pts?|/"
    "\\s*\\d{2,3}(?:\\s*(?:points?|pts))?)?(?:\\s*(?:max(?:imum)?))?[\\s:]*(?:dont)?[\\s:]*\\z";

bool grid_weight(struct reading *r, const struct grid_cell *c, double *weight, bool *points)
{
	struct match m;
	size_t n = strlen(c->folded);
	if (!pattern_find(r->rx, weight_rx, c->folded, n, 0, &m) ||
	    !french_decimal(c->folded + m.g[1].from, m.g[1].to - m.g[1].from, weight))
		return false;
	*points = !m.g[2].set || c->folded[m.g[2].from] != '%';
	if (*weight < 1 && c->folded[m.g[1].from] == '0') /* a share of one */
		*weight *= 100;
	return *weight > 0 && *weight <= 100;
}

static void add_table(struct reading *r, struct grid *g, uint32_t page, const struct doc_table *t)
{
	const struct doc_page *p = &r->d->pages[page];
	for (unsigned row = 0; row < t->rows && g->rows < GRID_ROWS; row++)
		for (unsigned col = 0; col < GRID_COLS; col++)
			g->cell[g->rows + row < GRID_ROWS ? g->rows + row : GRID_ROWS - 1][col] =
			    (struct grid_cell){ .folded = "", .text = "" };
	for (uint32_t i = 0; i < t->n_cells; i++) {
		const struct doc_cell *c = &t->cells[i];
		struct grid_cell k = { .folded = "", .text = "", .page = page, .id = ++g->cells };
		if (c->n_lines > 0 && c->first_line + c->n_lines <= p->n_lines) {
			const struct doc_line *last = &p->lines[c->first_line + c->n_lines - 1];
			k.a = p->lines[c->first_line].start;
			k.b = last->start + last->len;
			if (k.b > k.a) {
				k.text = mem_strndup(r->tmp, p->text + k.a, k.b - k.a);
				k.folded = view_fold(r->tmp, k.text, strlen(k.text));
			}
		}
		for (unsigned row = c->row; row < c->row + c->row_span && row < t->rows && g->rows + row < GRID_ROWS;
		     row++)
			for (unsigned col = c->col; col < (unsigned)c->col + c->col_span && col < GRID_COLS; col++)
				g->cell[g->rows + row][col] = k;
	}
	g->rows += t->rows;
	if (g->rows > GRID_ROWS)
		g->rows = GRID_ROWS;
}

bool grid_make(struct reading *r, uint32_t page, uint32_t table, struct grid *g)
{
	const struct doc_table *t = &r->d->pages[page].tables[table];
	memset(g, 0, sizeof(*g));
	if (t->cols < 2 || t->cols > GRID_COLS || t->rows < 2)
		return false;
	g->cols = t->cols;
	add_table(r, g, page, t);
	while (
	    page + 1 < r->d->n_pages && table + 1 == r->d->pages[page].n_tables && r->d->pages[page + 1].n_tables > 0) {
		const struct doc_table *next = &r->d->pages[page + 1].tables[0];
		if (!next->continues || next->cols != g->cols)
			break;
		page++;
		table = 0;
		add_table(r, g, page, next);
	}
	return true;
}

/* What a column holds. */
enum role { ROLE_NONE, ROLE_WEIGHT, ROLE_TEXT };

static enum role role_of(struct reading *r, const struct grid *g, unsigned col)
{
	unsigned weights = 0, texts = 0, ordinals = 0;
	for (unsigned row = 1; row < g->rows; row++) {
		const struct grid_cell *c = &g->cell[row][col];
		double w;
		bool points;
		if (c->folded[0] == '\0' || c->id == g->cell[row - 1][col].id)
			continue;
		bool ordinal = pattern_in(r->rx, "\\A\\s*(?:n\\s?o?\\s*)?(?:\\d{1,2}|[a-h])\\s*[.)-]?\\s*\\z",
		    c->folded, 0, strlen(c->folded));
		ordinals += ordinal;
		if (grid_weight(r, c, &w, &points))
			weights++;
		else if (!ordinal)
			texts++;
	}
	/* a column of numbers before the names */
	if (texts == 0 && ordinals > 0 && col == 0)
		return ROLE_NONE;
	if (weights > 0 && (texts == 0 || (weights >= 2 && texts == 1)))
		return ROLE_WEIGHT;
	return texts > 0 ? ROLE_TEXT : ROLE_NONE;
}

/* "Méthode : 25 points" inside a cell, one after another; only when they add up to the whole, or to 100. */
static size_t parts_in_cell(
    struct reading *r, const struct grid_cell *c, double whole, struct criteria_row *out, size_t max)
{
	static const char item_rx[] =
	    "\\G(?:[\\s*;,.+-]|o\\s)*(?:et\\s+|dont\\s+)?([a-z][^%\\n]{2,110}?(?:\\n[^%\\n]{2,90}?)?)\\s*[:(=/"
	    "-]+\\s*(?:sur\\s+|notee?\\s+sur\\s+)?(\\d{1,3}(?:[.,]\\d{1,2})?)\\s*(%|points?\\b|pts?\\b)?"
	    "\\s*\\)?(?=\\s*(?:[;,.\\n)]|\\z|et\\s))";
	uint32_t *off;
	char *f = view_fold_places(r->tmp, c->text, strlen(c->text), &off);
	size_t n = strlen(f), found = 0, at = 0;
	double sum = 0;
	for (size_t i = 0; i < n; i++) /* lines of the cell */
		if (f[i] == ' ' && c->text[off[i]] == '\n')
			f[i] = '\n';
	while (at < n && found < max) {
		struct match m;
		double w;
		if (!pattern_at(r->rx, item_rx, f, n, at, &m) ||
		    !french_decimal(f + m.g[2].from, m.g[2].to - m.g[2].from, &w)) {
			const char *line = memchr(f + at, '\n', n - at);
			at = line ? (size_t)(line - f) + 1 : n;
			continue;
		}
		struct criteria_row k = { .level = LEVEL_SUB, .weighted = true, .weight = w, .page = c->page };
		k.a = c->a + off[m.g[1].from];
		k.b = m.to < n ? c->a + off[m.to] : c->b;
		k.name = mem_strndup(r->tmp, c->text + off[m.g[1].from],
		    (m.g[1].to < n ? off[m.g[1].to] : strlen(c->text)) - off[m.g[1].from]);
		k.points = m.g[3].set && f[m.g[3].from] != '%';
		sum += w;
		out[found++] = k;
		at = m.to;
	}
	if (found < 2 || (fabs(sum - whole) > 0.011 && (fabs(sum - 100) > 0.011 || whole <= 0)))
		return 0;
	return found;
}

/* The row's proof: name and weight together when they stand together. */
static struct criteria_row row_of(
    struct reading *r, const struct grid_cell *name, const struct grid_cell *weight, enum row_level level)
{
	struct criteria_row k = {
		.name = mem_strdup(r->tmp, name->text), .level = level, .page = name->page, .a = name->a, .b = name->b
	};
	if (weight && weight->b > weight->a) {
		if (weight->page == name->page && weight->a >= name->b && weight->a - name->b <= 2) {
			k.b = weight->b;
			k.weight_a = weight->a;
			k.weight_b = weight->b;
		} else {
			k.more_page = weight->page;
			k.more_a = weight->a;
			k.more_b = weight->b;
		}
	}
	return k;
}

struct columns {
	unsigned text[2], weight[2];
	unsigned n_text, n_weight;
};

/* The sum of a column's cells, each merged one once. */
static double column_sum(struct reading *r, const struct grid *g, unsigned col, unsigned *cells)
{
	double sum = 0, w;
	bool points;
	*cells = 0;
	for (unsigned row = 1; row < g->rows; row++) {
		const struct grid_cell *c = &g->cell[row][col];
		if (c->id != g->cell[row - 1][col].id && grid_weight(r, c, &w, &points) &&
		    !pattern_in(r->rx, "\\btotal\\b", g->cell[row][0].folded, 0, strlen(g->cell[row][0].folded))) {
			sum += w;
			++*cells;
		}
	}
	return sum;
}

static bool read_columns(struct reading *r, const struct grid *g, struct columns *c)
{
	memset(c, 0, sizeof(*c));
	for (unsigned col = 0; col < g->cols; col++) {
		enum role role = role_of(r, g, col);
		if (role == ROLE_WEIGHT) {
			if (c->n_weight == 2)
				return false;
			c->weight[c->n_weight++] = col;
		} else if (role == ROLE_TEXT && c->n_text < 2) {
			c->text[c->n_text++] = col;
		}
	}
	if (c->n_text == 0 || c->n_weight == 0)
		return false;
	if (c->n_weight == 2) {
		/* of two columns the one with fewer cells is the criteria's */
		unsigned a, b;
		double x = column_sum(r, g, c->weight[0], &a), y = column_sum(r, g, c->weight[1], &b);
		if (b < a || (a == b && fabs(x - 100) > 0.02 && fabs(y - 100) < 0.02)) {
			unsigned swap = c->weight[0];
			c->weight[0] = c->weight[1];
			c->weight[1] = swap;
		}
	}
	return true;
}

static bool same_cell(const struct grid *g, unsigned row, unsigned col, unsigned other)
{
	return other < g->rows && g->cell[row][col].id != 0 && g->cell[row][col].id == g->cell[other][col].id;
}

/* The rows of the group that begins at `row`: those under the same name, or under none. */
static unsigned group_end(struct reading *r, const struct grid *g, const struct columns *c, unsigned row)
{
	unsigned end = row + 1, name = c->text[0];
	double w;
	bool points;
	while (end < g->rows) {
		bool under = same_cell(g, row, name, end);
		/* a name that was not merged: empty cells under it, a part beside them */
		if (!under && g->cell[end][name].folded[0] == '\0' && c->n_text == 2 &&
		    g->cell[end][c->text[1]].folded[0] != '\0' &&
		    grid_weight(r, &g->cell[end][c->weight[c->n_weight - 1]], &w, &points))
			under = true;
		if (!under)
			break;
		end++;
	}
	return end;
}

static bool add(struct grid_rows *out, const struct criteria_row *k)
{
	if (out->n >= GRID_ROWS)
		return false;
	out->row[out->n++] = *k;
	return true;
}

/* One criterion with its parts; false when its weight can't be told. */
static bool read_group(
    struct reading *r, const struct grid *g, const struct columns *c, unsigned row, unsigned end, struct grid_rows *out)
{
	const struct grid_cell *name = &g->cell[row][c->text[0]], *own = &g->cell[row][c->weight[0]];
	bool points = false, part_points;
	struct criteria_row parts[24], top;
	size_t n = 0;
	double weight = 0, sum = 0, w;
	unsigned part_weight = c->weight[c->n_weight - 1];
	/* one weight for all rows of the group, or in a column of its own */
	bool weighted = (c->n_weight == 2 || end == row + 1 || same_cell(g, row, c->weight[0], end - 1)) &&
			grid_weight(r, own, &weight, &points);
	bool by_rows = end > row + 1 && c->n_text == 2 && (!weighted || c->n_weight == 2);
	for (unsigned i = row; by_rows && i < end && n < ARRAY_LEN(parts); i++) {
		const struct grid_cell *part = &g->cell[i][c->text[1]], *of = &g->cell[i][part_weight];
		if (part->folded[0] == '\0' || (i > row && same_cell(g, i, c->text[1], i - 1)))
			continue;
		if (!grid_weight(r, of, &w, &part_points))
			return false;
		parts[n] = row_of(r, part, of, LEVEL_SUB);
		parts[n].weighted = true;
		parts[n].weight = w;
		parts[n++].points = part_points;
		points |= part_points && !weighted;
		sum += w;
	}
	if (!weighted && n == 0)
		return false;
	top = row_of(r, name, weighted ? own : NULL, LEVEL_TOP);
	top.weighted = true;
	top.weight = weighted ? weight : sum;
	top.points = points;
	if (weighted && n > 0 && fabs(sum - weight) > 0.011 && fabs(sum - 100) > 0.011)
		n = 0;
	if (weighted && !by_rows) {
		for (unsigned k = 0; k < c->n_text && n == 0 && end == row + 1; k++)
			n = parts_in_cell(
			    r, &g->cell[row][c->text[1 - k < c->n_text ? 1 - k : 0]], weight, parts, ARRAY_LEN(parts));
		/* "Développement durable | Bilan carbone | 5 %": the weight stands beside the part */
		const char *head = c->n_text == 2 ? g->cell[0][c->text[1]].folded : "";
		if (n == 0 && end == row + 1 && c->n_weight == 1 && c->n_text == 2 && c->weight[0] > c->text[1] &&
		    g->merged && pattern_in(r->rx, "\\bsous[- ]?criteres?", head, 0, strlen(head)) &&
		    g->cell[row][c->text[1]].folded[0] != '\0' && g->cell[row][c->text[1]].id != name->id) {
			parts[0] = row_of(r, &g->cell[row][c->text[1]], own, LEVEL_SUB);
			parts[0].weighted = true;
			parts[0].weight = weight;
			n = 1;
		}
	}
	if (!add(out, &top))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!add(out, &parts[i]))
			return false;
	return true;
}

bool grid_read(struct reading *r, struct grid *g, struct grid_rows *out)
{
	struct columns c;
	out->n = 0;
	if (!read_columns(r, g, &c))
		return false;
	for (unsigned row = 1; row < g->rows; row++)
		g->merged |= same_cell(g, row, c.text[0], row - 1) ||
			     (g->cell[row][c.text[0]].folded[0] == '\0' && c.n_text == 2);
	/* without anything of the kind the plain reading does */
	bool parted = g->merged || c.n_weight == 2;
	for (unsigned row = 0; row < g->rows;) {
		const struct grid_cell *name = &g->cell[row][c.text[0]];
		unsigned end = group_end(r, g, &c, row);
		double w;
		bool points, weighted = false;
		for (unsigned i = row; i < end; i++)
			for (unsigned k = 0; k < c.n_weight; k++)
				weighted |= grid_weight(r, &g->cell[i][c.weight[k]], &w, &points);
		size_t before = out->n;
		/* heads, lines without weights */
		if (weighted && name->folded[0] != '\0' && !read_group(r, g, &c, row, end, out))
			return false;
		parted |= out->n > before + 1;
		row = end;
	}
	return parted && out->n >= 2;
}
