/* What a line is shows only in the whole document: its body size, what repeats on most pages. Second pass. */
#include "layout_private.h"
#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ZONE 0.16f /* running headers and footers lie in this part of the page's height */
#define SIZES 200  /* half points */

struct whole {
	TALLOC_CTX *mem;
	struct layout_page *pages;
	uint32_t n;
	const struct tags *tags;
	float body_size;
};

static float body_size(const struct whole *w)
{
	uint64_t weight[SIZES] = { 0 };
	unsigned best = 0;
	for (uint32_t i = 0; i < w->n; i++) {
		const struct layout_page *lp = &w->pages[i];
		for (uint32_t k = 0; k < lp->page.n_lines; k++) {
			unsigned at = (unsigned)fminf(fmaxf(lp->info[k].size, 0) * 2 + 0.5f, SIZES - 1);
			if (!lp->info[k].artifact)
				weight[at] += lp->page.lines[k].len;
		}
	}
	for (unsigned i = 1; i < SIZES; i++)
		if (weight[i] > weight[best])
			best = i;
	return (float)best / 2;
}

struct repeat {
	uint64_t hash;
	float y;
	uint32_t page, line;
};

/* Hash of a line's text in which every number counts as the same. */
static uint64_t text_hash(const char *s, size_t n)
{
	uint64_t h = 1469598103934665603u;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		if (c >= '0' && c <= '9') {
			if (i && s[i - 1] >= '0' && s[i - 1] <= '9')
				continue;
			c = '#';
		}
		h = (h ^ c) * 1099511628211u;
	}
	return h;
}

static int by_hash(const void *a, const void *b)
{
	const struct repeat *x = a, *y = b;
	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	if (x->y != y->y)
		return x->y < y->y ? -1 : 1;
	return x->page < y->page ? -1 : x->page > y->page;
}

/* A line that may be part of a running header: in the zone, and if in a table, the table is too. */
static bool in_zone(const struct layout_page *lp, uint32_t line)
{
	const struct doc_box *b = &lp->page.lines[line].box;
	if (lp->info[line].table >= 0)
		b = &lp->page.tables[lp->info[line].table].box;
	return b->y1 < ZONE * lp->page.height || b->y0 > (1 - ZONE) * lp->page.height;
}

/* Lines of the same words at the same height on at least 60 % of the pages. */
static void mark_repeats(struct whole *w)
{
	struct repeat *all = NULL;
	uint32_t n = 0, cap = 0;
	for (uint32_t i = 0; i < w->n; i++) {
		const struct layout_page *lp = &w->pages[i];
		for (uint32_t k = 0; k < lp->page.n_lines; k++) {
			if (lp->info[k].artifact)
				return; /* the file marks its artifacts itself */
			if (!in_zone(lp, k))
				continue;
			if (n == cap) {
				cap = cap ? cap * 2 : 256;
				all = mem_grow(w->mem, all, struct repeat, cap);
			}
			const struct doc_line *line = &lp->page.lines[k];
			all[n++] =
			    (struct repeat){ text_hash(lp->page.text + line->start, line->len), line->box.y0, i, k };
		}
	}
	if (n)
		qsort(all, n, sizeof(*all), by_hash);
	uint32_t need = (w->n * 6 + 9) / 10;
	for (uint32_t i = 0; i < n;) {
		uint32_t end = i + 1;
		while (end < n && all[end].hash == all[i].hash && all[end].y - all[end - 1].y < 3)
			end++;
		if (end - i >= need && end - i >= 2)
			for (uint32_t k = i; k < end; k++)
				w->pages[all[k].page].info[all[k].line].artifact = true;
		i = end;
	}
	/* A lone page number at the foot is one even where its neighbours' words differ. */
	for (uint32_t i = 0; i < w->n && w->n > 1; i++) {
		struct layout_page *lp = &w->pages[i];
		for (uint32_t k = 0; k < lp->page.n_lines; k++)
			if (lp->info[k].table < 0 && in_zone(lp, k) &&
			    pattern_page_number(lp->page.text + lp->page.lines[k].start, lp->page.lines[k].len))
				lp->info[k].artifact = true;
	}
	talloc_free(all);
}

