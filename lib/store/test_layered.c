/* The folder before a bucket: what moves, what is found meanwhile, what health is told; and copies from one store to
 * another. Run by tests/test_store_s3.py, which starts the service. */
#include "test_store_backend.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

TestSuite(layered, .init = set_up, .fini = tear_down);

static bool always(void *arg)
{
	(void)arg;
	return true;
}

static bool never(void *arg)
{
	(void)arg;
	return false;
}

static void reads_as_abc(struct store *s, const struct store_object *o)
{
	struct bytes all;
	cr_assert_eq(store_get_bytes(s, mem, o, 3, &all, &err), ERR_OK, "%s", err.cause);
	cr_assert(all.n == 3 && memcmp(all.p, "abc", 3) == 0);
}

static unsigned move(void)
{
	unsigned moved, failed;
	cr_assert_eq(store_move(store, always, NULL, &moved, &failed, &err), ERR_OK, "%s", err.cause);
	cr_assert_eq(failed, 0);
	return moved;
}

Test(layered, a_commit_is_local_and_moving_takes_all_of_it_away)
{
	struct store_object objects[3];
	bool there;
	for (size_t i = 0; i < ARRAY_LEN(objects); i++) {
		objects[i] = new_object();
		cr_assert_eq(put_bytes(store, &objects[i], "abc", 3, NULL), ERR_OK);
	}
	cr_assert_eq(files(), 3);
	cr_assert_eq(files_in_bucket(), 0);
	cr_assert_eq(move(), 3);
	cr_assert_eq(files_in_bucket(), 3);
	cr_assert_eq(files(), 3, "nothing is left in the folder");
	for (size_t i = 0; i < ARRAY_LEN(objects); i++) {
		reads_as_abc(store, &objects[i]);
		cr_assert_eq(store_exists(store, &objects[i].key, &there, &err), ERR_OK);
		cr_assert(there);
	}
	cr_assert_eq(move(), 0);
	cr_assert_eq(store_remove(store, &objects[0].key, &err), ERR_OK);
	cr_assert_eq(files_in_bucket(), 2);
}

struct sight {
	const struct store_object *objects;
	unsigned seen[3], all;
};

/* Whoever looks at the first one comes while all of them move. */
static enum result see_and_move(void *arg, const struct store_key *key, int64_t age_s, struct error *e)
{
	struct sight *s = arg;
	(void)age_s;
	(void)e;
	for (size_t i = 0; i < ARRAY_LEN(s->seen); i++)
		s->seen[i] += memcmp(key, &s->objects[i].key, sizeof(*key)) == 0;
	if (s->all++ == 0)
		cr_assert(move() > 0);
	return ERR_OK;
}

Test(layered, a_walk_sees_each_object_once_though_it_moves_meanwhile)
{
	struct store_object objects[3];
	struct sight s = { objects, { 0 }, 0 };
	unsigned strange;
	for (size_t i = 0; i < ARRAY_LEN(objects); i++) {
		objects[i] = new_object();
		cr_assert_eq(put_bytes(store, &objects[i], "abc", 3, NULL), ERR_OK);
	}
	cr_assert_eq(store_list(store, see_and_move, &s, &strange, &err), ERR_OK, "%s", err.cause);
	for (size_t i = 0; i < ARRAY_LEN(objects); i++)
		cr_assert_eq(s.seen[i], 1, "%zu: %u times", i, s.seen[i]);
	cr_assert_eq(s.all, 3);
}

Test(layered, moving_stops_when_told)
{
	struct store_object one = new_object();
	unsigned moved = 9, failed = 9;
	cr_assert_eq(put_bytes(store, &one, "abc", 3, NULL), ERR_OK);
	cr_assert_eq(store_move(store, never, NULL, &moved, &failed, &err), ERR_OK);
	cr_assert(moved == 0 && failed == 0);
	cr_assert_eq(files_in_bucket(), 0);
}

/* While one moves, another one looks. */
static bool another_one_looks(void *arg)
{
	unsigned moved = 9, failed = 9;
	struct error e;
	error_clear(&e);
	cr_assert_eq(store_move(arg, always, NULL, &moved, &failed, &e), ERR_OK, "%s", e.cause);
	cr_assert(moved == 0 && failed == 0, "it would take the first one's removal for a user's");
	return true;
}

Test(layered, one_moves_at_a_time)
{
	struct store_s3 s3 = s3_of_test("");
	struct store_object one = new_object();
	struct store *other;
	unsigned moved = 9, failed = 9;
	cr_assert_eq(store_open_layered(mem, root, &s3, keys, &other, &err), ERR_OK);
	cr_assert_eq(put_bytes(store, &one, "abc", 3, NULL), ERR_OK);
	cr_assert_eq(store_move(store, another_one_looks, other, &moved, &failed, &err), ERR_OK);
	cr_assert(moved == 1 && failed == 0);
	reads_as_abc(store, &one);
}

static enum result see(void *arg, const struct store_key *key, int64_t age_s, struct error *e)
{
	(void)key;
	(void)age_s;
	(void)e;
	++*(unsigned *)arg;
	return ERR_OK;
}

Test(layered, what_lies_in_both_is_seen_once_and_settled)
{
	/* As after a machine that died between sending and removing. */
	struct store_object one = new_object();
	struct store *folder;
	unsigned seen = 0, strange;
	bool copied;
	cr_assert_eq(put_bytes(store, &one, "abc", 3, NULL), ERR_OK);
	cr_assert_eq(move(), 1);
	cr_assert_eq(store_open_directory(mem, root, keys, &folder, &err), ERR_OK);
	cr_assert_eq(store_copy_object(store, folder, &one.key, STORE_PROVE_ALL, &copied, &err), ERR_OK);
	cr_assert(copied);
	cr_assert_eq(files(), 2);
	cr_assert_eq(store_list(store, see, &seen, &strange, &err), ERR_OK);
	cr_assert_eq(seen, 1);
	cr_assert_eq(move(), 1);
	cr_assert_eq(files(), 1);
	cr_assert_eq(files_in_bucket(), 1);
	reads_as_abc(store, &one);
}

