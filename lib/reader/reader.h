/* The client side of scorpius-reader: one hostile file in, its encoded document model out. Each call starts one
 * process, which holds two descriptors and no environment, and has ended and been reaped when the call returns.
 *
 * Process safety: may be called in any process; not from two threads of one process at a time. A parent that reaps all
 * of its children itself does no harm, but the reason of a crash is then not known. */
#ifndef READER_READER_H
#define READER_READER_H

#include "document.h"

struct reader_config {
	const char *path;  /* the program */
	int64_t timeout;   /* seconds of wall time and of processor time, at least 1 */
	int64_t memory;    /* bytes of address space, at least 64 MiB; the file's own size comes on top */
	int64_t max_model; /* longest answer in bytes; 0: 256 MiB */
};

/* Reads a document from `fd`, a regular file or memfd, from its beginning; it stays open and where it was. *model (in
 * mem) is what doc_encode wrote and has been decoded once: doc_decode will take it.
 *
 * ERR_DOCUMENT_ENCRYPTED, ERR_DOCUMENT_UNREADABLE, ERR_DOCUMENT_TOO_BIG, ERR_FORMAT_UNREAD: the file's fault.
 * ERR_READER_TIMEOUT, ERR_READER_CRASHED: the file most likely is hostile or hits a bug; the process was ended.
 * ERR_INTERNAL: the program could not be started. */
enum result reader_run(TALLOC_CTX *mem, const struct reader_config *cfg, int fd, enum doc_format format,
    uint8_t **model, size_t *n, struct error *e) MUST_CHECK;

/* The same for bytes in memory, passed on by a sealed memfd. */
enum result reader_run_bytes(TALLOC_CTX *mem, const struct reader_config *cfg, const void *bytes, size_t size,
    enum doc_format format, uint8_t **model, size_t *n, struct error *e) MUST_CHECK;

/* reader_run and doc_decode in one, for those who do not store the model. */
enum result reader_read(TALLOC_CTX *mem, const struct reader_config *cfg, int fd, enum doc_format format,
    struct document **doc, struct error *e) MUST_CHECK;

/* Who takes the files of an archive, one after another. A callback that does not return ERR_OK ends the expansion; its
 * error is handed on. */
struct reader_sink {
	void *arg;
	/* A file begins: `path` is safe below any folder when `refused` (in end) turns out NULL; never kept as it is
	 * otherwise, but fit to be shown. */
	enum result (*begin)(void *arg, const char *path, struct error *e);
	enum result (*data)(void *arg, const void *p, size_t n, struct error *e);
	/* It ends: NULL when it is whole; else why it is not to be used, a word ("path_parent", "encrypted", "size").
	 */
	enum result (*end)(void *arg, const char *refused, struct error *e);
};

/* Streams the files of the ZIP archive in `fd`, those of archives directly in it too ("inner.zip/RC.pdf"), to the sink;
 * holds one record of at most 64 KiB at a time. What desktops leave in archives (__MACOSX, .DS_Store, Thumbs.db, "~$"
 * locks) is passed over. cfg->timeout counts the time that the program is waited for, not the
 * sink's own. When the archive fails half-way (errors as of reader_run; ERR_DOCUMENT_TOO_BIG: more than 2000 files or
 * 1 GiB), the files told before were whole, and a file that had begun gets no end. */
enum result reader_expand(
    const struct reader_config *cfg, int fd, const struct reader_sink *sink, struct error *e) MUST_CHECK;

/* An anonymous file with these bytes, sealed against any change, close-on-exec; -1 (and errno) when it can't be made.
 */
int reader_memfd(const void *bytes, size_t size);

#endif
