/* The document model: what the reader makes of one file and everything else understands documents by.
 *
 * A document is a list of pages. A page's `text` is canonical: UTF-8, one visual line after another in reading order,
 * each ended by '\n'; in a table the order is cell by cell, row-major, so that the lines of a block and of a cell are
 * always contiguous. Lines, words, blocks and cells are ranges over it; nothing holds text of its own, so a quote taken
 * from `text` stands in the page by construction. Characters of symbol fonts are mapped to Unicode (U+2610 empty box,
 * U+2611/U+2612 ticked box, U+2022 bullet) and ligatures are written out.
 *
 * Boxes are in points (1/72 inch), origin at the top left of the page as displayed, y downwards. A format without
 * geometry (plain text, DOCX, XLSX) has all boxes zero and one word per blank-separated run.
 *
 * What has no pages of its own (doc_is_paged) still has pages as containers: a DOCX is one, a workbook has one for each
 * visible sheet, named by `label`. A place in a DOCX is told by section and paragraph, in a sheet by its cell; numbers
 * that the word processor computes ("3.1") stand in the text as it would show them.
 *
 * Everything belongs to one talloc context. Pure: no files, no clock. */
#ifndef DOCUMENT_DOCUMENT_H
#define DOCUMENT_DOCUMENT_H

#include "error.h"
#include "mem.h"

/* Part of the key of a stored reading: raised whenever the reader would make another model of the same bytes. */
#define DOCUMENT_READER_VERSION 3

struct doc_box {
	float x0, y0, x1, y1;
};

enum doc_style { /* bits */
	DOC_BOLD = 1,
	DOC_ITALIC = 2,
};

struct doc_word {
	uint32_t start, len; /* bytes of the page's text, no blanks inside */
	struct doc_box box;
	float size;    /* font size in points; 0 unknown */
	uint8_t style; /* of its first character */
};

struct doc_line {
	uint32_t start, len; /* bytes of the page's text, without the '\n' */
	uint32_t first_word, n_words;
	struct doc_box box;
	uint32_t block; /* index of the block it belongs to */
};

enum doc_block_kind {
	DOC_PARAGRAPH,
	DOC_HEADING, /* level 1..9; 0 when only its look says so */
	DOC_LIST_ITEM,
	DOC_TABLE,    /* lines are those of its cells */
	DOC_ARTIFACT, /* running header or footer */
	DOC_TOC,      /* line of a table of contents */
	DOC_BLOCK__COUNT
};

struct doc_block {
	uint8_t kind; /* enum doc_block_kind */
	uint8_t level;
	uint32_t first_line, n_lines;
	uint32_t table; /* index into the page's tables when kind is DOC_TABLE */
	struct doc_box box;
};

struct doc_cell {
	uint32_t row, col;            /* from 0 */
	uint32_t row_span, col_span;  /* at least 1 */
	uint32_t first_line, n_lines; /* n_lines 0: empty cell */
	struct doc_box box;
};

struct doc_table {
	uint32_t rows; /* a sheet is one table from its cell A1 on: row 11, column 1 is B12 */
	uint16_t cols;
	bool continues; /* first table of its page and continues the last table of the page before */
	uint32_t n_cells;
	struct doc_cell *cells; /* row-major; a sheet has those with content only */
	struct doc_box box;
};

struct doc_page {
	float width, height; /* points, as displayed (after rotation) */
	bool toc;            /* a page of contents: entries that link to other pages */
	bool unreadable;     /* its text layer is missing or broken: an image, or characters without meaning */
	char *label;         /* name of a sheet; NULL elsewhere */
	uint32_t text_len;
	char *text; /* NUL-terminated, no NUL inside */
	uint32_t n_words, n_lines, n_blocks, n_tables;
	struct doc_word *words;
	struct doc_line *lines;
	struct doc_block *blocks;
	struct doc_table *tables;
};

enum doc_format { DOC_FORMAT_PDF, DOC_FORMAT_TEXT, DOC_FORMAT_DOCX, DOC_FORMAT_XLSX, DOC_FORMAT__COUNT };

