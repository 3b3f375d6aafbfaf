/* What every backend of the store keeps to; test_store_backend.h tells which one is run. */
#include "crypto.h"
#include "test_store_backend.h"
#include "uuid.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

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

Test(store, nothing_stays_open)
{
	int before = dup(0);
	close(before);
	for (int i = 0; i < 10; i++) {
		struct store_object key = new_object();
		struct bytes all;
		TALLOC_CTX *request = mem_new("request", 0);
		struct store *s;
		cr_assert_eq(open_with(request, keys, &s), ERR_OK);
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

/* ---- what is stored ---- */

static uint8_t pattern[3 * 65536 + 10];

static void fill_pattern(void)
{
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)(i * 7 + i / 251);
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

Test(store, nothing_of_the_clear_bytes_is_stored)
{
	struct store_object key = new_object();
	static const char marker[] = "MARKER-OF-AN-UPLOAD";
	cr_assert_eq(put_bytes(store, &key, marker, sizeof(marker), NULL), ERR_OK);
	struct bytes sealed = stored(&key.key);
	cr_assert(sealed.n > sizeof(marker));
	cr_assert_null(memmem(sealed.p, sealed.n, "MARKER", 6));
	cr_assert_eq(memcmp(sealed.p, "SCF1", 4), 0);
}

Test(store, a_flipped_bit_anywhere_is_noticed)
{
	fill_pattern();
	struct store_object key = new_object();
	cr_assert_eq(put_bytes(store, &key, pattern, 70000, NULL), ERR_OK);
	struct bytes sealed = stored(&key.key);
	static const size_t places[] = { 0, 5, 9, 20, 40, 57, 30000, 65600, 65609, 65700, SIZE_MAX };
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		size_t at = places[i] == SIZE_MAX ? sealed.n - 1 : places[i];
		uint8_t *spoilt = talloc_memdup(mem, sealed.p, sealed.n);
		spoilt[at] ^= 0x10;
		replace(&key.key, spoilt, sealed.n);
		cr_assert_eq(read_all(&key), ERR_DAMAGED, "at %zu", at);
	}
	replace(&key.key, sealed.p, sealed.n);
	cr_assert_eq(read_all(&key), ERR_OK);
}

Test(store, an_object_cut_short_at_any_place_is_noticed)
{
	fill_pattern();
	static const size_t sizes[] = { 0, 10, 56, 60, 73, 1000, 56 + 65553, 56 + 65553 + 5, 56 + 65553 + 17,
		56 + 65553 + 4480 };
	struct store_object key = new_object();
	cr_assert_eq(put_bytes(store, &key, pattern, 70000, NULL), ERR_OK);
	struct bytes sealed = stored(&key.key);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		cr_assert(sizes[i] < sealed.n);
		replace(&key.key, sealed.p, sizes[i]);
		cr_assert_eq(read_all(&key), ERR_DAMAGED, "%zu", sizes[i]);
	}
	struct store_object whole = new_object();
	cr_assert_eq(put_bytes(store, &whole, pattern, 65536, NULL), ERR_OK);
	sealed = stored(&whole.key);
	uint8_t *longer = talloc_zero_size(mem, sealed.n + 100);
	memcpy(longer, sealed.p, sealed.n);
	replace(&whole.key, longer, sealed.n + 100);
	cr_assert_eq(read_all(&whole), ERR_DAMAGED, "and one that grew");
}

