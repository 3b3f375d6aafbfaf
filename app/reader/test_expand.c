/* Archives from end to end: the real program streams their files; a program that lies is found out. */
#include "reader.h"
#include "test_zip.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

static TALLOC_CTX *mem;
static struct error e;
static struct buf told; /* "path=bytes;" for each whole file, "path!reason;" for a refused one */
static struct buf bytes;
static const char *stop_at;

static void up(void)
{
	mem = mem_new("test", 0);
	error_clear(&e);
	buf_init(&told, mem, (size_t)64 << 20);
	buf_init(&bytes, mem, (size_t)64 << 20);
	stop_at = NULL;
}

static void down(void)
{
	talloc_free(mem);
}

TestSuite(expand, .init = up, .fini = down, .timeout = 120);

static enum result begins(void *arg, const char *path, struct error *why)
{
	(void)arg;
	if (stop_at && strcmp(path, stop_at) == 0)
		return error_set(why, ERR_STORAGE_FULL, NULL);
	buf_str(&told, path);
	buf_reset(&bytes);
	return ERR_OK;
}

static enum result grows(void *arg, const void *p, size_t n, struct error *why)
{
	(void)arg;
	(void)why;
	buf_add(&bytes, p, n);
	return ERR_OK;
}

static enum result ends(void *arg, const char *refused, struct error *why)
{
	(void)arg;
	(void)why;
	if (refused)
		buf_printf(&told, "!%s;", refused);
	else
		buf_printf(&told, "=%.40s;", bytes.data);
	return ERR_OK;
}

static enum result expand_with(const char *program, const void *p, size_t n)
{
	struct reader_config cfg = { .path = program, .timeout = 60, .memory = 512 << 20 };
	int fd = reader_memfd(p, n);
	enum result rc = reader_expand(&cfg, fd, &(struct reader_sink){ NULL, begins, grows, ends }, &e);
	close(fd);
	return rc;
}

static enum result expand(struct bytes b)
{
	return expand_with(READER_PROGRAM, b.p, b.n);
}

Test(expand, files_and_folders)
{
	struct test_zip z, inner;
	test_zip_begin(&inner, mem);
	test_zip_text(&inner, "CCAP.txt", "clauses");
	struct bytes in = test_zip_end(&inner);
	test_zip_begin(&z, mem);
	test_zip_text(&z, "RC.txt", "règlement");
	zip_dir_add(z.zip, "Annexes", 0);
	test_zip_text(&z, "Annexes/à signer.txt", "signer");
	test_zip_text(&z, "Annexes\\plan.txt", "plan");
	test_zip_text(&z, "\xb7 lire.txt", "lire"); /* code page 850 */
	test_zip_text(&z, "vide.txt", "");
	test_zip_add(&z, "Lot 1.zip", in.p, in.n);
	cr_assert_eq(expand(test_zip_end(&z)), ERR_OK);
	cr_assert_str_eq(told.data,
	    "RC.txt=règlement;Annexes/à signer.txt=signer;Annexes/plan.txt=plan;À lire.txt=lire;vide.txt=;"
	    "Lot 1.zip/CCAP.txt=clauses;");
}

Test(expand, a_large_file_comes_whole)
{
	struct test_zip z;
	size_t n = 3000000;
	uint32_t state = 1;
	char *p = mem_array(mem, char, n);
	for (size_t i = 0; i < n; i++)
		p[i] = (char)((state = state * 1664525 + 1013904223) >> 24);
	test_zip_begin(&z, mem);
	test_zip_add(&z, "grand", p, n);
	cr_assert_eq(expand(test_zip_end(&z)), ERR_OK);
	cr_assert(bytes.len == n && memcmp(bytes.data, p, n) == 0);
}

Test(expand, hostile_names_are_told_and_not_used)
{
	struct test_zip z;
	test_zip_begin(&z, mem);
	static const char *const names[] = { "../dehors", "a/../../dehors", "..\\dehors", "/etc/passwd",
		"C:\\Windows\\x", "a//b", "./a", "a\nb", "..." };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		test_zip_text(&z, names[i], "x");
	cr_assert_eq(expand(test_zip_end(&z)), ERR_OK);
	cr_assert_str_eq(told.data,
	    "../dehors!path_parent;a/../../dehors!path_parent;../dehors!path_parent;/etc/passwd!path_absolute;"
	    "C:/Windows/x!path_absolute;a//b!path;./a!path;a?b!path;...=x;");
}

