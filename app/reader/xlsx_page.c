/* A sheet as a page: one table from A1 on, each cell's text as the spreadsheet shows it. */
#include "text.h"
#include "xlsx.h"

#include <stdlib.h>
#include <string.h>

int xlsx_span_by_place(const void *a, const void *b)
{
	const struct sheet_span *x = a, *y = b;
	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	return x->col < y->col ? -1 : x->col > y->col;
}

struct page_maker {
	struct page_writer writer;
	struct doc_page *page;
	struct doc_table table;
	uint32_t cap;
	uint32_t *until; /* per column: row from which it is free again */
};

/* Writes a cell's text, one line for each of its own. */
static uint32_t write_text(struct page_maker *m, const char *s)
{
	uint32_t lines = 0;
	char word[CELL_TEXT_MAX];
	size_t len = 0;
	bool begun = false;
	for (const char *end = s + strlen(s);;) {
		uint32_t c = s < end ? text_decode(&s, end) : '\n';
		bool stop = c == '\n' || c == '\r';
		uint32_t shown = stop ? ' ' : c == '\t' ? ' ' : glyph_char("", (int32_t)c);
		if (shown == 0 || shown == 0xad)
			continue;
		if (shown != ' ') {
			len += text_encode(shown, word + len);
			if (len + 4 < sizeof(word))
				continue;
		}
		if (len) {
			page_add_word(&m->writer, word, (uint32_t)len, &(struct doc_box){ 0 }, 0, 0, !begun);
			begun = true;
			len = 0;
		}
		if (stop && begun) {
			page_end_line(&m->writer);
			lines++;
			begun = false;
		}
		if (stop && s >= end)
			return lines;
	}
}

/* The merged cells that begin at a place, cut to what is free: spans of a broken file may overlap. */
static struct sheet_span span_of(const struct sheet *sh, const struct page_maker *m, const struct sheet_cell *c)
{
	struct sheet_span key = { c->row, c->col, 1, 1 };
	const struct sheet_span *s =
	    sh->n_spans ? bsearch(&key, sh->spans, sh->n_spans, sizeof(key), xlsx_span_by_place) : NULL;
	if (!s)
		return key;
	for (uint32_t i = 0; i < s->cols; i++)
		if (m->until[s->col + i] > s->row)
			return key;
	return *s;
}

static const char *cell_text(struct xlsx *d, TALLOC_CTX *tmp, const struct sheet_cell *c)
{
	switch ((enum cell_kind)c->kind) {
	case CELL_NUMBER:
		return number_text(tmp, &d->w, c->number, c->style < d->w.n_formats ? d->w.formats[c->style] : NULL);
	case CELL_BOOL:
		return c->number != 0 ? "VRAI" : "FAUX";
	case CELL_TEXT:
	case CELL_FAULT:
		return c->text;
	case CELL_EMPTY:
		break;
	}
	return "";
}

static void add_cell(struct xlsx *d, struct page_maker *m, const struct sheet *sh, size_t i)
{
	const struct sheet_cell *c = &sh->cells[i];
	struct doc_table *t = &m->table;
	uint32_t first = m->page->n_lines;
	/* A cell covered by a merged one is not seen. */
	if (m->until[c->col] > c->row)
		return;
	TALLOC_CTX *tmp = mem_new("cell", 0);
	uint32_t lines = write_text(m, cell_text(d, tmp, c));
	talloc_free(tmp);
	if (!lines)
		return;
	struct sheet_span s = span_of(sh, m, c);
	for (uint32_t k = 0; k < s.cols; k++)
		m->until[s.col + k] = s.row + s.rows;
	if (t->n_cells == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 256;
		t->cells = mem_grow(d->mem, t->cells, struct doc_cell, m->cap);
	}
	t->cells[t->n_cells++] = (struct doc_cell){ .row = s.row,
		.col = s.col,
		.row_span = s.rows,
		.col_span = s.cols,
		.first_line = first,
		.n_lines = lines };
	t->rows = s.row + s.rows > t->rows ? s.row + s.rows : t->rows;
	t->cols = s.col + s.cols > t->cols ? (uint16_t)(s.col + s.cols) : t->cols;
}

static bool write_sheet(struct xlsx *d, const struct sheet *sh, struct doc_page *page)
{
	struct page_maker m = { .page = page, .writer = { .mem = d->mem, .page = page } };
	*page = (struct doc_page){ .text = mem_strdup(d->mem, ""), .label = sh->name };
	m.until = mem_array(d->mem, uint32_t, SHEET_COLS);
	for (size_t i = 0; i < sh->n; i++) {
		if (sh->cells[i].hidden)
			d->r->doc->warnings |= DOC_WARN_HIDDEN;
		else
			add_cell(d, &m, sh, i);
		if (d->text + page->text_len > LIMIT_TEXT) {
			reading_fail(d->r, READER_TOO_BIG, "text");
			return false;
		}
	}
	talloc_free(m.until);
	d->text += page->text_len;
	if (m.table.n_cells) {
		page->n_tables = page->n_blocks = 1;
		page->tables = mem_dup(d->mem, &m.table, sizeof(m.table));
		page->blocks = mem_zero(d->mem, struct doc_block);
		page->blocks[0] = (struct doc_block){ .kind = DOC_TABLE, .n_lines = page->n_lines };
	}
	return true;
}

bool xlsx_write_pages(struct xlsx *d)
{
	struct document *doc = d->r->doc;
	doc->pages = mem_array(d->mem, struct doc_page, d->w.n_sheets);
	for (size_t i = 0; i < d->w.n_sheets; i++) {
		struct sheet *sh = &d->w.sheets[i];
		if (sh->hidden)
			doc->warnings |= sh->n ? DOC_WARN_HIDDEN : 0u;
		else if (!write_sheet(d, sh, &doc->pages[doc->n_pages++]))
			return false;
	}
	return true;
}
