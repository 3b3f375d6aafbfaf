/* What passes the strict door must print and pass again. */
#include "json.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	TALLOC_CTX *mem = mem_new("fuzz", 0);
	struct error e;
	const struct json *v, *again;
	error_clear(&e);
	if (json_parse(mem, (const char *)p, n, &v, &e) == ERR_OK) {
		const char *text = json_print(mem, v);
		if (json_parse(mem, text, strlen(text), &again, &e) != ERR_OK)
			__builtin_trap();
	}
	talloc_free(mem);
	return 0;
}
