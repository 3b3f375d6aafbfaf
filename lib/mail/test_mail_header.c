#include "mail.h"

#include <criterion/criterion.h>
#include <string.h>

static struct buf out;
static struct error e;

static const char *subject(TALLOC_CTX *mem, const char *value)
{
	error_clear(&e);
	buf_init(&out, mem, 4096);
	return mail_header_text(&out, "Subject", value, &e) == ERR_OK ? out.data : NULL;
}

static const char *to(TALLOC_CTX *mem, const char *name, const char *address)
{
	error_clear(&e);
	buf_init(&out, mem, 4096);
	return mail_header_address(&out, "To", name, address, &e) == ERR_OK ? out.data : NULL;
}

Test(mail_header, plain_text_stays)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	cr_assert_str_eq(subject(mem, "Invitation"), "Subject: Invitation");
	cr_assert_str_eq(to(mem, "Jeanne Martin", "j@exemple.fr"), "To: Jeanne Martin\r\n <j@exemple.fr>");
	cr_assert_str_eq(to(mem, NULL, "j@exemple.fr"), "To: j@exemple.fr");
	talloc_free(mem);
}

Test(mail_header, accents_become_encoded_words)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	cr_assert_str_eq(subject(mem, "Réinitialisation"), "Subject: =?UTF-8?Q?R=C3=A9initialisation?=");
	cr_assert_str_eq(
	    to(mem, "Zoé d'Été", "z@exemple.fr"), "To: =?UTF-8?Q?Zo=C3=A9_d=27=C3=89t=C3=A9?=\r\n <z@exemple.fr>");
	/* What a name could do to the address behind it. */
	cr_assert_str_eq(to(mem, "a\" <b@c.fr>, x", "z@exemple.fr"),
	    "To: =?UTF-8?Q?a=22_=3Cb=40c=2Efr=3E=2C_x?=\r\n <z@exemple.fr>");
	/* What a reader would decode. */
	cr_assert_str_eq(subject(mem, "=?UTF-8?Q?a?="), "Subject: =?UTF-8?Q?=3D=3FUTF-8=3FQ=3Fa=3F=3D?=");
	cr_assert_str_eq(subject(mem, " a"), "Subject: =?UTF-8?Q?_a?=");
	talloc_free(mem);
}

Test(mail_header, long_values_are_folded_between_characters)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	char value[600] = "";
	for (int i = 0; i < 100; i++)
		memcpy(value + 5 * (size_t)i, "é€", sizeof("é€"));
	const char *line = subject(mem, value);
	cr_assert_not_null(line);
	size_t longest = 0;
	for (const char *p = line;;) {
		const char *end = strstr(p, "\r\n");
		size_t n = end ? (size_t)(end - p) : strlen(p);
		if (p != line)
			cr_assert_eq(p[0], ' ');
		longest = n > longest ? n : longest;
		/* Each word decodes by itself: it does not begin in the middle of a character. */
		const char *word = strstr(p, "?Q?");
		cr_assert(strncmp(word, "?Q?=C3", 6) == 0 || strncmp(word, "?Q?=E2", 6) == 0);
		if (!end)
			break;
		p = end + 2;
	}
	cr_assert_leq(longest, 84u);
	talloc_free(mem);
}

Test(mail_header, nothing_begins_a_new_line)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	static const char *const bad[] = { "a\r\nBcc: x@y.fr", "a\nb", "a\rb", "\n", "a\tb", "a\x7f",
		"a\xc2\x85"
		"b",
		"a\xe2\x80\xa8"
		"b",
		"\xff", "a\x1b[0m" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		cr_assert_null(subject(mem, bad[i]), "%zu", i);
		cr_assert_eq(e.code, ERR_MAIL_REFUSED);
		cr_assert_null(to(mem, bad[i], "a@exemple.fr"), "%zu", i);
	}
	talloc_free(mem);
}

Test(mail_header, addresses)
{
	static const char *const good[] = { "a@exemple.fr", "jeanne.martin+dce@mairie-x.example", "o'neil@a.b.c",
		"a@localhost", "A_1@EXEMPLE.FR" };
	static const char *const bad[] = { "", "a", "@exemple.fr", "a@", "a@b@c", "a b@c.fr", "a@c.fr\r\nRCPT TO:<x@y>",
		"<a@c.fr>", "a@c.fr>", "a@c.fr, b@c.fr", "\"a\"@c.fr", "é@c.fr", "a@é.fr", "a@.fr", "a@c.", "a..b@c.fr",
		"-a@c.fr", "a@-c.fr", "a@[127.0.0.1]",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@c.fr" };
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		cr_assert(mail_address_ok(good[i]), "%s", good[i]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_not(mail_address_ok(bad[i]), "%s", bad[i]);
}

Test(mail_header, a_mask_shows_the_domain_only)
{
	char s[96];
	mail_address_mask("jeanne.martin@exemple.fr", s);
	cr_assert_str_eq(s, "j***@exemple.fr");
	mail_address_mask("nonsense\n", s);
	cr_assert_str_eq(s, "***");
}

Test(mail_header, date)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	buf_init(&out, mem, 100);
	mail_header_date(&out, 1774170031000000);
	cr_assert_str_eq(out.data, "Date: Sun, 22 Mar 2026 09:00:31 +0000");
	talloc_free(mem);
}
