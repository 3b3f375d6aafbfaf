/* What the commands backup and restore share. */
#ifndef CLI_BACKUP_H
#define CLI_BACKUP_H

#include "manifest.h"
#include "settings.h"

struct backup_run {
	TALLOC_CTX *mem;
	struct settings settings;
	struct master_keys *keys;
	struct backup_set *set;
	struct store *pool;
	bool told; /* which backups are unreadable */
};
/* Reads the settings and the keys. */
enum result backup_run_begin(struct backup_run *run, TALLOC_CTX *mem, struct error *e) MUST_CHECK;

/* Opens the folder for reading; the backup of that name, or the last whole one for NULL: a newer one that is not whole
 * is named on stderr. `writable`: NULL, or the folder is opened as backup_set_mend does. NOT_FOUND after a line on
 * stderr. */
enum result backup_choose(
    struct backup_run *run, const char *name, struct backup *out, bool *writable, struct error *e) MUST_CHECK;
/* Reads the whole manifest: every line of it is what was written. DAMAGED. */
enum result backup_manifest_check(
    struct backup_run *run, int folder, const struct backup *b, struct error *e) MUST_CHECK;
/* WRONG_MASTER_KEY unless each of these master keys, under which files lie, is one of ours. */
enum result backup_file_keys_check(
    const struct backup_run *run, const struct name_list *key_ids, struct error *e) MUST_CHECK;
/* The same for a backup's files, after a line on stderr. */
enum result backup_head_keys_check(
    struct backup_run *run, const struct manifest_head *head, struct error *e) MUST_CHECK;

/* Makes a backup of now, checks it, takes away those that have had their time, and calls BACKUP_AFTER; tells on stdout.
 * BACKUP_INCOMPLETE when the store had lost files (BACKUP_AFTER is called all the same), BACKUP_NOT_SENT. */
enum result backup_take(struct backup_run *run, struct error *e) MUST_CHECK;
/* Removes backups older than BACKUP_KEEP_DAYS but the last whole one, then files that no backup names any more; none of
 * them while there is a backup that can't be read, which is told on stderr. */
enum result backup_prune(struct backup_run *run, struct error *e) MUST_CHECK;

/* The archive of `snapshot` into the backup's folder; its size and digest into head. */
enum result backup_dump(struct backup_run *run, int folder, const struct backup *b, const char *snapshot,
    struct manifest_head *head, struct error *e) MUST_CHECK;
/* Every byte of the archive against its digest, and pg_restore reads its list. DAMAGED. */
enum result backup_dump_check(struct backup_run *run, int folder, const struct backup *b,
    const struct manifest_head *head, struct error *e) MUST_CHECK;
/* The archive into the database of DATABASE_URL, in one transaction: all or nothing. */
enum result backup_dump_restore(struct backup_run *run, int folder, const struct backup *b, struct error *e) MUST_CHECK;

/* "3,4 Mo" in mem. */
const char *backup_size_text(TALLOC_CTX *mem, int64_t bytes);

#endif
