/* scorpius mail: logs in to the mail server, or sends one message, with the settings of the environment and says what
 * the server answered; shows the letters that did not leave, and queues them again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli.h"
#include "clock.h"
#include "crypto.h"
#include "letter.h"
#include "mail.h"
#include "operator.h"
#include "settings.h"
#include "terminal.h"
#include "uuid.h"

const char mail_help[] =
    "try       se présente au serveur de messagerie avec les réglages SMTP_*, sans rien envoyer\u00a0; avec\n"
    "          --account-stdin, le compte est lu sur l'entrée standard\u00a0: le mot de passe, ou le nom puis le mot "
    "de\n"
    "          passe\n"
    "test      envoie un message d'essai à l'adresse donnée avec les réglages SMTP_* de l'environnement et dit ce\n"
    "          que le serveur de messagerie a répondu ; son certificat est toujours vérifié (SMTP_CA_FILE pour une\n"
    "          autorité privée)\n"
    "link      affiche un lien à remettre en main propre, quand aucun courriel ne peut partir : pour accepter\n"
    "          l'invitation ouverte de cette adresse, sinon pour choisir un nouveau mot de passe ; tout lien "
    "antérieur\n"
    "          perd sa validité\n"
    "failed    liste les courriels refusés ou abandonnés depuis trente jours (compte de DATABASE_URL)\n"
    "retry     remet en file ceux que le serveur de messagerie n'a pas pris ; ceux qu'il a refusés ne le sont pas\n";

static const char *environment(const char *name)
{
	return getenv(name);
}

static enum result try_login(
    TALLOC_CTX *mem, struct settings *s, bool stdin_account, struct mail_reply *reply, struct error *e)
{
	struct mail_server *server;
	if (stdin_account)
		TRY(terminal_read_account(mem, stdin, &s->SMTP_USER, &s->SMTP_PASSWORD, e));
	TRY(mail_server_configure(mem, s, &server, e));
	if (server == NULL)
		return error_set(e, ERR_MAIL_DISABLED, NULL);
	TRY(mail_probe(server, reply, e));
	printf("%s:%lld accepte %s\n", server->host, (long long)server->port,
	    server->user != NULL ? server->user : "nos courriels");
	return ERR_OK;
}

static enum result try_sending(
    TALLOC_CTX *mem, const struct settings *s, const char *to, struct mail_reply *reply, struct error *e)
{
	struct mail_server *server;
	struct uuid id = uuid_new();
	char text_id[37];
	TRY(mail_server_configure(mem, s, &server, e));
	if (server == NULL)
		return error_set(e, ERR_MAIL_DISABLED, NULL);
	if (!mail_address_ok(to))
		return error_set(e, ERR_INVALID_EMAIL, NULL, "value", to);
	uuid_format(&id, text_id);
	struct mail_message m = {
		.to = to,
		.subject = "Essai d’envoi",
		.text = "Ce message d’essai a été demandé par la commande « scorpius mail test ».\r\n"
			"S’il vous parvient, l’envoi de courriels fonctionne.\r\n",
		.html =
		    "<!DOCTYPE html>\r\n<html lang=\"fr\"><head><meta charset=\"utf-8\"><title>Essai "
		    "d’envoi</title></head>\r\n"
		    "<body><p>Ce message d’essai a été demandé par la commande <code>scorpius mail test</code>.</p>\r\n"
		    "<p>S’il vous parvient, l’envoi de courriels fonctionne.</p></body></html>\r\n",
		.id = text_id,
		.date_us = clock_now_us(),
	};
	TRY(mail_send(server, &m, reply, e));
	printf(
	    "message remis à %s:%lld ; réponse du serveur : %s\n", server->host, (long long)server->port, reply->text);
	return ERR_OK;
}

static enum result make_link(TALLOC_CTX *mem, const struct settings *s, const char *email, struct error *e)
{
	struct operator_db *db;
	enum operator_link kind;
	const char *url;
	uint8_t random[32], hash[CRYPTO_SHA256_SIZE];
	char token[CRYPTO_BASE64URL_SIZE(sizeof(random))];
	TRY(mail_public_url(mem, s, &url, e));
	TRY(operator_connect(mem, s->DATABASE_URL, &db, e));
	crypto_random(random, sizeof(random));
	crypto_base64url(random, sizeof(random), token);
	crypto_sha256_of(token, strlen(token), hash);
	TRY(operator_link_store(db, email, hash, s->PASSWORD_RESET_EXPIRE_MINUTES * 60, &kind, e));
	if (kind == OPERATOR_LINK_NONE)
		return error_set(e, ERR_NOT_FOUND, NULL);
	enum letter letter = kind == OPERATOR_LINK_INVITATION ? LETTER_INVITATION : LETTER_PASSWORD_RESET;
	puts(letter_link(mem, letter, url, token));
	return ERR_OK;
}

static enum result list_failed(TALLOC_CTX *mem, const struct settings *s, struct error *e)
{
	struct operator_db *db;
	struct operator_letter *letters;
	size_t n;
	TRY(operator_connect(mem, s->DATABASE_URL, &db, e));
	TRY(operator_letters_failed(db, mem, &letters, &n, e));
	for (size_t i = 0; i < n; i++)
		printf("%s  %-16s  %-14s  %lld essai(s)  %s\n", letters[i].at, letters[i].purpose,
		    letters[i].error_code, (long long)letters[i].attempts, letters[i].recipient);
	if (n == 0)
		puts("aucun courriel refusé ou abandonné depuis trente jours");
	return ERR_OK;
}

static enum result retry_failed(TALLOC_CTX *mem, const struct settings *s, struct error *e)
{
	struct operator_db *db;
	int64_t n = 0;
	TRY(operator_connect(mem, s->DATABASE_URL, &db, e));
	TRY(operator_letters_retry(db, &n, e));
	printf("%lld courriel(s) remis en file\n", (long long)n);
	return ERR_OK;
}

int cmd_mail(TALLOC_CTX *mem, int argc, char **argv)
{
	struct settings s;
	struct error e;
	struct mail_reply reply = { 0 };
	bool account = argc == 3 && strcmp(argv[2], "--account-stdin") == 0;
	bool login = (argc == 2 || account) && strcmp(argv[1], "try") == 0;
	bool test = argc == 3 && strcmp(argv[1], "test") == 0;
	bool link = argc == 3 && strcmp(argv[1], "link") == 0;
	bool failed = argc == 2 && strcmp(argv[1], "failed") == 0;
	if (!login && !test && !link && !failed && !(argc == 2 && strcmp(argv[1], "retry") == 0))
		return cli_usage("mail");
	error_clear(&e);
	enum result rc = settings_read(mem, environment, &s, &e);
	if (rc == ERR_OK)
		rc = login    ? try_login(mem, &s, account, &reply, &e)
		     : test   ? try_sending(mem, &s, argv[2], &reply, &e)
		     : link   ? make_link(mem, &s, argv[2], &e)
		     : failed ? list_failed(mem, &s, &e)
			      : retry_failed(mem, &s, &e);
	if (rc == ERR_OK)
		return 0;
	if (reply.code != 0)
		fprintf(stderr, "scorpius\u00a0: dernière réponse du serveur : %s\n", reply.text);
	if (e.cause[0] != '\0')
		fprintf(stderr, "scorpius\u00a0: %s\n", e.cause);
	return cli_fail("mail", &e);
}
