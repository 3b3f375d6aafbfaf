/* doctor: PostgreSQL and the accounts on it. */
#include "doctor_private.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "db.h"
#include "file_key.h"
#include "operator_backup.h"
#include "operator_look.h"
#include "operator_schema.h"

#define CLOCK_OFF_S 5
#define OTHERS 5 /* connections that commands, backups and a person need besides */

/* An account of the settings; url is NULL where there is none. */
struct account {
	const char *role, *setting, *url;
};

static void accounts(struct doctor *d, struct account out[3])
{
	const struct settings *s = d->s;
	struct error e;
	error_clear(&e);
	out[0] = (struct account){ NULL, "DATABASE_URL", s->DATABASE_URL && *s->DATABASE_URL ? s->DATABASE_URL : NULL };
	out[1] = (struct account){ "scorpius_api", "DATABASE_API_URL", NULL };
	out[2] = (struct account){ "scorpius_jobs", "DATABASE_JOBS_URL", NULL };
	/* The faults of these URLs are told when somebody connects. */
	if (db_url_for_role(d->mem, s->DATABASE_API_URL, s->DATABASE_URL, out[1].role, s->DATABASE_API_PASSWORD,
		&out[1].url, &e) != ERR_OK)
		out[1].url = s->DATABASE_API_URL;
	if (db_url_for_role(d->mem, s->DATABASE_JOBS_URL, s->DATABASE_URL, out[2].role, s->DATABASE_JOBS_PASSWORD,
		&out[2].url, &e) != ERR_OK)
		out[2].url = s->DATABASE_JOBS_URL;
}

/* The first account that there is. */
static enum result connect_any(struct doctor *d, struct operator_db **out, struct error *e)
{
	struct account all[3];
	accounts(d, all);
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i].url)
			return operator_connect(d->mem, all[i].url, out, e);
	return error_set(
	    e, ERR_INVALID_SETTING, "DATABASE_URL", "name", "DATABASE_URL", "reason", "not a PostgreSQL URL");
}

static bool look(struct doctor *d, struct operator_db **db, struct server_facts *facts)
{
	struct error e;
	error_clear(&e);
	enum result rc = connect_any(d, db, &e);
	if (rc == ERR_OK)
		rc = operator_look_server(*db, d->mem, facts, &e);
	return rc == ERR_OK;
}

/* Whether the program of this account comes by a pooler: the operator's own account does not, whatever the programs'
 * do. */
static bool is_pooled(struct doctor *d, const struct account *a)
{
	struct operator_db *db;
	struct error e;
	bool pooled = false;
	error_clear(&e);
	/* That it can't connect is told where accounts are looked at. */
	return a->url && operator_connect(d->mem, a->url, &db, &e) == ERR_OK &&
	       operator_is_pooled(db, &pooled, &e) == ERR_OK && pooled;
}

static void say_clock(struct doctor *d, const struct server_facts *f)
{
	int64_t off_s = (f->clock_us - clock_now_us()) / 1000000;
	if (off_s > CLOCK_OFF_S || off_s < -CLOCK_OFF_S)
		doctor_say(d, DOCTOR_ERROR, "mettez les deux machines à l'heure (« timedatectl set-ntp true »)",
		    "son horloge s'écarte de la nôtre de %lld s : sessions, délais et baux des travaux seraient faux",
		    (long long)off_s);
}

