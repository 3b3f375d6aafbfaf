/* One child of scorpius-jobs: leases jobs and does them, one at a time. */
#ifndef JOBS_WORKER_H
#define JOBS_WORKER_H

#include <stdatomic.h>

#include "db.h"
#include "job_sql.h"
#include "mail.h"
#include "reader.h"
#include "scanner.h"
#include "settings.h"
#include "store.h"
#include "tender.h"

/* How often a child met a store that can't be used, in memory shared by all of them: one who has not looked since does
 * so before it takes work that needs files. Else an outage would use up the attempts of a job, one child after the
 * other. */
typedef _Atomic unsigned store_doubts;

/* The job a child has in hand, in memory shared with the parent: when the child dies, its successor gives the lease
 * back at once instead of waiting for it to expire. */
struct slot {
	volatile int held;
	struct uuid organization_id, job_id;
	int64_t attempt;
};

#define WORKER_PERIODIC 4 /* kinds of work that comes again: the table of periodic.c */

struct worker {
	const struct settings *settings;
	struct db *db;
	const struct master_keys *keys;
	struct store *store; /* NULL until it can be opened */
	struct reader_config reader;
	const struct mail_server *mail; /* NULL: this installation sends no mail */
	const struct scanner *scanner;  /* NULL: files are not scanned for viruses */
	struct slot *slot;
	store_doubts *doubts;
	unsigned doubts_seen; /* of them, when the store could be used last */
	int64_t spoken_us;    /* when the database last heard that the present job is alive, by the monotonic clock */
	int64_t periodic_us[WORKER_PERIODIC]; /* when each was last done; 0: not yet */
	bool store_told;                      /* of the doubt that lasts */
	int64_t store_check_us;
	bool waiting_told; /* how long the present job had waited is counted */
	bool waits;        /* the present job ended its attempt itself, to go on later */
	bool lost;         /* the fence said that the lease of the present job is somebody else's */
};

/* One kind of job. `run` does the work and ends the job in its last transaction; an error is tried again later, until
 * the attempts are used up: then `fail` tells whoever waits, behind the same fence, before the job is marked failed. */
struct job_kind {
	const char *name;
	enum result (*run)(struct worker *w, TALLOC_CTX *mem, const struct job *job, struct error *e);
	enum result (*fail)(
	    struct worker *w, TALLOC_CTX *mem, const struct job *job, const struct error *why, struct error *e);
	/* Of those that count; NULL: JOB_MAX_ATTEMPTS. */
	int64_t (*attempts)(const struct settings *s);
	bool storeless; /* goes on while the file store is out of order */
};
extern const struct job_kind job_read, job_analyze, job_mail, job_erase, job_export, job_export_end;

/* The loop of a child: until SIGTERM or SIGINT (blocked on entry; `waiting` is the mask that lets them through). Gives
 * the exit status. */
int worker_loop(struct worker *w, const sigset_t *waiting);

/* Whether a signal to stop has come. */
bool worker_stopping(void);

/* The handler for SIGTERM and SIGINT of a child. */
void worker_stop(int sig);

/* How long a stage took, in milliseconds; `id`: the document, or the tender of an analysis. */
void worker_log_stage(const char *stage, const struct uuid *id, int64_t ms);

/* How many attempts a job has had, with this one, that count. */
int64_t worker_attempts(const struct job *job);

/* Between two jobs: does what comes again and whose time has come. `idle`: there was no job to do. What fails is told
 * in the log and tried again later. */
void worker_periodic(struct worker *w, bool idle);

/* The kinds of it. *more: something was done, and there may be more. They end their own transactions; many workers may
 * do it at once. Rows that have had their time: a share of them. */
enum result worker_purge(struct worker *w, TALLOC_CTX *mem, bool *more, struct error *e) MUST_CHECK;
/* How old the last whole backup is becomes a figure, where there is a BACKUP_PATH: whoever makes them may be what
 * fails. */
enum result worker_tell_backup(struct worker *w, TALLOC_CTX *mem, bool *more, struct error *e) MUST_CHECK;

/* What has had its retention, of one organisation, is deleted; what soon will is told of. */
enum result worker_retention(struct worker *w, TALLOC_CTX *mem, bool *more, struct error *e) MUST_CHECK;
/* What was deleted and can't come back, of one organisation, is removed: a share of it. */
enum result worker_remove_deleted(struct worker *w, TALLOC_CTX *mem, bool *more, struct error *e) MUST_CHECK;

/* Begins a write of the job: the transaction's first statement is the fence. When the lease is lost: ERR_CONFLICT and
 * w->lost, and nothing more may be written. */
enum result worker_begin(struct worker *w, TALLOC_CTX *mem, const struct job *job, struct error *e) MUST_CHECK;
/* Says that the job is alive and may go on for `seconds` without a further word. */
enum result worker_heartbeat(
    struct worker *w, TALLOC_CTX *mem, const struct job *job, int64_t seconds, struct error *e) MUST_CHECK;
/* For long work, between its transactions and as often as one likes: says now and then that the job is alive. `beyond`:
 * seconds that may pass besides without a word, as others do the work. ERR_UNAVAILABLE when the program is told to
 * stop: the job is given back, and begins anew. */
enum result worker_keep_lease(struct worker *w, const struct job *job, int64_t beyond, struct error *e) MUST_CHECK;
/* In a transaction: takes the tender's lock, as tender_lock does. Of one that is deleted, too, which is ERR_NOT_FOUND:
 * whoever brings it back waits for what this job does instead, and enqueues what it has left. */
enum result worker_lock_tender(struct worker *w, TALLOC_CTX *mem, const struct uuid *tender_id,
    struct tender_locked *out, struct error *e) MUST_CHECK;
/* The store, opened when it had not been. */
enum result worker_store(struct worker *w, struct store **out, struct error *e) MUST_CHECK;
/* After a failure of work that needs the store: when it may be the store's, all such work waits until it can be used.
 */
void worker_doubt_store(struct worker *w, enum result why);
/* Whether the store can't be used, or nobody has looked since somebody met a fault of it. */
bool worker_doubts_store(const struct worker *w);
/* An error that documents and tenders may show, from any other: the ids that the API declares. */
const char *worker_error_id(enum result code);

/* In the transaction that ended the processing of a document: when it was the last one of its tender to be read, the
 * analysis of the latest dossier version is enqueued. Takes the tender's lock. */
enum result tender_read_next(
    struct worker *w, TALLOC_CTX *mem, const struct uuid *tender_id, struct error *e) MUST_CHECK;

/* Under tender_lock, when all is read: documents that are later versions of others take their place, and the dossier
 * gets its next version. *changed: whether there were any. */
enum result dossier_replace(
    struct worker *w, TALLOC_CTX *mem, const struct uuid *tender_id, bool *changed, struct error *e) MUST_CHECK;
/* Gives the requirements of a new analysis (of the job's tender or document) the ids that they had in the one before.
 */
enum result requirements_keep_ids(
    struct worker *w, TALLOC_CTX *mem, const struct job *job, struct analysis *a, struct error *e) MUST_CHECK;

#endif
