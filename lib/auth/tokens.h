/* Tokens. An access token is a JWT signed with HS256 and nothing else; a refresh token is 32 random bytes of which only
 * the SHA-256 is stored. Time is a parameter: seconds since 1970 in UTC. */
#ifndef AUTH_TOKENS_H
#define AUTH_TOKENS_H

#include "error.h"
#include "mem.h"
#include "role.h"

#define TOKEN_KEY_MIN 32      /* bytes */
#define TOKEN_MAX_LENGTH 2048 /* characters; a longer one is not looked at */

/* Signs and verifies access tokens; made once, at start; can be used for ever after, from one thread. The key is copied
 * and wiped when freed. INVALID_SETTING when it has fewer than 32 bytes (libjwt takes an empty key for "verify
 * nothing") or looks like a PEM file. */
struct token_signer;
enum result token_signer_new(
    TALLOC_CTX *mem, const void *key, size_t key_size, struct token_signer **out, struct error *e) MUST_CHECK;
/* A second key whose tokens are accepted and that signs none: the one that signed before a change of keys, kept until
 * the last token of it has expired. Same faults, in the name of JWT_SECRET_KEY_PREVIOUS. */
enum result token_signer_accept(struct token_signer *s, const void *key, size_t key_size, struct error *e) MUST_CHECK;

struct token_claims {
	struct uuid user_id;             /* sub */
	struct opt_uuid organization_id; /* org: absent for an administrator */
	enum role role;
	bool is_owner;                 /* owner */
	struct uuid session_id;        /* sid */
	struct uuid token_id;          /* jti: made by token_issue */
	int64_t issued_at, expires_at; /* iat, exp: set by token_issue */
	int64_t not_before;            /* nbf; 0: absent, as in tokens of ours */
};

/* Makes the token's text (in mem) of the claims, valid from now_s for life_s seconds; fills token_id, issued_at and
 * expires_at. */
enum result token_issue(const struct token_signer *s, TALLOC_CTX *mem, struct token_claims *claims, int64_t now_s,
    int64_t life_s, const char **text, struct error *e) MUST_CHECK;

/* Reads an access token. EXPIRED_TOKEN when everything is right but its time; INVALID_TOKEN for anything else: another
 * key or algorithm, none at all, a header that asks for more, a missing, mistyped or doubled claim, another type, an
 * issue or a beginning in the future (more than 60 s, for clocks that differ). */
enum result token_verify(const struct token_signer *s, const char *text, int64_t now_s, struct token_claims *out,
    struct error *e) MUST_CHECK;

/* The part of it that depends on the time. */
enum result token_time_check(const struct token_claims *c, int64_t now_s, struct error *e) MUST_CHECK;

struct refresh_token {
	char text[44];    /* what the client gets: base64url, 43 characters */
	uint8_t hash[32]; /* what is stored */
};
void refresh_token_new(struct refresh_token *out);
/* The stored form of a text that a client gave; false when it can't be a refresh token. */
bool refresh_token_hash(const char *text, uint8_t hash[32]);

#endif
