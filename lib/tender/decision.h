/* What people decide about facts, and how it meets what was read. Pure: the same analysis and decisions give the same
 * merge. No globals that change; everything made belongs to `mem`. */
#ifndef TENDER_DECISION_H
#define TENDER_DECISION_H

#include "json.h"
#include "tender.h"

/* Keys of facts that a decision may name, NULL-terminated. */
extern const char *const decision_keys[];

enum decision_action { DECISION_CONFIRMED, DECISION_CORRECTED, DECISION_REJECTED };

/* Their words "confirmed", "corrected", "rejected", in the order of the enum, NULL-terminated. */
extern const char *const decision_actions[];

/* The latest decision on a key (and lot): one that was replaced is not given to these functions. */
struct decision {
	const char *key;
	const char *lot; /* number of a lot; NULL: the whole tender's fact */
	enum decision_action action;
	/* DECISION_CORRECTED: the value that holds. Otherwise the value that had been read: when the dossier says
	 * something else since, a confirmation or rejection no longer applies. NULL: nothing had been read. */
	const struct json *value;
	const char *by; /* account id, as text */
	const char *at; /* RFC 3339 */
};

/* Fills in what a stored decision says: `action` is one of its words, `value` JSON text or NULL. DAMAGED when it is
 * neither. */
enum result decision_read(TALLOC_CTX *mem, const char *key, const char *lot, const char *action, const char *value,
    struct decision *out, struct error *e) MUST_CHECK;

/* Whether `value` may be the value of `key` (a word of decision_keys); all faults are told, at `field` and below. */
enum result decision_check(
    TALLOC_CTX *mem, const char *key, const struct json *value, const char *field, struct error *e) MUST_CHECK;

/* Writes a value that decision_check accepted in the form that readers of facts expect: blanks around texts gone, what
 * may be left out of an entry there as null or an empty list. */
void decision_write_value(TALLOC_CTX *mem, struct json_writer *w, const char *key, const struct json *value);

/* The decision on that key and lot, or NULL. */
const struct decision *decision_find(const struct decision *list, size_t n, const char *key, const char *lot);

/* Writes the object of facts (`facts`, as analysis_write makes it) with the decisions applied. A corrected fact has the
 * given value, the evidence it had (none when it had not been read) and "source": "person"; a rejected one is left out;
 * each decided one has "decision". Facts of a lot stand in the `facts` of its entry in lots_list. */
void decision_write_facts(
    TALLOC_CTX *mem, struct json_writer *w, const struct json *facts, const struct decision *list, size_t n);

/* The fact of that key among `facts`, of that lot when lot is not NULL; NULL when there is none. */
const struct json *decision_fact(const struct json *facts, const char *key, const char *lot);
/* Whether lots_list has a lot of that number. */
bool decision_lot_stands(const struct json *facts, const char *lot);

/* What a tender shows in lists. NULL: nothing. */
struct tender_shown {
	const char *reference, *title, *buyer;
	const char *deadline_local; /* a moment that exists */
};

/* One column's text out of a text fact (`value` NULL: not read) and the decision on it: a contradicted fact is not
 * shown, nor an uncertain deadline, until a person has decided. */
const char *decision_shown(
    const struct decision *list, size_t n, const char *key, const char *value, enum fact_status status);
/* All of them, out of an object of facts. */
void decision_shown_all(const struct decision *list, size_t n, const struct json *facts, struct tender_shown *out);

/* Whether s is a local moment "YYYY-MM-DDTHH:MM" or date "YYYY-MM-DD" that exists. */
bool decision_is_moment(const char *s);

/* The kind of piece that an entry of dce_documents speaks of: its `piece`, else what its name says; NULL when it is
 * none of the kinds that documents are told apart by. `*name` is its name in the dossier's words, or NULL. An entry is
 * an object {name, piece?} or just the name. */
const char *piece_kind(TALLOC_CTX *mem, const struct json *entry, const char **name);
/* The same of a piece's code ("ae") and name, either may be NULL. */
const char *piece_kind_of(TALLOC_CTX *mem, const char *piece, const char *name);

#endif
