/* Yes-or-no facts: what the sentences about one subject say. */
#ifndef TENDER_SAYINGS_H
#define TENDER_SAYINGS_H

#include "tender_rules.h"

struct saying {
	const char *rx;
	int says; /* 1 yes, 0 no, -1 nothing: the sentence is left */
};

/* Looks at each sentence that holds `subject`; the first rule that fits one decides it and adds a fact. A short label
 * ("PSE :") is taken with the line after it. Boxes whose state is lost say nothing. */
void sayings_find(struct reading *r, const char *key, const char *subject, const struct saying *rules, size_t n);
#define SAYINGS_FIND(r, key, subject, rules) sayings_find((r), (key), (subject), (rules), ARRAY_LEN(rules))

/* Adds a fact quoted from the line of `from` on (when it starts less than 60 bytes before) to `to`. */
struct fact *say(struct reading *r, const char *key, struct value value, double confidence, size_t from, size_t to);

#endif