enum doc_warning {                /* bits: told to the user */
	DOC_WARN_TRUNCATED = 1,   /* the file was damaged; what could be read was */
	DOC_WARN_NO_TEXT = 2,     /* some pages have no text (scan): see doc_page.unreadable */
	DOC_WARN_PAGE_LIMIT = 4,  /* only the first pages were read */
	DOC_WARN_PAGE_FAILED = 8, /* a page could not be read and is empty */
	DOC_WARN_HIDDEN = 16,     /* hidden sheets, rows or columns were left out */
	DOC_WARN__LAST = DOC_WARN_HIDDEN,
};

struct document {
	uint8_t format;    /* enum doc_format */
	uint32_t warnings; /* enum doc_warning bits */
	bool tagged;       /* structure came from tags, not only from geometry */
	char *title;       /* metadata, NULL when none */
	uint32_t n_pages;
	struct doc_page *pages;
};

/* The stable words of warnings for the API, in bit order: "truncated", "no_text", "page_limit", "page_failed",
 * "hidden_content". */
const char *doc_warning_id(enum doc_warning bit);

/* Binary form: one length-prefixed, versioned format (drawn in codec.c). doc_encode allocates *out in mem.
 * doc_decode trusts nothing: every count, range, kind and UTF-8 is checked against the rules above; a model that breaks
 * one gives ERR_DAMAGED and leaves *out NULL. */
enum result doc_encode(TALLOC_CTX *mem, const struct document *d, uint8_t **out, size_t *n, struct error *e) MUST_CHECK;
enum result doc_decode(TALLOC_CTX *mem, const uint8_t *p, size_t n, struct document **out, struct error *e) MUST_CHECK;
/* Decodes one page only (number from 1; the page index stands in front): ERR_NOT_FOUND past the last one. */
enum result doc_decode_page(
    TALLOC_CTX *mem, const uint8_t *p, size_t n, uint32_t number, struct doc_page **out, struct error *e) MUST_CHECK;

/* Questions about one page (document_util.c). Offsets are bytes of the page's text. */
/* Index of the line that contains byte `at` (its '\n' included); n_lines when there is none. */
uint32_t doc_line_at(const struct doc_page *page, uint32_t at);
/* The least box around the words that the range touches; all zero when it touches none or nothing has a place. */
struct doc_box doc_range_box(const struct doc_page *page, uint32_t start, uint32_t len);
/* The same, one box per line: allocates *boxes in mem and returns their number. What evidence is drawn with. */
uint32_t doc_range_boxes(
    TALLOC_CTX *mem, const struct doc_page *page, uint32_t start, uint32_t len, struct doc_box **boxes);
/* Text of one line or of a run of lines joined by single blanks (a cell, a paragraph), allocated in mem. */
char *doc_lines_text(TALLOC_CTX *mem, const struct doc_page *page, uint32_t first_line, uint32_t n_lines);
/* The table and cell that a line stands in; NULL outside tables. *cell may be NULL as a parameter. */
const struct doc_table *doc_table_at(const struct doc_page *page, uint32_t line, const struct doc_cell **cell);
/* The media type of what a format is read from: "application/pdf". */
const char *doc_format_mime(enum doc_format format);
/* Whether its pages are pages that people count, and evidence names. */
bool doc_is_paged(const struct document *d);
/* The heading that governs a line: the nearest one with a level above it, or the line's own. Its text (number and
 * title) allocated in mem; NULL when there is none. */
char *doc_section_at(TALLOC_CTX *mem, const struct doc_page *page, uint32_t line);
/* Number (from 1) of the line's paragraph among those of the page: each block, each line of a table's cell; running
 * headers and footers do not count and give 0. */
uint32_t doc_paragraph_index(const struct doc_page *page, uint32_t line);
/* The name of a cell by row and column from 0: 11, 1 is "B12". */
#define DOC_CELL_NAME_MAX 16
void doc_cell_name(uint32_t row, uint32_t col, char out[DOC_CELL_NAME_MAX]);
/* The cell that covers (row, col), spans included; NULL when there is none. */
const struct doc_cell *doc_cell_at(const struct doc_table *table, uint32_t row, uint32_t col);
/* Whether a page keeps every rule above (ranges, order, kinds, UTF-8, finite numbers): what doc_decode demands. */
bool doc_page_valid(const struct doc_page *page);

#endif
