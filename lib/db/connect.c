/* The connection: made late, kept, and made again. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "db_private.h"
#include "log.h"
#include "oldest.h"

#define CONNECT_TIMEOUT_US 2000000
#define BACK_OFF_LEAST_US 20000
#define BACK_OFF_MOST_US 5000000
#define BACK_OFF_SHARE 10 /* connecting in vain takes at most a tenth of the time */

enum db_prepared db_prepared_parse(const char *word)
{
	if (strcmp(word, "auto") == 0)
		return DB_PREPARED_AUTO;
	if (strcmp(word, "on") == 0)
		return DB_PREPARED_ON;
	if (strcmp(word, "off") == 0)
		return DB_PREPARED_OFF;
	BUG("DATABASE_PREPARED is none of auto, on, off");
}

static void drop(void *arg)
{
	struct db *db = arg;
	if (db->conn != NULL)
		PQfinish(db->conn);
	db->conn = NULL;
}

enum result db_open(TALLOC_CTX *mem, const struct db_config *config, struct db **out, struct error *e)
{
	char *words = NULL;
	PQconninfoOption *parsed = config->url == NULL ? NULL : PQconninfoParse(config->url, &words);
	if (parsed == NULL) {
		/* libpq's words may quote the URL, and with it a password: they are not passed on. */
		PQfreemem(words);
		return error_set(e, ERR_INVALID_SETTING, NULL, "name", "DATABASE_URL", "reason",
		    config->url == NULL ? "no database is set" : "not a PostgreSQL URL");
	}
	PQconninfoFree(parsed);
	struct db *db = mem_zero(mem, struct db);
	db->url = mem_strdup(db, config->url);
	db->url_previous = config->url_previous != NULL && config->url_previous[0] != '\0'
			       ? mem_strdup(db, config->url_previous)
			       : NULL;
	db->application_name = mem_strdup(db, config->application_name != NULL ? config->application_name : "scorpius");
	db->timeout_s = config->timeout_s;
	db->prepared_wanted = config->prepared;
	db->needs_schema = config->needs_schema;
	mem_defer(db, drop, db);
	*out = db;
	return ERR_OK;
}

void db_close(struct db *db)
{
	drop(db);
	db->n_items = 0;
	db->n_prepared = 0;
	if (db->cap_prepared > 0)
		memset(db->prepared, 0, db->cap_prepared * sizeof(*db->prepared));
	if (db->tx == TX_OPEN)
		db->tx = TX_ENDED;
}

bool db_connected(const struct db *db)
{
	return db->conn != NULL;
}

static void one_line(char *s)
{
	for (; *s != '\0'; s++)
		if (*s == '\n')
			*s = ' ';
}

enum result db_lost(struct db *db, struct error *e)
{
	char words[200] = "connection lost";
	if (db->conn != NULL && PQerrorMessage(db->conn)[0] != '\0') {
		snprintf(words, sizeof(words), "%s", PQerrorMessage(db->conn));
		one_line(words);
	}
	db_close(db);
	/* A pooler says that it loses the server, then hangs up: one fault, whose cause are its words. */
	e->n_faults = 0;
	error_cause(e, "postgresql: %s", words);
	enum result code = error_set(e, ERR_UNAVAILABLE, NULL);
	e->retry_after = 1;
	return code;
}

static void notice(void *arg, const char *message)
{
	(void)arg;
	log_debug("notice of the database", "notice", message);
}

/* Waits for the socket; false after the time. */
static bool wait_socket(PGconn *conn, short events, int timeout_ms, short *revents)
{
	struct pollfd p = { .fd = PQsocket(conn), .events = events };
	for (;;) {
		int n = poll(&p, 1, timeout_ms);
		if (n > 0) {
			*revents = p.revents;
			return true;
		}
		if (n == 0 || errno != EINTR)
			return false;
	}
}

PGresult *db_next_result(struct db *db, bool *lost)
{
	/* The server ends a statement after timeout_s by itself; silence for longer means that it is gone. */
	int timeout_ms = db->timeout_s > 0 ? (int)(db->timeout_s * 1000 + 5000) : -1;
	short got;
	*lost = true;
	/* Reads while it writes: the server may be blocked on results that nobody takes. */
	for (int left; (left = PQflush(db->conn)) != 0;) {
		if (left < 0 || !wait_socket(db->conn, POLLIN | POLLOUT, timeout_ms, &got))
			return NULL;
		if ((got & (POLLIN | POLLERR | POLLHUP)) != 0 && PQconsumeInput(db->conn) == 0)
			return NULL;
	}
	while (PQisBusy(db->conn)) {
		if (!wait_socket(db->conn, POLLIN, timeout_ms, &got) || PQconsumeInput(db->conn) == 0)
			return NULL;
	}
	PGresult *r = PQgetResult(db->conn);
	*lost = PQstatus(db->conn) != CONNECTION_OK;
	return r;
}

