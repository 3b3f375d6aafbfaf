/* What the files of the layout share: a page in the making. */
#ifndef READER_LAYOUT_PRIVATE_H
#define READER_LAYOUT_PRIVATE_H

#include "layout.h"

struct maker {
	TALLOC_CTX *mem; /* of the result */
	TALLOC_CTX *tmp; /* of this page's work */
	const struct ink *ink;
	const struct tags *tags; /* NULL: no usable structure on this page */
	uint32_t page_index;
	struct layout_page *out;
	struct page_writer writer;
	uint32_t info_cap;
	uint32_t unit; /* current one */
};

/* What a glyph belongs to, on a page with structure. */
struct owner {
	int32_t block;       /* element that makes its block, -1 none */
	int32_t table, cell; /* elements, -1 none */
	bool artifact;
};

/* Writes one line; false when it has no word. */
bool emit_line(struct maker *m, const struct ink_line *line, int32_t node, int32_t table, bool artifact);
/* Lines of the glyphs, in order; returns how many were written. */
uint32_t emit_glyphs(struct maker *m, const uint32_t *glyphs, uint32_t n, int32_t node, int32_t table);
struct doc_table *add_table(struct maker *m, int32_t node); /* zeroed; valid until the next one is added */
struct doc_box box_union(const struct doc_box *a, const struct doc_box *b);

/* layout_tagged.c: body of a page by its structure. `owners` has one entry per glyph. */
void body_tagged(struct maker *m, const struct owner *owners, const struct doc_table *grids, uint32_t n_grids);
/* Finds the owners; false when too little of the page is marked for its structure to be believed. */
bool owners_find(struct maker *m, struct owner *owners);
/* layout_plain.c: body of a page by its look. */
void body_plain(struct maker *m, const uint32_t *glyphs, uint32_t n, struct doc_table *grids, uint32_t n_grids);

/* layout_columns.c: parts tables of one drawn column where white space parts their text. */
void columns_infer(struct maker *m, const uint32_t *glyphs, uint32_t n, struct doc_table *grids, uint32_t n_grids);

#endif
