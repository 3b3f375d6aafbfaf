/* Text: UTF-8 and the foldings that French needs. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "mem.h"

/* Strictly UTF-8 (no overlong forms, no surrogates, at most U+10FFFF). NUL bytes are valid UTF-8. */
bool text_utf8_valid(const char *s, size_t n);
/* Decodes one code point of valid UTF-8 at *p and moves *p behind it; at `end` returns 0. A bad byte gives U+FFFD. */
uint32_t text_decode(const char **p, const char *end);
/* Encodes c; returns the number of bytes (1..4). */
size_t text_encode(uint32_t c, char out[4]);
/* The largest length <= max at which s (valid UTF-8 of n bytes) can be cut. */
size_t text_cut(const char *s, size_t n, size_t max);

#endif
