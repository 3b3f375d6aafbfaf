#include "settings_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fail_point.h"
#include "text.h"

#define MAX_FILE (256 * 1024)

static enum result failed(struct error *e, const char *what, const char *path)
{
	error_cause(e, "%s %s: %s", what, path, strerror(errno));
	return error_set(e, errno == ENOSPC ? ERR_STORAGE_FULL : ERR_IO, NULL);
}

/* ---- reading ---- */

struct settings_file *settings_file_parse(TALLOC_CTX *mem, const char *path, const char *text)
{
	struct settings_file *f = mem_zero(mem, struct settings_file);
	f->mem = mem;
	f->path = mem_strdup(mem, path);
	for (const char *p = text; *p != '\0';) {
		size_t n = strcspn(p, "\n");
		f->lines = mem_grow(mem, f->lines, const char *, f->n + 1);
		f->lines[f->n++] = mem_strndup(mem, p, n > 0 && p[n - 1] == '\r' ? n - 1 : n);
		p += n + (p[n] == '\n');
	}
	return f;
}

enum result settings_file_read(TALLOC_CTX *mem, const char *path, struct settings_file **out, struct error *e)
{
	*out = NULL;
	FILE *in = fopen(path, "re");
	if (in == NULL && errno == ENOENT) {
		*out = settings_file_parse(mem, path, "");
		return ERR_OK;
	}
	if (in == NULL)
		return failed(e, "open", path);
	char *text = mem_array(mem, char, MAX_FILE + 2);
	size_t n = fread(text, 1, MAX_FILE + 1, in);
	bool bad = ferror(in) != 0;
	fclose(in);
	if (bad)
		return failed(e, "read", path);
	if (n > MAX_FILE || memchr(text, '\0', n) != NULL || !text_utf8_valid(text, n))
		return error_set(e, ERR_INVALID_SETTING, NULL, "name", path, "reason", "not a file of settings");
	*out = settings_file_parse(mem, path, text);
	(*out)->exists = true;
	return ERR_OK;
}

/* As systemd reads it: bare, where a backslash takes the next character as it is; between single quotes; between double
 * ones, where a backslash does so before " \ ` $ only. Blanks around it are no part of it. */
static const char *unquote(TALLOC_CTX *mem, const char *s)
{
	struct buf out;
	buf_init(&out, mem, MAX_FILE);
	s += strspn(s, " \t");
	char quote = *s == '\'' || *s == '"' ? *s++ : '\0';
	size_t kept = 0;
	for (; *s != '\0' && (quote == '\0' || *s != quote); s++) {
		bool escape = *s == '\\' && s[1] != '\0' && quote != '\'' && (quote == '\0' || strchr("\"\\`$", s[1]));
		if (escape)
			s++;
		buf_char(&out, *s);
		if (escape || (*s != ' ' && *s != '\t'))
			kept = out.len;
	}
	if (quote == '\0')
		out.data[kept] = '\0';
	return out.data;
}

static bool is_name(const char *s, size_t n)
{
	return n > 0 && strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") >= n;
}

/* The length of the name that the line gives a value to; 0: none. */
static size_t name_of(const char *line)
{
	size_t n = strcspn(line, "=");
	return line[n] == '=' && is_name(line, n) ? n : 0;
}

static const char **line_of(const struct settings_file *f, const char *name)
{
	size_t n = strlen(name);
	for (size_t i = f->n; i-- > 0;)
		if (name_of(f->lines[i]) == n && strncmp(f->lines[i], name, n) == 0)
			return &f->lines[i];
	return NULL;
}

const char *settings_file_get(const struct settings_file *f, const char *name)
{
	const char **line = line_of(f, name);
	return line != NULL ? unquote(f->mem, *line + strlen(name) + 1) : NULL;
}

void settings_file_each(
    const struct settings_file *f, void (*each)(void *arg, const char *name, const char *value), void *arg)
{
	for (size_t i = 0; i < f->n; i++) {
		size_t n = name_of(f->lines[i]);
		if (n > 0)
			each(arg, mem_strndup(f->mem, f->lines[i], n), unquote(f->mem, f->lines[i] + n + 1));
	}
}

/* ---- changing ---- */

