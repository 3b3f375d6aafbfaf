/* What each request adds to the metrics. */
#ifndef HTTP_REQUEST_METRICS_H
#define HTTP_REQUEST_METRICS_H

#include "response.h"

/* What a route is about, one of the label values of "class" (metric_list.h): the first word of its path after the
 * base, or "content" where files go out; NULL, no route: "unknown". */
const char *request_class(const struct route *route);

/* Counts an answered request: its class, method and status, its duration, its bytes. */
void request_metrics_count(const struct request *rq, const struct response *rs);

#endif
