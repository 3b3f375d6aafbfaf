#include "crypto.h"
#include "tokens.h"
#include "uuid.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <jwt.h>
#include <stdlib.h>
#include <string.h>

#define KEY "0123456789abcdef0123456789abcdef"
#define OTHER_KEY "fedcba9876543210fedcba9876543210"
#define NOW 1700000000

static TALLOC_CTX *mem;
static struct token_signer *signer;
static struct error err;

static void set_up(void)
{
	mem = mem_new("test", 0);
	error_clear(&err);
	cr_assert_eq(token_signer_new(mem, KEY, strlen(KEY), &signer, &err), ERR_OK);
}

static void tear_down(void)
{
	talloc_free(mem);
}

TestSuite(tokens, .init = set_up, .fini = tear_down);

static struct token_claims a_user(void)
{
	return (struct token_claims){
		.user_id = uuid_new(),
		.organization_id = { true, uuid_new() },
		.role = ROLE_BID_MANAGER,
		.is_owner = true,
		.session_id = uuid_new(),
	};
}

static enum result verify(const char *text, int64_t now)
{
	struct token_claims c;
	error_clear(&err);
	return token_verify(signer, text, now, &c, &err);
}

#define ID "018f0000-0000-7000-8000-000000000001"
#define IDS "\"sub\":\"" ID "\",\"org\":\"" ID "\",\"sid\":\"" ID "\",\"jti\":\"" ID "\""
#define GOOD IDS ",\"role\":\"viewer\",\"owner\":false,\"iat\":1700000000,\"exp\":1700000100,\"type\":\"access\""

/* A token of exactly these texts, with a right HS256 signature by this key, whatever its header says. */
static const char *sign(const char *header, const char *payload, const char *key)
{
	char h[512], p[4096], s[64];
	uint8_t mac[32];
	cr_assert(strlen(header) < 300 && strlen(payload) < 3000);
	crypto_base64url(header, strlen(header), h);
	crypto_base64url(payload, strlen(payload), p);
	char *text = mem_printf(mem, "%s.%s", h, p);
	crypto_hmac_sha256(key, strlen(key), text, strlen(text), mac);
	crypto_base64url(mac, sizeof(mac), s);
	return mem_printf(mem, "%s.%s", text, s);
}

static const char *claims(const char *payload)
{
	return sign("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", payload, KEY);
}

Test(tokens, what_goes_in_comes_out)
{
	struct token_claims in = a_user(), out;
	const char *text;
	cr_assert_eq(token_issue(signer, mem, &in, NOW, 1800, &text, &err), ERR_OK, "%s", err.cause);
	cr_assert_eq(token_verify(signer, text, NOW + 1799, &out, &err), ERR_OK);
	cr_assert(uuid_equal(&in.user_id, &out.user_id));
	cr_assert(out.organization_id.set && uuid_equal(&in.organization_id.value, &out.organization_id.value));
	cr_assert(uuid_equal(&in.session_id, &out.session_id));
	cr_assert(uuid_equal(&in.token_id, &out.token_id));
	cr_assert(out.role == ROLE_BID_MANAGER && out.is_owner);
	cr_assert(out.issued_at == NOW && out.expires_at == NOW + 1800);
	cr_assert_lt(strlen(text), 700);
}

Test(tokens, an_administrator_has_no_organisation_and_nobody_else_lacks_one)
{
	struct token_claims in = a_user(), out;
	const char *text;
	in.organization_id.set = false;
	cr_assert_eq(token_issue(signer, mem, &in, NOW, 1800, &text, &err), ERR_OK);
	cr_assert_eq(verify(text, NOW), ERR_INVALID_TOKEN);
	in.role = ROLE_ADMIN;
	in.is_owner = false;
	cr_assert_eq(token_issue(signer, mem, &in, NOW, 1800, &text, &err), ERR_OK);
	cr_assert_eq(token_verify(signer, text, NOW, &out, &err), ERR_OK);
	cr_assert(out.role == ROLE_ADMIN && !out.organization_id.set);
}

Test(tokens, time_is_up_at_its_second)
{
	struct token_claims in = a_user();
	const char *text;
	cr_assert_eq(token_issue(signer, mem, &in, NOW, 10, &text, &err), ERR_OK);
	cr_assert_eq(verify(text, NOW + 9), ERR_OK);
	cr_assert_eq(verify(text, NOW + 10), ERR_EXPIRED_TOKEN);
	cr_assert_eq(verify(text, NOW - 60), ERR_OK, "a clock behind");
	cr_assert_eq(verify(text, NOW - 61), ERR_INVALID_TOKEN, "issued in the future");
}

