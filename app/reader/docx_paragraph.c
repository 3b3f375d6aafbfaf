/* Paragraphs of a DOCX: their runs become text, lines and a block; boxes to tick, symbols and numbers become what a
 * reader of the printed page sees. */
#include "docx.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* A stretch of a paragraph's text that looks the same. */
struct piece {
	size_t at;
	uint8_t style;
	float size;
};

struct paragraph {
	TALLOC_CTX *mem;
	struct buf text; /* '\n' where a line is broken */
	struct piece *pieces;
	size_t n_pieces, pieces_cap;
	const struct docx_style *style;
	long num, level; /* -1: what the style says */
	int outline;
};

/* --- text of a paragraph */

static void add_char(struct paragraph *p, uint32_t c)
{
	uint32_t letters[3];
	char bytes[4];
	if (c == 0 || c == 0xad)
		return;
	for (unsigned i = 0, n = glyph_expand(c, letters); i < n; i++)
		buf_add(&p->text, bytes, text_encode(letters[i], bytes));
}

static void add_piece(struct paragraph *p, const struct look *look)
{
	if (p->n_pieces == p->pieces_cap) {
		p->pieces_cap = p->pieces_cap ? p->pieces_cap * 2 : 8;
		p->pieces = mem_grow(p->mem, p->pieces, struct piece, p->pieces_cap);
	}
	p->pieces[p->n_pieces++] = (struct piece){ .at = p->text.len,
		.style = (uint8_t)((look->bold ? DOC_BOLD : 0) | (look->italic ? DOC_ITALIC : 0)),
		.size = (float)look->half_points / 2 };
}

static void add_chars(struct paragraph *p, const char *s, const char *font)
{
	for (const char *end = s + strlen(s); s < end;) {
		uint32_t c = text_decode(&s, end);
		add_char(p, c == '\n' || c == '\r' || c == '\t' ? ' ' : glyph_char(font, (int32_t)c));
	}
}

static void add_symbol(struct paragraph *p, struct xml *x)
{
	char *font = xml_attr(x, p->mem, "font"), *code = xml_attr(x, p->mem, "char");
	long c = code ? strtol(code, NULL, 16) : 0;
	if (c > 0 && c < 0x110000)
		add_char(p, glyph_char(font ? font : "", (int32_t)c));
}

/* The box of a form field of older documents, in <w:ffData>; what else a field has says nothing. */
static void field_begin(struct paragraph *p, struct xml *x)
{
	int depth = x->depth;
	bool box = false, ticked = false, said = false;
	if (x->empty)
		return;
	while (xml_inside(x, depth)) {
		if (xml_is(x, "checkBox")) {
			box = true;
		} else if (box && xml_is(x, "checked")) {
			ticked = xml_switch(x);
			said = true;
		} else if (box && !said && xml_is(x, "default")) {
			ticked = xml_switch(x);
		}
	}
	if (box)
		add_char(p, ticked ? 0x2612 : 0x2610);
}

static void run_properties(struct docx *d, struct paragraph *p, struct xml *x, struct look *look)
{
	int depth = x->depth;
	if (x->empty)
		return;
	while (xml_inside(x, depth)) {
		if (xml_is(x, "rStyle"))
			docx_look_of_style(docx_style(&d->styles, xml_attr(x, p->mem, "val")), look);
		else if (xml_is(x, "rPrChange"))
			xml_skip(x);
		else
			docx_look_read(x, p->mem, look);
	}
}

static void read_text_of(struct paragraph *p, struct xml *x, const char *font)
{
	int depth = x->depth;
	if (x->empty)
		return;
	while (xml_inside(x, depth))
		if (x->kind == XML_CHARS)
			add_chars(p, xml_chars(x), font);
}

static void read_box_of_text(struct docx *d, struct xml *x)
{
	int depth = x->depth;
	if (x->empty)
		return;
	while (xml_inside(x, depth))
		docx_step(d, x);
}

static void read_run(struct docx *d, struct paragraph *p, struct xml *x)
{
	struct look look = { .font = "", .half_points = d->styles.half_points };
	int depth = x->depth;
	docx_look_of_style(p->style, &look);
	if (x->empty)
		return;
	add_piece(p, &look);
	while (xml_inside(x, depth)) {
		if (xml_is(x, "rPr")) {
			run_properties(d, p, x, &look);
			add_piece(p, &look);
		} else if (xml_is(x, "txbxContent")) {
			read_box_of_text(d, x);
		} else if (look.hidden || docx_left_out(x)) {
			xml_skip(x);
		} else if (xml_is(x, "t")) {
			read_text_of(p, x, look.font);
		} else if (xml_is(x, "tab") || xml_is(x, "ptab")) {
			add_char(p, ' ');
		} else if (xml_is(x, "br") || xml_is(x, "cr")) {
			add_char(p, '\n');
		} else if (xml_is(x, "noBreakHyphen")) {
			add_char(p, '-');
		} else if (xml_is(x, "sym")) {
			add_symbol(p, x);
		} else if (xml_is(x, "fldChar")) {
			field_begin(p, x);
		}
	}
}

/* --- paragraphs */

static void paragraph_properties(struct docx *d, struct paragraph *p, struct xml *x)
{
	int depth = x->depth;
	if (x->empty)
		return;
	while (xml_inside(x, depth)) {
		if (xml_is(x, "pStyle"))
			p->style = docx_style(&d->styles, xml_attr(x, p->mem, "val"));
		else if (xml_is(x, "numId"))
			p->num = xml_attr_int(x, "val", -1);
		else if (xml_is(x, "ilvl"))
			p->level = xml_attr_int(x, "val", -1);
		else if (xml_is(x, "outlineLvl"))
			p->outline = (int)xml_attr_int(x, "val", -1);
		else if (xml_is(x, "rPr") || docx_left_out(x))
			xml_skip(x);
	}
}

