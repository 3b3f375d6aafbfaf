#include "letter.h"

#include <criterion/criterion.h>
#include <string.h>

static const char token[] = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_abcde";
static const struct letter_item items[] = {
	{ true, "Infogérance <b>", "10/12/2026" },
	{ false, "Règlement.pdf", "11/12/2026" },
	{ true, NULL, "11/12/2026" },
	{ false, "piege.example.pdf", "12/12/2026" },
};
static const struct letter_values whole = {
	.product = "Scorpius",
	.public_url = "https://app.exemple.fr",
	.name = "Zoé Lefèvre",
	.organization = "Dupont & Fils",
	.inviter = "Jean d’Ormesson",
	.token = token,
	.expires = "03/12/2026 à 01h20",
	.when = "26/11/2026 à 01h20",
	.address = "192.0.2.7",
	.agent = "Firefox/128",
	.items = items,
	.n_items = ARRAY_LEN(items),
	.items_more = 2,
	.retention_days = 365,
	.undo_days = 30,
};

static struct mail_message m;
static struct error e;

static enum result write(TALLOC_CTX *mem, enum letter l, struct letter_values v)
{
	error_clear(&e);
	return letter_write(mem, l, &v, &m, &e);
}

static size_t count(const char *s, const char *what)
{
	size_t n = 0;
	for (; (s = strstr(s, what)); s += strlen(what))
		n++;
	return n;
}

Test(letter, names_are_those_of_the_jobs)
{
	static const char *const names[] = { "invitation", "email_confirm", "password_reset", "new_sign_in",
		"password_changed", "retention" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		enum letter l;
		cr_assert(letter_parse(names[i], &l));
		cr_assert_str_eq(letter_name(l), names[i]);
	}
	enum letter l;
	cr_assert_not(letter_parse("newsletter", &l));
}

Test(letter, each_says_who_what_and_what_if_it_was_not_you)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	for (int i = 0; i < LETTER__COUNT; i++) {
		enum letter l = (enum letter)i;
		cr_assert_eq(write(mem, l, whole), ERR_OK, "%s: %s", letter_name(l), e.cause);
		cr_assert_not_null(strstr(m.subject, "Scorpius"));
		const char *both[] = { m.text, m.html };
		for (int k = 0; k < 2; k++) {
			cr_assert_not_null(strstr(both[k], "Scorpius"));
			cr_assert_not_null(strstr(both[k],
			    l == LETTER_INVITATION                                    ? "Si vous n’attendiez pas"
			    : l == LETTER_EMAIL_CONFIRM || l == LETTER_PASSWORD_RESET ? "Si vous n’êtes pas à l’origine"
			    : l == LETTER_RETENTION ? "téléchargez ce que vous souhaitez garder"
						    : "Si ce n’était pas vous"));
			cr_assert_null(strchr(both[k], k == 0 ? '{' : '\1'));
			cr_assert_eq(count(both[k], token) > 0, letter_has_link(l));
			cr_assert_eq(strstr(both[k], "03/12/2026 à 01h20") != NULL, letter_has_link(l));
		}
		/* No browser sends what stands behind '#'. */
		cr_assert_eq(count(m.text, "#token="), letter_has_link(l) ? 1u : 0u);
		cr_assert_eq(count(m.text, "?"), 0u);
	}
	talloc_free(mem);
}

Test(letter, html_escapes_every_value)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct letter_values v = whole;
	cr_assert_eq(write(mem, LETTER_INVITATION, v), ERR_OK);
	cr_assert_not_null(strstr(m.html, "Dupont &amp; Fils"));
	cr_assert_not_null(strstr(m.text, "Dupont & Fils"));
	v.product = "A<b>\"'&";
	v.public_url = "https://x.exemple/\"><script>";
	cr_assert_eq(write(mem, LETTER_INVITATION, v), ERR_OK);
	cr_assert_null(strstr(m.html, "<b>"));
	cr_assert_null(strstr(m.html, "<script>"));
	cr_assert_not_null(strstr(m.html, "A&lt;b&gt;&quot;&#39;&amp;"));
	talloc_free(mem);
}

