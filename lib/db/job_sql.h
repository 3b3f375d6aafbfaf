/* What scorpius-jobs does: leases, fences, and the results of reading and analysing. */
#ifndef DB_JOB_SQL_H
#define DB_JOB_SQL_H

#include "change_sql.h"

struct job_lease_terms {
	int64_t seconds, max_attempts;
	struct sql_texts kinds; /* that the program can do: others wait for one that can */
};
SQL_FIELDS(job_lease_terms, seconds, max_attempts, kinds);

struct job {
	struct uuid organization_id, id;
	const char *kind;
	struct opt_uuid document_id, tender_id, dossier_version_id;
	int64_t attempt;
	int64_t waits;            /* attempts that count for nothing */
	struct json_text payload; /* of a mail: {purpose, account_id | invitation_id} */
};
SQL_FIELDS(job, organization_id, id, kind, document_id, tender_id, dossier_version_id, attempt, waits, payload);

struct purge_terms {
	int64_t limit; /* rows of a table */
};
SQL_FIELDS(purge_terms, limit);
struct purged {
	int64_t n;
};
SQL_FIELDS(purged, n);
/* Rows of all organisations that have had their time. */
SQL_ONE(purge_expired, purge_terms, purged, "select queue.purge_expired($1) as n")

/* The next job, of whatever organisation; ERR_NOT_FOUND: nothing to do. */
SQL_ONE(job_lease, job_lease_terms, job,
    "select organization_id, id, kind, document_id, tender_id, dossier_version_id, attempt, waits, payload "
    "from queue.lease_job($1, $2, $3)")

struct job_fence_key {
	struct uuid id;
	int64_t attempt;
};
SQL_FIELDS(job_fence_key, id, attempt);

struct job_fenced {
	struct opt_uuid document_id;
	double waited_s; /* this attempt, from when it could run to its lease */
};
SQL_FIELDS(job_fenced, document_id, waited_s);

/* First statement of every write of a job. ERR_NOT_FOUND: the lease is lost, stop. */
SQL_ONE(job_fence, job_fence_key, job_fenced,
    "select document_id, extract(epoch from started_at - run_after)::double precision as waited_s from job where id = "
    "$1 and attempt = $2 and state = 'leased' for update")

struct job_heartbeat_in {
	struct uuid id;
	int64_t attempt, seconds;
};
SQL_FIELDS(job_heartbeat_in, id, attempt, seconds);

/* 0 affected: the lease is lost. */
SQL_EXEC(job_heartbeat, job_heartbeat_in,
    "update job set leased_until = now() + make_interval(secs => $3) "
    "where id = $1 and attempt = $2 and state = 'leased'")

/* The ends of an attempt; all behind job_fence. */
SQL_EXEC(job_done, job_fence_key,
    "update job set state = 'done', leased_until = null, error_code = null, finished_at = now() "
    "where id = $1 and attempt = $2")

struct job_failed_in {
	struct uuid id;
	int64_t attempt;
	const char *error_code;
	int64_t delay; /* seconds until the next attempt; 0 for a lease given back */
};
SQL_FIELDS(job_failed_in, id, attempt, error_code, delay);

SQL_EXEC(job_retry, job_failed_in,
    "update job set state = 'queued', leased_until = null, error_code = $3, "
    "run_after = now() + make_interval(secs => $4) where id = $1 and attempt = $2 and state = 'leased'")

struct job_fail_in {
	struct uuid id;
	int64_t attempt;
	const char *error_code;
};
SQL_FIELDS(job_fail_in, id, attempt, error_code);

SQL_EXEC(job_fail, job_fail_in,
    "update job set state = 'failed', leased_until = null, error_code = $3, finished_at = now() "
    "where id = $1 and attempt = $2")

/* There is nothing to do any more, or nothing that can be done here; error_code may be NULL. */
SQL_EXEC(job_cancel, job_fail_in,
    "update job set state = 'cancelled', leased_until = null, error_code = $3, finished_at = now() "
    "where id = $1 and attempt = $2")

