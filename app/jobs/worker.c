/* Leasing: what is done is done once, what fails is tried again, what can't be done says why. */
#include "worker.h"
#include "store_settings.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "log.h"
#include "metrics.h"
#include "uuid.h"

#define POLL_MS 5000
#define POLL_UNTOLD_MS 1000 /* nobody notifies us, behind a pooler */
#define STORE_CHECK_MS 1000
#define JOB_MEMORY ((size_t)3 << 30)

static const struct job_kind *const kinds[] = { &job_read, &job_analyze, &job_mail, &job_erase, &job_export,
	&job_export_end };

static const struct job_kind *kind_of(const struct job *job)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i]->name, job->kind) == 0)
			return kinds[i];
	BUG("a job of kind '%s'", job->kind);
}

int64_t worker_attempts(const struct job *job)
{
	return job->attempt - job->waits;
}

static int64_t most_attempts(const struct worker *w, const struct job *job)
{
	const struct job_kind *kind = kind_of(job);
	return kind->attempts ? kind->attempts(w->settings) : w->settings->JOB_MAX_ATTEMPTS;
}

/* Its former attempts used them up, by dying. */
static bool is_exhausted(const struct worker *w, const struct job *job)
{
	return worker_attempts(job) > most_attempts(w, job);
}

/* Whether this failure of this attempt is the last word. */
static bool is_final(const struct worker *w, const struct job *job, enum result why)
{
	return why == ERR_MAIL_REFUSED || worker_attempts(job) >= most_attempts(w, job);
}

/* Set by the handler, which runs only while a child waits. */
static volatile sig_atomic_t stop_told;

void worker_stop(int sig)
{
	(void)sig;
	stop_told = 1;
}

/* The signal stays blocked everywhere but in waiting. */
bool worker_stopping(void)
{
	sigset_t set;
	if (stop_told)
		return true;
	sigpending(&set);
	return sigismember(&set, SIGTERM) == 1 || sigismember(&set, SIGINT) == 1;
}

void worker_log_stage(const char *stage, const struct uuid *id, int64_t ms)
{
	char text[37];
	uuid_format(id, text);
	log_info("stage", "stage", stage, "id", text, "ms", num_text(ms).s);
}

enum result worker_begin(struct worker *w, TALLOC_CTX *mem, const struct job *job, struct error *e)
{
	struct job_fenced fenced;
	TRY(db_begin_for(w->db, mem, &job->organization_id, DB_WRITE, e));
	enum result code = job_fence(w->db, &(struct job_fence_key){ job->id, job->attempt }, mem, &fenced, e);
	if (code == ERR_OK && !w->waiting_told) {
		metric_observe(METRIC_JOB_WAIT, metric_cell(METRIC_JOB_WAIT, job->kind, NULL, NULL),
		    (int64_t)(fenced.waited_s * 1e6));
		w->waiting_told = true;
	}
	if (code == ERR_NOT_FOUND) {
		db_rollback(w->db);
		w->lost = true;
		error_clear(e);
		error_cause(e, "the lease was lost");
		return error_set(e, ERR_CONFLICT, NULL);
	}
	return code;
}

enum result worker_heartbeat(struct worker *w, TALLOC_CTX *mem, const struct job *job, int64_t seconds, struct error *e)
{
	int64_t affected;
	TRY(db_begin_for(w->db, mem, &job->organization_id, DB_WRITE, e));
	TRY(job_heartbeat_last(w->db, &(struct job_heartbeat_in){ job->id, job->attempt, seconds }, &affected, e));
	if (affected == 1)
		return ERR_OK;
	w->lost = true;
	error_cause(e, "the lease was lost");
	return error_set(e, ERR_CONFLICT, NULL);
}

enum result worker_keep_lease(struct worker *w, const struct job *job, int64_t beyond, struct error *e)
{
	int64_t lease = w->settings->JOB_LEASE;
	if (worker_stopping()) {
		error_cause(e, "the program stops");
		return error_set(e, ERR_UNAVAILABLE, NULL);
	}
	if (clock_mono_us() - w->spoken_us < lease * 250000)
		return ERR_OK;
	w->spoken_us = clock_mono_us();
	TALLOC_CTX *mem = mem_new("lease", 0);
	enum result code = worker_heartbeat(w, mem, job, lease + beyond, e);
	talloc_free(mem);
	return code;
}

