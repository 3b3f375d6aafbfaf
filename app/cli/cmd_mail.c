/* scorpius mail test: sends one message with the settings of the environment and says what the server answered. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli.h"
#include "clock.h"
#include "mail.h"
#include "settings.h"
#include "uuid.h"

const char mail_help[] =
    "Envoie un message d’essai à l’adresse donnée avec les réglages SMTP_* de l’environnement, et dit ce que le\n"
    "serveur de messagerie a répondu. Le certificat du serveur est toujours vérifié (SMTP_CA_FILE pour une\n"
    "autorité privée).\n";

static const char *environment(const char *name)
{
	return getenv(name);
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
	return mail_send(server, &m, reply, e);
}

int cmd_mail(TALLOC_CTX *mem, int argc, char **argv)
{
	struct settings s;
	struct error e;
	struct mail_reply reply = { 0 };
	if (argc != 3 || strcmp(argv[1], "test") != 0)
		return cli_usage("mail");
	error_clear(&e);
	enum result rc = settings_read(mem, environment, &s, &e);
	if (rc == ERR_OK)
		rc = try_sending(mem, &s, argv[2], &reply, &e);
	if (rc == ERR_OK) {
		printf("message remis à %s:%lld ; réponse du serveur : %s\n", s.SMTP_HOST, (long long)s.SMTP_PORT,
		    reply.text);
		return 0;
	}
	if (reply.code != 0)
		fprintf(stderr, "scorpius\u00a0: dernière réponse du serveur : %s\n", reply.text);
	if (e.cause[0] != '\0')
		fprintf(stderr, "scorpius\u00a0: %s\n", e.cause);
	return cli_fail("mail", &e);
}
