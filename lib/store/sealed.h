/* How an object lies in a backend: encrypted, authenticated, bound to its identity. Private to lib/store.
 *
 *   header   "SCF1", 4 bytes 0, id of the master key (8), id of the object (16), header of the stream (24)
 *   pieces   each of 65536 bytes of the file, sealed (17 more); the last one, perhaps empty, is marked as such
 *
 * The header (but for the stream's own) and the organisation's id are proved with every piece, so that objects can't be
 * exchanged, cut short, joined or reordered. The master key's id is that of the day of writing and informs only. */
#ifndef STORE_SEALED_H
#define STORE_SEALED_H

#include "crypto.h"
#include "store.h"

/* Where the sealed bytes go or come from: a backend's calls on its state. `write_aside`: a second thread may call
 * `write`, as long as nobody calls anything else meanwhile; it touches no talloc memory but reads `state`. */
struct sealed_io {
	void *state;
	bool write_aside;
	enum result (*write)(void *state, const void *bytes, size_t n, struct error *e);
	enum result (*read_at)(void *state, int64_t offset, void *bytes, size_t n, size_t *got, struct error *e);
};

struct sealed; /* a child of mem; wipes what is secret when freed */

/* Begins an object to be written: its header goes to io. */
enum result sealed_create(TALLOC_CTX *mem, const struct sealed_io *io, const struct store_key *key,
    const char *master_id, const uint8_t file_key[CRYPTO_KEY_SIZE], struct sealed **out, struct error *e) MUST_CHECK;
enum result sealed_write(struct sealed *s, const void *bytes, size_t n, struct error *e) MUST_CHECK;
/* From here on a second thread (lane.h) seals and writes, some 256 KB at a time, until the object is finished, read or
 * freed. Failures are told by a later call. Does nothing where `write` does not allow it or no thread is to be had. */
void sealed_write_aside(struct sealed *s);
/* Writes the last piece. */
enum result sealed_finish(struct sealed *s, struct error *e) MUST_CHECK;

/* Begins an object to be read, of which the backend has `stored` bytes. DAMAGED when it can't be one of ours or is not
 * this one. */
enum result sealed_open(TALLOC_CTX *mem, const struct sealed_io *io, const struct store_key *key, int64_t stored,
    const uint8_t file_key[CRYPTO_KEY_SIZE], struct sealed **out, struct error *e) MUST_CHECK;

/* Bytes of the file. */
int64_t sealed_size(const struct sealed *s);
/* Up to n bytes of the file from `offset`; *got < n only at the end. Going forward costs one pass; going back is free,
 * as is any place of an object that is being written. DAMAGED when a byte is not what was written. */
enum result sealed_read_at(
    struct sealed *s, int64_t offset, void *bytes, size_t n, size_t *got, struct error *e) MUST_CHECK;

#endif
