/* A file of settings, NAME=VALUE a line, as systemd (EnvironmentFile=) and docker-compose read it. What a person wrote
 * in it, comments and order, stays as it is. */
#ifndef CLI_SETTINGS_FILE_H
#define CLI_SETTINGS_FILE_H

#include <sys/types.h>
#include "buf.h"
#include "error.h"

struct settings_file {
	TALLOC_CTX *mem;
	const char *path;
	const char **lines; /* without their ends */
	size_t n;
	bool exists;  /* on the disk */
	bool changed; /* since it was read */
};

/* Who else reads the file: docker-compose leaves some values no way to be written. */
enum settings_reader { READ_BY_SYSTEMD, READ_BY_COMPOSE };

/* Reads it; one that does not exist is empty. IO; INVALID_SETTING when it is longer than 256 KiB or no text. */
enum result settings_file_read(
    TALLOC_CTX *mem, const char *path, struct settings_file **out, struct error *e) MUST_CHECK;
/* The same of text that is there. */
struct settings_file *settings_file_parse(TALLOC_CTX *mem, const char *path, const char *text);

/* The value, without its quotes; the last line of that name counts. NULL: none. */
const char *settings_file_get(const struct settings_file *f, const char *name);
/* Calls `each` for every line that has a name and a value, in order. */
void settings_file_each(
    const struct settings_file *f, void (*each)(void *arg, const char *name, const char *value), void *arg);
/* Gives the name that value: in the line that counts, or in a new one at the end. INVALID_SETTING (which does not show
 * the value) when it can't be written so that every reader reads the same: control characters, "${". */
enum result settings_file_set(struct settings_file *f, enum settings_reader reader, const char *name, const char *value,
    struct error *e) MUST_CHECK;

/* The whole as text. */
const char *settings_file_text(const struct settings_file *f);
/* Puts it in place of the old one, whole or not at all. A new one gets mode 0600 and that owner (left alone when we are
 * not root); one that was there keeps its own. Does nothing when nothing changed. IO. */
enum result settings_file_write(struct settings_file *f, uid_t uid, gid_t gid, struct error *e) MUST_CHECK;

#endif
