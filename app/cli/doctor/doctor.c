#include "doctor_private.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "json.h"

#define LIMIT_S 6
#define LONG_LIMIT_S 12 /* what asks machines that are far away */
#define FINDINGS_MAX 64

struct check {
	const char *id;    /* of the JSON: it never changes its meaning */
	const char *title; /* for people */
	void (*run)(struct doctor *d);
	unsigned seconds;
	bool as_service; /* with the rights of the services, when root asks */
};

/* THE table of checks, in the order in which they are told. */
static const struct check checks[] = {
	{ "settings", "Réglages", doctor_settings_valid, LIMIT_S, false },
	{ "secrets", "Secrets", doctor_settings_secrets, LIMIT_S, false },
	{ "public_url", "Adresse publique", doctor_settings_address, LIMIT_S, false },
	{ "setting_names", "Noms des réglages", doctor_settings_names, LIMIT_S, false },
	{ "unused_settings", "Réglages sans effet", doctor_settings_unused, LIMIT_S, false },
	{ "setting_files", "Fichiers de réglages", doctor_settings_files, LIMIT_S, false },
	{ "postgresql", "PostgreSQL", doctor_database_server, LIMIT_S, true },
	{ "accounts", "Comptes PostgreSQL", doctor_database_accounts, LIMIT_S, true },
	{ "schema", "Schéma", doctor_database_schema, LIMIT_S, true },
	{ "connections", "Connexions", doctor_database_connections, LIMIT_S, true },
	{ "master_key", "Clé maîtresse", doctor_database_key, LIMIT_S, true },
	{ "redis", "Redis", doctor_redis_server, LIMIT_S, true },
	{ "redis_durable", "Redis, persistance", doctor_redis_durable, LIMIT_S, true },
	{ "redis_rights", "Redis, droits", doctor_redis_rights, LIMIT_S, true },
	{ "store", "Magasin de fichiers", doctor_store_folder, LIMIT_S, true },
	{ "room", "Espace disque", doctor_store_room, LIMIT_S, true },
	{ "s3", "Service S3", doctor_store_bucket, LONG_LIMIT_S, true },
	{ "temp_files", "Fichiers temporaires de nginx", doctor_temp_files, LIMIT_S, false },
	{ "scanner", "Antivirus", doctor_scanner, LIMIT_S, true },
	{ "backup_folder", "Dossier des sauvegardes", doctor_backup_folder, LIMIT_S, true },
	{ "backup_age", "Dernière sauvegarde", doctor_backup_age, LIMIT_S, true },
	{ "backup_key", "Clé des sauvegardes", doctor_backup_key, LIMIT_S, true },
	{ "mail", "Messagerie", doctor_mail, LONG_LIMIT_S, true },
	{ "certificate", "Certificat", doctor_certificate, LIMIT_S, false },
	{ "site", "Site", doctor_site, LONG_LIMIT_S, true },
	{ "ports", "Ports", doctor_ports, LIMIT_S, false },
	{ "clock", "Horloge", doctor_clock, LONG_LIMIT_S, true },
	{ "workers", "Processus de l'API", doctor_workers, LIMIT_S, false },
	{ "jobs", "Travaux", doctor_jobs, LIMIT_S, true },
	{ "versions", "Versions", doctor_versions, LIMIT_S, false },
	{ "reader", "Lecteur", doctor_reader, LIMIT_S, true },
};

/* What goes through the pipe: short enough to be written in one piece. */
struct finding {
	enum doctor_level level;
	char text[1400], mend[700];
};
_Static_assert(sizeof(struct finding) <= 4096, "a finding must be written in one piece");

/* A check while it runs, and what it found. */
struct running {
	pid_t pid;
	int fd; /* -1: it has ended */
	int64_t until_us;
	struct finding *found;
	size_t n;
	enum doctor_level level;
};

/* ---- in the process of a check ---- */

/* French typography, so that sentences in the source can be read. */
static void unbreakable(char *out, size_t size, const char *text)
{
	static const char nbsp[] = "\u00a0", open[] = "«", close[] = "»";
	size_t n = 0;
	for (const char *p = text; *p && n + 8 < size; p++) {
		bool before =
		    *p == ' ' && (strchr(":;?!", p[1]) || strncmp(p + 1, close, sizeof(close) - 1) == 0) && p[1];
		bool after = *p == ' ' && p >= text + sizeof(open) - 1 &&
			     strncmp(p - (sizeof(open) - 1), open, sizeof(open) - 1) == 0;
		if (before || after) {
			memcpy(out + n, nbsp, sizeof(nbsp) - 1);
			n += sizeof(nbsp) - 1;
		} else if ((unsigned char)*p < ' ') {
			out[n++] = ' ';
		} else {
			out[n++] = *p;
		}
	}
	/* Not in the middle of a character. */
	while (n + 8 >= size && n > 0 && ((unsigned char)out[n - 1] & 0xC0) == 0x80)
		n--;
	out[n] = '\0';
}

