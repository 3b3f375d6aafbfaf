/* Stored passwords. libscrypt's format carries the cost: $s1$NNrrpp$salt$hash, with NN = log2 N, r and p in
 * hexadecimal. */
#include "crypto.h"
#include "passwords.h"

#include <libscrypt.h>
#include <stdio.h>
#include <string.h>

#define R 8
#define P 1
#define LOG_N_MIN 10
#define LOG_N_MAX 20 /* a gigabyte: no stored hash may ask for more */
#define MCF_LENGTH 124

_Static_assert(PASSWORD_HASH_SIZE == SCRYPT_MCF_LEN, "libscrypt writes that many bytes");

/* The password as libscrypt wants it, with a NUL behind; false when it can't be one. */
static bool terminate(const char *password, size_t n, char out[PASSWORD_MAX + 1])
{
	if (n > PASSWORD_MAX || memchr(password, '\0', n))
		return false;
	memcpy(out, password, n);
	out[n] = '\0';
	return true;
}

enum result password_hash(const char *password, size_t n, unsigned log_n, char out[PASSWORD_HASH_SIZE], struct error *e)
{
	char text[PASSWORD_MAX + 1];
	if (log_n < LOG_N_MIN || log_n > LOG_N_MAX)
		BUG("scrypt with log N = %u", log_n);
	if (n > PASSWORD_MAX)
		return error_set(e, ERR_TOO_LONG, "password", "max", num_text(PASSWORD_MAX).s);
	if (!terminate(password, n, text))
		return error_set(e, ERR_NUL_IN_TEXT, "password");
	int ok = libscrypt_hash(out, text, 1U << log_n, R, P);
	crypto_wipe(text, sizeof(text));
	if (ok <= 0) {
		error_cause(e, "scrypt fails");
		return error_set(e, ERR_UNAVAILABLE, NULL);
	}
	return ERR_OK;
}

/* The value of two lower-case hexadecimal digits, or a large one. */
static unsigned hex2(const char *s)
{
	static const char digits[] = "0123456789abcdef";
	const char *a = s[0] ? strchr(digits, s[0]) : NULL, *b = s[0] && s[1] ? strchr(digits, s[1]) : NULL;
	return a && b ? (unsigned)(a - digits) * 16 + (unsigned)(b - digits) : 1000;
}

/* The cost of a stored hash; false when it is not one that we could have written. */
static bool stored_cost(const char *stored, unsigned *log_n, unsigned *r, unsigned *p)
{
	if (!stored || strlen(stored) != MCF_LENGTH || strncmp(stored, "$s1$", 4) != 0 || stored[10] != '$')
		return false;
	*log_n = hex2(stored + 4);
	*r = hex2(stored + 6);
	*p = hex2(stored + 8);
	return *log_n >= LOG_N_MIN && *log_n <= LOG_N_MAX && *r == R && *p >= 1 && *p <= 16;
}

/* Adds the N of each scrypt to *work, next to where it is paid. */
static enum result check(const char *password, size_t n, const char *stored, uint64_t *work, struct error *e)
{
	unsigned log_n, r, p;
	char text[PASSWORD_MAX + 1], copy[PASSWORD_HASH_SIZE];
	if (!stored_cost(stored, &log_n, &r, &p)) {
		error_cause(e, "a stored password hash is malformed");
		return error_set(e, ERR_INVALID_CREDENTIALS, NULL);
	}
	if (!terminate(password, n, text))
		return error_set(e, ERR_INVALID_CREDENTIALS, NULL);
	/* libscrypt cuts the hash up where it lies, and says -1 for a malformed one: only above 0 is "right". */
	memcpy(copy, stored, MCF_LENGTH + 1);
	int answer = libscrypt_check(copy, text);
	*work += (uint64_t)p << log_n;
	crypto_wipe(text, sizeof(text));
	if (answer > 0)
		return ERR_OK;
	if (answer < 0)
		error_cause(e, "a stored password hash is malformed");
	return error_set(e, ERR_INVALID_CREDENTIALS, NULL);
}

enum result password_check(const char *password, size_t n, const char *stored, struct error *e)
{
	uint64_t work = 0;
	return check(password, n, stored, &work, e);
}

/* Salt and hash of zeros: no password has it, and finding that out costs a whole scrypt. */
static enum result check_dummy(const char *password, size_t n, unsigned log_n, uint64_t *work, struct error *e)
{
	char stored[PASSWORD_HASH_SIZE];
	snprintf(stored, sizeof(stored), "$s1$%02x%02x%02x$AAAAAAAAAAAAAAAAAAAAAA==$", log_n, (unsigned)R, (unsigned)P);
	size_t at = strlen(stored);
	memset(stored + at, 'A', 86);
	memcpy(stored + at + 86, "==", 3);
	if (check(password, n, stored, work, e) == ERR_OK)
		BUG("the dummy password was right");
	return ERR_INVALID_CREDENTIALS;
}

enum result password_check_evenly(
    const char *password, size_t n, const char *stored, unsigned log_n, uint64_t *work, struct error *e)
{
	unsigned is, r, p;
	if (!stored)
		return check_dummy(password, n, log_n, work, e);
	enum result rc = check(password, n, stored, work, e);
	if (rc != ERR_INVALID_CREDENTIALS || !stored_cost(stored, &is, &r, &p))
		return rc;
	/* 2^is + 2^is + 2^(is + 1) ... + 2^(log_n - 1) = 2^log_n */
	for (; is < log_n; is++) {
		struct error ignored;
		error_clear(&ignored);
		rc = check_dummy(password, n, is, work, &ignored);
	}
	return rc;
}

bool password_needs_rehash(const char *stored, unsigned log_n)
{
	unsigned is, r, p;
	return !stored_cost(stored, &is, &r, &p) || is < log_n;
}
