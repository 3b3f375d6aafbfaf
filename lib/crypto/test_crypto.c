#include "crypto.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *hex(const void *p, size_t n)
{
	static char out[513];
	crypto_hex(p, n, out);
	return out;
}

Test(crypto, sha256_of_a_known_text_in_one_piece_and_in_many)
{
	uint8_t d[32];
	crypto_sha256_of("abc", 3, d);
	cr_assert_str_eq(hex(d, 32), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	TALLOC_CTX *mem = mem_new("test", 0);
	struct crypto_sha256 *s = crypto_sha256_begin(mem);
	crypto_sha256_add(s, "a", 1);
	crypto_sha256_add(s, "", 0);
	crypto_sha256_add(s, "bc", 2);
	crypto_sha256_end(s, d);
	cr_assert_str_eq(hex(d, 32), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	s = crypto_sha256_begin(mem);
	crypto_sha256_end(s, d);
	cr_assert_str_eq(hex(d, 32), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	talloc_free(mem);
}

Test(crypto, hmac_of_rfc_4231)
{
	uint8_t d[32];
	crypto_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, d);
	cr_assert_str_eq(hex(d, 32), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	crypto_hmac_sha256(NULL, 0, "", 0, d);
	cr_assert_str_eq(hex(d, 32), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

Test(crypto, hkdf_of_rfc_5869)
{
	uint8_t ikm[22], salt[13], okm[42];
	memset(ikm, 0x0b, sizeof(ikm));
	cr_assert(crypto_unhex("000102030405060708090a0b0c", salt, 13));
	crypto_hkdf_sha256(ikm, 22, salt, 13, "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9", okm, 42);
	cr_assert_str_eq(
	    hex(okm, 42), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
	crypto_hkdf_sha256(ikm, 22, NULL, 0, "", okm, 42);
	cr_assert_str_eq(
	    hex(okm, 42), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

Test(crypto, random_bytes_differ)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 };
	crypto_random(a, 32);
	crypto_random(b, 32);
	cr_assert_not(crypto_equal(a, b, 32));
	cr_assert(crypto_equal(a, a, 32));
	crypto_wipe(a, 32);
	crypto_wipe(b, 32);
	cr_assert(crypto_equal(a, b, 32));
}

Test(crypto, hexadecimal_goes_both_ways_and_refuses_the_rest)
{
	uint8_t b[2];
	cr_assert(crypto_unhex("00fF", b, 2));
	cr_assert_str_eq(hex(b, 2), "00ff");
	const char *bad[] = { "", "0", "00f", "00ff0", "00fg", "00 ff", "0x00" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_not(crypto_unhex(bad[i], b, 2), "%s", bad[i]);
}

Test(crypto, base64url_goes_both_ways_at_every_length)
{
	uint8_t in[70], out[70];
	char text[CRYPTO_BASE64URL_SIZE(70)];
	crypto_random(in, sizeof(in));
	for (size_t n = 0; n <= sizeof(in); n++) {
		size_t size;
		memset(text, 'X', sizeof(text));
		crypto_base64url(in, n, text);
		cr_assert_eq(strlen(text) + 1, CRYPTO_BASE64URL_SIZE(n));
		cr_assert(crypto_unbase64url(text, strlen(text), out, n, &size));
		cr_assert_eq(size, n);
		cr_assert_eq(memcmp(in, out, n), 0);
		if (n > 0)
			cr_assert_not(crypto_unbase64url(text, strlen(text), out, n - 1, &size), "no room");
	}
	crypto_base64url("\xfb\xff\xfe", 3, text);
	cr_assert_str_eq(text, "-__-");
}

Test(crypto, base64url_refuses_other_forms)
{
	const char *bad[] = { "A", "AA==", "AA=", "+/+/", "AB", "AAB", "A A", "AAAAA" };
	uint8_t out[16];
	size_t size;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_not(crypto_unbase64url(bad[i], strlen(bad[i]), out, sizeof(out), &size), "%s", bad[i]);
}

Test(crypto, a_stream_opens_in_its_order_and_from_any_copy_of_its_state)
{
	uint8_t key[CRYPTO_KEY_SIZE], header[CRYPTO_STREAM_HEADER];
	uint8_t a[3 + CRYPTO_STREAM_OVERHEAD], b[CRYPTO_STREAM_OVERHEAD], clear[3];
	struct crypto_stream s, before_b, again;
	bool last = true;
	crypto_random(key, sizeof(key));
	crypto_stream_seal_begin(&s, key, header);
	crypto_stream_seal(&s, "abc", 3, "x", 1, false, a);
	before_b = s;
	crypto_stream_seal(&s, NULL, 0, "x", 1, true, b);

	crypto_stream_open_begin(&s, key, header);
	cr_assert(crypto_stream_open(&s, a, sizeof(a), "x", 1, clear, &last));
	cr_assert(memcmp(clear, "abc", 3) == 0 && !last);
	again = s;
	cr_assert(crypto_stream_open(&s, b, sizeof(b), "x", 1, clear, &last) && last);
	cr_assert(crypto_stream_open(&again, b, sizeof(b), "x", 1, clear, &last) && last);
	cr_assert(
	    crypto_stream_open(&before_b, b, sizeof(b), "x", 1, clear, &last), "the sealer's state opens as well");

	crypto_stream_open_begin(&s, key, header);
	cr_assert_not(crypto_stream_open(&s, b, sizeof(b), "x", 1, clear, &last), "the second piece first");
	crypto_stream_open_begin(&s, key, header);
	cr_assert_not(crypto_stream_open(&s, a, sizeof(a), "y", 1, clear, &last), "of another thing");
	a[1] ^= 1;
	crypto_stream_open_begin(&s, key, header);
	cr_assert_not(crypto_stream_open(&s, a, sizeof(a), "x", 1, clear, &last), "a bit was flipped");
	cr_assert_not(crypto_stream_open(&s, a, CRYPTO_STREAM_OVERHEAD - 1, "x", 1, clear, &last), "too short");
}

Test(crypto, a_wrapped_key_opens_with_its_master_and_purpose_only)
{
	uint8_t master[CRYPTO_KEY_SIZE], key[CRYPTO_KEY_SIZE], back[CRYPTO_KEY_SIZE], wrapped[CRYPTO_WRAPPED_SIZE];
	crypto_random(master, sizeof(master));
	crypto_random(key, sizeof(key));
	crypto_wrap(master, "id", 2, key, wrapped);
	cr_assert(crypto_unwrap(master, "id", 2, wrapped, back) && memcmp(key, back, sizeof(key)) == 0);
	cr_assert_not(crypto_unwrap(master, "di", 2, wrapped, back));
	wrapped[30] ^= 1;
	cr_assert_not(crypto_unwrap(master, "id", 2, wrapped, back));
	wrapped[30] ^= 1;
	master[0] ^= 1;
	cr_assert_not(crypto_unwrap(master, "id", 2, wrapped, back));
}

Test(crypto, base64_is_read_with_its_padding)
{
	static const char *const good[][2] = { { "", "" }, { "YQ==", "a" }, { "YWI=", "ab" }, { "YWJj", "abc" },
		{ "+/+/", "\xfb\xff\xbf" } };
	const char *bad[] = { "YQ", "YQ=", "YQ===", "Y===", "====", "=", "YR==", "YWJ=", "-_-_",
		"Y Q=", "YQ==YQ==", "YWI=\n" };
	uint8_t out[16];
	size_t size;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		cr_assert(crypto_unbase64(good[i][0], strlen(good[i][0]), out, sizeof(out), &size), "%s", good[i][0]);
		cr_assert_eq(size, strlen(good[i][1]));
		cr_assert_eq(memcmp(out, good[i][1], size), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_not(crypto_unbase64(bad[i], strlen(bad[i]), out, sizeof(out), &size), "%s", bad[i]);
	cr_assert_not(crypto_unbase64("YWJj", 4, out, 2, &size), "no room");
}
