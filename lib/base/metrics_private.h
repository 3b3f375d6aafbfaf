/* The layout of the shared file of counters; private to lib/base. */
#ifndef BASE_METRICS_PRIVATE_H
#define BASE_METRICS_PRIVATE_H

#include <stdatomic.h>

#include "metrics.h"

#define METRIC_LABELS_MAX 3
#define METRICS_SLOTS 256
#define METRIC_ABSENT INT64_MIN /* of a gauge that nobody has set */

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_GAUGE_US, METRIC_HISTOGRAM };
enum metric_where { METRIC_SUM, METRIC_SPARSE, METRIC_POOL, METRIC_LAST, METRIC_LIVE };

/* Sizes of the sets, at compile time. */
#define METRIC_ONE(value) +1
enum {
#define X(set, label) METRIC_N_##set = 0 METRIC_VALUES_##set(METRIC_ONE),
	METRIC_SETS(X)
#undef X
};
/* The bounds, +Inf and the sum. */
enum {
	METRIC_PER_NONE = 1,
	METRIC_PER_REQUEST = 2 METRIC_BOUNDS_REQUEST(METRIC_ONE),
	METRIC_PER_JOB = 2 METRIC_BOUNDS_JOB(METRIC_ONE),
	METRIC_PER_STORE = 2 METRIC_BOUNDS_STORE(METRIC_ONE),
};
/* Where each metric's numbers begin in a slot. */
enum {
#define X(id, name, type, where, a, b, c, bounds, help) \
	METRIC_AT_##id, \
	    METRIC_END_##id = METRIC_AT_##id + METRIC_N_##a * METRIC_N_##b * METRIC_N_##c * METRIC_PER_##bounds - 1,
	METRIC_LIST(X)
#undef X
	    METRIC_CELLS
};

struct metric_set_row {
	const char *label;
	const char *const *values;
	unsigned n;
};
struct metric_row {
	const char *name, *help;
	enum metric_type type;
	enum metric_where where;
	unsigned sets[METRIC_LABELS_MAX]; /* of metric_sets; 0: none */
	const int64_t *bounds;
	unsigned n_bounds, at, per, n; /* n combinations of labels with `per` numbers each, from `at` */
};
extern const struct metric_set_row metric_sets[];
extern const struct metric_row metric_rows[METRIC__COUNT];

/* One cache line of its own, as each process writes its own often. */
struct metrics_slot_head {
	_Alignas(64) _Atomic uint32_t pool; /* enum metric_pool + 1; 0: never used */
	_Atomic uint32_t busy;
	_Atomic int64_t started_us; /* of the process that holds it, since 1970 */
};
struct metrics_slot {
	_Alignas(4096) _Atomic uint64_t cells[METRIC_CELLS];
};
struct metrics_id {
	char magic[8];
	uint64_t layout; /* of names, labels and bounds */
};
struct metrics_file {
	struct metrics_id id;
	int64_t made_us;                                    /* since 1970 */
	_Atomic int64_t surveyed_us[METRICS_SURVEY__COUNT]; /* the machine's monotonic clock */
	struct metrics_slot_head heads[METRICS_SLOTS];
	_Atomic int64_t last[METRIC_CELLS];
	struct metrics_slot slots[METRICS_SLOTS];
};

/* What this process has joined: never NULL, its own memory when there is no file. */
struct metrics_file *metrics_here(void);
/* Whether somebody holds a slot. */
bool metrics_slot_lives(unsigned slot);
/* Whether it is this process's own. */
bool metrics_slot_is_mine(unsigned slot);

#endif
