/* XML by libxml2's pull reader. Nothing is loaded, no entity is expanded, no document type is accepted; the encodings
 * are those that the format allows, which also keeps the library from looking for others in the file system. */
#include "ooxml.h"

#include <libxml/xmlreader.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void read_office_prepare(void)
{
	/* The dates of a ZIP's entries are local times: without a zone of its own the C library would open a file. */
	setenv("TZ", "UTC0", 1);
	tzset();
	xmlInitParser();
}

static void ignore_error(void *arg, xmlErrorPtr error)
{
	(void)arg;
	(void)error;
}

/* Some faults of encodings take this way only; what a document provokes is no line of a log. */
static void ignore_message(void *arg, const char *format, ...)
{
	(void)arg;
	(void)format;
}

static bool broken(struct xml *x, const char *reason)
{
	x->kind = XML_BROKEN;
	x->name = x->ns = "";
	if (x->r->status == READER_OK)
		reading_fail(x->r, READER_UNREADABLE, reason);
	return false;
}

/* In the encodings that are read, a document type cannot hide from this; character data can't hold it unescaped. */
static bool has_doctype(const uint8_t *p, size_t n)
{
	static const char wide_le[] = "<\0!\0D\0O\0C\0T\0Y\0P\0E", wide_be[] = "\0<\0!\0D\0O\0C\0T\0Y\0P\0E";
	return memmem(p, n, "<!DOCTYPE", 9) || memmem(p, n, wide_le, 18) || memmem(p, n, wide_be, 18);
}

/* By the first characters, which are markup or blanks. NULL for anything else: the library would guess at encodings
 * that it can only read with files of the system. */
static const char *encoding_of(const uint8_t *p, size_t n)
{
	if (!p || n < 4)
		return NULL;
	if (p[0] == 0xff && p[1] == 0xfe)
		return p[2] == '<' && p[3] == 0 ? "UTF-16LE" : NULL;
	if (p[0] == 0xfe && p[1] == 0xff)
		return p[2] == 0 && p[3] == '<' ? "UTF-16BE" : NULL;
	if (p[0] == '<' && p[1] == 0)
		return p[2] != 0 && p[3] == 0 ? "UTF-16LE" : NULL;
	if (p[0] == 0 && p[1] == '<')
		return p[2] == 0 && p[3] != 0 ? "UTF-16BE" : NULL;
	if (p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf)
		return p[3] == '<' ? "UTF-8" : NULL;
	return strchr("< \t\r\n", p[0]) && p[0] && p[1] ? "UTF-8" : NULL;
}

bool xml_start(struct xml *x, const void *bytes, size_t n, struct reading *r)
{
	const uint8_t *p = bytes;
	const char *encoding = encoding_of(p, n);
	*x = (struct xml){ .r = r, .name = "", .ns = "", .kind = XML_CHARS };
	if (!encoding)
		return broken(x, "xml");
	if (has_doctype(p, n))
		return broken(x, "xml_doctype");
	if (n > INT32_MAX)
		return broken(x, "xml");
	xmlSetGenericErrorFunc(NULL, ignore_message);
	x->reader = xmlReaderForMemory(bytes, (int)n, NULL, encoding,
	    XML_PARSE_NONET | XML_PARSE_COMPACT | XML_PARSE_IGNORE_ENC | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	if (!x->reader)
		return broken(x, "xml");
	xmlTextReaderSetStructuredErrorHandler(x->reader, ignore_error, NULL);
	return true;
}

void xml_close(struct xml *x)
{
	if (x->reader)
		xmlFreeTextReader(x->reader);
	x->reader = NULL;
}

enum xml_kind xml_next(struct xml *x)
{
	while (x->kind != XML_BROKEN && x->kind != XML_END) {
		int rc = xmlTextReaderRead(x->reader);
		if (rc == 0) {
			x->kind = XML_END;
			x->name = x->ns = "";
			break;
		}
		if (rc < 0) {
			broken(x, "xml");
			break;
		}
		x->depth = xmlTextReaderDepth(x->reader);
		if (x->depth > LIMIT_XML_DEPTH) {
			broken(x, "xml_depth");
			break;
		}
		const char *name, *ns;
		switch (xmlTextReaderNodeType(x->reader)) {
		case XML_READER_TYPE_ELEMENT:
		case XML_READER_TYPE_END_ELEMENT:
			name = (const char *)xmlTextReaderConstLocalName(x->reader);
			ns = (const char *)xmlTextReaderConstNamespaceUri(x->reader);
			x->name = name ? name : "";
			x->ns = ns ? ns : "";
			x->empty = xmlTextReaderIsEmptyElement(x->reader) == 1;
			x->kind = xmlTextReaderNodeType(x->reader) == XML_READER_TYPE_ELEMENT ? XML_OPEN : XML_CLOSE;
			return x->kind;
		case XML_READER_TYPE_TEXT:
		case XML_READER_TYPE_CDATA:
		case XML_READER_TYPE_WHITESPACE:
		case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
			x->name = x->ns = "";
			x->kind = XML_CHARS;
			return x->kind;
		case XML_READER_TYPE_DOCUMENT_TYPE:
		case XML_READER_TYPE_ENTITY_REFERENCE:
			broken(x, "xml_doctype");
			break;
		default: /* comments, processing instructions */
			break;
		}
	}
	return x->kind;
}

bool xml_inside(struct xml *x, int depth)
{
	enum xml_kind kind = xml_next(x);
	if (kind == XML_END || kind == XML_BROKEN)
		return false;
	return x->depth > depth;
}

void xml_skip(struct xml *x)
{
	if (x->kind != XML_OPEN || x->empty)
		return;
	int depth = x->depth;
	while (xml_inside(x, depth))
		;
}

bool xml_is(const struct xml *x, const char *name)
{
	return x->kind == XML_OPEN && strcmp(x->name, name) == 0;
}

char *xml_attr(const struct xml *x, TALLOC_CTX *mem, const char *name)
{
	char *found = NULL;
	if (x->kind != XML_OPEN)
		return NULL;
	for (int rc = xmlTextReaderMoveToFirstAttribute(x->reader); rc == 1 && !found;
	     rc = xmlTextReaderMoveToNextAttribute(x->reader)) {
		const char *local = (const char *)xmlTextReaderConstLocalName(x->reader);
		const char *value = (const char *)xmlTextReaderConstValue(x->reader);
		if (local && value && strcmp(local, name) == 0 && xmlTextReaderIsNamespaceDecl(x->reader) != 1)
			found = mem_strdup(mem, value);
	}
	xmlTextReaderMoveToElement(x->reader);
	return found;
}

const char *xml_chars(const struct xml *x)
{
	const char *s = (const char *)xmlTextReaderConstValue(x->reader);
	return x->kind == XML_CHARS && s ? s : "";
}

long xml_attr_int(const struct xml *x, const char *name, long otherwise)
{
	char *s = xml_attr(x, NULL, name), *end;
	long v = otherwise;
	if (s && s[0]) {
		v = strtol(s, &end, 10);
		if (*end)
			v = otherwise;
	}
	talloc_free(s);
	return v;
}

bool xml_switch(const struct xml *x)
{
	char *s = xml_attr(x, NULL, "val");
	bool on = !s || (strcmp(s, "0") != 0 && strcmp(s, "false") != 0 && strcmp(s, "off") != 0);
	talloc_free(s);
	return on;
}
