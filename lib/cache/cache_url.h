/* The address of a Redis server; private to lib/cache. */
#ifndef CACHE_CACHE_URL_H
#define CACHE_CACHE_URL_H

#include "error.h"
#include "mem.h"

struct cache_url {
	const char *socket; /* path, or NULL: */
	const char *host;   /* never a path; an IPv6 address without its brackets */
	int port;
	int db;
	const char *user, *password; /* NULL: none */
};

/* See cache_open(); texts are copied into mem. */
enum result cache_url_parse(TALLOC_CTX *mem, const char *url, struct cache_url *out, struct error *e) MUST_CHECK;

#endif
