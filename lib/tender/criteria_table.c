/* Criteria out of tables with cells: the surest form. A table that goes on over the page is one table. */
#include <string.h>
#include "criteria_grid.h"
#include "criteria_lines.h"

#define MAX_ROWS 80
#define TABLE_ROWS_MAX 400

/* "60 %", "60,5%", "40 points", "15 pts", "40/100", "60 % dont", "30.00": groups 1 number, 2 unit, 3 "dont". */
static const char weight_rx[] =
    "\\A\\s*(?:sur\\s+|note\\s+sur\\s+|/\\s*)?(\\d{1,3}(?:[.,]\\d{1,2})?)\\s*(%|points?|pts?|/"
    "\\s*\\d{2,3}(?:\\s*(?:points?|pts))?)?"
    "(?:\\s*(?:max(?:imum)?))?[\\s:]*(dont)?[\\s:]*\\z";

static char *cell_words(struct reading *r, const struct doc_page *p, const struct doc_cell *c, uint32_t *a, uint32_t *b)
{
	*a = *b = 0;
	if (c->n_lines == 0 || c->first_line + c->n_lines > p->n_lines)
		return mem_strdup(r->tmp, "");
	const struct doc_line *first = &p->lines[c->first_line], *last = &p->lines[c->first_line + c->n_lines - 1];
	*a = first->start;
	*b = last->start + last->len;
	if (*b < *a)
		*b = *a;
	return mem_strndup(r->tmp, p->text + *a, *b - *a);
}

struct rows {
	struct criteria_row row[MAX_ROWS];
	size_t n;
	bool points;       /* the head of the weights says so, or coefficients */
	unsigned name_col; /* 1 + column of the first name; a name further right is a part of it */
};

static bool read_weight(struct reading *r, const char *folded, struct criteria_row *row)
{
	struct match m;
	size_t n = strlen(folded);
	if (!pattern_find(r->rx, weight_rx, folded, n, 0, &m))
		return false;
	if (!french_decimal(folded + m.g[1].from, m.g[1].to - m.g[1].from, &row->weight))
		return false;
	row->weighted = true;
	row->points = m.g[2].set && folded[m.g[2].from] == 'p';
	row->dont = m.g[3].set;
	if (row->weight < 1 && folded[m.g[1].from] == '0') /* a share of one */
		row->weight *= 100;
	return row->weight > 0;
}

/* "Prix (60 %)", "Prix : 60 points" in one cell. */
static bool read_inline_weight(struct reading *r, char *name, struct criteria_row *row)
{
	char *f = view_fold(r->tmp, name, strlen(name));
	struct match m;
	if (!pattern_find(r->rx, "[(:\\s-]\\s*(\\d{1,3}(?:[.,]\\d{1,2})?)\\s*(%|points?|pts?)\\s*\\)?\\s*(dont)?", f,
		strlen(f), 0, &m) ||
	    !french_decimal(f + m.g[1].from, m.g[1].to - m.g[1].from, &row->weight))
		return false;
	row->weighted = row->weight > 0;
	row->points = f[m.g[2].from] == 'p';
	row->dont = m.g[3].set;
	return row->weighted;
}

/* Parts listed inside the name's cell, one a line: "- méthode (30 points)". Only when they add up to the row. */
static void add_parts_in_cell(struct reading *r, struct rows *out, const struct criteria_row *parent)
{
	size_t before = out->n;
	double sum = 0;
	const char *text = r->d->pages[parent->page].text;
	for (uint32_t a = parent->a; a < parent->b;) {
		const char *nl = memchr(text + a, '\n', parent->b - a);
		uint32_t end = nl ? (uint32_t)(nl - text) : parent->b;
		char *line = mem_strndup(r->tmp, text + a, end - a), *f = view_fold(r->tmp, line, strlen(line));
		struct criteria_row k = { .name = line, .level = LEVEL_SUB, .page = parent->page, .a = a, .b = end };
		if (pattern_in(r->rx, "\\A[\\s]*(?:[*-]|o )", f, 0, strlen(f)) && read_inline_weight(r, line, &k) &&
		    out->n < MAX_ROWS) {
			sum += k.weight;
			out->row[out->n++] = k;
		}
		a = end + 1;
	}
	if (sum < parent->weight - 0.01 || sum > parent->weight + 0.01)
		out->n = before;
}

static const struct doc_cell *cell_at(const struct doc_table *t, unsigned row, unsigned col)
{
	for (uint32_t i = 0; i < t->n_cells; i++)
		if (t->cells[i].row == row && t->cells[i].col == col)
			return &t->cells[i];
	return NULL;
}

