/* An archive of everything that an organisation has: asked for and listed by its owners, made and removed by jobs. */
#ifndef DB_EXPORT_SQL_H
#define DB_EXPORT_SQL_H

#include "sql.h"

/* ---- the API ---- */

struct export_key {
	struct uuid id;
};
SQL_FIELDS(export_key, id);

/* 0 affected: one is being made. A small organisation goes before a huge one. */
SQL_EXEC(export_enqueue, export_key,
    "insert into job (id, kind, size) select $1, 'export', coalesce(sum(b.size), 0)::bigint from document d "
    "join blob b on b.organization_id = d.organization_id and b.id = d.blob_id on conflict do nothing")

struct export_new {
	struct uuid id, created_by;
};
SQL_FIELDS(export_new, id, created_by);
SQL_EXEC(export_add, export_new, "insert into organization_export (id, created_by) values ($1, $2)")

struct export_row {
	struct uuid id;
	const char *status; /* queued, running, done, failed */
	struct opt_int size;
	const char *error_code;
	struct instant created_at;
	struct opt_instant finished_at, expires_at;
};
SQL_FIELDS(export_row, id, status, size, error_code, created_at, finished_at, expires_at);
#define EXPORT_FROM \
	" from organization_export e left join job j on j.organization_id = e.organization_id and j.id = e.id " \
	"left join blob b on b.organization_id = e.organization_id and b.id = e.blob_id " \
	"where (e.expires_at is null or e.expires_at > now())"
#define EXPORT_COLUMNS \
	"select e.id, case when e.blob_id is not null then 'done' when e.finished_at is not null then 'failed' " \
	"when j.state = 'queued' then 'queued' when j.state = 'leased' then 'running' else 'failed' end as status, " \
	"b.size, " \
	"e.error_code, e.created_at, e.finished_at, e.expires_at" EXPORT_FROM
SQL_ONE(export_get, export_key, export_row, EXPORT_COLUMNS " and e.id = $1")
SQL_ONE(export_latest, sql_nothing, export_row, EXPORT_COLUMNS " order by e.created_at desc, e.id desc limit 1")
/* A finished one takes the place of those before it, so they are few. */
SQL_ALL(export_list, sql_nothing, export_row, EXPORT_COLUMNS " order by e.created_at desc, e.id desc limit 100")

struct export_file {
	struct opt_uuid blob_id;
	struct bytes wrapped_key, sha256;
	struct opt_int size;
	struct instant created_at;
};
SQL_FIELDS(export_file, blob_id, wrapped_key, sha256, size, created_at);
SQL_ONE(export_file_get, export_key, export_file,
    "select e.blob_id, b.wrapped_key, b.sha256, b.size, e.created_at" EXPORT_FROM " and e.id = $1")

/* ---- the jobs: how it ends ---- */

struct export_made {
	struct uuid id, blob_id;
	int64_t days;
};
SQL_FIELDS(export_made, id, blob_id, days);
SQL_EXEC(export_done, export_made,
    "update organization_export set blob_id = $2, finished_at = now(), expires_at = now() + make_interval(days => "
    "$3::int) where id = $1")

struct export_failure {
	struct uuid id;
	const char *error_code;
	int64_t days;
};
SQL_FIELDS(export_failure, id, error_code, days);
SQL_EXEC(export_failed, export_failure,
    "update organization_export set error_code = $2, finished_at = now(), expires_at = now() + make_interval(days => "
    "$3::int) where id = $1")

struct export_end_new {
	struct uuid job_id, export_id;
};
SQL_FIELDS(export_end_new, job_id, export_id);
SQL_EXEC(export_end_enqueue, export_end_new,
    "insert into job (id, kind, payload, run_after) select $1, 'export_end', jsonb_build_object('export_id', id), "
    "expires_at from organization_export where id = $2 and expires_at is not null")

struct export_drop_in {
	struct uuid id;
	bool others; /* all but that one */
};
SQL_FIELDS(export_drop_in, id, others);
struct export_dropped {
	int64_t n;
};
SQL_FIELDS(export_dropped, n);
/* The archives go as all bytes do that nothing refers to any more. */
SQL_ONE(export_drop, export_drop_in, export_dropped, "select queue.drop_exports($1, $2) as n")

