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

#define SECRET "a master key of thirty-two bytes."

static char root[64];
static TALLOC_CTX *mem;
static struct master_keys *keys;
static struct store *store;
static struct error err;

static void set_up(void)
{
	strncpy(root, "/tmp/scorpius-store-XXXXXX", sizeof(root));
	cr_assert(mkdtemp(root));
	mem = mem_new("test", 0);
	error_clear(&err);
	cr_assert_eq(master_keys_new(mem, SECRET, NULL, &keys, &err), ERR_OK);
	cr_assert_eq(store_open_directory(mem, root, keys, &store, &err), ERR_OK, "%s", err.cause);
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

static struct store_object new_object(void)
{
	return (struct store_object){ .key = { uuid_new(), uuid_new() } };
}

/* A new name; valid until the next call. */
static const struct store_key *a_key(void)
{
	static struct store_key key;
	key = new_object().key;
	return &key;
}

static enum result put_bytes(struct store *s, struct store_object *o, const void *p, size_t n, uint8_t sha256[32])
{
	return store_put_bytes(s, mem, &o->key, p, n, sha256, &o->wrapped_key, &err);
}

TestSuite(store, .init = set_up, .fini = tear_down);

Test(store, an_object_is_written_in_pieces_and_read_back)
{
	struct store_object key = new_object();
	struct store_put *put;
	uint8_t sha[32], back[16];
	size_t got;
	cr_assert_eq(store_put_begin(store, mem, &key.key, &put, &err), ERR_OK);
	cr_assert_eq(store_put_write(put, "a", 1, &err), ERR_OK);
	cr_assert_eq(store_put_write(put, "", 0, &err), ERR_OK);
	cr_assert_eq(store_put_write(put, "bc", 2, &err), ERR_OK);
	cr_assert_eq(store_put_size(put), 3);
	cr_assert_eq(store_put_read_at(put, 1, back, sizeof(back), &got, &err), ERR_OK);
	cr_assert(got == 2 && memcmp(back, "bc", 2) == 0);
	cr_assert_eq(store_put_finish(put, sha, &err), ERR_OK);
	cr_assert_eq(memcmp(sha, "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23", 16), 0);

	bool there = true;
	cr_assert_eq(store_exists(store, &key.key, &there, &err), ERR_OK);
	cr_assert_not(there, "nothing is seen before the commit");
	cr_assert_eq(store_put_commit(put, &err), ERR_OK, "%s", err.cause);
	struct bytes wrapped = store_put_wrapped_key(put);
	key.wrapped_key = (struct bytes){ talloc_memdup(mem, wrapped.p, wrapped.n), wrapped.n };
	talloc_free(put);
	cr_assert_eq(store_exists(store, &key.key, &there, &err), ERR_OK);
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
	struct store_object key = new_object();
	uint8_t sha[32];
	cr_assert_eq(put_bytes(store, &key, "abc", 3, sha), ERR_OK);
	cr_assert_eq(memcmp(sha, "\xba\x78\x16\xbf", 4), 0);
	struct bytes all;
	cr_assert_eq(store_get_bytes(store, mem, &key, 3, &all, &err), ERR_OK);
	cr_assert(all.n == 3 && memcmp(all.p, "abc", 3) == 0);
	cr_assert_eq(store_get_bytes(store, mem, &key, 2, &all, &err), ERR_DAMAGED, "larger than its reader allows");
}

Test(store, an_empty_object_is_an_object)
{
	struct store_object key = new_object();
	struct bytes all = { NULL, 1 };
	cr_assert_eq(put_bytes(store, &key, "", 0, NULL), ERR_OK);
	cr_assert_eq(store_get_bytes(store, mem, &key, 10, &all, &err), ERR_OK);
	cr_assert(all.p && all.n == 0);
}

Test(store, giving_up_leaves_nothing)
{
	struct store_put *put;
	cr_assert_eq(store_put_begin(store, mem, a_key(), &put, &err), ERR_OK);
	cr_assert_eq(store_put_write(put, "abc", 3, &err), ERR_OK);
	cr_assert_eq(files(), 1);
	store_put_abort(put);
	cr_assert_eq(files(), 0);
}

Test(store, freeing_the_context_of_a_request_leaves_nothing)
{
	TALLOC_CTX *request = mem_new("request", 0);
	struct store_put *put;
	cr_assert_eq(store_put_begin(store, request, a_key(), &put, &err), ERR_OK);
	cr_assert_eq(store_put_write(put, "abc", 3, &err), ERR_OK);
	talloc_free(request);
	cr_assert_eq(files(), 0);
}

Test(store, organisations_share_no_path_and_see_only_their_own)
{
	struct store_object one = new_object(), other = { .key = { uuid_new(), one.key.id } };
	cr_assert_eq(put_bytes(store, &one, "one", 3, NULL), ERR_OK);
	struct store_get *get;
	cr_assert_eq(store_get_open(store, mem, &other, &get, &err), ERR_NOT_FOUND);
	error_clear(&err);
	cr_assert_eq(put_bytes(store, &other, "other", 5, NULL), ERR_OK);
	struct bytes all;
	cr_assert_eq(store_get_bytes(store, mem, &one, 10, &all, &err), ERR_OK);
	cr_assert(all.n == 3 && memcmp(all.p, "one", 3) == 0);
	char path[256], org[37];
	uuid_format(&one.key.organization_id, org);
	snprintf(path, sizeof(path), "%s/objects/%s", root, org);
	cr_assert_eq(access(path, F_OK), 0);
}

Test(store, an_object_is_never_replaced)
{
	struct store_object key = new_object();
	cr_assert_eq(put_bytes(store, &key, "first", 5, NULL), ERR_OK);
	cr_assert_eq(put_bytes(store, &key, "second", 6, NULL), ERR_CONFLICT);
	struct bytes all;
	cr_assert_eq(store_get_bytes(store, mem, &key, 10, &all, &err), ERR_OK);
	cr_assert(all.n == 5 && memcmp(all.p, "first", 5) == 0);
	cr_assert_eq(files(), 1, "the temporary file is gone");
}

Test(store, removing_is_final_and_may_be_repeated)
{
	struct store_object key = new_object();
	bool there;
	cr_assert_eq(store_remove(store, &key.key, &err), ERR_OK, "of an organisation never seen");
	cr_assert_eq(put_bytes(store, &key, "x", 1, NULL), ERR_OK);
	cr_assert_eq(store_remove(store, &key.key, &err), ERR_OK);
	cr_assert_eq(store_remove(store, &key.key, &err), ERR_OK);
	cr_assert_eq(store_exists(store, &key.key, &there, &err), ERR_OK);
	cr_assert_not(there);
	cr_assert_eq(files(), 0);
}

Test(store, a_reader_keeps_its_bytes_when_the_object_is_removed)
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

Test(store, a_full_disk_is_told_and_leaves_nothing)
{
	/* A limit on the size of files stands for a full disk: the write comes back short, then fails. */
	struct rlimit limit = { 65536, 65536 };
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	struct store_put *put;
	static char block[100000];
	cr_assert_eq(store_put_begin(store, mem, a_key(), &put, &err), ERR_OK);
	cr_assert_eq(store_put_write(put, block, 60000, &err), ERR_OK, "not yet a whole piece");
	cr_assert_eq(store_put_write(put, block, sizeof(block), &err), ERR_STORAGE_FULL);
	store_put_abort(put);
	cr_assert_eq(files(), 0);
}

Test(store, health_writes_and_leaves_nothing)
{
	cr_assert_eq(store_writable(store, &err), ERR_OK, "%s", err.cause);
	cr_assert_eq(files(), 0);
}

Test(store, tells_how_much_room_there_is)
{
	int64_t room = -1;
	cr_assert_eq(store_room(store, &room, &err), ERR_OK, "%s", err.cause);
	cr_assert(room >= 0);
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
	cr_assert_eq(store_put_begin(store, mem, a_key(), &put, &err), ERR_IO);
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
	cr_assert_eq(store_put_begin(store, mem, a_key(), &put, &err), ERR_OK);
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
	cr_assert_eq(store_open_directory(mem, path, keys, &s, &err), ERR_OK);
	cr_assert_eq(store_open_directory(mem, path, keys, &s, &err), ERR_OK, "and again");
	snprintf(path, sizeof(path), "%s/no/such/parent", root);
	cr_assert_eq(store_open_directory(mem, path, keys, &s, &err), ERR_IO);
}

Test(store, nothing_stays_open)
{
	int before = dup(0);
	close(before);
	for (int i = 0; i < 10; i++) {
		struct store_object key = new_object();
		struct bytes all;
		TALLOC_CTX *request = mem_new("request", 0);
		struct store *s;
		cr_assert_eq(store_open_directory(request, root, keys, &s, &err), ERR_OK);
		cr_assert_eq(put_bytes(s, &key, "x", 1, NULL), ERR_OK);
		cr_assert_eq(store_get_bytes(s, request, &key, 1, &all, &err), ERR_OK);
		cr_assert_eq(store_clean(s, 3600, NULL, &err), ERR_OK);
		cr_assert_eq(store_writable(s, &err), ERR_OK);
		talloc_free(request);
	}
	int after = dup(0);
	close(after);
	cr_assert_eq(before, after);
}

/* ---- what lies on the disk ---- */

static uint8_t pattern[3 * 65536 + 10];

static void fill_pattern(void)
{
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)(i * 7 + i / 251);
}