Test(tokens, only_our_key_and_our_algorithm)
{
	cr_assert_eq(verify(claims("{" GOOD "}"), NOW), ERR_OK, "the twin of all that follow");
	const char *bad[] = {
		sign("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", "{" GOOD "}", OTHER_KEY),
		sign("{\"alg\":\"none\",\"typ\":\"JWT\"}", "{" GOOD "}", KEY),
		sign("{\"alg\":\"HS384\",\"typ\":\"JWT\"}", "{" GOOD "}", KEY),
		sign("{\"alg\":\"RS256\",\"typ\":\"JWT\"}", "{" GOOD "}", KEY),
		sign("{\"typ\":\"JWT\"}", "{" GOOD "}", KEY),
		sign("{}", "{" GOOD "}", KEY),
		sign("HS256", "{" GOOD "}", KEY),
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_eq(verify(bad[i], NOW), ERR_INVALID_TOKEN, "%zu", i);
}

Test(tokens, another_algorithm_with_our_key_is_refused)
{
	/* libjwt itself takes these for good. */
	const jwt_alg_t algorithms[] = { JWT_ALG_HS384, JWT_ALG_HS512, JWT_ALG_HS256 };
	for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
		jwt_t *jwt;
		cr_assert_eq(jwt_new(&jwt), 0);
		cr_assert_eq(jwt_set_alg(jwt, algorithms[i], (const unsigned char *)KEY, (int)strlen(KEY)), 0);
		cr_assert_eq(jwt_add_grants_json(jwt, "{" GOOD "}"), 0);
		char *text = jwt_encode_str(jwt);
		enum result expected = algorithms[i] == JWT_ALG_HS256 ? ERR_OK : ERR_INVALID_TOKEN;
		cr_assert_eq(verify(text, NOW), expected, "%zu", i);
		free(text);
		jwt_free(jwt);
	}
}

