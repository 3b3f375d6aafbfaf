#include "settings.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *const *env;

static const char *get(const char *name)
{
	for (const char *const *p = env; *p; p += 2)
		if (strcmp(p[0], name) == 0)
			return p[1];
	return NULL;
}

static struct error read_with(const char *const *pairs, struct settings *out, TALLOC_CTX *mem)
{
	struct error e;
	error_clear(&e);
	env = pairs;
	enum result rc = settings_read(mem, get, out, &e);
	cr_assert_eq(rc, e.code);
	return e;
}
#define READ(...) read_with((const char *const[]){ __VA_ARGS__, NULL }, &s, mem)

Test(settings, has_defaults_and_reads_units)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct settings s;
	struct error e = READ("MAX_UPLOAD_SIZE", "5 MiB", "JOB_LEASE", "2m", "REGISTRATION_OPEN", "no", "CORS_ORIGINS",
	    "[\"https://a.example\", \"https://b.example\"]");
	cr_assert_eq(e.code, ERR_OK, "%s", e.n_faults ? e.faults[0].args[1].value : "");
	cr_assert_eq(s.MAX_UPLOAD_SIZE, 5 << 20);
	cr_assert_eq(s.JOB_LEASE, 120);
	cr_assert_not(s.REGISTRATION_OPEN);
	cr_assert_str_eq(s.CORS_ORIGINS[1], "https://b.example");
	cr_assert_null(s.CORS_ORIGINS[2]);
	cr_assert_eq(s.JWT_ACCESS_TOKEN_EXPIRE_MINUTES, 30);
	e = READ("CORS_ORIGINS", " https://a.example ,https://b.example");
	cr_assert_str_eq(s.CORS_ORIGINS[0], "https://a.example");
	talloc_free(mem);
}

Test(settings, expands_names)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct settings s;
	READ("DATABASE_URL", "postgresql://scorpius:${DB_PASSWORD}@db/x", "DB_PASSWORD", "p4ss");
	cr_assert_str_eq(s.DATABASE_URL, "postgresql://scorpius:p4ss@db/x");
	/* A name that contains itself ends. */
	READ("APP_NAME", "${APP_NAME}x");
	talloc_free(mem);
}

Test(settings, tells_all_faults_at_once)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct settings s;
	struct error e = READ("MAX_UPLOAD_SIZE", "much", "APP_ENV", "staging", "JOB_WORKERS", "0", "LOG_LEVEL", "LOUD");
	cr_assert_eq(e.code, ERR_INVALID_SETTING);
	cr_assert_eq(e.n_faults, 4u);
	talloc_free(mem);
}

Test(settings, limits_hold_at_their_edges)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct settings s;
	cr_assert_eq(READ("JOB_WORKERS", "64").code, ERR_OK);
	cr_assert_eq(READ("JOB_WORKERS", "65").code, ERR_INVALID_SETTING);
	cr_assert_eq(READ("MAX_UPLOAD_SIZE", "1024").code, ERR_OK);
	cr_assert_eq(READ("MAX_UPLOAD_SIZE", "1023").code, ERR_INVALID_SETTING);
	cr_assert_eq(READ("MAX_UPLOAD_SIZE", "99999999999999999999").code, ERR_INVALID_SETTING);
	talloc_free(mem);
}

Test(settings, production_refuses_weak_secrets)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct settings s;
	static const char good[] = "3f9a1c7be2d84056a1f0b3c9d7e6852410fedcba98765432";
	cr_assert_eq(READ("APP_ENV", "production", "JWT_SECRET_KEY", good, "SECRET_KEY", good).code, ERR_OK);
	cr_assert_eq(READ("APP_ENV", "production", "JWT_SECRET_KEY", good).code, ERR_INVALID_SETTING);
	cr_assert_eq(
	    READ("APP_ENV", "production", "JWT_SECRET_KEY", good, "SECRET_KEY", "changeme").code, ERR_INVALID_SETTING);
	cr_assert_eq(READ("APP_ENV", "production", "JWT_SECRET_KEY", good, "SECRET_KEY",
			 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
			 .code,
	    ERR_INVALID_SETTING);
	talloc_free(mem);
}

Test(settings, explanation_hides_secrets)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct settings s;
	READ("SECRET_KEY", "hunter2hunter2hunter2hunter2hunter2");
	struct buf out;
	buf_init(&out, mem, 65536);
	settings_explain(&s, &out);
	cr_assert_null(strstr(out.data, "hunter2"));
	for (size_t i = 0; i < settings_count; i++)
		cr_assert_not_null(strstr(out.data, settings_table[i].name));
	talloc_free(mem);
}
