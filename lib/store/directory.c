/* The store in a directory of this machine:
 *
 *   objects/ORGANISATION/xx/ID     xx: the last two characters of ID, which are random in a UUIDv7 (its first are time)
 *   tmp/RANDOM                     what is being written
 *   aside/ORGANISATION.ID          objects found damaged, which are none any more; made when there is one
 *
 * All lie on one file system, so that a rename moves a finished file to its name in one step. */
#include "crypto.h"
#include "fail_point.h"
#include "store_file.h"
#include "store_ops.h"
#include "uuid.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FREE_MIN (16LL << 20) /* below this health says "full" before uploads do */
#define FLUSH_STEP (4LL << 20)
#define TMP_NAME 33
#define COMMIT_TRIES 20

struct directory {
	int root, tmp, objects; /* descriptors */
};

struct dir_put {
	const struct directory *dir;
	int fd; /* -1 once closed */
	char name[TMP_NAME];
	bool linked; /* the temporary name exists */
	int64_t written, flushed;
};

struct dir_get {
	int fd;
};

/* An object's place: folder of the organisation, folder of the shard, name. */
struct place {
	char organization[37], shard[3], name[37];
};

static void place_of(const struct store_key *key, struct place *p)
{
	uuid_format(&key->organization_id, p->organization);
	uuid_format(&key->id, p->name);
	memcpy(p->shard, p->name + 34, 3);
}

static void place_path(const struct place *p, char out[128])
{
	snprintf(out, 128, "%s/%s/%s", p->organization, p->shard, p->name);
}