static void path_of(const struct store_object *o, char out[256])
{
	char organization[37], id[37];
	uuid_format(&o->key.organization_id, organization);
	uuid_format(&o->key.id, id);
	snprintf(out, 256, "%s/objects/%s/%s/%s", root, organization, id + 34, id);
}

/* Overwrites, cuts or lengthens an object behind the store's back. */
static void spoil(const struct store_object *o, off_t at, const void *p, size_t n, off_t size)
{
	char path[256];
	path_of(o, path);
	int fd = open(path, O_WRONLY);
	cr_assert(fd >= 0);
	if (n)
		cr_assert_eq(pwrite(fd, p, n, at), (ssize_t)n);
	if (size >= 0)
		cr_assert_eq(ftruncate(fd, size), 0);
	close(fd);
}

static off_t stored_size(const struct store_object *o)
{
	char path[256];
	struct stat st;
	path_of(o, path);
	cr_assert_eq(stat(path, &st), 0);
	return st.st_size;
}

static enum result read_all(const struct store_object *o)
{
	struct bytes all;
	error_clear(&err);
	return store_get_bytes(store, mem, o, sizeof(pattern), &all, &err);
}

Test(store, every_size_around_a_piece_comes_back_whole)
{
	static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 131071, 131072, 131073, sizeof(pattern) };
	fill_pattern();
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct store_object key = new_object();
		struct bytes all;
		cr_assert_eq(put_bytes(store, &key, pattern, sizes[i], NULL), ERR_OK);
		cr_assert_eq(
		    store_get_bytes(store, mem, &key, sizes[i], &all, &err), ERR_OK, "%zu: %s", sizes[i], err.cause);
		cr_assert(all.n == sizes[i] && memcmp(all.p, pattern, all.n) == 0, "%zu", sizes[i]);
	}
}