enum result worker_lock_tender(
    struct worker *w, TALLOC_CTX *mem, const struct uuid *tender_id, struct tender_locked *out, struct error *e)
{
	struct tender_key key = { *tender_id };
	TRY(tender_hold_later(w->db, &key, NULL, e));
	return tender_lock(w->db, &key, mem, out, e);
}

enum result worker_store(struct worker *w, struct store **out, struct error *e)
{
	if (w->store == NULL)
		TRY(store_open(talloc_parent(w->db), w->settings, w->keys, &w->store, e));
	*out = w->store;
	return ERR_OK;
}

/* Opened anew, as what was mounted again is another directory. */
static enum result check_store(struct worker *w, struct error *e)
{
	struct store *store;
	TALLOC_FREE(w->store);
	TRY(worker_store(w, &store, e));
	TRY(store_writable(store, e));
	return store_probe_remote(store, e);
}

void worker_doubt_store(struct worker *w, enum result why)
{
	if (why == ERR_IO || why == ERR_STORAGE_FULL || why == ERR_UNAVAILABLE)
		atomic_fetch_add(w->doubts, 1);
}

bool worker_doubts_store(const struct worker *w)
{
	return w->doubts_seen != atomic_load(w->doubts);
}

/* A store that is full or gone would use up the attempts of every job in seconds: jobs that need it wait for it. */
static bool store_usable(struct worker *w)
{
	struct error e;
	unsigned doubts = atomic_load(w->doubts);
	if (w->doubts_seen == doubts)
		return true;
	if (clock_mono_us() < w->store_check_us)
		return false;
	error_clear(&e);
	bool usable = check_store(w, &e) == ERR_OK;
	w->store_check_us = clock_mono_us() + STORE_CHECK_MS * 1000;
	if (usable)
		w->doubts_seen = doubts;
	/* Told once per outage. */
	if (!usable && !w->store_told)
		log_failure(LOG_WARN, "the store can't be used, jobs that need it wait", &e);
	else if (usable && w->store_told)
		log_info("the store can be used again");
	w->store_told = !usable;
	return usable;
}

const char *worker_error_id(enum result code)
{
	switch (code) {
	case ERR_DOCUMENT_ENCRYPTED:
	case ERR_DOCUMENT_UNREADABLE:
	case ERR_DOCUMENT_TOO_BIG:
	case ERR_READER_TIMEOUT:
	case ERR_READER_CRASHED:
	case ERR_IO:
	case ERR_STORAGE_FULL:
	case ERR_DAMAGED:
	case ERR_NO_DOCUMENTS:
	case ERR_SCAN_TOO_LARGE:
	case ERR_MAIL_FAILED:
	case ERR_MAIL_REFUSED:
		return error_id(code);
	default:
		return error_id(ERR_INTERNAL);
	}
}

enum result tender_read_next(struct worker *w, TALLOC_CTX *mem, const struct uuid *tender_id, struct error *e)
{
	struct tender_key key = { *tender_id };
	struct tender_locked locked;
	struct tender_waiting state;
	enum result code = worker_lock_tender(w, mem, tender_id, &locked, e);
	if (code == ERR_NOT_FOUND) { /* deleted meanwhile */
		error_clear(e);
		return ERR_OK;
	}
	TRY(code);
	TRY(tender_reading_state(w->db, &key, mem, &state, e));
	if (state.waiting > 0 || !locked.dossier_version_id.set)
		return ERR_OK;
	TRY(job_analyze_add_later(
	    w->db, &(struct job_analyze_new){ uuid_new(), *tender_id, locked.dossier_version_id.value }, NULL, e));
	return tender_set_queued_later(w->db, &key, NULL, e);
}

/* --- the ends of an attempt -----------------------------------------------------------------------------------------
 */

