#include "passwords.h"

#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

#define COST 10 /* of the tests */

static struct error err;

static enum result hash(const char *s, char out[PASSWORD_HASH_SIZE])
{
	error_clear(&err);
	return password_hash(s, strlen(s), COST, out, &err);
}

static enum result check(const char *s, const char *stored)
{
	error_clear(&err);
	return password_check(s, strlen(s), stored, &err);
}

static enum result rule(const char *s)
{
	error_clear(&err);
	return password_rule_check(s, strlen(s), "claire.fontaine@batisud.example", "Claire Fontaine",
	    "B\xc3\xa2tiSud Construction SARL", &err);
}

Test(passwords, the_right_one_and_no_other)
{
	char stored[PASSWORD_HASH_SIZE], other[PASSWORD_HASH_SIZE];
	cr_assert_eq(hash("TestPassword123!", stored), ERR_OK);
	cr_assert_eq(hash("TestPassword123!", other), ERR_OK);
	cr_assert_str_neq(stored, other, "each has its own salt");
	cr_assert_eq(check("TestPassword123!", stored), ERR_OK);
	cr_assert_eq(check("TestPassword123!", stored), ERR_OK, "checking does not change the stored hash");
	cr_assert_eq(check("TestPassword123", stored), ERR_INVALID_CREDENTIALS);
	cr_assert_eq(check("testpassword123!", stored), ERR_INVALID_CREDENTIALS);
	cr_assert_eq(check("", stored), ERR_INVALID_CREDENTIALS);
}

Test(passwords, a_damaged_hash_lets_nobody_in)
{
	char stored[PASSWORD_HASH_SIZE], bad[300];
	cr_assert_eq(hash("TestPassword123!", stored), ERR_OK);
	const char *fixed[] = { "", "$", "$s1", "$s1$", "x", "$s1$0a0801$$", "$2b$10$abcdefghijklmnopqrstuv", NULL };
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
		cr_assert_eq(check("TestPassword123!", fixed[i]), ERR_INVALID_CREDENTIALS, "%s", fixed[i]);
	for (size_t i = 0; i < strlen(stored); i++) {
		strncpy(bad, stored, sizeof(bad));
		bad[i] = bad[i] == '#' ? '%' : '#';
		cr_assert_eq(check("TestPassword123!", bad), ERR_INVALID_CREDENTIALS, "damaged at %zu", i);
		bad[i] = '\0';
		cr_assert_eq(check("TestPassword123!", bad), ERR_INVALID_CREDENTIALS, "cut at %zu", i);
	}
	memset(bad, 'A', sizeof(bad));
	memcpy(bad, stored, 124);
	bad[299] = '\0';
	cr_assert_eq(check("TestPassword123!", bad), ERR_INVALID_CREDENTIALS, "too long");
	strncpy(bad, stored, sizeof(bad));
	memcpy(bad + 4, "1f", 2);
	cr_assert_eq(check("TestPassword123!", bad), ERR_INVALID_CREDENTIALS, "a cost that would take all memory");
	cr_assert_str_eq(err.cause, "a stored password hash is malformed");
}

Test(passwords, a_nul_does_not_end_a_password)
{
	char stored[PASSWORD_HASH_SIZE];
	error_clear(&err);
	cr_assert_eq(password_hash("secret\0more", 11, COST, stored, &err), ERR_NUL_IN_TEXT);
	cr_assert_eq(hash("secret", stored), ERR_OK);
	error_clear(&err);
	cr_assert_eq(password_check("secret\0more", 11, stored, &err), ERR_INVALID_CREDENTIALS);
	error_clear(&err);
	cr_assert_eq(password_rule_check("vL9#\0qT2xx", 10, NULL, NULL, NULL, &err), ERR_NUL_IN_TEXT);
}

