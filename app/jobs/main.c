/* scorpius-jobs: one parent that forks JOB_WORKERS children and respawns them with back-off. SIGTERM or SIGINT: every
 * child ends its job (or gives its lease back) and leaves, then the parent does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "metrics.h"
#include "mover.h"
#include "sql.h"
#include "worker.h"
#include "store_settings.h"

#define CHILDREN_MAX 65   /* JOB_WORKERS and the mover */
#define STEADY_US 5000000 /* a child that lived so long starts with a fresh back-off */
#define BACK_OFF_FIRST_US 500000
#define BACK_OFF_LAST_US 30000000
#define STATEMENT_TIMEOUT_S 300

struct child {
	pid_t pid; /* 0: not running */
	int64_t started_us, spawn_at_us, back_off_us;
};

/* With the children. */
struct shared {
	struct slot slots[CHILDREN_MAX];
	store_doubts doubts;
};

struct parent {
	TALLOC_CTX *mem;
	struct settings settings;
	struct master_keys *keys;
	struct db_config db;
	struct reader_config reader;
	struct mail_server *mail;
	struct scanner scanner;
	bool scans;
	struct child children[CHILDREN_MAX];
	struct shared *shared;
	sigset_t signals, before;
	bool stopping;
	int status;
};

/* The workers, and after them the mover where there is one. */
static size_t n_children(const struct parent *p)
{
	return (size_t)p->settings.JOB_WORKERS + (mover_needed(&p->settings) ? 1 : 0);
}

static const char *environment(const char *name)
{
	return getenv(name);
}

static int give_up(const struct error *e)
{
	for (unsigned i = 0; i < e->n_faults; i++) {
		char text[512];
		error_text(&e->faults[i], LANG_EN, text, sizeof(text));
		log_error("can't start", "code", error_id(e->faults[i].code), "why", text, "cause", e->cause);
	}
	sleep(1); /* no supervisor is made to spin by a wrong setting */
	return error_exit_status(e->code);
}

static enum result configure(struct parent *p, struct error *e)
{
	struct settings *s = &p->settings;
	enum log_level level = LOG_INFO;
	const char *url;
	TRY(settings_read(p->mem, environment, s, e));
	(void)log_level_parse(s->LOG_LEVEL, &level);
	log_open("scorpius-jobs", level);
#ifdef SCORPIUS_SANITIZED
	if (strcmp(s->APP_ENV, "production") == 0)
		return error_set(e, ERR_INVALID_SETTING, "APP_ENV", "name", "APP_ENV", "reason",
		    "a build with sanitizers is not for production");
#endif
	TRY(db_url_for_role(
	    p->mem, s->DATABASE_JOBS_URL, s->DATABASE_URL, "scorpius_jobs", s->DATABASE_JOBS_PASSWORD, &url, e));
	if (url == NULL)
		return error_set(e, ERR_INVALID_SETTING, "DATABASE_JOBS_URL", "name", "DATABASE_JOBS_URL", "reason",
		    "neither it nor DATABASE_URL is set");
	TRY(store_settings_check(s, e));
	TRY(master_keys_new(p->mem, s->SECRET_KEY, s->SECRET_KEY_PREVIOUS, &p->keys, e));
	p->db = (struct db_config){ .url = url,
		.url_previous = s->DATABASE_JOBS_URL_PREVIOUS,
		.application_name = "scorpius-jobs/" SCORPIUS_VERSION, /* tells which versions run */
		.timeout_s = STATEMENT_TIMEOUT_S,
		.prepared = db_prepared_parse(s->DATABASE_PREPARED),
		/* An attempt that fails for want of a column would be one of the job's few. */
		.needs_schema = true };
	p->reader =
	    (struct reader_config){ .path = s->READER_PATH, .timeout = s->READER_TIMEOUT, .memory = s->READER_MEMORY };
	TRY(mail_server_configure(p->mem, s, &p->mail, e));
	if (p->mail != NULL)
		p->mail->stop = worker_stopping;
	scanner_configure(s, &p->scanner, &p->scans);
	p->scanner.stop = worker_stopping;
	struct db *unused;
	return db_open(p->mem, &p->db, &unused, e); /* that the URL can be parsed */
}

static int child_main(struct parent *p, size_t index)
{
	struct error e;
	struct worker w = { .settings = &p->settings,
		.keys = p->keys,
		.reader = p->reader,
		.mail = p->mail,
		.scanner = p->scans ? &p->scanner : NULL,
		.slot = &p->shared->slots[index],
		.doubts = &p->shared->doubts };
	struct sigaction act = { .sa_handler = worker_stop };
	struct sigaction normal = { .sa_handler = SIG_DFL };
	sigset_t waiting = p->signals;
	error_clear(&e);
	/* SIGTERM and SIGINT stay blocked but while waiting for work. SIGCHLD goes back to what it was: the reader's
	 * client waits for its own process. */
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGCHLD, &normal, NULL);
	sigset_t chld;
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	metrics_open(p->settings.METRICS_PATH, METRIC_POOL_JOBS);
	if (index >= (size_t)p->settings.JOB_WORKERS)
		return mover_loop(p->mem, &p->settings, p->keys);
	sigprocmask(SIG_UNBLOCK, &chld, &waiting);
	sigdelset(&waiting, SIGTERM);
	sigdelset(&waiting, SIGINT);
	sigdelset(&waiting, SIGCHLD);
	if (db_open(p->mem, &p->db, &w.db, &e) != ERR_OK)
		return give_up(&e);
	/* Down at first: remembered, and listened to with the first connection. */
	enum result code = db_listen(w.db, "scorpius_jobs", &e);
	if (code != ERR_OK && code != ERR_UNAVAILABLE)
		return give_up(&e);
	return worker_loop(&w, &waiting);
}

