/* Places are asked for every few milliseconds instead of being waited for in the kernel: a lock that is waited for
 * can't be given a time limit without signals, and can't be "any of these". A hash takes 80 ms: a free place stands
 * empty for a hundredth of that among several who wait, and asking costs them less. No state is left that a killed
 * process could spoil. */
#include "clock.h"
#include "hash_slots.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define POLL_NS 5000000
#define RETRY_S 3

struct hash_slots {
	const char *path;
	int fd;           /* -1: not open */
	unsigned n, last; /* last: the place that we had; processes stay where they are when they can */
	bool held;
	unsigned wait_ms;
};

static int slots_free(struct hash_slots *h)
{
	if (h->fd >= 0)
		close(h->fd); /* and with it the lock */
	return 0;
}

struct hash_slots *hash_slots_new(TALLOC_CTX *mem, const char *path, unsigned slots, unsigned wait_ms)
{
	struct hash_slots *h = mem_zero(mem, struct hash_slots);
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	h->path = mem_strdup(h, path);
	h->fd = -1;
	h->n = slots ? slots : cores > 3 ? (unsigned)cores / 2 : 1;
	h->last = (unsigned)getpid() % h->n;
	h->wait_ms = wait_ms;
	talloc_set_destructor(h, slots_free);
	return h;
}

/* True when done; false with errno EAGAIN or EACCES when another process has it. */
static bool lock(const struct hash_slots *h, unsigned slot, short type)
{
	struct flock range = { .l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)slot, .l_len = 1 };
	return fcntl(h->fd, F_OFD_SETLK, &range) == 0;
}

static enum result unusable(const struct hash_slots *h, struct error *e)
{
	error_cause(e, "the file of hash places %s: %s", h->path, strerror(errno));
	return error_set(e, ERR_UNAVAILABLE, NULL);
}

enum result hash_slots_take(struct hash_slots *h, struct error *e)
{
	static const struct timespec pause = { 0, POLL_NS };
	int64_t end = clock_mono_us() + (int64_t)h->wait_ms * 1000;
	if (h->held)
		BUG("a second place for hashing");
	if (h->fd < 0 && (h->fd = open(h->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0)
		return unusable(h, e);
	for (;;) {
		for (unsigned i = 0; i < h->n; i++) {
			unsigned slot = (h->last + i) % h->n;
			if (lock(h, slot, F_WRLCK)) {
				h->last = slot;
				h->held = true;
				return ERR_OK;
			}
			if (errno != EAGAIN && errno != EACCES && errno != EINTR)
				return unusable(h, e);
		}
		if (clock_mono_us() >= end) {
			e->retry_after = RETRY_S;
			return error_set(e, ERR_SERVER_BUSY, NULL);
		}
		nanosleep(&pause, NULL);
	}
}

void hash_slots_give(struct hash_slots *h)
{
	if (!h->held)
		return;
	h->held = false;
	if (!lock(h, h->last, F_UNLCK)) {
		close(h->fd); /* gives it back in any case */
		h->fd = -1;
	}
}
