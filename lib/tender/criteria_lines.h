/* Criteria out of lines, one after another: what criteria.c and criteria_lines.c share. */
#ifndef TENDER_CRITERIA_LINES_H
#define TENDER_CRITERIA_LINES_H

#include "criteria_rows.h"

#define LINES_MAX 60

struct criteria_lines {
	struct criteria_row row[LINES_MAX];
	char marker[LINES_MAX]; /* how the row's line begins: '-', '*', '1' for any number, ' ' for none */
	size_t n;
	double sum;                  /* of the top level as far as known */
	size_t whole;                /* rows when that first made 100; 0: not yet */
	size_t pending, pending_end; /* a name still without weight */
	unsigned idle;               /* lines since the last row */
	bool header;                 /* the lead speaks of weights */
	bool table;                  /* under the head of a table that gives weights */
	bool unread;                 /* a criterion with parts and a weight that could not be read */
	bool parted;                 /* under a table's head that tells parts of criteria from criteria */
};

/* Adds a row out of the groups of a match in the body from `base` on (0: the form has no such group); it stands in
 * [from, to). A weight that is none adds nothing. */
void lines_push(struct reading *r, struct criteria_lines *out, const struct match *m, unsigned number, unsigned name,
    unsigned weight, unsigned unit, unsigned dont, size_t base, size_t from, size_t to);
/* Whether [from, to) can be no criterion's name: taxes, delays of payment, formulas. */
bool lines_bad_name(struct reading *r, size_t from, size_t to);
/* Reads the lines from `at` on, until nothing more comes. */
void lines_read(struct reading *r, size_t at, struct criteria_lines *out);
/* Adds the fact: all the rows when they make a tree, else those that made a whole first. False when neither do. */
bool lines_add(struct reading *r, struct criteria_lines *out);

/* Criteria of a list that begins in the body at `at`, after its heading that ends at `line`, and stands before `to`. */
bool criteria_in(struct reading *r, size_t at, size_t line, size_t to);
/* Whether a table judges offers: its header, or the lines just before it. */
bool criteria_table_judges(struct reading *r, const struct doc_page *p, const struct doc_table *t);

#endif
