/* The state of what a worker needs. Taken at most once a second by whichever worker is asked first, and shared by all
 * workers of the machine through one small mapped file, so that a balancer's question costs what an empty answer costs.
 * Safe between processes: atomics only. */
#ifndef API_HEALTH_H
#define API_HEALTH_H

#include "app.h"

enum service {
	SERVICE_DATABASE,
	SERVICE_REDIS,
	SERVICE_STORAGE,
	SERVICE_QUEUE,
	SERVICE_MAIL,
	SERVICE_SCANNER,
	SERVICE__COUNT
};
enum service_state { SERVICE_UP, SERVICE_DEGRADED, SERVICE_DOWN, SERVICE_DISABLED };

struct health_snapshot {
	enum service_state state[SERVICE__COUNT];
	int64_t took_us[SERVICE__COUNT]; /* how long it took to find out */
	enum schema_fit schema;
};

/* Maps the file at `name` (followed by the size of what is shared: while the program is changed for another, workers of
 * two versions run), which is made when absent; without one (no such folder, read-only) each worker knows only for
 * itself. */
struct health *health_open(TALLOC_CTX *mem, const char *name);
/* The shared state, at most about a second old; `now`: measured by this call. */
void health_take(struct request *rq, bool now, struct health_snapshot *out);

const char *service_name(enum service s);
const char *service_state_name(enum service_state s);
/* Whether requests should be sent: nothing that all of them need is down, and the schema is not an older one. */
bool health_ready(const struct health_snapshot *s);
/* "unhealthy" when the database or the storage is down, "degraded" when anything else that is wanted is not up, else
 * "healthy". */
const char *health_status(const struct health_snapshot *s);

#endif