/* ---- the jobs: what stands in it. Each list goes on after an id; a row is what people get to see of it. ---- */

struct export_item {
	struct uuid id;
	struct json_text row;
};
SQL_FIELDS(export_item, id, row);

SQL_ALL(export_organization, export_key, export_item,
    "select id, to_jsonb(o) as row from organization o where id > $1 order by id limit 2")
SQL_ALL(export_users, export_key, export_item,
    "select x.id, to_jsonb(x) as row from (select id, email, full_name, role, is_owner, active, email_confirmed_at, "
    "created_at, updated_at, deleted_at from account where id > $1 order by id limit 200) x")
SQL_ALL(export_sessions, export_key, export_item,
    "select x.id, to_jsonb(x) as row from (select id, account_id, created_at, used_at, expires_at, ended_at, "
    "end_reason, user_agent, address from session where id > $1 order by id limit 200) x")
SQL_ALL(export_invitations, export_key, export_item,
    "select x.id, to_jsonb(x) as row from (select id, email, role, invited_by, created_at, expires_at, accepted_at, "
    "account_id, revoked_at from invitation where id > $1 order by id limit 200) x")
SQL_ALL(export_audit, export_key, export_item,
    "select id, to_jsonb(a) - 'organization_id' as row from audit_event a where id > $1 order by id limit 500")
SQL_ALL(export_profiles, export_key, export_item,
    "select id, to_jsonb(p) - 'organization_id' as row from company_profile p where id > $1 order by id limit 20")
/* A version has a number instead of an id: told as one, so that one way of going on does for all. */
SQL_ALL(export_profile_versions, export_key, export_item,
    "select lpad(to_hex(number), 32, '0')::uuid as id, to_jsonb(v) - 'organization_id' as row from "
    "company_profile_version v where number > ('x' || right($1::text, 12))::bit(48)::bigint order by number limit 20")
SQL_ALL(export_tenders, export_key, export_item,
    "select id, to_jsonb(t) - '{organization_id,sort_at,sort_down_at}'::text[] as row from tender t where id > $1 "
    "order by id limit 100")
SQL_ALL(export_decisions, export_key, export_item,
    "select id, to_jsonb(f) - 'organization_id' as row from fact_decision f where id > $1 order by id limit 500")
SQL_ALL(export_versions, export_key, export_item,
    "select id, to_jsonb(v) - 'organization_id' || jsonb_build_object('documents', (select "
    "coalesce(jsonb_agg(x.document_id order by x.document_id), '[]') from dossier_version_document x "
    "where x.organization_id = v.organization_id and x.dossier_version_id = v.id)) as row "
    "from dossier_version v where id > $1 order by id limit 20")
SQL_ALL(export_analyses, export_key, export_item,
    "select id, to_jsonb(a) - 'organization_id' as row from analysis a where id > $1 order by id limit 5")
SQL_ALL(export_documents, export_key, export_item,
    "select d.id, to_jsonb(d) - '{organization_id,blob_id}'::text[] || jsonb_build_object('size', b.size, 'mime_type', "
    "b.mime_type, 'sha256', encode(b.sha256, 'hex')) as row from document d join blob b "
    "on b.organization_id = d.organization_id and b.id = d.blob_id where d.id > $1 order by d.id limit 200")
SQL_ALL(export_events, export_key, export_item,
    "select id, to_jsonb(v) - 'organization_id' as row from document_event v where id > $1 order by id limit 500")

struct export_document {
	struct uuid id;
	struct opt_uuid tender_id;
	const char *name, *path, *mime_type;
	struct uuid blob_id;
	struct bytes wrapped_key;
	int64_t size;
	struct instant created_at;
	bool scanned, infected;
};
SQL_FIELDS(
    export_document, id, tender_id, name, path, mime_type, blob_id, wrapped_key, size, created_at, scanned, infected);
SQL_ALL(export_document_files, export_key, export_document,
    "select d.id, d.tender_id, d.name, d.path, b.mime_type, d.blob_id, b.wrapped_key, b.size, d.created_at, "
    "b.scanned_at is not null as scanned, b.infection is not null as infected "
    "from document d join blob b on b.organization_id = d.organization_id and b.id = d.blob_id "
    "where d.id > $1 order by d.id limit 100")

#endif
