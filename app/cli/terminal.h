/* Lines that a person types, or that a script hands over on standard input. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdio.h>
#include "error.h"
#include "mem.h"

/* One line without its end; false when there is none, or when it does not fit into `size` with its NUL: a secret that
 * was cut short would be a wrong one. */
bool terminal_read_line(FILE *from, char *out, size_t size) MUST_CHECK;
/* Asks on stderr and reads the answer from standard input, `hidden` without showing what is typed. False when there is
 * no terminal, or no answer. */
bool terminal_ask(const char *prompt, bool hidden, char *out, size_t size) MUST_CHECK;

/* An account of another service as a script hands it over: its secret on the only line, or its name on the first of two
 * and its secret on the second; *user stays as it is when there is one. USAGE for anything else: an empty line, one
 * that is too long or no text, a third one. */
enum result terminal_read_account(
    TALLOC_CTX *mem, FILE *from, const char **user, const char **secret, struct error *e) MUST_CHECK;

#endif
