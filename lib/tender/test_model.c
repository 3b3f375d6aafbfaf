#include "test_model.h"
#include <string.h>
#include "text.h"

static struct doc_line *add_line(struct doc_page *p, struct buf *text, const char *s, size_t n, uint32_t block)
{
	struct doc_line *l = &p->lines[p->n_lines++];
	memset(l, 0, sizeof(*l));
	l->start = (uint32_t)text->len;
	l->len = (uint32_t)n;
	l->block = block;
	l->first_word = p->n_words;
	for (size_t i = 0; i < n;) {
		size_t k = i;
		while (k < n && s[k] != ' ' && s[k] != '\t')
			k++;
		if (k > i) {
			struct doc_word *w = &p->words[p->n_words++];
			memset(w, 0, sizeof(*w));
			w->start = l->start + (uint32_t)i;
			w->len = (uint32_t)(k - i);
			l->n_words++;
		}
		i = k + 1;
	}
	buf_add(text, s, n);
	buf_char(text, '\n');
	return l;
}

static struct doc_block *add_block(TALLOC_CTX *mem, struct doc_page *p, uint8_t kind)
{
	p->blocks = mem_grow(mem, p->blocks, struct doc_block, p->n_blocks + 1);
	struct doc_block *b = &p->blocks[p->n_blocks++];
	memset(b, 0, sizeof(*b));
	b->kind = kind;
	b->first_line = p->n_lines;
	return b;
}

static void add_row(TALLOC_CTX *mem, struct doc_page *p, struct buf *text, const char *s, size_t n)
{
	struct doc_table *t = &p->tables[p->n_tables - 1];
	uint16_t col = 0;
	size_t at = 0;
	while (at <= n && col < 40) {
		const char *bar = memchr(s + at, '|', n - at);
		size_t end = bar ? (size_t)(bar - s) : n;
		while (at < end && s[at] == ' ')
			at++;
		size_t stop = end;
		while (stop > at && s[stop - 1] == ' ')
			stop--;
		t->cells = mem_grow(mem, t->cells, struct doc_cell, t->n_cells + 1);
		struct doc_cell *c = &t->cells[t->n_cells++];
		memset(c, 0, sizeof(*c));
		c->row = t->rows;
		c->col = col++;
		c->row_span = c->col_span = 1;
		c->first_line = p->n_lines;
		/* "//" parts lines of one cell */
		while (at < stop) {
			const char *cut = memmem(s + at, stop - at, "//", 2);
			size_t e = cut ? (size_t)(cut - s) : stop;
			add_line(p, text, s + at, e - at, p->n_blocks - 1);
			c->n_lines++;
			at = cut ? e + 2 : e;
		}
		at = end + 1;
	}
	t->cols = col > t->cols ? col : t->cols;
	t->rows++;
}

static void read_page(TALLOC_CTX *mem, struct doc_page *p, const char *s, size_t n)
{
	struct buf text;
	buf_init(&text, mem, (size_t)16 << 20);
	/* A word or a line has a byte and one that ends it. They don't grow one by one: a sanitizer copies all each
	 * time. */
	p->words = mem_array(mem, struct doc_word, n / 2 + 1);
	p->lines = mem_array(mem, struct doc_line, n / 2 + 1);
	bool open = false, table = false;
	for (size_t at = 0; at < n;) {
		const char *nl = memchr(s + at, '\n', n - at);
		size_t end = nl ? (size_t)(nl - s) : n, len = end - at;
		const char *line = s + at;
		at = end + 1;
		bool blank = true;
		for (size_t i = 0; i < len; i++)
			blank &= line[i] == ' ' || line[i] == '\t' || line[i] == '\r';
		if (len == 7 && memcmp(line, "[table]", 7) == 0) {
			table = true;
			open = false;
			p->tables = mem_grow(mem, p->tables, struct doc_table, p->n_tables + 1);
			memset(&p->tables[p->n_tables], 0, sizeof(p->tables[0]));
			p->tables[p->n_tables].continues = p->n_tables == 0 && p->n_lines == 0;
			add_block(mem, p, DOC_TABLE)->table = p->n_tables++;
			continue;
		}
		if (len == 8 && memcmp(line, "[/table]", 8) == 0) {
			table = open = false;
			continue;
		}
		if (blank) {
			open = false;
			continue;
		}
		if (table) {
			add_row(mem, p, &text, line, len);
		} else {
			if (!open)
				add_block(mem, p, DOC_PARAGRAPH);
			open = true;
			add_line(p, &text, line, len, p->n_blocks - 1);
		}
		p->blocks[p->n_blocks - 1].n_lines = p->n_lines - p->blocks[p->n_blocks - 1].first_line;
	}
	p->text = text.data;
	p->text_len = (uint32_t)text.len;
}

struct document *test_model(TALLOC_CTX *mem, const char *text, size_t n)
{
	struct document *d = mem_zero(mem, struct document);
	d->format = DOC_FORMAT_TEXT;
	if (!text_utf8_valid(text, n) || memchr(text, '\0', n) || n > ((size_t)1 << 20))
		return d;
	for (size_t at = 0; at <= n;) {
		const char *ff = at < n ? memchr(text + at, '\f', n - at) : NULL;
		size_t end = ff ? (size_t)(ff - text) : n;
		d->pages = mem_grow(mem, d->pages, struct doc_page, d->n_pages + 1);
		struct doc_page *p = &d->pages[d->n_pages++];
		memset(p, 0, sizeof(*p));
		read_page(mem, p, text + at, end - at);
		at = end + 1;
	}
	return d;
}
