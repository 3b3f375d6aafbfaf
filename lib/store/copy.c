/* Objects from one store to another, sealed as they are: neither a key nor the database is needed. */
#include "store_ops.h"

#include <string.h>

#define CHUNK 65536

struct side {
	const struct store_ops *ops;
	void *state;
	int64_t size;
};

static enum result open_side(
    struct store *s, TALLOC_CTX *mem, const struct store_key *key, struct side *out, struct error *e)
{
	out->ops = s->ops;
	return s->ops->get_open(s->backend, mem, key, &out->state, &out->size, e);
}

static enum result differs(struct error *e, const char *how)
{
	error_cause(e, "the copy of an object differs in its %s", how);
	return error_set(e, ERR_DAMAGED, NULL);
}

static enum result same_bytes(const struct side *a, const struct side *b, struct error *e)
{
	uint8_t one[CHUNK], other[CHUNK];
	for (int64_t at = 0; at < a->size; at += CHUNK) {
		size_t n, m;
		TRY(a->ops->get_read_at(a->state, at, one, sizeof(one), &n, e));
		TRY(b->ops->get_read_at(b->state, at, other, sizeof(other), &m, e));
		if (n == 0 || n != m || memcmp(one, other, n) != 0)
			return differs(e, "bytes");
	}
	return ERR_OK;
}

static enum result compare(
    struct store *to, TALLOC_CTX *mem, const struct store_key *key, const struct side *a, bool bytes, struct error *e)
{
	struct side b;
	TRY(open_side(to, mem, key, &b, e));
	if (a->size != b.size)
		return differs(e, "size");
	return bytes ? same_bytes(a, &b, e) : ERR_OK;
}

static enum result send(
    struct store *to, TALLOC_CTX *mem, const struct store_key *key, const struct side *a, struct error *e)
{
	uint8_t chunk[CHUNK];
	void *put;
	size_t got;
	TRY(to->ops->put_begin(to->backend, mem, &put, e));
	for (int64_t at = 0; at < a->size; at += (int64_t)got) {
		TRY(a->ops->get_read_at(a->state, at, chunk, sizeof(chunk), &got, e));
		if (got == 0)
			return differs(e, "size");
		TRY(to->ops->put_write(put, chunk, got, e));
	}
	return to->ops->put_commit(put, key, e);
}

static enum result copy(struct store *from, struct store *to, TALLOC_CTX *mem, const struct store_key *key,
    enum store_care care, bool *copied, struct error *e)
{
	struct side a;
	bool there;
	TRY(open_side(from, mem, key, &a, e));
	TRY(store_exists(to, key, &there, e));
	if (there)
		return compare(to, mem, key, &a, care == STORE_PROVE_ALL, e);
	TRY(send(to, mem, key, &a, e));
	*copied = true;
	if (care == STORE_TRUST)
		return ERR_OK;
	enum result r = compare(to, mem, key, &a, true, e);
	if (r != ERR_OK) {
		/* Next time it would be taken for a copy that was proved. */
		struct error other;
		error_clear(&other);
		if (store_remove(to, key, &other) != ERR_OK) {
			*e = other;
			return other.code;
		}
		*copied = false;
	}
	return r;
}

enum result store_copy_object(struct store *from, struct store *to, const struct store_key *key, enum store_care care,
    bool *copied, struct error *e)
{
	TALLOC_CTX *mem = mem_new("copy", 0);
	*copied = false;
	enum result r = copy(from, to, mem, key, care, copied, e);
	talloc_free(mem);
	return r;
}
