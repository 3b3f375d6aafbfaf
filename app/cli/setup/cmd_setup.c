/* scorpius setup: a server from its settings to its first account, in one command that can be run again. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "crypto.h"
#include "email.h"
#include "fail_point.h"
#include "setup.h"
#include "terminal.h"

const char setup_help[] =
    "Installe ou complète un serveur, étape par étape : réglages et secrets, base de données, clé maîtresse, schéma,\n"
    "premier compte, services, site de nginx, contrôles de « scorpius doctor ». Peut être relancée : garde ce qui est "
    "là, reprend où elle s'est arrêtée, "
    "ne\n"
    "change que ce qui est demandé. Sans terminal, ou avec --non-interactive, ne demande rien et nomme l'option "
    "manquante.\n"
    "\n"
    "--public-url https://NOM          l'adresse du serveur (indispensable)\n"
    "--local-database                  crée le rôle et la base dans le PostgreSQL de cette machine\n"
    "--database-url-file F             ou : l'URL du compte de l'exploitant sur un autre serveur\n"
    "--redis-url-file F                l'URL de Redis (par défaut celui de cette machine)\n"
    "--cors-origins O,O                les autres origines dont les navigateurs peuvent appeler l'API\n"
    "--smtp-host H, --smtp-port N, --smtp-security starttls|tls|none, --smtp-user NOM, --smtp-password-file F,\n"
    "--smtp-from ADRESSE               le serveur de messagerie (par défaut aucun)\n"
    "--backup-path DOSSIER             les sauvegardes (par défaut aucune)\n"
    "--s3-secret-file F                le secret du service S3 (ses autres réglages par --set)\n"
    "--set NOM=VALEUR                  un autre réglage (scorpius config --explain), aucun secret\n"
    "--key-kept                        affirme qu'une copie de SECRET_KEY est conservée ailleurs\n"
    "--admin ADRESSE, --admin-name NOM, --admin-password-file F | --admin-generate | --no-admin\n"
    "                                  le premier compte de l'exploitant\n"
    "--tls-certificate F, --tls-certificate-key F   par défaut ceux de certbot\n"
    "--no-start                        sans démarrer les services\n"
    "--files-only                      ne fait que les fichiers de réglages manquants, en silence\n"
    "--folder DOSSIER                  les réglages ailleurs que dans " SCORPIUS_CONFDIR " ; ni services ni nginx\n"
    "\n"
    "--docker                          écrit le fichier de réglages que lit docker-compose, secrets compris :\n"
    "--output FICHIER                  dans ce fichier (0600), dont les valeurs sont gardées ; sinon sur la sortie "
    "standard\n"
    "--from FICHIER|-                  en partant de ce fichier, ou de l'entrée standard\n"
    "\n"
    "F est un fichier dont la première ligne est le secret, ou « - » : la ligne suivante de l'entrée standard. Un "
    "secret\n"
    "n'est jamais un argument : la liste des processus le montrerait.\n";

/* Flags that give a setting its value. */
static const struct {
	const char *flag, *name;
	bool from_file; /* a secret: the flag names a file */
	bool docker;    /* also with --docker */
} settings_flags[] = {
	{ "--public-url", "PUBLIC_URL", false, true },
	{ "--cors-origins", "CORS_ORIGINS", false, true },
	{ "--database-url-file", "DATABASE_URL", true, false },
	{ "--redis-url-file", "REDIS_URL", true, false },
	{ "--smtp-host", "SMTP_HOST", false, true },
	{ "--smtp-port", "SMTP_PORT", false, true },
	{ "--smtp-security", "SMTP_SECURITY", false, true },
	{ "--smtp-user", "SMTP_USER", false, true },
	{ "--smtp-password-file", "SMTP_PASSWORD", true, true },
	{ "--smtp-from", "SMTP_FROM", false, true },
	{ "--backup-path", "BACKUP_PATH", false, true },
	{ "--s3-secret-file", "S3_SECRET_ACCESS_KEY", true, true },
	{ "--tls-certificate", "TLS_CERTIFICATE", false, false },
	{ "--tls-certificate-key", "TLS_CERTIFICATE_KEY", false, false },
};

