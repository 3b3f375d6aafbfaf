/* scorpius migrate: deploys the schema by sqitch with the operator's account, then lets the two programs in. The
 * passwords travel in the environment and as SCRAM verifiers, never in arguments, and are never written. */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cli.h"
#include "operator.h"
#include "settings.h"

const char migrate_help[] =
    "Sans option : déploie ce qui manque du schéma dans la base de DATABASE_URL, le vérifie, donne aux rôles\n"
    "scorpius_api et scorpius_jobs leurs mots de passe (DATABASE_API_PASSWORD, DATABASE_JOBS_PASSWORD) et dit si\n"
    "pgvector est disponible. Peut être relancé sans risque.\n"
    "--verify         vérifie le schéma déployé, sans rien changer\n"
    "--revert --yes   retire le schéma ET TOUTES LES DONNÉES de la base\n";

static const char *environment(const char *name)
{
	return getenv(name);
}

/* What sqitch and psql need besides the database; nothing of the operator's own configuration. */
static const char *const *sqitch_environment(TALLOC_CTX *mem, const char *const *database)
{
	static const char *const kept[] = { "PATH", "LANG", "LC_ALL", "HOME", "TMPDIR" };
	size_t n = 0, k = 0;
	while (database[n] != NULL)
		n++;
	const char **env = mem_array(mem, const char *, n + ARRAY_LEN(kept) + 4);
	for (size_t i = 0; i < n; i++)
		env[k++] = database[i];
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (getenv(kept[i]) != NULL)
			env[k++] = mem_printf(mem, "%s=%s", kept[i], getenv(kept[i]));
	env[k++] = "SQITCH_SYSTEM_CONFIG=/nonexistent";
	env[k++] = "SQITCH_USER_CONFIG=/nonexistent";
	env[k++] = "PGAPPNAME=scorpius migrate";
	return env;
}

/* Runs sqitch in the schema's folder; its output goes to ours. */
static enum result sqitch(
    TALLOC_CTX *mem, const struct settings *s, const char *command, const char *option, struct error *e)
{
	const char *const *database;
	TRY(operator_environment(mem, s->DATABASE_URL, &database, e));
	const char *folder = mem_printf(mem, "%s/schema", s->DATA_PATH);
	if (access(mem_printf(mem, "%s/sqitch.plan", folder), R_OK) != 0)
		return error_set(e, ERR_INVALID_SETTING, "DATA_PATH", "name", "DATA_PATH", "reason",
		    mem_printf(mem, "%s/sqitch.plan: %s", folder, strerror(errno)));
	const char *argv[5] = { "sqitch", command };
	size_t n = 2;
	if (option != NULL)
		argv[n++] = option;
	argv[n++] = "db:pg:";
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addchdir_np(&actions, folder);
	fflush(NULL);
	int failed = posix_spawnp(
	    &pid, "sqitch", &actions, NULL, (char *const *)argv, (char *const *)sqitch_environment(mem, database));
	posix_spawn_file_actions_destroy(&actions);
	if (failed != 0) {
		fprintf(stderr, "scorpius\u00a0: sqitch ne peut pas être lancé\u00a0: %s\n", strerror(failed));
		return error_set(e, ERR_UNAVAILABLE, NULL);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return error_set(e, ERR_INTERNAL, NULL);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return ERR_OK;
	fprintf(stderr, "scorpius\u00a0: « sqitch %s » a échoué ; son message est ci-dessus\n", command);
	return error_set(e, ERR_INTERNAL, NULL);
}

static enum result let_in(
    struct operator_db *db, const char *role, const char *setting, const char *password, struct error *e)
{
	if (password == NULL || password[0] == '\0') {
		printf("%s : mot de passe inchangé (%s n'est pas défini)\n", role, setting);
		return ERR_OK;
	}
	TRY(operator_set_password(db, role, password, e));
	printf("%s : mot de passe défini\n", role);
	return ERR_OK;
}

static enum result deploy(TALLOC_CTX *mem, const struct settings *s, struct error *e)
{
	struct operator_db *db;
	const char *vector;
	/* First of all, so that a server that is down is told as such. */
	TRY(operator_connect(mem, s->DATABASE_URL, &db, e));
	TRY(sqitch(mem, s, "deploy", "--verify", e));
	TRY(let_in(db, "scorpius_api", "DATABASE_API_PASSWORD", s->DATABASE_API_PASSWORD, e));
	TRY(let_in(db, "scorpius_jobs", "DATABASE_JOBS_PASSWORD", s->DATABASE_JOBS_PASSWORD, e));
	TRY(operator_pgvector(db, mem, &vector, e));
	if (vector != NULL)
		printf("pgvector : disponible (%s)\n", vector);
	else
		puts("pgvector : absent de ce serveur ; aucune table n'en a besoin");
	return ERR_OK;
}

/* sqitch is content when nothing is deployed at all; an operator is not. */
static enum result verify_all(TALLOC_CTX *mem, const struct settings *s, struct error *e)
{
	struct operator_db *db;
	bool deployed;
	TRY(operator_connect(mem, s->DATABASE_URL, &db, e));
	TRY(sqitch(mem, s, "verify", NULL, e));
	TRY(operator_has_schema(db, &deployed, e));
	if (deployed)
		return ERR_OK;
	fputs("scorpius\u00a0: le schéma n'est pas déployé\u00a0; lancez « scorpius migrate »\n", stderr);
	return error_set(e, ERR_UNAVAILABLE, NULL);
}

int cmd_migrate(TALLOC_CTX *mem, int argc, char **argv)
{
	bool verify = argc == 2 && strcmp(argv[1], "--verify") == 0;
	bool revert = argc == 3 && strcmp(argv[1], "--revert") == 0 && strcmp(argv[2], "--yes") == 0;
	struct settings s;
	struct error e;
	if (argc > 1 && !verify && !revert)
		return cli_usage("migrate");
	error_clear(&e);
	enum result rc = settings_read(mem, environment, &s, &e);
	if (rc == ERR_OK)
		rc = verify   ? verify_all(mem, &s, &e)
		     : revert ? sqitch(mem, &s, "revert", "-y", &e)
			      : deploy(mem, &s, &e);
	if (rc == ERR_OK)
		return 0;
	if (e.cause[0] != '\0')
		fprintf(stderr, "scorpius\u00a0: %s\n", e.cause);
	return cli_fail("migrate", &e);
}
