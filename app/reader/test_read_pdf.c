/* What is read from PDFs of known content. The engine runs here without the cage, in criterion's own child. */
#include "reading.h"
#include "test_pdf.h"

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

TestSuite(pdf, .init = up, .fini = down, .timeout = 60);

static struct reading read_all(struct test_pdf *p)
{
	struct reading r = { 0 };
	test_pdf_end(p);
	read_pdf(mem, (const uint8_t *)p->out.data, p->out.len, &r);
	for (uint32_t i = 0; r.status == READER_OK && i < r.doc->n_pages; i++)
		cr_assert(doc_page_valid(&r.doc->pages[i]), "page %u", i + 1);
	return r;
}

static struct document *read_pages(const char *const *contents, unsigned n)
{
	struct test_pdf p;
	test_pdf_pages(&p, mem, contents, n);
	struct reading r = read_all(&p);
	cr_assert_eq(r.status, READER_OK, "%s", r.reason);
	return r.doc;
}

static struct doc_page *read_page(const char *content)
{
	return &read_pages(&content, 1)->pages[0];
}

static const char *block_text(const struct doc_page *p, uint32_t i)
{
	return doc_lines_text(mem, p, p->blocks[i].first_line, p->blocks[i].n_lines);
}

static const char *cell_text(const struct doc_page *p, const struct doc_table *t, uint32_t row, uint32_t col)
{
	const struct doc_cell *c = doc_cell_at(t, row, col);
	return c ? doc_lines_text(mem, p, c->first_line, c->n_lines) : NULL;
}

Test(pdf, words_have_places_sizes_and_styles)
{
	struct doc_page *p = read_page("BT /F1 12 Tf 100 700 Td (Date limite :) Tj /F2 14 Tf 80 0 Td (12h00) Tj ET");
	cr_assert_str_eq(p->text, "Date limite : 12h00\n");
	cr_assert_eq(p->n_words, 4);
	cr_assert_float_eq(p->words[0].box.x0, 100, 0.5);
	cr_assert(p->words[0].box.y0 < 142 && p->words[0].box.y1 > 142, "y downwards from the top");
	cr_assert_float_eq(p->words[3].size, 14, 0.01);
	cr_assert(p->words[3].style == DOC_BOLD && p->words[0].style == 0);
	cr_assert(p->width == 595 && p->height == 842);
}

Test(pdf, a_line_is_what_stands_on_one_baseline)
{
	/* Number, title and a raised "er" come as separate texts, the last first. */
	struct doc_page *p =
	    read_page("BT /F1 7 Tf 1 0 0 1 147 704 Tm (er) Tj ET BT /F1 11 Tf 1 0 0 1 140 700 Tm (1) Tj ET "
		      "BT /F1 11 Tf 1 0 0 1 72 700 Tm (Avant le) Tj ET");
	cr_assert_str_eq(p->text, "Avant le 1er\n");
}

Test(pdf, characters_are_cleaned)
{
	struct doc_page *p = read_page("BT /F1 11 Tf 72 700 Td (500\240000\240\200 l\222offre) Tj 0 -14 Td (ci-) Tj "
				       "0 -14 Td (dessus) Tj ET");
	cr_assert_str_eq(p->text, "500 000 € l’offre\nci-\ndessus\n");
}

Test(pdf, bold_printed_twice_is_read_once)
{
	struct doc_page *p = read_page("BT /F1 11 Tf 72 700 Td (Objet) Tj ET BT /F1 11 Tf 72.3 700 Td (Objet) Tj ET "
				       "BT 2 Tr /F1 11 Tf 72 650 Td (Lots) Tj ET");
	cr_assert_str_eq(p->text, "Objet\nLots\n");
}

/* Two columns, three rows; borders of the kind asked for. */
static const char *table_content(const char *borders)
{
	return mem_printf(mem,
	    "%s BT /F1 10 Tf 80 690 Td (Crit\350re) Tj 200 0 Td (Poids) Tj ET BT /F1 10 Tf 80 660 Td (Prix) Tj 200 0 "
	    "Td (60 %%) Tj ET "
	    "BT /F1 10 Tf 80 630 Td (Valeur) Tj 0 -11 Td (technique) Tj 200 6 Td (40 %%) Tj ET "
	    "BT /F1 10 Tf 72 560 Td (Apr\350s le tableau.) Tj ET",
	    borders);
}

