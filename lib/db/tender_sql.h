/* Tenders as the API sees them. */
#ifndef DB_TENDER_SQL_H
#define DB_TENDER_SQL_H

#include "document_sql.h"
#include "sql.h"

/* Of the documents of a tender, those that its dossier is made of: not what was replaced. */
#define DOCUMENT_COUNTS "d.deleted_at is null and d.replaced_by_id is null"

struct tender_new {
	struct uuid id;
	const char *reference, *title, *buyer, *description;
	struct opt_instant deadline;
	const char *timezone, *publication_date;
	struct opt_num estimated_amount_ht;
	struct uuid created_by;
};
SQL_FIELDS(tender_new, id, reference, title, buyer, description, deadline, timezone, publication_date,
    estimated_amount_ht, created_by);

/* What a person gives stays theirs: its source is noted, and no analysis overwrites it. */
SQL_EXEC(tender_insert, tender_new,
    "insert into tender (id, reference, reference_source, title, title_source, buyer, buyer_source,"
    " description, description_source, deadline_local, deadline_source, timezone,"
    " publication_date, publication_date_source, estimated_amount_ht, estimated_amount_ht_source, created_by)"
    " values ($1, $2, case when $2 is not null then 'person' end, $3, case when $3 is not null then 'person' end,"
    " $4, case when $4 is not null then 'person' end, $5, case when $5 is not null then 'person' end,"
    " to_char($6 at time zone $7, 'YYYY-MM-DD\"T\"HH24:MI'), case when $6 is not null then 'person' end, $7,"
    " $8::text::date, case when $8 is not null then 'person' end,"
    " $9::float8::numeric(15, 2), case when $9 is not null then 'person' end, $10)")

struct tender_key {
	struct uuid id;
};
SQL_FIELDS(tender_key, id);

struct tender_row {
	struct uuid id;
	const char *reference, *title, *buyer;
	struct opt_instant deadline;
	const char *deadline_local, *timezone;
	struct opt_int days_left;
	const char *publication_date;
	struct opt_num estimated_amount_ht;
	const char *status, *analysis_status;
	struct instant created_at, updated_at;
	struct opt_instant retained_from, retention_warned_at, held_at;
	struct opt_uuid held_by;
	const char *hold_reason;
	struct instant sort_time;
};
SQL_FIELDS(tender_row, id, reference, title, buyer, deadline, deadline_local, timezone, days_left, publication_date,
    estimated_amount_ht, status, analysis_status, created_at, updated_at, retained_from, retention_warned_at, held_at,
    held_by, hold_reason, sort_time);

#define TENDER_STATUS \
	"case when t.status = 'draft' and t.analysis_status in ('queued', 'running') then 'analyzing' else t.status " \
	"end"
#define TENDER_COLUMNS \
	"t.id, t.reference, t.title, t.buyer," \
	" case when length(t.deadline_local) > 10 then t.deadline_utc end as deadline, t.deadline_local, t.timezone," \
	" (left(t.deadline_local, 10)::date - (now() at time zone t.timezone)::date)::bigint as days_left," \
	" t.publication_date::text as publication_date, t.estimated_amount_ht::float8 as estimated_amount_ht," \
	" " TENDER_STATUS " as status, t.analysis_status, t.created_at, t.updated_at," \
	" t.retained_from, t.retention_warned_at, t.held_at, t.held_by, t.hold_reason"

struct tender_detail {
	struct uuid id;
	const char *reference, *title, *buyer;
	struct opt_instant deadline;
	const char *deadline_local, *timezone;
	struct opt_int days_left;
	const char *publication_date;
	struct opt_num estimated_amount_ht;
	const char *status, *analysis_status;
	struct instant created_at, updated_at;
	struct opt_instant retained_from, retention_warned_at, held_at;
	struct opt_uuid held_by;
	const char *hold_reason;
	const char *description, *analysis_reason;
	struct json_text problems;
	int64_t version, dossier_version, document_count;
	int64_t unscanned_count; /* documents that wait for the virus scanner */
};
SQL_FIELDS(tender_detail, id, reference, title, buyer, deadline, deadline_local, timezone, days_left, publication_date,
    estimated_amount_ht, status, analysis_status, created_at, updated_at, retained_from, retention_warned_at, held_at,
    held_by, hold_reason, description, analysis_reason, problems, version, dossier_version, document_count,
    unscanned_count);

SQL_ONE(tender_get, tender_key, tender_detail,
    "select " TENDER_COLUMNS ", t.description, t.analysis_reason, t.problems, t.version,"
    " coalesce((select max(v.number) from dossier_version v where v.tender_id = t.id), 0) as dossier_version,"
    " (select count(*) from document d where d.tender_id = t.id and " DOCUMENT_COUNTS ") as document_count,"
    " (select count(*) from document d where d.tender_id = t.id and " DOCUMENT_COUNTS
    " and d.status = 'processing' and d.error_code = 'scanner_unavailable') as unscanned_count"
    " from tender t where t.id = $1 and t.deleted_at is null")

