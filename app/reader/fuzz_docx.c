/* The DOCX reader against arbitrary parts: whatever it accepts is a valid model. */
#include "fuzz_office.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const parts[] = { "_rels/.rels", "word/_rels/document.xml.rels", "word/document.xml",
		"word/styles.xml", "word/numbering.xml", "word/header1.xml", "word/footnotes.xml",
		"docProps/core.xml" };
	TALLOC_CTX *mem = mem_new("fuzz", 0);
	return fuzz_reading(mem, fuzz_package(mem, data, size, parts, ARRAY_LEN(parts)), read_docx);
}
