/* doctor: the clock, and our own programs while they run. */
#include "doctor_private.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <unistd.h>

#include "clock.h"
#include "db.h"
#include "fastcgi_ask.h"
#include "json.h"
#include "mail.h"
#include "operator_look.h"
#include "reader.h"
#include "web_get.h"

#define ANSWER_S 4
#define EARLIEST_S 1793491200LL       /* 2026-11-01: no program of this version is older */
#define LATEST_S (20LL * 365 * 86400) /* from then on */
#define CLOCK_OFF_S 5
#define QUEUE_STALE_S 60 /* as /health has it */
#define SOCKETS_MAX 16
#define FAR_S 8

/* ---- the clock ---- */

void doctor_clock(struct doctor *d)
{
	static const char mend[] = "« timedatectl set-ntp true » (ou installez chrony) ; dans un conteneur, c'est "
				   "l'affaire de la machine hôte";
	struct timex t = { 0 };
	struct web_answer a = { 0 };
	struct error e;
	const char *url;
	int64_t now_us = clock_now_us();
	error_clear(&e);
	int state = adjtimex(&t);
	bool asked = mail_public_url(d->mem, d->s, &url, &e) == ERR_OK;
	error_clear(&e);
	asked = asked && web_get(d->mem, mem_printf(d->mem, "%s/health", url), false, FAR_S, &a, &e) == ERR_OK &&
		a.date_s > 0;
	int64_t off_s = asked ? a.date_s - clock_now_us() / 1000000 : 0;
	if (now_us < EARLIEST_S * 1000000 || now_us > (EARLIEST_S + LATEST_S) * 1000000)
		doctor_say(d, DOCTOR_ERROR, mend,
		    "elle donne une date impossible : jetons, certificats et délais seraient faux");
	else if (off_s > CLOCK_OFF_S || off_s < -CLOCK_OFF_S)
		doctor_say(d, DOCTOR_ERROR, mend, "elle s'écarte de celle du site de %lld s", (long long)off_s);
	else if (state < 0)
		doctor_say(d, DOCTOR_OK, NULL, "la synchronisation n'a pas pu être lue (%s)", strerror(errno));
	else if (state == TIME_ERROR || (t.status & STA_UNSYNC))
		doctor_say(d, DOCTOR_WARNING, mend,
		    "elle n'est pas synchronisée : elle dérivera, et les jetons et les délais avec elle");
	else
		doctor_say(d, DOCTOR_OK, NULL, "synchronisée%s", asked ? ", la même que celle du site" : "");
}

/* ---- workers ---- */

/* Sockets of the pools: beside the file of health, or in the folder `sockets` there. */
static size_t find_sockets(struct doctor *d, const char *out[SOCKETS_MAX])
{
	const char *slash = strrchr(d->s->HEALTH_PATH, '/');
	const char *run = slash ? mem_strndup(d->mem, d->s->HEALTH_PATH, (size_t)(slash - d->s->HEALTH_PATH)) : ".";
	const char *const folders[] = { mem_printf(d->mem, "%s/sockets", run), run };
	size_t n = 0;
	for (size_t i = 0; i < ARRAY_LEN(folders) && n == 0; i++) {
		DIR *top = opendir(folders[i]);
		for (struct dirent *f; top && n < SOCKETS_MAX && (f = readdir(top));) {
			size_t length = strlen(f->d_name);
			bool pool = strncmp(f->d_name, "api", 3) == 0 || strncmp(f->d_name, "bulk", 4) == 0;
			if (pool && length > 5 && strcmp(f->d_name + length - 5, ".sock") == 0)
				out[n++] = mem_printf(d->mem, "%s/%s", folders[i], f->d_name);
		}
		if (top)
			closedir(top);
	}
	return n;
}

