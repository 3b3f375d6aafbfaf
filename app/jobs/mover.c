#include "mover.h"
#include "clock.h"
#include "log.h"
#include "store_settings.h"

#include <signal.h>
#include <string.h>
#include <time.h>

#define IDLE_MS 1000      /* between two looks into the folder */
#define PROBE_US 10000000 /* health wants to hear of the remote store every 60 s */
#define DOWN_MS 3000
#define CLEAN_US 21600000000 /* between two looks for leftovers */
#define STALE_UPLOAD_S 86400

bool mover_needed(const struct settings *s)
{
	return strcmp(s->STORAGE_BACKEND, "s3") == 0;
}

static void stop_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
}

/* True when a signal to stop has come within the time; it is taken. */
static bool stopped_within(int64_t ms)
{
	sigset_t set;
	struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };
	stop_signals(&set);
	return sigtimedwait(&set, NULL, &t) > 0;
}

/* Looks without taking: the loop sees the signal as well. */
static bool go_on(void *arg)
{
	sigset_t set;
	(void)arg;
	sigpending(&set);
	return sigismember(&set, SIGTERM) != 1 && sigismember(&set, SIGINT) != 1;
}

void mover_clean(struct store *store)
{
	struct error e;
	unsigned removed = 0;
	error_clear(&e);
	if (store_clean(store, STALE_UPLOAD_S, &removed, &e) != ERR_OK)
		log_failure(LOG_WARN, "the store can't be cleaned", &e);
	else if (removed > 0)
		log_info("removed what unfinished uploads left", "files", num_text(removed).s);
}

struct mover {
	struct store *store;
	int64_t probe_at_us, clean_at_us;
	bool told; /* of the outage that lasts */
};

static enum result pass(struct mover *m, struct error *e)
{
	unsigned moved = 0, failed = 0;
	if (clock_mono_us() >= m->probe_at_us) {
		TRY(store_probe_remote(m->store, e));
		m->probe_at_us = clock_mono_us() + PROBE_US;
	}
	if (clock_mono_us() >= m->clean_at_us) {
		mover_clean(m->store);
		m->clean_at_us = clock_mono_us() + CLEAN_US;
	}
	enum result r = store_move(m->store, go_on, NULL, &moved, &failed, e);
	if (moved > 0)
		log_info("moved files to the remote store", "files", num_text(moved).s);
	return r;
}

int mover_loop(TALLOC_CTX *mem, const struct settings *s, const struct master_keys *keys)
{
	struct mover m = { .store = NULL };
	struct error e;
	int64_t wait_ms = 0;
	while (!stopped_within(wait_ms)) {
		error_clear(&e);
		enum result r = m.store ? ERR_OK : store_open(mem, s, keys, &m.store, &e);
		if (r == ERR_OK)
			r = pass(&m, &e);
		if (r == ERR_OK && m.told)
			log_info("the remote store takes files again");
		else if (r != ERR_OK && !m.told)
			log_failure(
			    LOG_WARN, "files can't be moved to the remote store; they wait on this machine", &e);
		m.told = r != ERR_OK;
		if (m.told)
			m.probe_at_us = 0;
		wait_ms = m.told ? DOWN_MS : IDLE_MS;
	}
	return 0;
}
