/* The store in a bucket of an S3 service: PREFIX ORGANISATION/ID, in the path style of addresses.
 *
 * What is written goes to a file without a name in a folder of this machine first, since the service wants its size and
 * digest beforehand; the commit sends it, in parts when it is large. The service compares the digest of each part. */
#include "crypto.h"
#include "s3_private.h"
#include "s3_xml.h"
#include "store_file.h"
#include "uuid.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PART_SIZE (16LL << 20)    /* 128 parts for the largest file; services take from 5 MiB on */
#define WINDOW_FIRST (256u << 10) /* bytes asked for at once: at first, and when reading goes on in order */
#define WINDOW_LAST (4u << 20)

struct s3_put {
	struct s3 *s3;
	int fd;
	int64_t size;
	struct crypto_sha256 *hash; /* of the part that is being written; NULL: none is */
	uint8_t (*digests)[CRYPTO_SHA256_SIZE];
	size_t n_parts;
};

struct s3_get {
	struct s3 *s3;
	char *key;
	int64_t size;
	char *window;
	size_t window_size, n; /* to be asked for next, bytes in it */
	int64_t at;            /* of the window */
};

char *s3_key_text(struct s3 *s, TALLOC_CTX *mem, const struct store_key *key)
{
	char organization[37], id[37];
	uuid_format(&key->organization_id, organization);
	uuid_format(&key->id, id);
	return mem_printf(mem, "%s%s/%s", s->prefix, organization, id);
}

/* A request whose answer is small, with its memory below mem. */
enum result s3_ask(
    struct s3 *s, TALLOC_CTX *mem, const struct s3_request *rq, struct s3_answer *answer, struct error *e)
{
	buf_init(&answer->body, mem, ANSWER_MAX);
	return s3_send(s->client, rq, answer, e);
}

enum result s3_refused(struct error *e, const struct s3_request *rq, long status)
{
	error_cause(e, "object store: %s: HTTP %ld", rq->method, status);
	return error_set(e, ERR_IO, NULL);
}

/* The same where an answer of 404 is a fault. */
enum result s3_ask_for(
    struct s3 *s, TALLOC_CTX *mem, const struct s3_request *rq, struct s3_answer *answer, struct error *e)
{
	TRY(s3_ask(s, mem, rq, answer, e));
	return answer->status < 300 ? ERR_OK : s3_refused(e, rq, answer->status);
}

/* ---- writing ---- */

static int put_free(struct s3_put *p)
{
	close(p->fd);
	return 0;
}

