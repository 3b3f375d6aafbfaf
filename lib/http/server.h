/* Takes a request from its source to its answer, and the FastCGI loop around that. */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "response.h"

struct http_sink {
	/* False when the client is gone. */
	bool (*write)(void *self, const void *p, size_t n);
	void *self;
};

struct http_app {
	const struct route *routes;
	size_t n_routes;
	/* Routes that no client reaches, only nginx by itself or by its internal listener: it says so in the variable
	 * SCORPIUS_LISTENER, that no header can become. To whoever comes another way they do not exist. */
	const struct route *internal;
	size_t n_internal;
	void *context;                   /* becomes rq->app */
	const char *const *cors_origins; /* NULL-terminated; exact origins */
	size_t memory_max;               /* of one request */
	/* Fills rq->identity from the request's token; MISSING_TOKEN, INVALID_TOKEN... Called only where one is needed.
	 */
	enum result (*authenticate)(struct request *rq, struct error *e);
	/* Counts the request against the limits of its route's class and refuses what is too much (TOO_MANY_REQUESTS
	 * with retry_after). Called after authenticate, before anything is read. NULL: no limits. */
	enum result (*admit)(struct request *rq, struct error *e);
	/* Runs the handler of rq->route, or gives an answer in its place. NULL: only runs it. */
	enum result (*handle)(struct request *rq, struct response *rs, struct error *e);
	/* Adds headers that go with an address, whatever is answered there: also to refusals and to OPTIONS, where rq
	 * has no route. `e` as for `finished`. NULL: none. */
	void (*headers)(const struct request *rq, struct response *rs, const struct error *e);
	/* Called once when the answer is out, before the request's memory goes: log, counters, transactions. `e` is the
	 * failure or has code OK. */
	void (*finished)(struct request *rq, const struct response *rs, const struct error *e);
};

/* The first of a NULL-terminated list that is no exact origin (scheme://host[:port], lower case, no path, no wildcard);
 * NULL: all are. */
const char *http_cors_fault(const char *const *origins);

/* Serves one request. Never fails: every failure becomes an answer. */
void http_serve(const struct http_app *app, const struct http_source *source, const struct http_sink *sink);

/* Serves FastCGI on descriptor 0 until told to stop; one request at a time. Call http_block_signals() first thing in
 * main. SIGUSR2: ends after the request in hand (reload). SIGTERM, SIGINT, SIGUSR1: drains the accept queue, then ends
 * (nothing is lost when the socket was unlinked before). A signal is seen within a tenth of a second.
 * Returns 0, or an errno when descriptor 0 is no listening socket. */
void http_block_signals(void);
int http_fastcgi_loop(const struct http_app *app);
/* The name of the unix socket that descriptor 0 listens on, without its folder, in mem; NULL: it is none. */
const char *http_fastcgi_socket(TALLOC_CTX *mem);

/* A request made in memory: for tests, fuzzers and benchmarks. `variables` are pairs name, value, ended by NULL. */
struct http_result {
	int status;
	const char *headers; /* as sent, including Status */
	const char *body;
	size_t body_size;
};
void http_run(const struct http_app *app, TALLOC_CTX *mem, const char *const *variables, const void *body, size_t n,
    struct http_result *out);

#endif
