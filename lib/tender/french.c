#include "french.h"
#include <string.h>
#include "clock.h"

struct word {
	const char *text;
	long value;
};

static const struct word units[] = { { "un", 1 }, { "une", 1 }, { "deux", 2 }, { "trois", 3 }, { "quatre", 4 },
	{ "cinq", 5 }, { "six", 6 }, { "sept", 7 }, { "huit", 8 }, { "neuf", 9 }, { "dix", 10 }, { "onze", 11 },
	{ "douze", 12 }, { "treize", 13 }, { "quatorze", 14 }, { "quinze", 15 }, { "seize", 16 }, { "vingt", 20 },
	{ "vingts", 20 }, { "trente", 30 }, { "quarante", 40 }, { "cinquante", 50 }, { "soixante", 60 },
	{ "septante", 70 }, { "huitante", 80 }, { "nonante", 90 }, { "cent", 100 }, { "cents", 100 },
	{ "mille", 1000 } };

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t number_word(const char *s, size_t n, long *value)
{
	size_t len = 0;
	while (len < n && is_letter(s[len]))
		len++;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (strlen(units[i].text) == len && memcmp(units[i].text, s, len) == 0) {
			*value = units[i].value;
			return len;
		}
	}
	return 0;
}

static size_t number_in_words(const char *s, size_t n, long *out)
{
	long total = 0, part = 0, last = 0;
	size_t at = 0, end = 0;
	while (at < n) {
		long v = 0;
		size_t len = number_word(s + at, n - at, &v);
		if (len == 0 && end > 0 && n - at > 3 && memcmp(s + at, "et ", 3) == 0) {
			len = number_word(s + at + 3, n - at - 3, &v);
			if (v != 1 && v != 11)
				break;
			at += 3;
		}
		if (len == 0)
			break;
		if (v == 1000) {
			total += (part ? part : 1) * 1000;
			part = 0;
		} else if (v == 100) {
			if (part >= 100)
				break;
			part = (part ? part : 1) * 100;
		} else if (v == 20 && last == 4) {
			part += 76; /* quatre-vingt(s): the 4 is there already */
		} else if (end > 0 && last != 100 && last != 1000 &&
			   (v >= last || (last < 20 && !(last == 10 && v >= 7)))) {
			break; /* "deux trois" are two numbers */
		} else {
			part += v;
		}
		last = v == 20 && last == 4 ? 80 : v;
		at += len;
		end = at;
		if (total + part > 999999)
			return 0;
		while (at < n && (s[at] == ' ' || s[at] == '-' || s[at] == '\n'))
			at++;
	}
	*out = total + part;
	return end;
}

size_t french_number(const char *s, size_t n, long *out)
{
	if (n == 0)
		return 0;
	if (!is_digit(s[0]))
		return number_in_words(s, n, out);
	long v = 0;
	size_t i = 0;
	while (i < n && is_digit(s[i]) && i < 9)
		v = v * 10 + (s[i++] - '0');
	if (i < n && is_digit(s[i]))
		return 0;
	/* thousands parted by a blank: "1 500" */
	while (i <= 3 && i + 4 <= n && s[i] == ' ' && is_digit(s[i + 1]) && is_digit(s[i + 2]) && is_digit(s[i + 3]) &&
	       (i + 4 == n || !is_digit(s[i + 4]))) {
		v = v * 1000 + (s[i + 1] - '0') * 100 + (s[i + 2] - '0') * 10 + (s[i + 3] - '0');
		i += 4;
		break;
	}
	*out = v;
	return i;
}

#define NUMBER_WORDS \
	"(?:(?:une?|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingts?|" \
	"trente|quarante|cinquante|soixante|cents?)(?:[ \\n-]+(?:et )?(?:une?|deux|trois|quatre|cinq|six|sept|huit|" \
	"neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingts?|trente|quarante|cinquante|soixante|cents?)\\b)*)"
#define NUMBER "(?:\\d{1,4}|" NUMBER_WORDS ")"

static bool read_number(const char *s, const struct match *m, unsigned g, long *out)
{
	return m->g[g].set && french_number(s + m->g[g].from, m->g[g].to - m->g[g].from, out) > 0;
}

