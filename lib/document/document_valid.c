/* The rules of document.h as a check. Encoder and decoder both use it: a model that one writes the other reads. */
#include "document.h"
#include "text.h"

#include <math.h>
#include <string.h>

/* As large as a sheet can be. */
#define TABLE_ROWS_MAX (1u << 20)
#define TABLE_COLS_MAX (1u << 14)

static bool box_valid(const struct doc_box *b)
{
	return isfinite(b->x0) && isfinite(b->y0) && isfinite(b->x1) && isfinite(b->y1) && b->x0 <= b->x1 &&
	       b->y0 <= b->y1;
}

/* Lines cover the text without holes, words lie inside their lines in order. */
static bool lines_valid(const struct doc_page *page)
{
	uint32_t at = 0, word = 0;
	for (uint32_t i = 0; i < page->n_lines; i++) {
		const struct doc_line *line = &page->lines[i];
		if (line->start != at || line->len >= page->text_len - at || page->text[at + line->len] != '\n' ||
		    memchr(page->text + at, '\n', line->len) || !box_valid(&line->box))
			return false;
		if (line->first_word != word || line->n_words > page->n_words - word)
			return false;
		uint32_t end = at + line->len, from = at;
		for (uint32_t k = 0; k < line->n_words; k++) {
			const struct doc_word *w = &page->words[word + k];
			if (w->start < from || w->start > end || w->len == 0 || w->len > end - w->start ||
			    memchr(page->text + w->start, ' ', w->len) || !box_valid(&w->box) || !isfinite(w->size) ||
			    w->size < 0 || w->style > (DOC_BOLD | DOC_ITALIC))
				return false;
			/* A word begins and ends at a character. */
			if (((uint8_t)page->text[w->start] & 0xc0) == 0x80 ||
			    ((uint8_t)page->text[w->start + w->len] & 0xc0) == 0x80)
				return false;
			from = w->start + w->len;
		}
		word += line->n_words;
		at = end + 1;
	}
	return at == page->text_len && word == page->n_words;
}

static bool cells_valid(const struct doc_table *t, const struct doc_block *block)
{
	if (t->rows == 0 || t->cols == 0 || t->rows > TABLE_ROWS_MAX || t->cols > TABLE_COLS_MAX ||
	    !box_valid(&t->box) || t->n_cells > (uint64_t)t->rows * t->cols)
		return false;
	/* Cells come row by row, so that two overlap exactly when one begins in a column before the last one there
	 * ends. */
	uint32_t *until = mem_array(NULL, uint32_t, t->cols);
	uint32_t line = block->first_line;
	bool ok = true;
	for (uint32_t i = 0; ok && i < t->n_cells; i++) {
		const struct doc_cell *c = &t->cells[i];
		const struct doc_cell *before = i ? &t->cells[i - 1] : NULL;
		ok = c->row < t->rows && c->col < t->cols && c->row_span >= 1 && c->col_span >= 1 &&
		     c->row_span <= t->rows - c->row && c->col_span <= t->cols - c->col && box_valid(&c->box) &&
		     (!before || c->row > before->row || (c->row == before->row && c->col > before->col)) &&
		     c->first_line == line && c->n_lines <= block->first_line + block->n_lines - line;
		for (uint32_t x = 0; ok && x < c->col_span; x++) {
			ok = until[c->col + x] <= c->row;
			until[c->col + x] = c->row + c->row_span;
		}
		line += c->n_lines;
	}
	talloc_free(until);
	return ok && line == block->first_line + block->n_lines;
}

static bool blocks_valid(const struct doc_page *page)
{
	uint32_t line = 0, table = 0;
	for (uint32_t i = 0; i < page->n_blocks; i++) {
		const struct doc_block *b = &page->blocks[i];
		if (b->kind >= DOC_BLOCK__COUNT || b->level > 9 || b->first_line != line ||
		    b->n_lines > page->n_lines - line || !box_valid(&b->box))
			return false;
		if (b->level && b->kind != DOC_HEADING)
			return false;
		for (uint32_t k = 0; k < b->n_lines; k++)
			if (page->lines[line + k].block != i)
				return false;
		if (b->kind == DOC_TABLE) {
			if (b->table != table || table >= page->n_tables || !cells_valid(&page->tables[table], b))
				return false;
			if (page->tables[table].continues && table > 0)
				return false;
			table++;
		} else if (b->table != 0 || b->n_lines == 0) {
			return false;
		}
		line += b->n_lines;
	}
	return line == page->n_lines && table == page->n_tables;
}

bool doc_page_valid(const struct doc_page *page)
{
	if (!isfinite(page->width) || !isfinite(page->height) || page->width < 0 || page->height < 0)
		return false;
	if (!page->text || page->text[page->text_len] != 0 || memchr(page->text, 0, page->text_len) ||
	    !text_utf8_valid(page->text, page->text_len))
		return false;
	if (page->label && !text_utf8_valid(page->label, strlen(page->label)))
		return false;
	return lines_valid(page) && blocks_valid(page);
}
