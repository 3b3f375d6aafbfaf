#include "manifest.h"
#include "uuid.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
	char path[64];
	int folder;
	TALLOC_CTX *mem;
	struct master_keys *keys;
	struct backup backup;
	struct manifest_head head;
	struct error err;
} t;

static const char *changes[] = { "tables", "policies \"of\" rows" }, *owners[] = { "scorpius_owner" },
		  *keys[] = { "00000000000000aa" }, *role_settings[] = { "search_path=scorpius, pg_temp" };

static void set_up(void)
{
	snprintf(t.path, sizeof t.path, "/tmp/scorpius-manifest-XXXXXX");
	cr_assert(mkdtemp(t.path));
	t.folder = open(t.path, O_RDONLY | O_DIRECTORY);
	t.mem = mem_new("test", 0);
	error_clear(&t.err);
	cr_assert_eq(master_keys_new(t.mem, "a master key of thirty-two bytes.", NULL, &t.keys, &t.err), ERR_OK);
	t.backup = (struct backup){ .id = uuid_new(), .master_key = master_key_id(t.keys) };
	struct role_row *role = mem_zero(t.mem, struct role_row);
	*role = (struct role_row){ .name = "scorpius_api", .login = true, .settings = { role_settings, 1 } };
	t.head = (struct manifest_head){
		.facts = { .server_version = 150008,
		    .blobs = 3,
		    .changes = { changes, 2 },
		    .owners = { owners, 1 },
		    .key_ids = { keys, 1 },
		    .roles = role,
		    .n_roles = 1 },
		.dump_size = 123456,
	};
	memset(t.head.dump_sha256, 0x5a, sizeof t.head.dump_sha256);
}

static void tear_down(void)
{
	talloc_free(t.mem);
	unlinkat(t.folder, "manifest", 0);
	unlinkat(t.folder, "dump", 0);
	close(t.folder);
	cr_assert_eq(rmdir(t.path), 0);
}

TestSuite(manifest, .init = set_up, .fini = tear_down);

static struct file_row file(unsigned i)
{
	static uint8_t wrapped[CRYPTO_WRAPPED_SIZE];
	struct file_row row = { .size = 1000 + i, .wrapped_key = { wrapped, sizeof wrapped }, .key_id = keys[0] };
	memset(wrapped, (int)i, sizeof wrapped);
	memset(row.sha256, (int)(i + 1), sizeof row.sha256);
	memset(row.organization_id.b, (int)(i / 10), 16);
	memcpy(row.id.b, &i, sizeof i);
	return row;
}

/* Of n files; every third one is missing. The numbers are those that the last line tells. */
static enum result make(unsigned n, int64_t files, int64_t missing)
{
	struct sealed_file *f;
	TRY(backup_part_create(t.mem, t.folder, &t.backup, BACKUP_MANIFEST, t.keys, &f, &t.err));
	TRY(manifest_write_head(f, &t.head, &t.err));
	for (unsigned i = 0; i < n; i++) {
		struct file_row row = file(i);
		TRY(manifest_write_file(f, &row, i % 3 == 2, &t.err));
	}
	t.backup.files = files;
	t.backup.missing = missing;
	return manifest_write_end(f, &t.backup, &t.err);
}

/* Reads all of it; *n files came before the end or the failure. */
static enum result look(unsigned *n)
{
	struct manifest *m;
	struct manifest_head head;
	*n = 0;
	error_clear(&t.err);
	TRY(manifest_open(t.mem, t.folder, &t.backup, t.keys, &m, &head, &t.err));
	for (;; (*n)++) {
		struct file_row row, expected = file(*n);
		bool missing, end;
		TRY(manifest_next(m, &row, &missing, &end, &t.err));
		if (end)
			return ERR_OK;
		cr_assert(
		    uuid_equal(&row.id, &expected.id) && uuid_equal(&row.organization_id, &expected.organization_id) &&
			row.size == expected.size && memcmp(row.sha256, expected.sha256, sizeof row.sha256) == 0 &&
			row.wrapped_key.n == expected.wrapped_key.n &&
			memcmp(row.wrapped_key.p, expected.wrapped_key.p, row.wrapped_key.n) == 0 &&
			strcmp(row.key_id, expected.key_id) == 0 && missing == (*n % 3 == 2),
		    "file %u", *n);
	}
}

Test(manifest, the_head_comes_back)
{
	struct manifest *m;
	struct manifest_head head;
	cr_assert_eq(make(0, 0, 0), ERR_OK, "%s", t.err.cause);
	cr_assert_eq(manifest_open(t.mem, t.folder, &t.backup, t.keys, &m, &head, &t.err), ERR_OK);
	cr_assert(head.facts.server_version == 150008 && head.facts.blobs == 3 && head.dump_size == 123456);
	cr_assert_eq(memcmp(head.dump_sha256, t.head.dump_sha256, sizeof head.dump_sha256), 0);
	cr_assert(head.facts.changes.n == 2 && strcmp(head.facts.changes.p[1], changes[1]) == 0);
	cr_assert(head.facts.owners.n == 1 && strcmp(head.facts.owners.p[0], owners[0]) == 0);
	cr_assert(head.facts.key_ids.n == 1 && strcmp(head.facts.key_ids.p[0], keys[0]) == 0);
	cr_assert_eq(head.facts.n_roles, 1);
	const struct role_row *role = &head.facts.roles[0];
	cr_assert(strcmp(role->name, "scorpius_api") == 0 && role->login && !role->inherit);
	cr_assert(role->settings.n == 1 && strcmp(role->settings.p[0], role_settings[0]) == 0);
}

