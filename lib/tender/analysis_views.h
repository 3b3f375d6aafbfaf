/* Views of a dossier's facts: what people look for first, gathered from the facts by key with the decisions applied.
 * They say nothing that the facts do not say. Pure; what is made on the way belongs to `mem`. */
#ifndef TENDER_ANALYSIS_VIEWS_H
#define TENDER_ANALYSIS_VIEWS_H

#include "json.h"

/* Writes, as members of the object being written: "criteria" (as the fact, [] without), "lots" (lots_list, []),
 * "mandatory_documents" ([{name, piece, format, part: candidature | offer | null}]), "dates" ([{key, value, computed}],
 * the earliest first). `facts`: the object in the form of analysis_write, or NULL. */
void analysis_views_write(TALLOC_CTX *mem, struct json_writer *w, const struct json *facts);

#endif
