/* Workbooks made by hand: cells as a French spreadsheet shows them, each at its place; formulas that were saved without
 * a value; what is hostile is refused for its own reason. */
#include "ooxml.h"
#include "test_zip.h"

#include <criterion/criterion.h>
#include <string.h>

#define S "xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'"
#define R "xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships'"
#define DATA(rows) "<sheetData>" rows "</sheetData>"
#define ROW(n, cells) "<row r='" #n "'>" cells "</row>"
#define NUM(ref, v) "<c r='" ref "'><v>" v "</v></c>"
#define STR(ref, v) "<c r='" ref "' t='inlineStr'><is><t>" v "</t></is></c>"
#define FORMULA(ref, f) "<c r='" ref "'><f>" f "</f></c>"

static TALLOC_CTX *mem;
static struct reading r;

static void up(void)
{
	mem = mem_new("test", 0);
	memset(&r, 0, sizeof(r));
	read_office_prepare();
}

static void down(void)
{
	talloc_free(mem);
}

TestSuite(xlsx, .init = up, .fini = down, .timeout = 60);

static const struct document *document_of(struct bytes b)
{
	memset(&r, 0, sizeof(r));
	read_xlsx(mem, b.p, b.n, &r);
	cr_assert_eq(r.status, READER_OK, "%s", r.reason);
	for (uint32_t i = 0; i < r.doc->n_pages; i++)
		cr_assert(doc_page_valid(&r.doc->pages[i]));
	return r.doc;
}

static const char *text_of(const char *sheet)
{
	return document_of(test_xlsx(mem, sheet, NULL))->pages[0].text;
}

static void refused(struct bytes b, enum reader_status status, const char *reason)
{
	memset(&r, 0, sizeof(r));
	read_xlsx(mem, b.p, b.n, &r);
	cr_assert_eq(r.status, status, "%d %s", (int)r.status, r.reason);
	cr_assert_str_eq(r.reason, reason);
}

Test(xlsx, cells_stand_at_their_places)
{
	const struct doc_page *p = &document_of(test_xlsx(mem,
						    DATA(ROW(1, STR("A1", "Poste") STR("C1", "Prix&#10;en euros"))
							    ROW(12, "<c r='A12' s='3'/>" NUM("B12", "12.5"))),
						    NULL))
					->pages[0];
	char name[DOC_CELL_NAME_MAX];
	const struct doc_cell *c;
	cr_assert_str_eq(p->label, "Prix");
	cr_assert_str_eq(p->text, "Poste\nPrix\nen euros\n12,5\n");
	cr_assert(p->n_tables == 1 && p->tables[0].rows == 12 && p->tables[0].cols == 3 && p->tables[0].n_cells == 3);
	cr_assert_not_null(doc_table_at(p, 3, &c));
	doc_cell_name(c->row, c->col, name);
	cr_assert_str_eq(name, "B12");
	cr_assert_not(doc_is_paged(r.doc));
}

Test(xlsx, strings_shared_and_rich)
{
	cr_assert_str_eq(
	    document_of(
		test_xlsx(mem,
		    DATA(
			ROW(1, "<c r='A1' t='s'><v>1</v></c><c r='B1' t='s'><v>0</v></c><c r='C1' t='s'><v>9</v></c>"
			       "<c t='str'><f>A1</f><v>calculé</v></c><c t='b'><v>1</v></c><c t='e'><v>#REF!</v></c>")),
		    "xl/sharedStrings.xml",
		    "<sst " S "><si><t>un</t></si><si><r><t>de</t></r><r><rPr><b/></rPr><t>ux</t></r><rPh><t>x</t></"
		    "rPh></si></sst>",
		    NULL))
		->pages[0]
		.text,
	    "deux\nun\ncalculé\nVRAI\n#REF!\n");
}

Test(xlsx, numbers_are_shown_by_their_format)
{
	static const struct {
		const char *code, *value, *shown;
	} cases[] = { { "General", "0.30000000000000004", "0,3" }, { "General", "-1250", "-1250" },
		{ "#,##0", "1234567", "1 234 567" }, { "#,##0.00\\ &quot;€&quot;", "1234.5", "1 234,50 €" },
		{ "#,##0.00 [$€-40C]", "-3", "-3,00 €" }, { "0.00%", "0.205", "20,50 %" }, { "0.##", "2.5", "2,5" },
		{ "0.##", "2", "2" }, { "dd/mm/yyyy", "45766", "19/04/2025" }, { "d mmmm yyyy", "1", "01/01/1900" },
		{ "dd/mm/yyyy hh:mm", "45766.625", "19/04/2025 15:00" }, { "h:mm", "0.5", "12:00" },
		{ "[h]:mm", "1.5", "36:00" }, { "mmm-yy", "45766", "04/2025" }, { "&quot;Lot &quot;0", "3", "Lot 3" },
		{ "@", "7", "7" },
		{ "_-* #,##0.00\\ &quot;€&quot;_-;\\-* #,##0.00\\ &quot;€&quot;_-;_-* &quot;-&quot;??\\ "
		  "&quot;€&quot;_-;_-@_-",
		    "0", "- €" },
		{ "0;(0)", "-4", "(4)" }, { "dd/mm/yyyy", "-5", "-5" } };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *styles = mem_printf(mem,
		    "<styleSheet " S
		    "><numFmts><numFmt numFmtId='170' formatCode='%s'/></numFmts><cellXfs><xf numFmtId='0'/>"
		    "<xf numFmtId='170'/></cellXfs><cellStyles/></styleSheet>",
		    cases[i].code);
		const char *data = mem_printf(mem, DATA(ROW(1, "<c r='A1' s='1'><v>%s</v></c>")), cases[i].value);
		cr_expect_str_eq(document_of(test_xlsx(mem, data, "xl/styles.xml", styles, NULL))->pages[0].text,
		    mem_printf(mem, "%s\n", cases[i].shown), "%s", cases[i].code);
	}
}