/* --- reading ------------------------------------------------------------------------------------------------------ */

struct document_source {
	struct uuid blob_id;
	struct bytes wrapped_key;
	const char *name, *kind, *mime_type, *status;
	int64_t size;
	struct opt_uuid tender_id;
	bool deleted;
	bool kept;             /* uploaded without being read, so far */
	const char *infection; /* what a virus scanner found in its bytes; NULL: nothing */
	bool scan_due;         /* it has not seen them, or not lately */
	const char *error_code;
};
SQL_FIELDS(document_source, blob_id, wrapped_key, name, kind, mime_type, status, size, tender_id, deleted, kept,
    infection, scan_due, error_code);

SQL_ONE(document_source_get, document_key, document_source,
    "select d.blob_id, b.wrapped_key, d.name, d.kind, b.mime_type, d.status, b.size, d.tender_id, d.deleted_at is not "
    "null as deleted, d.status = 'uploaded' and d.processing_started_at is null as kept, b.infection, "
    "coalesce(b.scanned_at < now() - interval '1 day', true) as scan_due, d.error_code "
    "from document d join blob b on b.organization_id = d.organization_id and b.id = d.blob_id where d.id = $1")

/* The locks alone, the tender's first, deleted or not: whoever brings them back waits for what a job does instead. */
SQL_EXEC(document_hold_tender, document_key,
    "select from tender t join document d on d.organization_id = t.organization_id and d.tender_id = t.id"
    " where d.id = $1 for update of t")
SQL_EXEC(document_hold, document_key, "select from document where id = $1 for update")

/* The attempt begins: its duration counts from here. */
SQL_EXEC(document_processing, document_key,
    "update document set status = 'processing', processing_started_at = now(), processing_completed_at = null, "
    "error_code = null, error_args = '{}' where id = $1")

struct document_end {
	struct uuid id;
	const char *status; /* processed, failed */
	struct opt_int page_count;
	struct json_text warnings;
	const char *error_code;
	struct json_text error_args;
};
SQL_FIELDS(document_end, id, status, page_count, warnings, error_code, error_args);

struct document_ended {
	struct opt_uuid tender_id; /* as it is now: somebody may have attached the document meanwhile */
};
SQL_FIELDS(document_ended, tender_id);

SQL_ONE(document_finish, document_end, document_ended,
    "update document set status = $2, page_count = $3, warnings = coalesce($4, '[]'), error_code = $5, "
    "error_args = coalesce($6, '{}'), processing_completed_at = clock_timestamp() where id = $1 returning tender_id")

/* --- the virus scanner -------------------------------------------------------------------------------------------- */

struct scan_told {
	struct uuid blob_id;
	const char *infection; /* NULL: nothing was found */
};
SQL_FIELDS(scan_told, blob_id, infection);
struct scan_effect {
	bool changed; /* the finding is another one than before */
};
SQL_FIELDS(scan_effect, changed);
/* With all that follows for the documents of these bytes. */
SQL_ONE(scan_tell, scan_told, scan_effect, "select queue.scan_result($1, $2) as changed")

struct document_waits_in {
	struct uuid id;
	const char *error_code;
};
SQL_FIELDS(document_waits_in, id, error_code);
SQL_EXEC(document_waits, document_waits_in,
    "update document set error_code = $2, error_args = '{}' where id = $1 and status in ('uploaded', 'processing')")

struct document_kept_in {
	struct uuid id;
	const char *error_code; /* why it could not be scanned; NULL: it was, or goes on without */
	bool unscanned;
};
SQL_FIELDS(document_kept_in, id, error_code, unscanned);
/* What the scanner's look at a document that is not to be read has left. */
SQL_EXEC(document_kept, document_kept_in,
    "update document set error_code = $2, error_args = '{}', warnings = warnings - 'unscanned' || "
    "case when $3 then '[\"unscanned\"]'::jsonb else '[]' end where id = $1 and status = 'uploaded'")

