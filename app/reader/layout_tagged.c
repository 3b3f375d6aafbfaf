/* The body of a page by its structure tags: paragraphs and tables are the writer's own, their order is that of drawing.
 */
#include "layout_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COLS_MAX 256
#define ROWS_MAX 4000

static const struct tag_leaf *leaf_find(const struct tags *tags, uint32_t page, int32_t mcid)
{
	uint32_t low = 0, high = tags->n_leaves;
	if (mcid < 0)
		return NULL;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct tag_leaf *l = &tags->leaves[middle];
		if (l->page < page || (l->page == page && l->mcid < (uint32_t)mcid))
			low = middle + 1;
		else
			high = middle;
	}
	if (low < tags->n_leaves && tags->leaves[low].page == page && tags->leaves[low].mcid == (uint32_t)mcid)
		return &tags->leaves[low];
	return NULL;
}

/* Whether a table has at least two cells: one of a single cell is a frame. */
static bool is_table(const struct tags *tags, int32_t node)
{
	uint32_t cells = 0;
	for (int32_t i = node + 1; i < tags->nodes[node].end && cells < 2; i++)
		cells += tags->nodes[i].role == TAG_CELL;
	return cells >= 2;
}

/* Walks up from a leaf: its block is the innermost element that is one, its table the outermost real one. */
static void owner_of(const struct tags *tags, const struct tag_leaf *leaf, struct owner *o)
{
	*o = (struct owner){ .block = -1, .table = -1, .cell = -1 };
	int32_t cell = -1;
	bool open = true; /* a paragraph or heading may still turn out to be the text of a list item */
	for (int32_t i = leaf->node; i >= 0; i = tags->nodes[i].parent) {
		switch ((enum tag_role)tags->nodes[i].role) {
		case TAG_ARTIFACT:
			o->artifact = true;
			break;
		case TAG_PARAGRAPH:
		case TAG_HEADING:
			if (o->block < 0)
				o->block = i;
			else
				open = false;
			break;
		case TAG_LIST_ITEM:
		case TAG_TOC_ITEM:
			if (open)
				o->block = i;
			open = false;
			break;
		case TAG_CELL:
			open = false;
			cell = i;
			break;
		case TAG_TABLE:
			open = false;
			if (cell >= 0 && is_table(tags, i)) {
				o->table = i;
				o->cell = cell;
			}
			break;
		default:
			break;
		}
	}
	if (o->block < 0)
		o->block = o->cell >= 0 ? o->cell : leaf->node;
}

bool owners_find(struct maker *m, struct owner *owners)
{
	uint32_t marked = 0, all = 0;
	int32_t last = -2;
	struct owner o = { 0 };
	bool known = false;
	for (uint32_t i = 0; i < m->ink->n_glyphs; i++) {
		const struct glyph *g = &m->ink->glyphs[i];
		if (g->mcid != last) {
			const struct tag_leaf *leaf = leaf_find(m->tags, m->page_index, g->mcid);
			known = leaf;
			if (leaf)
				owner_of(m->tags, leaf, &o);
			last = g->mcid;
		}
		if (known) {
			owners[i] = o;
		} else {
			owners[i] = (struct owner){ .block = -1, .table = -1, .cell = -1, .artifact = !g->field };
		}
		if (g->c != ' ' && !g->aside && !g->field) {
			all++;
			marked += known;
		}
	}
	return all == 0 || marked * 2 > all;
}

struct piece {                /* a glyph on its way into a block */
	uint32_t group;       /* first glyph of the table or block it goes to */
	uint32_t block_order; /* first glyph of its block */
	int32_t block;
	uint32_t glyph;
};

static int by_reading(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;
	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->block_order != y->block_order)
		return x->block_order < y->block_order ? -1 : 1;
	return x->glyph < y->glyph ? -1 : x->glyph > y->glyph;
}

struct slot { /* a cell of the whole table */
	int32_t node;
	uint32_t row, col, row_span, col_span;
	bool here; /* has text on this page */
};

/* Places of all cells of a table; returns their number. */
static uint32_t slots_make(struct maker *m, int32_t table, struct slot **out)
{
	const struct tags *tags = m->tags;
	struct slot *slots = NULL;
	uint32_t n = 0, cap = 0, row = 0, next = 0; /* a row's cells go to the right */
	uint32_t busy[COLS_MAX] = { 0 };            /* row below the last one that a column is taken in */
	bool any = false;
	for (int32_t i = table + 1; i < tags->nodes[table].end;) {
		const struct tag_node *node = &tags->nodes[i];
		if (node->role == TAG_ROW) {
			row += any;
			any = true;
			next = 0;
			i++;
			continue;
		}
		if (node->role == TAG_TABLE) {
			i = node->end;
			continue;
		}
		if (node->role != TAG_CELL) {
			i++;
			continue;
		}
		uint32_t span = node->col_span < 1 ? 1 : node->col_span,
			 height = node->row_span < 1 ? 1 : node->row_span;
		if (span > COLS_MAX)
			span = COLS_MAX;
		uint32_t col = next;
		for (bool fits = false; !fits && col + span <= COLS_MAX;) {
			fits = true;
			for (uint32_t k = 0; k < span && fits; k++)
				fits = busy[col + k] <= row;
			col += !fits;
		}
		if (col + span > COLS_MAX || row >= ROWS_MAX)
			break;
		for (uint32_t k = 0; k < span; k++)
			busy[col + k] = row + height;
		next = col + span;
		if (n == cap) {
			cap = cap ? cap * 2 : 32;
			slots = mem_grow(m->tmp, slots, struct slot, cap);
		}
		slots[n++] = (struct slot){ i, row, col, height, span, false };
		i = node->end;
	}
	*out = slots;
	return n;
}

