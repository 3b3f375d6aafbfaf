/* Understanding a dossier: from document models to facts with evidence.
 *
 * Input: the documents of one dossier, already read (lib/document). Output: `struct analysis`, a plain value in the
 * caller's memory context. Pure and deterministic: no file, no clock, no SQL; the same dossier gives the same answer.
 *
 * A fact says what the dossier states, never what is likely: what is not found is absent. Each fact carries at least
 * one piece of evidence whose quote stands word for word in the page it names (white space folded). That is checked
 * here, by tender_quote_stands(): a fact that fails it is dropped and counted in `refused`.
 *
 * Process safety: no globals; each call compiles its patterns in its own context and frees them before returning. */
#ifndef TENDER_TENDER_H
#define TENDER_TENDER_H

#include "buf.h"
#include "document.h"
#include "error.h"

/* Part of the key of a stored analysis: raised whenever the same models would give another analysis. */
#define TENDER_RULES_VERSION 5

/* Kind of one document. The order is that of tender_kind_id(). A CCP counts as CCAP. */
enum tender_kind {
	KIND_OTHER,
	KIND_RC,
	KIND_AAPC,
	KIND_AE,
	KIND_CCAP,
	KIND_CCTP,
	KIND_BPU,
	KIND_DPGF,
	KIND_DQE,
	KIND_DC1,
	KIND_DC2,
	KIND_PLANNING,
	KIND_MEMOIRE,
	KIND_ANNEXE,
	KIND__COUNT
};

struct tender_input {
	const char *file;                /* name shown to people, e.g. "RC.pdf" */
	const char *document_id;         /* text of its UUID, or NULL (command line) */
	const char *mime_type;           /* "application/pdf"; NULL: from the model's format */
	const struct document *document; /* NULL: could not be read; listed with `error` */
	const char *error;               /* stable code ("unread_format"), or NULL */
};

struct evidence {
	uint32_t document;  /* index into analysis.documents */
	uint32_t page;      /* from 1 */
	bool paged;         /* the document has pages that people count; else its place is told by: */
	char *section;      /* DOCX: number and title of the section, NULL when there is none */
	uint32_t paragraph; /* DOCX: from 1; 0 in a running header or footer */
	char *sheet, *cell; /* XLSX: name of the sheet, first cell ("B12"); NULL elsewhere */
	char *quote;        /* words of the page, white space folded */
	size_t n_boxes;
	struct doc_box *boxes; /* one per line of the quote; none for formats without geometry */
};

struct criterion {
	char *name;
	struct opt_num weight; /* percent of 100, of the whole (not of the parent) */
	char *formula;         /* how its mark is reckoned, in the document's words; NULL when it does not say */
	size_t n_sub;
	struct criterion *sub;
};

struct lot {
	char *number;          /* "1", "A2" */
	char *title;           /* NULL when none is printed */
	struct opt_num amount; /* its maximum before tax, else what it is estimated at */
	size_t n_facts;        /* what the dossier says of this lot alone; at most one per key */
	struct fact *facts;
};

struct piece {
	char *name;       /* in the document's words */
	const char *code; /* "dc1", "memoire"; NULL when it is none of the usual ones; static */
	char *form;       /* "Excel", "20 pages"; NULL when none is asked for */
};

enum value_kind { VALUE_TEXT, VALUE_NUMBER, VALUE_BOOL, VALUE_CRITERIA, VALUE_LOTS, VALUE_TEXTS, VALUE_PIECES };

struct value {
	enum value_kind kind;
	char *text;    /* VALUE_TEXT; a deadline is "YYYY-MM-DDTHH:MM" or "YYYY-MM-DD", local wall time */
	double number; /* VALUE_NUMBER */
	bool truth;    /* VALUE_BOOL */
	size_t n;      /* of the lists below */
	struct criterion *criteria;
	struct lot *lots;
	char **texts;         /* VALUE_TEXTS */
	struct piece *pieces; /* VALUE_PIECES */
};

enum fact_status { FACT_FOUND, FACT_UNCERTAIN, FACT_CONTRADICTED };

