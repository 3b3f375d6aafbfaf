/* Numbers, durations, dates and hours in French. */
#include <criterion/criterion.h>
#include <string.h>
#include "french.h"
#include "tender_view.h"

static long number(const char *s)
{
	long v = -1;
	size_t n = french_number(s, strlen(s), &v);
	return n == strlen(s) ? v : -1;
}

Test(french, numbers_in_words)
{
	cr_expect_eq(number("trois"), 3);
	cr_expect_eq(number("vingt et un"), 21);
	cr_expect_eq(number("soixante-dix"), 70);
	cr_expect_eq(number("soixante et onze"), 71);
	cr_expect_eq(number("quatre-vingts"), 80);
	cr_expect_eq(number("quatre-vingt-dix-sept"), 97);
	cr_expect_eq(number("cent quatre vingt"), 180);
	cr_expect_eq(number("deux cent quarante"), 240);
	cr_expect_eq(number("mille cinq cents"), 1500);
	cr_expect_eq(number("120"), 120);
	cr_expect_eq(number("1 500"), 1500);
}

Test(french, what_is_no_number)
{
	cr_expect_eq(number("jours"), -1);
	cr_expect_eq(number("deux trois"), -1);
	cr_expect_eq(number("cent cent"), -1);
	cr_expect_eq(number(""), -1);
	cr_expect_eq(number("12345678901"), -1);
	cr_expect_eq(number("unique"), -1, "a word that begins like a number is none");
}

static bool duration(const char *text, long *count, enum duration_unit *unit)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct patterns *p = patterns_new(mem);
	char *s = view_fold(mem, text, strlen(text));
	struct duration d = { 0 };
	bool ok = french_duration(p, s, strlen(s), 0, &d);
	*count = d.count;
	*unit = d.unit;
	talloc_free(mem);
	return ok;
}

Test(french, durations)
{
	static const struct {
		const char *text;
		long count;
		enum duration_unit unit;
	} good[] = { { "pendant 120 jours", 120, UNIT_DAYS }, { "fixé à 5 (CINQ) mois", 5, UNIT_MONTHS },
		{ "CENT QUATRE VINGT JOURS (180)", 180, UNIT_DAYS }, { "CENT VINGT (120) jours", 120, UNIT_DAYS },
		{ "un an à compter", 1, UNIT_YEARS }, { "16 semaines", 16, UNIT_WEEKS } };
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		long n;
		enum duration_unit u;
		cr_expect(duration(good[i].text, &n, &u), "%s", good[i].text);
		cr_expect_eq(n, good[i].count, "%s gave %ld", good[i].text, n);
		cr_expect_eq(u, good[i].unit, "%s", good[i].text);
	}
	static const char *const bad[] = { "jours ouvrés", "0 jour", "120 (90) jours", "l'article 12", "2,5 jours" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		long n;
		enum duration_unit u;
		cr_expect_not(duration(bad[i], &n, &u), "%s gave %ld", bad[i], n);
	}
}

static char *moment(TALLOC_CTX *mem, const char *text)
{
	struct patterns *p = patterns_new(mem);
	char *s = view_fold(mem, text, strlen(text));
	struct moment m;
	return french_moment(p, s, strlen(s), 0, &m) ? moment_text(mem, &m) : mem_strdup(mem, "-");
}

Test(french, dates_and_hours)
{
	static const struct {
		const char *text, *want;
	} cases[] = { { "le mercredi 14/07/2027 à 12h00", "2027-07-14T12:00" },
		{ "LE 15/02/2027 A 12 HEURES", "2027-02-15T12:00" },
		{ "LE 18/10/2027 A 12 HEURES 00", "2027-10-18T12:00" },
		{ "08 juillet 2027 à 12 Heures", "2027-07-08T12:00" },
		{ "Mercredi 15 Septembre 2027, 14 heures", "2027-09-15T14:00" },
		{ "1er août 2026 à 9 h 30", "2026-08-01T09:30" }, { "3 mars 2026 à midi", "2026-03-03T12:00" },
		{ "avant le 10 avril 2026 avant 17 h 30", "2026-04-10T17:30" },
		{ "fixée à 12h00, le 12 avril 2027", "2027-04-12T12:00" },
		{ "05/04/2027 12:00:00 (UTC+01:00)", "2027-04-05T12:00" },
		{ "Date : 7 mai 2026 ............\nHeure : 15h00 ....", "2026-05-07T15:00" },
		{ "30/06/2021 à 12 heures21XY0036", "2021-06-30T12:00" }, { "le 12 mai 2026", "2026-05-12" },
		{ "07/04/26", "2026-04-07" }, { "2026-04-07", "2026-04-07" }, { "29 février 2028", "2028-02-29" },
		/* refused twins */
		{ "29 février 2026", "-" }, { "31/04/2026", "-" }, { "lundi 25 janvier à 12h", "-" },
		{ "le 12 mai 1850", "-" }, { "articles 10.12.2026.4", "-" }, { "12 mai 2026 à 27h00", "2026-05-12" },
		{ "12 mai 2026 à 10 candidats", "2026-05-12" } };
	TALLOC_CTX *mem = mem_new("test", 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		cr_expect_str_eq(moment(mem, cases[i].text), cases[i].want, "%s", cases[i].text);
	talloc_free(mem);
}

Test(french, a_wrong_weekday_is_seen)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct patterns *p = patterns_new(mem);
	struct moment m;
	const char *right = "samedi 6 mars 2027", *wrong = "lundi 6 mars 2027";
	cr_expect(french_moment(p, right, strlen(right), 0, &m) && m.weekday_agrees);
	cr_expect(french_moment(p, wrong, strlen(wrong), 0, &m) && !m.weekday_agrees);
	talloc_free(mem);
}

Test(french, decimals)
{
	double v;
	cr_expect(french_decimal("37,5", 4, &v) && v == 37.5);
	cr_expect(french_decimal("60.00", 5, &v) && v == 60);
	cr_expect_not(french_decimal("1.2.3", 5, &v));
	cr_expect_not(french_decimal("", 0, &v));
	cr_expect_not(french_decimal(",5", 2, &v));
}