Test(layered, without_the_service_writing_goes_on_and_nothing_is_lost)
{
	struct store_s3 s3 = s3_of_test("");
	struct store_object one = new_object();
	struct store *s;
	unsigned moved = 9, failed = 9;
	bool lags = false;
	s3.endpoint = "http://127.0.0.1:1";
	cr_assert_eq(store_open_layered(mem, root, &s3, keys, &s, &err), ERR_OK);
	cr_assert_eq(put_bytes(s, &one, "abc", 3, NULL), ERR_OK);
	cr_assert_eq(store_writable(s, &err), ERR_OK);
	cr_assert_eq(store_probe_remote(s, &err), ERR_UNAVAILABLE);
	error_clear(&err);
	cr_assert_eq(store_move(s, always, NULL, &moved, &failed, &err), ERR_UNAVAILABLE);
	cr_assert(moved == 0 && failed == 1);
	error_clear(&err);
	reads_as_abc(s, &one);
	cr_assert_eq(store_remote_lag(s, 60, 300, &lags, &err), ERR_OK);
	cr_assert(lags, "never reached");
	/* It is back. */
	cr_assert_eq(move(), 1);
	reads_as_abc(store, &one);
}

Test(layered, what_nobody_needs_is_taken_back_without_a_word_to_the_service)
{
	struct store_s3 s3 = s3_of_test("");
	struct store_object one = new_object(), other = new_object();
	struct store *s;
	bool there = true;
	s3.endpoint = "http://127.0.0.1:1";
	cr_assert_eq(store_open_layered(mem, root, &s3, keys, &s, &err), ERR_OK);
	cr_assert_eq(put_bytes(s, &one, "abc", 3, NULL), ERR_OK);
	cr_assert_eq(put_bytes(s, &other, "abc", 3, NULL), ERR_OK);
	cr_assert_eq(store_take_back(s, &one.key, &err), ERR_OK, "%s", err.cause);
	cr_assert_eq(store_exists(store, &one.key, &there, &err), ERR_OK);
	cr_assert_not(there);
	reads_as_abc(s, &other);
	cr_assert_eq(store_take_back(s, &one.key, &err), ERR_OK, "it is gone already");
}

Test(layered, health_is_told_of_silence_and_of_a_backlog)
{
	struct store_object one = new_object();
	struct timespec old[2] = { { time(NULL) - 400, 0 }, { time(NULL) - 400, 0 } };
	char path[256];
	bool lags = true;
	cr_assert_eq(store_probe_remote(store, &err), ERR_OK, "%s", err.cause);
	cr_assert_eq(put_bytes(store, &one, "abc", 3, NULL), ERR_OK);
	cr_assert_eq(store_remote_lag(store, 60, 300, &lags, &err), ERR_OK);
	cr_assert_not(lags, "reached just now, and the object is young");
	cr_assert_eq(store_remote_lag(store, 60, -10, &lags, &err), ERR_OK);
	cr_assert(lags, "the object waits for too long");
	cr_assert_eq(move(), 1);
	cr_assert_eq(store_remote_lag(store, 60, -10, &lags, &err), ERR_OK);
	cr_assert_not(lags);
	snprintf(path, sizeof(path), "%s/remote-seen", root);
	cr_assert_eq(utimensat(AT_FDCWD, path, old, 0), 0);
	cr_assert_eq(store_remote_lag(store, 60, 300, &lags, &err), ERR_OK);
	cr_assert(lags, "nobody has reached it for a while");
}

Test(layered, a_copy_that_differs_is_told_and_left_alone)
{
	struct store_object one = new_object();
	struct store *folder;
	char path[80];
	bool copied;
	snprintf(path, sizeof(path), "%s/copy", root);
	cr_assert_eq(put_bytes(store, &one, "abc", 3, NULL), ERR_OK);
	cr_assert_eq(move(), 1);
	cr_assert_eq(store_open_directory(mem, path, keys, &folder, &err), ERR_OK);
	cr_assert_eq(store_copy_object(store, folder, &one.key, STORE_PROVE_NEW, &copied, &err), ERR_OK);
	cr_assert(copied);
	reads_as_abc(folder, &one);
	cr_assert_eq(store_copy_object(store, folder, &one.key, STORE_PROVE_ALL, &copied, &err), ERR_OK);
	cr_assert_not(copied, "it is there already");
	struct bytes sealed = stored(&one.key);
	uint8_t *spoilt = talloc_memdup(mem, sealed.p, sealed.n);
	spoilt[sealed.n - 1] ^= 1;
	replace(&one.key, spoilt, sealed.n);
	cr_assert_eq(store_copy_object(store, folder, &one.key, STORE_PROVE_NEW, &copied, &err), ERR_OK,
	    "the sizes are the same");
	cr_assert_eq(store_copy_object(store, folder, &one.key, STORE_PROVE_ALL, &copied, &err), ERR_DAMAGED);
	error_clear(&err);
	replace(&one.key, spoilt, sealed.n - 1);
	cr_assert_eq(store_copy_object(store, folder, &one.key, STORE_PROVE_NEW, &copied, &err), ERR_DAMAGED);
	error_clear(&err);
	reads_as_abc(folder, &one);
	cr_assert_eq(store_copy_object(store, folder, a_key(), STORE_TRUST, &copied, &err), ERR_NOT_FOUND);
}
