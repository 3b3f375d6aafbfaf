#include "error.h"

#include <criterion/criterion.h>
#include <string.h>

/* A code without both texts, an id or a status can't be told to anybody. */
Test(error, every_code_has_both_texts)
{
	for (int c = 0; c < ERR__COUNT; c++) {
		struct fault f = { .code = (enum result)c };
		char en[512], fr[512];
		error_text(&f, LANG_EN, en, sizeof en);
		error_text(&f, LANG_FR, fr, sizeof fr);
		cr_assert(en[0] && fr[0], "code %d lacks a text", c);
		cr_assert(c == ERR_OK || strcmp(en, fr) != 0, "'%s' is not translated", error_id((enum result)c));
		cr_assert(error_id((enum result)c)[0]);
		cr_assert(error_http_status((enum result)c) >= 200);
	}
}

Test(error, ids_are_unique)
{
	for (int a = 0; a < ERR__COUNT; a++)
		for (int b = a + 1; b < ERR__COUNT; b++)
			cr_assert_str_neq(error_id((enum result)a), error_id((enum result)b));
}

/* Both languages must name the same arguments, or one reader learns less. */
Test(error, both_texts_use_the_same_arguments)
{
	static const char *const names[] = { "{name}", "{value}", "{max}", "{min}", "{expected}", "{reason}", "{type}",
		"{state}", "{limit}", "{usage}" };
	static const char *const texts[][2] = {
#define X(name, id, http, exit_status, en, fr) { en, fr },
		ERROR_LIST(X)
#undef X
	};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		for (size_t k = 0; k < ARRAY_LEN(names); k++)
			cr_assert_eq(!strstr(texts[i][0], names[k]), !strstr(texts[i][1], names[k]), "%s: %s",
			    texts[i][0], names[k]);
}

Test(error, arguments_are_rendered)
{
	struct error e;
	error_clear(&e);
	cr_assert_eq(error_set(&e, ERR_OUT_OF_RANGE, "limit", "min", "1", "max", "100"), ERR_OUT_OF_RANGE);
	char out[256];
	error_text(&e.faults[0], LANG_FR, out, sizeof out);
	cr_assert_str_eq(out, "doit être compris entre 1 et 100");
	cr_assert_str_eq(e.faults[0].field, "limit");
}

Test(error, words_of_arguments_are_in_the_readers_language)
{
	struct error e;
	error_clear(&e);
	error_set(&e, ERR_INVALID_TYPE, "year", "type", "integer");
	error_set(&e, ERR_DOCUMENT_UNREADABLE, NULL, "reason", "not_pdf");
	/* What a client sent is no word of ours. */
	error_set(&e, ERR_INVALID_VALUE, "role", "value", "memory", "expected", "viewer");
	char out[256];
	error_text(&e.faults[0], LANG_EN, out, sizeof out);
	cr_assert_str_eq(out, "must be an integer");
	error_text(&e.faults[0], LANG_FR, out, sizeof out);
	cr_assert_str_eq(out, "doit être de type entier");
	error_text(&e.faults[1], LANG_FR, out, sizeof out);
	cr_assert_str_eq(out, "le document est illisible\u00a0: ce n'est pas un PDF");
	error_text(&e.faults[2], LANG_FR, out, sizeof out);
	cr_assert_str_eq(out, "«\u00a0memory\u00a0» n'est pas admis ici\u00a0; attendu\u00a0: viewer");
}

Test(error, first_fault_gives_the_code_and_the_rest_is_kept)
{
	struct error e;
	error_clear(&e);
	error_set(&e, ERR_MISSING_FIELD, "email");
	error_set(&e, ERR_TOO_SHORT, "password", "min", "8");
	cr_assert_eq(e.code, ERR_MISSING_FIELD);
	cr_assert_eq(e.n_faults, 2u);
	for (int i = 0; i < 100; i++)
		error_set(&e, ERR_UNKNOWN_FIELD, "x", "name", "x");
	cr_assert_eq(e.n_faults, (unsigned)ERROR_MAX_FAULTS);
}

Test(error, long_arguments_are_cut_between_characters)
{
	struct error e;
	error_clear(&e);
	char value[400];
	memset(value, 0, sizeof value);
	for (int i = 0; i < 199; i++)
		memcpy(value + 2 * i, "é", 2);
	error_set(&e, ERR_INVALID_ID, "id", "value", value);
	size_t n = strlen(e.faults[0].args[0].value);
	cr_assert_eq(n % 2, 0u);
	cr_assert(n > 100);
}

/* Before : ; ? ! and within quotation marks French has a space that no line ends at. What stands wrong, or NULL. */
static const char *badly_spaced(const char *text)
{
	static const char nbsp[] = "\u00a0", opening[] = "«", closing[] = "»";
	for (const char *p = text; *p != '\0'; p++) {
		bool after_nbsp = p - text >= 2 && strncmp(p - 2, nbsp, 2) == 0;
		bool mark = strchr(";?!", *p) != NULL || strncmp(p, closing, 2) == 0;
		if ((mark && !after_nbsp) || (*p == ':' && p > text && p[-1] == ' '))
			return p;
		if (strncmp(p, opening, 2) == 0 && strncmp(p + 2, nbsp, 2) != 0)
			return p;
	}
	return NULL;
}

Test(error, french_texts_have_no_break_spaces)
{
	static const char *const texts[] = {
#define X(name, id, status, exit, en, fr) fr,
		ERROR_LIST(X)
#undef X
	};
	static const char *const bad[] = { "faux : oui", "faux ; oui", "faux; oui", "faux ?", "faux !", "« faux\u00a0»",
		"«\u00a0faux »", "«faux\u00a0»" };
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		cr_expect_null(badly_spaced(texts[i]), "%s", texts[i]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_expect_not_null(badly_spaced(bad[i]), "%s", bad[i]);
	cr_expect_null(badly_spaced("«\u00a0vrai\u00a0»\u00a0: à 10:30\u00a0; https://exemple.fr"));
}
