/* doctor: the settings, each for itself and together, their names and their files. */
#include "doctor_private.h"

#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_key.h"
#include "mail.h"
#include "settings_file.h"
#include "store_settings.h"

#define NAME_LONGEST 64
#define PASSWORD_LEAST 16

extern char **environ;

/* What other parts of an installation read: the launcher of the workers, the site of nginx, the compose files. */
static const char *const other_names[] = { "API_WORKERS", "BULK_WORKERS", "API_SERVERS", "BULK_SERVERS", "API_BIND",
	"TLS_WARN_DAYS", "POSTGRES_DB", "POSTGRES_USER", "TLS_CERTIFICATE", "TLS_CERTIFICATE_KEY", "TLS_STAPLING",
	"TLS_FOLDER", "ACME_FOLDER", "BACKUP_TIME", "EXTRA_PACKAGES", "POSTGRES_FOLDER", "REDIS_FOLDER",
	"UPLOADS_FOLDER", "PROMETHEUS_IMAGE", "PROMETHEUS_PORT", "PROMETHEUS_RETENTION", "COMPOSE_FILE",
	"COMPOSE_PROJECT_NAME", "DB_PASSWORD", "REDIS_PASSWORD", "POSTGRES_PASSWORD", "POSTGRES_IMAGE", "REDIS_IMAGE",
	"SCORPIUS_IMAGE", "SCORPIUS_NGINX_IMAGE", "HTTP_PORT", "HTTPS_PORT", "NGINX_TEMP_SIZE", "ENV_FILE",
	"BACKUP_FOLDER", "TZ", "LANG", "TMPDIR", "PATH" };

/* Names that other servers know, and what takes their place here (scorpius-pool says the same to the log). */
static const struct {
	const char *name, *instead;
} unused[] = {
	{ "DEBUG", "LOG_LEVEL=DEBUG en dit plus" },
	{ "API_HOST", "nginx écoute, les programmes n'ont que des sockets Unix" },
	{ "API_PORT", "nginx écoute, sur 80 et 443 (avec docker-compose.port.yml, sur ce port aussi)" },
	{ "DATABASE_POOL_SIZE",
	    "chaque processus a une connexion : API_WORKERS, BULK_WORKERS et JOB_WORKERS les comptent" },
	{ "DATABASE_MAX_OVERFLOW", "il y a autant de connexions que de processus, jamais plus" },
	{ "REDIS_MAX_CONNECTIONS", "chaque processus a une connexion" },
	{ "TEMP_PATH", "les fichiers temporaires sont ceux de nginx, en mémoire" },
};

/* ---- values ---- */

static void say_faults(struct doctor *d, const struct error *e)
{
	for (unsigned i = 0; i < e->n_faults; i++) {
		char text[512];
		error_text(&e->faults[i], LANG_FR, text, sizeof(text));
		const char *name = e->faults[i].field[0] ? e->faults[i].field : "ce réglage";
		doctor_say(d, DOCTOR_ERROR,
		    doctor_mend_setting(
			d, mem_printf(d->mem,
			       "« scorpius config --explain » donne le sens de chaque réglage ; corrigez %s", name)),
		    "%s", text);
	}
}

void doctor_settings_valid(struct doctor *d)
{
	struct error e;
	struct mail_server *unneeded;
	error_clear(&e);
	say_faults(d, d->faults);
	(void)!store_settings_check(d->s, &e);
	(void)!mail_server_configure(d->mem, d->s, &unneeded, &e);
	say_faults(d, &e);
	if (d->faults->n_faults + e.n_faults > 0)
		return;
	if (!d->production && d->folder)
		doctor_say(d, DOCTOR_WARNING, doctor_mend_setting(d, "écrivez APP_ENV=production"),
		    "APP_ENV vaut « %s » : ce que la production refuse (secrets faibles, adresses en clair) est admis",
		    d->s->APP_ENV);
	else
		doctor_say(d, DOCTOR_OK, NULL, "tous valables, APP_ENV=%s", d->s->APP_ENV);
}

