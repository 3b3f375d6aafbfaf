/* Files that arrive in parts. */
#ifndef DB_UPLOAD_SQL_H
#define DB_UPLOAD_SQL_H

#include "document_sql.h"

struct upload_key {
	struct uuid id;
};
SQL_FIELDS(upload_key, id);

/* ---- one of them ---- */

struct upload_row {
	struct uuid id;
	const char *name;
	int64_t length, received;
	struct opt_uuid tender_id;
	const char *document_type, *metadata;
	bool process;
	struct opt_uuid document_id;
	struct instant created_at, expires_at;
};
SQL_FIELDS(upload_row, id, name, length, received, tender_id, document_type, metadata, process, document_id, created_at,
    expires_at);
SQL_ONE(upload_get, upload_key, upload_row,
    "select id, name, length, received, tender_id, document_type, metadata, process, document_id, created_at, "
    "expires_at"
    " from upload where id = $1 and expires_at > now()")

struct upload_place {
	int64_t received;
};
SQL_FIELDS(upload_place, received);
/* No row: there is none any more. Who writes to an upload holds this lock to the end. */
SQL_ALL(upload_lock, upload_key, upload_place,
    "select received from upload where id = $1 and expires_at > now() for update")

/* ---- its beginning ---- */

/* Two that begin at the same instant are counted one after the other. */
struct upload_count_lock {
	bool locked;
};
SQL_FIELDS(upload_count_lock, locked);
SQL_ONE(upload_lock_count, sql_nothing, upload_count_lock,
    "select true as locked from (select pg_advisory_xact_lock(hashtextextended('scorpius uploads '"
    " || current_setting('scorpius.organization_id'), 0))) x")

struct upload_tender {
	bool there;
};
SQL_FIELDS(upload_tender, there);
struct upload_tender_key {
	struct opt_uuid id;
};
SQL_FIELDS(upload_tender_key, id);
SQL_ONE(upload_tender, upload_tender_key, upload_tender,
    "select $1 is null or exists (select from tender where id = $1 and deleted_at is null) as there")

struct upload_new {
	struct uuid id, created_by;
	const char *name;
	int64_t length;
	struct opt_uuid tender_id;
	const char *document_type, *metadata;
	bool process;
	int64_t hours; /* of its life */
	int64_t most;  /* unfinished ones of the organisation */
};
SQL_FIELDS(upload_new, id, created_by, name, length, tender_id, document_type, metadata, process, hours, most);
struct upload_begun {
	struct instant created_at, expires_at;
};
SQL_FIELDS(upload_begun, created_at, expires_at);
/* What is over is removed some minutes later: a part that arrives at the last moment still finds those before it. */
#define UPLOAD_LIFE(hours) "expires_at = now() + make_interval(hours => " hours "::int)"
#define UPLOAD_CLEAN(hours) "now() + make_interval(hours => " hours "::int, mins => 10)"
/* ERR_NOT_FOUND: there are too many. */
SQL_ONE(upload_begin, upload_new, upload_begun,
    "insert into upload (id, created_by, name, length, tender_id, document_type, metadata, process, expires_at, "
    "clean_at)"
    " select $1, $2, $3, $4, $5, $6, $7, $8, now() + make_interval(hours => $9::int), " UPLOAD_CLEAN(
	"$9") " where (select count(*) from upload where document_id is null and expires_at > now()) < $10"
	      " returning created_at, expires_at")

/* ---- its parts ---- */

/* Bytes have no type before they are a file. */
struct upload_bytes {
	struct uuid id;
	struct bytes sha256;
	int64_t size;
	struct bytes wrapped_key;
	const char *key_id;
};
SQL_FIELDS(upload_bytes, id, sha256, size, wrapped_key, key_id);
SQL_ONE(upload_bytes_insert, upload_bytes, blob_key,
    "insert into blob (id, sha256, size, mime_type, wrapped_key, key_id)"
    " values ($1, $2, $3, '" BLOB_UNTYPED "', $4, $5)"
    " on conflict (organization_id, sha256) do update set referenced_at = now() returning id")

struct upload_part_new {
	struct uuid upload_id;
	int64_t start, size;
	struct bytes sha256; /* of its blob, inserted before */
};
SQL_FIELDS(upload_part_new, upload_id, start, size, sha256);
SQL_EXEC(upload_part_insert, upload_part_new,
    "insert into upload_part (upload_id, start, size, blob_id)"
    " select $1, $2, $3, b.id from blob b where b.sha256 = $4")

struct upload_step {
	struct uuid id;
	int64_t received, hours;
};
SQL_FIELDS(upload_step, id, received, hours);
struct upload_life {
	struct instant expires_at;
};
SQL_FIELDS(upload_life, expires_at);
SQL_ONE(upload_advance, upload_step, upload_life,
    "update upload set received = $2, " UPLOAD_LIFE("$3") ", clean_at = " UPLOAD_CLEAN(
	"$3") " where id = $1 returning expires_at")

struct upload_part {
	int64_t start, size;
	struct uuid blob_id;
	struct bytes wrapped_key;
};
SQL_FIELDS(upload_part, start, size, blob_id, wrapped_key);
SQL_ALL(upload_parts, upload_key, upload_part,
    "select p.start, p.size, p.blob_id, b.wrapped_key from upload_part p"
    " join blob b on b.organization_id = p.organization_id and b.id = p.blob_id"
    " where p.upload_id = $1 order by p.start")

/* ---- its end ---- */

struct upload_done {
	struct uuid id, document_id;
	int64_t hours;
};
SQL_FIELDS(upload_done, id, document_id, hours);
/* The row tells for a time what became of it; the parts go at once. */
SQL_ONE(upload_finish, upload_done, upload_life,
    "update upload set received = length, document_id = $2, " UPLOAD_LIFE("$3") ", clean_at = now()"
										" where id = $1 returning expires_at")
SQL_EXEC(upload_give_up, upload_key,
    "update upload set expires_at = now(), clean_at = now() where id = $1 and expires_at > now()")

#endif
