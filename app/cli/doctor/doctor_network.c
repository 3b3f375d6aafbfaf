/* doctor: mail, the certificate, the site and its ports. */
#include "doctor_private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "certificate.h"
#include "clock.h"
#include "json.h"
#include "listeners.h"
#include "mail.h"
#include "web_get.h"

#define FAR_S 8 /* longest wait for a server far away; below what a check may take */
#define DAYS_WARN 21
#define DAYS_ERROR 3

/* ---- mail ---- */

static const char *mail_mend(struct doctor *d, const struct mail_reply *reply)
{
	if (reply->code == 535 || reply->code == 534 || reply->code == 530)
		return doctor_mend_setting(d, "corrigez SMTP_USER et SMTP_PASSWORD");
	return doctor_mend_setting(d, "corrigez SMTP_HOST, SMTP_PORT ou SMTP_SECURITY (587 : starttls, 465 : tls ; "
				      "autorité privée : SMTP_CA_FILE) "
				      "et « scorpius-admin mail test ADRESSE »");
}

void doctor_mail(struct doctor *d)
{
	struct mail_server *server;
	struct mail_reply reply = { 0 };
	struct error e;
	error_clear(&e);
	enum result rc = mail_server_configure(d->mem, d->s, &server, &e);
	if (rc != ERR_OK) {
		doctor_say(d, DOCTOR_ERROR, "voyez « Réglages » plus haut", "les réglages SMTP_* ne vont pas ensemble");
		return;
	}
	if (!server) {
		doctor_say(d, d->production ? DOCTOR_WARNING : DOCTOR_OK,
		    d->production ? doctor_mend_setting(d, "écrivez SMTP_HOST et ce qui va avec") : NULL,
		    "aucune (SMTP_HOST est vide) : ni confirmation d'adresse, ni mot de passe oublié, ni invitation "
		    "par courriel");
		return;
	}
	if (server->timeout_s > FAR_S)
		server->timeout_s = FAR_S;
	if (mail_probe(server, &reply, &e) != ERR_OK)
		doctor_say_error(d, DOCTOR_ERROR, mail_mend(d, &reply),
		    mem_printf(d->mem, "%s:%lld ne prend pas nos courriels", server->host, (long long)server->port),
		    &e);
	else
		doctor_say(d, DOCTOR_OK, NULL, "%s:%lld répond%s%s", server->host, (long long)server->port,
		    server->security == MAIL_CLEAR ? "" : ", TLS vérifié", server->user ? ", compte accepté" : "");
}

/* ---- the certificate ---- */

/* The host of PUBLIC_URL, in mem; its port, 0: that of its scheme. NULL when there is none. */
static const char *public_host(struct doctor *d, unsigned *port)
{
	const char *rest = strstr(d->s->PUBLIC_URL, "://");
	if (!rest)
		return NULL;
	rest += 3;
	size_t n = *rest == '[' ? strcspn(rest, "]") + 1 : strcspn(rest, ":/");
	*port = rest[n] == ':' ? (unsigned)strtoul(rest + n + 1, NULL, 10) : 0;
	return *rest == '[' ? mem_strndup(d->mem, rest + 1, n - 2) : mem_strndup(d->mem, rest, n);
}

static const char *path_of(struct doctor *d, const char *setting, const char *host, const char *file)
{
	const char *path = d->get(setting);
	return path && *path ? path : mem_printf(d->mem, "/etc/letsencrypt/live/%s/%s", host, file);
}

static int64_t warn_days(const struct doctor *d)
{
	const char *text = d->get("TLS_WARN_DAYS"); /* as the nightly check has it */
	long days = text ? strtol(text, NULL, 10) : 0;
	return days > 0 ? days : DAYS_WARN;
}

