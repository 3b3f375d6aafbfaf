#include "metrics_private.h"
#include "clock.h"
#include "error.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAGIC "SCMETR1"
#define HEAD_SIZE offsetof(struct metrics_file, slots)
#define LOCK_TRIES 100
#define LOCK_PAUSE_NS 2000000
/* Bytes of the file that are locked, whatever stands there: the making of the file, then each slot. */
#define LOCK_MAKING 0
#define LOCK_SLOT(i) (1 + (off_t)(i))

/* Without a file: one slot in our own memory. Like the log, counting has no handle that would have to be passed to
 * whatever may count. */
static struct metrics_file own; /* only the pages that are touched cost anything */
static struct {
	struct metrics_file *file;
	_Atomic uint64_t *cells;
	unsigned slot;
	int fd;
	bool mapped, holds;
} here = { .file = &own, .cells = own.slots[0].cells, .fd = -1 };

/* ---- the list as tables ---- */

#define VALUE(value) value,
#define X(set, label) static const char *const values_##set[] = { METRIC_VALUES_##set(VALUE) };
METRIC_SETS(X)
#undef X
enum set_index {
#define X(set, label) SET_##set,
	METRIC_SETS(X)
#undef X
};
const struct metric_set_row metric_sets[] = {
#define X(set, label) { label, values_##set, METRIC_N_##set },
	METRIC_SETS(X)
#undef X
};

static const int64_t bounds_REQUEST[] = { METRIC_BOUNDS_REQUEST(VALUE) };
static const int64_t bounds_JOB[] = { METRIC_BOUNDS_JOB(VALUE) };
static const int64_t bounds_STORE[] = { METRIC_BOUNDS_STORE(VALUE) };
static const int64_t bounds_NONE[] = { 0 };

