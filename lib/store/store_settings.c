#include "store_settings.h"

#include <string.h>

#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"

static void fault(struct error *e, const char *name, const char *reason)
{
	error_set(e, ERR_INVALID_SETTING, name, "name", name, "reason", reason);
}

static bool is_made_of(const char *text, const char *allowed)
{
	return text[strspn(text, allowed)] == '\0';
}

/* On the way a request could be held up and sent again: only on this machine does it go without TLS in production. */
static bool goes_in_clear(const char *url)
{
	static const char *const here[] = { "http://127.0.0.1", "http://[::1]", "http://localhost" };
	for (size_t i = 0; i < ARRAY_LEN(here); i++) {
		size_t n = strlen(here[i]);
		if (strncmp(url, here[i], n) == 0 && strchr(":/", url[n]))
			return false;
	}
	return strncmp(url, "http://", 7) == 0;
}

static enum result check_bucket(const struct settings *s, struct error *e)
{
	const struct {
		const char *name, *value;
	} needed[] = { { "S3_ENDPOINT", s->S3_ENDPOINT }, { "S3_BUCKET", s->S3_BUCKET },
		{ "S3_ACCESS_KEY_ID", s->S3_ACCESS_KEY_ID }, { "S3_SECRET_ACCESS_KEY", s->S3_SECRET_ACCESS_KEY } };
	for (size_t i = 0; i < ARRAY_LEN(needed); i++)
		if (!needed[i].value || !needed[i].value[0])
			fault(e, needed[i].name, "required for a store in S3");
	const char *url = s->S3_ENDPOINT ? s->S3_ENDPOINT : "";
	if (url[0] && ((strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0) || strpbrk(url, "?#@ ")))
		fault(e, "S3_ENDPOINT", "expected https://host[:port][/path] without account or query");
	else if (strcmp(s->APP_ENV, "production") == 0 && goes_in_clear(url))
		fault(e, "S3_ENDPOINT", "https is required in production, but on this machine");
	if (s->S3_BUCKET && !is_made_of(s->S3_BUCKET, PLAIN))
		fault(e, "S3_BUCKET", "letters, digits and -._ only");
	if (s->S3_REGION && !is_made_of(s->S3_REGION, PLAIN))
		fault(e, "S3_REGION", "letters, digits and -._ only");
	if (s->S3_PREFIX &&
	    (!is_made_of(s->S3_PREFIX, PLAIN "/") || s->S3_PREFIX[0] == '/' || strstr(s->S3_PREFIX, "..")))
		fault(e, "S3_PREFIX", "letters, digits and -._/ only, neither a slash at the beginning nor '..'");
	return e->n_faults ? e->code : ERR_OK;
}

static bool in_s3(const struct settings *s)
{
	return strcmp(s->STORAGE_BACKEND, "s3") == 0;
}

enum result store_settings_check(const struct settings *s, struct error *e)
{
	return in_s3(s) ? check_bucket(s, e) : ERR_OK;
}

static struct store_s3 bucket_of(const struct settings *s, const char *spool)
{
	return (struct store_s3){ s->S3_ENDPOINT, s->S3_BUCKET, s->S3_REGION, s->S3_ACCESS_KEY_ID,
		s->S3_SECRET_ACCESS_KEY, s->S3_PREFIX, s->S3_CA_FILE, spool };
}

enum result store_open(
    TALLOC_CTX *mem, const struct settings *s, const struct master_keys *keys, struct store **out, struct error *e)
{
	if (!in_s3(s))
		return store_open_directory(mem, s->UPLOAD_PATH, keys, out, e);
	TRY(check_bucket(s, e));
	struct store_s3 bucket = bucket_of(s, NULL);
	return store_open_layered(mem, s->UPLOAD_PATH, &bucket, keys, out, e);
}

enum result store_open_bucket(
    TALLOC_CTX *mem, const struct settings *s, const struct master_keys *keys, struct store **out, struct error *e)
{
	TRY(check_bucket(s, e));
	struct store_s3 bucket = bucket_of(s, s->UPLOAD_PATH);
	return store_open_s3(mem, &bucket, keys, out, e);
}
