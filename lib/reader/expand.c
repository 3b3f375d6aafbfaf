/* An archive's files as the reader program streams them: records are checked one by one, as the program may have been
 * taken over by what it read. */
#include "clock.h"
#include "reader_private.h"
#include "text.h"

#include <string.h>
#include <strings.h>

#define PATH_LONGEST 4096u
#define FILES_MAX 4000u

struct expansion {
	const struct reader_config *cfg;
	const struct reader_sink *sink;
	struct reader_child child;
	int64_t left; /* microseconds that may still be waited */
	char in[READER_RECORD_HEADER + READER_RECORD_MAX];
	size_t have;
	bool open, done; /* within a file; the end was told */
	bool litter;     /* the file is none to tell of */
	unsigned files;
	uint64_t bytes;
};

enum turn { TURN_ON, TURN_CLOSED, TURN_LATE, TURN_NONSENSE };

static uint32_t little(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;
	return (uint32_t)u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
}

/* Waits until `need` bytes are there; only this time counts. */
static enum turn fill(struct expansion *x, size_t need)
{
	while (x->have < need) {
		size_t n;
		int64_t begun = clock_mono_us();
		enum read_end how =
		    reader_child_read(&x->child, begun + x->left, x->in + x->have, sizeof(x->in) - x->have, &n);
		x->left -= clock_mono_us() - begun;
		if (how == READ_LATE)
			return TURN_LATE;
		if (how == READ_CLOSED)
			return TURN_CLOSED;
		x->have += n;
	}
	return TURN_ON;
}

/* Again here what the program promises: this side is what other code relies on. */
static bool path_valid(const char *s, size_t n)
{
	if (n == 0 || n > PATH_LONGEST || !text_utf8_valid(s, n))
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return false;
	return true;
}

static bool path_leads_out(const char *s)
{
	if (s[0] == '/' || (s[0] && s[1] == ':'))
		return true;
	for (const char *p = s; p; p = strchr(p, '/'), p = p ? p + 1 : NULL)
		if (p[0] == '.' && p[1] == '.' && (p[2] == '/' || p[2] == 0))
			return true;
	return false;
}

/* What file managers and word processors leave beside the files of an archive: nobody put it there as a file. */
static bool is_litter(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	return strncmp(path, "__MACOSX/", 9) == 0 || strstr(path, "/__MACOSX/") != NULL ||
	       strncmp(name, "~$", 2) == 0 || strcmp(name, ".DS_Store") == 0 || strcasecmp(name, "Thumbs.db") == 0 ||
	       strcasecmp(name, "desktop.ini") == 0;
}

static enum result begin(struct expansion *x, const char *p, size_t n, bool *unsafe, struct error *e)
{
	char *path = mem_strndup(NULL, p, n);
	*unsafe = path_leads_out(path);
	x->litter = is_litter(path);
	enum result rc = x->litter ? ERR_OK : x->sink->begin(x->sink->arg, path, e);
	talloc_free(path);
	return rc;
}

/* One record; *sense is false for one that may not stand there. */
static enum result take(
    struct expansion *x, uint32_t kind, const char *p, size_t n, bool *unsafe, bool *sense, struct error *e)
{
	char reason[READER_REASON_MAX];
	*sense = true;
	switch ((enum reader_record)kind) {
	case READER_ENTRY:
		if (x->open || !path_valid(p, n) || ++x->files > FILES_MAX)
			break;
		x->open = true;
		return begin(x, p, n, unsafe, e);
	case READER_DATA:
		x->bytes += n;
		if (!x->open || *unsafe || x->bytes > (uint64_t)2 << 30)
			break;
		return x->litter ? ERR_OK : x->sink->data(x->sink->arg, p, n, e);
	case READER_END:
		if (!x->open || *unsafe || n != 0)
			break;
		x->open = false;
		return x->litter ? ERR_OK : x->sink->end(x->sink->arg, NULL, e);
	case READER_REFUSED:
		if (!x->open)
			break;
		x->open = *unsafe = false;
		reader_reason(p, n, reason);
		return x->litter ? ERR_OK : x->sink->end(x->sink->arg, reason, e);
	case READER_DONE:
		if (x->open || n != 0)
			break;
		x->done = true;
		return ERR_OK;
	case READER_FAILED:
		if (n < 4)
			break;
		return reader_refused(little(p), p + 4, n - 4, e);
	}
	*sense = false;
	return ERR_OK;
}

static enum result stream(struct expansion *x, enum turn *how, struct error *e)
{
	bool unsafe = false, sense = true;
	while (!x->done) {
		*how = fill(x, READER_RECORD_HEADER);
		if (*how != TURN_ON)
			return ERR_OK;
		uint32_t kind = little(x->in), n = little(x->in + 4);
		if (n <= READER_RECORD_MAX)
			*how = fill(x, READER_RECORD_HEADER + n);
		else
			*how = TURN_NONSENSE;
		if (*how != TURN_ON)
			return ERR_OK;
		TRY(take(x, kind, x->in + READER_RECORD_HEADER, n, &unsafe, &sense, e));
		if (!sense) {
			*how = TURN_NONSENSE;
			return ERR_OK;
		}
		x->have -= READER_RECORD_HEADER + n;
		memmove(x->in, x->in + READER_RECORD_HEADER + n, x->have);
	}
	return ERR_OK;
}

enum result reader_expand(const struct reader_config *cfg, int fd, const struct reader_sink *sink, struct error *e)
{
	struct expansion *x = mem_zero(NULL, struct expansion);
	enum turn how = TURN_ON;
	x->cfg = cfg;
	x->sink = sink;
	x->child.out = -1;
	x->left = cfg->timeout * 1000000;
	enum result rc = reader_child_start(cfg, fd, "zip", &x->child, e);
	if (rc != ERR_OK) {
		talloc_free(x);
		reader_count("archive", rc);
		return rc;
	}
	rc = stream(x, &how, e);
	int status = reader_child_end(&x->child);
	if (rc == ERR_OK && how == TURN_LATE) {
		rc = error_set(e, ERR_READER_TIMEOUT, NULL);
	} else if (rc == ERR_OK && how == TURN_CLOSED) {
		rc = reader_broken(status, e);
	} else if (rc == ERR_OK && how == TURN_NONSENSE) {
		error_cause(e, "the reader's answer is no stream of files");
		rc = error_set(e, ERR_READER_CRASHED, NULL);
	}
	talloc_free(x);
	reader_count("archive", rc);
	return rc;
}
