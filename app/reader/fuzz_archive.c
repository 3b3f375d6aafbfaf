/* The reader of archives against arbitrary bytes: records come in their order, and no path that leads out has bytes. */
#include "ooxml.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct state {
	bool open, outside;
	size_t bytes;
};

static bool emit(void *arg, enum reader_record kind, const void *p, size_t n)
{
	struct state *s = arg;
	if (n > READER_RECORD_MAX || (kind == READER_ENTRY) == s->open)
		__builtin_trap();
	if (kind == READER_ENTRY)
		s->outside = n == 0 || ((const char *)p)[0] == '/' || memmem(p, n, "/../", 4) ||
			     (n > 2 && memcmp(p, "../", 3) == 0);
	else if (kind != READER_REFUSED && s->outside)
		__builtin_trap();
	s->open = kind == READER_ENTRY || kind == READER_DATA;
	s->bytes += n;
	return s->bytes < (size_t)64 << 20;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *mem = mem_new("fuzz", 0);
	struct reading r = { 0 };
	struct state s = { 0 };
	if (read_archive(mem, data, size, &(struct archive_output){ emit, &s }, &r) && s.open)
		__builtin_trap();
	talloc_free(mem);
	return 0;
}
