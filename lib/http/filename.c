#include "filename.h"
#include "text.h"

#include <string.h>

enum result filename_clean(TALLOC_CTX *mem, const char *raw, const char **out, struct error *e)
{
	if (!text_utf8_valid(raw, strlen(raw)))
		return error_set(e, ERR_INVALID_UTF8, "filename");
	const char *last = raw;
	for (const char *p = raw; *p; p++)
		if (*p == '/' || *p == '\\')
			last = p + 1;
	char *name = mem_strdup(mem, last);
	char *w = name;
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p >= 0x20 && *p != 0x7F)
			*w++ = *p;
	*w = '\0';
	if (strlen(name) > FILENAME_MAX_BYTES)
		return error_set(e, ERR_TOO_LONG, "filename", "max", num_text(FILENAME_MAX_BYTES).s);
	*out = strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ? "" : name;
	return ERR_OK;
}