Test(expand, a_nul_in_a_name_hides_nothing)
{
	struct test_zip z;
	test_zip_begin(&z, mem);
	test_zip_text(&z, "RC.pdfX.exe", "x");
	struct bytes b = test_zip_end(&z);
	uint8_t *p = mem_dup(mem, b.p, b.n);
	for (size_t i = 0; i + 11 <= b.n; i++)
		if (memcmp(p + i, "RC.pdfX.exe", 11) == 0)
			p[i + 6] = 0;
	cr_assert_eq(expand((struct bytes){ p, b.n }), ERR_OK);
	cr_assert_str_eq(told.data, "RC.pdf .exe=x;");
}

Test(expand, links_and_passwords_are_refused)
{
	struct test_zip z;
	test_zip_begin(&z, mem);
	zip_uint64_t link = (zip_uint64_t)test_zip_text(&z, "lien", "/etc/passwd");
	zip_file_set_external_attributes(z.zip, link, 0, ZIP_OPSYS_UNIX, (zip_uint32_t)0120777 << 16);
	zip_uint64_t plain = (zip_uint64_t)test_zip_text(&z, "simple", "a");
	zip_file_set_external_attributes(z.zip, plain, 0, ZIP_OPSYS_UNIX, (zip_uint32_t)0100644 << 16);
	zip_uint64_t secret = (zip_uint64_t)test_zip_text(&z, "secret", "b");
	cr_assert_eq(zip_file_set_encryption(z.zip, secret, ZIP_EM_AES_256, "mot"), 0);
	cr_assert_eq(expand(test_zip_end(&z)), ERR_OK);
	cr_assert_str_eq(told.data, "lien!link;simple=a;secret!encrypted;");
}

Test(expand, archives_in_archives_once)
{
	struct test_zip z;
	struct bytes b;
	test_zip_begin(&z, mem);
	test_zip_text(&z, "fond.txt", "x");
	b = test_zip_end(&z);
	for (int i = 0; i < 2; i++) {
		test_zip_begin(&z, mem);
		test_zip_add(&z, i == 0 ? "c.zip" : "b.zip", b.p, b.n);
		test_zip_text(&z, "faux.zip", "pas une archive");
		b = test_zip_end(&z);
	}
	cr_assert_eq(expand(b), ERR_OK);
	cr_assert_str_eq(told.data, "b.zip/c.zip!archive_depth;b.zip/faux.zip!archive_depth;faux.zip!archive;");
}

Test(expand, damage_is_told_of_the_file_it_hits)
{
	struct test_zip z;
	test_zip_begin(&z, mem);
	test_zip_store(&z, "a.txt", "AAAAAAAAAA", 10);
	test_zip_store(&z, "b.txt", "BBBBBBBBBB", 10);
	struct bytes b = test_zip_end(&z);
	uint8_t *p = mem_dup(mem, b.p, b.n);
	*(uint8_t *)memmem(p, b.n, "AAAA", 4) = 'C';
	cr_assert_eq(expand((struct bytes){ p, b.n }), ERR_OK);
	cr_assert_str_eq(told.data, "a.txt!archive;b.txt=BBBBBBBBBB;");
}

Test(expand, bombs_are_refused)
{
	struct test_zip z;
	size_t n = (size_t)9 << 20;
	test_zip_begin(&z, mem);
	test_zip_add(&z, "bombe", mem_array(mem, char, n), n);
	test_zip_text(&z, "RC.txt", "a");
	cr_assert_eq(expand(test_zip_end(&z)), ERR_OK);
	cr_assert_str_eq(told.data, "bombe!compression_ratio;RC.txt=a;");
	test_zip_begin(&z, mem);
	for (int i = 0; i < 2001; i++)
		test_zip_text(&z, mem_printf(mem, "%d", i), "");
	cr_assert_eq(expand(test_zip_end(&z)), ERR_DOCUMENT_TOO_BIG);
	cr_assert_str_eq(e.faults[0].args[0].value, "entries");
}

Test(expand, what_is_no_archive)
{
	cr_assert_eq(expand_with(READER_PROGRAM, "PK\3\4 rien", 9), ERR_DOCUMENT_UNREADABLE);
	error_clear(&e);
	cr_assert_eq(expand_with(READER_PROGRAM, "", 0), ERR_DOCUMENT_UNREADABLE);
	cr_assert_str_eq(told.data, "");
}

