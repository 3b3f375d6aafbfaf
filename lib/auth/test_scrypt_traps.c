/* What libscrypt does that its callers do not expect, each shown on the library itself and, beside it, kept from us. A
 * failing first half means that the library has changed: then our half may be simplified. */
#include "passwords.h"

#include <criterion/criterion.h>
#include <libscrypt.h>
#include <stdlib.h>
#include <string.h>

#define COST 10

static struct error err;

static void stored_of(const char *password, char out[PASSWORD_HASH_SIZE])
{
	error_clear(&err);
	cr_assert_eq(password_hash(password, strlen(password), COST, out, &err), ERR_OK);
}

static enum result check(const char *password, const char *stored)
{
	error_clear(&err);
	return password_check(password, strlen(password), stored, &err);
}

Test(scrypt_traps, the_default_of_p_is_sixteen_times_ours)
{
	char stored[PASSWORD_HASH_SIZE];
	cr_assert_eq(SCRYPT_p, 16);
	stored_of("TestPassword123!", stored);
	cr_assert_eq(strncmp(stored, "$s1$0a0801$", 11), 0, "%.11s", stored);
}

Test(scrypt_traps, a_malformed_hash_gives_minus_one_which_is_true)
{
	char malformed[SCRYPT_MCF_LEN] = "$s1$nonsense";
	cr_assert_eq(libscrypt_check(malformed, "x"), -1);
	cr_assert_eq(check("x", "$s1$nonsense"), ERR_INVALID_CREDENTIALS);
}

Test(scrypt_traps, checking_cuts_the_hash_up)
{
	char stored[PASSWORD_HASH_SIZE], mine[PASSWORD_HASH_SIZE];
	stored_of("TestPassword123!", stored);
	memcpy(mine, stored, sizeof(mine));
	cr_assert_gt(libscrypt_check(mine, "TestPassword123!"), 0);
	cr_assert_neq(memcmp(mine, stored, strlen(stored)), 0, "the library wrote into it");
	memcpy(mine, stored, sizeof(mine));
	cr_assert_eq(check("TestPassword123!", stored), ERR_OK);
	cr_assert_eq(memcmp(mine, stored, sizeof(mine)), 0);
}

Test(scrypt_traps, three_bytes_of_a_hash_are_read_without_looking_whether_they_are_there)
{
	/* The library reads behind these; so it never sees them. Run under AddressSanitizer. */
	const char *tiny[] = { "", "$", "$s" };
	for (size_t i = 0; i < ARRAY_LEN(tiny); i++) {
		char *exact = strdup(tiny[i]);
		cr_assert_eq(check("x", exact), ERR_INVALID_CREDENTIALS);
		free(exact);
	}
}

Test(scrypt_traps, n_must_be_a_power_of_two)
{
	char out[SCRYPT_MCF_LEN];
	cr_assert_eq(libscrypt_hash(out, "x", 1000, 8, 1), 0);
	char stored[PASSWORD_HASH_SIZE];
	stored_of("x", stored); /* ours takes its logarithm */
}

Test(scrypt_traps, a_stored_hash_has_124_characters_and_no_other_length_is_looked_at)
{
	char stored[PASSWORD_HASH_SIZE];
	stored_of("TestPassword123!", stored);
	cr_assert_eq(strlen(stored), 124);
	stored[123] = '\0';
	cr_assert_eq(check("TestPassword123!", stored), ERR_INVALID_CREDENTIALS);
}

Test(scrypt_traps, r_and_p_are_bytes_so_only_ours_are_believed)
{
	char stored[PASSWORD_HASH_SIZE];
	const char *costs[] = { "0a0800", "0a08ff", "0a0001", "0a1001", "000801", "ff0801" };
	for (size_t i = 0; i < ARRAY_LEN(costs); i++) {
		stored_of("TestPassword123!", stored);
		memcpy(stored + 4, costs[i], 6);
		cr_assert_eq(check("TestPassword123!", stored), ERR_INVALID_CREDENTIALS, "%s", costs[i]);
		cr_assert_str_eq(err.cause, "a stored password hash is malformed");
	}
}

Test(scrypt_traps, a_nul_ends_a_password)
{
	char out[SCRYPT_MCF_LEN];
	cr_assert_gt(libscrypt_hash(out, "secret\0more", 1024, 8, 1), 0);
	cr_assert_gt(libscrypt_check(out, "secret"), 0, "half of it is enough");
	char stored[PASSWORD_HASH_SIZE];
	error_clear(&err);
	cr_assert_eq(password_hash("secret\0more", 11, COST, stored, &err), ERR_NUL_IN_TEXT);
}
