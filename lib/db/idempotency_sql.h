/* Answers kept for the repetition of their requests. */
#ifndef DB_IDEMPOTENCY_SQL_H
#define DB_IDEMPOTENCY_SQL_H

#include "sql.h"

struct idempotency_asked {
	struct uuid account_id;
	const char *route, *key;
	struct bytes fingerprint;
};
SQL_FIELDS(idempotency_asked, account_id, route, key, fingerprint);

struct idempotency_found {
	const char *state; /* new, busy, other, done */
	int64_t status;    /* of done, as is what follows */
	const char *location, *data;
};
SQL_FIELDS(idempotency_found, state, status, location, data);

SQL_ONE(idempotency_open, idempotency_asked, idempotency_found,
    "select state, status, location, data from idempotency_open($1, $2, $3, $4)")

struct idempotency_answer {
	struct uuid account_id;
	const char *route, *key;
	int64_t status;
	const char *location, *data;
};
SQL_FIELDS(idempotency_answer, account_id, route, key, status, location, data);

SQL_EXEC(idempotency_keep, idempotency_answer,
    "update idempotency_key set status = $4, location = $5, data = $6"
    " where account_id = $1 and route = $2 and key = $3")

#endif
