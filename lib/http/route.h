/* The route table: one row says all about a route - who may call it, what it takes, how large, by which workers - and
 * everything that can be checked without the business is checked before its handler runs. */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include "error.h"
#include "role.h"

struct request;
struct response;

enum http_method {
	METHOD_UNSET,
	METHOD_GET,
	METHOD_POST,
	METHOD_PUT,
	METHOD_PATCH,
	METHOD_DELETE,
	METHOD_HEAD,
	METHOD_OPTIONS,
	METHOD_OTHER
};

enum param_type {
	PARAM_END,
	PARAM_ID,   /* UUID: request_id_param() */
	PARAM_INT,  /* min..max: request_int() */
	PARAM_TEXT, /* min..max bytes: request_text() */
	PARAM_ENUM, /* one of choices: request_text() */
	PARAM_BOOL, /* true | false: request_flag() */
};

struct param {
	const char *name; /* in the path when the path has {name}, else in the query */
	enum param_type type;
	long long min, max;
	const char *fallback;       /* NULL: absent unless given */
	const char *const *choices; /* NULL-terminated */
};
#define ROUTE_MAX_PARAMS 12

/* How often a route may be called, and who counts as the caller; the numbers are settings of the application. */
enum limit_class {
	LIMIT_OTHER,  /* by account, or by address where nobody is known */
	LIMIT_AUTH,   /* by address, and by account in the handler: what takes passwords and secret links */
	LIMIT_UPLOAD, /* by organisation, requests and bytes */
	LIMIT_NONE,   /* never: state, for balancers that ask each second */
};

enum pool { POOL_API, POOL_BULK }; /* which workers serve it: docs and nginx follow this */

typedef enum result route_handler(struct request *rq, struct response *rs, struct error *e) MUST_CHECK;

struct route {
	enum http_method method;
	const char *path;           /* "/api/v1/tenders/{tender_id}" */
	unsigned who;               /* set of `enum who`; 0 is refused */
	const struct param *params; /* ends with PARAM_END; NULL: none */
	long long body_max;         /* bytes; 0: no body. Streamed bodies are bounded by their handler besides */
	enum pool pool;
	bool read_only; /* runs in a read-only transaction */
	route_handler *run;
	const char *summary;
	enum limit_class limit;
	bool creates; /* makes something new: an Idempotency-Key makes repeating it safe */
};

/* Checks a whole table at start: no row without method, path, caller, handler or summary; no method and path twice;
 * parameters of the path declared; ADMIN never together with a resource of an organisation. INTERNAL with the cause. */
enum result route_check(const struct route *all, size_t n, struct error *e) MUST_CHECK;

/* Finds the row for a method and a raw path. When none has the method, *out is NULL and `allowed` is the set of methods
 * (bit 1 << method) that the path has; 0: no such path. A path without {names} wins over one that has them. Values of
 * path parameters point into `path`. */
struct route_match {
	const struct route *route;
	unsigned allowed;
	struct {
		const char *p;
		size_t n;
	} values[4]; /* in the order of the path's {names} */
};
void route_find(const struct route *all, size_t n, enum http_method method, const char *path, struct route_match *out);

const char *method_name(enum http_method m);
enum http_method method_parse(const char *s);

#endif
