/* What is archived, or in no tender, goes when its retention ends, told two weeks before. What may go is said by the
 * view retained, whose turn it is by queue.retention_due; both count as this does. */
#ifndef DB_RETENTION_SQL_H
#define DB_RETENTION_SQL_H

#include "mail_sql.h"
#include "undo_sql.h"

/* So long at least before it goes its people are told. Notices are a day apart: each looks a day ahead. */
#define RETENTION_WARNING_US INT64_C(1209600000000)
#define RETENTION_NOTICE_US INT64_C(1296000000000)
#define RETENTION_WARNING "interval '336 hours'"
#define RETENTION_NOTICE "interval '360 hours'"
#define RETENTION_DAYS(n) "make_interval(secs => " n " * 86400)"

/* Of a row r of retained. Told once is not told for ever: where the setting grew since, it is told again. */
#define RETENTION_UNTOLD(days) \
	"r.since <= now() - " RETENTION_DAYS(days) " + " RETENTION_NOTICE " and (r.warned_at is null" \
						   " or r.warned_at < r.since + " RETENTION_DAYS( \
						       days) " - " RETENTION_NOTICE ")"
#define RETENTION_OVER(days) \
	"r.since <= now() - " RETENTION_DAYS(days) " and r.warned_at <= now() - " RETENTION_WARNING \
						   " and r.warned_at >= r.since + " RETENTION_DAYS( \
						       days) " - " RETENTION_NOTICE

struct retention_terms {
	int64_t days;
};
SQL_FIELDS(retention_terms, days);
/* An organisation, whatever one, that has something to be told of or to go; ERR_NOT_FOUND: none. */
SQL_ONE(retention_due, retention_terms, purge_place, "select organization_id from queue.retention_due($1)")

/* ---- telling ---- */

struct retention_notice_new {
	struct uuid id;
	int64_t days;
};
SQL_FIELDS(retention_notice_new, id, days);
struct retention_notice_key {
	struct uuid id;
};
SQL_FIELDS(retention_notice_key, id);
/* ERR_NOT_FOUND: nothing to tell, or told today already. */
SQL_ONE(retention_notice_add, retention_notice_new, retention_notice_key,
    "insert into retention_notice (id) select $1 where exists (select from retained r where " RETENTION_UNTOLD(
	"$2") ")"
	      " on conflict (organization_id, day) do nothing returning id")

/* What somebody else has in hand is told tomorrow. */
SQL_EXEC(retention_warn_tenders, retention_terms,
    "update tender set retention_warned_at = now() where id in (select t.id from tender t where t.id in"
    " (select r.id from retained r where r.kind = 'tender' and " RETENTION_UNTOLD("$1") ") for update skip locked)")
SQL_EXEC(retention_warn_documents, retention_terms,
    "update document set retention_warned_at = now() where id in (select d.id from document d where d.id in"
    " (select r.id from retained r where r.kind = 'document' and " RETENTION_UNTOLD("$1") ") for update skip locked)")

/* In the transaction of the notice: owners, and who made something that it tells of. */
struct retention_reader {
	struct uuid account_id;
};
SQL_FIELDS(retention_reader, account_id);
SQL_ALL(retention_readers, sql_nothing, retention_reader,
    "select a.id as account_id from account a where a.active and a.deleted_at is null and (a.is_owner or a.id in"
    " (select r.created_by from retained r where r.warned_at = now()))")

struct retention_letter_new {
	struct uuid id, account_id, notice_id;
};
SQL_FIELDS(retention_letter_new, id, account_id, notice_id);
SQL_EXEC(retention_letter_add, retention_letter_new,
    "insert into job (id, kind, payload) values ($1, 'mail',"
    " jsonb_build_object('purpose', 'retention', 'account_id', $2, 'notice_id', $3))")

/* ---- going ---- */

struct retention_batch {
	int64_t days, limit;
};
SQL_FIELDS(retention_batch, days, limit);
/* Locked; what somebody else has in hand comes later. */
SQL_ALL(retention_over_tenders, retention_batch, tender_key,
    "select t.id from tender t where t.status = 'archived' and t.deleted_at is null and t.held_at is null and t.id in"
    " (select r.id from retained r where r.kind = 'tender' and " RETENTION_OVER("$1") ") order by t.id limit $2"
										      " for update skip locked")
