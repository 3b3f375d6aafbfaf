#include "sealed_file.h"
#include "uuid.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define MASTER "0123456789abcdef"
#define SIZE 150000 /* three pieces */

static struct {
	char path[64];
	int folder;
	TALLOC_CTX *mem;
	struct store_key identity;
	uint8_t key[CRYPTO_KEY_SIZE];
	uint8_t bytes[SIZE];
	struct error err;
} t;

static void set_up(void)
{
	snprintf(t.path, sizeof t.path, "/tmp/scorpius-sealed-XXXXXX");
	cr_assert(mkdtemp(t.path));
	t.folder = open(t.path, O_RDONLY | O_DIRECTORY);
	cr_assert(t.folder >= 0);
	t.mem = mem_new("test", 0);
	t.identity = (struct store_key){ uuid_new(), uuid_new() };
	crypto_random(t.key, sizeof t.key);
	for (size_t i = 0; i < SIZE; i++)
		t.bytes[i] = (uint8_t)(i * 11 + i / 239);
	error_clear(&t.err);
}

static void tear_down(void)
{
	talloc_free(t.mem);
	unlinkat(t.folder, "a", 0);
	close(t.folder);
	cr_assert_eq(rmdir(t.path), 0);
}

TestSuite(sealed_file, .init = set_up, .fini = tear_down);

static enum result make(size_t n)
{
	struct sealed_file *f;
	TRY(sealed_file_create(t.mem, t.folder, "a", &t.identity, MASTER, t.key, &f, &t.err));
	for (size_t at = 0; at < n; at += 1000)
		TRY(sealed_file_write(f, t.bytes + at, at + 1000 < n ? 1000 : n - at, &t.err));
	return sealed_file_commit(f, &t.err);
}

static enum result look(const struct store_key *identity, const uint8_t *key, size_t n)
{
	struct sealed_file *f;
	uint8_t *back = mem_array(t.mem, uint8_t, n + 1);
	size_t got;
	error_clear(&t.err);
	TRY(sealed_file_open(t.mem, t.folder, "a", identity, key, &f, &t.err));
	TRY(sealed_file_read_at(f, 0, back, n + 1, &got, &t.err));
	cr_assert(got == n && sealed_file_size(f) == (int64_t)n && memcmp(back, t.bytes, n) == 0, "%zu of %zu", got, n);
	return ERR_OK;
}

Test(sealed_file, every_size_comes_back_whole)
{
	static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 131072, SIZE };
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		cr_assert_eq(make(sizes[i]), ERR_OK, "%s", t.err.cause);
		cr_assert_eq(look(&t.identity, t.key, sizes[i]), ERR_OK, "%zu: %s", sizes[i], t.err.cause);
		cr_assert_eq(unlinkat(t.folder, "a", 0), 0);
	}
}

Test(sealed_file, any_place_can_be_read)
{
	static const int64_t places[] = { 140000, 0, 65530, 131071 };
	struct sealed_file *f;
	uint8_t back[100];
	size_t got;
	cr_assert_eq(make(SIZE), ERR_OK);
	cr_assert_eq(sealed_file_open(t.mem, t.folder, "a", &t.identity, t.key, &f, &t.err), ERR_OK);
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		cr_assert_eq(sealed_file_read_at(f, places[i], back, sizeof back, &got, &t.err), ERR_OK);
		cr_assert(got == sizeof back && memcmp(back, t.bytes + places[i], got) == 0);
	}
	cr_assert_eq(sealed_file_read_at(f, SIZE, back, sizeof back, &got, &t.err), ERR_OK);
	cr_assert_eq(got, 0);
}

Test(sealed_file, only_its_owner_may_read_it_and_its_bytes_are_not_in_it)
{
	struct stat st;
	uint8_t stored[400];
	cr_assert_eq(make(300), ERR_OK);
	cr_assert_eq(fstatat(t.folder, "a", &st, 0), 0);
	cr_assert_eq(st.st_mode & 0777, 0600);
	int fd = openat(t.folder, "a", O_RDONLY);
	ssize_t n = read(fd, stored, sizeof stored);
	close(fd);
	cr_assert(n > 300 && !memmem(stored, (size_t)n, t.bytes, 16));
}

