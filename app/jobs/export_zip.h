/* Writes a zip archive (with zip64 where it must be) into an object of the file store, in memory that does not grow
 * with its files: about a hundred bytes for each entry. Names are UTF-8. Only this module knows libarchive. */
#ifndef JOBS_EXPORT_ZIP_H
#define JOBS_EXPORT_ZIP_H

#include "store.h"

struct export_zip;

/* Begins; what was written goes to `put`, which must outlive it. Freed with mem, which gives up what is not ended. */
enum result export_zip_begin(
    TALLOC_CTX *mem, struct store_put *put, struct export_zip **out, struct error *e) MUST_CHECK;
/* The next file. `size` -1: not known. `deflate`: whether it is worth compressing. The bytes follow; those of a known
 * size must be exactly so many. `modified_us`: since 1970. */
enum result export_zip_file(struct export_zip *z, const char *name, int64_t size, bool deflate, int64_t modified_us,
    struct error *e) MUST_CHECK;
enum result export_zip_write(struct export_zip *z, const void *bytes, size_t n, struct error *e) MUST_CHECK;
/* Writes the directory: the archive is whole. */
enum result export_zip_end(struct export_zip *z, struct error *e) MUST_CHECK;

#endif
