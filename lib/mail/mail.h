/* Messages by SMTP. Only this library knows libcurl. A message has one recipient, a plain text and its HTML twin; what
 * would let a value become another header (CR, LF, any control character) is refused. Nothing is kept between two
 * calls: safe in any process and after a fork, from one thread. */
#ifndef MAIL_MAIL_H
#define MAIL_MAIL_H

#include "buf.h"
#include "error.h"
#include "settings.h"

enum mail_security {
	MAIL_STARTTLS, /* in clear until STARTTLS, which the server must offer */
	MAIL_TLS,      /* TLS from the first byte (port 465) */
	MAIL_CLEAR,    /* for a relay on the same machine */
};

/* How mail leaves. Texts belong to the settings, or to the memory given to mail_server_configure(). */
struct mail_server {
	const char *host;
	int64_t port;
	enum mail_security security;
	const char *user, *password;  /* NULL: no authentication */
	const char *ca_file;          /* NULL: the system's authorities */
	int64_t timeout_s;            /* from the first byte to the last */
	const char *from, *from_name; /* the sender of all messages */
	const char *public_url;       /* links begin with it; no slash at its end */
	bool (*stop)(void);           /* asked about once a second; true breaks the sending off. May be NULL */
};

/* The server of the settings, in `mem`. Without SMTP_HOST *out is NULL: this installation sends no mail. Settings that
 * do not go together (a password in clear over a network, a sender that is no address, no PUBLIC_URL): all at once,
 * ERR_INVALID_SETTING. */
enum result mail_server_configure(
    TALLOC_CTX *mem, const struct settings *s, struct mail_server **out, struct error *e) MUST_CHECK;

/* PUBLIC_URL without the slashes at its end, in `mem`; ERR_INVALID_SETTING when it is missing or no address (https in
 * production). */
enum result mail_public_url(TALLOC_CTX *mem, const struct settings *s, const char **out, struct error *e) MUST_CHECK;

struct mail_message {
	const char *to; /* address */
	const char *subject;
	const char *text, *html; /* UTF-8 */
	const char *id;  /* left part of the Message-ID: letters, digits, dots and hyphens; never the same twice */
	int64_t date_us; /* moment of sending */
};

/* What the server said last. Its text may repeat the recipient, or a link of the message: it is for a person who tests,
 * never for a log. */
struct mail_reply {
	int code;          /* 250, 550...; 0: it said nothing */
	char enhanced[12]; /* "5.1.1" (RFC 3463), or "" */
	char text[256];
};

/* Hands the message to the server, which then answers for it. Takes at most server->timeout_s, and ends soon after
 * `stop` says so. `reply` may be NULL. The error's cause holds no address and no text of the message.
 *
 * ERR_MAIL_REFUSED: the server refuses this recipient or this message for good (5xx), or the message can't be made
 * (control characters, no address): trying again is useless.
 *
 * ERR_MAIL_FAILED: all else (no connection, wrong certificate, wrong password, 4xx, time): may be tried again. */
enum result mail_send(const struct mail_server *server, const struct mail_message *m, struct mail_reply *reply,
    struct error *e) MUST_CHECK;

/* Whether the server would take our mail: connects, sets up TLS, logs in where there is an account; sends no message.
 * MAIL_FAILED, with libcurl's and the server's words as the cause. `reply` may be NULL. */
enum result mail_probe(const struct mail_server *server, struct mail_reply *reply, struct error *e) MUST_CHECK;

/* Whether s is an address that mail may be sent to or from: ASCII, one '@', a domain, nothing that SMTP or a header
 * could take for something else. */
bool mail_address_ok(const char *s);
/* "j***@exemple.fr", for logs: who can read a log knows the domain at most. */
void mail_address_mask(const char *address, char out[96]);

/* Pieces of a header (mail_header.c); each gives ERR_MAIL_REFUSED for control characters and invalid UTF-8. */

/* "Name: value", the value as RFC 2047 encoded words, folded, when it is not short printable ASCII. */
enum result mail_header_text(struct buf *out, const char *name, const char *value, struct error *e) MUST_CHECK;
/* "Name: =?UTF-8?Q?...?= <address>", or the address alone. */
enum result mail_header_address(
    struct buf *out, const char *name, const char *display, const char *address, struct error *e) MUST_CHECK;
/* "Date: Thu, 26 Nov 2026 00:20:31 +0000". */
void mail_header_date(struct buf *out, int64_t us);

#endif
