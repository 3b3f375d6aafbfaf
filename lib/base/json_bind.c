/* JSON objects and C structs: one table of fields says how each becomes the other. */
#include "clock.h"
#include "json.h"
#include "uuid.h"

#include <string.h>

struct binding {
	TALLOC_CTX *mem;
	const struct json_field *fields;
	size_t n;
	bool change;      /* `out` holds what is there */
	const char *path; /* of the object, with its dot; "" at the top */
	struct error *e;
};

static void bind_object(const struct binding *b, const struct json *object, void *out);

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void trim(const char **s, size_t *n)
{
	while (*n && is_blank((*s)[*n - 1]))
		--*n;
	while (*n && is_blank(**s))
		++*s, --*n;
}

static bool refuse_kind(
    const struct json *v, enum json_kind wanted, const char *type, const char *path, struct error *e)
{
	if (json_kind(v) == wanted)
		return false;
	error_set(e, ERR_INVALID_TYPE, path, "type", type);
	return true;
}

static bool refuse_count(size_t n, const struct json_field *f, const char *path, struct error *e)
{
	if ((long long)n >= f->min && (!f->max || (long long)n <= f->max))
		return false;
	error_set(e, ERR_OUT_OF_RANGE, path, "min", num_text(f->min).s, "max", num_text(f->max).s);
	return true;
}

/* As many of them, whole, as an argument of an error holds. */
static const char *choices_text(TALLOC_CTX *mem, const char *const *choices)
{
	char *s = mem_strdup(mem, *choices);
	for (const char *const *c = choices + 1; *c; c++)
		if (strlen(s) + strlen(*c) + 3 < sizeof((struct error_arg *)0)->value)
			s = mem_printf(mem, "%s, %s", s, *c);
	return s;
}

/* NULL, with the fault told, when it is none that the field takes. */
static const char *take_text(
    const struct binding *b, const struct json *v, const struct json_field *f, const char *path)
{
	const char *s = json_string(v);
	if (refuse_kind(v, JSON_STRING, "string", path, b->e))
		return NULL;
	size_t n = strlen(s);
	if (!f->raw)
		trim(&s, &n);
	if (f->min && (long long)n < f->min) {
		if (n == 0 && f->required)
			error_set(b->e, ERR_MISSING_FIELD, path);
		else
			error_set(b->e, ERR_TOO_SHORT, path, "min", num_text(f->min).s);
		return NULL;
	}
	if (f->max && (long long)n > f->max) {
		error_set(b->e, ERR_TOO_LONG, path, "max", num_text(f->max).s);
		return NULL;
	}
	const char *copy = mem_strndup(b->mem, s, n);
	for (const char *const *c = f->choices; c; c++) {
		if (!*c) {
			error_set(
			    b->e, ERR_INVALID_VALUE, path, "value", copy, "expected", choices_text(b->mem, f->choices));
			return NULL;
		}
		if (strcmp(*c, copy) == 0)
			break;
	}
	return copy;
}

static void bind_date(const struct binding *b, const struct json *v, const char *path, void *at)
{
	const char *s = take_text(b, v, &(struct json_field){ .max = 40 }, path);
	if (s && clock_is_date(s))
		*(const char **)at = s;
	else if (s)
		error_set(b->e, ERR_INVALID_VALUE, path, "value", s, "expected", "2026-03-20");
}

/* Within what a double holds of a sum of money. */
static bool is_whole(double v)
{
	double nearest = (double)(int64_t)(v + (v < 0 ? -0.5 : 0.5));
	return v - nearest < 1e-4 && nearest - v < 1e-4;
}

static void bind_number(
    const struct binding *b, const struct json *v, const struct json_field *f, const char *path, void *at)
{
	enum json_kind k = json_kind(v);
	double num = json_num(v);
	if (k != JSON_INT && k != JSON_NUM)
		error_set(b->e, ERR_INVALID_TYPE, path, "type", "number");
	else if (!(num >= (double)f->min && num <= (double)f->max))
		error_set(b->e, ERR_OUT_OF_RANGE, path, "min", num_text(f->min).s, "max", num_text(f->max).s);
	else if (f->type == JSON_FIELD_MONEY && !is_whole(num * 100))
		error_set(b->e, ERR_INVALID_VALUE, path, "value", json_print(b->mem, v), "expected", "two decimals");
	else
		*(struct opt_num *)at = (struct opt_num){ true, num };
}

static void bind_uuids(
    const struct binding *b, const struct json *v, const struct json_field *f, const char *path, void *at)
{
	struct json_uuids *list = at;
	size_t n = json_len(v);
	if (refuse_kind(v, JSON_ARRAY, "array", path, b->e) || refuse_count(n, f, path, b->e))
		return;
	list->p = mem_array(b->mem, struct uuid, n ? n : 1);
	list->n = n;
	for (size_t i = 0; i < n; i++) {
		const struct json *item = json_at(v, i);
		const char *s = json_string(item), *where = mem_printf(b->mem, "%s[%zu]", path, i);
		if (!refuse_kind(item, JSON_STRING, "string", where, b->e) && !uuid_parse(s, &list->p[i]))
			error_set(b->e, ERR_INVALID_ID, where, "value", s);
	}
}

