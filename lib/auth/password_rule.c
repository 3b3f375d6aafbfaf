/* The rule for new passwords. */
#include "common_passwords.h"
#include "crypto.h"
#include "passwords.h"
#include "text.h"

#include <string.h>
#include <zxcvbn.h>

#define BITS_MIN 30.0
#define LONG_ENOUGH 15 /* bytes, with three classes: passes zxcvbn's test */
#define PIECE 32       /* bytes shown to zxcvbn at once: its time grows with their fourth power, 7 s for 128 digits */
#define WORDS_MAX 16   /* of e-mail address, name and organisation each */
#define WORD_SIZE 64

/* A text folded to lower-case ASCII letters, digits and signs, without what people put between words. */
struct folded {
	char s[2 * PASSWORD_MAX + 1];
	size_t n;
};

struct words {
	char w[WORDS_MAX][WORD_SIZE];
	size_t n;
};

static const struct {
	uint32_t first, last;
	const char *as;
} accents[] = {
	{ 0xc0, 0xc5, "a" },
	{ 0xc6, 0xc6, "ae" },
	{ 0xc7, 0xc7, "c" },
	{ 0xc8, 0xcb, "e" },
	{ 0xcc, 0xcf, "i" },
	{ 0xd1, 0xd1, "n" },
	{ 0xd2, 0xd6, "o" },
	{ 0xd8, 0xd8, "o" },
	{ 0xd9, 0xdc, "u" },
	{ 0xdd, 0xdd, "y" },
	{ 0xdf, 0xdf, "ss" },
	{ 0xe0, 0xe5, "a" },
	{ 0xe6, 0xe6, "ae" },
	{ 0xe7, 0xe7, "c" },
	{ 0xe8, 0xeb, "e" },
	{ 0xec, 0xef, "i" },
	{ 0xf1, 0xf1, "n" },
	{ 0xf2, 0xf6, "o" },
	{ 0xf8, 0xf8, "o" },
	{ 0xf9, 0xfc, "u" },
	{ 0xfd, 0xfd, "y" },
	{ 0xff, 0xff, "y" },
	{ 0x152, 0x153, "oe" },
	{ 0x300, 0x36f, "" },
	{ 0x20ac, 0x20ac, "e" },
};

static void fold(const char *s, size_t n, struct folded *f)
{
	const char *end = s + n;
	f->n = 0;
	while (s < end && f->n + 2 < sizeof(f->s)) {
		uint32_t c = text_decode(&s, end);
		const char *as = NULL;
		for (size_t i = 0; i < ARRAY_LEN(accents); i++) {
			if (c >= accents[i].first && c <= accents[i].last)
				as = accents[i].as;
		}
		if (as) {
			for (; *as; as++)
				f->s[f->n++] = *as;
		} else if (c < 0x80 && !strchr(" -_.'", (int)c)) {
			f->s[f->n++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
		} else if (c >= 0x80) {
			f->s[f->n++] = '\x7f'; /* a letter of another script or a sign: like nothing in the lists */
		}
	}
	f->s[f->n] = '\0';
}

/* Leet spelling read as letters; `one` says what a 1 stands for. */
static void unleet(const char *s, size_t n, char one, char *out)
{
	static const char from[] = "034578@$!|(", to[] = "oeastbasilc";
	for (size_t i = 0; i < n; i++) {
		const char *p = strchr(from, s[i]);
		out[i] = s[i] == '1' ? one : p ? to[p - from] : s[i];
	}
	out[n] = '\0';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || c == '\x7f';
}

static bool in_list(const char *s, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(common_passwords); i++) {
		if (strncmp(common_passwords[i], s, n) == 0 && common_passwords[i][n] == '\0')
			return true;
	}
	return false;
}

/* Whether s is some of somebody's words put together, in their order. */
static bool of_words(const char *s, size_t n, const struct words *words)
{
	for (size_t first = 0; first < words->n; first++) {
		size_t at = 0;
		for (size_t i = first; i < words->n && at < n; i++) {
			size_t m = strlen(words->w[i]);
			if (m > n - at || memcmp(s + at, words->w[i], m) != 0)
				break;
			at += m;
		}
		if (at == n)
			return true;
	}
	return false;
}

