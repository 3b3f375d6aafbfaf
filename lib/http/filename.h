/* Names of files as clients send them. */
#ifndef HTTP_FILENAME_H
#define HTTP_FILENAME_H

#include "error.h"
#include "mem.h"

#define FILENAME_MAX_BYTES 255

/* A browser may send a whole path; a name of ours never has one, nor anything that a terminal or a header would obey.
 * *out belongs to mem; "" when no name is left. INVALID_UTF8, TOO_LONG, with the field "filename". */
enum result filename_clean(TALLOC_CTX *mem, const char *raw, const char **out, struct error *e) MUST_CHECK;

#endif
