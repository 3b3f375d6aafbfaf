/* The page of all metrics, in Prometheus' text format. */
#include "metrics_private.h"

#include <string.h>

static const char *const pool_names[METRIC_POOL__COUNT] = { "api", "bulk", "jobs" };
static const char *const type_names[] = { "counter", "gauge", "gauge", "histogram" };

/* Microseconds as seconds, exactly. */
static void add_seconds(struct buf *out, uint64_t us)
{
	buf_printf(out, "%llu.%06llu", (unsigned long long)(us / 1000000), (unsigned long long)(us % 1000000));
}

void metric_sample(struct buf *out, enum metric m, const char *label_1, const char *value_1, const char *label_2,
    const char *value_2, int64_t value)
{
	buf_str(out, metric_rows[m].name);
	if (label_1)
		buf_printf(out, "{%s=\"%s\"", label_1, value_1);
	if (label_2)
		buf_printf(out, ",%s=\"%s\"", label_2, value_2);
	buf_printf(out, "%s %lld\n", label_1 ? "}" : "", (long long)value);
}

/* The labels of a combination and one more, in braces; nothing when there are none. */
static void add_labels(struct buf *out, const struct metric_row *r, unsigned cell, const char *more, const char *value)
{
	unsigned place[METRIC_LABELS_MAX];
	const char *open = "{";
	for (int k = METRIC_LABELS_MAX - 1; k >= 0; k--) {
		unsigned n = metric_sets[r->sets[k]].n;
		place[k] = cell % n;
		cell /= n;
	}
	for (unsigned k = 0; k < METRIC_LABELS_MAX; k++) {
		const struct metric_set_row *s = &metric_sets[r->sets[k]];
		if (r->sets[k] == 0)
			continue;
		buf_printf(out, "%s%s=\"%s\"", open, s->label, s->values[place[k]]);
		open = ",";
	}
	if (more) {
		buf_printf(out, "%s%s=\"%s\"", open, more, value);
		open = ",";
	}
	if (*open == ',')
		buf_char(out, '}');
}

static uint64_t get(const struct metrics_file *f, unsigned slot, unsigned at)
{
	return atomic_load_explicit(&f->slots[slot].cells[at], memory_order_relaxed);
}

/* The numbers of all slots, or of one pool's, added up. */
static void sum_up(const struct metric_row *r, unsigned from, unsigned n, int pool, uint64_t *out)
{
	const struct metrics_file *f = metrics_here();
	memset(out, 0, n * sizeof *out);
	for (unsigned s = 0; s < METRICS_SLOTS; s++) {
		uint32_t of = atomic_load_explicit(&f->heads[s].pool, memory_order_relaxed);
		if (of == 0 || (pool >= 0 && of != (uint32_t)pool + 1))
			continue;
		for (unsigned i = 0; i < n; i++)
			out[i] += get(f, s, r->at + from + i);
	}
}

static void write_histogram(struct buf *out, const struct metric_row *r, unsigned cell, const uint64_t *numbers)
{
	uint64_t n = 0;
	char bound[32];
	for (unsigned i = 0; i <= r->n_bounds; i++) {
		/* Each bucket holds those of the ones below it too. */
		n += numbers[i];
		if (i < r->n_bounds)
			snprintf(bound, sizeof bound, "%g", (double)r->bounds[i] / 1e6);
		buf_printf(out, "%s_bucket", r->name);
		add_labels(out, r, cell, "le", i < r->n_bounds ? bound : "+Inf");
		buf_printf(out, " %llu\n", (unsigned long long)n);
	}
	buf_printf(out, "%s_sum", r->name);
	add_labels(out, r, cell, NULL, NULL);
	buf_char(out, ' ');
	add_seconds(out, numbers[r->n_bounds + 1]);
	buf_printf(out, "\n%s_count", r->name);
	add_labels(out, r, cell, NULL, NULL);
	buf_printf(out, " %llu\n", (unsigned long long)n);
}

static bool any(const uint64_t *numbers, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (numbers[i])
			return true;
	return false;
}

static void write_sums(struct buf *out, const struct metric_row *r)
{
	uint64_t numbers[METRIC_CELLS];
	sum_up(r, 0, r->n * r->per, -1, numbers);
	for (unsigned cell = 0; cell < r->n; cell++) {
		const uint64_t *at = &numbers[cell * r->per];
		if (r->where == METRIC_SPARSE && !any(at, r->per))
			continue;
		if (r->type == METRIC_HISTOGRAM) {
			write_histogram(out, r, cell, at);
			continue;
		}
		buf_str(out, r->name);
		add_labels(out, r, cell, NULL, NULL);
		buf_printf(out, " %llu\n", (unsigned long long)at[0]);
	}
}