static void check_table(const struct doc_page *p)
{
	cr_assert_eq(p->n_tables, 1);
	const struct doc_table *t = &p->tables[0];
	cr_assert(t->rows == 3 && t->cols == 2, "%u x %u", t->rows, t->cols);
	cr_assert_str_eq(cell_text(p, t, 0, 0), "Critère");
	cr_assert_str_eq(cell_text(p, t, 1, 1), "60 %");
	cr_assert_str_eq(cell_text(p, t, 2, 0), "Valeur technique");
	cr_assert_str_eq(cell_text(p, t, 2, 1), "40 %");
	cr_assert_eq(p->n_blocks, 2);
	cr_assert_str_eq(block_text(p, 1), "Après le tableau.");
}

Test(pdf, table_of_strokes)
{
	check_table(
	    read_page(table_content("72 702 m 400 702 l 72 675 m 400 675 l 72 645 m 400 645 l 72 605 m 400 605 l "
				    "72 605 m 72 702 l 250 605 m 250 702 l 400 605 m 400 702 l S")));
}

Test(pdf, table_of_thin_rectangles)
{
	check_table(
	    read_page(table_content("72 702 328 .5 re f 72 675 328 .5 re f 72 645 328 .5 re f 72 605 328 .5 re f "
				    "72 605 .5 97 re f 250 605 .5 97 re f 400 605 .5 97 re f")));
}

Test(pdf, table_of_short_pieces_with_an_underlined_word)
{
	struct buf b;
	buf_init(&b, mem, 100000);
	static const int ys[] = { 702, 675, 645, 605 }, xs[] = { 72, 250, 400 };
	for (int i = 0; i < 4; i++)
		for (int x = 72; x < 400; x += 8)
			buf_printf(&b, "%d %d 8 .5 re f ", x, ys[i]);
	for (int i = 0; i < 3; i++)
		for (int y = 605; y < 702; y += 10)
			buf_printf(&b, "%d %d .5 %d re f ", xs[i], y, y + 10 > 702 ? 702 - y : 10);
	buf_str(&b, "80 658.5 18.3 .6 re f "); /* under "Prix" */
	check_table(read_page(table_content(b.data)));
}

Test(pdf, a_frame_is_no_table)
{
	struct doc_page *p = read_page("72 600 300 100 re S BT /F1 10 Tf 80 690 Td (Dans un cadre) Tj ET");
	cr_assert_eq(p->n_tables, 0);
	cr_assert_str_eq(p->text, "Dans un cadre\n");
}

Test(pdf, columns_told_by_white_space_only)
{
	check_table(
	    read_page(table_content("72 702 m 400 702 l 72 675 m 400 675 l 72 645 m 400 645 l 72 605 m 400 605 l "
				    "72 605 m 72 702 l 400 605 m 400 702 l S")));
	/* Boxed paragraphs with bullets stay one column. */
	struct doc_page *p = read_page(
	    "72 700 m 372 700 l 72 670 m 372 670 l 72 640 m 372 640 l 72 640 m 72 700 l 372 640 m 372 700 l S "
	    "BT /F1 10 Tf 80 685 Td (-) Tj 20 0 Td (premier point) Tj -20 -30 Td (-) Tj 20 0 Td (second) Tj ET");
	cr_assert(p->n_tables == 1 && p->tables[0].cols == 1);
}

Test(pdf, merged_cells_span)
{
	struct doc_page *p = read_page(
	    "72 700 m 372 700 l 172 670 m 372 670 l 72 640 m 372 640 l 72 640 m 72 700 l "
	    "172 640 m 172 700 l 272 640 m 272 670 l 372 640 m 372 700 l S "
	    "BT /F1 10 Tf 80 665 Td (Lot) Tj 100 15 Td (Note sur) Tj 0 -30 Td (prix) Tj 100 0 Td (valeur) Tj ET");
	cr_assert_eq(p->n_tables, 1);
	const struct doc_cell *lot = doc_cell_at(&p->tables[0], 0, 0), *note = doc_cell_at(&p->tables[0], 0, 1);
	cr_assert(lot->row_span == 2 && lot->col_span == 1);
	cr_assert(note->row_span == 1 && note->col_span == 2);
	cr_assert_str_eq(cell_text(p, &p->tables[0], 1, 2), "valeur");
}

