/* Puts standard input into a store: `jobs_put DIRECTORY ORGANISATION ID`, under SECRET_KEY of the environment; prints
 * the SHA-256, the wrapped key and the master key's id. For tests/test_jobs.py. */
#include <stdio.h>
#include <stdlib.h>

#include "buf.h"
#include "store.h"
#include "uuid.h"

int main(int argc, char **argv)
{
	TALLOC_CTX *mem = mem_new("jobs_put", 0);
	struct store *store;
	struct store_key key;
	struct error e;
	struct buf b;
	struct master_keys *keys;
	struct bytes wrapped;
	uint8_t sha256[32];
	char hex[2 * 72 + 1];
	char chunk[65536];
	error_clear(&e);
	if (argc != 4 || !uuid_parse(argv[2], &key.organization_id) || !uuid_parse(argv[3], &key.id)) {
		fprintf(stderr, "usage: jobs_put DIRECTORY ORGANISATION ID\n");
		return 64;
	}
	buf_init(&b, mem, (size_t)1 << 30);
	for (size_t n; (n = fread(chunk, 1, sizeof(chunk), stdin)) > 0;)
		buf_add(&b, chunk, n);
	if (master_keys_new(mem, getenv("SECRET_KEY"), NULL, &keys, &e) != ERR_OK ||
	    store_open_directory(mem, argv[1], keys, &store, &e) != ERR_OK ||
	    store_put_bytes(store, mem, &key, b.data, b.len, sha256, &wrapped, &e) != ERR_OK) {
		fprintf(stderr, "%s: %s\n", error_id(e.code), e.cause);
		return error_exit_status(e.code);
	}
	crypto_hex(sha256, sizeof(sha256), hex);
	printf("%s ", hex);
	crypto_hex(wrapped.p, wrapped.n, hex);
	printf("%s %s\n", hex, store_master_id(store));
	talloc_free(mem);
	return 0;
}
