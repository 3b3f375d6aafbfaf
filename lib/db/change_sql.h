/* What people change about tenders and documents that are there: fields, status, facts, removal; and the trace of it.
 */
#ifndef DB_CHANGE_SQL_H
#define DB_CHANGE_SQL_H

#include "tender_sql.h"

/* ---- the audit log ---- */

struct audit_new {
	struct uuid id, account_id;
	const char *action, *target_kind;
	struct opt_uuid target_id;
	const char *request_id;
	struct json_text detail; /* NULL: nothing to add */
};
SQL_FIELDS(audit_new, id, account_id, action, target_kind, target_id, request_id, detail);

SQL_EXEC(audit_add, audit_new,
    "insert into audit_event (id, account_id, action, target_kind, target_id, request_id, detail)"
    " values ($1, $2, $3, $4, $5, $6, coalesce($7, '{}'))")

/* ---- a tender's own fields ---- */

/* A field changes when its source is given: person for what somebody set, read for what the facts say. A value that is
 * NULL clears it. */
struct tender_change {
	struct uuid id;
	const char *reference, *reference_source, *title, *title_source, *buyer, *buyer_source;
	const char *description, *description_source;
	struct opt_instant deadline;            /* set by a person */
	const char *deadline_local;             /* read */
	const char *deadline_source, *timezone; /* timezone NULL: as it is */
	const char *publication_date, *publication_date_source;
	struct opt_num estimated_amount_ht;
	const char *estimated_amount_ht_source;
};
SQL_FIELDS(tender_change, id, reference, reference_source, title, title_source, buyer, buyer_source, description,
    description_source, deadline, deadline_local, deadline_source, timezone, publication_date, publication_date_source,
    estimated_amount_ht, estimated_amount_ht_source);

#define TENDER_CHANGE(column, value, source) \
	column " = case when " source " is null then t." column " else " value " end, " column \
	       "_source = case when " source " is null then t." column "_source when " value \
	       " is not null then " source " end"
SQL_EXEC(tender_update, tender_change,
    "update tender t set " TENDER_CHANGE("reference", "$2", "$3") ", " TENDER_CHANGE(
	"title", "$4", "$5") ", " TENDER_CHANGE("buyer", "$6", "$7") ", " TENDER_CHANGE("description", "$8",
	"$9") ", "
	      "deadline_local = case when $12 is null then t.deadline_local when $10 is not null then"
	      " to_char($10 at time zone coalesce($13, t.timezone), 'YYYY-MM-DD\"T\"HH24:MI') else $11 end,"
	      " deadline_source = case when $12 is null then t.deadline_source"
	      " when $10 is not null or $11 is not null then $12 end, "
	      "timezone = coalesce($13, t.timezone), " TENDER_CHANGE(
		  "publication_date", "$14::text::date", "$15") ", " TENDER_CHANGE("estimated_amount_ht",
		  "$16::float8::numeric(15, 2)", "$17") " where t.id = $1")

struct tender_status_change {
	struct uuid id;
	const char *status;
};
SQL_FIELDS(tender_status_change, id, status);
SQL_EXEC(tender_set_status, tender_status_change, "update tender set status = $2 where id = $1")

/* Its documents go with it, at the same moment: whoever undoes one finds the others by that. */
struct deletion {
	struct uuid id;
	int64_t undo_days; /* so long it can come back */
};
SQL_FIELDS(deletion, id, undo_days);
#define DELETED_NOW "deleted_at = now(), purge_after = now() + make_interval(days => $2::int)"

SQL_EXEC(tender_delete, deletion, "update tender set " DELETED_NOW " where id = $1 and deleted_at is null")
SQL_EXEC(tender_delete_documents, deletion,
    "update document set " DELETED_NOW ", status = case when status = 'processing' then 'uploaded' else status end"
    " where tender_id = $1 and deleted_at is null")

/* ---- facts ---- */

struct fact_decision_row {
	const char *key, *lot, *action;
	struct json_text value; /* NULL: none */
	struct uuid created_by;
	struct instant created_at;
};
SQL_FIELDS(fact_decision_row, key, lot, action, value, created_by, created_at);