Test(expand, a_sink_that_fails_ends_it)
{
	struct test_zip z;
	test_zip_begin(&z, mem);
	test_zip_text(&z, "a", "1");
	test_zip_text(&z, "b", "2");
	stop_at = "b";
	cr_assert_eq(expand(test_zip_end(&z)), ERR_STORAGE_FULL);
	cr_assert_str_eq(told.data, "a=1;");
}

Test(expand, a_program_that_lies_is_found_out)
{
	static const char *const lies[] = { "outside", "orphan", "early", "unended", "kind", "control", "long",
		"garbage", "nothing", "crash" };
	cr_assert_eq(expand_with(FAKE_PROGRAM, "files", 5), ERR_OK);
	cr_assert_str_eq(told.data, "a.txt=abc;");
	for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
		error_clear(&e);
		cr_assert_eq(expand_with(FAKE_PROGRAM, lies[i], strlen(lies[i])), ERR_READER_CRASHED, "%s", lies[i]);
	}
	cr_assert_eq(expand_with(FAKE_PROGRAM, "memory", 6), ERR_DOCUMENT_TOO_BIG);
}

/* Office files through the program itself: whatever they hold, its cage gives it all it needs. */
static enum result read_as(struct bytes b, enum doc_format format, const char **text)
{
	struct reader_config cfg = { .path = READER_PROGRAM, .timeout = 60, .memory = 512 << 20 };
	uint8_t *model;
	size_t n;
	struct document *d;
	*text = NULL;
	TRY(reader_run_bytes(mem, &cfg, b.p, b.n, format, &model, &n, &e));
	TRY(doc_decode(mem, model, n, &d, &e));
	*text = d->pages[0].text;
	return ERR_OK;
}

Test(expand, office_files_in_the_cage)
{
	const char *text;
	cr_assert_eq(
	    read_as(test_docx(mem, "<w:p><w:r><w:t>été</w:t></w:r></w:p>", NULL), DOC_FORMAT_DOCX, &text), ERR_OK);
	cr_assert_str_eq(text, "été\n");
	cr_assert_eq(read_as(test_xlsx(mem, "<sheetData><row><c><v>1.5</v></c></row></sheetData>", NULL),
			 DOC_FORMAT_XLSX, &text),
	    ERR_OK);
	cr_assert_str_eq(text, "1,5\n");
	cr_assert_eq(read_as(test_docx(mem, "<!-- --><?xml version='1.0' encoding='EBCDIC-FR'?><a/>", NULL),
			 DOC_FORMAT_DOCX, &text),
	    ERR_DOCUMENT_UNREADABLE);
}

Test(expand, declared_encodings_need_no_file)
{
	static const char *const heads[] = { "<?xml version='1.0' encoding='ISO-8859-15'?>",
		"<?xml version='1.0' encoding='UTF-7'?>", "<?xml version='1.0' encoding='x-unknown'?>" };
	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		struct test_zip z;
		const char *text;
		test_zip_begin(&z, mem);
		test_zip_text(&z, "_rels/.rels",
		    "<Relationships><Relationship Id='a' Type='x/officeDocument' Target='d.xml'/></Relationships>");
		test_zip_text(&z, "d.xml",
		    mem_printf(mem, "%s<document><body><p><r><t>été</t></r></p></body></document>", heads[i]));
		error_clear(&e);
		cr_assert_eq(read_as(test_zip_end(&z), DOC_FORMAT_DOCX, &text), ERR_OK, "%s", heads[i]);
		cr_assert_str_eq(text, "été\n");
	}
	/* Two bytes a character; and four, which no office program writes. */
	static const char plain[] = "<document><body><p><r><t>deux</t></r></p></body></document>";
	for (size_t width = 2; width <= 4; width += 2) {
		struct test_zip z;
		const char *text;
		char *wide = mem_array(mem, char, width * sizeof(plain));
		for (size_t i = 0; plain[i]; i++)
			wide[width * i] = plain[i];
		test_zip_begin(&z, mem);
		test_zip_text(&z, "_rels/.rels",
		    "<Relationships><Relationship Id='a' Type='x/officeDocument' Target='d.xml'/></Relationships>");
		test_zip_add(&z, "d.xml", wide, width * (sizeof(plain) - 1));
		error_clear(&e);
		cr_assert_eq(
		    read_as(test_zip_end(&z), DOC_FORMAT_DOCX, &text), width == 2 ? ERR_OK : ERR_DOCUMENT_UNREADABLE);
		cr_assert(width == 4 || strcmp(text, "deux\n") == 0);
	}
}
