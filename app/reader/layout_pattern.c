/* How headings, list items and entries of contents begin and end in French administrative documents. Bytes of one line,
 * words parted by single blanks. */
#include "layout.h"
#include "text.h"

#include <string.h>
#include <strings.h>

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool roman(char c)
{
	return c && strchr("IVX", c);
}

/* A word that opens a numbered part; the length of the word when s begins with it and a blank. */
static size_t part_word(const char *s, size_t n, unsigned *level)
{
	static const struct {
		const char *word;
		unsigned level;
	} words[] = { { "article", 1 }, { "chapitre", 1 }, { "titre", 1 }, { "partie", 1 }, { "section", 2 },
		{ "annexe", 1 }, { "sous-article", 2 }, { "paragraphe", 3 } };
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		size_t len = strlen(words[i].word);
		if (n > len + 1 && s[len] == ' ' && strncasecmp(s, words[i].word, len) == 0 && s[0] >= 'A' &&
		    s[0] <= 'Z') {
			*level = words[i].level;
			return len + 1;
		}
	}
	return 0;
}

/* Whether what follows a number looks like a title: a capital, a quote or a bracket. */
static bool title_follows(const char *s, size_t n)
{
	const char *p = s, *end = s + n;
	uint32_t c = text_decode(&p, end);
	return (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) || c == 0x152 || c == 0xab || c == '(' ||
	       c == 0x201c;
}

/* "3", "3.1", "3.1.2", with or without a last point: components, and the length in *used. */
static unsigned number(const char *s, size_t n, size_t *used)
{
	unsigned parts = 0;
	size_t i = 0;
	while (i < n && digit(s[i])) {
		size_t from = i;
		while (i < n && digit(s[i]))
			i++;
		if (i - from > 2) /* a year, an amount */
			return 0;
		parts++;
		if (i + 1 < n && (s[i] == '.' || (s[i] == '-' && parts)) && digit(s[i + 1])) {
			i++;
			continue;
		}
		break;
	}
	*used = i;
	return parts;
}

unsigned pattern_heading(const char *s, size_t n)
{
	unsigned level = 0;
	size_t at = part_word(s, n, &level), used = 0;
	unsigned parts = number(s + at, n - at, &used);
	if (at) {
		size_t i = at;
		if (parts)
			return level + parts - 1 > 9 ? 9 : level + parts - 1;
		while (i < n && roman(s[i]))
			i++;
		if (i > at && (i == n || s[i] == ' ' || s[i] == '.' || s[i] == ':'))
			return level;
		/* "Annexe A", "ARTICLE PREMIER" */
		if (i + 1 == n || (i + 1 < n && s[i] >= 'A' && s[i] <= 'Z' && (s[i + 1] == ' ' || s[i + 1] == ':')))
			return level;
		return strncasecmp(s + at, "premier", 7) == 0 ? level : 0;
	}
	size_t i = used;
	if (parts) {
		if (i < n && (s[i] == '.' || s[i] == ')' || s[i] == '-'))
			i++;
		if (i < n && s[i] == ' ' && i + 1 < n) {
			i++;
			/* "1 - Objet", "1 – Objet" */
			if (s[i] == '-' && i + 2 < n && s[i + 1] == ' ')
				i += 2;
			else if (i + 4 < n && memcmp(s + i, "\xe2\x80\x93 ", 4) == 0)
				i += 4;
		}
		return i < n && i > used && title_follows(s + i, n - i) ? (parts > 9 ? 9 : parts) : 0;
	}
	/* "II. Objet", "A. Objet", "IV – Objet" */
	while (i < n && roman(s[i]))
		i++;
	if (i == 0 && n > 1 && s[0] >= 'A' && s[0] <= 'Z' && (s[1] == '.' || s[1] == ')'))
		i = 1;
	if (i == 0 || i > 6 || i + 2 >= n)
		return 0;
	if ((s[i] == '.' || s[i] == ')') && s[i + 1] == ' ')
		return title_follows(s + i + 2, n - i - 2) ? 1 : 0;
	if (i + 5 < n && memcmp(s + i, " \xe2\x80\x93 ", 5) == 0)
		return title_follows(s + i + 5, n - i - 5) ? 1 : 0;
	if (i + 3 < n && memcmp(s + i, " - ", 3) == 0)
		return title_follows(s + i + 3, n - i - 3) ? 1 : 0;
	return 0;
}

bool pattern_list_item(const char *s, size_t n)
{
	const char *p = s, *end = s + n;
	uint32_t c = text_decode(&p, end);
	bool blank = p < end && *p == ' ';
	switch (c) {
	case 0x2022:
	case 0x2023:
	case 0x2043:
	case 0x2219:
	case 0x25aa:
	case 0x25ab:
	case 0x25a0:
	case 0x25cf:
	case 0x25cb:
	case 0x25e6:
	case 0x25c6:
	case 0x25ba:
	case 0x25b6:
	case 0x27a2:
	case 0x2794:
	case 0x2192:
	case 0x2212:
	case 0x2610: /* a box to tick and what it stands for */
	case 0x2611:
	case 0x2612:
	case 0x2713:
	case 0x2714:
	case 0xb7:
		return true;
	case '-':
	case '*':
	case 0x2013:
	case 0x2014:
	case 'o':
		return blank;
	default:
		break;
	}
	/* "a)", "1)", "1°" */
	size_t i = 0;
	if (n > 1 && s[0] >= 'a' && s[0] <= 'z')
		i = 1;
	else
		while (i < n && i < 3 && digit(s[i]))
			i++;
	if (i == 0 || i >= n)
		return false;
	return (s[i] == ')' && i + 1 < n && s[i + 1] == ' ') ||
	       (digit(s[0]) && i + 1 < n && memcmp(s + i, "\xc2\xb0", 2) == 0);
}

bool pattern_toc(const char *s, size_t n)
{
	size_t end = n;
	while (end && digit(s[end - 1]))
		end--;
	if (end == n || n - end > 4)
		return false;
	size_t dots = 0;
	while (end) {
		if (s[end - 1] == '.' || s[end - 1] == '_')
			dots++;
		else if (end >= 3 && memcmp(s + end - 3, "\xe2\x80\xa6", 3) == 0) {
			dots += 3;
			end -= 2;
		} else if (s[end - 1] != ' ')
			break;
		end--;
	}
	return dots >= 4 && end > 0;
}

bool pattern_leader(const char *s, size_t n)
{
	size_t dots = 0;
	for (size_t i = 0; i < n; i++) {
		if (s[i] != '.' && s[i] != '_' && s[i] != ' ')
			return false;
		dots += s[i] != ' ';
	}
	return dots >= 4;
}

bool pattern_page_number(const char *s, size_t n)
{
	size_t i = 0;
	bool word = n > 5 && strncasecmp(s, "page ", 5) == 0;
	if (word)
		i = 5;
	size_t from = i;
	while (i < n && digit(s[i]))
		i++;
	if (i == from || i - from > 4)
		return false;
	if (i == n)
		return true;
	while (i < n && s[i] == ' ')
		i++;
	if (i < n && s[i] == '/')
		i++;
	else if (n - i > 4 && strncasecmp(s + i, "sur ", 4) == 0)
		i += 4;
	else if (n - i > 3 && strncasecmp(s + i, "de ", 3) == 0)
		i += 3;
	else
		return false;
	while (i < n && s[i] == ' ')
		i++;
	from = i;
	while (i < n && digit(s[i]))
		i++;
	return i > from && i == n;
}