/* 2, 8, 32... seconds. */
static int64_t retry_delay(int64_t attempt)
{
	return attempt >= 6 ? 600 : (int64_t)1 << (2 * attempt - 1);
}

static enum result give_back(struct worker *w, const struct uuid *organization_id, const struct uuid *id,
    int64_t attempt, const char *error, int64_t delay, bool counts, struct error *e)
{
	TALLOC_CTX *mem = mem_new("give back", 0);
	const struct job_failed_in failed = { *id, attempt, error, delay };
	enum result code = db_begin_for(w->db, mem, organization_id, DB_WRITE, e);
	if (code == ERR_OK)
		code = counts ? job_retry_last(w->db, &failed, NULL, e) : job_wait_last(w->db, &failed, NULL, e);
	talloc_free(mem);
	return code;
}

static enum result fail_for_good(struct worker *w, const struct job *job, const struct error *why, struct error *e)
{
	TALLOC_CTX *mem = mem_new("fail", JOB_MEMORY);
	enum result code = worker_begin(w, mem, job, e);
	if (code == ERR_OK)
		code = kind_of(job)->fail(w, mem, job, why, e);
	if (code == ERR_OK)
		code =
		    job_fail_last(w->db, &(struct job_fail_in){ job->id, job->attempt, error_id(why->code) }, NULL, e);
	talloc_free(mem);
	return code;
}

/* Pauses, unless told to stop; true when time has passed. */
static bool pause_for(int64_t ms)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };
	int got = sigtimedwait(&set, NULL, &t);
	if (got > 0)
		stop_told = 1;
	return got < 0 && errno == EAGAIN;
}

/* Gives the attempt's outcome, as the metrics name it. */
static const char *after_failure(struct worker *w, const struct job *job, const struct error *why)
{
	bool stop = worker_stopping();
	bool final = !stop && is_final(w, job, why->code);
	const char *outcome = stop ? "given_back" : final ? "failed" : "retried";
	int64_t delay = stop ? 0 : retry_delay(worker_attempts(job));
	if (!kind_of(job)->storeless)
		worker_doubt_store(w, why->code);
	log_failure(final || why->code == ERR_INTERNAL ? LOG_ERROR : LOG_WARN,
	    stop    ? "job given back"
	    : final ? "job failed"
		    : "job will be tried again",
	    why);
	/* The database itself may be what failed: the word must reach it before the lease ends by itself. */
	int64_t end = clock_mono_us() + w->settings->JOB_LEASE * 1000000;
	do {
		struct error e;
		error_clear(&e);
		enum result code = final ? fail_for_good(w, job, why, &e)
					 : give_back(w, &job->organization_id, &job->id, job->attempt,
					       worker_error_id(why->code), delay, !stop, &e);
		if (code == ERR_OK || w->lost)
			return outcome;
		log_failure(LOG_WARN, "the end of a job could not be written", &e);
		if (code != ERR_UNAVAILABLE && code != ERR_CONFLICT)
			return outcome; /* ours: the lease expires, and the next attempt fails it */
	} while (clock_mono_us() < end && pause_for(500));
	return outcome;
}

/* --- the loop
 * --------------------------------------------------------------------------------------------------------- */

static void count_end(const struct job *job, const char *outcome, int64_t us)
{
	metric_add(METRIC_JOBS, metric_cell(METRIC_JOBS, job->kind, outcome, NULL), 1);
	metric_observe(METRIC_JOB_DURATION, metric_cell(METRIC_JOB_DURATION, job->kind, NULL, NULL), us);
}

