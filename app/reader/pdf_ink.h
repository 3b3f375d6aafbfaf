/* What a PDF page draws, collected (pdf_ink.c), and a PDF's structure tree (pdf_tags.c). */
#ifndef READER_PDF_INK_H
#define READER_PDF_INK_H

#include "layout.h"

#include <mupdf/fitz.h>
#include <mupdf/pdf.h>

/* Where the collecting device and processor write; hung on the context so that both find it. */
struct collector {
	TALLOC_CTX *mem;
	struct ink *ink;
	uint32_t glyphs_cap, rules_cap;
	bool full;             /* a limit was reached: the page is given up */
	const fz_text *filled; /* last text that was filled: its outline is not a second text */
	/* Marked content, innermost last. */
	struct mark {
		int32_t mcid;
		bool aside;
	} marks[64];
	unsigned depth; /* may exceed the array: deeper marks change nothing */
	bool field;     /* drawing form fields */
	fz_cookie *cookie;
	/* The operators of the processor that ours stand before. */
	void (*bmc)(fz_context *, pdf_processor *, const char *);
	void (*bdc)(fz_context *, pdf_processor *, const char *, pdf_obj *, pdf_obj *);
	void (*emc)(fz_context *, pdf_processor *);
};

/* Draws the page into c->ink. Throws MuPDF's exceptions. */
void pdf_ink_collect(fz_context *ctx, struct collector *c, pdf_document *doc, pdf_page *page);

/* The structure tree; NULL when there is none worth using. Throws only when memory is short. */
struct tags *pdf_tags_read(fz_context *ctx, TALLOC_CTX *mem, pdf_document *doc, uint32_t n_pages);

#endif
