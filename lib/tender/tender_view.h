/* The text that rules look at. A view is one document's text folded to plain ASCII (lower case, no accents, straight
 * quotes, single blanks), each byte of which knows its place in the page it came from: rules are short and fast, and
 * what they find is quoted from the page itself.
 *
 * What the folding keeps of the layout: '\n' between lines of a block, '\t' between cells of a table row (and for '|'),
 * "\n\n" between blocks and rows. Bullets become '*', empty and ticked boxes "[ ]" and "[x]", four or more leader dots
 * '_', the euro sign "eur", the degree sign 'o'. */
#ifndef TENDER_VIEW_H
#define TENDER_VIEW_H

#include "tender.h"

enum view_zone {
	VIEW_BODY,   /* without running headers, footers and tables of contents */
	VIEW_MARGIN, /* running headers and footers only */
};

struct view {
	const struct document *d;
	char *s; /* NUL-terminated */
	size_t n;
	uint32_t *off;        /* byte offset in its page's text of each folded byte */
	uint32_t *page_start; /* n_pages + 1 indices into s */
};

void view_build(TALLOC_CTX *mem, const struct document *d, enum view_zone zone, struct view *out);
/* Folds any UTF-8 text the same way, without places. */
char *view_fold(TALLOC_CTX *mem, const char *s, size_t n);
/* The same; *off gets, for each folded byte, its offset in s (NULL when nothing is left). */
char *view_fold_places(TALLOC_CTX *mem, const char *s, size_t n, uint32_t **off);
/* Index (from 0) of the page of a folded byte. */
uint32_t view_page(const struct view *v, size_t at);
/* The original words of [from, to), white space folded and blanks around trimmed; cut at the end of the page. */
char *view_text(TALLOC_CTX *mem, const struct view *v, size_t from, size_t to);
/* Evidence for [from, to): page, quote of at most 320 bytes, boxes. False when nothing but blanks stands there. */
bool view_evidence(
    TALLOC_CTX *mem, const struct view *v, uint32_t document, size_t from, size_t to, struct evidence *out);
/* The same for bytes [a, b) of page `page` (from 0). */
bool page_evidence(TALLOC_CTX *mem, const struct document *d, uint32_t document, uint32_t page, uint32_t a, uint32_t b,
    struct evidence *out);
/* A page's text with its blanks as quotes have them, and whether a quote stands in it. *at: where to look first, 0 at
 * the beginning; then where it stands. */
char *page_squeezed(TALLOC_CTX *mem, const struct doc_page *p);
bool quote_stands(const char *page, const char *quote, size_t *at);
/* The page (from 0) and bytes of its text that [from, to) came from, blanks around left out; false when empty. */
bool view_source(const struct view *v, size_t from, size_t to, uint32_t *page, uint32_t *a, uint32_t *b);
/* Share of capitals among the letters of the original words of [from, to), 0..1. */
double view_capitals(const struct view *v, size_t from, size_t to);
/* Bounds of the line that holds `at`: start of it, and end (the '\n', '\t' or the text's end). */
size_t view_line_start(const struct view *v, size_t at);
size_t view_line_end(const struct view *v, size_t at);

#endif