static int nameless_file(const char *folder)
{
	char path[1024];
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
		return fd;
	/* A file system without such files. */
	if ((size_t)snprintf(path, sizeof(path), "%s/s3-XXXXXX", folder) >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static enum result s3_put_begin(void *backend, TALLOC_CTX *mem, void **state, struct error *e)
{
	struct s3 *s = backend;
	int fd = nameless_file(s->spool);
	if (fd < 0)
		return file_fault(e, "make a temporary file");
	struct s3_put *p = mem_zero(mem, struct s3_put);
	p->s3 = s;
	p->fd = fd;
	talloc_set_destructor(p, put_free);
	*state = p;
	return ERR_OK;
}

static void end_part(struct s3_put *p)
{
	p->digests = mem_check(talloc_realloc_size(p, p->digests, (p->n_parts + 1) * sizeof(*p->digests)));
	crypto_sha256_end(p->hash, p->digests[p->n_parts++]);
	TALLOC_FREE(p->hash);
}

static enum result s3_put_write(void *state, const void *bytes, size_t n, struct error *e)
{
	struct s3_put *p = state;
	const char *at = bytes;
	while (n > 0) {
		int64_t room = PART_SIZE - p->size % PART_SIZE;
		ssize_t w = write(p->fd, at, (int64_t)n < room ? n : (size_t)room);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return file_fault(e, "write");
		if (!p->hash)
			p->hash = crypto_sha256_begin(p);
		crypto_sha256_add(p->hash, at, (size_t)w);
		p->size += w;
		if (p->size % PART_SIZE == 0)
			end_part(p);
		at += w;
		n -= (size_t)w;
	}
	return ERR_OK;
}

static enum result s3_put_read_at(void *state, int64_t offset, void *bytes, size_t n, size_t *got, struct error *e)
{
	struct s3_put *p = state;
	return file_read_at(p->fd, offset, bytes, n, got, e);
}

static enum result head(struct s3 *s, TALLOC_CTX *mem, const char *key, bool *there, int64_t *size, struct error *e)
{
	struct s3_request rq = { .method = "HEAD", .key = key };
	struct s3_answer answer;
	TRY(s3_ask(s, mem, &rq, &answer, e));
	*there = answer.status < 300;
	*size = answer.total;
	return *there || answer.status == 404 ? ERR_OK : s3_refused(e, &rq, answer.status);
}

static int64_t part_size(const struct s3_put *p, size_t i)
{
	int64_t left = p->size - (int64_t)i * PART_SIZE;
	return left < PART_SIZE ? left : PART_SIZE;
}

static enum result send_part(struct s3_put *p, TALLOC_CTX *mem, const char *key, const char *query, size_t i,
    struct s3_answer *answer, struct error *e)
{
	struct s3_request rq = { .method = "PUT",
		.key = key,
		.query = query,
		.fd = p->fd,
		.offset = (int64_t)i * PART_SIZE,
		.size = part_size(p, i),
		.sha256 = p->digests[i] };
	return s3_ask_for(p->s3, mem, &rq, answer, e);
}

/* The service's words between tags; they stand in ours again. */
static void add_escaped(struct buf *b, const char *text)
{
	for (; *text; text++) {
		if (strchr("&<>", *text))
			buf_printf(b, "&#%d;", *text);
		else
			buf_char(b, *text);
	}
}

/* Joins the parts. The answer may be lost and the parts joined all the same: then the object is there. */
static enum result join_parts(
    struct s3_put *p, TALLOC_CTX *mem, const char *key, const char *query, const struct buf *list, struct error *e)
{
	uint8_t digest[CRYPTO_SHA256_SIZE];
	struct s3_answer answer;
	struct s3_xml *xml;
	struct error unused;
	int64_t size;
	bool there;
	crypto_sha256_of(list->data, list->len, digest);
	struct s3_request rq = { .method = "POST",
		.key = key,
		.query = query,
		.body = list->data,
		.size = (int64_t)list->len,
		.sha256 = digest };
	enum result r = s3_ask_for(p->s3, mem, &rq, &answer, e);
	/* A fault may come with a status of 200, after a long time of blanks that keep the connection. */
	if (r == ERR_OK)
		r = s3_xml_read(mem, answer.body.data, answer.body.len, "CompleteMultipartUploadResult", &xml, e);
	if (r == ERR_OK)
		return ERR_OK;
	error_clear(&unused);
	if (head(p->s3, mem, key, &there, &size, &unused) != ERR_OK || !there || size != p->size)
		return r;
	error_clear(e);
	return ERR_OK;
}

static enum result send_parts(
    struct s3_put *p, TALLOC_CTX *mem, const char *key, const char *upload_query, struct error *e)
{
	struct buf list;
	buf_init(&list, mem, ANSWER_MAX);
	buf_str(&list, "<CompleteMultipartUpload>");
	for (size_t i = 0; i < p->n_parts; i++) {
		struct s3_answer answer;
		const char *query = mem_printf(mem, "partNumber=%zu&%s", i + 1, upload_query);
		TRY(send_part(p, mem, key, query, i, &answer, e));
		buf_printf(&list, "<Part><PartNumber>%zu</PartNumber><ETag>", i + 1);
		add_escaped(&list, answer.etag);
		buf_str(&list, "</ETag></Part>");
	}
	buf_str(&list, "</CompleteMultipartUpload>");
	return join_parts(p, mem, key, upload_query, &list, e);
}

static enum result put_large(struct s3_put *p, TALLOC_CTX *mem, const char *key, struct error *e)
{
	struct s3_request begin = { .method = "POST", .key = key, .query = "uploads=" };
	struct s3_answer answer;
	struct s3_xml *xml;
	TRY(s3_ask_for(p->s3, mem, &begin, &answer, e));
	TRY(s3_xml_read(mem, answer.body.data, answer.body.len, "InitiateMultipartUploadResult", &xml, e));
	const char *id = s3_xml_text(xml, "UploadId");
	if (!id)
		return s3_refused(e, &begin, answer.status);
	const char *query = mem_printf(mem, "uploadId=%s", s3_encode(mem, id));
	enum result r = send_parts(p, mem, key, query, e);
	if (r != ERR_OK) {
		/* What can't be given up now is given up by store_clean(). */
		struct s3_request abort_it = { .method = "DELETE", .key = key, .query = query };
		struct error unused;
		error_clear(&unused);
		(void)!s3_ask(p->s3, mem, &abort_it, &answer, &unused);
	}
	return r;
}

static enum result commit(struct s3_put *p, TALLOC_CTX *mem, const char *key, struct error *e)
{
	struct s3_answer answer;
	int64_t size;
	bool there;
	if (p->hash || p->n_parts == 0) {
		if (!p->hash)
			p->hash = crypto_sha256_begin(p);
		end_part(p);
	}
	TRY(head(p->s3, mem, key, &there, &size, e));
	if (there) {
		error_cause(e, "the object exists already");
		return error_set(e, ERR_CONFLICT, NULL);
	}
	return p->n_parts == 1 ? send_part(p, mem, key, NULL, 0, &answer, e) : put_large(p, mem, key, e);
}

static enum result s3_put_commit(void *state, const struct store_key *key, struct error *e)
{
	struct s3_put *p = state;
	TALLOC_CTX *mem = talloc_new(p);
	enum result r = commit(p, mem, s3_key_text(p->s3, mem, key), e);
	talloc_free(mem);
	return r;
}

/* ---- reading ---- */

/* Fills the window with what stands from `offset` on. */
static enum result fill(struct s3_get *g, int64_t offset, struct error *e)
{
	char range[64];
	struct s3_request rq = { .method = "GET", .key = g->key, .range = range };
	struct s3_answer answer;
	snprintf(range, sizeof(range), "%lld-%lld", (long long)offset, (long long)offset + g->window_size - 1);
	talloc_free(g->window);
	g->window = NULL;
	g->n = 0;
	buf_init(&answer.body, g, g->window_size);
	TRY(s3_send(g->s3->client, &rq, &answer, e));
	g->window = answer.body.data;
	if (answer.status == 404)
		return error_set(e, ERR_NOT_FOUND, NULL);
	/* A whole object without a byte has no range; a service that gives all of it must have been asked for all. */
	if (answer.status == 416)
		answer.body.len = 0;
	else if ((answer.status != 206 && offset > 0) || answer.total < 0)
		return s3_refused(e, &rq, answer.status);
	if (answer.status != 416)
		g->size = answer.total;
	g->at = offset;
	g->n = answer.body.len;
	return ERR_OK;
}

static enum result s3_get_open(
    void *backend, TALLOC_CTX *mem, const struct store_key *key, void **state, int64_t *size, struct error *e)
{
	struct s3_get *g = mem_zero(mem, struct s3_get);
	g->s3 = backend;
	g->key = s3_key_text(g->s3, g, key);
	g->window_size = WINDOW_FIRST;
	enum result r = fill(g, 0, e);
	if (r != ERR_OK) {
		talloc_free(g);
		return r;
	}
	*size = g->size;
	*state = g;
	return ERR_OK;
}

static enum result s3_get_read_at(void *state, int64_t offset, void *bytes, size_t n, size_t *got, struct error *e)
{
	struct s3_get *g = state;
	*got = 0;
	while (*got < n && offset < g->size) {
		if (offset < g->at || offset >= g->at + (int64_t)g->n) {
			bool onward = offset == g->at + (int64_t)g->n;
			g->window_size = !onward                        ? WINDOW_FIRST
					 : g->window_size < WINDOW_LAST ? g->window_size * 2
									: g->window_size;
			enum result r = fill(g, offset, e);
			if (r == ERR_NOT_FOUND) {
				/* It was there when it was opened. */
				error_clear(e);
				error_cause(e, "object store: the object was removed while it was read");
				return error_set(e, ERR_IO, NULL);
			}
			TRY(r);
			if (g->n == 0)
				break;
		}
		size_t within = (size_t)(offset - g->at), take = g->n - within < n - *got ? g->n - within : n - *got;
		memcpy((char *)bytes + *got, g->window + within, take);
		*got += take;
		offset += (int64_t)take;
	}
	return ERR_OK;
}

static enum result s3_exists(void *backend, const struct store_key *key, bool *out, struct error *e)
{
	struct s3 *s = backend;
	TALLOC_CTX *mem = talloc_new(s);
	int64_t size;
	enum result r = head(s, mem, s3_key_text(s, mem, key), out, &size, e);
	talloc_free(mem);
	return r;
}

static enum result remove_key(struct s3 *s, TALLOC_CTX *mem, const char *key, struct error *e)
{
	struct s3_request rq = { .method = "DELETE", .key = key };
	struct s3_answer answer;
	return s3_ask(s, mem, &rq, &answer, e); /* 404: somebody was faster, or our first try was */
}

static enum result s3_remove(void *backend, const struct store_key *key, struct error *e)
{
	struct s3 *s = backend;
	TALLOC_CTX *mem = talloc_new(s);
	enum result r = remove_key(s, mem, s3_key_text(s, mem, key), e);
	talloc_free(mem);
	return r;
}

/* The bucket's own room nobody tells. */
static enum result s3_room(void *backend, int64_t *bytes, struct error *e)
{
	const struct s3 *s = backend;
	int folder = open(s->spool, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return file_fault(e, "open the folder of temporary files");
	enum result r = file_room(folder, bytes, e);
	close(folder);
	return r;
}

static const struct store_ops s3_ops = {
	.put_begin = s3_put_begin,
	.put_write = s3_put_write,
	.put_read_at = s3_put_read_at,
	.put_commit = s3_put_commit,
	.get_open = s3_get_open,
	.get_read_at = s3_get_read_at,
	.exists = s3_exists,
	.remove = s3_remove,
	.list = s3_list,
	.writable = s3_writable,
	.room = s3_room,
	.clean = s3_clean,
};

enum result store_open_s3(
    TALLOC_CTX *mem, const struct store_s3 *config, const struct master_keys *keys, struct store **out, struct error *e)
{
	struct store *store = mem_zero(mem, struct store);
	struct s3 *s = mem_zero(store, struct s3);
	struct s3_account account = { config->endpoint, config->bucket, config->region, config->access_key_id,
		config->secret_access_key, config->ca_file };
	s->prefix = mem_strdup(s, config->prefix);
	s->encoded_prefix = s3_encode(s, config->prefix);
	s->spool = mem_strdup(s, config->spool);
	*store = (struct store){ &s3_ops, s, keys };
	enum result r = s3_client_new(s, &account, &s->client, e);
	if (r != ERR_OK) {
		talloc_free(store);
		return r;
	}
	store_count_calls(store, "s3");
	*out = store;
	return ERR_OK;
}
