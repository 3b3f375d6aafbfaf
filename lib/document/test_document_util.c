/* Places and texts of ranges: what evidence is made of. */
#include "document.h"

#include <criterion/criterion.h>
#include <string.h>

static struct doc_word words[] = { { 0, 4, { 10, 10, 30, 20 }, 11, 0 }, { 5, 3, { 35, 10, 50, 20 }, 11, 0 },
	{ 9, 3, { 10, 30, 28, 40 }, 11, 0 }, { 13, 2, { 10, 50, 20, 60 }, 11, 0 } };
static struct doc_line lines[] = { { 0, 8, 0, 2, { 10, 10, 50, 20 }, 0 }, { 9, 3, 2, 1, { 10, 30, 28, 40 }, 0 },
	{ 13, 2, 3, 1, { 10, 50, 20, 60 }, 1 } };
static struct doc_block blocks[] = { { DOC_PARAGRAPH, 0, 0, 2, 0, { 0, 0, 0, 0 } },
	{ DOC_TABLE, 0, 2, 1, 0, { 0, 0, 0, 0 } } };
static struct doc_cell cells[] = { { 0, 0, 1, 2, 2, 0, { 0, 0, 0, 0 } }, { 1, 0, 1, 1, 2, 1, { 0, 0, 0, 0 } } };
static struct doc_table tables[] = { { 2, 2, false, 2, cells, { 0, 0, 0, 0 } } };
static char text[] = "Date fin\n12h\nOK\n";
static struct doc_page page = { .text = text,
	.text_len = 16,
	.n_words = 4,
	.n_lines = 3,
	.n_blocks = 2,
	.n_tables = 1,
	.words = words,
	.lines = lines,
	.blocks = blocks,
	.tables = tables };

Test(util, sample_is_valid)
{
	cr_assert(doc_page_valid(&page));
}

Test(util, line_of_an_offset)
{
	cr_assert_eq(doc_line_at(&page, 0), 0);
	cr_assert_eq(doc_line_at(&page, 8), 0);
	cr_assert_eq(doc_line_at(&page, 9), 1);
	cr_assert_eq(doc_line_at(&page, 15), 2);
	cr_assert_eq(doc_line_at(&page, 16), 3);
}

Test(util, box_of_a_range)
{
	struct doc_box b = doc_range_box(&page, 5, 7);
	cr_assert(b.x0 == 10 && b.y0 == 10 && b.x1 == 50 && b.y1 == 40);
	b = doc_range_box(&page, 1, 1);
	cr_assert(b.x0 == 10 && b.x1 == 30);
	b = doc_range_box(&page, 4, 1); /* only a blank */
	cr_assert(b.x0 == 0 && b.x1 == 0);
	b = doc_range_box(&page, 99, 5);
	cr_assert(b.x1 == 0);
}

Test(util, box_of_each_line)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct doc_box *b;
	cr_assert_eq(doc_range_boxes(mem, &page, 5, UINT32_MAX, &b), 3);
	cr_assert(b[0].x0 == 35 && b[0].x1 == 50 && b[1].y0 == 30 && b[2].y0 == 50);
	cr_assert_eq(doc_range_boxes(mem, &page, 8, 1, &b), 0);
	cr_assert_eq(doc_range_boxes(mem, &page, 99, 1, &b), 0);
	talloc_free(mem);
}

Test(util, text_of_lines)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	cr_assert_str_eq(doc_lines_text(mem, &page, 0, 2), "Date fin 12h");
	cr_assert_str_eq(doc_lines_text(mem, &page, 0, 0), "");
	talloc_free(mem);
}

Test(util, cells)
{
	const struct doc_cell *c;
	cr_assert_null(doc_table_at(&page, 0, &c));
	cr_assert_null(c);
	cr_assert_eq(doc_table_at(&page, 2, &c), &tables[0]);
	cr_assert_eq(c, &cells[1]);
	cr_assert_eq(doc_table_at(&page, 2, NULL), &tables[0]);
	cr_assert_eq(doc_cell_at(&tables[0], 0, 1), &cells[0]);
	cr_assert_null(doc_cell_at(&tables[0], 1, 1));
}

