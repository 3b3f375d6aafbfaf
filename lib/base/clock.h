/* Time. Moments are microseconds since 1970 in UTC; dates of a dossier stay local wall time (text). */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "types.h"

int64_t clock_now_us(void);  /* wall clock */
int64_t clock_mono_us(void); /* for durations */
/* "2026-03-20T09:00:00Z" into out. */
void clock_rfc3339(int64_t us, char out[32]);
/* Reads an RFC 3339 time with 'Z' or an offset, to the microsecond; false for anything else and for dates that do not
 * exist. A leap second counts as the second after it. */
bool clock_parse_rfc3339(const char *s, int64_t *us);
/* Whether s is "YYYY-MM-DD" of a day that exists. */
bool clock_is_date(const char *s);
/* Days from 1970-01-01 of a date of the Gregorian calendar, and the weekday (0 Sunday .. 6 Saturday) of such a day.
 * False when the date does not exist. */
bool clock_days(int year, int month, int day, int64_t *days);
int clock_weekday(int64_t days);
void clock_date(int64_t days, int *year, int *month, int *day);

#endif
