/* libcurl signs (CURLOPT_AWS_SIGV4) but leaves to us: the digest of the body, which a strict service compares, and the
 * order and encoding of the query, which it signs as it stands. */
#include "s3_http.h"
#include "clock.h"
#include "crypto.h"
#include "s3_xml.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define TRIES 4
#define BACK_OFF_MS 200 /* before the second try; doubled each time, and up to as much again at random */
#define CONNECT_MS 5000L
#define DOUBT_US 10000000 /* after a failure in spite of all tries, each request is tried once only, so long */
#define SLOW_BYTES 1024L  /* a transfer slower than this for SLOW_S seconds has ended */
#define SLOW_S 30L
#define JOIN_S 300L /* the same for POST: joining parts may take the service a while */
#define SHORT_S 30L /* a request without much of a body, whole */

struct s3_client {
	struct s3_account account;
	const char *scheme; /* of the signature, with the region */
	CURL *curl;
	pid_t pid; /* whose connection it is */
	int64_t doubted_until_us;
};

/* One try. */
struct exchange {
	const struct s3_request *request;
	struct s3_answer *answer;
	int64_t sent;
	bool headed;  /* the answer's headers came to their end */
	int io_errno; /* the file to be sent could not be read */
};

static int client_free(struct s3_client *c)
{
	/* A connection of the parent's must not be closed by its child: the server would see the end of both. */
	if (c->curl && c->pid == getpid())
		curl_easy_cleanup(c->curl);
	return 0;
}

enum result s3_client_new(TALLOC_CTX *mem, const struct s3_account *account, struct s3_client **out, struct error *e)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		error_cause(e, "libcurl can't start");
		return error_set(e, ERR_INTERNAL, NULL);
	}
	struct s3_client *c = mem_zero(mem, struct s3_client);
	size_t n = strlen(account->endpoint);
	while (n > 0 && account->endpoint[n - 1] == '/')
		n--;
	c->account = (struct s3_account){
		.endpoint = mem_strndup(c, account->endpoint, n),
		.bucket = mem_strdup(c, account->bucket),
		.access_key_id = mem_strdup(c, account->access_key_id),
		.secret_access_key = mem_strdup(c, account->secret_access_key),
		.ca_file = account->ca_file && account->ca_file[0] ? mem_strdup(c, account->ca_file) : NULL,
	};
	c->scheme = mem_printf(c, "aws:amz:%s:s3", account->region);
	talloc_set_destructor(c, client_free);
	*out = c;
	return ERR_OK;
}

const char *s3_encode(TALLOC_CTX *mem, const char *text)
{
	char *out = mem_array(mem, char, 3 * strlen(text) + 1), *at = out;
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
			     strchr("-._~", *p) != NULL;
		if (plain)
			*at++ = (char)*p;
		else
			at += snprintf(at, 4, "%%%02X", *p);
	}
	*at = '\0';
	return out;
}

static size_t on_send(char *into, size_t size, size_t count, void *arg)
{
	struct exchange *x = arg;
	const struct s3_request *rq = x->request;
	size_t n = size * count;
	if ((int64_t)n > rq->size - x->sent)
		n = (size_t)(rq->size - x->sent);
	if (rq->body) {
		memcpy(into, (const char *)rq->body + x->sent, n);
	} else if (n > 0) {
		ssize_t r;
		do
			r = pread(rq->fd, into, n, rq->offset + x->sent);
		while (r < 0 && errno == EINTR);
		if (r <= 0) {
			x->io_errno = r < 0 ? errno : EIO;
			return CURL_READFUNC_ABORT;
		}
		n = (size_t)r;
	}
	x->sent += (int64_t)n;
	return n;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct exchange *x = arg;
	size_t n = size * count;
	buf_add(&x->answer->body, bytes, n);
	return x->answer->body.full ? 0 : n;
}

