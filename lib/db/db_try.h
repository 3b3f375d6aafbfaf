/* What the cases of db_try share; each part of it, and main in db_try.c, includes this. */
#ifndef DB_DB_TRY_H
#define DB_DB_TRY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "uuid.h"

#define HOLD(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: %s does not hold (%s, %s)\n", __FILE__, __LINE__, #condition, \
			    error_id(failure.code), failure.cause); \
			exit(1); \
		} \
	} while (0)
#define GOOD(call) HOLD((call) == ERR_OK)
#define FAILS(call, expected) \
	do { \
		error_clear(&failure); \
		HOLD((call) == (expected)); \
		error_clear(&failure); \
	} while (0)

/* Far ends of a list: no row lies beyond. */
#define FIRST_DOWN \
	{ \
		INT64_C(9000000000000000000) \
	}
#define FIRST_UP \
	{ \
		-INT64_C(200000000000000000) \
	}

extern struct error failure;
extern TALLOC_CTX *top;

/* The database that an environment variable names. */
struct db *open_db(const char *variable, int64_t timeout_s);
/* A new organisation with a session. */
struct db_identity organisation(struct db *db, TALLOC_CTX *mem);
struct uuid make_document(struct db *db, TALLOC_CTX *mem, const struct db_identity *who, const char *name,
    struct opt_uuid tender, struct uuid *blob_out);

/* db_try_statements.c */
void case_check(void);
void case_check_tells(void);
void case_types(void);
void case_round_trips(void);
void case_rollback(void);
void case_identity(void);
/* db_try_rows.c */
void case_lists(void);
void case_tenders(void);
void case_jobs(void);
/* db_try_connection.c */
void case_reconnect(void);
void case_timeout(void);
void case_refused(void);
void case_absent(void);
void case_url(void);

#endif
