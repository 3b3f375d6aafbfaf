/* Inside of lib/tender: one document being read for facts, and the families of rules. Each family is one file with one
 * function that looks at a document and adds what it states; precedence between documents is consolidate.c's. */
#ifndef TENDER_RULES_H
#define TENDER_RULES_H

#include "french.h"
#include "patterns.h"
#include "tender.h"
#include "tender_view.h"

/* What a document says of one lot. */
struct lot_statement {
	char *lot; /* as in struct lot */
	struct fact fact;
};

struct reading {
	TALLOC_CTX *mem; /* of the results */
	TALLOC_CTX *tmp; /* freed after the analysis */
	struct patterns *rx;
	const struct document *d;
	const char *file; /* name, only a hint */
	uint32_t index;   /* of the document in the dossier */
	struct view body, margin;
	size_t scope; /* set while only [scope, body.n) of the body is looked at; 0: all of it */
	enum tender_kind kind;
	double kind_confidence;
	struct fact *found; /* this document's statements; one key may stand several times */
	size_t n_found;
	struct lot_statement *of_lots;
	size_t n_of_lots;
	char *lot;  /* the whole document is about this one lot (an engagement for each); NULL: it is not */
	bool apart; /* set while consolidating: what it says holds for its lot, not for the dossier */
	struct requirement *requirements;
	size_t n_requirements;
	unsigned refused;
};

/* Adds a fact whose proof is [from, to) of `v`. NULL when the proof can't be quoted; the fact is then dropped. The
 * pointer is valid until the next call. */
struct fact *reading_add(struct reading *r, const char *key, struct value value, double confidence,
    const struct view *v, size_t from, size_t to);
/* The same for what is said of one lot; NULL as well when something was said of it before; if that was
 * another value, it becomes uncertain. */
struct fact *reading_add_of_lot(struct reading *r, const char *lot, const char *key, struct value value,
    double confidence, const struct view *v, size_t from, size_t to);
/* Takes the fact added last back and gives it to a lot. */
void reading_give_to_lots(struct reading *r, const char *const *lots, size_t n);
/* Adds a further proof to the fact added last. */
void reading_also(struct reading *r, struct fact *f, const struct view *v, size_t from, size_t to);
/* The same two with proofs made beforehand. */
struct fact *reading_add_evidence(
    struct reading *r, const char *key, struct value value, double confidence, const struct evidence *e);
void reading_also_evidence(struct reading *r, struct fact *f, const struct evidence *e);
/* The first fact with that key that this document states, or NULL; valid until the next one is added. */
struct fact *reading_found(struct reading *r, const char *key);
/* Checks each quote against its page and drops facts that fail (counted in r->refused). */
void reading_check(struct reading *r);

struct value value_text(char *s);
struct value value_number(double v);
struct value value_bool(bool v);

/* Shorthands over the body: find from `at`; test inside [from, to). */
static inline bool body_find(const struct reading *r, const char *rx, size_t at, struct match *m)
{
	return pattern_find(r->rx, rx, r->body.s, r->body.n, at, m);
}
static inline bool body_has(const struct reading *r, const char *rx, size_t from, size_t to)
{
	return pattern_in(r->rx, rx, r->body.s, from, to);
}
/* `at` - n, not below 0 / at + n, not past the body's end. */
size_t body_back(size_t at, size_t n);
size_t body_ahead(const struct reading *r, size_t at, size_t n);
/* Start of the sentence that holds `at` / its end (". ", a blank line, a cell's end), at most 600 bytes away. */
size_t sentence_start(const struct reading *r, size_t at);
size_t sentence_end(const struct reading *r, size_t at);

/* Kind by content; sets r->kind and r->kind_confidence and adds document_type. */
void kinds_find(struct reading *r);

void deadline_find(struct reading *r);
void buyer_find(struct reading *r);
void buyer_details_find(struct reading *r); /* after buyer_find */
void object_find(struct reading *r);
void reference_find(struct reading *r);
void procedure_find(struct reading *r);
void lots_find(struct reading *r);
/* Last: takes back what holds for one lot only and was found for the whole. */
void lot_facts_settle(struct reading *r);
void criteria_find(struct reading *r);
void validity_find(struct reading *r);
void variants_find(struct reading *r);
void platform_find(struct reading *r);
void form_find(struct reading *r);
void amounts_find(struct reading *r);
void duration_find(struct reading *r);
void conditions_find(struct reading *r);
void questions_find(struct reading *r);
void contract_find(struct reading *r);
void penalties_find(struct reading *r);
void pieces_find(struct reading *r);
void candidate_find(struct reading *r);
void requirements_find(struct reading *r);

/* Criteria of a table with cells; false when the document has none. Called by criteria_find first. */
bool criteria_from_tables(struct reading *r);
/* The name of a criterion out of a row's original words: numbering, "Sous-critère 1 :", definitions cut off. */
char *criterion_name(struct reading *r, const char *s);

/* Brings the readings of a dossier together: facts, contradictions. */
void consolidate(TALLOC_CTX *mem, struct reading *readings, size_t n, struct analysis *out);
/* A fact's value and place in words: "180 jours (RC.pdf, page 4)". */
char *fact_said(TALLOC_CTX *mem, const struct analysis *out, const struct fact *f);
/* Adds the questions to the buyer that facts and contradictions raise; after consolidate(). */
void ask_buyer(TALLOC_CTX *mem, TALLOC_CTX *tmp, struct analysis *out);
/* Whether two values say the same (texts: folded). */
bool value_equal(TALLOC_CTX *tmp, const struct value *a, const struct value *b);
/* The value of that key in words for a message ("180 jours", "19 avril 2025 à 15 h 00", "oui"). */
char *value_words(TALLOC_CTX *mem, const char *key, const struct value *v);

#endif
