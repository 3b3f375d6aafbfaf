/* The styles of a DOCX: what a paragraph is (heading, item of a list) mostly stands here. */
#include "buf.h"
#include "docx.h"

#include <string.h>
#include <strings.h>

#define STYLES_MAX 20000
#define BASED_MAX 30

static void read_properties(struct xml *x, TALLOC_CTX *mem, struct docx_style *s)
{
	struct look look = { .font = "" };
	if (xml_is(x, "b"))
		s->bold = xml_switch(x);
	else if (xml_is(x, "i"))
		s->italic = xml_switch(x);
	else if (xml_is(x, "vanish"))
		s->hidden = xml_switch(x);
	else if (xml_is(x, "outlineLvl"))
		s->outline = (int)xml_attr_int(x, "val", -1);
	else if (xml_is(x, "numId"))
		s->num = xml_attr_int(x, "val", -1);
	else if (xml_is(x, "ilvl"))
		s->level = xml_attr_int(x, "val", -1);
	docx_look_read(x, mem, &look);
	if (look.half_points > 0)
		s->half_points = look.half_points;
	if (look.font[0])
		s->font = mem_strdup(mem, look.font);
}

static void read_style(struct xml *x, TALLOC_CTX *mem, struct docx_styles *out)
{
	int depth = x->depth;
	char *type = xml_attr(x, mem, "type"), *id = xml_attr(x, mem, "styleId");
	char *usual = xml_attr(x, mem, "default");
	bool character = type && strcmp(type, "character") == 0;
	if (!id || !type || (!character && strcmp(type, "paragraph") != 0) || x->empty || out->n >= STYLES_MAX) {
		xml_skip(x);
		return;
	}
	out->all = mem_grow(mem, out->all, struct docx_style, out->n + 1);
	struct docx_style *s = &out->all[out->n++];
	*s = (struct docx_style){ .id = id,
		.character = character,
		.bold = -1,
		.italic = -1,
		.hidden = -1,
		.num = -1,
		.level = -1,
		.outline = -1 };
	s->depth = usual && !character && strcmp(usual, "0") != 0; /* marks the usual one until all are resolved */
	while (xml_inside(x, depth)) {
		if (xml_is(x, "basedOn"))
			s->based_on = xml_attr(x, mem, "val");
		else if (xml_is(x, "name"))
			s->name = xml_attr(x, mem, "val");
		else if (xml_is(x, "rPrChange") || xml_is(x, "pPrChange"))
			xml_skip(x);
		else
			read_properties(x, mem, s);
	}
}

const struct docx_style *docx_style(const struct docx_styles *s, const char *id)
{
	for (size_t i = 0; id && i < s->n; i++)
		if (strcmp(s->all[i].id, id) == 0)
			return &s->all[i];
	return NULL;
}

static void inherit(struct docx_style *s, const struct docx_style *from)
{
	s->bold = s->bold < 0 ? from->bold : s->bold;
	s->italic = s->italic < 0 ? from->italic : s->italic;
	s->hidden = s->hidden < 0 ? from->hidden : s->hidden;
	s->half_points = s->half_points ? s->half_points : from->half_points;
	s->font = s->font ? s->font : from->font;
	s->outline = s->outline < 0 ? from->outline : s->outline;
	/* A level without a list of its own is one of the inherited list. */
	if (s->num < 0) {
		s->num = from->num;
		s->level = s->level < 0 ? from->level : s->level;
	}
}

static void resolve(struct docx_styles *styles)
{
	/* Each style takes what is missing from the chain below it, whose own entries stay as written meanwhile. */
	struct docx_style *written = mem_dup(NULL, styles->all, styles->n * sizeof(*styles->all));
	struct docx_styles raw = { .all = written, .n = styles->n };
	for (size_t i = 0; i < styles->n; i++) {
		const struct docx_style *from = docx_style(&raw, styles->all[i].based_on);
		for (int k = 0; from && k < BASED_MAX; k++) {
			inherit(&styles->all[i], from);
			from = docx_style(&raw, from->based_on);
		}
	}
	talloc_free(written);
}

void docx_styles_read(struct zipfile *z, const char *part, struct docx_styles *out)
{
	struct buf b;
	struct xml x;
	bool found;
	*out = (struct docx_styles){ 0 };
	if (!part || !zipfile_part(z, part, &b, &found) || !found)
		return;
	if (xml_start(&x, b.data, b.len, z->r)) {
		bool defaults = false;
		while (xml_next(&x) < XML_END) {
			if (strcmp(x.name, "docDefaults") == 0)
				defaults = x.kind == XML_OPEN && !x.empty;
			else if (xml_is(&x, "style"))
				read_style(&x, z->mem, out);
			else if (defaults && xml_is(&x, "sz"))
				out->half_points = xml_attr_int(&x, "val", 0);
		}
	}
	xml_close(&x);
	talloc_free(b.data);
	if (out->n)
		resolve(out);
	for (size_t i = 0; i < out->n && !out->normal; i++)
		if (out->all[i].depth)
			out->normal = &out->all[i];
}

void docx_look_read(struct xml *x, TALLOC_CTX *mem, struct look *look)
{
	if (xml_is(x, "b")) {
		look->bold = xml_switch(x);
	} else if (xml_is(x, "i")) {
		look->italic = xml_switch(x);
	} else if (xml_is(x, "vanish")) {
		look->hidden = xml_switch(x);
	} else if (xml_is(x, "sz")) {
		look->half_points = xml_attr_int(x, "val", 0);
	} else if (xml_is(x, "rFonts")) {
		char *font = xml_attr(x, mem, "ascii");
		if (!font)
			font = xml_attr(x, mem, "hAnsi");
		if (font)
			look->font = font;
	}
	if (look->half_points < 0 || look->half_points > 3276)
		look->half_points = 0;
}

void docx_look_of_style(const struct docx_style *s, struct look *look)
{
	if (!s)
		return;
	look->bold = s->bold < 0 ? look->bold : s->bold;
	look->italic = s->italic < 0 ? look->italic : s->italic;
	look->hidden = s->hidden < 0 ? look->hidden : s->hidden;
	look->half_points = s->half_points ? s->half_points : look->half_points;
	look->font = s->font ? s->font : look->font;
}

bool docx_style_is_toc(const struct docx_style *s)
{
	return s && s->name && strncasecmp(s->name, "toc ", 4) == 0 && s->name[4] >= '1' && s->name[4] <= '9';
}

bool docx_style_is_title(const struct docx_style *s)
{
	return s && s->name && strcasecmp(s->name, "title") == 0;
}
