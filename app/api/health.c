#include "health.h"
#include "clock.h"
#include "health_sql.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FRESH_US 1000000
#define STALE_US 10000000  /* older than this nobody believes it */
#define SCANNER_MS 500     /* a scanner that takes longer to say that it lives does not */
#define REMOTE_SILENT_S 60 /* nobody has reached the remote store for so long */
#define REMOTE_STALE_S 300 /* a file waits longer to be moved there */
#define QUEUE_STALE_S 60   /* work that could run and waits longer: nobody works */

struct health {
	_Atomic int64_t taken_us;  /* machine's monotonic clock; 0: never */
	_Atomic int64_t taking_us; /* when somebody last began to measure */
	_Atomic int state[SERVICE__COUNT];
	_Atomic int64_t took_us[SERVICE__COUNT];
	_Atomic int schema;
};

static void unmap(void *p)
{
	munmap(p, sizeof(struct health));
}

struct health *health_open(TALLOC_CTX *mem, const char *name)
{
	const char *path = mem_printf(mem, "%s-%zu", name, sizeof(struct health));
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || ftruncate(fd, sizeof(struct health)) != 0) {
		log_warn("the state of health is not shared between workers", "path", path, "why", strerror(errno));
		if (fd >= 0)
			close(fd);
		return mem_zero(mem, struct health);
	}
	struct health *h = mmap(NULL, sizeof *h, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (h == MAP_FAILED)
		return mem_zero(mem, struct health);
	mem_defer(mem, unmap, h);
	return h;
}

/* What is shared, into `out`; false when it can't be ours (another version's, a damaged file). */
static bool shared(struct health *h, struct health_snapshot *out)
{
	for (int i = 0; i < SERVICE__COUNT; i++) {
		int state = atomic_load(&h->state[i]);
		if (state < 0 || state > SERVICE_DISABLED)
			return false;
		out->state[i] = (enum service_state)state;
		out->took_us[i] = atomic_load(&h->took_us[i]);
	}
	int schema = atomic_load(&h->schema);
	if (schema < 0 || schema > SCHEMA_TOO_NEW)
		return false;
	out->schema = (enum schema_fit)schema;
	return true;
}

static void measure(struct request *rq, struct health_snapshot *out)
{
	struct app *app = app_of(rq);
	struct error e;
	struct health_row row = { 0 };
	struct store *store;
	int64_t start = clock_mono_us();
	error_clear(&e);
	/* Somebody may have migrated it meanwhile. */
	enum result asked = db_schema_check(app->db, &e);
	if (asked == ERR_OK)
		asked = db_begin_as(app->db, rq->mem, NULL, DB_READ, &e);
	if (asked == ERR_OK)
		asked = health_state_last(app->db, NULL, rq->mem, &row, &e);
	db_rollback(app->db);
	bool database = asked == ERR_OK && row.writable;
	out->schema = db_schema(app->db)->fit;
	bool older = asked == ERR_SCHEMA_OLDER || (database && out->schema == SCHEMA_OLDER);
	if (!database && out->schema != SCHEMA_ABSENT && out->schema != SCHEMA_TOO_NEW)
		out->schema = older ? SCHEMA_OLDER : SCHEMA_UNKNOWN;
	out->state[SERVICE_DATABASE] = older ? SERVICE_DEGRADED : database ? SERVICE_UP : SERVICE_DOWN;
	out->took_us[SERVICE_DATABASE] = clock_mono_us() - start;
	bool works = database && row.jobs_alive && row.waiting_s < QUEUE_STALE_S;
	out->state[SERVICE_QUEUE] = works ? SERVICE_UP : database ? SERVICE_DEGRADED : SERVICE_DOWN;
	out->took_us[SERVICE_QUEUE] = out->took_us[SERVICE_DATABASE];
	/* Nobody asks the mail server itself: what happened to the latest letters tells more. */
	out->state[SERVICE_MAIL] = app->settings.SMTP_HOST[0] == '\0' ? SERVICE_DISABLED
				   : database && !row.mail_troubled   ? SERVICE_UP
								      : SERVICE_DEGRADED;
	out->took_us[SERVICE_MAIL] = out->took_us[SERVICE_DATABASE];

	error_clear(&e);
	start = clock_mono_us();
	out->state[SERVICE_REDIS] = cache_ping(app->cache, NULL, &e) == ERR_OK ? SERVICE_UP : SERVICE_DOWN;
	out->took_us[SERVICE_REDIS] = clock_mono_us() - start;

	error_clear(&e);
	start = clock_mono_us();
	out->state[SERVICE_SCANNER] = !app->scans                                          ? SERVICE_DISABLED
				      : scan_ping(&app->scanner, SCANNER_MS, &e) == ERR_OK ? SERVICE_UP
											   : SERVICE_DEGRADED;
	out->took_us[SERVICE_SCANNER] = clock_mono_us() - start;

	error_clear(&e);
	start = clock_mono_us();
	bool lags = false;
	/* Without room uploads are refused, and all else goes on. */
	enum result stored = app_store(app, &store, &e);
	if (stored == ERR_OK)
		stored = store_writable(store, &e);
	if (stored == ERR_OK)
		stored = app_store_room(app, 0, &e);
	if (stored == ERR_OK)
		stored = store_remote_lag(store, REMOTE_SILENT_S, REMOTE_STALE_S, &lags, &e);
	bool full = stored == ERR_STORAGE_FULL && app->store, storage = stored == ERR_OK || full;
	if (!storage && app->store) {
		/* Its folder may have been mounted anew: the next use opens it again. */
		talloc_free(app->store);
		app->store = NULL;
	}
	out->state[SERVICE_STORAGE] = !storage ? SERVICE_DOWN : full || lags ? SERVICE_DEGRADED : SERVICE_UP;
	out->took_us[SERVICE_STORAGE] = clock_mono_us() - start;
}

