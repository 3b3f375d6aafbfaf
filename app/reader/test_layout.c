/* The pure pieces: characters, patterns, grids, lines. */
#include "layout.h"

#include <criterion/criterion.h>
#include <string.h>

Test(glyph, symbols_by_font_and_code)
{
	cr_assert_eq(glyph_char("ABCDEF+Wingdings-Regular", 0xf0fe), 0x2611);
	cr_assert_eq(glyph_char("Wingdings", 0xfe), 0x2611);
	cr_assert_eq(glyph_char("Wingdings", 0xf0a8), 0x2610);
	cr_assert_eq(glyph_char("Wingdings", 0xf078), 0x2612);
	cr_assert_eq(glyph_char("Wingdings 2", 0xf052), 0x2611);
	cr_assert_eq(glyph_char("Symbol", 0xf0b7), 0x2022);
	cr_assert_eq(glyph_char("CIDFont+F3", 0xf0a8), 0x2610);
	cr_assert_eq(glyph_char("MSGothic", 0x25a1), 0x2610);
	/* The same codes in a font of letters are letters. */
	cr_assert_eq(glyph_char("Arial", 0xfe), 0xfe);
	cr_assert_eq(glyph_char("Arial", 0x6f), 'o');
}

Test(glyph, blanks_controls_and_what_is_no_character)
{
	cr_assert_eq(glyph_char("Arial", 0xa0), ' ');
	cr_assert_eq(glyph_char("Arial", 0x202f), ' ');
	cr_assert_eq(glyph_char("Arial", 0x2019), 0x2019);
	cr_assert_eq(glyph_char("Arial", 0x200b), 0);
	cr_assert_eq(glyph_char("Arial", 7), 0);
	cr_assert_eq(glyph_char("Arial", -1), 0xfffd);
	cr_assert_eq(glyph_char("Arial", 0xd800), 0xfffd);
	cr_assert_eq(glyph_char("Arial", 0x110000), 0xfffd);
}

Test(glyph, ligatures)
{
	uint32_t out[3];
	cr_assert_eq(glyph_expand(0xfb03, out), 3);
	cr_assert(out[0] == 'f' && out[1] == 'f' && out[2] == 'i');
	cr_assert_eq(glyph_expand('a', out), 1);
}

#define LEVEL(s) pattern_heading(s, strlen(s))

Test(pattern, headings)
{
	cr_assert_eq(LEVEL("ARTICLE 4 – DURÉE"), 1);
	cr_assert_eq(LEVEL("Article 4.2 : Délais"), 2);
	cr_assert_eq(LEVEL("Chapitre II"), 1);
	cr_assert_eq(LEVEL("Annexe A"), 1);
	cr_assert_eq(LEVEL("3. Objet"), 1);
	cr_assert_eq(LEVEL("3.1.2 Éléments nécessaires"), 3);
	cr_assert_eq(LEVEL("3.1 - Objet"), 2);
	cr_assert_eq(LEVEL("3 – Objet"), 1);
	cr_assert_eq(LEVEL("IV. Prix"), 1);
	cr_assert_eq(LEVEL("A. Contexte"), 1);
}

Test(pattern, what_is_no_heading)
{
	static const char *const none[] = { "", "3", "3.1", "2025 Travaux", "3 offres", "12h00 Paris",
		"article 4 du code", "Articles", "R. 2143-13", "I", "500 000 €", "Annexe", "Partie prenante" };
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		cr_assert_eq(LEVEL(none[i]), 0, "%s", none[i]);
}

Test(pattern, list_items)
{
	static const char *const yes[] = { "• un", "•un", "- un", "– un", "a) un", "12) un", "1° un", "☑ Oui", "o un" };
	static const char *const no[] = { "-5 %", "un", "ou bien", "a", "1. un", "12", "" };
	for (size_t i = 0; i < ARRAY_LEN(yes); i++)
		cr_assert(pattern_list_item(yes[i], strlen(yes[i])), "%s", yes[i]);
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		cr_assert(!pattern_list_item(no[i], strlen(no[i])), "%s", no[i]);
}

Test(pattern, contents_and_page_numbers)
{
	cr_assert(pattern_toc("1 Objet ........ 3", 18));
	cr_assert(pattern_toc("1 Objet …… 12", strlen("1 Objet …… 12")));
	cr_assert(!pattern_toc("Nom : ........", 14));
	cr_assert(!pattern_toc("........ 3", 10));
	cr_assert(!pattern_toc("Le prix de 3", 12));
	cr_assert(pattern_leader(". . . . .", 9) && pattern_leader("______", 6));
	cr_assert(!pattern_leader("...", 3) && !pattern_leader("....... 3", 9) && !pattern_leader("", 0));
	cr_assert(pattern_page_number("Page 3 sur 12", 13));
	cr_assert(pattern_page_number("3/12", 4));
	cr_assert(pattern_page_number("12", 2));
	cr_assert(!pattern_page_number("12 mois", 7));
	cr_assert(!pattern_page_number("Page", 4));
	cr_assert(!pattern_page_number("", 0));
}

