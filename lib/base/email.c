/* Addresses that mail systems agree upon, and not all that RFC 5322 allows. */
#include "email.h"

#include <string.h>

#define LOCAL_MAX 64
#define LABEL_MAX 63

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Atoms parted by single dots. */
static bool local_ok(const char *s, size_t n)
{
	if (n == 0 || n > LOCAL_MAX || s[0] == '.' || s[n - 1] == '.')
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!is_alnum(s[i]) && !strchr(".!#$%&'*+-/=?^_`{|}~", s[i]))
			return false;
		if (s[i] == '.' && s[i + 1] == '.')
			return false;
	}
	return true;
}

/* Labels of letters, digits and inner hyphens; at least two, the last not all digits (that would be an IP address). */
static bool domain_ok(const char *s)
{
	size_t labels = 0;
	bool letters = false;
	for (;;) {
		size_t n = strcspn(s, ".");
		if (n == 0 || n > LABEL_MAX || s[0] == '-' || s[n - 1] == '-')
			return false;
		letters = false;
		for (size_t i = 0; i < n; i++) {
			if (!is_alnum(s[i]) && s[i] != '-')
				return false;
			letters |= s[i] > '9';
		}
		labels++;
		if (s[n] == '\0')
			break;
		s += n + 1;
	}
	return labels >= 2 && letters;
}

enum result email_normalise(TALLOC_CTX *mem, const char *s, const char *field, const char **out, struct error *e)
{
	static const char spaces[] = " \t\r\n";
	s += strspn(s, spaces);
	size_t n = strlen(s);
	while (n > 0 && strchr(spaces, s[n - 1]))
		n--;
	if (n > EMAIL_MAX)
		return error_set(e, ERR_TOO_LONG, field, "max", num_text(EMAIL_MAX).s);
	char *t = mem_strndup(mem, s, n);
	const char *at = strrchr(t, '@');
	if (!at || !local_ok(t, (size_t)(at - t)) || !domain_ok(at + 1)) {
		enum result r = error_set(e, ERR_INVALID_EMAIL, field, "value", t);
		talloc_free(t);
		return r;
	}
	for (char *p = t; *p; p++) {
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + 32);
	}
	*out = t;
	return ERR_OK;
}