void doctor_database_server(struct doctor *d)
{
	struct operator_db *db;
	struct server_facts f;
	struct account all[3];
	struct error e;
	error_clear(&e);
	enum result rc = connect_any(d, &db, &e);
	if (rc == ERR_OK)
		rc = operator_look_server(db, d->mem, &f, &e);
	if (rc != ERR_OK) {
		doctor_say_error(d, DOCTOR_ERROR,
		    rc == ERR_DATABASE_TOO_OLD ? "installez PostgreSQL 15 ou plus récent, et reprenez-y une sauvegarde"
					       : doctor_mend_setting(d, "vérifiez qu'il fonctionne (« systemctl status "
									"postgresql »), sinon corrigez DATABASE_URL"),
		    rc == ERR_DATABASE_TOO_OLD ? "version" : "injoignable", &e);
		return;
	}
	if (!f.writable)
		doctor_say(d, DOCTOR_ERROR,
		    "reliez les programmes au serveur principal, ou ôtez default_transaction_read_only",
		    "il ne se laisse pas écrire (serveur de secours, ou lecture seule)");
	if (strcmp(f.encoding, "UTF8") != 0)
		doctor_say(d, DOCTOR_ERROR,
		    "sauvegardez, recréez la base (« create database scorpius encoding 'UTF8' template template0 ») et "
		    "restaurez",
		    "la base est en %s et non en UTF8 : des textes seraient refusés", f.encoding);
	if (!f.checksums)
		doctor_say(d, DOCTOR_WARNING,
		    "arrêtez PostgreSQL et lancez « pg_checksums --enable » ; sur Debian, « pg_createcluster ... -- "
		    "--data-checksums » le fait à "
		    "la création",
		    "les sommes de contrôle des données sont désactivées : un disque qui ment passe inaperçu");
	if (!f.local && !f.tls && d->production)
		doctor_say(d, DOCTOR_OK, NULL,
		    "la connexion n'est pas chiffrée : c'est acceptable sur cette machine ou un réseau privé, "
		    "ailleurs ajoutez « sslmode=verify-full » à l'adresse");
	say_clock(d, &f);
	accounts(d, all);
	bool pooled = is_pooled(d, &all[1]) || is_pooled(d, &all[2]);
	doctor_say(d, DOCTOR_OK, NULL, "version %s, %s%s%s", f.version_text, f.encoding,
	    f.checksums ? ", sommes de contrôle" : "",
	    pooled ? " ; les programmes passent par un répartiteur de connexions (PgBouncer)" : "");
	if (pooled && strcmp(d->s->DATABASE_PREPARED, "on") == 0)
		doctor_say(d, DOCTOR_ERROR, doctor_mend_setting(d, "écrivez DATABASE_PREPARED=auto"),
		    "DATABASE_PREPARED=on ne va pas avec un répartiteur de connexions : des requêtes échoueraient");
}

static bool is_strong(const struct account_facts *f)
{
	return f->super || f->bypasses || f->owns;
}

static const char *check_account(struct doctor *d, const struct account *a)
{
	struct operator_db *db;
	struct account_facts f;
	struct error e;
	error_clear(&e);
	enum result rc = operator_connect(d->mem, a->url, &db, &e);
	if (rc == ERR_OK)
		rc = operator_look_account(db, d->mem, &f, &e);
	if (rc != ERR_OK) {
		doctor_say_error(d, DOCTOR_ERROR,
		    a->role ? mem_printf(d->mem,
				  "« scorpius-admin migrate » redonne à %s le mot de passe des réglages ; vérifiez "
				  "aussi %s",
				  a->role, a->setting)
			    : doctor_mend_setting(d, mem_printf(d->mem, "corrigez %s", a->setting)),
		    mem_printf(d->mem, "%s ne peut pas se connecter", a->role ? a->role : "le compte de l'exploitant"),
		    &e);
		return NULL;
	}
	if (a->role && is_strong(&f))
		doctor_say(d, DOCTOR_ERROR,
		    f.super || f.bypasses
			? mem_printf(
			      d->mem, "par un superutilisateur : « alter role %s nosuperuser nobypassrls »", f.name)
			: mem_printf(d->mem, "rendez ses tables à scorpius_owner, ou mettez scorpius_%s dans %s",
			      a->role, a->setting),
		    "%s peut passer outre l'isolation des organisations (superutilisateur, BYPASSRLS ou propriétaire "
		    "de tables) : les "
		    "programmes refusent de s'en servir",
		    f.name);
	else if (!a->role && f.super && d->production)
		doctor_say(d, DOCTOR_OK, NULL,
		    "%s, le compte de l'exploitant, est superutilisateur : il suffit qu'il puisse créer des rôles "
		    "et possède la base",
		    f.name);
	return f.name;
}

