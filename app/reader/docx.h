/* Inside of the DOCX reader: styles, and how a run of text looks. */
#ifndef READER_DOCX_H
#define READER_DOCX_H

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

#endif
