#include "dossier.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILES 2000
#define MAX_DEPTH 16
#define INSTALLED "/usr/libexec/scorpius/scorpius-reader"

static void add_file(TALLOC_CTX *mem, struct dossier *d, const char *path, const char *name, const char *error)
{
	if (d->n >= MAX_FILES)
		return;
	d->file = mem_grow(mem, d->file, struct tender_input, d->n + 1);
	d->path = mem_grow(mem, d->path, char *, d->n + 1);
	d->file[d->n] = (struct tender_input){ .file = mem_strdup(mem, name), .error = error };
	d->path[d->n++] = mem_strdup(mem, path);
}

static int by_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;
	return strcmp(*x, *y);
}

static void walk(TALLOC_CTX *mem, struct dossier *d, const char *path, const char *shown, unsigned depth)
{
	DIR *dir = depth < MAX_DEPTH ? opendir(path) : NULL;
	if (!dir) {
		add_file(mem, d, path, shown[0] != '\0' ? shown : path, "not_found");
		return;
	}
	char **names = NULL;
	size_t n = 0;
	for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		if (e->d_name[0] == '.' || n >= MAX_FILES)
			continue;
		names = mem_grow(mem, names, char *, n + 1);
		names[n++] = mem_strdup(mem, e->d_name);
	}
	closedir(dir);
	if (n > 0)
		qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n; i++) {
		struct stat st;
		char *full = mem_printf(mem, "%s/%s", path, names[i]);
		char *name = shown[0] != '\0' ? mem_printf(mem, "%s/%s", shown, names[i]) : names[i];
		if (lstat(full, &st) != 0)
			continue;
		if (S_ISDIR(st.st_mode))
			walk(mem, d, full, name, depth + 1);
		else if (S_ISREG(st.st_mode))
			add_file(mem, d, full, name, NULL);
	}
}

void dossier_collect(TALLOC_CTX *mem, char **paths, size_t n, struct dossier *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < n; i++) {
		struct stat st;
		const char *slash = strrchr(paths[i], '/');
		const char *base = slash && slash[1] != '\0' ? slash + 1 : paths[i];
		if (stat(paths[i], &st) != 0)
			add_file(mem, out, paths[i], base, "not_found");
		else if (S_ISDIR(st.st_mode))
			walk(mem, out, paths[i], "", 0);
		else
			add_file(mem, out, paths[i], base, NULL);
	}
}

