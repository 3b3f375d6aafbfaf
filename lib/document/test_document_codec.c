/* What is encoded comes back the same; what breaks a rule of the model, or any of its bytes, is refused. */
#include "document.h"

#include <criterion/criterion.h>
#include <string.h>

static TALLOC_CTX *mem;
static struct error e;

static void up(void)
{
	mem = mem_new("test", 0);
	error_clear(&e);
}

static void down(void)
{
	talloc_free(mem);
}

TestSuite(codec, .init = up, .fini = down);

/* Two lines of text and a table of two cells, the second one empty. */
static struct document *sample(void)
{
	struct document *d = mem_zero(mem, struct document);
	d->title = mem_strdup(d, "Réglement");
	d->tagged = true;
	d->warnings = DOC_WARN_TRUNCATED;
	d->n_pages = 2;
	d->pages = mem_array(d, struct doc_page, 2);
	struct doc_page *p = &d->pages[0];
	p->width = 595;
	p->height = 842;
	p->toc = true;
	p->text = mem_strdup(d, "un été\nPrix\n");
	p->text_len = (uint32_t)strlen(p->text);
	p->n_words = 3;
	p->words = mem_array(d, struct doc_word, 3);
	p->words[0] = (struct doc_word){ 0, 2, { 10, 10, 20, 20 }, 11, DOC_BOLD };
	p->words[1] = (struct doc_word){ 3, 5, { 22, 10, 40, 20 }, 11, 0 };
	p->words[2] = (struct doc_word){ 9, 4, { 10, 30, 40, 40 }, 11, DOC_ITALIC };
	p->n_lines = 2;
	p->lines = mem_array(d, struct doc_line, 2);
	p->lines[0] = (struct doc_line){ 0, 8, 0, 2, { 10, 10, 40, 20 }, 0 };
	p->lines[1] = (struct doc_line){ 9, 4, 2, 1, { 10, 30, 40, 40 }, 1 };
	p->n_blocks = 2;
	p->blocks = mem_array(d, struct doc_block, 2);
	p->blocks[0] = (struct doc_block){ DOC_HEADING, 2, 0, 1, 0, { 10, 10, 40, 20 } };
	p->blocks[1] = (struct doc_block){ DOC_TABLE, 0, 1, 1, 0, { 10, 30, 80, 40 } };
	p->n_tables = 1;
	p->tables = mem_array(d, struct doc_table, 1);
	p->tables[0] = (struct doc_table){ .rows = 1, .cols = 2, .n_cells = 2, .box = { 10, 30, 80, 40 } };
	p->tables[0].cells = mem_array(d, struct doc_cell, 2);
	p->tables[0].cells[0] = (struct doc_cell){ 0, 0, 1, 1, 1, 1, { 10, 30, 40, 40 } };
	p->tables[0].cells[1] = (struct doc_cell){ 0, 1, 1, 1, 2, 0, { 40, 30, 80, 40 } };
	d->pages[1].text = mem_strdup(d, "");
	d->pages[1].unreadable = true;
	d->pages[1].label = mem_strdup(d, "Feuille n°1");
	return d;
}

Test(codec, comes_back_the_same)
{
	uint8_t *a, *b;
	size_t n, m;
	struct document *d;
	cr_assert_eq(doc_encode(mem, sample(), &a, &n, &e), ERR_OK);
	cr_assert_eq(doc_decode(mem, a, n, &d, &e), ERR_OK);
	cr_assert_str_eq(d->title, "Réglement");
	cr_assert(d->tagged && d->warnings == DOC_WARN_TRUNCATED && d->n_pages == 2);
	cr_assert_str_eq(d->pages[0].text, "un été\nPrix\n");
	cr_assert(d->pages[0].toc && !d->pages[0].unreadable && d->pages[1].unreadable);
	cr_assert_eq(d->pages[0].words[2].style, DOC_ITALIC);
	cr_assert_eq(d->pages[0].lines[1].first_word, 2);
	cr_assert_eq(d->pages[0].blocks[0].level, 2);
	cr_assert_eq(d->pages[0].tables[0].cells[0].n_lines, 1);
	cr_assert_null(d->pages[0].label);
	cr_assert_str_eq(d->pages[1].label, "Feuille n°1");
	cr_assert_eq(doc_encode(mem, d, &b, &m, &e), ERR_OK);
	cr_assert(n == m && memcmp(a, b, n) == 0);
}

Test(codec, one_page_alone)
{
	uint8_t *a;
	size_t n;
	struct doc_page *p;
	cr_assert_eq(doc_encode(mem, sample(), &a, &n, &e), ERR_OK);
	cr_assert_eq(doc_decode_page(mem, a, n, 1, &p, &e), ERR_OK);
	cr_assert_str_eq(p->text, "un été\nPrix\n");
	cr_assert_eq(doc_decode_page(mem, a, n, 2, &p, &e), ERR_OK);
	cr_assert(p->unreadable);
	cr_assert_eq(doc_decode_page(mem, a, n, 3, &p, &e), ERR_NOT_FOUND);
	cr_assert_eq(doc_decode_page(mem, a, n, 0, &p, &e), ERR_NOT_FOUND);
	cr_assert_null(p);
}

Test(codec, without_pages_or_title)
{
	struct document d = { 0 }, *back;
	uint8_t *a;
	size_t n;
	cr_assert_eq(doc_encode(mem, &d, &a, &n, &e), ERR_OK);
	cr_assert_eq(doc_decode(mem, a, n, &back, &e), ERR_OK);
	cr_assert(back->n_pages == 0 && !back->title);
}

