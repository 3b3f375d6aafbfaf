/* Accounts, by the operator's own connection: acts as the owner of the schema, past the row policies. */
#include "operator_private.h"
#include "uuid.h"

#include <stdlib.h>
#include <string.h>

static enum result server_says(struct operator_db *db, const PGresult *r, struct error *e)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	if (state && strcmp(state, "23505") == 0)
		return error_set(e, ERR_EMAIL_TAKEN, NULL);
	if (state && strcmp(state, "SC002") == 0)
		return error_set(e, ERR_LAST_OWNER, NULL);
	return operator_failed(db, r, e);
}

static enum result plain(struct operator_db *db, const char *sql, struct error *e)
{
	PGresult *r = PQexec(db->conn, sql);
	ExecStatusType status = PQresultStatus(r);
	enum result rc = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? ERR_OK : operator_failed(db, r, e);
	PQclear(r);
	return rc;
}

/* One statement in a transaction of its own, as scorpius_owner. *out belongs to the caller when it is ERR_OK. */
static enum result run(
    struct operator_db *db, const char *sql, int n, const char *const *values, PGresult **out, struct error *e)
{
	TRY(plain(db, "begin", e));
	TRY(plain(db, "set local role scorpius_owner", e));
	TRY(plain(db, "set local search_path = scorpius, pg_temp", e));
	PGresult *r = PQexecParams(db->conn, sql, n, NULL, values, NULL, NULL, 0);
	enum result rc = PQresultStatus(r) == PGRES_TUPLES_OK ? ERR_OK : server_says(db, r, e);
	struct error ignored;
	error_clear(&ignored);
	enum result ended = plain(db, rc == ERR_OK ? "commit" : "rollback", rc == ERR_OK ? e : &ignored);
	if (rc == ERR_OK)
		rc = ended;
	if (rc == ERR_OK)
		*out = r;
	else
		PQclear(r);
	return rc;
}

/* The same for a statement that gives a row when it found something. */
static enum result change(struct operator_db *db, const char *sql, int n, const char *const *values, struct error *e)
{
	PGresult *r;
	TRY(run(db, sql, n, values, &r, e));
	bool found = PQntuples(r) > 0;
	PQclear(r);
	return found ? ERR_OK : error_set(e, ERR_NOT_FOUND, NULL);
}

enum result operator_user_add(struct operator_db *db, const struct uuid *id, const char *email, const char *full_name,
    const char *password_hash, struct error *e)
{
	char text[37];
	uuid_format(id, text);
	const char *const values[] = { text, email, full_name, password_hash };
	return change(db,
	    "insert into account (id, email, full_name, role, password_hash, email_confirmed_at)"
	    " values ($1, $2, $3, 'admin', $4, now()) returning id",
	    4, values, e);
}

enum result operator_user_list(struct operator_db *db, TALLOC_CTX *mem, bool only_operators,
    struct operator_user **users, size_t *n, struct error *e)
{
	const char *const values[] = { only_operators ? "true" : "false" };
	PGresult *r;
	TRY(run(db,
	    "select a.email, a.full_name, a.role, coalesce(o.name, ''), to_char(a.created_at, 'YYYY-MM-DD'), "
	    "a.is_owner,"
	    " a.active from account a left join organization o on o.id = a.organization_id"
	    " where a.deleted_at is null and (a.role = 'admin' or not $1)"
	    " order by a.role <> 'admin', o.name, a.organization_id, a.email",
	    1, values, &r, e));
	*n = (size_t)PQntuples(r);
	*users = mem_array(mem, struct operator_user, *n);
	for (size_t i = 0; i < *n; i++) {
		int row = (int)i;
		(*users)[i] = (struct operator_user){
			.email = mem_strdup(mem, PQgetvalue(r, row, 0)),
			.full_name = mem_strdup(mem, PQgetvalue(r, row, 1)),
			.role = mem_strdup(mem, PQgetvalue(r, row, 2)),
			.organization_name = mem_strdup(mem, PQgetvalue(r, row, 3)),
			.created_at = mem_strdup(mem, PQgetvalue(r, row, 4)),
			.is_owner = PQgetvalue(r, row, 5)[0] == 't',
			.active = PQgetvalue(r, row, 6)[0] == 't',
		};
	}
	PQclear(r);
	return ERR_OK;
}

enum result operator_user_activate(struct operator_db *db, const char *email, bool active, struct error *e)
{
	const char *const values[] = { email, active ? "true" : "false" };
	return change(db,
	    "with a as (update account set active = $2 where lower(email) = lower($1) and deleted_at is null"
	    " returning id, organization_id)"
	    " select case when $2 then 0 else end_sessions(a.id, null, 'operator') end,"
	    " audit_note(a.organization_id, null, 'operator.user_changed', a.id, null,"
	    " jsonb_build_object('active', $2::boolean)) from a",
	    2, values, e);
}

enum result operator_user_set_password(
    struct operator_db *db, const char *email, const char *password_hash, struct error *e)
{
	const char *const values[] = { email, password_hash };
	return change(db,
	    "with a as (update account set password_hash = $2 where lower(email) = lower($1) and deleted_at is null"
	    " returning id, organization_id), t as (update account_token set used_at = now() from a"
	    " where account_token.organization_id = a.organization_id and account_token.account_id = a.id"
	    " and used_at is null)"
	    " select end_sessions(a.id, null, 'operator'), mail_later(a.organization_id, 'password_changed', a.id),"
	    " audit_note(a.organization_id, null, 'operator.password_reset', a.id, null, null) from a",
	    2, values, e);
}

/* $1: an address, or null for everybody. Each organisation is told what happened to its people. */
enum result operator_user_revoke(struct operator_db *db, const char *email, int64_t *ended, struct error *e)
{
	const char *const values[] = { email };
	PGresult *r;
	TRY(run(db,
	    "with a as (select id, organization_id from account"
	    " where deleted_at is null and ($1::text is null or lower(email) = lower($1))),"
	    " s as (update session set ended_at = now(), end_reason = 'operator' from a"
	    " where session.account_id = a.id and ended_at is null returning a.id, a.organization_id),"
	    " told as (select audit_note(organization_id, null, 'operator.sessions_revoked',"
	    " case when $1 is not null then id end, null, jsonb_build_object('sessions', n))"
	    " from (select organization_id, case when $1 is not null then id end as id, count(*) as n from s group by "
	    "1, 2) g)"
	    " select (select count(*) from a), (select count(*) from s), (select count(*) from told)",
	    1, values, &r, e));
	bool found = strcmp(PQgetvalue(r, 0, 0), "0") != 0;
	*ended = strtoll(PQgetvalue(r, 0, 1), NULL, 10);
	PQclear(r);
	return found || email == NULL ? ERR_OK : error_set(e, ERR_NOT_FOUND, NULL);
}

enum result operator_user_names(struct operator_db *db, TALLOC_CTX *mem, const char *email, const char **full_name,
    const char **organization_name, struct error *e)
{
	const char *const values[] = { email };
	PGresult *r;
	TRY(run(db,
	    "select a.full_name, coalesce(o.name, '') from account a left join organization o on o.id = "
	    "a.organization_id"
	    " where lower(a.email) = lower($1) and a.deleted_at is null",
	    1, values, &r, e));
	bool found = PQntuples(r) > 0;
	if (found) {
		*full_name = mem_strdup(mem, PQgetvalue(r, 0, 0));
		*organization_name = mem_strdup(mem, PQgetvalue(r, 0, 1));
	}
	PQclear(r);
	return found ? ERR_OK : error_set(e, ERR_NOT_FOUND, NULL);
}
