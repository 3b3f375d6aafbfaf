/* A request from its variables to its answer, in this process: the code that FastCGI runs, without the socket. */
#include "server.h"
#include "uuid.h"

#include <criterion/criterion.h>
#include <string.h>

struct person {
	const char *name;
	struct opt_int age;
};

static enum result echo(struct request *rq, struct response *rs, struct error *e)
{
	static const struct json_field fields[] = {
		{ "name", JSON_FIELD_TEXT, offsetof(struct person, name), 1, 20, .required = true },
		{ "age", JSON_FIELD_INT, offsetof(struct person, age), 0, 150 },
	};
	struct person p = { 0 };
	TRY(request_json(rq, fields, ARRAY_LEN(fields), &p, e));
	struct json_writer *w = response_data(rs);
	jw_text(w, p.name);
	response_created(rs, "/x/1");
	return ERR_OK;
}

static enum result show(struct request *rq, struct response *rs, struct error *e)
{
	(void)e;
	struct uuid id = request_id_required(rq, "id");
	struct json_writer *w = response_data(rs);
	jw_open(w, '{');
	jw_field_uuid(w, "id", &id);
	jw_field_int(w, "limit", request_int(rq, "limit"));
	jw_field_text(w, "search", request_text(rq, "search"));
	jw_close(w, '}');
	response_version(rs, "v%d", 7);
	return ERR_OK;
}

static enum result broken(struct request *rq, struct response *rs, struct error *e)
{
	(void)rq, (void)rs;
	error_cause(e, "secret detail");
	return error_set(e, ERR_DAMAGED, "page");
}

static enum result endless(struct request *rq, struct response *rs, struct error *e)
{
	(void)rq, (void)e;
	struct json_writer *w = response_data(rs);
	jw_open(w, '[');
	for (size_t i = 0; i < RESPONSE_MAX / 8; i++)
		jw_text(w, "123456");
	jw_close(w, ']');
	response_version(rs, "1");
	return ERR_OK;
}

static enum result authenticate(struct request *rq, struct error *e)
{
	const char *h = request_header(rq, "HTTP_AUTHORIZATION");
	if (!h)
		return error_set(e, ERR_MISSING_TOKEN, NULL);
	rq->identity.role = strcmp(h, "manager") == 0 ? ROLE_BID_MANAGER : ROLE_VIEWER;
	return ERR_OK;
}

static const struct param show_params[] = {
	{ "id", PARAM_ID },
	{ "limit", PARAM_INT, 1, 100, "20" },
	{ "search", PARAM_TEXT, 1, 10 },
	{ 0 },
};
static const struct route routes[] = {
	{ METHOD_POST, "/echo", WHO_PUBLIC, .body_max = 100, .run = echo, .summary = "echo" },
	{ METHOD_GET, "/x/{id}", WHO_PUBLIC, show_params, .run = show, .summary = "show" },
	{ METHOD_POST, "/x/{id}", WHO_BID_MANAGER, show_params, .run = show, .summary = "show" },
	{ METHOD_GET, "/broken", WHO_PUBLIC, .run = broken, .summary = "broken" },
	{ METHOD_GET, "/endless", WHO_PUBLIC, .run = endless, .summary = "more than an answer holds" },
};
static const char *const origins[] = { "https://app.example", NULL };
static const struct http_app app = { routes, ARRAY_LEN(routes), .cors_origins = origins, .memory_max = 8 << 20,
	.authenticate = authenticate };

#define ID "/x/019ac000-0000-7000-8000-000000000001"
static TALLOC_CTX *mem;

static void setup(void)
{
	mem = mem_new("test", 0);
}
static void teardown(void)
{
	talloc_free(mem);
}
TestSuite(server, .init = setup, .fini = teardown);

