/* Bytes as text. */
#include "crypto.h"

void crypto_hex(const void *p, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *b = p;
	for (size_t i = 0; i < n; i++) {
		*out++ = digits[b[i] >> 4];
		*out++ = digits[b[i] & 15];
	}
	*out = '\0';
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool crypto_unhex(const char *s, void *out, size_t n)
{
	uint8_t *b = out;
	for (size_t i = 0; i < n; i++) {
		int high = hex_value(s[2 * i]);
		int low = high < 0 ? -1 : hex_value(s[2 * i + 1]); /* never past the end of a short text */
		if (low < 0)
			return false;
		b[i] = (uint8_t)(high << 4 | low);
	}
	return s[2 * n] == '\0';
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void crypto_base64url(const void *p, size_t n, char *out)
{
	const uint8_t *b = p;
	uint32_t bits = 0;
	unsigned held = 0;
	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | b[i];
		held += 8;
		while (held >= 6) {
			held -= 6;
			*out++ = alphabet[bits >> held & 63];
		}
	}
	if (held > 0)
		*out++ = alphabet[bits << (6 - held) & 63];
	*out = '\0';
}

/* `last`: the two characters that the alphabets do not share. */
static int base64_value(char c, const char last[2])
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == last[0] ? 62 : c == last[1] ? 63 : -1;
}

static bool decode(const char *s, size_t n, const char last[2], void *out, size_t max, size_t *size)
{
	uint8_t *b = out;
	uint32_t bits = 0;
	unsigned held = 0;
	*size = 0;
	for (size_t i = 0; i < n; i++) {
		int v = base64_value(s[i], last);
		if (v < 0)
			return false;
		bits = bits << 6 | (uint32_t)v;
		held += 6;
		if (held >= 8) {
			held -= 8;
			if (*size == max)
				return false;
			b[(*size)++] = (uint8_t)(bits >> held);
		}
	}
	/* One text for one value: six bits over are a character too many, others must be zero. */
	return held < 6 && (bits & ((1U << held) - 1)) == 0;
}

bool crypto_unbase64url(const char *s, size_t n, void *out, size_t max, size_t *size)
{
	return decode(s, n, "-_", out, max, size);
}

bool crypto_unbase64(const char *s, size_t n, void *out, size_t max, size_t *size)
{
	*size = 0;
	if (n % 4 != 0)
		return false;
	for (int padding = 0; padding < 2 && n > 0 && s[n - 1] == '='; padding++)
		n--;
	return decode(s, n, "+/", out, max, size);
}
