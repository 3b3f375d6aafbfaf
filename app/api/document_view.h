/* How documents look in answers. */
#ifndef API_DOCUMENT_VIEW_H
#define API_DOCUMENT_VIEW_H

#include "document_sql.h"
#include "response.h"

void document_write(struct json_writer *w, const struct document_row *d);
/* `retention_days`: the setting RETENTION_DAYS. */
void document_write_detail(TALLOC_CTX *mem, struct json_writer *w, const struct document_detail *d, enum language lang,
    int64_t retention_days);
/* The text of an error code that was stored (with its arguments as a JSON object); NULL for a code of another version.
 */
const char *stored_error_text(TALLOC_CTX *mem, const char *code, const char *args_json, enum language lang);

/* DOCUMENT_QUARANTINED when something was found in a document's bytes (NULL: nothing): they, and what was read out of
 * them, are not given out. */
enum result document_refuse_infected(const char *infection, struct error *e) MUST_CHECK;

#endif
