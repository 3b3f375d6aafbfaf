/* The rows of stored files, of all organisations, as the operator's tools need them. */
#ifndef DB_OPERATOR_FILES_H
#define DB_OPERATOR_FILES_H

#include "operator.h"

struct file_row {
	struct uuid organization_id, id;
	uint8_t sha256[32];
	int64_t size; /* bytes of the file */
	struct bytes wrapped_key;
	const char *key_id;
};

#define OPERATOR_FILES_MAX 500

/* The next OPERATOR_FILES_MAX rows at most after `after` (NULL: the first ones), in the order of their keys; *n 0 at
 * the end. `not_key`: only those that another master key wrapped (NULL: all). Rows belong to mem. */
enum result operator_files(struct operator_db *db, TALLOC_CTX *mem, const struct file_row *after, const char *not_key,
    struct file_row **rows, size_t *n, struct error *e) MUST_CHECK;

/* The same for files of documents that no virus scanner has seen; `all`: of all documents, for a scanner that knows
 * more than it did. */
enum result operator_files_to_scan(struct operator_db *db, TALLOC_CTX *mem, const struct file_row *after, bool all,
    struct file_row **rows, size_t *n, struct error *e) MUST_CHECK;

/* Writes what a virus scanner found in a file (NULL: nothing), with what follows for its documents. *changed: that is
 * another finding than before. */
enum result operator_file_scanned(struct operator_db *db, const struct file_row *row, const char *infection,
    bool *changed, struct error *e) MUST_CHECK;

/* Whether a row names that file. */
enum result operator_file_known(struct operator_db *db, const struct uuid *organization_id, const struct uuid *id,
    bool *known, struct error *e) MUST_CHECK;

/* Puts another wrapping of a file's key in place of `was`; *done is false when that is not what stands there any more.
 */
enum result operator_file_rewrap(struct operator_db *db, const struct file_row *was, struct bytes wrapped_key,
    const char *key_id, bool *done, struct error *e) MUST_CHECK;

#endif
