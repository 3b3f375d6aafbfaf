#include "calendar.h"
#include <string.h>
#include "clock.h"

static const char *const weekdays[] = { "dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi" };
static const char *const months[] = { "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août",
	"septembre", "octobre", "novembre", "décembre" };

static bool number(const char **p, int digits, int *out)
{
	*out = 0;
	for (int i = 0; i < digits; i++, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		*out = *out * 10 + (**p - '0');
	}
	return true;
}

bool wall_time_parse(const char *s, struct wall_time *out)
{
	int64_t days;
	memset(out, 0, sizeof(*out));
	if (!number(&s, 4, &out->year) || *s++ != '-' || !number(&s, 2, &out->month) || *s++ != '-' ||
	    !number(&s, 2, &out->day) || !clock_days(out->year, out->month, out->day, &days))
		return false;
	if (*s == '\0')
		return true;
	if ((*s != 'T' && *s != ' ') || !number((s++, &s), 2, &out->hour) || *s++ != ':' ||
	    !number(&s, 2, &out->minute) || *s != '\0')
		return false;
	out->has_time = true;
	return out->hour < 24 && out->minute < 60;
}

static int64_t day_number(const struct wall_time *t)
{
	int64_t days = 0;
	(void)clock_days(t->year, t->month, t->day, &days);
	return days;
}

char *wall_time_words(TALLOC_CTX *mem, const struct wall_time *t)
{
	char *s = mem_printf(mem, "%s %d%s %s %d", weekdays[clock_weekday(day_number(t))], t->day,
	    t->day == 1 ? "er" : "", months[t->month - 1], t->year);
	return t->has_time ? mem_printf(mem, "%s à %d\u00a0h\u00a0%02d", s, t->hour, t->minute) : s;
}

char *wall_time_left(TALLOC_CTX *mem, const struct wall_time *t, const struct wall_time *now)
{
	int64_t left = day_number(t) - day_number(now);
	bool past = left < 0 || (left == 0 && t->has_time && now->has_time &&
				    now->hour * 60 + now->minute >= t->hour * 60 + t->minute);
	if (past && left == 0)
		return mem_strdup(mem, "délai dépassé depuis aujourd'hui");
	if (past)
		return left == -1 ? mem_strdup(mem, "délai dépassé depuis hier")
				  : mem_printf(mem, "délai dépassé depuis %lld jours", (long long)-left);
	if (left == 0)
		return mem_strdup(mem, "c'est aujourd'hui");
	if (left == 1)
		return mem_strdup(mem, "c'est demain");
	return mem_printf(mem, "dans %lld jours", (long long)left);
}

/* Easter Sunday as a day number (Meeus, Jones and Butcher). */
static int64_t easter(int year)
{
	int a = year % 19, b = year / 100, c = year % 100, d = b / 4, e = b % 4, f = (b + 8) / 25, g = (b - f + 1) / 3;
	int h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4, l = (32 + 2 * e + 2 * i - h - k) % 7;
	int m = (a + 11 * h + 22 * l) / 451, month = (h + l - 7 * m + 114) / 31, day = (h + l - 7 * m + 114) % 31 + 1;
	int64_t days = 0;
	(void)clock_days(year, month, day, &days);
	return days;
}

const char *wall_time_rest(TALLOC_CTX *mem, const struct wall_time *t)
{
	static const struct {
		int month, day;
		const char *name;
	} fixed[] = { { 1, 1, "jour de l'an" }, { 5, 1, "fête du Travail" }, { 5, 8, "victoire de 1945" },
		{ 7, 14, "fête nationale" }, { 8, 15, "Assomption" }, { 11, 1, "Toussaint" },
		{ 11, 11, "armistice de 1918" }, { 12, 25, "Noël" } };
	static const struct {
		int after;
		const char *name;
	} moving[] = { { 1, "lundi de Pâques" }, { 39, "Ascension" }, { 50, "lundi de Pentecôte" } };
	int64_t day = day_number(t), sunday = easter(t->year);
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
		if (fixed[i].month == t->month && fixed[i].day == t->day)
			return mem_printf(mem, "un jour férié (%s)", fixed[i].name);
	for (size_t i = 0; i < ARRAY_LEN(moving); i++)
		if (day == sunday + moving[i].after)
			return mem_printf(mem, "un jour férié (%s)", moving[i].name);
	int w = clock_weekday(day);
	return w == 6 ? "un samedi" : w == 0 ? "un dimanche" : NULL;
}
