/* What a program knows of the schema it works on: read with each connection, again when in doubt. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "db_private.h"
#include "log.h"

#define RECHECK_US 1000000      /* when something is missing */
#define RECHECK_ANY_US 60000000 /* an upgrade goes on beside us; a clock drifts, or is set */
#define STEP_US 1000000         /* of our own clock in that time: it was set, or the machine slept */

static PGresult *rows_of(struct db *db, const char *sql)
{
	PGresult *r = db_exec_plain(db, sql);
	if (r != NULL && PQresultStatus(r) != PGRES_TUPLES_OK) {
		PQclear(r);
		return NULL;
	}
	return r;
}

static void tell(const struct schema_state *now, enum schema_fit before)
{
	if (now->fit == before)
		return;
	if (now->fit == SCHEMA_OLDER)
		log_warn("the schema is older than this program: run scorpius migrate", "missing_changes",
		    num_text((long long)now->missing).s, "first", now->first_missing);
	else if (now->fit == SCHEMA_TOO_NEW)
		log_warn(
		    "the schema is of a later version than this program, which it does not serve: install that version",
		    "oldest_program", now->oldest_program, "unknown_change", now->an_unknown);
	else if (now->fit == SCHEMA_NEWER)
		log_info("the schema is of a later version, which serves this program, too", "unknown_change",
		    now->an_unknown);
	else if (now->fit == SCHEMA_CURRENT && before != SCHEMA_UNKNOWN)
		log_info("the schema is that of this program");
}

static int64_t wall_ahead_us(void)
{
	return clock_now_us() - clock_mono_us();
}

enum result db_schema_read(struct db *db, struct error *e)
{
	enum schema_fit before = db->schema.fit;
	int64_t asked_us = clock_mono_us();
	PGresult *r = rows_of(db, "select pg_catalog.to_regprocedure('scorpius.oldest_program()') is not null, "
				  "(extract(epoch from pg_catalog.clock_timestamp()) * 1000000)::bigint");
	if (r == NULL)
		return db_lost(db, e);
	bool says = PQgetvalue(r, 0, 0)[0] == 't';
	db->schema_read_us = clock_mono_us();
	db->wall_ahead_us = wall_ahead_us();
	db->clock_ahead_us = strtoll(PQgetvalue(r, 0, 1), NULL, 10) - (asked_us + (db->schema_read_us - asked_us) / 2);
	PQclear(r);
	if (!says) {
		/* From before the change that lets us look: older, by at least that one. */
		db->schema = (struct schema_state){ .fit = SCHEMA_OLDER, .missing = 1 };
		tell(&db->schema, before);
		return ERR_OK;
	}
	TALLOC_CTX *mem = mem_new("schema", 0);
	PGresult *oldest = rows_of(db, "select scorpius.oldest_program()");
	r = rows_of(db, "select change from sqitch.changes");
	if (oldest != NULL && r != NULL) {
		size_t n = (size_t)PQntuples(r);
		const char **names = mem_array(mem, const char *, n + 1);
		for (size_t i = 0; i < n; i++)
			names[i] = PQgetvalue(r, (int)i, 0);
		schema_judge(&db->schema, names, n, PQgetvalue(oldest, 0, 0), SCORPIUS_VERSION);
	} else {
		/* Somebody took the right to look away: no reason to stop. */
		db->schema = (struct schema_state){ .fit = SCHEMA_UNKNOWN };
	}
	PQclear(oldest);
	PQclear(r);
	talloc_free(mem);
	tell(&db->schema, before);
	return PQstatus(db->conn) == CONNECTION_OK ? ERR_OK : db_lost(db, e);
}

enum result db_schema_serves(struct db *db, struct error *e)
{
	if (db->schema.fit == SCHEMA_TOO_NEW) {
		db_close(db);
		error_cause(e, "the schema serves programs from %s on", db->schema.oldest_program);
		enum result code = error_set(e, ERR_SCHEMA_NEWER, NULL);
		e->retry_after = 30;
		return code;
	}
	if (db->schema.fit != SCHEMA_OLDER || !db->needs_schema)
		return ERR_OK;
	error_cause(e, "the schema lacks %zu changes, from '%s' on: run scorpius migrate", db->schema.missing,
	    db->schema.first_missing);
	enum result code = error_set(e, ERR_SCHEMA_OLDER, NULL);
	e->retry_after = 5;
	return code;
}

/* On a connection that stands. */
static enum result look_again(struct db *db, struct error *e)
{
	db->schema_doubted = false;
	/* A pipeline takes no plain statements. */
	if (PQexitPipelineMode(db->conn) == 0)
		return db_lost(db, e);
	TRY(db_schema_read(db, e));
	if (PQenterPipelineMode(db->conn) == 0)
		return db_lost(db, e);
	return db_schema_serves(db, e);
}

enum result db_schema_settle(struct db *db, struct error *e)
{
	bool doubtful = db->schema_doubted || db->schema.fit == SCHEMA_OLDER;
	bool stepped = llabs(wall_ahead_us() - db->wall_ahead_us) > STEP_US;
	int64_t age_us = clock_mono_us() - db->schema_read_us;
	if (db->tx != TX_OPEN && db->n_items == 0 && (stepped || age_us >= (doubtful ? RECHECK_US : RECHECK_ANY_US)))
		return look_again(db, e);
	return db_schema_serves(db, e);
}

enum result db_schema_check(struct db *db, struct error *e)
{
	int64_t read_us = db->schema_read_us;
	if (db->tx == TX_OPEN || db->n_items > 0)
		BUG("the schema is looked at outside transactions");
	TRY(db_ensure(db, e));
	/* Connecting has looked just now. */
	return db->schema_read_us != read_us ? ERR_OK : look_again(db, e);
}

const struct schema_state *db_schema(const struct db *db)
{
	return &db->schema;
}

int64_t db_clock_us(const struct db *db)
{
	return db->clock_ahead_us == 0 ? clock_now_us() : clock_mono_us() + db->clock_ahead_us;
}

bool db_clock_renew(struct db *db)
{
	struct error unwanted;
	error_clear(&unwanted);
	return (db->clock_ahead_us == 0 || clock_mono_us() - db->schema_read_us >= RECHECK_US) &&
	       db_schema_check(db, &unwanted) == ERR_OK;
}
