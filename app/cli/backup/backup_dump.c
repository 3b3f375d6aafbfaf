/* The database's part of a backup: pg_dump's archive goes sealed to the disk and comes back from there; in clear it
 * stands in pipes only. */
#include <string.h>

#include "backup.h"
#include "child.h"
#include "fail_point.h"

#define CHUNK 65536

static enum result take(
    struct child *child, struct sealed_file *f, struct crypto_sha256 *hash, int64_t *size, struct error *e)
{
	char chunk[CHUNK];
	size_t got;
	for (;; *size += (int64_t)got) {
		TRY(child_read(child, chunk, sizeof(chunk), &got, e));
		if (got == 0)
			return ERR_OK;
		crypto_sha256_add(hash, chunk, got);
		TRY(sealed_file_write(f, chunk, got, e));
	}
}

enum result backup_dump(struct backup_run *run, int folder, const struct backup *b, const char *snapshot,
    struct manifest_head *head, struct error *e)
{
	TALLOC_CTX *mem = run->mem;
	const char *argv[] = { "pg_dump", "--format=custom", "--no-password", "--lock-wait-timeout=60000",
		mem_printf(mem, "--snapshot=%s", snapshot), NULL };
	const char *const *env;
	struct sealed_file *f;
	struct child child;
	struct crypto_sha256 *hash = crypto_sha256_begin(mem);
	TRY(child_environment(mem, run->settings.DATABASE_URL, "scorpius backup", &env, e));
	TRY(backup_part_create(mem, folder, b, BACKUP_DUMP, run->keys, &f, e));
	TRY(child_start(argv, env, NULL, CHILD_READ, &child, e));
	enum result rc = take(&child, f, hash, &head->dump_size, e);
	if (rc != ERR_OK) {
		child_kill(&child);
		return rc;
	}
	/* What a pg_dump that failed has written is an archive that ends too early. */
	TRY(child_end(&child, e));
	crypto_sha256_end(hash, head->dump_sha256);
	TRY(sealed_file_commit(f, e));
	talloc_free(f);
	fail_point("dump written");
	return ERR_OK;
}

/* The archive to a program until it wants no more, and all of it to the hash. */
static enum result give(struct sealed_file *f, struct child *child, struct crypto_sha256 *hash, struct error *e)
{
	char chunk[CHUNK];
	size_t got;
	bool closed = false;
	for (int64_t at = 0;; at += (int64_t)got) {
		TRY(sealed_file_read_at(f, at, chunk, sizeof(chunk), &got, e));
		if (got == 0)
			return ERR_OK;
		if (hash)
			crypto_sha256_add(hash, chunk, got);
		if (!closed)
			TRY(child_write(child, chunk, got, &closed, e));
	}
}

static enum result feed(struct backup_run *run, int folder, const struct backup *b, const char *const *argv,
    struct crypto_sha256 *hash, struct error *e)
{
	const char *const *env;
	struct sealed_file *f;
	struct child child;
	TRY(child_environment(run->mem, run->settings.DATABASE_URL, "scorpius restore", &env, e));
	TRY(backup_part_open(run->mem, folder, b, BACKUP_DUMP, run->keys, &f, e));
	TRY(child_start(argv, env, NULL, CHILD_WRITE, &child, e));
	enum result rc = give(f, &child, hash, e);
	talloc_free(f);
	if (rc != ERR_OK) {
		child_kill(&child);
		return rc;
	}
	return child_end(&child, e);
}

enum result backup_dump_check(
    struct backup_run *run, int folder, const struct backup *b, const struct manifest_head *head, struct error *e)
{
	static const char *const argv[] = { "pg_restore", "--list", NULL };
	uint8_t sha256[CRYPTO_SHA256_SIZE];
	struct crypto_sha256 *hash = crypto_sha256_begin(run->mem);
	TRY(feed(run, folder, b, argv, hash, e));
	crypto_sha256_end(hash, sha256);
	return memcmp(sha256, head->dump_sha256, sizeof(sha256)) == 0 ? ERR_OK : error_set(e, ERR_DAMAGED, NULL);
}

enum result backup_dump_restore(struct backup_run *run, int folder, const struct backup *b, struct error *e)
{
	/* A connection string that says nothing: the environment tells which database. Without one it would only print.
	 */
	static const char *const argv[] = { "pg_restore", "--single-transaction", "--exit-on-error", "--no-password",
		"--dbname=fallback_application_name=scorpius", NULL };
	return feed(run, folder, b, argv, NULL, e);
}
