/* Documents as the API sees them: uploading, listing, showing. */
#ifndef DB_DOCUMENT_SQL_H
#define DB_DOCUMENT_SQL_H

#include "sql.h"

/* Lower case without accents, for searching: decomposed, then without the combining marks. */
#define SQL_FOLD(x) "regexp_replace(normalize(lower(" x "), NFD), '[\\u0300-\\u036f]', '', 'g')"

/* ---- blobs ---- */

struct blob_digest {
	struct bytes sha256;
};
SQL_FIELDS(blob_digest, sha256);
struct blob_key {
	struct uuid id;
};
SQL_FIELDS(blob_key, id);

struct blob_place {
	struct opt_uuid id; /* not set: the organisation has no such bytes */
};
SQL_FIELDS(blob_place, id);

/* Its row stays locked until the transaction ends: the file that it names is not removed under the caller's hands. */
SQL_ONE(blob_find, blob_digest, blob_place, "select (select id from blob where sha256 = $1 for key share) as id")

struct blob_new {
	struct uuid id;
	struct bytes sha256;
	int64_t size;
	const char *mime_type;
	struct bytes wrapped_key;
	const char *key_id; /* of the master key that wrapped it */
};
SQL_FIELDS(blob_new, id, sha256, size, mime_type, wrapped_key, key_id);

/* Of bytes that are no file, but a part of one. */
#define BLOB_UNTYPED "application/octet-stream"

/* The same bytes twice are one blob: gives the id that stands, ours or the older one. */
SQL_ONE(blob_insert, blob_new, blob_key,
    "insert into blob as b (id, sha256, size, mime_type, wrapped_key, key_id) values ($1, $2, $3, $4, $5, $6)"
    " on conflict (organization_id, sha256) do update set referenced_at = now(), mime_type ="
    " case when b.mime_type = '" BLOB_UNTYPED "' then excluded.mime_type else b.mime_type end returning id")

/* ---- documents ---- */

struct document_new {
	struct uuid id;
	struct opt_uuid tender_id;
	struct bytes sha256; /* of its blob, inserted before */
	const char *name, *kind, *document_type, *status;
	struct uuid created_by;
};
SQL_FIELDS(document_new, id, tender_id, sha256, name, kind, document_type, status, created_by);
struct document_created {
	struct instant created_at;
	const char *status; /* quarantined when its bytes are known to be infected */
};
SQL_FIELDS(document_created, created_at, status);

SQL_ONE(document_insert, document_new, document_created,
    "insert into document (id, tender_id, blob_id, name, kind, document_type, document_type_source, status,"
    " processing_started_at, created_by)"
    " select $1, $2, b.id, $4, $5, $6, case when $6 is not null then 'person' end, $7,"
    " case when $7 = 'processing' then now() end, $8"
    " from blob b where b.sha256 = $3 returning created_at, status")

struct document_row {
	struct uuid id;
	const char *name, *path;
	int64_t size;
	const char *mime_type;
	struct bytes sha256;
	const char *document_type, *kind, *status;
	struct opt_uuid tender_id, parent_id, replaced_by_id;
	struct instant created_at;
};
SQL_FIELDS(document_row, id, name, path, size, mime_type, sha256, document_type, kind, status, tender_id, parent_id,
    replaced_by_id, created_at);
#define DOCUMENT_COLUMNS \
	"d.id, d.name, d.path, b.size, b.mime_type, b.sha256, d.document_type, d.kind, d.status, d.tender_id, " \
	"d.parent_id, d.replaced_by_id, d.created_at"
#define DOCUMENT_FROM " from document d join blob b on b.organization_id = d.organization_id and b.id = d.blob_id"

/* Filters that are NULL do not filter. The bound is where a page begins: the sort key and id of the row before it. With
 * a row comparison that stands alone, the index leads to it at once, however deep it lies. */
struct document_filter {
	const char *status;
	struct opt_uuid tender_id;
	const char *document_type, *search;
	struct instant bound_time;
	struct uuid bound_id;
	int64_t limit, offset;
};
SQL_FIELDS(document_filter, status, tender_id, document_type, search, bound_time, bound_id, limit, offset);
#define DOCUMENT_WHERE \
	" where d.deleted_at is null and ($1 is null or d.status = $1) and ($2 is null or d.tender_id = $2)" \
	" and ($3 is null or d.document_type = $3)" \
	" and ($4 is null or position(" SQL_FOLD("$4") " in " SQL_FOLD("d.name") ") > 0)"
