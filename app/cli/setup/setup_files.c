/* The files of settings of a server: made with fresh secrets, changed where it was asked for, never half written. */
#include "setup.h"

#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "db.h"
#include "fail_point.h"
#include "mail.h"
#include "operator.h"
#include "store_settings.h"

static const char *const names[SETUP_FILES] = { "operator.env", "api.env", "jobs.env", "scorpius.env" };

const char *setup_secret(TALLOC_CTX *mem, size_t n)
{
	uint8_t random[32];
	char *hex = mem_array(mem, char, 2 * sizeof random + 1);
	n = n < sizeof random ? n : sizeof random;
	crypto_random(random, n);
	crypto_hex(random, n, hex);
	crypto_wipe(random, sizeof random);
	return hex;
}

/* ---- new files ---- */

/* The password in a URL that a former run made; NULL: there is none. */
static const char *password_in(TALLOC_CTX *mem, const char *url)
{
	struct error e;
	const char *const *env;
	error_clear(&e);
	if (url == NULL || operator_environment(mem, url, &env, &e) != ERR_OK)
		return NULL;
	for (; *env != NULL; env++)
		if (strncmp(*env, "PGPASSWORD=", 11) == 0)
			return *env + 11;
	return NULL;
}

/* The passwords of PostgreSQL stand in two files each: the operator's, who sets them, and that of the program.
 * Whichever is there tells the other. */
static const char *program_password(struct setup *s, const char *name, enum setup_file file, const char *url)
{
	const char *known = settings_file_get(s->files[SETUP_OPERATOR], name);
	if (known == NULL)
		known = password_in(s->mem, settings_file_get(s->files[file], url));
	return known != NULL ? known : setup_secret(s->mem, 24);
}

static void make(struct setup *s, enum setup_file file, const char *text)
{
	if (s->files[file]->exists)
		return;
	s->files[file] = settings_file_parse(s->mem, s->files[file]->path, text);
	s->files[file]->changed = true;
}

enum result setup_files_open(struct setup *s, struct error *e)
{
	for (size_t i = 0; i < SETUP_FILES; i++)
		TRY(settings_file_read(s->mem, mem_printf(s->mem, "%s/%s", s->folder, names[i]), &s->files[i], e));
	const char *api = program_password(s, "DATABASE_API_PASSWORD", SETUP_API, "DATABASE_API_URL");
	const char *jobs = program_password(s, "DATABASE_JOBS_PASSWORD", SETUP_JOBS, "DATABASE_JOBS_URL");
	make(s, SETUP_OPERATOR,
	    mem_printf(s->mem,
		"# The operator's account of PostgreSQL, and the passwords that 'scorpius-admin migrate' gives to the "
		"programs' accounts.\n"
		"# Read by scorpius-admin, the backup and the nightly check only.\n"
		"DATABASE_URL=postgresql://scorpius_operator:%s@127.0.0.1:5432/scorpius\n"
		"DATABASE_API_PASSWORD=%s\n"
		"DATABASE_JOBS_PASSWORD=%s\n",
		setup_secret(s->mem, 24), api, jobs));
	make(s, SETUP_API,
	    mem_printf(s->mem,
		"# What only the workers of the API may know.\n"
		"DATABASE_API_URL=postgresql://scorpius_api:%s@127.0.0.1:5432/scorpius\n",
		api));
	make(s, SETUP_JOBS,
	    mem_printf(s->mem,
		"# What only the jobs may know: their account of PostgreSQL, the account of the mail server "
		"(SMTP_USER, "
		"SMTP_PASSWORD).\n"
		"DATABASE_JOBS_URL=postgresql://scorpius_jobs:%s@127.0.0.1:5432/scorpius\n",
		jobs));
	make(s, SETUP_ALL,
	    mem_printf(s->mem,
		"# Settings of all programs; 'scorpius config --explain' lists every one. After a change:\n"
		"#   for i in api-a api-b bulk-a bulk-b; do systemctl restart scorpius-api@$i; done; systemctl restart "
		"scorpius-jobs\n"
		"APP_ENV=production\n"
		"\n"
		"# Workers for short requests; for uploads, downloads and logins; children of the jobs.\n"
		"API_WORKERS=4\n"
		"BULK_WORKERS=4\n"
		"JOB_WORKERS=2\n"
		"\n"
		"REDIS_URL=redis://127.0.0.1:6379/0\n"
		"\n"
		"# Whoever loses SECRET_KEY has lost every file: keep a copy apart from the backups.\n"
		"JWT_SECRET_KEY=%s\n"
		"SECRET_KEY=%s\n",
		setup_secret(s->mem, 32), setup_secret(s->mem, 32)));
	return ERR_OK;
}

