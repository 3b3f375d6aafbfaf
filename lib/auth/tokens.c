/* Access tokens by libjwt, which signs and checks the signature; all else (algorithm, time, types, doubled claims) it
 * leaves to us. Claims are read from the signed bytes by our own JSON door, as libjwt has lost duplicates and types. */
#include "crypto.h"
#include "json.h"
#include "tokens.h"
#include "uuid.h"

#include <errno.h>
#include <jwt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define SKEW_S 60 /* clocks of two machines */
#define TYPE "access"

struct key {
	uint8_t *p;
	int size; /* at least TOKEN_KEY_MIN, always: 0 would mean "verify nothing" */
};

struct token_signer {
	struct key keys[2]; /* the first one signs; p NULL: there is no second one */
};

static int signer_free(struct token_signer *s)
{
	for (size_t i = 0; i < ARRAY_LEN(s->keys); i++) {
		if (s->keys[i].p)
			crypto_wipe(s->keys[i].p, (size_t)s->keys[i].size);
	}
	return 0;
}

static enum result key_take(
    struct token_signer *s, struct key *k, const char *name, const void *key, size_t size, struct error *e)
{
	static const char pem[] = "-----BEGIN";
	if (!key || size < TOKEN_KEY_MIN || size > INT_MAX)
		return error_set(e, ERR_INVALID_SETTING, NULL, "name", name, "reason", "must have at least 32 bytes");
	/* libjwt signs with the text of a certificate as with any other bytes; but that text is no secret. */
	if (memcmp(key, pem, strlen(pem)) == 0)
		return error_set(e, ERR_INVALID_SETTING, NULL, "name", name, "reason",
		    "is a key in PEM form: random bytes are wanted");
	k->p = mem_dup(s, key, size);
	k->size = (int)size;
	return ERR_OK;
}

enum result token_signer_new(
    TALLOC_CTX *mem, const void *key, size_t key_size, struct token_signer **out, struct error *e)
{
	struct token_signer *s = mem_zero(mem, struct token_signer);
	talloc_set_destructor(s, signer_free);
	enum result rc = key_take(s, &s->keys[0], "JWT_SECRET_KEY", key, key_size, e);
	if (rc == ERR_OK)
		*out = s;
	else
		talloc_free(s);
	return rc;
}

enum result token_signer_accept(struct token_signer *s, const void *key, size_t key_size, struct error *e)
{
	return key_take(s, &s->keys[1], "JWT_SECRET_KEY_PREVIOUS", key, key_size, e);
}

static void claims_write(const struct token_claims *c, struct buf *out)
{
	struct json_writer w;
	jw_init(&w, out);
	jw_open(&w, '{');
	jw_field_text(&w, "type", TYPE);
	jw_field_uuid(&w, "sub", &c->user_id);
	if (c->organization_id.set)
		jw_field_uuid(&w, "org", &c->organization_id.value);
	jw_field_text(&w, "role", role_name(c->role));
	jw_field_bool(&w, "owner", c->is_owner);
	jw_field_uuid(&w, "sid", &c->session_id);
	jw_field_uuid(&w, "jti", &c->token_id);
	jw_field_int(&w, "iat", c->issued_at);
	jw_field_int(&w, "exp", c->expires_at);
	jw_close(&w, '}');
}

enum result token_issue(const struct token_signer *s, TALLOC_CTX *mem, struct token_claims *claims, int64_t now_s,
    int64_t life_s, const char **text, struct error *e)
{
	claims->token_id = uuid_new();
	claims->issued_at = now_s;
	claims->expires_at = now_s + life_s;
	struct buf b;
	buf_init(&b, mem, TOKEN_MAX_LENGTH);
	claims_write(claims, &b);

	jwt_t *jwt = NULL;
	char *encoded = NULL;
	int err = jwt_new(&jwt);
	if (err == 0)
		err = jwt_set_alg(jwt, JWT_ALG_HS256, s->keys[0].p, s->keys[0].size);
	if (err == 0)
		err = jwt_add_grants_json(jwt, b.data);
	if (err == 0 && !(encoded = jwt_encode_str(jwt)))
		err = errno ? errno : EINVAL;
	if (err == 0)
		*text = mem_strdup(mem, encoded);
	free(encoded);
	jwt_free(jwt);
	if (err != 0) {
		error_cause(e, "libjwt: %s", strerror(err));
		return error_set(e, ERR_INTERNAL, NULL);
	}
	return ERR_OK;
}

/* Whether the text is signed by this key with our algorithm. */
static bool signed_by(const struct key *k, const char *text)
{
	jwt_t *jwt = NULL;
	bool ok = k->p && jwt_decode(&jwt, text, k->p, k->size) == 0 && jwt_get_alg(jwt) == JWT_ALG_HS256;
	jwt_free(jwt);
	return ok;
}

static bool signature_ok(const struct token_signer *s, const char *text)
{
	return signed_by(&s->keys[0], text) || signed_by(&s->keys[1], text);
}

static bool claim_uuid(const struct json *claims, const char *name, struct uuid *out)
{
	const char *s = json_string(json_get(claims, name));
	return s && uuid_parse(s, out);
}

