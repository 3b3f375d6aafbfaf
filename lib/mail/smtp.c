/* One message, one connection. libcurl speaks SMTP and makes the MIME parts. */
#include "mail.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_MAX 4096

/* What a transfer holds; all of it goes with its memory, whatever way it ends. */
struct sending {
	TALLOC_CTX *mem;
	CURL *curl;
	struct curl_slist *headers, *recipients;
	const struct mail_server *server;
	struct mail_reply last;
	char words[CURL_ERROR_SIZE];
	CURLcode code; /* the first option that failed */
};

static void clean(void *p)
{
	struct sending *s = p;
	curl_easy_cleanup(s->curl);
	curl_slist_free_all(s->headers);
	curl_slist_free_all(s->recipients);
}

static void clean_mime(void *p)
{
	curl_mime_free(p);
}

#define SET(s, option, value) \
	do { \
		if ((s)->code == CURLE_OK) \
			(s)->code = curl_easy_setopt((s)->curl, (option), (value)); \
	} while (0)

static void append(struct sending *s, struct curl_slist **list, const char *text)
{
	struct curl_slist *longer = curl_slist_append(*list, text);
	if (longer == NULL)
		s->code = CURLE_OUT_OF_MEMORY;
	else
		*list = longer;
}

/* "5.1.1" at the begin of a reply's text. */
static void read_enhanced(const char *p, char out[12])
{
	size_t n = strspn(p, "0123456789.");
	out[0] = '\0';
	if (n >= 5 && n < 12 && strchr("245", p[0]) && p[1] == '.') {
		memcpy(out, p, n);
		out[n] = '\0';
	}
}

/* A line of the server. The last one is kept. */
static size_t take_line(char *p, size_t size, size_t n, void *arg)
{
	struct mail_reply *r = arg;
	size_t length = size * n, kept = 0;
	char line[sizeof(r->text)];
	for (size_t i = 0; i < length && kept < sizeof(line) - 1; i++)
		if (p[i] != '\r' && p[i] != '\n')
			line[kept++] = (char)(isprint((unsigned char)p[i]) ? p[i] : '?');
	line[kept] = '\0';
	int code = kept >= 3 && strspn(line, "0123456789") == 3 ? (int)strtol(line, NULL, 10) : 0;
	if (code != 0 && code != 221) { /* the farewell says nothing about the message */
		r->code = code;
		memcpy(r->text, line, kept + 1);
		read_enhanced(kept > 4 ? line + 4 : "", r->enhanced);
	}
	return length;
}

static int look_up(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct mail_server *server = arg;
	(void)a, (void)b, (void)c, (void)d;
	return server->stop != NULL && server->stop();
}

/* libcurl would write what the server sends (nothing, in SMTP) to standard output. */
static size_t drop(char *p, size_t size, size_t n, void *arg)
{
	(void)p, (void)arg;
	return size * n;
}

