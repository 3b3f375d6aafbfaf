/* Files given on the command line, as one dossier: found, told apart by content, read by the sandboxed reader. */
#ifndef CLI_DOSSIER_H
#define CLI_DOSSIER_H

#include "reader.h"
#include "tender.h"

struct dossier {
	struct tender_input *file; /* in the order of the arguments, folders sorted by name */
	char **path;               /* where each lies */
	size_t n, read;            /* files; those that could be read */
};

/* Finds the files: a folder is walked (no hidden files, no links followed), anything else is one file. A path that
 * does not exist is a file with error "not_found". */
void dossier_collect(TALLOC_CTX *mem, char **paths, size_t n, struct dossier *out);
/* Reads them all; what can't be read gets its error code and the others go on. A ZIP archive is replaced by its files
 * ("DCE.zip/RC.pdf"), and stays only when it can't be opened to its end. */
void dossier_read(TALLOC_CTX *mem, const struct reader_config *cfg, struct dossier *d);
/* The reader program: `setting` when given, else beside the executable `self` (installed, or in the build tree), else
 * the installed place. */
const char *dossier_reader_path(TALLOC_CTX *mem, const char *setting, const char *self);

#endif
