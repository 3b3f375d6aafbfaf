#include "buf.h"
#include "content_type.h"
#include "uuid.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static TALLOC_CTX *mem;
static struct content_detector *detector;
static struct error err;
static FILE *file;

static void set_up(void)
{
	mem = mem_new("test", 0);
	error_clear(&err);
	cr_assert_eq(content_detector_new(mem, &detector, &err), ERR_OK, "%s", err.cause);
	file = tmpfile();
	cr_assert(file);
}

static void tear_down(void)
{
	fclose(file);
	talloc_free(mem);
}

TestSuite(content_type, .init = set_up, .fini = tear_down);

/* The id found for these bytes under this name, or the error's id. */
static const char *type_of(const void *p, size_t n, const char *name)
{
	const struct content_type *t = NULL;
	error_clear(&err);
	cr_assert_eq(ftruncate(fileno(file), 0), 0);
	cr_assert_eq(pwrite(fileno(file), p, n, 0), (ssize_t)n);
	enum result r = content_type_of_fd(detector, fileno(file), name, "file", &t, &err);
	return r == ERR_OK ? t->id : error_id(r);
}

static const char *type_of_text(const char *s, const char *name)
{
	return type_of(s, strlen(s), name);
}

/* The type that a refusal names. */
static const char *refused_as(void)
{
	return err.faults[0].args[1].value;
}

static void le(struct buf *b, unsigned long v, int bytes)
{
	for (; bytes > 0; bytes--, v >>= 8)
		buf_char(b, (char)(v & 255));
}

/* A zip of such entries, "name" or "name=content", all stored; `deflated` only claims so of the first. */
static struct buf zip(const char *const *entries, bool deflated)
{
	struct buf b, central;
	unsigned long n = 0;
	buf_init(&b, mem, 1 << 20);
	buf_init(&central, mem, 1 << 20);
	for (; entries[n]; n++) {
		const char *name = entries[n], *content = strchr(name, '=');
		size_t name_n = content ? (size_t)(content - name) : strlen(name),
		       size = content ? strlen(content + 1) : 0;
		size_t at = b.len;
		unsigned long method = deflated && n == 0 ? 8 : 0;
		buf_add(&b, "PK\3\4\24\0\0\0", 8);
		le(&b, method, 2);
		le(&b, 0, 8);
		le(&b, size, 4);
		le(&b, size, 4);
		le(&b, name_n, 2);
		le(&b, 0, 2);
		buf_add(&b, name, name_n);
		if (content)
			buf_str(&b, content + 1);
		buf_add(&central, "PK\1\2\24\0\24\0\0\0", 10);
		le(&central, method, 2);
		le(&central, 0, 8);
		le(&central, size, 4);
		le(&central, size, 4);
		le(&central, name_n, 2);
		le(&central, 0, 12);
		le(&central, at, 4);
		buf_add(&central, name, name_n);
	}
	size_t start = b.len;
	buf_add(&b, central.data, central.len);
	buf_add(&b, "PK\5\6\0\0\0\0", 8);
	le(&b, n, 2);
	le(&b, n, 2);
	le(&b, central.len, 4);
	le(&b, start, 4);
	le(&b, 0, 2);
	return b;
}

#define ZIP(name, ...) zip_type((const char *const[]){ __VA_ARGS__, NULL }, false, name)

static const char *zip_type(const char *const *entries, bool deflated, const char *name)
{
	struct buf b = zip(entries, deflated);
	return type_of(b.data, b.len, name);
}

/* The i-th name, from 1; NULL when there are fewer. */
static const char *names_at(const char *const *names, int i)
{
	for (int k = 1; names[k - 1] && k <= i; k++)
		if (k == i)
			return names[k - 1];
	return NULL;
}

