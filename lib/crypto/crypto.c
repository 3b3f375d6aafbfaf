/* Hashes and random bytes. */
#include "crypto.h"
#include "error.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <string.h>

void crypto_random(void *p, size_t n)
{
	if (sodium_init() < 0)
		BUG("libsodium does not start");
	randombytes_buf(p, n);
}

struct crypto_sha256 {
	EVP_MD_CTX *evp;
};

static int sha256_free(struct crypto_sha256 *s)
{
	EVP_MD_CTX_free(s->evp);
	return 0;
}

struct crypto_sha256 *crypto_sha256_begin(TALLOC_CTX *mem)
{
	struct crypto_sha256 *s = mem_zero(mem, struct crypto_sha256);
	s->evp = EVP_MD_CTX_new();
	if (!s->evp || EVP_DigestInit_ex(s->evp, EVP_sha256(), NULL) != 1)
		BUG("SHA-256 does not start");
	talloc_set_destructor(s, sha256_free);
	return s;
}

void crypto_sha256_add(struct crypto_sha256 *s, const void *p, size_t n)
{
	if (EVP_DigestUpdate(s->evp, p, n) != 1)
		BUG("SHA-256 fails");
}

void crypto_sha256_end(struct crypto_sha256 *s, uint8_t out[CRYPTO_SHA256_SIZE])
{
	if (EVP_DigestFinal_ex(s->evp, out, NULL) != 1)
		BUG("SHA-256 fails");
}

void crypto_sha256_of(const void *p, size_t n, uint8_t out[CRYPTO_SHA256_SIZE])
{
	if (EVP_Digest(p, n, out, NULL, EVP_sha256(), NULL) != 1)
		BUG("SHA-256 fails");
}

void crypto_hmac_sha256(const void *key, size_t key_size, const void *p, size_t n, uint8_t out[CRYPTO_SHA256_SIZE])
{
	/* HMAC() takes a NULL key for "the key of before". */
	static const uint8_t empty[1];
	if (key_size > INT_MAX || !HMAC(EVP_sha256(), key ? key : empty, (int)key_size, p, n, out, NULL))
		BUG("HMAC fails");
}

void crypto_hkdf_sha256(
    const void *ikm, size_t ikm_size, const void *salt, size_t salt_size, const char *info, uint8_t *out, size_t size)
{
	uint8_t prk[CRYPTO_SHA256_SIZE], t[CRYPTO_SHA256_SIZE], block[CRYPTO_SHA256_SIZE + 256 + 1];
	size_t info_size = strlen(info), t_size = 0;
	if (size > 255 * sizeof(t) || info_size > 256)
		BUG("HKDF is asked for too much");
	crypto_hmac_sha256(salt, salt_size, ikm, ikm_size, prk);
	for (uint8_t i = 1; size > 0; i++) {
		memcpy(block, t, t_size);
		memcpy(block + t_size, info, info_size);
		block[t_size + info_size] = i;
		crypto_hmac_sha256(prk, sizeof(prk), block, t_size + info_size + 1, t);
		t_size = sizeof(t);
		size_t n = size < t_size ? size : t_size;
		memcpy(out, t, n);
		out += n;
		size -= n;
	}
	crypto_wipe(prk, sizeof(prk));
	crypto_wipe(t, sizeof(t));
	crypto_wipe(block, sizeof(block));
}

bool crypto_equal(const void *a, const void *b, size_t n)
{
	return sodium_memcmp(a, b, n) == 0;
}

void crypto_wipe(void *p, size_t n)
{
	sodium_memzero(p, n);
}
