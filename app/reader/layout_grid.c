/* Tables from ruling lines. Segments on one line are joined (office programs draw a border cell by cell), segments that
 * meet form a component, and a component's lines form a grid whose neighbouring fields are one cell where no line
 * stands between them. An underline meets nothing and so never becomes part of a table. */
#include "layout.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SNAP 3.0f     /* points within which lines are the same line or meet */
#define THIN 3.5f     /* thickest rule that counts as a line */
#define SHORTEST 3.0f /* shorter ones are dots and ticks */
#define GRID_MAX 400u /* lines of one table in one direction */

struct segment {
	float at;       /* y of a horizontal one, x of a vertical one */
	float from, to; /* extent */
	uint32_t group;
};

struct segments {
	struct segment *s;
	uint32_t n;
};

static int by_line(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->from < y->from ? -1 : x->from > y->from;
}

static int by_from(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;
	return x->from < y->from ? -1 : x->from > y->from;
}

/* Joins the pieces of each line. Pieces are taken to lie on one line while each is within half a point-and-a-half of
 * the first. */
static void join(struct segments *all)
{
	if (!all->n)
		return;
	qsort(all->s, all->n, sizeof(*all->s), by_line);
	uint32_t made = 0;
	for (uint32_t i = 0; i < all->n;) {
		uint32_t end = i;
		float sum = 0;
		while (end < all->n && all->s[end].at - all->s[i].at <= SNAP / 2)
			sum += all->s[end++].at;
		float at = sum / (float)(end - i);
		qsort(all->s + i, end - i, sizeof(*all->s), by_from);
		struct segment current = all->s[i];
		current.at = at;
		for (uint32_t k = i + 1; k < end; k++) {
			if (all->s[k].from <= current.to + SNAP) {
				current.to = fmaxf(current.to, all->s[k].to);
				continue;
			}
			all->s[made++] = current;
			current = all->s[k];
			current.at = at;
		}
		all->s[made++] = current;
		i = end;
	}
	all->n = made;
}

static uint32_t root(uint32_t *parent, uint32_t i)
{
	while (parent[i] != i) {
		parent[i] = parent[parent[i]];
		i = parent[i];
	}
	return i;
}

/* A page break leaves a table open at its top or bottom: its upright lines end there with no line across. Where two or
 * more of a group end at one height beyond its outermost line, that height closes it. */
static void close_open_ends(TALLOC_CTX *mem, struct segments *h, const struct segments *v, uint32_t group)
{
	float top = INFINITY, bottom = -INFINITY, ends[2] = { INFINITY, -INFINITY };
	for (uint32_t i = 0; i < h->n; i++) {
		if (h->s[i].group == group) {
			top = fminf(top, h->s[i].at);
			bottom = fmaxf(bottom, h->s[i].at);
		}
	}
	for (uint32_t i = 0; i < v->n; i++) {
		if (v->s[i].group == group) {
			ends[0] = fminf(ends[0], v->s[i].from);
			ends[1] = fmaxf(ends[1], v->s[i].to);
		}
	}
	for (int side = 0; side < 2; side++) {
		struct segment line = { ends[side], INFINITY, -INFINITY, group };
		uint32_t n = 0;
		if (side == 0 ? ends[0] > top - 8 : ends[1] < bottom + 8)
			continue;
		for (uint32_t i = 0; i < v->n; i++) {
			const struct segment *s = &v->s[i];
			if (s->group == group && fabsf((side == 0 ? s->from : s->to) - ends[side]) <= SNAP) {
				line.from = fminf(line.from, s->at);
				line.to = fmaxf(line.to, s->at);
				n++;
			}
		}
		if (n < 2)
			continue;
		h->s = mem_grow(mem, h->s, struct segment, h->n + 1);
		h->s[h->n++] = line;
	}
}

/* Distinct positions of one component's lines, ascending. */
static uint32_t positions(const struct segments *all, uint32_t group, float *out)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < all->n; i++) {
		if (all->s[i].group != group)
			continue;
		if (n && all->s[i].at - out[n - 1] <= SNAP)
			continue;
		if (n == GRID_MAX)
			return 0;
		out[n++] = all->s[i].at;
	}
	return n;
}

/* Whether a line at `at` covers most of [from, to]. */
static bool stands(const struct segments *all, uint32_t group, float at, float from, float to)
{
	float covered = 0;
	for (uint32_t i = 0; i < all->n; i++) {
		const struct segment *s = &all->s[i];
		if (s->group == group && fabsf(s->at - at) <= SNAP)
			covered += fmaxf(0, fminf(s->to, to) - fmaxf(s->from, from));
	}
	return covered >= 0.6f * (to - from);
}

struct grid {
	float xs[GRID_MAX], ys[GRID_MAX];
	uint32_t nx, ny; /* lines; fields are one less */
};

