/* The operator's connection, as the files of lib/db that use it see it. */
#ifndef DB_OPERATOR_PRIVATE_H
#define DB_OPERATOR_PRIVATE_H

#include <libpq-fe.h>
#include "operator.h"

struct operator_db {
	PGconn *conn;
};

/* What the server, or libpq, says: UNAVAILABLE when the connection is gone, else INTERNAL with the words as the cause.
 */
enum result operator_failed(struct operator_db *db, const PGresult *r, struct error *e);

#endif
