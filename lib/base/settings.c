#include "settings.h"
#include "json.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct setting settings_table[] = {
#define X(name, type, fallback, min, max, choices, secret, help) \
	{ #name, SETTING_##type, fallback, min, max, choices, secret, help, offsetof(struct settings, name) },
	SETTINGS_LIST(X)
#undef X
};
const size_t settings_count = ARRAY_LEN(settings_table);

#define MAX_EXPANSION 8

static enum result fault(struct error *e, const char *name, const char *reason)
{
	return error_set(e, ERR_INVALID_SETTING, name, "name", name, "reason", reason);
}

/* The raw text of a setting, with `${NAME}` of other variables written out; NULL when absent. */
static const char *expand(TALLOC_CTX *mem, const char *(*get)(const char *), const char *text, int depth)
{
	struct buf out;
	buf_init(&out, mem, 65536);
	for (const char *p = text; *p;) {
		const char *end = p[0] == '$' && p[1] == '{' ? strchr(p, '}') : NULL;
		if (!end) {
			buf_char(&out, *p++);
			continue;
		}
		const char *name = mem_strndup(mem, p + 2, (size_t)(end - p - 2));
		const char *value = get(name);
		if (value && depth < MAX_EXPANSION)
			buf_str(&out, expand(mem, get, value, depth + 1));
		p = end + 1;
	}
	return out.data;
}

/* A decimal number and its unit behind it; the unit's factor comes from the table. */
struct unit {
	const char *name;
	int64_t factor;
};

static bool parse_with_unit(const char *s, const struct unit *units, size_t n, int64_t *out)
{
	char *end;
	errno = 0;
	long long v = strtoll(s, &end, 10);
	if (end == s || errno || v < 0)
		return false;
	while (*end == ' ')
		end++;
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(end, units[i].name) == 0)
			return !__builtin_mul_overflow((int64_t)v, units[i].factor, out);
	return false;
}

static const struct unit size_units[] = { { "", 1 }, { "B", 1 }, { "K", 1 << 10 }, { "KiB", 1 << 10 }, { "M", 1 << 20 },
	{ "MiB", 1 << 20 }, { "G", 1 << 30 }, { "GiB", 1 << 30 } };
static const struct unit time_units[] = { { "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 } };
static const struct unit no_units[] = { { "", 1 } };

static bool parse_bool(const char *s, bool *out)
{
	static const char *const yes[] = { "true", "1", "yes", "on" }, *const no[] = { "false", "0", "no", "off" };
	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		if (strcasecmp(s, yes[i]) == 0)
			return *out = true, true;
		if (strcasecmp(s, no[i]) == 0)
			return *out = false, true;
	}
	return false;
}

static bool is_choice(const char *choices, const char *s)
{
	size_t n = strlen(s);
	for (const char *p = choices; p;) {
		const char *bar = strchr(p, '|');
		size_t len = bar ? (size_t)(bar - p) : strlen(p);
		if (len == n && memcmp(p, s, n) == 0)
			return true;
		p = bar ? bar + 1 : NULL;
	}
	return false;
}

static enum result parse_list(TALLOC_CTX *mem, const struct setting *row, const char *s, void *at, struct error *e)
{
	const char **list = NULL;
	size_t n = 0;
	while (*s == ' ')
		s++;
	if (*s == '[') {
		const struct json *array;
		struct error inner;
		error_clear(&inner);
		if (json_parse(mem, s, strlen(s), &array, &inner) != ERR_OK)
			return fault(e, row->name, "not a JSON list of texts");
		list = mem_array(mem, const char *, json_len(array) + 1);
		for (; n < json_len(array); n++) {
			list[n] = json_string(json_at(array, n));
			if (!list[n])
				return fault(e, row->name, "not a JSON list of texts");
		}
	} else {
		list = mem_array(mem, const char *, strlen(s) / 2 + 2);
		while (*s) {
			size_t len = strcspn(s, ",");
			const char *next = s + len + (s[len] == ',');
			while (len && *s == ' ')
				s++, len--;
			while (len && s[len - 1] == ' ')
				len--;
			if (len)
				list[n++] = mem_strndup(mem, s, len);
			s = next;
		}
	}
	*(const char *const **)at = list;
	return ERR_OK;
}

static enum result parse_value(TALLOC_CTX *mem, const struct setting *row, const char *s, void *at, struct error *e)
{
	int64_t number = 0;
	bool ok = true;
	switch (row->type) {
	case SETTING_TEXT:
		number = (int64_t)strlen(s);
		*(const char **)at = s;
		break;
	case SETTING_CHOICE:
		if (!is_choice(row->choices, s))
			return fault(
			    e, row->name, mem_printf(mem, "'%s' is not one of %s", row->secret ? "" : s, row->choices));
		*(const char **)at = s;
		return ERR_OK;
	case SETTING_LIST:
		return parse_list(mem, row, s, at, e);
	case SETTING_BOOL:
		return parse_bool(s, at) ? ERR_OK : fault(e, row->name, "not true or false");
	case SETTING_INT:
		ok = parse_with_unit(s, no_units, ARRAY_LEN(no_units), &number);
		*(int64_t *)at = number;
		break;
	case SETTING_SIZE:
		ok = parse_with_unit(s, size_units, ARRAY_LEN(size_units), &number);
		*(int64_t *)at = number;
		break;
	case SETTING_SECONDS:
		ok = parse_with_unit(s, time_units, ARRAY_LEN(time_units), &number);
		*(int64_t *)at = number;
		break;
	}
	if (!ok)
		return fault(e, row->name, "not a number with a unit that is known");
	if ((row->min || row->max) && (number < row->min || number > row->max))
		return fault(e, row->name, mem_printf(mem, "must lie between %lld and %lld", row->min, row->max));
	return ERR_OK;
}

/* Words that stand in examples, and secrets without variety, protect nothing. */
bool settings_secret_is_weak(const char *s)
{
	static const char *const words[] = { "changeme", "change-me", "secret", "password", "example", "votre-",
		"your-" };
	unsigned char seen[256] = { 0 };
	size_t different = 0;
	for (const unsigned char *p = (const unsigned char *)s; *p; p++)
		if (!seen[*p]++)
			different++;
	if (strlen(s) < 32 || different < 8)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcasestr(s, words[i]))
			return true;
	return false;
}

