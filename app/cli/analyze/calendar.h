/* Wall time in French words: weekday, month, days left, Saturdays, Sundays and public holidays. */
#ifndef CLI_CALENDAR_H
#define CLI_CALENDAR_H

#include "mem.h"

struct wall_time {
	int year, month, day;
	bool has_time;
	int hour, minute;
};

/* "YYYY-MM-DD" or "YYYY-MM-DDTHH:MM"; false for anything else and for days that do not exist. */
bool wall_time_parse(const char *s, struct wall_time *out);
/* "samedi 19 avril 2025 à 15 h 00" (no-break spaces inside the hour). */
char *wall_time_words(TALLOC_CTX *mem, const struct wall_time *t);
/* "dans 12 jours", "demain", "aujourd'hui", "délai dépassé depuis 3 jours"... seen from `now`. */
char *wall_time_left(TALLOC_CTX *mem, const struct wall_time *t, const struct wall_time *now);
/* "un samedi", "un jour férié (lundi de Pâques)"..., or NULL on a working day. Metropolitan France. */
const char *wall_time_rest(TALLOC_CTX *mem, const struct wall_time *t);

#endif
