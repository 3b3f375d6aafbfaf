/* The part of the store that is the same for every backend: encryption, size, digest, and the order of calls. */
#include "crypto.h"
#include "metrics.h"
#include "sealed.h"
#include "store_ops.h"

#include <string.h>

struct store_put {
	const struct store_ops *ops;
	void *state;
	struct store_key key;
	uint8_t wrapped_key[CRYPTO_WRAPPED_SIZE];
	struct sealed *sealed;      /* NULL once finished */
	struct crypto_sha256 *hash; /* the same */
	int64_t size;
	bool aside; /* a second thread is wanted */
	bool spent; /* committed or failed */
};

/* Below this a second thread costs more than it saves. */
#define ASIDE_FROM (1 << 20)

struct store_get {
	void *state;
	struct sealed *sealed;
};

const char *store_master_id(const struct store *s)
{
	return master_key_id(s->keys);
}

static enum result begin(struct store *s, struct store_put *p, struct error *e)
{
	uint8_t file_key[CRYPTO_KEY_SIZE];
	TRY(s->ops->put_begin(s->backend, p, &p->state, e));
	struct sealed_io io = { p->state, s->ops->put_write_aside, s->ops->put_write, s->ops->put_read_at };
	crypto_random(file_key, sizeof(file_key));
	file_key_wrap(s->keys, &p->key, file_key, p->wrapped_key);
	enum result r = sealed_create(p, &io, &p->key, master_key_id(s->keys), file_key, &p->sealed, e);
	crypto_wipe(file_key, sizeof(file_key));
	return r;
}

/* Before the backend's state goes, which a second thread may be using. */
static int put_free(struct store_put *p)
{
	TALLOC_FREE(p->sealed);
	return 0;
}

enum result store_put_begin(
    struct store *s, TALLOC_CTX *mem, const struct store_key *key, struct store_put **out, struct error *e)
{
	struct store_put *p = mem_zero(mem, struct store_put);
	talloc_set_destructor(p, put_free);
	p->ops = s->ops;
	p->key = *key;
	p->hash = crypto_sha256_begin(p);
	enum result r = begin(s, p, e);
	if (r != ERR_OK) {
		talloc_free(p);
		return r;
	}
	*out = p;
	return ERR_OK;
}

enum result store_put_write(struct store_put *p, const void *bytes, size_t n, struct error *e)
{
	if (p->spent || !p->sealed)
		BUG("a put is written after its end");
	if (p->aside && p->size >= ASIDE_FROM) {
		sealed_write_aside(p->sealed);
		p->aside = false;
	}
	enum result r = sealed_write(p->sealed, bytes, n, e);
	if (r != ERR_OK) {
		p->spent = true;
		return r;
	}
	crypto_sha256_add(p->hash, bytes, n);
	p->size += (int64_t)n;
	return ERR_OK;
}

void store_put_write_aside(struct store_put *p)
{
	p->aside = true;
}

int64_t store_put_size(const struct store_put *p)
{
	return p->size;
}

enum result store_put_read_at(struct store_put *p, int64_t offset, void *bytes, size_t n, size_t *got, struct error *e)
{
	if (!p->sealed)
		BUG("a put is read after its end");
	return sealed_read_at(p->sealed, offset, bytes, n, got, e);
}

enum result store_put_finish(struct store_put *p, uint8_t sha256[32], struct error *e)
{
	uint8_t digest[CRYPTO_SHA256_SIZE];
	if (p->spent || !p->sealed)
		BUG("a put is finished after its end");
	crypto_sha256_end(p->hash, sha256 ? sha256 : digest);
	TALLOC_FREE(p->hash);
	enum result r = sealed_finish(p->sealed, e);
	p->spent = r != ERR_OK;
	TALLOC_FREE(p->sealed);
	return r;
}

struct bytes store_put_wrapped_key(const struct store_put *p)
{
	return (struct bytes){ p->wrapped_key, sizeof(p->wrapped_key) };
}

enum result store_put_commit(struct store_put *p, struct error *e)
{
	if (p->spent || p->sealed)
		BUG("a put is committed before its finish or after its end");
	p->spent = true;
	return p->ops->put_commit(p->state, &p->key, e);
}

void store_put_abort(struct store_put *p)
{
	talloc_free(p);
}

