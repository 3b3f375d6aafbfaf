/* Snapshots, roles and what else stands around a dump. */
#include "operator_backup.h"
#include "operator_private.h"
#include "uuid.h"

#include <stdlib.h>
#include <string.h>

static enum result run(
    struct operator_db *db, const char *sql, int n, const char *const *values, PGresult **out, struct error *e)
{
	PGresult *r = n == 0 ? PQexec(db->conn, sql) : PQexecParams(db->conn, sql, n, NULL, values, NULL, NULL, 0);
	ExecStatusType status = PQresultStatus(r);
	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
		const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
		enum result code = state != NULL && strcmp(state, "55P03") == 0 ? error_set(e, ERR_BACKUP_RUNNING, NULL)
										: operator_failed(db, r, e);
		PQclear(r);
		return code;
	}
	*out = r;
	return ERR_OK;
}

static enum result does(struct operator_db *db, const char *sql, struct error *e)
{
	PGresult *r;
	TRY(run(db, sql, 0, NULL, &r, e));
	PQclear(r);
	return ERR_OK;
}

/* The one value of a query. */
static enum result value(struct operator_db *db, TALLOC_CTX *mem, const char *sql, const char **out, struct error *e)
{
	PGresult *r;
	TRY(run(db, sql, 0, NULL, &r, e));
	*out = mem_strdup(mem, PQgetvalue(r, 0, 0));
	PQclear(r);
	return ERR_OK;
}

static enum result truth(struct operator_db *db, const char *sql, bool *out, struct error *e)
{
	PGresult *r;
	TRY(run(db, sql, 0, NULL, &r, e));
	*out = PQgetvalue(r, 0, 0)[0] == 't';
	PQclear(r);
	return ERR_OK;
}

/* The first column. */
static enum result names(
    struct operator_db *db, TALLOC_CTX *mem, const char *sql, struct name_list *out, struct error *e)
{
	PGresult *r;
	TRY(run(db, sql, 0, NULL, &r, e));
	out->n = (size_t)PQntuples(r);
	out->p = mem_array(mem, const char *, out->n + 1);
	for (size_t i = 0; i < out->n; i++)
		out->p[i] = mem_strdup(mem, PQgetvalue(r, (int)i, 0));
	PQclear(r);
	return ERR_OK;
}

enum result operator_backup_begin(struct operator_db *db, TALLOC_CTX *mem, const char **snapshot, struct error *e)
{
	/* Limits that somebody set for all sessions are not meant for one that lasts as long as a backup. */
	TRY(does(db,
	    "set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; set idle_session_timeout = 0;"
	    " set lock_timeout = '30s'; select pg_advisory_lock(" DB_BACKUP_LOCK ")",
	    e));
	/* The lock first: whoever removes a file after our moment of sight has seen it. */
	TRY(does(db, "begin isolation level repeatable read read only", e));
	return value(db, mem, "select pg_export_snapshot()", snapshot, e);
}

enum result operator_removal_begin(struct operator_db *db, struct error *e)
{
	bool got;
	TRY(truth(db, "select pg_try_advisory_lock_shared(" DB_BACKUP_LOCK ")", &got, e));
	return got ? ERR_OK : error_set(e, ERR_BACKUP_RUNNING, NULL);
}

static enum result roles(struct operator_db *db, TALLOC_CTX *mem, struct backup_facts *out, struct error *e)
{
	PGresult *r;
	TRY(run(db,
	    "select rolname, rolcanlogin, rolinherit, coalesce(array_length(rolconfig, 1), 0), u.setting"
	    " from pg_roles left join lateral unnest(rolconfig) u(setting) on true"
	    " where rolname in ('scorpius_owner', 'scorpius_api', 'scorpius_jobs') order by rolname, setting",
	    0, NULL, &r, e));
	int n = PQntuples(r);
	out->roles = mem_array(mem, struct role_row, (size_t)n + 1);
	for (int i = 0; i < n; i++) {
		struct role_row *role = out->n_roles > 0 ? &out->roles[out->n_roles - 1] : NULL;
		if (role == NULL || strcmp(role->name, PQgetvalue(r, i, 0)) != 0) {
			role = &out->roles[out->n_roles++];
			role->name = mem_strdup(mem, PQgetvalue(r, i, 0));
			role->login = PQgetvalue(r, i, 1)[0] == 't';
			role->inherit = PQgetvalue(r, i, 2)[0] == 't';
			role->settings.p =
			    mem_array(mem, const char *, (size_t)strtol(PQgetvalue(r, i, 3), NULL, 10) + 1);
		}
		if (!PQgetisnull(r, i, 4))
			role->settings.p[role->settings.n++] = mem_strdup(mem, PQgetvalue(r, i, 4));
	}
	PQclear(r);
	return ERR_OK;
}

enum result operator_server_version(struct operator_db *db, int64_t *out, struct error *e)
{
	int version = PQserverVersion(db->conn);
	*out = version;
	return version > 0 ? ERR_OK : operator_failed(db, NULL, e);
}