static void cell_emit(struct maker *m, const struct piece *pieces, uint32_t n, const struct owner *owners,
    int32_t cell_node, int32_t table, struct doc_cell *cell)
{
	uint32_t *glyphs = mem_array(m->tmp, uint32_t, n + 1);
	for (uint32_t i = 0; i < n;) {
		uint32_t end = i, n_glyphs = 0;
		while (end < n && pieces[end].block_order == pieces[i].block_order) {
			if (owners[pieces[end].glyph].cell == cell_node)
				glyphs[n_glyphs++] = pieces[end].glyph;
			end++;
		}
		if (n_glyphs)
			emit_glyphs(m, glyphs, n_glyphs, pieces[i].block, table);
		i = end;
	}
	cell->n_lines = m->out->page.n_lines - cell->first_line;
	for (uint32_t i = 0; i < cell->n_lines; i++) {
		const struct doc_box *b = &m->out->page.lines[cell->first_line + i].box;
		cell->box = i ? box_union(&cell->box, b) : *b;
	}
	talloc_free(glyphs);
}

/* Cells get the boxes that their borders draw: by the same place when a drawn table has the same shape, else by where
 * their text stands. */
static void boxes_from_grid(struct doc_table *t, const struct doc_table *grids, uint32_t n_grids)
{
	for (uint32_t g = 0; g < n_grids; g++) {
		const struct doc_table *grid = &grids[g];
		float x = (t->box.x0 + t->box.x1) / 2, y = (t->box.y0 + t->box.y1) / 2;
		if (x < grid->box.x0 || x > grid->box.x1 || y < grid->box.y0 || y > grid->box.y1)
			continue;
		bool same = grid->rows == t->rows && grid->cols == t->cols;
		for (uint32_t i = 0; i < t->n_cells; i++) {
			struct doc_cell *c = &t->cells[i];
			const struct doc_cell *drawn = same ? doc_cell_at(grid, c->row, c->col) : NULL;
			float cx = (c->box.x0 + c->box.x1) / 2, cy = (c->box.y0 + c->box.y1) / 2;
			for (uint32_t k = 0; !drawn && c->n_lines && k < grid->n_cells; k++) {
				const struct doc_box *b = &grid->cells[k].box;
				if (cx >= b->x0 && cx <= b->x1 && cy >= b->y0 && cy <= b->y1)
					drawn = &grid->cells[k];
			}
			if (drawn)
				c->box = drawn->box;
		}
		t->box = box_union(&t->box, &grid->box);
		return;
	}
}

/* Some writers tag a row that a page break cut with its cells shifted: the text then stands under another column than
 * its tag says. What is seen on the page wins where the seen place is free. */
static void cells_by_place(struct doc_table *t, const struct doc_table *grids, uint32_t n_grids)
{
	for (uint32_t g = 0; g < n_grids; g++) {
		const struct doc_table *grid = &grids[g];
		if (grid->cols != t->cols)
			continue;
		for (uint32_t i = 0; i < t->n_cells; i++) {
			struct doc_cell *c = &t->cells[i], *to = NULL;
			float x = (c->box.x0 + c->box.x1) / 2, y = (c->box.y0 + c->box.y1) / 2;
			if (!c->n_lines || c->col_span != 1)
				continue;
			uint32_t col = t->cols;
			for (uint32_t k = 0; k < grid->n_cells; k++) {
				const struct doc_box *b = &grid->cells[k].box;
				if (grid->cells[k].col_span == 1 && x >= b->x0 && x <= b->x1 && y >= b->y0 &&
				    y <= b->y1)
					col = grid->cells[k].col;
			}
			if (col == t->cols || col == c->col)
				continue;
			/* Only over free cells of the same row, so that the order of lines stays. */
			int step = col < c->col ? -1 : 1;
			for (int64_t k = (int64_t)i + step; k >= 0 && k < t->n_cells; k += step) {
				if (t->cells[k].row != c->row || t->cells[k].n_lines)
					break;
				if (t->cells[k].col == col && t->cells[k].col_span == 1 && t->cells[k].row_span == 1)
					to = &t->cells[k];
			}
			if (!to)
				continue;
			to->n_lines = c->n_lines;
			to->box = c->box;
			c->n_lines = 0;
			uint32_t line = t->cells[0].first_line;
			for (uint32_t k = 0; k < t->n_cells; k++) {
				t->cells[k].first_line = line;
				line += t->cells[k].n_lines;
			}
		}
	}
}

