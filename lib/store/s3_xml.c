#include "s3_xml.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <limits.h>
#include <string.h>

struct s3_xml {
	xmlDoc *doc;
	xmlNode *root, *item;
};

static int close_xml(struct s3_xml *x)
{
	if (x->doc)
		xmlFreeDoc(x->doc);
	return 0;
}

static bool is_named(const xmlNode *n, const char *name)
{
	return n->type == XML_ELEMENT_NODE && strcmp((const char *)n->name, name) == 0;
}

enum result s3_xml_read(
    TALLOC_CTX *mem, const void *p, size_t n, const char *root, struct s3_xml **out, struct error *e)
{
	struct s3_xml *x = mem_zero(mem, struct s3_xml);
	talloc_set_destructor(x, close_xml);
	if (n <= INT_MAX)
		x->doc =
		    xmlReadMemory(p, (int)n, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	x->root = x->doc ? xmlDocGetRootElement(x->doc) : NULL;
	if (!x->root || !is_named(x->root, root)) {
		talloc_free(x);
		error_cause(e, "object store: the answer is no %s", root);
		return error_set(e, ERR_IO, NULL);
	}
	*out = x;
	return ERR_OK;
}

static const char *text_of(struct s3_xml *x, const xmlNode *parent, const char *name)
{
	for (xmlNode *n = parent->children; n; n = n->next) {
		if (!is_named(n, name))
			continue;
		xmlChar *text = xmlNodeGetContent(n);
		char *copy = mem_strdup(x, text ? (const char *)text : "");
		xmlFree(text);
		return copy;
	}
	return NULL;
}

const char *s3_xml_text(struct s3_xml *x, const char *name)
{
	return text_of(x, x->root, name);
}

bool s3_xml_next(struct s3_xml *x, const char *name)
{
	xmlNode *n = x->item ? x->item->next : x->root->children;
	while (n && !is_named(n, name))
		n = n->next;
	if (n)
		x->item = n;
	return n != NULL;
}

const char *s3_xml_item(struct s3_xml *x, const char *name)
{
	return text_of(x, x->item, name);
}