/* Drops tables without text and those that are running headers; renumbers the others. */
static void settle_tables(struct layout_page *lp)
{
	struct doc_page *p = &lp->page;
	uint32_t kept = 0;
	for (uint32_t t = 0; t < p->n_tables; t++) {
		uint32_t lines = 0, aside = 0;
		for (uint32_t i = 0; i < p->n_lines; i++) {
			if (lp->info[i].table != (int32_t)t)
				continue;
			lines++;
			aside += lp->info[i].artifact;
		}
		bool drop = lines == 0 || aside * 2 > lines;
		for (uint32_t i = 0; i < p->n_lines; i++) {
			if (lp->info[i].table != (int32_t)t)
				continue;
			lp->info[i].artifact = drop;
			lp->info[i].table = drop ? -1 : (int32_t)kept;
		}
		if (drop)
			continue;
		p->tables[kept] = p->tables[t];
		lp->table_nodes[kept++] = lp->table_nodes[t];
	}
	p->n_tables = kept;
}

static void flag_page(struct whole *w, uint32_t index)
{
	struct layout_page *lp = &w->pages[index];
	struct doc_page *p = &lp->page;
	uint32_t body = 0, toc = 0, chars = 0, bad = 0;
	for (uint32_t i = 0; i < p->n_lines; i++) {
		struct line_info *info = &lp->info[i];
		if (info->node >= 0 && w->tags && w->tags->nodes[info->node].role == TAG_TOC_ITEM)
			info->toc = true;
		if (info->artifact)
			continue;
		body++;
		toc += info->toc && info->table < 0;
		const char *s = p->text + p->lines[i].start, *end = s + p->lines[i].len;
		while (s < end) {
			uint32_t c = text_decode(&s, end);
			chars += c != ' ';
			bad += c == 0xfffd || (c >= 0xe000 && c <= 0xf8ff);
		}
	}
	p->toc = toc >= 3 && toc * 10 >= body * 3;
	if (!p->toc && !(index && w->pages[index - 1].page.toc))
		for (uint32_t i = 0; i < p->n_lines; i++)
			lp->info[i].toc = false;
	p->unreadable = (chars < 40 && lp->picture > 0.3f) || (chars == 0 && (lp->picture > 0 || lp->n_paths > 50)) ||
			bad * 5 > chars;
}

static bool letters_upper(const char *s, size_t n)
{
	const char *end = s + n;
	unsigned upper = 0, lower = 0;
	while (s < end) {
		uint32_t c = text_decode(&s, end);
		upper += (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde);
		lower += (c >= 'a' && c <= 'z') || (c >= 0xdf && c <= 0xff);
	}
	return upper >= 3 && lower == 0;
}

static bool ends_with(const char *s, size_t n, const char *set)
{
	return n && strchr(set, s[n - 1]);
}

/* Kind of a run of lines that is neither table nor artifact, by its look. */
static void kind_by_look(const struct whole *w, const struct layout_page *lp, struct doc_block *b, bool loose)
{
	const struct doc_page *p = &lp->page;
	const struct doc_line *first = &p->lines[b->first_line], *last = &p->lines[b->first_line + b->n_lines - 1];
	const char *s = p->text + first->start;
	size_t n = last->start + last->len - first->start;
	bool bold = true, big = true;
	for (uint32_t i = 0; i < b->n_lines; i++) {
		bold = bold && lp->info[b->first_line + i].bold;
		big = big && lp->info[b->first_line + i].size > w->body_size * 1.05f + 0.3f;
	}
	unsigned level = pattern_heading(s, first->len);
	bool upper = letters_upper(s, n);
	if (b->n_lines <= 3 && n <= 220 && !ends_with(s, n, ",;") && level &&
	    (bold || big || upper || (strncasecmp(s, "article ", 8) == 0 && !ends_with(s, n, ".")))) {
		b->kind = DOC_HEADING;
		b->level = (uint8_t)level;
		return;
	}
	if (pattern_list_item(s, first->len)) {
		b->kind = DOC_LIST_ITEM;
		return;
	}
	bool clearly_big = big && lp->info[b->first_line].size > w->body_size * 1.15f;
	if (loose && b->n_lines <= 2 && n <= 120 && n > 3 && !ends_with(s, n, ".,;:") &&
	    (clearly_big || (bold && n <= 90)) && ((s[0] & 0x80) || (s[0] >= 'A' && s[0] <= 'Z')))
		b->kind = DOC_HEADING;
}