void doctor_say(struct doctor *d, enum doctor_level level, const char *mend, const char *fmt, ...)
{
	struct finding f = { .level = level };
	char text[sizeof(f.text)];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	unbreakable(f.text, sizeof(f.text), text);
	unbreakable(f.mend, sizeof(f.mend), mend ? mend : "");
	while (write(d->out, &f, sizeof(f)) < 0 && errno == EINTR)
		;
}

void doctor_say_error(
    struct doctor *d, enum doctor_level level, const char *mend, const char *about, const struct error *e)
{
	char text[512] = "";
	if (e->n_faults > 0)
		error_text(&e->faults[0], LANG_FR, text, sizeof(text));
	if (e->cause[0] != '\0')
		doctor_say(d, level, mend, "%s : %s", about, e->cause);
	else
		doctor_say(d, level, mend, "%s : %s", about, text);
}

const char *doctor_mend_setting(struct doctor *d, const char *what)
{
	if (d->folder)
		return mem_printf(d->mem,
		    "%s dans %s, puis relancez les programmes (« systemctl restart scorpius.target »)", what,
		    d->folder);
	return mem_printf(d->mem, "%s, puis relancez les programmes", what);
}

/* Root becomes the user of the services; where there is none, nothing changes. */
static void become_service(void)
{
	const struct passwd *p = geteuid() == 0 ? getpwnam(DOCTOR_USER) : NULL;
	if (!p)
		return;
	if (initgroups(DOCTOR_USER, p->pw_gid) != 0 || setresgid(p->pw_gid, p->pw_gid, p->pw_gid) != 0 ||
	    setresuid(p->pw_uid, p->pw_uid, p->pw_uid) != 0)
		_exit(77);
}

static void run_check(const struct check *c, struct doctor *d, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	setpgid(0, 0);
	/* What libraries have to say stands in the findings. */
	int nothing = open("/dev/null", O_RDWR);
	if (nothing >= 0) {
		dup2(nothing, STDIN_FILENO);
		dup2(nothing, STDOUT_FILENO);
		dup2(nothing, STDERR_FILENO);
	}
	if (c->as_service)
		become_service();
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* another user's process has forgotten it */
	d->mem = mem_new(c->id, 0);
	c->run(d);
	_exit(0);
}

/* ---- in doctor itself ---- */

static void add(struct running *r, const struct finding *f)
{
	if (r->n == FINDINGS_MAX)
		return;
	r->found[r->n++] = *f;
	if (f->level > r->level)
		r->level = f->level;
}

static void add_fault(struct running *r, const char *text, const char *mend)
{
	struct finding f = { .level = DOCTOR_ERROR };
	unbreakable(f.text, sizeof(f.text), text);
	unbreakable(f.mend, sizeof(f.mend), mend);
	add(r, &f);
}

static void start(TALLOC_CTX *mem, const struct check *c, struct doctor *d, struct running *r)
{
	int ends[2];
	pid_t parent = getpid();
	*r = (struct running){ .fd = -1, .found = mem_array(mem, struct finding, FINDINGS_MAX) };
	r->until_us = clock_mono_us() + (int64_t)c->seconds * 1000000;
	if (pipe2(ends, O_CLOEXEC) == 0) {
		d->out = ends[1];
		r->pid = fork();
		if (r->pid == 0)
			run_check(c, d, parent);
		close(ends[1]);
		if (r->pid > 0)
			r->fd = ends[0];
		else
			close(ends[0]);
	}
	if (r->fd < 0)
		add_fault(
		    r, "le contrôle n'a pas pu être lancé", "la machine manque-t-elle de mémoire ou de processus ?");
}

/* Its pipe is at its end, or its time. A process that even SIGKILL does not end (a dead disk) is left behind. */
static void end(struct running *r, bool late)
{
	int status = 0;
	close(r->fd);
	r->fd = -1;
	if (late) {
		kill(-r->pid, SIGKILL);
		add_fault(
		    r, "sans réponse dans le temps imparti", "ce que ce contrôle interroge est bloqué ou injoignable");
		waitpid(r->pid, NULL, WNOHANG);
		return;
	}
	waitpid(r->pid, &status, 0);
	if (status != 0)
		add_fault(r, "le contrôle lui-même a échoué",
		    "c'est un défaut de doctor : signalez-le avec la sortie de « scorpius doctor --json »");
	else if (r->n == 0)
		add_fault(r, "le contrôle n'a rien dit", "c'est un défaut de doctor : signalez-le");
}

static void take(struct running *r)
{
	struct finding f;
	ssize_t n = read(r->fd, &f, sizeof(f));
	if (n == (ssize_t)sizeof(f))
		add(r, &f);
	else if (n >= 0 || errno != EINTR)
		end(r, false);
}

