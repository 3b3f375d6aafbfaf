#include "temp_files.h"

#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

const char *temp_files_wrong(const struct settings *s)
{
	struct statfs fs;
	if (!*s->NGINX_TEMP_PATH)
		return NULL;
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
