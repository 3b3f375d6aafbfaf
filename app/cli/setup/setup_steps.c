/* The steps of `scorpius setup` after the settings. Each can be taken again: it looks at what is there first. */
#include "setup.h"

#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "cache_look.h"
#include "drop_in.h"
#include "email.h"
#include "file_key.h"
#include "operator.h"

/* ---- the database ---- */

/* The password and the port in the URL that was made here for this machine's PostgreSQL; false: it is another one. */
static bool is_local_url(TALLOC_CTX *mem, const char *url, const char **password, const char **port)
{
	static const char head[] = "postgresql://scorpius_operator:", middle[] = "@127.0.0.1:", tail[] = "/scorpius";
	if (url == NULL || strncmp(url, head, sizeof head - 1) != 0)
		return false;
	const char *p = url + sizeof head - 1;
	size_t n = strspn(p, "0123456789abcdef");
	*password = mem_strndup(mem, p, n);
	if (n == 0 || strncmp(p + n, middle, sizeof middle - 1) != 0)
		return false;
	p += n + sizeof middle - 1;
	n = strspn(p, "0123456789");
	*port = mem_strndup(mem, p, n);
	return n > 0 && strcmp(p + n, tail) == 0;
}

static enum result make_database(struct setup *s, const char *password, const char *port, struct error *e)
{
	const char *const argv[] = { "runuser", "-u", "postgres", "--", "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1",
		"-d", "postgres", "-p", port, NULL };
	/* On standard input, so that the password stands on no command line, and in no log of the server. \gexec makes
	 * what is not there. */
	const char *sql = mem_printf(s->mem,
	    "select 'create role scorpius_operator login createrole' where not exists (select from pg_roles where "
	    "rolname = "
	    "'scorpius_operator') \\gexec\n"
	    "set log_statement = 'none';\n"
	    "set log_min_error_statement = 'panic';\n"
	    "set log_min_duration_statement = -1;\n"
	    "alter role scorpius_operator password '%s';\n"
	    "select 'create database scorpius owner scorpius_operator encoding ''UTF8'' template template0' where not "
	    "exists "
	    "(select from pg_database where datname = 'scorpius') \\gexec\n",
	    password);
	if (setup_run(s, argv, sql, NULL, e) == ERR_OK)
		return ERR_OK;
	return setup_stop(s, ERR_UNAVAILABLE, e,
	    "le PostgreSQL de cette machine ne répond pas au compte postgres (port %s)\u00a0: « apt install postgresql "
	    "», "
	    "« systemctl start postgresql », ou donnez une autre base avec --database-url-file",
	    port);
}

static enum result reach(struct setup *s, struct error *e)
{
	struct operator_db *db;
	TALLOC_CTX *mem = mem_new("setup", 0);
	enum result rc = operator_connect(mem, setup_value(s, "DATABASE_URL"), &db, e);
	talloc_free(mem);
	return rc;
}

