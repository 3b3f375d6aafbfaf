/* The virus scanner in the job `read`, before anything of a document is opened. */
#ifndef JOBS_SCAN_H
#define JOBS_SCAN_H

#include "worker.h"

struct scan_outcome {
	bool ended;     /* the job waits for the scanner: its attempt is over */
	bool unscanned; /* it goes on without, as CLAMD_POLICY allows */
	bool too_large; /* it could not be scanned, and must not be read without */
};

/* Shows the document's bytes to w->scanner (not NULL) and writes what it said, with what follows for all documents of
 * these bytes, in a transaction of its own. Outside of a transaction. What is returned may be tried again. */
enum result document_scan(struct worker *w, TALLOC_CTX *mem, const struct job *job, const struct document_source *src,
    struct scan_outcome *out, struct error *e) MUST_CHECK;

#endif
