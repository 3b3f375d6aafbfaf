/* The parser keeps one window of bytes. The delimiter "\r\n--boundary" is searched in it; what stands before a possible
 * delimiter is given out, the rest waits for more bytes. A CRLF put in front of the body makes the first delimiter like
 * all others. */
#include "multipart.h"
#include "filename.h"
#include "text.h"

#include <string.h>
#include <strings.h>

#define WINDOW 65536

enum state { BEFORE_FIRST, IN_PART, AT_DELIMITER, FINISHED };

struct multipart {
	TALLOC_CTX *mem;
	multipart_source *read;
	void *read_self;
	char delimiter[76]; /* CRLF, "--", boundary */
	size_t delimiter_len;
	char *window;
	size_t start, end; /* bytes of the window not given out */
	bool source_ended;
	enum state state;
	unsigned parts;
};

static enum result malformed(struct error *e, const char *reason)
{
	return error_set(e, ERR_MALFORMED_MULTIPART, NULL, "reason", reason);
}

/* Copies the parameter `name` of a header value ("; name=value" or "; name=\"va\\\"lue\""). False when absent or too
 * long. A backslash before a quote or backslash escapes it; browsers write %22 for a quote, which is left alone. */
static bool get_parameter(const char *s, const char *name, char *out, size_t size, bool *too_long)
{
	size_t name_len = strlen(name);
	*too_long = false;
	while ((s = strchr(s, ';')) != NULL) {
		s += 1 + strspn(s + 1, " \t");
		bool match = strncasecmp(s, name, name_len) == 0 && s[name_len] == '=';
		const char *p = s + strcspn(s, "=;\"");
		if (*p != '=')
			continue;
		p++;
		size_t n = 0;
		bool quoted = *p == '"';
		for (p += quoted; *p && (quoted ? *p != '"' : *p != ';' && *p != ' ' && *p != '\t'); p++) {
			if (quoted && *p == '\\' && (p[1] == '"' || p[1] == '\\'))
				p++;
			if (match) {
				if (n + 1 >= size)
					return *too_long = true, false;
				out[n] = *p;
			}
			n++;
		}
		if (match)
			return out[n] = '\0', true;
		s = p;
		if (*s == '\0')
			return false;
	}
	return false;
}

enum result multipart_begin(TALLOC_CTX *mem, const char *content_type, multipart_source *read, void *self,
    struct multipart **out, struct error *e)
{
	char boundary[71];
	bool too_long;
	if (!content_type || strncasecmp(content_type, "multipart/form-data", 19) != 0)
		return error_set(e, ERR_UNSUPPORTED_MEDIA_TYPE, NULL, "expected", "multipart/form-data");
	/* RFC 2046, 5.1.1: 1 to 70 characters. */
	if (!get_parameter(content_type, "boundary", boundary, sizeof boundary, &too_long) || !boundary[0])
		return malformed(e, too_long ? "the boundary is too long" : "no boundary");
	struct multipart *m = mem_zero(mem, struct multipart);
	m->mem = mem;
	m->read = read;
	m->read_self = self;
	memcpy(m->delimiter, "\r\n--", 4);
	m->delimiter_len = 4 + strlen(boundary);
	memcpy(m->delimiter + 4, boundary, m->delimiter_len - 4);
	m->window = mem_array(m, char, WINDOW);
	memcpy(m->window, "\r\n", 2);
	m->end = 2;
	*out = m;
	return ERR_OK;
}

static enum result read_request(void *self, void *p, size_t n, size_t *got, struct error *e)
{
	return request_read(self, p, n, got, e);
}

enum result multipart_of_request(struct request *rq, struct multipart **out, struct error *e)
{
	return multipart_begin(rq->mem, request_header(rq, "CONTENT_TYPE"), read_request, rq, out, e);
}

/* Makes at least `want` bytes available, unless the source ends. */
static enum result fill(struct multipart *m, size_t want, struct error *e)
{
	if (m->start > 0 && m->start + want > WINDOW) {
		memmove(m->window, m->window + m->start, m->end - m->start);
		m->end -= m->start;
		m->start = 0;
	}
	while (m->end - m->start < want && !m->source_ended) {
		size_t got;
		TRY(m->read(m->read_self, m->window + m->end, WINDOW - m->end, &got, e));
		m->source_ended = got == 0;
		m->end += got;
	}
	return ERR_OK;
}

/* Gives out bytes up to the next delimiter: *n of them at *p, 0 when the delimiter stands here (and is consumed). */
static enum result content(struct multipart *m, size_t max, const char **p, size_t *n, struct error *e)
{
	if (m->state == AT_DELIMITER) {
		*n = 0;
		return ERR_OK;
	}
	TRY(fill(m, m->delimiter_len + 1, e));
	const char *s = m->window + m->start;
	size_t have = m->end - m->start;
	const char *d = memmem(s, have, m->delimiter, m->delimiter_len);
	if (d == s) {
		m->start += m->delimiter_len;
		m->state = AT_DELIMITER;
		*n = 0;
		return ERR_OK;
	}
	if (!d && m->source_ended)
		return malformed(e, "it ends without its final boundary");
	/* Without a delimiter in sight the last bytes may be the beginning of one. */
	size_t sure = d ? (size_t)(d - s) : have - (m->delimiter_len - 1);
	if (sure > max)
		sure = max;
	*p = s;
	*n = sure;
	m->start += sure;
	return ERR_OK;
}

