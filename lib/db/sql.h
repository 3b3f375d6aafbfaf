/* Typed statements. A parameter row and a result row are plain C structs; a field's SQL type follows from its C type by
 * _Generic, so any other C type does not compile, and sql_check_all() compares every statement with the server's own
 * description. Values travel in binary both ways.
 *
 *	struct document_key { struct uuid id; };
 *	SQL_FIELDS(document_key, id);
 *	struct document_row { struct uuid id; const char *name; struct opt_int page_count; };
 *	SQL_FIELDS(document_row, id, name, page_count);
 *	SQL_ONE(document_get, document_key, document_row, "select id, name, page_count from document where id = $1")
 *
 * Fields stand in the order of $1.. and of the columns; column names must be those of the struct.
 *
 *	C type             SQL type       NULL
 *	bool               boolean        refused; struct opt_bool takes it
 *	int64_t            bigint         refused; struct opt_int
 *	double             float8         refused; struct opt_num
 *	struct uuid        uuid           refused; struct opt_uuid
 *	struct instant     timestamptz    refused; struct opt_instant
 *	const char *       text           NULL
 *	struct bytes       bytea          p == NULL
 *	struct json_text   jsonb          s == NULL
 *	struct sql_texts   text[]         parameters only, elements not NULL
 *	struct sql_uuids   uuid[]         parameters only
 *
 * Other types go through a cast in the statement ($3::text::date, amount::float8, count(*)).
 *
 * Each macro makes three functions; all need an open transaction (db.h):
 *	fn        runs now, together with everything queued before it: one round trip.
 *	fn_later  only queues; its result is filled in by the next fn, db_flush() or db_commit(). `in` may go away at
 *	          once, `out` must live until then.
 *	fn_last   is the last one of its transaction: COMMIT goes along, one round trip for the whole.
 *
 * SQL_ONE  fn(db, in, mem, struct Out *out, e)                     ERR_NOT_FOUND when there is no row
 * SQL_ALL  fn(db, in, mem, struct Out **rows, size_t *n, e)        no row: *n is 0
 * SQL_EXEC fn(db, in, int64_t *affected or NULL, e)                no result row
 * SQL_ALL_PLANNED_ONCE is for a list whose plan is the same whatever its parameters. (A LIMIT that is a parameter makes
 * PostgreSQL plan again each time, which costs more than running.) It works on the whole transaction that the statement
 * begins, and only when it is the first one.
 * For a statement without parameters, In is sql_nothing and `in` is NULL.
 *
 * Texts, bytes and arrays of results belong to `mem`. When several queued statements fail, the first one's error is
 * told. ERR_NOT_FOUND leaves the transaction as it was (with fn_last: committed); any error of the server ends it. */
#ifndef DB_SQL_H
#define DB_SQL_H

#include "db.h"

struct sql_texts {
	const char *const *p;
	size_t n;
};
struct sql_uuids {
	const struct uuid *p;
	size_t n;
};

enum sql_type {
	SQL_BOOL,
	SQL_INT8,
	SQL_FLOAT8,
	SQL_UUID,
	SQL_TIMESTAMPTZ,
	SQL_TEXT,
	SQL_BYTEA,
	SQL_JSONB,
	SQL_TEXT_ARRAY,
	SQL_UUID_ARRAY,
	SQL_OPT_BOOL,
	SQL_OPT_INT8,
	SQL_OPT_FLOAT8,
	SQL_OPT_UUID,
	SQL_OPT_TIMESTAMPTZ,
};

/* clang-format off */
#define SQL_TYPE_OF(x) _Generic((x), \
	bool: SQL_BOOL, int64_t: SQL_INT8, double: SQL_FLOAT8, const char *: SQL_TEXT, \
	struct uuid: SQL_UUID, struct instant: SQL_TIMESTAMPTZ, struct bytes: SQL_BYTEA, struct json_text: SQL_JSONB, \
	struct sql_texts: SQL_TEXT_ARRAY, struct sql_uuids: SQL_UUID_ARRAY, \
	struct opt_bool: SQL_OPT_BOOL, struct opt_int: SQL_OPT_INT8, struct opt_num: SQL_OPT_FLOAT8, \
	struct opt_uuid: SQL_OPT_UUID, struct opt_instant: SQL_OPT_TIMESTAMPTZ)
/* clang-format on */

struct sql_field {
	const char *name;
	size_t offset;
	enum sql_type type;
};

enum sql_shape { SQL_SHAPE_ONE, SQL_SHAPE_ALL, SQL_SHAPE_EXEC };

struct sql_stmt {
	const char *name, *text; /* text is a literal with $1.. only */
	const struct sql_field *in;
	size_t n_in;
	const struct sql_field *out;
	size_t n_out, row_size;
	enum sql_shape shape;
	bool planned_once;
};