/* Filters that are NULL do not filter. A window of days is told twice: by the days, on the buyer's calendar, and by
 * moments that hold them whatever the zone, which an index leads to. Without a deadline a tender is in no window. */
struct tender_filter {
	const char *status, *search, *buyer;
	struct opt_instant from, to;
	const char *from_day, *to_day;
	struct instant bound_time;
	struct uuid bound_id;
	int64_t limit, offset;
};
SQL_FIELDS(tender_filter, status, search, buyer, from, to, from_day, to_day, bound_time, bound_id, limit, offset);
#define TENDER_WHERE \
	" where t.deleted_at is null and ($1 is null or " TENDER_STATUS " = $1)" \
	" and ($2 is null or position(" SQL_FOLD("$2") " in " SQL_FOLD( \
	    "concat_ws(' ', t.reference, t.title, t.buyer)") ") > 0)" \
							     " and ($3 is null or position(" SQL_FOLD( \
								 "$3") " in " SQL_FOLD("t.buyer") ") > 0)" \
												  " and ($4 is null " \
												  "or (t.sort_at >= " \
												  "$4 and " \
												  "t.deadline_utc is " \
												  "not null))" \
												  " and ($5 is null " \
												  "or (t.sort_at <= " \
												  "$5 and " \
												  "t.deadline_utc is " \
												  "not null))" \
												  " and ($6 is null " \
												  "or " \
												  "left(t.deadline_" \
												  "local, 10)::date " \
												  ">= $6::text::date)" \
												  " and ($7 is null " \
												  "or " \
												  "left(t.deadline_" \
												  "local, 10)::date " \
												  "<= $7::text::date)"
#define TENDER_PAGE(column, compare, down) \
	"select " TENDER_COLUMNS ", " column " as sort_time from tender t" TENDER_WHERE " and (" column \
	", t.id) " compare " ($8, $9) order by " column down ", t.id" down " limit $10 offset $11"

SQL_ALL(tender_list_deadline_filtered, tender_filter, tender_row, TENDER_PAGE("t.sort_at", ">", ""))
SQL_ALL(tender_list_deadline_down, tender_filter, tender_row, TENDER_PAGE("t.sort_down_at", "<", " desc"))
SQL_ALL(tender_list_oldest, tender_filter, tender_row, TENDER_PAGE("t.created_at", ">", ""))
SQL_ALL(tender_list_newest, tender_filter, tender_row, TENDER_PAGE("t.created_at", "<", " desc"))

/* The list that everybody opens, planned once (as that of documents). */
SQL_ALL_PLANNED_ONCE(tender_list_deadline_all, document_bound, tender_row,
    "select " TENDER_COLUMNS ", t.sort_at as sort_time from tender t"
    " where t.deleted_at is null and (t.sort_at, t.id) > ($1, $2) order by t.sort_at, t.id limit $3 offset $4")

MUST_CHECK static inline enum result tender_list_deadline_last(
    struct db *db, const struct tender_filter *f, TALLOC_CTX *mem, struct tender_row **rows, size_t *n, struct error *e)
{
	if (f->status || f->search || f->buyer || f->from.set || f->to.set)
		return tender_list_deadline_filtered_last(db, f, mem, rows, n, e);
	const struct document_bound all = { f->bound_time, f->bound_id, f->limit, f->offset };
	return tender_list_deadline_all_last(db, &all, mem, rows, n, e);
}

struct tender_list_filter {
	const char *status, *search, *buyer;
	struct opt_instant from, to;
	const char *from_day, *to_day;
};
SQL_FIELDS(tender_list_filter, status, search, buyer, from, to, from_day, to_day);

SQL_ONE(tender_count, tender_list_filter, list_total,
    "select count(*) as total from (select 1 from tender t" TENDER_WHERE " limit 10001) t")

/* ---- the dossier ---- */

struct tender_locked {
	const char *status, *analysis_status;
	int64_t dossier_version; /* 0: none */
	struct opt_uuid dossier_version_id;
	int64_t version; /* of the tender's row */
};
SQL_FIELDS(tender_locked, status, analysis_status, dossier_version, dossier_version_id, version);

/* Whoever changes a tender's dossier holds this lock: versions are counted without gaps. */
SQL_ONE(tender_lock, tender_key, tender_locked,
    "select t.status, t.analysis_status, coalesce(v.number, 0) as dossier_version, v.id as dossier_version_id,"
    " t.version"
    " from tender t left join lateral (select id, number from dossier_version v"
    "  where v.organization_id = t.organization_id and v.tender_id = t.id order by number desc limit 1) v on true"
    " where t.id = $1 and t.deleted_at is null for update of t")

/* The lock alone, of a deleted tender too. */
SQL_EXEC(tender_hold, tender_key, "select from tender where id = $1 for update")

/* The same for the tender of a document, if it has one: whoever locks both locks the tender first. */
SQL_ALL(tender_lock_of_document, document_key, tender_key,
    "select t.id from tender t join document d on d.organization_id = t.organization_id and d.tender_id = t.id"
    " where d.id = $1 for update of t")

struct tender_attachment {
	struct uuid tender_id;
	struct sql_uuids ids;
};
SQL_FIELDS(tender_attachment, tender_id, ids);

