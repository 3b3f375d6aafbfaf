/* sqitch beside a service that goes on: it never waits for a lock for long, since every request that needs the same
 * table queues behind it, and who held the lock is told. The passwords travel in the environment, never in arguments.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "child.h"
#include "migrate.h"

#define LOOK_MS 100
#define PAUSE_MAX_S 5
#define APPLICATION "scorpius migrate"

static void pause_s(time_t seconds)
{
	struct timespec t = { seconds, 0 };
	while (nanosleep(&t, &t) != 0 && errno == EINTR)
		continue;
}

static void say_session(FILE *to, const struct operator_session *s)
{
	fprintf(to, "session %lld", (long long)s->pid);
	if (s->user[0] != '\0')
		fprintf(to, ", compte %s", s->user);
	if (s->application[0] != '\0')
		fprintf(to, ", programme «\u00a0%s\u00a0»", s->application);
	if (s->address[0] != '\0')
		fprintf(to, ", depuis l'adresse %s", s->address);
	if (s->since[0] != '\0')
		fprintf(to, ", transaction ouverte le %s", s->since);
	if (s->state[0] != '\0')
		fprintf(to, ", état «\u00a0%s\u00a0»", s->state);
}

enum result migrate_open(TALLOC_CTX *mem, const struct settings *s, struct operator_db **db, struct error *e)
{
	bool pooled, got;
	struct operator_session holder;
	/* First of all, so that a server that is down is told as such. */
	TRY(operator_connect(mem, s->DATABASE_URL, db, e));
	TRY(operator_is_pooled(*db, &pooled, e));
	if (pooled)
		return error_set(e, ERR_INVALID_SETTING, "DATABASE_URL", "name", "DATABASE_URL", "reason",
		    "passe par PgBouncer\u00a0; le compte de l'exploitant doit joindre PostgreSQL directement");
	/* As long as that one may need for a change that gets no lock. */
	int64_t most = s->MIGRATE_ATTEMPTS * (s->MIGRATE_LOCK_TIMEOUT + PAUSE_MAX_S);
	for (int64_t left = most;; left--) {
		TRY(operator_migration_lock(*db, mem, &got, &holder, e));
		if (got)
			return ERR_OK;
		if (left == most || left == 0) {
			fprintf(stderr, "scorpius\u00a0: une autre migration est en cours (");
			say_session(stderr, &holder);
			if (left > 0)
				fprintf(stderr, ")\u00a0; attente de sa fin, %lld s au plus\n", (long long)left);
			else
				fputs(")\n", stderr);
		}
		if (left == 0)
			return error_set(e, ERR_MIGRATION_RUNNING, NULL);
		pause_s(1);
	}
}

/* The environment of sqitch and of psql below it, with the limits. An operator's own options in DATABASE_URL stay. */
static enum result environment(TALLOC_CTX *mem, const struct settings *s, const char *const **out, struct error *e)
{
	const char *const *env;
	const char *options = "";
	size_t n = 0, k = 0;
	TRY(child_environment(mem, s->DATABASE_URL, APPLICATION, &env, e));
	while (env[n] != NULL)
		n++;
	const char **all = mem_array(mem, const char *, n + 4);
	for (size_t i = 0; i < n; i++) {
		if (strncmp(env[i], "PGOPTIONS=", 10) == 0)
			options = env[i] + 10;
		else
			all[k++] = env[i];
	}
	all[k++] = mem_printf(mem, "PGOPTIONS=%s -c lock_timeout=%llds -c statement_timeout=%llds", options,
	    (long long)s->MIGRATE_LOCK_TIMEOUT, (long long)s->MIGRATE_STATEMENT_TIMEOUT);
	all[k++] = "SQITCH_SYSTEM_CONFIG=/nonexistent";
	all[k++] = "SQITCH_USER_CONFIG=/nonexistent";
	*out = all;
	return ERR_OK;
}

struct sqitch {
	const char *folder;
	const char *const *argv, *const *env;
};

/* One run. *blocked: at its end it was waiting for a lock that `who` had. */
static enum result run_once(TALLOC_CTX *mem, const struct sqitch *q, struct operator_db *db, bool *blocked,
    struct operator_session *who, struct error *e)
{
	struct child child;
	bool now;
	*blocked = false;
	TRY(child_start(q->argv, q->env, q->folder, CHILD_PLAIN, &child, e));
	while (!child_ended(&child, LOOK_MS)) {
		struct error unwanted;
		struct operator_session seen;
		error_clear(&unwanted);
		/* Whoever let go in the last moment before the limit is told all the same. */
		if (operator_blocker(db, mem, APPLICATION, &now, &seen, &unwanted) == ERR_OK && now) {
			*blocked = true;
			*who = seen;
		}
	}
	return child_end(&child, e);
}

static void say_blocked(const struct operator_session *who, int64_t attempt, int64_t attempts)
{
	fprintf(stderr, "scorpius\u00a0: un verrou n'a pas été obtenu\u00a0; le tient la ");
	say_session(stderr, who);
	fprintf(stderr, ". Rien de ce changement n'est resté. Tentative %lld sur %lld.\n", (long long)attempt,
	    (long long)attempts);
	if (attempt == attempts)
		fprintf(stderr,
		    "Le service continue avec le schéma d'avant ce changement, ceux d'avant restent déployés. Relancez "
		    "la\n"
		    "commande plus tard, ou mettez fin à cette session d'abord\u00a0: select "
		    "pg_terminate_backend(%lld)\n",
		    (long long)who->pid);
}

enum result migrate_sqitch(
    TALLOC_CTX *mem, const struct settings *s, struct operator_db *db, const char *const *arguments, struct error *e)
{
	const char *argv[16] = { "sqitch" };
	struct sqitch q = { .folder = mem_printf(mem, "%s/schema", s->DATA_PATH), .argv = argv };
	size_t n = 1;
	if (access(mem_printf(mem, "%s/sqitch.plan", q.folder), R_OK) != 0)
		return error_set(e, ERR_INVALID_SETTING, "DATA_PATH", "name", "DATA_PATH", "reason",
		    mem_printf(mem, "%s/sqitch.plan: %s", q.folder, strerror(errno)));
	TRY(environment(mem, s, &q.env, e));
	for (size_t i = 0; arguments[i] != NULL && n < ARRAY_LEN(argv) - 2; i++)
		argv[n++] = arguments[i];
	argv[n++] = "db:pg:";
	for (int64_t attempt = 1;; attempt++) {
		struct operator_session who;
		bool blocked;
		enum result code = run_once(mem, &q, db, &blocked, &who, e);
		if (code == ERR_OK || !blocked)
			return code;
		error_clear(e);
		say_blocked(&who, attempt, s->MIGRATE_ATTEMPTS);
		if (attempt == s->MIGRATE_ATTEMPTS)
			return error_set(e, ERR_SCHEMA_LOCKED, NULL);
		pause_s(attempt < PAUSE_MAX_S ? attempt : PAUSE_MAX_S);
	}
}
