/* Shared by the fuzzers of office files. An input that begins with "PK" is a whole package; any other is XML parts,
 * each ended by a byte 0xff, which are packed: mutating through compression and checksums would find nothing. */
#ifndef READER_FUZZ_OFFICE_H
#define READER_FUZZ_OFFICE_H

#include "ooxml.h"
#include "test_zip.h"

#include <string.h>

static inline struct bytes fuzz_package(
    TALLOC_CTX *mem, const uint8_t *data, size_t size, const char *const *parts, size_t n_parts)
{
	struct test_zip z;
	if (size >= 2 && memcmp(data, "PK", 2) == 0)
		return (struct bytes){ data, size };
	test_zip_begin(&z, mem);
	for (size_t i = 0; i < n_parts; i++) {
		const uint8_t *end = memchr(data, 0xff, size);
		size_t n = end ? (size_t)(end - data) : size;
		test_zip_store(&z, parts[i], data, n);
		data += end ? n + 1 : n;
		size -= end ? n + 1 : n;
	}
	return test_zip_end(&z);
}

static inline int fuzz_reading(
    TALLOC_CTX *mem, struct bytes b, void (*read)(TALLOC_CTX *, const uint8_t *, size_t, struct reading *))
{
	struct reading r = { 0 };
	read(mem, b.p, b.n, &r);
	for (uint32_t i = 0; r.status == READER_OK && i < r.doc->n_pages; i++)
		if (!doc_page_valid(&r.doc->pages[i]))
			__builtin_trap();
	talloc_free(mem);
	return 0;
}

#endif