Test(codec, every_cut_is_refused)
{
	uint8_t *a;
	size_t n;
	struct document *d;
	cr_assert_eq(doc_encode(mem, sample(), &a, &n, &e), ERR_OK);
	for (size_t i = 0; i < n; i++) {
		error_clear(&e);
		cr_assert_eq(doc_decode(mem, a, i, &d, &e), ERR_DAMAGED, "cut at %zu", i);
		cr_assert_null(d);
	}
	uint8_t *longer = mem_array(mem, uint8_t, n + 1);
	memcpy(longer, a, n);
	error_clear(&e);
	cr_assert_eq(doc_decode(mem, longer, n + 1, &d, &e), ERR_DAMAGED);
}

Test(codec, changed_bytes_are_refused_or_harmless)
{
	uint8_t *a, *b;
	size_t n, m;
	struct document *d;
	cr_assert_eq(doc_encode(mem, sample(), &a, &n, &e), ERR_OK);
	for (size_t i = 0; i < n; i++) {
		for (int bit = 0; bit < 8; bit++) {
			a[i] ^= (uint8_t)(1 << bit);
			error_clear(&e);
			if (doc_decode(mem, a, n, &d, &e) == ERR_OK) {
				cr_assert_eq(doc_encode(mem, d, &b, &m, &e), ERR_OK);
				cr_assert(m == n && memcmp(a, b, n) == 0);
				talloc_free(d);
				talloc_free(b);
			}
			a[i] ^= (uint8_t)(1 << bit);
		}
	}
}

/* Each breaks one rule of document.h. */
static void break_newline(struct doc_page *p)
{
	p->text[8] = ' ';
}
static void break_utf8(struct doc_page *p)
{
	p->text[4] = 'x';
}
static void break_word_in_character(struct doc_page *p)
{
	p->words[1].len = 1;
}
static void break_word_blank(struct doc_page *p)
{
	p->words[0].len = 4;
}
static void break_word_order(struct doc_page *p)
{
	p->words[1].start = 1;
}
static void break_line_hole(struct doc_page *p)
{
	p->lines[1].start = 10;
}
static void break_line_block(struct doc_page *p)
{
	p->lines[1].block = 0;
}
static void break_block_lines(struct doc_page *p)
{
	p->blocks[1].n_lines = 0;
}
static void break_block_kind(struct doc_page *p)
{
	p->blocks[0].kind = DOC_BLOCK__COUNT;
}
static void break_block_table(struct doc_page *p)
{
	p->blocks[1].table = 1;
}
static void break_cell_span(struct doc_page *p)
{
	p->tables[0].cells[0].col_span = 2;
}
static void break_cell_outside(struct doc_page *p)
{
	p->tables[0].cells[1].row_span = 2;
}
static void break_cell_order(struct doc_page *p)
{
	p->tables[0].cells[0].col = 1;
}
static void break_cell_lines(struct doc_page *p)
{
	p->tables[0].cells[0].n_lines = 2;
}
static void break_box(struct doc_page *p)
{
	p->words[0].box.x1 = 5;
}
static void break_number(struct doc_page *p)
{
	p->words[0].size = (float)(0.0 / 1e-300 / 0.0);
}
static void break_label(struct doc_page *p)
{
	p->label = mem_strdup(mem, "\xe9t\xe9");
}

/* Three cells, of which the first covers two rows and the last begins in one of them. */
Test(codec, cells_may_not_overlap)
{
	struct doc_cell cells[3] = { { 0, 0, 2, 1, 0, 0, { 0 } }, { 0, 1, 1, 1, 0, 0, { 0 } },
		{ 1, 1, 1, 1, 0, 0, { 0 } } };
	struct doc_table t = { .rows = 2, .cols = 2, .n_cells = 3, .cells = cells };
	struct doc_block b = { DOC_TABLE, 0, 0, 0, 0, { 0 } };
	struct doc_page p = { .text = (char[]){ "" }, .n_blocks = 1, .blocks = &b, .n_tables = 1, .tables = &t };
	cr_assert(doc_page_valid(&p));
	cells[2].col = 0;
	cr_assert_not(doc_page_valid(&p));
	cells[2].col = 1;
	t.rows = (1u << 20) + 1;
	cr_assert_not(doc_page_valid(&p), "more rows than a sheet has");
}

Test(codec, a_broken_rule_is_refused)
{
	void (*const breaks[])(struct doc_page *) = { break_newline, break_utf8, break_word_in_character,
		break_word_blank, break_word_order, break_line_hole, break_line_block, break_block_lines,
		break_block_kind, break_block_table, break_cell_span, break_cell_outside, break_cell_order,
		break_cell_lines, break_box, break_number, break_label };
	cr_assert(doc_page_valid(&sample()->pages[0]));
	for (size_t i = 0; i < ARRAY_LEN(breaks); i++) {
		struct document *d = sample();
		uint8_t *a;
		size_t n;
		breaks[i](&d->pages[0]);
		error_clear(&e);
		cr_assert_not(doc_page_valid(&d->pages[0]), "rule %zu", i);
		cr_assert_eq(doc_encode(mem, d, &a, &n, &e), ERR_INTERNAL);
		cr_assert_null(a);
	}
}