Test(xlsx, dates_of_both_calendars)
{
	static const char styles[] = "<styleSheet " S "><cellXfs><xf numFmtId='14'/></cellXfs></styleSheet>";
	static const char book[] =
	    "<workbook " S " " R "><workbookPr date1904='1'/><sheets><sheet name='P' r:id='r1'/></sheets></workbook>";
	cr_assert_str_eq(
	    document_of(test_xlsx(mem, DATA(ROW(1, NUM("A1", "61") NUM("B1", "59"))), "xl/styles.xml", styles, NULL))
		->pages[0]
		.text,
	    "01/03/1900\n28/02/1900\n");
	cr_assert_str_eq(document_of(test_xlsx(mem, DATA(ROW(1, NUM("A1", "0"))), "xl/styles.xml", styles,
					 "xl/workbook.xml", book, NULL))
			     ->pages[0]
			     .text,
	    "01/01/1904\n");
}

Test(xlsx, merged_cells_are_one)
{
	const struct doc_page *p = &document_of(
	    test_xlsx(mem,
		DATA(ROW(2, STR("B2", "titre") STR("C2", "couvert")) ROW(
		    3, STR("C3", "couvert") STR("D3", "libre"))) "<mergeCells><mergeCell ref='B2:C3'/><mergeCell "
								 "ref='C3:D9'/><mergeCell ref='faux'/></mergeCells>",
		NULL))
					->pages[0];
	cr_assert_str_eq(p->text, "titre\nlibre\n");
	cr_assert(p->tables[0].cells[0].row_span == 2 && p->tables[0].cells[0].col_span == 2);
}

Test(xlsx, what_is_hidden_is_left_out_and_told)
{
	static const char book[] = "<workbook " S " " R "><sheets><sheet name='Calculs' state='hidden' r:id='r2'/>"
				   "<sheet name='Prix' r:id='r1'/></sheets></workbook>";
	const struct document *d =
	    document_of(test_xlsx(mem, DATA(ROW(1, FORMULA("A1", "Calculs!A1*2"))), "xl/workbook.xml", book,
		"xl/worksheets/sheet2.xml", "<worksheet " S ">" DATA(ROW(1, NUM("A1", "21"))) "</worksheet>", NULL));
	cr_assert(d->n_pages == 1 && d->warnings == DOC_WARN_HIDDEN);
	cr_assert_str_eq(d->pages[0].label, "Prix");
	cr_assert_str_eq(d->pages[0].text, "42\n");
	cr_assert_str_eq(text_of("<cols><col min='2' max='2' hidden='1'/></cols>" DATA(ROW(
			     1, STR("A1", "vu") STR("B1", "non")) "<row r='2' hidden='1'>" STR("A2", "non") "</row>")),
	    "vu\n");
	cr_assert_eq(r.doc->warnings, DOC_WARN_HIDDEN);
	cr_assert_str_eq(text_of(DATA(ROW(1, STR("A1", "vu")))), "vu\n");
	cr_assert_eq(r.doc->warnings, 0);
}

Test(xlsx, formulas_without_value_are_computed)
{
	cr_assert_str_eq(
	    text_of(DATA(ROW(1, NUM("A1", "2") NUM("B1", "3.5") FORMULA("C1", "A1*B1") FORMULA("D1", "$C$1+C1-1")) ROW(
		2, FORMULA("A2", "SUM(A1:D1)") FORMULA("B2", "SUM(A1:B1,10)/2") FORMULA("C2", "-(A1+1)*50%")
		       FORMULA("D2", "ROUND(B1/3, 2)") FORMULA("E2", "'Prix'!A1+Prix!B1") FORMULA("F2", "Z99+1")))),
	    "2\n3,5\n7\n13\n25,5\n7,75\n-1,5\n1,17\n5,5\n1\n");
}

Test(xlsx, shared_formulas_move_with_their_cell)
{
	cr_assert_str_eq(
	    text_of(DATA(
		ROW(1, NUM("A1", "2") NUM("B1", "10") "<c r='C1'><f t='shared' si='0' ref='C1:C2'>A1*$B$1</f></c>")
		    ROW(2, NUM("A2", "3") "<c r='C2'><f t='shared' si='0'/></c><c r='D2'><f t='shared' si='9'/></c>"))),
	    "2\n10\n20\n3\n30\n");
}

