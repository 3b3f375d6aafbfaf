#include "test_store_backend.h"
#include "store_ops.h"
#include "uuid.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

char root[64];
TALLOC_CTX *mem;
struct master_keys *keys;
struct store *store;
struct error err;
static char prefix[64];
static unsigned count;

static struct store *bucket; /* the same place, looked at directly; NULL: a directory is tested */

enum kind { DIRECTORY, S3, LAYERED };

static enum kind kind(void)
{
	const char *name = getenv("STORE_TEST");
	if (!name || strcmp(name, "directory") == 0)
		return DIRECTORY;
	cr_assert(strcmp(name, "s3") == 0 || strcmp(name, "layered") == 0, "%s", name);
	return strcmp(name, "s3") == 0 ? S3 : LAYERED;
}

struct store_s3 s3_of_test(const char *under)
{
	struct store_s3 s = { getenv("S3_ENDPOINT"), getenv("S3_BUCKET"), getenv("S3_REGION"),
		getenv("S3_ACCESS_KEY_ID"), getenv("S3_SECRET_ACCESS_KEY"), under, getenv("S3_CA_FILE"), root };
	cr_assert(s.endpoint && s.bucket && s.region && s.access_key_id && s.secret_access_key);
	return s;
}

enum result open_with(TALLOC_CTX *in, const struct master_keys *with, struct store **out)
{
	if (kind() == DIRECTORY)
		return store_open_directory(in, root, with, out, &err);
	struct store_s3 s3 = s3_of_test(prefix);
	return kind() == S3 ? store_open_s3(in, &s3, with, out, &err)
			    : store_open_layered(in, root, &s3, with, out, &err);
}

void set_up(void)
{
	char id[37];
	struct uuid place = uuid_new();
	strncpy(root, "/tmp/scorpius-store-XXXXXX", sizeof(root));
	cr_assert(mkdtemp(root));
	uuid_format(&place, id);
	snprintf(prefix, sizeof(prefix), "test-%s/", id);
	mem = mem_new("test", 0);
	error_clear(&err);
	cr_assert_eq(master_keys_new(mem, SECRET, NULL, &keys, &err), ERR_OK);
	cr_assert_eq(open_with(mem, keys, &store), ERR_OK, "%s", err.cause);
	bucket = NULL;
	if (kind() == DIRECTORY)
		return;
	struct store_s3 s3 = s3_of_test(prefix);
	cr_assert_eq(store_open_s3(mem, &s3, keys, &bucket, &err), ERR_OK);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(path);
}

static enum result remove_object(void *arg, const struct store_key *key, int64_t age_s, struct error *e)
{
	(void)arg;
	(void)age_s;
	return store_remove(bucket, key, e);
}

void tear_down(void)
{
	unsigned strange;
	error_clear(&err);
	if (bucket)
		cr_assert_eq(store_list(bucket, remove_object, NULL, &strange, &err), ERR_OK, "%s", err.cause);
	talloc_free(mem);
	nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static int count_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)path;
	(void)f;
	count += type == FTW_F;
	cr_assert_eq(st->st_mode & 077, 0, "nobody else may look");
	return 0;
}

static enum result count_object(void *arg, const struct store_key *key, int64_t age_s, struct error *e)
{
	(void)arg;
	(void)key;
	(void)age_s;
	(void)e;
	count++;
	return ERR_OK;
}

unsigned files_in_bucket(void)
{
	struct error e;
	unsigned strange = 0;
	count = 0;
	error_clear(&e);
	cr_assert_eq(store_list(bucket, count_object, NULL, &strange, &e), ERR_OK, "%s", e.cause);
	return count + strange;
}

unsigned files(void)
{
	count = 0;
	nftw(root, count_one, 8, FTW_PHYS);
	unsigned here = count;
	return here + (bucket ? files_in_bucket() : 0);
}

struct store_object new_object(void)
{
	return (struct store_object){ .key = { uuid_new(), uuid_new() } };
}

const struct store_key *a_key(void)
{
	static struct store_key key;
	key = new_object().key;
	return &key;
}

enum result put_bytes(struct store *s, struct store_object *o, const void *p, size_t n, uint8_t sha256[32])
{
	return store_put_bytes(s, mem, &o->key, p, n, sha256, &o->wrapped_key, &err);
}

struct bytes stored(const struct store_key *key)
{
	void *state;
	int64_t size;
	size_t got;
	struct error e;
	error_clear(&e);
	cr_assert_eq(store->ops->get_open(store->backend, mem, key, &state, &size, &e), ERR_OK, "%s", e.cause);
	uint8_t *p = mem_array(mem, uint8_t, (size_t)size);
	cr_assert_eq(store->ops->get_read_at(state, 0, p, (size_t)size, &got, &e), ERR_OK, "%s", e.cause);
	cr_assert_eq(got, (size_t)size);
	talloc_free(state);
	return (struct bytes){ p, got };
}

void replace(const struct store_key *key, const void *p, size_t n)
{
	void *state;
	struct error e;
	error_clear(&e);
	cr_assert_eq(store->ops->remove(store->backend, key, &e), ERR_OK, "%s", e.cause);
	cr_assert_eq(store->ops->put_begin(store->backend, mem, &state, &e), ERR_OK, "%s", e.cause);
	cr_assert_eq(store->ops->put_write(state, p, n, &e), ERR_OK, "%s", e.cause);
	cr_assert_eq(store->ops->put_commit(state, key, &e), ERR_OK, "%s", e.cause);
	talloc_free(state);
}