SQL_ALL(retention_over_documents, retention_batch, document_key,
    "select d.id from document d where d.tender_id is null and d.deleted_at is null and d.id in"
    " (select r.id from retained r where r.kind = 'document' and " RETENTION_OVER("$1") ") order by d.id limit $2"
											" for update skip locked")

struct retention_event {
	struct uuid id;
	const char *action, *target_kind;
	struct opt_uuid target_id;
	int64_t days;
};
SQL_FIELDS(retention_event, id, action, target_kind, target_id, days);
/* The machine's own: of nobody's account. */
SQL_EXEC(retention_audit, retention_event,
    "insert into audit_event (id, action, target_kind, target_id, detail)"
    " values ($1, $2, $3, $4, jsonb_build_object('retention_days', $5))")

/* ---- the letter ---- */

struct retention_letter_key {
	struct uuid account_id, notice_id;
	int64_t days, limit;
};
SQL_FIELDS(retention_letter_key, account_id, notice_id, days, limit);
struct retention_letter_row {
	bool tender;
	const char *name; /* NULL: it has none */
	const char *day;  /* "26/11/2026" in Paris, on which it goes */
	int64_t all;      /* how many there are, of which `limit` are told */
};
SQL_FIELDS(retention_letter_row, tender, name, day, all);
/* What the notice told of and may still go: all of it to an owner, their own to others. */
SQL_ALL(retention_letter_list, retention_letter_key, retention_letter_row,
    "select r.kind = 'tender' as tender, r.name,"
    " to_char(greatest(r.since + " RETENTION_DAYS(
	"$3") ", r.warned_at + " RETENTION_WARNING ") at time zone 'Europe/Paris', 'DD/MM/YYYY') as day,"
	      " count(*) over () as all from retained r join retention_notice n on n.organization_id = "
	      "r.organization_id"
	      " and n.at = r.warned_at join account a on a.organization_id = r.organization_id and a.id = $1"
	      " where n.id = $2 and (a.is_owner or r.created_by = a.id)"
	      " order by greatest(r.since + " RETENTION_DAYS("$3") ", r.warned_at + " RETENTION_WARNING
								   "), r.kind desc, r.name, r.id limit $4")

/* ---- legal hold ---- */

struct hold_state {
	bool held;
	const char *reason;
	int64_t version;
};
SQL_FIELDS(hold_state, held, reason, version);
/* Deleted ones, too, while they are there. */
SQL_ONE(hold_lock_tender, tender_key, hold_state,
    "select held_at is not null as held, hold_reason as reason, version from tender"
    " where id = $1 and (deleted_at is null or purge_after > now() or held_at is not null) for update")

struct hold_set {
	struct uuid id, account_id;
	const char *reason;
};
SQL_FIELDS(hold_set, id, account_id, reason);
struct hold_row {
	struct opt_instant held_at;
	struct opt_uuid held_by;
	const char *reason;
};
SQL_FIELDS(hold_row, held_at, held_by, reason);
/* A further reason takes the place of the former; since when it is held stays. */
SQL_EXEC(hold_begin, hold_set,
    "update tender set held_at = coalesce(held_at, now()), held_by = $2, hold_reason = $3 where id = $1")
/* What was about to go gets its time anew: to be told of, or to come back. */
SQL_EXEC(hold_end, deletion,
    "update tender set held_at = null, held_by = null, hold_reason = null, retention_warned_at = null,"
    " purge_after = case when purge_after is not null then greatest(purge_after, now() + make_interval(days => "
    "$2::int)) end"
    " where id = $1")
SQL_EXEC(hold_end_documents, deletion,
    "update document set purge_after = greatest(purge_after, now() + make_interval(days => $2::int))"
    " where tender_id = $1 and purge_after is not null")
SQL_ONE(hold_get, tender_key, hold_row, "select held_at, held_by, hold_reason as reason from tender where id = $1")

#endif