/* SQL_FIELDS(tag, field, ...): the table of fields of struct tag. */
#define SQL_FIELDS(S, ...) \
	static const struct sql_field S##_fields[] __attribute__((unused)) = { SQL_EACH(S, __VA_ARGS__) }; \
	enum { S##_n_fields = ARRAY_LEN(S##_fields) }
#define SQL_FIELD(S, f) { #f, offsetof(struct S, f), SQL_TYPE_OF(((struct S *)0)->f) },

/* No parameters, or no columns. */
struct sql_nothing {
	char unused;
};
static const struct sql_field sql_nothing_fields[1] __attribute__((unused)) = { { 0 } };
enum { sql_nothing_n_fields = 0 };

#define SQL_STMT(fn, In, Out, sql_shape_, planned_once_, sql) \
	static const struct sql_stmt fn##_stmt __attribute__((unused)) = { #fn, sql, In##_fields, In##_n_fields, \
		Out##_fields, Out##_n_fields, sizeof(struct Out), sql_shape_, planned_once_ };

#define SQL_FN __attribute__((warn_unused_result, unused)) static inline

#define SQL_ONE(fn, In, Out, sql) \
	SQL_STMT(fn, In, Out, SQL_SHAPE_ONE, false, sql) \
	SQL_FN enum result fn(struct db *db, const struct In *in, TALLOC_CTX *mem, struct Out *out, struct error *e) \
	{ \
		return sql_run(db, &fn##_stmt, in, mem, out, NULL, SQL_NOW, e); \
	} \
	SQL_FN enum result fn##_later( \
	    struct db *db, const struct In *in, TALLOC_CTX *mem, struct Out *out, struct error *e) \
	{ \
		return sql_run(db, &fn##_stmt, in, mem, out, NULL, SQL_LATER, e); \
	} \
	SQL_FN enum result fn##_last( \
	    struct db *db, const struct In *in, TALLOC_CTX *mem, struct Out *out, struct error *e) \
	{ \
		return sql_run(db, &fn##_stmt, in, mem, out, NULL, SQL_LAST, e); \
	}

#define SQL_ALL(fn, In, Out, sql) SQL_ALL_(fn, In, Out, false, sql)
#define SQL_ALL_PLANNED_ONCE(fn, In, Out, sql) SQL_ALL_(fn, In, Out, true, sql)
#define SQL_ALL_(fn, In, Out, planned_once_, sql) \
	SQL_STMT(fn, In, Out, SQL_SHAPE_ALL, planned_once_, sql) \
	SQL_FN enum result fn( \
	    struct db *db, const struct In *in, TALLOC_CTX *mem, struct Out **rows, size_t *n, struct error *e) \
	{ \
		return sql_run(db, &fn##_stmt, in, mem, rows, n, SQL_NOW, e); \
	} \
	SQL_FN enum result fn##_later( \
	    struct db *db, const struct In *in, TALLOC_CTX *mem, struct Out **rows, size_t *n, struct error *e) \
	{ \
		return sql_run(db, &fn##_stmt, in, mem, rows, n, SQL_LATER, e); \
	} \
	SQL_FN enum result fn##_last( \
	    struct db *db, const struct In *in, TALLOC_CTX *mem, struct Out **rows, size_t *n, struct error *e) \
	{ \
		return sql_run(db, &fn##_stmt, in, mem, rows, n, SQL_LAST, e); \
	}

#define SQL_EXEC(fn, In, sql) \
	SQL_STMT(fn, In, sql_nothing, SQL_SHAPE_EXEC, false, sql) \
	SQL_FN enum result fn(struct db *db, const struct In *in, int64_t *affected, struct error *e) \
	{ \
		return sql_run(db, &fn##_stmt, in, NULL, affected, NULL, SQL_NOW, e); \
	} \
	SQL_FN enum result fn##_later(struct db *db, const struct In *in, int64_t *affected, struct error *e) \
	{ \
		return sql_run(db, &fn##_stmt, in, NULL, affected, NULL, SQL_LATER, e); \
	} \
	SQL_FN enum result fn##_last(struct db *db, const struct In *in, int64_t *affected, struct error *e) \
	{ \
		return sql_run(db, &fn##_stmt, in, NULL, affected, NULL, SQL_LAST, e); \
	}

/* --- behind the macros ---------------------------------------------------------------------------------------- */

enum sql_when { SQL_LATER, SQL_NOW, SQL_LAST };

enum result sql_run(struct db *db, const struct sql_stmt *stmt, const void *in, TALLOC_CTX *mem, void *out, size_t *n,
    enum sql_when when, struct error *e) MUST_CHECK;

/* Prepares each statement and compares the server's description (types of parameters and columns, columns' names) with
 * the structs; tells all that differ (ERR_STATEMENT_MISMATCH). Needs a connection, not a transaction. */
enum result sql_check_all(struct db *db, const struct sql_stmt *const *stmts, size_t n, struct error *e) MUST_CHECK;

/* Every statement of lib/db (made from the *_sql.h by the build). */
extern const struct sql_stmt *const sql_statements[];
extern const size_t sql_statements_count;

/* clang-format off */
#define SQL_EACH(S, ...) SQL_EACH_(__VA_ARGS__, \
	40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, \
	20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)(S, __VA_ARGS__)
#define SQL_EACH_(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, \
	a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, n, ...) SQL_E##n
#define SQL_E1(S, f) SQL_FIELD(S, f)
#define SQL_E2(S, f, ...) SQL_FIELD(S, f) SQL_E1(S, __VA_ARGS__)
#define SQL_E3(S, f, ...) SQL_FIELD(S, f) SQL_E2(S, __VA_ARGS__)
#define SQL_E4(S, f, ...) SQL_FIELD(S, f) SQL_E3(S, __VA_ARGS__)
#define SQL_E5(S, f, ...) SQL_FIELD(S, f) SQL_E4(S, __VA_ARGS__)
#define SQL_E6(S, f, ...) SQL_FIELD(S, f) SQL_E5(S, __VA_ARGS__)
#define SQL_E7(S, f, ...) SQL_FIELD(S, f) SQL_E6(S, __VA_ARGS__)
#define SQL_E8(S, f, ...) SQL_FIELD(S, f) SQL_E7(S, __VA_ARGS__)
#define SQL_E9(S, f, ...) SQL_FIELD(S, f) SQL_E8(S, __VA_ARGS__)
#define SQL_E10(S, f, ...) SQL_FIELD(S, f) SQL_E9(S, __VA_ARGS__)
#define SQL_E11(S, f, ...) SQL_FIELD(S, f) SQL_E10(S, __VA_ARGS__)
#define SQL_E12(S, f, ...) SQL_FIELD(S, f) SQL_E11(S, __VA_ARGS__)
#define SQL_E13(S, f, ...) SQL_FIELD(S, f) SQL_E12(S, __VA_ARGS__)
#define SQL_E14(S, f, ...) SQL_FIELD(S, f) SQL_E13(S, __VA_ARGS__)
#define SQL_E15(S, f, ...) SQL_FIELD(S, f) SQL_E14(S, __VA_ARGS__)
#define SQL_E16(S, f, ...) SQL_FIELD(S, f) SQL_E15(S, __VA_ARGS__)
#define SQL_E17(S, f, ...) SQL_FIELD(S, f) SQL_E16(S, __VA_ARGS__)
#define SQL_E18(S, f, ...) SQL_FIELD(S, f) SQL_E17(S, __VA_ARGS__)
#define SQL_E19(S, f, ...) SQL_FIELD(S, f) SQL_E18(S, __VA_ARGS__)
#define SQL_E20(S, f, ...) SQL_FIELD(S, f) SQL_E19(S, __VA_ARGS__)
#define SQL_E21(S, f, ...) SQL_FIELD(S, f) SQL_E20(S, __VA_ARGS__)
#define SQL_E22(S, f, ...) SQL_FIELD(S, f) SQL_E21(S, __VA_ARGS__)
#define SQL_E23(S, f, ...) SQL_FIELD(S, f) SQL_E22(S, __VA_ARGS__)
#define SQL_E24(S, f, ...) SQL_FIELD(S, f) SQL_E23(S, __VA_ARGS__)
#define SQL_E25(S, f, ...) SQL_FIELD(S, f) SQL_E24(S, __VA_ARGS__)
#define SQL_E26(S, f, ...) SQL_FIELD(S, f) SQL_E25(S, __VA_ARGS__)
#define SQL_E27(S, f, ...) SQL_FIELD(S, f) SQL_E26(S, __VA_ARGS__)
#define SQL_E28(S, f, ...) SQL_FIELD(S, f) SQL_E27(S, __VA_ARGS__)
#define SQL_E29(S, f, ...) SQL_FIELD(S, f) SQL_E28(S, __VA_ARGS__)
#define SQL_E30(S, f, ...) SQL_FIELD(S, f) SQL_E29(S, __VA_ARGS__)
#define SQL_E31(S, f, ...) SQL_FIELD(S, f) SQL_E30(S, __VA_ARGS__)
#define SQL_E32(S, f, ...) SQL_FIELD(S, f) SQL_E31(S, __VA_ARGS__)
#define SQL_E33(S, f, ...) SQL_FIELD(S, f) SQL_E32(S, __VA_ARGS__)
#define SQL_E34(S, f, ...) SQL_FIELD(S, f) SQL_E33(S, __VA_ARGS__)
#define SQL_E35(S, f, ...) SQL_FIELD(S, f) SQL_E34(S, __VA_ARGS__)
#define SQL_E36(S, f, ...) SQL_FIELD(S, f) SQL_E35(S, __VA_ARGS__)
#define SQL_E37(S, f, ...) SQL_FIELD(S, f) SQL_E36(S, __VA_ARGS__)
#define SQL_E38(S, f, ...) SQL_FIELD(S, f) SQL_E37(S, __VA_ARGS__)
#define SQL_E39(S, f, ...) SQL_FIELD(S, f) SQL_E38(S, __VA_ARGS__)
#define SQL_E40(S, f, ...) SQL_FIELD(S, f) SQL_E39(S, __VA_ARGS__)
/* clang-format on */

#endif