static bool is_faulty(const struct doctor *d, const char *name)
{
	for (unsigned i = 0; i < d->faults->n_faults; i++)
		if (strcmp(d->faults->faults[i].field, name) == 0)
			return true;
	return false;
}

static bool same(const char *a, const char *b)
{
	return a && b && *a && strcmp(a, b) == 0;
}

static bool too_short(const char *password)
{
	return password && *password && strlen(password) < PASSWORD_LEAST;
}

void doctor_settings_secrets(struct doctor *d)
{
	const struct settings *s = d->s;
	const struct {
		const char *name, *value;
	} keys[] = { { "JWT_SECRET_KEY", s->JWT_SECRET_KEY }, { "SECRET_KEY", s->SECRET_KEY } };
	bool said = false;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const char *mend = doctor_mend_setting(
		    d, mem_printf(d->mem, "donnez à %s la sortie de « openssl rand -hex 32 »", keys[i].name));
		bool missing = !keys[i].value || !*keys[i].value;
		if (!missing && !is_faulty(d, keys[i].name) && !settings_secret_is_weak(keys[i].value))
			continue;
		said = true;
		if (missing)
			doctor_say(d, DOCTOR_ERROR, mend, "%s manque : les programmes ne démarrent pas", keys[i].name);
		else
			doctor_say(d, d->production ? DOCTOR_ERROR : DOCTOR_WARNING,
			    i == 0 ? mend
				   : "avant de changer SECRET_KEY quand des fichiers existent, lisez le chapitre des "
				     "secrets de "
				     "la documentation : l'ancienne devient SECRET_KEY_PREVIOUS",
			    "%s est faible : elle se devine", keys[i].name);
	}
	if (same(s->JWT_SECRET_KEY, s->SECRET_KEY)) {
		said = true;
		doctor_say(d, d->production ? DOCTOR_ERROR : DOCTOR_WARNING,
		    doctor_mend_setting(d,
			"donnez à JWT_SECRET_KEY la sortie de « openssl rand -hex 32 » (chacun devra se reconnecter)"),
		    "JWT_SECRET_KEY et SECRET_KEY sont égales : qui connaît l'une connaît l'autre");
	}
	if (same(s->SECRET_KEY, s->SECRET_KEY_PREVIOUS) || same(s->JWT_SECRET_KEY, s->JWT_SECRET_KEY_PREVIOUS)) {
		said = true;
		doctor_say(d, DOCTOR_WARNING, doctor_mend_setting(d, "retirez-la"),
		    "une clé « _PREVIOUS » est égale à celle d'aujourd'hui");
	}
	if (same(s->DATABASE_API_PASSWORD, s->DATABASE_JOBS_PASSWORD) || too_short(s->DATABASE_API_PASSWORD) ||
	    too_short(s->DATABASE_JOBS_PASSWORD)) {
		said = true;
		doctor_say(d, DOCTOR_WARNING,
		    "donnez à chacun la sortie de « openssl rand -hex 24 », aussi dans DATABASE_API_URL et "
		    "DATABASE_JOBS_URL, puis lancez "
		    "« scorpius-admin migrate »",
		    "les mots de passe de scorpius_api et scorpius_jobs sont égaux, ou ont moins de %d caractères",
		    PASSWORD_LEAST);
	}
	if (!said)
		doctor_say(d, DOCTOR_OK, NULL, "présents, longs et distincts");
}

