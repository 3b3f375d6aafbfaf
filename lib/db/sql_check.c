/* Compares statements with the server's own description of them. */
#include <string.h>

#include "db_private.h"
#include "log.h"

static void differs(struct error *e, const struct sql_stmt *s, const char *what, size_t place, const char *seen)
{
	char reason[160];
	snprintf(reason, sizeof(reason), "%s %zu: %s", what, place, seen);
	log_error("statement differs from the schema", "statement", s->name, "reason", reason);
	(void)error_set(e, ERR_STATEMENT_MISMATCH, s->name, "name", s->name, "reason", reason);
}

static const char *type_text(Oid type, char out[48])
{
	snprintf(out, 48, "the server says type %u", type);
	return out;
}

static void describe(struct db *db, const struct sql_stmt *s, struct error *e)
{
	Oid types[SQL_MAX_PARAMS];
	char text[48];
	for (size_t i = 0; i < s->n_in; i++)
		types[i] = sql_oid(s->in[i].type);
	PGresult *r = PQprepare(db->conn, "", s->text, (int)s->n_in, types);
	if (PQresultStatus(r) != PGRES_COMMAND_OK) {
		const char *words = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
		differs(e, s, "does not prepare,", 0, words != NULL ? words : "connection lost");
		PQclear(r);
		return;
	}
	PQclear(r);
	r = PQdescribePrepared(db->conn, "");
	if (PQnparams(r) != (int)s->n_in)
		differs(e, s, "parameters, not", (size_t)PQnparams(r), "as many as the struct has fields");
	for (size_t i = 0; i < s->n_in && (int)i < PQnparams(r); i++)
		if (PQparamtype(r, (int)i) != types[i])
			differs(e, s, "parameter", i + 1, type_text(PQparamtype(r, (int)i), text));
	if (PQnfields(r) != (int)s->n_out)
		differs(e, s, "columns, not", (size_t)PQnfields(r), "as many as the struct has fields");
	for (size_t i = 0; i < s->n_out && (int)i < PQnfields(r); i++) {
		if (PQftype(r, (int)i) != sql_oid(s->out[i].type) || s->out[i].type == SQL_TEXT_ARRAY ||
		    s->out[i].type == SQL_UUID_ARRAY)
			differs(e, s, "column", i + 1, type_text(PQftype(r, (int)i), text));
		else if (strcmp(PQfname(r, (int)i), s->out[i].name) != 0)
			differs(e, s, "column", i + 1, PQfname(r, (int)i));
	}
	PQclear(r);
}

/* In one transaction: what a pooler prepares on one connection it would else ask another about. */
static void check_one(struct db *db, const struct sql_stmt *s, struct error *e)
{
	PQclear(PQexec(db->conn, "begin"));
	describe(db, s, e);
	PQclear(PQexec(db->conn, "rollback"));
}

enum result sql_check_all(struct db *db, const struct sql_stmt *const *stmts, size_t n, struct error *e)
{
	TRY(db_ensure(db, e));
	/* Plain calls need a plain connection; afterwards it is dropped, which also drops what was prepared. */
	if (db->tx != TX_NONE || PQexitPipelineMode(db->conn) == 0 || PQsetnonblocking(db->conn, 0) != 0)
		BUG("statements are checked outside transactions");
	for (size_t i = 0; i < n; i++) {
		check_one(db, stmts[i], e);
		for (size_t k = 0; k < i; k++)
			if (strcmp(stmts[i]->name, stmts[k]->name) == 0)
				differs(e, stmts[i], "name", k, "given twice");
	}
	db_close(db);
	return e->code;
}
