/* scorpius migrate: deploys the schema by sqitch with the operator's account, then lets the two programs in. The
 * passwords travel in the environment and as SCRAM verifiers, never in arguments, and are never written. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "child.h"
#include "cli.h"
#include "migrate.h"
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

static const char *const *without_own_configuration(TALLOC_CTX *mem, const char *const *env)
{
	size_t n = 0;
	while (env[n] != NULL)
		n++;
	const char **all = mem_array(mem, const char *, n + 3);
	memcpy(all, env, n * sizeof(*all));
	all[n++] = "SQITCH_SYSTEM_CONFIG=/nonexistent";
	all[n++] = "SQITCH_USER_CONFIG=/nonexistent";
	return all;
}

/* Runs sqitch in the schema's folder; its output goes to ours. */
static enum result sqitch(
    TALLOC_CTX *mem, const struct settings *s, const char *command, const char *option, struct error *e)
{
	const char *const *env;
	TRY(child_environment(mem, s->DATABASE_URL, "scorpius migrate", &env, e));
	const char *folder = mem_printf(mem, "%s/schema", s->DATA_PATH);
	if (access(mem_printf(mem, "%s/sqitch.plan", folder), R_OK) != 0)
		return error_set(e, ERR_INVALID_SETTING, "DATA_PATH", "name", "DATA_PATH", "reason",
		    mem_printf(mem, "%s/sqitch.plan: %s", folder, strerror(errno)));
	const char *argv[5] = { "sqitch", command };
	size_t n = 2;
	if (option != NULL)
		argv[n++] = option;
	argv[n++] = "db:pg:";
	struct child child;
	TRY(child_start(argv, without_own_configuration(mem, env), folder, CHILD_PLAIN, &child, e));
	return child_end(&child, e);
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

enum result migrate_deploy(TALLOC_CTX *mem, const struct settings *s, struct error *e)
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
			      : migrate_deploy(mem, &s, &e);
	if (rc == ERR_OK)
		return 0;
	if (e.cause[0] != '\0')
		fprintf(stderr, "scorpius\u00a0: %s\n", e.cause);
	return cli_fail("migrate", &e);
}
