/* What tests ask of one document: a fact's value in words. */
#ifndef TENDER_TEST_VALUE_H
#define TENDER_TEST_VALUE_H

#include "test_model.h"

/* The value of `key` in a document with that text, in words; "-" when absent; " ?" after an uncertain one, " !" after a
 * contradicted one, " (detail)" where there is one, " computed". Pieces are told by their codes, or names without. Its
 * quotes must stand. */
const char *test_value(TALLOC_CTX *mem, const char *key, const char *text);
/* Each case: a text, and the value it gives. */
void test_values(TALLOC_CTX *mem, const char *key, const char *const (*cases)[2], size_t n);
#define TEST_VALUES(mem, key, cases) test_values(mem, key, cases, ARRAY_LEN(cases))

#endif
