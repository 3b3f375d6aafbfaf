/* What the operator does with letters. */
#include "operator_private.h"

#include <stdio.h>
#include <stdlib.h>

enum result operator_letters_failed(
    struct operator_db *db, TALLOC_CTX *mem, struct operator_letter **out, size_t *n, struct error *e)
{
	static const char sql[] =
	    "select to_char(j.finished_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI \"UTC\"'), j.payload ->> 'purpose', "
	    "coalesce(i.email, a.email, '?'), j.error_code, j.attempt from scorpius.job j "
	    "left join scorpius.invitation i on i.organization_id = j.organization_id "
	    "and i.id::text = j.payload ->> 'invitation_id' "
	    "left join scorpius.account a on a.organization_id = j.organization_id "
	    "and a.id::text = j.payload ->> 'account_id' "
	    "where j.kind = 'mail' and j.state = 'failed' and j.finished_at > now() - interval '30 days' "
	    "order by j.finished_at desc limit 200";
	enum result code = ERR_OK;
	PGresult *r = PQexec(db->conn, sql);
	*n = 0;
	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		code = operator_failed(db, r, e);
	else
		*n = (size_t)PQntuples(r);
	*out = mem_array(mem, struct operator_letter, *n + 1);
	for (size_t i = 0; i < *n; i++) {
		int row = (int)i;
		(*out)[i] = (struct operator_letter){ mem_strdup(mem, PQgetvalue(r, row, 0)),
			mem_strdup(mem, PQgetvalue(r, row, 1)), mem_strdup(mem, PQgetvalue(r, row, 2)),
			mem_strdup(mem, PQgetvalue(r, row, 3)), strtoll(PQgetvalue(r, row, 4), NULL, 10) };
	}
	PQclear(r);
	return code;
}

enum result operator_letters_retry(struct operator_db *db, int64_t *n, struct error *e)
{
	enum result code = ERR_OK;
	PGresult *r = PQexec(db->conn,
	    /* New jobs: an attempt's number is never given twice. */
	    "with again as (update scorpius.job set state = 'cancelled' "
	    "where kind = 'mail' and state = 'failed' and error_code = 'mail_failed' "
	    "and finished_at > now() - interval '30 days' returning organization_id, payload) "
	    "insert into scorpius.job (organization_id, id, kind, payload) "
	    "select organization_id, scorpius.uuid_v7(), 'mail', payload from again");
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		code = operator_failed(db, r, e);
	else
		*n = strtoll(PQcmdTuples(r), NULL, 10);
	PQclear(r);
	return code;
}

/* One statement with parameters; whether it touched a row. */
static enum result touch(
    struct operator_db *db, const char *sql, const char *const *values, int n, bool *touched, struct error *e)
{
	enum result code = ERR_OK;
	PGresult *r = PQexecParams(db->conn, sql, n, NULL, values, NULL, NULL, 0);
	*touched = false;
	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		code = operator_failed(db, r, e);
	else
		*touched = PQntuples(r) > 0;
	PQclear(r);
	return code;
}

enum result operator_link_store(struct operator_db *db, const char *email, const uint8_t hash[32],
    int64_t reset_seconds, enum operator_link *out, struct error *e)
{
	static const char invitation[] =
	    "with i as (update scorpius.invitation set token_hash = decode($2, 'hex') where (organization_id, id) = "
	    "(select organization_id, id from scorpius.invitation where lower(email) = lower($1) and accepted_at is "
	    "null "
	    "and revoked_at is null and expires_at > now() order by created_at desc limit 1) "
	    "returning organization_id, id) "
	    "insert into scorpius.audit_event (organization_id, id, action, target_kind, target_id) "
	    "select organization_id, scorpius.uuid_v7(), 'operator.link_made', 'invitation', id from i returning id";
	static const char reset[] =
	    "with a as (select organization_id, id from scorpius.account where lower(email) = lower($1) and active "
	    "and organization_id is not null), "
	    "t as (insert into scorpius.account_token (organization_id, id, account_id, purpose, token_hash, "
	    "expires_at) "
	    "select organization_id, scorpius.uuid_v7(), id, 'password_reset', decode($2, 'hex'), "
	    "now() + make_interval(secs => $3::float8) from a returning organization_id, account_id) "
	    "insert into scorpius.audit_event (organization_id, id, action, target_kind, target_id) "
	    "select organization_id, scorpius.uuid_v7(), 'operator.link_made', 'account', account_id from t returning "
	    "id";
	char hex[65];
	bool found;
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * (size_t)i, 3, "%02x", hash[i]);
	*out = OPERATOR_LINK_NONE;
	TRY(touch(db, invitation, (const char *const[]){ email, hex }, 2, &found, e));
	if (found) {
		*out = OPERATOR_LINK_INVITATION;
		return ERR_OK;
	}
	TRY(touch(db, reset, (const char *const[]){ email, hex, num_text(reset_seconds).s }, 3, &found, e));
	if (found)
		*out = OPERATOR_LINK_RESET;
	return ERR_OK;
}