#define DOCUMENT_PAGE(compare, order) \
	"select " DOCUMENT_COLUMNS DOCUMENT_FROM DOCUMENT_WHERE " and (d.created_at, d.id) " compare \
	" ($5, $6) order by " order " limit $7 offset $8"

SQL_ALL(
    document_list_newest_filtered, document_filter, document_row, DOCUMENT_PAGE("<", "d.created_at desc, d.id desc"))

/* The list that everybody opens has a statement without filters of its own: planned once, it takes a fifth of the
 * time. */
struct document_bound {
	struct instant bound_time;
	struct uuid bound_id;
	int64_t limit, offset;
};
SQL_FIELDS(document_bound, bound_time, bound_id, limit, offset);
SQL_ALL_PLANNED_ONCE(document_list_newest_all, document_bound, document_row,
    "select " DOCUMENT_COLUMNS DOCUMENT_FROM " where d.deleted_at is null and (d.created_at, d.id) < ($1, $2)"
    " order by d.created_at desc, d.id desc limit $3 offset $4")

MUST_CHECK static inline enum result document_list_newest_last(struct db *db, const struct document_filter *f,
    TALLOC_CTX *mem, struct document_row **rows, size_t *n, struct error *e)
{
	if (f->status || f->tender_id.set || f->document_type || f->search)
		return document_list_newest_filtered_last(db, f, mem, rows, n, e);
	const struct document_bound all = { f->bound_time, f->bound_id, f->limit, f->offset };
	return document_list_newest_all_last(db, &all, mem, rows, n, e);
}

SQL_ALL(document_list_oldest, document_filter, document_row, DOCUMENT_PAGE(">", "d.created_at, d.id"))
SQL_ALL(document_list_name_up, document_filter, document_row, DOCUMENT_PAGE(">", "lower(d.name), d.name, d.id"))
SQL_ALL(document_list_name_down, document_filter, document_row,
    DOCUMENT_PAGE(">", "lower(d.name) desc, d.name desc, d.id desc"))

struct list_filter {
	const char *status;
	struct opt_uuid tender_id;
	const char *document_type, *search;
};
SQL_FIELDS(list_filter, status, tender_id, document_type, search);
struct list_total {
	int64_t total;
};
SQL_FIELDS(list_total, total);

/* Counts up to 10 001: enough to say "more than 10 000". */
SQL_ONE(document_count, list_filter, list_total,
    "select count(*) as total from (select 1 from document d" DOCUMENT_WHERE " limit 10001) t")

struct document_key {
	struct uuid id;
};
SQL_FIELDS(document_key, id);

struct document_detail {
	struct uuid id;
	const char *name, *path;
	int64_t size;
	const char *mime_type;
	struct bytes sha256;
	const char *document_type, *kind, *status;
	struct opt_uuid tender_id, parent_id, replaced_by_id;
	struct instant created_at;
	struct opt_int page_count;
	struct opt_instant processing_completed_at;
	struct opt_int processing_duration_ms;
	struct json_text warnings;
	const char *error_code;
	struct json_text error_args;
	int64_t version;
	struct uuid blob_id;
	struct bytes wrapped_key;
	bool scanned;          /* a virus scanner has seen its bytes */
	const char *infection; /* what it found; NULL: nothing */
	struct opt_instant retained_from, retention_warned_at;
};
SQL_FIELDS(document_detail, id, name, path, size, mime_type, sha256, document_type, kind, status, tender_id, parent_id,
    replaced_by_id, created_at, page_count, processing_completed_at, processing_duration_ms, warnings, error_code,
    error_args, version, blob_id, wrapped_key, scanned, infection, retained_from, retention_warned_at);

SQL_ONE(document_get, document_key, document_detail,
    "select " DOCUMENT_COLUMNS ", d.page_count, d.processing_completed_at,"
    " (extract(epoch from d.processing_completed_at - d.processing_started_at) * 1000)::bigint"
    " as processing_duration_ms,"
    " d.warnings, d.error_code, d.error_args, d.version, d.blob_id, b.wrapped_key,"
    " b.scanned_at is not null as scanned, b.infection,"
    " case when d.tender_id is null then coalesce(d.retained_from, d.created_at) end as retained_from,"
    " d.retention_warned_at" DOCUMENT_FROM " where d.id = $1 and d.deleted_at is null")

struct document_ids {
	struct sql_uuids ids;
};
SQL_FIELDS(document_ids, ids);