static void spawn(struct parent *p, size_t i)
{
	struct child *c = &p->children[i];
	pid_t parent = getpid(), pid = fork();
	c->started_us = clock_mono_us();
	if (pid == 0) {
		/* An orphan would go on without anybody who stops it. */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(0);
		exit(child_main(p, i));
	}
	if (pid < 0) {
		log_error("can't fork", "why", strerror(errno));
		c->spawn_at_us = c->started_us + BACK_OFF_LAST_US;
		return;
	}
	c->pid = pid;
}

static void reaped(struct parent *p, pid_t pid, int status)
{
	int64_t now = clock_mono_us();
	for (size_t i = 0; i < n_children(p); i++) {
		struct child *c = &p->children[i];
		if (c->pid != pid)
			continue;
		c->pid = 0;
		if (p->stopping)
			return;
		if (WIFEXITED(status) && WEXITSTATUS(status) == 78) {
			/* Wrong settings do not heal by themselves. */
			p->status = 78;
			p->stopping = true;
			return;
		}
		c->back_off_us =
		    now - c->started_us >= STEADY_US || c->back_off_us == 0 ? BACK_OFF_FIRST_US : c->back_off_us * 2;
		if (c->back_off_us > BACK_OFF_LAST_US)
			c->back_off_us = BACK_OFF_LAST_US;
		c->spawn_at_us = now + c->back_off_us;
		log_error("a worker died", "exit",
		    num_text(WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status)).s, "pid", num_text(pid).s);
	}
}

static void stop_children(struct parent *p)
{
	for (size_t i = 0; i < n_children(p); i++)
		if (p->children[i].pid > 0)
			kill(p->children[i].pid, SIGTERM);
}

/* Starts whoever is due; gives how long to wait for the next one, and whether anybody runs. */
static int64_t spawn_due(struct parent *p, bool *any)
{
	int64_t wait_us = 60000000;
	*any = false;
	for (size_t i = 0; i < n_children(p); i++) {
		struct child *c = &p->children[i];
		if (c->pid == 0 && !p->stopping) {
			int64_t left = c->spawn_at_us - clock_mono_us();
			if (left <= 0)
				spawn(p, i);
			else if (left < wait_us)
				wait_us = left;
		}
		*any = *any || c->pid != 0;
	}
	return wait_us;
}

static int supervise(struct parent *p)
{
	for (;;) {
		bool any;
		bool told = p->stopping;
		int64_t wait_us = spawn_due(p, &any);
		if (p->stopping && !any)
			return p->status;
		struct timespec t = { wait_us / 1000000, (wait_us % 1000000) * 1000 };
		int sig = sigtimedwait(&p->signals, NULL, &t);
		if (sig == SIGTERM || sig == SIGINT)
			p->stopping = true;
		int status;
		pid_t pid;
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			reaped(p, pid, status);
		if (p->stopping && !told)
			stop_children(p);
	}
}

static void clean_store(struct parent *p)
{
	struct store *store;
	struct error e;
	error_clear(&e);
	if (store_open(p->mem, &p->settings, p->keys, &store, &e) == ERR_OK)
		mover_clean(store);
	else
		log_failure(LOG_WARN, "the store can't be cleaned", &e);
}

int main(int argc, char **argv)
{
	log_open("scorpius-jobs", LOG_INFO);
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts("scorpius-jobs " SCORPIUS_VERSION) < 0;
	if (argc > 1) {
		fprintf(stderr, "usage: scorpius-jobs [--version]\n");
		return 64;
	}
	struct parent *p = mem_zero(mem_new("jobs", 0), struct parent);
	struct error e;
	p->mem = talloc_parent(p);
	error_clear(&e);
	signal(SIGPIPE, SIG_IGN); /* a server of mail or of files that hangs up costs an attempt, not a worker */
	sigemptyset(&p->signals);
	sigaddset(&p->signals, SIGTERM);
	sigaddset(&p->signals, SIGINT);
	sigaddset(&p->signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &p->signals, &p->before);
	if (configure(p, &e) != ERR_OK) {
		int status = give_up(&e);
		talloc_free(p->mem);
		return status;
	}
	p->shared = mmap(NULL, sizeof(*p->shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p->shared == MAP_FAILED) {
		log_error("no shared memory", "why", strerror(errno));
		return 71;
	}
	if (!mover_needed(&p->settings)) /* which does it, as the service may be slow */
		clean_store(p);
	log_info("started", "workers", num_text(p->settings.JOB_WORKERS).s, "mail",
	    p->mail != NULL ? "enabled" : "disabled: SMTP_HOST is not set", "virus_scanner",
	    p->scans ? p->settings.CLAMD_POLICY : "disabled: CLAMD_SOCKET is not set");
	int status = supervise(p);
	log_info("ended");
	talloc_free(p->mem);
	return status;
}
