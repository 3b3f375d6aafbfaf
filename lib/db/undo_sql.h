/* What was deleted: back in time, or gone for good. */
#ifndef DB_UNDO_SQL_H
#define DB_UNDO_SQL_H

#include "backup_lock.h"
#include "change_sql.h"

/* ---- back ---- */

/* The tender of a document, locked, deleted or not; then the document itself, which is there or can come back. */
struct undo_tender {
	struct uuid id;
	bool deleted;
};
SQL_FIELDS(undo_tender, id, deleted);
SQL_ALL(undo_lock_tender_of, document_key, undo_tender,
    "select t.id, t.deleted_at is not null as deleted from tender t join document d"
    " on d.organization_id = t.organization_id and d.tender_id = t.id where d.id = $1 for update of t")

struct undo_document {
	bool deleted, parent_deleted, interrupted;
	struct opt_uuid tender_id, replaced_by_id;
	int64_t size;
};
SQL_FIELDS(undo_document, deleted, parent_deleted, interrupted, tender_id, replaced_by_id, size);
/* interrupted: it was being read when it went. */
SQL_ONE(undo_lock_document, document_key, undo_document,
    "select d.deleted_at is not null as deleted, coalesce((select p.deleted_at is not null from document p"
    "  where p.organization_id = d.organization_id and p.id = d.parent_id), false) as parent_deleted,"
    " d.status = 'uploaded' and d.processing_started_at is not null and d.processing_completed_at is null"
    "  as interrupted, d.tender_id, d.replaced_by_id, b.size" DOCUMENT_FROM
    " where d.id = $1 and (d.deleted_at is null or d.purge_after > now() or exists (select from tender t"
    "  where t.organization_id = d.organization_id and t.id = d.tender_id and t.held_at is not null)) for update of d")

/* With those that went with it. What somebody brings back is wanted: its retention begins anew. */
SQL_EXEC(undo_document, document_key,
    WITH_ENTRIES "update document set deleted_at = null, purge_after = null, retained_from = now(),"
		 " retention_warned_at = null where id in (select id from gone)"
		 " and deleted_at = (select deleted_at from document where id = $1)")

struct undo_state {
	bool deleted;
};
SQL_FIELDS(undo_state, deleted);
SQL_ONE(undo_lock_tender, tender_key, undo_state,
    "select deleted_at is not null as deleted from tender"
    " where id = $1 and (deleted_at is null or purge_after > now() or held_at is not null) for update")
SQL_EXEC(undo_tender_documents, tender_key,
    "update document d set deleted_at = null, purge_after = null from tender t"
    " where t.id = $1 and d.organization_id = t.organization_id and d.tender_id = t.id"
    " and d.deleted_at = t.deleted_at")
SQL_EXEC(undo_tender, tender_key,
    "update tender set deleted_at = null, purge_after = null, retention_warned_at = null,"
    " retained_from = case when status = 'archived' then now() end where id = $1")

/* ---- gone ---- */

struct purge_place {
	struct uuid organization_id;
};
SQL_FIELDS(purge_place, organization_id);
/* Of whatever organisation; ERR_NOT_FOUND: nothing is due. */
SQL_ONE(purge_due, sql_nothing, purge_place, "select organization_id from queue.purge_due()")

struct purge_limit {
	int64_t limit;
};
SQL_FIELDS(purge_limit, limit);
struct purge_count {
	int64_t removed;
};
SQL_FIELDS(purge_count, removed);
SQL_ONE(purge_deleted, purge_limit, purge_count, "select queue.purge_deleted($1) as removed")
SQL_ONE(purge_uploads, purge_limit, purge_count, "select queue.purge_uploads($1) as removed")
SQL_ONE(purge_blobs, purge_limit, purge_count, "select queue.purge_blobs($1) as removed")

/* None while a backup is made. One that begins after this look does not see these rows any more, nor need their files.
 */
SQL_ALL(purge_files, purge_limit, blob_key,
    "select id from blob_purge where row_gone and (select pg_try_advisory_xact_lock_shared(" DB_BACKUP_LOCK "))"
    " order by id limit $1")
struct purge_done {
	bool done;
};
SQL_FIELDS(purge_done, done);
SQL_ONE(
    purge_files_removed, document_ids, purge_done, "select true as done from (select queue.purge_files_removed($1)) x")

#endif
