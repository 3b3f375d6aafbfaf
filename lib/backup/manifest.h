/* The sealed parts of a backup, and the manifest among them: a line of JSON about the whole, one for each file, and a
 * last one that counts them, so that a manifest without its end is none. */
#ifndef BACKUP_MANIFEST_H
#define BACKUP_MANIFEST_H

#include "backup_set.h"
#include "operator_backup.h"
#include "operator_files.h"
#include "sealed_file.h"

enum backup_part { BACKUP_DUMP, BACKUP_MANIFEST };

/* WRONG_MASTER_KEY, naming both fingerprints, when the backup is sealed under none of ours. Reads nothing. */
enum result backup_key_check(const struct backup *b, const struct master_keys *keys, struct error *e) MUST_CHECK;

/* Parts of the backup whose folder is open. WRONG_MASTER_KEY; else as sealed_file.h says. */
enum result backup_part_create(TALLOC_CTX *mem, int folder, const struct backup *b, enum backup_part part,
    const struct master_keys *keys, struct sealed_file **out, struct error *e) MUST_CHECK;
enum result backup_part_open(TALLOC_CTX *mem, int folder, const struct backup *b, enum backup_part part,
    const struct master_keys *keys, struct sealed_file **out, struct error *e) MUST_CHECK;

struct manifest_head {
	struct backup_facts facts;
	int64_t dump_size; /* in clear */
	uint8_t dump_sha256[CRYPTO_SHA256_SIZE];
};

/* Writing, in this order. */
enum result manifest_write_head(struct sealed_file *f, const struct manifest_head *head, struct error *e) MUST_CHECK;
/* `missing`: the database knows it, and the store has lost it. */
enum result manifest_write_file(
    struct sealed_file *f, const struct file_row *row, bool missing, struct error *e) MUST_CHECK;
/* The numbers of `b`; commits the file. */
enum result manifest_write_end(struct sealed_file *f, const struct backup *b, struct error *e) MUST_CHECK;

struct manifest; /* one that is read, from its begin to its end */

/* The head is read, everything of it in mem. DAMAGED when it is not what was written. */
enum result manifest_open(TALLOC_CTX *mem, int folder, const struct backup *b, const struct master_keys *keys,
    struct manifest **out, struct manifest_head *head, struct error *e) MUST_CHECK;
/* The next file; its row lasts until the next call. *end (then there is no row) only when the whole has been proved.
 * DAMAGED otherwise. */
enum result manifest_next(
    struct manifest *m, struct file_row *row, bool *missing, bool *end, struct error *e) MUST_CHECK;

#endif
