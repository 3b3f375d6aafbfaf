/* What the files of lib/db share. */
#ifndef DB_PRIVATE_H
#define DB_PRIVATE_H

#include <libpq-fe.h>
#include "schema_state.h"
#include "sql.h"

#define SQL_MAX_PARAMS 40
#define DB_MAX_CHANNELS 4

/* A named statement as this connection knows it. */
struct prepared {
	const char *name; /* NULL: free slot */
	enum { PREPARED_NOT, PREPARED_SENT, PREPARED_DONE } state;
};

/* One message of the pipeline whose result is awaited. */
struct item {
	enum { ITEM_PLUMBING, ITEM_PREPARE, ITEM_STATEMENT, ITEM_COMMIT } kind;
	struct prepared *prepared;
	const struct sql_stmt *stmt;
	TALLOC_CTX *mem;
	void *out; /* NULL: nobody wants it any more */
	size_t *n;
};

enum tx_state {
	TX_NONE,
	TX_PENDING, /* begun by the caller, nothing sent */
	TX_OPEN,
	TX_ENDED, /* an error ended it; statements are refused until it is committed (in vain) or rolled back */
};

struct db {
	const char *url, *url_previous, *application_name;
	int64_t timeout_s;
	enum db_prepared prepared_wanted;
	bool named;  /* named statements on this connection */
	bool pooled; /* somebody stands between us and the server */

	bool needs_schema; /* refuses to work on an older one */
	struct schema_state schema;
	int64_t schema_read_us; /* monotonic */
	bool schema_doubted;    /* something was not there that should be */
	int64_t clock_ahead_us; /* the server's clock at that time, less the monotonic one; 0: never read */
	int64_t wall_ahead_us;  /* our own wall clock at that time, less the monotonic one */

	PGconn *conn;
	int64_t retry_at_us; /* monotonic; while down */
	char why[256];       /* the last connection could not be made */
	const char *channels[DB_MAX_CHANNELS];
	unsigned n_channels;

	enum tx_state tx;
	bool held;          /* commits wait for db_hold(db, false) */
	uint64_t tx_serial; /* tells an old guard from the one of the present transaction */
	enum db_mode mode;
	struct db_identity identity;

	struct item *items;
	size_t n_items, cap_items;
	struct prepared *prepared; /* hash table, n a power of two */
	size_t n_prepared, cap_prepared;

	char constraint[64], sqlstate[6];
	struct db_counters counters;
};

/* Drops the connection and says so: ERR_UNAVAILABLE with libpq's words as the cause. */
enum result db_lost(struct db *db, struct error *e);
/* Reads what is deployed, on a connection that is not in a pipeline. */
enum result db_schema_read(struct db *db, struct error *e);
/* Whether work may be done on what was read: SCHEMA_NEWER, which closes the connection, or SCHEMA_OLDER. */
enum result db_schema_serves(struct db *db, struct error *e);
/* The same, after another look (once a second) when there is reason. */
enum result db_schema_settle(struct db *db, struct error *e);
/* Runs a plain SQL text outside the pipeline; NULL when the connection was lost. */
PGresult *db_exec_plain(struct db *db, const char *sql);
/* Waits until a result is there and gives it; NULL also at the end of a statement's results. */
PGresult *db_next_result(struct db *db, bool *lost);
/* Translates the server's error, keeping SQLSTATE and constraint. */
enum result db_server_error(struct db *db, const PGresult *r, struct error *e);

/* Queues a message, with a Prepare before it when the connection does not know the statement yet. */
enum result db_send(struct db *db, const char *name, const char *text, int n, const Oid *types,
    const char *const *values, const int *lengths, const int *formats, struct item item, struct error *e);

/* Sends BEGIN and what belongs to it. */
enum result db_send_begin(struct db *db, bool planned_once, struct error *e);

/* One result into the caller's struct. */
enum result sql_decode(const struct item *item, PGresult *r, struct error *e);
Oid sql_oid(enum sql_type type);

#endif