/* An OLE file with one FAT sector and these names in its directory. */
static struct buf ole(const char *const *names)
{
	struct buf b;
	buf_init(&b, mem, 1 << 20);
	buf_add(&b, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
	le(&b, 0, 8);
	le(&b, 0, 8);
	le(&b, 0x3e, 2);
	le(&b, 3, 2);
	le(&b, 0xfffe, 2);
	le(&b, 9, 2);
	le(&b, 6, 2);
	le(&b, 0, 6);
	le(&b, 0, 4);
	le(&b, 1, 4); /* FAT sectors */
	le(&b, 1, 4); /* directory begins in sector 1 */
	le(&b, 0, 4);
	le(&b, 4096, 4);
	le(&b, 0xfffffffe, 4);
	le(&b, 0, 4);
	le(&b, 0xfffffffe, 4);
	le(&b, 0, 4);
	le(&b, 0, 4); /* the FAT is sector 0 */
	while (b.len < 512)
		le(&b, 0xffffffff, 4);
	le(&b, 0xfffffffd, 4);
	le(&b, 0xfffffffe, 4);
	while (b.len < 1024)
		le(&b, 0xffffffff, 4);
	/* Siblings at the top hang on each other's right; a name behind a slash stands deeper. */
	unsigned long right[4], top = 0xffffffff;
	for (int i = 3; i >= 0; i--)
		right[i] = top, top = names_at(names, i) && names_at(names, i)[0] != '/' ? (unsigned long)i : top;
	for (int i = 0; i < 4; i++) {
		const char *name = i == 0 ? "Root Entry" : names_at(names, i) ? names_at(names, i) : "";
		size_t start = b.len;
		name += name[0] == '/';
		for (const char *p = name; *p; p++)
			le(&b, (unsigned char)*p, 2);
		while (b.len < start + 64)
			buf_char(&b, 0);
		le(&b, *name ? 2 * (strlen(name) + 1) : 0, 2);
		le(&b, *name ? (i == 0 ? 5 : 2) : 0, 1);
		le(&b, 1, 1);
		le(&b, 0xffffffff, 4);
		le(&b, i == 0 ? 0xffffffff : right[i], 4);
		le(&b, i == 0 ? top : 0xffffffff, 4);
		while (b.len < start + 128)
			buf_char(&b, 0);
	}
	while (b.len < 4096)
		buf_char(&b, 0);
	return b;
}

#define OLE(name, ...) ole_type((const char *const[]){ __VA_ARGS__, NULL }, name)

static const char *ole_type(const char *const *names, const char *name)
{
	struct buf b = ole(names);
	return type_of(b.data, b.len, name);
}

Test(content_type, pdf_by_its_content_whatever_its_name)
{
	cr_assert_str_eq(type_of_text("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "RC.pdf"), "pdf");
	cr_assert_str_eq(type_of_text("%PDF-1.7\n1 0 obj\n", "RC.docx"), "pdf");
	cr_assert_str_eq(type_of_text("%PDF-1.7\n1 0 obj\n", "RC"), "pdf");
}

Test(content_type, pdf_behind_junk)
{
	char p[1200];
	memset(p, 'x', sizeof(p));
	memcpy(p + 1000, "%PDF-1.4\n1 0 obj", 16);
	cr_assert_str_eq(type_of(p, sizeof(p), "scan.PDF"), "pdf");
	cr_assert_str_eq(type_of(p, sizeof(p), "scan.txt"), "pdf", "whatever its name");
	memset(p, 1, 1000);
	cr_assert_str_eq(type_of(p, sizeof(p), "scan"), "pdf");
	memset(p, 'x', sizeof(p));
	cr_assert_str_eq(type_of(p, sizeof(p), "scan.pdf"), "file_type_refused", "nothing of a PDF in it");
}

Test(content_type, a_pdf_that_is_none_is_refused_with_what_it_is)
{
	cr_assert_str_eq(type_of_text("Bonjour, ceci est du texte.\n", "RC.pdf"), "file_type_refused");
	cr_assert_str_eq(refused_as(), "text/plain");
	cr_assert_str_eq(err.faults[0].field, "file");
	cr_assert_str_eq(err.faults[0].args[0].value, "RC.pdf");
	cr_assert_str_eq(ZIP("RC.pdf", "a.txt=x"), "file_type_refused");
	cr_assert_str_eq(refused_as(), "application/zip");
	cr_assert_str_eq(type_of_text("Bonjour, ceci est du texte.\n", "RC.txt"), "txt", "the same under its own name");
}

Test(content_type, office_documents_wherever_their_parts_stand)
{
	cr_assert_str_eq(ZIP("a.docx", "[Content_Types].xml=<", "_rels/.rels", "word/document.xml"), "docx");
	cr_assert_str_eq(ZIP("a", "[Content_Types].xml=<", "docProps/app.xml", "docProps/core.xml",
			     "customXml/item1.xml", "_rels/.rels", "word/document2.xml"),
	    "docx", "libmagic calls this a zip");
	cr_assert_str_eq(
	    ZIP("a.zip", "[Content_Types].xml=<", "docProps/app.xml", "a", "b", "xl/workbook.xml"), "xlsx");
	cr_assert_str_eq(ZIP("a.pptx", "[Content_Types].xml=<", "ppt/presentation.xml"), "pptx");
	cr_assert_str_eq(
	    ZIP("a.vsdx", "[Content_Types].xml=<", "_rels/.rels", "visio/document.xml"), "file_type_refused");
}

Test(content_type, a_zip_with_an_office_name_is_a_zip)
{
	cr_assert_str_eq(ZIP("a.docx", "setup.exe=MZ"), "zip");
	cr_assert_str_eq(ZIP("DCE.zip", "RC.pdf=x", "word/document.xml"), "zip", "no [Content_Types].xml");
	struct buf b = zip((const char *const[]){ NULL }, false);
	cr_assert_str_eq(type_of(b.data, b.len, "empty.zip"), "zip");
	cr_assert(content_type_by_id("zip")->archive);
	cr_assert_not(content_type_by_id("docx")->archive);
}

Test(content_type, open_documents)
{
	cr_assert_str_eq(ZIP("a", "mimetype=application/vnd.oasis.opendocument.text", "content.xml"), "odt");
	cr_assert_str_eq(ZIP("a", "mimetype=application/vnd.oasis.opendocument.spreadsheet", "content.xml"), "ods");
	cr_assert_str_eq(ZIP("a.odp", "mimetype=application/vnd.oasis.opendocument.presentation"), "file_type_refused");
	cr_assert_str_eq(ZIP("a.epub", "mimetype=application/epub+zip", "x"), "file_type_refused");
	cr_assert_str_eq(ZIP("a.ods", "content.xml", "x", "mimetype=application/vnd.oasis.opendocument.text"), "odt",
	    "not the first");
}

/* The type of a zip whose first entry is "mimetype" with this text, compressed. */
static const char *packed_type(const char *text, const char *name)
{
	char out[512], room[512] = "";
	z_stream z = { .next_in = (Bytef *)mem_strdup(mem, text),
		.avail_in = (uInt)strlen(text),
		.next_out = (Bytef *)out,
		.avail_out = sizeof(out) };
	cr_assert_eq(deflateInit2(&z, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	size_t n = sizeof(out) - z.avail_out;
	deflateEnd(&z);
	memset(room, '@', n);
	struct buf b = zip((const char *const[]){ mem_printf(mem, "mimetype=%s", room), "content.xml", NULL }, true);
	memcpy(memmem(b.data, b.len, room, n), out, n);
	return type_of(b.data, b.len, name);
}

Test(content_type, open_documents_whose_type_is_compressed)
{
	cr_assert_str_eq(packed_type("application/vnd.oasis.opendocument.text", "a.ods"), "odt", "the content decides");
	cr_assert_str_eq(packed_type("application/vnd.oasis.opendocument.spreadsheet", "a"), "ods");
	cr_assert_str_eq(packed_type("application/vnd.oasis.opendocument.presentation", "a.odt"), "file_type_refused");
	const char *const nonsense[] = { "mimetype=xyz", "content.xml", "META-INF/manifest.xml", NULL };
	cr_assert_str_eq(zip_type(nonsense, true, "a.odt"), "file_type_refused", "it does not say what it is");
}

#define MANIFEST \
	"META-INF/manifest.xml=<manifest:file-entry manifest:full-path=\"content.xml\" " \
	"manifest:media-type=\"text/xml\"/>"

Test(content_type, open_documents_that_only_their_manifest_names)
{
	cr_assert_str_eq(ZIP("a.ods", "content.xml",
			     MANIFEST "<manifest:file-entry manifest:full-path=\"/\" manifest:version=\"1.2\" "
				      "manifest:media-type=\"application/vnd.oasis.opendocument.text\"/>"),
	    "odt");
	cr_assert_str_eq(
	    ZIP("a", "content.xml",
		MANIFEST "<manifest:file-entry manifest:media-type=\"application/vnd.oasis.opendocument.spreadsheet\" "
			 "manifest:full-path=\"/\"/>"),
	    "ods");
	cr_assert_str_eq(ZIP("a.odt", "content.xml", MANIFEST), "file_type_refused");
	cr_assert_str_eq(ZIP("a.odt", "content.xml", MANIFEST "<manifest:file-entry manifest:full-path=\"/\""),
	    "file_type_refused", "broken off");
}

Test(content_type, a_zip_broken_off_is_refused)
{
	struct buf b = zip((const char *const[]){ "a.txt=xxxxxxxx", "b.txt=yyyyyyyyyy", NULL }, false);
	cr_assert_str_eq(type_of(b.data, b.len, "a.zip"), "zip");
	cr_assert_str_eq(type_of(b.data, b.len - 1, "a.zip"), "file_type_refused");
	cr_assert_str_eq(refused_as(), "application/zip (truncated)");
	cr_assert_str_eq(type_of(b.data, 40, "a.zip"), "file_type_refused");
}

Test(content_type, a_zip_with_many_entries_is_looked_through)
{
	const char *entries[3003];
	for (int i = 0; i < 3000; i++)
		entries[i] = mem_printf(mem, "media/a-rather-long-name-of-a-picture-%04d.png", i);
	entries[3000] = "[Content_Types].xml";
	entries[3001] = "word/document.xml";
	entries[3002] = NULL;
	cr_assert_str_eq(zip_type(entries, false, "a.docx"), "docx");
}

Test(content_type, old_office_documents)
{
	cr_assert_str_eq(OLE("a.doc", "WordDocument"), "doc");
	cr_assert_str_eq(OLE("a", "WordDocument"), "doc");
	cr_assert_str_eq(OLE("a.doc", "Workbook"), "xls", "the content decides");
	cr_assert_str_eq(OLE("a.xls", "Book"), "xls");
	cr_assert_str_eq(OLE("a.doc", "Workbook", "/WordDocument"), "xls", "a sheet that holds a letter");
	cr_assert_str_eq(OLE("a.xls", "/Workbook", "WordDocument"), "doc", "a letter that holds a sheet");
	cr_assert_str_eq(OLE("a", "Other", "/Workbook", "WordDocument"), "doc");
	cr_assert_str_eq(OLE("a.doc", "/Workbook", "/WordDocument"), "file_type_refused", "it is neither itself");
	cr_assert_str_eq(OLE("a.ppt", "PowerPoint Document"), "file_type_refused");
	cr_assert_str_eq(refused_as(), "application/vnd.ms-powerpoint");
	cr_assert_str_eq(OLE("a.doc", "__properties_version1.0", "/WordDocument"), "file_type_refused");
	cr_assert_str_eq(OLE("a.docx", "EncryptedPackage"), "file_type_refused");
	cr_assert_str_eq(refused_as(), "application/encrypted");
	cr_assert_str_eq(OLE("a.doc", "Something"), "file_type_refused");
}

Test(content_type, every_text_is_plain_text)
{
	cr_assert_str_eq(type_of_text("Cahier des clauses\nArticle 1 : objet\n", "a.txt"), "txt");
	cr_assert_str_eq(type_of_text("R\xe8glement de la consultation\n", "a.txt"), "txt", "Latin-1");
	cr_assert_str_eq(type_of_text("a;b;c\n1;2;3\n4;5;6\n", "a.csv"), "txt");
	cr_assert_str_eq(type_of_text("{\"a\": [1, 2]}\n", "a.json"), "txt");
	cr_assert_str_eq(type_of_text("#!/bin/sh\necho a\n", "a.sh"), "txt");
	cr_assert_str_eq(type_of("\xff\xfe"
				 "A\0B\0\n\0",
			     8, "a.txt"),
	    "txt", "UTF-16");
	cr_assert_str_eq(type_of_text("{\\rtf1\\ansi Bonjour}", "a.rtf"), "rtf");
	cr_assert_str_eq(type_of_text("Nous parlons de %PDF-1.7 ici.\n", "a.txt"), "txt");
	cr_assert_str_eq(type_of_text("Nous parlons de %PDF-1.7 ici.\n", "a"), "txt", "whatever its name");
	cr_assert_str_eq(type_of_text("From: a@essai.example\nSubject: DCE\n\nBonjour\n", "a"), "txt", "a letter");
	cr_assert_str_eq(type_of_text("<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>\n", "a.txt"),
	    "file_type_refused", "a picture");
}

Test(content_type, binaries_are_refused)
{
	cr_assert_str_eq(type_of("\x7f"
				 "ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0>\0",
			     20, "a.txt"),
	    "file_type_refused");
	cr_assert_str_eq(type_of("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16, "a.png"), "file_type_refused");
	cr_assert_str_eq(refused_as(), "image/png");
	cr_assert_str_eq(type_of("text\0text", 9, "a.txt"), "file_type_refused");
	cr_assert_str_eq(type_of_text("GIF89a", "a.gif"), "file_type_refused");
	cr_assert_str_eq(type_of("MZ\x90\0\3\0\0\0", 8, "a.pdf"), "file_type_refused");
}

Test(content_type, an_empty_file_is_told)
{
	cr_assert_str_eq(type_of("", 0, "a.pdf"), "empty_file");
	cr_assert_str_eq(err.faults[0].args[0].value, "a.pdf");
}

Test(content_type, damaged_directories_do_no_harm)
{
	struct buf samples[] = {
		zip((const char *const[]){ "[Content_Types].xml=<", "word/document.xml", "mimetype=x", NULL }, false),
		ole((const char *const[]){ "WordDocument", "Workbook", NULL }),
	};
	unsigned seed = 1;
	for (int i = 0; i < 4000; i++) {
		struct buf *b = &samples[i % 2];
		char *copy = mem_dup(mem, b->data, b->len);
		for (int k = 0; k < 4; k++) {
			seed = seed * 1103515245U + 12345U;
			copy[(seed >> 8) % (i % 3 ? 600 < b->len ? 600 : b->len : b->len)] =
			    (char)(k % 2 ? 0xff : seed >> 24);
		}
		const char *id = type_of(copy, b->len, i % 4 < 2 ? "a.doc" : "a.docx");
		cr_assert(id[0]);
		talloc_free(copy);
	}
}

Test(content_type, of_a_file_that_is_being_written)
{
	char root[] = "/tmp/scorpius-type-XXXXXX";
	struct store *store;
	struct store_put *put;
	const struct content_type *t;
	cr_assert(mkdtemp(root));
	struct master_keys *keys;
	struct store_key key = { uuid_new(), uuid_new() };
	cr_assert_eq(master_keys_new(mem, "a master key of thirty-two bytes.", NULL, &keys, &err), ERR_OK);
	cr_assert_eq(store_open_directory(mem, root, keys, &store, &err), ERR_OK);
	cr_assert_eq(store_put_begin(store, mem, &key, &put, &err), ERR_OK);
	struct buf b = zip((const char *const[]){ "[Content_Types].xml=<", "x", "xl/workbook.xml", NULL }, false);
	cr_assert_eq(store_put_write(put, b.data, b.len, &err), ERR_OK);
	cr_assert_eq(content_type_of_put(detector, put, "DPGF.xlsx", "file", &t, &err), ERR_OK);
	cr_assert_str_eq(t->id, "xlsx");
	cr_assert_eq(content_type_by_mime(t->mime), t);
	cr_assert_null(content_type_by_mime("image/png"));
	cr_assert_null(content_type_by_id("exe"));
	store_put_abort(put);
	const char *const folders[] = { "tmp", "objects", "" };
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		cr_assert_eq(rmdir(mem_printf(mem, "%s/%s", root, folders[i])), 0);
}
