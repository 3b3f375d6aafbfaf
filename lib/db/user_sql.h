/* The people of an organisation, who is invited, its name, its audit log; and the operator's view of all of them. */
#ifndef DB_USER_SQL_H
#define DB_USER_SQL_H

#include "account_sql.h"
#include "document_sql.h"

/* ---- users ---- */

struct user_page {
	struct instant bound_time;
	struct uuid bound_id;
	int64_t limit, offset;
};
SQL_FIELDS(user_page, bound_time, bound_id, limit, offset);

struct user_row {
	struct uuid id;
	const char *email, *full_name, *role;
	bool is_owner, active, email_confirmed;
	struct instant created_at;
	int64_t version;
};
SQL_FIELDS(user_row, id, email, full_name, role, is_owner, active, email_confirmed, created_at, version);
#define USER_COLUMNS \
	"id, email, full_name, role, is_owner, active, email_confirmed_at is not null as email_confirmed, created_at," \
	" version"
/* The operator, who has no organisation, is not among them even where no policy looks. */
#define USER_WHERE " from account where deleted_at is null and organization_id is not null"

SQL_ALL(user_list, user_page, user_row,
    "select " USER_COLUMNS USER_WHERE " and (created_at, id) > ($1, $2) order by created_at, id limit $3 offset $4")
SQL_ONE(user_count, sql_nothing, list_total, "select count(*) as total from (select 1" USER_WHERE " limit 10001) t")

struct user_key {
	struct uuid id;
};
SQL_FIELDS(user_key, id);
SQL_ONE(user_get, user_key, user_row, "select " USER_COLUMNS USER_WHERE " and id = $1")

struct user_change {
	struct uuid session_id, actor_id, id;
	const char *role; /* NULL, not set: as it is */
	struct opt_bool is_owner, active;
	struct opt_int version;
};
SQL_FIELDS(user_change, session_id, actor_id, id, role, is_owner, active, version);

struct user_changed {
	const char *outcome; /* changed, absent, version */
	struct opt_int version;
	const char *old_role;
	struct opt_bool old_is_owner, old_active;
	struct opt_int ended; /* sessions */
};
SQL_FIELDS(user_changed, outcome, version, old_role, old_is_owner, old_active, ended);
/* ERR_LAST_OWNER when nobody would own the organisation. */
SQL_ONE(user_alter, user_change, user_changed,
    "select outcome, version, old_role, old_is_owner, old_active, ended"
    " from auth.change_user($1, $2, $3, $4, $5, $6, $7)")

/* done: false when there is none. ERR_LAST_OWNER. */
SQL_ONE(user_remove, session_removal, done_row, "select auth.remove_account($1, $2, $3) as done")

/* ---- the organisation ---- */

struct organization_row {
	struct uuid id;
	const char *name;
	struct instant created_at;
	int64_t version;
};
SQL_FIELDS(organization_row, id, name, created_at, version);
SQL_ONE(organization_get, sql_nothing, organization_row, "select id, name, created_at, version from organization")

struct organization_change {
	const char *name;
	struct opt_int version;
};
SQL_FIELDS(organization_change, name, version);
/* 0 affected: it is another version. */
SQL_EXEC(organization_rename, organization_change,
    "update organization set name = $1 where ($2 is null or version = $2)"
    " and id = nullif(current_setting('scorpius.organization_id', true), '')::uuid")

/* ---- invitations ---- */

struct invitation_new {
	struct uuid id;
	const char *email, *role;
	struct uuid invited_by;
	int64_t days; /* that it lives */
};
SQL_FIELDS(invitation_new, id, email, role, invited_by, days);

/* One that has expired makes room. */
SQL_EXEC(invitation_expire, account_email,
    "update invitation set revoked_at = now() where lower(email) = lower($1) and accepted_at is null"
    " and revoked_at is null and expires_at <= now()")
/* ERR_CONFLICT (invitation_open_key): one is open. */
SQL_EXEC(invitation_insert, invitation_new,
    "insert into invitation (id, email, role, invited_by, expires_at)"
    " values ($1, $2, $3, $4, now() + make_interval(days => $5::bigint::int))")

struct job_mail_new {
	struct uuid id, invitation_id;
};
SQL_FIELDS(job_mail_new, id, invitation_id);
SQL_EXEC(job_mail_invitation, job_mail_new,
    "insert into job (id, kind, payload)"
    " values ($1, 'mail', jsonb_build_object('purpose', 'invitation', 'invitation_id', $2))")

struct colleagues {
	int64_t n;
};
SQL_FIELDS(colleagues, n);
SQL_ONE(
    user_count_of_email, account_email, colleagues, "select count(*) as n from account where lower(email) = lower($1)")

struct invitation_key {
	struct uuid id;
};
SQL_FIELDS(invitation_key, id);

struct invitation_row {
	struct uuid id;
	const char *email, *role, *status; /* pending, accepted, revoked, expired */
	struct uuid invited_by;
	struct instant created_at, expires_at;
	struct opt_instant accepted_at;
	struct opt_uuid account_id;
	const char *mail; /* of its latest letter: queued, sent, failed, disabled, cancelled */
};
SQL_FIELDS(invitation_row, id, email, role, status, invited_by, created_at, expires_at, accepted_at, account_id, mail);
#define INVITATION_COLUMNS \
	"select id, email, role, case when accepted_at is not null then 'accepted' when revoked_at is not null then" \
	" 'revoked' when expires_at <= now() then 'expired' else 'pending' end as status, invited_by, created_at," \
	" expires_at, accepted_at, account_id, coalesce((select case when j.state in ('queued', 'leased') then " \
	"'queued'" \
	" when j.state = 'done' then 'sent' when j.state = 'failed' then 'failed'" \
	" when j.error_code = 'mail_disabled' then 'disabled' else 'cancelled' end from job j" \
	" where j.organization_id = invitation.organization_id and j.kind = 'mail'" \
	" and j.payload ->> 'invitation_id' = invitation.id::text" \
	" order by j.created_at desc limit 1), 'cancelled') as mail from invitation"
