/* scorpius config: every setting, what it means here, and what is wrong with it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli.h"
#include "settings.h"
#include "store_settings.h"

const char config_help[] = "--explain   affiche chaque réglage : nom, valeur actuelle, sens, type, bornes, défaut\n"
			   "            (les secrets ne sont jamais affichés)\n"
			   "--check     vérifie l'environnement et se tait s'il est bon\n";

static const char *environment(const char *name)
{
	return getenv(name);
}

int cmd_config(TALLOC_CTX *mem, int argc, char **argv)
{
	bool explain = argc == 2 && strcmp(argv[1], "--explain") == 0;
	if (!explain && !(argc == 2 && strcmp(argv[1], "--check") == 0))
		return cli_usage("config");
	struct settings s;
	struct error e;
	struct buf out;
	error_clear(&e);
	enum result rc = settings_read(mem, environment, &s, &e);
	if (rc == ERR_OK)
		rc = store_settings_check(&s, &e);
	if (explain) {
		buf_init(&out, mem, 1 << 20);
		settings_explain(&s, &out);
		fputs(out.data, stdout);
	}
	return rc == ERR_OK ? 0 : cli_fail(NULL, &e);
}
