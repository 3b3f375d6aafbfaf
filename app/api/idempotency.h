/* Idempotency-Key: a request that creates may be repeated by who did not see its answer, and creates once. The key's
 * row is written first in the transaction of the effect and holds the answer in the end, so that both are there or
 * neither. It is kept for 24 hours; its scope is the organisation, the user and the route. */
#ifndef API_IDEMPOTENCY_H
#define API_IDEMPOTENCY_H

#include "app.h"

/* The `handle` of lib/http: runs the route's handler, and keeps or repeats its answer where a key came along and the
 * row of the route says `creates`. Such a handler has one transaction, begun by app_begin after all of the body was
 * read. */
enum result idempotency_handle(struct request *rq, struct response *rs, struct error *e) MUST_CHECK;

/* Part of app_begin: looks the key up. REQUEST_IN_PROGRESS, KEY_REUSED; CONFLICT when an answer is there to be
 * repeated, which idempotency_handle then gives in place of the error. */
enum result idempotency_begin(struct request *rq, struct error *e) MUST_CHECK;

#endif
