/* redis:// and unix:// addresses. Faults never repeat the address: it may hold a password. */
#include "cache_url.h"
#include "text.h"

#include <string.h>

static enum result refuse(struct error *e, const char *reason)
{
	return error_set(e, ERR_INVALID_SETTING, NULL, "name", "REDIS_URL", "reason", reason);
}

/* A decimal number of s[0..n) up to max; false for anything else. */
static bool number(const char *s, size_t n, int max, int *out)
{
	int v = 0;
	if (n == 0 || n > 6)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = v * 10 + (s[i] - '0');
	}
	*out = v;
	return v <= max;
}

static int hex_value(char c)
{
	const char *digits = "0123456789abcdef0123456789ABCDEF", *p = c ? strchr(digits, c) : NULL;
	return p ? (int)(p - digits) % 16 : -1;
}

/* Undoes percent-encoding; NULL when it is broken or hides a NUL. */
static const char *decode(TALLOC_CTX *mem, const char *s, size_t n)
{
	char *out = mem_array(mem, char, n + 1), *p = out;
	for (size_t i = 0; i < n; i++) {
		if (s[i] != '%') {
			*p++ = s[i];
			continue;
		}
		int high = i + 2 < n ? hex_value(s[i + 1]) : -1, low = high < 0 ? -1 : hex_value(s[i + 2]);
		if (low < 0 || high + low == 0)
			return NULL;
		*p++ = (char)(high << 4 | low);
		i += 2;
	}
	return out;
}

/* [user:password@] at *s, which moves behind it; `n` bytes may be looked at. */
static bool credentials(TALLOC_CTX *mem, const char **s, size_t n, struct cache_url *u)
{
	const char *at = memrchr(*s, '@', n);
	if (!at)
		return true;
	size_t size = (size_t)(at - *s);
	const char *colon = memchr(*s, ':', size);
	if (!colon)
		return false;
	u->password = decode(mem, colon + 1, size - (size_t)(colon + 1 - *s));
	if (colon > *s && !(u->user = decode(mem, *s, (size_t)(colon - *s))))
		return false;
	*s = at + 1;
	return u->password != NULL;
}

static enum result parse_unix(TALLOC_CTX *mem, const char *s, struct cache_url *u, struct error *e)
{
	/* A password may not hold a slash unless encoded, so what stands before the first one is no part of the path.
	 */
	if (!credentials(mem, &s, strcspn(s, "/"), u))
		return refuse(e, "'user:password@' is malformed");
	size_t n = strcspn(s, "?");
	if (s[0] != '/' || n < 2)
		return refuse(e, "unix:// needs the absolute path of a socket");
	u->socket = decode(mem, s, n);
	if (!u->socket || strlen(u->socket) > 107) /* sun_path */
		return refuse(e, "the path of the socket is malformed or too long");
	if (s[n] == '?' && (strncmp(s + n, "?db=", 4) != 0 || !number(s + n + 4, strlen(s + n + 4), 999999, &u->db)))
		return refuse(e, "after the path only '?db=NUMBER' may stand");
	return ERR_OK;
}

static enum result parse_tcp(TALLOC_CTX *mem, const char *s, struct cache_url *u, struct error *e)
{
	if (!credentials(mem, &s, strcspn(s, "/"), u))
		return refuse(e, "'user:password@' is malformed");
	size_t n = strcspn(s, "/"), host = memchr(s, ':', n) ? (size_t)((const char *)memchr(s, ':', n) - s) : n;
	const char *after = s + host;
	if (s[0] == '[') {
		const char *close = memchr(s, ']', n);
		if (!close)
			return refuse(e, "']' is missing");
		u->host = mem_strndup(mem, s + 1, (size_t)(close - s - 1));
		after = close + 1;
	} else {
		u->host = mem_strndup(mem, s, host);
	}
	if (u->host[0] == '\0')
		return refuse(e, "the host is missing");
	u->port = 6379;
	size_t rest = n - (size_t)(after - s);
	if (rest > 0 && (after[0] != ':' || !number(after + 1, rest - 1, 65535, &u->port) || u->port == 0))
		return refuse(e, "the port must be a number from 1 to 65535");
	s += n;
	if (s[0] == '/' && s[1] != '\0' && !number(s + 1, strlen(s + 1), 999999, &u->db))
		return refuse(e, "after the host only '/NUMBER' of a database may stand");
	return ERR_OK;
}

enum result cache_url_parse(TALLOC_CTX *mem, const char *url, struct cache_url *out, struct error *e)
{
	memset(out, 0, sizeof(*out));
	if (!url)
		return refuse(e, "is not set");
	if (strncmp(url, "rediss://", 9) == 0)
		return refuse(e, "rediss:// (TLS) is not supported; use a local server, unix:// or a TLS tunnel");
	if (strncmp(url, "redis://", 8) == 0)
		return parse_tcp(mem, url + 8, out, e);
	if (strncmp(url, "unix://", 7) == 0)
		return parse_unix(mem, url + 7, out, e);
	return refuse(e, "must begin with redis:// or unix://");
}
