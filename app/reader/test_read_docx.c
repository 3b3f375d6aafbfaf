/* DOCX files made by hand: what a reader of the printed document would see is what the model holds; what is hostile is
 * refused for its own reason. */
#include "ooxml.h"
#include "test_zip.h"

#include <criterion/criterion.h>
#include <string.h>
#include <zip.h>

#define W "xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'"
#define P(text) "<w:p><w:r><w:t>" text "</w:t></w:r></w:p>"
#define STYLED(style, text) "<w:p><w:pPr><w:pStyle w:val='" style "'/></w:pPr><w:r><w:t>" text "</w:t></w:r></w:p>"
#define CELL(properties, inside) "<w:tc><w:tcPr>" properties "</w:tcPr>" inside "</w:tc>"

static const char styles[] =
    "<w:styles " W "><w:docDefaults><w:rPrDefault><w:rPr><w:sz w:val='22'/></w:rPr></w:rPrDefault></w:docDefaults>"
    "<w:style w:type='paragraph' w:default='1' w:styleId='N'><w:name w:val='Normal'/></w:style>"
    "<w:style w:type='paragraph' w:styleId='T1'><w:name w:val='heading 1'/><w:basedOn w:val='N'/><w:pPr><w:numPr>"
    "<w:numId w:val='2'/></w:numPr><w:outlineLvl w:val='0'/></w:pPr><w:rPr><w:b/><w:sz w:val='32'/></w:rPr></w:style>"
    "<w:style w:type='paragraph' w:styleId='T2'><w:basedOn w:val='T1'/><w:pPr><w:numPr><w:ilvl w:val='1'/></w:numPr>"
    "<w:outlineLvl w:val='1'/></w:pPr><w:rPr><w:b w:val='0'/></w:rPr></w:style>"
    "<w:style w:type='paragraph' w:styleId='L'><w:pPr><w:numPr><w:numId w:val='3'/></w:numPr></w:pPr></w:style>"
    "<w:style w:type='paragraph' w:styleId='TM1'><w:name w:val='toc 1'/></w:style>"
    "<w:style w:type='paragraph' w:styleId='Titre'><w:name w:val='Title'/></w:style>"
    "<w:style w:type='character' w:styleId='Case'><w:rPr><w:rFonts w:ascii='Wingdings'/></w:rPr></w:style></w:styles>";

static const char numbering[] =
    "<w:numbering " W "><w:abstractNum w:abstractNumId='5'><w:lvl w:ilvl='0'><w:start w:val='1'/><w:numFmt "
    "w:val='decimal'/><w:lvlText w:val='%1.'/></w:lvl><w:lvl w:ilvl='1'><w:start w:val='1'/><w:numFmt w:val='decimal'/>"
    "<w:lvlText w:val='%1.%2'/></w:lvl></w:abstractNum><w:abstractNum w:abstractNumId='6'><w:lvl w:ilvl='0'><w:numFmt "
    "w:val='bullet'/><w:lvlText w:val='&#xF0A7;'/><w:rPr><w:rFonts w:ascii='Wingdings'/></w:rPr></w:lvl>"
    "</w:abstractNum><w:abstractNum w:abstractNumId='7'><w:lvl w:ilvl='0'><w:start w:val='1'/><w:numFmt "
    "w:val='lowerLetter'/><w:lvlText w:val='%1)'/></w:lvl><w:lvl w:ilvl='1'><w:start w:val='4'/><w:numFmt "
    "w:val='upperRoman'/><w:lvlText w:val='Article %2'/></w:lvl></w:abstractNum><w:num w:numId='2'><w:abstractNumId "
    "w:val='5'/></w:num><w:num w:numId='3'><w:abstractNumId w:val='6'/></w:num><w:num w:numId='4'><w:abstractNumId "
    "w:val='7'/></w:num><w:num w:numId='8'><w:abstractNumId w:val='7'/><w:lvlOverride w:ilvl='0'><w:startOverride "
    "w:val='3'/></w:lvlOverride></w:num></w:numbering>";

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

TestSuite(docx, .init = up, .fini = down, .timeout = 60);

