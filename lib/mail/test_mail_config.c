#include "mail.h"

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

static struct error configure(TALLOC_CTX *mem, struct mail_server **out, const char *const *pairs)
{
	struct error e;
	struct settings *s = mem_zero(mem, struct settings);
	error_clear(&e);
	env = pairs;
	cr_assert_eq(settings_read(mem, get, s, &e), ERR_OK);
	cr_assert_eq(mail_server_configure(mem, s, out, &e), e.code);
	return e;
}
#define CONFIGURE(...) configure(mem, &m, (const char *const[]){ __VA_ARGS__, NULL })

/* Whether exactly this setting is at fault. */
static bool blames(struct error e, const char *name)
{
	return e.n_faults == 1 && e.code == ERR_INVALID_SETTING && strcmp(e.faults[0].field, name) == 0;
}

#define PUBLIC "PUBLIC_URL", "https://app.exemple.fr"

Test(mail_config, without_a_host_there_is_no_mail)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct mail_server *m;
	cr_assert_eq(CONFIGURE("SMTP_PORT", "587", "SMTP_USER", "x").code, ERR_OK);
	cr_assert_null(m);
	talloc_free(mem);
}

Test(mail_config, the_names_of_the_deployment_suffice)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct mail_server *m;
	struct error e = CONFIGURE("SMTP_HOST", "smtp.exemple.fr", "SMTP_PORT", "587", "SMTP_USER",
	    "noreply@exemple.fr", "SMTP_PASSWORD", "s", "PUBLIC_URL", "https://app.exemple.fr/");
	cr_assert_eq(e.code, ERR_OK, "%s", e.faults[0].field);
	cr_assert_eq(m->security, MAIL_STARTTLS);
	cr_assert_str_eq(m->from, "noreply@exemple.fr");
	cr_assert_str_eq(m->public_url, "https://app.exemple.fr");
	cr_assert_null(m->ca_file);
	talloc_free(mem);
}

Test(mail_config, what_does_not_go_together_is_refused)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct mail_server *m;
#define HOST "SMTP_HOST", "smtp.exemple.fr"
#define FROM "SMTP_FROM", "a@exemple.fr"
	cr_assert_eq(CONFIGURE(HOST, FROM, PUBLIC).code, ERR_OK);
	cr_assert(blames(CONFIGURE(HOST, PUBLIC), "SMTP_FROM"));
	cr_assert(blames(CONFIGURE(HOST, PUBLIC, "SMTP_FROM", "Scorpius <a@exemple.fr>"), "SMTP_FROM"));
	cr_assert(blames(CONFIGURE(HOST, FROM), "PUBLIC_URL"));
	cr_assert(blames(CONFIGURE(HOST, FROM, "PUBLIC_URL", "javascript:x"), "PUBLIC_URL"));
	cr_assert(blames(CONFIGURE(HOST, FROM, "PUBLIC_URL", "https://a.fr/?x="), "PUBLIC_URL"));
	cr_assert(blames(CONFIGURE(HOST, FROM, "PUBLIC_URL", "https://"), "PUBLIC_URL"));
	cr_assert(blames(CONFIGURE(FROM, PUBLIC, "SMTP_HOST", "smtp.exemple.fr/x"), "SMTP_HOST"));
	cr_assert(blames(CONFIGURE(FROM, PUBLIC, "SMTP_HOST", "a@b"), "SMTP_HOST"));
	cr_assert_eq(CONFIGURE(FROM, PUBLIC, "SMTP_HOST", "2001:db8::1").code, ERR_OK);
	cr_assert(blames(CONFIGURE(HOST, FROM, PUBLIC, "SMTP_USER", "x"), "SMTP_PASSWORD"));
	cr_assert(blames(CONFIGURE(HOST, FROM, PUBLIC, "SMTP_PASSWORD", "x"), "SMTP_USER"));
	cr_assert(blames(CONFIGURE(HOST, FROM, PUBLIC, "SMTP_CA_FILE", "/nowhere/ca.pem"), "SMTP_CA_FILE"));
	talloc_free(mem);
}

Test(mail_config, in_clear_no_password_leaves_the_machine)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct mail_server *m;
	cr_assert(
	    blames(CONFIGURE(HOST, PUBLIC, "SMTP_SECURITY", "none", "SMTP_USER", "a@exemple.fr", "SMTP_PASSWORD", "x"),
		"SMTP_SECURITY"));
	cr_assert_eq(CONFIGURE("SMTP_HOST", "127.0.0.1", PUBLIC, "SMTP_SECURITY", "none", "SMTP_USER", "a@exemple.fr",
			 "SMTP_PASSWORD", "x")
			 .code,
	    ERR_OK);
#define KEY "3f9a1c7be2d84056a1f0b3c9d7e6852410fedcba98765432"
#define PRODUCTION "APP_ENV", "production", "JWT_SECRET_KEY", KEY, "SECRET_KEY", KEY
	cr_assert(blames(CONFIGURE(HOST, FROM, PUBLIC, "SMTP_SECURITY", "none", PRODUCTION), "SMTP_SECURITY"));
	cr_assert(blames(CONFIGURE(HOST, FROM, "PUBLIC_URL", "http://app.exemple.fr", PRODUCTION), "PUBLIC_URL"));
	talloc_free(mem);
}