static void do_job(struct worker *w, const struct job *job)
{
	char org[37], id[37], attempt[24], ms[24];
	struct error e;
	int64_t begun = clock_mono_us();
	const char *outcome = "done";
	uuid_format(&job->organization_id, org);
	uuid_format(&job->id, id);
	snprintf(attempt, sizeof(attempt), "%lld", (long long)job->attempt);
	log_context("organization_id", org);
	log_context("job_id", id);
	log_context("kind", job->kind);
	log_context("attempt", attempt);
	w->slot->organization_id = job->organization_id;
	w->slot->job_id = job->id;
	w->slot->attempt = job->attempt;
	w->slot->held = 1;
	w->lost = w->waiting_told = w->waits = false;
	w->spoken_us = begun;
	metrics_busy(true);
	error_clear(&e);
	db_counters_reset(w->db);

	TALLOC_CTX *mem = mem_new("job", JOB_MEMORY);
	enum result code;
	if (is_exhausted(w, job)) {
		error_cause(&e, "its worker died or was not heard of, each time");
		code = error_set(&e, ERR_INTERNAL, NULL);
	} else {
		code = kind_of(job)->run(w, mem, job, &e);
	}
	db_rollback(w->db);
	talloc_free(mem);
	if (w->lost)
		log_warn("the lease was lost, nothing more is written");
	else if (code != ERR_OK)
		outcome = after_failure(w, job, &e);
	count_end(job, w->lost ? "lost" : outcome, clock_mono_us() - begun);
	metrics_busy(false);
	w->slot->held = 0;
	snprintf(ms, sizeof(ms), "%lld", (long long)(clock_mono_us() - begun) / 1000);
	if (code == ERR_OK)
		log_info(w->waits ? "job waits" : "job done", "ms", ms, "round_trips",
		    num_text((long long)db_counters(w->db).round_trips).s);
	log_context_clear();
}

/* What the child before us had in hand when it died. */
static void give_back_slot(struct worker *w)
{
	struct error e;
	error_clear(&e);
	if (!w->slot->held)
		return;
	enum result code = give_back(w, &w->slot->organization_id, &w->slot->job_id, w->slot->attempt,
	    error_id(ERR_INTERNAL), retry_delay(w->slot->attempt), true, &e);
	if (code != ERR_UNAVAILABLE) {
		w->slot->held = 0;
		log_warn("gave back the job of a worker that died");
	}
}

int worker_loop(struct worker *w, const sigset_t *waiting)
{
	bool told = false;
	const char *all[ARRAY_LEN(kinds)], *storeless[ARRAY_LEN(kinds)];
	size_t n_storeless = 0;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		all[i] = kinds[i]->name;
		if (kinds[i]->storeless)
			storeless[n_storeless++] = kinds[i]->name;
	}
	const struct job_lease_terms terms = { w->settings->JOB_LEASE, w->settings->JOB_MAX_ATTEMPTS,
		{ all, ARRAY_LEN(kinds) } };
	const struct job_lease_terms without_store = { w->settings->JOB_LEASE, w->settings->JOB_MAX_ATTEMPTS,
		{ storeless, n_storeless } };
	while (!worker_stopping()) {
		TALLOC_CTX *mem = mem_new("lease", 0);
		struct error e;
		struct job job;
		bool usable = true;
		error_clear(&e);
		enum result code = db_ensure(w->db, &e);
		if (code == ERR_OK) {
			give_back_slot(w);
			usable = store_usable(w);
		}
		if (code == ERR_OK)
			code = db_begin_as(w->db, mem, NULL, DB_WRITE, &e);
		if (code == ERR_OK)
			code = job_lease_last(w->db, usable ? &terms : &without_store, mem, &job, &e);
		if (code == ERR_OK) {
			told = false;
			do_job(w, &job);
			worker_periodic(w, false);
		} else if (code == ERR_NOT_FOUND) {
			told = false;
			worker_periodic(w, true);
			int most = db_is_told(w->db) ? POLL_MS : POLL_UNTOLD_MS;
			db_wait(w->db, usable ? most : STORE_CHECK_MS, waiting);
		} else if (code == ERR_INVALID_SETTING) {
			log_failure(LOG_ERROR, "can't work with this database role", &e);
			talloc_free(mem);
			return error_exit_status(code);
		} else {
			/* Told once per outage. */
			if (!told)
				log_failure(LOG_WARN, "no job can be leased", &e);
			told = true;
			pause_for(500);
		}
		talloc_free(mem);
	}
	return 0;
}
