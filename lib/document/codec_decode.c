/* The binary form of a document, read: nothing is believed. Sizes are checked against the bytes that are there before
 * anything is allocated; what the numbers mean is checked by doc_page_valid. */
#include "document.h"
#include "codec_private.h"
#include "text.h"

#include <string.h>

struct reader {
	const uint8_t *p;
	size_t at, n;
	bool bad; /* ran over the end: everything read since is zero */
};

static const uint8_t *take(struct reader *r, size_t n)
{
	if (r->bad || n > r->n - r->at) {
		r->bad = true;
		return NULL;
	}
	const uint8_t *p = r->p + r->at;
	r->at += n;
	return p;
}

static unsigned get_u8(struct reader *r)
{
	const uint8_t *p = take(r, 1);
	return p ? p[0] : 0;
}

static uint16_t get_u16(struct reader *r)
{
	const uint8_t *p = take(r, 2);
	return p ? (uint16_t)(p[0] | p[1] << 8) : 0;
}

static uint32_t get_u32(struct reader *r)
{
	const uint8_t *p = take(r, 4);
	return p ? (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24 : 0;
}

static uint64_t get_u64(struct reader *r)
{
	uint64_t low = get_u32(r);
	return low | (uint64_t)get_u32(r) << 32;
}

static float get_f32(struct reader *r)
{
	uint32_t bits = get_u32(r);
	float v;
	memcpy(&v, &bits, sizeof(v));
	return v;
}

static struct doc_box get_box(struct reader *r)
{
	struct doc_box b;
	b.x0 = get_f32(r);
	b.y0 = get_f32(r);
	b.x1 = get_f32(r);
	b.y1 = get_f32(r);
	return b;
}

/* Whether `count` things of `size` bytes can still follow. */
static bool fits(struct reader *r, uint32_t count, size_t size)
{
	if (r->bad || count > (r->n - r->at) / size) {
		r->bad = true;
		return false;
	}
	return true;
}

static bool get_table(TALLOC_CTX *mem, struct reader *r, struct doc_table *t)
{
	t->rows = get_u32(r);
	t->cols = get_u16(r);
	unsigned continues = get_u8(r);
	t->n_cells = get_u32(r);
	t->box = get_box(r);
	if (continues > 1 || !fits(r, t->n_cells, CODEC_CELL_SIZE))
		return false;
	t->continues = continues;
	t->cells = mem_array(mem, struct doc_cell, t->n_cells);
	for (uint32_t i = 0; i < t->n_cells; i++) {
		struct doc_cell *c = &t->cells[i];
		c->row = get_u32(r);
		c->col = get_u16(r);
		c->row_span = get_u32(r);
		c->col_span = get_u16(r);
		c->first_line = get_u32(r);
		c->n_lines = get_u32(r);
		c->box = get_box(r);
	}
	return true;
}

static bool get_page(TALLOC_CTX *mem, struct reader *r, struct doc_page *page)
{
	page->width = get_f32(r);
	page->height = get_f32(r);
	uint32_t flags = get_u32(r);
	page->text_len = get_u32(r);
	page->n_words = get_u32(r);
	page->n_lines = get_u32(r);
	page->n_blocks = get_u32(r);
	page->n_tables = get_u32(r);
	uint32_t label = get_u32(r);
	if (flags & ~(uint32_t)(CODEC_PAGE_TOC | CODEC_PAGE_UNREADABLE))
		return false;
	page->toc = flags & CODEC_PAGE_TOC;
	page->unreadable = flags & CODEC_PAGE_UNREADABLE;
	const uint8_t *text = take(r, page->text_len);
	if (!text)
		return false;
	page->text = mem_strndup(mem, (const char *)text, page->text_len);
	if (strlen(page->text) != page->text_len) /* a NUL inside ended the copy early */
		return false;
	if (label != CODEC_NO_TITLE) {
		const char *name = (const char *)take(r, label);
		if (!name || memchr(name, 0, label) || !text_utf8_valid(name, label))
			return false;
		page->label = mem_strndup(mem, name, label);
	}
	if (!fits(r, page->n_words, CODEC_WORD_SIZE))
		return false;
	page->words = mem_array(mem, struct doc_word, page->n_words);
	for (uint32_t i = 0; i < page->n_words; i++) {
		struct doc_word *x = &page->words[i];
		x->start = get_u32(r);
		x->len = get_u32(r);
		x->box = get_box(r);
		x->size = get_f32(r);
		x->style = (uint8_t)get_u8(r);
	}
	if (!fits(r, page->n_lines, CODEC_LINE_SIZE))
		return false;
	page->lines = mem_array(mem, struct doc_line, page->n_lines);
	uint32_t word = 0;
	for (uint32_t i = 0; i < page->n_lines; i++) {
		struct doc_line *x = &page->lines[i];
		x->start = get_u32(r);
		x->len = get_u32(r);
		x->n_words = get_u32(r);
		x->block = get_u32(r);
		x->box = get_box(r);
		if (x->n_words > page->n_words - word)
			return false;
		x->first_word = word;
		word += x->n_words;
	}
	if (!fits(r, page->n_blocks, CODEC_BLOCK_SIZE))
		return false;
	page->blocks = mem_array(mem, struct doc_block, page->n_blocks);
	for (uint32_t i = 0; i < page->n_blocks; i++) {
		struct doc_block *x = &page->blocks[i];
		x->kind = (uint8_t)get_u8(r);
		x->level = (uint8_t)get_u8(r);
		x->first_line = get_u32(r);
		x->n_lines = get_u32(r);
		x->table = get_u32(r);
		x->box = get_box(r);
	}
	if (!fits(r, page->n_tables, CODEC_TABLE_SIZE))
		return false;
	page->tables = mem_array(mem, struct doc_table, page->n_tables);
	for (uint32_t i = 0; i < page->n_tables; i++)
		if (!get_table(mem, r, &page->tables[i]))
			return false;
	return !r->bad && doc_page_valid(page);
}

struct index {
	struct document head; /* pages are not read */
	size_t index_at, title_at, title_len;
};

static bool get_index(const uint8_t *p, size_t n, struct index *ix)
{
	struct reader r = { .p = p, .n = n };
	const uint8_t *magic = take(&r, 4);
	if (!magic || memcmp(magic, CODEC_MAGIC, 4) != 0 || get_u32(&r) != CODEC_VERSION)
		return false;
	unsigned format = get_u8(&r), tagged = get_u8(&r), zero = get_u16(&r);
	ix->head = (struct document){ .format = (uint8_t)format, .tagged = tagged == 1 };
	ix->head.warnings = get_u32(&r);
	uint32_t title = get_u32(&r);
	ix->head.n_pages = get_u32(&r);
	uint32_t known =
	    DOC_WARN_TRUNCATED | DOC_WARN_NO_TEXT | DOC_WARN_PAGE_LIMIT | DOC_WARN_PAGE_FAILED | DOC_WARN_HIDDEN;
	if (r.bad || format >= DOC_FORMAT__COUNT || tagged > 1 || zero || ix->head.warnings & ~known)
		return false;
	ix->index_at = r.at;
	if (!fits(&r, ix->head.n_pages, CODEC_INDEX_ENTRY))
		return false;
	ix->title_at = r.at + (size_t)ix->head.n_pages * CODEC_INDEX_ENTRY;
	ix->title_len = title == CODEC_NO_TITLE ? 0 : title;
	if (ix->title_len > n - ix->title_at)
		return false;
	size_t expected = ix->title_at + ix->title_len;
	for (uint32_t i = 0; i < ix->head.n_pages; i++) {
		uint64_t offset = get_u64(&r), size = get_u64(&r);
		if (offset != expected || size > n - expected)
			return false;
		expected += size;
	}
	return expected == n;
}

/* Bytes of one page; the index has been checked. */
static struct reader page_bytes(const uint8_t *p, size_t n, const struct index *ix, uint32_t i)
{
	struct reader r = { .p = p, .n = n, .at = ix->index_at + (size_t)i * CODEC_INDEX_ENTRY };
	uint64_t offset = get_u64(&r), size = get_u64(&r);
	return (struct reader){ .p = p + offset, .n = size };
}

static bool decode(const uint8_t *p, size_t n, struct document *d)
{
	struct index ix;
	if (!get_index(p, n, &ix))
		return false;
	*d = ix.head;
	struct reader head = { .p = p, .n = n, .at = 16 };
	if (get_u32(&head) != CODEC_NO_TITLE) {
		const char *title = (const char *)p + ix.title_at;
		if (memchr(title, 0, ix.title_len) || !text_utf8_valid(title, ix.title_len))
			return false;
		d->title = mem_strndup(d, title, ix.title_len);
	}
	/* A page is at least its head, so the count was bounded by the index check only in bytes of the index. */
	d->pages = mem_array(d, struct doc_page, d->n_pages);
	for (uint32_t i = 0; i < d->n_pages; i++) {
		struct reader r = page_bytes(p, n, &ix, i);
		if (!get_page(d->pages, &r, &d->pages[i]) || r.at != r.n)
			return false;
	}
	return true;
}

enum result doc_decode(TALLOC_CTX *mem, const uint8_t *p, size_t n, struct document **out, struct error *e)
{
	struct document *d = mem_zero(mem, struct document);
	*out = NULL;
	/* decode() overwrites *d, but talloc's parent is its address, not its content. */
	if (!decode(p, n, d)) {
		talloc_free(d);
		error_cause(e, "encoded document of %zu bytes is damaged", n);
		return error_set(e, ERR_DAMAGED, NULL);
	}
	*out = d;
	return ERR_OK;
}

enum result doc_decode_page(
    TALLOC_CTX *mem, const uint8_t *p, size_t n, uint32_t number, struct doc_page **out, struct error *e)
{
	*out = NULL;
	struct index ix;
	if (!get_index(p, n, &ix)) {
		error_cause(e, "encoded document of %zu bytes has a damaged index", n);
		return error_set(e, ERR_DAMAGED, NULL);
	}
	if (number == 0 || number > ix.head.n_pages)
		return error_set(e, ERR_NOT_FOUND, NULL);
	struct doc_page *page = mem_zero(mem, struct doc_page);
	struct reader r = page_bytes(p, n, &ix, number - 1);
	if (!get_page(page, &r, page) || r.at != r.n) {
		talloc_free(page);
		error_cause(e, "page %u of an encoded document is damaged", number);
		return error_set(e, ERR_DAMAGED, NULL);
	}
	*out = page;
	return ERR_OK;
}
