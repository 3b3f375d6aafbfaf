/* What the user must know after the analysis of a dossier. */
#ifndef JOBS_PROBLEMS_H
#define JOBS_PROBLEMS_H

#include "db.h"
#include "job_sql.h"
#include "tender.h"

/* `rows` and `in` are the n documents of the version, `read` how many of them were read. *out, a JSON list of
 * {code, document_id?, file?, args?} in mem, tells of documents that were not read or in part only, of files that an
 * archive holds and that were refused, and that no rules of the consultation are there. Inside a transaction; errors
 * are those of the query. */
enum result problems_json(struct db *db, TALLOC_CTX *mem, const struct uuid *version, const struct analysis *a,
    const struct dossier_document *rows, const struct tender_input *in, size_t n, size_t read, const char **out,
    struct error *e) MUST_CHECK;

#endif
