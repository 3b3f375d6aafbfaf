/* Passwords: stored as scrypt hashes that carry their own cost, and the rule for new ones. Each hash or check costs
 * 128 * 8 * 2^log_n bytes of memory and, at log_n 15, about 80 ms: the routes that call them belong to the bulk pool.
 * Passwords are never logged and never put into an error. */
#ifndef AUTH_PASSWORDS_H
#define AUTH_PASSWORDS_H

#include "error.h"
#include "mem.h"

#define PASSWORD_HASH_SIZE 128 /* room for a stored hash and its NUL */
#define PASSWORD_MIN 8         /* bytes */
#define PASSWORD_MAX 128

/* Hashes with N = 2^log_n (10..20), r = 8, p = 1 and a fresh salt. Faults: NUL_IN_TEXT, TOO_LONG (a longer one could
 * never be given at login), UNAVAILABLE (no memory). `n` is the password's length in bytes, so that a NUL in it is
 * seen and not taken for its end. */
enum result password_hash(
    const char *password, size_t n, unsigned log_n, char out[PASSWORD_HASH_SIZE], struct error *e) MUST_CHECK;

/* ERR_OK when the password is the right one, else INVALID_CREDENTIALS; a stored hash that is damaged is refused the
 * same way, with the cause for the log. */
enum result password_check(const char *password, size_t n, const char *stored, struct error *e) MUST_CHECK;

/* The same for a login. Of an account that does not exist (stored NULL) a hash of cost log_n is made all the same, and
 * a wrong password costs as much when the stored hash is of a lower cost: the time of a refusal does not tell which
 * addresses have an account. Adds the N of each scrypt that was made to *work. */
enum result password_check_evenly(
    const char *password, size_t n, const char *stored, unsigned log_n, uint64_t *work, struct error *e) MUST_CHECK;

/* Whether a stored hash was made with a lower cost than the one wished for today (or is damaged): hash again after the
 * next good login. */
bool password_needs_rehash(const char *stored, unsigned log_n);

/* The rule for a new password: 8..128 bytes of UTF-8 without NUL; not in the shipped list of common French and English
 * passwords, also in disguise (case, accents, leet, digits and signs behind); not made in the same way of words of
 * one's own e-mail address, name or organisation (each may be NULL); at least 30 bits by libzxcvbn (its best 32 bytes),
 * which knows those words too, except that 15 bytes or more of three classes of characters pass that last test. Faults
 * at field "password": TOO_SHORT, TOO_LONG, INVALID_UTF8, NUL_IN_TEXT, COMMON_PASSWORD (the list), WEAK_PASSWORD (the
 * rest). */
enum result password_rule_check(const char *password, size_t n, const char *email, const char *full_name,
    const char *organization, struct error *e) MUST_CHECK;

#endif