Test(sealed_file, one_that_is_there_is_not_written_over)
{
	cr_assert_eq(make(300), ERR_OK);
	cr_assert_eq(make(10), ERR_IO);
	cr_assert_eq(look(&t.identity, t.key, 300), ERR_OK);
}

Test(sealed_file, one_that_is_not_there_is_told)
{
	cr_assert_eq(look(&t.identity, t.key, 0), ERR_NOT_FOUND);
}

Test(sealed_file, a_link_in_its_place_is_not_followed)
{
	cr_assert_eq(symlinkat("/etc/hostname", t.folder, "a"), 0);
	cr_assert_eq(look(&t.identity, t.key, 0), ERR_IO);
	cr_assert_eq(make(1), ERR_IO);
}

Test(sealed_file, another_identity_or_key_does_not_open_it)
{
	struct store_key other = t.identity;
	uint8_t key[CRYPTO_KEY_SIZE];
	cr_assert_eq(make(300), ERR_OK);
	other.id.b[15] ^= 1;
	cr_assert_eq(look(&other, t.key, 300), ERR_DAMAGED);
	other = t.identity;
	other.organization_id.b[0] ^= 1;
	cr_assert_eq(look(&other, t.key, 300), ERR_DAMAGED);
	memcpy(key, t.key, sizeof key);
	key[0] ^= 1;
	cr_assert_eq(look(&t.identity, key, 300), ERR_DAMAGED);
	cr_assert_eq(look(&t.identity, t.key, 300), ERR_OK);
}

Test(sealed_file, a_flipped_bit_anywhere_is_noticed)
{
	static const off_t places[] = { 0, 9, 20, 40, 57, 5000, 65600, 65610, 131200 };
	cr_assert_eq(make(SIZE), ERR_OK);
	int fd = openat(t.folder, "a", O_RDWR);
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		uint8_t was, is;
		cr_assert_eq(pread(fd, &was, 1, places[i]), 1);
		is = was ^ 4;
		cr_assert_eq(pwrite(fd, &is, 1, places[i]), 1);
		cr_assert_eq(look(&t.identity, t.key, SIZE), ERR_DAMAGED, "%lld", (long long)places[i]);
		cr_assert_eq(pwrite(fd, &was, 1, places[i]), 1);
	}
	close(fd);
	cr_assert_eq(look(&t.identity, t.key, SIZE), ERR_OK);
}

Test(sealed_file, one_cut_short_or_never_committed_is_noticed)
{
	static const off_t sizes[] = { 0, 10, 56, 60, 56 + 65553, 56 + 65553 + 20, 56 + 2 * 65553 };
	struct sealed_file *f;
	for (size_t i = ARRAY_LEN(sizes); i-- > 0;) {
		unlinkat(t.folder, "a", 0);
		cr_assert_eq(make(SIZE), ERR_OK);
		int fd = openat(t.folder, "a", O_RDWR);
		cr_assert_eq(ftruncate(fd, sizes[i]), 0);
		close(fd);
		cr_assert_eq(look(&t.identity, t.key, SIZE), ERR_DAMAGED, "%lld", (long long)sizes[i]);
	}
	unlinkat(t.folder, "a", 0);
	cr_assert_eq(sealed_file_create(t.mem, t.folder, "a", &t.identity, MASTER, t.key, &f, &t.err), ERR_OK);
	cr_assert_eq(sealed_file_write(f, t.bytes, SIZE, &t.err), ERR_OK);
	TALLOC_FREE(f);
	cr_assert_eq(look(&t.identity, t.key, SIZE), ERR_DAMAGED);
}

Test(sealed_file, a_full_disk_is_told)
{
	struct rlimit limit = { 65536, 65536 };
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_assert_eq(make(SIZE), ERR_STORAGE_FULL);
}