bool french_duration(struct patterns *p, const char *s, size_t n, size_t at, struct duration *out)
{
	static const char rx[] =
	    "(?<![\\w.,])(?<!\\d/)(" NUMBER ")\\s*(?:\\(\\s*(" NUMBER
	    ")\\s*\\)\\s*)?(jours?|mois|semaines?|ans?\\b|annees?)(?:\\s*\\(\\s*(" NUMBER ")\\s*\\))?";
	struct match m;
	while (pattern_find(p, rx, s, n, at, &m)) {
		long a = 0, b = 0, c = 0;
		at = m.to;
		if (!read_number(s, &m, 1, &a) || a == 0)
			continue;
		if ((read_number(s, &m, 2, &b) && b != a) || (read_number(s, &m, 4, &c) && c != a))
			continue;
		char u = s[m.g[3].from];
		out->unit = u == 'j' ? UNIT_DAYS : u == 'm' ? UNIT_MONTHS : u == 's' ? UNIT_WEEKS : UNIT_YEARS;
		out->count = a;
		out->from = m.from;
		out->to = m.to;
		return true;
	}
	return false;
}

static const char *const month_names[] = { "janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout",
	"septembre", "octobre", "novembre", "decembre" };
static const char *const day_names[] = { "dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi" };

static int name_index(const char *const *names, int n, const char *s, size_t len)
{
	for (int i = 0; i < n; i++)
		if (strlen(names[i]) == len && memcmp(names[i], s, len) == 0)
			return i;
	return -1;
}

static int digits(const char *s, const struct match *m, unsigned g)
{
	int v = 0;
	if (!m->g[g].set)
		return -1;
	for (size_t i = m->g[g].from; i < m->g[g].to; i++)
		v = v * 10 + (s[i] - '0');
	return v;
}

static bool set_time(
    struct moment *out, const char *s, const struct match *m, unsigned hour, unsigned minute, unsigned noon)
{
	int h = m->g[noon].set ? 12 : digits(s, m, hour), mn = digits(s, m, minute);
	if (mn < 0)
		mn = 0;
	if (h < 0 || h > 24 || mn > 59 || (h == 24 && mn > 0))
		return false;
	if (h == 24) { /* midnight that ends the day: the day's last minute keeps the date as printed */
		h = 23;
		mn = 59;
	}
	out->has_time = true;
	out->hour = h;
	out->minute = mn;
	size_t from = m->g[noon].set ? m->g[noon].from : m->g[hour].from;
	size_t to = m->g[noon].set ? m->g[noon].to : m->g[minute].set ? m->g[minute].to : m->g[hour].to;
	while (!m->g[noon].set && !m->g[minute].set && to < m->to && (is_letter(s[to]) || s[to] == ' ' || s[to] == ':'))
		to++;
	out->time_from = from;
	out->time_to = to;
	return true;
}

static void find_time(struct patterns *p, const char *s, size_t n, struct moment *out)
{
	static const char after[] = "\\G[\\s,_*;()-]*(?:(?:a|avant|jusqu'a|heures?(?: locale)?|au plus "
				    "tard|delai|terme de rigueur|et|limite|heures? limites?(?: de "
				    "(?:reception|remise|depot)(?: des \\w+)?)?)\\b"
				    "[\\s:,_*.-]*){0,4}(?:(\\d{1,2})\\s?(?:h(?:eures?|rs?)?(?![a-z])\\.?|heures?|:(?="
				    "\\d\\d)|\\.(?=\\d\\d\\)))\\s?"
				    "(\\d{2}(?![0-9a-z]))?|(midi)\\b)";
	static const char before[] =
	    "(?<![\\d.,/])(?:(\\d{1,2})\\s?(?:h(?:eures?)?(?![a-z])|:)\\s?(\\d{2})?|(midi))[\\s,]*"
	    "(?:\\([^)\\n]{0,30}\\)[\\s,]*)?(?:(?:le|du|au)\\s+)?\\z";
	struct match m;
	if (pattern_at(p, after, s, n, out->to, &m) && set_time(out, s, &m, 1, 2, 3))
		return;
	size_t from = out->from > 60 ? out->from - 60 : 0;
	if (pattern_find(p, before, s + from, out->from - from, 0, &m)) {
		for (unsigned i = 0; i < 4; i++) {
			m.g[i].from += from;
			m.g[i].to += from;
		}
		m.to += from;
		set_time(out, s, &m, 1, 2, 3);
	}
}