/* The version that a worker behind the socket says it has, in mem; NULL after telling why not. */
static const char *version_at(struct doctor *d, const char *socket, struct error *e)
{
	const char *answer;
	const struct json *v;
	if (fastcgi_ask(d->mem, socket, "/api/v1/health", ANSWER_S, &answer, e) != ERR_OK)
		return NULL;
	const char *body = strstr(answer, "\r\n\r\n");
	struct error unused;
	error_clear(&unused);
	if (body && json_parse(d->mem, body + 4, strlen(body + 4), &v, &unused) == ERR_OK &&
	    json_string(json_get(v, "version")))
		return json_string(json_get(v, "version"));
	error_cause(e, "%s: not an answer of Scorpius", socket);
	return NULL;
}

void doctor_workers(struct doctor *d)
{
	const char *sockets[SOCKETS_MAX];
	size_t n = find_sockets(d, sockets), answered = 0;
	for (size_t i = 0; i < n; i++) {
		struct error e;
		error_clear(&e);
		if (version_at(d, sockets[i], &e))
			answered++;
		else
			doctor_say_error(d, DOCTOR_ERROR,
			    "« systemctl restart scorpius.target » ; « journalctl -u 'scorpius-api@*' » dit pourquoi "
			    "ils ne démarrent pas",
			    "aucun ne répond", &e);
	}
	if (n == 0 && d->folder)
		doctor_say(d, DOCTOR_ERROR,
		    "« systemctl start scorpius.target » ; « journalctl -u 'scorpius-api@*' » dit pourquoi ils ne "
		    "démarrent pas",
		    "ils ne sont pas lancés : aucune socket à côté de %s", d->s->HEALTH_PATH);
	else if (n == 0)
		doctor_say(
		    d, DOCTOR_OK, NULL, "non vérifiés : leurs sockets ne sont pas visibles d'ici (autre conteneur)");
	else if (answered == n)
		doctor_say(d, DOCTOR_OK, NULL, "les %zu sockets répondent", n);
}

/* ---- jobs ---- */

static bool connect_program(struct doctor *d, struct operator_db **out)
{
	const struct settings *s = d->s;
	const char *url = NULL;
	struct error e;
	error_clear(&e);
	if (db_url_for_role(d->mem, s->DATABASE_API_URL, s->DATABASE_URL, "scorpius_api", s->DATABASE_API_PASSWORD,
		&url, &e) != ERR_OK ||
	    (!url && db_url_for_role(d->mem, s->DATABASE_JOBS_URL, NULL, "scorpius_jobs", NULL, &url, &e) != ERR_OK))
		return false;
	return url && operator_connect(d->mem, url, out, &e) == ERR_OK;
}

void doctor_jobs(struct doctor *d)
{
	struct operator_db *db;
	struct error e;
	bool alive = false;
	double waiting_s = 0;
	error_clear(&e);
	if (!connect_program(d, &db) || operator_look_jobs(db, &alive, &waiting_s, &e) != ERR_OK)
		doctor_say(
		    d, DOCTOR_WARNING, NULL, "non vérifiés : réglez d'abord PostgreSQL, ses comptes et le schéma");
	else if (!alive)
		doctor_say(d, DOCTOR_ERROR,
		    "« systemctl start scorpius-jobs » ; « journalctl -u scorpius-jobs » dit pourquoi il ne démarre "
		    "pas",
		    "aucun processus n'y travaille : les documents déposés ne sont ni lus ni analysés");
	else if (waiting_s > QUEUE_STALE_S)
		doctor_say(d, DOCTOR_WARNING,
		    "augmentez JOB_WORKERS s'il y a des cœurs libres ; « journalctl -u scorpius-jobs » dit ce qui les "
		    "retient",
		    "le plus ancien attend depuis %.0f s", waiting_s);
	else
		doctor_say(d, DOCTOR_OK, NULL, "vivants, rien n'attend trop longtemps");
}

/* ---- versions ---- */

