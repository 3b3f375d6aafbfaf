#include "storage_try.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"
#include "store_settings.h"
#include "terminal.h"
#include "uuid.h"

static const char *environment(const char *name)
{
	return getenv(name);
}

/* Some bytes there and back. Nobody has this organisation, so that what a broken connection leaves is an orphan. */
static enum result there_and_back(struct store *s, TALLOC_CTX *mem, struct error *e)
{
	static const char text[] = "scorpius storage try\n";
	struct store_object o = { .key = { uuid_new(), uuid_new() } };
	struct bytes got;
	TRY(store_writable(s, e)); /* lists */
	TRY(store_put_bytes(s, mem, &o.key, text, sizeof text, NULL, &o.wrapped_key, e));
	enum result rc = store_get_bytes(s, mem, &o, sizeof text, &got, e);
	struct error second;
	error_clear(&second);
	enum result removed = store_remove(s, &o.key, rc == ERR_OK ? e : &second);
	return rc != ERR_OK ? rc : removed;
}

enum result storage_try(TALLOC_CTX *mem, bool stdin_account, struct error *e)
{
	struct settings s;
	struct master_keys *keys;
	struct store *bucket;
	TRY(settings_read(mem, environment, &s, e));
	if (stdin_account)
		TRY(terminal_read_account(mem, stdin, &s.S3_ACCESS_KEY_ID, &s.S3_SECRET_ACCESS_KEY, e));
	TRY(master_keys_new(mem, s.SECRET_KEY, s.SECRET_KEY_PREVIOUS, &keys, e));
	TRY(store_open_bucket(mem, &s, keys, &bucket, e));
	TRY(there_and_back(bucket, mem, e));
	printf("le compartiment %s se laisse lire et écrire\n", s.S3_BUCKET);
	return ERR_OK;
}