/* A text's words, folded; signs part them. */
static void split(const char *s, struct words *out)
{
	out->n = 0;
	size_t left = s ? strlen(s) : 0;
	while (left > 0 && out->n < WORDS_MAX) {
		size_t n = strcspn(s, " \t-_.,;:'\"&@+/()");
		struct folded f;
		fold(s, n < PASSWORD_MAX ? n : PASSWORD_MAX, &f);
		if (f.n > 0 && f.n < WORD_SIZE)
			memcpy(out->w[out->n++], f.s, f.n + 1);
		n += n < left;
		s += n;
		left -= n;
	}
}

struct common {
	bool listed, personal;
};

static void look_up(const char *s, size_t n, const struct words *words, size_t n_words, struct common *found)
{
	found->listed |= in_list(s, n);
	for (size_t i = 0; i < n_words; i++)
		found->personal |= of_words(s, n, &words[i]);
}

/* Looks at the password without what stands behind its last letter, and with every part of that, as digits and signs
 * may be letters in disguise. */
static struct common is_common(const struct folded *f, const struct words *words, size_t n_words)
{
	struct common found = { false, false };
	char letters[sizeof(f->s)];
	size_t shortest = f->n;
	while (shortest > 0 && !is_letter(f->s[shortest - 1]))
		shortest--;
	if (shortest > 0 && strspn(f->s, (char[]){ f->s[0], '\0' }) >= shortest)
		found.listed = true; /* one letter again and again */
	for (size_t n = shortest > 0 ? shortest : 1; n <= f->n; n++) {
		look_up(f->s, n, words, n_words, &found);
		unleet(f->s, n, 'i', letters);
		look_up(letters, n, words, n_words, &found);
		unleet(f->s, n, 'l', letters);
		look_up(letters, n, words, n_words, &found);
	}
	crypto_wipe(letters, sizeof(letters));
	return found;
}

static unsigned classes(const char *s, size_t n)
{
	unsigned seen = 0;
	for (size_t i = 0; i < n; i++)
		seen |= s[i] >= 'a' && s[i] <= 'z'   ? 1
			: s[i] >= 'A' && s[i] <= 'Z' ? 2
			: s[i] >= '0' && s[i] <= '9' ? 4
						     : 8;
	return (unsigned)__builtin_popcount(seen);
}

/* Of its best piece: what stands beside that one makes a password no easier to guess. */
static bool has_bits(const char *password, size_t length, const char *const whole[3], const struct words words[3])
{
	char piece[PIECE + 1];
	bool enough = false;
	const char *user[3 + 3 * WORDS_MAX + 1];
	size_t n = 0;
	for (size_t i = 0; i < 3; i++) {
		if (whole[i] && whole[i][0])
			user[n++] = whole[i];
		for (size_t k = 0; k < words[i].n; k++)
			user[n++] = words[i].w[k];
	}
	user[n] = NULL;
	for (size_t at = 0; at < length && !enough; at += PIECE) {
		/* The last one is as long as the others. */
		size_t size = length < PIECE ? length : PIECE, from = at + size > length ? length - size : at;
		memcpy(piece, password + from, size);
		piece[size] = '\0';
		enough = ZxcvbnMatch(piece, user, NULL) >= BITS_MIN;
	}
	crypto_wipe(piece, sizeof(piece));
	return enough;
}

enum result password_rule_check(
    const char *password, size_t n, const char *email, const char *full_name, const char *organization, struct error *e)
{
	static const char field[] = "password";
	if (n < PASSWORD_MIN)
		return error_set(e, ERR_TOO_SHORT, field, "min", num_text(PASSWORD_MIN).s);
	if (n > PASSWORD_MAX)
		return error_set(e, ERR_TOO_LONG, field, "max", num_text(PASSWORD_MAX).s);
	if (memchr(password, '\0', n))
		return error_set(e, ERR_NUL_IN_TEXT, field);
	if (!text_utf8_valid(password, n))
		return error_set(e, ERR_INVALID_UTF8, field);

	const char *const whole[3] = { email, full_name, organization };
	struct words words[3];
	for (size_t i = 0; i < 3; i++)
		split(whole[i], &words[i]);
	char text[PASSWORD_MAX + 1];
	memcpy(text, password, n);
	text[n] = '\0';
	struct folded f;
	fold(text, n, &f);
	struct common common = is_common(&f, words, 3);
	bool strong = (n >= LONG_ENOUGH && classes(text, n) >= 3) || has_bits(text, n, whole, words);
	crypto_wipe(text, sizeof(text));
	crypto_wipe(&f, sizeof(f));
	if (common.listed)
		return error_set(e, ERR_COMMON_PASSWORD, field);
	if (common.personal || !strong)
		return error_set(e, ERR_WEAK_PASSWORD, field);
	return ERR_OK;
}