Test(store, two_objects_exchanged_are_noticed)
{
	struct store_object one = new_object(), two = { .key = { one.key.organization_id, uuid_new() } };
	cr_assert_eq(put_bytes(store, &one, "one", 3, NULL), ERR_OK);
	cr_assert_eq(put_bytes(store, &two, "two", 3, NULL), ERR_OK);
	struct bytes a = stored(&one.key), b = stored(&two.key);
	replace(&one.key, b.p, b.n);
	replace(&two.key, a.p, a.n);
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
	cr_assert_eq(open_with(mem, others, &s), ERR_OK);
	cr_assert_eq(store_get_bytes(s, mem, &key, 3, &all, &err), ERR_DAMAGED);
	error_clear(&err);
	cr_assert_eq(open_with(mem, later, &s), ERR_OK);
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

/* ---- large objects, walking ---- */

Test(store, an_object_larger_than_a_part_comes_back_whole)
{
	/* 16 MiB of the file are more when sealed: two parts, where a backend sends parts. */
	struct store_object key = new_object();
	struct store_put *put;
	struct store_get *get;
	uint8_t written[32], *back = mem_array(mem, uint8_t, sizeof(pattern));
	struct crypto_sha256 *hash = crypto_sha256_begin(mem);
	size_t got;
	uint8_t read[32];
	fill_pattern();
	cr_assert_eq(store_put_begin(store, mem, &key.key, &put, &err), ERR_OK);
	for (int64_t n = 0; n < 17 << 20; n += (int64_t)sizeof(pattern))
		cr_assert_eq(store_put_write(put, pattern, sizeof(pattern), &err), ERR_OK, "%s", err.cause);
	cr_assert_eq(store_put_finish(put, written, &err), ERR_OK);
	cr_assert_eq(store_put_commit(put, &err), ERR_OK, "%s", err.cause);
	key.wrapped_key = store_put_wrapped_key(put);
	cr_assert_eq(store_get_open(store, mem, &key, &get, &err), ERR_OK, "%s", err.cause);
	cr_assert_eq(store_get_size(get), store_put_size(put));
	for (int64_t at = 0;; at += (int64_t)got) {
		cr_assert_eq(store_get_read_at(get, at, back, sizeof(pattern), &got, &err), ERR_OK, "%s", err.cause);
		if (got == 0)
			break;
		crypto_sha256_add(hash, back, got);
	}
	crypto_sha256_end(hash, read);
	cr_assert_eq(memcmp(written, read, 32), 0);
	cr_assert_eq(store_remove(store, &key.key, &err), ERR_OK);
	cr_assert_eq(files(), 0, "of its parts as well");
}

struct seen {
	struct store_key keys[8];
	size_t n;
};

static enum result see(void *arg, const struct store_key *key, int64_t age_s, struct error *e)
{
	struct seen *s = arg;
	cr_assert(s->n < ARRAY_LEN(s->keys));
	cr_assert(age_s >= -2 && age_s < 600, "%lld", (long long)age_s);
	s->keys[s->n++] = *key;
	return s->n == 8 ? error_set(e, ERR_CONFLICT, NULL) : ERR_OK;
}

Test(store, a_walk_sees_every_object_once_and_ends_when_told)
{
	struct store_object objects[5];
	struct seen seen = { .n = 0 };
	unsigned strange = 9;
	for (size_t i = 0; i < ARRAY_LEN(objects); i++) {
		objects[i] = new_object();
		cr_assert_eq(put_bytes(store, &objects[i], "x", 1, NULL), ERR_OK);
	}
	cr_assert_eq(store_list(store, see, &seen, &strange, &err), ERR_OK, "%s", err.cause);
	cr_assert_eq(seen.n, 5);
	cr_assert_eq(strange, 0);
	for (size_t i = 0; i < ARRAY_LEN(objects); i++) {
		bool found = false;
		for (size_t k = 0; k < seen.n; k++)
			found = found || memcmp(&seen.keys[k], &objects[i].key, sizeof(struct store_key)) == 0;
		cr_assert(found, "%zu", i);
	}
	seen.n = 7;
	cr_assert_eq(store_list(store, see, &seen, &strange, &err), ERR_CONFLICT, "the walker's own fault comes back");
}

/* ---- by a second thread ---- */

#define ASIDE_SIZE (3u << 20)

static uint8_t *large;

/* An object of n bytes, by way of a second thread where the store can; the put lives on. */
static enum result begin_aside(const struct store_key *key, size_t n, struct store_put **put)
{
	large = mem_array(mem, uint8_t, ASIDE_SIZE);
	for (size_t i = 0; i < ASIDE_SIZE; i++)
		large[i] = (uint8_t)(i * 7 + i / 251);
	TRY(store_put_begin(store, mem, key, put, &err));
	store_put_write_aside(*put);
	for (size_t at = 0; at < n; at += 10007)
		TRY(store_put_write(*put, large + at, at + 10007 < n ? 10007 : n - at, &err));
	return ERR_OK;
}

Test(store, what_a_second_thread_wrote_comes_back_whole)
{
	static const size_t sizes[] = { 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 10008, (1 << 20) + 65536,
		(1 << 20) + 262144, (1 << 20) + 262145, (1 << 20) + 262144 + 65536, 2 << 20, (2 << 20) + 1,
		ASIDE_SIZE };
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct store_object key = new_object();
		struct store_put *put;
		struct bytes all;
		uint8_t digest[32], expected[32];
		cr_assert_eq(begin_aside(&key.key, sizes[i], &put), ERR_OK);
		cr_assert_eq(store_put_finish(put, digest, &err), ERR_OK);
		cr_assert_eq(store_put_commit(put, &err), ERR_OK);
		key.wrapped_key = store_put_wrapped_key(put);
		crypto_sha256_of(large, sizes[i], expected);
		cr_assert_eq(memcmp(digest, expected, 32), 0);
		cr_assert_eq(
		    store_get_bytes(store, mem, &key, sizes[i], &all, &err), ERR_OK, "%zu: %s", sizes[i], err.cause);
		cr_assert(all.n == sizes[i] && memcmp(all.p, large, all.n) == 0, "%zu", sizes[i]);
	}
}

