#include "metrics.h"
#include "request_metrics.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const char *class_of(const char *path)
{
	struct route r = { .path = path };
	return metric_value_name(METRIC_HTTP_REQUESTS, 0, request_class_place(path ? &r : NULL));
}

Test(request_metrics, a_route_is_known_by_its_first_word)
{
	static const char *const known[] = { "auth", "users", "organization", "admin", "documents", "tenders",
		"search" };
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		char path[64];
		snprintf(path, sizeof path, "/api/v1/%s", known[i]);
		cr_assert_str_eq(class_of(path), known[i]);
	}
	cr_assert_str_eq(class_of("/api/v1/tenders/{tender_id}/documents"), "tenders");
	cr_assert_str_eq(class_of("/api/v1/documents/{document_id}/content"), "content");
	cr_assert_str_eq(class_of("/api/v1/audit-log"), "audit");
	cr_assert_str_eq(class_of("/api/v1/company-profile"), "company");
	cr_assert_str_eq(class_of("/api/v1/health"), "system");
	cr_assert_str_eq(class_of("/health"), "system");
	cr_assert_str_eq(class_of("/"), "system");
	cr_assert_str_eq(class_of("/api/v1/tendersomething"), "other");
	cr_assert_str_eq(class_of("/api/v1/t"), "other");
	cr_assert_str_eq(class_of("/api/v1/content"), "other");
	cr_assert_str_eq(class_of(NULL), "unknown");
}

Test(request_metrics, places_are_those_of_their_words)
{
	for (int status = 100; status < 600; status++) {
		const char *name = metric_value_name(METRIC_HTTP_REQUESTS, 2, request_status_place(status));
		unsigned by_word = metric_value(METRIC_HTTP_REQUESTS, 2, num_text(status).s);
		cr_assert_str_eq(name, metric_value_name(METRIC_HTTP_REQUESTS, 2, by_word), "%d", status);
	}
	for (unsigned m = METHOD_GET; m <= METHOD_OPTIONS; m++)
		cr_assert_str_eq(metric_value_name(METRIC_HTTP_REQUESTS, 1, request_method_place((enum http_method)m)),
		    method_name((enum http_method)m));
	cr_assert_str_eq(metric_value_name(METRIC_HTTP_REQUESTS, 1, request_method_place(METHOD_OTHER)), "other");
	cr_assert_str_eq(metric_value_name(METRIC_HTTP_REQUESTS, 1, request_method_place(METHOD_UNSET)), "other");
}

Test(request_metrics, a_request_is_counted_once_with_its_bytes)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct route route = { .path = "/api/v1/search" };
	struct request rq = { .mem = mem, .method = METHOD_GET, .route = &route, .body_read = 7 };
	struct response rs = { .status = 200, .kind = RESPONSE_STREAM, .count = 1000 };
	struct buf out;
	request_metrics_count(&rq, &rs);
	rq.method = METHOD_HEAD;
	request_metrics_count(&rq, &rs);
	rq.route = NULL;
	rq.method = METHOD_OTHER;
	rs = (struct response){ .status = 418 };
	request_metrics_count(&rq, &rs);
	buf_init(&out, mem, 1 << 20);
	metrics_open("", METRIC_POOL_API);
	metrics_write(&out, NULL, NULL);
	cr_assert(
	    strstr(out.data, "\nscorpius_http_requests_total{class=\"search\",method=\"GET\",status=\"200\"} 1\n"));
	cr_assert(
	    strstr(out.data, "\nscorpius_http_requests_total{class=\"search\",method=\"HEAD\",status=\"200\"} 1\n"));
	cr_assert(strstr(
	    out.data, "\nscorpius_http_requests_total{class=\"unknown\",method=\"other\",status=\"other\"} 1\n"));
	cr_assert(strstr(out.data, "\nscorpius_http_request_body_bytes_total{class=\"search\"} 14\n"));
	cr_assert(strstr(out.data, "\nscorpius_http_response_body_bytes_total{class=\"search\"} 1000\n"));
	cr_assert(strstr(out.data, "\nscorpius_http_request_duration_seconds_count{class=\"search\"} 2\n"));
	talloc_free(mem);
}
