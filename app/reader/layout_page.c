/* One page: aside text first, then the body by structure or by look, then what stands below it. */
#include "layout_private.h"
#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A gap between glyphs wider than this part of the size parts two words. */
#define WORD_GAP 0.17f
#define WORD_MAX 4096 /* bytes: a longer run without a blank is cut */

struct doc_box box_union(const struct doc_box *a, const struct doc_box *b)
{
	return (struct doc_box){ fminf(a->x0, b->x0), fminf(a->y0, b->y0), fmaxf(a->x1, b->x1), fmaxf(a->y1, b->y1) };
}

struct word_draft {
	char text[WORD_MAX + 8];
	uint32_t len;
	struct doc_box box;
	float size;
	uint8_t style;
	bool soft_hyphen; /* one is waiting for what follows */
};

static void draft_add(struct word_draft *w, const struct glyph *g, uint32_t c)
{
	struct doc_box b = glyph_box(g);
	if (w->len == 0) {
		w->box = b;
		w->size = g->size;
		w->style = g->style;
	} else {
		w->box = box_union(&w->box, &b);
	}
	w->len += (uint32_t)text_encode(c, w->text + w->len);
}

static void info_add(struct maker *m, const struct line_info *info)
{
	uint32_t i = m->out->page.n_lines - 1;
	if (i >= m->info_cap) {
		m->info_cap = m->info_cap ? m->info_cap * 2 : 64;
		m->out->info = mem_grow(m->mem, m->out->info, struct line_info, m->info_cap);
	}
	m->out->info[i] = *info;
}

/* Size that most characters of the last line have, and whether all of its words are bold. */
static void look_of_line(struct maker *m, struct line_info *info)
{
	const struct doc_page *p = &m->out->page;
	const struct doc_line *line = &p->lines[p->n_lines - 1];
	uint32_t best = 0;
	info->bold = true;
	for (uint32_t i = 0; i < line->n_words; i++) {
		const struct doc_word *w = &p->words[line->first_word + i];
		uint32_t same = 0;
		for (uint32_t k = 0; k < line->n_words && k < 32; k++) {
			const struct doc_word *x = &p->words[line->first_word + k];
			if (fabsf(x->size - w->size) < 0.3f)
				same += x->len;
		}
		if (i < 32 && same > best) {
			best = same;
			info->size = w->size;
		}
		/* A bullet or a lone mark in another font does not make a bold line plain. */
		if (!(w->style & DOC_BOLD) && w->len > 3)
			info->bold = false;
	}
	if (line->n_words == 1 && !(p->words[line->first_word].style & DOC_BOLD))
		info->bold = false;
}

bool emit_line(struct maker *m, const struct ink_line *line, int32_t node, int32_t table, bool artifact)
{
	struct word_draft *w = mem_zero(m->tmp, struct word_draft);
	bool first = true;
	const struct glyph *before = NULL;
	for (uint32_t i = 0; i <= line->n; i++) {
		const struct glyph *g = i < line->n ? &m->ink->glyphs[line->glyphs[i]] : NULL;
		bool ends = !g || g->c == ' ' || w->len >= WORD_MAX;
		if (g && before && !ends) {
			float dx = g->x0 - before->x1, dy = g->y0 - before->y1;
			float along = line->upright ? dx : hypotf(dx, dy);
			float size = fminf(g->size, before->size);
			ends = along > WORD_GAP * size || along < -1.5f * size;
		}
		if (ends && w->len) {
			page_add_word(&m->writer, w->text, w->len, &w->box, w->size, w->style, first);
			first = false;
			w->len = 0;
			w->soft_hyphen = false;
		}
		if (!g)
			break;
		before = g;
		if (g->c == ' ')
			continue;
		/* A soft hyphen at the end of a word is one the writer did not type; within a word it is a drawn
		 * hyphen that its font names badly, as in a reference. */
		if (g->c == 0xad) {
			w->soft_hyphen = w->len > 0;
			continue;
		}
		if (w->soft_hyphen)
			w->text[w->len++] = '-';
		w->soft_hyphen = false;
		draft_add(w, g, g->c);
	}
	talloc_free(w);
	if (first)
		return false;
	page_end_line(&m->writer);
	struct line_info info = { .node = node, .table = table, .artifact = artifact, .unit = m->unit };
	look_of_line(m, &info);
	info_add(m, &info);
	return true;
}