static void wait_all(struct running *all)
{
	for (;;) {
		struct pollfd p[ARRAY_LEN(checks)];
		size_t of[ARRAY_LEN(checks)];
		nfds_t n = 0;
		int64_t now = clock_mono_us(), next = now + 1000000;
		for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
			if (all[i].fd >= 0 && all[i].until_us <= now)
				end(&all[i], true);
			if (all[i].fd < 0)
				continue;
			if (all[i].until_us < next)
				next = all[i].until_us;
			of[n] = i;
			p[n++] = (struct pollfd){ .fd = all[i].fd, .events = POLLIN };
		}
		if (n == 0)
			return;
		if (poll(p, n, (int)((next - now) / 1000) + 1) <= 0)
			continue;
		for (nfds_t k = 0; k < n; k++)
			if (p[k].revents != 0)
				take(&all[of[k]]);
	}
}

/* A fault of one must not keep the checks of others from running. */
static void fill_defaults(struct settings *s)
{
	static const char *const nothing[] = { NULL };
	for (size_t i = 0; i < settings_count; i++) {
		const struct setting *row = &settings_table[i];
		void *at = (char *)s + row->offset;
		if (row->type == SETTING_LIST && !*(const char *const **)at)
			*(const char *const **)at = nothing;
		else if ((row->type == SETTING_CHOICE || row->type == SETTING_TEXT) && row->fallback &&
			 !*(const char **)at)
			*(const char **)at = row->fallback;
	}
}

static void print_text(const struct running *all, FILE *to)
{
	static const char *const words[] = { "ok", "avertissement", "erreur" };
	/* The accent and the marks around count as characters, not as bytes. */
	unsigned n[3] = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
		n[all[i].level]++;
		for (size_t k = 0; k < all[i].n; k++) {
			const struct finding *f = &all[i].found[k];
			fprintf(to, "%-13s  %s\u00a0: %s\n", words[f->level], checks[i].title, f->text);
			if (f->mend[0])
				fprintf(to, "%15s→ %s\n", "", f->mend);
		}
	}
	fprintf(to, "%zu contrôles\u00a0: %u sans défaut, %u avec avertissement, %u en erreur\n", ARRAY_LEN(checks),
	    n[DOCTOR_OK], n[DOCTOR_WARNING], n[DOCTOR_ERROR]);
}

static void print_json(TALLOC_CTX *mem, const struct running *all, enum doctor_level worst, FILE *to)
{
	static const char *const words[] = { "ok", "warning", "error" };
	struct buf out;
	struct json_writer w;
	buf_init(&out, mem, 8 << 20);
	jw_init(&w, &out);
	jw_open(&w, '{');
	jw_field_text(&w, "level", words[worst]);
	jw_field_text(&w, "version", SCORPIUS_VERSION);
	jw_field_instant(&w, "checked_at", clock_now_us());
	jw_key(&w, "checks");
	jw_open(&w, '[');
	for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
		jw_open(&w, '{');
		jw_field_text(&w, "id", checks[i].id);
		jw_field_text(&w, "level", words[all[i].level]);
		jw_key(&w, "findings");
		jw_open(&w, '[');
		for (size_t k = 0; k < all[i].n; k++) {
			const struct finding *f = &all[i].found[k];
			jw_open(&w, '{');
			jw_field_text(&w, "level", words[f->level]);
			jw_field_text(&w, "message", f->text);
			jw_field_text(&w, "remedy", f->mend[0] ? f->mend : NULL);
			jw_close(&w, '}');
		}
		jw_close(&w, ']');
		jw_close(&w, '}');
	}
	jw_close(&w, ']');
	jw_close(&w, '}');
	fprintf(to, "%s\n", out.data);
}

enum doctor_level doctor_run(
    TALLOC_CTX *mem, const char *(*get)(const char *name), const char *folder, bool json, FILE *to)
{
	TALLOC_CTX *own = talloc_new(mem);
	struct settings s;
	struct error faults;
	enum doctor_level worst = DOCTOR_OK;
	struct running *all = mem_array(own, struct running, ARRAY_LEN(checks));
	error_clear(&faults);
	(void)!settings_read(own, get, &s, &faults);
	fill_defaults(&s);
	struct doctor d = { .get = get,
		.folder = folder && access(folder, F_OK) == 0 ? folder : NULL,
		.s = &s,
		.faults = &faults,
		.production = strcmp(s.APP_ENV, "production") == 0 };
	fflush(NULL);
	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		start(own, &checks[i], &d, &all[i]);
	wait_all(all);
	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		if (all[i].level > worst)
			worst = all[i].level;
	if (json)
		print_json(own, all, worst, to);
	else
		print_text(all, to);
	fflush(to);
	talloc_free(own);
	return worst;
}
