/* Strict reading of JSON: what json-c lets pass (see json.h) is found by our own walk over the text and the tree. */
#include "json.h"
#include "text.h"

#include <ctype.h>
#include <json-c/json.h>
#include <string.h>

/* `struct json` is json-c's object under another name, so that nobody else needs its header. */
static struct json_object *inner(const struct json *v)
{
	return (struct json_object *)(uintptr_t)v;
}

static const struct json *outer(struct json_object *o)
{
	return (const struct json *)o;
}

static void put_object(void *o)
{
	json_object_put(o);
}

/* Walks the text once, outside of what json-c can tell afterwards: NUL escapes, quotes that are not JSON's, duplicate
 * names are found here or through the number of names counted per object. */
struct scan {
	const char *p, *end;
	const char *reason;
	unsigned depth;
	size_t members; /* names seen in all objects */
	bool nul, deep;
};

static void skip_blank(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
		s->p++;
}

static bool scan_string(struct scan *s)
{
	if (s->p == s->end || *s->p != '"')
		return s->reason = "a text must stand in double quotes", false;
	for (s->p++; s->p < s->end; s->p++) {
		unsigned char c = (unsigned char)*s->p;
		if (c == '"') {
			s->p++;
			return true;
		}
		if (c < 0x20) {
			if (c == 0)
				s->nul = true;
			return s->reason = "a control character stands in a text", false;
		}
		if (c != '\\')
			continue;
		if (++s->p == s->end)
			break;
		if (*s->p == 'u') {
			/* The text is not terminated: every look is bounded by `end`. */
			for (int i = 1; i <= 4; i++)
				if (s->end - s->p <= i || !isxdigit((unsigned char)s->p[i]))
					return s->reason = "\\u needs four hexadecimal digits", false;
			if (memcmp(s->p + 1, "0000", 4) == 0)
				s->nul = true;
			s->p += 4;
		} else if (*s->p == '\0' || !strchr("\"\\/bfnrt", *s->p)) {
			return s->reason = "unknown escape in a text", false;
		}
	}
	return s->reason = "it ends within a text", false;
}

static bool scan_number(struct scan *s)
{
	const char *start = s->p;
	if (s->p < s->end && *s->p == '-')
		s->p++;
	const char *digits = s->p;
	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	bool ok = s->p > digits && (*digits != '0' || s->p == digits + 1);
	if (ok && s->p < s->end && *s->p == '.') {
		const char *f = ++s->p;
		while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
			s->p++;
		ok = s->p > f;
	}
	if (ok && s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
		s->p++;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		const char *x = s->p;
		while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
			s->p++;
		ok = s->p > x;
	}
	/* Integers beyond 64 bits saturate silently in json-c: refused here. */
	if (ok && s->p - start > 18 && !memchr(start, '.', (size_t)(s->p - start)))
		return s->reason = "a number has too many digits", false;
	return ok || (s->reason = "a value is expected", false);
}

static bool scan_value(struct scan *s);

static bool scan_members(struct scan *s, char close)
{
	s->p++;
	skip_blank(s);
	if (s->p < s->end && *s->p == close) {
		s->p++;
		return true;
	}
	for (;;) {
		skip_blank(s);
		if (close == '}') {
			s->members++;
			if (!scan_string(s))
				return false;
			skip_blank(s);
			if (s->p == s->end || *s->p != ':')
				return s->reason = "':' is expected behind a name", false;
			s->p++;
		}
		if (!scan_value(s))
			return false;
		skip_blank(s);
		if (s->p == s->end)
			return s->reason = "it ends too early", false;
		if (*s->p == close) {
			s->p++;
			return true;
		}
		if (*s->p != ',')
			return s->reason = "',' is expected", false;
		s->p++;
	}
}

static bool scan_value(struct scan *s)
{
	skip_blank(s);
	if (s->p == s->end)
		return s->reason = "it ends too early", false;
	if (*s->p == '{' || *s->p == '[') {
		if (++s->depth > JSON_MAX_DEPTH) {
			s->deep = true;
			return false;
		}
		bool ok = scan_members(s, *s->p == '{' ? '}' : ']');
		s->depth--;
		return ok;
	}
	if (*s->p == '"')
		return scan_string(s);
	static const char *const words[] = { "true", "false", "null" };
	for (unsigned i = 0; i < ARRAY_LEN(words); i++) {
		size_t n = strlen(words[i]);
		if ((size_t)(s->end - s->p) >= n && memcmp(s->p, words[i], n) == 0) {
			s->p += n;
			return true;
		}
	}
	return scan_number(s);
}

static size_t count_members(struct json_object *o)
{
	size_t n = 0;
	if (json_object_is_type(o, json_type_object)) {
		json_object_object_foreach(o, name, v)
		{
			(void)name;
			n += 1 + count_members(v);
		}
	} else if (json_object_is_type(o, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(o); i++)
			n += count_members(json_object_array_get_idx(o, i));
	}
	return n;
}

