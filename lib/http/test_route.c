#include "route.h"
#include "request.h"

#include <criterion/criterion.h>
#include <string.h>

static enum result handler(struct request *rq, struct response *rs, struct error *e)
{
	(void)rq, (void)rs, (void)e;
	return ERR_OK;
}

static const struct param id_param[] = { { "id", PARAM_ID }, { 0 } };
static const struct route good[] = {
	{ METHOD_GET, "/a", WHO_PUBLIC, .run = handler, .summary = "a" },
	{ METHOD_POST, "/a", WHO_VIEWER, .run = handler, .summary = "a" },
	{ METHOD_GET, "/a/{id}", WHO_VIEWER, id_param, .run = handler, .summary = "a" },
	{ METHOD_GET, "/a/{id}/b", WHO_VIEWER, id_param, .run = handler, .summary = "a" },
};

Test(route, finds_by_method_and_path)
{
	struct route_match m;
	route_find(good, 4, METHOD_GET, "/a/17/b", &m);
	cr_assert_eq(m.route, &good[3]);
	cr_assert_eq(m.values[0].n, 2u);
	route_find(good, 4, METHOD_GET, "/a/17", &m);
	cr_assert_eq(m.route, &good[2]);
	route_find(good, 4, METHOD_DELETE, "/a", &m);
	cr_assert_null(m.route);
	cr_assert_eq(m.allowed, 1u << METHOD_GET | 1u << METHOD_POST);
}

Test(route, knows_what_it_has_not)
{
	static const char *const paths[] = { "", "/", "/a/", "/b", "/a/17/", "/a//b", "/a/17/b/", "/a/17/c" };
	struct route_match m;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		route_find(good, 4, METHOD_GET, paths[i], &m);
		cr_assert_null(m.route, "%s", paths[i]);
		cr_assert_eq(m.allowed, 0u);
	}
}

static enum result check(const struct route *r, size_t n)
{
	struct error e;
	error_clear(&e);
	return route_check(r, n, &e);
}

Test(route, accepts_a_whole_table)
{
	cr_assert_eq(check(good, 4), ERR_OK);
}

Test(route, refuses_rows_that_say_too_little)
{
	struct route r = good[2];
	r.who = 0;
	cr_assert_neq(check(&r, 1), ERR_OK);
	r = good[2], r.method = METHOD_UNSET;
	cr_assert_neq(check(&r, 1), ERR_OK);
	r = good[2], r.run = NULL;
	cr_assert_neq(check(&r, 1), ERR_OK);
	r = good[2], r.summary = "";
	cr_assert_neq(check(&r, 1), ERR_OK);
	r = good[2], r.params = NULL;
	cr_assert_neq(check(&r, 1), ERR_OK);
	struct route twice[] = { good[0], good[1], good[0] };
	cr_assert_neq(check(twice, 3), ERR_OK);
}

Test(route, keeps_the_operator_and_the_public_out_of_tenders)
{
	struct route r = { METHOD_GET, "/api/v1/tenders", WHO_VIEWER, .run = handler, .summary = "a" };
	cr_assert_eq(check(&r, 1), ERR_OK);
	r.who = WHO_USERS;
	cr_assert_neq(check(&r, 1), ERR_OK);
	r.who = WHO_PUBLIC;
	cr_assert_neq(check(&r, 1), ERR_OK);
}
