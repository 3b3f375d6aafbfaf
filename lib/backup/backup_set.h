/* A folder of backups (BACKUP_PATH):
 *
 *   lock                    one writer, or any number of readers
 *   pool/                   files of all backups: a directory store, each object as it lay in the file store, sealed
 *   20261126T031500.123Z/   a backup, named by its moment in UTC
 *     backup.json           what may be known without a key: moment, version, fingerprint of the master key, numbers
 *     dump                  pg_dump's archive, sealed
 *     manifest              which files belong to it, sealed (manifest.h)
 *     sent                  BACKUP_AFTER has succeeded
 *   .partial-.../           one that is being made, or whose maker died: never counts
 *
 * An object is immutable and its name is never given again, so that backups share what they have in common: the pool
 * holds each file once, and one that no backup names any more goes with the last that did. */
#ifndef BACKUP_BACKUP_SET_H
#define BACKUP_BACKUP_SET_H

#include "store.h"

#define BACKUP_NAME 21 /* with its NUL */

struct backup {
	char name[BACKUP_NAME];
	struct uuid id;
	int64_t created_us;
	const char *program;    /* version that made it */
	const char *master_key; /* fingerprint of the key that it is sealed under */
	int64_t files, bytes;   /* in it; bytes in clear */
	int64_t missing;        /* files that the database knew and the store had lost: the backup is not whole */
	bool sent;
	/* backup.json is missing, damaged or of a later version: nothing is known of it but its name, and it may need
	 * any file of the pool. */
	bool unreadable;
};

struct backup_set;

/* For making backups: the folder is made when absent (0700), and locked against all others. INVALID_SETTING for "",
 * BACKUP_RUNNING, IO, STORAGE_FULL. `keys` must outlive it. Closes with its memory. */
enum result backup_set_open(TALLOC_CTX *mem, const char *path, const struct master_keys *keys, struct backup_set **out,
    struct error *e) MUST_CHECK;
/* For reading: a medium that can't be written is fine. NOT_FOUND when there is no such folder. */
enum result backup_set_read(TALLOC_CTX *mem, const char *path, const struct master_keys *keys, struct backup_set **out,
    struct error *e) MUST_CHECK;

/* For verifying, which sets damaged files aside: like backup_set_read, and locked against all others where the medium
 * can be written, which *writable tells. */
enum result backup_set_mend(TALLOC_CTX *mem, const char *path, const struct master_keys *keys, struct backup_set **out,
    bool *writable, struct error *e) MUST_CHECK;

/* Its backups, the oldest first, unreadable ones among them; what is none, or not finished, is left out. Neither key
 * nor lock is needed. */
enum result backup_list(TALLOC_CTX *mem, const char *path, struct backup **out, size_t *n, struct error *e) MUST_CHECK;
/* The backup of that name, or the last whole one for NULL. NOT_FOUND; DAMAGED when the one of that name is unreadable.
 */
enum result backup_find(
    TALLOC_CTX *mem, const char *path, const char *name, struct backup *out, struct error *e) MUST_CHECK;
/* When the last whole one was made; 0: there is none, or nobody lets us look. Reads only names and backup.json. */
int64_t backup_last_us(const char *path);

/* Whether all its files were there when it was made. */
bool backup_is_whole(const struct backup *b);

/* Opens the folder of one (a descriptor that closes with mem), and the pool. */
enum result backup_folder(
    struct backup_set *set, TALLOC_CTX *mem, const struct backup *b, int *folder, struct error *e) MUST_CHECK;
enum result backup_pool(struct backup_set *set, struct store **out, struct error *e) MUST_CHECK;

/* Begins one: names it, and makes its folder under a name that does not count. What makers that died left goes first.
 */
enum result backup_begin(
    struct backup_set *set, TALLOC_CTX *mem, struct backup *b, int *folder, struct error *e) MUST_CHECK;
/* From here on it counts: all of it has reached the disk before it gets its name. */
enum result backup_commit(struct backup_set *set, const struct backup *b, int folder, struct error *e) MUST_CHECK;
/* Gives up what was begun. */
void backup_abort(struct backup_set *set, const struct backup *b);
enum result backup_note_sent(struct backup_set *set, const struct backup *b, struct error *e) MUST_CHECK;
enum result backup_remove(struct backup_set *set, const struct backup *b, struct error *e) MUST_CHECK;

#endif
