#include "web_get.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "buf.h"

#define BODY_MAX 65536

struct asking {
	CURL *curl;
	struct curl_slist *to;
	struct buf body;
	int64_t date_s;
	char words[CURL_ERROR_SIZE];
};

static void clean(void *p)
{
	struct asking *a = p;
	curl_easy_cleanup(a->curl);
	curl_slist_free_all(a->to);
}

static size_t take_body(char *p, size_t size, size_t n, void *arg)
{
	struct asking *a = arg;
	buf_add(&a->body, p, size * n);
	return size * n;
}

static size_t take_header(char *p, size_t size, size_t n, void *arg)
{
	struct asking *a = arg;
	char line[80] = "";
	if (size * n > 5 && size * n < sizeof(line) && strncasecmp(p, "Date:", 5) == 0) {
		memcpy(line, p + 5, size * n - 5);
		line[strcspn(line, "\r\n")] = '\0';
		int64_t t = curl_getdate(line, NULL);
		a->date_s = t > 0 ? t : 0;
	}
	return size * n;
}

enum result web_get(TALLOC_CTX *mem, const char *url, bool here, long seconds, struct web_answer *out, struct error *e)
{
	struct asking *a = mem_zero(mem, struct asking);
	buf_init(&a->body, mem, BODY_MAX);
	a->curl = curl_easy_init();
	mem_defer(mem, clean, a);
	if (here)
		a->to = curl_slist_append(NULL, "::127.0.0.1:");
	CURLcode rc = a->curl ? curl_easy_setopt(a->curl, CURLOPT_URL, url) : CURLE_FAILED_INIT;
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(a->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	if (rc == CURLE_OK) {
		/* These can't fail: they hold values only. */
		curl_easy_setopt(a->curl, CURLOPT_PROXY, "");
		curl_easy_setopt(a->curl, CURLOPT_NOSIGNAL, 1L);
		curl_easy_setopt(a->curl, CURLOPT_TIMEOUT, seconds);
		curl_easy_setopt(a->curl, CURLOPT_CONNECT_TO, a->to);
		curl_easy_setopt(a->curl, CURLOPT_WRITEFUNCTION, take_body);
		curl_easy_setopt(a->curl, CURLOPT_WRITEDATA, a);
		curl_easy_setopt(a->curl, CURLOPT_HEADERFUNCTION, take_header);
		curl_easy_setopt(a->curl, CURLOPT_HEADERDATA, a);
		curl_easy_setopt(a->curl, CURLOPT_ERRORBUFFER, a->words);
		rc = curl_easy_perform(a->curl);
	}
	if (rc != CURLE_OK) {
		error_cause(e, "%s: %s", url, a->words[0] ? a->words : curl_easy_strerror(rc));
		return error_set(e, ERR_UNAVAILABLE, NULL);
	}
	*out = (struct web_answer){ .date_s = a->date_s, .body = a->body.data };
	curl_easy_getinfo(a->curl, CURLINFO_RESPONSE_CODE, &out->status);
	return ERR_OK;
}
