/* Headers: what is not plain ASCII becomes encoded words (RFC 2047), and nothing can begin a new line. */
#include "mail.h"

#include <string.h>

#include "clock.h"
#include "text.h"

#define WORD_MAX 75  /* an encoded word, RFC 2047 */
#define PLAIN_MAX 60 /* a plain value: its line stays below 78 with the header's name */
#define LOCAL_MAX 64
#define ADDRESS_MAX 254

static const char word_begin[] = "=?UTF-8?Q?", word_end[] = "?=";

static enum result check(const char *value, struct error *e)
{
	size_t n = strlen(value);
	bool ok = text_utf8_valid(value, n);
	for (const char *p = value, *end = value + n; ok && p < end;) {
		uint32_t c = text_decode(&p, end);
		/* C0, DEL, C1, and the separators of lines and paragraphs. */
		ok = c >= 0x20 && !(c >= 0x7F && c < 0xA0) && c != 0x2028 && c != 0x2029;
	}
	if (ok)
		return ERR_OK;
	error_cause(e, "a header's value has control characters or is not UTF-8");
	return error_set(e, ERR_MAIL_REFUSED, NULL);
}

/* Characters that may stand for themselves in an encoded word, even within a name before an address (RFC 2047, 5.3). */
static bool stands_for_itself(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c != '\0' && strchr("!*+-/", c) != NULL);
}

static void encode(struct buf *out, const char *value)
{
	size_t room = WORD_MAX - (sizeof(word_begin) - 1) - (sizeof(word_end) - 1), used = 0;
	buf_str(out, word_begin);
	for (const char *p = value, *end = value + strlen(value); p < end;) {
		const char *at = p;
		(void)text_decode(&p, end);
		size_t n = (size_t)(p - at);
		size_t need = n == 1 && (stands_for_itself((unsigned char)*at) || *at == ' ') ? 1 : 3 * n;
		if (used + need > room) { /* a character is never cut in two */
			buf_printf(out, "%s\r\n %s", word_end, word_begin);
			used = 0;
		}
		used += need;
		for (; at < p; at++)
			if (*at == ' ')
				buf_char(out, '_');
			else if (stands_for_itself((unsigned char)*at))
				buf_char(out, *at);
			else
				buf_printf(out, "=%02X", (unsigned char)*at);
	}
	buf_str(out, word_end);
}

/* Plain: it needs no quoting anywhere, and no reader could take it for an encoded word. */
static bool is_plain(const char *s, const char *specials)
{
	size_t n = strlen(s);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || (unsigned char)s[i] > 0x7E || strchr(specials, s[i]))
			return false;
	return n > 0 && n <= PLAIN_MAX && s[0] != ' ' && s[n - 1] != ' ' && !strstr(s, "=?");
}

enum result mail_header_text(struct buf *out, const char *name, const char *value, struct error *e)
{
	TRY(check(value, e));
	buf_printf(out, "%s: ", name);
	if (is_plain(value, ""))
		buf_str(out, value);
	else
		encode(out, value);
	return ERR_OK;
}

enum result mail_header_address(
    struct buf *out, const char *name, const char *display, const char *address, struct error *e)
{
	if (!mail_address_ok(address)) {
		error_cause(e, "not an address that mail can be sent to");
		return error_set(e, ERR_MAIL_REFUSED, NULL);
	}
	buf_printf(out, "%s: ", name);
	if (display == NULL || display[0] == '\0') {
		buf_str(out, address);
		return ERR_OK;
	}
	TRY(check(display, e));
	if (is_plain(display, "()<>[]:;@\\,.\""))
		buf_str(out, display);
	else
		encode(out, display);
	/* On a line of its own: a long address would make the line too long. */
	buf_printf(out, "\r\n <%s>", address);
	return ERR_OK;
}

void mail_header_date(struct buf *out, int64_t us)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
		"Nov", "Dec" };
	int64_t s = us / 1000000, day = s / 86400, rest = s % 86400;
	int y, m, d;
	clock_date(day, &y, &m, &d);
	buf_printf(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000", days[clock_weekday(day)], d, months[m - 1], y,
	    (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
}

bool mail_address_ok(const char *s)
{
	size_t n = strlen(s);
	const char *at = strchr(s, '@');
	if (!at || at == s || at - s > LOCAL_MAX || n > ADDRESS_MAX || at[1] == '\0' || at[1] == '.' || at[1] == '-' ||
	    s[n - 1] == '.' || s[0] == '-')
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = s[i];
		bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
		bool local = s + i < at && strchr("!#$%&'*+/=?^_`{|}~", c) != NULL;
		if (!alnum && !local && c != '.' && c != '-' && s + i != at)
			return false;
		if (c == '.' && s[i + 1] == '.')
			return false;
	}
	return true;
}

void mail_address_mask(const char *address, char out[96])
{
	const char *at = strrchr(address, '@');
	char first = address[0];
	bool letter =
	    (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || (first >= '0' && first <= '9');
	if (at == NULL || !mail_address_ok(address))
		snprintf(out, 96, "***");
	else
		snprintf(out, 96, "%c***%.80s", letter ? first : '*', at);
}