Test(tokens, the_header_is_ours_to_the_letter)
{
	const char *bad[] = {
		"{\"alg\":\"hs256\",\"typ\":\"JWT\"}", /* libjwt takes this one */
		"{\"alg\":\"Hs256\",\"typ\":\"JWT\"}",
		"{\"alg\":\"HS256\",\"typ\":\"jwt\"}",
		"{\"alg\":\"HS256\",\"typ\":\"JWS\"}",
		"{\"alg\":\"HS256\",\"kid\":\"../../dev/null\"}",
		"{\"alg\":\"HS256\",\"crit\":[\"exp\"]}",
		"{\"alg\":\"none\",\"alg\":\"HS256\"}",
		"{\"alg\":[\"HS256\"]}",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_eq(verify(sign(bad[i], "{" GOOD "}", KEY), NOW), ERR_INVALID_TOKEN, "%s", bad[i]);
	cr_assert_eq(verify(sign("{\"alg\":\"HS256\"}", "{" GOOD "}", KEY), NOW), ERR_OK);
	jwt_t *jwt;
	cr_assert_eq(jwt_decode(&jwt, sign(bad[0], "{" GOOD "}", KEY), (const unsigned char *)KEY, (int)strlen(KEY)), 0,
	    "the trap is still there");
	jwt_free(jwt);
}

Test(tokens, without_a_key_libjwt_verifies_nothing)
{
	/* ... so that no signer without one can be made: see a_short_key_is_refused. */
	jwt_t *jwt;
	const char *forged = sign("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", "{" GOOD "}", OTHER_KEY);
	cr_assert_eq(jwt_decode(&jwt, forged, NULL, 0), 0);
	jwt_free(jwt);
	cr_assert_eq(jwt_decode(&jwt, forged, (const unsigned char *)KEY, 0), 0);
	jwt_free(jwt);
	cr_assert_eq(verify(forged, NOW), ERR_INVALID_TOKEN);
}

Test(tokens, libjwt_looks_at_no_time)
{
	jwt_t *jwt;
	const char *late = claims("{" IDS ",\"role\":\"viewer\",\"owner\":false,\"iat\":1,\"exp\":2,\"nbf\":9999999999,"
				  "\"type\":\"access\"}");
	cr_assert_eq(jwt_decode(&jwt, late, (const unsigned char *)KEY, (int)strlen(KEY)), 0);
	jwt_free(jwt);
	cr_assert_eq(verify(late, NOW), ERR_INVALID_TOKEN);
}

Test(tokens, libjwt_takes_a_time_that_is_no_integer_for_zero)
{
	jwt_t *jwt;
	cr_assert_eq(jwt_decode(&jwt, claims("{\"exp\":\"soon\"}"), (const unsigned char *)KEY, (int)strlen(KEY)), 0);
	errno = 0;
	cr_assert(jwt_get_grant_int(jwt, "exp") == 0 && errno == 0);
	jwt_free(jwt); /* ours: claims_of_another_type_or_missing_are_refused */
}

Test(tokens, a_beginning_in_the_future_is_waited_for)
{
	cr_assert_eq(verify(claims("{" GOOD ",\"nbf\":1700000050}"), 1700000000), ERR_OK, "within what clocks differ");
	cr_assert_eq(verify(claims("{" GOOD ",\"nbf\":1700000061}"), 1700000000), ERR_INVALID_TOKEN);
	cr_assert_eq(verify(claims("{" GOOD ",\"nbf\":1700000061}"), 1700000001), ERR_OK);
	cr_assert_eq(verify(claims("{" GOOD ",\"nbf\":\"1700000000\"}"), NOW), ERR_INVALID_TOKEN);
	cr_assert_eq(verify(claims("{" GOOD ",\"nbf\":0}"), NOW), ERR_INVALID_TOKEN, "0 would mean: always");
}

Test(tokens, keys_are_changed_without_a_gap)
{
	struct token_claims in = a_user();
	const char *old, *fresh;
	cr_assert_eq(token_issue(signer, mem, &in, NOW, 100, &old, &err), ERR_OK);
	struct token_signer *next;
	cr_assert_eq(token_signer_new(mem, OTHER_KEY, strlen(OTHER_KEY), &next, &err), ERR_OK);
	cr_assert_eq(token_issue(next, mem, &in, NOW, 100, &fresh, &err), ERR_OK);
	struct token_claims out;
	error_clear(&err);
	cr_assert_eq(token_verify(next, old, NOW, &out, &err), ERR_INVALID_TOKEN);
	error_clear(&err);
	cr_assert_eq(token_signer_accept(next, KEY, strlen(KEY), &err), ERR_OK);
	cr_assert_eq(token_verify(next, old, NOW, &out, &err), ERR_OK);
	cr_assert_eq(token_verify(next, fresh, NOW, &out, &err), ERR_OK);
	error_clear(&err);
	cr_assert_eq(token_verify(signer, fresh, NOW, &out, &err), ERR_INVALID_TOKEN, "the new key signs");
	error_clear(&err);
	cr_assert_eq(token_signer_accept(next, KEY, 31, &err), ERR_INVALID_SETTING);
	cr_assert_str_eq(err.faults[0].args[0].value, "JWT_SECRET_KEY_PREVIOUS");
}

Test(tokens, a_certificate_is_no_secret)
{
	struct token_signer *s;
	const char *pem =
	    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n";
	cr_assert_eq(token_signer_new(mem, pem, strlen(pem), &s, &err), ERR_INVALID_SETTING);
}

Test(tokens, an_unsigned_token_is_refused)
{
	jwt_t *jwt;
	cr_assert_eq(jwt_new(&jwt), 0);
	cr_assert_eq(jwt_set_alg(jwt, JWT_ALG_NONE, NULL, 0), 0);
	cr_assert_eq(jwt_add_grants_json(jwt, "{" GOOD "}"), 0);
	char *text = jwt_encode_str(jwt);
	cr_assert_eq(verify(text, NOW), ERR_INVALID_TOKEN);
	free(text);
	jwt_free(jwt);
}

Test(tokens, a_short_key_is_refused)
{
	struct token_signer *s;
	cr_assert_eq(token_signer_new(mem, KEY, 31, &s, &err), ERR_INVALID_SETTING);
	cr_assert_eq(token_signer_new(mem, "", 0, &s, &err), ERR_INVALID_SETTING);
	cr_assert_eq(token_signer_new(mem, NULL, 0, &s, &err), ERR_INVALID_SETTING, "libjwt would verify nothing");
	cr_assert_eq(token_signer_new(mem, NULL, 64, &s, &err), ERR_INVALID_SETTING);
}

#define REST ",\"role\":\"viewer\",\"owner\":false,\"iat\":1700000000"
Test(tokens, claims_of_another_type_or_missing_are_refused)
{
	const char *bad[] = {
		"{" IDS REST ",\"type\":\"access\"}",
		"{" IDS REST ",\"exp\":\"1700000100\",\"type\":\"access\"}",
		"{" IDS REST ",\"exp\":1700000100.5,\"type\":\"access\"}",
		"{" IDS REST ",\"exp\":true,\"type\":\"access\"}",
		"{" IDS REST ",\"exp\":null,\"type\":\"access\"}",
		"{" IDS REST ",\"exp\":-1,\"type\":\"access\"}",
		"{" IDS REST ",\"exp\":1700000100}",
		"{" IDS REST ",\"exp\":1700000100,\"type\":\"refresh\"}",
		"{" IDS REST ",\"exp\":1700000100,\"type\":1}",
		"{" IDS ",\"role\":\"viewer\",\"owner\":false,\"exp\":1700000100,\"type\":\"access\"}",
		"{" IDS ",\"role\":\"root\",\"owner\":false,\"iat\":1700000000,\"exp\":1700000100,\"type\":\"access\"}",
		"{" IDS ",\"owner\":false,\"iat\":1700000000,\"exp\":1700000100,\"type\":\"access\"}",
		"{" IDS
		",\"role\":\"viewer\",\"owner\":\"true\",\"iat\":1700000000,\"exp\":1700000100,\"type\":\"access\"}",
		"{" IDS ",\"role\":\"viewer\",\"iat\":1700000000,\"exp\":1700000100,\"type\":\"access\"}",
		"{\"sub\":\"x\",\"sid\":\"" ID "\",\"jti\":\"" ID "\",\"org\":\"" ID "\"" REST
		",\"exp\":1700000100,\"type\":\"access\"}",
		"{\"sub\":\"" ID "\",\"org\":\"" ID "\"" REST ",\"exp\":1700000100,\"type\":\"access\"}",
		"{\"sub\":\"" ID "\",\"sid\":\"" ID "\",\"jti\":\"" ID "\",\"org\":7" REST
		",\"exp\":1700000100,\"type\":\"access\"}",
		"{" GOOD ",\"exp\":1900000000}",
		"{" GOOD ",\"role\":\"admin\"}",
		"{" GOOD ",\"a\":\"\\u0000\"}",
		"[]",
		"null",
		"{}",
		"",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_eq(verify(claims(bad[i]), NOW), ERR_INVALID_TOKEN, "%s", bad[i]);
}

Test(tokens, every_changed_character_is_noticed)
{
	struct token_claims in = a_user();
	const char *text;
	cr_assert_eq(token_issue(signer, mem, &in, NOW, 1800, &text, &err), ERR_OK);
	size_t n = strlen(text);
	for (size_t i = 0; i < n; i++) {
		/* The last character has two bits that carry nothing, so it is changed in those that do. */
		char *bad = mem_strdup(mem, text);
		bad[i] = bad[i] == 'A' ? 'Q' : 'A';
		cr_assert_eq(verify(bad, NOW), ERR_INVALID_TOKEN, "changed at %zu", i);
		bad[i] = '\0';
		cr_assert_eq(verify(bad, NOW), ERR_INVALID_TOKEN, "cut at %zu", i);
		talloc_free(bad);
	}
	cr_assert_eq(verify(mem_printf(mem, "%s.", text), NOW), ERR_INVALID_TOKEN);
	cr_assert_eq(verify(mem_printf(mem, "%sA", text), NOW), ERR_INVALID_TOKEN);
	cr_assert_eq(verify(mem_printf(mem, " %s", text), NOW), ERR_INVALID_TOKEN);
}

Test(tokens, what_is_no_token_is_refused)
{
	char *huge = mem_array(mem, char, 100001);
	memset(huge, 'a', 100000);
	const char *bad[] = { "", ".", "..", "...", "a.b.c", "Bearer", huge, "\xff\xfe.\x01.\x02" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_eq(verify(bad[i], NOW), ERR_INVALID_TOKEN, "%zu", i);
}

Test(tokens, refresh_tokens_are_known_by_their_hash)
{
	struct refresh_token a, b;
	uint8_t hash[32];
	refresh_token_new(&a);
	refresh_token_new(&b);
	cr_assert_str_neq(a.text, b.text);
	cr_assert_eq(strlen(a.text), 43);
	cr_assert(refresh_token_hash(a.text, hash));
	cr_assert(crypto_equal(hash, a.hash, 32));
	cr_assert_not(crypto_equal(hash, b.hash, 32));
	cr_assert_not(refresh_token_hash("", hash));
	cr_assert_not(refresh_token_hash(mem_printf(mem, "%sA", a.text), hash));
	cr_assert_not(refresh_token_hash(mem_strndup(mem, a.text, 42), hash));
	a.text[5] = '+';
	cr_assert_not(refresh_token_hash(a.text, hash));
}

Test(role, names_and_masks)
{
	enum role r = ROLE_VIEWER;
	for (int i = ROLE_VIEWER; i <= ROLE_ADMIN; i++)
		cr_assert(role_parse(role_name((enum role)i), &r) && (int)r == i);
	cr_assert_not(role_parse("owner", &r));
	cr_assert_not(role_parse("Admin", &r));
	cr_assert_not(role_parse("", &r));
	cr_assert_not(role_parse(NULL, &r));
	cr_assert_eq(who_of(ROLE_VIEWER, false), WHO_VIEWER);
	cr_assert_eq(who_of(ROLE_BID_MANAGER, true), WHO_BID_MANAGER | WHO_OWNER);
	cr_assert_eq(who_of(ROLE_ADMIN, true), WHO_ADMIN);
	cr_assert_eq(who_of(ROLE_ADMIN, true) & (WHO_MEMBERS), 0);
}