static void add_row(
    struct reading *r, struct rows *out, const struct doc_table *t, uint32_t page, unsigned row, bool continues)
{
	const struct doc_page *p = &r->d->pages[page];
	struct criteria_row k = { .page = page, .name = mem_strdup(r->tmp, "") };
	unsigned names = 0, name_col = 0;
	bool spans = false, words = false;
	uint32_t low = UINT32_MAX, high = 0;
	for (unsigned col = 0; col < t->cols; col++) {
		const struct doc_cell *c = cell_at(t, row, col);
		if (!c)
			continue;
		uint32_t a, b;
		char *text = cell_words(r, p, c, &a, &b), *f = view_fold(r->tmp, text, strlen(text));
		if (f[0] == '\0')
			continue;
		words = true;
		struct criteria_row w = { 0 };
		if (names == 0 && col + 1 < t->cols &&
		    pattern_in(r->rx, "\\A\\s*(?:\\d{1,2}|[a-h])\\s*[.)-]?\\s*\\z", f, 0, strlen(f))) {
			/* a column of numbers before the names: part of the proof only */
		} else if (read_weight(r, f, &w)) {
			if (!k.weighted) {
				k.weight = w.weight;
				k.weighted = true;
				k.points = w.points || out->points;
				k.dont = w.dont;
				k.weight_a = a;
				k.weight_b = b;
			}
		} else if (names == 0) {
			k.name = text;
			name_col = col;
			names++;
			spans = c->row_span > 1;
			if (spans && out->name_col == 0)
				out->name_col = col + 1;
		} else if (spans && names == 1) {
			/* a group's name over several rows, then the first of its parts */
			struct criteria_row group = k;
			group.level = LEVEL_TOP;
			group.a = low == UINT32_MAX ? a : low;
			group.b = high;
			if (!group.weighted)
				read_inline_weight(r, group.name, &group);
			if (group.weighted && out->n < MAX_ROWS)
				out->row[out->n++] = group;
			k = (struct criteria_row){ .page = page, .name = text, .level = LEVEL_SUB };
			names++;
			low = UINT32_MAX;
			high = 0;
		}
		low = a < low ? a : low;
		high = b > high ? b : high;
	}
	if (!words)
		return;
	char *f = view_fold(r->tmp, k.name, strlen(k.name));
	if (!k.weighted && pattern_in(r->rx, "criteres?|intitule|designation", f, 0, strlen(f)) && strlen(f) < 60)
		return; /* a header */
	if (!k.weighted)
		read_inline_weight(r, k.name, &k);
	if (!k.weighted) {
		/* the rest of a row that the page break cut */
		if (continues && out->n > 0 && names > 0) {
			struct criteria_row *cut = &out->row[out->n - 1];
			cut->name = mem_printf(r->tmp, "%s\n%s", cut->name, k.name);
			cut->more_page = page;
			cut->more_a = low;
			cut->more_b = high;
		}
		return;
	}
	if (names == 0) {
		/* a weight whose name stands in a spanning cell above, or is lost */
		return;
	}
	if (pattern_in(r->rx, "\\A[\\s*-]*(?:sous[- ]?critere|\\d{1,2}[.-]\\d)", f, 0, strlen(f)) ||
	    (out->name_col > 0 && name_col + 1 > out->name_col))
		k.level = LEVEL_SUB;
	if (out->name_col == 0)
		out->name_col = name_col + 1;
	k.a = low;
	k.b = high;
	if (out->n < MAX_ROWS)
		out->row[out->n++] = k;
	if (k.level != LEVEL_SUB)
		add_parts_in_cell(r, out, &k);
}

static void add_table(struct reading *r, struct rows *out, const struct doc_table *t, uint32_t page, bool continues)
{
	for (unsigned col = 0; col < t->cols && !continues; col++) {
		const struct doc_cell *c = cell_at(t, 0, col);
		uint32_t a, b;
		char *text = c ? cell_words(r, &r->d->pages[page], c, &a, &b) : NULL;
		char *f = text ? view_fold(r->tmp, text, strlen(text)) : NULL;
		out->points |=
		    f && strlen(f) < 60 && pattern_in(r->rx, "\\bpoints\\b|\\bcoef|\\bbareme", f, 0, strlen(f));
	}
	for (unsigned row = 0; row < t->rows; row++)
		add_row(r, out, t, page, row, continues && row == 0);
}

