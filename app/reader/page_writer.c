/* A page's text, written word by word: keeps text, words and lines in step. */
#include "layout.h"

#include <string.h>

static void text_room(struct page_writer *w, uint32_t more)
{
	if (w->text_cap - w->page->text_len > more)
		return;
	w->text_cap = (w->text_cap + more) * 2 + 256;
	w->page->text = mem_grow(w->mem, w->page->text, char, w->text_cap);
}

void page_add_word(struct page_writer *w, const char *s, uint32_t len, const struct doc_box *box, float size,
    uint8_t style, bool first_of_line)
{
	struct doc_page *p = w->page;
	text_room(w, len + 2);
	if (!first_of_line)
		p->text[p->text_len++] = ' ';
	if (p->n_words == w->words_cap) {
		w->words_cap = w->words_cap ? w->words_cap * 2 : 256;
		p->words = mem_grow(w->mem, p->words, struct doc_word, w->words_cap);
	}
	p->words[p->n_words++] =
	    (struct doc_word){ .start = p->text_len, .len = len, .box = *box, .size = size, .style = style };
	memcpy(p->text + p->text_len, s, len);
	p->text_len += len;
	p->text[p->text_len] = 0;
}

static void box_join(struct doc_box *all, const struct doc_box *b)
{
	all->x0 = b->x0 < all->x0 ? b->x0 : all->x0;
	all->y0 = b->y0 < all->y0 ? b->y0 : all->y0;
	all->x1 = b->x1 > all->x1 ? b->x1 : all->x1;
	all->y1 = b->y1 > all->y1 ? b->y1 : all->y1;
}

uint32_t page_end_line(struct page_writer *w)
{
	struct doc_page *p = w->page;
	const struct doc_line *before = p->n_lines ? &p->lines[p->n_lines - 1] : NULL;
	struct doc_line line = { .start = before ? before->start + before->len + 1 : 0,
		.first_word = before ? before->first_word + before->n_words : 0 };
	line.len = p->text_len - line.start;
	line.n_words = p->n_words - line.first_word;
	for (uint32_t i = 0; i < line.n_words; i++) {
		if (i == 0)
			line.box = p->words[line.first_word].box;
		else
			box_join(&line.box, &p->words[line.first_word + i].box);
	}
	text_room(w, 2);
	p->text[p->text_len++] = '\n';
	p->text[p->text_len] = 0;
	if (p->n_lines == w->lines_cap) {
		w->lines_cap = w->lines_cap ? w->lines_cap * 2 : 64;
		p->lines = mem_grow(w->mem, p->lines, struct doc_line, w->lines_cap);
	}
	p->lines[p->n_lines] = line;
	return p->n_lines++;
}
