#include "json.h"

#include <criterion/criterion.h>
#include <string.h>

static enum result parse(const char *s, size_t n)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct error e;
	error_clear(&e);
	const struct json *v;
	enum result rc = json_parse(mem, s, n, &v, &e);
	talloc_free(mem);
	return rc;
}
#define PARSE(s) parse(s, sizeof(s) - 1)

Test(json, accepts_json)
{
	cr_assert_eq(PARSE("{\"a\":[1,2.5,-3e2,true,null,\"\\u00e9\\n\"]}"), ERR_OK);
	cr_assert_eq(PARSE("{\"a\":{\"a\":1},\"b\":{\"a\":1}}"), ERR_OK);
	cr_assert_eq(PARSE("  {} "), ERR_OK);
	cr_assert_eq(PARSE("null"), ERR_OK);
	cr_assert_eq(PARSE("12"), ERR_OK);
}

Test(json, refuses_what_json_c_lets_pass)
{
	cr_assert_eq(PARSE("{'a':1}"), ERR_MALFORMED_JSON);
	cr_assert_eq(PARSE("{\"a\":NaN}"), ERR_MALFORMED_JSON);
	cr_assert_eq(PARSE("{\"a\":1,\"a\":2}"), ERR_DUPLICATE_FIELD);
	cr_assert_eq(PARSE("{\"a\":\"\\u0000\"}"), ERR_NUL_IN_TEXT);
	cr_assert_eq(PARSE("{\"a\\u0000b\":1}"), ERR_NUL_IN_TEXT);
	cr_assert_eq(PARSE("{\"a\":\"x\0y\"}"), ERR_NUL_IN_TEXT);
	cr_assert_eq(PARSE("\"\xC0\xAF\""), ERR_INVALID_UTF8);
	cr_assert_eq(PARSE("\"\xED\xA0\x80\""), ERR_INVALID_UTF8);
	cr_assert_eq(PARSE("[18446744073709551616]"), ERR_MALFORMED_JSON);
	cr_assert_eq(PARSE("[\"a\tb\"]"), ERR_MALFORMED_JSON);
}

Test(json, refuses_what_is_not_json)
{
	cr_assert_eq(PARSE(""), ERR_MALFORMED_JSON);
	cr_assert_eq(PARSE("{"), ERR_MALFORMED_JSON);
	cr_assert_eq(PARSE("{\"a\":1,}"), ERR_MALFORMED_JSON);
	cr_assert_eq(PARSE("{} {}"), ERR_MALFORMED_JSON);
	cr_assert_eq(PARSE("{\"a\":01}"), ERR_MALFORMED_JSON);
	cr_assert_eq(PARSE("// x\n{}"), ERR_MALFORMED_JSON);
	cr_assert_eq(PARSE("email=x"), ERR_MALFORMED_JSON);
	cr_assert_eq(PARSE("\"\\u00"), ERR_MALFORMED_JSON);
	cr_assert_eq(PARSE("\"\\\0\""), ERR_MALFORMED_JSON);
}

Test(json, bounds_the_depth)
{
	char s[2 * 100000];
	memset(s, '[', 100000);
	memset(s + 100000, ']', 100000);
	cr_assert_eq(parse(s, sizeof s), ERR_TOO_DEEP);
	cr_assert_eq(parse(s + 100000 - JSON_MAX_DEPTH, 2 * JSON_MAX_DEPTH), ERR_OK);
	cr_assert_eq(parse(s + 100000 - JSON_MAX_DEPTH - 1, 2 * JSON_MAX_DEPTH + 2), ERR_TOO_DEEP);
}

struct body {
	const char *name, *role;
	struct opt_int year;
	struct opt_bool open;
	const struct json *more;
};
static const char *const roles[] = { "viewer", "bid_manager", NULL };
static const struct json_field fields[] = {
	{ "name", JSON_FIELD_TEXT, offsetof(struct body, name), 2, 10, .required = true },
	{ "role", JSON_FIELD_TEXT, offsetof(struct body, role), .choices = roles },
	{ "year", JSON_FIELD_INT, offsetof(struct body, year), 1900, 2100 },
	{ "open", JSON_FIELD_BOOL, offsetof(struct body, open) },
	{ "more", JSON_FIELD_ANY, offsetof(struct body, more) },
};