static struct http_result send_body(const char *const *variables, const char *body)
{
	struct http_result r;
	http_run(&app, mem, variables, body, strlen(body), &r);
	return r;
}
#define VARS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define GET_WITH(uri, ...) send_body(VARS("REQUEST_METHOD", "GET", "REQUEST_URI", uri, __VA_ARGS__), "")
#define GET(uri) send_body(VARS("REQUEST_METHOD", "GET", "REQUEST_URI", uri), "")

#define HAS(r, text) cr_assert_not_null(strstr((r).body, text), "%s lacks %s", (r).body, text)

static struct http_result post(const char *body, const char *type, const char *length)
{
	return send_body(
	    VARS("REQUEST_METHOD", "POST", "REQUEST_URI", "/echo", "CONTENT_TYPE", type, "CONTENT_LENGTH", length),
	    body);
}

Test(server, wraps_data_in_the_envelope)
{
	struct http_result r = GET_WITH(ID "?limit=5&search=b%C3%A9ton+arm", "HTTP_X_REQUEST_ID", "client-id-0001");
	cr_assert_eq(r.status, 200);
	HAS(r, "{\"data\":{\"id\":\"019ac000-0000-7000-8000-000000000001\",\"limit\":5,\"search\":\"béton arm\"}");
	HAS(r, "\"request_id\":\"client-id-0001\"");
	cr_assert_not_null(strstr(r.headers, "X-Request-Id: client-id-0001\r\n"));
	cr_assert_not_null(strstr(r.headers, "ETag: W/\"v7\"\r\n"));
}

Test(server, takes_no_request_id_that_could_forge_a_log)
{
	struct http_result r = GET_WITH(ID, "HTTP_X_REQUEST_ID", "evil\nline");
	cr_assert_null(strstr(r.headers, "evil"));
}

Test(server, answers_304_when_the_client_has_it)
{
	struct http_result r = GET_WITH(ID, "HTTP_IF_NONE_MATCH", "\"a\", W/\"v7\"");
	cr_assert_eq(r.status, 304);
	cr_assert_eq(r.body_size, 0u);
	r = GET_WITH(ID, "HTTP_IF_NONE_MATCH", "W/\"v8\"");
	cr_assert_eq(r.status, 200);
}

Test(server, tells_all_faults_of_parameters_in_the_readers_language)
{
	struct http_result r =
	    GET_WITH("/x/17?limit=0&search=12345678901&lmit=3", "HTTP_ACCEPT_LANGUAGE", "en;q=0.5, fr-FR");
	cr_assert_eq(r.status, 400);
	HAS(r, "\"code\":\"unknown_parameter\"");
	HAS(r, "\"code\":\"invalid_id\"");
	HAS(r, "«\u00a017\u00a0» n'est pas un UUID");
	HAS(r, "\"code\":\"out_of_range\"");
	HAS(r, "\"code\":\"too_long\"");
	r = GET_WITH("/x/17", "HTTP_ACCEPT_LANGUAGE", "fr;q=0.2, en");
	HAS(r, "'17' is not a UUID");
}

Test(server, refuses_broken_encodings)
{
	cr_assert_eq(GET(ID "?search=%").status, 400);
	cr_assert_eq(GET(ID "?search=%4").status, 400);
	cr_assert_eq(GET(ID "?search=%zz").status, 400);
	cr_assert_eq(GET(ID "?search=a%00b").status, 400);
	cr_assert_eq(GET(ID "?search=%FF").status, 400);
	cr_assert_eq(GET(ID "?search=%41").status, 200);
}

Test(server, knows_paths_and_methods)
{
	cr_assert_eq(GET("/nowhere").status, 404);
	struct http_result r = send_body(VARS("REQUEST_METHOD", "DELETE", "REQUEST_URI", ID), "");
	cr_assert_eq(r.status, 405);
	cr_assert_not_null(strstr(r.headers, "Allow: GET, POST, HEAD, OPTIONS\r\n"));
	r = send_body(VARS("REQUEST_METHOD", "HEAD", "REQUEST_URI", ID), "");
	cr_assert_eq(r.status, 200);
	cr_assert_eq(r.body_size, 0u);
}