static bool claim_time(const struct json *claims, const char *name, int64_t *out)
{
	const struct json *v = json_get(claims, name);
	if (json_kind(v) != JSON_INT)
		return false;
	*out = json_int(v);
	return *out > 0;
}

/* "nbf" is not in our tokens; one that has it must mean it. */
static bool claim_not_before(const struct json *j, struct token_claims *c)
{
	c->not_before = 0;
	return !json_get(j, "nbf") || claim_time(j, "nbf", &c->not_before);
}

static bool claims_read(const struct json *j, struct token_claims *c)
{
	const char *type = json_string(json_get(j, "type"));
	const struct json *owner = json_get(j, "owner"), *org = json_get(j, "org");
	if (json_kind(j) != JSON_OBJECT || !type || strcmp(type, TYPE) != 0 || json_kind(owner) != JSON_BOOL)
		return false;
	c->is_owner = json_truth(owner);
	c->organization_id.set = org != NULL;
	if (org && !claim_uuid(j, "org", &c->organization_id.value))
		return false;
	return claim_uuid(j, "sub", &c->user_id) && claim_uuid(j, "sid", &c->session_id) &&
	       claim_uuid(j, "jti", &c->token_id) && claim_time(j, "iat", &c->issued_at) &&
	       claim_time(j, "exp", &c->expires_at) && claim_not_before(j, c) &&
	       role_parse(json_string(json_get(j, "role")), &c->role) &&
	       c->organization_id.set == (c->role != ROLE_ADMIN); /* only an administrator has none */
}

static bool part_read(TALLOC_CTX *mem, const char *p, size_t n, const struct json **out)
{
	uint8_t bytes[TOKEN_MAX_LENGTH];
	size_t size;
	struct error why; /* which part of a token was wrong is nobody's business */
	error_clear(&why);
	return crypto_unbase64url(p, n, bytes, sizeof(bytes), &size) &&
	       json_parse(mem, (const char *)bytes, size, out, &why) == ERR_OK && json_kind(*out) == JSON_OBJECT;
}

struct header_seen {
	bool alg, other;
};

static void header_member(const char *name, const struct json *v, void *arg)
{
	struct header_seen *seen = arg;
	const char *s = json_string(v);
	if (strcmp(name, "alg") == 0)
		seen->alg = s && strcmp(s, "HS256") == 0;
	else if (strcmp(name, "typ") != 0 || !s || strcmp(s, "JWT") != 0)
		seen->other = true;
}

/* The header says HS256 in these very letters (libjwt takes any case) and asks for nothing that we do not do ("crit",
 * "kid", "jku"...). */
static bool header_ok(const struct json *header)
{
	struct header_seen seen = { false, false };
	json_each(header, header_member, &seen);
	return seen.alg && !seen.other;
}

static bool token_read(TALLOC_CTX *mem, const char *text, struct token_claims *out)
{
	const char *dot = strchr(text, '.'), *end = dot ? strchr(dot + 1, '.') : NULL;
	const struct json *header, *claims;
	return end && part_read(mem, text, (size_t)(dot - text), &header) && header_ok(header) &&
	       part_read(mem, dot + 1, (size_t)(end - dot - 1), &claims) && claims_read(claims, out);
}

enum result token_time_check(const struct token_claims *c, int64_t now_s, struct error *e)
{
	if (c->issued_at > now_s + SKEW_S || c->not_before > now_s + SKEW_S)
		return error_set(e, ERR_INVALID_TOKEN, NULL);
	if (c->expires_at <= now_s)
		return error_set(e, ERR_EXPIRED_TOKEN, NULL);
	return ERR_OK;
}

enum result token_verify(
    const struct token_signer *s, const char *text, int64_t now_s, struct token_claims *out, struct error *e)
{
	struct token_claims c = { 0 };
	TALLOC_CTX *mem = mem_new("token", 0);
	bool ok = strnlen(text, TOKEN_MAX_LENGTH + 1) <= TOKEN_MAX_LENGTH && signature_ok(s, text) &&
		  token_read(mem, text, &c);
	talloc_free(mem);
	if (!ok)
		return error_set(e, ERR_INVALID_TOKEN, NULL);
	TRY(token_time_check(&c, now_s, e));
	*out = c;
	return ERR_OK;
}

void refresh_token_new(struct refresh_token *out)
{
	uint8_t random[32];
	crypto_random(random, sizeof(random));
	crypto_base64url(random, sizeof(random), out->text);
	crypto_wipe(random, sizeof(random));
	crypto_sha256_of(out->text, strlen(out->text), out->hash);
}

bool refresh_token_hash(const char *text, uint8_t hash[32])
{
	uint8_t bytes[32];
	size_t n = strnlen(text, 44), size;
	if (n != 43 || !crypto_unbase64url(text, n, bytes, sizeof(bytes), &size) || size != sizeof(bytes))
		return false;
	crypto_wipe(bytes, sizeof(bytes));
	crypto_sha256_of(text, n, hash);
	return true;
}
