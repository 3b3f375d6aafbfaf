/* Numbers of paragraphs as a word processor computes them: lists, their levels, and how far each has counted. */
#include "buf.h"
#include "layout.h"
#include "ooxml.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define LEVELS 9
#define LISTS_MAX 20000

struct level {
	long start;
	char *format, *text, *style, *font;
	bool decimals; /* isLgl: all numbers in it are shown as figures */
	long restart;  /* level after which it begins again; -1: any above, 0: never */
};

/* What a list counts with; several lists may share one. */
struct abstract {
	long id;
	char *link; /* style whose list it stands for */
	char *style_link;
	struct level levels[LEVELS];
	long count[LEVELS];
	bool begun[LEVELS];
};

struct list {
	long id;
	struct abstract *abstract;
	struct level *own[LEVELS]; /* levels it defines anew */
	long start[LEVELS];        /* -1: none of its own */
	bool started[LEVELS];
};

struct numbering {
	TALLOC_CTX *mem;
	struct abstract **abstracts;
	size_t n_abstracts;
	struct list *lists;
	size_t n_lists;
};

static void read_level(struct xml *x, TALLOC_CTX *mem, struct level *l)
{
	int depth = x->depth;
	*l = (struct level){ .start = 0, .restart = -1 };
	if (x->empty)
		return;
	while (xml_inside(x, depth)) {
		if (xml_is(x, "start"))
			l->start = xml_attr_int(x, "val", 0);
		else if (xml_is(x, "numFmt"))
			l->format = xml_attr(x, mem, "val");
		else if (xml_is(x, "lvlText"))
			l->text = xml_attr(x, mem, "val");
		else if (xml_is(x, "pStyle"))
			l->style = xml_attr(x, mem, "val");
		else if (xml_is(x, "isLgl"))
			l->decimals = xml_switch(x);
		else if (xml_is(x, "lvlRestart"))
			l->restart = xml_attr_int(x, "val", -1);
		else if (xml_is(x, "rFonts"))
			l->font = xml_attr(x, mem, "ascii");
		else if (xml_is(x, "Fallback"))
			xml_skip(x);
	}
}

static bool level_index(struct xml *x, unsigned *out)
{
	long i = xml_attr_int(x, "ilvl", -1);
	*out = (unsigned)i;
	return i >= 0 && i < LEVELS;
}

static void read_abstract(struct xml *x, struct numbering *n)
{
	if (n->n_abstracts >= LISTS_MAX) {
		xml_skip(x);
		return;
	}
	struct abstract *a = mem_zero(n->mem, struct abstract);
	int depth = x->depth;
	unsigned i;
	a->id = xml_attr_int(x, "abstractNumId", -1);
	n->abstracts = mem_grow(n->mem, n->abstracts, struct abstract *, n->n_abstracts + 1);
	n->abstracts[n->n_abstracts++] = a;
	if (x->empty)
		return;
	while (xml_inside(x, depth)) {
		if (xml_is(x, "lvl") && level_index(x, &i))
			read_level(x, n->mem, &a->levels[i]);
		else if (xml_is(x, "numStyleLink"))
			a->link = xml_attr(x, n->mem, "val");
		else if (xml_is(x, "styleLink"))
			a->style_link = xml_attr(x, n->mem, "val");
		else
			xml_skip(x);
	}
}

static struct abstract *abstract_find(const struct numbering *n, long id)
{
	for (size_t i = 0; i < n->n_abstracts; i++)
		if (n->abstracts[i]->id == id)
			return n->abstracts[i];
	return NULL;
}

static void read_override(struct xml *x, struct numbering *n, struct list *l)
{
	int depth = x->depth;
	unsigned i, k;
	if (!level_index(x, &i) || x->empty) {
		xml_skip(x);
		return;
	}
	while (xml_inside(x, depth)) {
		if (xml_is(x, "startOverride")) {
			l->start[i] = xml_attr_int(x, "val", -1);
		} else if (xml_is(x, "lvl") && level_index(x, &k)) {
			l->own[k] = mem_zero(n->mem, struct level);
			read_level(x, n->mem, l->own[k]);
		} else {
			xml_skip(x);
		}
	}
}

static void read_list(struct xml *x, struct numbering *n)
{
	int depth = x->depth;
	if (x->empty || n->n_lists >= LISTS_MAX) {
		xml_skip(x);
		return;
	}
	n->lists = mem_grow(n->mem, n->lists, struct list, n->n_lists + 1);
	struct list *l = &n->lists[n->n_lists++];
	*l = (struct list){ .id = xml_attr_int(x, "numId", -1) };
	for (int i = 0; i < LEVELS; i++)
		l->start[i] = -1;
	while (xml_inside(x, depth)) {
		if (xml_is(x, "abstractNumId"))
			l->abstract = abstract_find(n, xml_attr_int(x, "val", -1));
		else if (xml_is(x, "lvlOverride"))
			read_override(x, n, l);
		else
			xml_skip(x);
	}
}

/* A list that stands for a style's list counts with that one. */
static void follow_links(struct numbering *n)
{
	for (size_t i = 0; i < n->n_lists; i++) {
		struct abstract *a = n->lists[i].abstract;
		for (size_t k = 0; a && a->link && k < n->n_abstracts; k++)
			if (n->abstracts[k]->style_link && strcmp(n->abstracts[k]->style_link, a->link) == 0)
				n->lists[i].abstract = n->abstracts[k];
	}
}

