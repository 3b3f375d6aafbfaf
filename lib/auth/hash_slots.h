/* How many passwords may be hashed at once on a machine. scrypt takes a whole core and 32 MiB; without a bound fifty
 * logins at once would slow each other, and all else, to a crawl. The places are byte ranges of one file, locked by
 * open-file-description locks: the kernel gives a place back when its process ends, however it ends. */
#ifndef AUTH_HASH_SLOTS_H
#define AUTH_HASH_SLOTS_H

#include "error.h"
#include "mem.h"

struct hash_slots;

/* `path`: a file that all programs of the machine name alike; made (mode 0600) at the first use, never read or written.
 * `slots`: places, 0: half of the machine's cores, at least one. `wait_ms`: how long hash_slots_take waits. Touches
 * nothing yet, so that it can't fail. One handle per process, made after fork; freeing it gives its place back. */
struct hash_slots *hash_slots_new(TALLOC_CTX *mem, const char *path, unsigned slots, unsigned wait_ms);

/* Takes a place, waiting for one. SERVER_BUSY with retry_after when none became free in time; UNAVAILABLE with the
 * cause when the file can't be used: no hashing without its bound. Taking a second place is a BUG. */
enum result hash_slots_take(struct hash_slots *h, struct error *e) MUST_CHECK;
void hash_slots_give(struct hash_slots *h);

#endif