/* This attempt only waited, or its worker was told to stop: it counts for nothing. */
SQL_EXEC(job_wait, job_failed_in,
    "update job set state = 'queued', leased_until = null, error_code = $3, "
    "run_after = now() + make_interval(secs => $4), waits = waits + 1 "
    "where id = $1 and attempt = $2 and state = 'leased'")

/* --- archives ----------------------------------------------------------------------------------------------------- */

struct document_children {
	int64_t n;
};
SQL_FIELDS(document_children, n);

/* Deleted ones too: what a person removed does not come back by itself. */
SQL_ONE(document_children, document_key, document_children, "select count(*) as n from document where parent_id = $1")

struct document_child {
	struct uuid id, parent_id;
	struct bytes sha256; /* of its blob, inserted before */
	struct opt_uuid tender_id;
	const char *name, *path;
};
SQL_FIELDS(document_child, id, parent_id, sha256, tender_id, name, path);

/* An archive in an archive was expanded with it: a child is a file, whatever it is. */
SQL_EXEC(document_child_insert, document_child,
    "insert into document (id, parent_id, blob_id, tender_id, name, path, kind, status, processing_started_at) "
    "select $1, $2, b.id, $4, $5, $6, 'file', 'processing', now() from blob b where b.sha256 = $3")

struct dossier_version_of {
	struct uuid id, tender_id;
};
SQL_FIELDS(dossier_version_of, id, tender_id);

/* The next version of a dossier, made by the machine. Under tender_lock; dossier_version_fill follows. */
SQL_EXEC(dossier_version_expand, dossier_version_of,
    "insert into dossier_version (id, tender_id, number, cause) "
    "select $1, $2, coalesce(max(number), 0) + 1, 'documents_added' from dossier_version where tender_id = $2")

struct document_kind_in {
	struct uuid id;
	const char *document_type;
};
SQL_FIELDS(document_kind_in, id, document_type);

/* A person's word stays. */
SQL_EXEC(document_type_read, document_kind_in,
    "update document set document_type = $2, document_type_source = 'read' where id = $1 "
    "and document_type_source is distinct from 'person' and document_type is distinct from $2")

struct reading_key {
	struct uuid blob_id;
	int64_t reader_version;
};
SQL_FIELDS(reading_key, blob_id, reader_version);

struct reading_row {
	struct uuid id, model_blob_id;
	struct bytes wrapped_key; /* of the model */
	int64_t page_count, warnings;
};
SQL_FIELDS(reading_row, id, model_blob_id, wrapped_key, page_count, warnings);

SQL_ONE(reading_get, reading_key, reading_row,
    "select r.id, r.model_blob_id, m.wrapped_key, r.page_count, r.warnings from reading r "
    "join blob m on m.organization_id = r.organization_id and m.id = r.model_blob_id "
    "where r.blob_id = $1 and r.reader_version = $2")

struct reading_new {
	struct uuid id, blob_id;
	int64_t reader_version;
	struct uuid model_blob_id;
	int64_t page_count, warnings, duration_ms;
};
SQL_FIELDS(reading_new, id, blob_id, reader_version, model_blob_id, page_count, warnings, duration_ms);

/* 0 affected: another document with the same bytes was read meanwhile. */
SQL_EXEC(reading_insert, reading_new,
    "insert into reading (id, blob_id, reader_version, model_blob_id, page_count, warnings, duration_ms) "
    "values ($1, $2, $3, $4, $5, $6, $7) on conflict (organization_id, blob_id, reader_version) do nothing")

struct pages_new {
	struct uuid reading_id;
	int64_t first;               /* number of the first one */
	struct sql_texts texts;      /* of consecutive pages */
	struct sql_texts unreadable; /* "t" or "f" for each */
};
SQL_FIELDS(pages_new, reading_id, first, texts, unreadable);

SQL_EXEC(page_insert, pages_new,
    "insert into page (reading_id, number, text, unreadable) select $1, $2 + x.place - 1, x.t, x.u::boolean "
    "from unnest($3, $4) with ordinality as x(t, u, place)")

