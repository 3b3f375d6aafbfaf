/* Any text, as a document and as a dossier of two: no crash, no endless rule, and never a quote that does not stand. */
#include <stdlib.h>
#include "test_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (n > 60000)
		return 0;
	TALLOC_CTX *mem = mem_new("fuzz", 0);
	struct document *d = test_model(mem, (const char *)p, n);
	struct tender_input in[2] = { { .file = "a.txt", .document = d }, { .file = "b.txt", .document = d } };
	struct analysis a;
	tender_analyze(mem, in, 1 + n % 2, &a);
	if (a.refused > 0)
		abort();
	struct buf out;
	buf_init(&out, mem, (size_t)64 << 20);
	analysis_write(&a, &out);
	if (out.full)
		abort();
	talloc_free(mem);
	return 0;
}