/* NULL when there is no way to write it that all its readers understand alike. */
static const char *quoted(TALLOC_CTX *mem, enum settings_reader reader, const char *value)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				    "_./:@%+=,-~?&[]{}();<>|*!^\"";
	for (const unsigned char *p = (const unsigned char *)value; *p != '\0'; p++)
		if (*p < 0x20 || *p == 0x7f)
			return NULL;
	/* settings.h writes ${NAME} out. */
	if (strstr(value, "${") != NULL)
		return NULL;
	if (strspn(value, plain) == strlen(value) && value[0] != '"')
		return value;
	if (strchr(value, '\'') == NULL && (reader == READ_BY_SYSTEMD || strchr(value, '\\') == NULL))
		return mem_printf(mem, "'%s'", value);
	if (reader == READ_BY_COMPOSE)
		return NULL;
	struct buf out;
	buf_init(&out, mem, MAX_FILE);
	buf_char(&out, '"');
	for (const char *p = value; *p != '\0'; p++) {
		if (strchr("\"\\`$", *p))
			buf_char(&out, '\\');
		buf_char(&out, *p);
	}
	buf_char(&out, '"');
	return out.data;
}

enum result settings_file_set(
    struct settings_file *f, enum settings_reader reader, const char *name, const char *value, struct error *e)
{
	const char *before = settings_file_get(f, name), *text = quoted(f->mem, reader, value);
	if (text == NULL || strlen(value) > 4096)
		return error_set(e, ERR_INVALID_SETTING, name, "name", name, "reason",
		    reader == READ_BY_COMPOSE ? "holds characters that docker-compose may read otherwise"
					      : "holds characters that no file of settings can carry");
	if (before != NULL && strcmp(before, value) == 0)
		return ERR_OK;
	const char **line = line_of(f, name);
	if (line == NULL) {
		f->lines = mem_grow(f->mem, f->lines, const char *, f->n + 1);
		line = &f->lines[f->n++];
	}
	*line = mem_printf(f->mem, "%s=%s", name, text);
	f->changed = true;
	return ERR_OK;
}

/* ---- writing ---- */

const char *settings_file_text(const struct settings_file *f)
{
	struct buf out;
	buf_init(&out, f->mem, 2 * MAX_FILE);
	for (size_t i = 0; i < f->n; i++)
		buf_printf(&out, "%s\n", f->lines[i]);
	return out.data;
}

static bool write_all(int fd, const char *text)
{
	for (size_t n = strlen(text); n > 0;) {
		ssize_t w = write(fd, text, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return false;
		text += w;
		n -= (size_t)w;
	}
	return true;
}

static bool write_new(const char *path, const char *text, mode_t mode, uid_t uid, gid_t gid)
{
	/* What one that was killed left. */
	if (unlink(path) != 0 && errno != ENOENT)
		return false;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return false;
	bool owned = geteuid() != 0 || fchown(fd, uid, gid) == 0;
	bool ok = owned && fchmod(fd, mode) == 0 && write_all(fd, text) && fsync(fd) == 0;
	int why = errno;
	close(fd);
	errno = why;
	return ok;
}

static bool sync_folder_of(TALLOC_CTX *mem, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *folder = slash == NULL ? "." : slash == path ? "/" : mem_strndup(mem, path, (size_t)(slash - path));
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool ok = fsync(fd) == 0;
	close(fd);
	return ok;
}

enum result settings_file_write(struct settings_file *f, uid_t uid, gid_t gid, struct error *e)
{
	struct stat st;
	mode_t mode = 0600;
	if (f->exists && !f->changed)
		return ERR_OK;
	if (stat(f->path, &st) == 0) {
		mode = st.st_mode & 07777;
		uid = st.st_uid;
		gid = st.st_gid;
	}
	const char *path = mem_printf(f->mem, "%s.new", f->path);
	if (!write_new(path, settings_file_text(f), mode, uid, gid))
		return failed(e, "write", path);
	fail_point("setup file written");
	if (rename(path, f->path) != 0)
		return failed(e, "rename to", f->path);
	fail_point("setup file in place");
	if (!sync_folder_of(f->mem, f->path))
		return failed(e, "fsync the folder of", f->path);
	f->exists = true;
	f->changed = false;
	return ERR_OK;
}