enum result setup_database(struct setup *s, struct error *e)
{
	const char *password, *port;
	bool ours = is_local_url(s->mem, setup_value(s, "DATABASE_URL"), &password, &port);
	struct error quiet;
	error_clear(&quiet);
	if (!s->local_database && reach(s, &quiet) == ERR_OK) {
		setup_done(s, "base de données", "répond");
		return ERR_OK;
	}
	if (!s->local_database && ours && setup_interactive(s))
		s->local_database =
		    setup_ask_yes("Créer le rôle et la base dans le PostgreSQL de cette machine ? [O/n] ");
	if (!s->local_database)
		return setup_stop(s, ours ? ERR_USAGE : ERR_UNAVAILABLE, e,
		    "%s%s la base de DATABASE_URL (%s/operator.env) ne répond pas%s", quiet.cause,
		    quiet.cause[0] != '\0' ? "\u00a0;" : "", s->folder,
		    ours ? "\u00a0: il manque --local-database (dans le PostgreSQL de cette machine) ou "
			   "--database-url-file FICHIER"
			 : "\u00a0: corrigez-la avec --database-url-file FICHIER, ou mettez ce serveur en marche");
	if (!ours)
		return setup_stop(s, ERR_INVALID_SETTING, e,
		    "DATABASE_URL de %s/operator.env n'est pas celle que setup crée\u00a0: sans --local-database, elle "
		    "est "
		    "employée telle quelle",
		    s->folder);
	TRY(make_database(s, password, port, e));
	if (reach(s, e) != ERR_OK)
		return setup_stop(s, ERR_UNAVAILABLE, e,
		    "%s\u00a0; PostgreSQL doit répondre sur 127.0.0.1, port %s, avec un mot de passe "
		    "(pg_hba.conf\u00a0: « host "
		    "all all 127.0.0.1/32 scram-sha-256 »)",
		    e->cause, port);
	setup_done(s, "base de données", "rôle scorpius_operator et base scorpius sur cette machine");
	return ERR_OK;
}

/* ---- Redis ---- */

/* The URL that was made here or by scorpius-rotate for this machine's Redis. */
static bool is_local_redis(const char *url)
{
	static const char plain[] = "redis://127.0.0.1:", with[] = "redis://scorpius:", place[] = "@127.0.0.1:";
	if (url == NULL || strncmp(url, plain, sizeof plain - 1) == 0)
		return url != NULL;
	if (strncmp(url, with, sizeof with - 1) != 0)
		return false;
	const char *p = url + sizeof with - 1;
	return strncmp(p + strspn(p, "0123456789abcdef"), place, sizeof place - 1) == 0;
}

enum result setup_redis(struct setup *s, struct error *e)
{
	const char *const argv[] = { "scorpius-rotate", "redis", NULL };
	const char *url = setup_value(s, "REDIS_URL"), *words = "";
	struct cache_facts facts;
	struct error unused;
	error_clear(&unused);
	bool ours = is_local_redis(url);
	if (ours && strchr(url, '@') != NULL && cache_look(s->mem, url, &facts, &unused) == ERR_OK) {
		setup_done(s, "Redis", "celui de cette machine, avec un mot de passe");
		return ERR_OK;
	}
	if (!ours || !setup_has_services(s)) {
		setup_done(s, "Redis",
		    ours ? "sans mot de passe\u00a0; sur un serveur, scorpius-rotate redis lui en donne un"
			 : "celui de REDIS_URL, tel qu'il est");
		return ERR_OK;
	}
	/* It takes the lock that we have, and changes the files. */
	flock(s->lock, LOCK_UN);
	error_clear(&unused);
	bool closed = setup_run(s, argv, NULL, &words, &unused) == ERR_OK;
	if (flock(s->lock, LOCK_EX | LOCK_NB) != 0)
		return setup_stop(
		    s, ERR_UNAVAILABLE, e, "une autre commande scorpius setup est en cours sur %s", s->folder);
	TRY(setup_files_open(s, e));
	setup_done(s, "Redis",
	    closed ? "celui de cette machine, avec un mot de passe"
		   : "laissé sans mot de passe, pour la raison dite ci-dessus\u00a0; plus tard\u00a0: scorpius-rotate "
		     "redis");
	return ERR_OK;
}

/* ---- the master key ---- */

void setup_tell_key(FILE *to, const char *where, const char *fingerprint)
{
	fprintf(to,
	    "\nSECRET_KEY est la clé de tous les fichiers, sauvegardes comprises. Sans elle, ils sont perdus, et "
	    "personne\n"
	    "ne peut les rendre\u00a0: les sauvegardes ne portent que son empreinte. Conservez-en une copie ailleurs "
	    "que sur\n"
	    "cette machine et ailleurs que les sauvegardes (coffre-fort de mots de passe, papier au coffre).\n"
	    "  où elle est : %s, ligne SECRET_KEY\n"
	    "  empreinte   : %s\n\n",
	    where, fingerprint);
	fflush(to);
}