/* Processes of this installation whose program was replaced on disk since they began. */
static unsigned count_replaced(TALLOC_CTX *mem, const char **example)
{
	static const char *const programs[] = { "scorpius-api", "scorpius-jobs" };
	unsigned found = 0;
	char path[300], to[512], own[512];
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);
	own[n > 0 ? n : 0] = '\0';
	own[strcspn(own, " ")] = '\0';
	char *end = strrchr(own, '/');
	if (end)
		*end = '\0';
	DIR *all = opendir("/proc");
	for (struct dirent *p; all && (p = readdir(all));) {
		if (p->d_name[0] < '1' || p->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/exe", p->d_name);
		n = readlink(path, to, sizeof(to) - 1);
		to[n > 0 ? n : 0] = '\0';
		for (size_t i = 0; i < ARRAY_LEN(programs); i++)
			if (strcmp(to, mem_printf(mem, "%s/%s (deleted)", own, programs[i])) == 0) {
				found++;
				*example = programs[i];
			}
	}
	if (all)
		closedir(all);
	return found;
}

static void add_version(struct doctor *d, const char **list, const char *name, const char *version)
{
	*list = mem_printf(d->mem, "%s%s%s %s", *list, **list ? ", " : "", name, version);
}

void doctor_versions(struct doctor *d)
{
	static const char mend[] = "relancez ce qui est resté en arrière : « systemctl restart scorpius.target » (avec "
				   "Docker : « docker-compose up -d »)";
	const char *sockets[SOCKETS_MAX], *others = "", *example = NULL;
	size_t n = find_sockets(d, sockets);
	struct operator_db *db;
	struct name_list seen;
	struct error e;
	unsigned known = 0, replaced = count_replaced(d->mem, &example);
	error_clear(&e);
	/* Each program says its version as its connection's name, on whatever machine it runs. */
	if (connect_program(d, &db) && operator_look_programs(db, d->mem, &seen, &e) == ERR_OK)
		for (size_t i = 0; i < seen.n; i++) {
			const char *slash = strchr(seen.p[i], '/');
			known++;
			if (!slash || strcmp(slash + 1, SCORPIUS_VERSION) != 0)
				add_version(d, &others, mem_strndup(d->mem, seen.p[i], strcspn(seen.p[i], "/")),
				    slash ? slash + 1 : "(ancienne)");
		}
	for (size_t i = 0; i < n; i++) {
		struct error unused;
		error_clear(&unused);
		const char *version = version_at(d, sockets[i], &unused);
		known += version != NULL;
		if (version && strcmp(version, SCORPIUS_VERSION) != 0)
			add_version(d, &others, strrchr(sockets[i], '/') + 1, version);
	}
	if (*others)
		doctor_say(d, DOCTOR_ERROR, mend, "deux versions fonctionnent : doctor est en %s, mais il y a %s",
		    SCORPIUS_VERSION, others);
	if (replaced > 0)
		doctor_say(d, DOCTOR_WARNING, mend, "%u processus (%s) ont été lancés avant la dernière installation",
		    replaced, example);
	if (!*others && replaced == 0)
		doctor_say(d, DOCTOR_OK, NULL, known ? "%s partout" : "%s ; aucun autre programme ne fonctionne",
		    SCORPIUS_VERSION);
}

/* ---- the reader ---- */

void doctor_reader(struct doctor *d)
{
	static const char text[] = "Règlement de la consultation\n";
	struct reader_config config = { .path = d->s->READER_PATH, .timeout = ANSWER_S, .memory = d->s->READER_MEMORY };
	struct error e;
	uint8_t *model;
	size_t n;
	error_clear(&e);
	if (access(d->s->READER_PATH, X_OK) != 0)
		doctor_say(d, DOCTOR_ERROR, doctor_mend_setting(d, "réinstallez le paquet, ou corrigez READER_PATH"),
		    "%s : %s", d->s->READER_PATH, strerror(errno));
	else if (reader_run_bytes(d->mem, &config, text, sizeof(text) - 1, DOC_FORMAT_TEXT, &model, &n, &e) != ERR_OK)
		doctor_say_error(d, DOCTOR_ERROR,
		    "le noyau permet-il seccomp et assez de mémoire (READER_MEMORY) ? réinstallez le paquet",
		    mem_printf(d->mem, "%s ne lit pas un texte d'essai", d->s->READER_PATH), &e);
	else
		doctor_say(d, DOCTOR_OK, NULL, "il lit, confiné");
}
