/* Transactions: everything is queued in one pipeline and sent when a result is needed. */
#include <string.h>

#include "db_private.h"
#include "log.h"
#include "metrics.h"
#include "uuid.h"

static const struct {
	const char *state;
	enum result code;
} server_errors[] = {
	/* A class (two letters) or a whole SQLSTATE; the first one that fits. */
	{ DB_SESSION_ENDED, ERR_INVALID_TOKEN },
	{ "SC002", ERR_LAST_OWNER },           /* organization_keeps_owner */
	{ "SC003", ERR_ORGANIZATION_DELETED }, /* session_needs_organization */
	{ "SC005", ERR_LEGAL_HOLD },           /* tender_hold, document_hold */
	{ "23503", ERR_NOT_FOUND }, /* the row that a key names does not exist, or is another organisation's */
	{ "23505", ERR_CONFLICT },
	{ "23P01", ERR_CONFLICT },
	{ "40", ERR_CONFLICT },    /* serialization, deadlock */
	{ "55P03", ERR_CONFLICT }, /* lock not available */
	{ "53100", ERR_STORAGE_FULL },
	{ "53", ERR_UNAVAILABLE },
	{ "57", ERR_UNAVAILABLE }, /* timeout, shutdown */
	{ "58", ERR_UNAVAILABLE },
	{ "08", ERR_UNAVAILABLE },
	{ "25006", ERR_UNAVAILABLE }, /* the server became a read-only standby */
	/* A table, column, function, schema or type is not there: every statement was checked against its schema. */
	{ "42P01", ERR_SCHEMA_OLDER },
	{ "42703", ERR_SCHEMA_OLDER },
	{ "42883", ERR_SCHEMA_OLDER },
	{ "3F000", ERR_SCHEMA_OLDER },
	{ "42704", ERR_SCHEMA_OLDER },
};

enum result db_server_error(struct db *db, const PGresult *r, struct error *e)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	const char *constraint = PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME);
	const char *words = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
	snprintf(db->sqlstate, sizeof(db->sqlstate), "%s", state != NULL ? state : "");
	snprintf(db->constraint, sizeof(db->constraint), "%s", constraint != NULL ? constraint : "");
	enum result code = ERR_INTERNAL;
	for (size_t i = 0; i < ARRAY_LEN(server_errors) && state != NULL; i++) {
		if (strncmp(state, server_errors[i].state, strlen(server_errors[i].state)) == 0) {
			code = server_errors[i].code;
			break;
		}
	}
	/* Of an older schema rights and rules are older, too. */
	if (db->schema.fit == SCHEMA_OLDER && state != NULL &&
	    (strcmp(state, "42501") == 0 || strcmp(state, "23514") == 0))
		code = ERR_SCHEMA_OLDER;
	db->schema_doubted = db->schema_doubted || code == ERR_SCHEMA_OLDER;
	/* The primary message only: the detail may hold values of a row. */
	error_cause(e, "postgresql %s: %s", db->sqlstate, words != NULL ? words : "no message");
	code = error_set(e, code, NULL);
	if (code == ERR_UNAVAILABLE)
		e->retry_after = 1;
	else if (code == ERR_SCHEMA_OLDER)
		e->retry_after = 5;
	return code;
}

/* --- the pipeline ------------------------------------------------------------------------------------------------- */

static void push(struct db *db, struct item item)
{
	if (db->n_items == db->cap_items) {
		db->cap_items = db->cap_items == 0 ? 16 : db->cap_items * 2;
		db->items = mem_grow(db, db->items, struct item, db->cap_items);
	}
	db->items[db->n_items++] = item;
}

static struct prepared *slot(struct prepared *table, size_t cap, const char *name)
{
	uint32_t h = 2166136261u;
	for (const char *p = name; *p != '\0'; p++)
		h = (h ^ (uint8_t)*p) * 16777619u;
	size_t i = h & (cap - 1);
	while (table[i].name != NULL && strcmp(table[i].name, name) != 0)
		i = (i + 1) & (cap - 1);
	return &table[i];
}

static struct prepared *prepared_get(struct db *db, const char *name)
{
	/* Grown only while the pipeline is empty: its items point into the table. */
	if (db->n_items == 0 && (db->n_prepared + SQL_MAX_PARAMS) * 2 > db->cap_prepared) {
		size_t cap = db->cap_prepared == 0 ? 256 : db->cap_prepared * 2;
		struct prepared *table = mem_array(db, struct prepared, cap);
		for (size_t i = 0; i < db->cap_prepared; i++)
			if (db->prepared[i].name != NULL)
				*slot(table, cap, db->prepared[i].name) = db->prepared[i];
		talloc_free(db->prepared);
		db->prepared = table;
		db->cap_prepared = cap;
	}
	struct prepared *p = slot(db->prepared, db->cap_prepared, name);
	if (p->name == NULL) {
		if (db->n_prepared + 1 >= db->cap_prepared)
			return NULL;
		p->name = name; /* names are literals */
		p->state = PREPARED_NOT;
		db->n_prepared++;
	}
	return p;
}

