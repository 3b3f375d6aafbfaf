/* The summary that a bid manager reads: what, who, until when, how judged, with the places that say so. */
#ifndef CLI_SUMMARY_H
#define CLI_SUMMARY_H

#include "buf.h"
#include "calendar.h"
#include "json.h"

/* `analysis` is the object of an analysis (documents, facts, contradictions, questions) as `analyze --json` and the API
 * give it.
 */
void summary_write(TALLOC_CTX *mem, const struct json *analysis, const struct wall_time *now, struct buf *out);

#endif