static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
	struct exchange *x = arg;
	size_t n = size * count, end = n;
	while (end > 0 && (line[end - 1] == '\r' || line[end - 1] == '\n'))
		end--;
	if (end > 5 && strncmp(line, "HTTP/", 5) == 0)
		x->headed = false; /* there may be one before it, "100 Continue" */
	x->headed = x->headed || end == 0;
	if (end > 5 && strncasecmp(line, "etag:", 5) == 0) {
		size_t at = 5;
		while (at < end && line[at] == ' ')
			at++;
		snprintf(x->answer->etag, sizeof(x->answer->etag), "%.*s", (int)(end - at), line + at);
	} else if (end > 14 && strncasecmp(line, "content-range:", 14) == 0) {
		const char *slash = memrchr(line, '/', end);
		char number[24] = "";
		if (slash && slash + 1 < line + end && (size_t)(line + end - slash) < sizeof(number)) {
			memcpy(number, slash + 1, (size_t)(line + end - slash) - 1);
			x->answer->total = strtoll(number, NULL, 10);
		}
	}
	return n;
}

/* A handle without a setting left from before, with its connection kept. */
static CURL *handle(struct s3_client *c)
{
	if (c->curl && c->pid == getpid()) {
		curl_easy_reset(c->curl);
		return c->curl;
	}
	c->curl = curl_easy_init();
	c->pid = getpid();
	if (!c->curl)
		BUG("libcurl has no handle");
	return c->curl;
}

static struct curl_slist *headers_of(const struct s3_request *rq)
{
	static const uint8_t of_nothing[32] = { 0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8,
		0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78,
		0x52, 0xb8, 0x55 };
	char hex[65], line[128];
	crypto_hex(rq->sha256 ? rq->sha256 : of_nothing, 32, hex);
	snprintf(line, sizeof(line), "x-amz-content-sha256: %s", hex);
	struct curl_slist *list = curl_slist_append(NULL, line);
	/* Every line that is given here is signed; one that curl then leaves out ("Expect:") spoils the signature. */
	return curl_slist_append(list, "Content-Type: application/octet-stream");
}

static void set_up(struct s3_client *c, CURL *h, const struct s3_request *rq, const char *url)
{
	const struct s3_account *a = &c->account;
	bool head = strcmp(rq->method, "HEAD") == 0, sends = rq->method[0] == 'P'; /* even nothing: with its length */
	curl_easy_setopt(h, CURLOPT_URL, url);
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(h, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(h, CURLOPT_PROXY, "");
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_AWS_SIGV4, c->scheme);
	/* Not as one text: an access key may hold a colon. */
	curl_easy_setopt(h, CURLOPT_USERNAME, a->access_key_id);
	curl_easy_setopt(h, CURLOPT_PASSWORD, a->secret_access_key);
	if (a->ca_file)
		curl_easy_setopt(h, CURLOPT_CAINFO, a->ca_file);
	curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(h, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES);
	curl_easy_setopt(h, CURLOPT_LOW_SPEED_TIME, strcmp(rq->method, "POST") == 0 ? JOIN_S : SLOW_S);
	if (!sends && !rq->range)
		curl_easy_setopt(h, CURLOPT_TIMEOUT, SHORT_S);
	if (head)
		curl_easy_setopt(h, CURLOPT_NOBODY, 1L);
	if (sends) {
		curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(h, CURLOPT_INFILESIZE_LARGE, (curl_off_t)rq->size);
	}
	if (!head)
		curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, rq->method);
	if (rq->range)
		curl_easy_setopt(h, CURLOPT_RANGE, rq->range);
}

static CURLcode try_once(struct s3_client *c, const char *url, struct exchange *x, char why[CURL_ERROR_SIZE])
{
	CURL *h = handle(c);
	struct curl_slist *headers = headers_of(x->request);
	curl_off_t length = -1;
	why[0] = '\0';
	buf_reset(&x->answer->body);
	x->answer->body.full = false;
	x->answer->etag[0] = '\0';
	x->answer->total = -1;
	x->answer->status = 0;
	x->sent = 0;
	x->headed = false;
	set_up(c, h, x->request, url);
	curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(h, CURLOPT_ERRORBUFFER, why);
	curl_easy_setopt(h, CURLOPT_READFUNCTION, on_send);
	curl_easy_setopt(h, CURLOPT_READDATA, x);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(h, CURLOPT_HEADERDATA, x);
	CURLcode rc = curl_easy_perform(h);
	curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &x->answer->status);
	if (x->answer->total < 0 && curl_easy_getinfo(h, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length) == CURLE_OK)
		x->answer->total = length;
	curl_slist_free_all(headers);
	/* curl takes a line that breaks between two headers for the end of a whole answer. */
	return rc == CURLE_OK && !x->headed ? CURLE_RECV_ERROR : rc;
}