SQL_ONE(invitation_get, invitation_key, invitation_row, INVITATION_COLUMNS " where id = $1")
SQL_ALL(invitation_list, user_page, invitation_row,
    INVITATION_COLUMNS " where (created_at, id) < ($1, $2) order by created_at desc, id desc limit $3 offset $4")
SQL_ONE(
    invitation_count, sql_nothing, list_total, "select count(*) as total from (select 1 from invitation limit 10001) t")
/* 0 affected: none that is open. */
SQL_EXEC(invitation_revoke, invitation_key,
    "update invitation set revoked_at = now() where id = $1 and accepted_at is null and revoked_at is null")

/* ---- the audit log ---- */

struct audit_filter {
	const char *action;
	struct opt_uuid account_id, target_id;
	struct opt_instant from, to;
	struct instant bound_time;
	struct uuid bound_id;
	int64_t limit, offset;
};
SQL_FIELDS(audit_filter, action, account_id, target_id, from, to, bound_time, bound_id, limit, offset);

struct audit_row {
	struct uuid id;
	struct instant at;
	struct opt_uuid account_id;
	const char *account_name, *action, *target_kind;
	struct opt_uuid target_id;
	const char *request_id;
	struct json_text detail;
};
SQL_FIELDS(audit_row, id, at, account_id, account_name, action, target_kind, target_id, request_id, detail);

/* An action, or with a full stop behind it every action of an area. */
#define AUDIT_WHERE \
	" where ($1 is null or v.action = $1 or (right($1, 1) = '.' and starts_with(v.action, $1)))" \
	" and ($2 is null or v.account_id = $2) and ($3 is null or v.target_id = $3)" \
	" and ($4 is null or v.at >= $4) and ($5 is null or v.at < $5)"
SQL_ALL(audit_list, audit_filter, audit_row,
    "select v.id, v.at, v.account_id, a.full_name as account_name, v.action, v.target_kind, v.target_id, v.request_id,"
    " v.detail from audit_event v left join account a on a.organization_id = v.organization_id and a.id = "
    "v.account_id" AUDIT_WHERE " and (v.at, v.id) < ($6, $7) order by v.at desc, v.id desc limit $8 offset $9")

struct audit_count_filter {
	const char *action;
	struct opt_uuid account_id, target_id;
	struct opt_instant from, to;
};
SQL_FIELDS(audit_count_filter, action, account_id, target_id, from, to);
SQL_ONE(audit_count, audit_count_filter, list_total,
    "select count(*) as total from (select 1 from audit_event v" AUDIT_WHERE " limit 10001) t")

/* ---- the operator ---- */

struct admin_page {
	struct uuid session_id, account_id;
	const char *search;
	struct instant bound_time;
	struct uuid bound_id;
	int64_t limit, offset;
};
SQL_FIELDS(admin_page, session_id, account_id, search, bound_time, bound_id, limit, offset);

struct admin_organization {
	struct uuid id;
	const char *name;
	struct instant created_at;
	int64_t user_count;      /* that may log in */
	struct json_text owners; /* [{id, email, full_name}] */
};
SQL_FIELDS(admin_organization, id, name, created_at, user_count, owners);
SQL_ALL(admin_organization_list, admin_page, admin_organization,
    "select id, name, created_at, user_count, owners from admin.organization_list($1, $2, $3, $4, $5, $6, $7)")

struct admin_search {
	struct uuid session_id, account_id;
	const char *search;
};
SQL_FIELDS(admin_search, session_id, account_id, search);
SQL_ONE(admin_organization_count, admin_search, list_total, "select admin.organization_count($1, $2, $3) as total")

struct admin_user {
	struct uuid id;
	const char *email, *full_name, *role;
	bool is_owner;
	struct opt_uuid organization_id;
	const char *organization_name;
	bool active, email_confirmed;
	struct instant created_at;
	struct opt_instant deleted_at, last_seen_at;
	int64_t version;
};
SQL_FIELDS(admin_user, id, email, full_name, role, is_owner, organization_id, organization_name, active,
    email_confirmed, created_at, deleted_at, last_seen_at, version);
SQL_ONE(admin_user_get, session_removal, admin_user,
    "select id, email, full_name, role, is_owner, organization_id, organization_name, active, email_confirmed,"
    " created_at, deleted_at, last_seen_at, version from admin.user_show($1, $2, $3)")

struct admin_user_change {
	struct uuid session_id, account_id, id;
	const char *role;
	struct opt_bool is_owner, active;
	struct opt_int version;
	const char *request_id;
};
SQL_FIELDS(admin_user_change, session_id, account_id, id, role, is_owner, active, version, request_id);

struct admin_user_changed {
	const char *outcome; /* changed, absent, operator, version */
	struct opt_int version, ended;
};
SQL_FIELDS(admin_user_changed, outcome, version, ended);
SQL_ONE(admin_user_alter, admin_user_change, admin_user_changed,
    "select outcome, version, ended from admin.user_change($1, $2, $3, $4, $5, $6, $7, $8)")

#endif
