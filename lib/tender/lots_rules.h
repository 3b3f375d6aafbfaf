/* Lots: what lots.c, lots_table.c and lot_facts.c share. */
#ifndef TENDER_LOTS_RULES_H
#define TENDER_LOTS_RULES_H

#include "tender_rules.h"

#define LOTS_MAX 60
#define LOT_NUMBER_MAX 8

/* Of an amount of money in folded text: groups 1 whole euros, 2 cents, 3 "k" or "m", 4 "ht" or "ttc" when said. */
#define MONEY \
	"(\\d{1,3}(?:[ " \
	".]\\d{3})+|\\d+)(?:[,.](\\d{1,2}))?(?:,-)?\\s*(k|m(?:illions?\\s+d')?)?\\s*(?:eur(?:os?)?)(?:\\s*\\(?\\s*(" \
	"h\\.?\\s?t|hors\\s+t(?:ax|va)|t\\.?t\\.?c))?"

struct amount {
	double value;
	size_t from, to;
	bool before_tax, with_tax;
};
/* The first amount in euros of the body's [at, high). */
bool amount_read(const struct reading *r, size_t at, size_t high, struct amount *out);

/* The lots of a table of the document, with what its columns say of each: `n` rows in order. */
struct lot_row {
	char number[LOT_NUMBER_MAX];
	char *title; /* NULL: none */
	struct evidence proof;
};
struct lot_rows {
	struct lot_row row[LOTS_MAX];
	size_t n;
};
/* Finds the first table that lists lots 1, 2, ... n or A, B, ...; with `count` > 0 only one of that many. Adds what it
 * says of each lot to the reading. */
bool lots_table_find(struct reading *r, long count, struct lot_rows *out);
/* What other tables say of lots, in their order, with or without titles. */
void lots_table_facts(struct reading *r);
/* The number of a lot as it is shown: "01" is "1", letters are capitals. False when it is none. */
bool lot_number(const char *s, size_t n, char out[LOT_NUMBER_MAX]);
/* 1 for "1", "A" and "I"; 0 when it has no place in an order ("B3"). */
int lot_rank(const char *number, bool roman);
/* A title without what is no title: an amount or a duration in brackets after it, quotes, a colon. */
char *lot_title(struct reading *r, const char *words);

/* A lot in running text: places in the body. */
struct lot_span {
	char number[LOT_NUMBER_MAX];
	size_t from, to, title_from, title_to;
};
/* Lots of a table that has lost its cells, as many as `count` when that is > 0; adds what it says of each. Their
 * number, 0 when there is no such table. */
size_t lots_records_find(struct reading *r, long count, struct lot_span *out, size_t max);

/* What running text says of single lots: amounts, durations, codes, numbers of contracts. */
void lot_facts_find(struct reading *r);
/* The lists of criteria that hold for some lots only, given to them; true when there are such lists and they differ, or
 * when one table tells all lots the same. */
bool criteria_by_lot(struct reading *r);

/* Of a European notice as text: its lots in order, and its criteria, of the whole or given to each lot. */
size_t eforms_lots(struct reading *r, struct lot_span *out, size_t max);
bool eforms_criteria(struct reading *r);

#endif
