/* The model as text: what a developer of the understanding looks at. */
#include "buf.h"
#include "reading.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void flush(struct buf *b, int fd)
{
	size_t at = 0;
	while (at < b->len) {
		ssize_t n = write(fd, b->data + at, b->len - at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		at += (size_t)n;
	}
	buf_reset(b);
}

static void put_line(struct buf *b, const struct doc_page *p, uint32_t i)
{
	const struct doc_line *line = &p->lines[i];
	buf_add(b, p->text + line->start, line->len);
}

static void put_box(struct buf *b, const struct doc_box *box)
{
	buf_printf(b, "(%.0f,%.0f %.0f,%.0f)", (double)box->x0, (double)box->y0, (double)box->x1, (double)box->y1);
}

static void put_table(struct buf *b, const struct doc_page *p, const struct doc_table *t)
{
	buf_printf(b, " %ux%u%s\n", t->rows, t->cols, t->continues ? " continues" : "");
	for (uint32_t i = 0; i < t->n_cells; i++) {
		const struct doc_cell *c = &t->cells[i];
		buf_printf(b, "      [%u,%u", c->row, c->col);
		if (c->row_span > 1 || c->col_span > 1)
			buf_printf(b, " %ux%u", c->row_span, c->col_span);
		buf_str(b, "] ");
		for (uint32_t k = 0; k < c->n_lines; k++) {
			if (k)
				buf_str(b, " | ");
			put_line(b, p, c->first_line + k);
		}
		buf_char(b, '\n');
	}
}

static void put_block(struct buf *b, const struct doc_page *p, uint32_t i)
{
	static const char *const kinds[] = { "para", "head", "item", "table", "aside", "toc" };
	const struct doc_block *block = &p->blocks[i];
	buf_printf(b, "  %-5s", kinds[block->kind]);
	if (block->kind == DOC_HEADING)
		buf_printf(b, "%u", block->level);
	buf_char(b, ' ');
	put_box(b, &block->box);
	if (block->kind == DOC_TABLE) {
		put_table(b, p, &p->tables[block->table]);
		return;
	}
	const struct doc_line *line = &p->lines[block->first_line];
	if (line->n_words) {
		const struct doc_word *w = &p->words[line->first_word];
		buf_printf(
		    b, " %.1f%s%s", (double)w->size, w->style & DOC_BOLD ? "b" : "", w->style & DOC_ITALIC ? "i" : "");
	}
	for (uint32_t k = 0; k < block->n_lines; k++) {
		buf_str(b, k ? "\n        | " : " | ");
		put_line(b, p, block->first_line + k);
	}
	buf_char(b, '\n');
}

void dump_document(const struct document *doc, int fd)
{
	TALLOC_CTX *mem = mem_new("dump", 0);
	struct buf b;
	buf_init(&b, mem, (size_t)64 << 20);
	buf_printf(&b, "%u pages%s", doc->n_pages, doc->tagged ? ", tagged" : "");
	for (unsigned bit = 1; bit <= DOC_WARN__LAST; bit <<= 1)
		if (doc->warnings & bit)
			buf_printf(&b, ", %s", doc_warning_id((enum doc_warning)bit));
	if (doc->title)
		buf_printf(&b, ", title '%s'", doc->title);
	buf_char(&b, '\n');
	for (uint32_t i = 0; i < doc->n_pages; i++) {
		const struct doc_page *p = &doc->pages[i];
		buf_printf(&b, "page %u, %.0f x %.0f%s%s\n", i + 1, (double)p->width, (double)p->height,
		    p->toc ? ", contents" : "", p->unreadable ? ", unreadable" : "");
		for (uint32_t k = 0; k < p->n_blocks; k++)
			put_block(&b, p, k);
		flush(&b, fd);
	}
	talloc_free(mem);
}