PGresult *db_exec_plain(struct db *db, const char *sql)
{
	bool lost;
	if (PQsendQuery(db->conn, sql) == 0)
		return NULL;
	PGresult *r = db_next_result(db, &lost);
	while (!lost) {
		PGresult *more = db_next_result(db, &lost);
		if (more == NULL)
			break;
		PQclear(more);
	}
	if (lost) {
		PQclear(r);
		return NULL;
	}
	return r;
}

static enum result check_version(struct db *db, struct error *e)
{
	if (PQserverVersion(db->conn) >= DB_OLDEST_NUMBER)
		return ERR_OK;
	error_cause(e, "PostgreSQL %s is too old: %d or newer is needed", PQparameterStatus(db->conn, "server_version"),
	    DB_OLDEST);
	db_close(db);
	enum result code = error_set(e, ERR_UNAVAILABLE, NULL);
	e->retry_after = 5;
	return code;
}

/* Refuses roles whose rows no policy guards. */
static enum result check_role(struct db *db, struct error *e)
{
	PGresult *r = db_exec_plain(db,
	    "select rolsuper or rolbypassrls, exists (select from pg_catalog.pg_class c where c.relowner = r.oid "
	    "and c.relkind in ('r', 'p')), pg_catalog.to_regclass('scorpius.job') is not null, "
	    "pg_catalog.pg_backend_pid() from pg_catalog.pg_roles r where rolname = current_user");
	if (r == NULL)
		return db_lost(db, e);
	if (PQresultStatus(r) != PGRES_TUPLES_OK || PQntuples(r) != 1) {
		PQclear(r);
		return db_lost(db, e);
	}
	bool strong = PQgetvalue(r, 0, 0)[0] == 't', owner = PQgetvalue(r, 0, 1)[0] == 't';
	bool deployed = PQgetvalue(r, 0, 2)[0] == 't';
	bool pooled = strtol(PQgetvalue(r, 0, 3), NULL, 10) != PQbackendPID(db->conn);
	PQclear(r);
	if (strong || owner) {
		db_close(db);
		return error_set(e, ERR_INVALID_SETTING, NULL, "name", "DATABASE_URL", "reason",
		    strong ? "this role passes by row security; use scorpius_api or scorpius_jobs"
			   : "this role owns tables; use scorpius_api or scorpius_jobs");
	}
	if (!deployed) {
		db_close(db);
		db->schema = (struct schema_state){ .fit = SCHEMA_ABSENT };
		error_cause(e, "the schema is not deployed: run scorpius migrate");
		enum result code = error_set(e, ERR_UNAVAILABLE, NULL);
		e->retry_after = 5;
		return code;
	}
	/* A pooler gives its own process number: behind it a named statement may meet a server that never saw it, and
	 * notifications find whoever has the connection at that moment. */
	db->pooled = pooled;
	db->named = db->prepared_wanted == DB_PREPARED_ON || (db->prepared_wanted == DB_PREPARED_AUTO && !pooled);
	return ERR_OK;
}

static enum result listen_now(struct db *db, const char *channel, struct error *e)
{
	char sql[96];
	snprintf(sql, sizeof(sql), "listen %s", channel);
	PGresult *r = db_exec_plain(db, sql);
	bool ok = r != NULL && PQresultStatus(r) == PGRES_COMMAND_OK;
	PQclear(r);
	return ok ? ERR_OK : db_lost(db, e);
}

/* *asked: the server wanted our password; when it is an error all the same, it was most likely not the right one.
 * (libpq tells no SQLSTATE here, and a pooler has others than the server; the words depend on the server's language.)
 */
static enum result connect_to(struct db *db, const char *url, bool *asked, struct error *e)
{
	const char *const names[] = { "dbname", "application_name", "client_encoding", NULL };
	const char *const values[] = { url, db->application_name, "UTF8", NULL };
	*asked = false;
	db->conn = PQconnectStartParams(names, values, 1);
	if (db->conn == NULL)
		return db_lost(db, e);
	int64_t end = clock_mono_us() + CONNECT_TIMEOUT_US;
	for (PostgresPollingStatusType s = PGRES_POLLING_WRITING; s != PGRES_POLLING_OK; s = PQconnectPoll(db->conn)) {
		int64_t left_ms = (end - clock_mono_us()) / 1000;
		short got;
		if (s == PGRES_POLLING_FAILED || PQstatus(db->conn) == CONNECTION_BAD || left_ms <= 0 ||
		    !wait_socket(db->conn, s == PGRES_POLLING_READING ? POLLIN : POLLOUT, (int)left_ms, &got)) {
			*asked = PQconnectionUsedPassword(db->conn) != 0;
			return db_lost(db, e);
		}
	}
	return ERR_OK;
}