Test(pdf, a_table_goes_on_over_the_page)
{
	const char *pages[2];
	for (int i = 0; i < 2; i++)
		pages[i] = mem_printf(mem,
		    "72 %d m 400 %d l 72 %d m 400 %d l 72 %d m 400 %d l 72 %d m 72 %d l 250 %d m 250 %d l 400 %d m 400 "
		    "%d l S "
		    "BT /F1 10 Tf 80 %d Td (a) Tj 200 0 Td (b) Tj -200 -30 Td (c) Tj 200 0 Td (d) Tj ET",
		    i ? 780 : 110, i ? 780 : 110, i ? 750 : 80, i ? 750 : 80, i ? 720 : 50, i ? 720 : 50, i ? 720 : 50,
		    i ? 780 : 110, i ? 720 : 50, i ? 780 : 110, i ? 720 : 50, i ? 780 : 110, i ? 760 : 90);
	struct document *d = read_pages(pages, 2);
	cr_assert(d->pages[0].n_tables == 1 && !d->pages[0].tables[0].continues);
	cr_assert(d->pages[1].n_tables == 1 && d->pages[1].tables[0].continues);
}

Test(pdf, headings_lists_and_paragraphs_by_look)
{
	struct doc_page *p = read_page("BT /F2 14 Tf 72 780 Td (ARTICLE 2 - OBJET) Tj /F1 11 Tf 0 -20 Td (Le march\351 "
				       "porte sur des travaux qui seront ex\351cut\351s) Tj "
				       "0 -13 Td (en 2025.1 par l'entreprise retenue apr\350s consultation du "
				       "march\351.) Tj /F2 11 Tf 0 -26 Td (2.1 Lots) Tj "
				       "/F1 11 Tf 0 -20 Td (- le premier lot comprend la couverture et toutes les "
				       "reprises) Tj 0 -13 Td (utiles ;) Tj "
				       "0 -13 Td (- le second.) Tj ET");
	cr_assert_eq(p->n_blocks, 5);
	cr_assert(p->blocks[0].kind == DOC_HEADING && p->blocks[0].level == 1);
	cr_assert(p->blocks[1].kind == DOC_PARAGRAPH && p->blocks[1].n_lines == 2);
	cr_assert(p->blocks[2].kind == DOC_HEADING && p->blocks[2].level == 2);
	cr_assert(p->blocks[3].kind == DOC_LIST_ITEM && p->blocks[3].n_lines == 2);
	cr_assert(p->blocks[4].kind == DOC_LIST_ITEM && p->blocks[4].n_lines == 1);
}

Test(pdf, lines_of_most_pages_are_running_ones)
{
	const char *pages[5];
	for (int i = 0; i < 5; i++)
		pages[i] = mem_printf(mem,
		    "BT /F1 8 Tf 72 810 Td (Consultation 2025-07) Tj /F1 11 Tf 0 -300 Td (Corps de la page %d, "
		    "propre.) "
		    "Tj "
		    "/F1 8 Tf 0 -480 Td (Page %d sur 5) Tj ET",
		    i, i + 1);
	struct document *d = read_pages(pages, 5);
	for (int i = 0; i < 5; i++) {
		cr_assert_eq(d->pages[i].n_blocks, 3);
		cr_assert_eq(d->pages[i].blocks[0].kind, DOC_ARTIFACT);
		cr_assert_eq(d->pages[i].blocks[1].kind, DOC_PARAGRAPH);
		cr_assert_eq(d->pages[i].blocks[2].kind, DOC_ARTIFACT);
	}
}

