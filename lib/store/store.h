/* The file store: immutable objects of bytes under keys, encrypted always (sealed.h). They lie in a
 * directory of this machine, in a bucket of an S3 service, or in a directory before a bucket; the calls are the same.
 * Sizes, digests and offsets are those of the clear bytes. A handle may be used after a fork and by many processes on
 * the same directory at once.
 *
 * The key of each object, wrapped by the master key, is given when the object is written and asked for when it is read:
 * the caller keeps it in the object's row, and without it nobody reads the object.
 *
 * An object is there once store_put_commit() has returned ERR_OK: its bytes, its name and its folder have reached the
 * disk. Before that, nothing of it can be seen. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "error.h"
#include "file_key.h"
#include "mem.h"

struct store;
struct store_put;
struct store_get;

/* An object's name. Objects of two organisations never share a folder. */
struct store_key {
	struct uuid organization_id;
	struct uuid id;
};

/* An object that was written: its name and its own key, wrapped (72 bytes, as its row has them). */
struct store_object {
	struct store_key key;
	struct bytes wrapped_key;
};

/* Opens the store in the directory `path`, which is made (0700) when it is absent. IO or STORAGE_FULL when that can't
 * be done. Descriptors close when the handle is freed, which must outlive its puts. `keys` (file_key.h) stay the
 * caller's and must outlive it too. */
enum result store_open_directory(
    TALLOC_CTX *mem, const char *path, const struct master_keys *keys, struct store **out, struct error *e) MUST_CHECK;

/* A bucket of an S3 service, addressed by path (ENDPOINT/BUCKET/PREFIX...). All texts are copied. */
struct store_s3 {
	const char *endpoint, *bucket, *region, *access_key_id, *secret_access_key;
	const char *prefix;  /* before the names of objects, "" or "scorpius/": letters, digits and -._/ only */
	const char *ca_file; /* authorities for https; NULL or "": the system's */
	const char *spool;   /* a folder of this machine for what is being written */
};
/* Nothing is asked of the service yet. Where it can't be reached, calls try several times, for up to half a minute, and
 * then say UNAVAILABLE; IO when it refuses. An object may vanish while it is read (IO), and commit's CONFLICT is told
 * where the object was there before, not between two writers of the same moment. */
enum result store_open_s3(TALLOC_CTX *mem, const struct store_s3 *config, const struct master_keys *keys,
    struct store **out, struct error *e) MUST_CHECK;

/* A directory of this machine in front of a bucket (whose `spool` is not looked at). What is written is committed in
 * the directory, without a word to the service, and store_move() takes it to the bucket; reads look in both; a walk
 * sees both, each object once. store_writable() asks the directory only. */
enum result store_open_layered(TALLOC_CTX *mem, const char *path, const struct store_s3 *remote,
    const struct master_keys *keys, struct store **out, struct error *e) MUST_CHECK;
/* Moves what lies in the directory, while `go_on` says so; an object that was removed meanwhile stays removed, one that
 * can't be moved stays and keeps no other. The first failure comes back. One process at a time moves what is in
 * a directory: a second one finds nothing to do. A store of one layer has nothing to move. */
enum result store_move(struct store *s, bool (*go_on)(void *arg), void *arg, unsigned *moved, unsigned *failed,
    struct error *e) MUST_CHECK;
/* Asks the bucket and, when it answers, notes the time in the directory for other processes to see. */
enum result store_probe_remote(struct store *s, struct error *e) MUST_CHECK;
/* Whether nobody has reached the bucket for silent_s seconds, or an object has been waiting in the directory for more
 * than waiting_s. Asks the directory only, cheap enough for a health check. False for a store of one layer. */
enum result store_remote_lag(
    struct store *s, int64_t silent_s, int64_t waiting_s, bool *lags, struct error *e) MUST_CHECK;

/* Copies an object as it lies there, sealed; needs no key. What is in `to` already stays: *copied is then false, and
 * DAMAGED told when its size is another. `care`: whether the bytes are read back from `to` and compared, for what was
 * copied now or for what was there as well; a copy of now that fails its proof does not stay. */
enum store_care { STORE_TRUST, STORE_PROVE_NEW, STORE_PROVE_ALL };
enum result store_copy_object(struct store *from, struct store *to, const struct store_key *key, enum store_care care,
    bool *copied, struct error *e) MUST_CHECK;
/* Which master key wraps the keys of new objects: what a row keeps beside the wrapped key. */
const char *store_master_id(const struct store *s);

/* Writing: begin, write any number of times, look at size or bytes, finish, commit. When `*out` (a child of mem) is
 * freed before the commit, nothing remains. After a failed call the put can only be freed. Faults: STORAGE_FULL, IO;
 * commit says CONFLICT when the key is taken (objects are never replaced). */
enum result store_put_begin(
    struct store *s, TALLOC_CTX *mem, const struct store_key *key, struct store_put **out, struct error *e) MUST_CHECK;
