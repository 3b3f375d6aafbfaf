/* The names of files in an archive that anybody may unpack anywhere: the original ones as far as they are harmless, and
 * no two alike, also where upper and lower case are one. Pure; a few bytes of memory for each name. */
#ifndef JOBS_EXPORT_NAMES_H
#define JOBS_EXPORT_NAMES_H

#include "mem.h"

struct export_names;

struct export_names *export_names_new(TALLOC_CTX *mem);

/* The whole name, in mem, of the file `name` (UTF-8) in `path` (folders separated by '/', may be empty) below `root`
 * (kept as it is). Empty components, "." and ".." are left out, control characters and '\' become '_', components end
 * where file systems cut them (200 bytes). Of names that are taken already the next ones get " (2)", " (3)"... before
 * the extension, and after that, or where a file has the name of a folder, a folder named `id`, which must be unique.
 */
const char *export_names_add(
    struct export_names *names, TALLOC_CTX *mem, const char *root, const char *path, const char *name, const char *id);

#endif
