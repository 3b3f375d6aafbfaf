/* French numbers, durations, dates and hours, in folded text (see tender_view.h). */
#ifndef TENDER_FRENCH_H
#define TENDER_FRENCH_H

#include "patterns.h"

/* Reads a number in words ("cent quatre-vingt", "vingt et un", "trois") or digits ("120", "1 500") that begins at s.
 * Returns the bytes read, 0 when none stands there. At most 999 999 in words. */
size_t french_number(const char *s, size_t n, long *out);

enum duration_unit { UNIT_DAYS, UNIT_WEEKS, UNIT_MONTHS, UNIT_YEARS };

struct duration {
	long count;
	enum duration_unit unit;
	size_t from, to;
};
/* The first duration in s[at..n): "120 jours", "5 (CINQ) mois", "CENT QUATRE VINGT JOURS (180)", "un an". Where figures
 * and words disagree, or the count is 0, it is not one. */
bool french_duration(struct patterns *p, const char *s, size_t n, size_t at, struct duration *out);

struct moment {
	int year, month, day;
	int weekday;         /* 0 Sunday .. 6 Saturday as printed; -1 none printed */
	bool weekday_agrees; /* true when none is printed */
	bool has_time;
	int hour, minute;
	size_t from, to;           /* of the date, with its weekday */
	size_t time_from, time_to; /* of the hour */
};
/* The first existing date with a year from 1990 to 2099 in s[at..n), with the hour that stands beside it, before or
 * after: "mercredi 27/07/2022 à 12h00", "19 avril 2025 ... Heure : 15h00", "12h00, le 10 avril 2026". */
bool french_moment(struct patterns *p, const char *s, size_t n, size_t at, struct moment *out);
/* A day of the week, a day and a month without a year ("vendredi 7 novembre à 12 heures"): year is left 0. */
bool french_day(struct patterns *p, const char *s, size_t n, size_t at, struct moment *out);
/* "YYYY-MM-DDTHH:MM", or "YYYY-MM-DD" without hour. */
char *moment_text(TALLOC_CTX *mem, const struct moment *m);

/* A decimal number with comma or point ("60", "37,5", "60.00"); false for anything else. */
bool french_decimal(const char *s, size_t n, double *out);

#endif
