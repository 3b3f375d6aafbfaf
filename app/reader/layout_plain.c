/* The body of a page without structure: tables by ruling lines, all else by baselines from top to bottom. */
#include "layout_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool inside(const struct doc_box *b, float x, float y)
{
	return x >= b->x0 && x <= b->x1 && y >= b->y0 && y <= b->y1;
}

static float area(const struct doc_box *b)
{
	return (b->x1 - b->x0) * (b->y1 - b->y0);
}

static int by_area(const void *a, const void *b)
{
	const struct doc_table *x = a, *y = b;
	float ax = area(&x->box), ay = area(&y->box);
	return ax > ay ? -1 : ax < ay;
}

static int by_top(const void *a, const void *b)
{
	const struct doc_table *x = a, *y = b;
	return x->box.y0 < y->box.y0 ? -1 : x->box.y0 > y->box.y0;
}

/* Index of the cell under the middle of a glyph; n_cells when none. */
static uint32_t cell_under(const struct doc_table *t, const struct glyph *g)
{
	struct doc_box b = glyph_box(g);
	float x = (b.x0 + b.x1) / 2, y = (b.y0 + b.y1) / 2;
	if (inside(&t->box, x, y))
		for (uint32_t i = 0; i < t->n_cells; i++)
			if (inside(&t->cells[i].box, x, y))
				return i;
	return t->n_cells;
}

/* Keeps the tables that hold text in at least two cells and do not lie in another one. Marks their glyphs in `table_of`
 * (index + 1 into the kept ones) and `cell_of`. */
static uint32_t choose(struct maker *m, const uint32_t *glyphs, uint32_t n, struct doc_table *grids, uint32_t n_grids,
    uint32_t *table_of, uint32_t *cell_of)
{
	uint32_t kept = 0;
	if (n_grids)
		qsort(grids, n_grids, sizeof(*grids), by_area);
	for (uint32_t i = 0; i < n_grids; i++) {
		struct doc_table *t = &grids[i];
		/* A frame around the page with a title block is no table. */
		if (area(&t->box) > 0.85f * m->ink->width * m->ink->height && t->n_cells < 8)
			continue;
		bool *filled = mem_array(m->tmp, bool, t->n_cells);
		uint32_t n_filled = 0;
		for (uint32_t k = 0; k < n; k++) {
			const struct glyph *g = &m->ink->glyphs[glyphs[k]];
			if (table_of[k] || g->c == ' ')
				continue;
			uint32_t c = cell_under(t, g);
			if (c < t->n_cells && !filled[c]) {
				filled[c] = true;
				n_filled++;
			}
		}
		talloc_free(filled);
		if (n_filled < 2)
			continue;
		for (uint32_t k = 0; k < n; k++) {
			if (table_of[k])
				continue;
			uint32_t c = cell_under(t, &m->ink->glyphs[glyphs[k]]);
			if (c < t->n_cells) {
				table_of[k] = kept + 1;
				cell_of[k] = c;
			}
		}
		grids[kept++] = *t;
	}
	return kept;
}

static void emit_table(struct maker *m, const uint32_t *glyphs, uint32_t n, const struct doc_table *grid,
    uint32_t number, const uint32_t *table_of, const uint32_t *cell_of)
{
	struct doc_table *t = add_table(m, -1);
	int32_t index = (int32_t)m->out->page.n_tables - 1;
	*t = *grid;
	t->cells = mem_dup(m->mem, grid->cells, grid->n_cells * sizeof(*grid->cells));
	uint32_t *mine = mem_array(m->tmp, uint32_t, n + 1);
	m->unit++;
	for (uint32_t i = 0; i < t->n_cells; i++) {
		uint32_t n_mine = 0;
		for (uint32_t k = 0; k < n; k++)
			if (table_of[k] == number && cell_of[k] == i)
				mine[n_mine++] = glyphs[k];
		t->cells[i].first_line = m->out->page.n_lines;
		t->cells[i].n_lines = n_mine ? emit_glyphs(m, mine, n_mine, -1, index) : 0;
	}
	m->unit++;
	talloc_free(mine);
}

