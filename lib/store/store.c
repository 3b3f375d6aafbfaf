/* The part of the store that is the same for every backend: size, digest, and the order of calls. */
#include "crypto.h"
#include "store_ops.h"

#include <string.h>

struct store_put {
	const struct store_ops *ops;
	void *state;
	struct crypto_sha256 *hash; /* NULL once the digest is made */
	uint8_t sha256[CRYPTO_SHA256_SIZE];
	int64_t size;
	bool spent; /* committed or failed: the disk may hold less than the digest says */
};

struct store_get {
	const struct store_ops *ops;
	void *state;
	int64_t size;
};

enum result store_put_begin(struct store *s, TALLOC_CTX *mem, struct store_put **out, struct error *e)
{
	struct store_put *p = mem_zero(mem, struct store_put);
	p->ops = s->ops;
	p->hash = crypto_sha256_begin(p);
	enum result r = s->ops->put_begin(s->backend, p, &p->state, e);
	if (r != ERR_OK) {
		talloc_free(p);
		return r;
	}
	*out = p;
	return ERR_OK;
}

enum result store_put_write(struct store_put *p, const void *bytes, size_t n, struct error *e)
{
	if (p->spent || !p->hash)
		BUG("a put is written after its end");
	enum result r = p->ops->put_write(p->state, bytes, n, e);
	if (r != ERR_OK) {
		p->spent = true;
		return r;
	}
	crypto_sha256_add(p->hash, bytes, n);
	p->size += (int64_t)n;
	return ERR_OK;
}

int64_t store_put_size(const struct store_put *p)
{
	return p->size;
}

void store_put_digest(struct store_put *p, uint8_t sha256[32])
{
	if (p->hash) {
		crypto_sha256_end(p->hash, p->sha256);
		TALLOC_FREE(p->hash);
	}
	memcpy(sha256, p->sha256, sizeof(p->sha256));
}

enum result store_put_read_at(struct store_put *p, int64_t offset, void *bytes, size_t n, size_t *got, struct error *e)
{
	return p->ops->put_read_at(p->state, offset, bytes, n, got, e);
}

enum result store_put_commit(struct store_put *p, const struct store_key *key, struct error *e)
{
	if (p->spent)
		BUG("a put is committed after its end");
	p->spent = true;
	return p->ops->put_commit(p->state, key, e);
}

void store_put_abort(struct store_put *p)
{
	talloc_free(p);
}

enum result store_put_bytes(
    struct store *s, const struct store_key *key, const void *bytes, size_t n, uint8_t sha256[32], struct error *e)
{
	struct store_put *p;
	TRY(store_put_begin(s, NULL, &p, e));
	enum result r = store_put_write(p, bytes, n, e);
	if (r == ERR_OK)
		r = store_put_commit(p, key, e);
	if (r == ERR_OK && sha256)
		store_put_digest(p, sha256);
	talloc_free(p);
	return r;
}

enum result store_get_open(
    struct store *s, TALLOC_CTX *mem, const struct store_key *key, struct store_get **out, struct error *e)
{
	struct store_get *g = mem_zero(mem, struct store_get);
	g->ops = s->ops;
	enum result r = s->ops->get_open(s->backend, g, key, &g->state, &g->size, e);
	if (r != ERR_OK) {
		talloc_free(g);
		return r;
	}
	*out = g;
	return ERR_OK;
}

int64_t store_get_size(const struct store_get *g)
{
	return g->size;
}

enum result store_get_read_at(struct store_get *g, int64_t offset, void *bytes, size_t n, size_t *got, struct error *e)
{
	return g->ops->get_read_at(g->state, offset, bytes, n, got, e);
}

static enum result get_all(struct store_get *g, TALLOC_CTX *mem, size_t max, struct bytes *out, struct error *e)
{
	if ((uint64_t)g->size > max) {
		error_cause(e, "object of %lld bytes, expected at most %zu", (long long)g->size, max);
		return error_set(e, ERR_DAMAGED, NULL);
	}
	size_t size = (size_t)g->size, got;
	uint8_t *p = mem_array(mem, uint8_t, size + 1); /* never NULL, which would say "absent" */
	TRY(store_get_read_at(g, 0, p, size, &got, e));
	if (got != size) {
		error_cause(e, "object of %zu bytes ends after %zu", size, got);
		return error_set(e, ERR_DAMAGED, NULL);
	}
	*out = (struct bytes){ p, size };
	return ERR_OK;
}

enum result store_get_bytes(
    struct store *s, TALLOC_CTX *mem, const struct store_key *key, size_t max, struct bytes *out, struct error *e)
{
	struct store_get *g;
	TRY(store_get_open(s, mem, key, &g, e));
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

enum result store_writable(struct store *s, struct error *e)
{
	return s->ops->writable(s->backend, e);
}

enum result store_clean(struct store *s, int64_t older_than_s, unsigned *removed, struct error *e)
{
	unsigned n = 0;
	enum result r = s->ops->clean(s->backend, older_than_s, &n, e);
	if (removed)
		*removed = n;
	return r;
}
