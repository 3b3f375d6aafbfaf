/* Names of requirements that outlive a new analysis: what people have noted about a requirement is found again by its
 * id, so a sentence keeps it when the dossier is analysed anew, when a rectified piece words it a little differently,
 * and when its section is numbered anew.
 *
 * Pure and deterministic, like lib/tender: what stood before is given by the caller. */
#ifndef TENDER_REQUIREMENT_IDS_H
#define TENDER_REQUIREMENT_IDS_H

#include "json.h"
#include "tender.h"

/* A requirement of an analysis before. Of those with the same id the first one counts: the latest analysis comes first.
 */
struct requirement_before {
	const char *id; /* 16 hex digits; another one is left out */
	const char *text, *section;
};

/* The id that a sentence has by itself: 16 hex digits of its section (may be NULL) and its words, folded. */
char *requirement_id(TALLOC_CTX *mem, const char *section, const char *text);

/* Gives each requirement of `a` its id, in this order: the one that the same sentence of the same section had before;
 * the one of the sentence that is nearly the same (most of its words, or somewhat fewer in the section of the same
 * title), the nearest pairs first; else its own. No two have the same: a sentence that stands in two documents gets a
 * second id, the same each time. The ids belong to mem. */
void requirement_ids_keep(
    TALLOC_CTX *mem, struct analysis *a, const struct requirement_before *before, size_t n_before);

/* The requirements of a stored analysis: `list` is its member "requirements" (anything else gives none). *out and its
 * texts live as long as `list` and mem. */
size_t requirements_before_read(TALLOC_CTX *mem, const struct json *list, struct requirement_before **out);

#endif