enum result db_send(struct db *db, const char *name, const char *text, int n, const Oid *types,
    const char *const *values, const int *lengths, const int *formats, struct item item, struct error *e)
{
	struct prepared *p = db->named ? prepared_get(db, name) : NULL;
	if (p == NULL) {
		if (PQsendQueryParams(db->conn, text, n, types, values, lengths, formats, 1) == 0)
			return db_lost(db, e);
		push(db, item);
		return ERR_OK;
	}
	if (p->state == PREPARED_NOT) {
		if (PQsendPrepare(db->conn, name, text, n, types) == 0)
			return db_lost(db, e);
		push(db, (struct item){ .kind = ITEM_PREPARE, .prepared = p });
		p->state = PREPARED_SENT;
	}
	if (PQsendQueryPrepared(db->conn, name, n, values, lengths, formats, 1) == 0)
		return db_lost(db, e);
	push(db, item);
	return ERR_OK;
}

static enum result send_plain(struct db *db, const char *name, const char *text, int kind, struct error *e)
{
	return db_send(db, name, text, 0, NULL, NULL, NULL, NULL, (struct item){ .kind = kind }, e);
}

/* Reads the results of all items. The first failure is told; after one the server skips the rest of the pipeline. */
static enum result read_items(struct db *db, struct error *e)
{
	enum result code = ERR_OK;
	bool failed = false, lost = false, stale = false;
	for (size_t i = 0; i < db->n_items; i++) {
		struct item *it = &db->items[i];
		PGresult *r = db_next_result(db, &lost);
		if (lost || r == NULL) {
			PQclear(r);
			return db_lost(db, e);
		}
		ExecStatusType status = PQresultStatus(r);
		bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
		if (it->kind == ITEM_PREPARE)
			it->prepared->state = ok ? PREPARED_DONE : PREPARED_NOT;
		if (status == PGRES_FATAL_ERROR && !failed) {
			failed = true;
			struct error unwanted;
			error_clear(&unwanted);
			/* An earlier "not found" is what the caller asked about; this one is only logged. */
			enum result c = db_server_error(db, r, code == ERR_OK ? e : &unwanted);
			if (code == ERR_OK)
				code = c;
			else
				log_failure(LOG_WARN, "a later statement of the pipeline failed", &unwanted);
			/* The name is unknown or taken (a pooler), or the tables changed under a plan. */
			stale = strcmp(db->sqlstate, "26000") == 0 || strcmp(db->sqlstate, "42P05") == 0 ||
				strcmp(db->sqlstate, "0A000") == 0;
		} else if (ok && it->kind == ITEM_STATEMENT && it->out != NULL) {
			struct error more;
			error_clear(&more);
			enum result c = sql_decode(it, r, code == ERR_OK ? e : &more);
			if (code == ERR_OK)
				code = c;
			r = NULL; /* kept by the caller's memory, or cleared */
		}
		PQclear(r);
		/* The end of this statement's results; a lost connection repeats its error first. */
		while ((r = db_next_result(db, &lost)) != NULL)
			PQclear(r);
		if (lost)
			return db_lost(db, e);
	}
	PGresult *r = db_next_result(db, &lost);
	bool synced = !lost && r != NULL && PQresultStatus(r) == PGRES_PIPELINE_SYNC;
	PQclear(r);
	if (!synced)
		return db_lost(db, e);
	db->n_items = 0;
	if (stale) {
		if (db->prepared_wanted == DB_PREPARED_AUTO && strcmp(db->sqlstate, "0A000") != 0)
			db->prepared_wanted = DB_PREPARED_OFF;
		db_close(db);
		e->code = ERR_UNAVAILABLE;
		if (e->n_faults > 0)
			e->faults[0].code = ERR_UNAVAILABLE;
		e->retry_after = 1;
		return ERR_UNAVAILABLE;
	}
	return code;
}

/* Sends and reads what is queued; a transaction that the server has given up is rolled back at once. */
static enum result round_trip(struct db *db, struct error *e)
{
	if (PQpipelineSync(db->conn) == 0)
		return db_lost(db, e);
	db->counters.round_trips++;
	metric_add(METRIC_DB_ROUND_TRIPS, 0, 1);
	enum result code = read_items(db, e);
	if (db->conn == NULL)
		return code;
	PGTransactionStatusType status = PQtransactionStatus(db->conn);
	if (status == PQTRANS_IDLE && db->tx == TX_OPEN) {
		db->tx = code == ERR_OK || code == ERR_NOT_FOUND ? TX_NONE : TX_ENDED;
	} else if (status == PQTRANS_INERROR) {
		struct error second;
		error_clear(&second);
		db->tx = TX_ENDED;
		if (send_plain(db, "tx_rollback", "rollback", ITEM_PLUMBING, &second) == ERR_OK &&
		    PQpipelineSync(db->conn) != 0) {
			db->counters.round_trips++;
			metric_add(METRIC_DB_ROUND_TRIPS, 0, 1);
			if (read_items(db, &second) != ERR_OK && db->conn != NULL)
				db_close(db);
		}
	}
	return code;
}

