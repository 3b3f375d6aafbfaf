/* What in a dossier should make a bidder think twice: the deadline, the conditions that cost an offer its place, the
 * clauses that cost money. Each flag comes from a fact that was found (or that a person gave) or from a contradiction,
 * with its evidence; what the dossier does not state gives none.
 *
 * Pure, no globals that change: the time is an argument. Everything made belongs to `mem`; evidence points into the
 * JSON given. */
#ifndef TENDER_RED_FLAGS_H
#define TENDER_RED_FLAGS_H

#include "json.h"
#include "mem.h"

enum red_flag_severity { RED_FLAG_CRITICAL, RED_FLAG_MAJOR, RED_FLAG_MINOR };

/* Their words "critical", "major", "minor", in the order of the enum. */
extern const char *const red_flag_severities[];
/* All codes that red_flags_find() may give, NULL-terminated: "deadline_passed", "site_visit_mandatory", ... */
extern const char *const red_flag_codes[];

struct red_flag {
	const char *code; /* one of red_flag_codes; static */
	enum red_flag_severity severity;
	const char *message; /* one French sentence, for the user */
	const char *key;     /* of the fact (or contradiction) that it comes from */
	/* JSON arrays of evidence, as analysis_write makes them: one of a fact, one for each value of a contradiction,
	 * none for what a person gave without evidence. */
	size_t n_evidence;
	const struct json **evidence;
};

struct red_flags_input {
	/* Of an analysis, in the form of analysis_write, NULL where absent: the facts by key (with a person's decisions
	 * applied or not), the contradictions, the documents. A contradiction whose fact a person has decided counts no
	 * more; missing pieces are told where `documents` is given. */
	const struct json *facts, *contradictions, *documents;
	/* The moment it is, local to the tender: "YYYY-MM-DDTHH:MM" or "YYYY-MM-DD". NULL: nothing is said of days. */
	const char *now;
	int days_needed; /* days that an answer takes; 0: 15 */
};

struct red_flags {
	struct red_flag *all; /* the most severe first, then in a fixed order */
	size_t n;
};

void red_flags_find(TALLOC_CTX *mem, const struct red_flags_input *in, struct red_flags *out);

/* Writes the array of {code, severity, message, key, evidence}. */
void red_flags_write(TALLOC_CTX *mem, struct json_writer *w, const struct red_flags *flags);

#endif
