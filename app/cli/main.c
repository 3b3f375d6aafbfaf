#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "cli.h"
#include "log.h"

/* THE table of commands. */
static const struct command commands[] = {
	{ "setup", cmd_setup,
	    "setup [--public-url https://NOM] [--local-database | --database-url-file F] [OPTIONS]\n"
	    "setup --docker --public-url https://NOM [--output FICHIER] [--from FICHIER|-]\n"
	    "setup --files-only",
	    "installe un serveur, ou écrit les réglages de docker-compose", setup_help },
	{ "analyze", cmd_analyze,
	    "analyze [--json] [--now AAAA-MM-JJTHH:MM] FICHIER|DOSSIER...\n"
	    "analyze --from ANALYSE.json|- [--now AAAA-MM-JJTHH:MM]",
	    "lit un dossier de consultation et dit quoi, qui, jusqu'à quand, comment c'est jugé", analyze_help },
	{ "migrate", cmd_migrate,
	    "migrate\nmigrate --status\nmigrate --verify\nmigrate --revert [--to VERSION|CHANGEMENT] [--lose-data] "
	    "--yes",
	    "déploie le schéma de la base et donne leurs mots de passe aux programmes", migrate_help },
	{ "storage", cmd_storage,
	    "storage verify [--quick] [--repair]\nstorage scan [--all]\nstorage rotate-key\nstorage copy --to "
	    "directory:DOSSIER|s3 "
	    "[--reread]\nstorage try [--account-stdin]",
	    "compare les fichiers à la base ; change la clé maîtresse ; copie le magasin", storage_help },
	{ "backup", cmd_backup, "backup\nbackup list\nbackup verify [NOM]",
	    "sauvegarde la base et les fichiers dans BACKUP_PATH ; liste, vérifie", backup_help },
	{ "restore", cmd_restore, "restore [NOM]",
	    "rétablit une sauvegarde dans une base et un magasin de fichiers vides", restore_help },
	{ "user", cmd_user,
	    "user add ADRESSE --role admin [--name NOM] [--password-stdin | --generate]\n"
	    "user list [--role admin]\n"
	    "user deactivate|activate ADRESSE\n"
	    "user reset-password ADRESSE [--password-stdin | --generate]\n"
	    "user revoke-sessions ADRESSE|--all",
	    "comptes de l'exploitant, et secours pour qui ne peut plus entrer", user_help },
	{ "passwords", cmd_passwords, "passwords", "donne aux comptes de PostgreSQL les mots de passe des réglages",
	    passwords_help },
	{ "config", cmd_config, "config --explain\nconfig --check", "montre et vérifie les réglages", config_help },
	{ "doctor", cmd_doctor, "doctor [--json] [--settings DOSSIER]",
	    "vérifie toute l'installation et dit comment remédier à ce qui ne va pas", doctor_help },
	{ "mail", cmd_mail, "mail try [--account-stdin]\nmail test ADRESSE\nmail link ADRESSE\nmail failed\nmail retry",
	    "essaie le serveur de messagerie, relance les courriels abandonnés, fait un lien", mail_help },
};

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static void print_usage(FILE *to, const struct command *c)
{
	const char *lead = "Utilisation\u00a0:";
	for (const char *p = c->usage; p && *p != '\0';) {
		const char *nl = strchr(p, '\n');
		int n = nl ? (int)(nl - p) : (int)strlen(p);
		fprintf(to, "%s scorpius %.*s\n", lead, n, p);
		lead = "             ";
		p = nl ? nl + 1 : NULL;
	}
}

static void print_commands(FILE *to)
{
	fputs("Utilisation\u00a0: scorpius COMMANDE [OPTIONS]\n\nCommandes\u00a0:\n", to);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].summary);
	fputs("\n«\u00a0scorpius COMMANDE --help\u00a0» en dit plus\u00a0; «\u00a0scorpius --version\u00a0» donne la "
	      "version.\n",
	    to);
}

int cli_usage(const char *name)
{
	const struct command *c = find(name);
	if (c)
		print_usage(stderr, c);
	return error_exit_status(ERR_USAGE);
}

int cli_fail(const char *about, const struct error *e)
{
	for (unsigned i = 0; i < e->n_faults; i++) {
		char text[512];
		error_text(&e->faults[i], LANG_FR, text, sizeof(text));
		fprintf(stderr, "scorpius\u00a0: %s%s%s\n", about ? about : "", about ? "\u00a0: " : "", text);
	}
	return error_exit_status(e->code);
}

int main(int argc, char **argv)
{
	log_open("scorpius", LOG_WARN);
	/* A program of ours that wants no more, or a server that hangs up, is an error to tell, not the end. */
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		print_commands(stderr);
		return error_exit_status(ERR_USAGE);
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
		print_commands(stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("scorpius %s\n", SCORPIUS_VERSION);
		return 0;
	}
	const struct command *c = find(argv[1]);
	if (!c) {
		fprintf(stderr, "scorpius\u00a0: commande inconnue\u00a0: «\u00a0%s\u00a0»\n\n", argv[1]);
		print_commands(stderr);
		return error_exit_status(ERR_USAGE);
	}
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			break;
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			print_usage(stdout, c);
			printf("\n%s", c->help);
			return 0;
		}
	}
	TALLOC_CTX *mem = mem_new("command", 0);
	int status = c->run(mem, argc - 1, argv + 1);
	talloc_free(mem);
	if (fflush(stdout) != 0 || ferror(stdout))
		return error_exit_status(ERR_IO);
	return status;
}
