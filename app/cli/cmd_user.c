/* scorpius user: the operator's own accounts, and help for people who are locked out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "crypto.h"
#include "email.h"
#include "operator.h"
#include "passwords.h"
#include "settings.h"
#include "terminal.h"
#include "uuid.h"

const char user_help[] =
    "add             crée un compte de l'exploitant (rôle admin, sans organisation) ; les autres\n"
    "                comptes naissent d'une inscription ou d'une invitation\n"
    "list            affiche les comptes ; --role admin : ceux de l'exploitant seulement\n"
    "deactivate      ferme un compte : ses sessions prennent fin ; activate le rouvre\n"
    "reset-password  donne un nouveau mot de passe ; toutes les sessions du compte prennent fin\n"
    "revoke-sessions met fin aux sessions d'un compte, ou avec --all à celles de tous : chacun se connecte à nouveau\n"
    "\n"
    "Le mot de passe est demandé au terminal, lu sur une ligne de l'entrée standard avec\n"
    "--password-stdin, ou tiré au hasard et affiché une seule fois avec --generate. Il n'est jamais\n"
    "un argument : la liste des processus le montrerait.\n";

struct options {
	const char *verb, *email, *name, *role;
	bool from_stdin, generate, all;
};

static const char *environment(const char *name)
{
	return getenv(name);
}

static bool read_options(int argc, char **argv, struct options *o)
{
	for (int i = 1; i < argc; i++) {
		const char *a = argv[i];
		bool has_value = i + 1 < argc;
		if (strcmp(a, "--name") == 0 && has_value)
			o->name = argv[++i];
		else if (strcmp(a, "--role") == 0 && has_value)
			o->role = argv[++i];
		else if (strcmp(a, "--password-stdin") == 0)
			o->from_stdin = true;
		else if (strcmp(a, "--generate") == 0)
			o->generate = true;
		else if (strcmp(a, "--all") == 0)
			o->all = true;
		else if (a[0] == '-')
			return false;
		else if (!o->verb)
			o->verb = a;
		else if (!o->email)
			o->email = a;
		else
			return false;
	}
	bool listing = o->verb && strcmp(o->verb, "list") == 0;
	bool revoking = o->verb && strcmp(o->verb, "revoke-sessions") == 0;
	return o->verb && (listing || o->all) == !o->email && (revoking || !o->all) &&
	       !(o->from_stdin && o->generate) && (!o->role || strcmp(o->role, "admin") == 0);
}

/* ---- the password ---- */

/* False, with a word on stderr, when no password was given. */
static bool get_password(const struct options *o, char out[PASSWORD_MAX + 2])
{
	char again[PASSWORD_MAX + 2];
	uint8_t random[15];
	if (o->generate) {
		crypto_random(random, sizeof random);
		crypto_base64url(random, sizeof random, out);
		return true;
	}
	if (o->from_stdin) {
		if (terminal_read_line(stdin, out, PASSWORD_MAX + 2))
			return true;
		fputs("scorpius\u00a0: aucun mot de passe sur l'entrée standard, ou une ligne trop longue\n", stderr);
		return false;
	}
	if (!isatty(STDIN_FILENO)) {
		fputs("scorpius\u00a0: sans terminal, il faut --password-stdin ou --generate\n", stderr);
		return false;
	}
	bool same = terminal_ask("Mot de passe\u00a0: ", true, out, PASSWORD_MAX + 2) &&
		    terminal_ask("Une seconde fois\u00a0: ", true, again, sizeof again) && strcmp(out, again) == 0;
	crypto_wipe(again, sizeof again);
	if (!same)
		fputs("scorpius\u00a0: les deux mots de passe diffèrent\n", stderr);
	return same;
}

static enum result hash_password(const struct settings *s, const char *password, const char *email, const char *name,
    const char *organization, char hash[PASSWORD_HASH_SIZE], struct error *e)
{
	TRY(password_rule_check(password, strlen(password), email, name, organization, e));
	return password_hash(password, strlen(password), (unsigned)s->SCRYPT_LOG_N, hash, e);
}

/* ---- the verbs ---- */

static enum result add(
    struct operator_db *db, const struct settings *s, const struct options *o, const char *password, struct error *e)
{
	char hash[PASSWORD_HASH_SIZE];
	struct uuid id = uuid_new();
	const char *name = o->name ? o->name : o->email;
	size_t n = strlen(name);
	if (n < 1 || n > 200)
		return error_set(e, ERR_TOO_LONG, "name", "max", num_text(200).s);
	TRY(hash_password(s, password, o->email, name, NULL, hash, e));
	return operator_user_add(db, &id, o->email, name, hash, e);
}