/* Locks the rows in the order of their ids, so that two requests never wait for each other. */
SQL_ALL(document_lock_many, document_ids, document_row,
    "select " DOCUMENT_COLUMNS DOCUMENT_FROM " where d.id = any ($1) and d.deleted_at is null"
    " order by d.id for update of d")

struct document_locked {
	const char *status;
	struct opt_uuid tender_id, replaced_by_id;
	int64_t size;
	const char *infection; /* of its bytes; NULL: none is known */
};
SQL_FIELDS(document_locked, status, tender_id, replaced_by_id, size, infection);

SQL_ONE(document_lock, document_key, document_locked,
    "select d.status, d.tender_id, d.replaced_by_id, b.size, b.infection" DOCUMENT_FROM
    " where d.id = $1 and d.deleted_at is null for update of d")

SQL_EXEC(document_set_processing, document_key,
    "update document set status = 'processing', error_code = null, error_args = '{}', processing_started_at = now(),"
    " processing_completed_at = null where id = $1")

/* ---- events ---- */

struct document_event_new {
	struct uuid id, document_id;
	const char *stage, *state;
	int64_t progress;
	struct opt_int duration_ms;
};
SQL_FIELDS(document_event_new, id, document_id, stage, state, progress, duration_ms);

SQL_EXEC(document_event_add, document_event_new,
    "insert into document_event (id, document_id, stage, state, progress, duration_ms)"
    " values ($1, $2, $3, $4, $5, $6)")

struct document_event_row {
	const char *stage, *state;
	int64_t progress;
	struct opt_int duration_ms;
	const char *message_code;
	struct json_text message_args;
	struct instant at;
};
SQL_FIELDS(document_event_row, stage, state, progress, duration_ms, message_code, message_args, at);

SQL_ALL(document_events, document_key, document_event_row,
    "select stage, state, progress, duration_ms, message_code, message_args, at from ("
    "select * from document_event where document_id = $1 order by at desc, id desc limit 1000) e order by at, id")

struct document_state {
	const char *status;
};
SQL_FIELDS(document_state, status);

SQL_ONE(
    document_status, document_key, document_state, "select status from document where id = $1 and deleted_at is null")

/* ---- what it asks for ---- */

struct document_result {
	struct json_text result; /* absent: nothing has been analysed yet */
	const char *infection;   /* of its bytes; NULL: none is known */
};
SQL_FIELDS(document_result, result, infection);

/* The latest analysis that speaks of a document: its own, or one of its tender; of a document that was replaced, from
 * before that. */
SQL_ONE(document_analysis, document_key, document_result,
    "select coalesce(a.result, t.result) as result, b.infection" DOCUMENT_FROM
    " left join lateral (select result from analysis where organization_id = d.organization_id"
    "  and document_id = d.id order by created_at desc, id desc limit 1) a on d.tender_id is null"
    " left join lateral (select x.result from dossier_version v join analysis x"
    "  on x.organization_id = v.organization_id and x.dossier_version_id = v.id"
    "  where v.organization_id = d.organization_id and v.tender_id = d.tender_id"
    "  and exists (select from dossier_version_document h where h.organization_id = v.organization_id"
    "  and h.dossier_version_id = v.id and h.document_id = d.id)"
    "  order by v.number desc, x.created_at desc, x.id desc limit 1) t on true"
    " where d.id = $1 and d.deleted_at is null")

/* ---- pages ---- */

struct page_key {
	struct uuid document_id;
	int64_t number;
};
SQL_FIELDS(page_key, document_id, number);
struct page_place {
	struct opt_uuid model_blob_id; /* not set: not read */
	struct bytes wrapped_key;      /* of the model */
	struct opt_int page_count;
	const char *text;      /* NULL: no such page */
	const char *infection; /* of the document's bytes; NULL: none is known */
};
SQL_FIELDS(page_place, model_blob_id, wrapped_key, page_count, text, infection);

SQL_ONE(document_page, page_key, page_place,
    "select r.model_blob_id, m.wrapped_key, r.page_count, p.text, b.infection" DOCUMENT_FROM
    " left join lateral (select id, model_blob_id, page_count from reading r"
    "  where r.organization_id = d.organization_id and r.blob_id = d.blob_id"
    "  order by r.reader_version desc limit 1) r on true"
    " left join blob m on m.organization_id = d.organization_id and m.id = r.model_blob_id"
    " left join page p on p.organization_id = d.organization_id and p.reading_id = r.id and p.number = $2"
    " where d.id = $1 and d.deleted_at is null")

#endif
