/* Questions about a page that everybody who works with evidence asks. */
#include "document.h"

#include <stdio.h>
#include <string.h>

static const char *const warning_ids[] = { "truncated", "no_text", "page_limit", "page_failed", "hidden_content" };

const char *doc_warning_id(enum doc_warning bit)
{
	for (unsigned i = 0; i < ARRAY_LEN(warning_ids); i++)
		if ((unsigned)bit == 1u << i)
			return warning_ids[i];
	return NULL;
}

uint32_t doc_line_at(const struct doc_page *page, uint32_t at)
{
	if (at >= page->text_len)
		return page->n_lines;
	uint32_t low = 0, high = page->n_lines;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (page->lines[middle].start <= at)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static void box_add(struct doc_box *all, bool *any, const struct doc_box *b)
{
	if (!*any) {
		*all = *b;
		*any = true;
		return;
	}
	all->x0 = b->x0 < all->x0 ? b->x0 : all->x0;
	all->y0 = b->y0 < all->y0 ? b->y0 : all->y0;
	all->x1 = b->x1 > all->x1 ? b->x1 : all->x1;
	all->y1 = b->y1 > all->y1 ? b->y1 : all->y1;
}

/* Adds the boxes of a line's words that touch [start, end). */
static void line_box(const struct doc_page *page, const struct doc_line *line, uint32_t start, uint32_t end,
    struct doc_box *all, bool *any)
{
	for (uint32_t i = 0; i < line->n_words; i++) {
		const struct doc_word *w = &page->words[line->first_word + i];
		if (w->start < end && w->start + w->len > start)
			box_add(all, any, &w->box);
	}
}

struct doc_box doc_range_box(const struct doc_page *page, uint32_t start, uint32_t len)
{
	struct doc_box all = { 0 };
	bool any = false;
	if (start >= page->text_len)
		return all;
	uint32_t end = len > page->text_len - start ? page->text_len : start + len;
	for (uint32_t i = doc_line_at(page, start); i < page->n_lines && page->lines[i].start < end; i++)
		line_box(page, &page->lines[i], start, end, &all, &any);
	return all;
}

uint32_t doc_range_boxes(
    TALLOC_CTX *mem, const struct doc_page *page, uint32_t start, uint32_t len, struct doc_box **boxes)
{
	*boxes = NULL;
	if (start >= page->text_len)
		return 0;
	uint32_t end = len > page->text_len - start ? page->text_len : start + len;
	uint32_t first = doc_line_at(page, start), last = first, n = 0;
	while (last < page->n_lines && page->lines[last].start < end)
		last++;
	*boxes = mem_array(mem, struct doc_box, last - first);
	for (uint32_t i = first; i < last; i++) {
		bool any = false;
		line_box(page, &page->lines[i], start, end, &(*boxes)[n], &any);
		n += any;
	}
	return n;
}

char *doc_lines_text(TALLOC_CTX *mem, const struct doc_page *page, uint32_t first_line, uint32_t n_lines)
{
	if (n_lines == 0)
		return mem_strdup(mem, "");
	const struct doc_line *first = &page->lines[first_line], *last = &page->lines[first_line + n_lines - 1];
	char *s = mem_strndup(mem, page->text + first->start, last->start + last->len - first->start);
	for (char *p = strchr(s, '\n'); p; p = strchr(p, '\n'))
		*p = ' ';
	return s;
}

const struct doc_table *doc_table_at(const struct doc_page *page, uint32_t line, const struct doc_cell **cell)
{
	if (cell)
		*cell = NULL;
	if (line >= page->n_lines)
		return NULL;
	const struct doc_block *block = &page->blocks[page->lines[line].block];
	if (block->kind != DOC_TABLE)
		return NULL;
	const struct doc_table *t = &page->tables[block->table];
	for (uint32_t i = 0; cell && i < t->n_cells; i++)
		if (line >= t->cells[i].first_line && line - t->cells[i].first_line < t->cells[i].n_lines)
			*cell = &t->cells[i];
	return t;
}

const struct doc_cell *doc_cell_at(const struct doc_table *table, uint32_t row, uint32_t col)
{
	for (uint32_t i = 0; i < table->n_cells; i++) {
		const struct doc_cell *c = &table->cells[i];
		if (row >= c->row && row - c->row < c->row_span && col >= c->col && col - c->col < c->col_span)
			return c;
	}
	return NULL;
}

const char *doc_format_mime(enum doc_format format)
{
	static const char *const types[DOC_FORMAT__COUNT] = { "application/pdf", "text/plain",
		"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" };
	return types[format];
}

bool doc_is_paged(const struct document *d)
{
	return d->format == DOC_FORMAT_PDF || d->format == DOC_FORMAT_TEXT;
}

char *doc_section_at(TALLOC_CTX *mem, const struct doc_page *page, uint32_t line)
{
	if (line >= page->n_lines)
		return NULL;
	for (uint32_t i = page->lines[line].block + 1; i-- > 0;) {
		const struct doc_block *b = &page->blocks[i];
		if (b->kind == DOC_HEADING && b->level > 0)
			return doc_lines_text(mem, page, b->first_line, b->n_lines);
	}
	return NULL;
}

uint32_t doc_paragraph_index(const struct doc_page *page, uint32_t line)
{
	if (line >= page->n_lines)
		return 0;
	uint32_t n = 0, last = page->lines[line].block;
	for (uint32_t i = 0; i < last; i++) {
		const struct doc_block *b = &page->blocks[i];
		n += b->kind == DOC_TABLE ? b->n_lines : b->kind != DOC_ARTIFACT;
	}
	const struct doc_block *own = &page->blocks[last];
	if (own->kind == DOC_ARTIFACT)
		return 0;
	return n + 1 + (own->kind == DOC_TABLE ? line - own->first_line : 0);
}

void doc_cell_name(uint32_t row, uint32_t col, char out[DOC_CELL_NAME_MAX])
{
	char letters[8];
	size_t n = 0, at = 0;
	for (uint64_t c = (uint64_t)col + 1; c > 0; c = (c - 1) / 26)
		letters[n++] = (char)('A' + (c - 1) % 26);
	while (n > 0)
		out[at++] = letters[--n];
	snprintf(out + at, DOC_CELL_NAME_MAX - at, "%lu", (unsigned long)row + 1);
}
