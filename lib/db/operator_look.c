/* A look at a server, for whoever checks an installation. */
#include "operator_look.h"
#include "operator_private.h"

#include <stdlib.h>
#include <string.h>

/* The one row of a query. */
static enum result row(struct operator_db *db, const char *sql, PGresult **out, struct error *e)
{
	PGresult *r = PQexec(db->conn, sql);
	if (PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1) {
		*out = r;
		return ERR_OK;
	}
	enum result rc = operator_failed(db, r, e);
	PQclear(r);
	return rc;
}

static int64_t number(const PGresult *r, int column)
{
	return strtoll(PQgetvalue(r, 0, column), NULL, 10);
}

static bool truth(const PGresult *r, int column)
{
	return PQgetvalue(r, 0, column)[0] == 't';
}

enum result operator_look_server(struct operator_db *db, TALLOC_CTX *mem, struct server_facts *out, struct error *e)
{
	PGresult *r;
	const char *host = PQhost(db->conn), *text = PQparameterStatus(db->conn, "server_version");
	*out = (struct server_facts){ .version = PQserverVersion(db->conn),
		.version_text = mem_strdup(mem, text ? text : "?"),
		.tls = PQsslInUse(db->conn) == 1,
		.local = host && host[0] == '/' };
	/* Not what other sessions do, which an account of ours may not see: how many there are. */
	TRY(row(db,
	    "select pg_catalog.pg_encoding_to_char(encoding), pg_catalog.current_setting('data_checksums') = 'on',"
	    " not pg_catalog.pg_is_in_recovery() and not "
	    "pg_catalog.current_setting('default_transaction_read_only')::boolean,"
	    " pg_catalog.current_setting('max_connections')::int,"
	    " pg_catalog.current_setting('superuser_reserved_connections')::int"
	    " + coalesce(pg_catalog.current_setting('reserved_connections', true), '0')::int,"
	    " (select coalesce(sum(numbackends), 0) from pg_catalog.pg_stat_database)::bigint,"
	    " (extract(epoch from pg_catalog.clock_timestamp()) * 1000000)::bigint"
	    " from pg_catalog.pg_database where datname = pg_catalog.current_database()",
	    &r, e));
	out->encoding = mem_strdup(mem, PQgetvalue(r, 0, 0));
	out->checksums = truth(r, 1);
	out->writable = truth(r, 2);
	out->max_connections = number(r, 3);
	out->reserved = number(r, 4);
	out->used = number(r, 5);
	out->clock_us = number(r, 6);
	PQclear(r);
	return ERR_OK;
}

enum result operator_look_account(struct operator_db *db, TALLOC_CTX *mem, struct account_facts *out, struct error *e)
{
	PGresult *r;
	TRY(row(db,
	    "select rolname, rolsuper, rolbypassrls, exists (select from pg_catalog.pg_class c where c.relowner = r.oid"
	    " and c.relkind in ('r', 'p')) from pg_catalog.pg_roles r where rolname = current_user",
	    &r, e));
	*out = (struct account_facts){ mem_strdup(mem, PQgetvalue(r, 0, 0)), truth(r, 1), truth(r, 2), truth(r, 3) };
	PQclear(r);
	return ERR_OK;
}

enum result operator_look_programs(struct operator_db *db, TALLOC_CTX *mem, struct name_list *out, struct error *e)
{
	PGresult *r = PQexec(db->conn,
	    "select distinct application_name from pg_catalog.pg_stat_activity"
	    " where datname = pg_catalog.current_database() and application_name like 'scorpius-%' order by 1");
	if (PQresultStatus(r) != PGRES_TUPLES_OK) {
		enum result rc = operator_failed(db, r, e);
		PQclear(r);
		return rc;
	}
	out->n = (size_t)PQntuples(r);
	out->p = mem_array(mem, const char *, out->n + 1);
	for (size_t i = 0; i < out->n; i++)
		out->p[i] = mem_strdup(mem, PQgetvalue(r, (int)i, 0));
	PQclear(r);
	return ERR_OK;
}

enum result operator_look_jobs(struct operator_db *db, bool *alive, double *waiting_s, struct error *e)
{
	PGresult *r;
	TRY(row(db,
	    "select exists (select from pg_catalog.pg_stat_activity where usename = 'scorpius_jobs'"
	    " and pid <> pg_catalog.pg_backend_pid() and application_name like 'scorpius-jobs%'), "
	    "queue.waiting_seconds()",
	    &r, e));
	*alive = truth(r, 0);
	*waiting_s = strtod(PQgetvalue(r, 0, 1), NULL);
	PQclear(r);
	return ERR_OK;
}
