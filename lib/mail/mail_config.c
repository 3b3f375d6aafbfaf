/* From the settings to a server, with what only the settings together can tell. */
#include "mail.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

static bool is_loopback(const char *host)
{
	return strcasecmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0;
}

/* Of a URL nothing but the host is ours to take from the setting. */
static bool host_ok(const char *s)
{
	static const char name[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
	static const char ipv6[] = "abcdefABCDEF0123456789:.";
	size_t n = strlen(s);
	return n > 0 && (strspn(s, name) == n || (strchr(s, ':') && strspn(s, ipv6) == n));
}

/* "https://host[:port][/path]", printable ASCII that needs no quoting in a link. */
static bool url_ok(const char *s, bool https_only)
{
	size_t n = strlen(s);
	const char *rest = strncmp(s, "https://", 8) == 0                 ? s + 8
			   : strncmp(s, "http://", 7) == 0 && !https_only ? s + 7
									  : NULL;
	if (rest == NULL || *rest == '\0' || *rest == '/')
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] <= 0x20 || (unsigned char)s[i] > 0x7E || strchr("\"'<>\\^`{|}#?@", s[i]))
			return false;
	return true;
}

static void fault(struct error *e, const char *name, const char *reason)
{
	(void)error_set(e, ERR_INVALID_SETTING, name, "name", name, "reason", reason);
}

static const char *text_or(const char *s, const char *fallback)
{
	return s && *s ? s : fallback;
}

static void check_settings(const struct settings *s, const struct mail_server *m, struct error *e)
{
	bool production = strcmp(s->APP_ENV, "production") == 0;
	if (!host_ok(m->host))
		fault(e, "SMTP_HOST", "not the name or address of a host");
	if (!m->from)
		fault(e, "SMTP_FROM", "needed when SMTP_HOST is set and SMTP_USER is no address");
	else if (!mail_address_ok(m->from))
		fault(e, "SMTP_FROM", "not an e-mail address");
	if ((m->user != NULL) != (m->password != NULL))
		fault(e, m->user ? "SMTP_PASSWORD" : "SMTP_USER", "SMTP_USER and SMTP_PASSWORD go together");
	if (m->security == MAIL_CLEAR && !is_loopback(m->host) && (m->password || production))
		fault(e, "SMTP_SECURITY", "none is for a server on this machine only");
	if (m->ca_file && access(m->ca_file, R_OK) != 0)
		fault(e, "SMTP_CA_FILE", "can't be read");
}

enum result mail_public_url(TALLOC_CTX *mem, const struct settings *s, const char **out, struct error *e)
{
	bool production = strcmp(s->APP_ENV, "production") == 0;
	const char *url = text_or(s->PUBLIC_URL, "");
	size_t n = strlen(url);
	while (n > 0 && url[n - 1] == '/')
		n--;
	*out = mem_strndup(mem, url, n);
	if (url_ok(*out, production))
		return ERR_OK;
	fault(e, "PUBLIC_URL",
	    n == 0       ? "needed: links that are sent begin with it"
	    : production ? "not an https address"
			 : "not an http or https address");
	return e->code;
}

enum result mail_server_configure(TALLOC_CTX *mem, const struct settings *s, struct mail_server **out, struct error *e)
{
	unsigned before = e->n_faults;
	*out = NULL;
	if (!s->SMTP_HOST || !*s->SMTP_HOST)
		return ERR_OK;
	struct mail_server *m = mem_zero(mem, struct mail_server);
	const char *user = text_or(s->SMTP_USER, NULL);
	m->host = s->SMTP_HOST;
	m->port = s->SMTP_PORT;
	m->security = strcmp(s->SMTP_SECURITY, "tls") == 0    ? MAIL_TLS
		      : strcmp(s->SMTP_SECURITY, "none") == 0 ? MAIL_CLEAR
							      : MAIL_STARTTLS;
	m->user = user;
	m->password = text_or(s->SMTP_PASSWORD, NULL);
	m->ca_file = text_or(s->SMTP_CA_FILE, NULL);
	m->timeout_s = s->SMTP_TIMEOUT;
	m->from = text_or(s->SMTP_FROM, user && mail_address_ok(user) ? user : NULL);
	m->from_name = s->APP_NAME;
	check_settings(s, m, e);
	/* Told with the other faults. */
	if (mail_public_url(m, s, &m->public_url, e) != ERR_OK || e->n_faults > before)
		return e->code;
	*out = m;
	return ERR_OK;
}
