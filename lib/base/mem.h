/* Memory: talloc, and the few things it lacks. One context per request or job, freed at its end; children go with it.
 * Allocation through these calls never returns NULL: when memory (or a context's limit) is exhausted, the process logs
 * it and exits with 71; its supervisor starts a fresh one, and whatever the transaction had not committed is undone. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <talloc.h>
#include "types.h"

/* A new root context; `limit` bytes at most for it and its children, 0: no limit. Free with talloc_free(). */
TALLOC_CTX *mem_new(const char *name, size_t limit);

#define mem_zero(ctx, type) ((type *)mem_check(talloc_zero_size((ctx), sizeof(type))))
#define mem_array(ctx, type, n) ((type *)mem_array_size((ctx), sizeof(type), (n)))
/* Room for n elements; the new ones are not zeroed. `p` may be NULL. */
#define mem_grow(ctx, p, type, n) ((type *)mem_grow_size((ctx), (p), sizeof(type), (n)))
char *mem_strdup(TALLOC_CTX *ctx, const char *s); /* NULL gives NULL */
char *mem_strndup(TALLOC_CTX *ctx, const char *s, size_t n);
char *mem_printf(TALLOC_CTX *ctx, const char *fmt, ...) PRINTF_LIKE(2, 3);
void *mem_dup(TALLOC_CTX *ctx, const void *p, size_t n);

/* Calls fn(arg) when ctx is freed; the newest first. For what is not memory: descriptors, PGresult, json_object. */
void mem_defer(TALLOC_CTX *ctx, void (*fn)(void *), void *arg);

/* The pieces behind the macros. mem_array_size zeroes. */
void *mem_check(void *p);
void *mem_array_size(TALLOC_CTX *ctx, size_t size, size_t n);
void *mem_grow_size(TALLOC_CTX *ctx, void *p, size_t size, size_t n);

#endif