static void say_days(struct doctor *d, const struct certificate_facts *f, const char *host)
{
	int64_t now_s = clock_now_us() / 1000000, days = (f->ends_s - now_s) / 86400;
	static const char mend[] = "renouvelez-le (« certbot renew », puis « systemctl reload nginx ») ; s'il devait "
				   "se renouveler seul, « systemctl "
				   "list-timers » et « journalctl -u certbot » disent pourquoi non";
	if (f->begins_s > now_s)
		doctor_say(d, DOCTOR_ERROR, "mettez la machine à l'heure, ou attendez", "il n'est pas encore valable");
	else if (f->ends_s <= now_s)
		doctor_say(d, DOCTOR_ERROR, mend, "il est périmé depuis %lld jour(s)", (long long)-days);
	else if (days < warn_days(d))
		doctor_say(d, days < DAYS_ERROR ? DOCTOR_ERROR : DOCTOR_WARNING, mend,
		    "il n'est plus valable que %lld jour(s)", (long long)days);
	else
		doctor_say(d, DOCTOR_OK, NULL, "%s, valable encore %lld jours%s%s", host, (long long)days,
		    *f->issuer ? ", délivré par " : "", f->issuer);
}

static void check_key(struct doctor *d, const char *path, const char *key)
{
	bool matches = false;
	const char *why = certificate_key_matches(d->mem, path, key, &matches);
	if (why && geteuid() != 0 && access(key, R_OK) != 0)
		doctor_say(d, DOCTOR_OK, NULL, "sa clé n'a pas été vue : seul root peut la lire");
	else if (why)
		doctor_say(d, DOCTOR_ERROR, doctor_mend_setting(d, "corrigez TLS_CERTIFICATE_KEY"),
		    "sa clé est illisible : %s", why);
	else if (!matches)
		doctor_say(d, DOCTOR_ERROR,
		    "TLS_CERTIFICATE et TLS_CERTIFICATE_KEY doivent aller ensemble : corrigez-les dans les réglages, "
		    "puis « scorpius-site »",
		    "la clé %s n'est pas celle du certificat", key);
}

void doctor_certificate(struct doctor *d)
{
	struct certificate_facts f;
	unsigned port;
	const char *host = public_host(d, &port), *given = d->get("TLS_CERTIFICATE");
	if (!host || strncmp(d->s->PUBLIC_URL, "https://", 8) != 0) {
		doctor_say(d, DOCTOR_OK, NULL, "non vérifié : PUBLIC_URL n'est pas en https");
		return;
	}
	if (!d->folder && !(given && *given)) {
		doctor_say(d, DOCTOR_OK, NULL, "non vérifié ici : il est chez nginx ; « Site » le juge de l'extérieur");
		return;
	}
	const char *path = path_of(d, "TLS_CERTIFICATE", host, "fullchain.pem");
	const char *why = certificate_look(d->mem, path, host, &f);
	if (why && geteuid() != 0 && access(path, R_OK) != 0) {
		doctor_say(
		    d, DOCTOR_OK, NULL, "%s n'a pas été vu : relancez par root (« scorpius-admin doctor »)", path);
		return;
	}
	if (why) {
		doctor_say(d, DOCTOR_ERROR,
		    mem_printf(d->mem,
			"faites-le délivrer (« certbot certonly --webroot -w /var/lib/scorpius/acme -d %s »), ou "
			"corrigez TLS_CERTIFICATE",
			host),
		    "illisible : %s", why);
		return;
	}
	say_days(d, &f, host);
	if (!f.names_host)
		doctor_say(d, DOCTOR_ERROR,
		    mem_printf(d->mem, "faites délivrer un certificat pour %s, ou corrigez PUBLIC_URL", host),
		    "il n'est pas pour %s", host);
	if (f.self_signed)
		doctor_say(d, DOCTOR_WARNING, "remplacez-le par celui d'une autorité reconnue",
		    "il est signé par lui-même : les navigateurs le refusent");
	else if (!f.chain)
		doctor_say(d, DOCTOR_WARNING, "donnez à TLS_CERTIFICATE le fichier « fullchain.pem »",
		    "le fichier n'a pas le certificat intermédiaire : certains clients refuseront la connexion");
	check_key(d, path, path_of(d, "TLS_CERTIFICATE_KEY", host, "privkey.pem"));
}

/* ---- the site ---- */

