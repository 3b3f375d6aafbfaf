/* scorpius passwords: the accounts of PostgreSQL get the passwords that stand in the settings. The operator's own comes
 * first; those of the programs are given as `migrate` gives them. */
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "migrate.h"
#include "operator.h"
#include "settings.h"

const char passwords_help[] =
    "Le compte de DATABASE_URL prend le mot de passe qui y figure : tant qu'il ne l'a pas, la connexion se fait par\n"
    "DATABASE_URL_PREVIOUS. Puis scorpius_api et scorpius_jobs prennent DATABASE_API_PASSWORD et "
    "DATABASE_JOBS_PASSWORD.\n"
    "Un compte dont le réglage est absent garde son mot de passe. Peut être relancé sans risque.\n";

static const char *environment(const char *name)
{
	return getenv(name);
}

/* By the new password, or by the former one as long as that is the server's. */
static enum result enter(TALLOC_CTX *mem, const struct settings *s, struct operator_db **db, struct error *e)
{
	enum result rc = operator_connect(mem, s->DATABASE_URL, db, e);
	if (rc != ERR_UNAVAILABLE || s->DATABASE_URL_PREVIOUS == NULL || s->DATABASE_URL_PREVIOUS[0] == '\0')
		return rc;
	error_clear(e);
	TRY(operator_connect(mem, s->DATABASE_URL_PREVIOUS, db, e));
	TRY(operator_set_own_password(*db, s->DATABASE_URL, e));
	puts("DATABASE_URL : mot de passe défini");
	return ERR_OK;
}

static enum result all(TALLOC_CTX *mem, struct error *e)
{
	struct settings s;
	struct operator_db *db;
	TRY(settings_read(mem, environment, &s, e));
	TRY(enter(mem, &s, &db, e));
	return migrate_let_in(db, &s, e);
}

int cmd_passwords(TALLOC_CTX *mem, int argc, char **argv)
{
	struct error e;
	(void)argv;
	if (argc > 1)
		return cli_usage("passwords");
	error_clear(&e);
	if (all(mem, &e) == ERR_OK)
		return 0;
	if (e.cause[0] != '\0')
		fprintf(stderr, "scorpius : %s\n", e.cause);
	return cli_fail("passwords", &e);
}
