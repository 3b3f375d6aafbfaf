/* Routes that nginx alone reaches; their table is internal_routes. */
#ifndef API_INTERNAL_H
#define API_INTERNAL_H

#include "app.h"

/* Answers that are neither counted nor logged: looking at the figures does not move them, and a request whose token is
 * good counts where it is served. */
bool internal_is_quiet(const struct request *rq, const struct response *rs);

/* What nginx wants to know of an answer: adds the code of a refused token. */
void internal_headers(const struct request *rq, struct response *rs, const struct error *e);

#endif
