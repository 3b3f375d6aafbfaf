/* Encryption of what is stored: streams of pieces, and keys under keys. */
#include "crypto.h"
#include "error.h"

#include <sodium.h>
#include <string.h>

_Static_assert(
    sizeof(crypto_secretstream_xchacha20poly1305_state) <= sizeof(struct crypto_stream), "room for the state");
_Static_assert(_Alignof(crypto_secretstream_xchacha20poly1305_state) <= 8, "aligned as the state wants it");
_Static_assert(crypto_secretstream_xchacha20poly1305_KEYBYTES == CRYPTO_KEY_SIZE, "one size of keys");
_Static_assert(crypto_secretstream_xchacha20poly1305_HEADERBYTES == CRYPTO_STREAM_HEADER, "size of the header");
_Static_assert(crypto_secretstream_xchacha20poly1305_ABYTES == CRYPTO_STREAM_OVERHEAD, "overhead of a piece");
_Static_assert(
    crypto_aead_xchacha20poly1305_ietf_NPUBBYTES + CRYPTO_KEY_SIZE + crypto_aead_xchacha20poly1305_ietf_ABYTES ==
	CRYPTO_WRAPPED_SIZE,
    "size of a wrapped key");

#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES

static crypto_secretstream_xchacha20poly1305_state *state_of(struct crypto_stream *s)
{
	return (crypto_secretstream_xchacha20poly1305_state *)(void *)s->state;
}

/* The library picks its fastest code here; and its random generator is ready. */
static void start(void)
{
	if (sodium_init() < 0)
		BUG("libsodium does not start");
}

void crypto_stream_seal_begin(
    struct crypto_stream *s, const uint8_t key[CRYPTO_KEY_SIZE], uint8_t header[CRYPTO_STREAM_HEADER])
{
	start();
	if (crypto_secretstream_xchacha20poly1305_init_push(state_of(s), header, key) != 0)
		BUG("a stream does not start");
}

void crypto_stream_seal(
    struct crypto_stream *s, const void *clear, size_t n, const void *ad, size_t ad_size, bool last, uint8_t *out)
{
	uint8_t tag =
	    last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
	if (crypto_secretstream_xchacha20poly1305_push(state_of(s), out, NULL, clear, n, ad, ad_size, tag) != 0)
		BUG("a piece can't be sealed");
}

void crypto_stream_open_begin(
    struct crypto_stream *s, const uint8_t key[CRYPTO_KEY_SIZE], const uint8_t header[CRYPTO_STREAM_HEADER])
{
	start();
	if (crypto_secretstream_xchacha20poly1305_init_pull(state_of(s), header, key) != 0)
		BUG("a stream does not start");
}

bool crypto_stream_open(
    struct crypto_stream *s, const void *sealed, size_t n, const void *ad, size_t ad_size, void *clear, bool *last)
{
	uint8_t tag;
	if (n < CRYPTO_STREAM_OVERHEAD ||
	    crypto_secretstream_xchacha20poly1305_pull(state_of(s), clear, NULL, &tag, sealed, n, ad, ad_size) != 0)
		return false;
	*last = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
	return true;
}

void crypto_wrap(const uint8_t master[CRYPTO_KEY_SIZE], const void *ad, size_t ad_size,
    const uint8_t key[CRYPTO_KEY_SIZE], uint8_t out[CRYPTO_WRAPPED_SIZE])
{
	crypto_random(out, NONCE);
	if (crypto_aead_xchacha20poly1305_ietf_encrypt(
		out + NONCE, NULL, key, CRYPTO_KEY_SIZE, ad, ad_size, NULL, out, master) != 0)
		BUG("a key can't be wrapped");
}

bool crypto_unwrap(const uint8_t master[CRYPTO_KEY_SIZE], const void *ad, size_t ad_size,
    const uint8_t wrapped[CRYPTO_WRAPPED_SIZE], uint8_t key[CRYPTO_KEY_SIZE])
{
	return crypto_aead_xchacha20poly1305_ietf_decrypt(
		   key, NULL, NULL, wrapped + NONCE, CRYPTO_WRAPPED_SIZE - NONCE, ad, ad_size, wrapped, master) == 0;
}
