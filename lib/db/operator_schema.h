/* The life of the schema, by the operator's account: what is deployed, who works on it, who is in the way, what a
 * withdrawal would lose. */
#ifndef DB_OPERATOR_SCHEMA_H
#define DB_OPERATOR_SCHEMA_H

#include "operator.h"
#include "schema_state.h"

/* What is deployed, judged for this program. The one function for migrate, doctor and restore. An empty database is
 * SCHEMA_ABSENT. */
enum result operator_schema_state(struct operator_db *db, struct schema_state *out, struct error *e) MUST_CHECK;

/* The names of the deployed changes, oldest first, in mem. */
enum result operator_schema_changes(
    struct operator_db *db, TALLOC_CTX *mem, const char *const **out, size_t *n, struct error *e) MUST_CHECK;

/* Whether a pooler stands between us and the server: what migrate does needs a connection of its own. */
enum result operator_is_pooled(struct operator_db *db, bool *out, struct error *e) MUST_CHECK;

/* A session of the database, for people. Texts in the caller's mem; "" where the account may not see it. */
struct operator_session {
	int64_t pid;
	const char *user, *application, *address, *state;
	const char *since; /* "2026-11-26 14:05:02 UTC": begin of its transaction, else of the session */
};

/* Takes the lock of who changes the schema, held until `db` is freed. *got false: `holder` has it. */
enum result operator_migration_lock(
    struct operator_db *db, TALLOC_CTX *mem, bool *got, struct operator_session *holder, struct error *e) MUST_CHECK;

/* Who keeps a session named `application` from its lock; *found false: nobody does at this moment. */
enum result operator_blocker(struct operator_db *db, TALLOC_CTX *mem, const char *application, bool *found,
    struct operator_session *out, struct error *e) MUST_CHECK;

/* How many rows a table of the schema has (column NULL), or in how many of them a column holds more than its default.
 * *there false: there is no such table or column, or the column is computed. */
enum result operator_count_rows(struct operator_db *db, const char *table, const char *column, bool *there,
    int64_t *rows, struct error *e) MUST_CHECK;

/* The sessions of programs older than scorpius.oldest_program(), which should go: their versions, "" when there are
 * none. In mem. */
enum result operator_old_programs(
    struct operator_db *db, TALLOC_CTX *mem, const char **out, struct error *e) MUST_CHECK;

#endif