Test(store, any_place_can_be_read_in_any_order_while_written_and_after)
{
	static const int64_t places[] = { 196600, 5, 65530, 131072, 0, 70000, 196617 };
	struct store_object key = new_object();
	struct store_put *put;
	struct store_get *get;
	uint8_t back[100];
	size_t got;
	fill_pattern();
	cr_assert_eq(store_put_begin(store, mem, &key.key, &put, &err), ERR_OK);
	for (size_t at = 0; at < sizeof(pattern); at += 1000)
		cr_assert_eq(
		    store_put_write(put, pattern + at, at + 1000 < sizeof(pattern) ? 1000 : sizeof(pattern) - at, &err),
		    ERR_OK);
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		cr_assert_eq(
		    store_put_read_at(put, places[i], back, sizeof(back), &got, &err), ERR_OK, "%s", err.cause);
		cr_assert(
		    got == (places[i] + 100 > (int64_t)sizeof(pattern) ? sizeof(pattern) - (size_t)places[i] : 100));
		cr_assert_eq(memcmp(back, pattern + places[i], got), 0, "%lld", (long long)places[i]);
	}
	cr_assert_eq(store_put_finish(put, NULL, &err), ERR_OK);
	cr_assert_eq(store_put_commit(put, &err), ERR_OK);
	key.wrapped_key = store_put_wrapped_key(put);
	cr_assert_eq(store_get_open(store, mem, &key, &get, &err), ERR_OK);
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		cr_assert_eq(
		    store_get_read_at(get, places[i], back, sizeof(back), &got, &err), ERR_OK, "%s", err.cause);
		cr_assert_eq(memcmp(back, pattern + places[i], got), 0, "%lld", (long long)places[i]);
	}
}

Test(store, nothing_of_the_clear_bytes_lies_on_the_disk)
{
	struct store_object key = new_object();
	char path[256];
	static uint8_t stored[70000];
	static const char marker[] = "MARKER-OF-AN-UPLOAD";
	cr_assert_eq(put_bytes(store, &key, marker, sizeof(marker), NULL), ERR_OK);
	path_of(&key, path);
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, stored, sizeof(stored));
	close(fd);
	cr_assert(n > (ssize_t)sizeof(marker));
	cr_assert_null(memmem(stored, (size_t)n, "MARKER", 6));
	cr_assert_eq(memcmp(stored, "SCF1", 4), 0);
}