/* With what came out of those that are archives. One that had been replaced is put back, and stands from now on. */
SQL_EXEC(tender_attach, tender_attachment,
    "with recursive come (id) as (select unnest($2) union"
    " select c.id from document c join come on c.parent_id = come.id where c.tender_id is null)"
    " update document set tender_id = $1, stands = stands or replaced_by_id is not null, replaced_by_id = null"
    " where id in (select id from come) and (tender_id is null or (tender_id = $1 and replaced_by_id is not null))")

struct dossier_version_new {
	struct uuid id, tender_id;
	struct uuid created_by;
	const char *cause; /* documents_added, document_replaced, document_removed */
};
SQL_FIELDS(dossier_version_new, id, tender_id, created_by, cause);

/* The next version holds all documents that the tender has at this moment of the transaction. */
SQL_EXEC(dossier_version_insert, dossier_version_new,
    "insert into dossier_version (id, tender_id, number, cause, created_by)"
    " select $1, $2, coalesce(max(number), 0) + 1, $4, $3 from dossier_version where tender_id = $2")
struct dossier_version_fill_key {
	struct uuid id, tender_id;
};
SQL_FIELDS(dossier_version_fill_key, id, tender_id);
SQL_EXEC(dossier_version_fill, dossier_version_fill_key,
    "insert into dossier_version_document (dossier_version_id, document_id)"
    " select $1, d.id from document d where d.tender_id = $2 and " DOCUMENT_COUNTS)

/* ---- work to do ---- */

struct job_read_new {
	struct uuid id, document_id;
	int64_t size;
};
SQL_FIELDS(job_read_new, id, document_id, size);

/* A job that lives is joined. */
SQL_EXEC(job_read_add, job_read_new,
    "insert into job (id, kind, document_id, size) values ($1, 'read', $2, $3) on conflict do nothing")

struct job_analyze_new {
	struct uuid id, tender_id, dossier_version_id;
};
SQL_FIELDS(job_analyze_new, id, tender_id, dossier_version_id);

/* Only when nothing of the tender is being read: the last reading to end enqueues it otherwise. */
SQL_EXEC(job_analyze_add, job_analyze_new,
    "insert into job (id, kind, tender_id, dossier_version_id) select $1, 'analyze', $2, $3"
    " where not exists (select from document d where d.tender_id = $2 and d.status = 'processing' and " DOCUMENT_COUNTS
    ")"
    " on conflict do nothing")

struct tender_unread_row {
	struct uuid id;
	int64_t size;
};
SQL_FIELDS(tender_unread_row, id, size);

/* Documents that were uploaded without being read. */
SQL_ALL(tender_unread, tender_key, tender_unread_row,
    "select d.id, b.size" DOCUMENT_FROM " where d.tender_id = $1 and d.status = 'uploaded' and " DOCUMENT_COUNTS
    " for update of d")

SQL_EXEC(
    tender_set_queued, tender_key, "update tender set analysis_status = 'queued', analysis_reason = null where id = $1")

struct tender_analysis_row {
	struct opt_uuid analysis_id;
	struct opt_int dossier_version, rules_version;
	struct json_text rest, facts; /* of the result: the facts apart, since decisions are merged into them */
	struct json_text contradictions, documents; /* these, too, are part of the rest */
	struct opt_instant created_at;
	const char *now_local; /* the buyer's clock: "YYYY-MM-DDTHH:MM" */
};
SQL_FIELDS(tender_analysis_row, analysis_id, dossier_version, rules_version, rest, facts, contradictions, documents,
    created_at, now_local);

/* The latest one; none of a dossier that has lost all its documents. */
#define LATEST_ANALYSIS \
	" from tender t left join lateral (" \
	"  select a.id, v.number, a.rules_version, a.result, a.created_at from dossier_version v" \
	"  join analysis a on a.organization_id = v.organization_id and a.dossier_version_id = v.id" \
	"  where v.organization_id = t.organization_id and v.tender_id = t.id" \
	"  and exists (select from document d where d.tender_id = t.id and " DOCUMENT_COUNTS ")" \
	"  order by v.number desc, a.created_at desc, a.id desc limit 1) a on true" \
	" where t.id = $1 and t.deleted_at is null"

/* ERR_NOT_FOUND without the tender, no analysis_id before the first. */
SQL_ONE(tender_analysis, tender_key, tender_analysis_row,
    "select a.id as analysis_id, a.number as dossier_version, a.rules_version, a.result - 'facts' as rest,"
    " a.result -> 'facts' as facts, a.result -> 'contradictions' as contradictions,"
    " a.result -> 'documents' as documents, a.created_at,"
    " to_char(now() at time zone t.timezone, 'YYYY-MM-DD\"T\"HH24:MI') as now_local" LATEST_ANALYSIS)

struct tender_facts_row {
	struct json_text facts; /* NULL: not analysed */
};
SQL_FIELDS(tender_facts_row, facts);
SQL_ONE(tender_facts_read, tender_key, tender_facts_row, "select a.result -> 'facts' as facts" LATEST_ANALYSIS)

#endif
