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
bool json_has(const struct json *object, const char *name); /* also when it is null */
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
	JSON_FIELD_TEXT,   /* const char *; NULL absent. min, max: bytes. Spaces around are trimmed unless raw. */
	JSON_FIELD_BOOL,   /* struct opt_bool */
	JSON_FIELD_INT,    /* struct opt_int; min, max: its value */
	JSON_FIELD_NUM,    /* struct opt_num; min, max: its value */
	JSON_FIELD_MONEY,  /* struct opt_num in euros, of at most two decimals; min, max: its value */
	JSON_FIELD_DATE,   /* const char * "YYYY-MM-DD" of a day that exists; NULL absent */
	JSON_FIELD_UUIDS,  /* struct json_uuids; min, max: number of elements */
	JSON_FIELD_TEXTS,  /* struct json_texts; min, max: number of elements, each of 1..item_max bytes, trimmed */
	JSON_FIELD_OBJECT, /* T *, bound by `of`; NULL absent */
	JSON_FIELD_LIST,   /* struct { T *p; size_t n; }: objects bound by `of`; min, max: number of elements */
	JSON_FIELD_ANY,    /* const struct json *: whatever it is, for a field whose form depends on another one */
};
struct json_uuids {
	struct uuid *p;
	size_t n;
};
struct json_texts {
	const char **p;
	size_t n;
};
struct json_fields;
struct json_field {
	const char *name;
	enum json_field_type type;
	size_t offset;
	long long min, max;
	bool required;
	bool raw;                     /* passwords: not trimmed */
	const char *const *choices;   /* NULL, or the allowed texts, NULL-terminated */
	long long item_max;           /* JSON_FIELD_TEXTS */
	const struct json_fields *of; /* JSON_FIELD_OBJECT, JSON_FIELD_LIST */
	const char *alias;            /* NULL, or another name under which it may come */
};
/* The table of a struct of `size` bytes. */
struct json_fields {
	const struct json_field *p;
	size_t n, size;
};
/* Fills `out` (zeroed by the caller); null is absent. Tells unknown, missing, mistyped and out-of-bounds fields, all of
 * them, by their paths ("capabilities[2].name"). Texts, elements and objects are made in mem. */
enum result json_bind(TALLOC_CTX *mem, const struct json *object, const struct json_field *fields, size_t n, void *out,
    struct error *e) MUST_CHECK;
/* The same over a struct that holds what is there: a member that is absent stays, null empties it (MISSING_FIELD when
 * it is required), lists and objects are replaced as a whole. */
enum result json_bind_change(TALLOC_CTX *mem, const struct json *object, const struct json_field *fields, size_t n,
    void *out, struct error *e) MUST_CHECK;

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
/* One field of a struct as its table tells: null when absent, lists as arrays. The reverse of json_bind. */
void jw_bound(struct json_writer *w, const struct json_field *field, const void *in);
/* Key and value together. */
void jw_field_text(struct json_writer *w, const char *name, const char *s);
void jw_field_int(struct json_writer *w, const char *name, int64_t v);
void jw_field_bool(struct json_writer *w, const char *name, bool v);
void jw_field_uuid(struct json_writer *w, const char *name, const struct uuid *id);
void jw_field_instant(struct json_writer *w, const char *name, int64_t us);

#endif
