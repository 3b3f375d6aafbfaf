/* What lies inside a zip or an OLE file, by their directories alone; private to lib/store. Input is hostile: every
 * offset and count is checked against the file, and what is read is bounded. */
#ifndef STORE_CONTENT_LOOK_H
#define STORE_CONTENT_LOOK_H

#include "error.h"

struct content_source {
	/* Up to n bytes from offset; *got < n only at the end. */
	enum result (*read_at)(void *arg, int64_t offset, void *p, size_t n, size_t *got, struct error *e);
	void *arg;
	int64_t size;
	const char *filename;
};

bool content_name_ends(const char *name, const char *extension);

/* Sets *id to the accepted type ("docx", "zip"...) or to NULL, and *found to what it is instead. */
enum result content_look_zip(
    const struct content_source *src, const char **id, const char **found, struct error *e) MUST_CHECK;
enum result content_look_ole(
    const struct content_source *src, const char **id, const char **found, struct error *e) MUST_CHECK;

#endif