bool french_moment(struct patterns *p, const char *s, size_t n, size_t at, struct moment *out)
{
	static const char rx[] =
	    "(?:\\b(lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)[\\s,]+(?:le\\s+)?)?(?<![\\d/.,])"
	    "(?:(\\d{1,2})\\s?(?:er)?\\s+(janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|"
	    "decembre)\\s+(\\d{4})(?!\\d)|(\\d{1,2})\\s?[/.]\\s?(\\d{1,2})\\s?[/.]\\s?(\\d{4}|\\d{2})(?![\\d/"
	    ".]\\d|\\d)|"
	    "(\\d{1,2})-(\\d{1,2})-(\\d{4})(?!\\d)|(\\d{4})-(\\d{2})-(\\d{2})(?!\\d))";
	struct match m;
	while (pattern_find(p, rx, s, n, at, &m)) {
		at = m.to;
		memset(out, 0, sizeof(*out));
		if (m.g[2].set) {
			out->day = digits(s, &m, 2);
			out->month = 1 + name_index(month_names, 12, s + m.g[3].from, m.g[3].to - m.g[3].from);
			out->year = digits(s, &m, 4);
		} else if (m.g[11].set) {
			out->year = digits(s, &m, 11);
			out->month = digits(s, &m, 12);
			out->day = digits(s, &m, 13);
		} else {
			unsigned k = m.g[5].set ? 5 : 8;
			out->day = digits(s, &m, k);
			out->month = digits(s, &m, k + 1);
			out->year = digits(s, &m, k + 2);
			if (out->year < 100)
				out->year += 2000;
		}
		int64_t days;
		if (out->year < 1990 || out->year > 2099 || !clock_days(out->year, out->month, out->day, &days))
			continue;
		out->from = m.from;
		out->to = m.to;
		out->weekday = m.g[1].set ? name_index(day_names, 7, s + m.g[1].from, m.g[1].to - m.g[1].from) : -1;
		out->weekday_agrees = out->weekday < 0 || out->weekday == clock_weekday(days);
		find_time(p, s, n, out);
		return true;
	}
	return false;
}

bool french_day(struct patterns *p, const char *s, size_t n, size_t at, struct moment *out)
{
	static const char rx[] =
	    "\\b(lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)[\\s,]+(?:le\\s+)?(\\d{1,2})\\s?(?:er)?\\s+("
	    "janvier|fevrier|"
	    "mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre)\\b(?!\\s*\\d{4})";
	struct match m;
	if (!pattern_find(p, rx, s, n, at, &m))
		return false;
	memset(out, 0, sizeof(*out));
	out->weekday = name_index(day_names, 7, s + m.g[1].from, m.g[1].to - m.g[1].from);
	out->day = digits(s, &m, 2);
	out->month = 1 + name_index(month_names, 12, s + m.g[3].from, m.g[3].to - m.g[3].from);
	out->from = m.from;
	out->to = m.to;
	find_time(p, s, n, out);
	return true;
}

char *moment_text(TALLOC_CTX *mem, const struct moment *m)
{
	if (m->has_time)
		return mem_printf(mem, "%04d-%02d-%02dT%02d:%02d", m->year, m->month, m->day, m->hour, m->minute);
	return mem_printf(mem, "%04d-%02d-%02d", m->year, m->month, m->day);
}

bool french_decimal(const char *s, size_t n, double *out)
{
	double v = 0, scale = 0;
	size_t seen = 0;
	for (size_t i = 0; i < n; i++) {
		if (is_digit(s[i])) {
			v = v * 10 + (s[i] - '0');
			scale *= 10;
			seen++;
		} else if ((s[i] == ',' || s[i] == '.') && scale == 0 && seen > 0) {
			scale = 1;
		} else {
			return false;
		}
	}
	if (seen == 0 || seen > 9)
		return false;
	*out = scale > 0 ? v / scale : v;
	return true;
}