void doctor_database_accounts(struct doctor *d)
{
	struct account all[3];
	const char *seen = "";
	accounts(d, all);
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (!all[i].url) {
			if (i == 0)
				doctor_say(d, DOCTOR_OK, NULL,
				    "DATABASE_URL n'est pas donné ici : le compte de l'exploitant n'a pas été essayé");
			continue;
		}
		const char *name = check_account(d, &all[i]);
		if (name)
			seen = mem_printf(d->mem, "%s%s%s", seen, *seen ? ", " : "", name);
	}
	if (*seen)
		doctor_say(d, DOCTOR_OK, NULL, "%s se connectent", seen);
}

/* ---- what lies in it ---- */

static const char *not_asked(const struct doctor *d)
{
	return d->s->DATABASE_URL && *d->s->DATABASE_URL
		   ? NULL
		   : "non vérifié : DATABASE_URL, le compte de l'exploitant, n'est pas donné ici";
}

/* Facts that only the operator's account may see. */
static bool operator_facts(struct doctor *d, struct backup_facts *out)
{
	struct operator_db *db;
	struct error e;
	bool deployed = false;
	error_clear(&e);
	enum result rc = operator_connect(d->mem, d->s->DATABASE_URL, &db, &e);
	if (rc == ERR_OK)
		rc = operator_has_schema(db, &deployed, &e);
	if (rc == ERR_OK && !deployed) {
		doctor_say(d, DOCTOR_ERROR, "« scorpius-admin migrate »", "le schéma n'est pas déployé");
		return false;
	}
	if (rc == ERR_OK)
		rc = operator_backup_facts(db, d->mem, out, &e);
	if (rc != ERR_OK)
		doctor_say_error(d, DOCTOR_ERROR, "réglez d'abord ce que disent PostgreSQL et ses comptes",
		    "n'a pas pu être lu", &e);
	return rc == ERR_OK;
}

static void say_schema(struct doctor *d, const struct schema_state *f)
{
	static const char back[] = "installez la version du programme qui a fait ce schéma, ou retirez-en ce qui est "
				   "de trop (« scorpius-admin "
				   "migrate --help »)";
	switch (f->fit) {
	case SCHEMA_UNKNOWN:
	case SCHEMA_ABSENT:
		doctor_say(d, DOCTOR_ERROR, "« scorpius-admin migrate »", "le schéma n'est pas déployé");
		return;
	case SCHEMA_OLDER:
		doctor_say(d, DOCTOR_ERROR, "« scorpius-admin migrate »",
		    "il est plus ancien que le programme %s : %zu changement(s) manquent, le premier est « %s »",
		    SCORPIUS_VERSION, f->missing, f->first_missing);
		return;
	case SCHEMA_NEWER:
		doctor_say(d, DOCTOR_WARNING, "installez la même version du programme partout",
		    "il est plus récent que le programme %s, mais le sert encore (« %s »)", SCORPIUS_VERSION,
		    f->an_unknown);
		return;
	case SCHEMA_TOO_NEW:
		doctor_say(d, DOCTOR_ERROR, back, "il est plus récent que le programme %s et ne le sert plus (« %s »)",
		    SCORPIUS_VERSION, f->an_unknown);
		return;
	case SCHEMA_CURRENT:
		doctor_say(d, DOCTOR_OK, NULL, "celui du programme (%zu changements)", schema_plan_count);
	}
}

void doctor_database_schema(struct doctor *d)
{
	struct operator_db *db;
	struct schema_state f;
	struct error e;
	const char *why = not_asked(d);
	error_clear(&e);
	if (why) {
		doctor_say(d, DOCTOR_OK, NULL, "%s", why);
		return;
	}
	enum result rc = operator_connect(d->mem, d->s->DATABASE_URL, &db, &e);
	if (rc == ERR_OK)
		rc = operator_schema_state(db, &f, &e);
	if (rc == ERR_OK)
		say_schema(d, &f);
	else
		doctor_say_error(d, DOCTOR_ERROR, "réglez d'abord ce que disent PostgreSQL et ses comptes",
		    "n'a pas pu être lu", &e);
}