/* Settings that scripts and docker-compose read, besides those of settings_list.h. */
static const char *const settings_of_others[] = { "API_WORKERS", "BULK_WORKERS", "API_SERVERS", "BULK_SERVERS",
	"TLS_STAPLING", "HTTP_PORT", "HTTPS_PORT", "API_PORT", "API_BIND", "TLS_FOLDER", "ACME_FOLDER", "BACKUP_FOLDER",
	"POSTGRES_FOLDER", "REDIS_FOLDER", "UPLOADS_FOLDER", "BACKUP_TIME", "COMPOSE_FILE", "COMPOSE_PROJECT_NAME",
	"ENV_FILE", "EXTRA_PACKAGES", "NGINX_TEMP_SIZE", "PROMETHEUS_IMAGE", "PROMETHEUS_PORT", "PROMETHEUS_RETENTION",
	"SCORPIUS_IMAGE", "SCORPIUS_NGINX_IMAGE", "POSTGRES_IMAGE", "REDIS_IMAGE" };

/* ---- what the parts share ---- */

void setup_done(const struct setup *s, const char *step, const char *fmt, ...)
{
	FILE *to = s->docker ? stderr : stdout;
	va_list args;
	va_start(args, fmt);
	fprintf(to, "%s\u00a0: ", step);
	vfprintf(to, fmt, args);
	fputc('\n', to);
	va_end(args);
	fflush(to);
	fail_point(mem_printf(s->mem, "setup %s", step));
}

