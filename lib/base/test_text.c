#include "text.h"

#include <criterion/criterion.h>
#include <string.h>

static bool valid(const char *s)
{
	return text_utf8_valid(s, strlen(s));
}

Test(text, accepts_utf8)
{
	cr_assert(valid(""));
	cr_assert(valid("Marché à bons de commande — 40 % – œuvre"));
	cr_assert(valid("\xF0\x9F\x99\x82"));
	cr_assert(valid("\xF4\x8F\xBF\xBF"));
}

Test(text, refuses_what_is_not)
{
	cr_assert_not(valid("\xC0\xAF"));         /* overlong */
	cr_assert_not(valid("\xE0\x80\x80"));     /* overlong */
	cr_assert_not(valid("\xED\xA0\x80"));     /* surrogate */
	cr_assert_not(valid("\xF4\x90\x80\x80")); /* past U+10FFFF */
	cr_assert_not(valid("\xE9t\xE9"));        /* Latin-1 */
	cr_assert_not(valid("\xC3"));             /* cut */
}

Test(text, every_code_point_survives_encoding)
{
	for (uint32_t c = 1; c < 0x110000; c += c < 0x3000 ? 1 : 97) {
		if (c >= 0xD800 && c < 0xE000)
			continue;
		char s[4];
		size_t n = text_encode(c, s);
		const char *p = s;
		cr_assert_eq(text_decode(&p, s + n), c);
		cr_assert_eq(p, s + n);
	}
}

Test(text, cuts_between_characters)
{
	cr_assert_eq(text_cut("été", 5, 4), 3u);
	cr_assert_eq(text_cut("été", 5, 1), 0u);
	cr_assert_eq(text_cut("été", 5, 5), 5u);
}
