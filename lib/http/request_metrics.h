/* What each request adds to the metrics. */
#ifndef HTTP_REQUEST_METRICS_H
#define HTTP_REQUEST_METRICS_H

#include "response.h"

/* Places of the values of the labels "class", "method" and "status" (metric_list.h): searching for their words would
 * cost more than counting. Class: what a route is about, the first word of its path after the base, or "content" where
 * files go out; NULL, no route: "unknown". */
unsigned request_class_place(const struct route *route);
unsigned request_method_place(enum http_method method);
unsigned request_status_place(int status);

/* Counts an answered request: its class, method and status, its duration, its bytes. */
void request_metrics_count(const struct request *rq, const struct response *rs);

#endif