static const struct doc_page *page_of(struct bytes b)
{
	memset(&r, 0, sizeof(r));
	read_docx(mem, b.p, b.n, &r);
	cr_assert_eq(r.status, READER_OK, "%s", r.reason);
	cr_assert_eq(r.doc->n_pages, 1);
	cr_assert(doc_page_valid(&r.doc->pages[0]));
	return &r.doc->pages[0];
}

static const char *text_of(const char *body)
{
	return page_of(test_docx(mem, body, "word/styles.xml", styles, "word/numbering.xml", numbering, NULL))->text;
}

static void refused(struct bytes b, enum reader_status status, const char *reason)
{
	memset(&r, 0, sizeof(r));
	read_docx(mem, b.p, b.n, &r);
	cr_assert_eq(r.status, status, "%d %s", (int)r.status, r.reason);
	cr_assert_str_eq(r.reason, reason);
}

Test(docx, headings_are_numbered_as_printed)
{
	const struct doc_page *p = page_of(test_docx(mem,
	    STYLED("Titre", "Contrat") STYLED("T1", "Objet") STYLED("T2", "Durée") P("Un an.") STYLED("T2", "Prix")
		STYLED("T1", "Fin") STYLED("T2", "Litiges"),
	    "word/styles.xml", styles, "word/numbering.xml", numbering, NULL));
	cr_assert_str_eq(p->text, "Contrat\n1. Objet\n1.1 Durée\nUn an.\n1.2 Prix\n2. Fin\n2.1 Litiges\n");
	cr_assert(p->blocks[0].kind == DOC_HEADING && p->blocks[0].level == 0);
	cr_assert(p->blocks[1].kind == DOC_HEADING && p->blocks[1].level == 1);
	cr_assert(p->blocks[2].kind == DOC_HEADING && p->blocks[2].level == 2);
	cr_assert_eq(p->blocks[3].kind, DOC_PARAGRAPH);
	cr_assert(p->words[1].style == DOC_BOLD && p->words[1].size == 16);
	cr_assert_eq(p->words[p->lines[2].first_word].style, 0, "a style may take back what it inherits");
	cr_assert_str_eq(doc_section_at(mem, p, 3), "1.1 Durée");
	cr_assert_eq(doc_paragraph_index(p, 3), 4);
}

Test(docx, lists_count_each_in_its_way)
{
#define ITEM(num, level, text) \
	"<w:p><w:pPr><w:numPr><w:ilvl w:val='" level "'/><w:numId w:val='" num "'/></w:numPr></w:pPr><w:r><w:t>" text \
	"</w:t></w:r></w:p>"
	cr_assert_str_eq(
	    text_of(ITEM("4", "0", "A") ITEM("4", "0", "B") ITEM("4", "1", "C") ITEM("4", "1", "D") ITEM("4", "0", "E")
		    ITEM("4", "1", "F") STYLED("L", "G") ITEM("99", "0", "H") ITEM("0", "0", "I")),
	    "a) A\nb) B\nArticle IV C\nArticle V D\nc) E\nArticle IV F\n• G\nH\nI\n");
	cr_assert_str_eq(text_of(ITEM("4", "0", "A") ITEM("8", "0", "B") ITEM("8", "0", "C")), "a) A\nc) B\nd) C\n");
	cr_assert_eq(r.doc->pages[0].blocks[0].kind, DOC_LIST_ITEM);
}

