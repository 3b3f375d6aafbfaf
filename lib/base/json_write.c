#include "json.h"
#include "clock.h"
#include "text.h"
#include "uuid.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void jw_init(struct json_writer *w, struct buf *out)
{
	w->out = out;
	w->comma = false;
}

static void before_value(struct json_writer *w)
{
	if (w->comma)
		buf_char(w->out, ',');
	w->comma = true;
}

void jw_open(struct json_writer *w, char bracket)
{
	before_value(w);
	buf_char(w->out, bracket);
	w->comma = false;
}

void jw_close(struct json_writer *w, char bracket)
{
	buf_char(w->out, bracket);
	w->comma = true;
}

void jw_key(struct json_writer *w, const char *name)
{
	jw_text(w, name);
	buf_char(w->out, ':');
	w->comma = false;
}

void jw_textn(struct json_writer *w, const char *s, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	before_value(w);
	buf_char(w->out, '"');
	const char *p = s, *end = s + n, *run = s;
	while (p < end) {
		unsigned char c = (unsigned char)*p;
		if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
			p++;
			continue;
		}
		const char *start = p;
		uint32_t code = text_decode(&p, end);
		if (code >= 0x80 && !(code == 0xFFFD && p - start == 1))
			continue; /* valid UTF-8 goes out as it is */
		buf_add(w->out, run, (size_t)(start - run));
		run = p;
		if (code == 0xFFFD) {
			buf_str(w->out, "\xEF\xBF\xBD");
		} else if (code == '"' || code == '\\') {
			buf_char(w->out, '\\');
			buf_char(w->out, (char)code);
		} else if (code == '\n') {
			buf_str(w->out, "\\n");
		} else {
			char u[6] = { '\\', 'u', '0', '0', hex[code >> 4], hex[code & 15] };
			buf_add(w->out, u, sizeof u);
		}
	}
	buf_add(w->out, run, (size_t)(end - run));
	buf_char(w->out, '"');
}

void jw_text(struct json_writer *w, const char *s)
{
	if (s)
		jw_textn(w, s, strlen(s));
	else
		jw_null(w);
}

void jw_int(struct json_writer *w, int64_t v)
{
	before_value(w);
	buf_str(w->out, num_text(v).s);
}

void jw_num(struct json_writer *w, double v, int decimals)
{
	if (!isfinite(v)) {
		jw_null(w);
		return;
	}
	char s[64];
	int n = snprintf(s, sizeof s, "%.*f", decimals, v);
	if (n < 0 || (size_t)n >= sizeof s) { /* beyond 1e40: no amount or weight of ours */
		jw_null(w);
		return;
	}
	if (strchr(s, '.')) {
		while (s[n - 1] == '0')
			n--;
		if (s[n - 1] == '.')
			n--;
	}
	before_value(w);
	buf_add(w->out, s, (size_t)n);
}

void jw_money(struct json_writer *w, double v)
{
	before_value(w);
	buf_printf(w->out, "%.2f", v);
}

void jw_bool(struct json_writer *w, bool v)
{
	before_value(w);
	buf_str(w->out, v ? "true" : "false");
}

void jw_null(struct json_writer *w)
{
	before_value(w);
	buf_str(w->out, "null");
}

void jw_raw(struct json_writer *w, const char *json)
{
	before_value(w);
	buf_str(w->out, json ? json : "null");
}

void jw_members(struct json_writer *w, const char *object)
{
	const char *start = strchr(object, '{'), *end = strrchr(object, '}');
	if (!start || !end || start[1 + strspn(start + 1, " \t\r\n")] == '}')
		return;
	before_value(w);
	buf_add(w->out, start + 1, (size_t)(end - start - 1));
}

void jw_uuid(struct json_writer *w, const struct uuid *id)
{
	char s[39] = { '"' };
	uuid_format(id, s + 1);
	s[37] = '"';
	before_value(w);
	buf_add(w->out, s, 38);
}

void jw_opt_uuid(struct json_writer *w, const struct opt_uuid *id)
{
	if (id->set)
		jw_uuid(w, &id->value);
	else
		jw_null(w);
}

void jw_instant(struct json_writer *w, int64_t us)
{
	char s[32];
	clock_rfc3339(us, s);
	jw_text(w, s);
}

void jw_opt_instant(struct json_writer *w, struct opt_instant t)
{
	if (t.set)
		jw_instant(w, t.us);
	else
		jw_null(w);
}

void jw_field_text(struct json_writer *w, const char *name, const char *s)
{
	jw_key(w, name);
	jw_text(w, s);
}

void jw_field_int(struct json_writer *w, const char *name, int64_t v)
{
	jw_key(w, name);
	jw_int(w, v);
}

void jw_field_bool(struct json_writer *w, const char *name, bool v)
{
	jw_key(w, name);
	jw_bool(w, v);
}

void jw_field_uuid(struct json_writer *w, const char *name, const struct uuid *id)
{
	jw_key(w, name);
	jw_uuid(w, id);
}

void jw_field_instant(struct json_writer *w, const char *name, int64_t us)
{
	jw_key(w, name);
	jw_instant(w, us);
}
