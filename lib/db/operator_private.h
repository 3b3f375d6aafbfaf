/* What the operator's functions share; private to lib/db. */
#ifndef DB_OPERATOR_PRIVATE_H
#define DB_OPERATOR_PRIVATE_H

#include "operator.h"

#include <libpq-fe.h>

struct operator_db {
	PGconn *conn;
};

/* The fault behind a result (or, when r is NULL, of the connection); always an error. */
enum result operator_failed(struct operator_db *db, const PGresult *r, struct error *e);

/* Runs a statement with n parameters as texts; its result is the caller's to clear. */
enum result operator_query(struct operator_db *db, const char *sql, int n, const char *const *values, PGresult **out,
    struct error *e) MUST_CHECK;

#endif