void health_take(struct request *rq, bool now, struct health_snapshot *out)
{
	struct health *h = app_of(rq)->health;
	int64_t clock = clock_mono_us(), taken = atomic_load(&h->taken_us), taking = atomic_load(&h->taking_us);
	/* A clock that went back is another boot's file. */
	bool fresh = taken != 0 && clock >= taken && clock - taken < FRESH_US;
	bool usable = taken != 0 && clock >= taken && clock - taken < STALE_US;
	bool busy = clock >= taking && clock - taking < FRESH_US;
	struct health_snapshot last;
	bool known = shared(h, &last);
	if (!now && known &&
	    (fresh || (usable && (busy || !atomic_compare_exchange_strong(&h->taking_us, &taking, clock))))) {
		*out = last;
		return;
	}
	measure(rq, out);
	for (int i = 0; i < SERVICE__COUNT; i++) {
		int before = atomic_exchange(&h->state[i], (int)out->state[i]);
		atomic_store(&h->took_us[i], out->took_us[i]);
		if (taken != 0 && known && before != (int)out->state[i])
			log_warn("a service changed its state", "service", service_name((enum service)i), "state",
			    service_state_name(out->state[i]));
	}
	atomic_store(&h->schema, (int)out->schema);
	atomic_store(&h->taken_us, clock_mono_us());
}

const char *service_name(enum service s)
{
	static const char *const names[] = { "database", "redis", "storage", "queue", "mail", "scanner" };
	return names[s];
}

const char *service_state_name(enum service_state s)
{
	static const char *const names[] = { "up", "degraded", "down", "disabled" };
	return names[s];
}

bool health_ready(const struct health_snapshot *s)
{
	return s->state[SERVICE_DATABASE] == SERVICE_UP && s->state[SERVICE_STORAGE] != SERVICE_DOWN;
}

const char *health_status(const struct health_snapshot *s)
{
	if (s->state[SERVICE_DATABASE] == SERVICE_DOWN || s->state[SERVICE_STORAGE] == SERVICE_DOWN)
		return "unhealthy";
	for (int i = 0; i < SERVICE__COUNT; i++)
		if (s->state[i] != SERVICE_UP && s->state[i] != SERVICE_DISABLED)
			return "degraded";
	return "healthy";
}
