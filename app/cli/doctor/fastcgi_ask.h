/* One GET to a FastCGI socket, as nginx would ask it. */
#ifndef CLI_FASTCGI_ASK_H
#define CLI_FASTCGI_ASK_H

#include "error.h"
#include "mem.h"

/* The answer as it came, headers and body, at most 64 KiB, in mem. UNAVAILABLE, with the cause, when nobody answers
 * within `seconds`. */
enum result fastcgi_ask(TALLOC_CTX *mem, const char *socket, const char *path, unsigned seconds, const char **answer,
    struct error *e) MUST_CHECK;

#endif