static void bind_texts(
    const struct binding *b, const struct json *v, const struct json_field *f, const char *path, void *at)
{
	struct json_texts *list = at;
	const struct json_field item = { .min = 1, .max = f->item_max };
	size_t n = json_len(v);
	if (refuse_kind(v, JSON_ARRAY, "array", path, b->e) || refuse_count(n, f, path, b->e))
		return;
	list->p = mem_array(b->mem, const char *, n ? n : 1);
	list->n = n;
	for (size_t i = 0; i < n; i++)
		list->p[i] = take_text(b, json_at(v, i), &item, mem_printf(b->mem, "%s[%zu]", path, i));
}

static void bind_inner(
    const struct binding *b, const struct json *v, const struct json_field *f, const char *path, void *out)
{
	struct binding inner = { b->mem, f->of->p, f->of->n, false, mem_printf(b->mem, "%s.", path), b->e };
	if (!refuse_kind(v, JSON_OBJECT, "object", path, b->e))
		bind_object(&inner, v, out);
}

/* The struct's member is { T *p; size_t n; } of any T. */
static void bind_list(
    const struct binding *b, const struct json *v, const struct json_field *f, const char *path, void *at)
{
	size_t n = json_len(v), size = f->of->size;
	if (refuse_kind(v, JSON_ARRAY, "array", path, b->e) || refuse_count(n, f, path, b->e))
		return;
	char *p = mem_array_size(b->mem, size, n ? n : 1);
	memcpy(at, &p, sizeof p);
	memcpy((char *)at + sizeof p, &n, sizeof n);
	for (size_t i = 0; i < n; i++)
		bind_inner(b, json_at(v, i), f, mem_printf(b->mem, "%s[%zu]", path, i), p + i * size);
}

static void bind_value(
    const struct binding *b, const struct json *v, const struct json_field *f, const char *path, void *at)
{
	const char *text;
	void *inner;
	switch (f->type) {
	case JSON_FIELD_TEXT:
		text = take_text(b, v, f, path);
		if (text)
			*(const char **)at = text;
		break;
	case JSON_FIELD_BOOL:
		if (!refuse_kind(v, JSON_BOOL, "boolean", path, b->e))
			*(struct opt_bool *)at = (struct opt_bool){ true, json_truth(v) };
		break;
	case JSON_FIELD_INT:
		if (refuse_kind(v, JSON_INT, "integer", path, b->e))
			break;
		if (json_int(v) < f->min || json_int(v) > f->max)
			error_set(b->e, ERR_OUT_OF_RANGE, path, "min", num_text(f->min).s, "max", num_text(f->max).s);
		else
			*(struct opt_int *)at = (struct opt_int){ true, json_int(v) };
		break;
	case JSON_FIELD_NUM:
	case JSON_FIELD_MONEY:
		bind_number(b, v, f, path, at);
		break;
	case JSON_FIELD_DATE:
		bind_date(b, v, path, at);
		break;
	case JSON_FIELD_UUIDS:
		bind_uuids(b, v, f, path, at);
		break;
	case JSON_FIELD_TEXTS:
		bind_texts(b, v, f, path, at);
		break;
	case JSON_FIELD_OBJECT:
		inner = mem_array_size(b->mem, f->of->size, 1);
		memcpy(at, &inner, sizeof inner);
		bind_inner(b, v, f, path, inner);
		break;
	case JSON_FIELD_LIST:
		bind_list(b, v, f, path, at);
		break;
	case JSON_FIELD_ANY:
		*(const struct json **)at = v;
		break;
	}
}

static size_t size_of(enum json_field_type type)
{
	switch (type) {
	case JSON_FIELD_BOOL:
		return sizeof(struct opt_bool);
	case JSON_FIELD_INT:
		return sizeof(struct opt_int);
	case JSON_FIELD_NUM:
	case JSON_FIELD_MONEY:
		return sizeof(struct opt_num);
	case JSON_FIELD_UUIDS:
		return sizeof(struct json_uuids);
	case JSON_FIELD_TEXTS:
	case JSON_FIELD_LIST:
		return sizeof(struct json_texts);
	default:
		return sizeof(void *);
	}
}

static void refuse_unknown(const char *name, const struct json *v, void *arg)
{
	(void)v;
	const struct binding *b = arg;
	for (size_t i = 0; i < b->n; i++)
		if (strcmp(b->fields[i].name, name) == 0 ||
		    (b->fields[i].alias && strcmp(b->fields[i].alias, name) == 0))
			return;
	error_set(b->e, ERR_UNKNOWN_FIELD, mem_printf(b->mem, "%s%s", b->path, name), "name", name);
}