/* --- transactions ------------------------------------------------------------------------------------------------- */

struct guard {
	struct db *db;
	uint64_t serial;
};

static void guard_fire(void *arg)
{
	struct guard *g = arg;
	if (g->db->tx != TX_NONE && g->db->tx_serial == g->serial)
		db_rollback(g->db);
}

enum result db_begin_as(
    struct db *db, TALLOC_CTX *mem, const struct db_identity *identity, enum db_mode mode, struct error *e)
{
	if (db->tx != TX_NONE && db->tx != TX_ENDED)
		BUG("a transaction is open already");
	TRY(db_ensure(db, e));
	db->tx = TX_PENDING;
	db->tx_serial++;
	db->mode = mode;
	db->identity = identity != NULL ? *identity : (struct db_identity){ 0 };
	db->constraint[0] = db->sqlstate[0] = '\0';
	struct guard *g = mem_zero(mem, struct guard);
	*g = (struct guard){ db, db->tx_serial };
	mem_defer(mem, guard_fire, g);
	return ERR_OK;
}

enum result db_begin_for(
    struct db *db, TALLOC_CTX *mem, const struct uuid *organization_id, enum db_mode mode, struct error *e)
{
	return db_begin_as(db, mem, &(struct db_identity){ .organization_id = { true, *organization_id } }, mode, e);
}

enum result db_send_begin(struct db *db, bool planned_once, struct error *e)
{
	const struct db_identity *id = &db->identity;
	char organization[37] = "", timeout[24];
	if (id->organization_id.set)
		uuid_format(&id->organization_id.value, organization);
	snprintf(timeout, sizeof(timeout), "%llds", (long long)db->timeout_s);
	db->tx = TX_OPEN;
	if (db->mode == DB_READ)
		TRY(send_plain(db, "tx_begin_read", "begin read only", ITEM_PLUMBING, e));
	else
		TRY(send_plain(db, "tx_begin", "begin", ITEM_PLUMBING, e));
	TRY(db_send(db, "tx_settings",
	    "select set_config('scorpius.organization_id', $1, true), set_config('statement_timeout', $2, true), "
	    "set_config('plan_cache_mode', $3, true)",
	    3, (const Oid[]){ 25, 25, 25 },
	    (const char *const[]){ organization, timeout, planned_once ? "force_generic_plan" : "auto" }, NULL, NULL,
	    (struct item){ .kind = ITEM_PLUMBING }, e));
	if (!id->assert_session)
		return ERR_OK;
	const char *org = id->organization_id.set ? (const char *)id->organization_id.value.b : NULL;
	return db_send(db, "tx_session", "select auth.assert_session($1, $2, $3)", 3, (const Oid[]){ 2950, 2950, 2950 },
	    (const char *const[]){ (const char *)id->session_id.b, (const char *)id->account_id.b, org },
	    (const int[]){ 16, 16, 16 }, (const int[]){ 1, 1, 1 }, (struct item){ .kind = ITEM_PLUMBING }, e);
}

static enum result ended(struct error *e)
{
	error_cause(e, "the transaction was ended by an error before");
	return error_set(e, ERR_INTERNAL, NULL);
}

enum result db_flush(struct db *db, struct error *e)
{
	if (db->tx == TX_ENDED)
		return ended(e);
	return db->n_items == 0 ? ERR_OK : round_trip(db, e);
}

void db_hold(struct db *db, bool hold)
{
	db->held = hold;
}

enum result db_commit(struct db *db, struct error *e)
{
	if (db->held && db->tx != TX_ENDED)
		return db_flush(db, e);
	switch (db->tx) {
	case TX_NONE:
	case TX_PENDING:
		db->tx = TX_NONE;
		return ERR_OK;
	case TX_ENDED:
		db->tx = TX_NONE;
		return ended(e);
	case TX_OPEN:
		break;
	}
	enum result code = send_plain(db, "tx_commit", "commit", ITEM_COMMIT, e);
	if (code == ERR_OK)
		code = round_trip(db, e);
	db->tx = TX_NONE;
	return code;
}

void db_rollback(struct db *db)
{
	if (db->tx == TX_OPEN && db->conn != NULL) {
		struct error e;
		error_clear(&e);
		for (size_t i = 0; i < db->n_items; i++)
			db->items[i].out = NULL;
		if (send_plain(db, "tx_rollback", "rollback", ITEM_PLUMBING, &e) == ERR_OK)
			(void)!round_trip(db, &e);
		/* Whatever went wrong: a connection in doubt is not used again. */
		if (db->conn != NULL && PQtransactionStatus(db->conn) != PQTRANS_IDLE)
			db_close(db);
	}
	db->tx = TX_NONE;
}

bool db_in_transaction(const struct db *db)
{
	return db->tx == TX_PENDING || db->tx == TX_OPEN;
}
