/* The XLSX reader against arbitrary parts: whatever it accepts is a valid model. */
#include "fuzz_office.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const parts[] = { "_rels/.rels", "xl/_rels/workbook.xml.rels", "xl/workbook.xml",
		"xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml", "xl/sharedStrings.xml", "xl/styles.xml" };
	TALLOC_CTX *mem = mem_new("fuzz", 0);
	return fuzz_reading(mem, fuzz_package(mem, data, size, parts, ARRAY_LEN(parts)), read_xlsx);
}