enum result operator_backup_facts(struct operator_db *db, TALLOC_CTX *mem, struct backup_facts *out, struct error *e)
{
	const char *blobs;
	memset(out, 0, sizeof(*out));
	TRY(operator_server_version(db, &out->server_version, e));
	TRY(value(db, mem, "select count(*) from scorpius.blob", &blobs, e));
	out->blobs = strtoll(blobs, NULL, 10);
	TRY(names(db, mem, "select change from sqitch.changes order by committed_at, change_id", &out->changes, e));
	TRY(names(db, mem, "select distinct key_id from scorpius.blob order by 1", &out->key_ids, e));
	TRY(names(db, mem,
	    "select distinct pg_get_userbyid(o) from (select relowner from pg_class where oid >= 16384"
	    " union select nspowner from pg_namespace where oid >= 16384 union select proowner from pg_proc where oid "
	    ">= "
	    "16384) x(o) order by 1",
	    &out->owners, e));
	return roles(db, mem, out, e);
}

enum result operator_is_being_erased(
    struct operator_db *db, const struct uuid *organization_id, bool *out, struct error *e)
{
	char organization[37];
	const char *const values[] = { organization };
	PGresult *r;
	uuid_format(organization_id, organization);
	TRY(run(db,
	    "select coalesce(bool_or(erase_after <= now()), false) from scorpius.organization where id = $1::uuid", 1,
	    values, &r, e));
	*out = PQgetvalue(r, 0, 0)[0] == 't';
	PQclear(r);
	return ERR_OK;
}

enum result operator_is_empty(struct operator_db *db, bool *out, struct error *e)
{
	/* What initdb and extensions made has no say: only schemas and relations beside theirs. */
	return truth(db,
	    "select not exists (select from pg_namespace n where n.oid >= 16384 and n.nspname !~ '^pg_'"
	    " and not exists (select from pg_depend d where d.classid = 'pg_namespace'::regclass and d.objid = n.oid"
	    " and d.deptype = 'e'))"
	    " and not exists (select from pg_class c where c.oid >= 16384 and c.relnamespace = 'public'::regnamespace"
	    " and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid"
	    " and d.deptype = 'e'))",
	    out, e);
}

enum result operator_role_missing(
    struct operator_db *db, TALLOC_CTX *mem, const struct name_list *wanted, const char **out, struct error *e)
{
	*out = NULL;
	for (size_t i = 0; i < wanted->n && *out == NULL; i++) {
		PGresult *r;
		TRY(run(db, "select from pg_roles where rolname = $1", 1, &wanted->p[i], &r, e));
		if (PQntuples(r) == 0)
			*out = mem_strdup(mem, wanted->p[i]);
		PQclear(r);
	}
	return ERR_OK;
}

/* "name=value" as ALTER ROLE takes it. A list (search_path) stands in the catalogue as it was written. */
static enum result give_setting(
    struct operator_db *db, TALLOC_CTX *mem, const char *role, const char *setting, struct error *e)
{
	const char *equals = strchr(setting, '=');
	if (equals == NULL)
		BUG("a role's setting without a value");
	const char *name = mem_strndup(mem, setting, (size_t)(equals - setting));
	bool is_list = strcmp(name, "search_path") == 0;
	char *id = PQescapeIdentifier(db->conn, name, strlen(name));
	char *text = is_list ? NULL : PQescapeLiteral(db->conn, equals + 1, strlen(equals + 1));
	enum result code = ERR_OK;
	if (id == NULL || (text == NULL && !is_list))
		code = operator_failed(db, NULL, e);
	else if (is_list && strspn(equals + 1, "abcdefghijklmnopqrstuvwxyz_, \"$") != strlen(equals + 1))
		BUG("a search_path that is not ours");
	else
		code = does(db, mem_printf(mem, "alter role %s set %s = %s", role, id, is_list ? equals + 1 : text), e);
	PQfreemem(text);
	PQfreemem(id);
	return code;
}

enum result operator_roles_make(struct operator_db *db, const struct role_row *all, size_t n, struct error *e)
{
	TALLOC_CTX *mem = mem_new("roles", 0);
	enum result code = ERR_OK;
	for (size_t i = 0; i < n && code == ERR_OK; i++) {
		const char *missing, *name = all[i].name;
		code = operator_role_missing(db, mem, &(struct name_list){ &name, 1 }, &missing, e);
		char *id = PQescapeIdentifier(db->conn, name, strlen(name));
		if (code == ERR_OK && id == NULL)
			code = operator_failed(db, NULL, e);
		if (code == ERR_OK && missing != NULL)
			code = does(db,
			    mem_printf(mem, "create role %s %s %s nosuperuser nobypassrls nocreatedb nocreaterole", id,
				all[i].login ? "login" : "nologin", all[i].inherit ? "inherit" : "noinherit"),
			    e);
		for (size_t k = 0; k < all[i].settings.n && code == ERR_OK; k++)
			code = give_setting(db, mem, id, all[i].settings.p[k], e);
		PQfreemem(id);
	}
	talloc_free(mem);
	TRY(code);
	return does(db,
	    "do $$ begin if not pg_has_role(current_user, 'scorpius_owner', 'member') then"
	    " execute format('grant scorpius_owner to %I', current_user); end if; end $$",
	    e);
}