static void kind_by_tag(const struct whole *w, const struct layout_page *lp, struct doc_block *b, int32_t node)
{
	const struct tag_node *t = &w->tags->nodes[node];
	switch ((enum tag_role)t->role) {
	case TAG_HEADING:
		b->kind = DOC_HEADING;
		b->level = t->level;
		return;
	case TAG_LIST_ITEM:
		b->kind = DOC_LIST_ITEM;
		/* A numbered heading may be tagged as a list item that holds a heading. */
		for (int32_t i = node + 1; i < t->end; i++) {
			if (w->tags->nodes[i].role == TAG_HEADING) {
				b->kind = DOC_HEADING;
				b->level = w->tags->nodes[i].level;
				return;
			}
		}
		if (!w->tags->headings) {
			struct doc_block look = *b;
			look.kind = DOC_PARAGRAPH;
			kind_by_look(w, lp, &look, false);
			if (look.kind == DOC_HEADING)
				*b = look;
		}
		return;
	default:
		kind_by_look(w, lp, b, !w->tags->headings);
		return;
	}
}

/* The usual distance between lines of one paragraph on this page. */
static float usual_gap(const struct layout_page *lp)
{
	unsigned count[64] = { 0 }, best = 0;
	for (uint32_t i = 1; i < lp->page.n_lines; i++) {
		float gap = lp->page.lines[i].box.y0 - lp->page.lines[i - 1].box.y1;
		if (lp->info[i].table >= 0 || gap < -8 || gap > 20)
			continue;
		count[(unsigned)(gap * 2 + 16.5f)]++;
	}
	for (unsigned i = 1; i < 64; i++)
		if (count[i] > count[best])
			best = i;
	return ((float)best - 16) / 2;
}

/* Whether line i begins a new paragraph after line i - 1 (no tags; same unit). */
static bool breaks(
    const struct whole *w, const struct layout_page *lp, uint32_t i, uint32_t first, float gap, float right)
{
	const struct doc_page *p = &lp->page;
	const struct doc_line *a = &p->lines[i - 1], *b = &p->lines[i];
	const struct line_info *ia = &lp->info[i - 1], *ib = &lp->info[i];
	const char *sa = p->text + a->start, *sb = p->text + b->start;
	float size = fmaxf(ia->size, 1);
	/* On a page of short paragraphs the usual distance is that between them: no text is set wider than double. */
	gap = fminf(fmaxf(gap, 0), size);
	if (b->box.y0 - a->box.y1 > gap + 0.3f * size || b->box.y0 < a->box.y0 - size)
		return true;
	if (fabsf(ia->size - ib->size) > 0.12f * size || ia->bold != ib->bold)
		return true;
	if (pattern_list_item(sb, b->len))
		return true;
	if (pattern_heading(sb, b->len) && (ib->bold || ib->size > w->body_size * 1.08f || letters_upper(sb, b->len)))
		return true;
	bool centred = fabsf(a->box.x0 + a->box.x1 - b->box.x0 - b->box.x1) < size;
	if (!centred && fabsf(b->box.x0 - p->lines[first].box.x0) > 4 * size)
		return true;
	return a->box.x1 < right - 0.2f * p->width && ends_with(sa, a->len, ".;:!?") && !(sb[0] >= 'a' && sb[0] <= 'z');
}