enum result store_put_bytes(struct store *s, TALLOC_CTX *mem, const struct store_key *key, const void *bytes, size_t n,
    uint8_t sha256[32], struct bytes *wrapped_key, struct error *e)
{
	struct store_put *p;
	TRY(store_put_begin(s, mem, key, &p, e));
	enum result r = store_put_write(p, bytes, n, e);
	if (r == ERR_OK)
		r = store_put_finish(p, sha256, e);
	if (r == ERR_OK)
		r = store_put_commit(p, e);
	if (r == ERR_OK)
		*wrapped_key = (struct bytes){ talloc_memdup(mem, p->wrapped_key, sizeof(p->wrapped_key)),
			sizeof(p->wrapped_key) };
	talloc_free(p);
	return r;
}

static enum result open_get(struct store *s, struct store_get *g, const struct store_object *object, struct error *e)
{
	uint8_t file_key[CRYPTO_KEY_SIZE];
	int64_t stored;
	TRY(s->ops->get_open(s->backend, g, &object->key, &g->state, &stored, e));
	struct sealed_io io = { g->state, false, NULL, s->ops->get_read_at };
	TRY(file_key_unwrap(s->keys, &object->key, object->wrapped_key, file_key, NULL, e));
	enum result r = sealed_open(g, &io, &object->key, stored, file_key, &g->sealed, e);
	crypto_wipe(file_key, sizeof(file_key));
	return r;
}

static enum result count_damage(enum result r)
{
	if (r == ERR_DAMAGED)
		metric_add(METRIC_STORE_DAMAGED, 0, 1);
	return r;
}

enum result store_get_open(
    struct store *s, TALLOC_CTX *mem, const struct store_object *object, struct store_get **out, struct error *e)
{
	struct store_get *g = mem_zero(mem, struct store_get);
	enum result r = count_damage(open_get(s, g, object, e));
	if (r != ERR_OK) {
		talloc_free(g);
		return r;
	}
	*out = g;
	return ERR_OK;
}

int64_t store_get_size(const struct store_get *g)
{
	return sealed_size(g->sealed);
}

enum result store_get_read_at(struct store_get *g, int64_t offset, void *bytes, size_t n, size_t *got, struct error *e)
{
	return count_damage(sealed_read_at(g->sealed, offset, bytes, n, got, e));
}

static enum result get_all(struct store_get *g, TALLOC_CTX *mem, size_t max, struct bytes *out, struct error *e)
{
	int64_t whole = store_get_size(g);
	if ((uint64_t)whole > max) {
		error_cause(e, "object of %lld bytes, expected at most %zu", (long long)whole, max);
		return error_set(e, ERR_DAMAGED, NULL);
	}
	size_t size = (size_t)whole, got;
	uint8_t *p = mem_array(mem, uint8_t, size + 1); /* never NULL, which would say "absent" */
	TRY(store_get_read_at(g, 0, p, size, &got, e));
	*out = (struct bytes){ p, size };
	return ERR_OK;
}

enum result store_get_bytes(
    struct store *s, TALLOC_CTX *mem, const struct store_object *object, size_t max, struct bytes *out, struct error *e)
{
	struct store_get *g;
	TRY(store_get_open(s, mem, object, &g, e));
	enum result r = get_all(g, mem, max, out, e);
	talloc_free(g); /* closes its descriptor now, and not at the end of mem */
	return r;
}

enum result store_exists(struct store *s, const struct store_key *key, bool *out, struct error *e)
{
	return s->ops->exists(s->backend, key, out, e);
}

enum result store_remove(struct store *s, const struct store_key *key, struct error *e)
{
	return s->ops->remove(s->backend, key, e);
}

enum result store_set_aside(struct store *s, const struct store_key *key, struct error *e)
{
	return s->ops->set_aside(s->backend, key, e);
}

enum result store_list(struct store *s, store_seen *each, void *arg, unsigned *strange, struct error *e)
{
	*strange = 0;
	return s->ops->list(s->backend, each, arg, strange, e);
}

enum result store_writable(struct store *s, struct error *e)
{
	return s->ops->writable(s->backend, e);
}

enum result store_room(struct store *s, int64_t *bytes, struct error *e)
{
	return s->ops->room(s->backend, bytes, e);
}

enum result store_demand_room(struct store *s, int64_t bytes, int64_t keep, struct error *e)
{
	int64_t room;
	TRY(store_room(s, &room, e));
	if (room - bytes >= keep)
		return ERR_OK;
	error_cause(e, "%lld bytes are free, %lld are wanted and %lld must stay", (long long)room, (long long)bytes,
	    (long long)keep);
	return error_set(e, ERR_STORAGE_FULL, NULL);
}

enum result store_clean(struct store *s, int64_t older_than_s, unsigned *removed, struct error *e)
{
	unsigned n = 0;
	enum result r = s->ops->clean(s->backend, older_than_s, &n, e);
	if (removed)
		*removed = n;
	return r;
}
