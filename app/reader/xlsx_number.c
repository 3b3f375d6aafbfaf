/* A number as a French spreadsheet shows it: by its format's code, with a comma and blanks between thousands. Dates are
 * always written day/month/year: their text is for reading, not for look. */
#include "buf.h"
#include "ooxml.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define FORMAT_MAX 256

const char *number_format_builtin(long id)
{
	static const struct {
		int id;
		const char *code;
	} codes[] = { { 1, "0" }, { 2, "0.00" }, { 3, "#,##0" }, { 4, "#,##0.00" }, { 5, "#,##0 \"€\"" },
		{ 6, "#,##0 \"€\"" }, { 7, "#,##0.00 \"€\"" }, { 8, "#,##0.00 \"€\"" }, { 9, "0%" }, { 10, "0.00%" },
		{ 14, "dd/mm/yyyy" }, { 15, "dd/mm/yyyy" }, { 16, "dd/mm" }, { 17, "mm/yyyy" }, { 18, "h:mm" },
		{ 19, "h:mm:ss" }, { 20, "h:mm" }, { 21, "h:mm:ss" }, { 22, "dd/mm/yyyy h:mm" }, { 37, "#,##0" },
		{ 38, "#,##0" }, { 39, "#,##0.00" }, { 40, "#,##0.00" }, { 41, "#,##0" }, { 42, "#,##0 \"€\"" },
		{ 43, "#,##0.00" }, { 44, "#,##0.00 \"€\"" }, { 45, "mm:ss" }, { 46, "[h]:mm" }, { 47, "mm:ss" } };
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (codes[i].id == id)
			return codes[i].code;
	return NULL;
}

/* One section of a format's code, understood. */
struct pattern {
	struct buf before, after; /* what stands around the digits */
	bool digits, thousands, percent, science, date, hours, day, month, year;
	bool zero;            /* nothing is shown as 0, not as nothing */
	unsigned least, most; /* decimals */
};

/* Start of section `n` (from 0), or NULL. */
static const char *section_find(const char *code, unsigned n)
{
	bool quoted = false;
	for (const char *p = code; *p; p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (*p == '\\' && p[1])
			p++;
		else if (*p == ';' && !quoted && n-- == 1)
			return p + 1;
	}
	return NULL;
}

static void put(struct pattern *f, const char *s, size_t n)
{
	buf_add(f->digits ? &f->after : &f->before, s, n);
}

/* "[$€-40C]" gives its sign; colours, conditions and spans of hours give nothing. */
static const char *bracket(struct pattern *f, const char *p)
{
	const char *end = strchr(p, ']');
	if (!end)
		return p + strlen(p);
	if (p[1] == '$')
		put(f, p + 2, strcspn(p + 2, "-]"));
	else if (strcspn(p + 1, "hH]") + 1 < (size_t)(end - p) && end - p <= 3)
		f->date = f->hours = true;
	return end + 1;
}

static void digit(struct pattern *f, const char *p, bool *decimals)
{
	f->digits = true;
	f->zero = f->zero || *p == '0';
	if (*p == '.') {
		*decimals = true;
	} else if (*p == ',') {
		f->thousands = true;
	} else if (*decimals) {
		f->most++;
		f->least += *p == '0';
	}
}

static void pattern_read(TALLOC_CTX *mem, const char *p, struct pattern *f)
{
	bool decimals = false;
	*f = (struct pattern){ 0 };
	buf_init(&f->before, mem, FORMAT_MAX);
	buf_init(&f->after, mem, FORMAT_MAX);
	while (*p && *p != ';') {
		if (*p == '"') {
			size_t n = strcspn(p + 1, "\"");
			put(f, p + 1, n);
			p += n + 1 + (p[n + 1] == '"');
		} else if (*p == '\\' && p[1]) {
			size_t n = 1;
			while (((unsigned char)p[1 + n] & 0xc0) == 0x80)
				n++;
			put(f, p + 1, n);
			p += 1 + n;
		} else if ((*p == '_' || *p == '*') && p[1]) {
			size_t n = 1;
			while (((unsigned char)p[1 + n] & 0xc0) == 0x80)
				n++;
			put(f, " ", 1);
			p += 1 + n;
		} else if (*p == '[') {
			p = bracket(f, p);
		} else if (strchr("0#?.,", *p)) {
			digit(f, p++, &decimals);
		} else if (*p == '%') {
			f->percent = true;
			put(f, " %", 2);
			p++;
		} else if (*p == '@') {
			f->science = f->digits = true;
			p++;
		} else if (strncasecmp(p, "General", 7) == 0 || strncasecmp(p, "Standard", 8) == 0) {
			f->science = f->digits = true; /* shown in full */
			p += *p == 'G' || *p == 'g' ? 7 : 8;
		} else if (strchr("eE", *p) && f->digits && (p[1] == '+' || p[1] == '-')) {
			f->science = true;
			p += 2;
		} else if (strchr("dDjJ", *p)) {
			f->date = f->day = true;
			p++;
		} else if (strchr("yYaA", *p)) {
			f->date = f->year = true;
			p++;
		} else if (strchr("mM", *p)) {
			f->date = f->month = true;
			p++;
		} else if (strchr("hHsS", *p)) {
			f->date = f->hours = true;
			p++;
		} else {
			put(f, p++, 1);
		}
	}
}

