/* A stored file against its row. */
#ifndef CLI_FILE_CHECK_H
#define CLI_FILE_CHECK_H

#include "operator_files.h"
#include "store.h"

/* NOT_FOUND; DAMAGED when its bytes (`quick`: its size) are not those that the row tells; or what keeps us from
 * looking. */
enum result file_check(struct store *store, const struct file_row *row, bool quick, struct error *e) MUST_CHECK;
/* A line on stdout: what, and which file. */
void file_say(const char *what, const struct uuid *organization_id, const struct uuid *id);

#endif
