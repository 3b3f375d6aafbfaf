/* Upload-Metadata of the tus protocol: what a client says of a file whose bytes are to follow. */
#ifndef API_UPLOAD_METADATA_H
#define API_UPLOAD_METADATA_H

#include "error.h"
#include "mem.h"

/* An answer repeats the header, and nginx takes 4 KiB of headers from us. */
#define UPLOAD_METADATA_MAX 2048

struct upload_metadata {
	const char *filename;      /* as filename_clean() makes it */
	const char *document_type; /* NULL: not said */
	struct opt_uuid tender_id;
};

/* "filename UkMucGRm,tender_id MDE5...": names, each with its value in base64. All faults are noted; ERR_OK when there
 * are none. `filetype` and `name`, which some clients send by themselves, are taken and ignored: content decides the
 * type. Nothing is kept of `text`; results belong to mem. */
enum result upload_metadata_read(
    TALLOC_CTX *mem, const char *text, struct upload_metadata *out, struct error *e) MUST_CHECK;

/* What a person says that a document is: our own text for it; NULL, and INVALID_VALUE noted, when there is no such. */
const char *upload_document_type(const char *text, struct error *e);

#endif