const char *setup_restart_mark(const struct setup *s)
{
	return mem_printf(s->mem, "%s/.restart", s->folder);
}

/* That the services have to start again must outlive us: the next run finds nothing that it changes. */
static enum result mark_restart(struct setup *s, struct error *e)
{
	struct settings_file *mark;
	TRY(settings_file_read(s->mem, setup_restart_mark(s), &mark, e));
	return settings_file_write(mark, s->uid, s->gid, e);
}

enum result setup_files_write(struct setup *s, struct error *e)
{
	for (size_t i = 0; i < SETUP_FILES; i++)
		s->changed |= s->files[i]->exists && s->files[i]->changed;
	if (s->changed)
		TRY(mark_restart(s, e));
	/* Last that of all programs: PUBLIC_URL in it says that nothing need be asked again. */
	for (size_t i = 0; i < SETUP_FILES; i++) {
		TRY(settings_file_write(s->files[i], s->uid, s->gid, e));
		fail_point(mem_printf(s->mem, "setup %s", names[i]));
	}
	return ERR_OK;
}

/* ---- values ---- */

const char *setup_value(const struct setup *s, const char *name)
{
	for (size_t i = 0; i < SETUP_FILES; i++) {
		const char *value = settings_file_get(s->files[i], name);
		if (value != NULL)
			return value;
	}
	return NULL;
}

static enum setup_file file_of(const char *name)
{
	if (strcmp(name, "DATABASE_URL") == 0)
		return SETUP_OPERATOR;
	if (strcmp(name, "SMTP_USER") == 0 || strcmp(name, "SMTP_PASSWORD") == 0)
		return SETUP_JOBS;
	return SETUP_ALL;
}

/* Another database than the one that was foreseen is that of the programs too. */
static enum result follow_database(struct setup *s, const char *url, struct error *e)
{
	static const struct {
		const char *name, *role, *password;
		enum setup_file file;
	} programs[] = { { "DATABASE_API_URL", "scorpius_api", "DATABASE_API_PASSWORD", SETUP_API },
		{ "DATABASE_JOBS_URL", "scorpius_jobs", "DATABASE_JOBS_PASSWORD", SETUP_JOBS } };
	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		const char *own;
		const char *password = settings_file_get(s->files[SETUP_OPERATOR], programs[i].password);
		if (password == NULL || password[0] == '\0') {
			password = setup_secret(s->mem, 24);
			TRY(settings_file_set(
			    s->files[SETUP_OPERATOR], READ_BY_SYSTEMD, programs[i].password, password, e));
		}
		TRY(db_url_for_role(s->mem, NULL, url, programs[i].role, password, &own, e));
		TRY(settings_file_set(s->files[programs[i].file], READ_BY_SYSTEMD, programs[i].name, own, e));
	}
	return ERR_OK;
}

static void take(void *unused, const char *name, const char *value)
{
	(void)unused;
	setenv(name, value, 1);
}

static const char *environment(const char *name)
{
	return getenv(name);
}

enum result setup_check(
    struct settings_file *const *files, size_t n, TALLOC_CTX *mem, struct settings *out, struct error *e)
{
	for (size_t i = 0; i < settings_count; i++)
		unsetenv(settings_table[i].name);
	while (n-- > 0)
		settings_file_each(files[n], take, NULL);
	TRY(settings_read(mem, environment, out, e));
	TRY(store_settings_check(out, e));
	/* Told now, not by the jobs when they start. */
	struct mail_server *unused;
	return mail_server_configure(mem, out, &unused, e);
}

enum result setup_files_apply(struct setup *s, struct error *e)
{
	struct settings unused;
	for (size_t i = 0; i < s->n_wishes; i++) {
		const struct setup_wish *w = &s->wishes[i];
		TRY(settings_file_set(s->files[file_of(w->name)], READ_BY_SYSTEMD, w->name, w->value, e));
		if (strcmp(w->name, "DATABASE_URL") == 0)
			TRY(follow_database(s, w->value, e));
	}
	TRY(setup_check(s->files, SETUP_FILES, s->mem, &unused, e));
	if (setup_host(s->mem, setup_value(s, "PUBLIC_URL")) == NULL)
		return error_set(e, ERR_INVALID_SETTING, NULL, "name", "PUBLIC_URL", "reason", "must be https://NAME");
	return ERR_OK;
}
