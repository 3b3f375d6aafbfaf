#include "test_zip.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#define W "xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'"
#define S "xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'"
#define R "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

void test_zip_begin(struct test_zip *z, TALLOC_CTX *mem)
{
	z->mem = mem;
	z->source = zip_source_buffer_create(NULL, 0, 0, NULL);
	zip_source_keep(z->source);
	z->zip = zip_open_from_source(z->source, ZIP_TRUNCATE, NULL);
	if (!z->zip)
		abort();
}

int64_t test_zip_add(struct test_zip *z, const char *name, const void *data, size_t n)
{
	/* libzip reads it at the end only. */
	zip_source_t *s = zip_source_buffer(z->zip, mem_dup(z->mem, data, n), n, 0);
	int64_t index = zip_file_add(z->zip, name, s, ZIP_FL_OVERWRITE | ZIP_FL_ENC_RAW);
	if (index < 0)
		zip_source_free(s);
	return index;
}

int64_t test_zip_text(struct test_zip *z, const char *name, const char *text)
{
	return test_zip_add(z, name, text, strlen(text));
}

void test_zip_store(struct test_zip *z, const char *name, const void *data, size_t n)
{
	int64_t index = test_zip_add(z, name, data, n);
	if (index < 0 || zip_set_file_compression(z->zip, (zip_uint64_t)index, ZIP_CM_STORE, 0) != 0)
		abort();
}

struct bytes test_zip_end(struct test_zip *z)
{
	struct bytes b = { 0 };
	zip_stat_t st;
	if (zip_close(z->zip) != 0 || zip_source_open(z->source) != 0 || zip_source_stat(z->source, &st) != 0)
		abort();
	b.n = (size_t)st.size;
	uint8_t *p = mem_array(z->mem, uint8_t, b.n);
	if (zip_source_read(z->source, p, b.n) != (zip_int64_t)b.n)
		abort();
	b.p = p;
	zip_source_close(z->source);
	zip_source_free(z->source);
	return b;
}

static struct bytes package(
    TALLOC_CTX *mem, const char *main, const char *text, const char *rels_part, const char *rels, va_list more)
{
	struct test_zip z;
	test_zip_begin(&z, mem);
	test_zip_text(&z, "[Content_Types].xml", "<Types/>");
	test_zip_text(&z, "_rels/.rels",
	    mem_printf(mem,
		"<Relationships><Relationship Id='a' Type='" R "/officeDocument' Target='%s'/></Relationships>", main));
	test_zip_text(&z, rels_part, rels);
	test_zip_text(&z, main, text);
	for (const char *name = va_arg(more, const char *); name; name = va_arg(more, const char *))
		test_zip_text(&z, name, va_arg(more, const char *));
	return test_zip_end(&z);
}

struct bytes test_docx(TALLOC_CTX *mem, const char *body, ...)
{
	static const char rels[] = "<Relationships><Relationship Id='a' Type='" R "/styles' Target='styles.xml'/>"
				   "<Relationship Id='b' Type='" R "/numbering' Target='/word/numbering.xml'/>"
				   "<Relationship Id='c' Type='" R "/header' Target='header1.xml'/>"
				   "<Relationship Id='d' Type='" R "/header' Target='./header2.xml'/>"
				   "<Relationship Id='e' Type='" R "/footer' Target='../word/footer1.xml'/>"
				   "<Relationship Id='f' Type='" R "/footnotes' Target='footnotes.xml'/>"
				   "<Relationship Id='g' Type='" R
				   "/hyperlink' Target='http://localhost/' TargetMode='External'/></Relationships>";
	va_list more;
	va_start(more, body);
	struct bytes b = package(mem, "word/document.xml",
	    body[0] == '<' && body[1] != '!'
		? mem_printf(mem, "<w:document " W "><w:body>%s</w:body></w:document>", body)
		: body,
	    "word/_rels/document.xml.rels", rels, more);
	va_end(more);
	return b;
}

struct bytes test_xlsx(TALLOC_CTX *mem, const char *rows, ...)
{
	static const char rels[] =
	    "<Relationships><Relationship Id='r1' Type='" R "/worksheet' Target='worksheets/sheet1.xml'/>"
	    "<Relationship Id='r2' Type='" R "/worksheet' Target='worksheets/sheet2.xml'/>"
	    "<Relationship Id='r3' Type='" R "/sharedStrings' Target='sharedStrings.xml'/>"
	    "<Relationship Id='r4' Type='" R "/styles' Target='styles.xml'/></Relationships>";
	struct test_zip z;
	bool book = false;
	va_list more;
	va_start(more, rows);
	test_zip_begin(&z, mem);
	test_zip_text(&z, "_rels/.rels",
	    "<Relationships><Relationship Id='a' Type='" R
	    "/officeDocument' Target='xl/workbook.xml'/></Relationships>");
	test_zip_text(&z, "xl/_rels/workbook.xml.rels", rels);
	test_zip_text(&z, "xl/worksheets/sheet1.xml",
	    rows[0] == '<' && rows[1] == '!' ? rows : mem_printf(mem, "<worksheet " S ">%s</worksheet>", rows));
	for (const char *name = va_arg(more, const char *); name; name = va_arg(more, const char *)) {
		book = book || strcmp(name, "xl/workbook.xml") == 0;
		test_zip_text(&z, name, va_arg(more, const char *));
	}
	if (!book)
		test_zip_text(&z, "xl/workbook.xml",
		    "<workbook " S " xmlns:r='" R
		    "'><sheets><sheet name='Prix' sheetId='7' r:id='r1'/></sheets></workbook>");
	va_end(more);
	return test_zip_end(&z);
}
