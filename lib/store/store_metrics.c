/* What the operator sees of a backend: each call that moves bytes or makes and ends objects is counted before it is
 * handed on. */
#include "clock.h"
#include "metrics.h"
#include "store_ops.h"

struct counting {
	const char *name;
	const struct store_ops *ops; /* what is counted */
	struct store_ops counted;
	void *backend;
};

struct counted {
	const struct counting *by;
	void *state;
};

static enum result count(const struct counting *c, const char *operation, int64_t begun_us, enum result r)
{
	unsigned cell = metric_cell(METRIC_STORE_DURATION, c->name, operation, NULL);
	metric_observe(METRIC_STORE_DURATION, cell, clock_mono_us() - begun_us);
	if (r != ERR_OK && r != ERR_CONFLICT && r != ERR_NOT_FOUND)
		metric_add(METRIC_STORE_FAILURES, cell, 1);
	return r;
}

static void count_bytes(const struct counting *c, enum metric m, size_t n)
{
	metric_add(m, metric_cell(m, c->name, NULL, NULL), n);
}

static enum result counted_put_begin(void *backend, TALLOC_CTX *mem, void **state, struct error *e)
{
	const struct counting *c = backend;
	struct counted *p = mem_zero(mem, struct counted);
	p->by = c;
	enum result r = c->ops->put_begin(c->backend, p, &p->state, e);
	if (r != ERR_OK)
		talloc_free(p);
	else
		*state = p;
	return r;
}

static enum result counted_put_write(void *state, const void *bytes, size_t n, struct error *e)
{
	struct counted *p = state;
	int64_t begun = clock_mono_us();
	enum result r = p->by->ops->put_write(p->state, bytes, n, e);
	count_bytes(p->by, METRIC_STORE_WRITTEN, r == ERR_OK ? n : 0);
	return count(p->by, "write", begun, r);
}

static enum result counted_put_read_at(void *state, int64_t offset, void *bytes, size_t n, size_t *got, struct error *e)
{
	struct counted *p = state;
	return p->by->ops->put_read_at(p->state, offset, bytes, n, got, e);
}

static enum result counted_put_commit(void *state, const struct store_key *key, struct error *e)
{
	struct counted *p = state;
	int64_t begun = clock_mono_us();
	return count(p->by, "commit", begun, p->by->ops->put_commit(p->state, key, e));
}

static enum result counted_get_open(
    void *backend, TALLOC_CTX *mem, const struct store_key *key, void **state, int64_t *size, struct error *e)
{
	const struct counting *c = backend;
	struct counted *g = mem_zero(mem, struct counted);
	int64_t begun = clock_mono_us();
	g->by = c;
	enum result r = count(c, "open", begun, c->ops->get_open(c->backend, g, key, &g->state, size, e));
	if (r != ERR_OK)
		talloc_free(g);
	else
		*state = g;
	return r;
}

static enum result counted_get_read_at(void *state, int64_t offset, void *bytes, size_t n, size_t *got, struct error *e)
{
	struct counted *g = state;
	int64_t begun = clock_mono_us();
	enum result r = g->by->ops->get_read_at(g->state, offset, bytes, n, got, e);
	count_bytes(g->by, METRIC_STORE_READ, r == ERR_OK ? *got : 0);
	return count(g->by, "read", begun, r);
}

static enum result counted_exists(void *backend, const struct store_key *key, bool *out, struct error *e)
{
	const struct counting *c = backend;
	return c->ops->exists(c->backend, key, out, e);
}

static enum result counted_remove(void *backend, const struct store_key *key, struct error *e)
{
	const struct counting *c = backend;
	int64_t begun = clock_mono_us();
	return count(c, "remove", begun, c->ops->remove(c->backend, key, e));
}

static enum result counted_set_aside(void *backend, const struct store_key *key, struct error *e)
{
	const struct counting *c = backend;
	if (!c->ops->set_aside)
		BUG("only a directory sets objects aside");
	return c->ops->set_aside(c->backend, key, e);
}

static enum result counted_list(void *backend, store_seen *each, void *arg, unsigned *strange, struct error *e)
{
	const struct counting *c = backend;
	return c->ops->list(c->backend, each, arg, strange, e);
}

static enum result counted_writable(void *backend, struct error *e)
{
	const struct counting *c = backend;
	return c->ops->writable(c->backend, e);
}

static enum result counted_room(void *backend, int64_t *bytes, struct error *e)
{
	const struct counting *c = backend;
	return c->ops->room(c->backend, bytes, e);
}

static enum result counted_clean(void *backend, int64_t older_than_s, unsigned *removed, struct error *e)
{
	const struct counting *c = backend;
	return c->ops->clean(c->backend, older_than_s, removed, e);
}

static const struct store_ops counted_ops = {
	.put_begin = counted_put_begin,
	.put_write = counted_put_write,
	.put_read_at = counted_put_read_at,
	.put_commit = counted_put_commit,
	.get_open = counted_get_open,
	.get_read_at = counted_get_read_at,
	.exists = counted_exists,
	.remove = counted_remove,
	.set_aside = counted_set_aside,
	.list = counted_list,
	.writable = counted_writable,
	.room = counted_room,
	.clean = counted_clean,
};

void store_count_calls(struct store *s, const char *backend)
{
	struct counting *c = mem_zero(s, struct counting);
	c->name = backend;
	c->ops = s->ops;
	c->backend = s->backend;
	c->counted = counted_ops;
	c->counted.put_write_aside = c->ops->put_write_aside;
	s->ops = &c->counted;
	s->backend = c;
}
