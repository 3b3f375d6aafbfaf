/* scorpius storage try: whether the bucket of the settings lets us do what we need. */
#ifndef CLI_STORAGE_TRY_H
#define CLI_STORAGE_TRY_H

#include "error.h"
#include "mem.h"

/* Writes a small object, reads it back, lists and removes it, and tells on stdout. With `stdin_account` the account of
 * the service (terminal_read_account) comes from standard input in place of the settings'. INVALID_SETTING, UNAVAILABLE
 * when the service does not answer, IO when it refuses. */
enum result storage_try(TALLOC_CTX *mem, bool stdin_account, struct error *e) MUST_CHECK;

#endif
