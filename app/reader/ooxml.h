/* What the readers of office files stand on: the package (a ZIP in memory, ooxml_zip.c), its relationships and its XML
 * (ooxml_xml.c). Both are bounded: sizes are counted while inflating, as what a header says is only a claim. */
#ifndef READER_OOXML_H
#define READER_OOXML_H

#include "buf.h"
#include "reading.h"

#define LIMIT_ZIP_ENTRIES 2000
#define LIMIT_ZIP_TOTAL ((uint64_t)1 << 30) /* inflated bytes of all entries that were read */
#define LIMIT_ZIP_RATIO 200u                /* of what is larger than LIMIT_ZIP_RATIO_FROM */
#define LIMIT_ZIP_RATIO_FROM ((uint64_t)8 << 20)
#define LIMIT_XML_PART ((uint64_t)64 << 20)
#define LIMIT_XML_DEPTH 200
#define LIMIT_CELLS 1000000u

/* --- the archive */

struct zipfile {
	struct zip *zip;
	TALLOC_CTX *mem;
	uint64_t inflated; /* so far, of all entries */
	struct reading *r; /* where faults go */
};

/* Opens an archive that lies in memory; the bytes must outlive it. False after reading_fail: not a ZIP, too many
 * entries. It closes with mem. */
bool zipfile_open(TALLOC_CTX *mem, const uint8_t *bytes, size_t n, struct reading *r, struct zipfile *z) MUST_CHECK;

/* One entry being inflated. zipfile_next gives its bytes piece by piece: false at the end and at a fault. */
struct zip_entry {
	struct zipfile *z;
	struct zip_file *file;
	uint64_t size, packed; /* inflated so far; as it lies in the archive */
	uint64_t max;
	const char *fault; /* why it stopped before its end: a word for reading_fail; NULL when it did not */
	bool too_big;      /* the fault is a limit */
};
void zip_entry_open(struct zipfile *z, uint64_t index, uint64_t max, struct zip_entry *e);
bool zip_entry_next(struct zip_entry *e, void *piece, size_t room, size_t *n);
void zip_entry_close(struct zip_entry *e);

/* A whole part by its name (upper and lower case are the same). *found tells whether there is one; false after
 * reading_fail. */
bool zipfile_part(struct zipfile *z, const char *name, struct buf *out, bool *found) MUST_CHECK;

/* --- XML */

enum xml_kind { XML_OPEN, XML_CLOSE, XML_CHARS, XML_END, XML_BROKEN };

struct xml {
	void *reader;
	struct reading *r;
	enum xml_kind kind;
	int depth;        /* of the current node; the root is 0 */
	bool empty;       /* an element written <a/>: no XML_CLOSE follows */
	const char *name; /* local name of an element, "" for text */
	const char *ns;   /* its namespace, "" when none */
};

/* Opens a document in memory; the bytes must outlive it. False after reading_fail: a DOCTYPE, an encoding that is not
 * Unicode. xml_close in any case. */
bool xml_start(struct xml *x, const void *bytes, size_t n, struct reading *r) MUST_CHECK;
void xml_close(struct xml *x);
/* Goes to the next node. At the end XML_END, at a fault XML_BROKEN (after reading_fail), and stays there. */
enum xml_kind xml_next(struct xml *x);
/* The usual loop over the inside of the element that x stands on when it begins, whose depth is given: goes to the next
 * node and is false at the element's end or a fault. Must not be called for an empty element. */
bool xml_inside(struct xml *x, int depth);
/* Leaves the element that x stands on with everything in it: x then stands on its last node. */
void xml_skip(struct xml *x);
bool xml_is(const struct xml *x, const char *name); /* an element that opens, of that local name */
/* Value of the first attribute of that local name, in mem; NULL when there is none. */
char *xml_attr(const struct xml *x, TALLOC_CTX *mem, const char *name);
/* Characters of the current text node. */
const char *xml_chars(const struct xml *x);
/* A number in an attribute; `otherwise` when it is absent or none. */
long xml_attr_int(const struct xml *x, const char *name, long otherwise);
/* Whether a switch like <w:b/> or <w:b w:val="0"/> is on. */
bool xml_switch(const struct xml *x);

/* --- relationships (ooxml_package.c) */

struct relation {
	char *id, *type, *target; /* type: the last word of its URI; target: name of a part of the package */
};
struct relations {
	struct relation *all;
	size_t n;
};

/* The relationships of a part ("" for the package's own); external targets are left out. None is no fault. */
bool relations_read(struct zipfile *z, const char *part, struct relations *out) MUST_CHECK;
const char *relation_by_type(const struct relations *all, const char *type);
const char *relation_by_id(const struct relations *all, const char *id);
/* The part that an office file is about: the target of the package's relationship "officeDocument". */
const char *package_main(struct zipfile *z);
/* An OLE file that holds an encrypted office file. */
bool package_encrypted(const uint8_t *bytes, size_t n);

/* --- numbers of paragraphs (docx_numbering.c) */

struct numbering;
struct numbering *numbering_read(struct zipfile *z, TALLOC_CTX *mem, const char *part);
/* The level of list `num` that a paragraph style belongs to; 0 when the list names none. */
unsigned numbering_level_of_style(const struct numbering *n, long num, const char *style);
/* The next number of that list and level, as shown; NULL when the list is unknown or shows nothing. *bullet tells that
 * it is a sign and no number. */
char *numbering_next(struct numbering *n, TALLOC_CTX *mem, long num, unsigned level, bool *bullet);

/* --- cells of a workbook (read_xlsx.c fills them, xlsx_formula.c computes, xlsx_number.c shows) */

enum cell_kind { CELL_EMPTY, CELL_NUMBER, CELL_TEXT, CELL_BOOL, CELL_FAULT };

struct sheet_cell {
	uint32_t row, col;
	uint8_t kind;   /* enum cell_kind */
	uint8_t state;  /* of its computation */
	bool hidden;    /* its row or column is */
	uint16_t style; /* index of its format */
	int32_t shared; /* formula shared with others, -1: its own */
	double number;
	const char *text;
	const char *formula; /* NULL: none, or its value is known */
};

struct shared_formula {
	const char *text;  /* NULL: not defined */
	uint32_t row, col; /* of the cell it is written for */
};

struct sheet {
	char *name, *part;
	bool hidden;
	struct sheet_cell *cells; /* by row, then column */
	size_t n, cap;
	struct shared_formula *shared;
	size_t n_shared;
	struct sheet_span {
		uint32_t row, col, rows, cols;
	} * spans; /* merged cells */
	size_t n_spans;
};

struct workbook {
	TALLOC_CTX *mem;
	struct sheet *sheets;
	size_t n_sheets;
	bool since_1904;      /* how days are counted */
	const char **formats; /* code of each cell style; NULL: general */
	size_t n_formats;
	const char **strings;
	size_t n_strings, n_cells;
	uint64_t steps; /* of computation, bounded */
};

/* "B12" at *s to row and column from 0, moving *s behind it; '$' are passed over. False when there is no such cell. */
bool cell_reference(const char **s, uint32_t *row, uint32_t *col, bool *row_fixed, bool *col_fixed);
/* Computes what formulas have no value for: + - * / %, references, SUM and ROUND. What needs more stays empty. */
void workbook_compute(struct workbook *w);
/* A number as its format shows it, in French. */
char *number_text(TALLOC_CTX *mem, const struct workbook *w, double v, const char *format);
/* The format code of a built-in number format; NULL: general. */
const char *number_format_builtin(long id);

#endif