uint32_t emit_glyphs(struct maker *m, const uint32_t *glyphs, uint32_t n, int32_t node, int32_t table)
{
	struct ink_line *lines;
	uint32_t n_lines = lines_build(m->tmp, m->ink, glyphs, n, &lines), made = 0;
	for (uint32_t i = 0; i < n_lines; i++)
		made += emit_line(m, &lines[i], node, table, false);
	talloc_free(lines);
	return made;
}

struct doc_table *add_table(struct maker *m, int32_t node)
{
	struct doc_page *p = &m->out->page;
	p->tables = mem_grow(m->mem, p->tables, struct doc_table, p->n_tables + 1);
	m->out->table_nodes = mem_grow(m->mem, m->out->table_nodes, int32_t, p->n_tables + 1);
	m->out->table_nodes[p->n_tables] = node;
	struct doc_table *t = &p->tables[p->n_tables++];
	memset(t, 0, sizeof(*t));
	return t;
}

struct baseline {
	float y, x0, x1, size;
};

static int by_y(const void *a, const void *b)
{
	const struct baseline *x = a, *y = b;
	return x->y < y->y ? -1 : x->y > y->y;
}

/* Rules without underlines: a line just below a baseline that begins and ends with the text above it. */
static uint32_t rules_without_underlines(struct maker *m, struct doc_box **out)
{
	const struct ink *ink = m->ink;
	struct baseline *text = mem_array(m->tmp, struct baseline, ink->n_glyphs + 1);
	struct doc_box *kept = mem_array(m->tmp, struct doc_box, ink->n_rules + 1);
	uint32_t n = 0, n_kept = 0;
	for (uint32_t i = 0; i < ink->n_glyphs; i++) {
		const struct glyph *g = &ink->glyphs[i];
		if (g->c != ' ')
			text[n++] = (struct baseline){ g->y0, fminf(g->x0, g->x1), fmaxf(g->x0, g->x1), g->size };
	}
	if (n)
		qsort(text, n, sizeof(*text), by_y);
	for (uint32_t i = 0; i < ink->n_rules; i++) {
		const struct doc_box *r = &ink->rules[i];
		float from = INFINITY, to = -INFINITY;
		uint32_t low = 0, high = n;
		while (low < high) {
			uint32_t middle = low + (high - low) / 2;
			if (text[middle].y < r->y0 - 8)
				low = middle + 1;
			else
				high = middle;
		}
		/* The count bounds hostile pages: no real line of text has so many characters near one rule. */
		for (uint32_t k = low; k < n && k < low + 5000 && text[k].y <= r->y1; k++) {
			if (r->y0 - text[k].y > 0.35f * text[k].size || text[k].x1 < r->x0 + 0.5f ||
			    text[k].x0 > r->x1 - 0.5f)
				continue;
			from = fminf(from, text[k].x0);
			to = fmaxf(to, text[k].x1);
		}
		bool flat = r->x1 - r->x0 > r->y1 - r->y0;
		if (!flat || fabsf(from - r->x0) > 1.5f || fabsf(to - r->x1) > 4)
			kept[n_kept++] = *r;
	}
	*out = kept;
	return n_kept;
}

/* The leaders of contents, which some writers tag as decoration: lines of dots and nothing else. */
#define LEADERS_MAX 300
static uint32_t find_leaders(const struct maker *m, float *middles)
{
	const struct doc_page *p = &m->out->page;
	uint32_t n = 0;
	for (uint32_t i = 0; i < p->n_lines && n < LEADERS_MAX; i++)
		if (m->out->info[i].artifact && pattern_leader(p->text + p->lines[i].start, p->lines[i].len))
			middles[n++] = (p->lines[i].box.y0 + p->lines[i].box.y1) / 2;
	return n;
}

