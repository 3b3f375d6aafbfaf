/* What a backend of the store does; private to lib/store. Each call means what its namesake in store.h says; store.c
 * encrypts and keeps size and digest, so that a backend only moves sealed bytes. */
#ifndef STORE_STORE_OPS_H
#define STORE_STORE_OPS_H

#include "store.h"

struct store_ops {
	/* `state` belongs to the context given and lets go of everything, temporary bytes too, when freed. */
	enum result (*put_begin)(void *backend, TALLOC_CTX *mem, void **state, struct error *e);
	enum result (*put_write)(void *state, const void *bytes, size_t n, struct error *e);
	/* A second thread may call put_write: it takes no memory. (No two calls on a put are ever made at once.) */
	bool put_write_aside;
	enum result (*put_read_at)(void *state, int64_t offset, void *bytes, size_t n, size_t *got, struct error *e);
	enum result (*put_commit)(void *state, const struct store_key *key, struct error *e);
	enum result (*get_open)(
	    void *backend, TALLOC_CTX *mem, const struct store_key *key, void **state, int64_t *size, struct error *e);
	enum result (*get_read_at)(void *state, int64_t offset, void *bytes, size_t n, size_t *got, struct error *e);
	enum result (*exists)(void *backend, const struct store_key *key, bool *out, struct error *e);
	enum result (*remove)(void *backend, const struct store_key *key, struct error *e);
	enum result (*set_aside)(void *backend, const struct store_key *key, struct error *e); /* directory only */
	enum result (*list)(void *backend, store_seen *each, void *arg, unsigned *strange, struct error *e);
	enum result (*writable)(void *backend, struct error *e);
	enum result (*room)(void *backend, int64_t *bytes, struct error *e);
	enum result (*clean)(void *backend, int64_t older_than_s, unsigned *removed, struct error *e);
};

struct store {
	const struct store_ops *ops;
	void *backend;
	const struct master_keys *keys;
};

/* From here on the calls of the backend are counted under its name of metric_list.h, as one backend may stand before
 * another: how long each took and whether it failed (CONFLICT and NOT_FOUND are answers), and the sealed bytes that
 * went in or out. The name must live as long as the store. */
void store_count_calls(struct store *s, const char *backend);

#endif
