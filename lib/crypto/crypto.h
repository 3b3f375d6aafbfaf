/* The few primitives of cryptography that Scorpius needs. Only this library knows libcrypto and libsodium. Nothing
 * here can fail for a reason that a caller could handle: a broken library ends the process (BUG). All of it is safe in
 * any process and after a fork. */
#ifndef CRYPTO_CRYPTO_H
#define CRYPTO_CRYPTO_H

#include "mem.h"

#define CRYPTO_SHA256_SIZE 32

/* n bytes of the kernel's random generator. */
void crypto_random(void *p, size_t n);

/* SHA-256 of bytes that come in pieces. `end` writes the digest; the state can't be used after it. */
struct crypto_sha256;
struct crypto_sha256 *crypto_sha256_begin(TALLOC_CTX *mem);
void crypto_sha256_add(struct crypto_sha256 *s, const void *p, size_t n);
void crypto_sha256_end(struct crypto_sha256 *s, uint8_t out[CRYPTO_SHA256_SIZE]);
/* The same of bytes that are all there. */
void crypto_sha256_of(const void *p, size_t n, uint8_t out[CRYPTO_SHA256_SIZE]);

void crypto_hmac_sha256(const void *key, size_t key_size, const void *p, size_t n, uint8_t out[CRYPTO_SHA256_SIZE]);

/* RFC 5869: a key of `size` bytes (at most 8160) for the purpose `info` out of the key material `ikm`. An empty salt
 * is allowed. */
void crypto_hkdf_sha256(
    const void *ikm, size_t ikm_size, const void *salt, size_t salt_size, const char *info, uint8_t *out, size_t size);

/* Compares n bytes in a time that does not depend on them. */
bool crypto_equal(const void *a, const void *b, size_t n);
/* Overwrites a secret; the compiler does not optimise it away. */
void crypto_wipe(void *p, size_t n);

/* Authenticated encryption of a stream of pieces (libsodium's secretstream, XChaCha20-Poly1305): order, number and end
 * of the pieces are proved, and `ad` (which may be empty) with each of them. The state is a plain value: a copy taken
 * before a piece opens that piece again later, of a stream being sealed as well. Wipe it when done. */
#define CRYPTO_KEY_SIZE 32
#define CRYPTO_STREAM_HEADER 24
#define CRYPTO_STREAM_OVERHEAD 17 /* bytes that each sealed piece is longer */
struct crypto_stream {
	_Alignas(8) uint8_t state[56];
};
void crypto_stream_seal_begin(
    struct crypto_stream *s, const uint8_t key[CRYPTO_KEY_SIZE], uint8_t header[CRYPTO_STREAM_HEADER]);
/* Writes n + CRYPTO_STREAM_OVERHEAD bytes to `out`. */
void crypto_stream_seal(
    struct crypto_stream *s, const void *clear, size_t n, const void *ad, size_t ad_size, bool last, uint8_t *out);
void crypto_stream_open_begin(
    struct crypto_stream *s, const uint8_t key[CRYPTO_KEY_SIZE], const uint8_t header[CRYPTO_STREAM_HEADER]);
/* Writes n - CRYPTO_STREAM_OVERHEAD bytes to `clear`; false, and nothing that may be used, when the piece is not the
 * one that was sealed at this place with this `ad`. */
bool crypto_stream_open(struct crypto_stream *s, const void *sealed, size_t n, const void *ad, size_t ad_size,
    void *clear, bool *last) MUST_CHECK;

/* A key under another key: a random nonce, then the key encrypted and authenticated together with `ad`. */
#define CRYPTO_WRAPPED_SIZE (24 + CRYPTO_KEY_SIZE + 16)
void crypto_wrap(const uint8_t master[CRYPTO_KEY_SIZE], const void *ad, size_t ad_size,
    const uint8_t key[CRYPTO_KEY_SIZE], uint8_t out[CRYPTO_WRAPPED_SIZE]);
/* False when it was not wrapped by this master with this `ad`. */
bool crypto_unwrap(const uint8_t master[CRYPTO_KEY_SIZE], const void *ad, size_t ad_size,
    const uint8_t wrapped[CRYPTO_WRAPPED_SIZE], uint8_t key[CRYPTO_KEY_SIZE]) MUST_CHECK;

/* Lower-case hexadecimal: 2n characters and a NUL. */
void crypto_hex(const void *p, size_t n, char *out);
/* Exactly 2n hexadecimal characters, either case; false for anything else. */
bool crypto_unhex(const char *s, void *out, size_t n);

/* Base64 with the alphabet for URLs, without padding (RFC 4648, 5): room for the text of n bytes and its NUL. */
#define CRYPTO_BASE64URL_SIZE(n) (((n)*4 + 2) / 3 + 1)
void crypto_base64url(const void *p, size_t n, char *out);
/* Decodes n characters; false when they are not that form (padding, other characters, bits left over) or when the
 * bytes do not fit into `max`. */
bool crypto_unbase64url(const char *s, size_t n, void *out, size_t max, size_t *size);
/* The same of the ordinary alphabet, with its padding (RFC 4648, 4). */
bool crypto_unbase64(const char *s, size_t n, void *out, size_t max, size_t *size);

#endif
