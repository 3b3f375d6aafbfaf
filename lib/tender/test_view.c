/* Folded text knows its place: quotes come from the page, and are checked against it. */
#include <criterion/criterion.h>
#include <string.h>
#include "test_model.h"
#include "tender_view.h"

static struct document *model(TALLOC_CTX *mem, const char *text)
{
	return test_model(mem, text, strlen(text));
}

Test(view, folds_accents_quotes_dots_and_bullets)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	const char *text = "• L’ŒUVRE  « Été » n° 3 – 5 € ☐ ☒ ......... 12";
	cr_expect_str_eq(view_fold(mem, text, strlen(text)), "* l'oeuvre \" ete \" no 3 - 5 eur [ ] [x] _ 12");
	talloc_free(mem);
}

Test(view, quotes_are_the_page_s_own_words)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct document *d = model(mem, "Première page\n\fDélai  de\nvalidité : 120\u00a0jours\n");
	struct view v;
	view_build(mem, d, VIEW_BODY, &v);
	const char *at = strstr(v.s, "delai");
	cr_assert_not_null(at);
	size_t from = (size_t)(at - v.s);
	struct evidence e;
	cr_assert(view_evidence(mem, &v, 4, from, from + strlen("delai de\nvalidite : 120 jours"), &e));
	cr_expect_eq(e.page, 2);
	cr_expect_eq(e.document, 4);
	cr_expect_str_eq(e.quote, "Délai de validité : 120 jours");
	cr_expect(tender_quote_stands(&d->pages[1], e.quote));
	cr_expect_not(tender_quote_stands(&d->pages[0], e.quote));
	talloc_free(mem);
}

Test(view, a_quote_that_does_not_stand_is_refused)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct document *d = model(mem, "Le délai de validité est de 120 jours.\n");
	cr_expect(tender_quote_stands(&d->pages[0], "validité  est\nde 120 jours"));
	cr_expect_not(tender_quote_stands(&d->pages[0], "validité est de 180 jours"));
	cr_expect_not(tender_quote_stands(&d->pages[0], ""));
	cr_expect_not(tender_quote_stands(&d->pages[0], NULL));
	talloc_free(mem);
}

Test(view, a_quote_is_found_before_and_behind_the_last_one)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct document *d = model(mem, "Le délai  est long.\nLe prix est bas.\n");
	const char *page = page_squeezed(mem, &d->pages[0]);
	size_t at = 0, first;
	cr_expect(quote_stands(page, "délai est", &at));
	first = at;
	cr_expect(quote_stands(page, "prix", &at));
	cr_expect_gt(at, first);
	cr_expect(quote_stands(page, "délai est", &at), "it stands before");
	cr_expect_eq(at, first);
	cr_expect_not(quote_stands(page, "délai bas", &at));
	cr_expect_not(quote_stands(page, " ", &at));
	talloc_free(mem);
}

Test(view, lines_of_contents_are_left_out_and_dotted_values_kept)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct document *d =
	    model(mem, "2.6 Délai de validité des offres ............ 4\nDate : 19 avril 2027 ..........\n");
	struct view v;
	view_build(mem, d, VIEW_BODY, &v);
	cr_expect_null(strstr(v.s, "validite"));
	cr_expect_not_null(strstr(v.s, "date : 19 avril 2027"));
	talloc_free(mem);
}

Test(view, running_headers_are_a_zone_of_their_own)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct document *d = model(mem, "Procédure : X25-1\n\nLe texte.\n");
	d->pages[0].blocks[0].kind = DOC_ARTIFACT;
	struct view body, margin;
	view_build(mem, d, VIEW_BODY, &body);
	view_build(mem, d, VIEW_MARGIN, &margin);
	cr_expect_null(strstr(body.s, "procedure"));
	cr_expect_not_null(strstr(body.s, "le texte"));
	cr_expect_not_null(strstr(margin.s, "procedure : x25-1"));
	cr_expect_null(strstr(margin.s, "le texte"));
	talloc_free(mem);
}

/* Evidence for the first place of `words` in the folded body. */
static struct evidence evidence_of(TALLOC_CTX *mem, const struct document *d, const char *words)
{
	struct view v;
	struct evidence e;
	view_build(mem, d, VIEW_BODY, &v);
	const char *at = strstr(v.s, words);
	if (!at) {
		view_build(mem, d, VIEW_MARGIN, &v);
		at = strstr(v.s, words);
	}
	cr_assert_not_null(at);
	size_t from = (size_t)(at - v.s);
	cr_assert(view_evidence(mem, &v, 0, from, from + strlen(words), &e));
	return e;
}

Test(view, a_text_document_tells_section_and_paragraph)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct document *d = model(mem, "Avant tout.\n\n3.1 Durée\n\nUn an.\n\nPied 12\n");
	d->pages[0].blocks[1].kind = DOC_HEADING;
	d->pages[0].blocks[1].level = 2;
	d->pages[0].blocks[3].kind = DOC_ARTIFACT;
	struct evidence e = evidence_of(mem, d, "un an");
	cr_assert(e.paged && e.paragraph == 0 && !e.section, "plain text has pages");
	cr_expect_str_eq(evidence_place(mem, &e), "page 1");
	d->format = DOC_FORMAT_DOCX;
	e = evidence_of(mem, d, "un an");
	cr_assert(!e.paged && e.paragraph == 3 && !e.sheet);
	cr_expect_str_eq(e.section, "3.1 Durée");
	cr_expect_str_eq(evidence_place(mem, &e), "§\u00a03.1");
	e = evidence_of(mem, d, "avant tout");
	cr_expect_null(e.section);
	cr_expect_str_eq(evidence_place(mem, &e), "paragraphe 1");
	e = evidence_of(mem, d, "pied 12");
	cr_expect_str_eq(evidence_place(mem, &e), "en-tête ou pied de page");
	e = (struct evidence){ .paragraph = 1 };
	e.section = (char[]){ "Nomenclature" };
	cr_expect_str_eq(evidence_place(mem, &e), "«\u00a0Nomenclature\u00a0»");
	e.section = (char[]){ "12bis Prix" };
	cr_expect_str_eq(evidence_place(mem, &e), "«\u00a012bis Prix\u00a0»");
	talloc_free(mem);
}

Test(view, a_workbook_tells_sheet_and_cell)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct document *d = model(mem, "[table]\nPoste | Prix\nServeur | 1500\n[/table]\n");
	d->format = DOC_FORMAT_XLSX;
	d->pages[0].label = mem_strdup(mem, "DPGF");
	struct evidence e = evidence_of(mem, d, "1500");
	cr_assert(!e.paged && e.paragraph == 0 && !e.section);
	cr_expect_str_eq(e.cell, "B2");
	cr_expect_str_eq(evidence_place(mem, &e), "feuille DPGF, B2");
	talloc_free(mem);
}
