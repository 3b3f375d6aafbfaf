/* How tenders look in answers, and the fields that people give. */
#ifndef API_TENDER_ANSWER_H
#define API_TENDER_ANSWER_H

#include "app.h"
#include "audit.h"
#include "change_sql.h"
#include "decision.h"

/* What a deadline may be, in microseconds since 1970: its wall time anywhere must be a date of four digits. */
#define DEADLINE_MIN (-62135424000000000) /* 0001-01-03 */
#define DEADLINE_MAX 253402128000000000   /* 9999-12-30 */

void tender_write(struct json_writer *w, const struct tender_row *t, int64_t retention_days);
/* The whole tender, with its ETag. */
void tender_answer(struct request *rq, struct response *rs, const struct tender_detail *t);

/* The list of what the user must know, as French sentences: `stored` (JSON), why the analysis failed (NULL: it did
 * not), the day from which on the tender goes, as people write it (NULL: nobody was told of one), and whether documents
 * wait for the virus scanner. */
void tender_problems_write(TALLOC_CTX *mem, struct json_writer *w, const char *stored, const char *failure,
    const char *last_day, bool unscanned);

/* What a person gives of a tender, by POST or PATCH. */
struct tender_draft {
	const char *reference, *title, *buyer, *description, *timezone, *publication_date;
	struct opt_instant deadline;
	struct opt_num estimated_amount_ht;
	struct opt_int version; /* that the change starts from; only where `with_version` */
	/* The members that are there and null. */
	bool no_reference, no_title, no_buyer, no_description, no_timezone, no_publication_date, no_deadline,
	    no_estimated_amount_ht;
};
/* Reads it from the body; all faults are told. */
enum result tender_draft_read(
    struct request *rq, bool with_version, struct tender_draft *out, struct error *e) MUST_CHECK;

/* VERSION_CONFLICT unless what the client started from is the tender's version: `given` (from the body) and If-Match
 * each, when they are there. */
enum result tender_check_version(
    struct request *rq, const struct opt_int *given, int64_t version, struct error *e) MUST_CHECK;

/* The decisions of rows, for lib/tender; array of n (and room for one more). */
enum result tender_decisions(struct request *rq, const struct fact_decision_row *rows, size_t n, struct decision **out,
    struct error *e) MUST_CHECK;

/* The facts of a stored analysis (JSON text) with the decisions. */
enum result tender_facts_merged(struct request *rq, const char *facts, const struct decision *decisions, size_t n,
    const struct json **out, struct error *e) MUST_CHECK;

#endif
