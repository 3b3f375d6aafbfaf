/* Files that are sent to be saved. */
#ifndef API_DOWNLOAD_H
#define API_DOWNLOAD_H

#include "app.h"

/* A file as its row tells it. */
struct download {
	struct store_object object;
	struct bytes sha256; /* 32 bytes */
	int64_t size;
	const char *mime_type, *name;
};

/* Streams it from the store, with its name (RFC 6266), its digest as version, and nothing that a browser would run.
 * DAMAGED when it is missing or not what was stored, as far as its beginning tells. */
enum result download_send(
    struct request *rq, struct response *rs, const struct download *file, struct error *e) MUST_CHECK;

#endif
