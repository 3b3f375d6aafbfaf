#include "crypto.h"
#include "token_cache.h"

#include <string.h>

struct entry {
	uint8_t key[32];
	struct token_claims claims; /* expires_at 0: empty */
};

struct token_cache {
	const struct token_signer *signer;
	struct entry *entries;
	size_t mask;
	uint64_t hits;
};

struct token_cache *token_cache_new(struct token_signer *signer, size_t entries)
{
	struct token_cache *c = mem_zero(signer, struct token_cache);
	size_t n = 1;
	while (n < entries)
		n *= 2;
	c->signer = signer;
	c->entries = mem_array(c, struct entry, n);
	c->mask = n - 1;
	return c;
}

enum result token_cache_verify(
    struct token_cache *c, const char *text, int64_t now_s, struct token_claims *out, struct error *e)
{
	uint8_t key[32];
	uint32_t at;
	size_t n = strnlen(text, TOKEN_MAX_LENGTH + 1);
	if (n > TOKEN_MAX_LENGTH)
		return error_set(e, ERR_INVALID_TOKEN, NULL);
	crypto_sha256_of(text, n, key);
	memcpy(&at, key, sizeof at);
	struct entry *entry = &c->entries[at & c->mask];
	if (entry->claims.expires_at && memcmp(entry->key, key, sizeof key) == 0) {
		TRY(token_time_check(&entry->claims, now_s, e));
		c->hits++;
		*out = entry->claims;
		return ERR_OK;
	}
	TRY(token_verify(c->signer, text, now_s, out, e));
	memcpy(entry->key, key, sizeof key);
	entry->claims = *out;
	return ERR_OK;
}

uint64_t token_cache_hits(const struct token_cache *c)
{
	return c->hits;
}