/* Fills cells of the table from the grid; false when it is a mere frame. */
static bool cells_make(TALLOC_CTX *mem, const struct grid *g, const struct segments *h, const struct segments *v,
    uint32_t group, struct doc_table *t)
{
	uint32_t rows = g->ny - 1, cols = g->nx - 1;
	uint32_t *owner = mem_array(mem, uint32_t, (size_t)rows * cols);
	bool *right = mem_array(mem, bool, (size_t)rows *cols), *below = mem_array(mem, bool, (size_t)rows *cols);
	for (uint32_t y = 0; y < rows; y++) {
		for (uint32_t x = 0; x < cols; x++) {
			right[y * cols + x] = x + 1 == cols || stands(v, group, g->xs[x + 1], g->ys[y], g->ys[y + 1]);
			below[y * cols + x] = y + 1 == rows || stands(h, group, g->ys[y + 1], g->xs[x], g->xs[x + 1]);
		}
	}
	struct doc_cell *cells = mem_array(mem, struct doc_cell, (size_t)rows * cols);
	uint32_t n = 0;
	for (uint32_t y = 0; y < rows; y++) {
		for (uint32_t x = 0; x < cols; x++) {
			if (owner[y * cols + x])
				continue;
			uint32_t w = 1, height = 1;
			while (!right[y * cols + x + w - 1] && !owner[y * cols + x + w])
				w++;
			/* Grow downwards while nothing stands below any field of the row. */
			for (bool open = true; open && y + height < rows;) {
				for (uint32_t k = 0; k < w && open; k++)
					open = !below[(y + height - 1) * cols + x + k] &&
					       !owner[(y + height) * cols + x + k];
				height += open;
			}
			for (uint32_t yy = 0; yy < height; yy++)
				for (uint32_t xx = 0; xx < w; xx++)
					owner[(y + yy) * cols + x + xx] = n + 1;
			cells[n++] = (struct doc_cell){ .row = (uint16_t)y,
				.col = (uint16_t)x,
				.row_span = (uint16_t)height,
				.col_span = (uint16_t)w,
				.box = { g->xs[x], g->ys[y], g->xs[x + w], g->ys[y + height] } };
		}
	}
	*t = (struct doc_table){ .rows = (uint16_t)rows,
		.cols = (uint16_t)cols,
		.n_cells = n,
		.cells = cells,
		.box = { g->xs[0], g->ys[0], g->xs[cols], g->ys[rows] } };
	return n >= 2;
}

uint32_t grids_find(TALLOC_CTX *mem, const struct doc_box *rules, uint32_t n, struct doc_table **out)
{
	*out = NULL;
	TALLOC_CTX *tmp = mem_new("grid", 0);
	struct segments h = { mem_array(tmp, struct segment, n), 0 }, v = { mem_array(tmp, struct segment, n), 0 };
	for (uint32_t i = 0; i < n; i++) {
		float w = rules[i].x1 - rules[i].x0, t = rules[i].y1 - rules[i].y0;
		if (t <= THIN && w > SHORTEST && w > t)
			h.s[h.n++] = (struct segment){ (rules[i].y0 + rules[i].y1) / 2, rules[i].x0, rules[i].x1, 0 };
		else if (w <= THIN && t > SHORTEST)
			v.s[v.n++] = (struct segment){ (rules[i].x0 + rules[i].x1) / 2, rules[i].y0, rules[i].y1, 0 };
	}
	join(&h);
	join(&v);
	/* Quadratic in lines: a page of that many is a drawing, not a table. */
	if (h.n < 2 || v.n < 2 || (uint64_t)h.n * v.n > 4000000) {
		talloc_free(tmp);
		return 0;
	}
	uint32_t *parent = mem_array(tmp, uint32_t, h.n + v.n);
	for (uint32_t i = 0; i < h.n + v.n; i++)
		parent[i] = i;
	for (uint32_t i = 0; i < h.n; i++)
		for (uint32_t k = 0; k < v.n; k++)
			if (v.s[k].at >= h.s[i].from - SNAP && v.s[k].at <= h.s[i].to + SNAP &&
			    h.s[i].at >= v.s[k].from - SNAP && h.s[i].at <= v.s[k].to + SNAP)
				parent[root(parent, i)] = root(parent, h.n + k);
	for (uint32_t i = 0; i < h.n; i++)
		h.s[i].group = root(parent, i);
	for (uint32_t k = 0; k < v.n; k++)
		v.s[k].group = root(parent, h.n + k);
	uint32_t n_all = h.n + v.n;
	struct doc_table *tables = NULL;
	uint32_t n_tables = 0;
	struct grid *g = mem_zero(tmp, struct grid);
	for (uint32_t i = 0; i < n_all; i++) {
		if (parent[i] != i)
			continue;
		close_open_ends(tmp, &h, &v, i);
		if (h.n)
			qsort(h.s, h.n, sizeof(*h.s), by_line);
		g->nx = positions(&v, i, g->xs);
		g->ny = positions(&h, i, g->ys);
		struct doc_table t;
		if (g->nx < 2 || g->ny < 2 || g->nx * g->ny < 6)
			continue;
		if (!cells_make(mem, g, &h, &v, i, &t))
			continue;
		tables = mem_grow(mem, tables, struct doc_table, n_tables + 1);
		tables[n_tables++] = t;
	}
	talloc_free(tmp);
	*out = tables;
	return n_tables;
}