static enum result connect_now(struct db *db, struct error *e)
{
	bool asked;
	enum result code = connect_to(db, db->url, &asked, e);
	if (code != ERR_OK && asked && db->url_previous != NULL) {
		error_clear(e);
		code = connect_to(db, db->url_previous, &asked, e);
	}
	if (code != ERR_OK)
		return code;
	PQsetNoticeProcessor(db->conn, notice, NULL);
	TRY(check_version(db, e));
	TRY(check_role(db, e));
	TRY(db_schema_read(db, e));
	for (unsigned i = 0; i < db->n_channels && !db->pooled; i++)
		TRY(listen_now(db, db->channels[i], e));
	/* In a pipeline a blocking libpq could wait to write while the server waits to write. */
	if (PQsetnonblocking(db->conn, 1) != 0 || PQenterPipelineMode(db->conn) == 0)
		return db_lost(db, e);
	return db_schema_serves(db, e);
}

/* Notices that the server closed the connection while we were idle. */
static bool alive(struct db *db)
{
	struct pollfd p = { .fd = PQsocket(db->conn), .events = POLLIN };
	while (poll(&p, 1, 0) > 0)
		if (PQconsumeInput(db->conn) == 0 || PQstatus(db->conn) != CONNECTION_OK)
			return false;
	return true;
}

enum result db_ensure(struct db *db, struct error *e)
{
	if (db->conn != NULL) {
		if (db->tx == TX_OPEN || alive(db))
			return db_schema_settle(db, e);
		log_info("connection to the database was closed");
		db_close(db);
	}
	int64_t now = clock_mono_us();
	if (now < db->retry_at_us) {
		error_cause(e, "waiting to try again: %s", db->why);
		enum result code = error_set(e, ERR_UNAVAILABLE, NULL);
		e->retry_after = (unsigned)((db->retry_at_us - now) / 1000000) + 1;
		return code;
	}
	enum result code = connect_now(db, e);
	if (code == ERR_OK || code == ERR_SCHEMA_OLDER) {
		log_debug("connected to the database", "statements", db->named ? "named" : "unnamed");
		return code;
	}
	snprintf(db->why, sizeof(db->why), "%s", e->cause);
	/* A server that refuses at once may be asked again soon, so that every worker heals in the moment it is back;
	 * one that lets us wait is left alone for as long as it costs. */
	int64_t pause = (clock_mono_us() - now) * BACK_OFF_SHARE;
	if (pause < BACK_OFF_LEAST_US)
		pause = BACK_OFF_LEAST_US;
	if (pause > BACK_OFF_MOST_US)
		pause = BACK_OFF_MOST_US;
	db->retry_at_us = clock_mono_us() + pause;
	return code;
}

enum result db_listen(struct db *db, const char *channel, struct error *e)
{
	if (db->tx != TX_NONE || db->n_channels == DB_MAX_CHANNELS || strlen(channel) > 63 ||
	    channel[strspn(channel, "abcdefghijklmnopqrstuvwxyz_")] != '\0')
		BUG("cannot listen on '%s' here", channel);
	db->channels[db->n_channels++] = mem_strdup(db, channel);
	if (db->conn != NULL)
		db_close(db); /* connecting listens */
	return db_ensure(db, e);
}

bool db_is_told(const struct db *db)
{
	return db->conn != NULL && db->n_channels > 0 && !db->pooled;
}

bool db_wait(struct db *db, int timeout_ms, const sigset_t *mask)
{
	struct timespec t = { .tv_sec = timeout_ms / 1000, .tv_nsec = (long)(timeout_ms % 1000) * 1000000 };
	PGnotify *n = db->conn == NULL ? NULL : PQnotifies(db->conn);
	if (n == NULL) {
		struct pollfd p = { .fd = db->conn == NULL ? -1 : PQsocket(db->conn), .events = POLLIN };
		if (ppoll(&p, 1, &t, mask) <= 0 || db->conn == NULL)
			return false;
		if (!alive(db)) {
			db_close(db);
			return false;
		}
		n = PQnotifies(db->conn);
	}
	bool came = n != NULL;
	while (n != NULL) {
		PQfreemem(n);
		n = PQnotifies(db->conn);
	}
	return came;
}

const char *db_constraint(const struct db *db)
{
	return db->constraint;
}

const char *db_sqlstate(const struct db *db)
{
	return db->sqlstate;
}

struct db_counters db_counters(const struct db *db)
{
	return db->counters;
}

void db_counters_reset(struct db *db)
{
	db->counters = (struct db_counters){ 0 };
}
