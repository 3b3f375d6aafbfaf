/* What the files of the S3 backend share; private to lib/store. */
#ifndef STORE_S3_PRIVATE_H
#define STORE_S3_PRIVATE_H

#include "s3_http.h"
#include "store_ops.h"

#define ANSWER_MAX (4u << 20) /* a page of a listing has 1000 entries of less than 1 KiB */

struct s3 {
	struct s3_client *client;
	const char *prefix;         /* as it stands in names */
	const char *encoded_prefix; /* as a parameter */
	const char *spool;
};

/* An object's name in the bucket. */
char *s3_key_text(struct s3 *s, TALLOC_CTX *mem, const struct store_key *key);
/* A request whose answer is small; its memory lies below mem. */
enum result s3_ask(
    struct s3 *s, TALLOC_CTX *mem, const struct s3_request *rq, struct s3_answer *answer, struct error *e) MUST_CHECK;
/* The same where an answer of 404 is a fault. */
enum result s3_ask_for(
    struct s3 *s, TALLOC_CTX *mem, const struct s3_request *rq, struct s3_answer *answer, struct error *e) MUST_CHECK;
/* IO, with method and status as its cause. */
enum result s3_refused(struct error *e, const struct s3_request *rq, long status);

/* The backend's calls of these names (store_ops.h). */
enum result s3_list(void *backend, store_seen *each, void *arg, unsigned *strange, struct error *e);
enum result s3_writable(void *backend, struct error *e);
enum result s3_clean(void *backend, int64_t older_than_s, unsigned *removed, struct error *e);

#endif