void doctor_database_key(struct doctor *d)
{
	struct backup_facts f;
	struct master_keys *keys;
	struct error e;
	const char *why = not_asked(d);
	error_clear(&e);
	if (why) {
		doctor_say(d, DOCTOR_OK, NULL, "%s", why);
		return;
	}
	if (master_keys_new(d->mem, d->s->SECRET_KEY, d->s->SECRET_KEY_PREVIOUS, &keys, &e) != ERR_OK) {
		doctor_say_error(d, DOCTOR_ERROR, doctor_mend_setting(d, "corrigez SECRET_KEY"), "inutilisable", &e);
		return;
	}
	if (!operator_facts(d, &f))
		return;
	const char *ours = master_key_id(keys), *former = master_key_previous_id(keys);
	for (size_t i = 0; i < f.key_ids.n; i++) {
		const char *id = f.key_ids.p[i];
		if (strcmp(id, ours) == 0)
			continue;
		if (former && strcmp(id, former) == 0)
			doctor_say(d, DOCTOR_WARNING, "« scorpius-admin storage rotate-key »",
			    "des fichiers sont encore sous l'ancienne clé maîtresse (%s)", id);
		else
			doctor_say(d, DOCTOR_ERROR,
			    doctor_mend_setting(d, "remettez dans SECRET_KEY (ou SECRET_KEY_PREVIOUS) la clé qui a "
						   "cette empreinte, celle que vous avez "
						   "mise de côté"),
			    "des fichiers sont sous la clé maîtresse %s, que les réglages n'ont pas : ils sont "
			    "illisibles",
			    id);
	}
	doctor_say(d, DOCTOR_OK, NULL, "empreinte %s", ours);
}

/* ---- how many may come ---- */

static int64_t workers(const struct doctor *d, const char *name)
{
	const char *text = d->get(name);
	int64_t n = text ? strtoll(text, NULL, 10) : 0;
	/* Halves of pools have at least one each. */
	return n <= 0 ? 4 : n < 2 ? 2 : n;
}

void doctor_database_connections(struct doctor *d)
{
	struct operator_db *db;
	struct server_facts f;
	struct account all[3];
	/* Twice the jobs: each child, and the mover; while programs are changed for others, both are there. */
	int64_t api = workers(d, "API_WORKERS") + workers(d, "BULK_WORKERS"), jobs = d->s->JOB_WORKERS + 1;
	if (!look(d, &db, &f)) {
		doctor_say(d, DOCTOR_WARNING, NULL, "non vérifiées : PostgreSQL ne répond pas");
		return;
	}
	accounts(d, all);
	int64_t shared = (is_pooled(d, &all[1]) ? api : 0) + (is_pooled(d, &all[2]) ? jobs : 0);
	int64_t have = f.max_connections - f.reserved, need = api + jobs + OTHERS - shared;
	if (have < need)
		doctor_say(d, DOCTOR_ERROR,
		    mem_printf(d->mem,
			"par un superutilisateur : « alter system set max_connections = %lld », puis « systemctl "
			"restart postgresql » ; ou "
			"moins de processus (API_WORKERS, BULK_WORKERS, JOB_WORKERS)",
			(long long)(need * 2 + f.reserved)),
		    "max_connections (%lld, dont %lld réservées) ne suffit pas pour %lld processus",
		    (long long)f.max_connections, (long long)f.reserved, (long long)need);
	else if (shared > 0)
		doctor_say(d, DOCTOR_OK, NULL,
		    "%lld ouvertes sur %lld ; un répartiteur en partage entre %lld processus au plus",
		    (long long)f.used, (long long)f.max_connections, (long long)shared);
	else
		doctor_say(d, DOCTOR_OK, NULL, "%lld ouvertes sur %lld ; %lld nécessaires", (long long)f.used,
		    (long long)f.max_connections, (long long)need);
}
