/* Shared by the files of scorpius-reader. */
#ifndef READER_READING_H
#define READER_READING_H

#include "document.h"
#include "reader_frame.h"

/* Limits of one document. A page over its limits is left out with a warning; a document over its own is refused. */
#define LIMIT_PAGES 5000u
#define LIMIT_PAGE_GLYPHS 200000u
#define LIMIT_PAGE_RULES 20000u
#define LIMIT_PAGE_SECONDS 5u /* of processor time */
#define LIMIT_ENGINE_MEMORY ((size_t)256 << 20)
#define LIMIT_TEXT ((size_t)32 << 20)
#define LIMIT_TAG_NODES 1000000u

struct reading {
	enum reader_status status;
	char reason[READER_REASON_MAX]; /* which part or limit, a word of ASCII */
	struct document *doc;           /* when READER_OK */
};

/* Sets status and reason; returns the status. */
enum reader_status reading_fail(struct reading *r, enum reader_status status, const char *reason);

/* Starts the timer that bounds a page's time; before the cage closes, once. */
void read_pdf_prepare(void);
void read_pdf(TALLOC_CTX *mem, const uint8_t *bytes, size_t n, struct reading *r);
void read_text(TALLOC_CTX *mem, const uint8_t *bytes, size_t n, struct reading *r);
/* Office files; before the cage closes, once: what the libraries would look for in files later. */
void read_office_prepare(void);
void read_docx(TALLOC_CTX *mem, const uint8_t *bytes, size_t n, struct reading *r);
void read_xlsx(TALLOC_CTX *mem, const uint8_t *bytes, size_t n, struct reading *r);

/* Streams the files of an archive, those of archives in it too (once), as records to `emit`, which returns false when
 * nobody listens any more. Faults of the whole archive go to r; false only when emit said so. */
struct archive_output {
	bool (*emit)(void *arg, enum reader_record kind, const void *p, size_t n);
	void *arg;
};
bool read_archive(
    TALLOC_CTX *mem, const uint8_t *bytes, size_t n, const struct archive_output *out, struct reading *r) MUST_CHECK;

/* The pages, blocks and tables as text for people. */
void dump_document(const struct document *doc, int fd);

#endif