static enum result reset(TALLOC_CTX *mem, struct operator_db *db, const struct settings *s, const struct options *o,
    const char *password, struct error *e)
{
	char hash[PASSWORD_HASH_SIZE];
	const char *name, *organization;
	TRY(operator_user_names(db, mem, o->email, &name, &organization, e));
	TRY(hash_password(s, password, o->email, name, organization, hash, e));
	return operator_user_set_password(db, o->email, hash, e);
}

/* Names are what people typed: nothing of theirs steers the operator's terminal. */
static const char *harmless(TALLOC_CTX *mem, const char *s)
{
	char *text = mem_strdup(mem, s);
	for (unsigned char *p = (unsigned char *)text; *p; p++) {
		if (*p < 0x20 || *p == 0x7f)
			*p = '?';
		else if (*p == 0xc2 && p[1] < 0xa0) /* U+0080 to U+009F */
			p[0] = p[1] = '?';
	}
	return text;
}

static enum result list(TALLOC_CTX *mem, struct operator_db *db, const struct options *o, struct error *e)
{
	struct operator_user *users;
	size_t n;
	TRY(operator_user_list(db, mem, o->role != NULL, &users, &n, e));
	for (size_t i = 0; i < n; i++)
		printf("%s\t%s%s\t%s\t%s\t%s\t%s\n", users[i].email, users[i].role,
		    users[i].is_owner ? ", propriétaire" : "", users[i].active ? "actif" : "fermé", users[i].created_at,
		    harmless(mem, users[i].full_name), harmless(mem, users[i].organization_name));
	return ERR_OK;
}

static enum result revoke_sessions(struct operator_db *db, const struct options *o, struct error *e)
{
	int64_t ended;
	TRY(operator_user_revoke(db, o->email, &ended, e));
	printf("%lld session%s close%s\n", (long long)ended, ended > 1 ? "s" : "", ended > 1 ? "s" : "");
	return ERR_OK;
}

static enum result with_password(
    TALLOC_CTX *mem, struct operator_db *db, const struct settings *s, const struct options *o, struct error *e)
{
	char password[PASSWORD_MAX + 2];
	if (!get_password(o, password))
		return error_set(e, ERR_USAGE, NULL, "usage", "scorpius user --help");
	enum result rc = strcmp(o->verb, "add") == 0 ? add(db, s, o, password, e) : reset(mem, db, s, o, password, e);
	if (rc == ERR_OK && o->generate)
		printf("%s\n", password);
	crypto_wipe(password, sizeof password);
	return rc;
}

static enum result run(TALLOC_CTX *mem, struct options *o, struct error *e)
{
	struct settings s;
	struct operator_db *db;
	TRY(settings_read(mem, environment, &s, e));
	if (o->email)
		TRY(email_normalise(mem, o->email, "email", &o->email, e));
	TRY(operator_connect(mem, s.DATABASE_URL, &db, e));
	if (strcmp(o->verb, "list") == 0)
		return list(mem, db, o, e);
	if (strcmp(o->verb, "activate") == 0 || strcmp(o->verb, "deactivate") == 0)
		return operator_user_activate(db, o->email, o->verb[0] == 'a', e);
	if (strcmp(o->verb, "revoke-sessions") == 0)
		return revoke_sessions(db, o, e);
	return with_password(mem, db, &s, o, e);
}

int cmd_user(TALLOC_CTX *mem, int argc, char **argv)
{
	static const char *const verbs[] = { "add", "list", "deactivate", "activate", "reset-password",
		"revoke-sessions" };
	struct options o = { 0 };
	struct error e;
	bool known = false;
	error_clear(&e);
	if (!read_options(argc, argv, &o))
		return cli_usage("user");
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		known |= strcmp(verbs[i], o.verb) == 0;
	/* Nobody becomes the operator by leaving something out. */
	if (!known || (strcmp(o.verb, "add") == 0 && !o.role))
		return cli_usage("user");
	if (run(mem, &o, &e) == ERR_OK)
		return 0;
	if (e.cause[0] != '\0')
		fprintf(stderr, "scorpius\u00a0: %s\n", e.cause);
	return cli_fail(o.email ? o.email : "user", &e);
}
