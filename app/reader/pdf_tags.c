/* The structure tree of a tagged PDF as a flat list. Hostile trees have cycles, shared branches and any depth: depth
 * and number of elements are bounded, so each of them ends. */
#include "pdf_ink.h"
#include "reading.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 100

struct page_key { /* object number of a page */
	int object;
	uint32_t page;
};

struct tree {
	struct tags *tags;
	uint32_t nodes_cap, leaves_cap;
	pdf_obj *roles;
	struct page_key *pages;
	uint32_t n_pages;
	bool full;
};

static int by_object(const void *a, const void *b)
{
	const struct page_key *x = a, *y = b;
	return x->object < y->object ? -1 : x->object > y->object;
}

static int64_t page_of(const struct tree *t, fz_context *ctx, pdf_obj *page)
{
	struct page_key key = { .object = pdf_to_num(ctx, page) };
	const struct page_key *found =
	    key.object && t->n_pages ? bsearch(&key, t->pages, t->n_pages, sizeof(key), by_object) : NULL;
	return found ? (int64_t)found->page : -1;
}

static const struct {
	const char *name;
	uint8_t role, level;
} standard[] = {
	{ "P", TAG_PARAGRAPH, 0 },
	{ "H", TAG_HEADING, 0 },
	{ "H1", TAG_HEADING, 1 },
	{ "H2", TAG_HEADING, 2 },
	{ "H3", TAG_HEADING, 3 },
	{ "H4", TAG_HEADING, 4 },
	{ "H5", TAG_HEADING, 5 },
	{ "H6", TAG_HEADING, 6 },
	{ "H7", TAG_HEADING, 7 },
	{ "H8", TAG_HEADING, 8 },
	{ "H9", TAG_HEADING, 9 },
	{ "Title", TAG_HEADING, 0 },
	{ "LI", TAG_LIST_ITEM, 0 },
	{ "LBody", TAG_LIST_BODY, 0 },
	{ "TOCI", TAG_TOC_ITEM, 0 },
	{ "Table", TAG_TABLE, 0 },
	{ "TR", TAG_ROW, 0 },
	{ "TH", TAG_CELL, 0 },
	{ "TD", TAG_CELL, 0 },
	{ "Artifact", TAG_ARTIFACT, 0 },
	{ "Caption", TAG_PARAGRAPH, 0 },
	{ "Note", TAG_PARAGRAPH, 0 },
	{ "BlockQuote", TAG_PARAGRAPH, 0 },
	{ "Figure", TAG_PARAGRAPH, 0 },
	{ "Formula", TAG_PARAGRAPH, 0 },
};

static void role_of(const struct tree *t, fz_context *ctx, pdf_obj *name, struct tag_node *node)
{
	for (int hops = 0; hops < 8; hops++) {
		const char *s = pdf_to_name(ctx, name);
		for (size_t i = 0; i < ARRAY_LEN(standard); i++) {
			if (strcmp(s, standard[i].name) == 0) {
				node->role = standard[i].role;
				node->level = standard[i].level;
				return;
			}
		}
		name = t->roles ? pdf_dict_get(ctx, t->roles, name) : NULL;
		if (!name)
			return;
	}
}

static void spans_of(fz_context *ctx, pdf_obj *element, struct tag_node *node)
{
	pdf_obj *attributes = pdf_dict_gets(ctx, element, "A");
	int n = pdf_is_array(ctx, attributes) ? pdf_array_len(ctx, attributes) : 1;
	for (int i = 0; i < n && i < 16; i++) {
		pdf_obj *a = pdf_is_array(ctx, attributes) ? pdf_array_get(ctx, attributes, i) : attributes;
		int rows = pdf_to_int(ctx, pdf_dict_gets(ctx, a, "RowSpan")),
		    cols = pdf_to_int(ctx, pdf_dict_gets(ctx, a, "ColSpan"));
		if (rows > 1 && rows < 1000)
			node->row_span = (uint16_t)rows;
		if (cols > 1 && cols < 250)
			node->col_span = (uint16_t)cols;
	}
}

static void leaf_add(struct tree *t, int64_t page, int mcid, int32_t node)
{
	struct tags *tags = t->tags;
	if (page < 0 || mcid < 0 || node < 0)
		return;
	if (tags->n_leaves == LIMIT_TAG_NODES) {
		t->full = true;
		return;
	}
	if (tags->n_leaves == t->leaves_cap) {
		t->leaves_cap = t->leaves_cap ? t->leaves_cap * 2 : 1024;
		tags->leaves = mem_grow(tags, tags->leaves, struct tag_leaf, t->leaves_cap);
	}
	tags->leaves[tags->n_leaves++] =
	    (struct tag_leaf){ .page = (uint32_t)page, .mcid = (uint32_t)mcid, .node = node };
}