/* Days since the epoch of the workbook to a date; the 29th of February 1900, which never was, is day 60. */
static bool date_of(const struct workbook *w, double v, long *year, long *month, long *day)
{
	if (!(v >= 0 && v < 2958466))
		return false;
	/* Days since the 1st of March of the year 0. */
	long days = w->since_1904 ? (long)v + 695361 : (long)v + (v < 60 ? 693900 : 693899);
	long era = days / 146097, doe = days % 146097;
	long yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	long mp = (5 * doy + 2) / 153;
	*day = doy - (153 * mp + 2) / 5 + 1;
	*month = mp < 10 ? mp + 3 : mp - 9;
	*year = yoe + era * 400 + (*month <= 2);
	return true;
}

static char *date_text(TALLOC_CTX *mem, const struct workbook *w, double v, const struct pattern *f)
{
	long year, month, day, minutes = (long)floor((v - floor(v)) * 1440 + 0.5);
	bool calendar = f->day || f->year || (f->month && !f->hours);
	if (!date_of(w, v, &year, &month, &day))
		return NULL;
	if (!calendar) /* an hour, or a duration of more than a day */
		return mem_printf(mem, "%02ld:%02ld", (long)floor(v) * 24 + minutes / 60, minutes % 60);
	char *date = f->day && !f->year ? mem_printf(mem, "%02ld/%02ld", day, month)
		     : f->day           ? mem_printf(mem, "%02ld/%02ld/%04ld", day, month, year)
		     : f->month         ? mem_printf(mem, "%02ld/%04ld", month, year)
					: mem_printf(mem, "%04ld", year);
	if (f->hours && minutes < 1440)
		date = mem_printf(mem, "%s %02ld:%02ld", date, minutes / 60, minutes % 60);
	return date;
}

static void put_digits(struct buf *b, const char *s, bool thousands)
{
	size_t whole = strcspn(s, ".");
	for (size_t i = 0; s[i]; i++) {
		if (thousands && i > 0 && i < whole && (whole - i) % 3 == 0)
			buf_char(b, ' ');
		buf_char(b, s[i] == '.' ? ',' : s[i]);
	}
}

/* v is not negative. */
static void put_number(struct buf *b, double v, const struct pattern *f)
{
	char s[400];
	if (!f->science && !f->zero && v * pow(10, f->most) < 0.5)
		return;
	if (f->science || f->most > 15) {
		snprintf(s, sizeof(s), "%.15g", v);
	} else {
		snprintf(s, sizeof(s), "%.*f", (int)f->most, v);
		for (size_t n = strlen(s), k = f->most; k > f->least && s[n - 1] == '0'; k--)
			s[--n] = 0;
		if (s[strlen(s) - 1] == '.')
			s[strlen(s) - 1] = 0;
	}
	put_digits(b, s, f->thousands);
}

/* Blanks at the ends and doubled ones come from alignment. */
static char *tidy(char *s)
{
	size_t n = 0;
	for (size_t i = 0; s[i]; i++)
		if (s[i] != ' ' || (n > 0 && s[n - 1] != ' '))
			s[n++] = s[i];
	while (n > 0 && s[n - 1] == ' ')
		n--;
	s[n] = 0;
	return s;
}

char *number_text(TALLOC_CTX *mem, const struct workbook *w, double v, const char *format)
{
	const char *code = format ? format : "General", *negative = section_find(code, 1),
		   *zero = section_find(code, 2);
	struct pattern f;
	struct buf b;
	bool minus = v < 0;
	if (minus && negative) {
		code = negative;
		minus = false; /* the section says how */
	} else if (v == 0 && zero) {
		code = zero;
	}
	pattern_read(mem, code, &f);
	if (f.date && !f.digits) {
		char *date = date_text(mem, w, v, &f);
		if (date)
			return date;
		pattern_read(mem, "General", &f);
	}
	buf_init(&b, mem, 1024);
	if (minus)
		buf_char(&b, '-');
	buf_str(&b, f.before.data);
	if (f.digits)
		put_number(&b, fabs(v) * (f.percent ? 100 : 1), &f);
	buf_str(&b, f.after.data);
	return tidy(b.data);
}
