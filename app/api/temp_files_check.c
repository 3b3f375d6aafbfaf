#include "temp_files_check.h"
#include "log.h"
#include "temp_files.h"

#include <string.h>

enum result temp_files_check(const struct settings *s, struct error *e)
{
	const char *wrong = temp_files_wrong(s);
	if (!wrong)
		return ERR_OK;
	if (strcmp(s->APP_ENV, "production") == 0)
		return error_set(e, ERR_INVALID_SETTING, "NGINX_TEMP_PATH", "name", "NGINX_TEMP_PATH", "reason", wrong);
	log_warn("nginx's temporary files", "path", s->NGINX_TEMP_PATH, "why", wrong);
	return ERR_OK;
}
