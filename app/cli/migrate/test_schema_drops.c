#include <criterion/criterion.h>
#include "migrate.h"

/* What was found, as "table.column, table"; in mem. */
static char *told(TALLOC_CTX *mem, const char *sql)
{
	struct schema_drop *drops;
	size_t n;
	char *out = mem_strdup(mem, "");
	schema_drops(mem, sql, &drops, &n);
	for (size_t i = 0; i < n; i++)
		out = mem_printf(mem, "%s%s%s%s%s", out, i > 0 ? ", " : "", drops[i].table,
		    drops[i].column != NULL ? " " : "", drops[i].column != NULL ? drops[i].column : "");
	return out;
}

#define TOLD(sql, wanted) \
	do { \
		TALLOC_CTX *mem = mem_new("test", 0); \
		cr_assert_str_eq(told(mem, sql), wanted); \
		talloc_free(mem); \
	} while (0)

Test(schema_drops, tables_with_and_without_their_schema)
{
	TOLD("begin;\ndrop table a;\nDROP TABLE IF EXISTS scorpius.b, c cascade;\ncommit;",
	    "scorpius.a, scorpius.b, scorpius.c");
}

Test(schema_drops, columns_among_other_things_of_a_table)
{
	TOLD(
	    "alter table if exists only queue.job drop constraint x, drop column if exists payload, add column y int,\n"
	    "\tdrop column z;",
	    "queue.job payload, queue.job z");
}

Test(schema_drops, what_drops_no_data_is_not_told)
{
	TOLD("drop function f(uuid); drop index i; drop trigger t on a; alter table a drop constraint c, alter b drop "
	     "not null;",
	    "");
}

Test(schema_drops, comments_texts_and_bodies_are_no_statements)
{
	TOLD("-- drop table a;\ncomment on table b is 'drop table c; it''s';\n"
	     "do $body$ begin drop table d; end $body$; drop table f",
	    "scorpius.f");
}
