#include "backup_set.h"
#include "clock.h"
#include "json.h"
#include "uuid.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FORMAT 1
#define PARTIAL ".partial-"
#define HEAD_MAX 65536

struct backup_set {
	const char *path;
	int folder, lock;
	const struct master_keys *keys;
	struct store *pool;
};

static enum result fail(struct error *e, const char *what)
{
	int err = errno;
	error_cause(e, "%s: %s", what, strerror(err));
	return error_set(e, err == ENOSPC || err == EDQUOT || err == EFBIG ? ERR_STORAGE_FULL : ERR_IO, NULL);
}

static void close_fd(void *fd)
{
	close((int)(intptr_t)fd);
}

static int set_close(struct backup_set *s)
{
	if (s->lock >= 0)
		close(s->lock);
	if (s->folder >= 0)
		close(s->folder);
	return 0;
}

static enum result open_set(
    TALLOC_CTX *mem, const char *path, const struct master_keys *keys, struct backup_set **out, struct error *e)
{
	struct backup_set *s = mem_zero(mem, struct backup_set);
	s->path = mem_strdup(s, path);
	s->keys = keys;
	s->lock = -1;
	s->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	talloc_set_destructor(s, set_close);
	*out = s;
	if (s->folder >= 0)
		return ERR_OK;
	return errno == ENOENT ? error_set(e, ERR_NOT_FOUND, NULL) : fail(e, "open the folder of backups");
}

static enum result lock(struct backup_set *s, int how, struct error *e)
{
	if (flock(s->lock, how | LOCK_NB) == 0)
		return ERR_OK;
	return errno == EWOULDBLOCK ? error_set(e, ERR_BACKUP_RUNNING, NULL) : fail(e, "lock the folder of backups");
}