bool criteria_table_judges(struct reading *r, const struct doc_page *p, const struct doc_table *t)
{
	uint32_t first = UINT32_MAX;
	for (uint32_t i = 0; i < t->n_cells; i++) {
		const struct doc_cell *c = &t->cells[i];
		uint32_t a, b;
		if (c->n_lines > 0 && c->first_line < first)
			first = c->first_line;
		if (c->row > 0)
			continue;
		char *text = cell_words(r, p, c, &a, &b), *f = view_fold(r->tmp, text, strlen(text));
		if (pattern_in(r->rx, "\\bcriteres?\\b", f, 0, strlen(f)) && strlen(f) < 120)
			return true;
	}
	if (first == UINT32_MAX || first >= p->n_lines)
		return false;
	uint32_t a = p->lines[first > 6 ? first - 6 : 0].start, b = p->lines[first].start;
	if (b <= a)
		return false;
	char *f = view_fold(r->tmp, p->text + a, b - a);
	return pattern_in(r->rx,
	    "criteres?\\b[\\s\\S]{0,160}(?:jugement|ponder|suivant|attribution|choix|not)|(?:jugement|choix|classement)"
	    " des offres|"
	    "ponderation",
	    f, 0, strlen(f));
}

/* A table that lies: names side by side, their weights under them. */
static bool add_lying(struct reading *r, struct rows *out, const struct doc_table *t, uint32_t page)
{
	const struct doc_page *p = &r->d->pages[page];
	for (unsigned col = 0; t->rows == 2 && col < t->cols; col++) {
		const struct doc_cell *name = cell_at(t, 0, col), *weight = cell_at(t, 1, col);
		struct criteria_row k = { .page = page, .more_page = page, .level = LEVEL_TOP }, w = { 0 };
		if (!name || !weight)
			return false;
		k.name = cell_words(r, p, name, &k.a, &k.b);
		char *text = cell_words(r, p, weight, &k.more_a, &k.more_b);
		char *f = view_fold(r->tmp, text, strlen(text)), *n = view_fold(r->tmp, k.name, strlen(k.name));
		if (col == 0 && pattern_in(r->rx, "criteres?", n, 0, strlen(n)))
			continue; /* "Critères", over "Pondération" */
		if (strlen(n) < 3 || !read_weight(r, f, &w) || out->n >= MAX_ROWS)
			return false;
		k.weighted = true;
		k.weight = w.weight;
		k.points = w.points;
		out->row[out->n++] = k;
	}
	return out->n >= 2;
}

/* Whether the table stands in the part of the body that is looked at. */
static bool in_scope(const struct reading *r, uint32_t page, const struct doc_table *t)
{
	if (r->scope == 0)
		return true;
	const struct doc_page *p = &r->d->pages[page];
	uint32_t first = UINT32_MAX, low = view_page(&r->body, r->scope), high = view_page(&r->body, r->body.n - 1);
	for (uint32_t i = 0; i < t->n_cells; i++)
		if (t->cells[i].n_lines > 0 && t->cells[i].first_line < first)
			first = t->cells[i].first_line;
	if (first >= p->n_lines || page < low || page > high)
		return false;
	uint32_t at = p->lines[first].start;
	return (page > low || at >= r->body.off[r->scope]) && (page < high || at <= r->body.off[r->body.n - 1]);
}

bool criteria_from_tables(struct reading *r)
{
	for (uint32_t i = 0; i < r->d->n_pages; i++) {
		for (uint32_t t = 0; t < r->d->pages[i].n_tables; t++) {
			const struct doc_page *p = &r->d->pages[i];
			if (p->tables[t].rows > TABLE_ROWS_MAX) /* a sheet of prices */
				continue;
			if (!in_scope(r, i, &p->tables[t]) ||
			    (r->scope == 0 && !criteria_table_judges(r, p, &p->tables[t])))
				continue;
			struct grid *g = mem_zero(r->tmp, struct grid);
			struct grid_rows *parted = mem_zero(r->tmp, struct grid_rows);
			if (grid_make(r, i, t, g) && grid_read(r, g, parted) &&
			    criteria_from_rows(r, parted->row, parted->n, true, 0.96))
				return true;
			struct rows *rows = mem_zero(r->tmp, struct rows);
			if (add_lying(r, rows, &p->tables[t], i) &&
			    criteria_from_rows(r, rows->row, rows->n, true, 0.96))
				return true;
			memset(rows, 0, sizeof(*rows));
			add_table(r, rows, &p->tables[t], i, false);
			/* goes on while the last table of the page is continued by the first of the next */
			uint32_t page = i, table = t;
			while (page + 1 < r->d->n_pages && table + 1 == r->d->pages[page].n_tables &&
			       r->d->pages[page + 1].n_tables > 0 &&
			       (r->d->pages[page + 1].tables[0].continues ||
				   r->d->pages[page + 1].tables[0].cols == p->tables[t].cols)) {
				bool said = r->d->pages[page + 1].tables[0].continues;
				double sum = 0;
				for (size_t k = 0; k < rows->n; k++)
					sum += rows->row[k].weight;
				if (!said && sum >= 99.9)
					break;
				page++;
				table = 0;
				add_table(r, rows, &r->d->pages[page].tables[0], page, true);
			}
			if (rows->n >= 2 && criteria_from_rows(r, rows->row, rows->n, true, 0.96))
				return true;
		}
	}
	return false;
}
