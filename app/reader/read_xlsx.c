/* A workbook to the document model: one page for each visible sheet, named by it, with one table that begins at A1 and
 * holds the cells with content. What a sheet hides (rows, columns, whole sheets) is left out and told. */
#include "xlsx.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SHEETS_MAX 500u
#define SPANS_MAX 100000u
#define SHARED_MAX 100000
#define STRINGS_MAX 2000000u

static void give_up(struct xlsx *d, struct xml *x, enum reader_status status, const char *reason)
{
	reading_fail(d->r, status, reason);
	x->kind = XML_BROKEN;
}

/* Runs `step` on each element that opens in a part. True also when there is no such part. */
static bool each_element(struct xlsx *d, const char *part, void (*step)(struct xlsx *, struct xml *, void *), void *arg)
{
	struct buf b;
	struct xml x;
	bool found;
	if (!part)
		return true;
	if (!zipfile_part(&d->z, part, &b, &found))
		return false;
	if (found && xml_start(&x, b.data, b.len, d->r)) {
		while (xml_next(&x) < XML_END)
			if (x.kind == XML_OPEN)
				step(d, &x, arg);
	}
	if (found)
		xml_close(&x);
	talloc_free(b.data);
	return d->r->status == READER_OK;
}

/* --- strings and styles */

/* The text of <si> or <is>: its runs joined, without the readings that stand above East Asian text. */
static char *read_string(struct xlsx *d, struct xml *x)
{
	struct buf b;
	int depth = x->depth;
	if (x->empty)
		return mem_strdup(d->mem, "");
	buf_init(&b, d->mem, 4 * CELL_TEXT_MAX);
	while (xml_inside(x, depth)) {
		if (xml_is(x, "rPh") || xml_is(x, "rPr")) {
			xml_skip(x);
		} else if (xml_is(x, "t") && !x->empty) {
			int inner = x->depth;
			while (xml_inside(x, inner))
				buf_str(&b, xml_chars(x));
		}
	}
	if (b.full)
		d->r->doc->warnings |= DOC_WARN_TRUNCATED;
	return b.data;
}

static void step_strings(struct xlsx *d, struct xml *x, void *arg)
{
	struct workbook *w = &d->w;
	(void)arg;
	if (!xml_is(x, "si"))
		return;
	if (w->n_strings >= STRINGS_MAX) {
		give_up(d, x, READER_TOO_BIG, "text");
		return;
	}
	if (w->n_strings == d->strings_cap) {
		d->strings_cap = d->strings_cap ? d->strings_cap * 2 : 256;
		w->strings = mem_grow(d->mem, w->strings, const char *, d->strings_cap);
	}
	w->strings[w->n_strings++] = read_string(d, x);
}

static const char *format_code(const struct xlsx *d, long id)
{
	for (size_t i = 0; i < d->n_codes; i++)
		if (d->code_ids[i] == id)
			return d->codes[i];
	return number_format_builtin(id);
}

static void step_styles(struct xlsx *d, struct xml *x, void *arg)
{
	bool *cells = arg;
	if (xml_is(x, "numFmt") && d->n_codes < UINT16_MAX) {
		d->codes = mem_grow(d->mem, d->codes, const char *, d->n_codes + 1);
		d->code_ids = mem_grow(d->mem, d->code_ids, long, d->n_codes + 1);
		d->codes[d->n_codes] = xml_attr(x, d->mem, "formatCode");
		d->code_ids[d->n_codes++] = xml_attr_int(x, "numFmtId", 0);
	} else if (xml_is(x, "cellXfs")) {
		*cells = true;
	} else if (xml_is(x, "cellStyles") || xml_is(x, "dxfs")) {
		*cells = false;
	} else if (*cells && xml_is(x, "xf") && d->w.n_formats < UINT16_MAX) {
		d->w.formats = mem_grow(d->mem, d->w.formats, const char *, d->w.n_formats + 1);
		d->w.formats[d->w.n_formats++] = format_code(d, xml_attr_int(x, "numFmtId", 0));
	}
}

/* --- the list of sheets */

static void step_workbook(struct xlsx *d, struct xml *x, void *arg)
{
	struct workbook *w = &d->w;
	(void)arg;
	if (xml_is(x, "workbookPr")) {
		char *s = xml_attr(x, d->mem, "date1904");
		w->since_1904 = s && (strcmp(s, "1") == 0 || strcmp(s, "true") == 0);
	} else if (xml_is(x, "sheet")) {
		char *state = xml_attr(x, d->mem, "state"), *name = xml_attr(x, d->mem, "name");
		const char *part = relation_by_id(&d->rels, xml_attr(x, d->mem, "id"));
		if (w->n_sheets >= SHEETS_MAX) {
			give_up(d, x, READER_TOO_BIG, "sheet_count");
			return;
		}
		w->sheets = mem_grow(d->mem, w->sheets, struct sheet, w->n_sheets + 1);
		w->sheets[w->n_sheets++] = (struct sheet){ .name = name ? name : mem_strdup(d->mem, ""),
			.part = mem_strdup(d->mem, part),
			.hidden = state && strcmp(state, "visible") != 0 };
	}
}

