/* An organisation that is deleted: marked, brought back in time, or erased by a job. */
#ifndef DB_ERASURE_SQL_H
#define DB_ERASURE_SQL_H

#include "sql.h"

struct organization_deletion {
	struct uuid session_id, account_id;
	int64_t days; /* in which it can come back */
	const char *request_id;
};
SQL_FIELDS(organization_deletion, session_id, account_id, days, request_id);
struct organization_deleted {
	struct opt_instant erase_after; /* not set: it was deleted already, or the caller is no owner any more */
};
SQL_FIELDS(organization_deleted, erase_after);
SQL_ONE(organization_delete, organization_deletion, organization_deleted,
    "select auth.delete_organization($1, $2, $3, $4) as erase_after")

struct organization_return {
	struct uuid account_id;
	const char *request_id;
};
SQL_FIELDS(organization_return, account_id, request_id);
struct organization_returned {
	const char *outcome; /* restored, not_deleted, forbidden, absent */
};
SQL_FIELDS(organization_returned, outcome);
SQL_ONE(organization_restore, organization_return, organization_returned,
    "select auth.restore_organization($1, $2) as outcome")

struct admin_organization_return {
	struct uuid session_id, account_id, organization_id;
	const char *request_id;
};
SQL_FIELDS(admin_organization_return, session_id, account_id, organization_id, request_id);
SQL_ONE(admin_organization_restore, admin_organization_return, organization_returned,
    "select admin.restore_organization($1, $2, $3, $4) as outcome")

/* ---- the job ---- */

struct blob_after {
	struct uuid id;
};
SQL_FIELDS(blob_after, id);
SQL_ALL(blob_list_after, blob_after, blob_after,
    "select id from (select id from blob union select id from blob_purge) f where id > $1 order by id limit 500")

/* The rows of the organisation that is set, the job among them; an error of ours when it is not due. */
struct organization_erased {
	bool erased;
};
SQL_FIELDS(organization_erased, erased);
SQL_ONE(organization_erase, sql_nothing, organization_erased,
    "select true as erased from (select queue.erase_organization()) x")

#endif
