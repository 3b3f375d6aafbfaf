/* What `scorpius setup` asks a person, when no flag said it. */
#include "setup.h"

#include <string.h>
#include <unistd.h>

#include "crypto.h"
#include "passwords.h"
#include "terminal.h"

bool setup_interactive(const struct setup *s)
{
	return !s->non_interactive && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* NULL when nothing was answered. */
static const char *ask(struct setup *s, const char *prompt, bool hidden)
{
	char line[2048];
	const char *answer = NULL;
	if (terminal_ask(prompt, hidden, line, sizeof line)) {
		size_t n = strlen(line), from = strspn(line, " \t");
		while (!hidden && n > from && (line[n - 1] == ' ' || line[n - 1] == '\t'))
			line[--n] = '\0';
		const char *text = hidden ? line : line + from;
		answer = text[0] != '\0' ? mem_strdup(s->mem, text) : NULL;
	}
	crypto_wipe(line, sizeof line);
	return answer;
}

/* Asks for a setting that no flag gave. */
static void ask_setting(struct setup *s, const char *name, const char *prompt, bool hidden)
{
	const char *answer = setup_wished(s, name) == NULL ? ask(s, prompt, hidden) : NULL;
	if (answer != NULL)
		setup_wish(s, name, answer);
}

bool setup_ask_yes(const char *prompt)
{
	char line[64];
	if (!terminal_ask(prompt, false, line, sizeof line))
		return false;
	return line[0] == '\0' || strchr("oOyY", line[0]) != NULL;
}

bool setup_ask_key_kept(void)
{
	char line[64];
	return terminal_ask("Une copie de SECRET_KEY est-elle conservée ailleurs ? Répondez « oui »\u00a0: ", false,
		   line, sizeof line) &&
	       strcmp(line, "oui") == 0;
}

static void ask_mail(struct setup *s)
{
	ask_setting(s, "SMTP_HOST", "Serveur de messagerie (vide\u00a0: aucun courriel)\u00a0: ", false);
	if (setup_wished(s, "SMTP_HOST") == NULL)
		return;
	ask_setting(s, "SMTP_PORT", "  son port [587]\u00a0: ", false);
	ask_setting(s, "SMTP_SECURITY", "  chiffrement, starttls, tls ou none [starttls]\u00a0: ", false);
	ask_setting(s, "SMTP_USER", "  compte (vide\u00a0: sans authentification)\u00a0: ", false);
	if (setup_wished(s, "SMTP_USER") != NULL)
		ask_setting(s, "SMTP_PASSWORD", "  mot de passe de ce compte\u00a0: ", true);
	ask_setting(s, "SMTP_FROM", "  adresse de l'expéditeur (vide\u00a0: le compte)\u00a0: ", false);
}

static void ask_database(struct setup *s)
{
	if (s->local_database || setup_wished(s, "DATABASE_URL") != NULL)
		return;
	s->local_database = setup_ask_yes("PostgreSQL de cette machine, rôle et base créés ici ? [O/n] ");
	if (!s->local_database)
		ask_setting(s, "DATABASE_URL", "URL du compte de l'exploitant, postgresql://…\u00a0: ", true);
	if (!setup_ask_yes("Redis de cette machine ? [O/n] "))
		ask_setting(s, "REDIS_URL", "URL de Redis, redis://…\u00a0: ", true);
}

enum result setup_ask_settings(struct setup *s, struct error *e)
{
	const char *before = settings_file_get(s->files[SETUP_ALL], "PUBLIC_URL");
	/* It is written last: whoever has it has answered all of this. */
	if (before != NULL && before[0] != '\0')
		return ERR_OK;
	if (!setup_interactive(s)) {
		if (setup_wished(s, "PUBLIC_URL") != NULL)
			return ERR_OK;
		return setup_stop(s, ERR_USAGE, e, "il manque --public-url https://NOM");
	}
	ask_setting(s, "PUBLIC_URL", "Adresse publique, https://NOM\u00a0: ", false);
	if (setup_wished(s, "PUBLIC_URL") == NULL)
		return setup_stop(s, ERR_USAGE, e, "l'adresse publique est indispensable");
	ask_setting(s, "CORS_ORIGINS",
	    "Autres origines dont les navigateurs peuvent appeler l'API (vide\u00a0: aucune)\u00a0: ", false);
	ask_database(s);
	ask_mail(s);
	ask_setting(s, "BACKUP_PATH",
	    "Dossier des sauvegardes, sur un autre disque, par exemple /var/lib/scorpius/backups (vide\u00a0: "
	    "aucune)\u00a0: ",
	    false);
	return ERR_OK;
}

static enum result ask_password(struct setup *s, struct error *e)
{
	char once[PASSWORD_MAX + 2], again[PASSWORD_MAX + 2];
	bool ok = terminal_ask("  mot de passe (vide\u00a0: tiré au hasard)\u00a0: ", true, once, sizeof once);
	if (ok && once[0] == '\0') {
		s->admin_generate = true;
		return ERR_OK;
	}
	ok = ok && terminal_ask("  une seconde fois\u00a0: ", true, again, sizeof again) && strcmp(once, again) == 0;
	if (ok)
		s->admin_password = mem_strdup(s->mem, once);
	crypto_wipe(once, sizeof once);
	crypto_wipe(again, sizeof again);
	return ok ? ERR_OK : setup_stop(s, ERR_USAGE, e, "les deux mots de passe diffèrent");
}

enum result setup_ask_admin(struct setup *s, struct error *e)
{
	bool asking = setup_interactive(s);
	if (s->admin == NULL) {
		if (!asking)
			return setup_stop(s, ERR_USAGE, e,
			    "il manque --admin ADRESSE (premier compte de l'exploitant), ou --no-admin");
		s->admin = ask(s, "Adresse du premier compte de l'exploitant (vide\u00a0: aucun)\u00a0: ", false);
		s->no_admin = s->admin == NULL;
		if (s->no_admin)
			return ERR_OK;
		s->admin_name = s->admin_name != NULL ? s->admin_name : ask(s, "  nom\u00a0: ", false);
	}
	if (s->admin_generate || s->admin_password != NULL)
		return ERR_OK;
	if (!asking)
		return setup_stop(s, ERR_USAGE, e, "il manque --admin-password-file FICHIER ou --admin-generate");
	return ask_password(s, e);
}