/* Of each key and lot the latest one. */
SQL_ALL(fact_decision_list, tender_key, fact_decision_row,
    "select distinct on (key, lot) key, lot, action, value, created_by, created_at from fact_decision"
    " where tender_id = $1 order by key, lot, created_at desc, id desc")

struct fact_decision_new {
	struct uuid id, tender_id;
	const char *key, *lot, *action;
	struct json_text value;
	struct uuid created_by;
};
SQL_FIELDS(fact_decision_new, id, tender_id, key, lot, action, value, created_by);
struct fact_decision_made {
	struct instant created_at;
};
SQL_FIELDS(fact_decision_made, created_at);

SQL_ONE(fact_decision_insert, fact_decision_new, fact_decision_made,
    "insert into fact_decision (id, tender_id, key, lot, action, value, created_by)"
    " values ($1, $2, $3, $4, $5, $6, $7) returning created_at")

struct tender_shown_new {
	struct uuid id;
	const char *reference, *title, *buyer, *deadline_local; /* as the facts and decisions say; NULL: nothing */
	const char *decided; /* the column that somebody has just decided on: it follows even if a person had set it */
};
SQL_FIELDS(tender_shown_new, id, reference, title, buyer, deadline_local, decided);

#define TENDER_FOLLOW(column, source, n) \
	column " = case when t." source " = 'person' and $6 is distinct from '" column "' then t." column " else " n \
	       " end, " source " = case when t." source " = 'person' and $6 is distinct from '" column \
	       "' then 'person' when " n " is not null then 'read' end"
SQL_EXEC(tender_follow, tender_shown_new,
    "update tender t set " TENDER_FOLLOW("reference", "reference_source", "$2") ", " TENDER_FOLLOW(
	"title", "title_source", "$3") ", " TENDER_FOLLOW("buyer", "buyer_source",
	"$4") ", " TENDER_FOLLOW("deadline_local", "deadline_source", "$5") " where t.id = $1")

/* ---- documents that go ---- */

/* With what came out of it, when it is an archive. */
#define WITH_ENTRIES \
	"with recursive gone (id) as (select $1 union" \
	" select c.id from document c join gone on c.parent_id = gone.id) "

/* One whose work was not done yet is as it was uploaded, if it comes back. */
SQL_EXEC(document_delete, deletion,
    WITH_ENTRIES "update document set " DELETED_NOW ","
		 " status = case when status = 'processing' then 'uploaded' else status end"
		 " where id in (select id from gone) and deleted_at is null")

struct document_in_tender {
	struct uuid id, tender_id;
};
SQL_FIELDS(document_in_tender, id, tender_id);
SQL_EXEC(document_detach, document_in_tender,
    WITH_ENTRIES "update document set tender_id = null, replaced_by_id = null, stands = false"
		 " where id in (select id from gone) and tender_id = $2")

/* What a document that goes had replaced is part of the dossier again. */
SQL_EXEC(document_restore_replaced, document_key,
    WITH_ENTRIES "update document set replaced_by_id = null where replaced_by_id in (select id from gone)")

/* The tender has no documents any more: there is nothing to say about them. */
SQL_EXEC(tender_set_empty, tender_key,
    "update tender set analysis_status = 'none', analysis_reason = null, problems = '[]' where id = $1")

struct tender_documents_left {
	int64_t count;
};
SQL_FIELDS(tender_documents_left, count);
SQL_ONE(tender_count_documents, tender_key, tender_documents_left,
    "select count(*) as count from document d where d.tender_id = $1 and " DOCUMENT_COUNTS)

struct dossier_piece {
	struct uuid id;
	const char *name, *path, *kind, *document_type;
};
SQL_FIELDS(dossier_piece, id, name, path, kind, document_type);
SQL_ALL(dossier_pieces, tender_key, dossier_piece,
    "select d.id, d.name, d.path, d.kind, d.document_type from document d where d.tender_id = $1 and " DOCUMENT_COUNTS
    " order by d.path, d.name, d.id limit 5000")

#endif
