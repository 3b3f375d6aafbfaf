#include "temp_files.h"
#include "log.h"

#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

static const char *what_is_wrong(const struct settings *s)
{
	struct statfs fs;
	if (statfs(s->NGINX_TEMP_PATH, &fs) != 0)
		return strerror(errno);
	bool memory = fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC;
	if (!memory && !s->NGINX_TEMP_ENCRYPTED)
		return "uploads lie there in clear: put it on a tmpfs, or declare its volume encrypted "
		       "(NGINX_TEMP_ENCRYPTED)";
	/* A ramfs tells no size: it has none. */
	if (fs.f_type != RAMFS_MAGIC && (int64_t)fs.f_blocks * (int64_t)fs.f_bsize < s->MAX_REQUEST_SIZE)
		return "a request of MAX_REQUEST_SIZE has no room there";
	return NULL;
}

enum result temp_files_check(const struct settings *s, struct error *e)
{
	const char *wrong = *s->NGINX_TEMP_PATH ? what_is_wrong(s) : NULL;
	if (!wrong)
		return ERR_OK;
	if (strcmp(s->APP_ENV, "production") == 0)
		return error_set(e, ERR_INVALID_SETTING, "NGINX_TEMP_PATH", "name", "NGINX_TEMP_PATH", "reason", wrong);
	log_warn("nginx's temporary files", "path", s->NGINX_TEMP_PATH, "why", wrong);
	return ERR_OK;
}
