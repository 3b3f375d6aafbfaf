/* From a response to bytes: envelope, errors, headers, conditional answers. Private to lib/http. */
#ifndef HTTP_ANSWER_H
#define HTTP_ANSWER_H

#include "server.h"

void answer_init(struct response *rs, TALLOC_CTX *mem);
/* 204 with what the path allows; the CORS headers come with answer_send. */
void answer_options(struct response *rs, unsigned allowed);
/* Turns a failure into the answer that tells it; what the handler had written is dropped. */
void answer_error(const struct request *rq, struct response *rs, unsigned allowed, const struct error *e);
/* Finishes and writes. A streamed answer that breaks is cut short, and `e` says why. */
void answer_send(
    const struct http_app *app, struct request *rq, struct response *rs, const struct http_sink *sink, struct error *e);

#endif
