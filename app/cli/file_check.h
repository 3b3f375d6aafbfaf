/* A stored file against its row. */
#ifndef CLI_FILE_CHECK_H
#define CLI_FILE_CHECK_H

#include "operator_files.h"
#include "store.h"

/* NOT_FOUND; DAMAGED when its bytes (`quick`: its size) are not those that the row tells; or what keeps us from
 * looking. */
enum result file_check(struct store *store, const struct file_row *row, bool quick, struct error *e) MUST_CHECK;
/* The same for those who go on with the next file: one that can't be read (a bad sector) is DAMAGED as well. */
enum result file_prove(struct store *store, const struct file_row *row, bool quick, struct error *e) MUST_CHECK;
/* Copies the file as it lies in `from`, and proves the copy. NOT_FOUND, DAMAGED: `from` does not have it, or not as its
 * row tells, or can't read it; `to` has nothing of it then. Whatever else comes back concerns more than this file. */
enum result file_fetch(struct store *from, struct store *to, const struct file_row *row, struct error *e) MUST_CHECK;
/* A line on stdout: what, and which file. */
void file_say(const char *what, const struct uuid *organization_id, const struct uuid *id);

#endif
