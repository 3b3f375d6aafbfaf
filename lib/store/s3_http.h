/* Signed requests to an S3 service (libcurl), each tried again with back-off while the fault may pass; private to
 * lib/store. Requests of one client are made one after the other. After a fork each process has connections of its
 * own. */
#ifndef STORE_S3_HTTP_H
#define STORE_S3_HTTP_H

#include "buf.h"
#include "error.h"

struct s3_account {
	const char *endpoint; /* "https://s3.example.org", with a port or a path where it has one */
	const char *bucket, *region, *access_key_id, *secret_access_key;
	const char *ca_file; /* NULL or "": the system's authorities */
};

struct s3_client;
/* Copies the account's texts. INTERNAL when libcurl can't start. */
enum result s3_client_new(
    TALLOC_CTX *mem, const struct s3_account *account, struct s3_client **out, struct error *e) MUST_CHECK;

struct s3_request {
	const char *method; /* GET HEAD PUT POST DELETE */
	const char *key;    /* NULL: the bucket itself */
	const char *query;  /* sorted by name, values percent-encoded, a name without value ends in '='; or NULL */
	const char *range;  /* "0-99", or NULL */
	int fd;             /* with PUT, where `body` is NULL: `size` bytes of this file from `offset` */
	int64_t offset;
	const void *body; /* with PUT and POST; belongs to the caller */
	int64_t size;
	const uint8_t *sha256; /* of the `size` bytes; NULL when there are none */
};

struct s3_answer {
	long status;
	struct buf body; /* of at most its maximum; more is a fault */
	char etag[128];  /* as sent, quotes and all; "" when none was */
	int64_t total;   /* whole size of the object by Content-Range, else Content-Length; -1: not told */
};

/* Gives the answer when its status is below 400 or is 404 or 416: `out->body` has been made by the caller (buf_init),
 * whose maximum it keeps. Else: UNAVAILABLE when the service could not be reached or says that it can't for now,
 * STORAGE_FULL, IO when it refuses; the cause names method, status and the service's code. */
enum result s3_send(
    struct s3_client *c, const struct s3_request *request, struct s3_answer *out, struct error *e) MUST_CHECK;

/* Text with all but RFC 3986's unreserved characters percent-encoded, as signatures want it. */
const char *s3_encode(TALLOC_CTX *mem, const char *text);

#endif
