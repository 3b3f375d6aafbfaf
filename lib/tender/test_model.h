/* For tests and the fuzzer: the document model of a plain text, as simple as can be. Lines end at '\n', pages at '\f',
 * blocks at empty lines; a line of cells parted by '|' between "[table]" and "[/table]" is a table's row. */
#ifndef TENDER_TEST_MODEL_H
#define TENDER_TEST_MODEL_H

#include "tender.h"

struct document *test_model(TALLOC_CTX *mem, const char *text, size_t n);

#endif
