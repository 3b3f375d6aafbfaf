/* What the views show of the facts. */
#include "analysis_views.h"

#include <criterion/criterion.h>
#include <string.h>

#include "mem.h"

static const char *views(TALLOC_CTX *mem, const char *facts)
{
	const struct json *v = NULL;
	struct error e;
	struct buf b;
	struct json_writer w;
	error_clear(&e);
	if (facts)
		cr_assert_eq(json_parse(mem, facts, strlen(facts), &v, &e), ERR_OK);
	buf_init(&b, mem, 1 << 16);
	jw_init(&w, &b);
	jw_open(&w, '{');
	analysis_views_write(mem, &w, v);
	jw_close(&w, '}');
	return b.data;
}

Test(analysis_views, nothing_is_there_without_facts)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	static const char nothing[] = "{\"criteria\":[],\"lots\":[],\"mandatory_documents\":[],\"dates\":[]}";
	cr_assert_str_eq(views(mem, NULL), nothing);
	cr_assert_str_eq(views(mem, "{}"), nothing);
	/* of another kind than the key's */
	cr_assert_str_eq(
	    views(mem, "{\"criteria\":{\"value\":7},\"lots_list\":{\"value\":\"x\"},\"deadline\":{\"value\":"
		       "12},\"mandatory_offer\":{\"value\":{}}}"),
	    nothing);
	talloc_free(mem);
}

Test(analysis_views, criteria_and_lots_are_those_of_the_facts)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	const char *out = views(mem, "{\"criteria\":{\"value\":[{\"name\":\"Prix\",\"weight\":60,\"sub\":[]}]},"
				     "\"lots_list\":{\"value\":[{\"number\":\"1\",\"title\":null}]}}");
	cr_assert(strstr(out, "\"criteria\":[{\"name\":\"Prix\",\"weight\":60,\"sub\":[]}]"), "%s", out);
	cr_assert(strstr(out, "\"lots\":[{\"number\":\"1\",\"title\":null}]"), "%s", out);
	talloc_free(mem);
}

#define PIECE(name) "{\"value\":[{\"name\":\"" name "\",\"piece\":null,\"format\":\"20 pages\"}]}"

Test(analysis_views, pieces_say_what_they_are_for)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	const char *out = views(mem, "{\"mandatory_offer\":" PIECE("Mémoire") ",\"mandatory_candidature\":" PIECE(
					 "DC1") ",\"mandatory_documents\":" PIECE("Tout") "}");
	cr_assert(strstr(out, "\"mandatory_documents\":["
			      "{\"name\":\"DC1\",\"piece\":null,\"format\":\"20 pages\",\"part\":\"candidature\"},"
			      "{\"name\":\"Mémoire\",\"piece\":null,\"format\":\"20 pages\",\"part\":\"offer\"}]"),
	    "%s", out);
	out = views(mem, "{\"mandatory_documents\":" PIECE("Tout") "}");
	cr_assert(strstr(out, "\"name\":\"Tout\",\"piece\":null,\"format\":\"20 pages\",\"part\":null"), "%s", out);
	talloc_free(mem);
}

Test(analysis_views, dates_come_in_their_order)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	const char *out =
	    views(mem, "{\"deadline\":{\"value\":\"2031-03-12T16:30\"},\"question_deadline\":{\"value\":"
		       "\"2031-03-04\",\"computed\":true},\"visit_dates\":{\"value\":[\"2031-03-04T10:00\","
		       "\"2031-02-01\"]}}");
	cr_assert(strstr(out, "\"dates\":[{\"key\":\"visit_dates\",\"value\":\"2031-02-01\",\"computed\":false},"
			      "{\"key\":\"question_deadline\",\"value\":\"2031-03-04\",\"computed\":true},"
			      "{\"key\":\"visit_dates\",\"value\":\"2031-03-04T10:00\",\"computed\":false},"
			      "{\"key\":\"deadline\",\"value\":\"2031-03-12T16:30\",\"computed\":false}]"),
	    "%s", out);
	talloc_free(mem);
}