Test(store, what_a_second_thread_writes_can_be_read_back_and_written_on)
{
	static const size_t places[] = { 2999900, 0, (1 << 20) - 50, 2 << 20, 65500 };
	struct store_object key = new_object();
	struct store_put *put;
	struct bytes all;
	uint8_t back[100];
	size_t got;
	cr_assert_eq(begin_aside(&key.key, 3000000, &put), ERR_OK);
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		cr_assert_eq(store_put_read_at(put, (int64_t)places[i], back, sizeof(back), &got, &err), ERR_OK);
		cr_assert(got == sizeof(back) && memcmp(back, large + places[i], got) == 0, "%zu", places[i]);
	}
	cr_assert_eq(store_put_write(put, large + 3000000, 100000, &err), ERR_OK);
	cr_assert_eq(store_put_finish(put, NULL, &err), ERR_OK);
	cr_assert_eq(store_put_commit(put, &err), ERR_OK);
	key.wrapped_key = store_put_wrapped_key(put);
	cr_assert_eq(store_get_bytes(store, mem, &key, 3100000, &all, &err), ERR_OK, "%s", err.cause);
	cr_assert(all.n == 3100000 && memcmp(all.p, large, all.n) == 0);
}

Test(store, giving_up_a_second_thread_leaves_nothing)
{
	struct store_put *put;
	TALLOC_CTX *request = mem_new("request", 0);
	cr_assert_eq(begin_aside(a_key(), ASIDE_SIZE, &put), ERR_OK);
	store_put_abort(put);
	cr_assert_eq(files(), 0);
	/* As when the client is gone: all of its request's memory goes. */
	cr_assert_eq(begin_aside(a_key(), ASIDE_SIZE, &put), ERR_OK);
	cr_assert_not_null(talloc_reparent(talloc_parent(put), request, put));
	talloc_free(request);
	cr_assert_eq(files(), 0);
}

Test(store, a_full_disk_in_a_second_thread_is_told_and_leaves_nothing)
{
	struct rlimit limit = { (1 << 20) + 300000, (1 << 20) + 300000 };
	struct store_put *put;
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_assert_eq(begin_aside(a_key(), ASIDE_SIZE, &put), ERR_STORAGE_FULL, "by a write");
	cr_assert(err.n_faults == 1 && strstr(err.cause, "write: "), "%s", err.cause);
	store_put_abort(put);
	error_clear(&err);
	enum result r = begin_aside(a_key(), (1 << 20) + 400000, &put);
	cr_assert_eq(r == ERR_OK ? store_put_finish(put, NULL, &err) : r, ERR_STORAGE_FULL, "by the finish at last");
	store_put_abort(put);
	cr_assert_eq(files(), 0);
}