Test(docx, boxes_keep_their_state)
{
	cr_assert_str_eq(
	    text_of("<w:p><w:r><w:rPr><w:rFonts w:ascii='Wingdings' w:hAnsi='Wingdings'/></w:rPr><w:t>¨</w:t></w:r>"
		    "<w:r><w:t> Oui</w:t></w:r></w:p><w:p><w:r><w:t>¨ tel quel</w:t></w:r></w:p>"
		    "<w:p><w:r><w:rPr><w:rStyle w:val='Case'/></w:rPr><w:t>&#xF0FE;</w:t></w:r></w:p>"),
	    "☐ Oui\n¨ tel quel\n☑\n");
	cr_assert_str_eq(
	    text_of("<w:p><w:r><w:sym w:font='Wingdings' w:char='F078'/></w:r><w:r><w:sym w:char='zz'/></w:r></w:p>"),
	    "☒\n");
#define CONTROL(state) \
	"<w:p><w:sdt><w:sdtPr><w14:checkbox xmlns:w14='w14'><w14:checked w14:val='" state \
	"'/></w14:checkbox></w:sdtPr><w:sdtContent><w:r><w:t>?</w:t></w:r></w:sdtContent></w:sdt><w:r><w:t> " \
	"Non</w:t></w:r></w:p>"
	cr_assert_str_eq(text_of(CONTROL("1") CONTROL("0")), "☒ Non\n☐ Non\n");
#define FIELD(inside) \
	"<w:p><w:r><w:fldChar w:fldCharType='begin'><w:ffData><w:checkBox><w:sizeAuto/>" inside \
	"</w:checkBox></w:ffData></w:fldChar></w:r><w:r><w:instrText>FORMCHECKBOX</w:instrText></w:r><w:r><w:t>x</" \
	"w:t></w:r></w:p>"
	cr_assert_str_eq(
	    text_of(FIELD("<w:default w:val='0'/>") FIELD("<w:default w:val='1'/>")
		    FIELD("<w:default w:val='0'/><w:checked/>") FIELD("<w:checked w:val='0'/><w:default w:val='1'/>")),
	    "☐x\n☒x\n☒x\n☐x\n");
}

Test(docx, what_is_not_seen_is_left_out)
{
	cr_assert_str_eq(text_of("<w:p><w:del><w:r><w:delText>non</w:delText><w:t>non</w:t></w:r></"
				 "w:del><w:ins><w:r><w:t>oui</w:t></w:r></w:ins>"
				 "<w:r><w:rPr><w:vanish/></w:rPr><w:t>caché</w:t></w:r></w:p>"),
	    "oui\n");
	cr_assert_str_eq(
	    text_of("<w:p><w:r><w:t>a</w:t><mc:AlternateContent xmlns:mc='mc'><mc:Choice><w:txbxContent>" P(
		"cadre") "</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>" P("cadre") "</w:txbxContent></"
											       "mc:Fallback>"
											       "</"
											       "mc:AlternateContent></"
											       "w:r></w:p>"),
	    "cadre\na\n");
}

Test(docx, blanks_breaks_and_signs)
{
	cr_assert_str_eq(
	    text_of(
		"<w:p><w:r><w:t xml:space='preserve'> a  b </w:t><w:tab/><w:t>c</w:t><w:br/><w:t>d&#xA0;e</w:t>"
		"<w:noBreakHyphen/><w:t>f&#xAD;g&#xFB01;</w:t></w:r></w:p><w:p/><w:p><w:r><w:t> </w:t></w:r></w:p>"),
	    "a b c\nd e-fgfi\n");
}

Test(docx, tables_with_spans_and_tables_inside)
{
	const struct doc_page *p = page_of(test_docx(mem,
	    "<w:tbl><w:tblPr/><w:tblGrid/><w:tr>" CELL("<w:vMerge w:val='restart'/>", P("A"))
		CELL("<w:gridSpan w:val='2'/>", P("B")) "</w:tr><w:tr>" CELL("<w:vMerge/>", "<w:p/>") CELL("", P("C"))
		    CELL("", P("D") P("E")) "</w:tr><w:tr>" CELL("<w:vMerge/>", P("seul"))
			CELL("<w:gridSpan w:val='2'/>", "<w:tbl><w:tr>" CELL("", P("F")) CELL("",
							    P("G")) "</w:tr></w:tbl><w:p/>") "</w:tr></w:tbl>" P("fin"),
	    NULL));
	cr_assert_str_eq(p->text, "A\nB\nC\nD\nE\nseul\nF\nG\nfin\n");
	cr_assert_eq(p->n_tables, 1);
	const struct doc_table *t = &p->tables[0];
	cr_assert(t->rows == 3 && t->cols == 3 && t->n_cells == 6);
	cr_assert(t->cells[0].row_span == 2 && t->cells[1].col_span == 2);
	cr_assert_eq(doc_cell_at(t, 1, 0), &t->cells[0]);
	cr_assert_eq(doc_cell_at(t, 1, 2)->n_lines, 2);
	cr_assert_eq(doc_cell_at(t, 2, 0)->n_lines, 1, "text in a merged cell is not lost");
	cr_assert_eq(doc_cell_at(t, 2, 1)->n_lines, 2);
	cr_assert_eq(p->blocks[1].kind, DOC_PARAGRAPH);
}

