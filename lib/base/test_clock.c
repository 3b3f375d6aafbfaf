#include "clock.h"

#include <criterion/criterion.h>

Test(clock, knows_the_calendar)
{
	int64_t d;
	cr_assert(clock_days(1970, 1, 1, &d) && d == 0);
	cr_assert(clock_days(2000, 2, 29, &d) && d == 11016);
	cr_assert(clock_days(2025, 4, 19, &d) && clock_weekday(d) == 6);
	cr_assert(clock_days(2026, 11, 25, &d) && clock_weekday(d) == 3);
	cr_assert_not(clock_days(2026, 2, 29, &d));
	cr_assert_not(clock_days(1900, 2, 29, &d));
	cr_assert_not(clock_days(2026, 13, 1, &d));
	cr_assert_not(clock_days(2026, 4, 31, &d));
	cr_assert_not(clock_days(2026, 0, 1, &d));
}

Test(clock, days_go_both_ways)
{
	int y, m, d;
	int64_t back;
	for (int64_t n = -200000; n < 200000; n += 7) {
		clock_date(n, &y, &m, &d);
		cr_assert(clock_days(y, m, d, &back));
		cr_assert_eq(back, n);
	}
}

Test(clock, rfc3339_is_utc)
{
	char s[32];
	clock_rfc3339(0, s);
	cr_assert_str_eq(s, "1970-01-01T00:00:00Z");
	clock_rfc3339(-1, s);
	cr_assert_str_eq(s, "1969-12-31T23:59:59Z");
	clock_rfc3339(1774000800000000, s);
	cr_assert_str_eq(s, "2026-03-20T10:00:00Z");
}

Test(clock, reads_rfc3339)
{
	static const struct {
		const char *s;
		int64_t us;
	} good[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2026-03-20T12:00:00+01:00", 1774004400000000 },
		{ "2026-03-20T11:00:00Z", 1774004400000000 },
		{ "2026-03-20T07:30:00-03:30", 1774004400000000 },
		{ "1970-01-01T00:00:00.25Z", 250000 },
	};
	static const char *const bad[] = { "", "2026-03-20", "2026-03-20T12:00:00", "2026-02-30T12:00:00Z",
		"2026-03-20T24:00:00Z", "2026-03-20 12:00:00Z", "2026-03-20T12:00:00.Z", "2026-03-20T12:00:00+1:00",
		"2026-03-20T12:00Z", "2026-03-20T12:00:00ZZ" };
	int64_t us;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		cr_assert(clock_parse_rfc3339(good[i].s, &us), "%s", good[i].s);
		cr_assert_eq(us, good[i].us, "%s: %lld", good[i].s, (long long)us);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_not(clock_parse_rfc3339(bad[i], &us), "%s", bad[i]);
	cr_assert(clock_is_date("2024-02-29"));
	cr_assert_not(clock_is_date("2026-02-29"));
	cr_assert_not(clock_is_date("2026-2-9"));
	cr_assert_not(clock_is_date("2026-03-20T00:00:00Z"));
}