Test(passwords, too_long_ones_are_refused_before_any_work)
{
	char stored[PASSWORD_HASH_SIZE], s[PASSWORD_MAX + 2];
	memset(s, 'x', sizeof(s));
	error_clear(&err);
	cr_assert_eq(password_hash(s, PASSWORD_MAX + 1, COST, stored, &err), ERR_TOO_LONG);
	error_clear(&err);
	cr_assert_eq(password_hash(s, PASSWORD_MAX, COST, stored, &err), ERR_OK);
	cr_assert_eq(password_check(s, PASSWORD_MAX, stored, &err), ERR_OK);
	cr_assert_eq(password_check(s, PASSWORD_MAX + 1, stored, &err), ERR_INVALID_CREDENTIALS);
}

Test(passwords, the_cost_stands_in_the_hash)
{
	char stored[PASSWORD_HASH_SIZE];
	cr_assert_eq(hash("TestPassword123!", stored), ERR_OK);
	cr_assert_not(password_needs_rehash(stored, COST));
	cr_assert(password_needs_rehash(stored, COST + 1));
	cr_assert_not(password_needs_rehash(stored, COST - 1), "never weaker than it is");
	cr_assert(password_needs_rehash("", COST));
	cr_assert(password_needs_rehash(NULL, COST));
	error_clear(&err);
	cr_assert_eq(password_hash("TestPassword123!", 16, COST + 1, stored, &err), ERR_OK);
	cr_assert_eq(check("TestPassword123!", stored), ERR_OK, "an older cost goes on working");
}

/* The work of refusing a password: the sum of all N. */
static uint64_t work_of(const char *password, const char *stored, unsigned wished)
{
	uint64_t work = 0;
	error_clear(&err);
	cr_assert_eq(
	    password_check_evenly(password, strlen(password), stored, wished, &work, &err), ERR_INVALID_CREDENTIALS);
	cr_assert_eq(err.n_faults, 1);
	cr_assert_str_eq(err.cause, "");
	return work;
}

Test(passwords, an_unknown_account_costs_as_much_as_a_known_one_whatever_its_hash_cost)
{
	char stored[PASSWORD_HASH_SIZE];
	for (unsigned wished = COST; wished <= COST + 3; wished++) {
		uint64_t work = 0;
		cr_assert_eq(hash("TestPassword123!", stored), ERR_OK);
		cr_assert_eq(work_of("wrong password", stored, wished), 1U << wished);
		cr_assert_eq(work_of("wrong password", NULL, wished), 1U << wished);
		cr_assert_eq(password_check_evenly("TestPassword123!", 16, stored, wished, &work, &err), ERR_OK);
		cr_assert_eq(work, 1U << COST);
	}
	char s[PASSWORD_MAX + 2] = { 0 };
	memset(s, 'x', PASSWORD_MAX + 1);
	cr_assert_eq(work_of(s, NULL, COST), 0, "what can't be a password costs nothing, whoever gives it");
	cr_assert_eq(work_of(s, stored, COST), 0);
}

/* Time that this process has had: others on the machine count for nothing. */
static int64_t cpu_us(void)
{
	struct timespec t;
	cr_assert_eq(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t), 0);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

Test(passwords, the_clock_agrees)
{
	/* The best of several of each: caches that others have emptied only ever add. */
	char stored[PASSWORD_HASH_SIZE];
	error_clear(&err);
	cr_assert_eq(password_hash("TestPassword123!", 16, 13, stored, &err), ERR_OK);
	int64_t known = INT64_MAX, unknown = INT64_MAX;
	for (int i = 0; i < 7; i++) {
		int64_t t0 = cpu_us();
		work_of("wrong password", stored, 13);
		int64_t t1 = cpu_us();
		work_of("wrong password", NULL, 13);
		int64_t t2 = cpu_us();
		known = t1 - t0 < known ? t1 - t0 : known;
		unknown = t2 - t1 < unknown ? t2 - t1 : unknown;
	}
	cr_assert(unknown > known / 2 && known > unknown / 2, "known %lld us, unknown %lld us", (long long)known,
	    (long long)unknown);
}

Test(password_rule, good_ones_pass)
{
	const char *good[] = { "TestPassword123!", "MotDePasseSecurise123!", "correct cheval pile agrafe", "vL9#qT2x",
		"\xc3\xa9l\xc3\xa9phant-\xc5\x93uf-zinc" };
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		cr_assert_eq(rule(good[i]), ERR_OK, "%s", good[i]);
}

