/* PDFs made by hand for tests: objects are given in order (the first is number 1), the cross-reference table and the
 * trailer come by themselves. */
#ifndef READER_TEST_PDF_H
#define READER_TEST_PDF_H

#include "buf.h"

#define TEST_PDF_OBJECTS 64

struct test_pdf {
	struct buf out;
	size_t offsets[TEST_PDF_OBJECTS];
	unsigned n;
	const char *trailer; /* further entries, or NULL */
};

void test_pdf_init(struct test_pdf *p, TALLOC_CTX *mem);
/* Adds an object from its text; returns its number. */
unsigned test_pdf_object(struct test_pdf *p, const char *body);
unsigned test_pdf_stream(struct test_pdf *p, const char *dict, const char *data, size_t n);
/* Table and trailer; the catalogue is object 1. */
void test_pdf_end(struct test_pdf *p);

/* A whole document of pages of A4 in Helvetica (/F1) and Helvetica-Bold (/F2): one content stream per page. */
void test_pdf_pages(struct test_pdf *p, TALLOC_CTX *mem, const char *const *contents, unsigned n);

#endif