/* Two columns of text: an upright gap that no line crosses over many lines. Returns the x of the gap, 0 when none. */
static float gutter_find(const struct ink_line *lines, uint32_t n, float width)
{
	float best = 0;
	if (n < 12)
		return 0;
	for (float x = 0.3f * width; x <= 0.7f * width; x += 3) {
		uint32_t left = 0, right = 0;
		bool crossed = false;
		float left_width = 0, right_width = 0;
		for (uint32_t i = 0; i < n && !crossed; i++) {
			if (lines[i].x1 < x - 4) {
				left++;
				left_width = fmaxf(left_width, lines[i].x1 - lines[i].x0);
			} else if (lines[i].x0 > x + 4) {
				right++;
				right_width = fmaxf(right_width, lines[i].x1 - lines[i].x0);
			} else {
				crossed = true;
			}
		}
		if (!crossed && left >= 6 && right >= 6 && left_width > 0.2f * width && right_width > 0.2f * width)
			best = x;
	}
	return best;
}

/* Lines of the flow between two heights. Where the drawing order already parts two columns, each is read by itself. */
static void emit_flow(struct maker *m, const uint32_t *glyphs, uint32_t n, float width)
{
	/* Lines are built per stretch of drawing so that columns stay apart, and only to find a gutter. */
	struct ink_line *pieces = NULL;
	uint32_t n_pieces = 0, from = 0;
	for (uint32_t i = 1; i <= n && n_pieces < 4000; i++) {
		const struct glyph *a = &m->ink->glyphs[glyphs[i - 1]], *b = i < n ? &m->ink->glyphs[glyphs[i]] : NULL;
		if (b && fabsf(a->y0 - b->y0) < 0.5f * a->size && b->x0 - a->x1 < 1.2f * a->size &&
		    b->x0 - a->x1 > -a->size)
			continue;
		struct ink_line *piece;
		uint32_t made = lines_build(m->tmp, m->ink, glyphs + from, i - from, &piece);
		pieces = mem_grow(m->tmp, pieces, struct ink_line, n_pieces + made + 1);
		if (made)
			memcpy(pieces + n_pieces, piece, made * sizeof(*piece));
		n_pieces += made;
		talloc_free(piece);
		from = i;
	}
	float gutter = gutter_find(pieces, n_pieces, width);
	if (gutter <= 0) {
		emit_glyphs(m, glyphs, n, -1, -1);
		return;
	}
	uint32_t *side = mem_array(m->tmp, uint32_t, n);
	for (int right = 0; right < 2; right++) {
		uint32_t n_side = 0;
		for (uint32_t i = 0; i < n; i++)
			if ((m->ink->glyphs[glyphs[i]].x0 > gutter) == (right == 1))
				side[n_side++] = glyphs[i];
		emit_glyphs(m, side, n_side, -1, -1);
		m->unit++;
	}
}

void body_plain(struct maker *m, const uint32_t *glyphs, uint32_t n, struct doc_table *grids, uint32_t n_grids)
{
	uint32_t *table_of = mem_array(m->tmp, uint32_t, n + 1), *cell_of = mem_array(m->tmp, uint32_t, n + 1);
	columns_infer(m, glyphs, n, grids, n_grids);
	uint32_t kept = choose(m, glyphs, n, grids, n_grids, table_of, cell_of);
	/* Tables were numbered by area; read from top to bottom. */
	struct doc_table **order = mem_array(m->tmp, struct doc_table *, kept + 1);
	struct doc_table *sorted = mem_dup(m->tmp, grids, kept * sizeof(*grids));
	if (kept)
		qsort(sorted, kept, sizeof(*sorted), by_top);
	for (uint32_t i = 0; i < kept; i++)
		for (uint32_t k = 0; k < kept; k++)
			if (grids[k].cells == sorted[i].cells)
				order[i] = &grids[k];
	uint32_t *flow = mem_array(m->tmp, uint32_t, n + 1);
	float above = -INFINITY;
	for (uint32_t i = 0; i <= kept; i++) {
		float below = i < kept ? order[i]->box.y0 : INFINITY;
		uint32_t n_flow = 0;
		for (uint32_t k = 0; k < n; k++) {
			float y = m->ink->glyphs[glyphs[k]].y0;
			if (!table_of[k] && y > above && y <= below)
				flow[n_flow++] = glyphs[k];
		}
		if (n_flow)
			emit_flow(m, flow, n_flow, m->ink->width);
		if (i < kept) {
			emit_table(m, glyphs, n, order[i], (uint32_t)(order[i] - grids) + 1, table_of, cell_of);
			above = below;
		}
	}
}
