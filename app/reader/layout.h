/* From ink to document model: what a page shows (glyphs, ruling lines, links, pictures) and, where a file has them, its
 * structure tags, become lines, tables and blocks. Knows no file format; pure.
 *
 * Two passes, because running headers and body size are properties of the whole document: layout_page() makes lines and
 * tables of one page, layout_finish() then decides what each line is. */
#ifndef READER_LAYOUT_H
#define READER_LAYOUT_H

#include "document.h"

/* One character as drawn, in page space (points, y downwards). */
struct glyph {
	uint32_t c;            /* Unicode, cleaned by glyph_char() */
	float x0, y0, x1, y1;  /* baseline, from origin to the end of the advance */
	float size;            /* points */
	float ascent, descent; /* parts of the size; descent is negative */
	int32_t mcid;          /* marked content it was drawn in, -1 none */
	uint8_t style;         /* enum doc_style bits */
	bool aside;            /* marked as artifact by the file itself */
	bool field;            /* appearance of a form field: belongs to the body though it has no mark */
};

struct ink {
	float width, height;
	struct glyph *glyphs;
	uint32_t n_glyphs;
	struct doc_box *rules; /* thin boxes, horizontal or vertical */
	uint32_t n_rules;
	struct doc_box *links; /* rectangles that lead to other places of the document */
	uint32_t n_links;
	float picture_area; /* square points covered by images */
	uint32_t n_paths;   /* drawn shapes: text turned into outlines is many of them */
};

enum tag_role {
	TAG_OTHER,
	TAG_PARAGRAPH,
	TAG_HEADING,
	TAG_LIST_ITEM,
	TAG_LIST_BODY,
	TAG_TOC_ITEM,
	TAG_TABLE,
	TAG_ROW,
	TAG_CELL,
	TAG_ARTIFACT,
};

/* An element of the structure tree; elements stand in document order, a parent before its children. */
struct tag_node {
	int32_t parent; /* -1 at the top */
	int32_t end;    /* index behind its last descendant */
	uint8_t role;   /* enum tag_role */
	uint8_t level;  /* of a heading; 0 unknown */
	uint16_t row_span, col_span;
};

/* Marked content `mcid` of page `page` belongs to `node`. */
struct tag_leaf {
	uint32_t page, mcid;
	int32_t node;
};

struct tags {
	struct tag_node *nodes;
	uint32_t n_nodes;
	struct tag_leaf *leaves; /* sorted by page, mcid */
	uint32_t n_leaves;
	bool headings; /* some element is a heading */
	bool tables;   /* some element is a table */
};

/* What is known of a line besides its place. */
struct line_info {
	int32_t node;  /* structure element of its block, -1 none */
	int32_t table; /* index into the page's tables, -1 none */
	float size;    /* of most of its characters */
	bool bold;     /* all of its words are */
	bool artifact;
	bool toc;
	uint32_t unit; /* lines of different units never share a block */
};

struct layout_page {
	struct doc_page page;   /* text, words, lines and tables; no blocks yet */
	struct line_info *info; /* one per line */
	int32_t *table_nodes;   /* structure element of each table, -1: found by its ruling lines */
	float picture;          /* part of its area under images, 0..1 and more */
	uint32_t n_paths;
};

/* `tags` is NULL for a page without usable structure. Arrays live in mem. */
void layout_page(
    TALLOC_CTX *mem, const struct ink *ink, const struct tags *tags, uint32_t page_index, struct layout_page *out);

/* Makes blocks, levels, running headers and the flags of all pages; fills doc->pages and the warning of scans. */
void layout_finish(
    TALLOC_CTX *mem, struct layout_page *pages, uint32_t n, const struct tags *tags, struct document *doc);

/* The character to keep for one that a font draws: symbol fonts mapped, controls dropped (0), blanks made plain. */
uint32_t glyph_char(const char *font_name, int32_t c);
bool glyph_is_blank(uint32_t c);
/* Writes out a ligature (U+FB00..FB06, U+0132..) as its letters; 1 and the character itself when it is none. */
unsigned glyph_expand(uint32_t c, uint32_t out[3]);

/* Lines of glyphs that belong together, in reading order (layout_lines.c). */
struct ink_line {
	uint32_t *glyphs; /* indices in the order of reading */
	uint32_t n;
	float x0, y0, x1, y1; /* box */
	float baseline, size;
	bool upright; /* drawn horizontally, left to right */
	int32_t tag;  /* for the caller */
};
uint32_t lines_build(TALLOC_CTX *mem, const struct ink *ink, const uint32_t *glyphs, uint32_t n, struct ink_line **out);
/* Box of one glyph. */
struct doc_box glyph_box(const struct glyph *g);

/* Tables drawn by ruling lines (layout_grid.c): boxes of cells, row-major, without lines yet. */
uint32_t grids_find(TALLOC_CTX *mem, const struct doc_box *rules, uint32_t n, struct doc_table **out);

/* Growing page text (layout_page.c uses it; read_text.c too). */
struct page_writer {
	TALLOC_CTX *mem;
	struct doc_page *page;
	uint32_t text_cap, words_cap, lines_cap;
};
void page_add_word(struct page_writer *w, const char *s, uint32_t len, const struct doc_box *box, float size,
    uint8_t style, bool first_of_line);
/* Ends the line; returns its index. */
uint32_t page_end_line(struct page_writer *w);

/* Patterns of French headings and lists over the bytes of one line (layout_pattern.c). */
/* Level of a numbered heading ("3.1.2 Objet", "ARTICLE 4 –", "Chapitre II"), 0 when it does not begin like one. */
unsigned pattern_heading(const char *s, size_t n);
bool pattern_list_item(const char *s, size_t n);
/* Ends as an entry of a table of contents: leaders and a page number. */
bool pattern_toc(const char *s, size_t n);
/* A leader alone: "........". */
bool pattern_leader(const char *s, size_t n);
bool pattern_page_number(const char *s, size_t n);

#endif
