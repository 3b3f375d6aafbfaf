/* What the job `read` finds out about one document: read_bytes.c fills it from the file, read.c understands it, and
 * read_outcome.c writes it in one transaction. */
#ifndef JOBS_READ_OUTCOME_H
#define JOBS_READ_OUTCOME_H

#include "expand.h"
#include "tender.h"

struct outcome {
	bool archive;                    /* it was expanded, now or before; nothing to read in itself */
	struct expansion *expansion;     /* what came out of it now; NULL: nothing new */
	const struct document *document; /* NULL: not read */
	bool is_new;                     /* its model was made by this job, and is stored under model_id */
	struct uuid model_id;
	uint8_t model_sha256[32];
	struct bytes model_key; /* wrapped */
	int64_t model_size, reading_ms, analysis_ms;
	enum tender_kind kind;
	struct json_text result; /* of the analysis as a dossier of one; none of a document in a tender */
	bool unscanned;          /* read without a word of the virus scanner */
	struct error problem;    /* code OK, FORMAT_UNREAD, or why it can't be read */
};

/* Reads the document's bytes, or takes what reading the same bytes gave before: sets `document`, or `archive` and what
 * came out of it. Faults of the file go to `problem`; what is returned may be tried again. */
enum result outcome_read(struct worker *w, TALLOC_CTX *mem, const struct job *job, const struct document_source *src,
    struct outcome *o, struct error *e) MUST_CHECK;
/* Ends the job: a model's rows, the document's end and its tender's next step, in one transaction under the fence. What
 * was stored and is named by no row then is removed. */
enum result outcome_write(
    struct worker *w, TALLOC_CTX *mem, const struct job *job, struct outcome *o, struct error *e) MUST_CHECK;
/* In a transaction under the fence: the document could not be read, and why. */
enum result outcome_write_failure(struct worker *w, TALLOC_CTX *mem, const struct uuid *document_id,
    const struct error *why, struct error *e) MUST_CHECK;
/* In a transaction: an event of a document, as its history shows it. `duration_ms` below 0: none. */
enum result outcome_event(struct worker *w, const struct uuid *document_id, const char *stage, const char *state,
    int64_t duration_ms, const char *code, const char *args, struct error *e) MUST_CHECK;

#endif
