/* Values of formulas that were saved without them (a file made by a script): the four operations, percent, references
 * to cells of any sheet, SUM and ROUND. What needs more has no value; a wrong one would be worse. */
#include "ooxml.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEPTH_MAX 2000 /* of cells that wait for each other, and of brackets in them: bounds the stack */
#define STEPS_MAX 20000000u
#define ROWS_MAX 1048576u
#define COLS_MAX 16384u

enum { STATE_NEW, STATE_BUSY, STATE_DONE };

struct formula {
	struct workbook *w;
	const struct sheet *sheet; /* where it stands */
	const char *s;
	int64_t rows, cols; /* how far relative references are moved (shared formulas) */
	unsigned depth;
	bool bad;
};

bool cell_reference(const char **s, uint32_t *row, uint32_t *col, bool *row_fixed, bool *col_fixed)
{
	const char *p = *s;
	uint32_t r = 0, c = 0;
	*col_fixed = *p == '$';
	p += *col_fixed;
	if (!isalpha((unsigned char)*p))
		return false;
	for (; isalpha((unsigned char)*p) && c <= COLS_MAX; p++)
		c = c * 26 + (uint32_t)(toupper((unsigned char)*p) - 'A' + 1);
	*row_fixed = *p == '$';
	p += *row_fixed;
	if (!isdigit((unsigned char)*p))
		return false;
	for (; isdigit((unsigned char)*p) && r <= ROWS_MAX; p++)
		r = r * 10 + (uint32_t)(*p - '0');
	if (r == 0 || r > ROWS_MAX || c == 0 || c > COLS_MAX || isalnum((unsigned char)*p))
		return false;
	*row = r - 1;
	*col = c - 1;
	*s = p;
	return true;
}

