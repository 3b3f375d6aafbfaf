#include "reading.h"

#include <string.h>

enum reader_status reading_fail(struct reading *r, enum reader_status status, const char *reason)
{
	r->status = status;
	strncpy(r->reason, reason, sizeof(r->reason) - 1);
	return status;
}
