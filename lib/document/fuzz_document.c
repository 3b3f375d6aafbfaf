/* The decoder against arbitrary bytes; what it takes must encode to the same bytes again. */
#include "document.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *mem = mem_new("fuzz", 0);
	struct error e;
	struct document *d;
	struct doc_page *page;
	error_clear(&e);
	if (doc_decode(mem, data, size, &d, &e) == ERR_OK) {
		uint8_t *again;
		size_t n;
		if (doc_encode(mem, d, &again, &n, &e) != ERR_OK || n != size || memcmp(again, data, n) != 0)
			__builtin_trap();
		for (uint32_t i = 0; i < d->n_pages; i++) {
			(void)doc_range_box(&d->pages[i], 0, d->pages[i].text_len);
			(void)doc_lines_text(mem, &d->pages[i], 0, d->pages[i].n_lines);
			(void)doc_section_at(mem, &d->pages[i], d->pages[i].n_lines - 1);
			(void)doc_paragraph_index(&d->pages[i], d->pages[i].n_lines - 1);
		}
	}
	error_clear(&e);
	enum result unused = doc_decode_page(mem, data, size, 1, &page, &e);
	(void)unused;
	talloc_free(mem);
	return 0;
}
