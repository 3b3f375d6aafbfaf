/* Glyphs to lines. The order of drawing is kept inside a run (it is the writer's own); runs on one baseline, and small
 * raised or lowered ones beside them, make a line. */
#include "layout.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct run {
	float dx, dy;    /* direction of the baseline */
	float u0, u1, v; /* extent along it, offset across it (downwards) */
	float size;
	uint32_t first, n; /* range of the given glyphs */
	uint32_t line;
};

struct draft {
	float dx, dy, u0, u1, v, size;
	uint32_t n_runs, n_glyphs;
};

struct doc_box glyph_box(const struct glyph *g)
{
	float dx = g->x1 - g->x0, dy = g->y1 - g->y0, len = hypotf(dx, dy);
	if (len <= 0) {
		dx = 1;
		dy = 0;
		len = 1;
	}
	float ux = dy / len * g->size, uy = -dx / len * g->size; /* one size upwards */
	float xs[4] = { g->x0 + ux * g->ascent, g->x0 + ux * g->descent, g->x1 + ux * g->ascent,
		g->x1 + ux * g->descent };
	float ys[4] = { g->y0 + uy * g->ascent, g->y0 + uy * g->descent, g->y1 + uy * g->ascent,
		g->y1 + uy * g->descent };
	struct doc_box b = { xs[0], ys[0], xs[0], ys[0] };
	for (int i = 1; i < 4; i++) {
		b.x0 = fminf(b.x0, xs[i]);
		b.y0 = fminf(b.y0, ys[i]);
		b.x1 = fmaxf(b.x1, xs[i]);
		b.y1 = fmaxf(b.y1, ys[i]);
	}
	return b;
}

static void direction(const struct glyph *g, float *dx, float *dy)
{
	float x = g->x1 - g->x0, y = g->y1 - g->y0, len = hypotf(x, y);
	if (len < 0.001f) {
		*dx = 1;
		*dy = 0;
	} else if (fabsf(y) < 0.01f * len && x > 0) { /* the usual case, kept exact */
		*dx = 1;
		*dy = 0;
	} else {
		*dx = x / len;
		*dy = y / len;
	}
}

static uint32_t runs_build(TALLOC_CTX *mem, const struct ink *ink, const uint32_t *glyphs, uint32_t n, struct run **out)
{
	struct run *runs = NULL;
	uint32_t n_runs = 0, cap = 0;
	for (uint32_t i = 0; i < n; i++) {
		const struct glyph *g = &ink->glyphs[glyphs[i]];
		struct run *r = n_runs ? &runs[n_runs - 1] : NULL;
		float dx, dy;
		direction(g, &dx, &dy);
		if (r && g->x0 == g->x1 && g->y0 == g->y1) { /* no advance, no direction: an accent of its run */
			dx = r->dx;
			dy = r->dy;
		}
		float u0 = g->x0 * dx + g->y0 * dy, u1 = g->x1 * dx + g->y1 * dy, v = g->y0 * dx - g->x0 * dy;
		if (!r || r->dx * dx + r->dy * dy < 0.99f || fabsf(r->v - v) > 0.08f * g->size ||
		    fabsf(r->size - g->size) > 0.15f * r->size || u0 < r->u1 - 0.6f * g->size ||
		    u0 > r->u1 + 0.25f * g->size) {
			if (n_runs == cap) {
				cap = cap ? cap * 2 : 64;
				runs = mem_grow(mem, runs, struct run, cap);
			}
			r = &runs[n_runs++];
			*r =
			    (struct run){ .dx = dx, .dy = dy, .u0 = u0, .u1 = u1, .v = v, .size = g->size, .first = i };
		}
		r->n++;
		if (u1 > r->u1)
			r->u1 = u1;
	}
	*out = runs;
	return n_runs;
}

