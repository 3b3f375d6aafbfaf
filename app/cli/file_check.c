#include "file_check.h"

#include <stdio.h>
#include <string.h>

#include "crypto.h"
#include "uuid.h"

static enum result digest_of(struct store_get *get, uint8_t sha256[32], struct error *e)
{
	struct crypto_sha256 *hash = crypto_sha256_begin(get);
	char chunk[65536];
	size_t got;
	for (int64_t at = 0;; at += (int64_t)got) {
		TRY(store_get_read_at(get, at, chunk, sizeof(chunk), &got, e));
		if (got == 0)
			break;
		crypto_sha256_add(hash, chunk, got);
	}
	crypto_sha256_end(hash, sha256);
	return ERR_OK;
}

static enum result check(struct store *store, TALLOC_CTX *mem, const struct file_row *row, bool quick, struct error *e)
{
	struct store_object object = { { row->organization_id, row->id }, row->wrapped_key };
	struct store_get *get;
	uint8_t sha256[32];
	TRY(store_get_open(store, mem, &object, &get, e));
	if (store_get_size(get) != row->size)
		return error_set(e, ERR_DAMAGED, NULL);
	if (quick)
		return ERR_OK;
	TRY(digest_of(get, sha256, e));
	return memcmp(sha256, row->sha256, sizeof(sha256)) == 0 ? ERR_OK : error_set(e, ERR_DAMAGED, NULL);
}

enum result file_check(struct store *store, const struct file_row *row, bool quick, struct error *e)
{
	TALLOC_CTX *mem = mem_new("file", 0);
	enum result rc = check(store, mem, row, quick, e);
	talloc_free(mem);
	return rc;
}

enum result file_prove(struct store *store, const struct file_row *row, bool quick, struct error *e)
{
	enum result rc = file_check(store, row, quick, e);
	if (rc != ERR_IO)
		return rc;
	error_clear(e);
	return error_set(e, ERR_DAMAGED, NULL);
}

enum result file_fetch(struct store *from, struct store *to, const struct file_row *row, struct error *e)
{
	struct store_key key = { row->organization_id, row->id };
	struct error other;
	bool copied;
	error_clear(&other);
	enum result rc = store_copy_object(from, to, &key, STORE_TRUST, &copied, e);
	/* Which side it was: a file that can't be read is one file, a disk that can't be written is all of them. */
	if (rc == ERR_IO && file_prove(from, row, false, &other) == ERR_DAMAGED) {
		error_clear(e);
		return error_set(e, ERR_DAMAGED, NULL);
	}
	TRY(rc);
	rc = file_check(to, row, false, e);
	if (rc == ERR_DAMAGED && store_remove(to, &key, &other) != ERR_OK) {
		*e = other;
		return ERR_IO;
	}
	return rc;
}

void file_say(const char *what, const struct uuid *organization_id, const struct uuid *id)
{
	char organization[37], file[37];
	uuid_format(organization_id, organization);
	uuid_format(id, file);
	printf("%s\u00a0: %s/%s\n", what, organization, file);
}
