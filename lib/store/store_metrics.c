#include "clock.h"
#include "store_ops.h"

void store_count(const char *backend, const char *operation, int64_t begun_us, enum result r)
{
	unsigned cell = metric_cell(METRIC_STORE_DURATION, backend, operation, NULL);
	metric_observe(METRIC_STORE_DURATION, cell, clock_mono_us() - begun_us);
	if (r != ERR_OK && r != ERR_CONFLICT && r != ERR_NOT_FOUND)
		metric_add(METRIC_STORE_FAILURES, cell, 1);
}

void store_count_bytes(const char *backend, enum metric m, size_t n)
{
	metric_add(m, metric_cell(m, backend, NULL, NULL), n);
}
