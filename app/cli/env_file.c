#include "env_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SIZE_MAX_BYTES (1 << 20)

static char *trimmed(char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	for (size_t n = strlen(s); n > 0 && isspace((unsigned char)s[n - 1]); n--)
		s[n - 1] = '\0';
	return s;
}

static void add_line(TALLOC_CTX *mem, struct env_file *out, char *line)
{
	char *name = trimmed(line), *equals = strchr(name, '=');
	if (*name == '#' || *name == ';' || !equals)
		return;
	*equals = '\0';
	name = trimmed(name);
	char *value = trimmed(equals + 1);
	size_t n = strlen(value);
	if (n >= 2 && (*value == '"' || *value == '\'') && value[n - 1] == *value) {
		value[n - 1] = '\0';
		value++;
	}
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '_')
			return;
	out->p = mem_grow(mem, out->p, struct env_line, out->n + 1);
	out->p[out->n++] = (struct env_line){ name, value };
}

enum result env_file_read(TALLOC_CTX *mem, const char *path, struct env_file *out, struct error *e)
{
	*out = (struct env_file){ NULL, 0 };
	FILE *f = fopen(path, "re");
	if (!f) {
		enum result rc = errno == ENOENT ? ERR_NOT_FOUND : errno == EACCES ? ERR_FORBIDDEN : ERR_IO;
		error_cause(e, "%s: %s", path, strerror(errno));
		return error_set(e, rc, NULL);
	}
	char *text = mem_array(mem, char, SIZE_MAX_BYTES + 1);
	size_t n = fread(text, 1, SIZE_MAX_BYTES, f);
	bool bad = ferror(f) != 0;
	fclose(f);
	if (bad) {
		error_cause(e, "%s: %s", path, strerror(errno));
		return error_set(e, ERR_IO, NULL);
	}
	text[n] = '\0';
	for (char *line = text; line;) {
		char *end = strchr(line, '\n');
		if (end)
			*end = '\0';
		add_line(mem, out, line);
		line = end ? end + 1 : NULL;
	}
	return ERR_OK;
}