static int by_baseline(const void *a, const void *b)
{
	const struct run *x = a, *y = b;
	if (x->v != y->v)
		return x->v < y->v ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

static int by_start(const void *a, const void *b)
{
	const struct run *x = a, *y = b;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->u0 != y->u0)
		return x->u0 < y->u0 ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

static bool joins(const struct draft *d, const struct run *r)
{
	if (d->dx * r->dx + d->dy * r->dy < 0.99f)
		return false;
	float dv = fabsf(d->v - r->v);
	float small = fminf(d->size, r->size), big = fmaxf(d->size, r->size);
	if (dv <= 0.2f * small)
		return true;
	/* Raised or lowered: clearly smaller, within the height of the other, and beside it. */
	float gap = fmaxf(r->u0 - d->u1, d->u0 - r->u1);
	return small < 0.85f * big && dv <= 0.5f * big && gap < 0.6f * big;
}

static bool same_text(const struct ink *ink, const uint32_t *glyphs, const struct run *a, const struct run *b)
{
	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (ink->glyphs[glyphs[a->first + i]].c != ink->glyphs[glyphs[b->first + i]].c)
			return false;
	return true;
}

static int by_place(const void *a, const void *b)
{
	const struct ink_line *x = a, *y = b;
	float vx = x->upright ? x->baseline : x->y0, vy = y->upright ? y->baseline : y->y0;
	if (vx != vy)
		return vx < vy ? -1 : 1;
	return x->x0 < y->x0 ? -1 : x->x0 > y->x0;
}

static void line_fill(TALLOC_CTX *mem, const struct ink *ink, const uint32_t *glyphs, const struct run *runs,
    uint32_t n, const struct draft *d, struct ink_line *line)
{
	*line = (struct ink_line){ .baseline = d->v, .size = d->size, .upright = d->dx == 1, .tag = -1 };
	line->glyphs = mem_array(mem, uint32_t, d->n_glyphs);
	bool first = true;
	for (uint32_t i = 0; i < n; i++) {
		/* Bold made by printing twice with a small shift: once is enough. */
		if (i && fabsf(runs[i].u0 - runs[i - 1].u0) < 0.25f * runs[i].size &&
		    same_text(ink, glyphs, &runs[i], &runs[i - 1]))
			continue;
		for (uint32_t k = 0; k < runs[i].n; k++) {
			uint32_t g = glyphs[runs[i].first + k];
			line->glyphs[line->n++] = g;
			if (ink->glyphs[g].c == ' ')
				continue;
			struct doc_box b = glyph_box(&ink->glyphs[g]);
			line->x0 = first ? b.x0 : fminf(line->x0, b.x0);
			line->y0 = first ? b.y0 : fminf(line->y0, b.y0);
			line->x1 = first ? b.x1 : fmaxf(line->x1, b.x1);
			line->y1 = first ? b.y1 : fmaxf(line->y1, b.y1);
			first = false;
		}
	}
	if (first)
		line->n = 0; /* only blanks */
}

uint32_t lines_build(TALLOC_CTX *mem, const struct ink *ink, const uint32_t *glyphs, uint32_t n, struct ink_line **out)
{
	TALLOC_CTX *tmp = mem_new("lines", 0);
	struct run *runs;
	uint32_t n_runs = runs_build(tmp, ink, glyphs, n, &runs);
	struct draft *drafts = mem_array(tmp, struct draft, n_runs + 1);
	uint32_t n_drafts = 0;
	*out = NULL;
	if (n_runs)
		qsort(runs, n_runs, sizeof(*runs), by_baseline);
	for (uint32_t i = 0; i < n_runs; i++) {
		struct run *r = &runs[i];
		struct draft *d = NULL;
		/* Runs come by baseline, so only the last lines can be near. */
		for (uint32_t back = 1; !d && back <= 12 && back <= n_drafts; back++)
			if (joins(&drafts[n_drafts - back], r))
				d = &drafts[n_drafts - back];
		if (!d) {
			d = &drafts[n_drafts++];
			*d = (struct draft){
				.dx = r->dx, .dy = r->dy, .u0 = r->u0, .u1 = r->u1, .v = r->v, .size = r->size
			};
		}
		if (r->size > d->size) {
			d->size = r->size;
			d->v = r->v;
		}
		d->u0 = fminf(d->u0, r->u0);
		d->u1 = fmaxf(d->u1, r->u1);
		d->n_runs++;
		d->n_glyphs += r->n;
		r->line = (uint32_t)(d - drafts);
	}
	if (n_runs)
		qsort(runs, n_runs, sizeof(*runs), by_start);
	struct ink_line *lines = mem_array(mem, struct ink_line, n_drafts);
	uint32_t made = 0, at = 0;
	for (uint32_t i = 0; i < n_drafts; i++) {
		line_fill(lines, ink, glyphs, &runs[at], drafts[i].n_runs, &drafts[i], &lines[made]);
		at += drafts[i].n_runs;
		made += lines[made].n > 0;
	}
	if (made)
		qsort(lines, made, sizeof(*lines), by_place);
	talloc_free(tmp);
	*out = lines;
	return made;
}