static struct error bind(const char *s, struct body *out, TALLOC_CTX *mem)
{
	struct error e;
	error_clear(&e);
	const struct json *v;
	memset(out, 0, sizeof *out);
	cr_assert_eq(json_parse(mem, s, strlen(s), &v, &e), ERR_OK);
	enum result rc = json_bind(mem, v, fields, ARRAY_LEN(fields), out, &e);
	cr_assert_eq(rc, e.code);
	return e;
}

Test(json, binds_to_a_struct)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct body b;
	struct error e = bind("{\"name\":\" Ada \",\"role\":\"viewer\",\"year\":2026,\"open\":false}", &b, mem);
	cr_assert_eq(e.code, ERR_OK);
	cr_assert_str_eq(b.name, "Ada");
	cr_assert_str_eq(b.role, "viewer");
	cr_assert(b.year.set && b.year.value == 2026);
	cr_assert(b.open.set && !b.open.value);
	e = bind("{\"name\":\"Ada\",\"year\":null,\"more\":null}", &b, mem);
	cr_assert_eq(e.code, ERR_OK);
	cr_assert_not(b.year.set);
	cr_assert_null(b.more);
	e = bind("{\"name\":\"Ada\",\"more\":[1]}", &b, mem);
	cr_assert_eq(e.code, ERR_OK);
	cr_assert_eq(json_len(b.more), 1u);
	talloc_free(mem);
}

Test(json, tells_all_faults_at_once)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct body b;
	struct error e = bind("{\"role\":\"king\",\"year\":\"2026\",\"open\":1,\"nmae\":\"Ada\"}", &b, mem);
	cr_assert_eq(e.n_faults, 5u);
	cr_assert_eq(e.faults[0].code, ERR_MISSING_FIELD);
	cr_assert_eq(e.faults[1].code, ERR_INVALID_VALUE);
	cr_assert_eq(e.faults[2].code, ERR_INVALID_TYPE);
	cr_assert_eq(e.faults[3].code, ERR_INVALID_TYPE);
	cr_assert_eq(e.faults[4].code, ERR_UNKNOWN_FIELD);
	e = bind("{\"name\":\"A\",\"year\":1899}", &b, mem);
	cr_assert_eq(e.n_faults, 2u);
	cr_assert_eq(e.faults[0].code, ERR_TOO_SHORT);
	cr_assert_eq(e.faults[1].code, ERR_OUT_OF_RANGE);
	e = bind("[]", &b, mem);
	cr_assert_eq(e.code, ERR_INVALID_TYPE);
	talloc_free(mem);
}

Test(json, writes_what_it_reads)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct buf out;
	struct json_writer w;
	buf_init(&out, mem, 4096);
	jw_init(&w, &out);
	jw_open(&w, '{');
	jw_field_text(&w, "t", "é \"x\" \\ \n \x01 \xFF");
	jw_key(&w, "list");
	jw_open(&w, '[');
	jw_int(&w, -5);
	jw_num(&w, 12.50, 4);
	jw_money(&w, 3);
	jw_null(&w);
	jw_close(&w, ']');
	jw_field_instant(&w, "at", 1774000800000000);
	jw_close(&w, '}');
	cr_assert_str_eq(out.data, "{\"t\":\"é \\\"x\\\" \\\\ \\n \\u0001 \xEF\xBF\xBD\",\"list\":[-5,12.5,3.00,null],"
				   "\"at\":\"2026-03-20T10:00:00Z\"}");
	const struct json *v;
	struct error e;
	error_clear(&e);
	cr_assert_eq(json_parse(mem, out.data, out.len, &v, &e), ERR_OK);
	talloc_free(mem);
}
