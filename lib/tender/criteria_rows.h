/* Rows of a criteria list as found in a table or in lines, before they become a tree. */
#ifndef TENDER_CRITERIA_ROWS_H
#define TENDER_CRITERIA_ROWS_H

#include "tender_rules.h"

enum row_level { LEVEL_UNKNOWN, LEVEL_TOP, LEVEL_SUB };

struct criteria_row {
	char *name; /* original words, not yet tidied */
	bool weighted;
	double weight; /* as printed */
	bool points;   /* not percent */
	bool dont;     /* "60 % dont": its parts follow */
	enum row_level level;
	unsigned chapter; /* "5.2": 5; 0 without such a number */
	uint32_t page;    /* from 0; where it stands: bytes [a, b) of the page's text */
	uint32_t a, b;
	uint32_t weight_a, weight_b;        /* the weight alone, when it stands apart from the name; 0, 0: unknown */
	uint32_t more_page, more_a, more_b; /* the rest of the row over the page break; 0, 0: none */
};

/* Makes the tree, converts points to percent of 100, and adds the fact `criteria`, with one proof per row, when the
 * weights of the top level make a whole: 100, or with `any_total` points over another round total. False when they
 * don't. The rows are changed. */
bool criteria_from_rows(struct reading *r, struct criteria_row *rows, size_t n, bool any_total, double confidence);

/* How a line of `n` bytes begins: '-', '*' or 'o' for a bullet, '1' for any number, 'a' for a letter, ' ' for none. */
char criteria_marker(const char *s, size_t n);
/* Names without weights: side by side in cells of a notice; in a list that a sentence announces (true when found). */
void criteria_names_in_cells(struct reading *r);
bool criteria_names_in_list(struct reading *r);
/* Marks `criteria` as to be confirmed where lots have lists of their own. */
void criteria_doubt_by_lot(struct reading *r);
/* Gives criteria that were found the formulas that the document writes for their marks. */
void criteria_formulas(struct reading *r);

#endif
