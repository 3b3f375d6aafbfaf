/* The connection to PostgreSQL and its transactions. One `struct db` per process: never shared across fork() while
 * connected. It outlives every request; opening it touches no network, so a worker starts without its database.
 *
 * A transaction's begin only queues. The first statement (sql.h) sends BEGIN, the organisation, the check of the
 * session and itself in one pipeline: one round trip. Statements given by fn_later and COMMIT (fn_last, db_commit) join
 * the pipeline they are queued in, so a whole read is one round trip:
 *
 *	TRY(db_begin_as(db, rq->mem, &identity, DB_READ, e));
 *	return document_get_last(db, &key, rq->mem, &row, e);
 *
 * and so is a list with its total, or a write of several rows:
 *
 *	TRY(db_begin_as(db, rq->mem, &identity, DB_WRITE, e));
 *	TRY(blob_insert_later(...));
 *	TRY(document_insert_later(...));
 *	return db_commit(db, e);
 *
 * A transaction that is still open when `mem` is freed is rolled back; an early return needs no clean-up. */
#ifndef DB_DB_H
#define DB_DB_H

#include <signal.h>
#include "error.h"
#include "mem.h"
#include "schema_state.h"

struct db;

enum db_prepared {
	DB_PREPARED_AUTO, /* named statements, unless a pooler is found between us and the server */
	DB_PREPARED_ON,
	DB_PREPARED_OFF, /* unnamed, in the same pipeline: for PgBouncer before 1.21 in transaction mode */
};

struct db_config {
	const char *url;              /* postgresql://... or key=value; holds a password: never logged */
	const char *application_name; /* seen in pg_stat_activity */
	int64_t timeout_s;            /* longest statement, 0: none */
	enum db_prepared prepared;
	const char *url_previous; /* tried when the server refuses the password of url; NULL: none */
	bool needs_schema;        /* an older schema is refused as a whole, not only what needs what it lacks */
};

/* Ends the process when the word is none of auto, on, off (settings_read has checked it). */
enum db_prepared db_prepared_parse(const char *word);

/* Makes a db without connecting. ERR_INVALID_SETTING when the URL can't be parsed. Freed with `mem`. */
enum result db_open(TALLOC_CTX *mem, const struct db_config *config, struct db **out, struct error *e) MUST_CHECK;

/* Connects when there is no living connection. While the server is down: ERR_UNAVAILABLE with retry_after, at once when
 * the last try is younger than the back-off (ten times what it took, 20 ms to 5 s), else after at most 2 s. Refuses for
 * good (ERR_INVALID_SETTING) to work as a superuser, with BYPASSRLS, or as owner of tables. ERR_SCHEMA_NEWER: the
 * schema serves later programs only; ERR_SCHEMA_OLDER with needs_schema. Both heal with the schema. db_begin_as() calls
 * it. */
enum result db_ensure(struct db *db, struct error *e) MUST_CHECK;

/* Closes the connection (before fork, or to heal); the next db_ensure opens a new one. */
void db_close(struct db *db);

/* Whether a connection stands, as far as is known without asking. */
bool db_connected(const struct db *db);

/* The schema as it was last read: with the connection, by db_schema_check, and once a second while it is an older one.
 */
const struct schema_state *db_schema(const struct db *db);
/* Reads it again, outside transactions; errors as db_ensure. */
enum result db_schema_check(struct db *db, struct error *e) MUST_CHECK;

/* PostgreSQL's clock, in microseconds since 1970, so that programs on machines whose clocks differ agree on the time:
 * read with the schema, each minute and after our own clock was set, and carried on by the monotonic one. Our own until
 * the first connection. */
int64_t db_clock_us(const struct db *db);
/* Reads it again, outside transactions, unless it is younger than a second: true when it was read. */
bool db_clock_renew(struct db *db);

enum db_mode { DB_READ, DB_WRITE };

/* Whose rows a transaction sees. */
struct db_identity {
	struct opt_uuid organization_id; /* not set: none (login, registration, the operator) */
	bool assert_session;             /* ask auth.assert_session; false when a cache just said that it lives */
	struct uuid session_id, account_id;
};

/* Queues the begin of a transaction; identity NULL: nobody. Connects if necessary. A second one while the first is open
 * is a bug and ends the process. The ended session of identity shows as ERR_INVALID_TOKEN with the first flush. */
enum result db_begin_as(
    struct db *db, TALLOC_CTX *mem, const struct db_identity *identity, enum db_mode mode, struct error *e) MUST_CHECK;
/* The same for a job: rows of one organisation, no session. */
enum result db_begin_for(
    struct db *db, TALLOC_CTX *mem, const struct uuid *organization_id, enum db_mode mode, struct error *e) MUST_CHECK;

/* Sends what is queued and fills in the results. */
enum result db_flush(struct db *db, struct error *e) MUST_CHECK;
/* Sends what is queued with COMMIT. After ERR_UNAVAILABLE from here it is not known whether the commit happened. With
 * nothing sent and nothing queued it does nothing. */
enum result db_commit(struct db *db, struct error *e) MUST_CHECK;
/* While held, db_commit() and the `_last` of statements only flush: the transaction stays open for whoever holds it,
 * who lets go and commits. Rolling back is as ever. */
void db_hold(struct db *db, bool hold);
/* Drops what is queued and rolls back; nothing open: nothing done. */
void db_rollback(struct db *db);
bool db_in_transaction(const struct db *db);

/* A statement that misses something of the schema is ERR_SCHEMA_OLDER.
 * Of the last error that the server told: the violated constraint's name and the SQLSTATE; "" where there is none.
 * A violated unique or exclusion constraint is ERR_CONFLICT, a foreign key without its row is ERR_NOT_FOUND. */
const char *db_constraint(const struct db *db);
const char *db_sqlstate(const struct db *db);
#define DB_SESSION_ENDED "SC001" /* raised by auth.assert_session */

/* Since db_open or the last reset: statements (without BEGIN, COMMIT and what goes with them) and round trips. */
struct db_counters {
	uint64_t statements, round_trips;
};
struct db_counters db_counters(const struct db *db);
void db_counters_reset(struct db *db);

/* Listens on a channel (a plain identifier), now and after each reconnection. ERR_UNAVAILABLE while down: the channel
 * is remembered all the same. Behind a pooler nothing is listened to: who waits must look by himself (db_is_told). */
enum result db_listen(struct db *db, const char *channel, struct error *e) MUST_CHECK;
/* Whether this connection gets the notifications of its channels. */
bool db_is_told(const struct db *db);
/* Waits for a notification at most timeout_ms, with the signal mask `mask` (NULL: as it is) during the wait. True when
 * one came; false after the time, a signal, or a lost connection. Outside transactions only. */
bool db_wait(struct db *db, int timeout_ms, const sigset_t *mask);

/* The URL for a program's role: `own` when given, else `operator_url` with that user and password (NULL: none), all
 * else (hosts, database, TLS) kept. NULL when both are missing. ERR_INVALID_SETTING when a URL can't be parsed. */
enum result db_url_for_role(TALLOC_CTX *mem, const char *own, const char *operator_url, const char *role,
    const char *password, const char **out, struct error *e) MUST_CHECK;

#endif