Test(docx, headers_and_footers_stand_aside_once)
{
	const struct doc_page *p =
	    page_of(test_docx(mem, P("corps"), "word/header1.xml", "<w:hdr " W ">" P("Ref 12") "</w:hdr>",
		"word/header2.xml", "<w:hdr " W ">" P("Ref 12") "</w:hdr>", "word/footer1.xml",
		"<w:ftr " W "><w:tbl><w:tr><w:tc>" P("pied") "</w:tc></w:tr></w:tbl></w:ftr>", "word/footnotes.xml",
		"<w:footnotes " W "><w:footnote w:type='separator'>" P("-") "</w:footnote><w:footnote>" P(
		    "note") "</w:footnote></w:footnotes>",
		NULL));
	cr_assert_str_eq(p->text, "Ref 12\ncorps\nnote\npied\n");
	cr_assert(p->blocks[0].kind == DOC_ARTIFACT && p->blocks[3].kind == DOC_ARTIFACT && p->n_tables == 0);
	cr_assert(p->blocks[1].kind == DOC_PARAGRAPH && p->blocks[2].kind == DOC_PARAGRAPH);
}

Test(docx, contents_and_headings_made_by_hand)
{
	const struct doc_page *p = page_of(test_docx(mem,
	    STYLED("TM1", "1 Objet 3") "<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>ARTICLE 1 - OBJET</w:t></w:r></w:p>" P(
		"ARTICLE 2 - PRIX"),
	    "word/styles.xml", styles, NULL));
	cr_assert_eq(p->blocks[0].kind, DOC_TOC);
	cr_assert_eq(p->blocks[1].kind, DOC_HEADING);
	cr_assert_neq(p->blocks[2].kind, DOC_HEADING, "not bold: a sentence may begin so");
}

Test(docx, what_is_no_package_is_refused)
{
	refused((struct bytes){ (const uint8_t *)"PK\3\4 rien", 9 }, READER_UNREADABLE, "archive");
	struct bytes b = test_docx(mem, P("a"), NULL);
	refused((struct bytes){ b.p, b.n - 30 }, READER_UNREADABLE, "archive");
	struct test_zip z;
	test_zip_begin(&z, mem);
	test_zip_text(&z, "word/document.xml", "<document/>");
	refused(test_zip_end(&z), READER_UNREADABLE, "relationships");
	test_zip_begin(&z, mem);
	test_zip_text(&z, "_rels/.rels",
	    "<Relationships><Relationship Id='a' Type='x/officeDocument' Target='../../etc/passwd'/></Relationships>");
	refused(test_zip_end(&z), READER_UNREADABLE, "structure");
	refused(test_docx(mem, "autre chose", NULL), READER_UNREADABLE, "xml");
	refused(test_docx(mem, "<!-- --><worksheet/>", NULL), READER_UNREADABLE, "structure");
}

Test(docx, missing_and_broken_side_parts)
{
	cr_assert_str_eq(page_of(test_docx(mem, STYLED("T1", "seul"), NULL))->text, "seul\n");
	refused(test_docx(mem, P("a"), "word/styles.xml", "<w:styles", NULL), READER_UNREADABLE, "xml");
	refused(test_docx(mem, P("a") "<w:p>", NULL), READER_UNREADABLE, "xml");
}

