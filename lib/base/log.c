#include "log.h"
#include "clock.h"
#include "json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* The log sink is one of the two mutable globals (metrics.c has the other), with the stop flag of each program. It uses
 * no allocation, so that running out of memory can be logged too. */
static struct {
	const char *program;
	enum log_level lowest;
	struct {
		char key[24], value[64];
	} context[8];
	unsigned n_context;
} sink = { .program = "scorpius", .lowest = LOG_INFO };

struct line {
	char data[4096];
	size_t len;
};

static const char *const level_names[] = { "debug", "info", "warn", "error" };

void log_open(const char *program, enum log_level lowest)
{
	sink.program = program;
	sink.lowest = lowest;
	sink.n_context = 0;
}

bool log_level_parse(const char *s, enum log_level *out)
{
	static const char *const names[] = { "DEBUG", "INFO", "WARNING", "ERROR" };
	for (unsigned i = 0; i < ARRAY_LEN(names); i++)
		if (strcasecmp(s, names[i]) == 0) {
			*out = (enum log_level)i;
			return true;
		}
	return false;
}

void log_context(const char *key, const char *value)
{
	unsigned i = 0;
	while (i < sink.n_context && strcmp(sink.context[i].key, key) != 0)
		i++;
	if (!value) {
		if (i < sink.n_context)
			sink.context[i] = sink.context[--sink.n_context];
		return;
	}
	if (i == ARRAY_LEN(sink.context))
		return;
	if (i == sink.n_context)
		sink.n_context++;
	snprintf(sink.context[i].key, sizeof sink.context[i].key, "%s", key);
	snprintf(sink.context[i].value, sizeof sink.context[i].value, "%s", value);
}

void log_context_clear(void)
{
	sink.n_context = 0;
}

static void put(struct line *l, const char *s, size_t n)
{
	/* Room is kept for the end of the line. */
	size_t room = sizeof l->data - 8 - l->len;
	if (n > room)
		n = room;
	memcpy(l->data + l->len, s, n);
	l->len += n;
}

static void put_quoted(struct line *l, const char *s)
{
	put(l, "\"", 1);
	for (size_t i = 0; s[i] && i < 1024; i++) {
		unsigned char c = (unsigned char)s[i];
		if (c == '"' || c == '\\') {
			char two[2] = { '\\', (char)c };
			put(l, two, 2);
		} else if (c >= 0x20 && c < 0x7F) {
			put(l, (const char *)&s[i], 1);
		} else {
			/* Everything else byte by byte: no terminal escape, no broken UTF-8 reaches a reader of logs.
			 */
			char six[8];
			snprintf(six, sizeof six, "\\u%04x", c);
			put(l, six, 6);
		}
	}
	put(l, "\"", 1);
}

static bool is_number(const char *s)
{
	size_t n = strspn(s, "0123456789");
	return n > 0 && n < 16 && s[n] == '\0' && (n == 1 || s[0] != '0');
}

static void put_pair(struct line *l, const char *key, const char *value)
{
	put(l, ",", 1);
	put_quoted(l, key);
	put(l, ":", 1);
	if (!value)
		put(l, "null", 4);
	else if (is_number(value))
		put(l, value, strlen(value));
	else
		put_quoted(l, value);
}

static void begin(struct line *l, enum log_level level, const char *msg)
{
	char time[32], head[160];
	int64_t now = clock_now_us();
	clock_rfc3339(now, time);
	time[19] = '\0';
	int n = snprintf(head, sizeof head, "{\"time\":\"%s.%03dZ\",\"level\":\"%s\",\"program\":\"%s\",\"pid\":%d",
	    time, (int)(now / 1000 % 1000), level_names[level], sink.program, (int)getpid());
	l->len = 0;
	put(l, head, (size_t)n);
	put_pair(l, "msg", msg);
	for (unsigned i = 0; i < sink.n_context; i++)
		put_pair(l, sink.context[i].key, sink.context[i].value);
}

static void end(struct line *l)
{
	l->data[l->len++] = '}';
	l->data[l->len++] = '\n';
	/* One write: lines of several processes do not mix. Nobody can be told when it fails. */
	ssize_t ignored = write(STDERR_FILENO, l->data, l->len);
	(void)ignored;
}

void log_at(enum log_level level, const char *msg, ...)
{
	if (level < sink.lowest)
		return;
	struct line l;
	begin(&l, level, msg);
	va_list args;
	va_start(args, msg);
	const char *key;
	while ((key = va_arg(args, const char *)) != NULL) {
		const char *value = va_arg(args, const char *);
		put_pair(&l, key, value);
	}
	va_end(args);
	end(&l);
}

void log_failure(enum log_level level, const char *msg, const struct error *e)
{
	if (level < sink.lowest)
		return;
	struct line l;
	begin(&l, level, msg);
	put_pair(&l, "code", error_id(e->code));
	if (e->cause[0])
		put_pair(&l, "cause", e->cause);
	for (unsigned i = 0; i < e->n_faults && i < 4; i++)
		if (e->faults[i].field[0])
			put_pair(&l, "field", e->faults[i].field);
	if (e->file) {
		put_pair(&l, "file", e->file);
		put_pair(&l, "line", num_text(e->line).s);
	}
	end(&l);
}
