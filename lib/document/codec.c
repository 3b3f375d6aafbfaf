/* The binary form of a document, written. Integers little-endian, floats as their IEEE bits.
 *
 *   header   "SCDM", u32 version, u8 format, u8 tagged, u16 zero, u32 warnings, u32 title length or none, u32 pages
 *   index    per page: u64 offset from the start, u64 length      so that one page is found without the others
 *   title    bytes
 *   page     f32 width, f32 height, u32 flags, u32 text length, u32 words, u32 lines, u32 blocks, u32 tables,
 *            u32 label length or none, text, label, words, lines, blocks, tables (each with its cells)
 *
 * Pages follow each other without holes, so that every byte belongs to exactly one thing and the decoder can say so. */
#include "document.h"
#include "codec_private.h"

#include <string.h>

struct writer {
	uint8_t *p;
	size_t at;
};

static void put_bytes(struct writer *w, const void *p, size_t n)
{
	if (n)
		memcpy(w->p + w->at, p, n);
	w->at += n;
}

static void put_u8(struct writer *w, unsigned v)
{
	w->p[w->at++] = (uint8_t)v;
}

static void put_u16(struct writer *w, unsigned v)
{
	put_u8(w, v & 0xff);
	put_u8(w, v >> 8 & 0xff);
}

static void put_u32(struct writer *w, uint32_t v)
{
	put_u16(w, v & 0xffff);
	put_u16(w, v >> 16);
}

static void put_u64(struct writer *w, uint64_t v)
{
	put_u32(w, (uint32_t)v);
	put_u32(w, (uint32_t)(v >> 32));
}

static void put_f32(struct writer *w, float v)
{
	uint32_t bits;
	memcpy(&bits, &v, sizeof(bits));
	put_u32(w, bits);
}

static void put_box(struct writer *w, const struct doc_box *b)
{
	put_f32(w, b->x0);
	put_f32(w, b->y0);
	put_f32(w, b->x1);
	put_f32(w, b->y1);
}

static size_t page_size(const struct doc_page *page)
{
	size_t n = CODEC_PAGE_HEAD + page->text_len + (page->label ? strlen(page->label) : 0);
	n += (size_t)page->n_words * CODEC_WORD_SIZE + (size_t)page->n_lines * CODEC_LINE_SIZE +
	     (size_t)page->n_blocks * CODEC_BLOCK_SIZE + (size_t)page->n_tables * CODEC_TABLE_SIZE;
	for (uint32_t i = 0; i < page->n_tables; i++)
		n += (size_t)page->tables[i].n_cells * CODEC_CELL_SIZE;
	return n;
}

static void put_table(struct writer *w, const struct doc_table *t)
{
	put_u32(w, t->rows);
	put_u16(w, t->cols);
	put_u8(w, t->continues);
	put_u32(w, t->n_cells);
	put_box(w, &t->box);
	for (uint32_t i = 0; i < t->n_cells; i++) {
		const struct doc_cell *c = &t->cells[i];
		put_u32(w, c->row);
		put_u16(w, c->col);
		put_u32(w, c->row_span);
		put_u16(w, c->col_span);
		put_u32(w, c->first_line);
		put_u32(w, c->n_lines);
		put_box(w, &c->box);
	}
}

static void put_page(struct writer *w, const struct doc_page *page)
{
	put_f32(w, page->width);
	put_f32(w, page->height);
	put_u32(w, (page->toc ? CODEC_PAGE_TOC : 0u) | (page->unreadable ? CODEC_PAGE_UNREADABLE : 0u));
	put_u32(w, page->text_len);
	put_u32(w, page->n_words);
	put_u32(w, page->n_lines);
	put_u32(w, page->n_blocks);
	put_u32(w, page->n_tables);
	size_t label = page->label ? strlen(page->label) : 0;
	put_u32(w, page->label ? (uint32_t)label : CODEC_NO_TITLE);
	put_bytes(w, page->text, page->text_len);
	put_bytes(w, page->label, label);
	for (uint32_t i = 0; i < page->n_words; i++) {
		const struct doc_word *x = &page->words[i];
		put_u32(w, x->start);
		put_u32(w, x->len);
		put_box(w, &x->box);
		put_f32(w, x->size);
		put_u8(w, x->style);
	}
	for (uint32_t i = 0; i < page->n_lines; i++) {
		const struct doc_line *x = &page->lines[i];
		put_u32(w, x->start);
		put_u32(w, x->len);
		put_u32(w, x->n_words);
		put_u32(w, x->block);
		put_box(w, &x->box);
	}
	for (uint32_t i = 0; i < page->n_blocks; i++) {
		const struct doc_block *x = &page->blocks[i];
		put_u8(w, x->kind);
		put_u8(w, x->level);
		put_u32(w, x->first_line);
		put_u32(w, x->n_lines);
		put_u32(w, x->table);
		put_box(w, &x->box);
	}
	for (uint32_t i = 0; i < page->n_tables; i++)
		put_table(w, &page->tables[i]);
}

enum result doc_encode(TALLOC_CTX *mem, const struct document *d, uint8_t **out, size_t *n, struct error *e)
{
	*out = NULL;
	*n = 0;
	size_t title = d->title ? strlen(d->title) : 0;
	size_t total = CODEC_HEADER + (size_t)d->n_pages * CODEC_INDEX_ENTRY + title;
	size_t first = total;
	for (uint32_t i = 0; i < d->n_pages; i++) {
		/* What the decoder would refuse must not be written: the fault is ours and is seen here. */
		if (!doc_page_valid(&d->pages[i])) {
			error_cause(e, "page %u of the model breaks a rule", i + 1);
			return error_set(e, ERR_INTERNAL, NULL);
		}
		total += page_size(&d->pages[i]);
	}
	struct writer w = { .p = mem_check(talloc_size(mem, total)) };
	put_bytes(&w, CODEC_MAGIC, 4);
	put_u32(&w, CODEC_VERSION);
	put_u8(&w, d->format);
	put_u8(&w, d->tagged);
	put_u16(&w, 0);
	put_u32(&w, d->warnings);
	put_u32(&w, d->title ? (uint32_t)title : CODEC_NO_TITLE);
	put_u32(&w, d->n_pages);
	size_t offset = first;
	for (uint32_t i = 0; i < d->n_pages; i++) {
		size_t size = page_size(&d->pages[i]);
		put_u64(&w, offset);
		put_u64(&w, size);
		offset += size;
	}
	put_bytes(&w, d->title, title);
	for (uint32_t i = 0; i < d->n_pages; i++)
		put_page(&w, &d->pages[i]);
	if (w.at != total)
		BUG("encoded document has %zu bytes instead of %zu", w.at, total);
	*out = w.p;
	*n = total;
	return ERR_OK;
}
