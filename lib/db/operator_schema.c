#include "operator_schema.h"
#include "operator_private.h"

#include <stdlib.h>
#include <string.h>

/* Of this database: any constant that nobody else takes. */
#define MIGRATION_LOCK "hashtextextended('scorpius migrate', 0)"

#define SESSION_COLUMNS \
	"b.pid, coalesce(b.usename, ''), coalesce(b.application_name, ''), coalesce(host(b.client_addr), '')," \
	" coalesce(b.state, ''), coalesce(to_char(coalesce(b.xact_start, b.backend_start) at time zone 'UTC'," \
	" 'YYYY-MM-DD HH24:MI:SS \"UTC\"'), '')"

static void read_session(TALLOC_CTX *mem, const PGresult *r, struct operator_session *out)
{
	*out = (struct operator_session){
		.pid = strtoll(PQgetvalue(r, 0, 0), NULL, 10),
		.user = mem_strdup(mem, PQgetvalue(r, 0, 1)),
		.application = mem_strdup(mem, PQgetvalue(r, 0, 2)),
		.address = mem_strdup(mem, PQgetvalue(r, 0, 3)),
		.state = mem_strdup(mem, PQgetvalue(r, 0, 4)),
		.since = mem_strdup(mem, PQgetvalue(r, 0, 5)),
	};
}

static enum result truth(struct operator_db *db, const char *sql, bool *out, struct error *e)
{
	PGresult *r;
	TRY(operator_query(db, sql, 0, NULL, &r, e));
	*out = PQgetvalue(r, 0, 0)[0] == 't';
	PQclear(r);
	return ERR_OK;
}

enum result operator_schema_changes(
    struct operator_db *db, TALLOC_CTX *mem, const char *const **out, size_t *n, struct error *e)
{
	bool registry;
	PGresult *r;
	*n = 0;
	TRY(truth(db, "select to_regclass('sqitch.changes') is not null", &registry, e));
	if (!registry)
		return ERR_OK;
	TRY(operator_query(
	    db, "select change from sqitch.changes order by committed_at, planned_at, change_id", 0, NULL, &r, e));
	*n = (size_t)PQntuples(r);
	const char **names = mem_array(mem, const char *, *n + 1);
	for (size_t i = 0; i < *n; i++)
		names[i] = mem_strdup(mem, PQgetvalue(r, (int)i, 0));
	*out = names;
	PQclear(r);
	return ERR_OK;
}

enum result operator_schema_state(struct operator_db *db, struct schema_state *out, struct error *e)
{
	TALLOC_CTX *mem = mem_new("schema", 0);
	const char *const *deployed = NULL;
	const char *oldest = NULL;
	size_t n;
	bool says = false;
	PGresult *r;
	enum result code = operator_schema_changes(db, mem, &deployed, &n, e);
	if (code == ERR_OK)
		code = truth(db, "select to_regprocedure('scorpius.oldest_program()') is not null", &says, e);
	if (code == ERR_OK && says)
		code = operator_query(db, "select scorpius.oldest_program()", 0, NULL, &r, e);
	if (code == ERR_OK && says) {
		oldest = mem_strdup(mem, PQgetvalue(r, 0, 0));
		PQclear(r);
	}
	if (code == ERR_OK)
		schema_judge(out, deployed, n, oldest, SCORPIUS_VERSION);
	talloc_free(mem);
	return code;
}

enum result operator_is_pooled(struct operator_db *db, bool *out, struct error *e)
{
	PGresult *r;
	TRY(operator_query(db, "select pg_backend_pid()", 0, NULL, &r, e));
	*out = strtol(PQgetvalue(r, 0, 0), NULL, 10) != PQbackendPID(db->conn);
	PQclear(r);
	return ERR_OK;
}

enum result operator_migration_lock(
    struct operator_db *db, TALLOC_CTX *mem, bool *got, struct operator_session *holder, struct error *e)
{
	PGresult *r;
	*holder = (struct operator_session){ .user = "", .application = "", .address = "", .state = "", .since = "" };
	TRY(truth(db, "select pg_try_advisory_lock(" MIGRATION_LOCK ")", got, e));
	if (*got)
		return ERR_OK;
	TRY(operator_query(db,
	    "select " SESSION_COLUMNS " from pg_locks l join pg_stat_activity b using (pid)"
	    " where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and l.database ="
	    " (select oid from pg_database where datname = current_database())"
	    " and (l.classid::bigint << 32) | l.objid::bigint = " MIGRATION_LOCK,
	    0, NULL, &r, e));
	if (PQntuples(r) > 0)
		read_session(mem, r, holder);
	PQclear(r);
	return ERR_OK;
}

enum result operator_blocker(struct operator_db *db, TALLOC_CTX *mem, const char *application, bool *found,
    struct operator_session *out, struct error *e)
{
	PGresult *r;
	/* The one that has been there for longest is nearest to the cause: others only queue behind it. */
	TRY(operator_query(db,
	    "select " SESSION_COLUMNS " from pg_stat_activity w"
	    " cross join lateral unnest(pg_blocking_pids(w.pid)) k(pid) join pg_stat_activity b on b.pid = k.pid"
	    " where w.application_name = $1 and w.datname = current_database() and b.application_name <> $1"
	    " order by b.xact_start limit 1",
	    1, &application, &r, e));
	*found = PQntuples(r) > 0;
	if (*found)
		read_session(mem, r, out);
	PQclear(r);
	return ERR_OK;
}

enum result operator_count_rows(
    struct operator_db *db, const char *table, const char *column, bool *there, int64_t *rows, struct error *e)
{
	const char *const values[] = { table, column };
	PGresult *r;
	*there = false;
	*rows = 0;
	/* The statement that counts, made by the server, which knows how to quote. */
	TRY(operator_query(db,
	    "select format('select count(*) from %s %s', c.oid::regclass, case when a.attname is not null then"
	    " format('where %I is distinct from (%s)', a.attname, coalesce(pg_get_expr(d.adbin, d.adrelid), 'null'))"
	    " end) from pg_class c"
	    " left join pg_attribute a on a.attrelid = c.oid and a.attname = $2 and a.attnum > 0 and a.attgenerated = "
	    "''"
	    " left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum"
	    " where c.oid = to_regclass($1) and c.relkind in ('r', 'p') and ($2::text is null or a.attname is not "
	    "null)",
	    2, values, &r, e));
	if (PQntuples(r) == 0) {
		PQclear(r);
		return ERR_OK;
	}
	char *sql = mem_strdup(db, PQgetvalue(r, 0, 0));
	PQclear(r);
	enum result code = operator_query(db, sql, 0, NULL, &r, e);
	talloc_free(sql);
	TRY(code);
	*there = true;
	*rows = strtoll(PQgetvalue(r, 0, 0), NULL, 10);
	PQclear(r);
	return ERR_OK;
}

enum result operator_old_programs(struct operator_db *db, TALLOC_CTX *mem, const char **out, struct error *e)
{
	PGresult *r;
	*out = "";
	TRY(operator_query(db,
	    "select coalesce(string_agg(distinct application_name, ', '), '') from pg_stat_activity"
	    " where datname = current_database() and application_name ~ '^scorpius-(api|jobs)/[0-9.]+$'"
	    " and string_to_array(split_part(application_name, '/', 2), '.')::int[]"
	    " < string_to_array(scorpius.oldest_program(), '.')::int[]",
	    0, NULL, &r, e));
	*out = mem_strdup(mem, PQgetvalue(r, 0, 0));
	PQclear(r);
	return ERR_OK;
}