/* Entries of contents: a title and a number with a leader between them, or what a link covers and ends in a number. */
static void mark_contents(struct maker *m)
{
	const struct doc_page *p = &m->out->page;
	float leaders[LEADERS_MAX];
	uint32_t n_leaders = find_leaders(m, leaders);
	for (uint32_t i = 0; i < p->n_lines; i++) {
		const struct doc_box *b = &p->lines[i].box;
		float covered = 0, middle = (b->y0 + b->y1) / 2;
		for (uint32_t k = 0; k < m->ink->n_links; k++) {
			const struct doc_box *l = &m->ink->links[k];
			if (l->y0 <= middle && l->y1 >= middle)
				covered += fmaxf(0, fminf(l->x1, b->x1) - fmaxf(l->x0, b->x0));
		}
		const char *s = p->text + p->lines[i].start;
		size_t n = p->lines[i].len;
		bool ends_in_number = n && s[n - 1] >= '0' && s[n - 1] <= '9', led = false;
		for (uint32_t k = 0; k < n_leaders && !led; k++)
			led = b->y0 <= leaders[k] && b->y1 >= leaders[k];
		m->out->info[i].toc =
		    pattern_toc(s, n) || (ends_in_number && (led || covered > 0.6f * (b->x1 - b->x0)));
	}
}

void layout_page(
    TALLOC_CTX *mem, const struct ink *ink, const struct tags *tags, uint32_t page_index, struct layout_page *out)
{
	*out = (struct layout_page){ .page = { .width = ink->width, .height = ink->height } };
	out->page.text = mem_strdup(mem, "");
	out->picture = ink->width > 0 && ink->height > 0 ? ink->picture_area / (ink->width * ink->height) : 0;
	out->n_paths = ink->n_paths;
	struct maker m = { .mem = mem,
		.tmp = mem_new("page", 0),
		.ink = ink,
		.tags = tags,
		.page_index = page_index,
		.out = out,
		.writer = { .mem = mem, .page = &out->page } };
	struct owner *owners = mem_array(m.tmp, struct owner, ink->n_glyphs + 1);
	if (m.tags && !owners_find(&m, owners))
		m.tags = NULL;
	uint32_t *body = mem_array(m.tmp, uint32_t, ink->n_glyphs + 1),
		 *aside = mem_array(m.tmp, uint32_t, ink->n_glyphs + 1);
	uint32_t n_body = 0, n_aside = 0;
	float top = ink->height;
	for (uint32_t i = 0; i < ink->n_glyphs; i++) {
		/* Without a structure to compare with, a mark "artifact" is still the writer's word. */
		bool is_aside = m.tags ? owners[i].artifact : ink->glyphs[i].aside;
		if (is_aside) {
			aside[n_aside++] = i;
			continue;
		}
		body[n_body++] = i;
		if (ink->glyphs[i].c != ' ')
			top = fminf(top, ink->glyphs[i].y0);
	}
	struct ink_line *lines;
	uint32_t n_lines = lines_build(m.tmp, ink, aside, n_aside, &lines), at = 0;
	for (; at < n_lines && lines[at].baseline < top; at++)
		emit_line(&m, &lines[at], -1, -1, true);
	m.unit++;
	struct doc_table *grids;
	struct doc_box *rules;
	uint32_t n_rules = rules_without_underlines(&m, &rules);
	uint32_t n_grids = grids_find(m.tmp, rules, n_rules, &grids);
	/* Some writers tag paragraphs only: a table that is seen is then one all the same. */
	bool table_seen = false;
	for (uint32_t i = 0; i < n_grids; i++)
		table_seen = table_seen || (grids[i].rows >= 2 && grids[i].cols >= 2);
	if (m.tags && (m.tags->tables || !table_seen))
		body_tagged(&m, owners, grids, n_grids);
	else
		body_plain(&m, body, n_body, grids, n_grids);
	m.unit++;
	for (; at < n_lines; at++)
		emit_line(&m, &lines[at], -1, -1, true);
	mark_contents(&m);
	talloc_free(m.tmp);
}