Test(server, asks_who_and_may)
{
	struct http_result r = send_body(VARS("REQUEST_METHOD", "POST", "REQUEST_URI", ID), "");
	cr_assert_eq(r.status, 401);
	cr_assert_not_null(strstr(r.headers, "WWW-Authenticate: Bearer"));
	r = send_body(VARS("REQUEST_METHOD", "POST", "REQUEST_URI", ID, "HTTP_AUTHORIZATION", "viewer"), "");
	cr_assert_eq(r.status, 403);
	r = send_body(VARS("REQUEST_METHOD", "POST", "REQUEST_URI", ID, "HTTP_AUTHORIZATION", "manager"), "{}");
	cr_assert_eq(r.status, 200);
	r = send_body(VARS("REQUEST_METHOD", "POST", "REQUEST_URI", ID, "HTTP_AUTHORIZATION", "manager"), "{\"a\":1}");
	cr_assert_eq(r.status, 400);
	HAS(r, "unexpected_body");
}

Test(server, reads_json_bodies)
{
	struct http_result r = post("{\"name\":\"Ada\"}", "application/json; charset=utf-8", "14");
	cr_assert_eq(r.status, 201, "%s", r.body);
	cr_assert_not_null(strstr(r.headers, "Location: /x/1\r\n"));
}

Test(server, refuses_bodies_with_the_right_status)
{
	cr_assert_eq(post("{\"name\":\"Ada\"}", "text/plain", "14").status, 415);
	cr_assert_eq(post("{\"name\":\"Ada\"}", "application/json", "101").status, 413);
	struct http_result r = post("{\"name\":\"Ada\"}", "application/json", "15");
	cr_assert_eq(r.status, 400);
	HAS(r, "body_incomplete");
	r = post("{\"nom\":\"Ada\",\"age\":200}", "application/json", "23");
	cr_assert_eq(r.status, 400);
	HAS(r, "missing_field");
	HAS(r, "unknown_field");
	HAS(r, "out_of_range");
	cr_assert_eq(post("", "application/json", "-1").status, 400);
}

Test(server, body_limit_holds_at_its_edge)
{
	char body[120];
	memset(body, ' ', sizeof body);
	memcpy(body, "{\"name\":\"Ada\"}", 14);
	body[100] = '\0';
	cr_assert_eq(post(body, "application/json", "100").status, 201);
	body[100] = ' ', body[101] = '\0';
	cr_assert_eq(post(body, "application/json", "").status, 413);
}

Test(server, hides_our_own_failures)
{
	struct http_result r = GET("/broken");
	cr_assert_eq(r.status, 500);
	HAS(r, "internal_error");
	cr_assert_null(strstr(r.body, "secret"));
	cr_assert_null(strstr(r.body, "page"));
}

Test(server, lets_listed_origins_in_and_no_other)
{
	struct http_result r = GET_WITH(ID, "HTTP_ORIGIN", "https://app.example");
	cr_assert_not_null(strstr(r.headers, "Access-Control-Allow-Origin: https://app.example\r\n"));
	r = GET_WITH(ID, "HTTP_ORIGIN", "https://app.example.evil");
	cr_assert_null(strstr(r.headers, "Access-Control-Allow-Origin"));
	r = send_body(VARS("REQUEST_METHOD", "OPTIONS", "REQUEST_URI", ID, "HTTP_ORIGIN", "https://app.example"), "");
	cr_assert_eq(r.status, 204);
	cr_assert_not_null(strstr(r.headers, "Access-Control-Allow-Methods: GET, POST, HEAD, OPTIONS\r\n"));
}

/* Lets two requests of somebody through. */
static enum result admit(struct request *rq, struct error *e)
{
	static int left = 2;
	rq->limit = (struct rate_limit){ true, 2, left > 0 ? left - 1 : 0, 30 };
	if (rq->route->limit == LIMIT_AUTH && strcmp(request_header(rq, "REMOTE_ADDR"), "192.0.2.1") != 0)
		BUG("a request of nobody");
	if (left-- > 0)
		return ERR_OK;
	e->retry_after = 30;
	return error_set(e, ERR_TOO_MANY_REQUESTS, NULL);
}