Test(grid, an_open_end_is_closed)
{
	/* The page break took the top line away. */
	static const struct doc_box rules[] = { { 10, 50, 110, 50.5f }, { 10, 80, 110, 80.5f }, { 10, 20, 10.5f, 80 },
		{ 60, 20, 60.5f, 80 }, { 110, 20, 110.5f, 80 } };
	TALLOC_CTX *mem = mem_new("test", 0);
	struct doc_table *t;
	cr_assert_eq(grids_find(mem, rules, ARRAY_LEN(rules), &t), 1);
	cr_assert(t[0].rows == 2 && t[0].cols == 2 && t[0].n_cells == 4);
	cr_assert_float_eq(t[0].box.y0, 20, 0.5);
	talloc_free(mem);
}

Test(grid, lines_that_do_not_meet_are_no_table)
{
	static const struct doc_box rules[] = { { 10, 50, 110, 50.5f }, { 10, 80, 110, 80.5f }, { 200, 20, 200.5f, 80 },
		{ 260, 20, 260.5f, 80 } };
	TALLOC_CTX *mem = mem_new("test", 0);
	struct doc_table *t;
	cr_assert_eq(grids_find(mem, rules, ARRAY_LEN(rules), &t), 0);
	cr_assert_eq(grids_find(mem, rules, 0, &t), 0);
	talloc_free(mem);
}

/* Glyphs of a word at (x, y), each six points wide. */
static void put(struct ink *ink, const char *s, float x, float y)
{
	for (; *s; s++, x += 6)
		ink->glyphs[ink->n_glyphs++] = (struct glyph){ .c = (unsigned char)*s,
			.x0 = x,
			.y0 = y,
			.x1 = x + 6,
			.y1 = y,
			.size = 11,
			.ascent = 0.8f,
			.descent = -0.2f,
			.mcid = -1 };
}

Test(page, soft_hyphens)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct glyph glyphs[64];
	struct ink ink = { .width = 600, .height = 800, .glyphs = glyphs };
	struct layout_page lp;
	struct document d = { 0 };
	put(&ink, "2143\25513", 50, 100);
	put(&ink, "presta\255", 50, 120);
	layout_page(mem, &ink, NULL, 0, &lp);
	layout_finish(mem, &lp, 1, NULL, &d);
	cr_assert_str_eq(d.pages[0].text, "2143-13\npresta\n");
	cr_assert(doc_page_valid(&d.pages[0]));
	talloc_free(mem);
}

Test(page, two_columns_are_read_one_after_the_other)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct glyph *glyphs = mem_array(mem, struct glyph, 4000);
	struct ink ink = { .width = 600, .height = 800, .glyphs = glyphs };
	struct layout_page lp;
	struct document d = { 0 };
	for (int i = 0; i < 10; i++) {
		put(&ink, i ? "texte de la colonne une" : "gauche de la colonne une", 50, 100 + 14 * (float)i);
		put(&ink, i ? "texte de la colonne deux" : "droite de la colonne deux", 330, 100 + 14 * (float)i);
	}
	layout_page(mem, &ink, NULL, 0, &lp);
	layout_finish(mem, &lp, 1, NULL, &d);
	cr_assert(strstr(d.pages[0].text, "une\ntexte de la colonne une"));
	cr_assert(strstr(d.pages[0].text, "colonne une\ndroite de la colonne deux\n"));
	talloc_free(mem);
}

/* Some writers mark the leaders of contents as decoration: what is left is a title and a number. */
Test(page, contents_whose_leaders_are_decoration)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	for (int with = 0; with < 2; with++) {
		struct glyph *glyphs = mem_array(mem, struct glyph, 4000);
		struct ink ink = { .width = 600, .height = 800, .glyphs = glyphs };
		struct layout_page lp;
		struct document d = { 0 };
		for (int i = 0; i < 4; i++) {
			float y = 100 + 20 * (float)i;
			put(&ink, "Objet du contrat 3", 50, y);
			uint32_t from = ink.n_glyphs;
			if (with)
				put(&ink, "....................", 200, y);
			for (uint32_t k = from; k < ink.n_glyphs; k++)
				glyphs[k].aside = true;
		}
		layout_page(mem, &ink, NULL, 0, &lp);
		layout_finish(mem, &lp, 1, NULL, &d);
		cr_assert_eq(d.pages[0].toc, with == 1);
		cr_assert_eq(d.pages[0].blocks[0].kind == DOC_TOC, with == 1);
	}
	talloc_free(mem);
}

Test(page, a_page_without_ink)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct ink ink = { .width = 600, .height = 800 };
	struct layout_page lp;
	struct document d = { 0 };
	layout_page(mem, &ink, NULL, 0, &lp);
	layout_finish(mem, &lp, 1, NULL, &d);
	cr_assert(d.n_pages == 1 && d.pages[0].n_blocks == 0 && doc_page_valid(&d.pages[0]));
	talloc_free(mem);
}