enum result store_put_write(struct store_put *p, const void *bytes, size_t n, struct error *e) MUST_CHECK;
/* Lets a second thread seal and write what comes after the first MiB, while the caller fetches more (about 1.5 MB of
 * memory until the finish). Nobody may fork before the put is finished or freed, or bytes are read back. What fails
 * there is told by the next call that writes, reads or finishes. */
void store_put_write_aside(struct store_put *p);
/* Bytes written so far. */
int64_t store_put_size(const struct store_put *p);
/* Reads back up to n of the bytes written, from `offset`; *got < n only at the end. Not after the finish. */
enum result store_put_read_at(
    struct store_put *p, int64_t offset, void *bytes, size_t n, size_t *got, struct error *e) MUST_CHECK;
/* Nothing can be written or read back any more; most of the put's memory is given back. `sha256` (of all bytes) may be
 * NULL. */
enum result store_put_finish(struct store_put *p, uint8_t sha256[32], struct error *e) MUST_CHECK;
/* The object's key, wrapped; it lives as long as the put. */
struct bytes store_put_wrapped_key(const struct store_put *p);
/* After the finish. */
enum result store_put_commit(struct store_put *p, struct error *e) MUST_CHECK;
/* Gives up: what store_put_begin made is gone. Same as freeing it. */
void store_put_abort(struct store_put *p);
/* All of the above for bytes that are in memory; `sha256` may be NULL, *wrapped_key belongs to mem. */
enum result store_put_bytes(struct store *s, TALLOC_CTX *mem, const struct store_key *key, const void *bytes, size_t n,
    uint8_t sha256[32], struct bytes *wrapped_key, struct error *e) MUST_CHECK;

/* Reading. NOT_FOUND when there is no such object; DAMAGED when it or its key is not what was written. `*out` is a
 * child of mem and closes when freed. */
enum result store_get_open(struct store *s, TALLOC_CTX *mem, const struct store_object *object, struct store_get **out,
    struct error *e) MUST_CHECK;
int64_t store_get_size(const struct store_get *g);
/* Up to n bytes from `offset`; *got < n only at the end. DAMAGED when they are not what was written: a byte that fails
 * its proof is never given. The first read at a place costs one pass over what stands before it. */
enum result store_get_read_at(
    struct store_get *g, int64_t offset, void *bytes, size_t n, size_t *got, struct error *e) MUST_CHECK;
/* The whole object into mem; DAMAGED when it is larger than max. */
enum result store_get_bytes(struct store *s, TALLOC_CTX *mem, const struct store_object *object, size_t max,
    struct bytes *out, struct error *e) MUST_CHECK;

enum result store_exists(struct store *s, const struct store_key *key, bool *out, struct error *e) MUST_CHECK;
/* Removes an object; one that is not there is no fault. */
enum result store_remove(struct store *s, const struct store_key *key, struct error *e) MUST_CHECK;
/* Removes an object that its writer committed a moment ago and has no use for, where it was committed: a bucket behind
 * the directory is not asked, so that nobody waits for it. What was moved there in that moment is an orphan. */
enum result store_take_back(struct store *s, const struct store_key *key, struct error *e) MUST_CHECK;
/* Takes an object that is not what was written out of the store without destroying it: it lies in the folder `aside`
 * then, as ORGANISATION.ID, where an operator may look at it and remove it. NOT_FOUND. A directory's object only. */
enum result store_set_aside(struct store *s, const struct store_key *key, struct error *e) MUST_CHECK;

/* Calls `each` for every object, in any order; one that comes or goes meanwhile may be missed. `age_s`: seconds since
 * it was written. A fault of `each` ends the walk. *strange: files that are no objects of ours, which are left alone.
 */
typedef enum result store_seen(void *arg, const struct store_key *key, int64_t age_s, struct error *e);
enum result store_list(struct store *s, store_seen *each, void *arg, unsigned *strange, struct error *e) MUST_CHECK;

/* Whether an object could be written now: a directory makes and removes a small file; no fsync, cheap enough for a
 * health check. A bucket answers whether it lets us look into it. STORAGE_FULL when less than 16 MiB are free, else IO
 * or UNAVAILABLE. */
enum result store_writable(struct store *s, struct error *e) MUST_CHECK;
/* How many bytes may still be written where objects are first stored. Asks the file system only. IO. */
enum result store_room(struct store *s, int64_t *bytes, struct error *e) MUST_CHECK;
/* STORAGE_FULL when so many bytes more would leave less than `keep` of that. */
enum result store_demand_room(struct store *s, int64_t bytes, int64_t keep, struct error *e) MUST_CHECK;
/* Removes what writers that died left behind: temporary files not touched for older_than_s seconds. Their number into
 * *removed (may be NULL). Give it more than the longest upload. */
enum result store_clean(struct store *s, int64_t older_than_s, unsigned *removed, struct error *e) MUST_CHECK;

#endif