enum result setup_stop(struct setup *s, enum result code, struct error *e, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	fflush(stdout);
	fputs("scorpius\u00a0: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	s->told = true;
	error_clear(e);
	return error_set(e, code, NULL);
}

const char *setup_wished(const struct setup *s, const char *name)
{
	for (size_t i = s->n_wishes; i-- > 0;)
		if (strcmp(s->wishes[i].name, name) == 0)
			return s->wishes[i].value;
	return NULL;
}

void setup_wish(struct setup *s, const char *name, const char *value)
{
	if (s->n_wishes == ARRAY_LEN(s->wishes))
		BUG("more settings at once than there is room for");
	s->wishes[s->n_wishes++] = (struct setup_wish){ name, value };
}

const char *setup_host(TALLOC_CTX *mem, const char *url)
{
	static const char scheme[] = "https://";
	if (url == NULL || strncmp(url, scheme, sizeof scheme - 1) != 0)
		return NULL;
	url += sizeof scheme - 1;
	size_t n = strspn(url, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-");
	return n > 0 && (url[n] == '\0' || strcmp(url + n, "/") == 0) ? mem_strndup(mem, url, n) : NULL;
}

/* ---- flags ---- */

/* The first line of a file, or the next one of standard input. */
static enum result read_secret(struct setup *s, const char *flag, const char *path, const char **out, struct error *e)
{
	char line[4096];
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	if (in == NULL)
		return setup_stop(s, ERR_USAGE, e, "%s\u00a0: %s\u00a0: %s", flag, path, strerror(errno));
	bool ok = terminal_read_line(in, line, sizeof line) && line[0] != '\0';
	if (in != stdin)
		fclose(in);
	*out = ok ? mem_strdup(s->mem, line) : NULL;
	crypto_wipe(line, sizeof line);
	return ok ? ERR_OK
		  : setup_stop(s, ERR_USAGE, e, "%s\u00a0: %s ne donne aucune ligne, ou une ligne trop longue", flag,
			in == stdin ? "l'entrée standard" : path);
}

static enum result take_set(struct setup *s, const char *text, struct error *e)
{
	size_t n = strcspn(text, "=");
	const char *name = mem_strndup(s->mem, text, n);
	bool known = false, secret = false;
	for (size_t i = 0; i < settings_count; i++)
		if (strcmp(settings_table[i].name, name) == 0)
			known = true, secret = settings_table[i].secret;
	for (size_t i = 0; i < ARRAY_LEN(settings_of_others); i++)
		known |= strcmp(settings_of_others[i], name) == 0;
	if (secret)
		return setup_stop(s, ERR_USAGE, e, "--set\u00a0: %s est un secret, qui n'est jamais un argument", name);
	if (text[n] != '=' || !known)
		return setup_stop(s, ERR_USAGE, e, "--set\u00a0: « %s » n'est pas un réglage", name);
	setup_wish(s, name, text + n + 1);
	return ERR_OK;
}

/* Takes flag and value when it is one of those; *taken counts the arguments. */
static enum result take_valued(struct setup *s, const char *flag, const char *value, bool *taken, struct error *e)
{
	const struct {
		const char *flag;
		const char **to;
	} texts[] = { { "--admin", &s->admin }, { "--admin-name", &s->admin_name }, { "--folder", &s->folder },
		{ "--output", &s->output }, { "--from", &s->from } };
	*taken = true;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (strcmp(texts[i].flag, flag) == 0)
			return *texts[i].to = value, ERR_OK;
	if (strcmp(flag, "--set") == 0)
		return take_set(s, value, e);
	if (strcmp(flag, "--admin-password-file") == 0)
		return read_secret(s, flag, value, &s->admin_password, e);
	for (size_t i = 0; i < ARRAY_LEN(settings_flags); i++) {
		if (strcmp(settings_flags[i].flag, flag) != 0)
			continue;
		if (settings_flags[i].from_file)
			TRY(read_secret(s, flag, value, &value, e));
		setup_wish(s, settings_flags[i].name, value);
		return ERR_OK;
	}
	*taken = false;
	return ERR_OK;
}

static bool take_plain(struct setup *s, const char *flag)
{
	const struct {
		const char *flag;
		bool *to;
	} switches[] = { { "--docker", &s->docker }, { "--files-only", &s->files_only },
		{ "--non-interactive", &s->non_interactive }, { "--local-database", &s->local_database },
		{ "--key-kept", &s->key_kept }, { "--no-admin", &s->no_admin },
		{ "--admin-generate", &s->admin_generate }, { "--no-start", &s->no_start } };
	for (size_t i = 0; i < ARRAY_LEN(switches); i++)
		if (strcmp(switches[i].flag, flag) == 0)
			return *switches[i].to = true;
	return false;
}

/* Flags that say two things at once, or have no sense together. */
static const char *contradiction(const struct setup *s)
{
	bool admin = s->admin != NULL || s->admin_name != NULL || s->admin_generate || s->admin_password != NULL;
	if (s->local_database && setup_wished(s, "DATABASE_URL") != NULL)
		return "--local-database et --database-url-file s'excluent";
	if (s->admin_generate && s->admin_password != NULL)
		return "--admin-generate et --admin-password-file s'excluent";
	if (s->no_admin && admin)
		return "--no-admin et --admin s'excluent";
	if (admin && s->admin == NULL)
		return "il manque --admin ADRESSE";
	if (!s->docker && (s->output != NULL || s->from != NULL))
		return "--output et --from vont avec --docker";
	if (s->files_only && (s->n_wishes > 0 || admin || s->docker || s->local_database || s->key_kept))
		return "--files-only ne va qu'avec --folder";
	if (s->docker &&
	    (admin || s->no_admin || s->local_database || s->no_start || strcmp(s->folder, SCORPIUS_CONFDIR) != 0))
		return "--docker n'écrit qu'un fichier\u00a0: ni base, ni compte, ni services, ni dossier";
	for (size_t i = 0; s->docker && i < ARRAY_LEN(settings_flags); i++)
		if (!settings_flags[i].docker && setup_wished(s, settings_flags[i].name) != NULL)
			return "--docker\u00a0: la base, Redis et le certificat sont ceux de docker-compose";
	return NULL;
}

static enum result read_flags(struct setup *s, int argc, char **argv, struct error *e)
{
	for (int i = 1; i < argc; i++) {
		bool taken = take_plain(s, argv[i]);
		if (!taken && i + 1 < argc) {
			TRY(take_valued(s, argv[i], argv[i + 1], &taken, e));
			i += taken;
		}
		if (!taken)
			return setup_stop(s, ERR_USAGE, e, "option inconnue, ou sans sa valeur\u00a0: « %s »", argv[i]);
		if (s->n_wishes > ARRAY_LEN(s->wishes) / 2)
			return setup_stop(s, ERR_USAGE, e, "trop de réglages à la fois");
	}
	const char *wrong = contradiction(s);
	if (wrong != NULL)
		return setup_stop(s, ERR_USAGE, e, "%s", wrong);
	if (s->admin == NULL || email_normalise(s->mem, s->admin, "--admin", &s->admin, e) == ERR_OK)
		return ERR_OK;
	return setup_stop(
	    s, ERR_INVALID_EMAIL, e, "--admin\u00a0: « %s » n'est pas une adresse électronique", s->admin);
}

/* ---- the order of things ---- */

/* Who new files belong to, and who the programs run as: on a server root and the user of the services, in another
 * folder its owner. One setup at a time. */
static enum result claim(struct setup *s, struct error *e)
{
	struct stat st;
	bool server = strcmp(s->folder, SCORPIUS_CONFDIR) == 0;
	if (server && geteuid() != 0)
		return setup_stop(
		    s, ERR_FORBIDDEN, e, "seul root peut écrire dans %s\u00a0: sudo scorpius setup", s->folder);
	if (mkdir(s->folder, 0755) != 0 && errno != EEXIST)
		return setup_stop(s, ERR_IO, e, "%s\u00a0: %s", s->folder, strerror(errno));
	int fd = open(s->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		return setup_stop(s, ERR_IO, e, "%s\u00a0: %s", s->folder, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return setup_stop(
		    s, ERR_UNAVAILABLE, e, "une autre commande scorpius setup est en cours sur %s", s->folder);
	s->lock = fd;
	s->uid = s->run_uid = st.st_uid;
	s->gid = s->run_gid = st.st_gid;
	if (!server || s->files_only)
		return ERR_OK;
	const struct passwd *services = getpwnam("scorpius");
	if (services == NULL)
		return setup_stop(s, ERR_NOT_FOUND, e,
		    "l'utilisateur scorpius des services n'existe pas\u00a0: « systemd-sysusers » le crée");
	s->run_uid = services->pw_uid;
	s->run_gid = services->pw_gid;
	return ERR_OK;
}

static enum result on_server(struct setup *s, struct error *e)
{
	TRY(claim(s, e));
	TRY(setup_files_open(s, e));
	if (s->files_only)
		return setup_files_write(s, e);
	TRY(setup_ask_settings(s, e));
	TRY(setup_files_apply(s, e));
	TRY(setup_files_write(s, e));
	setup_done(s, "réglages", "%s, %s", s->folder, setup_value(s, "PUBLIC_URL"));
	TRY(setup_redis(s, e));
	TRY(setup_database(s, e));
	TRY(setup_key(s, e));
	TRY(setup_schema(s, e));
	TRY(setup_admin(s, e));
	TRY(setup_services(s, e));
	TRY(setup_site(s, e));
	return setup_doctor(s, e);
}

int cmd_setup(TALLOC_CTX *mem, int argc, char **argv)
{
	struct setup *s = mem_zero(mem, struct setup);
	struct error e;
	error_clear(&e);
	s->mem = mem;
	s->folder = SCORPIUS_CONFDIR;
	enum result rc = read_flags(s, argc, argv, &e);
	if (rc == ERR_OK)
		rc = s->docker ? setup_docker(s, &e) : on_server(s, &e);
	if (rc == ERR_OK)
		return 0;
	if (s->told)
		return error_exit_status(rc);
	if (e.cause[0] != '\0')
		fprintf(stderr, "scorpius\u00a0: %s\n", e.cause);
	return cli_fail("setup", &e);
}
