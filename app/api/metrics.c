/* GET /metrics, for Prometheus: what all processes of this machine have counted, and what is asked of the database now.
 */
#include "metrics.h"
#include "health.h"
#include "health_sql.h"
#include "log.h"

#define QUEUE_PERIOD_US 1000000
/* Each row is read; how much is stored changes slowly enough for once a minute. */
#define STORED_PERIOD_US 60000000

static void forget(enum metric m)
{
	for (unsigned cell = 0; cell < metric_cells(m); cell++)
		metric_unset(m, cell);
}

static enum result ask_queue(struct request *rq, struct queue_depth **rows, size_t *n, struct error *e)
{
	struct db *db = app_of(rq)->db;
	TRY(db_begin_as(db, rq->mem, NULL, DB_READ, e));
	return queue_depths_last(db, NULL, rq->mem, rows, n, e);
}

static void look_at_queue(struct request *rq, bool database)
{
	static const enum metric all[] = { METRIC_QUEUE_WAITING, METRIC_QUEUE_RUNNING, METRIC_QUEUE_LATER,
		METRIC_QUEUE_AGE };
	struct queue_depth *rows;
	struct error e;
	size_t n;
	error_clear(&e);
	if (!database || ask_queue(rq, &rows, &n, &e) != ERR_OK) {
		for (size_t i = 0; i < ARRAY_LEN(all); i++)
			forget(all[i]);
		return;
	}
	unsigned kinds = metric_cells(METRIC_QUEUE_WAITING);
	struct queue_depth *sums = mem_array(rq->mem, struct queue_depth, kinds);
	/* Kinds that have no label of their own share one. */
	for (size_t i = 0; i < n; i++) {
		struct queue_depth *s = &sums[metric_value(METRIC_QUEUE_WAITING, 0, rows[i].kind)];
		s->waiting += rows[i].waiting;
		s->running += rows[i].running;
		s->later += rows[i].later;
		s->oldest_s = rows[i].oldest_s > s->oldest_s ? rows[i].oldest_s : s->oldest_s;
	}
	for (unsigned k = 0; k < kinds; k++) {
		metric_set(METRIC_QUEUE_WAITING, k, sums[k].waiting);
		metric_set(METRIC_QUEUE_RUNNING, k, sums[k].running);
		metric_set(METRIC_QUEUE_LATER, k, sums[k].later);
		metric_set(METRIC_QUEUE_AGE, k, (int64_t)(sums[k].oldest_s * 1e6));
	}
}

static enum result ask_stored(struct request *rq, struct stored_row *row, struct error *e)
{
	struct db *db = app_of(rq)->db;
	TRY(db_begin_as(db, rq->mem, NULL, DB_READ, e));
	return stored_sum_last(db, NULL, rq->mem, row, e);
}

static void look_at_stored(struct request *rq, bool database)
{
	struct stored_row row;
	struct error e;
	error_clear(&e);
	if (!database || ask_stored(rq, &row, &e) != ERR_OK) {
		forget(METRIC_STORED_FILES);
		forget(METRIC_STORED_BYTES);
		return;
	}
	metric_set(METRIC_STORED_FILES, 0, row.files);
	metric_set(METRIC_STORED_BYTES, 0, row.bytes);
}

struct page {
	struct request *rq;
	struct health_snapshot health;
};

static void write_services(const struct page *p, struct buf *out)
{
	for (int i = 0; i < SERVICE__COUNT; i++)
		for (int s = SERVICE_UP; s <= SERVICE_DISABLED; s++)
			metric_sample(out, METRIC_SERVICE_STATE, "service", service_name((enum service)i), "state",
			    service_state_name((enum service_state)s), p->health.state[i] == (enum service_state)s);
}

static void write_room(const struct page *p, struct buf *out)
{
	struct store *store;
	struct error e;
	int64_t bytes;
	error_clear(&e);
	if (app_store(app_of(p->rq), &store, &e) == ERR_OK && store_room(store, &bytes, &e) == ERR_OK)
		metric_sample(out, METRIC_STORE_FREE, NULL, NULL, NULL, NULL, bytes);
}

static void write_live(void *arg, enum metric m, struct buf *out)
{
	if (m == METRIC_SERVICE_STATE)
		write_services(arg, out);
	else if (m == METRIC_STORE_FREE)
		write_room(arg, out);
}

enum result metrics_show(struct request *rq, struct response *rs, struct error *e)
{
	(void)e;
	struct page p = { .rq = rq };
	health_take(rq, false, &p.health);
	bool database = p.health.state[SERVICE_DATABASE] == SERVICE_UP;
	/* What is not known is not shown, and what was asked a moment ago is not asked again. */
	if (metrics_survey_due(METRICS_SURVEY_QUEUE, QUEUE_PERIOD_US))
		look_at_queue(rq, database);
	if (metrics_survey_due(METRICS_SURVEY_STORED, STORED_PERIOD_US))
		look_at_stored(rq, database);
	metrics_write(response_text(rs, METRICS_CONTENT_TYPE), write_live, &p);
	return ERR_OK;
}
