/* The store that the tests of lib/store run on, named by STORE_TEST: "directory" (and when it is not set), "s3" or
 * "layered", the latter two in the bucket of S3_ENDPOINT, S3_BUCKET, S3_REGION, S3_ACCESS_KEY_ID and
 * S3_SECRET_ACCESS_KEY. Each test has a place of its own, empty at first. */
#ifndef STORE_TEST_STORE_BACKEND_H
#define STORE_TEST_STORE_BACKEND_H

#include "store.h"

#define SECRET "a master key of thirty-two bytes."

extern char root[64]; /* its folder on this machine */
extern TALLOC_CTX *mem;
extern struct master_keys *keys;
extern struct store *store;
extern struct error err;

void set_up(void);
void tear_down(void);

/* The same place under other keys. */
enum result open_with(TALLOC_CTX *in, const struct master_keys *with, struct store **out);
/* The service of the environment under a prefix of one's own. */
struct store_s3 s3_of_test(const char *prefix);

struct store_object new_object(void);
/* A new name; valid until the next call. */
const struct store_key *a_key(void);
enum result put_bytes(struct store *s, struct store_object *o, const void *p, size_t n, uint8_t sha256[32]);

/* Regular files below the folder, none of which others may read, and objects in the bucket. */
unsigned files(void);
unsigned files_in_bucket(void);

/* The sealed bytes of an object, and others in their place, behind the store's back. */
struct bytes stored(const struct store_key *key);
void replace(const struct store_key *key, const void *p, size_t n);

#endif
