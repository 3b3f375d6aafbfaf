/* A sealed file outside of the store, in a folder of the caller's: encrypted and bound to its identity as objects are
 * (sealed.h), under a key that the caller derives. What backups are made of. */
#ifndef STORE_SEALED_FILE_H
#define STORE_SEALED_FILE_H

#include "crypto.h"
#include "store.h"

struct sealed_file; /* a child of mem; closes when freed */

/* Makes the file `name` (0600), which must not exist, in the open folder. `identity`: proved when it is opened.
 * `master_id`: which master key the key comes from; informs only. IO, STORAGE_FULL. */
enum result sealed_file_create(TALLOC_CTX *mem, int folder, const char *name, const struct store_key *identity,
    const char *master_id, const uint8_t key[CRYPTO_KEY_SIZE], struct sealed_file **out, struct error *e) MUST_CHECK;
enum result sealed_file_write(struct sealed_file *f, const void *bytes, size_t n, struct error *e) MUST_CHECK;
/* The end: the last piece, and fsync (not of the folder). Nothing can be written after it. */
enum result sealed_file_commit(struct sealed_file *f, struct error *e) MUST_CHECK;

/* NOT_FOUND; DAMAGED when it is another one or was cut short. */
enum result sealed_file_open(TALLOC_CTX *mem, int folder, const char *name, const struct store_key *identity,
    const uint8_t key[CRYPTO_KEY_SIZE], struct sealed_file **out, struct error *e) MUST_CHECK;
/* Bytes in clear. */
int64_t sealed_file_size(const struct sealed_file *f);
/* Up to n bytes from `offset`; *got < n only at the end. DAMAGED when they are not what was written: a byte that fails
 * its proof is never given. */
enum result sealed_file_read_at(
    struct sealed_file *f, int64_t offset, void *bytes, size_t n, size_t *got, struct error *e) MUST_CHECK;

#endif
