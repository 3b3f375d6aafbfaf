/* A table of criteria as a grid: merged cells stand in all their places, a table that goes on is one. */
#ifndef TENDER_CRITERIA_GRID_H
#define TENDER_CRITERIA_GRID_H

#include "criteria_rows.h"

#define GRID_ROWS 80
#define GRID_COLS 10

struct grid_cell {
	const char *text, *folded; /* "" when empty */
	uint32_t page, a, b;       /* bytes [a, b) of its page's text */
	unsigned id;               /* the same for all places of a merged cell; 0 outside the table */
};
struct grid {
	struct grid_cell cell[GRID_ROWS][GRID_COLS];
	unsigned rows, cols, cells;
	bool merged; /* a name over several rows */
};
struct grid_rows {
	struct criteria_row row[GRID_ROWS];
	size_t n;
};

/* The grid that begins with table `table` of page `page` (from 0); false when it has no two rows and columns. */
bool grid_make(struct reading *r, uint32_t page, uint32_t table, struct grid *g);
/* Criteria of a grid that tells parts by its columns, merged cells or inside a cell; false for a plain table. */
bool grid_read(struct reading *r, struct grid *g, struct grid_rows *out);
/* The cell as a weight, 0 < weight <= 100; `points`: it is not percent. */
bool grid_weight(struct reading *r, const struct grid_cell *c, double *weight, bool *points);

#endif
