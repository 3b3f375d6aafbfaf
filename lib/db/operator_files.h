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

/* Sees one row, which lives as long as the call. What it does may use the same connection. */
typedef enum result file_seen(void *arg, const struct file_row *row, struct error *e);

/* Calls `each` for every row, in the order of their keys, a page at a time; a fault of it ends the walk and comes back.
 * `not_key`: only those that another master key wrapped (NULL: all). */
enum result operator_each_file(
    struct operator_db *db, const char *not_key, file_seen *each, void *arg, struct error *e) MUST_CHECK;

/* The same for files of documents that no virus scanner has seen; `all`: of all documents, for a scanner that knows
 * more than it did. */
enum result operator_each_file_to_scan(
    struct operator_db *db, bool all, file_seen *each, void *arg, struct error *e) MUST_CHECK;

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
