/* What is true of the store in a directory only. */
#include "store_ops.h"
#include "test_store_backend.h"
#include "uuid.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

TestSuite(directory, .init = set_up, .fini = tear_down);

Test(directory, what_is_being_written_is_one_file)
{
	struct store_put *put;
	cr_assert_eq(store_put_begin(store, mem, a_key(), &put, &err), ERR_OK);
	cr_assert_eq(files(), 1);
}

Test(directory, an_organisation_has_a_folder_of_its_own)
{
	struct store_object one = new_object();
	char path[256], org[37];
	cr_assert_eq(put_bytes(store, &one, "one", 3, NULL), ERR_OK);
	uuid_format(&one.key.organization_id, org);
	snprintf(path, sizeof(path), "%s/objects/%s", root, org);
	cr_assert_eq(access(path, F_OK), 0);
}

Test(directory, a_reader_keeps_its_bytes_when_the_object_is_removed)
{
	struct store_object key = new_object();
	struct store_get *get;
	char back[4];
	size_t got;
	cr_assert_eq(put_bytes(store, &key, "abc", 3, NULL), ERR_OK);
	cr_assert_eq(store_get_open(store, mem, &key, &get, &err), ERR_OK);
	cr_assert_eq(store_remove(store, &key.key, &err), ERR_OK);
	cr_assert_eq(store_get_read_at(get, 0, back, 3, &got, &err), ERR_OK);
	cr_assert_eq(got, 3);
}

Test(directory, an_object_set_aside_is_none_and_its_bytes_stay)
{
	struct store_object key = new_object();
	struct store_get *get;
	char path[256], org[37], id[37];
	bool there;
	cr_assert_eq(put_bytes(store, &key, "abc", 3, NULL), ERR_OK);
	cr_assert_eq(store_set_aside(store, &key.key, &err), ERR_OK);
	cr_assert_eq(store_exists(store, &key.key, &there, &err), ERR_OK);
	cr_assert_not(there);
	uuid_format(&key.key.organization_id, org);
	uuid_format(&key.key.id, id);
	snprintf(path, sizeof(path), "%s/aside/%s.%s", root, org, id);
	cr_assert_eq(access(path, F_OK), 0);
	cr_assert_eq(store_get_open(store, mem, &key, &get, &err), ERR_NOT_FOUND);
	error_clear(&err);
	cr_assert_eq(store_set_aside(store, &key.key, &err), ERR_NOT_FOUND);
	error_clear(&err);
	/* Its name is free again. */
	cr_assert_eq(put_bytes(store, &key, "abc", 3, NULL), ERR_OK);
}

Test(directory, health_tells_when_nothing_can_be_written)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/tmp", root);
	cr_assert_eq(rmdir(path), 0); /* also stops root, whom permissions would not */
	cr_assert_eq(store_writable(store, &err), ERR_IO);
	error_clear(&err);
	struct store_put *put;
	cr_assert_eq(store_put_begin(store, mem, a_key(), &put, &err), ERR_IO);
}

Test(directory, leftovers_of_dead_writers_are_removed_by_age)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/tmp/leftover", root);
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	cr_assert(fd >= 0);
	struct timespec old[2] = { { time(NULL) - 7200, 0 }, { time(NULL) - 7200, 0 } };
	cr_assert_eq(futimens(fd, old), 0);
	close(fd);
	struct store_put *put;
	unsigned removed = 9;
	cr_assert_eq(store_put_begin(store, mem, a_key(), &put, &err), ERR_OK);
	cr_assert_eq(store_clean(store, 3 * 3600, &removed, &err), ERR_OK);
	cr_assert_eq(removed, 0, "younger than the limit");
	cr_assert_eq(store_clean(store, 3600, &removed, &err), ERR_OK);
	cr_assert_eq(removed, 1);
	cr_assert_eq(files(), 1, "what is being written stays");
}

Test(directory, opening_makes_the_directory_but_not_its_parents)
{
	char path[128];
	struct store *s;
	snprintf(path, sizeof(path), "%s/new", root);
	cr_assert_eq(store_open_directory(mem, path, keys, &s, &err), ERR_OK);
	cr_assert_eq(store_open_directory(mem, path, keys, &s, &err), ERR_OK, "and again");
	snprintf(path, sizeof(path), "%s/no/such/parent", root);
	cr_assert_eq(store_open_directory(mem, path, keys, &s, &err), ERR_IO);
}

static const struct store_ops *whole;

/* A disk that gives back other bytes than it took. */
static enum result wrong_bytes(void *state, int64_t offset, void *bytes, size_t n, size_t *got, struct error *e)
{
	enum result r = whole->get_read_at(state, offset, bytes, n, got, e);
	if (*got > 0)
		*(uint8_t *)bytes ^= 1;
	return r;
}

Test(directory, a_copy_that_fails_its_proof_does_not_stay)
{
	struct store_object one = new_object();
	struct store *to;
	char path[80];
	bool copied = true, there = true;
	snprintf(path, sizeof(path), "%s/copy", root);
	cr_assert_eq(put_bytes(store, &one, "abc", 3, NULL), ERR_OK);
	cr_assert_eq(store_open_directory(mem, path, keys, &to, &err), ERR_OK);
	whole = to->ops;
	struct store_ops ops = *whole;
	ops.get_read_at = wrong_bytes;
	to->ops = &ops;
	cr_assert_eq(store_copy_object(store, to, &one.key, STORE_PROVE_NEW, &copied, &err), ERR_DAMAGED);
	error_clear(&err);
	cr_assert_not(copied);
	cr_assert_eq(store_exists(to, &one.key, &there, &err), ERR_OK);
	cr_assert_not(there, "or the next run would take it for proved");
	to->ops = whole;
	cr_assert_eq(store_copy_object(store, to, &one.key, STORE_PROVE_NEW, &copied, &err), ERR_OK, "%s", err.cause);
	cr_assert(copied);
}