Test(pdf, contents_by_their_leaders)
{
	struct doc_page *p =
	    read_page("BT /F1 11 Tf 72 700 Td (1. Objet .......... 3) Tj 0 -14 Td (2. Lots .......... 4) Tj "
		      "0 -14 Td (3. Prix .......... 12) Tj ET");
	cr_assert(p->toc);
	cr_assert_eq(p->n_blocks, 3);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(p->blocks[i].kind, DOC_TOC);
	p = read_page("BT /F1 11 Tf 72 700 Td (Nom : .......... 3) Tj 0 -30 Td (Une page ordinaire.) Tj ET");
	cr_assert(!p->toc && p->blocks[0].kind == DOC_PARAGRAPH);
}

/* A page with structure: marks stand inside one text object, items out of order, a table with a spanning cell. */
static struct reading read_tagged(const char *roles)
{
	static const char content[] =
	    "BT /Artifact BMC /F1 8 Tf 72 820 Td (En-t\352te) Tj EMC /H << /MCID 0 >> BDC /F1 11 Tf 0 -40 Td (1 Objet) "
	    "Tj EMC "
	    "/P << /MCID 1 >> BDC 0 -20 Td (Texte du premier) Tj 0 -14 Td (paragraphe.) Tj EMC "
	    "/TD << /MCID 2 >> BDC 0 -20 Td (Total) Tj EMC /TD << /MCID 3 >> BDC 0 -20 Td (Prix) Tj EMC "
	    "/TD << /MCID 4 >> BDC 200 0 Td (60) Tj EMC ET";
	struct test_pdf p;
	test_pdf_init(&p, mem);
	test_pdf_object(&p, "<< /Type /Catalog /Pages 2 0 R /MarkInfo << /Marked true >> /StructTreeRoot 6 0 R >>");
	test_pdf_object(&p, "<< /Type /Pages /Count 1 /Kids [4 0 R] >>");
	test_pdf_object(&p, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>");
	test_pdf_object(&p, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources << /Font "
			    "<< /F1 3 0 R >> >> >>");
	test_pdf_stream(&p, "", content, strlen(content));
	test_pdf_object(
	    &p, mem_printf(mem, "<< /Type /StructTreeRoot /K 7 0 R /RoleMap << /Titre1 /H1 %s >> >>", roles));
	test_pdf_object(
	    &p, "<< /S /Document /P 6 0 R /Pg 4 0 R /K [ << /S /Titre1 /K 0 >> << /S /P /K [1] >> 8 0 R ] >>");
	test_pdf_object(&p, "<< /S /Table /Pg 4 0 R /K [ << /S /TR /K << /S /TH /A << /O /Table /ColSpan 2 >> /K << "
			    "/Type /MCR /MCID 2 >> >> >> "
			    "<< /S /TR /K [ << /S /TD /K [3] >> << /S /TD /K << /S /P /K 4 >> >> ] >> ] >>");
	return read_all(&p);
}

Test(pdf, structure_tags_are_believed)
{
	struct reading r = read_tagged("");
	cr_assert_eq(r.status, READER_OK);
	cr_assert(r.doc->tagged);
	const struct doc_page *p = &r.doc->pages[0];
	cr_assert_str_eq(p->text, "En-tête\n1 Objet\nTexte du premier\nparagraphe.\nTotal\nPrix\n60\n");
	cr_assert_eq(p->n_blocks, 4);
	cr_assert_eq(p->blocks[0].kind, DOC_ARTIFACT);
	cr_assert(p->blocks[1].kind == DOC_HEADING && p->blocks[1].level == 1);
	cr_assert(p->blocks[2].kind == DOC_PARAGRAPH && p->blocks[2].n_lines == 2);
	cr_assert_eq(p->blocks[3].kind, DOC_TABLE);
	cr_assert(p->tables[0].rows == 2 && p->tables[0].cols == 2);
	cr_assert_eq(p->tables[0].cells[0].col_span, 2);
	cr_assert_str_eq(cell_text(p, &p->tables[0], 1, 1), "60");
}

Test(pdf, a_table_that_is_drawn_but_not_tagged)
{
	struct test_pdf p;
	const char *content = mem_printf(mem, "/P << /MCID 0 >> BDC %s EMC",
	    table_content("72 702 m 400 702 l 72 675 m 400 675 l 72 645 m 400 645 l 72 605 m 400 605 l "
			  "72 605 m 72 702 l 250 605 m 250 702 l 400 605 m 400 702 l S"));
	test_pdf_init(&p, mem);
	test_pdf_object(&p, "<< /Type /Catalog /Pages 2 0 R /StructTreeRoot 6 0 R >>");
	test_pdf_object(&p, "<< /Type /Pages /Count 1 /Kids [4 0 R] >>");
	test_pdf_object(&p, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>");
	test_pdf_object(&p, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R "
			    "/Resources << /Font << /F1 3 0 R >> >> >>");
	test_pdf_stream(&p, "", content, strlen(content));
	test_pdf_object(&p, "<< /Type /StructTreeRoot /K << /S /P /Pg 4 0 R /K 0 >> >>");
	struct reading r = read_all(&p);
	cr_assert_eq(r.status, READER_OK);
	cr_assert(r.doc->tagged);
	check_table(&r.doc->pages[0]);
}

Test(pdf, role_map_may_run_in_circles)
{
	struct reading r = read_tagged("/Titre1 /Titre2 /Titre2 /Titre1");
	cr_assert_eq(r.status, READER_OK);
	cr_assert_eq(r.doc->pages[0].blocks[1].kind, DOC_PARAGRAPH);
}

Test(pdf, structure_tree_may_run_in_circles)
{
	struct test_pdf p;
	static const char content[] = "BT /F1 11 Tf 72 700 Td (Texte) Tj ET";
	test_pdf_init(&p, mem);
	test_pdf_object(&p, "<< /Type /Catalog /Pages 2 0 R /StructTreeRoot 6 0 R >>");
	test_pdf_object(&p, "<< /Type /Pages /Count 1 /Kids [4 0 R] >>");
	test_pdf_object(&p, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
	test_pdf_object(&p, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources << /Font "
			    "<< /F1 3 0 R >> >> >>");
	test_pdf_stream(&p, "", content, strlen(content));
	test_pdf_object(&p, "<< /Type /StructTreeRoot /K [7 0 R 7 0 R] >>");
	test_pdf_object(&p, "<< /S /Sect /Pg 4 0 R /K [0 7 0 R 7 0 R] >>");
	struct reading r = read_all(&p);
	cr_assert_eq(r.status, READER_OK);
	cr_assert_str_eq(r.doc->pages[0].text, "Texte\n");
}

Test(pdf, a_rotated_page_is_read_as_displayed)
{
	struct test_pdf p;
	static const char content[] = "BT /F1 11 Tf 0 1 -1 0 100 72 Tm (Paysage) Tj ET";
	test_pdf_init(&p, mem);
	test_pdf_object(&p, "<< /Type /Catalog /Pages 2 0 R >>");
	test_pdf_object(&p, "<< /Type /Pages /Count 1 /Kids [4 0 R] >>");
	test_pdf_object(&p, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
	test_pdf_object(&p, "<< /Type /Page /Parent 2 0 R /Rotate 90 /MediaBox [0 0 595 842] /Contents 5 0 R "
			    "/Resources << /Font << /F1 3 0 R >> >> >>");
	test_pdf_stream(&p, "", content, strlen(content));
	struct reading r = read_all(&p);
	cr_assert_eq(r.status, READER_OK);
	const struct doc_page *page = &r.doc->pages[0];
	cr_assert(page->width == 842 && page->height == 595);
	cr_assert_str_eq(page->text, "Paysage\n");
	cr_assert(page->words[0].box.x1 - page->words[0].box.x0 > 30 && page->words[0].box.x0 > 70);
}

Test(pdf, a_picture_without_text_is_unreadable_and_a_blank_page_is_not)
{
	const char *pages[] = { "q 500 0 0 700 40 40 cm BI /W 1 /H 1 /CS /G /BPC 8 ID x EI Q", "" };
	struct document *d = read_pages(pages, 2);
	cr_assert(d->pages[0].unreadable && !d->pages[1].unreadable);
	cr_assert(d->warnings & DOC_WARN_NO_TEXT);
	cr_assert_eq(d->pages[1].n_lines, 0);
}

Test(pdf, a_damaged_file_is_repaired_and_said_so)
{
	struct test_pdf p;
	const char *content = "BT /F1 11 Tf 72 700 Td (Sauvable) Tj ET";
	struct reading r = { 0 };
	test_pdf_pages(&p, mem, &content, 1);
	read_pdf(mem, (const uint8_t *)p.out.data, p.out.len, &r); /* neither table nor trailer */
	cr_assert_eq(r.status, READER_OK);
	cr_assert(r.doc->warnings & DOC_WARN_TRUNCATED);
	cr_assert_str_eq(r.doc->pages[0].text, "Sauvable\n");
	cr_assert(!(read_pages(&content, 1)->warnings & DOC_WARN_TRUNCATED));
}

static struct reading read_bytes(const char *s, size_t n)
{
	struct reading r = { 0 };
	read_pdf(mem, (const uint8_t *)s, n, &r);
	return r;
}

Test(pdf, what_is_no_pdf_is_refused)
{
	struct reading r = read_bytes("Bonjour, ceci est du texte.", 27);
	cr_assert_eq(r.status, READER_UNREADABLE);
	cr_assert_str_eq(r.reason, "not_pdf");
	r = read_bytes("%PDF-1.7\n", 9);
	cr_assert_eq(r.status, READER_UNREADABLE);
}

Test(pdf, a_page_tree_in_circles_is_refused)
{
	struct test_pdf p;
	test_pdf_init(&p, mem);
	test_pdf_object(&p, "<< /Type /Catalog /Pages 2 0 R >>");
	test_pdf_object(&p, "<< /Type /Pages /Count 7 /Kids [3 0 R] >>");
	test_pdf_object(&p, "<< /Type /Pages /Count 7 /Parent 2 0 R /Kids [2 0 R] >>");
	cr_assert_eq(read_all(&p).status, READER_UNREADABLE);
}

Test(pdf, a_count_that_lies_ends_with_the_file)
{
	struct test_pdf p;
	const char *content = "BT /F1 11 Tf 72 700 Td (Seule) Tj ET";
	test_pdf_pages(&p, mem, &content, 1);
	char *count = strstr(p.out.data, "/Count 1 ");
	cr_assert(count);
	memcpy(count, "/Count 99", 9);
	struct reading r = read_all(&p);
	cr_assert_eq(r.status, READER_OK);
	cr_assert_eq(r.doc->n_pages, 1);
}

Test(pdf, a_bomb_of_text_is_refused)
{
	struct buf b;
	buf_init(&b, mem, (size_t)16 << 20);
	for (int i = 0; i < 30000; i++)
		buf_str(&b, "BT /F1 1 Tf 72 700 Td (aaaaaaaaaa) Tj ET ");
	const char *pages[2] = { b.data, "BT /F1 11 Tf 72 700 Td (Lisible) Tj ET" };
	struct test_pdf p;
	test_pdf_pages(&p, mem, pages, 1);
	struct reading r = read_all(&p);
	cr_assert_eq(r.status, READER_TOO_BIG);
	cr_assert_str_eq(r.reason, "page");
	/* Beside a good page only the bad one is left out. */
	struct document *d = read_pages(pages, 2);
	cr_assert(d->warnings & DOC_WARN_PAGE_FAILED);
	cr_assert(d->pages[0].n_lines == 0 && d->pages[1].n_lines == 1);
}

Test(pdf, a_password_is_asked_for)
{
	struct test_pdf p;
	const char *content = "BT /F1 11 Tf 72 700 Td (Secret) Tj ET";
	test_pdf_pages(&p, mem, &content, 1);
	test_pdf_object(&p, "<< /Filter /Standard /V 1 /R 2 /P -4 /O (0123456789abcdef0123456789abcdef) "
			    "/U (fedcba9876543210fedcba9876543210) >>");
	p.trailer = "/Encrypt 7 0 R /ID [(0123456789abcdef) (0123456789abcdef)]";
	cr_assert_eq(read_all(&p).status, READER_ENCRYPTED);
}