struct document_event_told {
	struct uuid id, document_id;
	const char *stage, *state;
	int64_t progress;
	struct opt_int duration_ms;
	const char *message_code; /* an error id, or NULL */
	struct json_text message_args;
};
SQL_FIELDS(document_event_told, id, document_id, stage, state, progress, duration_ms, message_code, message_args);

SQL_EXEC(document_event_tell, document_event_told,
    "insert into document_event (id, document_id, stage, state, progress, duration_ms, message_code, message_args) "
    "values ($1, $2, $3, $4, $5, $6, $7, coalesce($8, '{}'))")

/* --- analysing ---------------------------------------------------------------------------------------------------- */

struct tender_waiting {
	int64_t waiting;
};
SQL_FIELDS(tender_waiting, waiting);

/* Documents that are still to be read; one that is only kept has a job for the virus scanner alone. Under tender_lock,
 * so that of two readings that end together the second one sees the first. */
SQL_ONE(tender_reading_state, tender_key, tender_waiting,
    "select count(*) as waiting from document d where d.tender_id = $1 and " DOCUMENT_COUNTS " "
    "and (d.status = 'processing' or (d.status = 'uploaded' and d.processing_started_at is not null and exists (select "
    "from job j "
    "where j.organization_id = d.organization_id and j.document_id = d.id and j.state in ('queued', 'leased'))))")

struct dossier_version_key {
	struct uuid id;
};
SQL_FIELDS(dossier_version_key, id);

struct dossier_document {
	struct uuid id;
	const char *name, *mime_type, *kind, *document_type, *status, *error_code;
	struct json_text error_args;
	struct opt_uuid model_blob_id; /* not set: not read */
	struct bytes wrapped_key;      /* of the model */
	struct opt_int reader_version;
};
SQL_FIELDS(dossier_document, id, name, mime_type, kind, document_type, status, error_code, error_args, model_blob_id,
    wrapped_key, reader_version);
#define DOSSIER_DOCUMENT \
	"select d.id, case when d.path = '' then d.name else d.path || '/' || d.name end as name, b.mime_type, " \
	"d.kind, d.document_type, d.status, d.error_code, d.error_args, r.model_blob_id, m.wrapped_key, " \
	"r.reader_version" DOCUMENT_FROM \
	" left join lateral (select * from reading where organization_id = d.organization_id and blob_id = d.blob_id " \
	"and b.infection is null " \
	"order by reader_version desc limit 1) r on true " \
	"left join blob m on m.organization_id = d.organization_id and m.id = r.model_blob_id "

/* The documents of a version that still exist, by name; of archives, their files. */
SQL_ALL(dossier_document_list, dossier_version_key, dossier_document,
    DOSSIER_DOCUMENT
    "join dossier_version_document x on x.organization_id = d.organization_id and x.document_id = d.id "
    "where x.dossier_version_id = $1 and d.deleted_at is null and (d.kind = 'file' or d.error_code is not null) "
    "order by d.path, d.name, d.id")
SQL_ALL(dossier_document_single, document_key, dossier_document,
    DOSSIER_DOCUMENT "where d.id = $1 and d.deleted_at is null")

/* Why files of a version's archives did not become documents: told once each. */
struct refused_entry_row {
	struct uuid document_id; /* the archive */
	const char *name, *message_code;
	struct json_text message_args;
};
SQL_FIELDS(refused_entry_row, document_id, name, message_code, message_args);
SQL_ALL(refused_entry_list, dossier_version_key, refused_entry_row,
    "select d.id as document_id, case when d.path = '' then d.name else d.path || '/' || d.name end as name, "
    "e.message_code, e.message_args from dossier_version_document x "
    "join document d on d.organization_id = x.organization_id and d.id = x.document_id "
    "join document_event e on e.organization_id = d.organization_id and e.document_id = d.id "
    "where x.dossier_version_id = $1 and d.deleted_at is null and d.kind = 'archive' and e.stage = 'expansion' "
    "and e.state = 'progress' and e.message_code is not null "
    "group by d.id, d.path, d.name, e.message_code, e.message_args order by d.path, d.name, d.id, e.message_args ->> "
    "'name' limit 50")

