/* Counters for the operator: one file of atomic numbers, mapped by every process of a machine; each has a slot of its
 * own and any of them can write the whole page. Counting takes no lock, no system call and no memory; without the file
 * it goes into the process's own memory, and nobody sees it.
 *
 * A slot belongs to whoever holds the lock on its byte of the file, which the kernel lets go of when the process ends,
 * however it ends. The next process of the same pool goes on counting in the slot of one that has ended, so that no
 * count is lost and nothing has to be moved from place to place by somebody who may die meanwhile. */
#ifndef BASE_METRICS_H
#define BASE_METRICS_H

#include "buf.h"
#include "metric_list.h"

enum metric {
#define X(id, ...) METRIC_##id,
	METRIC_LIST(X)
#undef X
	    METRIC__COUNT
};

enum metric_pool { METRIC_POOL_API, METRIC_POOL_BULK, METRIC_POOL_JOBS, METRIC_POOL__COUNT };

/* Joins the file at `path`, made (0600) when it is absent and made anew when it is of another layout or damaged; "":
 * no file. What can't be done is told once in the log, and the program goes on without. Call it once, after a fork: a
 * child has a slot of its own. Waits a fifth of a second at most, for others who start at the same time. */
void metrics_open(const char *path, enum metric_pool pool);
/* For programs that only tell what they found (metric_set): joins a file that is there and fits, without a slot. False:
 * there is none, and nobody will see it. */
bool metrics_attach(const char *path);
/* Gives the slot back and unmaps the file. */
void metrics_close(void);

/* The place of a combination of labels among those of `m`; NULL for labels that it does not have. A value that is not
 * in its set is "other" where the set has that, else a BUG. */
unsigned metric_cell(enum metric m, const char *a, const char *b, const char *c);
/* The place of a value in the set of the n-th label (from 0); the same rule. */
unsigned metric_value(enum metric m, unsigned label, const char *value);

/* The same for places that are known: of labels that it does not have, 0. For what is counted with each request. */
unsigned metric_place(enum metric m, unsigned a, unsigned b, unsigned c);
/* The value at a place of the n-th label's set. */
const char *metric_value_name(enum metric m, unsigned label, unsigned place);
/* How many combinations of labels a metric has. */
unsigned metric_cells(enum metric m);

/* Counters (SUM, SPARSE, POOL). */
void metric_add(enum metric m, unsigned cell, uint64_t n);
/* Histograms: one observation. */
void metric_observe(enum metric m, unsigned cell, int64_t us);
/* Gauges of the machine (LAST). metric_unset: it is not known any more, and not shown. */
void metric_set(enum metric m, unsigned cell, int64_t value);
void metric_unset(enum metric m, unsigned cell);
/* Whether this process has something in hand. */
void metrics_busy(bool busy);

/* Whether it is the caller's turn to measure what is worth measuring once in a while: true for one process in
 * `period_us`. */
enum metrics_survey { METRICS_SURVEY_QUEUE, METRICS_SURVEY_STORED, METRICS_SURVEY__COUNT };
bool metrics_survey_due(enum metrics_survey which, int64_t period_us);

/* Writes the page in Prometheus' text format (version 0.0.4). `live` is called for each LIVE metric that the library
 * does not know itself, and gives its samples with metric_sample(). */
#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"
typedef void metrics_live(void *arg, enum metric m, struct buf *out);
void metrics_write(struct buf *out, metrics_live *live, void *arg);
/* One sample of a metric: up to two labels (NULL: none). */
void metric_sample(struct buf *out, enum metric m, const char *label_1, const char *value_1, const char *label_2,
    const char *value_2, int64_t value);

#endif
