/* Versions of a dossier, and the documents that later ones replace. */
#ifndef DB_VERSION_SQL_H
#define DB_VERSION_SQL_H

#include "change_sql.h"

/* ---- the list ---- */

struct dossier_version_filter {
	struct uuid tender_id;
	int64_t before; /* the number that the page lies below */
	int64_t limit, offset;
};
SQL_FIELDS(dossier_version_filter, tender_id, before, limit, offset);
struct dossier_version_row {
	int64_t number;
	const char *cause;
	struct opt_uuid created_by; /* not set: the machine */
	struct instant created_at;
	bool analyzed;
	struct json_text documents;
};
SQL_FIELDS(dossier_version_row, number, cause, created_by, created_at, analyzed, documents);

/* The latest first. A document that was deleted since is named, without its id. */
SQL_ALL(dossier_version_list, dossier_version_filter, dossier_version_row,
    "select v.number, v.cause, v.created_by, v.created_at,"
    " exists (select from analysis a where a.organization_id = v.organization_id and a.dossier_version_id = v.id)"
    " as analyzed,"
    " coalesce((select jsonb_agg(jsonb_build_object('document_id', case when d.deleted_at is null then d.id end,"
    " 'original_filename', d.name, 'path', d.path, 'document_type', d.document_type, 'kind', d.kind)"
    " order by d.path, d.name, d.id) from dossier_version_document x join document d"
    " on d.organization_id = x.organization_id and d.id = x.document_id"
    " where x.organization_id = v.organization_id and x.dossier_version_id = v.id), '[]') as documents"
    " from dossier_version v where v.tender_id = $1 and v.number < $2 order by v.number desc limit $3 offset $4")

SQL_ONE(
    dossier_version_count, tender_key, list_total, "select count(*) as total from dossier_version where tender_id = $1")

/* ERR_NOT_FOUND without the tender. */
SQL_ONE(tender_known, tender_key, tender_key, "select id from tender where id = $1 and deleted_at is null")

/* ---- what replaces what ---- */

struct document_replacement {
	struct uuid id, by;
};
SQL_FIELDS(document_replacement, id, by);

/* With what came out of it, when it is an archive. */
SQL_EXEC(document_replace, document_replacement,
    "with recursive gone (id) as (select $1 union select c.id from document c join gone on c.parent_id = gone.id)"
    " update document set replaced_by_id = $2, stands = false"
    " where id in (select id from gone) and id <> $2 and deleted_at is null")

struct dossier_item {
	struct uuid id;
	const char *name, *path, *document_type;
	bool stands;
	int64_t since; /* the first version that it was in */
};
SQL_FIELDS(dossier_item, id, name, path, document_type, stands, since);

/* The pieces of a dossier as they came. */
SQL_ALL(dossier_items, tender_key, dossier_item,
    "select d.id, d.name, d.path, d.document_type, d.stands, min(v.number) as since from document d"
    " join dossier_version_document x on x.organization_id = d.organization_id and x.document_id = d.id"
    " join dossier_version v on v.organization_id = x.organization_id and v.id = x.dossier_version_id"
    " and v.tender_id = d.tender_id where d.tender_id = $1 and d.kind = 'file' and " DOCUMENT_COUNTS
    " group by d.organization_id, d.id order by since, d.path, d.name, d.id limit 5000")

struct dossier_version_of_replaced {
	struct uuid id, tender_id;
};
SQL_FIELDS(dossier_version_of_replaced, id, tender_id);

/* The next version, made by the machine. Under tender_lock; dossier_version_fill follows. */
SQL_EXEC(dossier_version_replaced, dossier_version_of_replaced,
    "insert into dossier_version (id, tender_id, number, cause)"
    " select $1, $2, coalesce(max(number), 0) + 1, 'document_replaced' from dossier_version where tender_id = $2")

#endif