struct analysis_new {
	struct uuid id;
	struct opt_uuid dossier_version_id, document_id; /* exactly one */
	int64_t reader_version, rules_version;
	struct json_text result;
	int64_t duration_ms;
};
SQL_FIELDS(analysis_new, id, dossier_version_id, document_id, reader_version, rules_version, result, duration_ms);

/* 0 affected: the same work was done before; its result stands. Another result for the same subject (a document that
 * could not be read then was read since) stands beside the older one. */
SQL_EXEC(analysis_insert, analysis_new,
    "insert into analysis (id, dossier_version_id, document_id, reader_version, rules_version, result, duration_ms) "
    "select $1, $2, $3, $4, $5, $6, $7 where not exists (select from (select reader_version, rules_version, result "
    "from analysis where dossier_version_id = $2 or document_id = $3 order by created_at desc, id desc limit 1) a "
    "where a.reader_version = $4 and a.rules_version = $5 and a.result = $6) on conflict do nothing")

struct tender_had {
	bool analysis;
};
SQL_FIELDS(tender_had, analysis);
/* Whether any version of its dossier has been analysed. */
SQL_ONE(tender_had_analysis, tender_key, tender_had,
    "select exists (select from dossier_version v join analysis a on a.organization_id = v.organization_id"
    " and a.dossier_version_id = v.id where v.tender_id = $1) as analysis")

struct analysis_before_key {
	struct opt_uuid tender_id, document_id; /* one of them */
};
SQL_FIELDS(analysis_before_key, tender_id, document_id);
struct analysis_before_row {
	struct json_text requirements;
};
SQL_FIELDS(analysis_before_row, requirements);

/* The requirements of the latest analyses of a tender, of whatever versions, or of a document; the latest first. Not
 * only of the last one: a piece that is taken out and comes back in another form brings them back. */
SQL_ALL(analysis_before, analysis_before_key, analysis_before_row,
    "select a.result -> 'requirements' as requirements from analysis a left join dossier_version v "
    "on v.organization_id = a.organization_id and v.id = a.dossier_version_id "
    "where a.dossier_version_id in (select id from dossier_version where tender_id = $1) or a.document_id = $2 "
    "order by v.number desc, a.created_at desc, a.id desc limit 5")

struct job_analyze_document_new {
	struct uuid id, document_id;
};
SQL_FIELDS(job_analyze_document_new, id, document_id);

SQL_EXEC(job_enqueue_analyze_document, job_analyze_document_new,
    "insert into job (id, kind, document_id) values ($1, 'analyze', $2) on conflict do nothing")

SQL_EXEC(tender_analysis_running, tender_key,
    "update tender set analysis_status = 'running', analysis_reason = null where id = $1 and analysis_status <> "
    "'running'")

struct tender_analyzed {
	struct uuid id;
	struct json_text problems;
	const char *analysis_status; /* done, or queued when a newer version waits */
};
SQL_FIELDS(tender_analyzed, id, problems, analysis_status);

/* A draft becomes ready. What lists show goes along with tender_follow. */
SQL_EXEC(tender_analysis_done, tender_analyzed,
    "update tender t set problems = coalesce($2, '[]'), analysis_status = $3, analysis_reason = null, "
    "status = case when t.status = 'draft' then 'ready' else t.status end where t.id = $1")

struct tender_failure {
	struct uuid id;
	const char *reason;
	struct json_text problems;
};
SQL_FIELDS(tender_failure, id, reason, problems);

SQL_EXEC(tender_analysis_failed, tender_failure,
    "update tender set analysis_status = 'failed', analysis_reason = $2, problems = coalesce($3, '[]') where id = $1")

#endif
