/* Files of this machine, as the backends use them; private to lib/store. */
#ifndef STORE_STORE_FILE_H
#define STORE_STORE_FILE_H

#include "error.h"

/* The fault that errno tells, of a call that did `what`: STORAGE_FULL or IO. */
enum result file_fault(struct error *e, const char *what);
/* Up to n bytes from offset; *got < n only at the end. */
enum result file_read_at(int fd, int64_t offset, void *bytes, size_t n, size_t *got, struct error *e) MUST_CHECK;
/* How many bytes may still be written on the file system of an open folder. */
enum result file_room(int folder, int64_t *bytes, struct error *e) MUST_CHECK;

#endif
