/* libmagic's word, made exact where it is vague: the zip family, OLE, plain text, PDF behind junk. */
#include "content_look.h"
#include "content_type.h"

#include <errno.h>
#include <magic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_SIZE ((size_t)64 << 10)
#define PDF_JUNK 1024 /* readers of PDF look for the header that far */

#define OOXML "application/vnd.openxmlformats-officedocument."
#define ODF "application/vnd.oasis.opendocument."

const struct content_type content_types[] = {
	{ "pdf", "application/pdf", false },
	{ "docx", OOXML "wordprocessingml.document", false },
	{ "doc", "application/msword", false },
	{ "odt", ODF "text", false },
	{ "rtf", "application/rtf", false },
	{ "xlsx", OOXML "spreadsheetml.sheet", false },
	{ "xls", "application/vnd.ms-excel", false },
	{ "ods", ODF "spreadsheet", false },
	{ "pptx", OOXML "presentationml.presentation", false },
	{ "txt", "text/plain", false },
	{ "zip", "application/zip", true },
	{ NULL, NULL, false },
};

const struct content_type *content_type_by_id(const char *id)
{
	for (const struct content_type *t = content_types; t->id; t++) {
		if (strcmp(t->id, id) == 0)
			return t;
	}
	return NULL;
}

const struct content_type *content_type_by_mime(const char *mime)
{
	for (const struct content_type *t = content_types; t->id; t++) {
		if (strcmp(t->mime, mime) == 0)
			return t;
	}
	return NULL;
}

struct content_detector {
	magic_t magic;
	uint8_t *head;
};

static int detector_free(struct content_detector *d)
{
	magic_close(d->magic);
	return 0;
}

enum result content_detector_new(TALLOC_CTX *mem, struct content_detector **out, struct error *e)
{
	magic_t magic = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR);
	if (!magic || magic_load(magic, NULL) != 0) {
		error_cause(e, "libmagic: %s", magic ? magic_error(magic) : strerror(errno));
		if (magic)
			magic_close(magic);
		return error_set(e, ERR_UNAVAILABLE, NULL);
	}
	struct content_detector *d = mem_zero(mem, struct content_detector);
	d->magic = magic;
	d->head = mem_array(d, uint8_t, HEAD_SIZE);
	talloc_set_destructor(d, detector_free);
	*out = d;
	return ERR_OK;
}

/* A text never holds NUL or other controls than these; that keeps what libmagic takes for a text by its first words
 * from passing for one. UTF-16 comes with a byte order mark, and with NULs. */
static bool is_text(const uint8_t *p, size_t n)
{
	if (n >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff)))
		return true;
	for (size_t i = 0; i < n; i++) {
		if ((p[i] < 0x20 && !strchr("\t\n\v\f\r\x1b", p[i])) || p[i] == 0 || p[i] == 0x7f)
			return false;
	}
	return true;
}

/* A header within the first bytes, and an object behind it: a text that speaks of PDF has none. */
static bool is_pdf(const uint8_t *p, size_t n)
{
	const uint8_t *header = memmem(p, n < PDF_JUNK + 5 ? n : PDF_JUNK + 5, "%PDF-", 5);
	return header && memmem(header, n - (size_t)(header - p), " obj", 4) != NULL;
}

/* A text is one whatever it is about, mail, settings, a program; but pictures and pages are not read as the words that
 * they are made of. What libmagic can't name may also be the beginning of something else behind a byte order mark. */
static bool is_plain(const char *mime, const uint8_t *p)
{
	static const char *const not [] = { "image/", "application/postscript", "application/x-", "application/vnd." };
	if (strncmp(mime, "text/", 5) == 0 || strcmp(mime, "application/x-ndjson") == 0)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(not ); i++) {
		if (strncmp(mime, not [i], strlen(not [i])) == 0)
			return false;
	}
	return p[0] < 0xfe;
}

/* The id of an accepted type into *id, or NULL; what it is in any case into *found. */
static enum result look(struct content_detector *d, const struct content_source *src, size_t n, const char **id,
    const char **found, struct error *e)
{
	static const uint8_t ole[] = { 0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1 };
	const uint8_t *p = d->head;
	*id = NULL;
	*found = magic_buffer(d->magic, p, n);
	if (!*found)
		*found = "application/octet-stream";
	bool pdf = strcmp(*found, "application/pdf") == 0;
	if (n >= 5 && memcmp(p, "%PDF-", 5) == 0)
		*id = "pdf";
	else if (n >= 4 && (memcmp(p, "PK\3\4", 4) == 0 || memcmp(p, "PK\5\6", 4) == 0))
		TRY(content_look_zip(src, id, found, e));
	else if (n >= sizeof(ole) && memcmp(p, ole, sizeof(ole)) == 0)
		TRY(content_look_ole(src, id, found, e));
	else if (n >= 5 && memcmp(p, "{\\rtf", 5) == 0)
		*id = "rtf";
	else if (is_pdf(p, n))
		*id = "pdf"; /* behind junk, where libmagic sees text or nothing */
	else if (is_text(p, n) && (pdf || is_plain(*found, p)))
		*id = "txt"; /* also one that speaks of "%PDF-", which is all that libmagic looks for */
	else if (pdf)
		*id = "pdf";
	return ERR_OK;
}

static enum result detect(struct content_detector *d, const struct content_source *src, const char *field,
    const struct content_type **out, struct error *e)
{
	const char *id, *found;
	size_t n;
	if (src->size == 0)
		return error_set(e, ERR_EMPTY_FILE, field, "name", src->filename);
	TRY(src->read_at(src->arg, 0, d->head, HEAD_SIZE, &n, e));
	TRY(look(d, src, n, &id, &found, e));
	const struct content_type *t = id ? content_type_by_id(id) : NULL;
	/* Somebody who sends "x.pdf" means a PDF: better told now that it is none than after its analysis. */
	if (!t || (content_name_ends(src->filename, ".pdf") && strcmp(id, "pdf") != 0))
		return error_set(e, ERR_FILE_TYPE_REFUSED, field, "name", src->filename, "type", t ? t->mime : found);
	*out = t;
	return ERR_OK;
}

static enum result read_put(void *arg, int64_t offset, void *p, size_t n, size_t *got, struct error *e)
{
	return store_put_read_at(arg, offset, p, n, got, e);
}

enum result content_type_of_put(struct content_detector *d, struct store_put *put, const char *filename,
    const char *field, const struct content_type **out, struct error *e)
{
	struct content_source src = { read_put, put, store_put_size(put), filename };
	return detect(d, &src, field, out, e);
}

static enum result read_fd(void *arg, int64_t offset, void *p, size_t n, size_t *got, struct error *e)
{
	*got = 0;
	while (*got < n) {
		ssize_t r = pread(*(int *)arg, (char *)p + *got, n - *got, offset + (int64_t)*got);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0) {
			error_cause(e, "read: %s", strerror(errno));
			return error_set(e, ERR_IO, NULL);
		}
		if (r == 0)
			break;
		*got += (size_t)r;
	}
	return ERR_OK;
}

enum result content_type_of_fd(struct content_detector *d, int fd, const char *filename, const char *field,
    const struct content_type **out, struct error *e)
{
	struct stat st;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		error_cause(e, "not a regular file");
		return error_set(e, ERR_IO, NULL);
	}
	struct content_source src = { read_fd, &fd, st.st_size, filename };
	return detect(d, &src, field, out, e);
}
