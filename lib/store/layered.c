/* A folder of this machine in front of a remote store. What is written is committed in the folder, at once and without
 * the network; store_move() takes it to the remote store later. An object is therefore in the folder or, when it is
 * not, has reached the remote store already: whoever looks there in this order finds it while it moves. */
#include "store_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct layered {
	struct store *near, *far; /* their keys are those of the whole and never used */
	struct store_ops ops;
	char *seen; /* file whose time says when the remote store was last known to work */
	char *path; /* the directory, whose lock whoever moves has */
};

/* Which of the two has it. */
struct layered_get {
	const struct store_ops *ops;
	void *state;
};

static enum result layered_put_begin(void *backend, TALLOC_CTX *mem, void **state, struct error *e)
{
	struct layered *l = backend;
	return l->near->ops->put_begin(l->near->backend, mem, state, e);
}

static enum result layered_get_open(
    void *backend, TALLOC_CTX *mem, const struct store_key *key, void **state, int64_t *size, struct error *e)
{
	struct layered *l = backend;
	struct layered_get *g = mem_zero(mem, struct layered_get);
	g->ops = l->near->ops;
	enum result r = g->ops->get_open(l->near->backend, g, key, &g->state, size, e);
	if (r == ERR_NOT_FOUND) {
		error_clear(e);
		g->ops = l->far->ops;
		r = g->ops->get_open(l->far->backend, g, key, &g->state, size, e);
	}
	if (r != ERR_OK) {
		talloc_free(g);
		return r;
	}
	*state = g;
	return ERR_OK;
}

static enum result layered_get_read_at(void *state, int64_t offset, void *bytes, size_t n, size_t *got, struct error *e)
{
	struct layered_get *g = state;
	return g->ops->get_read_at(g->state, offset, bytes, n, got, e);
}

static enum result layered_exists(void *backend, const struct store_key *key, bool *out, struct error *e)
{
	struct layered *l = backend;
	TRY(store_exists(l->near, key, out, e));
	return *out ? ERR_OK : store_exists(l->far, key, out, e);
}

/* The folder first: whoever moves the object sees that it is gone and takes back what he sent. */
static enum result layered_remove(void *backend, const struct store_key *key, struct error *e)
{
	struct layered *l = backend;
	TRY(store_remove(l->near, key, e));
	return store_remove(l->far, key, e);
}

struct walk {
	store_seen *each;
	void *arg;
	TALLOC_CTX *mem;
	struct store_key *near; /* what was seen in the folder */
	size_t n, room;
};

static int by_key(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct store_key));
}

static enum result see_near(void *arg, const struct store_key *key, int64_t age_s, struct error *e)
{
	struct walk *w = arg;
	if (w->n == w->room) {
		w->room = w->room ? 2 * w->room : 64;
		w->near = mem_grow(w->mem, w->near, struct store_key, w->room);
	}
	w->near[w->n++] = *key;
	return w->each(w->arg, key, age_s, e);
}

/* An object may be in both, or move from the one to the other while we walk. */
static enum result see_far(void *arg, const struct store_key *key, int64_t age_s, struct error *e)
{
	const struct walk *w = arg;
	bool seen = w->n > 0 && bsearch(key, w->near, w->n, sizeof(*w->near), by_key);
	return seen ? ERR_OK : w->each(w->arg, key, age_s, e);
}

static enum result layered_list(void *backend, store_seen *each, void *arg, unsigned *strange, struct error *e)
{
	struct layered *l = backend;
	struct walk w = { .each = each, .arg = arg, .mem = talloc_new(l) };
	enum result r = l->near->ops->list(l->near->backend, see_near, &w, strange, e);
	if (w.n > 0)
		qsort(w.near, w.n, sizeof(*w.near), by_key);
	if (r == ERR_OK)
		r = l->far->ops->list(l->far->backend, see_far, &w, strange, e);
	talloc_free(w.mem);
	return r;
}

static enum result layered_writable(void *backend, struct error *e)
{
	struct layered *l = backend;
	return store_writable(l->near, e);
}

static enum result layered_room(void *backend, int64_t *bytes, struct error *e)
{
	struct layered *l = backend;
	return store_room(l->near, bytes, e);
}

static enum result layered_clean(void *backend, int64_t older_than_s, unsigned *removed, struct error *e)
{
	struct layered *l = backend;
	TRY(l->near->ops->clean(l->near->backend, older_than_s, removed, e));
	return l->far->ops->clean(l->far->backend, older_than_s, removed, e);
}

/* ---- moving ---- */

static struct layered *layered_of(struct store *s);

struct move {
	struct layered *l;
	unsigned moved, failed;
	bool (*go_on)(void *arg);
	void *arg;
	struct error *first; /* of the failures */
};

static enum result move_one(struct layered *l, const struct store_key *key, struct error *e)
{
	bool there, copied;
	/* Its digest was compared by whoever took it. */
	enum result r = store_copy_object(l->near, l->far, key, STORE_TRUST, &copied, e);
	if (r == ERR_NOT_FOUND) {
		error_clear(e);
		return ERR_OK; /* removed meanwhile */
	}
	TRY(r);
	TRY(store_exists(l->near, key, &there, e));
	return there ? store_remove(l->near, key, e) : store_remove(l->far, key, e);
}