Test(server, counts_before_it_reads_and_tells_what_is_left)
{
	static const struct route limited[] = {
		{ METHOD_POST, "/echo", WHO_PUBLIC, .body_max = 100, .run = echo, .summary = "echo",
		    .limit = LIMIT_AUTH },
		{ METHOD_POST, "/closed", WHO_BID_MANAGER, .run = broken, .summary = "closed" },
	};
	static const struct http_app with_limits = { limited, ARRAY_LEN(limited), .cors_origins = origins,
		.memory_max = 8 << 20, .authenticate = authenticate, .admit = admit };
	struct http_result r;
	const char *const *echo_vars =
	    VARS("REQUEST_METHOD", "POST", "REQUEST_URI", "/echo", "REMOTE_ADDR", "192.0.2.1", "CONTENT_TYPE",
		"application/json", "CONTENT_LENGTH", "2", "HTTP_ORIGIN", "https://app.example");
	http_run(&with_limits, mem, VARS("REQUEST_METHOD", "POST", "REQUEST_URI", "/closed"), "", 0, &r);
	cr_assert_eq(r.status, 401);
	cr_assert_null(strstr(r.headers, "RateLimit"), "who is nobody is not counted as somebody");
	http_run(&with_limits, mem,
	    VARS("REQUEST_METHOD", "POST", "REQUEST_URI", "/closed", "HTTP_AUTHORIZATION", "viewer"), "", 0, &r);
	cr_assert_eq(r.status, 403);
	cr_assert_not_null(strstr(r.headers, "RateLimit-Remaining: 1\r\n"), "a refusal counts and tells");
	http_run(&with_limits, mem, echo_vars, "{}", 2, &r);
	cr_assert_eq(r.status, 400);
	cr_assert_not_null(strstr(r.headers, "RateLimit-Remaining: 0\r\n"));
	http_run(&with_limits, mem, echo_vars, "{}", 2, &r);
	cr_assert_eq(r.status, 429);
	HAS(r, "too_many_requests");
	cr_assert_not_null(strstr(r.headers, "Retry-After: 30\r\n"));
	cr_assert_not_null(strstr(r.headers, "RateLimit-Limit: 2\r\n"));
	cr_assert_not_null(strstr(r.headers, "RateLimit-Reset: 30\r\n"));
	cr_assert_not_null(strstr(r.headers, "Access-Control-Expose-Headers: ETag, Location, Retry-After"));
}

Test(server, origins_are_exact)
{
	const char *good[] = { "https://app.example", "http://localhost:5173", "https://a-b.c1.example:8443", NULL };
	cr_assert_null(http_cors_fault(good));
	cr_assert_null(http_cors_fault(NULL));
	const char *bad[] = { "*", "null", "app.example", "https://", "https://*.example", "https://app.example/",
		"https://App.example", "https://app.example:", "https://app.example:x", "https://app.example:123456",
		"https://a b.example", "ftp://app.example", "https://u@app.example", "https://app.example\r\nX: y" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const char *one[] = { "https://app.example", bad[i], NULL };
		cr_assert_eq(http_cors_fault(one), bad[i], "%s", bad[i]);
	}
}

Test(server, an_answer_that_is_too_long_ends_no_worker)
{
	struct http_app roomy = app;
	struct http_result r;
	roomy.memory_max = (size_t)8 * RESPONSE_MAX;
	http_run(&roomy, mem, VARS("REQUEST_METHOD", "GET", "REQUEST_URI", "/endless"), "", 0, &r);
	cr_assert_eq(r.status, 500);
	HAS(r, "{\"errors\":[{\"code\":\"internal_error\"");
	cr_assert_null(strstr(r.headers, "ETag"));
}
