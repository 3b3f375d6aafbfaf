/* ZIP archives made by hand for tests and fuzzers, in memory. */
#ifndef READER_TEST_ZIP_H
#define READER_TEST_ZIP_H

#include "buf.h"

struct test_zip {
	TALLOC_CTX *mem;
	struct zip *zip;
	struct zip_source *source;
};

void test_zip_begin(struct test_zip *z, TALLOC_CTX *mem);
/* Adds a file; returns its index. `name` is stored as it is. */
int64_t test_zip_add(struct test_zip *z, const char *name, const void *data, size_t n);
int64_t test_zip_text(struct test_zip *z, const char *name, const char *text);
/* The same, not compressed. */
void test_zip_store(struct test_zip *z, const char *name, const void *data, size_t n);
/* The archive's bytes, in mem. */
struct bytes test_zip_end(struct test_zip *z);

/* An office package: the part `main`, further parts in pairs of name and text up to a NULL. */
struct bytes test_docx(TALLOC_CTX *mem, const char *body, ...) __attribute__((sentinel));
struct bytes test_xlsx(TALLOC_CTX *mem, const char *rows, ...) __attribute__((sentinel));

#endif