static enum result move_seen(void *arg, const struct store_key *key, int64_t age_s, struct error *e)
{
	struct move *m = arg;
	struct error mine;
	(void)age_s;
	error_clear(&mine);
	if (!m->go_on(m->arg))
		return error_set(e, ERR_CONFLICT, NULL);
	enum result r = move_one(m->l, key, &mine);
	m->moved += r == ERR_OK;
	if (r == ERR_OK)
		return ERR_OK;
	if (m->failed++ == 0)
		*m->first = mine;
	/* One object that can't be moved must not keep the others; a service that is down keeps all. */
	return r == ERR_UNAVAILABLE ? error_set(e, r, NULL) : ERR_OK;
}

/* Two who move the same object would each take the other's removal for a user's: the one who comes second leaves. -1
 * and ERR_OK when another one has it. */
static enum result lock_moves(const struct layered *l, int *fd, struct error *e)
{
	*fd = open(l->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0) {
		error_cause(e, "%s: %s", l->path, strerror(errno));
		return error_set(e, ERR_IO, NULL);
	}
	if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
		return ERR_OK;
	int err = errno;
	close(*fd);
	*fd = -1;
	if (err == EWOULDBLOCK)
		return ERR_OK;
	error_cause(e, "%s: %s", l->path, strerror(err));
	return error_set(e, ERR_IO, NULL);
}

enum result store_move(
    struct store *s, bool (*go_on)(void *arg), void *arg, unsigned *moved, unsigned *failed, struct error *e)
{
	struct layered *l = layered_of(s);
	struct error first, walk;
	unsigned strange;
	int lock;
	*moved = *failed = 0;
	if (!l)
		return ERR_OK;
	TRY(lock_moves(l, &lock, e));
	if (lock < 0)
		return ERR_OK;
	error_clear(&first);
	error_clear(&walk);
	struct move m = { l, 0, 0, go_on, arg, &first };
	enum result r = store_list(l->near, move_seen, &m, &strange, &walk);
	close(lock);
	*moved = m.moved;
	*failed = m.failed;
	if (m.failed > 0) {
		*e = first;
		return first.code;
	}
	if (r != ERR_OK && r != ERR_CONFLICT)
		*e = walk;
	return r == ERR_CONFLICT ? ERR_OK : r;
}

enum result store_take_back(struct store *s, const struct store_key *key, struct error *e)
{
	struct layered *l = layered_of(s);
	return store_remove(l ? l->near : s, key, e);
}

enum result store_probe_remote(struct store *s, struct error *e)
{
	struct layered *l = layered_of(s);
	if (!l)
		return ERR_OK;
	TRY(store_writable(l->far, e));
	int fd = open(l->seen, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool done = fd >= 0 && futimens(fd, NULL) == 0;
	int err = errno;
	if (fd >= 0)
		close(fd);
	if (done)
		return ERR_OK;
	error_cause(e, "%s: %s", l->seen, strerror(err));
	return error_set(e, ERR_IO, NULL);
}

static enum result old_enough(void *arg, const struct store_key *key, int64_t age_s, struct error *e)
{
	(void)key;
	return age_s > *(int64_t *)arg ? error_set(e, ERR_CONFLICT, NULL) : ERR_OK;
}

enum result store_remote_lag(struct store *s, int64_t silent_s, int64_t waiting_s, bool *lags, struct error *e)
{
	struct layered *l = layered_of(s);
	struct stat st;
	unsigned strange;
	*lags = false;
	if (!l)
		return ERR_OK;
	if (stat(l->seen, &st) != 0 || time(NULL) - st.st_mtime > silent_s) {
		*lags = true;
		return ERR_OK;
	}
	enum result r = store_list(l->near, old_enough, &waiting_s, &strange, e);
	*lags = r == ERR_CONFLICT;
	if (*lags)
		error_clear(e);
	return *lags ? ERR_OK : r;
}

static struct layered *layered_of(struct store *s)
{
	return s->ops->get_open == layered_get_open ? s->backend : NULL;
}

enum result store_open_layered(TALLOC_CTX *mem, const char *path, const struct store_s3 *remote,
    const struct master_keys *keys, struct store **out, struct error *e)
{
	struct store *s = mem_zero(mem, struct store);
	struct layered *l = mem_zero(s, struct layered);
	struct store_s3 far = *remote;
	char *spool = mem_printf(l, "%s/tmp", path);
	far.spool = spool;
	enum result r = store_open_directory(l, path, keys, &l->near, e);
	if (r == ERR_OK)
		r = store_open_s3(l, &far, keys, &l->far, e);
	if (r != ERR_OK) {
		talloc_free(s);
		return r;
	}
	l->seen = mem_printf(l, "%s/remote-seen", path);
	l->path = mem_strdup(l, path);
	l->ops = (struct store_ops){
		/* What is written is the folder's own affair from its beginning on. */
		.put_begin = layered_put_begin,
		.put_write = l->near->ops->put_write,
		.put_write_aside = l->near->ops->put_write_aside,
		.put_read_at = l->near->ops->put_read_at,
		.put_commit = l->near->ops->put_commit,
		.get_open = layered_get_open,
		.get_read_at = layered_get_read_at,
		.exists = layered_exists,
		.remove = layered_remove,
		.list = layered_list,
		.writable = layered_writable,
		.room = layered_room,
		.clean = layered_clean,
	};
	*s = (struct store){ &l->ops, l, keys };
	*out = s;
	return ERR_OK;
}
