#include "upload_metadata.h"
#include "crypto.h"
#include "filename.h"
#include "text.h"
#include "uuid.h"

#include <string.h>

enum { FILENAME, TENDER_ID, DOCUMENT_TYPE, FILETYPE, NAME, N_NAMES };
static const char *const names[N_NAMES] = { "filename", "tender_id", "document_type", "filetype", "name" };

const char *upload_document_type(const char *text, struct error *e)
{
	static const char *const types[] = { "rc", "ccap", "cctp", "ccp", "ae", "aapc", "bpu", "dpgf", "dqe", "dc1",
		"dc2", "planning", "memoire_frame", "annexe", "other" };
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (strcmp(types[i], text) == 0)
			return types[i];
	error_set(e, ERR_INVALID_VALUE, "document_type", "value", text, "expected", "rc, ccap, cctp, ae, ...");
	return NULL;
}

static enum result malformed(TALLOC_CTX *mem, const char *pair, size_t n, struct error *e)
{
	return error_set(e, ERR_UPLOAD_METADATA, "Upload-Metadata", "value", mem_strndup(mem, pair, n < 100 ? n : 100));
}

/* The value of a pair as text; NULL when it is none. */
static const char *value_of(TALLOC_CTX *mem, const char *pair, size_t n, size_t name_len, struct error *e)
{
	size_t begin = name_len < n ? name_len + 1 : n, size;
	char *value = mem_array(mem, char, n - begin + 1);
	if (!crypto_unbase64(pair + begin, n - begin, value, n - begin, &size)) {
		malformed(mem, pair, n, e);
		return NULL;
	}
	value[size] = '\0';
	const char *name = mem_strndup(mem, pair, name_len);
	if (memchr(value, '\0', size)) {
		error_set(e, ERR_NUL_IN_TEXT, name);
		return NULL;
	}
	if (!text_utf8_valid(value, size)) {
		error_set(e, ERR_INVALID_UTF8, name);
		return NULL;
	}
	return value;
}

static void take(TALLOC_CTX *mem, int which, const char *value, struct upload_metadata *out, struct error *e)
{
	switch (which) {
	case FILENAME:
		/* Its faults are noted, too. */
		if (filename_clean(mem, value, &out->filename, e) == ERR_OK && !*out->filename)
			error_set(e, ERR_MISSING_FIELD, "filename");
		break;
	case TENDER_ID:
		out->tender_id.set = uuid_parse(value, &out->tender_id.value);
		if (!out->tender_id.set)
			error_set(e, ERR_INVALID_ID, "tender_id", "value", value);
		break;
	case DOCUMENT_TYPE:
		out->document_type = upload_document_type(value, e);
		break;
	default:
		break;
	}
}

static void read_pair(
    TALLOC_CTX *mem, const char *pair, size_t n, bool seen[N_NAMES], struct upload_metadata *out, struct error *e)
{
	const char *space = memchr(pair, ' ', n);
	size_t name_len = space ? (size_t)(space - pair) : n;
	if (name_len == 0) {
		malformed(mem, pair, n, e);
		return;
	}
	const char *name = mem_strndup(mem, pair, name_len < 90 ? name_len : 90);
	int which = 0;
	while (which < N_NAMES && strcmp(names[which], name) != 0)
		which++;
	if (which == N_NAMES) {
		error_set(e, ERR_UNKNOWN_FIELD, name, "name", name);
		return;
	}
	if (seen[which]) {
		error_set(e, ERR_DUPLICATE_FIELD, name, "name", name);
		return;
	}
	seen[which] = true;
	const char *value = value_of(mem, pair, n, name_len, e);
	if (value)
		take(mem, which, value, out, e);
}

enum result upload_metadata_read(TALLOC_CTX *mem, const char *text, struct upload_metadata *out, struct error *e)
{
	bool seen[N_NAMES] = { false };
	*out = (struct upload_metadata){ 0 };
	if (strlen(text) > UPLOAD_METADATA_MAX)
		return error_set(e, ERR_TOO_LONG, "Upload-Metadata", "max", num_text(UPLOAD_METADATA_MAX).s);
	for (const char *p = text; *p; p++)
		if (*p < ' ' || *p > '~')
			return malformed(mem, "", 0, e);
	for (const char *p = text; *p;) {
		p += strspn(p, " ");
		size_t n = strcspn(p, ",");
		size_t trimmed = n;
		while (trimmed > 0 && p[trimmed - 1] == ' ')
			trimmed--;
		if (trimmed > 0 || p[n] == ',')
			read_pair(mem, p, trimmed, seen, out, e);
		p += n + (p[n] == ',');
	}
	if (!seen[FILENAME])
		error_set(e, ERR_MISSING_FIELD, "filename");
	return e->n_faults ? e->code : ERR_OK;
}
