/* Inside of the XLSX reader: sheets are read (read_xlsx.c), computed (xlsx_formula.c) and written as pages
 * (xlsx_page.c). */
#ifndef READER_XLSX_H
#define READER_XLSX_H

#include "layout.h"
#include "ooxml.h"

#define SHEET_ROWS 1048576u
#define SHEET_COLS 16384u
#define CELL_TEXT_MAX 32768u

struct xlsx {
	TALLOC_CTX *mem;
	struct reading *r;
	struct zipfile z;
	struct workbook w;
	struct relations rels;
	size_t strings_cap;
	const char **codes; /* of numFmts: id and code in turn */
	long *code_ids;
	size_t n_codes;
	uint64_t text; /* bytes written into pages */
};

/* Pages of all visible sheets, into the document; false after reading_fail. */
bool xlsx_write_pages(struct xlsx *d) MUST_CHECK;
/* Order of merged cells, for qsort and bsearch. */
int xlsx_span_by_place(const void *a, const void *b);

#endif