static void judge_health(struct doctor *d, const struct web_answer *a)
{
	const struct json *v;
	struct error e;
	error_clear(&e);
	const char *version = NULL, *status = NULL;
	if (json_parse(d->mem, a->body, strlen(a->body), &v, &e) == ERR_OK) {
		version = json_string(json_get(v, "version"));
		status = json_string(json_get(v, "status"));
	}
	if (!version || !status)
		doctor_say(d, DOCTOR_ERROR,
		    a->status >= 502 && a->status <= 504 ? "les processus de l'API ne répondent pas : « systemctl "
							   "start scorpius.target », « journalctl -u 'scorpius-api@*' »"
							 : "PUBLIC_URL mène-t-elle à ce serveur ? un autre site de "
							   "nginx prend-il ce nom ? (« scorpius-site »)",
		    "%s/health répond %ld, et ce n'est pas Scorpius", d->s->PUBLIC_URL, a->status);
	else if (strcmp(status, "healthy") == 0)
		doctor_say(d, DOCTOR_OK, NULL, "répond, version %s, en bonne santé", version);
	else
		doctor_say(d, strcmp(status, "degraded") == 0 ? DOCTOR_WARNING : DOCTOR_ERROR,
		    "voyez les autres contrôles", "répond, version %s, mais dit « %s »", version, status);
}

void doctor_site(struct doctor *d)
{
	struct web_answer a;
	struct error e;
	const char *url;
	error_clear(&e);
	if (mail_public_url(d->mem, d->s, &url, &e) != ERR_OK) {
		doctor_say(d, DOCTOR_OK, NULL, "non vérifié : PUBLIC_URL n'est pas une adresse");
		return;
	}
	error_clear(&e);
	const char *health = mem_printf(d->mem, "%s/health", url);
	if (web_get(d->mem, health, false, d->folder ? FAR_S / 2 : FAR_S, &a, &e) == ERR_OK) {
		judge_health(d, &a);
		return;
	}
	struct error here;
	error_clear(&here);
	/* Behind a router that does not lead its own address back, only others reach the name. */
	if (d->folder && web_get(d->mem, health, true, FAR_S / 2, &a, &here) == ERR_OK) {
		doctor_say_error(d, DOCTOR_WARNING,
		    "essayez depuis une autre machine ; si elle n'y arrive pas non plus : DNS et pare-feu (ports 80 et "
		    "443)",
		    "il répond sur cette machine, mais pas d'ici par son nom", &e);
		judge_health(d, &a);
		return;
	}
	doctor_say_error(d, d->folder || !d->production ? DOCTOR_ERROR : DOCTOR_WARNING,
	    d->folder ? "« systemctl status nginx », « scorpius-site », DNS et pare-feu (ports 80 et 443)"
		      : "essayez depuis une autre machine : un conteneur n'atteint pas toujours l'adresse publique de "
			"sa propre machine",
	    "ne répond pas", &e);
}

/* ---- the ports ---- */

static void check_port(struct doctor *d, unsigned port)
{
	const char *name;
	long pid;
	switch (listener_find(d->mem, port, &name, &pid)) {
	case LISTENER_NONE:
		doctor_say(d, DOCTOR_ERROR, "« scorpius-site », puis « systemctl start nginx »",
		    "personne n'écoute sur le port %u", port);
		return;
	case LISTENER_UNKNOWN:
		doctor_say(d, DOCTOR_OK, NULL, "%u est écouté (seul root peut voir par qui)", port);
		return;
	case LISTENER_KNOWN:
		if (strcmp(name, "nginx") == 0)
			doctor_say(d, DOCTOR_OK, NULL, "%u : nginx", port);
		else
			doctor_say(d, DOCTOR_ERROR,
			    mem_printf(d->mem,
				"arrêtez ce programme (« systemctl status %ld » dit de quel service il est), puis « "
				"systemctl start nginx »",
				pid),
			    "le port %u est pris par %s (processus %ld), et non par nginx", port, name, pid);
	}
}

void doctor_ports(struct doctor *d)
{
	unsigned port = 0;
	const char *host = public_host(d, &port);
	if (!d->folder || !host) {
		doctor_say(d, DOCTOR_OK, NULL, "non vérifiés : %s",
		    host ? "nginx est dans un autre conteneur" : "PUBLIC_URL manque");
		return;
	}
	if (port) {
		check_port(d, port);
		return;
	}
	check_port(d, 80);
	if (strncmp(d->s->PUBLIC_URL, "https://", 8) == 0)
		check_port(d, 443);
}