enum result setup_key(struct setup *s, struct error *e)
{
	struct master_keys *keys;
	struct settings_file *kept;
	TRY(master_keys_new(s->mem, setup_value(s, "SECRET_KEY"), setup_value(s, "SECRET_KEY_PREVIOUS"), &keys, e));
	TRY(settings_file_read(s->mem, mem_printf(s->mem, "%s/key-kept", s->folder), &kept, e));
	const char *id = master_key_id(keys), *before = settings_file_get(kept, "SECRET_KEY_FINGERPRINT");
	if (before != NULL && strcmp(before, id) == 0) {
		setup_done(s, "clé maîtresse", "empreinte %s, copie conservée ailleurs", id);
		return ERR_OK;
	}
	setup_tell_key(stdout, mem_printf(s->mem, "%s/scorpius.env", s->folder), id);
	if (!s->key_kept && (!setup_interactive(s) || !setup_ask_key_kept()))
		return setup_stop(s, ERR_USAGE, e, "faites cette copie, puis relancez la même commande%s",
		    setup_interactive(s) ? "" : " avec --key-kept, qui affirme qu'elle existe");
	if (kept->n == 0)
		kept = settings_file_parse(s->mem, kept->path,
		    "# Whoever set this server up has said that a copy of this key is kept elsewhere. The key is not "
		    "here.\n");
	TRY(settings_file_set(kept, READ_BY_SYSTEMD, "SECRET_KEY_FINGERPRINT", id, e));
	TRY(settings_file_write(kept, s->uid, s->gid, e));
	setup_done(s, "clé maîtresse", "empreinte %s, copie conservée ailleurs (%s)", id,
	    s->key_kept ? "--key-kept" : "confirmé");
	return ERR_OK;
}

/* ---- the schema, and the first account ---- */

enum result setup_schema(struct setup *s, struct error *e)
{
	const char *const arguments[] = { "migrate", NULL };
	const char *output = "";
	if (setup_scorpius(s, arguments, NULL, &output, e) != ERR_OK) {
		fputs(output, stderr);
		return setup_stop(s, e->code, e,
		    "le schéma n'est pas déployé\u00a0; remédiez à ce qui est dit ci-dessus, puis relancez la même "
		    "commande");
	}
	setup_done(s, "schéma", "à jour");
	return ERR_OK;
}

/* Addresses stand first in the lines of `user list`. */
static bool has_account(const char *list, const char *email)
{
	size_t n = strlen(email);
	for (const char *p = list; p != NULL && *p != '\0'; p = strchr(p, '\n'), p += p != NULL)
		if (strncmp(p, email, n) == 0 && p[n] == '\t')
			return true;
	return false;
}

static enum result add_account(struct setup *s, const char *email, struct error *e)
{
	const char *arguments[10] = { "user", "add", email, "--role", "admin",
		s->admin_password != NULL ? "--password-stdin" : "--generate" };
	const char *generated = NULL;
	if (s->admin_name != NULL) {
		arguments[6] = "--name";
		arguments[7] = s->admin_name;
	}
	enum result rc = s->admin_password != NULL
			     ? setup_scorpius(s, arguments, mem_printf(s->mem, "%s\n", s->admin_password), NULL, e)
			     : setup_scorpius(s, arguments, NULL, &generated, e);
	if (rc != ERR_OK)
		return setup_stop(s, e->code, e,
		    "le compte %s n'est pas créé\u00a0; remédiez à ce qui est dit ci-dessus, puis relancez la même "
		    "commande",
		    email);
	setup_done(s, "compte", "%s, rôle admin", email);
	if (generated != NULL)
		printf("\nSon mot de passe, affiché cette seule fois\u00a0: %s\n\n", generated);
	return ERR_OK;
}

