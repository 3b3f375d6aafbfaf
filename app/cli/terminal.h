/* Lines that a person types, or that a script hands over on standard input. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdio.h>
#include "types.h"

/* One line without its end; false when there is none, or when it does not fit into `size` with its NUL: a secret that
 * was cut short would be a wrong one. */
bool terminal_read_line(FILE *from, char *out, size_t size) MUST_CHECK;
/* Asks on stderr and reads the answer from standard input, `hidden` without showing what is typed. False when there is
 * no terminal, or no answer. */
bool terminal_ask(const char *prompt, bool hidden, char *out, size_t size) MUST_CHECK;

#endif
