/* Files of settings: lines NAME=value, as systemd's EnvironmentFile and docker-compose's env_file read them. */
#ifndef CLI_ENV_FILE_H
#define CLI_ENV_FILE_H

#include "error.h"
#include "mem.h"

struct env_line {
	const char *name, *value; /* quotes around a value are not part of it */
};
struct env_file {
	struct env_line *p; /* the last line of a name counts */
	size_t n;
};
/* Reads a file of at most 1 MiB. Lines that are empty, comments, or no setting are passed over. NOT_FOUND, FORBIDDEN
 * (with the cause), IO. */
enum result env_file_read(TALLOC_CTX *mem, const char *path, struct env_file *out, struct error *e) MUST_CHECK;

#endif
