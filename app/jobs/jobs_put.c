/* Puts standard input into a store: `jobs_put DIRECTORY ORGANISATION ID`; prints the SHA-256. For tests/test_jobs.py.
 */
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
	uint8_t sha256[32];
	char chunk[65536];
	error_clear(&e);
	if (argc != 4 || !uuid_parse(argv[2], &key.organization_id) || !uuid_parse(argv[3], &key.id)) {
		fprintf(stderr, "usage: jobs_put DIRECTORY ORGANISATION ID\n");
		return 64;
	}
	buf_init(&b, mem, (size_t)1 << 30);
	for (size_t n; (n = fread(chunk, 1, sizeof(chunk), stdin)) > 0;)
		buf_add(&b, chunk, n);
	if (store_open_directory(mem, argv[1], &store, &e) != ERR_OK ||
	    store_put_bytes(store, &key, b.data, b.len, sha256, &e) != ERR_OK) {
		fprintf(stderr, "%s: %s\n", error_id(e.code), e.cause);
		return error_exit_status(e.code);
	}
	for (int i = 0; i < 32; i++)
		printf("%02x", sha256[i]);
	putchar('\n');
	talloc_free(mem);
	return 0;
}
