/* Time. Moments are microseconds since 1970 in UTC; dates of a dossier stay local wall time (text). */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "types.h"

int64_t clock_now_us(void);  /* wall clock */
int64_t clock_mono_us(void); /* for durations */
/* "2026-03-20T09:00:00Z" into out. */
void clock_rfc3339(int64_t us, char out[32]);
/* Days from 1970-01-01 of a date of the Gregorian calendar, and the weekday (0 Sunday .. 6 Saturday) of such a day.
 * False when the date does not exist. */
bool clock_days(int year, int month, int day, int64_t *days);
int clock_weekday(int64_t days);
void clock_date(int64_t days, int *year, int *month, int *day);

#endif