void doctor_settings_address(struct doctor *d)
{
	const char *url = d->s->PUBLIC_URL;
	struct error e;
	error_clear(&e);
	if (!*url)
		doctor_say(d, d->production ? DOCTOR_ERROR : DOCTOR_WARNING,
		    doctor_mend_setting(d, "écrivez PUBLIC_URL=https://votre-domaine.fr"),
		    "PUBLIC_URL manque : les liens des courriels et "
		    "le site en ont besoin");
	else if (strncmp(url, "https://", 8) != 0)
		doctor_say(d, d->production ? DOCTOR_ERROR : DOCTOR_WARNING,
		    doctor_mend_setting(d, "écrivez PUBLIC_URL avec https://"),
		    "PUBLIC_URL (%s) n'est pas en https : les mots de passe passeraient en clair", url);
	else if (mail_public_url(d->mem, d->s, &url, &e) != ERR_OK)
		doctor_say(d, DOCTOR_ERROR, doctor_mend_setting(d, "écrivez PUBLIC_URL=https://votre-domaine.fr"),
		    "PUBLIC_URL (%s) n'est pas une adresse", d->s->PUBLIC_URL);
	else
		doctor_say(d, DOCTOR_OK, NULL, "%s", url);
}

/* ---- names ---- */

static bool is_known(const char *name)
{
	for (size_t i = 0; i < settings_count; i++)
		if (strcmp(settings_table[i].name, name) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_LEN(other_names); i++)
		if (strcmp(other_names[i], name) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_LEN(unused); i++)
		if (strcmp(unused[i].name, name) == 0)
			return true;
	return strncmp(name, "SCORPIUS_", 9) == 0;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters were left out, added, changed or swapped with their neighbour. */
static size_t distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), rows[3][NAME_LONGEST + 1];
	if (n > NAME_LONGEST || m > NAME_LONGEST)
		return NAME_LONGEST;
	for (size_t j = 0; j <= m; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
	}
	return rows[n % 3][m];
}

/* The setting that was meant, or NULL. */
static const char *meant(const char *name)
{
	const char *nearest = NULL;
	size_t best = strlen(name) < 8 ? 2 : 3; /* not as far as this */
	for (size_t i = 0; i < settings_count; i++) {
		size_t far = distance(name, settings_table[i].name);
		if (far < best) {
			best = far;
			nearest = settings_table[i].name;
		}
	}
	return nearest;
}

static bool is_env_file(const char *name)
{
	size_t n = strlen(name);
	return n >= 4 && strcmp(name + n - 4, ".env") == 0;
}

/* A file whose names are looked at. */
struct names {
	struct doctor *d;
	const char *path;
	unsigned found;
};

static void look_at_name(void *arg, const char *name, const char *value)
{
	struct names *n = arg;
	const char *instead = is_known(name) ? NULL : meant(name);
	(void)value;
	if (is_known(name))
		return;
	n->found++;
	if (instead)
		doctor_say(n->d, DOCTOR_WARNING, mem_printf(n->d->mem, "écrivez %s dans %s", instead, n->path),
		    "%s : %s est inconnu et reste sans effet", n->path, name);
	else
		doctor_say(n->d, DOCTOR_WARNING,
		    mem_printf(
			n->d->mem, "retirez-le de %s, ou corrigez son nom (« scorpius config --explain »)", n->path),
		    "%s : %s n'est pas un réglage", n->path, name);
}

static unsigned look_at_file(struct doctor *d, const char *path)
{
	struct names names = { d, path, 0 };
	struct settings_file *f;
	struct error e;
	error_clear(&e);
	/* One that can't be read is told with the files' rights. */
	if (settings_file_read(d->mem, path, &f, &e) == ERR_OK)
		settings_file_each(f, look_at_name, &names);
	return names.found;
}

