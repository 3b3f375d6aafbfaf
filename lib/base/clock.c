#include "clock.h"

#include <stdio.h>
#include <time.h>

int64_t clock_now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_mono_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void clock_rfc3339(int64_t us, char out[32])
{
	int64_t s = us / 1000000 - (us % 1000000 < 0);
	int64_t days = s / 86400 - (s % 86400 < 0);
	int64_t rest = s - days * 86400;
	int year, month, day;
	clock_date(days, &year, &month, &day);
	snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, day, (int)(rest / 3600), (int)(rest / 60 % 60),
	    (int)(rest % 60));
}

/* Days are counted in years that begin in March, so that the leap day comes last and month lengths repeat every five
 * months (153 days). Valid for years 1..9999. */
bool clock_days(int year, int month, int day, int64_t *days)
{
	static const int length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1)
		return false;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	if (day > length[month - 1] + (month == 2 && leap))
		return false;
	int64_t y = year - (month <= 2);
	int64_t m = (month + 9) % 12; /* March is 0 */
	*days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
	return true;
}

int clock_weekday(int64_t days)
{
	int w = (int)((days + 4) % 7); /* 1970-01-01 was a Thursday */
	return w < 0 ? w + 7 : w;
}

void clock_date(int64_t days, int *year, int *month, int *day)
{
	int64_t n = days + 719468;
	int64_t era = n / 146097 - (n % 146097 < 0);
	int64_t doe = n - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t m = (5 * doy + 2) / 153;
	*day = (int)(doy - (153 * m + 2) / 5 + 1);
	*month = (int)(m < 10 ? m + 3 : m - 9);
	*year = (int)(yoe + era * 400 + (*month <= 2));
}

/* Reads exactly n digits. */
static bool digits(const char **s, int n, int *out)
{
	*out = 0;
	for (int i = 0; i < n; i++) {
		if (**s < '0' || **s > '9')
			return false;
		*out = *out * 10 + (*(*s)++ - '0');
	}
	return true;
}

static bool literal(const char **s, char c)
{
	return **s == c && (*s)++;
}

static bool parse_date(const char **s, int64_t *days)
{
	int year, month, day;
	return digits(s, 4, &year) && literal(s, '-') && digits(s, 2, &month) && literal(s, '-') &&
	       digits(s, 2, &day) && clock_days(year, month, day, days);
}

bool clock_is_date(const char *s)
{
	int64_t days;
	return parse_date(&s, &days) && *s == '\0';
}

bool clock_parse_rfc3339(const char *s, int64_t *us)
{
	int64_t days;
	int hour, minute, second, offset_h = 0, offset_m = 0, sign = 1, fraction = 0;
	if (!parse_date(&s, &days) || !(*s == 'T' || *s == 't'))
		return false;
	s++;
	if (!digits(&s, 2, &hour) || !literal(&s, ':') || !digits(&s, 2, &minute) || !literal(&s, ':') ||
	    !digits(&s, 2, &second))
		return false;
	if (*s == '.') {
		int scale = 100000;
		if (*++s < '0' || *s > '9')
			return false;
		for (; *s >= '0' && *s <= '9'; s++, scale /= 10)
			fraction += (*s - '0') * scale;
	}
	if (*s == 'Z' || *s == 'z') {
		s++;
	} else if (*s == '+' || *s == '-') {
		sign = *s++ == '-' ? -1 : 1;
		if (!digits(&s, 2, &offset_h) || !literal(&s, ':') || !digits(&s, 2, &offset_m))
			return false;
	} else {
		return false;
	}
	if (*s || hour > 23 || minute > 59 || second > 60 || offset_h > 23 || offset_m > 59)
		return false;
	int64_t seconds = days * 86400 + hour * 3600 + minute * 60 + second - sign * (offset_h * 3600 + offset_m * 60);
	*us = seconds * 1000000 + fraction;
	return true;
}
