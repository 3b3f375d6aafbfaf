/* Uploads in parts, for large files on bad lines: tus 1.0.0 (https://tus.io/protocols/resumable-upload), core,
 * creation, expiration, termination, checksum (SHA-256). */
#ifndef API_RESUMABLE_H
#define API_RESUMABLE_H

#include "upload.h"

/* What the protocol wants on every answer of its addresses. */
void resumable_headers(const struct request *rq, struct response *rs);

/* Whether an upload, locked (NULL: there is none any more), is still where a part begins. NOT_FOUND,
 * OFFSET_CONFLICT. */
enum result resumable_check(const struct upload_place *row, int64_t received, struct error *e) MUST_CHECK;
/* In the transaction that makes its document: the upload is over. */
enum result resumable_end_later(
    struct request *rq, struct upload_resumed *upload, const struct uuid *document_id, struct error *e) MUST_CHECK;

#endif