static void walk(struct tree *t, fz_context *ctx, pdf_obj *element, int32_t parent, int64_t page, int depth);

static void walk_kid(struct tree *t, fz_context *ctx, pdf_obj *kid, int32_t node, int64_t page, int depth)
{
	if (pdf_is_int(ctx, kid)) {
		leaf_add(t, page, pdf_to_int(ctx, kid), node);
		return;
	}
	if (!pdf_is_dict(ctx, kid))
		return;
	pdf_obj *mcid = pdf_dict_gets(ctx, kid, "MCID");
	if (mcid) {
		pdf_obj *own = pdf_dict_gets(ctx, kid, "Pg");
		/* Content of a form has numbers of its own that must not be mixed with the page's. */
		if (!pdf_dict_gets(ctx, kid, "Stm"))
			leaf_add(t, own ? page_of(t, ctx, own) : page, pdf_to_int(ctx, mcid), node);
		return;
	}
	if (pdf_dict_gets(ctx, kid, "S"))
		walk(t, ctx, kid, node, page, depth + 1);
}

static void walk_kids(struct tree *t, fz_context *ctx, pdf_obj *element, int32_t node, int64_t page, int depth)
{
	pdf_obj *kids = pdf_dict_gets(ctx, element, "K");
	if (!pdf_is_array(ctx, kids)) {
		walk_kid(t, ctx, kids, node, page, depth);
		return;
	}
	int n = pdf_array_len(ctx, kids);
	for (int i = 0; i < n && !t->full; i++)
		walk_kid(t, ctx, pdf_array_get(ctx, kids, i), node, page, depth);
}

static void walk(struct tree *t, fz_context *ctx, pdf_obj *element, int32_t parent, int64_t page, int depth)
{
	struct tags *tags = t->tags;
	if (depth > DEPTH_MAX || t->full)
		return;
	if (tags->n_nodes == LIMIT_TAG_NODES) {
		t->full = true;
		return;
	}
	if (tags->n_nodes == t->nodes_cap) {
		t->nodes_cap = t->nodes_cap ? t->nodes_cap * 2 : 1024;
		tags->nodes = mem_grow(tags, tags->nodes, struct tag_node, t->nodes_cap);
	}
	int32_t index = (int32_t)tags->n_nodes++;
	struct tag_node node = { .parent = parent, .role = TAG_OTHER, .row_span = 1, .col_span = 1 };
	role_of(t, ctx, pdf_dict_gets(ctx, element, "S"), &node);
	if (node.role == TAG_CELL)
		spans_of(ctx, element, &node);
	tags->headings = tags->headings || (node.role == TAG_HEADING && node.level);
	tags->tables = tags->tables || node.role == TAG_TABLE;
	tags->nodes[index] = node;
	pdf_obj *own = pdf_dict_gets(ctx, element, "Pg");
	walk_kids(t, ctx, element, index, own ? page_of(t, ctx, own) : page, depth);
	tags->nodes[index].end = (int32_t)tags->n_nodes;
}

static int by_page(const void *a, const void *b)
{
	const struct tag_leaf *x = a, *y = b;
	if (x->page != y->page)
		return x->page < y->page ? -1 : 1;
	if (x->mcid != y->mcid)
		return x->mcid < y->mcid ? -1 : 1;
	return x->node < y->node ? -1 : x->node > y->node;
}

struct tags *pdf_tags_read(fz_context *ctx, TALLOC_CTX *mem, pdf_document *doc, uint32_t n_pages)
{
	pdf_obj *catalog = pdf_dict_gets(ctx, pdf_trailer(ctx, doc), "Root");
	pdf_obj *root = pdf_dict_gets(ctx, catalog, "StructTreeRoot");
	if (!pdf_is_dict(ctx, root))
		return NULL;
	struct tree t = { .tags = mem_zero(mem, struct tags), .roles = pdf_dict_gets(ctx, root, "RoleMap") };
	t.pages = mem_array(mem, struct page_key, n_pages);
	for (uint32_t i = 0; i < n_pages; i++)
		t.pages[i] = (struct page_key){ pdf_to_num(ctx, pdf_lookup_page_obj(ctx, doc, (int)i)), i };
	t.n_pages = n_pages;
	if (n_pages)
		qsort(t.pages, n_pages, sizeof(*t.pages), by_object);
	walk_kids(&t, ctx, root, -1, -1, 0);
	talloc_free(t.pages);
	/* A tree that was cut is worse than none: half the text would count as running headers. */
	if (t.full || !t.tags->n_leaves) {
		talloc_free(t.tags);
		return NULL;
	}
	qsort(t.tags->leaves, t.tags->n_leaves, sizeof(*t.tags->leaves), by_page);
	return t.tags;
}
