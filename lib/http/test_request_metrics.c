#include "metrics.h"
#include "request_metrics.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *class_of(const char *path)
{
	struct route r = { .path = path };
	return request_class(&r);
}

Test(request_metrics, a_route_is_known_by_its_first_word)
{
	cr_assert_str_eq(class_of("/api/v1/tenders"), "tenders");
	cr_assert_str_eq(class_of("/api/v1/tenders/{tender_id}/documents"), "tenders");
	cr_assert_str_eq(class_of("/api/v1/documents/{document_id}/content"), "content");
	cr_assert_str_eq(class_of("/api/v1/audit-log"), "audit");
	cr_assert_str_eq(class_of("/api/v1/health"), "system");
	cr_assert_str_eq(class_of("/health"), "system");
	cr_assert_str_eq(class_of("/"), "system");
	cr_assert_str_eq(class_of("/api/v1/tendersomething"), "other");
	cr_assert_str_eq(class_of("/api/v1/t"), "other");
	cr_assert_str_eq(request_class(NULL), "unknown");
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