static void write_pools(struct buf *out, enum metric m)
{
	for (int pool = 0; pool < METRIC_POOL__COUNT; pool++) {
		uint64_t n;
		sum_up(&metric_rows[m], 0, 1, pool, &n);
		metric_sample(out, m, "pool", pool_names[pool], NULL, NULL, (int64_t)n);
	}
}

static void write_last(struct buf *out, const struct metric_row *r)
{
	const struct metrics_file *f = metrics_here();
	for (unsigned cell = 0; cell < r->n; cell++) {
		int64_t value = atomic_load_explicit(&f->last[r->at + cell], memory_order_relaxed);
		if (value == METRIC_ABSENT)
			continue;
		buf_str(out, r->name);
		add_labels(out, r, cell, NULL, NULL);
		buf_char(out, ' ');
		if (r->type == METRIC_GAUGE_US)
			add_seconds(out, value > 0 ? (uint64_t)value : 0);
		else
			buf_printf(out, "%lld", (long long)value);
		buf_char(out, '\n');
	}
}

struct pool_look {
	unsigned busy, idle;
	int64_t oldest_us; /* 0: nobody lives */
};

static void look_at(struct pool_look pools[METRIC_POOL__COUNT])
{
	const struct metrics_file *f = metrics_here();
	memset(pools, 0, METRIC_POOL__COUNT * sizeof *pools);
	for (unsigned s = 0; s < METRICS_SLOTS; s++) {
		uint32_t of = atomic_load(&f->heads[s].pool);
		if (of == 0 || of > METRIC_POOL__COUNT || !metrics_slot_lives(s))
			continue;
		struct pool_look *p = &pools[of - 1];
		int64_t started = atomic_load(&f->heads[s].started_us);
		if (atomic_load(&f->heads[s].busy) && !metrics_slot_is_mine(s))
			p->busy++;
		else
			p->idle++;
		if (p->oldest_us == 0 || started < p->oldest_us)
			p->oldest_us = started;
	}
}

static void write_workers(struct buf *out)
{
	struct pool_look pools[METRIC_POOL__COUNT];
	look_at(pools);
	for (int i = 0; i < METRIC_POOL__COUNT; i++) {
		metric_sample(out, METRIC_WORKERS, "pool", pool_names[i], "state", "busy", pools[i].busy);
		metric_sample(out, METRIC_WORKERS, "pool", pool_names[i], "state", "idle", pools[i].idle);
	}
}

static void write_starts(struct buf *out)
{
	struct pool_look pools[METRIC_POOL__COUNT];
	look_at(pools);
	for (int i = 0; i < METRIC_POOL__COUNT; i++)
		if (pools[i].oldest_us != 0)
			metric_sample(
			    out, METRIC_POOL_START, "pool", pool_names[i], NULL, NULL, pools[i].oldest_us / 1000000);
}

static void write_live(struct buf *out, enum metric m, metrics_live *live, void *arg)
{
	switch (m) {
	case METRIC_BUILD_INFO:
		metric_sample(out, m, "version", SCORPIUS_VERSION, NULL, NULL, 1);
		break;
	case METRIC_COUNTING_SINCE:
		metric_sample(out, m, NULL, NULL, NULL, NULL, metrics_here()->made_us / 1000000);
		break;
	case METRIC_POOL_START:
		write_starts(out);
		break;
	case METRIC_WORKERS:
		write_workers(out);
		break;
	default:
		if (live)
			live(arg, m, out);
	}
}

void metrics_write(struct buf *out, metrics_live *live, void *arg)
{
	for (unsigned i = 0; i < METRIC__COUNT; i++) {
		const struct metric_row *r = &metric_rows[i];
		buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", r->name, r->help, r->name, type_names[r->type]);
		if (r->where == METRIC_LIVE)
			write_live(out, (enum metric)i, live, arg);
		else if (r->where == METRIC_LAST)
			write_last(out, r);
		else if (r->where == METRIC_POOL)
			write_pools(out, (enum metric)i);
		else
			write_sums(out, r);
	}
}
