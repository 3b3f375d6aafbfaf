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

struct token_signer {
	uint8_t *key;
	int size; /* at least TOKEN_KEY_MIN, always: 0 would mean "verify nothing" */
};

static int signer_free(struct token_signer *s)
{
	crypto_wipe(s->key, (size_t)s->size);
	return 0;
}

enum result token_signer_new(
    TALLOC_CTX *mem, const void *key, size_t key_size, struct token_signer **out, struct error *e)
{
	if (!key || key_size < TOKEN_KEY_MIN || key_size > INT_MAX)
		return error_set(
		    e, ERR_INVALID_SETTING, NULL, "name", "JWT_SECRET_KEY", "reason", "must have at least 32 bytes");
	struct token_signer *s = mem_zero(mem, struct token_signer);
	s->key = mem_dup(s, key, key_size);
	s->size = (int)key_size;
	talloc_set_destructor(s, signer_free);
	*out = s;
	return ERR_OK;
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
		err = jwt_set_alg(jwt, JWT_ALG_HS256, s->key, s->size);
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

/* Whether the text is signed by our key with our algorithm. */
static bool signature_ok(const struct token_signer *s, const char *text)
{
	jwt_t *jwt = NULL;
	bool ok = jwt_decode(&jwt, text, s->key, s->size) == 0 && jwt_get_alg(jwt) == JWT_ALG_HS256;
	jwt_free(jwt);
	return ok;
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
	       claim_time(j, "exp", &c->expires_at) && role_parse(json_string(json_get(j, "role")), &c->role) &&
	       c->organization_id.set == (c->role != ROLE_ADMIN); /* only an administrator has none */
}

static bool payload_read(TALLOC_CTX *mem, const char *text, struct token_claims *out)
{
	const char *dot = strchr(text, '.'), *end = dot ? strchr(dot + 1, '.') : NULL;
	uint8_t payload[TOKEN_MAX_LENGTH];
	size_t n;
	const struct json *j;
	struct error why; /* which part of a token was wrong is nobody's business */
	error_clear(&why);
	return end && crypto_unbase64url(dot + 1, (size_t)(end - dot - 1), payload, sizeof(payload), &n) &&
	       json_parse(mem, (const char *)payload, n, &j, &why) == ERR_OK && claims_read(j, out);
}

enum result token_verify(
    const struct token_signer *s, const char *text, int64_t now_s, struct token_claims *out, struct error *e)
{
	struct token_claims c = { 0 };
	TALLOC_CTX *mem = mem_new("token", 0);
	bool ok = strnlen(text, TOKEN_MAX_LENGTH + 1) <= TOKEN_MAX_LENGTH && signature_ok(s, text) &&
		  payload_read(mem, text, &c) && c.issued_at <= now_s + SKEW_S;
	talloc_free(mem);
	if (!ok)
		return error_set(e, ERR_INVALID_TOKEN, NULL);
	if (c.expires_at <= now_s)
		return error_set(e, ERR_EXPIRED_TOKEN, NULL);
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