/* A control whose content stands in the line: a box to tick shows its state, which its content only draws. */
static void read_control(struct docx *d, struct paragraph *p, struct xml *x);

static void paragraph_step(struct docx *d, struct paragraph *p, struct xml *x)
{
	if (xml_is(x, "pPr"))
		paragraph_properties(d, p, x);
	else if (xml_is(x, "r"))
		read_run(d, p, x);
	else if (xml_is(x, "sdt"))
		read_control(d, p, x);
	else if (docx_left_out(x))
		xml_skip(x);
}

static void read_control(struct docx *d, struct paragraph *p, struct xml *x)
{
	int depth = x->depth;
	bool box = false, ticked = false;
	if (x->empty)
		return;
	while (xml_inside(x, depth)) {
		if (xml_is(x, "sdtPr") && !x->empty) {
			int inner = x->depth;
			while (xml_inside(x, inner)) {
				if (xml_is(x, "checkbox"))
					box = true;
				else if (box && xml_is(x, "checked"))
					ticked = xml_switch(x);
			}
		} else if (box && xml_is(x, "sdtContent")) {
			add_piece(p, &(struct look){ .font = "" });
			add_char(p, ticked ? 0x2612 : 0x2610);
			xml_skip(x);
		} else {
			paragraph_step(d, p, x);
		}
	}
}

static struct piece piece_at(const struct paragraph *p, size_t at, size_t *from)
{
	while (*from + 1 < p->n_pieces && p->pieces[*from + 1].at <= at)
		++*from;
	return p->n_pieces ? p->pieces[*from] : (struct piece){ 0 };
}

/* Writes the lines, the number in front; nothing when there is only white space. */
static void write_lines(struct docx *d, const struct paragraph *p, const char *number)
{
	const char *s = p->text.data;
	bool begun = false;
	for (size_t at = 0, piece = 0; at < p->text.len;) {
		size_t n = strcspn(s + at, " \n");
		if (n) {
			struct piece look = piece_at(p, at, &piece);
			for (const char *w = number; w && *w; w += strspn(w, " ")) {
				size_t len = strcspn(w, " ");
				page_add_word(&d->writer, w, (uint32_t)len, &(struct doc_box){ 0 }, look.size,
				    look.style, !begun);
				begun = true;
				w += len;
			}
			number = NULL;
			page_add_word(
			    &d->writer, s + at, (uint32_t)n, &(struct doc_box){ 0 }, look.size, look.style, !begun);
			begun = true;
		}
		at += n;
		if (begun && s[at] == '\n') {
			page_end_line(&d->writer);
			begun = false;
		}
		at += at < p->text.len;
	}
	if (begun)
		page_end_line(&d->writer);
}

static char *paragraph_number(struct docx *d, const struct paragraph *p, bool *bullet)
{
	const struct docx_style *s = p->style;
	long num = p->num, level = p->level;
	*bullet = false;
	if (num < 0 && s) {
		num = s->num;
		if (level < 0)
			level = s->level;
		if (level < 0 && num > 0)
			level = numbering_level_of_style(d->numbering, num, s->id);
	}
	if (num <= 0)
		return NULL;
	return numbering_next(d->numbering, p->mem, num, level < 0 ? 0 : (unsigned)level, bullet);
}

static bool blank_text(const char *s)
{
	return s[strspn(s, " \n")] == 0;
}

static void finish_paragraph(struct docx *d, const struct paragraph *p, struct xml *x)
{
	bool bullet;
	uint32_t first = d->page->n_lines;
	char *number = paragraph_number(d, p, &bullet);
	if (blank_text(p->text.data))
		return;
	write_lines(d, p, number && !blank_text(number) ? number : NULL);
	if (d->page->text_len > LIMIT_TEXT || d->page->n_words > LIMIT_TEXT / 8 || p->text.full) {
		docx_give_up(d, x, "text");
		return;
	}
	if (d->table)
		return;
	int outline = p->outline >= 0 ? p->outline : p->style ? p->style->outline : -1;
	const struct doc_line *line = &d->page->lines[first];
	if (d->aside) {
		docx_add_block(d, DOC_ARTIFACT, 0, first);
	} else if (docx_style_is_toc(p->style)) {
		docx_add_block(d, DOC_TOC, 0, first);
	} else if (outline >= 0 && outline < 9) {
		docx_add_block(d, DOC_HEADING, outline + 1, first);
		d->outlined = true;
	} else if (docx_style_is_title(p->style)) {
		docx_add_block(d, DOC_HEADING, 0, first);
	} else {
		bool item = number || pattern_list_item(d->page->text + line->start, line->len);
		docx_add_block(d, item ? DOC_LIST_ITEM : DOC_PARAGRAPH, 0, first);
	}
}

void docx_read_paragraph(struct docx *d, struct xml *x)
{
	int depth = x->depth;
	struct paragraph p = { .mem = mem_new("paragraph", 0), .num = -1, .level = -1, .outline = -1 };
	p.style = d->styles.normal;
	buf_init(&p.text, p.mem, LIMIT_TEXT);
	if (!x->empty)
		while (xml_inside(x, depth))
			paragraph_step(d, &p, x);
	if (x->kind != XML_BROKEN)
		finish_paragraph(d, &p, x);
	talloc_free(p.mem);
}
