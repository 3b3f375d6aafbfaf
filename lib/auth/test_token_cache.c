#include "token_cache.h"
#include "uuid.h"

#include <criterion/criterion.h>
#include <string.h>

#define KEY "0123456789abcdef0123456789abcdef"
#define NEXT_KEY "fedcba9876543210fedcba9876543210"
#define NOW 1700000000

static TALLOC_CTX *mem;
static struct error err;

static struct token_signer *signer_of(const char *key)
{
	struct token_signer *s;
	error_clear(&err);
	cr_assert_eq(token_signer_new(mem, key, strlen(key), &s, &err), ERR_OK);
	return s;
}

static const char *issue(const struct token_signer *s, struct token_claims *c, int64_t life)
{
	const char *text;
	*c = (struct token_claims){
		.user_id = uuid_new(),
		.organization_id = { true, uuid_new() },
		.role = ROLE_VIEWER,
		.session_id = uuid_new(),
	};
	cr_assert_eq(token_issue(s, mem, c, NOW, life, &text, &err), ERR_OK);
	return text;
}

static enum result verify(struct token_cache *c, const char *text, int64_t now, struct token_claims *out)
{
	error_clear(&err);
	return token_cache_verify(c, text, now, out, &err);
}

static void set_up(void)
{
	mem = mem_new("test", 0);
}

static void tear_down(void)
{
	talloc_free(mem);
}

TestSuite(token_cache, .init = set_up, .fini = tear_down);

Test(token_cache, the_second_time_it_is_remembered_and_says_the_same)
{
	struct token_signer *s = signer_of(KEY);
	struct token_cache *c = token_cache_new(s, 16);
	struct token_claims in, first, again;
	const char *text = issue(s, &in, 100);
	cr_assert_eq(verify(c, text, NOW, &first), ERR_OK);
	cr_assert_eq(token_cache_hits(c), 0);
	cr_assert_eq(verify(c, text, NOW + 99, &again), ERR_OK);
	cr_assert_eq(token_cache_hits(c), 1);
	cr_assert(uuid_equal(&again.user_id, &in.user_id) && uuid_equal(&again.session_id, &in.session_id) &&
		  uuid_equal(&again.organization_id.value, &in.organization_id.value) && again.role == ROLE_VIEWER);
}

Test(token_cache, a_remembered_token_expires_at_its_second)
{
	struct token_signer *s = signer_of(KEY);
	struct token_cache *c = token_cache_new(s, 16);
	struct token_claims in, out;
	const char *text = issue(s, &in, 100);
	cr_assert_eq(verify(c, text, NOW, &out), ERR_OK);
	cr_assert_eq(verify(c, text, NOW + 100, &out), ERR_EXPIRED_TOKEN);
	cr_assert_eq(verify(c, text, NOW - 61, &out), ERR_INVALID_TOKEN, "a clock that was set back");
}

Test(token_cache, what_differs_in_one_character_is_another_token)
{
	struct token_signer *s = signer_of(KEY);
	struct token_cache *c = token_cache_new(s, 1);
	struct token_claims in, out;
	const char *text = issue(s, &in, 100);
	cr_assert_eq(verify(c, text, NOW, &out), ERR_OK);
	size_t n = strlen(text);
	for (size_t i = 0; i < n; i += 7) {
		char *bad = mem_strdup(mem, text);
		bad[i] = bad[i] == 'A' ? 'Q' : 'A';
		cr_assert_eq(verify(c, bad, NOW, &out), ERR_INVALID_TOKEN, "changed at %zu", i);
	}
	cr_assert_eq(verify(c, text, NOW, &out), ERR_OK);
	cr_assert_eq(token_cache_hits(c), 1, "what was refused took nobody's place");
}

Test(token_cache, it_does_not_outlive_its_keys)
{
	struct token_signer *old = signer_of(KEY), *rotated = signer_of(NEXT_KEY), *done = signer_of(NEXT_KEY);
	struct token_claims in, out;
	const char *text = issue(old, &in, 100);
	cr_assert_eq(verify(token_cache_new(old, 16), text, NOW, &out), ERR_OK);
	cr_assert_eq(token_signer_accept(rotated, KEY, strlen(KEY), &err), ERR_OK);
	cr_assert_eq(verify(token_cache_new(rotated, 16), text, NOW, &out), ERR_OK);
	cr_assert_eq(verify(token_cache_new(done, 16), text, NOW, &out), ERR_INVALID_TOKEN);
}

Test(token_cache, it_is_bounded_and_forgets)
{
	struct token_signer *s = signer_of(KEY);
	struct token_cache *c = token_cache_new(s, 3);
	struct token_claims in, out;
	size_t size = talloc_total_size(c);
	for (int i = 0; i < 100; i++)
		cr_assert_eq(verify(c, issue(s, &in, 100), NOW, &out), ERR_OK);
	cr_assert_eq(talloc_total_size(c), size);
}

Test(token_cache, endless_texts_are_not_looked_at)
{
	struct token_cache *c = token_cache_new(signer_of(KEY), 4);
	struct token_claims out;
	char *huge = mem_array(mem, char, 100001);
	memset(huge, 'a', 100000);
	cr_assert_eq(verify(c, huge, NOW, &out), ERR_INVALID_TOKEN);
	cr_assert_eq(verify(c, "", NOW, &out), ERR_INVALID_TOKEN);
}
