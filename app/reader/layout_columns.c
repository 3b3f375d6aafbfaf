/* Columns that nothing draws: a table whose rows have lines between them and whose columns are told only by white
 * space. A gap that no row's text touches, over the whole height, parts two columns. */
#include "layout_private.h"

#include <math.h>
#include <string.h>

#define GAP_MIN 6.0f /* points */
#define WIDTH_MAX 4000u
#define COLS_MAX 40u

struct band { /* of one column */
	float x0, x1;
};

static bool is_bullet(uint32_t c)
{
	return c == 0x2022 || c == '-' || c == 0x2013 || c == 'o' || c == 0x25aa || c == 0x25cf;
}

/* Row of the table under a glyph; n_cells when it stands elsewhere. Such tables have one cell per row. */
static uint32_t row_under(const struct doc_table *t, const struct glyph *g)
{
	struct doc_box b = glyph_box(g);
	float x = (b.x0 + b.x1) / 2, y = (b.y0 + b.y1) / 2;
	for (uint32_t i = 0; i < t->n_cells; i++)
		if (x >= t->cells[i].box.x0 && x <= t->cells[i].box.x1 && y >= t->cells[i].box.y0 &&
		    y <= t->cells[i].box.y1)
			return i;
	return t->n_cells;
}

/* Stretches of the table's width that have text, parted by wide enough gaps. */
static uint32_t bands_find(const bool *inked, uint32_t width, float left, struct band *bands)
{
	uint32_t n = 0;
	for (uint32_t x = 0; x < width;) {
		if (!inked[x]) {
			x++;
			continue;
		}
		uint32_t end = x;
		while (end < width && inked[end])
			end++;
		if (n && left + (float)x - bands[n - 1].x1 < GAP_MIN)
			n--;
		else if (n == COLS_MAX)
			return 0;
		else
			bands[n].x0 = left + (float)x;
		bands[n++].x1 = left + (float)end;
		x = end;
	}
	return n;
}

static void infer(struct maker *m, const uint32_t *glyphs, uint32_t n, struct doc_table *t)
{
	uint32_t width = (uint32_t)fminf(t->box.x1 - t->box.x0 + 2, WIDTH_MAX), n_bands;
	bool *inked = mem_array(m->tmp, bool, width);
	uint32_t *row_of = mem_array(m->tmp, uint32_t, n + 1);
	struct band bands[COLS_MAX];
	for (uint32_t i = 0; i < n; i++) {
		const struct glyph *g = &m->ink->glyphs[glyphs[i]];
		row_of[i] = g->c == ' ' ? t->n_cells : row_under(t, g);
		if (row_of[i] == t->n_cells)
			continue;
		struct doc_box b = glyph_box(g);
		float from = fmaxf(b.x0 - t->box.x0, 0), to = fminf(b.x1 - t->box.x0, (float)(width - 1));
		for (uint32_t x = (uint32_t)from; to >= 0 && x <= (uint32_t)to; x++)
			inked[x] = true;
	}
	n_bands = bands_find(inked, width, t->box.x0, bands);
	if (n_bands < 2 || n_bands * t->rows > 10000)
		return;
	/* Most rows must have text in several columns, and a column of bullets is part of the next one. */
	bool *filled = mem_array(m->tmp, bool, (size_t)n_bands * t->rows);
	bool words[COLS_MAX] = { false };
	for (uint32_t i = 0; i < n; i++) {
		const struct glyph *g = &m->ink->glyphs[glyphs[i]];
		if (row_of[i] == t->n_cells)
			continue;
		for (uint32_t k = 0; k < n_bands; k++) {
			if (g->x0 >= bands[k].x0 - 2 && g->x0 <= bands[k].x1) {
				filled[row_of[i] * n_bands + k] = true;
				words[k] = words[k] || !is_bullet(g->c);
			}
		}
	}
	uint32_t several = 0;
	for (uint32_t y = 0; y < t->rows; y++) {
		uint32_t in_row = 0;
		for (uint32_t k = 0; k < n_bands; k++)
			in_row += filled[y * n_bands + k];
		several += in_row >= 2;
	}
	for (uint32_t k = 0; k < n_bands; k++)
		if (!words[k])
			return;
	if (several * 2 < t->rows)
		return;
	struct doc_cell *cells = mem_array(m->tmp, struct doc_cell, (size_t)n_bands * t->rows);
	for (uint32_t y = 0; y < t->rows; y++) {
		for (uint32_t k = 0; k < n_bands; k++) {
			struct doc_cell *c = &cells[y * n_bands + k];
			*c = t->cells[y];
			c->col = (uint16_t)k;
			if (k)
				c->box.x0 = (bands[k - 1].x1 + bands[k].x0) / 2;
			if (k + 1 < n_bands)
				c->box.x1 = (bands[k].x1 + bands[k + 1].x0) / 2;
		}
	}
	t->cells = cells;
	t->n_cells = n_bands * t->rows;
	t->cols = (uint16_t)n_bands;
}

void columns_infer(struct maker *m, const uint32_t *glyphs, uint32_t n, struct doc_table *grids, uint32_t n_grids)
{
	for (uint32_t i = 0; i < n_grids; i++)
		if (grids[i].cols == 1 && grids[i].rows >= 2 && grids[i].n_cells == grids[i].rows)
			infer(m, glyphs, n, &grids[i]);
}