struct fact {
	const char *key; /* a word of the vocabulary; static */
	struct value value;
	double confidence; /* 0..1 */
	enum fact_status status;
	unsigned months;    /* offer_validity_days told in months ("6 mois"): how many days these are depends on the
			       calendar, the value takes 30 for each; 0: told in days */
	bool computed;      /* reckoned from what is quoted ("8 days before") rather than printed */
	const char *detail; /* what the value leaves out ("mono-attributaire"), for people; NULL: nothing */
	size_t n_evidence;
	struct evidence *evidence;
};

enum requirement_priority { PRIORITY_ELIMINATORY, PRIORITY_MANDATORY, PRIORITY_DESIRABLE };

struct requirement {
	char *id;             /* 16 hex digits; kept through later analyses: requirement_ids.h */
	char *text;           /* the whole sentence */
	const char *category; /* technical, functional, performance, security, administrative, financial, legal,
				 environmental, other; static */
	enum requirement_priority priority;
	char *section; /* "4.1.3 Title" of the nearest heading; NULL when there is none */
	struct evidence evidence;
};

struct contradiction {
	const char *key;
	const char *lot; /* number of the lot that it is about; NULL: of the whole */
	size_t n_values; /* at least 2 */
	struct fact *values;
	char *message; /* French, for the user */
};

/* What to ask the buyer, in French. */
struct question {
	char *text;   /* the question, as it may be sent */
	char *reason; /* why it is asked */
	size_t n_evidence;
	struct evidence *evidence;
};

struct analyzed_document {
	const char *file, *document_id, *mime_type, *error;
	enum tender_kind kind;
	double kind_confidence;
	uint32_t pages, warnings; /* warnings: enum doc_warning bits */
};

struct analysis {
	size_t n_documents, n_facts, n_contradictions;
	struct analyzed_document *documents; /* in the order of the input */
	struct fact *facts;                  /* at most one per key, in the order of the table of keys */
	struct contradiction *contradictions;
	size_t n_questions;
	struct question *questions; /* of contradictions in the order of the facts, then the others */
	size_t n_requirements;
	struct requirement *requirements; /* in the order of the documents */
	unsigned refused; /* facts dropped because their quote does not stand in the page: a bug of ours */
};

/* Stable word of a kind ("rc", "ccap", ..., "other"). */
const char *tender_kind_id(enum tender_kind k);

/* Analyses the n documents as one dossier. Never fails: what can't be understood is absent. `out` is zeroed first; all
 * of it belongs to mem, except file, document_id, mime_type and error, which stay the caller's. */
void tender_analyze(TALLOC_CTX *mem, const struct tender_input *in, size_t n, struct analysis *out);

/* The kind of one document by itself, as tender_analyze() finds it: for those who wait for the rest of the dossier. */
enum tender_kind tender_kind_of(const struct tender_input *in);

/* The fact with that key, or NULL. */
const struct fact *analysis_fact(const struct analysis *a, const char *key);

/* Where a piece of evidence stands, in French words: "page 3", "§ 3.1", "paragraphe 12", "feuille DPGF, B12",
 * "en-tête ou pied de page". */
char *evidence_place(TALLOC_CTX *mem, const struct evidence *e);

/* The French words for a value that is one of a list ("appel d'offres ouvert" for "appel_offres_ouvert" of
 * "procedure"); NULL for another key or word. */
const char *tender_value_word(const char *key, const char *id);
/* "500 000 €", "37 500,50 €", with unbreakable spaces. */
char *tender_euros(TALLOC_CTX *mem, double v);
/* "60", "37,5": at most two decimals. */
char *tender_decimal(TALLOC_CTX *mem, double v);
/* The day (from 1970-01-01) of a local moment "YYYY-MM-DDTHH:MM" or "YYYY-MM-DD"; false for anything else. */
bool tender_day(const char *moment, int64_t *days);
/* "1er avril 2025" of such a day. */
char *tender_day_words(TALLOC_CTX *mem, int64_t days);

/* True when `quote` (white space folded) stands in the page's text, white space folded, and is not empty. */
bool tender_quote_stands(const struct doc_page *p, const char *quote);

/* Appends the analysis as one JSON object: documents, facts by key, requirements, contradictions, questions. */
void analysis_write(const struct analysis *a, struct buf *out);

#endif