Test(store, a_flipped_bit_anywhere_is_noticed)
{
	fill_pattern();
	struct store_object key = new_object();
	cr_assert_eq(put_bytes(store, &key, pattern, 70000, NULL), ERR_OK);
	off_t size = stored_size(&key);
	char path[256];
	path_of(&key, path);
	static const off_t places[] = { 0, 5, 9, 20, 40, 57, 30000, 65600, 65609, 65700, -1 };
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		off_t at = places[i] < 0 ? size - 1 : places[i];
		uint8_t byte;
		int fd = open(path, O_RDONLY);
		cr_assert_eq(pread(fd, &byte, 1, at), 1);
		close(fd);
		uint8_t flipped = byte ^ 0x10;
		spoil(&key, at, &flipped, 1, -1);
		cr_assert_eq(read_all(&key), ERR_DAMAGED, "at %lld", (long long)at);
		spoil(&key, at, &byte, 1, -1);
	}
	cr_assert_eq(read_all(&key), ERR_OK);
}

Test(store, an_object_cut_short_at_any_place_is_noticed)
{
	fill_pattern();
	static const off_t sizes[] = { 0, 10, 56, 60, 73, 1000, 56 + 65553, 56 + 65553 + 5, 56 + 65553 + 17,
		56 + 65553 + 4480 };
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct store_object key = new_object();
		cr_assert_eq(put_bytes(store, &key, pattern, 70000, NULL), ERR_OK);
		cr_assert(sizes[i] < stored_size(&key));
		spoil(&key, 0, NULL, 0, sizes[i]);
		cr_assert_eq(read_all(&key), ERR_DAMAGED, "%lld", (long long)sizes[i]);
	}
	struct store_object key = new_object();
	cr_assert_eq(put_bytes(store, &key, pattern, 65536, NULL), ERR_OK);
	spoil(&key, 0, NULL, 0, stored_size(&key) + 100);
	cr_assert_eq(read_all(&key), ERR_DAMAGED, "and one that grew");
}

Test(store, two_objects_exchanged_are_noticed)
{
	struct store_object one = new_object(), two = { .key = { one.key.organization_id, uuid_new() } };
	char a[256], b[256], aside[256];
	cr_assert_eq(put_bytes(store, &one, "one", 3, NULL), ERR_OK);
	cr_assert_eq(put_bytes(store, &two, "two", 3, NULL), ERR_OK);
	path_of(&one, a);
	path_of(&two, b);
	snprintf(aside, sizeof(aside), "%s/aside", root);
	cr_assert(rename(a, aside) == 0 && rename(b, a) == 0 && rename(aside, b) == 0);
	cr_assert_eq(read_all(&one), ERR_DAMAGED);
	/* With their keys as well: a key is bound to its object. */
	struct store_object mixed = { one.key, two.wrapped_key };
	cr_assert_eq(read_all(&mixed), ERR_DAMAGED);
}

Test(store, another_master_key_reads_only_what_it_wrapped_or_what_came_before_it)
{
	struct store_object key = new_object();
	struct master_keys *others, *later;
	struct bytes all;
	bool current;
	uint8_t file_key[CRYPTO_KEY_SIZE];
	cr_assert_eq(put_bytes(store, &key, "abc", 3, NULL), ERR_OK);
	cr_assert_eq(master_keys_new(mem, "another key that is long enough.", NULL, &others, &err), ERR_OK);
	cr_assert_eq(master_keys_new(mem, "another key that is long enough.", SECRET, &later, &err), ERR_OK);
	cr_assert_str_neq(master_key_id(keys), master_key_id(others));
	cr_assert_str_eq(master_key_id(later), master_key_id(others));
	struct store *s;
	cr_assert_eq(store_open_directory(mem, root, others, &s, &err), ERR_OK);
	cr_assert_eq(store_get_bytes(s, mem, &key, 3, &all, &err), ERR_DAMAGED);
	error_clear(&err);
	cr_assert_eq(store_open_directory(mem, root, later, &s, &err), ERR_OK);
	cr_assert_eq(store_get_bytes(s, mem, &key, 3, &all, &err), ERR_OK);
	cr_assert_eq(file_key_unwrap(later, &key.key, key.wrapped_key, file_key, &current, &err), ERR_OK);
	cr_assert_not(current, "it is to be wrapped anew");
}

Test(store, a_master_key_that_is_absent_or_short_is_refused)
{
	struct master_keys *k;
	cr_assert_eq(master_keys_new(mem, NULL, NULL, &k, &err), ERR_INVALID_SETTING);
	error_clear(&err);
	cr_assert_eq(master_keys_new(mem, "thirty-one bytes are not enough", NULL, &k, &err), ERR_INVALID_SETTING);
	error_clear(&err);
	cr_assert_eq(master_keys_new(mem, SECRET, "short", &k, &err), ERR_INVALID_SETTING);
}