static int open_lock(const struct backup_set *s)
{
	return openat(s->folder, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static enum result lock_shared(struct backup_set *s, struct error *e)
{
	/* A copy brought from elsewhere may have none, and nobody who writes. */
	s->lock = openat(s->folder, "lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return s->lock < 0 ? ERR_OK : lock(s, LOCK_SH, e);
}

static enum result demand_path(const char *path, struct error *e)
{
	if (path && path[0] == '/')
		return ERR_OK;
	return error_set(e, ERR_INVALID_SETTING, "BACKUP_PATH", "name", "BACKUP_PATH", "reason",
	    path && path[0] ? "must begin with '/'" : "not set: the folder of the backups, on another disk");
}

enum result backup_set_open(
    TALLOC_CTX *mem, const char *path, const struct master_keys *keys, struct backup_set **out, struct error *e)
{
	TRY(demand_path(path, e));
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return fail(e, "make the folder of backups");
	TRY(open_set(mem, path, keys, out, e));
	struct backup_set *s = *out;
	s->lock = open_lock(s);
	if (s->lock < 0)
		return fail(e, "lock the folder of backups");
	return lock(s, LOCK_EX, e);
}

enum result backup_set_read(
    TALLOC_CTX *mem, const char *path, const struct master_keys *keys, struct backup_set **out, struct error *e)
{
	TRY(demand_path(path, e));
	TRY(open_set(mem, path, keys, out, e));
	return lock_shared(*out, e);
}

enum result backup_set_mend(TALLOC_CTX *mem, const char *path, const struct master_keys *keys, struct backup_set **out,
    bool *writable, struct error *e)
{
	TRY(demand_path(path, e));
	TRY(open_set(mem, path, keys, out, e));
	struct backup_set *s = *out;
	s->lock = open_lock(s);
	*writable = s->lock >= 0;
	return *writable ? lock(s, LOCK_EX, e) : lock_shared(s, e);
}

/* ---- what is there ---- */

/* "20261126T031500.123Z" */
static bool is_name(const char *s)
{
	static const char form[] = "dddddddd"
				   "T"
				   "dddddd"
				   "."
				   "ddd"
				   "Z";
	for (size_t i = 0; i < sizeof(form); i++)
		if (form[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != form[i])
			return false;
	return true;
}

/* A number that must be there: a spoilt name of a member must not pass for 0. */
static bool head_count(const struct json *v, const char *name, int64_t *out)
{
	*out = json_int(json_get(v, name));
	return json_kind(json_get(v, name)) == JSON_INT && *out >= 0;
}

static bool read_head(TALLOC_CTX *mem, int top, struct backup *b)
{
	char *text = mem_array(mem, char, HEAD_MAX);
	char path[BACKUP_NAME + 16];
	const struct json *v;
	struct error e;
	error_clear(&e);
	snprintf(path, sizeof(path), "%s/backup.json", b->name);
	int fd = openat(top, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = fd < 0 ? -1 : read(fd, text, HEAD_MAX);
	if (fd >= 0)
		close(fd);
	if (n <= 0 || json_parse(mem, text, (size_t)n, &v, &e) != ERR_OK || json_int(json_get(v, "format")) != FORMAT)
		return false;
	const char *id = json_string(json_get(v, "id")), *created = json_string(json_get(v, "created_at"));
	b->program = json_string(json_get(v, "program"));
	b->master_key = json_string(json_get(v, "master_key"));
	snprintf(path, sizeof(path), "%s/sent", b->name);
	b->sent = faccessat(top, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	return id && uuid_parse(id, &b->id) && created && clock_parse_rfc3339(created, &b->created_us) && b->program &&
	       b->master_key && head_count(v, "files", &b->files) && head_count(v, "bytes", &b->bytes) &&
	       head_count(v, "missing", &b->missing);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct backup *)a)->name, ((const struct backup *)b)->name);
}

enum result backup_list(TALLOC_CTX *mem, const char *path, struct backup **out, size_t *n, struct error *e)
{
	TRY(demand_path(path, e));
	DIR *top = opendir(path);
	*out = NULL;
	*n = 0;
	if (!top)
		return errno == ENOENT ? ERR_OK : fail(e, "read the folder of backups");
	errno = 0;
	for (struct dirent *d; (d = readdir(top)); errno = 0) {
		struct backup b = { .unreadable = false };
		struct stat st;
		if (!is_name(d->d_name))
			continue;
		/* A backup gets its name when it is whole: from then on a head that can't be read is a fault. */
		if (fstatat(dirfd(top), d->d_name, &st, 0) == 0 && !S_ISDIR(st.st_mode))
			continue;
		memcpy(b.name, d->d_name, BACKUP_NAME);
		if (!read_head(mem, dirfd(top), &b)) {
			b = (struct backup){ .unreadable = true };
			memcpy(b.name, d->d_name, BACKUP_NAME);
		}
		*out = mem_grow(mem, *out, struct backup, *n + 1);
		(*out)[(*n)++] = b;
	}
	/* Half a list must not pass for all that there is: the pool is swept by it. */
	enum result r = errno == 0 ? ERR_OK : fail(e, "read the folder of backups");
	closedir(top);
	if (*n > 0)
		qsort(*out, *n, sizeof(**out), by_name);
	return r;
}

bool backup_is_whole(const struct backup *b)
{
	return !b->unreadable && b->missing == 0;
}

enum result backup_find(TALLOC_CTX *mem, const char *path, const char *name, struct backup *out, struct error *e)
{
	struct backup *all;
	size_t n;
	TRY(backup_list(mem, path, &all, &n, e));
	for (size_t i = n; i-- > 0;)
		if (name ? strcmp(all[i].name, name) == 0 : backup_is_whole(&all[i])) {
			*out = all[i];
			if (!out->unreadable)
				return ERR_OK;
			error_cause(e, "%s/backup.json can't be read", name);
			return error_set(e, ERR_DAMAGED, NULL);
		}
	return error_set(e, ERR_NOT_FOUND, NULL);
}

int64_t backup_last_us(const char *path)
{
	TALLOC_CTX *mem = mem_new("backups", 0);
	struct backup last;
	struct error e;
	error_clear(&e);
	int64_t us = backup_find(mem, path, NULL, &last, &e) == ERR_OK ? last.created_us : 0;
	talloc_free(mem);
	return us;
}

enum result backup_folder(struct backup_set *set, TALLOC_CTX *mem, const struct backup *b, int *folder, struct error *e)
{
	*folder = openat(set->folder, b->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (*folder < 0)
		return fail(e, "open the folder of a backup");
	mem_defer(mem, close_fd, (void *)(intptr_t)*folder);
	return ERR_OK;
}

enum result backup_pool(struct backup_set *set, struct store **out, struct error *e)
{
	if (!set->pool)
		TRY(store_open_directory(set, mem_printf(set, "%s/pool", set->path), set->keys, &set->pool, e));
	*out = set->pool;
	return ERR_OK;
}

/* ---- making one ---- */

static void remove_folder(int top, const char *name)
{
	int fd = openat(top, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	if (!folder) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (struct dirent *d; (d = readdir(folder));)
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			unlinkat(dirfd(folder), d->d_name, 0);
	closedir(folder);
	unlinkat(top, name, AT_REMOVEDIR);
}

static enum result remove_partial(struct backup_set *set, struct error *e)
{
	DIR *top = opendir(set->path);
	if (!top)
		return fail(e, "read the folder of backups");
	for (struct dirent *d; (d = readdir(top));)
		if (strncmp(d->d_name, PARTIAL, strlen(PARTIAL)) == 0)
			remove_folder(set->folder, d->d_name);
	closedir(top);
	return ERR_OK;
}

static void name_of(int64_t us, char out[BACKUP_NAME])
{
	struct tm t;
	char text[64];
	time_t s = (time_t)(us / 1000000);
	gmtime_r(&s, &t);
	size_t n = strftime(text, 32, "%Y%m%dT%H%M%S", &t);
	snprintf(text + n, 32, ".%03dZ", (int)(us / 1000 % 1000));
	memcpy(out, text, BACKUP_NAME - 1);
	out[BACKUP_NAME - 1] = '\0';
}

static const char *partial_name(TALLOC_CTX *mem, const struct backup *b)
{
	return mem_printf(mem, PARTIAL "%s", b->name);
}

enum result backup_begin(struct backup_set *set, TALLOC_CTX *mem, struct backup *b, int *folder, struct error *e)
{
	TRY(remove_partial(set, e));
	*b = (struct backup){ .id = uuid_new(), .program = SCORPIUS_VERSION, .master_key = master_key_id(set->keys) };
	/* One that has this very millisecond already: the next one. */
	for (b->created_us = clock_now_us();; b->created_us += 1000) {
		name_of(b->created_us, b->name);
		if (faccessat(set->folder, b->name, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
			break;
	}
	const char *name = partial_name(mem, b);
	if (mkdirat(set->folder, name, 0700) != 0)
		return fail(e, "make the folder of a backup");
	*folder = openat(set->folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (*folder < 0)
		return fail(e, "open the folder of a backup");
	mem_defer(mem, close_fd, (void *)(intptr_t)*folder);
	return ERR_OK;
}

static void write_head(struct json_writer *w, const struct backup *b)
{
	jw_open(w, '{');
	jw_field_int(w, "format", FORMAT);
	jw_field_uuid(w, "id", &b->id);
	jw_field_instant(w, "created_at", b->created_us);
	jw_field_text(w, "program", b->program);
	jw_field_text(w, "master_key", b->master_key);
	jw_field_int(w, "files", b->files);
	jw_field_int(w, "bytes", b->bytes);
	jw_field_int(w, "missing", b->missing);
	jw_close(w, '}');
}

static enum result write_small(int folder, const char *name, const char *text, size_t n, struct error *e)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return errno == EEXIST ? ERR_OK : fail(e, "make a file of a backup");
	ssize_t w = write(fd, text, n);
	enum result r = ERR_OK;
	if (w != (ssize_t)n || fsync(fd) != 0) {
		if (w >= 0 && w != (ssize_t)n)
			errno = ENOSPC;
		r = fail(e, "write a file of a backup");
	}
	close(fd);
	return r;
}

enum result backup_commit(struct backup_set *set, const struct backup *b, int folder, struct error *e)
{
	TALLOC_CTX *mem = mem_new("commit", 0);
	struct buf text;
	struct json_writer w;
	buf_init(&text, mem, HEAD_MAX);
	jw_init(&w, &text);
	write_head(&w, b);
	buf_char(&text, '\n');
	enum result r = write_small(folder, "backup.json", text.data, text.len, e);
	if (r == ERR_OK && fsync(folder) != 0)
		r = fail(e, "fsync the folder of a backup");
	if (r == ERR_OK &&
	    (renameat(set->folder, partial_name(mem, b), set->folder, b->name) != 0 || fsync(set->folder) != 0))
		r = fail(e, "rename a backup");
	talloc_free(mem);
	return r;
}

void backup_abort(struct backup_set *set, const struct backup *b)
{
	TALLOC_CTX *mem = mem_new("abort", 0);
	remove_folder(set->folder, partial_name(mem, b));
	talloc_free(mem);
}

enum result backup_note_sent(struct backup_set *set, const struct backup *b, struct error *e)
{
	TALLOC_CTX *mem = mem_new("sent", 0);
	int folder;
	enum result r = backup_folder(set, mem, b, &folder, e);
	if (r == ERR_OK)
		r = write_small(folder, "sent", "", 0, e);
	talloc_free(mem);
	return r;
}

enum result backup_remove(struct backup_set *set, const struct backup *b, struct error *e)
{
	TALLOC_CTX *mem = mem_new("remove", 0);
	const char *aside = partial_name(mem, b);
	/* Out of sight first: half a backup never counts. */
	enum result r = renameat(set->folder, b->name, set->folder, aside) == 0 ? ERR_OK : fail(e, "remove a backup");
	if (r == ERR_OK)
		remove_folder(set->folder, aside);
	talloc_free(mem);
	return r;
}
