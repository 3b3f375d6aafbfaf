#include "error.h"
#include "error_words.h"
#include "log.h"
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *id;
	int http, exit_status;
	const char *text[2];
} list[ERR__COUNT] = {
#define X(name, id, http, exit_status, en, fr) [ERR_##name] = { id, http, exit_status, { en, fr } },
	ERROR_LIST(X)
#undef X
};

void error_clear(struct error *e)
{
	e->code = ERR_OK;
	e->n_faults = 0;
	e->cause[0] = '\0';
	e->retry_after = 0;
	e->file = NULL;
	e->line = 0;
}

static void copy_cut(char *out, size_t size, const char *s)
{
	size_t n = strlen(s);
	if (n >= size)
		n = text_cut(s, n, size - 1);
	memcpy(out, s, n);
	out[n] = '\0';
}

enum result error_set_at(struct error *e, const char *file, int line, enum result code, const char *field, ...)
{
	if (e->n_faults == 0) {
		e->code = code;
		e->file = file;
		e->line = line;
	}
	if (e->n_faults == ERROR_MAX_FAULTS)
		return code;
	struct fault *f = &e->faults[e->n_faults++];
	f->code = code;
	f->n_args = 0;
	copy_cut(f->field, sizeof f->field, field ? field : "");
	va_list args;
	va_start(args, field);
	const char *name;
	while ((name = va_arg(args, const char *)) != NULL && f->n_args < ERROR_MAX_ARGS) {
		const char *value = va_arg(args, const char *);
		struct error_arg *a = &f->args[f->n_args++];
		copy_cut(a->name, sizeof a->name, name);
		copy_cut(a->value, sizeof a->value, value ? value : "");
	}
	va_end(args);
	return code;
}

void error_cause(struct error *e, const char *fmt, ...)
{
	if (e->cause[0])
		return;
	va_list args;
	va_start(args, fmt);
	vsnprintf(e->cause, sizeof e->cause, fmt, args);
	va_end(args);
	/* Libraries end their messages with a line end; the log wants one line. */
	size_t n = strlen(e->cause);
	while (n > 0 && (e->cause[n - 1] == '\n' || e->cause[n - 1] == ' '))
		e->cause[--n] = '\0';
}

const char *error_id(enum result code)
{
	return list[code].id;
}

int error_http_status(enum result code)
{
	return list[code].http;
}

int error_exit_status(enum result code)
{
	return list[code].exit_status;
}

static const char *in_words(const char *value, enum language lang)
{
	static const struct {
		const char *key, *text[2];
	} words[] = {
#define X(key, en, fr) { key, { en, fr } },
		ERROR_WORDS(X)
#undef X
	};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i].key, value) == 0)
			return words[i].text[lang == LANG_FR];
	return value;
}

/* Only these arguments are ours: what a client sent is shown as it was sent. */
static bool is_ours(const char *name)
{
	return strcmp(name, "reason") == 0 || strcmp(name, "type") == 0 || strcmp(name, "limit") == 0 ||
	       strcmp(name, "expected") == 0;
}

static const char *find_arg(const struct fault *f, const char *name, size_t n, enum language lang)
{
	for (unsigned i = 0; i < f->n_args; i++)
		if (strlen(f->args[i].name) == n && memcmp(f->args[i].name, name, n) == 0)
			return is_ours(f->args[i].name) ? in_words(f->args[i].value, lang) : f->args[i].value;
	return "?";
}

void error_text(const struct fault *f, enum language lang, char *out, size_t size)
{
	char whole[1024];
	size_t n = 0;
	const char *s = list[f->code].text[lang == LANG_FR];
	while (*s && n < sizeof whole - 1) {
		const char *end;
		if (*s == '{' && (end = strchr(s, '}')) != NULL) {
			const char *value = find_arg(f, s + 1, (size_t)(end - s - 1), lang);
			size_t len = strlen(value);
			if (len > sizeof whole - 1 - n)
				len = sizeof whole - 1 - n;
			memcpy(whole + n, value, len);
			n += len;
			s = end + 1;
		} else {
			whole[n++] = *s++;
		}
	}
	whole[n] = '\0';
	copy_cut(out, size, whole);
}

struct num_text num_text(long long n)
{
	struct num_text t;
	snprintf(t.s, sizeof t.s, "%lld", n);
	return t;
}

void bug_at(const char *file, int line, const char *fmt, ...)
{
	char msg[256];
	va_list args;
	va_start(args, fmt);
	vsnprintf(msg, sizeof msg, fmt, args);
	va_end(args);
	log_error("bug", "what", msg, "file", file, "line", num_text(line).s);
	_exit(70);
}
