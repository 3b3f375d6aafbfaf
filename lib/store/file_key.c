/* Keys of files under the master key. */
#include "file_key.h"
#include "store.h"

#include <string.h>

#define ID_SIZE 8
#define AD_SIZE 32

struct master_keys {
	uint8_t current[CRYPTO_KEY_SIZE], previous[CRYPTO_KEY_SIZE];
	bool has_previous;
	char id[2 * ID_SIZE + 1], previous_id[2 * ID_SIZE + 1];
};

static int keys_wipe(struct master_keys *k)
{
	crypto_wipe(k, sizeof(*k));
	return 0;
}

static enum result derive(const char *name, const char *secret, uint8_t out[CRYPTO_KEY_SIZE], struct error *e)
{
	size_t n = strlen(secret);
	if (n < 32)
		return error_set(e, ERR_INVALID_SETTING, name, "name", name, "reason",
		    "must have at least 32 bytes: make one with 'openssl rand -hex 32'");
	crypto_hkdf_sha256(secret, n, NULL, 0, "scorpius: master key of files", out, CRYPTO_KEY_SIZE);
	return ERR_OK;
}

static void name(const uint8_t key[CRYPTO_KEY_SIZE], char out[2 * ID_SIZE + 1])
{
	uint8_t id[ID_SIZE];
	crypto_hkdf_sha256(key, CRYPTO_KEY_SIZE, NULL, 0, "scorpius: name of a master key", id, sizeof(id));
	crypto_hex(id, sizeof(id), out);
}

enum result master_keys_new(
    TALLOC_CTX *mem, const char *current, const char *previous, struct master_keys **out, struct error *e)
{
	struct master_keys *k = mem_zero(mem, struct master_keys);
	talloc_set_destructor(k, keys_wipe);
	k->has_previous = previous && *previous;
	enum result rc = derive("SECRET_KEY", current ? current : "", k->current, e);
	if (rc == ERR_OK && k->has_previous)
		rc = derive("SECRET_KEY_PREVIOUS", previous, k->previous, e);
	if (rc != ERR_OK) {
		talloc_free(k);
		return rc;
	}
	name(k->current, k->id);
	if (k->has_previous)
		name(k->previous, k->previous_id);
	*out = k;
	return ERR_OK;
}

const char *master_key_id(const struct master_keys *k)
{
	return k->id;
}

const char *master_key_previous_id(const struct master_keys *k)
{
	return k->has_previous ? k->previous_id : NULL;
}

bool master_key_derive(const struct master_keys *k, const char *id, const char *label, uint8_t key[CRYPTO_KEY_SIZE])
{
	bool current = strcmp(id, k->id) == 0;
	if (!current && !(k->has_previous && strcmp(id, k->previous_id) == 0))
		return false;
	crypto_hkdf_sha256(current ? k->current : k->previous, CRYPTO_KEY_SIZE, NULL, 0, label, key, CRYPTO_KEY_SIZE);
	return true;
}

static void identity(const struct store_key *object, uint8_t ad[AD_SIZE])
{
	memcpy(ad, &object->organization_id, 16);
	memcpy(ad + 16, &object->id, 16);
}

void file_key_wrap(const struct master_keys *k, const struct store_key *object, const uint8_t key[CRYPTO_KEY_SIZE],
    uint8_t wrapped[CRYPTO_WRAPPED_SIZE])
{
	uint8_t ad[AD_SIZE];
	identity(object, ad);
	crypto_wrap(k->current, ad, sizeof(ad), key, wrapped);
}

enum result file_key_unwrap(const struct master_keys *k, const struct store_key *object, struct bytes wrapped,
    uint8_t key[CRYPTO_KEY_SIZE], bool *current, struct error *e)
{
	uint8_t ad[AD_SIZE];
	identity(object, ad);
	bool sized = wrapped.p && wrapped.n == CRYPTO_WRAPPED_SIZE;
	bool ours = sized && crypto_unwrap(k->current, ad, sizeof(ad), wrapped.p, key);
	if (current)
		*current = ours;
	if (ours || (sized && k->has_previous && crypto_unwrap(k->previous, ad, sizeof(ad), wrapped.p, key)))
		return ERR_OK;
	error_cause(e,
	    "the key of an object can't be unwrapped: its row is damaged, or SECRET_KEY is not the one it was "
	    "stored with");
	return error_set(e, ERR_DAMAGED, NULL);
}