void doctor_settings_names(struct doctor *d)
{
	unsigned found = 0;
	DIR *top = d->folder ? opendir(d->folder) : NULL;
	if (top) {
		for (struct dirent *f; (f = readdir(top));)
			if (is_env_file(f->d_name))
				found += look_at_file(d, mem_printf(d->mem, "%s/%s", d->folder, f->d_name));
		closedir(top);
	}
	/* The environment has names of its own: only what looks like one of ours counts. */
	for (char **p = environ; found == 0 && *p; p++) {
		const char *name = mem_strndup(d->mem, *p, strcspn(*p, "="));
		const char *instead = strlen(name) > 5 && !is_known(name) ? meant(name) : NULL;
		if (!instead)
			continue;
		found++;
		doctor_say(d, DOCTOR_WARNING, doctor_mend_setting(d, mem_printf(d->mem, "écrivez %s", instead)),
		    "%s est inconnu et reste sans effet", name);
	}
	if (found == 0)
		doctor_say(d, DOCTOR_OK, NULL, "tous connus");
}

void doctor_settings_unused(struct doctor *d)
{
	bool any = false;
	for (size_t i = 0; i < ARRAY_LEN(unused); i++) {
		const char *value = d->get(unused[i].name);
		if (!value || !*value)
			continue;
		any = true;
		doctor_say(d, DOCTOR_OK, NULL, "%s ne sert pas ici : %s", unused[i].name, unused[i].instead);
	}
	if (!any)
		doctor_say(d, DOCTOR_OK, NULL, "aucun");
}

/* ---- files ---- */

static bool is_trusted(uid_t owner)
{
	const struct passwd *p = getpwnam(DOCTOR_USER);
	return owner == 0 || owner == geteuid() || (p && owner == p->pw_uid);
}

static unsigned look_at_rights(struct doctor *d, const char *path, const struct stat *st)
{
	unsigned found = 0;
	const struct passwd *p = getpwnam(DOCTOR_USER);
	bool own_group = st->st_gid == 0 || (p && st->st_gid == p->pw_gid);
	mode_t shared = st->st_mode & (own_group ? 0027 : 0077);
	if (shared) {
		found++;
		doctor_say(d, DOCTOR_ERROR,
		    mem_printf(
			d->mem, "« chmod 600 %s » ; si d'autres comptes ont pu la lire, changez les secrets", path),
		    "%s a les droits %04o : d'autres que root et les services peuvent la lire ou l'écrire", path,
		    (unsigned)st->st_mode & 07777);
	}
	if (!is_trusted(st->st_uid)) {
		found++;
		doctor_say(d, DOCTOR_ERROR, mem_printf(d->mem, "« chown root:root %s »", path),
		    "%s appartient au compte numéro %u", path, (unsigned)st->st_uid);
	}
	return found;
}

void doctor_settings_files(struct doctor *d)
{
	unsigned files = 0, found = 0;
	struct stat st;
	if (!d->folder) {
		doctor_say(d, DOCTOR_OK, NULL, "aucun ici : les réglages viennent de l'environnement");
		return;
	}
	DIR *top = opendir(d->folder);
	if (!top || fstat(dirfd(top), &st) != 0) {
		doctor_say(d, DOCTOR_WARNING, "relancez par root : « scorpius-admin doctor »", "%s : %s", d->folder,
		    strerror(errno));
		return;
	}
	if (st.st_mode & 0022 || !is_trusted(st.st_uid)) {
		found++;
		doctor_say(d, DOCTOR_ERROR,
		    mem_printf(d->mem, "« chown root:root %s && chmod 755 %s »", d->folder, d->folder),
		    "%s peut être changé par d'autres que root", d->folder);
	}
	for (struct dirent *f; (f = readdir(top));) {
		if (!is_env_file(f->d_name) || fstatat(dirfd(top), f->d_name, &st, 0) != 0)
			continue;
		files++;
		found += look_at_rights(d, mem_printf(d->mem, "%s/%s", d->folder, f->d_name), &st);
	}
	closedir(top);
	if (files == 0)
		doctor_say(d, DOCTOR_WARNING, "« scorpius setup » les écrit", "%s n'en contient aucun", d->folder);
	else if (found == 0)
		doctor_say(d, DOCTOR_OK, NULL, "%u fichiers dans %s, fermés aux autres comptes", files, d->folder);
}