static void set_transport(struct sending *s)
{
	const struct mail_server *m = s->server;
	bool literal = strchr(m->host, ':') != NULL;
	SET(s, CURLOPT_URL,
	    mem_printf(s->mem, "%s://%s%s%s:%d", m->security == MAIL_TLS ? "smtps" : "smtp", literal ? "[" : "",
		m->host, literal ? "]" : "", (int)m->port));
	SET(s, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	SET(s, CURLOPT_PROXY, ""); /* whatever the environment says */
	SET(s, CURLOPT_NOSIGNAL, 1L);
	SET(s, CURLOPT_TIMEOUT, (long)m->timeout_s);
	SET(s, CURLOPT_CONNECTTIMEOUT, (long)m->timeout_s);
	SET(s, CURLOPT_USE_SSL, (long)(m->security == MAIL_CLEAR ? CURLUSESSL_NONE : CURLUSESSL_ALL));
	SET(s, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(s, CURLOPT_SSL_VERIFYPEER, 1L);
	SET(s, CURLOPT_SSL_VERIFYHOST, 2L);
	if (m->ca_file != NULL) {
		SET(s, CURLOPT_CAINFO, m->ca_file);
		SET(s, CURLOPT_CAPATH, NULL); /* that one and no other */
	}
	if (m->user != NULL) {
		SET(s, CURLOPT_USERNAME, m->user);
		SET(s, CURLOPT_PASSWORD, m->password);
		SET(s, CURLOPT_SASL_IR, 1L);
	}
	SET(s, CURLOPT_HEADERFUNCTION, take_line);
	SET(s, CURLOPT_HEADERDATA, &s->last);
	SET(s, CURLOPT_WRITEFUNCTION, drop);
	SET(s, CURLOPT_ERRORBUFFER, s->words);
	SET(s, CURLOPT_NOPROGRESS, 0L);
	SET(s, CURLOPT_XFERINFOFUNCTION, look_up);
	SET(s, CURLOPT_XFERINFODATA, (void *)m);
}

static enum result set_headers(struct sending *s, const struct mail_message *m, struct error *e)
{
	const struct mail_server *server = s->server;
	struct buf h;
	/* libcurl puts the boundary in. */
	append(s, &s->headers, "Content-Type: multipart/alternative");
	buf_init(&h, s->mem, HEADER_MAX);
	TRY(mail_header_address(&h, "From", server->from_name, server->from, e));
	append(s, &s->headers, h.data);
	buf_reset(&h);
	TRY(mail_header_address(&h, "To", NULL, m->to, e));
	append(s, &s->headers, h.data);
	buf_reset(&h);
	TRY(mail_header_text(&h, "Subject", m->subject, e));
	append(s, &s->headers, h.data);
	if (h.full) {
		error_cause(e, "a header is too long");
		return error_set(e, ERR_MAIL_REFUSED, NULL);
	}
	buf_reset(&h);
	mail_header_date(&h, m->date_us);
	append(s, &s->headers, h.data);
	append(s, &s->headers, mem_printf(s->mem, "Message-ID: <%s%s>", m->id, strchr(server->from, '@')));
	/* No answering machine shall answer (RFC 3834). */
	append(s, &s->headers, "Auto-Submitted: auto-generated");
	SET(s, CURLOPT_HTTPHEADER, s->headers);
	/* Both addresses were checked with their headers. */
	SET(s, CURLOPT_MAIL_FROM, mem_printf(s->mem, "<%s>", server->from));
	append(s, &s->recipients, mem_printf(s->mem, "<%s>", m->to));
	SET(s, CURLOPT_MAIL_RCPT, s->recipients);
	return ERR_OK;
}

static void add_part(struct sending *s, curl_mime *mime, const char *type, const char *content)
{
	curl_mimepart *part = curl_mime_addpart(mime);
	if (s->code == CURLE_OK)
		s->code = curl_mime_data(part, content, CURL_ZERO_TERMINATED);
	if (s->code == CURLE_OK)
		s->code = curl_mime_type(part, type);
	if (s->code == CURLE_OK)
		s->code = curl_mime_encoder(part, "quoted-printable");
}

static void set_parts(struct sending *s, const struct mail_message *m)
{
	curl_mime *mime = curl_mime_init(s->curl);
	mem_defer(s->mem, clean_mime, mime);
	/* The better one last (RFC 2046). */
	add_part(s, mime, "text/plain; charset=UTF-8", m->text);
	add_part(s, mime, "text/html; charset=UTF-8", m->html);
	SET(s, CURLOPT_MIMEPOST, mime);
}

/* Whether a 5xx is about this recipient or this message. Refusals of the greeting, of the login and of our own address
 * are about the operator's settings: mended, the same message goes through. */
static bool is_final(const struct sending *s)
{
	curl_off_t uploaded = 0;
	int code = s->last.code;
	if (code < 500 || code > 599 || code == 530 || code == 534 || code == 535 || code == 538)
		return false;
	curl_easy_getinfo(s->curl, CURLINFO_SIZE_UPLOAD_T, &uploaded);
	return uploaded > 0 || (s->code == CURLE_SEND_ERROR && strncmp(s->words, "MAIL failed", 11) != 0);
}

static void tell_cause(const struct sending *s, struct error *e)
{
	/* libcurl's own words can quote the server's, and these can quote the message: only its names of errors. */
	if (s->last.code != 0)
		error_cause(e, "%s (libcurl %d); the server said last: %d %s", curl_easy_strerror(s->code),
		    (int)s->code, s->last.code, s->last.enhanced);
	else
		error_cause(e, "%s (libcurl %d)", curl_easy_strerror(s->code), (int)s->code);
}

static enum result finish(struct sending *s, struct error *e)
{
	if (s->code == CURLE_OK)
		return ERR_OK;
	tell_cause(s, e);
	return error_set(e, is_final(s) ? ERR_MAIL_REFUSED : ERR_MAIL_FAILED, NULL);
}

static enum result send_with(struct sending *s, const struct mail_message *m, struct error *e)
{
	s->curl = curl_easy_init();
	if (s->curl == NULL) {
		error_cause(e, "libcurl can't be initialised");
		return error_set(e, ERR_INTERNAL, NULL);
	}
	mem_defer(s->mem, clean, s);
	set_transport(s);
	TRY(set_headers(s, m, e));
	set_parts(s, m);
	if (s->code == CURLE_OK)
		s->code = curl_easy_perform(s->curl);
	return finish(s, e);
}

enum result mail_send(
    const struct mail_server *server, const struct mail_message *m, struct mail_reply *reply, struct error *e)
{
	TALLOC_CTX *mem = mem_new("mail", 0);
	struct sending *s = mem_zero(mem, struct sending);
	s->mem = mem;
	s->server = server;
	enum result rc = send_with(s, m, e);
	if (reply)
		*reply = s->last;
	talloc_free(mem);
	return rc;
}

static enum result probe_with(struct sending *s, struct error *e)
{
	s->curl = curl_easy_init();
	if (s->curl == NULL) {
		error_cause(e, "libcurl can't be initialised");
		return error_set(e, ERR_INTERNAL, NULL);
	}
	mem_defer(s->mem, clean, s);
	set_transport(s);
	/* A command that does nothing, once we are in. */
	SET(s, CURLOPT_CUSTOMREQUEST, "NOOP");
	SET(s, CURLOPT_NOBODY, 1L);
	if (s->code == CURLE_OK)
		s->code = curl_easy_perform(s->curl);
	if (s->code == CURLE_OK)
		return ERR_OK;
	tell_cause(s, e);
	return error_set(e, ERR_MAIL_FAILED, NULL);
}

enum result mail_probe(const struct mail_server *server, struct mail_reply *reply, struct error *e)
{
	TALLOC_CTX *mem = mem_new("mail", 0);
	struct sending *s = mem_zero(mem, struct sending);
	s->mem = mem;
	s->server = server;
	enum result rc = probe_with(s, e);
	if (reply)
		*reply = s->last;
	talloc_free(mem);
	return rc;
}