static const struct {
	const char *suffix, *mime;
} types[] = {
	{ ".pdf", "application/pdf" },
	{ ".txt", "text/plain" },
	{ ".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
	{ ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
	{ ".pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation" },
	{ ".odt", "application/vnd.oasis.opendocument.text" },
	{ ".ods", "application/vnd.oasis.opendocument.spreadsheet" },
	{ ".doc", "application/msword" },
	{ ".xls", "application/vnd.ms-excel" },
	{ ".rtf", "application/rtf" },
	{ ".zip", "application/zip" },
};

static bool name_ends(const char *name, const char *suffix)
{
	size_t n = strlen(name), k = strlen(suffix);
	return n > k && strcasecmp(name + n - k, suffix) == 0;
}

static const char *type_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (name_ends(name, types[i].suffix))
			return types[i].mime;
	return "application/octet-stream";
}

/* Which office file a ZIP is: the names in its directory, at its end, tell; where they leave it
 * open, its own name. */
static bool format_of_zip(int fd, const char *name, enum doc_format *format, const char **mime)
{
	enum { TAIL = 256 << 10 };
	struct stat st;
	char *tail = mem_array(NULL, char, TAIL);
	ssize_t n = fstat(fd, &st) == 0 ? pread(fd, tail, TAIL, st.st_size > TAIL ? st.st_size - TAIL : 0) : -1;
	size_t len = n > 0 ? (size_t)n : 0;
	bool office = memmem(tail, len, "[Content_Types].xml", 19) && !name_ends(name, ".zip");
	bool word = office && memmem(tail, len, "word/document", 13),
	     excel = office && memmem(tail, len, "xl/workbook", 11);
	talloc_free(tail);
	if (!word && !excel && !name_ends(name, ".docx") && !name_ends(name, ".xlsx"))
		return false;
	*format = name_ends(name, ".xlsx") || (excel && !name_ends(name, ".docx")) ? DOC_FORMAT_XLSX : DOC_FORMAT_DOCX;
	*mime = doc_format_mime(*format);
	return true;
}

/* By content: the name may lie. False for what no reader reads. */
static bool format_of(int fd, const char *name, enum doc_format *format, const char **mime)
{
	char head[4096];
	ssize_t n = pread(fd, head, sizeof(head), 0);
	*mime = type_by_name(name);
	if (n <= 0)
		return false;
	if (memmem(head, n > 1024 ? 1024 : (size_t)n, "%PDF-", 5)) {
		*format = DOC_FORMAT_PDF;
		*mime = "application/pdf";
		return true;
	}
	if (n > 4 && memcmp(head, "PK\3\4", 4) == 0)
		return format_of_zip(fd, name, format, mime);
	/* An office file with a password stands in a container of another kind. */
	if (n > 4 && memcmp(head, "\xd0\xcf\x11\xe0", 4) == 0 &&
	    (name_ends(name, ".docx") || name_ends(name, ".xlsx"))) {
		*format = name_ends(name, ".docx") ? DOC_FORMAT_DOCX : DOC_FORMAT_XLSX;
		return true;
	}
	if (memchr(head, '\0', (size_t)n) || (n > 5 && memcmp(head, "{\\rtf", 5) == 0) ||
	    strcmp(*mime, "application/pdf") == 0)
		return false;
	if (strcmp(*mime, "text/plain") != 0 && strcmp(*mime, "application/octet-stream") != 0)
		return false;
	*format = DOC_FORMAT_TEXT;
	*mime = "text/plain";
	return true;
}

static void read_fd(TALLOC_CTX *mem, const struct reader_config *cfg, int fd, struct tender_input *f)
{
	struct stat st;
	enum doc_format format;
	if (fstat(fd, &st) != 0) {
		f->error = "io_error";
	} else if (st.st_size == 0) {
		f->error = "empty_file";
		f->mime_type = type_by_name(f->file);
	} else if (!format_of(fd, f->file, &format, &f->mime_type)) {
		f->error = strcmp(f->mime_type, "application/pdf") == 0 ? "document_unreadable" : "unread_format";
	} else {
		struct error e;
		error_clear(&e);
		struct document *doc = NULL;
		if (reader_read(mem, cfg, fd, format, &doc, &e) == ERR_OK)
			f->document = doc;
		else
			f->error = error_id(e.code);
	}
}

/* --- archives: their files are files of the dossier, named by archive and path */

struct expansion {
	TALLOC_CTX *mem;
	const struct reader_config *cfg;
	struct dossier *to;
	const char *archive;
	int fd; /* the file that comes, in memory; -1 none */
};

static enum result file_begins(void *arg, const char *path, struct error *e)
{
	struct expansion *x = arg;
	if (x->to->n >= MAX_FILES)
		return error_set(e, ERR_DOCUMENT_TOO_BIG, NULL, "limit", "entries");
	add_file(x->mem, x->to, "", mem_printf(x->mem, "%s/%s", x->archive, path), NULL);
	x->fd = memfd_create("entry", MFD_CLOEXEC);
	if (x->fd < 0) {
		error_cause(e, "memfd_create: %s", strerror(errno));
		return error_set(e, ERR_IO, NULL);
	}
	return ERR_OK;
}

static enum result file_grows(void *arg, const void *p, size_t n, struct error *e)
{
	struct expansion *x = arg;
	const char *at = p;
	while (n) {
		ssize_t wrote = write(x->fd, at, n);
		if (wrote <= 0 && errno != EINTR)
			return error_set(e, ERR_IO, NULL);
		at += wrote > 0 ? wrote : 0;
		n -= wrote > 0 ? (size_t)wrote : 0;
	}
	return ERR_OK;
}

static const char *refused_code(const char *reason)
{
	static const char *const limits[] = { "size", "compression_ratio", "entries" };
	if (strcmp(reason, "encrypted") == 0)
		return "document_encrypted";
	for (size_t i = 0; i < ARRAY_LEN(limits); i++)
		if (strcmp(reason, limits[i]) == 0)
			return "document_too_big";
	return strcmp(reason, "archive_depth") == 0 ? "unread_format" : "document_unreadable";
}

static enum result file_ends(void *arg, const char *refused, struct error *e)
{
	struct expansion *x = arg;
	struct tender_input *f = &x->to->file[x->to->n - 1];
	(void)e;
	if (refused) {
		f->error = refused_code(refused);
		f->mime_type = type_by_name(f->file);
	} else {
		read_fd(x->mem, x->cfg, x->fd, f);
		x->to->read += f->document != NULL;
	}
	close(x->fd);
	x->fd = -1;
	return ERR_OK;
}

static bool is_archive(int fd, const char *name)
{
	char head[4];
	enum doc_format format;
	const char *mime;
	if (pread(fd, head, sizeof(head), 0) != sizeof(head) || memcmp(head, "PK", 2) != 0 ||
	    (memcmp(head + 2, "\3\4", 2) != 0 && memcmp(head + 2, "\5\6", 2) != 0))
		return false;
	const char *by_name = type_by_name(name);
	return strcmp(by_name, "application/zip") == 0 ||
	       (strcmp(by_name, "application/octet-stream") == 0 && !format_of(fd, name, &format, &mime));
}

static void expand(TALLOC_CTX *mem, const struct reader_config *cfg, int fd, const char *name, struct dossier *to)
{
	struct expansion x = { mem, cfg, to, name, -1 };
	struct error e;
	size_t before = to->n;
	error_clear(&e);
	enum result rc = reader_expand(cfg, fd, &(struct reader_sink){ &x, file_begins, file_grows, file_ends }, &e);
	if (x.fd >= 0) { /* the file that had begun */
		to->file[to->n - 1].error = error_id(e.code);
		close(x.fd);
	}
	if (rc == ERR_OK && to->n > before)
		return;
	add_file(mem, to, name, name, rc == ERR_OK ? "empty_file" : error_id(e.code));
	if (to->n > before)
		to->file[to->n - 1].mime_type = "application/zip";
}

void dossier_read(TALLOC_CTX *mem, const struct reader_config *cfg, struct dossier *d)
{
	struct dossier all = { 0 };
	for (size_t i = 0; i < d->n; i++) {
		struct tender_input *f = &d->file[i];
		int fd = f->error ? -1 : open(d->path[i], O_RDONLY | O_CLOEXEC);
		if (fd < 0 && !f->error)
			f->error = errno == ENOENT ? "not_found" : "io_error";
		if (fd >= 0 && is_archive(fd, f->file)) {
			expand(mem, cfg, fd, f->file, &all);
			close(fd);
			continue;
		}
		add_file(mem, &all, d->path[i], f->file, f->error);
		if (fd >= 0 && all.n > 0) {
			read_fd(mem, cfg, fd, &all.file[all.n - 1]);
			all.read += all.file[all.n - 1].document != NULL;
		}
		if (fd >= 0)
			close(fd);
	}
	*d = all;
}

const char *dossier_reader_path(TALLOC_CTX *mem, const char *setting, const char *self)
{
	static const char *const beside[] = { "../libexec/scorpius/scorpius-reader", "../reader/scorpius-reader" };
	if (setting && setting[0] != '\0')
		return setting;
	const char *slash = self ? strrchr(self, '/') : NULL;
	for (size_t i = 0; slash && i < ARRAY_LEN(beside); i++) {
		char *path = mem_printf(mem, "%.*s/%s", (int)(slash - self), self, beside[i]);
		if (access(path, X_OK) == 0)
			return path;
	}
	return INSTALLED;
}