enum result settings_read(TALLOC_CTX *mem, const char *(*get)(const char *name), struct settings *out, struct error *e)
{
	memset(out, 0, sizeof *out);
	for (size_t i = 0; i < settings_count; i++) {
		const struct setting *row = &settings_table[i];
		const char *text = get(row->name);
		if (!text || !*text)
			text = row->fallback;
		if (!text)
			continue;
		enum result rc = parse_value(mem, row, expand(mem, get, text, 0), (char *)out + row->offset, e);
		(void)rc; /* all faults are told at the end */
	}
	if (e->n_faults == 0 && strcmp(out->APP_ENV, "production") == 0) {
		const struct {
			const char *name, *value;
		} keys[] = { { "JWT_SECRET_KEY", out->JWT_SECRET_KEY }, { "SECRET_KEY", out->SECRET_KEY },
			{ "JWT_SECRET_KEY_PREVIOUS", out->JWT_SECRET_KEY_PREVIOUS } };
		for (size_t i = 0; i < ARRAY_LEN(keys); i++)
			if (!keys[i].value && i == 2)
				continue; /* only while keys change */
			else if (!keys[i].value)
				fault(e, keys[i].name, "required in production");
			else if (settings_secret_is_weak(keys[i].value))
				fault(e, keys[i].name, "too weak: make one with 'openssl rand -hex 32'");
	}
	return e->n_faults ? e->code : ERR_OK;
}

static void explain_value(const struct settings *s, const struct setting *row, struct buf *out)
{
	const void *at = (const char *)s + row->offset;
	switch (row->type) {
	case SETTING_TEXT:
	case SETTING_CHOICE: {
		const char *text = *(const char *const *)at;
		buf_str(out, !text ? "(not set)" : row->secret ? "(set)" : text);
		break;
	}
	case SETTING_LIST: {
		const char *const *list = *(const char *const *const *)at;
		for (size_t i = 0; list && list[i]; i++)
			buf_printf(out, "%s%s", i ? "," : "", list[i]);
		break;
	}
	case SETTING_BOOL:
		buf_str(out, *(const bool *)at ? "true" : "false");
		break;
	default:
		buf_str(out, num_text(*(const int64_t *)at).s);
	}
}

void settings_explain(const struct settings *s, struct buf *out)
{
	static const char *const types[] = { "text", "number", "bytes", "seconds", "true or false", "one of", "list" };
	for (size_t i = 0; i < settings_count; i++) {
		const struct setting *row = &settings_table[i];
		buf_printf(out, "%s = ", row->name);
		explain_value(s, row, out);
		buf_printf(out, "\n    %s\n    %s", row->help, types[row->type]);
		if (row->choices)
			buf_printf(out, " %s", row->choices);
		else if (row->min || row->max)
			buf_printf(
			    out, "%s %lld to %lld", row->type == SETTING_TEXT ? ", length" : ",", row->min, row->max);
		if (row->fallback && *row->fallback)
			buf_printf(out, "; default %s", row->fallback);
		buf_str(out, row->secret ? "; secret\n" : "\n");
	}
}