/* --- one sheet */

struct sheet_reading {
	struct sheet *sheet;
	uint32_t row, next_col; /* of the cell that comes */
	uint32_t next_row;
	bool row_hidden, sorted, values;
	bool *cols_hidden; /* SHEET_COLS of them */
};

static void read_formula(struct xlsx *d, struct xml *x, struct sheet *sh, struct sheet_cell *c)
{
	int depth = x->depth;
	struct buf b;
	char *type = xml_attr(x, d->mem, "t");
	long si = type && strcmp(type, "shared") == 0 ? xml_attr_int(x, "si", -1) : -1;
	buf_init(&b, d->mem, CELL_TEXT_MAX);
	if (!x->empty)
		while (xml_inside(x, depth))
			buf_str(&b, xml_chars(x));
	c->formula = b.full ? "" : b.data;
	if (si >= 0 && si < SHARED_MAX) {
		c->shared = (int32_t)si;
		if ((size_t)si >= sh->n_shared) {
			sh->shared = mem_grow(d->mem, sh->shared, struct shared_formula, (size_t)si + 1);
			memset(sh->shared + sh->n_shared, 0, ((size_t)si + 1 - sh->n_shared) * sizeof(*sh->shared));
			sh->n_shared = (size_t)si + 1;
		}
		if (b.len && !sh->shared[si].text)
			sh->shared[si] = (struct shared_formula){ c->formula, c->row, c->col };
	}
}

static void set_value(struct xlsx *d, struct sheet_cell *c, const char *type, const char *v)
{
	char *end;
	if (!v[0] && strcmp(type, "str") != 0)
		return;
	if (strcmp(type, "s") == 0) {
		unsigned long i = strtoul(v, &end, 10);
		c->kind = CELL_TEXT;
		c->text = *end == 0 && i < d->w.n_strings ? d->w.strings[i] : "";
	} else if (strcmp(type, "str") == 0 || strcmp(type, "d") == 0) {
		c->kind = CELL_TEXT;
		c->text = v;
	} else if (strcmp(type, "e") == 0) {
		c->kind = CELL_FAULT;
		c->text = v;
	} else {
		c->number = strtod(v, &end);
		if (*end || !isfinite(c->number))
			return;
		c->kind = strcmp(type, "b") == 0 ? CELL_BOOL : CELL_NUMBER;
	}
}

/* What <c> holds. */
static void read_cell_content(struct xlsx *d, struct xml *x, struct sheet *sh, struct sheet_cell *c)
{
	int depth = x->depth;
	char *type = xml_attr(x, d->mem, "t");
	bool rich = type && strcmp(type, "inlineStr") == 0;
	if (!x->empty) {
		while (xml_inside(x, depth)) {
			if (xml_is(x, "f")) {
				read_formula(d, x, sh, c);
			} else if (rich && xml_is(x, "is")) {
				c->kind = CELL_TEXT;
				c->text = read_string(d, x);
			} else if (xml_is(x, "v") && !x->empty) {
				struct buf b;
				int inner = x->depth;
				buf_init(&b, d->mem, 4 * CELL_TEXT_MAX);
				while (xml_inside(x, inner))
					buf_str(&b, xml_chars(x));
				set_value(d, c, type ? type : "n", b.data);
				if (c->text != b.data)
					talloc_free(b.data);
			} else {
				xml_skip(x);
			}
		}
	}
	talloc_free(type);
}

static void read_cell(struct xlsx *d, struct xml *x, struct sheet_reading *s)
{
	struct sheet *sh = s->sheet;
	struct sheet_cell c = { .row = s->row, .col = s->next_col, .shared = -1 };
	char *place = xml_attr(x, d->mem, "r");
	bool row_fixed, col_fixed;
	const char *p = place;
	long style = xml_attr_int(x, "s", 0);
	if ((place && (!cell_reference(&p, &c.row, &c.col, &row_fixed, &col_fixed) || *p || c.row != s->row)) ||
	    c.col >= SHEET_COLS) {
		give_up(d, x, READER_UNREADABLE, "cell");
		return;
	}
	talloc_free(place);
	s->next_col = c.col + 1;
	c.style = (uint16_t)(style >= 0 && (size_t)style < d->w.n_formats ? style : UINT16_MAX);
	read_cell_content(d, x, sh, &c);
	if (x->kind == XML_BROKEN || (c.kind == CELL_EMPTY && !c.formula))
		return;
	if (++d->w.n_cells > LIMIT_CELLS) {
		give_up(d, x, READER_TOO_BIG, "cells");
		return;
	}
	if (sh->n == sh->cap) {
		sh->cap = sh->cap ? sh->cap * 2 : 256;
		sh->cells = mem_grow(d->mem, sh->cells, struct sheet_cell, sh->cap);
	}
	if (sh->n && (sh->cells[sh->n - 1].row > c.row ||
			 (sh->cells[sh->n - 1].row == c.row && sh->cells[sh->n - 1].col >= c.col)))
		s->sorted = false;
	c.hidden = s->row_hidden || s->cols_hidden[c.col];
	sh->cells[sh->n++] = c;
}