struct numbering *numbering_read(struct zipfile *z, TALLOC_CTX *mem, const char *part)
{
	struct numbering *n = mem_zero(mem, struct numbering);
	struct buf b;
	struct xml x;
	bool found;
	n->mem = mem;
	if (!part || !zipfile_part(z, part, &b, &found) || !found)
		return n;
	if (xml_start(&x, b.data, b.len, z->r)) {
		while (xml_next(&x) < XML_END) {
			if (xml_is(&x, "abstractNum"))
				read_abstract(&x, n);
			else if (xml_is(&x, "num"))
				read_list(&x, n);
		}
	}
	xml_close(&x);
	talloc_free(b.data);
	follow_links(n);
	return n;
}

static struct list *list_find(const struct numbering *n, long num)
{
	for (size_t i = 0; i < n->n_lists; i++)
		if (n->lists[i].id == num)
			return n->lists[i].abstract ? &n->lists[i] : NULL;
	return NULL;
}

unsigned numbering_level_of_style(const struct numbering *n, long num, const char *style)
{
	struct list *l = list_find(n, num);
	for (unsigned i = 0; l && i < LEVELS; i++)
		if (l->abstract->levels[i].style && strcmp(l->abstract->levels[i].style, style) == 0)
			return i;
	return 0;
}

static void put_letters(struct buf *b, long v, char first)
{
	/* 27 is "aa", 28 "bb": the letter is repeated, not carried. */
	for (long i = 0; v > 0 && i <= (v - 1) / 26 && i < 20; i++)
		buf_char(b, (char)(first + (v - 1) % 26));
}

static void put_roman(struct buf *b, long v, bool upper)
{
	static const struct {
		int value;
		const char *sign;
	} signs[] = { { 1000, "m" }, { 900, "cm" }, { 500, "d" }, { 400, "cd" }, { 100, "c" }, { 90, "xc" },
		{ 50, "l" }, { 40, "xl" }, { 10, "x" }, { 9, "ix" }, { 5, "v" }, { 4, "iv" }, { 1, "i" } };
	if (v > 4999)
		v = 4999;
	for (size_t i = 0; i < ARRAY_LEN(signs); i++)
		for (; v >= signs[i].value; v -= signs[i].value)
			for (const char *s = signs[i].sign; *s; s++)
				buf_char(b, upper ? (char)(*s - 32) : *s);
}

static void put_number(struct buf *b, long v, const char *format, bool decimals)
{
	if (!format || decimals)
		format = "decimal";
	if (strcmp(format, "upperRoman") == 0 || strcmp(format, "lowerRoman") == 0)
		put_roman(b, v, format[0] == 'u');
	else if (strcmp(format, "upperLetter") == 0 || strcmp(format, "lowerLetter") == 0)
		put_letters(b, v, format[0] == 'u' ? 'A' : 'a');
	else if (strcmp(format, "decimalZero") == 0)
		buf_printf(b, "%02ld", v);
	else if (strcmp(format, "none") != 0)
		buf_printf(b, "%ld", v);
}

/* Moves the list on by one at that level; those below begin again. */
static void count(struct list *l, unsigned level)
{
	struct abstract *a = l->abstract;
	const struct level *of = l->own[level] ? l->own[level] : &a->levels[level];
	if (l->start[level] >= 0 && !l->started[level]) {
		a->count[level] = l->start[level];
		l->started[level] = true;
	} else if (!a->begun[level]) {
		a->count[level] = of->start;
	} else if (a->count[level] < 1000000) {
		a->count[level]++;
	}
	a->begun[level] = true;
	for (unsigned i = level + 1; i < LEVELS; i++) {
		long restart = a->levels[i].restart;
		if (restart != 0 && (restart < 0 || (long)level < restart))
			a->begun[i] = false;
	}
	/* A level that was passed over is shown as if it had begun. */
	for (unsigned i = 0; i < level; i++) {
		if (a->begun[i])
			continue;
		a->count[i] = l->start[i] >= 0 ? l->start[i] : (l->own[i] ? l->own[i] : &a->levels[i])->start;
		a->begun[i] = true;
	}
}

/* The sign before an item: symbol fonts mapped; a letter is only a drawn bullet. */
static char *bullet_text(TALLOC_CTX *mem, const struct level *l)
{
	const char *p = l->text, *end = p + strlen(p);
	char out[4];
	if (p == end)
		return NULL;
	uint32_t c = glyph_char(l->font ? l->font : "", (int32_t)text_decode(&p, end));
	if (c == 'o' || c == 0xa7 || (c >= 0xe000 && c <= 0xf8ff))
		c = 0x2022;
	if (c == 0 || glyph_is_blank(c))
		return NULL;
	return mem_strndup(mem, out, text_encode(c, out));
}

char *numbering_next(struct numbering *n, TALLOC_CTX *mem, long num, unsigned level, bool *bullet)
{
	struct list *l = list_find(n, num);
	*bullet = false;
	if (!l || level >= LEVELS)
		return NULL;
	count(l, level);
	const struct level *of = l->own[level] ? l->own[level] : &l->abstract->levels[level];
	if (!of->text)
		return NULL;
	if (of->format && strcmp(of->format, "bullet") == 0) {
		*bullet = true;
		return bullet_text(mem, of);
	}
	struct buf b;
	buf_init(&b, mem, 256);
	for (const char *p = of->text; *p; p++) {
		if (p[0] != '%' || p[1] < '1' || p[1] > '9') {
			buf_char(&b, *p);
			continue;
		}
		unsigned k = (unsigned)(*++p - '1');
		put_number(
		    &b, l->abstract->count[k], (l->own[k] ? l->own[k] : &l->abstract->levels[k])->format, of->decimals);
	}
	/* A text cut at the limit may end within a character. */
	return b.len && text_utf8_valid(b.data, b.len) ? b.data : NULL;
}
