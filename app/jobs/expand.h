/* Expanding an archive in a job: first the files into the store, then, under the job's fence, their rows. */
#ifndef JOBS_EXPAND_H
#define JOBS_EXPAND_H

#include "worker.h"

struct expansion;

/* Streams the archive in `fd` through the reader; its accepted files are stored under new ids. Faults of the archive go
 * to `problem` (and *out is NULL); what is returned may be tried again. */
enum result expansion_read(struct worker *w, TALLOC_CTX *mem, const struct job *job, int fd, struct expansion **out,
    struct error *problem, struct error *e) MUST_CHECK;
/* In the transaction that ends the job, under the tender's lock: a document for each file, its reading to be done, the
 * refused entries as events, and, in a tender, the next version of its dossier. */
enum result expansion_write(struct expansion *x, const struct document_source *src, struct error *e) MUST_CHECK;
/* Afterwards: removes the objects that no row names. Not to be called when it is unknown whether the commit happened.
 */
void expansion_settle(struct expansion *x, bool committed);

/* Whether a failure of the reader is the file's fault, and not to be tried again. A crash twice is no accident. */
bool reader_fault_of_file(enum result code, int64_t attempt);

#endif