static void read_span(struct xlsx *d, struct xml *x, struct sheet *sh)
{
	char *ref = xml_attr(x, d->mem, "ref");
	const char *p = ref ? ref : "";
	uint32_t r0, c0, r1, c1;
	bool a, b;
	if (cell_reference(&p, &r0, &c0, &a, &b) && *p++ == ':' && cell_reference(&p, &r1, &c1, &a, &b) && !*p &&
	    r0 <= r1 && c0 <= c1 && sh->n_spans < SPANS_MAX) {
		if ((sh->n_spans & (sh->n_spans + 1)) == 0) /* doubles at each 2^n - 1 */
			sh->spans = mem_grow(d->mem, sh->spans, struct sheet_span, sh->n_spans * 2 + 2);
		sh->spans[sh->n_spans++] = (struct sheet_span){ r0, c0, r1 - r0 + 1, c1 - c0 + 1 };
	}
	talloc_free(ref);
}

static void step_sheet(struct xlsx *d, struct xml *x, void *arg)
{
	struct sheet_reading *s = arg;
	if (xml_is(x, "c")) {
		read_cell(d, x, s);
	} else if (xml_is(x, "row")) {
		long row = xml_attr_int(x, "r", (long)s->next_row + 1);
		if (row < 1 || row > (long)SHEET_ROWS) {
			give_up(d, x, READER_UNREADABLE, "cell");
			return;
		}
		s->row = (uint32_t)row - 1;
		s->next_row = s->row + 1;
		s->next_col = 0;
		s->row_hidden = xml_attr_int(x, "hidden", 0) == 1;
	} else if (xml_is(x, "col") && xml_attr_int(x, "hidden", 0) == 1) {
		long from = xml_attr_int(x, "min", 0), to = xml_attr_int(x, "max", 0);
		for (long c = from; c >= 1 && c <= to && c <= (long)SHEET_COLS; c++)
			s->cols_hidden[c - 1] = true;
	} else if (xml_is(x, "mergeCell")) {
		read_span(d, x, s->sheet);
	} else if (xml_is(x, "worksheet") || xml_is(x, "chartsheet")) {
		s->values = true;
	}
}

static int by_place(const void *a, const void *b)
{
	const struct sheet_cell *x = a, *y = b;
	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	return x->col < y->col ? -1 : x->col > y->col;
}

/* False when there is no such sheet, or after reading_fail. */
static bool read_sheet(struct xlsx *d, struct sheet *sh)
{
	struct sheet_reading s = { .sheet = sh, .sorted = true };
	s.cols_hidden = mem_array(d->mem, bool, SHEET_COLS);
	if (!sh->part || !each_element(d, sh->part, step_sheet, &s))
		return false;
	talloc_free(s.cols_hidden);
	if (!s.sorted) {
		qsort(sh->cells, sh->n, sizeof(*sh->cells), by_place);
		size_t n = 0;
		for (size_t i = 0; i < sh->n; i++)
			if (n == 0 || by_place(&sh->cells[n - 1], &sh->cells[i]) != 0)
				sh->cells[n++] = sh->cells[i];
		sh->n = n;
	}
	if (sh->n_spans)
		qsort(sh->spans, sh->n_spans, sizeof(*sh->spans), xlsx_span_by_place);
	return s.values;
}

void read_xlsx(TALLOC_CTX *mem, const uint8_t *bytes, size_t n, struct reading *r)
{
	struct xlsx *d = mem_zero(mem, struct xlsx);
	bool cells = false;
	d->mem = d->w.mem = mem;
	d->r = r;
	r->status = READER_OK;
	if (package_encrypted(bytes, n)) {
		reading_fail(r, READER_ENCRYPTED, "encrypted");
		return;
	}
	if (!zipfile_open(mem, bytes, n, r, &d->z))
		return;
	const char *main = package_main(&d->z);
	if (!main || !relations_read(&d->z, main, &d->rels))
		return;
	r->doc = mem_zero(mem, struct document);
	r->doc->format = DOC_FORMAT_XLSX;
	r->doc->tagged = true;
	if (!each_element(d, main, step_workbook, NULL) ||
	    !each_element(d, relation_by_type(&d->rels, "styles"), step_styles, &cells) ||
	    !each_element(d, relation_by_type(&d->rels, "sharedStrings"), step_strings, NULL))
		return;
	size_t read = 0;
	for (size_t i = 0; i < d->w.n_sheets; i++) {
		read += read_sheet(d, &d->w.sheets[i]);
		if (r->status != READER_OK)
			return;
	}
	if (read == 0) {
		reading_fail(r, READER_UNREADABLE, "sheets");
		return;
	}
	workbook_compute(&d->w);
	if (!xlsx_write_pages(d))
		r->doc = NULL;
}
