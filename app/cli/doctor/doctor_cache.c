/* doctor: Redis. Without it the service goes on, less well guarded: most of this is a warning. */
#include "doctor_private.h"

#include <string.h>

#include "cache_look.h"

#define OLDEST 7

static bool look(struct doctor *d, struct cache_facts *out, struct error *e)
{
	error_clear(e);
	return cache_look(d->mem, d->s->REDIS_URL, out, e) == ERR_OK;
}

void doctor_redis_server(struct doctor *d)
{
	struct cache_facts f;
	struct error e;
	if (!look(d, &f, &e)) {
		doctor_say_error(d, DOCTOR_ERROR,
		    doctor_mend_setting(
			d, "vérifiez qu'il fonctionne (« systemctl status redis-server »), sinon corrigez REDIS_URL"),
		    "injoignable (le service continue, sans limites de requêtes partagées)", &e);
		return;
	}
	if (f.version && f.major < OLDEST)
		doctor_say(d, DOCTOR_ERROR,
		    "installez Redis 7 ou plus récent ; ce qu'il contient peut être perdu sans dommage",
		    "version %s : trop ancien, il faut Redis %d ou plus récent", f.version, OLDEST);
	else if (!f.password && (!f.local || d->production))
		doctor_say(d, f.local ? DOCTOR_WARNING : DOCTOR_ERROR,
		    f.local ? "« scorpius-rotate redis » lui en donne un"
			    : doctor_mend_setting(d, "donnez-lui un mot de passe (requirepass, ou un compte ACL) et "
						     "écrivez REDIS_URL=redis://:MOT_DE_PASSE@..."),
		    "REDIS_URL n'a pas de mot de passe : %s peut lever les limites",
		    f.local ? "tout compte de cette machine" : "tout le réseau");
	else
		doctor_say(d, DOCTOR_OK, NULL, "version %s",
		    f.version ? f.version : "inconnue : les droits du compte (ACL) ne permettent pas INFO");
}

void doctor_redis_durable(struct doctor *d)
{
	struct cache_facts f;
	struct error e;
	bool said = false;
	if (!look(d, &f, &e)) {
		doctor_say(d, DOCTOR_WARNING, NULL, "non vérifiée : Redis ne répond pas");
		return;
	}
	if (f.append_only && strcmp(f.append_only, "no") == 0) {
		said = true;
		doctor_say(d, DOCTOR_WARNING,
		    "« appendonly yes » dans redis.conf, ou « CONFIG SET appendonly yes » puis « CONFIG REWRITE »",
		    "AOF est désactivé : après une panne, sessions closes et limites sont oubliées jusqu'à une heure");
	}
	if (f.snapshots && !*f.snapshots) {
		said = true;
		doctor_say(
		    d, DOCTOR_WARNING, "« save 900 1 » dans redis.conf", "RDB est désactivé (« save » est vide)");
	}
	if (!f.written_well) {
		said = true;
		doctor_say(d, DOCTOR_ERROR,
		    "place et droits du dossier de Redis (« CONFIG GET dir »), puis son journal",
		    "sa dernière écriture sur disque a échoué");
	}
	if (f.eviction && strncmp(f.eviction, "allkeys", 7) == 0) {
		said = true;
		doctor_say(d, DOCTOR_WARNING, "« maxmemory-policy volatile-lru » dans redis.conf",
		    "maxmemory-policy vaut %s : des sessions closes peuvent être oubliées avant l'heure", f.eviction);
	} else if (f.eviction && f.memory_max > 0 && strcmp(f.eviction, "noeviction") == 0) {
		said = true;
		doctor_say(d, DOCTOR_WARNING, "« maxmemory-policy volatile-lru » dans redis.conf",
		    "maxmemory-policy vaut noeviction : plein, Redis refuserait d'écrire");
	}
	if (!f.append_only || !f.snapshots) {
		said = true;
		doctor_say(d, DOCTOR_WARNING,
		    "donnez au compte ces deux lectures (« +info +config|get »), ou vérifiez vous-même « appendonly "
		    "yes » et "
		    "« save » dans sa configuration",
		    "%s : les droits du compte (ACL) ne permettent pas de tout voir",
		    f.append_only ? "RDB inconnu" : "AOF et RDB inconnus");
	}
	if (!said)
		doctor_say(
		    d, DOCTOR_OK, NULL, "AOF et RDB actifs, maxmemory-policy %s", f.eviction ? f.eviction : "inconnue");
}

void doctor_redis_rights(struct doctor *d)
{
	struct cache_facts f;
	struct error e;
	if (!look(d, &f, &e))
		doctor_say(d, DOCTOR_WARNING, NULL, "non vérifiés : Redis ne répond pas");
	else if (f.refused)
		doctor_say(d, DOCTOR_ERROR,
		    "le compte a besoin des écritures sur toutes les clés et des scripts (« +@all -@admin -@dangerous "
		    "+info +config|get » suffit) ; un serveur plein, en "
		    "lecture seule ou dont le disque est plein refuse aussi",
		    "Redis refuse ce dont les programmes ont besoin : %s", f.refused);
	else
		doctor_say(d, DOCTOR_OK, NULL, "écritures et scripts permis");
}