/* Index of the first cell at or behind (row, col). */
static size_t cell_from(const struct sheet *sh, uint32_t row, uint32_t col)
{
	size_t low = 0, high = sh->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct sheet_cell *c = &sh->cells[middle];
		if (c->row < row || (c->row == row && c->col < col))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void compute(struct workbook *w, const struct sheet *sh, struct sheet_cell *c, unsigned depth);
static double expression(struct formula *f);

static double fail(struct formula *f)
{
	f->bad = true;
	return 0;
}

static bool step(struct formula *f)
{
	if (++f->w->steps > STEPS_MAX)
		f->bad = true;
	return !f->bad;
}

static void blanks(struct formula *f)
{
	while (*f->s == ' ' || *f->s == '\n' || *f->s == '\r' || *f->s == '\t')
		f->s++;
}

static bool sign(struct formula *f, char c)
{
	blanks(f);
	if (*f->s != c)
		return false;
	f->s++;
	return true;
}

/* "Feuille!" or "'Ma feuille'!" before a reference; NULL when the name is unknown. Moves only when one stands there. */
static const struct sheet *sheet_prefix(struct formula *f)
{
	const char *p = f->s, *name, *end;
	if (*p == '\'') {
		name = ++p;
		while (*p && *p != '\'')
			p++;
		end = p;
		p += *p != 0;
	} else {
		name = p;
		while (isalnum((unsigned char)*p) || *p == '_' || *p == '.' || (unsigned char)*p >= 0x80)
			p++;
		end = p;
	}
	if (*p != '!' || end == name)
		return f->sheet;
	f->s = p + 1;
	for (size_t i = 0; i < f->w->n_sheets; i++)
		if (strlen(f->w->sheets[i].name) == (size_t)(end - name) &&
		    strncasecmp(f->w->sheets[i].name, name, (size_t)(end - name)) == 0)
			return &f->w->sheets[i];
	f->bad = true;
	return f->sheet;
}

static bool reference(struct formula *f, uint32_t *row, uint32_t *col)
{
	bool row_fixed, col_fixed;
	if (!cell_reference(&f->s, row, col, &row_fixed, &col_fixed))
		return false;
	int64_t r = (int64_t)*row + (row_fixed ? 0 : f->rows), c = (int64_t)*col + (col_fixed ? 0 : f->cols);
	if (r < 0 || r >= ROWS_MAX || c < 0 || c >= COLS_MAX)
		f->bad = true;
	*row = (uint32_t)r;
	*col = (uint32_t)c;
	return !f->bad;
}

static double cell_value(struct formula *f, const struct sheet *sh, uint32_t row, uint32_t col)
{
	size_t i = cell_from(sh, row, col);
	if (!step(f))
		return 0;
	if (i >= sh->n || sh->cells[i].row != row || sh->cells[i].col != col)
		return 0; /* empty counts as zero */
	struct sheet_cell *c = &sh->cells[i];
	compute(f->w, sh, c, f->depth + 1);
	if (c->kind == CELL_EMPTY && !c->formula)
		return 0;
	if (c->kind != CELL_NUMBER && c->kind != CELL_BOOL)
		return fail(f);
	return c->number;
}

static double sum_range(struct formula *f, const struct sheet *sh, uint32_t r0, uint32_t c0, uint32_t r1, uint32_t c1)
{
	double sum = 0;
	if (r0 > r1 || c0 > c1)
		return fail(f);
	for (size_t i = cell_from(sh, r0, c0); i < sh->n && sh->cells[i].row <= r1 && step(f); i++) {
		struct sheet_cell *c = &sh->cells[i];
		if (c->col < c0 || c->col > c1)
			continue;
		compute(f->w, sh, c, f->depth + 1);
		if (c->kind == CELL_NUMBER)
			sum += c->number;
		else if (c->kind == CELL_FAULT || (c->kind == CELL_EMPTY && c->formula))
			return fail(f); /* a part of the sum is not known */
	}
	return sum;
}

/* What stands between the brackets of SUM, up to the closing one. */
static double sum_arguments(struct formula *f)
{
	double sum = 0;
	do {
		blanks(f);
		const char *back = f->s;
		uint32_t r0, c0, r1, c1;
		const struct sheet *sh = sheet_prefix(f);
		if (!f->bad && reference(f, &r0, &c0) && sign(f, ':') && reference(f, &r1, &c1)) {
			sum += sum_range(f, sh, r0, c0, r1, c1);
			continue;
		}
		if (f->bad)
			return 0;
		f->s = back;
		sum += expression(f);
	} while (!f->bad && sign(f, ','));
	return sign(f, ')') ? sum : fail(f);
}

static double round_arguments(struct formula *f)
{
	double v = expression(f);
	if (!sign(f, ','))
		return fail(f);
	double digits = expression(f);
	if (!sign(f, ')') || !(fabs(digits) <= 15))
		return fail(f);
	double scale = pow(10, trunc(digits));
	return copysign(floor(fabs(v) * scale + 0.5), v) / scale;
}

static double operand(struct formula *f)
{
	uint32_t row, col;
	char *end;
	blanks(f);
	if (isdigit((unsigned char)*f->s) || (*f->s == '.' && isdigit((unsigned char)f->s[1]))) {
		double v = strtod(f->s, &end);
		f->s = end;
		return v;
	}
	if (sign(f, '(')) {
		double v = expression(f);
		return sign(f, ')') ? v : fail(f);
	}
	if (strncasecmp(f->s, "SUM(", 4) == 0) {
		f->s += 4;
		return sum_arguments(f);
	}
	if (strncasecmp(f->s, "ROUND(", 6) == 0) {
		f->s += 6;
		return round_arguments(f);
	}
	const struct sheet *sh = sheet_prefix(f);
	if (f->bad || !reference(f, &row, &col))
		return fail(f);
	return cell_value(f, sh, row, col);
}

static double factor(struct formula *f)
{
	bool minus = false;
	for (blanks(f); *f->s == '-' || *f->s == '+'; f->s++, blanks(f))
		minus ^= *f->s == '-';
	double v = operand(f);
	while (!f->bad && sign(f, '%'))
		v /= 100;
	return minus ? -v : v;
}

static double term(struct formula *f)
{
	double v = factor(f);
	while (!f->bad) {
		if (sign(f, '*')) {
			v *= factor(f);
		} else if (sign(f, '/')) {
			double by = factor(f);
			v = by == 0 ? fail(f) : v / by;
		} else {
			break;
		}
	}
	return v;
}

static double expression(struct formula *f)
{
	if (++f->depth > DEPTH_MAX)
		return fail(f);
	double v = term(f);
	while (!f->bad) {
		if (sign(f, '+'))
			v += term(f);
		else if (sign(f, '-'))
			v -= term(f);
		else
			break;
	}
	f->depth--;
	return v;
}

static void compute(struct workbook *w, const struct sheet *sh, struct sheet_cell *c, unsigned depth)
{
	if (!c->formula || c->kind != CELL_EMPTY || c->state != STATE_NEW)
		return; /* known; or waiting for itself, which gives no value */
	if (depth > DEPTH_MAX)
		return;
	struct formula f = { .w = w, .sheet = sh, .s = c->formula, .depth = depth };
	if (c->shared >= 0 && (size_t)c->shared < sh->n_shared && sh->shared[c->shared].text) {
		f.s = sh->shared[c->shared].text;
		f.rows = (int64_t)c->row - sh->shared[c->shared].row;
		f.cols = (int64_t)c->col - sh->shared[c->shared].col;
	}
	c->state = STATE_BUSY;
	double v = expression(&f);
	blanks(&f);
	c->state = STATE_DONE;
	if (f.bad || *f.s || !isfinite(v))
		return;
	c->kind = CELL_NUMBER;
	c->number = v;
}

void workbook_compute(struct workbook *w)
{
	for (size_t i = 0; i < w->n_sheets; i++)
		for (size_t k = 0; k < w->sheets[i].n; k++)
			compute(w, &w->sheets[i], &w->sheets[i].cells[k], 0);
}