Test(docx, document_types_are_refused)
{
	refused(
	    test_docx(mem,
		"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><document><body><p>&b;</p></body></document>",
		NULL),
	    READER_UNREADABLE, "xml_doctype");
	refused(test_docx(mem, "<!DOCTYPE a [<!ENTITY b 'x'><!ENTITY c '&b;&b;&b;'>]><document>&c;</document>", NULL),
	    READER_UNREADABLE, "xml_doctype");
	refused(
	    test_docx(mem, P("a"), "word/header1.xml", "<!DOCTYPE a><hdr/>", NULL), READER_UNREADABLE, "xml_doctype");
	refused(test_docx(mem, P("&inconnu;"), NULL), READER_UNREADABLE, "xml");
	/* The same in an encoding of two bytes, and in one that would need a file of the system. */
	const char *plain = "<!DOCTYPE a><document/>";
	char wide[64];
	for (size_t i = 0; i <= strlen(plain); i++) {
		wide[2 * i] = plain[i];
		wide[2 * i + 1] = 0;
	}
	struct test_zip z;
	test_zip_begin(&z, mem);
	test_zip_text(&z, "_rels/.rels",
	    "<Relationships><Relationship Id='a' Type='x/officeDocument' Target='d.xml'/></Relationships>");
	test_zip_add(&z, "d.xml", wide, 2 * strlen(plain));
	refused(test_zip_end(&z), READER_UNREADABLE, "xml_doctype");
	cr_assert_str_eq(
	    page_of(
		test_docx(mem, "<!-- --><document xmlns='x'><body><p><r><t>été</t></r></p></body></document>", NULL))
		->text,
	    "été\n");
	refused(test_docx(mem, "<!-- --><document><body><p><r><t>\xe9t\xe9</t></r></p></body></document>", NULL),
	    READER_UNREADABLE, "xml");
}

Test(docx, depth_is_bounded)
{
	struct buf b;
	buf_init(&b, mem, 1 << 20);
	for (int i = 0; i < 150; i++)
		buf_str(&b, "<w:ins>");
	buf_str(&b, P("profond"));
	for (int i = 0; i < 150; i++)
		buf_str(&b, "</w:ins>");
	cr_assert_str_eq(text_of(b.data), "profond\n");
	buf_reset(&b);
	for (int i = 0; i < 10000; i++)
		buf_str(&b, "<w:tbl><w:tr><w:tc>");
	memset(&r, 0, sizeof(r));
	struct bytes d = test_docx(mem, b.data, NULL);
	read_docx(mem, d.p, d.n, &r);
	cr_assert_eq(r.status, READER_UNREADABLE);
}

Test(docx, bombs_are_refused)
{
	size_t n = (size_t)9 << 20;
	char *blanks = mem_array(mem, char, n + 1);
	memset(blanks, ' ', n);
	refused(test_docx(mem, mem_printf(mem, "<!-- --><document>%s</document>", blanks), NULL), READER_TOO_BIG,
	    "compression_ratio");
	blanks[((size_t)7 << 20)] = 0; /* small enough for any rate */
	cr_assert_str_eq(
	    page_of(test_docx(mem, mem_printf(mem, "<!-- --><document>%s</document>", blanks), NULL))->text, "");
	n = ((size_t)64 << 20) + 1;
	blanks = mem_array(mem, char, n + 1);
	memset(blanks, ' ', n);
	refused(test_docx(mem, blanks, NULL), READER_TOO_BIG, "size");
}

Test(docx, too_many_files)
{
	struct test_zip z;
	test_zip_begin(&z, mem);
	for (int i = 0; i <= LIMIT_ZIP_ENTRIES; i++)
		test_zip_text(&z, mem_printf(mem, "%d", i), "");
	refused(test_zip_end(&z), READER_TOO_BIG, "entries");
}

Test(docx, tables_are_bounded)
{
	refused(
	    test_docx(mem, "<w:tbl><w:tr>" CELL("<w:gridSpan w:val='2000000000'/>", P("A")) "</w:tr></w:tbl>", NULL),
	    READER_TOO_BIG, "table");
	cr_assert_str_eq(text_of("<w:tbl><w:tr>" CELL("<w:gridSpan w:val='-3'/>", P("A")) "</w:tr></w:tbl>"), "A\n");
}

Test(docx, passwords)
{
	uint8_t ole[2048] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
	refused((struct bytes){ ole, sizeof(ole) }, READER_UNREADABLE, "archive");
	memcpy(ole + 1024, "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e", 32);
	refused((struct bytes){ ole, sizeof(ole) }, READER_ENCRYPTED, "encrypted");
	struct test_zip z;
	test_zip_begin(&z, mem);
	int64_t i = test_zip_text(&z, "_rels/.rels", "<Relationships/>");
	cr_assert_eq(zip_file_set_encryption(z.zip, (zip_uint64_t)i, ZIP_EM_AES_256, "secret"), 0);
	refused(test_zip_end(&z), READER_ENCRYPTED, "encrypted");
}