enum result json_parse(TALLOC_CTX *mem, const char *p, size_t n, const struct json **out, struct error *e)
{
	*out = NULL;
	if (!text_utf8_valid(p, n))
		return error_set(e, ERR_INVALID_UTF8, NULL);
	struct scan s = { .p = p, .end = p + n };
	bool ok = scan_value(&s);
	if (ok) {
		skip_blank(&s);
		if (s.p != s.end) {
			ok = false;
			s.reason = "something stands behind the value";
		}
	}
	if (s.deep)
		return error_set(e, ERR_TOO_DEEP, NULL, "max", num_text(JSON_MAX_DEPTH).s);
	if (s.nul)
		return error_set(e, ERR_NUL_IN_TEXT, NULL);
	if (!ok)
		return error_set(e, ERR_MALFORMED_JSON, NULL, "reason", s.reason);
	struct json_tokener *t = json_tokener_new_ex(JSON_MAX_DEPTH + 1);
	mem_check(t);
	json_tokener_set_flags(t, JSON_TOKENER_STRICT);
	struct json_object *o = json_tokener_parse_ex(t, p, (int)n);
	enum json_tokener_error rc = json_tokener_get_error(t);
	if (rc == json_tokener_continue) { /* a bare scalar ends with the text */
		o = json_tokener_parse_ex(t, "", 1);
		rc = json_tokener_get_error(t);
	}
	json_tokener_free(t);
	if (rc != json_tokener_success)
		return error_set(e, ERR_MALFORMED_JSON, NULL, "reason", json_tokener_error_desc(rc));
	if (o)
		mem_defer(mem, put_object, o);
	/* json-c keeps the last of two members of one name: then the tree has fewer than the text. */
	if (count_members(o) != s.members)
		return error_set(e, ERR_DUPLICATE_FIELD, NULL, "name", "a name");
	*out = outer(o);
	return ERR_OK;
}

enum json_kind json_kind(const struct json *v)
{
	switch (json_object_get_type(inner(v))) {
	case json_type_boolean:
		return JSON_BOOL;
	case json_type_int:
		return JSON_INT;
	case json_type_double:
		return JSON_NUM;
	case json_type_string:
		return JSON_STRING;
	case json_type_array:
		return JSON_ARRAY;
	case json_type_object:
		return JSON_OBJECT;
	default:
		return JSON_NULL;
	}
}

const struct json *json_get(const struct json *object, const char *name)
{
	struct json_object *o = NULL;
	if (json_kind(object) == JSON_OBJECT)
		json_object_object_get_ex(inner(object), name, &o);
	return outer(o);
}

bool json_has(const struct json *object, const char *name)
{
	return json_kind(object) == JSON_OBJECT && json_object_object_get_ex(inner(object), name, NULL);
}

size_t json_len(const struct json *array)
{
	return json_kind(array) == JSON_ARRAY ? json_object_array_length(inner(array)) : 0;
}

const struct json *json_at(const struct json *array, size_t i)
{
	return i < json_len(array) ? outer(json_object_array_get_idx(inner(array), i)) : NULL;
}

const char *json_string(const struct json *v)
{
	return json_kind(v) == JSON_STRING ? json_object_get_string(inner(v)) : NULL;
}

int64_t json_int(const struct json *v)
{
	return json_kind(v) == JSON_INT ? json_object_get_int64(inner(v)) : 0;
}

double json_num(const struct json *v)
{
	enum json_kind k = json_kind(v);
	return k == JSON_NUM || k == JSON_INT ? json_object_get_double(inner(v)) : 0;
}

bool json_truth(const struct json *v)
{
	return json_kind(v) == JSON_BOOL && json_object_get_boolean(inner(v));
}

void json_each(const struct json *object, void (*fn)(const char *name, const struct json *v, void *arg), void *arg)
{
	if (json_kind(object) != JSON_OBJECT)
		return;
	json_object_object_foreach(inner(object), name, v) fn(name, outer(v), arg);
}

const char *json_print(TALLOC_CTX *mem, const struct json *v)
{
	return mem_strdup(
	    mem, json_object_to_json_string_ext(inner(v), JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

struct member {
	const char *name;
	const struct json *v;
};
struct members {
	TALLOC_CTX *mem;
	struct member *p;
	size_t n;
};

static void collect_member(const char *name, const struct json *v, void *arg)
{
	struct members *m = arg;
	m->p = mem_grow(m->mem, m->p, struct member, m->n + 1);
	m->p[m->n++] = (struct member){ name, v };
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct member *)a)->name, ((const struct member *)b)->name);
}

/* Values are at most JSON_MAX_DEPTH deep: they were parsed. */
static void write_canonical(TALLOC_CTX *mem, struct json_writer *w, const struct json *v)
{
	struct members m = { mem, NULL, 0 };
	switch (json_kind(v)) {
	case JSON_OBJECT:
		json_each(v, collect_member, &m);
		if (m.n > 1)
			qsort(m.p, m.n, sizeof *m.p, by_name);
		jw_open(w, '{');
		for (size_t i = 0; i < m.n; i++) {
			jw_key(w, m.p[i].name);
			write_canonical(mem, w, m.p[i].v);
		}
		jw_close(w, '}');
		break;
	case JSON_ARRAY:
		jw_open(w, '[');
		for (size_t i = 0; i < json_len(v); i++)
			write_canonical(mem, w, json_at(v, i));
		jw_close(w, ']');
		break;
	default:
		jw_raw(w, json_print(mem, v));
	}
}

const char *json_canonical(TALLOC_CTX *mem, const struct json *v)
{
	struct buf b;
	struct json_writer w;
	buf_init(&b, mem, (size_t)64 << 20);
	jw_init(&w, &b);
	write_canonical(mem, &w, v);
	return b.data;
}
