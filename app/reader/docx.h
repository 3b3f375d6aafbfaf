/* Inside of the DOCX reader: styles (docx_styles.c), paragraphs (docx_paragraph.c), and the document they make
 * (read_docx.c). */
#ifndef READER_DOCX_H
#define READER_DOCX_H

#include "layout.h"
#include "ooxml.h"

/* How text looks, as far as understanding needs it. */
struct look {
	bool bold, italic, hidden;
	long half_points; /* 0: unknown */
	const char *font; /* "" unknown; says whether letters are signs */
};

struct docx_style {
	char *id, *based_on, *name;
	bool character;              /* else of paragraphs */
	int8_t bold, italic, hidden; /* -1: not said */
	long half_points;            /* 0: not said */
	char *font;
	long num, level; /* -1: not said; num 0: no list */
	int outline;     /* level of heading from 0, -1: not said, 9: text */
	uint8_t depth;   /* while resolving */
};

struct docx_styles {
	struct docx_style *all;
	size_t n;
	const struct docx_style *normal; /* of paragraphs that name none; NULL when there is none */
	long half_points;                /* of the document's defaults */
};

/* Reads the part and resolves what styles inherit. `part` NULL: none. */
void docx_styles_read(struct zipfile *z, const char *part, struct docx_styles *out);
const struct docx_style *docx_style(const struct docx_styles *s, const char *id);
/* One property of a run's look (an element of <w:rPr>), applied to it; strings in mem. */
void docx_look_read(struct xml *x, TALLOC_CTX *mem, struct look *look);
void docx_look_of_style(const struct docx_style *s, struct look *look);
/* A line of the table of contents, by its style. */
bool docx_style_is_toc(const struct docx_style *s);
bool docx_style_is_title(const struct docx_style *s);

struct table_maker;
struct docx {
	TALLOC_CTX *mem;
	struct reading *r;
	struct zipfile z;
	struct docx_styles styles;
	struct numbering *numbering;
	struct doc_page *page;
	struct page_writer writer;
	uint32_t blocks_cap, tables_cap;
	struct table_maker *table; /* being read; NULL outside */
	bool aside;                /* reading a header or footer */
	bool outlined;             /* some paragraph is a heading by its style */
};

/* One node of a body, a cell, a header: what is not known is walked into. A table within a table becomes paragraphs of
 * the outer one's cell. */
void docx_step(struct docx *d, struct xml *x);
/* Reads <w:p>, on which x stands, into lines and, outside tables, a block. */
void docx_read_paragraph(struct docx *d, struct xml *x);
/* Makes a block of the lines from first_line on. */
void docx_add_block(struct docx *d, enum doc_block_kind kind, int level, uint32_t first_line);
/* What is deleted, doubled for older programs, or no content: to be skipped wherever it stands. */
bool docx_left_out(const struct xml *x);
/* A limit was passed: x is at its end. */
void docx_give_up(struct docx *d, struct xml *x, const char *limit);

#endif
