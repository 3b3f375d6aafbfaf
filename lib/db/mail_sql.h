/* What the job `mail` reads and writes. Moments are local texts for people: "26/11/2026 à 14h05", time of Paris. */
#ifndef DB_MAIL_SQL_H
#define DB_MAIL_SQL_H

#include "sql.h"

#define MAIL_MOMENT(x) "to_char((" x ") at time zone 'Europe/Paris', 'DD/MM/YYYY \"à\" HH24\"h\"MI')"

struct mail_account_key {
	struct uuid account_id, job_id;
};
SQL_FIELDS(mail_account_key, account_id, job_id);

struct mail_account_row {
	const char *email, *full_name, *organization;
	bool active;
	const char *happened;             /* when the letter was asked for */
	const char *address, *user_agent; /* of the last login before; NULL: not known */
};
SQL_FIELDS(mail_account_row, email, full_name, organization, active, happened, address, user_agent);

SQL_ONE(mail_account_get, mail_account_key, mail_account_row,
    "select a.email, a.full_name, o.name as organization, a.active and a.deleted_at is null as active, " MAIL_MOMENT(
	"j.created_at") " as happened, host(s.address) as address, s.user_agent "
			"from account a join organization o on o.id = a.organization_id join job j on "
			"j.organization_id = a.organization_id and j.id = $2 "
			"left join lateral (select x.address, x.user_agent from session x "
			"where x.organization_id = a.organization_id and x.account_id = a.id and x.created_at <= "
			"j.created_at "
			"order by x.created_at desc limit 1) s on true where a.id = $1")

struct mail_invitation_key {
	struct uuid id;
};
SQL_FIELDS(mail_invitation_key, id);

struct mail_invitation_row {
	const char *email, *organization, *inviter;
	bool viewer;
	bool open; /* neither accepted nor taken back nor expired */
	const char *expires;
};
SQL_FIELDS(mail_invitation_row, email, organization, inviter, viewer, open, expires);

SQL_ONE(mail_invitation_get, mail_invitation_key, mail_invitation_row,
    "select i.email, o.name as organization, a.full_name as inviter, i.role = 'viewer' as viewer, "
    "i.accepted_at is null and i.revoked_at is null and i.expires_at > now() as open, " MAIL_MOMENT(
	"i.expires_at") " as expires from invitation i join organization o on o.id = i.organization_id "
			"join account a on a.organization_id = i.organization_id and a.id = i.invited_by where i.id = "
			"$1")

struct mail_invitation_token {
	struct uuid id;
	struct bytes token_hash;
};
SQL_FIELDS(mail_invitation_token, id, token_hash);

SQL_EXEC(mail_invitation_set_token, mail_invitation_token, "update invitation set token_hash = $2 where id = $1")

struct mail_token_new {
	struct uuid id, account_id;
	const char *purpose;
	struct bytes token_hash;
	int64_t seconds; /* its life */
};
SQL_FIELDS(mail_token_new, id, account_id, purpose, token_hash, seconds);

struct mail_token_row {
	const char *expires;
};
SQL_FIELDS(mail_token_row, expires);

/* The older ones of the account and purpose lose their sense (a trigger of the table). */
SQL_ONE(mail_token_add, mail_token_new, mail_token_row,
    "with made as (insert into account_token (id, account_id, purpose, token_hash, expires_at) "
    "values ($1, $2, $3, $4, now() + make_interval(secs => $5))) "
    "select " MAIL_MOMENT("now() + make_interval(secs => $5)") " as expires")

struct mail_failed {
	struct uuid id;
	const char *target_kind; /* account, invitation */
	struct uuid target_id;
	const char *purpose, *reason;
};
SQL_FIELDS(mail_failed, id, target_kind, target_id, purpose, reason);

/* So that the owner sees it too. */
SQL_EXEC(mail_audit_failed, mail_failed,
    "insert into audit_event (id, action, target_kind, target_id, detail) "
    "values ($1, 'mail.failed', $2, $3, jsonb_build_object('purpose', $4, 'reason', $5))")

#endif
