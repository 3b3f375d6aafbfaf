/* JSON. Reading: json-c behind a strict door (RFC 8259: UTF-8 valid, no NUL, no duplicate names, no NaN, depth and
 * size bounded), then bound to a C struct by a table, with all faults told at once. Writing: straight into a buffer,
 * no tree. Only this module knows json-c. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "buf.h"
#include "error.h"

#define JSON_MAX_DEPTH 32

struct json; /* a parsed value; belongs to the context it was parsed in */

enum json_kind { JSON_NULL, JSON_BOOL, JSON_INT, JSON_NUM, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* Parses exactly one value. Faults: MALFORMED_JSON, INVALID_UTF8, NUL_IN_TEXT, DUPLICATE_FIELD, TOO_DEEP. */
enum result json_parse(TALLOC_CTX *mem, const char *p, size_t n, const struct json **out, struct error *e) MUST_CHECK;

/* Looking into a value. A member that is absent is NULL, and NULL counts as JSON_NULL; a wrong kind gives NULL / 0. */
enum json_kind json_kind(const struct json *v);
const struct json *json_get(const struct json *object, const char *name);
size_t json_len(const struct json *array);
const struct json *json_at(const struct json *array, size_t i);
const char *json_string(const struct json *v); /* NULL when not a string */
int64_t json_int(const struct json *v);
double json_num(const struct json *v); /* also of a JSON_INT */
bool json_truth(const struct json *v);
/* Calls fn for each member of an object, in their order. */
void json_each(const struct json *object, void (*fn)(const char *name, const struct json *v, void *arg), void *arg);
/* The value as compact JSON text. */
const char *json_print(TALLOC_CTX *mem, const struct json *v);
/* The same with the members of objects in the order of their names: equal for values that differ in their order and
 * white space only. */
const char *json_canonical(TALLOC_CTX *mem, const struct json *v);

/* Binding an object to a struct: one row a field. */
enum json_field_type {
	JSON_FIELD_TEXT,  /* const char *; NULL absent. min, max: bytes. Spaces around are trimmed unless raw. */
	JSON_FIELD_BOOL,  /* struct opt_bool */
	JSON_FIELD_INT,   /* struct opt_int; min, max: its value */
	JSON_FIELD_NUM,   /* struct opt_num; min, max: its value */
	JSON_FIELD_UUIDS, /* struct json_uuids; min, max: number of elements */
	JSON_FIELD_ANY,   /* const struct json *: whatever it is, for a field whose form depends on another one */
};
struct json_uuids {
	struct uuid *p;
	size_t n;
};
struct json_field {
	const char *name;
	enum json_field_type type;
	size_t offset;
	long long min, max;
	bool required;
	bool raw;                   /* passwords: not trimmed */
	const char *const *choices; /* NULL, or the allowed texts, NULL-terminated */
};
/* Fills `out` (zeroed by the caller); null is absent. Tells unknown, missing, mistyped and out-of-bounds fields, all of
 * them. Texts are copied into mem. */
enum result json_bind(TALLOC_CTX *mem, const struct json *object, const struct json_field *fields, size_t n, void *out,
    struct error *e) MUST_CHECK;

/* Writing. Commas come by themselves: a writer knows whether it stands behind a value. */
struct json_writer {
	struct buf *out;
	bool comma;
};
void jw_init(struct json_writer *w, struct buf *out);
void jw_open(struct json_writer *w, char bracket);  /* '{' or '[' */
void jw_close(struct json_writer *w, char bracket); /* '}' or ']' */
void jw_key(struct json_writer *w, const char *name);
void jw_text(struct json_writer *w, const char *s); /* NULL gives null; bytes that are not UTF-8 become U+FFFD */
void jw_textn(struct json_writer *w, const char *s, size_t n);
void jw_int(struct json_writer *w, int64_t v);
void jw_num(struct json_writer *w, double v, int decimals); /* at most that many decimals, trailing zeros dropped */
void jw_money(struct json_writer *w, double v);             /* exactly two decimals */
void jw_bool(struct json_writer *w, bool v);
void jw_null(struct json_writer *w);
void jw_raw(struct json_writer *w, const char *json); /* a value that is JSON text already; NULL gives null */
/* The members of an object that is JSON text already, as further members of the one being written. */
void jw_members(struct json_writer *w, const char *object);
void jw_uuid(struct json_writer *w, const struct uuid *id);
void jw_opt_uuid(struct json_writer *w, const struct opt_uuid *id);
void jw_instant(struct json_writer *w, int64_t us); /* RFC 3339 in UTC, seconds */
void jw_opt_instant(struct json_writer *w, struct opt_instant t);
/* Key and value together. */
void jw_field_text(struct json_writer *w, const char *name, const char *s);
void jw_field_int(struct json_writer *w, const char *name, int64_t v);
void jw_field_bool(struct json_writer *w, const char *name, bool v);
void jw_field_uuid(struct json_writer *w, const char *name, const struct uuid *id);
void jw_field_instant(struct json_writer *w, const char *name, int64_t us);

#endif
