#include "mem.h"
#include "log.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

void *mem_check(void *p)
{
	if (!p) {
		/* No way on: undo nothing by hand, the transaction ends with the connection. */
		log_error("out of memory");
		_exit(71);
	}
	return p;
}

TALLOC_CTX *mem_new(const char *name, size_t limit)
{
	TALLOC_CTX *ctx = mem_check(talloc_named_const(NULL, 0, name));
	if (limit) {
		/* talloc 2.4 marks it as going away, without a successor; it works and is tested here. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
		talloc_set_memlimit(ctx, limit);
#pragma GCC diagnostic pop
	}
	return ctx;
}

void *mem_array_size(TALLOC_CTX *ctx, size_t size, size_t n)
{
	size_t total;
	if (__builtin_mul_overflow(size, n, &total))
		mem_check(NULL);
	return mem_check(talloc_zero_size(ctx, total));
}

void *mem_grow_size(TALLOC_CTX *ctx, void *p, size_t size, size_t n)
{
	size_t total;
	if (__builtin_mul_overflow(size, n, &total))
		mem_check(NULL);
	return mem_check(talloc_realloc_size(ctx, p, total));
}

char *mem_strdup(TALLOC_CTX *ctx, const char *s)
{
	return s ? mem_check(talloc_strdup(ctx, s)) : NULL;
}

char *mem_strndup(TALLOC_CTX *ctx, const char *s, size_t n)
{
	return mem_check(talloc_strndup(ctx, s, n));
}

char *mem_printf(TALLOC_CTX *ctx, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	char *s = talloc_vasprintf(ctx, fmt, args);
	va_end(args);
	return mem_check(s);
}

void *mem_dup(TALLOC_CTX *ctx, const void *p, size_t n)
{
	return mem_check(talloc_memdup(ctx, p, n));
}

struct deferred {
	void (*fn)(void *);
	void *arg;
};

static int run_deferred(struct deferred *d)
{
	d->fn(d->arg);
	return 0;
}

void mem_defer(TALLOC_CTX *ctx, void (*fn)(void *), void *arg)
{
	/* talloc frees children newest first, which is the order that clean-up wants. */
	struct deferred *d = mem_zero(ctx, struct deferred);
	d->fn = fn;
	d->arg = arg;
	talloc_set_destructor(d, run_deferred);
}