static void bind_field(const struct binding *b, const struct json *object, const struct json_field *f, void *out)
{
	const char *name = f->name;
	void *at = (char *)out + f->offset;
	if (f->alias && json_has(object, f->alias)) {
		if (json_has(object, name)) {
			error_set(
			    b->e, ERR_DUPLICATE_FIELD, mem_printf(b->mem, "%s%s", b->path, f->alias), "name", name);
			return;
		}
		name = f->alias;
	}
	const struct json *v = json_get(object, name);
	const char *path = *b->path ? mem_printf(b->mem, "%s%s", b->path, name) : name;
	if (json_kind(v) != JSON_NULL)
		bind_value(b, v, f, path, at);
	else if (b->change && !json_has(object, name))
		return;
	else if (f->required)
		error_set(b->e, ERR_MISSING_FIELD, path);
	else if (b->change)
		memset(at, 0, size_of(f->type));
}

static void bind_object(const struct binding *b, const struct json *object, void *out)
{
	struct binding known = *b;
	for (size_t i = 0; i < b->n; i++)
		bind_field(b, object, &b->fields[i], out);
	json_each(object, refuse_unknown, &known);
}

static enum result bind_top(struct binding b, const struct json *object, void *out)
{
	unsigned before = b.e->n_faults;
	if (json_kind(object) != JSON_OBJECT)
		return error_set(b.e, ERR_INVALID_TYPE, NULL, "type", "object");
	bind_object(&b, object, out);
	return b.e->n_faults > before ? b.e->code : ERR_OK;
}

enum result json_bind(
    TALLOC_CTX *mem, const struct json *object, const struct json_field *fields, size_t n, void *out, struct error *e)
{
	return bind_top((struct binding){ mem, fields, n, false, "", e }, object, out);
}

enum result json_bind_change(
    TALLOC_CTX *mem, const struct json *object, const struct json_field *fields, size_t n, void *out, struct error *e)
{
	return bind_top((struct binding){ mem, fields, n, true, "", e }, object, out);
}

/* ---- the other way ---- */

static void write_object(struct json_writer *w, const struct json_fields *of, const void *in)
{
	jw_open(w, '{');
	for (size_t i = 0; i < of->n; i++) {
		jw_key(w, of->p[i].name);
		jw_bound(w, &of->p[i], in);
	}
	jw_close(w, '}');
}

static void write_number(struct json_writer *w, const struct json_field *f, const void *at)
{
	const struct opt_num *v = at;
	if (!v->set)
		jw_null(w);
	else if (f->type == JSON_FIELD_MONEY)
		jw_money(w, v->value);
	else
		jw_num(w, v->value, 6);
}

static void write_list(struct json_writer *w, const struct json_field *f, const void *at)
{
	const char *p;
	size_t n;
	memcpy(&p, at, sizeof p);
	memcpy(&n, (const char *)at + sizeof p, sizeof n);
	jw_open(w, '[');
	for (size_t i = 0; i < n; i++)
		write_object(w, f->of, p + i * f->of->size);
	jw_close(w, ']');
}

static void write_simple_list(struct json_writer *w, const struct json_field *f, const void *at)
{
	const struct json_texts *texts = at;
	const struct json_uuids *ids = at;
	jw_open(w, '[');
	for (size_t i = 0; f->type == JSON_FIELD_TEXTS && i < texts->n; i++)
		jw_text(w, texts->p[i]);
	for (size_t i = 0; f->type == JSON_FIELD_UUIDS && i < ids->n; i++)
		jw_uuid(w, &ids->p[i]);
	jw_close(w, ']');
}

void jw_bound(struct json_writer *w, const struct json_field *f, const void *in)
{
	const void *at = (const char *)in + f->offset, *inner;
	const struct opt_bool *truth = at;
	const struct opt_int *whole = at;
	switch (f->type) {
	case JSON_FIELD_TEXT:
	case JSON_FIELD_DATE:
		jw_text(w, *(const char *const *)at);
		break;
	case JSON_FIELD_BOOL:
		truth->set ? jw_bool(w, truth->value) : jw_null(w);
		break;
	case JSON_FIELD_INT:
		whole->set ? jw_int(w, whole->value) : jw_null(w);
		break;
	case JSON_FIELD_NUM:
	case JSON_FIELD_MONEY:
		write_number(w, f, at);
		break;
	case JSON_FIELD_UUIDS:
	case JSON_FIELD_TEXTS:
		write_simple_list(w, f, at);
		break;
	case JSON_FIELD_OBJECT:
		memcpy(&inner, at, sizeof inner);
		inner ? write_object(w, f->of, inner) : jw_null(w);
		break;
	case JSON_FIELD_LIST:
		write_list(w, f, at);
		break;
	case JSON_FIELD_ANY:
		BUG("the field %s has no form of its own to be written in", f->name);
	}
}
