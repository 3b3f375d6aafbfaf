/* The access tokens that a process has verified, so that a client's hundredth request does not pay for its signature
 * again. A token is known by the SHA-256 of its whole text, signature included; what is kept is its claims, and time is
 * checked at every use. The cache belongs to its signer: keys change only with a new signer, and with it the cache is
 * empty. It says nothing about the session: whether that still lives is asked elsewhere, each time. */
#ifndef AUTH_TOKEN_CACHE_H
#define AUTH_TOKEN_CACHE_H

#include "tokens.h"

struct token_cache;

/* At most `entries` tokens (rounded up to a power of two); a new one takes the place of one that it collides with. The
 * cache hangs on the signer and is freed with it. */
struct token_cache *token_cache_new(struct token_signer *signer, size_t entries);

/* token_verify() with memory: same answers. */
enum result token_cache_verify(
    struct token_cache *c, const char *text, int64_t now_s, struct token_claims *out, struct error *e) MUST_CHECK;

/* How often a token was found, since the start. */
uint64_t token_cache_hits(const struct token_cache *c);

#endif