Test(xlsx, what_can_t_be_computed_stays_empty)
{
	cr_assert_str_eq(
	    text_of(DATA(ROW(1, STR("A1", "texte") FORMULA("B1", "A1*2") FORMULA("C1", "IF(A1,1,2)") FORMULA("D1",
				    "1/0") FORMULA("E1", "Ailleurs!A1") FORMULA("F1", "SUM(B1:C1)") FORMULA("G1", "1+")
				    FORMULA("H1", "2)") "<c r='I1'><f>IF(A1,1,2)</f><v>8</v></c>"))),
	    "texte\n8\n");
}

Test(xlsx, cycles_and_long_chains_end)
{
	cr_assert_str_eq(
	    text_of(DATA(ROW(1, FORMULA("A1", "B1+1") FORMULA("B1", "A1+1") FORMULA("C1", "C1") FORMULA("D1", "1+1")))),
	    "2\n");
	struct buf b;
	buf_init(&b, mem, 1 << 22);
	buf_str(&b, "<sheetData>");
	for (int i = 1; i < 20000; i++)
		buf_printf(&b, "<row r='%d'><c r='A%d'><f>A%d+1</f></c></row>", i, i, i + 1);
	buf_str(&b, "</sheetData>");
	(void)text_of(b.data);
	buf_reset(&b);
	buf_str(&b, "<sheetData><row r='1'><c r='A1'><f>");
	for (int i = 0; i < 10000; i++)
		buf_char(&b, '(');
	buf_str(&b, "</f></c></row></sheetData>");
	cr_assert_str_eq(text_of(b.data), "");
	/* Cells that wait for each other from within many brackets: both count against one bound. */
	char open[101] = { 0 }, close[101] = { 0 };
	memset(open, '(', 100);
	memset(close, ')', 100);
	buf_reset(&b);
	buf_str(&b, "<sheetData>");
	for (int i = 1; i < 5000; i++)
		buf_printf(&b, "<row r='%d'><c r='A%d'><f>%sA%d+1%s</f></c></row>", i, i, open, i + 1, close);
	buf_str(&b, "</sheetData>");
	(void)text_of(b.data);
}

Test(xlsx, places_outside_the_sheet_are_refused)
{
	cr_assert_str_eq(text_of(DATA(ROW(1048576, STR("XFD1048576", "coin")))), "coin\n");
	refused(test_xlsx(mem, DATA(ROW(1048577, STR("A1048577", "a"))), NULL), READER_UNREADABLE, "cell");
	refused(test_xlsx(mem, DATA(ROW(1, STR("XFE1", "a"))), NULL), READER_UNREADABLE, "cell");
	refused(test_xlsx(mem, DATA(ROW(1, STR("A2", "une autre ligne"))), NULL), READER_UNREADABLE, "cell");
	refused(test_xlsx(mem, DATA(ROW(0, STR("A0", "a"))), NULL), READER_UNREADABLE, "cell");
	refused(test_xlsx(mem, DATA(ROW(99999999999999999999, STR("A1", "a"))), NULL), READER_UNREADABLE, "cell");
}

Test(xlsx, order_of_cells_does_not_matter)
{
	cr_assert_str_eq(
	    text_of(DATA(ROW(2, STR("B2", "d") STR("A2", "c")) ROW(1, STR("A1", "a") STR("B1", "b") STR("B1", "b")))),
	    "a\nb\nc\nd\n");
}

Test(xlsx, missing_parts)
{
	static const char book[] =
	    "<workbook " S " " R "><sheets><sheet name='X' r:id='r9'/><sheet name='Y' r:id='r2'/></sheets></workbook>";
	refused(test_xlsx(mem, DATA(""), "xl/workbook.xml", book, NULL), READER_UNREADABLE, "sheets");
	cr_assert_str_eq(text_of(DATA("")), "");
	refused(test_xlsx(mem, "<!DOCTYPE a [<!ENTITY x 'y'>]><worksheet/>", NULL), READER_UNREADABLE, "xml_doctype");
	refused(test_xlsx(mem, "<sheetData>", NULL), READER_UNREADABLE, "xml");
	refused(test_xlsx(mem, DATA(""), "xl/sharedStrings.xml", "<!DOCTYPE a><sst/>", NULL), READER_UNREADABLE,
	    "xml_doctype");
}

Test(xlsx, amount_of_text_is_bounded)
{
	struct buf b;
	char *long_text = mem_array(mem, char, 30001);
	memset(long_text, 'x', 30000);
	buf_init(&b, mem, 1 << 22);
	buf_str(&b, "<sheetData>");
	for (int i = 1; i <= 1200; i++)
		buf_printf(&b, "<row r='%d'><c r='A%d' t='s'><v>0</v></c></row>", i, i);
	buf_str(&b, "</sheetData>");
	refused(test_xlsx(mem, b.data, "xl/sharedStrings.xml",
		    mem_printf(mem, "<sst " S "><si><t>%s</t></si></sst>", long_text), NULL),
	    READER_TOO_BIG, "text");
}