enum result setup_admin(struct setup *s, struct error *e)
{
	const char *const arguments[] = { "user", "list", "--role", "admin", NULL };
	const char *list = "";
	if (setup_scorpius(s, arguments, NULL, &list, e) != ERR_OK)
		return setup_stop(s, e->code, e, "les comptes ne peuvent pas être lus");
	const char *email = s->admin;
	if (email != NULL ? has_account(list, email) : list[0] != '\0') {
		setup_done(s, "compte", "%.*s, déjà là", (int)strcspn(email != NULL ? email : list, "\t"),
		    email != NULL ? email : list);
		return ERR_OK;
	}
	if (!s->no_admin)
		TRY(setup_ask_admin(s, e));
	if (s->no_admin) {
		setup_done(s, "compte", "aucun\u00a0; plus tard\u00a0: scorpius-admin user add ADRESSE --role admin");
		return ERR_OK;
	}
	TRY(email_normalise(s->mem, s->admin, "--admin", &email, e));
	return add_account(s, email, e);
}

/* ---- services and the site ---- */

static enum result systemctl(struct setup *s, const char *verb, const char *option, const char *unit, struct error *e)
{
	const char *argv[6] = { "systemctl", "--quiet", verb };
	size_t n = 3;
	if (option != NULL)
		argv[n++] = option;
	if (unit != NULL)
		argv[n++] = unit;
	if (setup_run(s, argv, NULL, NULL, e) == ERR_OK)
		return ERR_OK;
	return setup_stop(s, ERR_UNAVAILABLE, e,
	    "« systemctl %s %s » a échoué\u00a0: « journalctl -u 'scorpius-*' » dit pourquoi", verb,
	    unit != NULL ? unit : "");
}

/* Exit status 3 of is-active is an answer, not a fault to be told. */
static bool is_active(struct setup *s)
{
	const char *const argv[] = { "systemctl", "show", "--property=ActiveState", "scorpius.target", NULL };
	const char *state = "";
	struct error unused;
	error_clear(&unused);
	return setup_run(s, argv, NULL, &state, &unused) == ERR_OK && strcmp(state, "ActiveState=active\n") == 0;
}

/* Hardened services write to their own folders only: another one of the settings is named to those that need it. */
static enum result let_write(struct setup *s, struct error *e)
{
	static const struct {
		const char *setting, *own, *units[3];
	} folders[] = { { "BACKUP_PATH", "/var/lib/scorpius/backups", { "scorpius-backup.service" } },
		{ "UPLOAD_PATH", "/var/lib/scorpius/files", { "scorpius-api@.service", "scorpius-jobs.service" } } };
	bool changed = false;
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		const char *path = setup_value(s, folders[i].setting), *text;
		bool another = path != NULL && path[0] != '\0' && strcmp(path, folders[i].own) != 0;
		if (drop_in_text(s->mem, &path, another ? 1 : 0, &text, e) != ERR_OK)
			return setup_stop(s, e->code, e,
			    "%s\u00a0: un service de systemd ne peut pas nommer ce dossier\u00a0; choisissez un chemin "
			    "absolu "
			    "sans espace, guillemet, « %% » ni « \\ »",
			    folders[i].setting);
		for (size_t k = 0; k < ARRAY_LEN(folders[i].units) && folders[i].units[k] != NULL; k++)
			TRY(drop_in_put(s->mem, "/etc/systemd/system", folders[i].units[k], text, &changed, e));
	}
	if (!changed)
		return ERR_OK;
	s->changed = true;
	return systemctl(s, "daemon-reload", NULL, NULL, e);
}