Test(password_rule, common_ones_are_refused_in_every_disguise)
{
	const char *bad[] = { "password", "Password123!", "PASSWORD", "p@ssw0rd", "P4$$w0rd2024", "Azerty123!",
		"azertyuiop", "Soleil123!", "5oleil2024!", "Bienvenue2025!", "bienvenue", "Bienvenue 2025",
		"Mot de passe 2024!", "M0tDeP4sse!!", "motdepasse", "12345678", "1234567890", "123456789!!!",
		"00000000", "Qwerty123456789!", "Welcome2024!", "\xc3\x89t\303\2512025!!", "F\xc3\xa9vrier2025",
		"Adm1n!2024", "Scorpius2025!", "aaaaaaaaaaaaaaaA1!", "Jet@ime123!", "Appel d'offres 2025!" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_eq(rule(bad[i]), ERR_COMMON_PASSWORD, "%s", bad[i]);
	cr_assert_str_eq(err.faults[0].field, "password");
}

Test(password_rule, ones_own_names_are_refused)
{
	const char *bad[] = { "BatiSud2025!", "B\xc3\xa2tiSud2025!", "batisudconstruction",
		"BatiSud-Construction-2025!", "ConstructionSarl2025!", "Claire2025!", "ClaireFontaine2025!",
		"Fontaine!2025", "b4tisud2025" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_eq(rule(bad[i]), ERR_WEAK_PASSWORD, "%s", bad[i]);
	error_clear(&err);
	cr_assert_eq(password_rule_check("ClaireFontaine2025!", 19, "a@b.fr", NULL, "Autre", &err), ERR_OK,
	    "somebody else's name is no secret of his");
}

Test(password_rule, easy_ones_are_refused)
{
	const char *bad[] = { "zaqxswcd", "abcd1234", "qazedctg", "20012002", "a1a1a1a1" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		enum result r = rule(bad[i]);
		cr_assert(r == ERR_WEAK_PASSWORD || r == ERR_COMMON_PASSWORD, "%s", bad[i]);
	}
}

Test(password_rule, lengths_and_bytes)
{
	char s[PASSWORD_MAX + 1];
	cr_assert_eq(rule("vL9#qT2"), ERR_TOO_SHORT);
	cr_assert_eq(rule(""), ERR_TOO_SHORT);
	for (size_t i = 0; i < sizeof(s); i++)
		s[i] = "vL9#qT2xWm"[i * 7 % 10];
	error_clear(&err);
	cr_assert_eq(password_rule_check(s, PASSWORD_MAX, NULL, NULL, NULL, &err), ERR_OK);
	cr_assert_eq(password_rule_check(s, PASSWORD_MAX + 1, NULL, NULL, NULL, &err), ERR_TOO_LONG);
	cr_assert_eq(rule("vL9#qT2x\xff"), ERR_INVALID_UTF8);
}

/* What whoever registers may make a worker do: digits are dates and sequences to zxcvbn, in every way to cut them. */
Test(password_rule, a_long_one_costs_no_more_than_a_hash)
{
	char s[PASSWORD_MAX + 1] = "";
	for (size_t i = 0; i < PASSWORD_MAX; i++)
		s[i] = "12"[i % 2];
	clock_t begun = clock(); /* of this process alone, however busy the machine is */
	cr_assert_neq(rule(s), ERR_OK);
	clock_t took = clock() - begun;
	cr_assert(took < CLOCKS_PER_SEC / 2, "%lld us", (long long)took * 1000000 / CLOCKS_PER_SEC);
}

Test(password_rule, a_long_one_is_as_good_as_its_best_part)
{
	cr_assert_eq(rule("12121212121212121212121212121212vlqtxwm gkzpr"), ERR_OK);
	cr_assert_eq(rule("vlqtxwm gkzpr12121212121212121212121212121212"), ERR_OK);
	cr_assert_neq(rule("121212121212121212121212121212121212121212121"), ERR_OK);
}
