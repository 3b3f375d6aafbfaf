/* Characters: what fonts of symbols mean, ligatures, blanks. */
#include "layout.h"

#include <string.h>
#include <strings.h>

struct symbol {
	uint8_t code;
	uint16_t c;
};

/* Codes of Wingdings that office programs use for boxes, ticks and bullets. */
static const struct symbol wingdings[] = {
	{ 0x53, 0x2612 },
	{ 0x6c, 0x2022 },
	{ 0x6d, 0x2022 },
	{ 0x6e, 0x25a0 },
	{ 0x6f, 0x2610 },
	{ 0x70, 0x2610 },
	{ 0x71, 0x2610 },
	{ 0x72, 0x2610 },
	{ 0x75, 0x25c6 },
	{ 0x76, 0x25c6 },
	{ 0x77, 0x2022 },
	{ 0x78, 0x2612 },
	{ 0x9e, 0x2022 },
	{ 0x9f, 0x2022 },
	{ 0xa1, 0x25cb },
	{ 0xa7, 0x2022 },
	{ 0xa8, 0x2610 },
	{ 0xb7, 0x2022 },
	{ 0xd8, 0x2022 },
	{ 0xe0, 0x2192 },
	{ 0xe8, 0x2192 },
	{ 0xf0, 0x2192 },
	{ 0xfb, 0x2717 },
	{ 0xfc, 0x2713 },
	{ 0xfd, 0x2612 },
	{ 0xfe, 0x2611 },
};

/* Wingdings 2: other places for the same things. */
static const struct symbol wingdings2[] = {
	{ 0x4f, 0x2717 },
	{ 0x50, 0x2713 },
	{ 0x51, 0x2612 },
	{ 0x52, 0x2611 },
	{ 0x53, 0x2612 },
	{ 0x54, 0x2612 },
	{ 0x97, 0x2022 },
	{ 0x98, 0x2022 },
	{ 0xa3, 0x2610 },
	{ 0xa7, 0x25a0 },
	{ 0xae, 0x25a0 },
};

/* Symbol: the few that stand in tenders' texts and that a missing ToUnicode leaves in the private area. */
static const struct symbol symbol_font[] = {
	{ 0x2d, 0x2212 },
	{ 0xa0, 0x20ac },
	{ 0xa3, 0x2264 },
	{ 0xae, 0x2192 },
	{ 0xb0, 0x00b0 },
	{ 0xb1, 0x00b1 },
	{ 0xb3, 0x2265 },
	{ 0xb4, 0x00d7 },
	{ 0xb7, 0x2022 },
	{ 0xde, 0x21d2 },
};

static uint32_t find(const struct symbol *table, size_t n, uint32_t code)
{
	for (size_t i = 0; i < n; i++)
		if (table[i].code == code)
			return table[i].c;
	return 0;
}

bool glyph_is_blank(uint32_t c)
{
	return c == ' ' || c == '\t' || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
	       c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

uint32_t glyph_char(const char *font_name, int32_t c)
{
	if (c <= 0)
		return 0xfffd;
	uint32_t u = (uint32_t)c;
	bool private_area = u >= 0xf000 && u <= 0xf0ff;
	if (private_area || (u < 0x100 && font_name[0])) {
		uint32_t found = 0, code = u & 0xff;
		if (strcasestr(font_name, "wingdings2") || strcasestr(font_name, "wingdings 2") ||
		    strcasestr(font_name, "wingdings-2"))
			found = find(wingdings2, ARRAY_LEN(wingdings2), code);
		else if (strcasestr(font_name, "wingding"))
			found = find(wingdings, ARRAY_LEN(wingdings), code);
		else if (private_area && strcasestr(font_name, "symbol"))
			found = find(symbol_font, ARRAY_LEN(symbol_font), code);
		/* A subset whose name was lost: the private code itself still tells. */
		else if (private_area)
			found = find(wingdings, ARRAY_LEN(wingdings), code);
		if (found)
			return found;
	}
	switch (u) {
	case 0x25a1: /* white squares are drawn as boxes to tick */
	case 0x2751:
	case 0x2752:
	case 0x274f:
	case 0x2750:
	case 0x1f78e:
		return 0x2610;
	case 0x2327:
	case 0x1f5f5:
	case 0x1f5f7:
		return 0x2612;
	case 0x1f5f9:
		return 0x2611;
	default:
		break;
	}
	if (glyph_is_blank(u))
		return ' ';
	if (u < 0x20 || (u >= 0x7f && u < 0xa0) || (u >= 0x200b && u <= 0x200f) || (u >= 0x202a && u <= 0x202e) ||
	    (u >= 0x2060 && u <= 0x206f) || u == 0xfeff)
		return 0;
	if (u > 0x10ffff || (u >= 0xd800 && u <= 0xdfff) || (u & 0xfffe) == 0xfffe)
		return 0xfffd;
	return u;
}

unsigned glyph_expand(uint32_t c, uint32_t out[3])
{
	static const char *const latin[] = { "ff", "fi", "fl", "ffi", "ffl", "st", "st" };
	if (c >= 0xfb00 && c <= 0xfb06) {
		const char *s = latin[c - 0xfb00];
		unsigned n = 0;
		while (s[n]) {
			out[n] = (unsigned char)s[n];
			n++;
		}
		return n;
	}
	out[0] = c;
	return 1;
}
