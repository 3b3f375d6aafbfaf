/* Plain text in every encoding that is taken; what is none is refused. */
#include "reading.h"

#include <criterion/criterion.h>
#include <string.h>

enum reader_status reading_fail(struct reading *r, enum reader_status status, const char *reason)
{
	r->status = status;
	strncpy(r->reason, reason, sizeof(r->reason) - 1);
	return status;
}

static TALLOC_CTX *mem;

static void up(void)
{
	mem = mem_new("test", 0);
}

static void down(void)
{
	talloc_free(mem);
}

TestSuite(text, .init = up, .fini = down);

static struct reading read_bytes(const void *p, size_t n)
{
	struct reading r = { 0 };
	read_text(mem, p, n, &r);
	for (uint32_t i = 0; r.status == READER_OK && i < r.doc->n_pages; i++)
		cr_assert(doc_page_valid(&r.doc->pages[i]));
	return r;
}

static const char *first_page(const void *p, size_t n)
{
	struct reading r = read_bytes(p, n);
	cr_assert_eq(r.status, READER_OK, "%s", r.reason);
	return r.doc->pages[0].text;
}

Test(text, encodings)
{
	cr_assert_str_eq(first_page("Été – 5 €", 15), "Été – 5 €\n");
	cr_assert_str_eq(first_page("\xef\xbb\xbf\xc3\x89t\xc3\xa9", 8), "Été\n");
	cr_assert_str_eq(first_page("\xc9t\xe9 \x96 5 \x80", 9), "Été – 5 €\n");
	cr_assert_str_eq(first_page("\xff\xfe\xc9\0t\0\xe9\0", 8), "Été\n");
	cr_assert_str_eq(first_page("\xfe\xff\0\xc9\0t\0\xe9", 8), "Été\n");
	cr_assert_str_eq(first_page("\xff\xfe\x3d\xd8\x00\xde!\0", 8), "😀!\n");
	/* Half a pair, half a unit. */
	cr_assert_str_eq(first_page("\xff\xfe\x3d\xd8!\0x", 7), "\xef\xbf\xbd!\xef\xbf\xbd\n");
}

Test(text, lines_pages_and_blocks)
{
	static const char s[] =
	    "ARTICLE 1 - OBJET\r\n\r\nLe  march\xc3\xa9\tporte\r\nsur des travaux.\r\n- un\r\n- deux\f\n\nPage deux\n";
	struct reading r = read_bytes(s, sizeof(s) - 1);
	cr_assert_eq(r.status, READER_OK);
	cr_assert_eq(r.doc->n_pages, 2);
	const struct doc_page *p = &r.doc->pages[0];
	cr_assert_str_eq(p->text, "ARTICLE 1 - OBJET\nLe marché porte\nsur des travaux.\n- un\n- deux\n");
	cr_assert_eq(p->n_blocks, 4);
	cr_assert(p->blocks[0].kind == DOC_HEADING && p->blocks[0].level == 1);
	cr_assert(p->blocks[1].kind == DOC_PARAGRAPH && p->blocks[1].n_lines == 2);
	cr_assert(p->blocks[2].kind == DOC_LIST_ITEM && p->blocks[3].kind == DOC_LIST_ITEM);
	cr_assert_str_eq(r.doc->pages[1].text, "Page deux\n");
	cr_assert(p->width == 0 && p->words[0].box.x1 == 0);
}

Test(text, headings_without_blank_lines)
{
	static const char s[] =
	    "## Consultation\n3.1 - Documents fournis\nLe dossier comprend tout.\n3.2 Un titre qui\nva plus loin\n";
	const struct doc_page *p = &read_bytes(s, sizeof(s) - 1).doc->pages[0];
	cr_assert_eq(p->n_blocks, 4);
	cr_assert(p->blocks[0].kind == DOC_HEADING && p->blocks[0].level == 2);
	cr_assert(p->blocks[1].kind == DOC_HEADING && p->blocks[1].level == 2 && p->blocks[1].n_lines == 1);
	cr_assert_eq(p->blocks[2].kind, DOC_PARAGRAPH);
	cr_assert(p->blocks[3].kind == DOC_HEADING && p->blocks[3].n_lines == 2);
}

Test(text, a_last_form_feed_makes_no_page)
{
	cr_assert_eq(read_bytes("a\f", 2).doc->n_pages, 1);
	cr_assert_eq(read_bytes("a\f\f", 3).doc->n_pages, 2);
	cr_assert_eq(read_bytes(" \n ", 3).doc->n_pages, 1);
}

Test(text, endless_words_and_lines_are_cut)
{
	size_t n = 1000000;
	char *s = mem_array(mem, char, n);
	memset(s, 'a', n);
	struct reading r = read_bytes(s, n);
	cr_assert_eq(r.status, READER_OK);
	for (size_t i = 1; i < n; i += 2)
		s[i] = ' ';
	r = read_bytes(s, n);
	cr_assert_eq(r.status, READER_OK);
	cr_assert_gt(r.doc->pages[0].n_lines, 1);
	memset(s, '\f', n);
	r = read_bytes(s, n);
	cr_assert_eq(r.status, READER_OK);
	cr_assert(r.doc->n_pages == LIMIT_PAGES && (r.doc->warnings & DOC_WARN_PAGE_LIMIT));
}

Test(text, bytes_of_something_else_are_refused)
{
	uint8_t s[4096];
	for (size_t i = 0; i < sizeof(s); i++)
		s[i] = (uint8_t)(i * 7);
	struct reading r = read_bytes(s, sizeof(s));
	cr_assert_eq(r.status, READER_UNREADABLE);
	cr_assert_str_eq(r.reason, "not_text");
}
