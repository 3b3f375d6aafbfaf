/* The file store: immutable objects of bytes under keys. Today a directory on this machine; the calls say nothing about
 * where the bytes lie, so that encryption and S3 go behind the same table. A handle may be used after a fork and by
 * many processes on the same directory at once.
 *
 * An object is there once store_put_commit() has returned ERR_OK: its bytes, its name and its folder have reached the
 * disk. Before that, nothing of it can be seen. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "error.h"
#include "mem.h"

struct store;
struct store_put;
struct store_get;

/* An object's name. Objects of two organisations never share a folder. */
struct store_key {
	struct uuid organization_id;
	struct uuid id;
};

/* Opens the store in the directory `path`, which is made (0700) when it is absent. IO or STORAGE_FULL when that can't
 * be done. Descriptors close when the handle is freed, which must outlive its puts. */
enum result store_open_directory(TALLOC_CTX *mem, const char *path, struct store **out, struct error *e) MUST_CHECK;

/* Writing: begin, write any number of times, look at size, digest or bytes, commit. When `*out` (a child of mem) is
 * freed before the commit, nothing remains. After a failed write or commit the put can only be freed. Faults:
 * STORAGE_FULL, IO; commit says CONFLICT when the key is taken (objects are never replaced). */
enum result store_put_begin(struct store *s, TALLOC_CTX *mem, struct store_put **out, struct error *e) MUST_CHECK;
enum result store_put_write(struct store_put *p, const void *bytes, size_t n, struct error *e) MUST_CHECK;
/* Bytes written so far. */
int64_t store_put_size(const struct store_put *p);
/* SHA-256 of all bytes; nothing can be written afterwards. */
void store_put_digest(struct store_put *p, uint8_t sha256[32]);
/* Reads back up to n of the bytes written, from `offset`; *got < n only at the end. */
enum result store_put_read_at(
    struct store_put *p, int64_t offset, void *bytes, size_t n, size_t *got, struct error *e) MUST_CHECK;
enum result store_put_commit(struct store_put *p, const struct store_key *key, struct error *e) MUST_CHECK;
/* Gives up: what store_put_begin made is gone. Same as freeing it. */
void store_put_abort(struct store_put *p);
/* All of the above for bytes that are in memory. `sha256` may be NULL. */
enum result store_put_bytes(struct store *s, const struct store_key *key, const void *bytes, size_t n,
    uint8_t sha256[32], struct error *e) MUST_CHECK;

/* Reading. NOT_FOUND when there is no such object. `*out` is a child of mem and closes when freed. */
enum result store_get_open(
    struct store *s, TALLOC_CTX *mem, const struct store_key *key, struct store_get **out, struct error *e) MUST_CHECK;
int64_t store_get_size(const struct store_get *g);
/* Up to n bytes from `offset`; *got < n only at the end. */
enum result store_get_read_at(
    struct store_get *g, int64_t offset, void *bytes, size_t n, size_t *got, struct error *e) MUST_CHECK;
/* The whole object into mem; DAMAGED when it is larger than max. */
enum result store_get_bytes(struct store *s, TALLOC_CTX *mem, const struct store_key *key, size_t max,
    struct bytes *out, struct error *e) MUST_CHECK;

enum result store_exists(struct store *s, const struct store_key *key, bool *out, struct error *e) MUST_CHECK;
/* Removes an object; one that is not there is no fault. */
enum result store_remove(struct store *s, const struct store_key *key, struct error *e) MUST_CHECK;

/* Whether an object could be written now: makes and removes a small file; no fsync, cheap enough for a health check.
 * STORAGE_FULL when less than 16 MiB are free, else IO. */
enum result store_writable(struct store *s, struct error *e) MUST_CHECK;
/* Removes what writers that died left behind: temporary files not touched for older_than_s seconds. Their number into
 * *removed (may be NULL). Give it more than the longest upload. */
enum result store_clean(struct store *s, int64_t older_than_s, unsigned *removed, struct error *e) MUST_CHECK;

#endif
