#include "store.h"
#include "uuid.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char root[64];
static TALLOC_CTX *mem;
static struct store *store;
static struct error err;

static void set_up(void)
{
	strncpy(root, "/tmp/scorpius-store-XXXXXX", sizeof(root));
	cr_assert(mkdtemp(root));
	mem = mem_new("test", 0);
	error_clear(&err);
	cr_assert_eq(store_open_directory(mem, root, &store, &err), ERR_OK, "%s", err.cause);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(path);
}

static void tear_down(void)
{
	talloc_free(mem);
	nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static unsigned count;

static int count_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)path;
	(void)f;
	count += type == FTW_F;
	cr_assert_eq(st->st_mode & 077, 0, "nobody else may look");
	return 0;
}

/* Regular files below the store's directory. */
static unsigned files(void)
{
	count = 0;
	nftw(root, count_one, 8, FTW_PHYS);
	return count;
}

static struct store_key new_key(void)
{
	return (struct store_key){ uuid_new(), uuid_new() };
}

TestSuite(store, .init = set_up, .fini = tear_down);

Test(store, an_object_is_written_in_pieces_and_read_back)
{
	struct store_key key = new_key();
	struct store_put *put;
	uint8_t sha[32], back[16];
	size_t got;
	cr_assert_eq(store_put_begin(store, mem, &put, &err), ERR_OK);
	cr_assert_eq(store_put_write(put, "a", 1, &err), ERR_OK);
	cr_assert_eq(store_put_write(put, "", 0, &err), ERR_OK);
	cr_assert_eq(store_put_write(put, "bc", 2, &err), ERR_OK);
	cr_assert_eq(store_put_size(put), 3);
	store_put_digest(put, sha);
	cr_assert_eq(memcmp(sha, "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23", 16), 0);
	cr_assert_eq(store_put_read_at(put, 1, back, sizeof(back), &got, &err), ERR_OK);
	cr_assert(got == 2 && memcmp(back, "bc", 2) == 0);

	bool there = true;
	cr_assert_eq(store_exists(store, &key, &there, &err), ERR_OK);
	cr_assert_not(there, "nothing is seen before the commit");
	cr_assert_eq(store_put_commit(put, &key, &err), ERR_OK, "%s", err.cause);
	talloc_free(put);
	cr_assert_eq(store_exists(store, &key, &there, &err), ERR_OK);
	cr_assert(there);
	cr_assert_eq(files(), 1);

	struct store_get *get;
	cr_assert_eq(store_get_open(store, mem, &key, &get, &err), ERR_OK);
	cr_assert_eq(store_get_size(get), 3);
	cr_assert_eq(store_get_read_at(get, 0, back, sizeof(back), &got, &err), ERR_OK);
	cr_assert(got == 3 && memcmp(back, "abc", 3) == 0);
	cr_assert_eq(store_get_read_at(get, 3, back, sizeof(back), &got, &err), ERR_OK);
	cr_assert_eq(got, 0, "at the end there is nothing more");
}

Test(store, the_digest_after_the_commit_is_that_of_all_bytes)
{
	struct store_key key = new_key();
	uint8_t sha[32];
	cr_assert_eq(store_put_bytes(store, &key, "abc", 3, sha, &err), ERR_OK);
	cr_assert_eq(memcmp(sha, "\xba\x78\x16\xbf", 4), 0);
	struct bytes all;
	cr_assert_eq(store_get_bytes(store, mem, &key, 3, &all, &err), ERR_OK);
	cr_assert(all.n == 3 && memcmp(all.p, "abc", 3) == 0);
	cr_assert_eq(store_get_bytes(store, mem, &key, 2, &all, &err), ERR_DAMAGED, "larger than its reader allows");
}

Test(store, an_empty_object_is_an_object)
{
	struct store_key key = new_key();
	struct bytes all = { NULL, 1 };
	cr_assert_eq(store_put_bytes(store, &key, "", 0, NULL, &err), ERR_OK);
	cr_assert_eq(store_get_bytes(store, mem, &key, 10, &all, &err), ERR_OK);
	cr_assert(all.p && all.n == 0);
}

Test(store, giving_up_leaves_nothing)
{
	struct store_put *put;
	cr_assert_eq(store_put_begin(store, mem, &put, &err), ERR_OK);
	cr_assert_eq(store_put_write(put, "abc", 3, &err), ERR_OK);
	cr_assert_eq(files(), 1);
	store_put_abort(put);
	cr_assert_eq(files(), 0);
}

Test(store, freeing_the_context_of_a_request_leaves_nothing)
{
	TALLOC_CTX *request = mem_new("request", 0);
	struct store_put *put;
	cr_assert_eq(store_put_begin(store, request, &put, &err), ERR_OK);
	cr_assert_eq(store_put_write(put, "abc", 3, &err), ERR_OK);
	talloc_free(request);
	cr_assert_eq(files(), 0);
}

Test(store, organisations_share_no_path_and_see_only_their_own)
{
	struct store_key one = new_key(), other = { uuid_new(), one.id };
	cr_assert_eq(store_put_bytes(store, &one, "one", 3, NULL, &err), ERR_OK);
	struct store_get *get;
	cr_assert_eq(store_get_open(store, mem, &other, &get, &err), ERR_NOT_FOUND);
	error_clear(&err);
	cr_assert_eq(store_put_bytes(store, &other, "other", 5, NULL, &err), ERR_OK);
	struct bytes all;
	cr_assert_eq(store_get_bytes(store, mem, &one, 10, &all, &err), ERR_OK);
	cr_assert(all.n == 3 && memcmp(all.p, "one", 3) == 0);
	char path[256], org[37];
	uuid_format(&one.organization_id, org);
	snprintf(path, sizeof(path), "%s/objects/%s", root, org);
	cr_assert_eq(access(path, F_OK), 0);
}