enum result setup_services(struct setup *s, struct error *e)
{
	static const char *const units[] = { "scorpius-api@api-a", "scorpius-api@api-b", "scorpius-api@bulk-a",
		"scorpius-api@bulk-b", "scorpius-jobs" };
	const char *mark = setup_restart_mark(s);
	if (!setup_has_services(s)) {
		unlink(mark);
		setup_done(s, "services", "systemd ne tourne pas ici\u00a0: à démarrer par vous");
		return ERR_OK;
	}
	TRY(let_write(s, e));
	if (s->no_start) {
		setup_done(s, "services", "non démarrés (--no-start)");
		return ERR_OK;
	}
	s->changed |= access(mark, F_OK) == 0;
	bool running = is_active(s);
	TRY(systemctl(s, "enable", "--now", "scorpius.target", e));
	/* One half of each pool after the other: no request is lost. */
	for (size_t i = 0; running && s->changed && i < ARRAY_LEN(units); i++)
		TRY(systemctl(s, "restart", NULL, units[i], e));
	unlink(mark);
	setup_done(s, "services",
	    !running     ? "activés et démarrés"
	    : s->changed ? "relancés avec les nouveaux réglages"
			 : "en marche");
	return ERR_OK;
}

/* What is served already, or what certbot has, is taken without a word by scorpius-site; it tells in English. */
static bool has_certificate(struct setup *s, const char *host)
{
	const char *given = setup_value(s, "TLS_CERTIFICATE");
	return (given != NULL && given[0] != '\0') ||
	       access(mem_printf(s->mem, "/etc/letsencrypt/live/%s", host), F_OK) == 0 ||
	       access("/etc/nginx/scorpius/listen.conf", F_OK) == 0;
}

enum result setup_site(struct setup *s, struct error *e)
{
	const char *const argv[] = { "scorpius-site", NULL };
	const char *host = setup_host(s->mem, setup_value(s, "PUBLIC_URL")), *words = "";
	if (strcmp(s->folder, SCORPIUS_CONFDIR) != 0) {
		setup_done(s, "site", "laissé tel quel\u00a0: les réglages sont dans %s", s->folder);
		return ERR_OK;
	}
	bool served = access("/etc/nginx/sites-enabled/scorpius", F_OK) == 0;
	s->no_certificate = !has_certificate(s, host);
	if (setup_run(s, argv, NULL, &words, e) != ERR_OK)
		return setup_stop(s, ERR_INVALID_SETTING, e,
		    "le site de nginx n'a pas changé\u00a0; remédiez à ce qui est dit ci-dessus, puis relancez la même "
		    "commande");
	/* The first time nginx starts anew, with its folder for uploads in memory. */
	if (!served && setup_has_services(s) && !s->no_start)
		TRY(systemctl(s, "restart", NULL, "nginx", e));
	if (!s->no_certificate) {
		setup_done(s, "site", "https://%s", host);
		return ERR_OK;
	}
	setup_done(s, "site", "pas encore de certificat\u00a0: seul le port 80 répond, pour en prouver le nom");
	printf("  Pour en obtenir un\u00a0: certbot certonly --webroot -w /var/lib/scorpius/acme -d %s\n"
	       "  ou donnez le vôtre\u00a0: --tls-certificate FICHIER --tls-certificate-key FICHIER. Puis relancez "
	       "scorpius "
	       "setup.\n",
	    host);
	return ERR_OK;
}

/* ---- the whole ---- */

enum result setup_doctor(struct setup *s, struct error *e)
{
	const char *const arguments[] = { "doctor", "--settings", s->folder, NULL };
	if (!setup_has_services(s) || s->no_start) {
		setup_done(s, "contrôles", "une fois les services en marche\u00a0: scorpius-admin doctor");
		return ERR_OK;
	}
	fputc('\n', stdout);
	/* What is missing for want of a certificate was said already. */
	if (setup_scorpius(s, arguments, NULL, NULL, e) == ERR_OK || s->no_certificate)
		return ERR_OK;
	return setup_stop(s, ERR_UNAVAILABLE, e,
	    "tout est installé, mais des contrôles ci-dessus échouent\u00a0; remédiez-y, puis\u00a0: scorpius-admin "
	    "doctor");
}