Test(util, words_of_warnings)
{
	cr_assert_str_eq(doc_warning_id(DOC_WARN_TRUNCATED), "truncated");
	cr_assert_str_eq(doc_warning_id(DOC_WARN_PAGE_FAILED), "page_failed");
	cr_assert_str_eq(doc_warning_id(DOC_WARN_HIDDEN), "hidden_content");
	cr_assert_null(doc_warning_id((enum doc_warning)32));
}

/* "Titre" without level, "1 Objet" of level 1, "Texte", a table of "a" and "b", a footer, "Fin". */
static struct doc_line p_lines[] = { { .start = 0, .len = 5, .block = 0 }, { .start = 6, .len = 7, .block = 1 },
	{ .start = 14, .len = 5, .block = 2 }, { .start = 20, .len = 1, .block = 3 },
	{ .start = 22, .len = 1, .block = 3 }, { .start = 24, .len = 4, .block = 4 },
	{ .start = 29, .len = 3, .block = 5 } };
static struct doc_block p_blocks[] = { { DOC_HEADING, 0, 0, 1, 0, { 0 } }, { DOC_HEADING, 1, 1, 1, 0, { 0 } },
	{ DOC_PARAGRAPH, 0, 2, 1, 0, { 0 } }, { DOC_TABLE, 0, 3, 2, 0, { 0 } }, { DOC_ARTIFACT, 0, 5, 1, 0, { 0 } },
	{ DOC_PARAGRAPH, 0, 6, 1, 0, { 0 } } };
static struct doc_page pageless = { .text = (char[]){ "Titre\n1 Objet\nTexte\na\nb\nPied\nFin\n" },
	.text_len = 33,
	.n_lines = ARRAY_LEN(p_lines),
	.lines = p_lines,
	.n_blocks = ARRAY_LEN(p_blocks),
	.blocks = p_blocks };

Test(util, section_above_a_line)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	cr_assert_null(doc_section_at(mem, &pageless, 0), "a title without level heads no section");
	cr_assert_str_eq(doc_section_at(mem, &pageless, 1), "1 Objet");
	cr_assert_str_eq(doc_section_at(mem, &pageless, 4), "1 Objet");
	cr_assert_null(doc_section_at(mem, &pageless, 99));
	talloc_free(mem);
}

Test(util, number_of_a_paragraph)
{
	cr_assert_eq(doc_paragraph_index(&pageless, 0), 1);
	cr_assert_eq(doc_paragraph_index(&pageless, 2), 3);
	cr_assert_eq(doc_paragraph_index(&pageless, 4), 5);
	cr_assert_eq(doc_paragraph_index(&pageless, 5), 0, "a footer is no paragraph");
	cr_assert_eq(doc_paragraph_index(&pageless, 6), 6);
	cr_assert_eq(doc_paragraph_index(&pageless, 99), 0);
}

Test(util, names_of_cells)
{
	char name[DOC_CELL_NAME_MAX];
	doc_cell_name(0, 0, name);
	cr_assert_str_eq(name, "A1");
	doc_cell_name(11, 1, name);
	cr_assert_str_eq(name, "B12");
	doc_cell_name(0, 26, name);
	cr_assert_str_eq(name, "AA1");
	doc_cell_name(1048575, 16383, name);
	cr_assert_str_eq(name, "XFD1048576");
}

Test(util, formats_with_pages)
{
	for (int f = 0; f < DOC_FORMAT__COUNT; f++)
		cr_assert_not_null(doc_format_mime((enum doc_format)f));
	cr_assert(doc_is_paged(&(struct document){ .format = DOC_FORMAT_PDF }));
	cr_assert_not(doc_is_paged(&(struct document){ .format = DOC_FORMAT_DOCX }));
	cr_assert_not(doc_is_paged(&(struct document){ .format = DOC_FORMAT_XLSX }));
}
