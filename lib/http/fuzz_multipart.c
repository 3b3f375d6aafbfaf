/* Any bytes are a body; the first byte says in what portions they arrive. */
#include "multipart.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

struct portions {
	const uint8_t *p;
	size_t n, step;
};

static enum result give(void *self, void *p, size_t n, size_t *got, struct error *e)
{
	struct portions *f = self;
	(void)e;
	*got = f->n < f->step ? f->n : f->step;
	if (*got > n)
		*got = n;
	if (*got)
		memcpy(p, f->p, *got);
	f->p += *got;
	f->n -= *got;
	return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (n == 0)
		return 0;
	TALLOC_CTX *mem = mem_new("fuzz", 0);
	struct portions f = { p + 1, n - 1, p[0] % 100u + 1u };
	struct error e;
	struct multipart *m;
	struct multipart_part part;
	bool more;
	error_clear(&e);
	if (multipart_begin(mem, "multipart/form-data; boundary=x", give, &f, &m, &e) == ERR_OK)
		while (multipart_next(m, &more, &part, &e) == ERR_OK && more) {
			char chunk[37];
			size_t got = 0;
			do {
				if (multipart_read(m, chunk, sizeof chunk, &got, &e) != ERR_OK)
					break;
			} while (got);
		}
	talloc_free(mem);
	return 0;
}
