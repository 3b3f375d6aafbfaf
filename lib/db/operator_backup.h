/* What a backup and a restore need of the database, with the operator's account. */
#ifndef DB_OPERATOR_BACKUP_H
#define DB_OPERATOR_BACKUP_H

#include "backup_lock.h"
#include "operator.h"

/* Takes the lock of backups alone (at most 30 s; then BACKUP_RUNNING), and begins a transaction that sees the database
 * as it is now, and lasts as long as the connection. *snapshot (in mem) lets others see the same. */
enum result operator_backup_begin(
    struct operator_db *db, TALLOC_CTX *mem, const char **snapshot, struct error *e) MUST_CHECK;
/* Shares the lock of backups until the connection closes; BACKUP_RUNNING at once when a backup has it. */
enum result operator_removal_begin(struct operator_db *db, struct error *e) MUST_CHECK;

struct name_list {
	const char **p;
	size_t n;
};
/* A role of ours: belongs to the cluster, so that no dump has it. */
struct role_row {
	const char *name;
	bool login, inherit;
	struct name_list settings; /* "name=value" */
};
struct backup_facts {
	int64_t server_version;   /* 150008 */
	int64_t blobs;            /* rows of files */
	struct name_list changes; /* of the schema, in the order in which they were deployed */
	struct name_list owners;  /* roles that own something in this database */
	struct name_list key_ids; /* master keys that wrap files */
	struct role_row *roles;
	size_t n_roles;
};
/* Everything in mem. Within operator_backup_begin() that of its moment. */
enum result operator_backup_facts(
    struct operator_db *db, TALLOC_CTX *mem, struct backup_facts *out, struct error *e) MUST_CHECK;

/* Whether an organisation is to be erased by now, files first. */
enum result operator_is_being_erased(
    struct operator_db *db, const struct uuid *organization_id, bool *out, struct error *e) MUST_CHECK;

enum result operator_server_version(struct operator_db *db, int64_t *out, struct error *e) MUST_CHECK;
/* Whether nobody has made anything in this database yet. */
enum result operator_is_empty(struct operator_db *db, bool *out, struct error *e) MUST_CHECK;
/* The first of these roles that does not exist, or NULL. */
enum result operator_role_missing(struct operator_db *db, TALLOC_CTX *mem, const struct name_list *roles,
    const char **out, struct error *e) MUST_CHECK;
/* Makes the roles that are not there yet, without passwords, gives all their settings, and lets us act as the owner. */
enum result operator_roles_make(
    struct operator_db *db, const struct role_row *roles, size_t n, struct error *e) MUST_CHECK;

#endif
