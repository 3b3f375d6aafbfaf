/* Dates in French words, days left, days of rest; and where the reader is looked for. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "calendar.h"
#include "dossier.h"

static struct wall_time at(const char *s)
{
	struct wall_time t;
	cr_assert(wall_time_parse(s, &t), "%s", s);
	return t;
}

Test(calendar, parses_days_that_exist)
{
	struct wall_time t;
	cr_expect(wall_time_parse("2027-03-06", &t) && !t.has_time);
	cr_expect(wall_time_parse("2027-03-06T11:30", &t) && t.has_time && t.hour == 11 && t.minute == 30);
	static const char *const bad[] = { "", "2027-02-29", "2027-13-01", "2027-03-06T24:00", "2027-03-06T11:60",
		"2027-3-6", "2027-03-06T11:30Z", "demain" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_expect_not(wall_time_parse(bad[i], &t), "%s", bad[i]);
}

Test(calendar, words)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct wall_time a = at("2027-03-06T11:30"), b = at("2027-08-01"), c = at("2028-02-29T09:05");
	cr_expect_str_eq(wall_time_words(mem, &a), "samedi 6 mars 2027 à 11\u00a0h\u00a030");
	cr_expect_str_eq(wall_time_words(mem, &b), "dimanche 1er août 2027");
	cr_expect_str_eq(wall_time_words(mem, &c), "mardi 29 février 2028 à 9\u00a0h\u00a005");
	talloc_free(mem);
}

Test(calendar, days_of_rest)
{
	static const struct {
		const char *day, *rest;
	} cases[] = { { "2027-03-06", "un samedi" }, { "2027-03-07", "un dimanche" },
		{ "2027-03-29", "un jour férié (lundi de Pâques)" }, { "2027-05-06", "un jour férié (Ascension)" },
		{ "2027-05-17", "un jour férié (lundi de Pentecôte)" },
		{ "2027-07-14", "un jour férié (fête nationale)" }, { "2025-04-21", "un jour férié (lundi de Pâques)" },
		{ "2024-11-01", "un jour férié (Toussaint)" }, { "2027-12-25", "un jour férié (Noël)" },
		/* working days */
		{ "2027-03-08", NULL }, { "2027-03-30", NULL }, { "2027-07-15", NULL } };
	TALLOC_CTX *mem = mem_new("test", 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct wall_time t = at(cases[i].day);
		const char *rest = wall_time_rest(mem, &t);
		cr_expect(rest && cases[i].rest ? strcmp(rest, cases[i].rest) == 0 : rest == cases[i].rest, "%s: %s",
		    cases[i].day, rest ? rest : "none");
	}
	talloc_free(mem);
}

Test(calendar, days_left_over_months_and_years)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct wall_time t = at("2027-01-02T12:00"), before = at("2026-12-30T18:00"), same = at("2027-01-02T11:59"),
			 past = at("2027-01-02T12:00");
	cr_expect_str_eq(wall_time_left(mem, &t, &before), "dans 3 jours");
	cr_expect_str_eq(wall_time_left(mem, &t, &same), "c'est aujourd'hui");
	cr_expect_str_eq(wall_time_left(mem, &t, &past), "délai dépassé depuis aujourd'hui");
	talloc_free(mem);
}

static void touch(const char *path)
{
	FILE *f = fopen(path, "w");
	cr_assert_not_null(f);
	fclose(f);
	cr_assert_eq(chmod(path, 0755), 0);
}

Test(reader_path, the_setting_first_then_beside_the_program)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	char root[] = "/tmp/scorpius-test-XXXXXX";
	cr_assert_not_null(mkdtemp(root));
	const char *self = mem_printf(mem, "%s/bin/scorpius", root);
	const char *dirs[] = { "bin", "reader", "libexec", "libexec/scorpius" };
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		cr_assert_eq(mkdir(mem_printf(mem, "%s/%s", root, dirs[i]), 0755), 0);
	const char *installed = mem_printf(mem, "%s/libexec/scorpius/scorpius-reader", root);
	const char *built = mem_printf(mem, "%s/reader/scorpius-reader", root);
	cr_expect_str_eq(dossier_reader_path(mem, "/x/reader", self), "/x/reader");
	cr_expect_str_eq(
	    dossier_reader_path(mem, NULL, self), "/usr/libexec/scorpius/scorpius-reader", "nothing beside it");
	touch(built);
	cr_expect(strstr(dossier_reader_path(mem, NULL, self), "/bin/../reader/scorpius-reader"));
	touch(installed);
	cr_expect(strstr(dossier_reader_path(mem, "", self), "/bin/../libexec/scorpius/scorpius-reader"));
	unlink(built);
	unlink(installed);
	for (size_t i = ARRAY_LEN(dirs); i-- > 0;)
		rmdir(mem_printf(mem, "%s/%s", root, dirs[i]));
	rmdir(root);
	talloc_free(mem);
}
