/* What counting costs a request: the same request answered in memory, without and with what a worker counts of one, in
 * turns. `bench_metrics FILE [ROUNDS]` prints the microseconds of CPU time a request of both, and their difference;
 * FILE is made. */
#include "clock.h"
#include "metrics.h"
#include "request_metrics.h"
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define REQUESTS 2000 /* some milliseconds: short enough to be undisturbed now and then */

static enum result show(struct request *rq, struct response *rs, struct error *e)
{
	(void)rq, (void)e;
	jw_text(response_data(rs), "well");
	return ERR_OK;
}

/* All that a list of the API counts: itself, one statement, one round trip, that it is in hand. */
static void count(struct request *rq, const struct response *rs, const struct error *e)
{
	(void)e;
	metrics_busy(true);
	metric_add(METRIC_DB_STATEMENTS, 0, 1);
	metric_add(METRIC_DB_ROUND_TRIPS, 0, 1);
	request_metrics_count(rq, rs);
	metrics_busy(false);
}

static double cpu_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double round_of(void (*finished)(struct request *, const struct response *, const struct error *))
{
	static const struct route routes[] = { { METHOD_GET, "/api/v1/tenders", WHO_PUBLIC, .run = show,
	    .summary = "x" } };
	static const char *const variables[] = { "REQUEST_METHOD", "GET", "REQUEST_URI", "/api/v1/tenders", NULL };
	struct http_app app = {
		.routes = routes, .n_routes = ARRAY_LEN(routes), .memory_max = 1 << 20, .finished = finished
	};
	double begun = cpu_us();
	for (int i = 0; i < REQUESTS; i++) {
		TALLOC_CTX *mem = mem_new("request", 0);
		struct http_result r;
		http_run(&app, mem, variables, NULL, 0, &r);
		if (r.status != 200)
			exit(EXIT_FAILURE);
		talloc_free(mem);
	}
	return (cpu_us() - begun) / REQUESTS;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return EXIT_FAILURE;
	long rounds = argc > 2 ? strtol(argv[2], NULL, 10) : 200;
	double without = 1e9, with = 1e9;
	metrics_open(argv[1], METRIC_POOL_API);
	/* The best of each: what else the machine does only adds. */
	for (long i = 0; i < rounds; i++) {
		double a = round_of(NULL), b = round_of(count);
		without = a < without ? a : without;
		with = b < with ? b : with;
	}
	printf("%.3f %.3f %.3f\n", without, with, with - without);
	metrics_close();
	return EXIT_SUCCESS;
}
