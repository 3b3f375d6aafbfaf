/* When a tender or a document goes by itself, and the legal hold that keeps it. */
#ifndef API_RETENTION_H
#define API_RETENTION_H

#include "json.h"
#include "types.h"

/* When it goes, at RETENTION_DAYS `days`; not set: never. `from`: when its retention began (not set: it has none);
 * `warned`: when its people were told, not set where that is of no more use. */
struct opt_instant retention_end(int64_t days, struct opt_instant from, struct opt_instant *warned);

/* {"expires_at", "warned_at"} */
void retention_write(
    struct json_writer *w, int64_t days, const struct opt_instant *from, const struct opt_instant *warned);

/* {"reason", "set_at", "set_by"}, or null without `at`. */
void legal_hold_write(
    struct json_writer *w, const struct opt_instant *at, const struct opt_uuid *by, const char *reason);

#endif
