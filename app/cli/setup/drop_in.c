#include "drop_in.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "settings_file.h"

static bool can_stand(const char *path)
{
	if (path[0] != '/')
		return false;
	for (const unsigned char *p = (const unsigned char *)path; *p != '\0'; p++)
		if (*p <= ' ' || *p == 0x7f || strchr("\"'\\%", *p) != NULL)
			return false;
	return true;
}

enum result drop_in_text(TALLOC_CTX *mem, const char *const *paths, size_t n, const char **text, struct error *e)
{
	struct buf out;
	*text = NULL;
	for (size_t i = 0; i < n; i++)
		if (!can_stand(paths[i]))
			return error_set(e, ERR_INVALID_SETTING, NULL, "name", paths[i], "reason",
			    "no unit of systemd can name this folder: no spaces, quotes, '%' or '\\'");
	if (n == 0)
		return ERR_OK;
	buf_init(&out, mem, 16384);
	buf_str(&out, "# Made by 'scorpius setup' from the settings, and made anew by it.\n[Unit]\n");
	for (size_t i = 0; i < n; i++)
		buf_printf(&out, "RequiresMountsFor=%s\n", paths[i]);
	buf_str(&out, "\n[Service]\n");
	for (size_t i = 0; i < n; i++)
		buf_printf(&out, "ReadWritePaths=%s\n", paths[i]);
	*text = out.data;
	return ERR_OK;
}

static enum result failed(struct error *e, const char *what, const char *path)
{
	error_cause(e, "%s %s: %s", what, path, strerror(errno));
	return error_set(e, ERR_IO, NULL);
}

enum result drop_in_put(
    TALLOC_CTX *mem, const char *units, const char *unit, const char *text, bool *changed, struct error *e)
{
	const char *folder = mem_printf(mem, "%s/%s.d", units, unit);
	const char *path = mem_printf(mem, "%s/scorpius-setup.conf", folder);
	struct settings_file *old;
	TRY(settings_file_read(mem, path, &old, e));
	if (text == NULL) {
		if (!old->exists)
			return ERR_OK;
		*changed = true;
		if (unlink(path) != 0)
			return failed(e, "remove", path);
		rmdir(folder); /* an operator's own drop-ins keep it */
		return ERR_OK;
	}
	if (old->exists && strcmp(settings_file_text(old), text) == 0)
		return ERR_OK;
	*changed = true;
	if (mkdir(folder, 0755) != 0 && errno != EEXIST)
		return failed(e, "make", folder);
	struct settings_file *now = settings_file_parse(mem, path, text);
	now->exists = old->exists;
	now->changed = true;
	return settings_file_write(now, geteuid(), getegid(), e);
}
