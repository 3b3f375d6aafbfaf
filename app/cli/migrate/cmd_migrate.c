/* scorpius migrate: deploys the schema by sqitch with the operator's account, then lets the two programs in. The
 * passwords travel in the environment and as SCRAM verifiers, never in arguments, and are never written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli.h"
#include "migrate.h"
#include "operator.h"
#include "settings.h"

const char migrate_help[] =
    "Sans option : déploie ce qui manque du schéma dans la base de DATABASE_URL, le vérifie, donne aux rôles\n"
    "scorpius_api et scorpius_jobs leurs mots de passe (DATABASE_API_PASSWORD, DATABASE_JOBS_PASSWORD) et dit si\n"
    "pgvector est disponible. Peut être relancé sans risque, et lancé pendant que le service tourne : un changement\n"
    "n'attend un verrou que MIGRATE_LOCK_TIMEOUT, jusqu'à MIGRATE_ATTEMPTS fois, et dit qui le tient. Le schéma d'une\n"
    "version plus récente qui sert encore celle-ci est laissé tel quel.\n"
    "--status         dit si le schéma va avec cette version, sans rien changer (75 : plus ancien ; 78 : trop récent)\n"
    "--verify         vérifie le schéma déployé, sans rien changer\n"
    "--revert         dit ce que retirer le schéma ferait perdre ; avec --yes, le retire ET TOUTES LES DONNÉES\n"
    "--to VERSION     ne retire que ce qui est venu après cette version (v0.1.0) ou ce changement du schéma\n"
    "--lose-data      sans elle, un retrait qui ferait perdre des lignes est refusé\n";

static const char *environment(const char *name)
{
	return getenv(name);
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

enum result migrate_let_in(struct operator_db *db, const struct settings *s, struct error *e)
{
	TRY(let_in(db, "scorpius_api", "DATABASE_API_PASSWORD", s->DATABASE_API_PASSWORD, e));
	return let_in(db, "scorpius_jobs", "DATABASE_JOBS_PASSWORD", s->DATABASE_JOBS_PASSWORD, e);
}

/* What there is to say of a schema that is not this program's; an error when it can't go on with it. */
static enum result say_state(const struct schema_state *state, struct error *e)
{
	if (state->fit == SCHEMA_TOO_NEW || (state->missing > 0 && state->unknown > 0)) {
		fprintf(stderr, "scorpius\u00a0: le schéma de la base est d'une version plus récente que ce programme "
				"(" SCORPIUS_VERSION ")");
		if (state->oldest_program[0] != '\0')
			fprintf(stderr, " et ne sert que les versions à partir de %s", state->oldest_program);
		fprintf(stderr, ".\nInstallez cette version, ou retirez le schéma avec elle\u00a0: "
				"scorpius migrate --revert --to v" SCORPIUS_VERSION " --yes\n");
		return error_set(e, ERR_SCHEMA_NEWER, NULL);
	}
	if (state->fit == SCHEMA_NEWER)
		printf("schéma : d'une version plus récente (%zu changements, dont « %s »), qui sert aussi celle-ci "
		       "(%s) ; "
		       "il reste tel quel\n",
		    state->unknown, state->an_unknown, SCORPIUS_VERSION);
	return ERR_OK;
}

/* Programs that the new schema does not serve any more would be refused at their next connection. */
static enum result say_old_programs(TALLOC_CTX *mem, struct operator_db *db, struct error *e)
{
	const char *old;
	TRY(operator_old_programs(db, mem, &old, e));
	if (old[0] != '\0')
		fprintf(stderr,
		    "scorpius\u00a0: des programmes que ce schéma ne sert plus sont encore connectés (%s)\u00a0: "
		    "arrêtez-les\n",
		    old);
	return ERR_OK;
}

enum result migrate_deploy(TALLOC_CTX *mem, const struct settings *s, struct error *e)
{
	struct operator_db *db;
	struct schema_state state;
	const char *vector;
	TRY(migrate_open(mem, s, &db, e));
	TRY(operator_schema_state(db, &state, e));
	TRY(say_state(&state, e));
	/* Each change by itself: what is deployed is whole, and a later one that fails takes nothing of it back. */
	const char *const deploy[] = { "deploy", "--verify", "--mode", "change", NULL };
	fflush(stdout);
	if (state.fit != SCHEMA_NEWER) {
		TRY(migrate_sqitch(mem, s, db, deploy, e));
		TRY(say_old_programs(mem, db, e));
	}
	TRY(migrate_let_in(db, s, e));
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
	struct schema_state state;
	const char *const verify[] = { "verify", NULL };
	TRY(migrate_open(mem, s, &db, e));
	TRY(operator_schema_state(db, &state, e));
	TRY(say_state(&state, e));
	if (state.fit == SCHEMA_NEWER)
		return ERR_OK; /* only that version can tell */
	TRY(migrate_sqitch(mem, s, db, verify, e));
	if (state.fit != SCHEMA_ABSENT)
		return ERR_OK;
	fputs("scorpius\u00a0: le schéma n'est pas déployé\u00a0; lancez « scorpius migrate »\n", stderr);
	return error_set(e, ERR_UNAVAILABLE, NULL);
}

static enum result show_state(TALLOC_CTX *mem, const struct settings *s, struct error *e)
{
	struct operator_db *db;
	struct schema_state state;
	TRY(operator_connect(mem, s->DATABASE_URL, &db, e));
	TRY(operator_schema_state(db, &state, e));
	TRY(say_state(&state, e));
	if (state.fit == SCHEMA_CURRENT)
		puts("schéma : celui de cette version (" SCORPIUS_VERSION ")");
	if (state.fit != SCHEMA_ABSENT && state.fit != SCHEMA_OLDER)
		return ERR_OK;
	printf("schéma : %zu changements manquent, à partir de « %s » ; lancez « scorpius migrate »\n", state.missing,
	    state.first_missing);
	return error_set(e, ERR_SCHEMA_OLDER, NULL);
}

struct options {
	bool verify, status, revert, yes, lose_data;
	const char *to;
};

static bool read_options(int argc, char **argv, struct options *o)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--verify") == 0)
			o->verify = true;
		else if (strcmp(argv[i], "--status") == 0)
			o->status = true;
		else if (strcmp(argv[i], "--revert") == 0)
			o->revert = true;
		else if (strcmp(argv[i], "--yes") == 0)
			o->yes = true;
		else if (strcmp(argv[i], "--lose-data") == 0)
			o->lose_data = true;
		else if (strcmp(argv[i], "--to") == 0 && i + 1 < argc)
			o->to = argv[++i];
		else
			return false;
	}
	return o->verify + o->status + o->revert <= 1 && (o->revert || (!o->yes && !o->lose_data && o->to == NULL));
}

int cmd_migrate(TALLOC_CTX *mem, int argc, char **argv)
{
	struct options o = { 0 };
	struct settings s;
	struct error e;
	if (!read_options(argc, argv, &o))
		return cli_usage("migrate");
	error_clear(&e);
	enum result rc = settings_read(mem, environment, &s, &e);
	if (rc == ERR_OK)
		rc = o.verify   ? verify_all(mem, &s, &e)
		     : o.status ? show_state(mem, &s, &e)
		     : o.revert ? migrate_withdraw(mem, &s, o.to, o.yes, o.lose_data, &e)
				: migrate_deploy(mem, &s, &e);
	if (rc == ERR_OK)
		return 0;
	if (e.cause[0] != '\0')
		fprintf(stderr, "scorpius\u00a0: %s\n", e.cause);
	return cli_fail("migrate", &e);
}
