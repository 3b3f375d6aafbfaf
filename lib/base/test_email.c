#include "email.h"

#include <criterion/criterion.h>
#include <string.h>

static TALLOC_CTX *mem;

static void set_up(void)
{
	mem = mem_new("test", 0);
}

static void tear_down(void)
{
	talloc_free(mem);
}

TestSuite(email, .init = set_up, .fini = tear_down);

static enum result check(const char *s, const char **out)
{
	struct error e;
	error_clear(&e);
	enum result r = email_normalise(mem, s, "email", out, &e);
	if (r != ERR_OK)
		cr_assert_str_eq(e.faults[0].field, "email");
	return r;
}

Test(email, addresses_are_brought_to_one_form)
{
	const char *good[][2] = {
		{ "jean@exemple.fr", "jean@exemple.fr" },
		{ "  Jean.DUPONT@Exemple.FR \n", "jean.dupont@exemple.fr" },
		{ "a+b_c-d'e@x-y.z1.museum", "a+b_c-d'e@x-y.z1.museum" },
		{ "1@2.fr", "1@2.fr" },
		{ "x@xn--caf-dma.fr", "x@xn--caf-dma.fr" },
	};
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		const char *out;
		cr_assert_eq(check(good[i][0], &out), ERR_OK, "%s", good[i][0]);
		cr_assert_str_eq(out, good[i][1]);
	}
}

Test(email, what_is_no_address_is_refused)
{
	const char *bad[] = { "", " ", "jean", "@exemple.fr", "jean@", "jean@localhost", "jean@exemple..fr", "jean@.fr",
		"jean@exemple.fr.", ".jean@exemple.fr", "jean.@exemple.fr", "je..an@exemple.fr", "je an@exemple.fr",
		"jean@exe mple.fr", "jean@-x.fr", "jean@x-.fr", "jean@127.0.0.1", "jean@[127.0.0.1]", "a@b@c.fr",
		"\"jean\"@exemple.fr", "Jean <jean@exemple.fr>", "j\xc3\xa9@exemple.fr", "jean@caf\xc3\xa9.fr",
		"jean@exemple.fr\r\nBcc: x@y.fr", "jean\x01@exemple.fr", "jean@exemple_x.fr", "jean(a)@exemple.fr" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const char *out;
		cr_assert_eq(check(bad[i], &out), ERR_INVALID_EMAIL, "%s", bad[i]);
	}
}

Test(email, lengths_have_their_limits)
{
	char s[400];
	const char *out;
	memset(s, 'a', sizeof(s));
	memcpy(s + 64, "@exemple.fr", 12);
	cr_assert_eq(check(s, &out), ERR_OK);
	memset(s, 'a', sizeof(s));
	memcpy(s + 65, "@exemple.fr", 12);
	cr_assert_eq(check(s, &out), ERR_INVALID_EMAIL);

	memset(s, 'a', sizeof(s));
	s[1] = '@';
	for (int i = 40; i < 254; i += 40)
		s[i] = '.';
	s[254] = '\0';
	cr_assert_eq(check(s, &out), ERR_OK);
	s[254] = 'a';
	s[255] = '\0';
	cr_assert_eq(check(s, &out), ERR_TOO_LONG);
}