static void table_emit(struct maker *m, const struct piece *pieces, uint32_t n, const struct owner *owners,
    int32_t node, const struct doc_table *grids, uint32_t n_grids)
{
	struct slot *slots;
	uint32_t n_slots = slots_make(m, node, &slots), first = UINT32_MAX, last = 0, cols = 0;
	bool *filled = mem_array(m->tmp, bool, (size_t)(m->tags->nodes[node].end - node));
	for (uint32_t k = 0; k < n; k++)
		if (m->ink->glyphs[pieces[k].glyph].c != ' ')
			filled[owners[pieces[k].glyph].cell - node] = true;
	for (uint32_t i = 0; i < n_slots; i++) {
		slots[i].here = filled[slots[i].node - node];
		cols = slots[i].col + slots[i].col_span > cols ? slots[i].col + slots[i].col_span : cols;
		if (!slots[i].here)
			continue;
		first = slots[i].row < first ? slots[i].row : first;
		last = slots[i].row > last ? slots[i].row : last;
	}
	if (first == UINT32_MAX)
		return;
	m->unit++;
	int32_t index = (int32_t)m->out->page.n_tables;
	struct doc_table *t = add_table(m, node);
	t->rows = (uint16_t)(last - first + 1);
	t->cols = (uint16_t)cols;
	t->cells = mem_array(m->mem, struct doc_cell, n_slots);
	/* Slots stand in rows and, within one, by column: row-major already. */
	for (uint32_t i = 0; i < n_slots; i++) {
		const struct slot *s = &slots[i];
		if (s->row < first || s->row > last)
			continue;
		struct doc_cell *c = &t->cells[t->n_cells++];
		uint32_t height = s->row + s->row_span > last + 1 ? last + 1 - s->row : s->row_span;
		*c = (struct doc_cell){ .row = (uint16_t)(s->row - first),
			.col = (uint16_t)s->col,
			.row_span = (uint16_t)height,
			.col_span = (uint16_t)s->col_span };
		c->first_line = m->out->page.n_lines;
		if (s->here)
			cell_emit(m, pieces, n, owners, s->node, index, c);
		if (c->n_lines)
			t->box = t->box.x1 > 0 ? box_union(&t->box, &c->box) : c->box;
	}
	cells_by_place(t, grids, n_grids);
	/* Without a drawn grid an empty cell has no place; the corner of the table is near enough and valid. */
	for (uint32_t i = 0; i < t->n_cells; i++)
		if (!t->cells[i].n_lines)
			t->cells[i].box = (struct doc_box){ t->box.x0, t->box.y0, t->box.x0, t->box.y0 };
	boxes_from_grid(t, grids, n_grids);
	m->unit++;
}

void body_tagged(struct maker *m, const struct owner *owners, const struct doc_table *grids, uint32_t n_grids)
{
	/* Blocks follow each other as they are drawn, not as the tree lists them: some writers put all items of a list
	 * first and the paragraphs between them behind it. */
	uint32_t n = 0, *first_of = mem_array(m->tmp, uint32_t, m->tags->n_nodes + 1);
	struct piece *pieces = mem_array(m->tmp, struct piece, m->ink->n_glyphs + 1);
	memset(first_of, 0xff, (m->tags->n_nodes + 1) * sizeof(*first_of));
	int32_t before = -1;
	for (uint32_t i = 0; i < m->ink->n_glyphs; i++) {
		const struct owner *o = &owners[i];
		if (o->artifact)
			continue;
		struct piece *piece = &pieces[n++];
		*piece = (struct piece){ UINT32_MAX, UINT32_MAX, o->block, i };
		if (o->block < 0)
			continue;
		/* What follows the inner list of a list item is a piece of its own. */
		bool again = m->tags->nodes[o->block].role == TAG_LIST_ITEM && before != o->block;
		if (first_of[o->block] == UINT32_MAX || (again && m->ink->glyphs[i].c != ' '))
			first_of[o->block] = i;
		if (o->table >= 0 && first_of[o->table] == UINT32_MAX)
			first_of[o->table] = i;
		piece->block_order = first_of[o->block];
		piece->group = o->table >= 0 ? first_of[o->table] : piece->block_order;
		if (m->ink->glyphs[i].c != ' ')
			before = o->block;
	}
	if (n)
		qsort(pieces, n, sizeof(*pieces), by_reading);
	uint32_t *glyphs = mem_array(m->tmp, uint32_t, n + 1);
	for (uint32_t i = 0; i < n;) {
		uint32_t end = i;
		while (end < n && pieces[end].group == pieces[i].group)
			end++;
		const struct owner *o = &owners[pieces[i].glyph];
		if (o->table >= 0) {
			table_emit(m, pieces + i, end - i, owners, o->table, grids, n_grids);
		} else {
			for (uint32_t k = i; k < end; k++)
				glyphs[k - i] = pieces[k].glyph;
			m->unit++;
			emit_glyphs(m, glyphs, end - i, pieces[i].block, -1);
		}
		i = end;
	}
}
