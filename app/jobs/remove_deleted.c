/* What was deleted and can't come back any more, and what came in parts and never became whole, goes for good: rows
 * first, their files after the commit. What a worker that dies leaves is noted in blob_purge, so that the next one goes
 * on. */
#include "undo_sql.h"
#include "worker.h"

#include "log.h"

#define BATCH 100

static enum result remove_rows(
    struct worker *w, TALLOC_CTX *mem, const struct uuid *organization_id, int64_t *removed, struct error *e)
{
	struct purge_count deleted, uploads, blobs;
	struct purge_limit batch = { BATCH };
	/* Each in a transaction of its own: a file's row is locked no longer than it must. */
	TRY(db_begin_for(w->db, mem, organization_id, DB_WRITE, e));
	TRY(purge_deleted_last(w->db, &batch, mem, &deleted, e));
	TRY(db_begin_for(w->db, mem, organization_id, DB_WRITE, e));
	TRY(purge_uploads_last(w->db, &batch, mem, &uploads, e));
	TRY(db_begin_for(w->db, mem, organization_id, DB_WRITE, e));
	TRY(purge_blobs_last(w->db, &batch, mem, &blobs, e));
	*removed = deleted.removed + uploads.removed;
	return ERR_OK;
}

static enum result remove_files(
    struct worker *w, TALLOC_CTX *mem, const struct uuid *organization_id, size_t *removed, struct error *e)
{
	struct store *store;
	struct blob_key *rows;
	TRY(worker_store(w, &store, e));
	TRY(db_begin_for(w->db, mem, organization_id, DB_READ, e));
	TRY(purge_files_last(w->db, &(struct purge_limit){ BATCH }, mem, &rows, removed, e));
	if (*removed == 0)
		return ERR_OK;
	struct uuid *ids = mem_array(mem, struct uuid, *removed);
	for (size_t i = 0; i < *removed; i++) {
		struct store_key key = { *organization_id, rows[i].id };
		TRY(store_remove(store, &key, e));
		ids[i] = rows[i].id;
	}
	TRY(db_begin_for(w->db, mem, organization_id, DB_WRITE, e));
	struct purge_done done;
	return purge_files_removed_last(w->db, &(struct document_ids){ { ids, *removed } }, mem, &done, e);
}

enum result worker_remove_deleted(struct worker *w, TALLOC_CTX *mem, bool *more, struct error *e)
{
	struct purge_place due;
	int64_t rows;
	size_t files;
	*more = false;
	TRY(db_begin_as(w->db, mem, NULL, DB_WRITE, e));
	enum result rc = purge_due_last(w->db, NULL, mem, &due, e);
	if (rc == ERR_NOT_FOUND) {
		error_clear(e);
		return ERR_OK;
	}
	TRY(rc);
	TRY(remove_rows(w, mem, &due.organization_id, &rows, e));
	TRY(remove_files(w, mem, &due.organization_id, &files, e));
	*more = rows > 0 || files > 0;
	if (*more)
		log_info(
		    "removed what was deleted", "deleted", num_text(rows).s, "files", num_text((long long)files).s);
	return ERR_OK;
}