Test(manifest, its_files_come_back_in_their_order)
{
	unsigned n;
	cr_assert_eq(make(5000, 3334, 1666), ERR_OK, "%s", t.err.cause);
	cr_assert_eq(look(&n), ERR_OK, "%s", t.err.cause);
	cr_assert_eq(n, 5000);
}

Test(manifest, one_of_no_files_has_an_end)
{
	unsigned n;
	cr_assert_eq(make(0, 0, 0), ERR_OK);
	cr_assert_eq(look(&n), ERR_OK);
	cr_assert_eq(n, 0);
}

Test(manifest, a_wrong_count_is_damage)
{
	static const int64_t wrong[][2] = { { 7, 2 }, { 6, 3 }, { 5, 3 }, { 0, 0 } };
	unsigned n;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		cr_assert_eq(make(8, wrong[i][0], wrong[i][1]), ERR_OK);
		cr_assert_eq(look(&n), ERR_DAMAGED, "%zu", i);
		cr_assert_eq(unlinkat(t.folder, "manifest", 0), 0);
	}
	cr_assert_eq(make(8, 6, 2), ERR_OK);
	cr_assert_eq(look(&n), ERR_OK);
}

Test(manifest, without_its_end_it_is_none)
{
	struct sealed_file *f;
	struct file_row row = file(0);
	unsigned n;
	cr_assert_eq(backup_part_create(t.mem, t.folder, &t.backup, BACKUP_MANIFEST, t.keys, &f, &t.err), ERR_OK);
	cr_assert_eq(manifest_write_head(f, &t.head, &t.err), ERR_OK);
	cr_assert_eq(manifest_write_file(f, &row, false, &t.err), ERR_OK);
	cr_assert_eq(sealed_file_commit(f, &t.err), ERR_OK);
	cr_assert_eq(look(&n), ERR_DAMAGED);
	cr_assert_eq(n, 1);
}

Test(manifest, what_follows_its_end_is_damage)
{
	struct sealed_file *f;
	unsigned n;
	static const char end[] = "{\"files\":0,\"missing\":0}\n";
	cr_assert_eq(backup_part_create(t.mem, t.folder, &t.backup, BACKUP_MANIFEST, t.keys, &f, &t.err), ERR_OK);
	cr_assert_eq(manifest_write_head(f, &t.head, &t.err), ERR_OK);
	cr_assert_eq(sealed_file_write(f, end, sizeof end - 1, &t.err), ERR_OK);
	cr_assert_eq(sealed_file_write(f, end, sizeof end - 1, &t.err), ERR_OK);
	cr_assert_eq(sealed_file_commit(f, &t.err), ERR_OK);
	cr_assert_eq(look(&n), ERR_DAMAGED);
}

Test(manifest, a_line_that_is_none_of_ours_is_damage)
{
	static const char *const lines[] = { "{}\n", "{\"organization_id\":\"x\"}\n" };
	unsigned n;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct sealed_file *f;
		cr_assert_eq(
		    backup_part_create(t.mem, t.folder, &t.backup, BACKUP_MANIFEST, t.keys, &f, &t.err), ERR_OK);
		cr_assert_eq(manifest_write_head(f, &t.head, &t.err), ERR_OK);
		cr_assert_eq(sealed_file_write(f, lines[i], strlen(lines[i]), &t.err), ERR_OK);
		cr_assert_eq(manifest_write_end(f, &t.backup, &t.err), ERR_OK);
		cr_assert_eq(look(&n), ERR_DAMAGED, "%s", lines[i]);
		cr_assert_eq(unlinkat(t.folder, "manifest", 0), 0);
	}
}

Test(manifest, one_of_another_backup_or_another_part_is_not_taken)
{
	struct uuid id = t.backup.id;
	struct sealed_file *f;
	unsigned n;
	cr_assert_eq(make(1, 1, 0), ERR_OK);
	t.backup.id.b[0] ^= 1;
	cr_assert_eq(look(&n), ERR_DAMAGED);
	t.backup.id = id;
	cr_assert_eq(renameat(t.folder, "manifest", t.folder, "dump"), 0);
	cr_assert_eq(backup_part_open(t.mem, t.folder, &t.backup, BACKUP_DUMP, t.keys, &f, &t.err), ERR_DAMAGED);
}

Test(manifest, another_master_key_is_named)
{
	struct master_keys *other;
	unsigned n;
	cr_assert_eq(make(1, 1, 0), ERR_OK);
	cr_assert_eq(master_keys_new(t.mem, "another key of thirty-two bytes..", NULL, &other, &t.err), ERR_OK);
	struct master_keys *ours = t.keys;
	t.keys = other;
	cr_assert_eq(look(&n), ERR_WRONG_MASTER_KEY);
	cr_assert_str_eq(t.err.faults[0].args[0].value, t.backup.master_key);
	cr_assert_str_eq(t.err.faults[0].args[1].value, master_key_id(other));
	t.keys = ours;
	cr_assert_eq(look(&n), ERR_OK);
}
