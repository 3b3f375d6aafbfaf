/* Pages of lists: by offset with a total, or by cursor at constant cost. */
#ifndef API_PAGING_H
#define API_PAGING_H

#include "app.h"

/* Where a page begins and how long it is. One row more than `limit` is asked for: it tells whether there are more. */
struct paging {
	bool by_cursor;
	int64_t limit, offset;
	struct instant bound_time; /* the sort key and id before the first row */
	struct uuid bound_id;
};

/* Reads limit, offset and cursor of the request. `descending`: the first page begins at the end of time.
 * INVALID_CURSOR; INVALID_VALUE when both are given. */
enum result paging_read(struct request *rq, bool descending, struct paging *out, struct error *e) MUST_CHECK;
/* Tells the answer about the page: `rows` as found (up to limit + 1), the last row shown (its sort key and id), and the
 * total where it was counted (up to 10 001). Gives the number of rows to show. */
size_t paging_finish(struct response *rs, const struct paging *p, size_t rows, int64_t total);
/* After paging_finish, by cursor and with more to come. */
void paging_next(struct response *rs, const struct paging *p, int64_t sort_time_us, const struct uuid *id);

#endif
