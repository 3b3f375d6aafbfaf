/* What a file is, told by its content. The name decides nothing, but a name that claims PDF over a content that is none
 * is refused. libmagic sees the first 64 KiB; of a zip the central directory is read, and unpacked is only the
 * beginning of the entry in which an OpenDocument names its type, within bounds. */
#ifndef STORE_CONTENT_TYPE_H
#define STORE_CONTENT_TYPE_H

#include "error.h"
#include "mem.h"
#include "store.h"

struct content_type {
	const char *id;   /* pdf docx doc odt rtf xlsx xls ods pptx txt zip */
	const char *mime; /* what the API shows and downloads say */
	bool archive;     /* to be expanded: zip */
};

/* The accepted types; ends with an id of NULL. */
extern const struct content_type content_types[];
/* By id or by mime type; NULL when it is none of them. */
const struct content_type *content_type_by_id(const char *id);
const struct content_type *content_type_by_mime(const char *mime);

/* libmagic's handle: one a process, opened at start, not to be shared between threads. UNAVAILABLE when its database
 * can't be loaded. */
struct content_detector;
enum result content_detector_new(TALLOC_CTX *mem, struct content_detector **out, struct error *e) MUST_CHECK;

/* The type of a file being written, or of an open one (whose position is left alone). `filename` (never NULL) is the
 * client's name for it: it appears in errors, and one that claims PDF over
 * another content is refused. Faults at `field`: EMPTY_FILE, FILE_TYPE_REFUSED (with the type found), IO. */
enum result content_type_of_put(struct content_detector *d, struct store_put *put, const char *filename,
    const char *field, const struct content_type **out, struct error *e) MUST_CHECK;
enum result content_type_of_fd(struct content_detector *d, int fd, const char *filename, const char *field,
    const struct content_type **out, struct error *e) MUST_CHECK;

#endif
