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