Test(store, an_object_is_never_replaced)
{
	struct store_key key = new_key();
	cr_assert_eq(store_put_bytes(store, &key, "first", 5, NULL, &err), ERR_OK);
	cr_assert_eq(store_put_bytes(store, &key, "second", 6, NULL, &err), ERR_CONFLICT);
	struct bytes all;
	cr_assert_eq(store_get_bytes(store, mem, &key, 10, &all, &err), ERR_OK);
	cr_assert(all.n == 5 && memcmp(all.p, "first", 5) == 0);
	cr_assert_eq(files(), 1, "the temporary file is gone");
}

Test(store, removing_is_final_and_may_be_repeated)
{
	struct store_key key = new_key();
	bool there;
	cr_assert_eq(store_remove(store, &key, &err), ERR_OK, "of an organisation never seen");
	cr_assert_eq(store_put_bytes(store, &key, "x", 1, NULL, &err), ERR_OK);
	cr_assert_eq(store_remove(store, &key, &err), ERR_OK);
	cr_assert_eq(store_remove(store, &key, &err), ERR_OK);
	cr_assert_eq(store_exists(store, &key, &there, &err), ERR_OK);
	cr_assert_not(there);
	cr_assert_eq(files(), 0);
}

Test(store, a_reader_keeps_its_bytes_when_the_object_is_removed)
{
	struct store_key key = new_key();
	struct store_get *get;
	char back[4];
	size_t got;
	cr_assert_eq(store_put_bytes(store, &key, "abc", 3, NULL, &err), ERR_OK);
	cr_assert_eq(store_get_open(store, mem, &key, &get, &err), ERR_OK);
	cr_assert_eq(store_remove(store, &key, &err), ERR_OK);
	cr_assert_eq(store_get_read_at(get, 0, back, 3, &got, &err), ERR_OK);
	cr_assert_eq(got, 3);
}

Test(store, a_full_disk_is_told_and_leaves_nothing)
{
	/* A limit on the size of files stands for a full disk: the write comes back short, then fails. */
	struct rlimit limit = { 4096, 4096 };
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	struct store_put *put;
	char block[3000] = { 0 };
	cr_assert_eq(store_put_begin(store, mem, &put, &err), ERR_OK);
	cr_assert_eq(store_put_write(put, block, sizeof(block), &err), ERR_OK);
	cr_assert_eq(store_put_write(put, block, sizeof(block), &err), ERR_STORAGE_FULL);
	store_put_abort(put);
	cr_assert_eq(files(), 0);
}

Test(store, health_writes_and_leaves_nothing)
{
	cr_assert_eq(store_writable(store, &err), ERR_OK, "%s", err.cause);
	cr_assert_eq(files(), 0);
}

Test(store, health_tells_when_nothing_can_be_written)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/tmp", root);
	cr_assert_eq(rmdir(path), 0); /* also stops root, whom permissions would not */
	cr_assert_eq(store_writable(store, &err), ERR_IO);
	error_clear(&err);
	struct store_put *put;
	cr_assert_eq(store_put_begin(store, mem, &put, &err), ERR_IO);
}

Test(store, leftovers_of_dead_writers_are_removed_by_age)
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
	cr_assert_eq(store_put_begin(store, mem, &put, &err), ERR_OK);
	cr_assert_eq(store_clean(store, 3 * 3600, &removed, &err), ERR_OK);
	cr_assert_eq(removed, 0, "younger than the limit");
	cr_assert_eq(store_clean(store, 3600, &removed, &err), ERR_OK);
	cr_assert_eq(removed, 1);
	cr_assert_eq(files(), 1, "what is being written stays");
}

Test(store, opening_makes_the_directory_but_not_its_parents)
{
	char path[128];
	struct store *s;
	snprintf(path, sizeof(path), "%s/new", root);
	cr_assert_eq(store_open_directory(mem, path, &s, &err), ERR_OK);
	cr_assert_eq(store_open_directory(mem, path, &s, &err), ERR_OK, "and again");
	snprintf(path, sizeof(path), "%s/no/such/parent", root);
	cr_assert_eq(store_open_directory(mem, path, &s, &err), ERR_IO);
}

Test(store, nothing_stays_open)
{
	int before = dup(0);
	close(before);
	for (int i = 0; i < 10; i++) {
		struct store_key key = new_key();
		struct bytes all;
		TALLOC_CTX *request = mem_new("request", 0);
		struct store *s;
		cr_assert_eq(store_open_directory(request, root, &s, &err), ERR_OK);
		cr_assert_eq(store_put_bytes(s, &key, "x", 1, NULL, &err), ERR_OK);
		cr_assert_eq(store_get_bytes(s, request, &key, 1, &all, &err), ERR_OK);
		cr_assert_eq(store_clean(s, 3600, NULL, &err), ERR_OK);
		cr_assert_eq(store_writable(s, &err), ERR_OK);
		talloc_free(request);
	}
	int after = dup(0);
	close(after);
	cr_assert_eq(before, after);
}
