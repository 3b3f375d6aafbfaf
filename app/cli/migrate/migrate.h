/* What `scorpius migrate` does, and what its parts share. */
#ifndef CLI_MIGRATE_H
#define CLI_MIGRATE_H

#include "error.h"
#include "mem.h"
#include "operator_schema.h"
#include "settings.h"

/* Deploys what is missing of the schema, gives the programs their passwords, and tells on stdout. A schema of a later
 * version that still serves this one is left as it is. UNAVAILABLE when the database does not answer, SCHEMA_NEWER,
 * MIGRATION_RUNNING, SCHEMA_LOCKED after its attempts, INTERNAL after sqitch's own words on stderr. */
enum result migrate_deploy(TALLOC_CTX *mem, const struct settings *s, struct error *e) MUST_CHECK;

/* Withdraws the changes behind `to` (a change or the tag of a release; NULL: all of them), the last one first. What
 * would be lost is told before; without `yes` that is all (USAGE). Rows that would be lost are refused without
 * `lose_data` (SCHEMA_LOSS). */
enum result migrate_withdraw(
    TALLOC_CTX *mem, const struct settings *s, const char *to, bool yes, bool lose_data, struct error *e) MUST_CHECK;

/* Gives the programs' accounts the passwords of the settings, sent as SCRAM verifiers, and tells on stdout. An account
 * without one keeps its own. */
enum result migrate_let_in(struct operator_db *db, const struct settings *s, struct error *e) MUST_CHECK;

/* ---- the parts ---- */

/* Connects, refuses a pooler, and takes the lock of who changes the schema, for which it waits as
 * long as the other one may need for a change. */
enum result migrate_open(
    TALLOC_CTX *mem, const struct settings *s, struct operator_db **db, struct error *e) MUST_CHECK;

/* Runs sqitch with these arguments (NULL-terminated) in the schema's folder, its locks and statements limited in time;
 * again when it got no lock, and tells who had it. */
enum result migrate_sqitch(TALLOC_CTX *mem, const struct settings *s, struct operator_db *db,
    const char *const *arguments, struct error *e) MUST_CHECK;

/* Tables and columns that a script of SQL drops, in its order. Texts in mem, tables with their schema; column NULL: the
 * whole table. Plain statements only: what a function's body drops is not seen. */
struct schema_drop {
	const char *table, *column;
};
void schema_drops(TALLOC_CTX *mem, const char *sql, struct schema_drop **out, size_t *n);

#endif
