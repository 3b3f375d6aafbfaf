/* A DOCX to the document model: one page without measures, whose blocks are the paragraphs and tables of the body in
 * their order; headers and footers stand around it as artifacts, footnotes behind it. What was deleted under revision,
 * hidden text and the doubles that Word keeps for older programs are left out. */
#include "buf.h"
#include "docx.h"

#include <string.h>

#define TABLE_COLS_MAX 1000u
#define TABLE_ROWS_MAX 100000u

struct table_maker {
	uint32_t first_line, row, col, rows, cols;
	struct doc_cell *cells;
	uint32_t n, cap;
	uint32_t open[TABLE_COLS_MAX]; /* 1 + cell that goes on downwards in this column */
};

void docx_give_up(struct docx *d, struct xml *x, const char *limit)
{
	reading_fail(d->r, READER_TOO_BIG, limit);
	x->kind = XML_BROKEN;
}

bool docx_left_out(const struct xml *x)
{
	static const char *const names[] = { "del", "moveFrom", "Fallback", "instrText", "delText", "pPrChange",
		"rPrChange", "tblPrChange", "sectPr", "sdtPr", "tblPr", "tblGrid" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (xml_is(x, names[i]))
			return true;
	return false;
}

void docx_add_block(struct docx *d, enum doc_block_kind kind, int level, uint32_t first_line)
{
	struct doc_page *page = d->page;
	if (page->n_blocks == d->blocks_cap) {
		d->blocks_cap = d->blocks_cap ? d->blocks_cap * 2 : 256;
		page->blocks = mem_grow(d->mem, page->blocks, struct doc_block, d->blocks_cap);
	}
	for (uint32_t i = first_line; i < page->n_lines; i++)
		page->lines[i].block = page->n_blocks;
	page->blocks[page->n_blocks++] = (struct doc_block){ .kind = (uint8_t)kind,
		.level = (uint8_t)level,
		.first_line = first_line,
		.n_lines = page->n_lines - first_line };
}

/* --- tables */

struct cell_format {
	long span;
	bool begins, goes_on; /* merged with cells below; with the one above */
};

static void cell_properties(struct xml *x, TALLOC_CTX *mem, struct cell_format *f)
{
	int depth = x->depth;
	if (x->empty)
		return;
	while (xml_inside(x, depth)) {
		if (xml_is(x, "gridSpan")) {
			f->span = xml_attr_int(x, "val", 1);
		} else if (xml_is(x, "vMerge")) {
			char *v = xml_attr(x, mem, "val");
			f->begins = v && strcmp(v, "restart") == 0;
			f->goes_on = !f->begins;
			talloc_free(v);
		} else if (xml_is(x, "tcPrChange")) {
			xml_skip(x);
		}
	}
}

static void add_cell(struct docx *d, struct table_maker *t, uint32_t first_line, const struct cell_format *f)
{
	uint32_t span = (uint32_t)f->span, lines = d->page->n_lines - first_line;
	struct doc_cell *above = t->open[t->col] ? &t->cells[t->open[t->col] - 1] : NULL;
	if (f->goes_on && lines == 0 && above && above->col_span == span && above->row + above->row_span == t->row) {
		above->row_span++;
	} else {
		if (t->n == t->cap) {
			t->cap = t->cap ? t->cap * 2 : 32;
			t->cells = mem_grow(d->mem, t->cells, struct doc_cell, t->cap);
		}
		t->cells[t->n++] = (struct doc_cell){ .row = t->row,
			.col = t->col,
			.row_span = 1,
			.col_span = span,
			.first_line = first_line,
			.n_lines = lines };
		for (uint32_t c = 0; c < span; c++)
			t->open[t->col + c] = c == 0 && f->begins ? t->n : 0;
	}
	t->col += span;
	t->cols = t->col > t->cols ? t->col : t->cols;
}

static void read_cell(struct docx *d, struct xml *x)
{
	struct table_maker *t = d->table;
	struct cell_format f = { .span = 1 };
	uint32_t first = d->page->n_lines;
	int depth = x->depth;
	if (!x->empty) {
		while (xml_inside(x, depth)) {
			if (xml_is(x, "tcPr") && x->depth == depth + 1)
				cell_properties(x, d->mem, &f);
			else
				docx_step(d, x);
		}
	}
	if (f.span < 1)
		f.span = 1;
	if (f.span > TABLE_COLS_MAX || t->col + (uint32_t)f.span > TABLE_COLS_MAX || t->row >= TABLE_ROWS_MAX)
		docx_give_up(d, x, "table");
	if (x->kind != XML_BROKEN)
		add_cell(d, t, first, &f);
}

static void read_row(struct docx *d, struct xml *x)
{
	struct table_maker *t = d->table;
	int depth = x->depth;
	t->col = 0;
	if (!x->empty) {
		while (xml_inside(x, depth)) {
			if (xml_is(x, "tc")) {
				read_cell(d, x);
			} else if (xml_is(x, "gridBefore")) {
				long before = xml_attr_int(x, "val", 0);
				t->col = before > 0 && before < (long)TABLE_COLS_MAX ? (uint32_t)before : 0;
			} else if (docx_left_out(x)) {
				xml_skip(x);
			}
		}
	}
	t->row++;
}

static void read_table(struct docx *d, struct xml *x)
{
	int depth = x->depth;
	if (x->empty)
		return;
	struct table_maker *t = mem_zero(d->mem, struct table_maker);
	t->first_line = d->page->n_lines;
	d->table = t;
	while (xml_inside(x, depth)) {
		if (xml_is(x, "tr"))
			read_row(d, x);
		else if (docx_left_out(x))
			xml_skip(x);
	}
	d->table = NULL;
	if (t->n && x->kind != XML_BROKEN) {
		struct doc_page *page = d->page;
		if (page->n_tables == d->tables_cap) {
			d->tables_cap = d->tables_cap ? d->tables_cap * 2 : 16;
			page->tables = mem_grow(d->mem, page->tables, struct doc_table, d->tables_cap);
		}
		docx_add_block(d, DOC_TABLE, 0, t->first_line);
		page->blocks[page->n_blocks - 1].table = page->n_tables;
		page->tables[page->n_tables++] =
		    (struct doc_table){ .rows = t->row, .cols = (uint16_t)t->cols, .n_cells = t->n, .cells = t->cells };
	}
	talloc_free(t);
}

/* --- parts */

void docx_step(struct docx *d, struct xml *x)
{
	if (xml_is(x, "p"))
		docx_read_paragraph(d, x);
	else if (xml_is(x, "tbl") && !d->table && !d->aside)
		read_table(d, x);
	else if (docx_left_out(x) || xml_is(x, "tcPr") || xml_is(x, "trPr"))
		xml_skip(x);
	else if (xml_is(x, "footnote")) {
		char *type = xml_attr(x, d->mem, "type"); /* the rule above the notes */
		if (type)
			xml_skip(x);
		talloc_free(type);
	}
}

/* False when the part is missing or broken; the latter is told. */
static bool read_part(struct docx *d, const char *part, const char *root)
{
	struct buf b;
	struct xml x;
	bool found = false, right = false;
	if (!zipfile_part(&d->z, part, &b, &found) || !found)
		return false;
	if (xml_start(&x, b.data, b.len, d->r) && xml_next(&x) == XML_OPEN) {
		right = !root || xml_is(&x, root);
		while (right && xml_next(&x) < XML_END)
			docx_step(d, &x);
	}
	xml_close(&x);
	talloc_free(b.data);
	return right && d->r->status == READER_OK;
}

/* Headers are often the same for first, even and odd pages: each text stands once. */
static bool read_asides(struct docx *d, const struct relations *rels, const char *type)
{
	char **seen = NULL;
	size_t n = 0;
	d->aside = true;
	for (size_t i = 0; i < rels->n; i++) {
		struct doc_page *p = d->page;
		if (strcmp(rels->all[i].type, type) != 0)
			continue;
		uint32_t text = p->text_len, words = p->n_words, lines = p->n_lines, blocks = p->n_blocks;
		read_part(d, rels->all[i].target, NULL);
		if (d->r->status != READER_OK)
			return false;
		bool known = false;
		for (size_t k = 0; k < n; k++)
			known = known || strcmp(seen[k], p->text + text) == 0;
		if (known) {
			p->text_len = text;
			p->text[text] = 0;
			p->n_words = words;
			p->n_lines = lines;
			p->n_blocks = blocks;
			continue;
		}
		seen = mem_grow(d->mem, seen, char *, n + 1);
		seen[n++] = mem_strdup(d->mem, p->text + text);
	}
	d->aside = false;
	return true;
}

/* Authors who know no styles make headings by hand: numbered, bold, alone. */
static void headings_by_look(struct doc_page *p)
{
	for (uint32_t i = 0; i < p->n_blocks; i++) {
		struct doc_block *b = &p->blocks[i];
		const struct doc_line *line = &p->lines[b->first_line];
		if ((b->kind != DOC_PARAGRAPH && b->kind != DOC_LIST_ITEM) || b->n_lines != 1 || line->len > 120)
			continue;
		bool bold = line->n_words > 0;
		for (uint32_t k = 0; k < line->n_words; k++)
			bold = bold && (p->words[line->first_word + k].style & DOC_BOLD);
		unsigned level = bold ? pattern_heading(p->text + line->start, line->len) : 0;
		if (level) {
			b->kind = DOC_HEADING;
			b->level = (uint8_t)level;
		}
	}
}

static char *read_title(struct docx *d)
{
	struct relations all;
	struct buf b;
	struct xml x;
	bool found;
	char *title = NULL;
	if (!relations_read(&d->z, "", &all))
		return NULL;
	const char *part = relation_by_type(&all, "core-properties");
	if (!part || !zipfile_part(&d->z, part, &b, &found) || !found)
		return NULL;
	if (xml_start(&x, b.data, b.len, d->r))
		while (xml_next(&x) < XML_END)
			if (xml_is(&x, "title") && !x.empty && xml_next(&x) == XML_CHARS && !title)
				title = mem_strdup(d->mem, xml_chars(&x));
	xml_close(&x);
	return title;
}

void read_docx(TALLOC_CTX *mem, const uint8_t *bytes, size_t n, struct reading *r)
{
	struct docx *d = mem_zero(mem, struct docx);
	struct relations rels;
	d->mem = mem;
	d->r = r;
	r->status = READER_OK;
	if (package_encrypted(bytes, n)) {
		reading_fail(r, READER_ENCRYPTED, "encrypted");
		return;
	}
	if (!zipfile_open(mem, bytes, n, r, &d->z))
		return;
	const char *part = package_main(&d->z);
	if (!part || !relations_read(&d->z, part, &rels))
		return;
	r->doc = mem_zero(mem, struct document);
	r->doc->format = DOC_FORMAT_DOCX;
	r->doc->tagged = true;
	r->doc->n_pages = 1;
	r->doc->pages = d->page = mem_zero(mem, struct doc_page);
	d->page->text = mem_strdup(mem, "");
	d->writer = (struct page_writer){ .mem = mem, .page = d->page };
	docx_styles_read(&d->z, relation_by_type(&rels, "styles"), &d->styles);
	d->numbering = numbering_read(&d->z, mem, relation_by_type(&rels, "numbering"));
	if (r->status != READER_OK || !read_asides(d, &rels, "header"))
		return;
	if (!read_part(d, part, "document")) {
		if (r->status == READER_OK)
			reading_fail(r, READER_UNREADABLE, "structure");
		return;
	}
	const char *notes = relation_by_type(&rels, "footnotes");
	if (notes)
		read_part(d, notes, NULL);
	if (r->status == READER_OK && read_asides(d, &rels, "footer")) {
		r->doc->title = read_title(d);
		if (!d->outlined)
			headings_by_look(d->page);
	}
}
