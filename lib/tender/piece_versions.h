/* Which pieces of a dossier are later versions of others: a buyer rectifies a dossier by publishing "RC v2.pdf" beside
 * the "RC.pdf" that it replaces. Pure; the decision is on the careful side, since what is replaced is no longer
 * analysed: of the same kind and format, in the same folder, under names that differ by marks of a version only ("v2",
 * "rectifié", "(1)", a date), and no other piece could be meant. */
#ifndef TENDER_PIECE_VERSIONS_H
#define TENDER_PIECE_VERSIONS_H

#include "mem.h"

struct piece_version {
	const char *name, *path; /* file name; its folder, "" at the top */
	const char *kind;        /* word of tender_kind_id(); NULL: unknown, it neither replaces nor is replaced */
	int64_t since;           /* number of the dossier version that brought it: pieces of one are never versions of
				  * each other */
	bool stands;             /* a person put it back: it is not replaced */
};

/* For each of the n pieces, which come in the order of `since`, the index of the one that replaces it, or n. Array of
 * n, belongs to mem. */
size_t *piece_replacements(TALLOC_CTX *mem, const struct piece_version *pieces, size_t n);

/* The name of a file or folder without marks of a version, folded, its words parted by blanks; of a file also without
 * its extension. When nothing would be left, all its words. */
char *piece_plain_name(TALLOC_CTX *mem, const char *name, bool is_file);

#endif
