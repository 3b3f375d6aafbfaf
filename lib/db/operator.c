/* What only the operator does with a database. */
#include "oldest.h"
#include "operator_private.h"

#include <string.h>

static void free_options(void *o)
{
	PQconninfoFree(o);
}

static enum result parse(TALLOC_CTX *mem, const char *url, PQconninfoOption **out, struct error *e)
{
	char *words = NULL;
	*out = url == NULL || url[0] == '\0' ? NULL : PQconninfoParse(url, &words);
	if (*out == NULL) {
		PQfreemem(words); /* may quote the password */
		return error_set(e, ERR_INVALID_SETTING, "DATABASE_URL", "name", "DATABASE_URL", "reason",
		    url == NULL || url[0] == '\0' ? "not set" : "not a PostgreSQL URL");
	}
	mem_defer(mem, free_options, *out);
	return ERR_OK;
}

enum result operator_environment(TALLOC_CTX *mem, const char *url, const char *const **out, struct error *e)
{
	PQconninfoOption *options;
	size_t n = 0;
	TRY(parse(mem, url, &options, e));
	for (const PQconninfoOption *o = options; o->keyword != NULL; o++)
		n++;
	const char **env = mem_array(mem, const char *, n + 1);
	n = 0;
	for (const PQconninfoOption *o = options; o->keyword != NULL; o++)
		if (o->envvar != NULL && o->val != NULL)
			env[n++] = mem_printf(mem, "%s=%s", o->envvar, o->val);
	*out = env;
	return ERR_OK;
}

static void finish(void *conn)
{
	PQfinish(conn);
}

enum result operator_failed(struct operator_db *db, const PGresult *r, struct error *e)
{
	const char *words = r != NULL ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	bool gone = PQstatus(db->conn) != CONNECTION_OK;
	error_cause(e, "postgresql: %s", words != NULL ? words : PQerrorMessage(db->conn));
	return error_set(e, gone ? ERR_UNAVAILABLE : ERR_INTERNAL, NULL);
}

enum result operator_query(
    struct operator_db *db, const char *sql, int n, const char *const *values, PGresult **out, struct error *e)
{
	PGresult *r = PQexecParams(db->conn, sql, n, NULL, values, NULL, NULL, 0);
	ExecStatusType status = PQresultStatus(r);
	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
		enum result code = operator_failed(db, r, e);
		PQclear(r);
		return code;
	}
	*out = r;
	return ERR_OK;
}

enum result operator_connect(TALLOC_CTX *mem, const char *url, struct operator_db **out, struct error *e)
{
	PQconninfoOption *unused;
	TRY(parse(mem, url, &unused, e));
	const char *const names[] = { "dbname", "application_name", "connect_timeout", "client_encoding", NULL };
	const char *const values[] = { url, "scorpius", "10", "UTF8", NULL };
	struct operator_db *db = mem_zero(mem, struct operator_db);
	db->conn = mem_check(PQconnectdbParams(names, values, 1));
	mem_defer(db, finish, db->conn);
	*out = db;
	if (PQstatus(db->conn) != CONNECTION_OK)
		return operator_failed(db, NULL, e);
	if (PQserverVersion(db->conn) < DB_OLDEST_NUMBER)
		return error_set(e, ERR_DATABASE_TOO_OLD, NULL, "version",
		    PQparameterStatus(db->conn, "server_version"), "needed", num_text(DB_OLDEST).s);
	return ERR_OK;
}

enum result operator_set_password(struct operator_db *db, const char *role, const char *password, struct error *e)
{
	char *verifier = PQencryptPasswordConn(db->conn, password, role, "scram-sha-256");
	char *name = PQescapeIdentifier(db->conn, role, strlen(role));
	char *literal = verifier != NULL ? PQescapeLiteral(db->conn, verifier, strlen(verifier)) : NULL;
	enum result code = ERR_OK;
	if (name == NULL || literal == NULL) {
		code = operator_failed(db, NULL, e);
	} else {
		char *sql = mem_printf(db, "alter role %s password %s", name, literal);
		PGresult *r = PQexec(db->conn, sql);
		if (PQresultStatus(r) != PGRES_COMMAND_OK)
			code = operator_failed(db, r, e);
		PQclear(r);
		talloc_free(sql);
	}
	PQfreemem(literal);
	PQfreemem(name);
	PQfreemem(verifier);
	return code;
}

static const char *option(const PQconninfoOption *o, const char *keyword)
{
	while (o->keyword != NULL && strcmp(o->keyword, keyword) != 0)
		o++;
	return o->keyword != NULL ? o->val : NULL;
}

enum result operator_set_own_password(struct operator_db *db, const char *url, struct error *e)
{
	PQconninfoOption *options;
	TRY(parse(db, url, &options, e));
	const char *user = option(options, "user"), *password = option(options, "password");
	if (user == NULL || strcmp(user, PQuser(db->conn)) != 0 || password == NULL || password[0] == '\0')
		return error_set(e, ERR_INVALID_SETTING, "DATABASE_URL", "name", "DATABASE_URL", "reason",
		    "not the account of DATABASE_URL_PREVIOUS with another password");
	return operator_set_password(db, user, password, e);
}

enum result operator_pgvector(struct operator_db *db, TALLOC_CTX *mem, const char **version, struct error *e)
{
	enum result code = ERR_OK;
	PGresult *r =
	    PQexec(db->conn, "select default_version from pg_catalog.pg_available_extensions where name = 'vector'");
	*version = NULL;
	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		code = operator_failed(db, r, e);
	else if (PQntuples(r) == 1)
		*version = mem_strdup(mem, PQgetvalue(r, 0, 0));
	PQclear(r);
	return code;
}

enum result operator_has_schema(struct operator_db *db, bool *out, struct error *e)
{
	enum result code = ERR_OK;
	PGresult *r = PQexec(db->conn, "select pg_catalog.to_regclass('scorpius.job') is not null");
	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		code = operator_failed(db, r, e);
	else
		*out = PQgetvalue(r, 0, 0)[0] == 't';
	PQclear(r);
	return code;
}
