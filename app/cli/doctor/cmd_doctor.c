/* scorpius doctor: the checks of a whole installation, any day. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "doctor.h"
#include "settings_file.h"

const char doctor_help[] =
    "Vérifie toute l'installation et dit, contrôle par contrôle : « ok », « avertissement » ou « erreur », ce qui ne "
    "va "
    "pas\n"
    "et comment y remédier. Ne change rien, n'envoie aucun courriel, répond en quelques secondes même si un serveur "
    "ne\n"
    "répond pas. Sur un serveur, lancez-la par « scorpius-admin doctor » : root voit aussi la clé du certificat et à "
    "qui\n"
    "sont les ports.\n"
    "--json              un objet JSON : level, et pour chaque contrôle id, level, findings (level, message, remedy)\n"
    "--settings DOSSIER  où sont les fichiers de réglages (" SCORPIUS_CONFDIR ")\n"
    "Code de sortie : 0, aucune erreur ; 1, au moins une erreur.\n";

static const char *environment(const char *name)
{
	return getenv(name);
}

/* The last line of a name counts; what the environment has goes before. */
static void take_setting(void *arg, const char *name, const char *value)
{
	(void)value;
	setenv(name, settings_file_get(arg, name), 0);
}

/* Started by hand on a server, the settings are those of the services: of its files, in the order of their units. */
static void take_settings(TALLOC_CTX *mem, const char *folder)
{
	static const char *const files[] = { "operator.env", "jobs.env", "api.env", "scorpius.env" };
	static const char *const ours[] = { "DATABASE_URL", "DATABASE_API_URL", "DATABASE_JOBS_URL", "SECRET_KEY" };
	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		if (getenv(ours[i]))
			return;
	bool any = false;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct settings_file *f;
		struct error e;
		error_clear(&e);
		if (settings_file_read(mem, mem_printf(mem, "%s/%s", folder, files[i]), &f, &e) != ERR_OK || !f->exists)
			continue;
		any = true;
		settings_file_each(f, take_setting, f);
	}
	/* As the unit of the workers says. */
	if (any)
		setenv("NGINX_TEMP_PATH", "/var/lib/scorpius/spool", 0);
}

int cmd_doctor(TALLOC_CTX *mem, int argc, char **argv)
{
	const char *folder = SCORPIUS_CONFDIR;
	bool json = false;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else if (strcmp(argv[i], "--settings") == 0 && i + 1 < argc)
			folder = argv[++i];
		else
			return cli_usage("doctor");
	}
	take_settings(mem, folder);
	return doctor_run(mem, environment, folder, json, stdout) == DOCTOR_ERROR ? 1 : 0;
}