/* Whether the same request may succeed in a moment. */
static bool passing(CURLcode rc, const struct exchange *x)
{
	if (rc != CURLE_OK)
		return x->io_errno == 0 && !x->answer->body.full && rc != CURLE_PEER_FAILED_VERIFICATION &&
		       rc != CURLE_SSL_CACERT_BADFILE && rc != CURLE_URL_MALFORMAT;
	long s = x->answer->status;
	return s == 408 || s == 429 || s == 500 || s == 502 || s == 503 || s == 504;
}

static void pause_before(unsigned attempt)
{
	uint16_t random;
	crypto_random(&random, sizeof(random));
	long ms = (long)BACK_OFF_MS << attempt;
	ms += ms * random / 65536;
	struct timespec t = { ms / 1000, (ms % 1000) * 1000000 };
	while (nanosleep(&t, &t) != 0 && errno == EINTR)
		continue;
}

/* The service's word for a refusal ("SignatureDoesNotMatch"), as far as it is one. */
static void code_of(const struct s3_answer *a, char out[64])
{
	struct error unused;
	struct s3_xml *xml;
	out[0] = '\0';
	error_clear(&unused);
	if (s3_xml_read(a->body.mem, a->body.data, a->body.len, "Error", &xml, &unused) != ERR_OK)
		return;
	const char *code = s3_xml_text(xml, "Code");
	for (size_t i = 0; code && i < 63 && ((code[i] | 32) >= 'a' && (code[i] | 32) <= 'z'); i++) {
		out[i] = code[i];
		out[i + 1] = '\0';
	}
	talloc_free(xml);
}

static enum result settle(CURLcode rc, const struct exchange *x, const char *why, struct error *e)
{
	long s = x->answer->status;
	const char *method = x->request->method;
	char code[64];
	if (x->io_errno) {
		error_cause(e, "object store: %s: reading the file: %s", method, strerror(x->io_errno));
		return error_set(e, ERR_IO, NULL);
	}
	if (x->answer->body.full) {
		error_cause(e, "object store: %s: the answer is longer than expected", method);
		return error_set(e, ERR_IO, NULL);
	}
	if (rc != CURLE_OK) {
		error_cause(e, "object store: %s: %s", method, why[0] ? why : curl_easy_strerror(rc));
		return error_set(e, ERR_UNAVAILABLE, NULL);
	}
	if ((s >= 200 && s < 300) || s == 404 || s == 416)
		return ERR_OK;
	code_of(x->answer, code);
	error_cause(e, "object store: %s: HTTP %ld %s", method, s, code);
	if (s == 507 || strcmp(code, "QuotaExceeded") == 0)
		return error_set(e, ERR_STORAGE_FULL, NULL);
	return error_set(e, passing(rc, x) ? ERR_UNAVAILABLE : ERR_IO, NULL);
}

enum result s3_send(struct s3_client *c, const struct s3_request *request, struct s3_answer *out, struct error *e)
{
	const struct s3_account *a = &c->account;
	char why[CURL_ERROR_SIZE];
	struct exchange x = { .request = request, .answer = out };
	char *url = mem_printf(c, "%s/%s%s%s%s%s", a->endpoint, a->bucket, request->key ? "/" : "",
	    request->key ? request->key : "", request->query ? "?" : "", request->query ? request->query : "");
	CURLcode rc = try_once(c, url, &x, why);
	unsigned tries = clock_mono_us() < c->doubted_until_us ? 1 : TRIES;
	for (unsigned i = 1; i < tries && passing(rc, &x); i++) {
		pause_before(i - 1);
		rc = try_once(c, url, &x, why);
	}
	talloc_free(url);
	c->doubted_until_us = passing(rc, &x) ? clock_mono_us() + DOUBT_US : 0;
	return settle(rc, &x, why, e);
}