/* An invitation goes to whomever an owner names: his name must not be the message. */
Test(letter, strangers_words_carry_no_links_and_no_lines)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	static const char *const bad[] = { "Gagnez sur https://piege.example", "WWW.piege.example",
		"Remise sur piege.example/cadeau", "piège.piege.fr", "Jean\r\nBcc: x", "a\nb", "x@piege.example",
		"<b>Jean</b>", "\u202erenversé", "\xff" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct letter_values v = whole;
		v.inviter = v.organization = v.name = v.agent = bad[i];
		for (int l = 0; l < LETTER__COUNT; l++) {
			cr_assert_eq(write(mem, (enum letter)l, v), ERR_OK);
			cr_assert_null(strstr(m.text, bad[i]), "%zu", i);
			cr_assert_null(strcasestr(m.text, "piege"));
			cr_assert_null(strchr(m.subject, '\n'));
		}
		cr_assert_eq(write(mem, LETTER_INVITATION, v), ERR_OK);
		cr_assert_not_null(
		    strstr(m.text, "Un responsable vous invite à rejoindre l’organisation «\u00a0une organisation"));
	}
	static const char *const good[] = { "S.A.R.L. Dupont", "M. Martin", "Éts. Écarlate", "Version 2.0",
		"Dupont, Fils & Cie." };
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct letter_values v = whole;
		v.organization = good[i];
		cr_assert_eq(write(mem, LETTER_INVITATION, v), ERR_OK);
		cr_assert_not_null(strstr(m.text, good[i]), "%zu", i);
	}
	char name[1000];
	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	struct letter_values v = whole;
	v.inviter = name;
	cr_assert_eq(write(mem, LETTER_INVITATION, v), ERR_OK);
	cr_assert_not_null(strstr(m.text, "aaa… vous invite"));
	talloc_free(mem);
}

Test(letter, what_is_missing_is_refused)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct letter_values v = whole;
	v.token = NULL;
	cr_assert_eq(write(mem, LETTER_PASSWORD_RESET, v), ERR_MAIL_REFUSED);
	cr_assert_eq(write(mem, LETTER_PASSWORD_CHANGED, v), ERR_OK);
	v.when = NULL;
	cr_assert_eq(write(mem, LETTER_PASSWORD_CHANGED, v), ERR_MAIL_REFUSED);
	v = whole;
	v.address = NULL; /* then nothing is said of it */
	cr_assert_eq(write(mem, LETTER_NEW_SIGN_IN, v), ERR_OK);
	cr_assert_null(strstr(m.text, "Adresse"));
	talloc_free(mem);
}

Test(letter, what_goes_is_told_with_its_day)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct letter_values v = whole;
	v.when = "10/12/2026";
	cr_assert_eq(write(mem, LETTER_RETENTION, v), ERR_OK);
	cr_assert_str_eq(m.subject, "Scorpius\u00a0: suppressions prévues à partir du 10/12/2026");
	cr_assert_not_null(strstr(m.text, "conservés pendant 365 jours."));
	cr_assert_not_null(strstr(m.text, "- Consultation «\u00a0sans titre\u00a0» (le 11/12/2026)\r\n"));
	cr_assert_not_null(strstr(m.text, "- Document «\u00a0Règlement\u00a0» (le 11/12/2026)\r\n"));
	cr_assert_not_null(strstr(m.text, "- Document «\u00a0sans titre\u00a0» (le 12/12/2026)\r\n"));
	cr_assert_not_null(strstr(m.text, "- et 2 autres éléments\r\n"));
	cr_assert_not_null(strstr(m.text, "restauré pendant 30 jours\u00a0;"));
	cr_assert_null(strcasestr(m.html, "Infogérance"));
	cr_assert_eq(count(m.html, "<li>"), 5u);
	v.items = (const struct letter_item[]){ { true, "Infogérance & téléphonie", "10/12/2026" } };
	v.n_items = 1;
	v.items_more = 1;
	v.undo_days = 0;
	cr_assert_eq(write(mem, LETTER_RETENTION, v), ERR_OK);
	cr_assert_not_null(strstr(m.html, "«\u00a0Infogérance &amp; téléphonie\u00a0» (le 10/12/2026)"));
	cr_assert_not_null(strstr(m.text, "- et un autre élément\r\n"));
	cr_assert_not_null(strstr(m.text, "il ne peut pas être restauré."));
	v.n_items = 0;
	cr_assert_eq(write(mem, LETTER_RETENTION, v), ERR_MAIL_REFUSED);
	talloc_free(mem);
}