static int open_folder(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Opens a folder, making it when it is absent; -1 with errno. */
static int make_folder(int at, const char *name)
{
	int fd = open_folder(at, name);
	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (mkdirat(at, name, 0700) != 0 && errno != EEXIST)
		return -1;
	return open_folder(at, name);
}

static int dir_put_free(struct dir_put *p)
{
	if (p->fd >= 0)
		close(p->fd);
	if (p->linked)
		unlinkat(p->dir->tmp, p->name, 0);
	return 0;
}

/* Makes a temporary file of a random name. */
static int make_tmp(const struct directory *d, char name[TMP_NAME])
{
	uint8_t random[16];
	crypto_random(random, sizeof(random));
	crypto_hex(random, sizeof(random), name);
	return openat(d->tmp, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static enum result dir_put_begin(void *backend, TALLOC_CTX *mem, void **state, struct error *e)
{
	struct dir_put *p = mem_zero(mem, struct dir_put);
	p->dir = backend;
	p->fd = make_tmp(p->dir, p->name);
	if (p->fd < 0) {
		enum result r = file_fault(e, "make a temporary file");
		talloc_free(p);
		return r;
	}
	p->linked = true;
	talloc_set_destructor(p, dir_put_free);
	*state = p;
	fail_point("temporary file made");
	return ERR_OK;
}

static enum result dir_put_write(void *state, const void *bytes, size_t n, struct error *e)
{
	struct dir_put *p = state;
	const char *at = bytes;
	while (n > 0) {
		ssize_t w = write(p->fd, at, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return file_fault(e, "write");
		at += w;
		n -= (size_t)w;
		p->written += w;
	}
	/* The disk begins while the rest arrives, and the fsync at the end waits for little. A hint only: the fsync
	 * tells what failed. */
	if (p->written - p->flushed >= FLUSH_STEP) {
		(void)!sync_file_range(p->fd, p->flushed, p->written - p->flushed, SYNC_FILE_RANGE_WRITE);
		p->flushed = p->written;
	}
	fail_point("bytes written");
	return ERR_OK;
}

static enum result dir_put_read_at(void *state, int64_t offset, void *bytes, size_t n, size_t *got, struct error *e)
{
	struct dir_put *p = state;
	return file_read_at(p->fd, offset, bytes, n, got, e);
}

/* Gives the file its name without ever taking another one's. */
static int move_in(const struct dir_put *p, int shard, const char *name)
{
	if (renameat2(p->dir->tmp, p->name, shard, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* A file system without that flag. Ids are random, so the moment between the two calls does no harm. */
	if (faccessat(shard, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return renameat(p->dir->tmp, p->name, shard, name);
}

static enum result commit_in(
    struct dir_put *p, int organization, int shard, const char *name, bool *again, struct error *e)
{
	if (organization < 0 || shard < 0)
		return file_fault(e, "make the folder of an object");
	if (move_in(p, shard, name) != 0) {
		*again = errno == ENOENT;
		if (*again)
			return ERR_IO;
		if (errno != EEXIST)
			return file_fault(e, "rename");
		error_cause(e, "the object exists already");
		return error_set(e, ERR_CONFLICT, NULL);
	}
	p->linked = false;
	fail_point("renamed");
	/* The upper two as well: another process may have made a folder a moment ago and not be that far yet. Where
	 * nothing changed this costs next to nothing. */
	if (fsync(shard) != 0 || fsync(organization) != 0 || fsync(p->dir->objects) != 0) {
		enum result r = file_fault(e, "fsync a folder");
		unlinkat(shard, name, 0);
		return r;
	}
	fail_point("folders synced");
	return ERR_OK;
}

static enum result dir_put_commit(void *state, const struct store_key *key, struct error *e)
{
	struct dir_put *p = state;
	struct place place;
	place_of(key, &place);
	fail_point("before fsync");
	if (fsync(p->fd) != 0)
		return file_fault(e, "fsync");
	fail_point("after fsync");
	/* Somebody may remove a folder with its last object between two of our steps: we begin again. */
	for (int tries = 0;; tries++) {
		bool again = false;
		int organization = make_folder(p->dir->objects, place.organization);
		int shard = organization < 0 ? -1 : make_folder(organization, place.shard);
		if (organization < 0 || shard < 0)
			again = errno == ENOENT;
		fail_point("folders made");
		enum result r = again ? ERR_IO : commit_in(p, organization, shard, place.name, &again, e);
		if (shard >= 0)
			close(shard);
		if (organization >= 0)
			close(organization);
		if (!again)
			return r;
		if (tries == COMMIT_TRIES) {
			errno = ENOENT;
			return file_fault(e, "make the folder of an object");
		}
	}
}

static int dir_get_free(struct dir_get *g)
{
	close(g->fd);
	return 0;
}

static enum result dir_get_open(
    void *backend, TALLOC_CTX *mem, const struct store_key *key, void **state, int64_t *size, struct error *e)
{
	const struct directory *d = backend;
	struct place place;
	char path[128];
	place_of(key, &place);
	place_path(&place, path);
	int fd = openat(d->objects, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? error_set(e, ERR_NOT_FOUND, NULL) : file_fault(e, "open an object");
	struct dir_get *g = mem_zero(mem, struct dir_get);
	g->fd = fd;
	talloc_set_destructor(g, dir_get_free);
	struct stat st;
	if (fstat(fd, &st) != 0) {
		enum result r = file_fault(e, "stat an object");
		talloc_free(g);
		return r;
	}
	*size = st.st_size;
	*state = g;
	return ERR_OK;
}

static enum result dir_get_read_at(void *state, int64_t offset, void *bytes, size_t n, size_t *got, struct error *e)
{
	struct dir_get *g = state;
	return file_read_at(g->fd, offset, bytes, n, got, e);
}

static enum result dir_exists(void *backend, const struct store_key *key, bool *out, struct error *e)
{
	const struct directory *d = backend;
	struct place place;
	char path[128];
	place_of(key, &place);
	place_path(&place, path);
	*out = faccessat(d->objects, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	return *out || errno == ENOENT ? ERR_OK : file_fault(e, "look for an object");
}

static enum result dir_remove(void *backend, const struct store_key *key, struct error *e)
{
	const struct directory *d = backend;
	struct place place;
	char folder[128];
	place_of(key, &place);
	snprintf(folder, sizeof(folder), "%s/%s", place.organization, place.shard);
	int shard = open_folder(d->objects, folder);
	if (shard < 0)
		return errno == ENOENT ? ERR_OK : file_fault(e, "open a folder");
	enum result r = ERR_OK;
	if (unlinkat(shard, place.name, 0) != 0) {
		if (errno != ENOENT)
			r = file_fault(e, "remove an object");
	} else if (fsync(shard) != 0) {
		r = file_fault(e, "fsync a folder");
	}
	close(shard);
	/* Folders go with their last object, or walks would be long where objects come and go. */
	if (r == ERR_OK && unlinkat(d->objects, folder, AT_REMOVEDIR) == 0)
		unlinkat(d->objects, place.organization, AT_REMOVEDIR);
	return r;
}

/* Its former folder stays: what is set aside is expected to be written anew. */
static enum result dir_set_aside(void *backend, const struct store_key *key, struct error *e)
{
	const struct directory *d = backend;
	struct place place;
	char path[128], name[128];
	place_of(key, &place);
	place_path(&place, path);
	snprintf(name, sizeof(name), "%s.%s", place.organization, place.name);
	int aside = make_folder(d->root, "aside");
	if (aside < 0)
		return file_fault(e, "make the folder of damaged objects");
	enum result r = ERR_OK;
	if (renameat(d->objects, path, aside, name) != 0)
		r = errno == ENOENT ? error_set(e, ERR_NOT_FOUND, NULL) : file_fault(e, "set an object aside");
	else if (fsync(aside) != 0 || fsync(d->root) != 0)
		r = file_fault(e, "fsync a folder");
	close(aside);
	return r;
}

/* ---- walking over all objects ---- */

struct walk {
	store_seen *each;
	void *arg;
	unsigned *strange;
	time_t now;
	struct store_key key;
	char shard[3];
};

/* What a folder of one level holds: organisations, their shards, objects. */
typedef enum result walk_entry(struct walk *w, int folder, const char *name, struct error *e);

static enum result walk_folder(struct walk *w, int at, const char *name, walk_entry *entry, struct error *e)
{
	int fd = open_folder(at, name);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	enum result r = ERR_OK;
	if (!folder && fd < 0 && errno == ENOENT)
		return ERR_OK; /* gone meanwhile */
	if (!folder) {
		r = file_fault(e, "open a folder");
		if (fd >= 0)
			close(fd);
		return r;
	}
	for (struct dirent *d; r == ERR_OK && (d = readdir(folder));)
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			r = entry(w, dirfd(folder), d->d_name, e);
	closedir(folder);
	return r;
}

static enum result walk_object(struct walk *w, int folder, const char *name, struct error *e)
{
	struct stat st;
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? ERR_OK : file_fault(e, "stat an object");
	if (!S_ISREG(st.st_mode) || !uuid_parse(name, &w->key.id) || strcmp(name + 34, w->shard) != 0) {
		(*w->strange)++;
		return ERR_OK;
	}
	return w->each(w->arg, &w->key, w->now - st.st_mtime, e);
}

static enum result walk_shard(struct walk *w, int folder, const char *name, struct error *e)
{
	struct stat st = { .st_mode = 0 };
	bool there = fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	if (!there && errno == ENOENT)
		return ERR_OK;
	if (strlen(name) != 2 || !there || !S_ISDIR(st.st_mode)) {
		(*w->strange)++;
		return ERR_OK;
	}
	memcpy(w->shard, name, 3);
	return walk_folder(w, folder, name, walk_object, e);
}

static enum result walk_organization(struct walk *w, int folder, const char *name, struct error *e)
{
	struct stat st = { .st_mode = 0 };
	bool there = fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	if (!there && errno == ENOENT)
		return ERR_OK;
	if (!uuid_parse(name, &w->key.organization_id) || !there || !S_ISDIR(st.st_mode)) {
		(*w->strange)++;
		return ERR_OK;
	}
	return walk_folder(w, folder, name, walk_shard, e);
}

static enum result dir_list(void *backend, store_seen *each, void *arg, unsigned *strange, struct error *e)
{
	const struct directory *d = backend;
	struct walk w = { each, arg, strange, time(NULL), { { { 0 } }, { { 0 } } }, "" };
	return walk_folder(&w, d->root, "objects", walk_organization, e);
}

static enum result dir_room(void *backend, int64_t *bytes, struct error *e)
{
	const struct directory *d = backend;
	return file_room(d->tmp, bytes, e);
}

static enum result dir_writable(void *backend, struct error *e)
{
	const struct directory *d = backend;
	int64_t room = 0;
	char name[TMP_NAME];
	TRY(dir_room(backend, &room, e));
	if (room < FREE_MIN) {
		errno = ENOSPC;
		return file_fault(e, "nearly full");
	}
	int fd = make_tmp(d, name);
	if (fd < 0)
		return file_fault(e, "make a temporary file");
	enum result r = write(fd, "", 1) == 1 ? ERR_OK : file_fault(e, "write");
	close(fd);
	unlinkat(d->tmp, name, 0);
	return r;
}

static enum result dir_clean(void *backend, int64_t older_than_s, unsigned *removed, struct error *e)
{
	const struct directory *d = backend;
	/* A descriptor of its own: reading a folder moves the position, which processes after a fork share. */
	int fd = open_folder(d->root, "tmp");
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	if (!folder) {
		enum result r = file_fault(e, "open the folder of temporary files");
		if (fd >= 0)
			close(fd);
		return r;
	}
	time_t limit = time(NULL) - (time_t)older_than_s;
	for (struct dirent *entry; (entry = readdir(folder));) {
		struct stat st;
		if (fstatat(d->tmp, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
			continue;
		if (st.st_mtime <= limit && unlinkat(d->tmp, entry->d_name, 0) == 0)
			(*removed)++;
	}
	closedir(folder);
	return ERR_OK;
}

static const struct store_ops directory_ops = {
	.put_begin = dir_put_begin,
	.put_write = dir_put_write,
	.put_write_aside = true,
	.put_read_at = dir_put_read_at,
	.put_commit = dir_put_commit,
	.get_open = dir_get_open,
	.get_read_at = dir_get_read_at,
	.exists = dir_exists,
	.remove = dir_remove,
	.set_aside = dir_set_aside,
	.list = dir_list,
	.writable = dir_writable,
	.room = dir_room,
	.clean = dir_clean,
};

static int directory_free(struct directory *d)
{
	int fds[] = { d->objects, d->tmp, d->root };
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	return 0;
}

enum result store_open_directory(
    TALLOC_CTX *mem, const char *path, const struct master_keys *keys, struct store **out, struct error *e)
{
	struct store *s = mem_zero(mem, struct store);
	s->keys = keys;
	struct directory *d = mem_zero(s, struct directory);
	s->ops = &directory_ops;
	s->backend = d;
	d->root = make_folder(AT_FDCWD, path);
	d->tmp = d->root < 0 ? -1 : make_folder(d->root, "tmp");
	d->objects = d->tmp < 0 ? -1 : make_folder(d->root, "objects");
	talloc_set_destructor(d, directory_free);
	if (d->objects < 0) {
		enum result r = file_fault(e, "open the file store");
		talloc_free(s);
		return r;
	}
	store_count_calls(s, "directory");
	*out = s;
	return ERR_OK;
}