static void blocks_make(struct whole *w, struct layout_page *lp)
{
	struct doc_page *p = &lp->page;
	float gap = usual_gap(lp), right = 0;
	for (uint32_t i = 0; i < p->n_lines; i++)
		right = fmaxf(right, lp->info[i].artifact ? 0 : p->lines[i].box.x1);
	p->blocks = mem_array(w->mem, struct doc_block, p->n_lines);
	for (uint32_t i = 0; i < p->n_lines;) {
		struct doc_block *b = &p->blocks[p->n_blocks];
		const struct line_info *info = &lp->info[i];
		uint32_t end = i + 1;
		*b = (struct doc_block){ .kind = DOC_PARAGRAPH, .first_line = i };
		if (info->table >= 0) {
			while (end < p->n_lines && lp->info[end].table == info->table)
				end++;
		} else if (info->artifact) {
			while (end < p->n_lines && lp->info[end].artifact && lp->info[end].table < 0)
				end++;
		} else {
			while (end < p->n_lines && lp->info[end].table < 0 && !lp->info[end].artifact &&
			       lp->info[end].unit == info->unit && lp->info[end].node == info->node &&
			       (info->node >= 0 || (lp->info[end].toc == info->toc && !info->toc &&
						       !breaks(w, lp, end, i, gap, right))))
				end++;
		}
		b->n_lines = end - i;
		b->box = p->lines[i].box;
		for (uint32_t k = i; k < end; k++) {
			p->lines[k].block = p->n_blocks;
			b->box = box_union(&b->box, &p->lines[k].box);
		}
		if (info->table >= 0) {
			b->kind = DOC_TABLE;
			b->table = (uint32_t)info->table;
			b->box = p->tables[b->table].box;
		} else if (info->artifact) {
			b->kind = DOC_ARTIFACT;
		} else if (info->toc) {
			b->kind = DOC_TOC;
		} else if (info->node >= 0 && w->tags) {
			kind_by_tag(w, lp, b, info->node);
		} else {
			kind_by_look(w, lp, b, true);
		}
		p->n_blocks++;
		i = end;
	}
}

/* First or last block of the body; NULL on a page without. */
static const struct doc_block *body_block(const struct doc_page *p, bool last)
{
	for (uint32_t i = 0; i < p->n_blocks; i++) {
		const struct doc_block *b = &p->blocks[last ? p->n_blocks - 1 - i : i];
		if (b->kind != DOC_ARTIFACT)
			return b;
	}
	return NULL;
}

static void join_tables(struct whole *w)
{
	for (uint32_t i = 1; i < w->n; i++) {
		struct layout_page *now = &w->pages[i], *before = &w->pages[i - 1];
		const struct doc_block *a = body_block(&before->page, true), *b = body_block(&now->page, false);
		if (!a || !b || a->kind != DOC_TABLE || b->kind != DOC_TABLE)
			continue;
		int32_t node_a = before->table_nodes[a->table], node_b = now->table_nodes[b->table];
		now->page.tables[b->table].continues =
		    (node_a >= 0 && node_a == node_b) ||
		    before->page.tables[a->table].cols == now->page.tables[b->table].cols;
	}
}

void layout_finish(
    TALLOC_CTX *mem, struct layout_page *pages, uint32_t n, const struct tags *tags, struct document *doc)
{
	struct whole w = { .mem = mem, .pages = pages, .n = n, .tags = tags };
	mark_repeats(&w);
	w.body_size = body_size(&w);
	doc->n_pages = n;
	doc->pages = mem_array(mem, struct doc_page, n);
	for (uint32_t i = 0; i < n; i++) {
		settle_tables(&pages[i]);
		flag_page(&w, i);
		blocks_make(&w, &pages[i]);
	}
	join_tables(&w);
	for (uint32_t i = 0; i < n; i++) {
		doc->pages[i] = pages[i].page;
		if (pages[i].page.unreadable)
			doc->warnings |= DOC_WARN_NO_TEXT;
	}
}