/* One line of a part's headers, without its CRLF, NUL-terminated in the window. */
static enum result header_line(struct multipart *m, size_t *budget, char **line, struct error *e)
{
	for (size_t want = 2;; want = m->end - m->start + 1) {
		TRY(fill(m, want, e));
		char *s = m->window + m->start;
		size_t have = m->end - m->start;
		char *crlf = memmem(s, have, "\r\n", 2);
		if ((crlf && (size_t)(crlf - s) + 2 > *budget) || (!crlf && have > *budget))
			return malformed(e, "the headers of a part are too long");
		if (crlf) {
			if (memchr(s, '\0', (size_t)(crlf - s)))
				return malformed(e, "a NUL stands in a header");
			*budget -= (size_t)(crlf - s) + 2;
			*crlf = '\0';
			m->start += (size_t)(crlf - s) + 2;
			*line = s;
			return ERR_OK;
		}
		if (m->source_ended)
			return malformed(e, "it ends within the headers of a part");
	}
}

static enum result clean_filename(struct multipart *m, const char *raw, const char **out, struct error *e)
{
	*out = "";
	if (!*raw) /* a form that was sent without a file chosen */
		return ERR_OK;
	TRY(filename_clean(m->mem, raw, out, e));
	return **out ? ERR_OK : malformed(e, "a file has no name");
}

static enum result disposition(struct multipart *m, const char *value, struct multipart_part *part, struct error *e)
{
	char name[256], filename[MULTIPART_MAX_NAME + 1];
	bool too_long;
	if (strncasecmp(value, "form-data", 9) != 0)
		return malformed(e, "a part is not form-data");
	if (!get_parameter(value, "name", name, sizeof name, &too_long) || !text_utf8_valid(name, strlen(name)))
		return malformed(e, "a part has no usable name");
	part->name = mem_strdup(m->mem, name);
	if (get_parameter(value, "filename", filename, sizeof filename, &too_long))
		return clean_filename(m, filename, &part->filename, e);
	if (too_long)
		return error_set(e, ERR_TOO_LONG, "filename", "max", num_text(MULTIPART_MAX_NAME).s);
	return ERR_OK;
}

enum result multipart_next(struct multipart *m, bool *more, struct multipart_part *part, struct error *e)
{
	*more = false;
	*part = (struct multipart_part){ 0 };
	if (m->state == FINISHED)
		return ERR_OK;
	const char *ignored;
	for (size_t n = 1; n > 0;)
		TRY(content(m, WINDOW, &ignored, &n, e));
	/* Behind a delimiter stands "--" (the end) or, after blanks, a CRLF and the next part. */
	TRY(fill(m, 2, e));
	if (m->end - m->start >= 2 && memcmp(m->window + m->start, "--", 2) == 0) {
		m->state = FINISHED;
		/* The epilogue is read, so that a body shorter than announced is noticed. */
		while (!m->source_ended) {
			m->start = m->end = 0;
			TRY(fill(m, 1, e));
		}
		return ERR_OK;
	}
	if (++m->parts > MULTIPART_MAX_PARTS)
		return malformed(e, "too many parts");
	size_t budget = MULTIPART_MAX_HEADERS;
	char *line;
	TRY(header_line(m, &budget, &line, e));
	if (line[strspn(line, " \t")] != '\0')
		return malformed(e, "something stands behind a boundary");
	for (;;) {
		TRY(header_line(m, &budget, &line, e));
		if (*line == '\0')
			break;
		static const char wanted[] = "Content-Disposition:";
		if (strncasecmp(line, wanted, sizeof wanted - 1) == 0)
			TRY(disposition(
			    m, line + sizeof wanted - 1 + strspn(line + sizeof wanted - 1, " \t"), part, e));
	}
	if (!part->name)
		return malformed(e, "a part has no Content-Disposition");
	/* An empty part's delimiter begins with the CRLF that ended the headers. */
	m->start -= 2;
	m->window[m->start] = '\r';
	m->window[m->start + 1] = '\n';
	TRY(fill(m, m->delimiter_len + 1, e));
	if (m->end - m->start < m->delimiter_len || memcmp(m->window + m->start, m->delimiter, m->delimiter_len) != 0)
		m->start += 2;
	m->state = IN_PART;
	*more = true;
	return ERR_OK;
}

enum result multipart_read(struct multipart *m, void *p, size_t n, size_t *got, struct error *e)
{
	const char *s = NULL;
	*got = 0;
	if (m->state != IN_PART)
		return ERR_OK;
	TRY(content(m, n, &s, got, e));
	if (*got)
		memcpy(p, s, *got);
	return ERR_OK;
}

enum result multipart_text(struct multipart *m, const char *field, size_t max, const char **out, struct error *e)
{
	char *text = mem_array(m->mem, char, max + 2);
	size_t len = 0, got;
	do {
		TRY(multipart_read(m, text + len, max + 1 - len, &got, e));
		len += got;
	} while (got && len <= max);
	if (len > max)
		return error_set(e, ERR_TOO_LONG, field, "max", num_text((long long)max).s);
	if (memchr(text, '\0', len))
		return error_set(e, ERR_NUL_IN_TEXT, field);
	if (!text_utf8_valid(text, len))
		return error_set(e, ERR_INVALID_UTF8, field);
	text[len] = '\0';
	*out = text;
	return ERR_OK;
}