const struct metric_row metric_rows[METRIC__COUNT] = {
#define X(id, name, type, where, a, b, c, bounds, help) \
	{ name, help, METRIC_##type, METRIC_##where, { SET_##a, SET_##b, SET_##c }, bounds_##bounds, \
		METRIC_PER_##bounds > 1 ? METRIC_PER_##bounds - 2 : 0, METRIC_AT_##id, METRIC_PER_##bounds, \
		METRIC_N_##a * METRIC_N_##b * METRIC_N_##c },
	METRIC_LIST(X)
#undef X
};

/* ---- counting ---- */

static const struct metric_row *row_of(enum metric m, unsigned cell)
{
	const struct metric_row *r = &metric_rows[m];
	if (cell >= r->n)
		BUG("a cell of %s that it does not have", r->name);
	return r;
}

unsigned metric_value(enum metric m, unsigned label, const char *value)
{
	const struct metric_set_row *s = &metric_sets[metric_rows[m].sets[label]];
	for (unsigned i = 0; i < s->n; i++)
		if (strcmp(s->values[i], value ? value : "") == 0)
			return i;
	if (strcmp(s->values[s->n - 1], "other") != 0)
		BUG("%s has no %s '%s'", metric_rows[m].name, s->label, value ? value : "");
	return s->n - 1;
}

unsigned metric_place(enum metric m, unsigned a, unsigned b, unsigned c)
{
	const struct metric_row *r = &metric_rows[m];
	return (a * metric_sets[r->sets[1]].n + b) * metric_sets[r->sets[2]].n + c;
}

unsigned metric_cell(enum metric m, const char *a, const char *b, const char *c)
{
	return metric_place(m, metric_value(m, 0, a), metric_value(m, 1, b), metric_value(m, 2, c));
}

const char *metric_value_name(enum metric m, unsigned label, unsigned place)
{
	const struct metric_set_row *s = &metric_sets[metric_rows[m].sets[label]];
	if (place >= s->n)
		BUG("%s has no place %u of %s", metric_rows[m].name, place, s->label);
	return s->values[place];
}

unsigned metric_cells(enum metric m)
{
	return metric_rows[m].n;
}

void metric_add(enum metric m, unsigned cell, uint64_t n)
{
	const struct metric_row *r = row_of(m, cell);
	atomic_fetch_add_explicit(&here.cells[r->at + cell], n, memory_order_relaxed);
}

void metric_observe(enum metric m, unsigned cell, int64_t us)
{
	const struct metric_row *r = row_of(m, cell);
	_Atomic uint64_t *cells = &here.cells[r->at + cell * r->per];
	unsigned i = 0;
	if (us < 0)
		us = 0;
	while (i < r->n_bounds && us > r->bounds[i])
		i++;
	atomic_fetch_add_explicit(&cells[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&cells[r->n_bounds + 1], (uint64_t)us, memory_order_relaxed);
}

void metric_set(enum metric m, unsigned cell, int64_t value)
{
	const struct metric_row *r = row_of(m, cell);
	atomic_store_explicit(&here.file->last[r->at + cell], value, memory_order_relaxed);
}

void metric_unset(enum metric m, unsigned cell)
{
	metric_set(m, cell, METRIC_ABSENT);
}

void metrics_busy(bool busy)
{
	atomic_store_explicit(&here.file->heads[here.slot].busy, busy, memory_order_relaxed);
}

bool metrics_survey_due(enum metrics_survey which, int64_t period_us)
{
	_Atomic int64_t *at = &here.file->surveyed_us[which];
	int64_t now = clock_mono_us(), before = atomic_load(at);
	/* A clock that went back is another boot's file. */
	if (before != 0 && now >= before && now - before < period_us)
		return false;
	return atomic_compare_exchange_strong(at, &before, now);
}

/* ---- the file ---- */

struct metrics_file *metrics_here(void)
{
	return here.file;
}

bool metrics_slot_is_mine(unsigned slot)
{
	return (here.holds || !here.mapped) && slot == here.slot;
}

static bool lock(int fd, off_t byte, short type, int command, struct flock *range)
{
	*range = (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };
	return fcntl(fd, command, range) == 0;
}

bool metrics_slot_lives(unsigned slot)
{
	struct flock range;
	if (metrics_slot_is_mine(slot))
		return true;
	return here.mapped && lock(here.fd, LOCK_SLOT(slot), F_WRLCK, F_OFD_GETLK, &range) && range.l_type != F_UNLCK;
}

static uint64_t mix(uint64_t h, const void *p, size_t n)
{
	for (const uint8_t *b = p; n > 0; b++, n--)
		h = (h ^ *b) * 1099511628211u;
	return h;
}

static uint64_t layout(void)
{
	uint64_t h = 14695981039346656037u;
	for (unsigned i = 0; i < METRIC__COUNT; i++) {
		const struct metric_row *r = &metric_rows[i];
		h = mix(h, r->name, strlen(r->name) + 1);
		h = mix(h, &r->where, sizeof r->where);
		h = mix(h, r->bounds, r->n_bounds * sizeof *r->bounds);
		for (unsigned k = 0; k < METRIC_LABELS_MAX; k++) {
			const struct metric_set_row *s = &metric_sets[r->sets[k]];
			for (unsigned v = 0; v < s->n; v++)
				h = mix(h, s->values[v], strlen(s->values[v]) + 1);
		}
	}
	return h;
}

/* Whether the file is one of ours, whole and of this layout. */
static bool fits(int fd)
{
	struct metrics_id id;
	struct stat st;
	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == (off_t)sizeof(struct metrics_file) &&
	       pread(fd, &id, sizeof id, 0) == (ssize_t)sizeof id && memcmp(id.magic, MAGIC, sizeof id.magic) == 0 &&
	       id.layout == layout();
}

/* Fills an empty file; the magic comes last, so that one whose maker died is seen to be damaged. */
static bool fill(int fd)
{
	struct metrics_file *f;
	/* Its pages now: a page that a full tmpfs can't give later would end the process that touches it. */
	if (ftruncate(fd, sizeof *f) != 0 || (errno = posix_fallocate(fd, 0, HEAD_SIZE)) != 0)
		return false;
	f = mmap(NULL, HEAD_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (f == MAP_FAILED)
		return false;
	f->id.layout = layout();
	f->made_us = clock_now_us();
	for (unsigned i = 0; i < METRIC_CELLS; i++)
		atomic_store(&f->last[i], METRIC_ABSENT);
	atomic_thread_fence(memory_order_seq_cst);
	memcpy(f->id.magic, MAGIC, sizeof f->id.magic);
	munmap(f, HEAD_SIZE);
	return true;
}

/* A new file takes the place of one that does not fit; whoever still has that one goes on with it. */
static bool replace(const char *path)
{
	char fresh[512];
	if (snprintf(fresh, sizeof fresh, "%s.new", path) >= (int)sizeof fresh) {
		errno = ENAMETOOLONG;
		return false;
	}
	unlink(fresh);
	int fd = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool ok = fd >= 0 && fill(fd) && rename(fresh, path) == 0;
	int why = errno;
	if (fd >= 0)
		close(fd);
	if (!ok)
		unlink(fresh);
	errno = why;
	return ok;
}

static bool lock_making(int fd)
{
	static const struct timespec pause = { 0, LOCK_PAUSE_NS };
	struct flock range;
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (lock(fd, LOCK_MAKING, F_WRLCK, F_OFD_SETLK, &range))
			return true;
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return false;
		nanosleep(&pause, NULL);
	}
	return false;
}

/* Opens the file, making it when it has to be; -1 with errno. */
static int open_file(const char *path)
{
	for (int tries = 0; tries < 5; tries++) {
		struct stat mine, named;
		struct flock range;
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0)
			return -1;
		if (fits(fd))
			return fd;
		bool ok = lock_making(fd);
		/* Somebody may have made it, or put another in its place, before the lock was ours. */
		bool same = ok && fstat(fd, &mine) == 0 && stat(path, &named) == 0 && mine.st_ino == named.st_ino &&
			    mine.st_dev == named.st_dev;
		if (same && !fits(fd))
			ok = mine.st_size == 0 ? fill(fd) : replace(path);
		if (same && ok && fits(fd) && lock(fd, LOCK_MAKING, F_UNLCK, F_OFD_SETLK, &range))
			return fd;
		int why = errno;
		close(fd);
		errno = why;
		if (!ok)
			return -1;
	}
	errno = EAGAIN;
	return -1;
}

static bool map(int fd)
{
	struct metrics_file *f = mmap(NULL, sizeof *f, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (f == MAP_FAILED)
		return false;
	here.file = f;
	here.fd = fd;
	here.mapped = true;
	return true;
}

/* Takes the slot when nobody lives in it and it is new or of our pool. */
static bool take(unsigned i, enum metric_pool pool)
{
	struct metrics_slot_head *head = &here.file->heads[i];
	struct flock range;
	uint32_t was = atomic_load(&head->pool);
	if ((was != 0 && was != (uint32_t)pool + 1) || !lock(here.fd, LOCK_SLOT(i), F_WRLCK, F_OFD_SETLK, &range))
		return false;
	was = atomic_load(&head->pool);
	int why = was != 0 && was != (uint32_t)pool + 1
		      ? EAGAIN
		      : posix_fallocate(here.fd, (off_t)((char *)&here.file->slots[i] - (char *)here.file),
			    sizeof(struct metrics_slot));
	if (why != 0) {
		(void)lock(here.fd, LOCK_SLOT(i), F_UNLCK, F_OFD_SETLK, &range);
		errno = why;
		return false;
	}
	atomic_store(&head->busy, 0);
	atomic_store(&head->started_us, clock_now_us());
	atomic_store(&head->pool, (uint32_t)pool + 1);
	here.slot = i;
	here.cells = here.file->slots[i].cells;
	here.holds = true;
	return true;
}

void metrics_open(const char *path, enum metric_pool pool)
{
	int fd;
	atomic_store(&own.heads[0].pool, (uint32_t)pool + 1);
	atomic_store(&own.heads[0].started_us, clock_now_us());
	own.made_us = clock_now_us();
	for (unsigned i = 0; i < METRIC_CELLS; i++)
		atomic_store(&own.last[i], METRIC_ABSENT);
	if (*path && (fd = open_file(path)) >= 0 && map(fd)) {
		/* First the places of the pool's own that have ended, so that their number stays what it was. */
		for (int fresh = 0; fresh < 2 && !here.holds; fresh++)
			for (unsigned i = 0; i < METRICS_SLOTS && !here.holds; i++)
				if ((atomic_load(&here.file->heads[i].pool) == 0) == (fresh == 1))
					(void)take(i, pool);
	}
	if (*path && !here.holds) {
		log_warn("what this process counts is not seen in the metrics", "path", path, "why", strerror(errno));
		metrics_close();
	}
	metric_add(METRIC_WORKER_STARTS, 0, 1);
}

bool metrics_attach(const char *path)
{
	int fd = *path ? open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW) : -1;
	if (fd >= 0 && fits(fd) && map(fd))
		return true;
	if (fd >= 0)
		close(fd);
	return false;
}

void metrics_close(void)
{
	if (here.mapped) {
		metrics_busy(false);
		munmap(here.file, sizeof *here.file);
		close(here.fd);
	}
	here.file = &own;
	here.cells = own.slots[0].cells;
	here.slot = 0;
	here.fd = -1;
	here.mapped = here.holds = false;
}
