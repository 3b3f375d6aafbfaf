/* Full text over the pages of an organisation. */
#ifndef DB_SEARCH_SQL_H
#define DB_SEARCH_SQL_H

#include "tender_sql.h"

/* Around the first word that is found, in characters: so much before it, and so much in all. */
#define SEARCH_BEFORE "100"
#define SEARCH_WINDOW "320"

/* The reading of a document that is shown: the newest. What was replaced is history, and not found. */
#define SEARCH_FROM \
	" from (select websearch_to_tsquery('pg_catalog.french', " SQL_FOLD( \
	    "$1") ") as query) q cross join document d" \
		  " join lateral (select r.id from reading r where r.organization_id = d.organization_id" \
		  "  and r.blob_id = d.blob_id order by r.reader_version desc limit 1) r on true" \
		  " join page p on p.organization_id = d.organization_id and p.reading_id = r.id and p.words @@ " \
		  "q.query" \
		  " where " DOCUMENT_COUNTS " and d.status <> 'quarantined'" \
		  " and ($2 is null or d.tender_id = $2) and ($3 is null or d.document_type = $3)"

struct search_filter {
	const char *q;
	struct opt_uuid tender_id;
	const char *document_type;
	int64_t limit, offset;
};
SQL_FIELDS(search_filter, q, tender_id, document_type, limit, offset);
struct search_hit {
	struct uuid document_id;
	struct opt_uuid tender_id;
	const char *name, *path, *document_type;
	int64_t page;
	const char *around; /* characters of the page around the first word found, cut anywhere */
	bool cut_before, cut_after;
};
SQL_FIELDS(search_hit, document_id, tender_id, name, path, document_type, page, around, cut_before, cut_after);

/* Characters of a page that are searched, as its column words has them; so many are folded at once, and so many more,
 * as a word may stand across. */
#define SEARCH_TEXT "400000"
#define SEARCH_STEP "20000"
#define SEARCH_FOLDED "20100"

/* The best first. A letter without its accent is one character, as with it: places in the folded text are those in the
 * text. A DOCX is one page of any length, and folding it takes a second: it is done piece by piece, once for all words,
 * as far as to the first piece that has one. */
SQL_ALL(search_pages, search_filter, search_hit,
    "with hit as (select d.id, d.tender_id, d.name, d.path, d.document_type, p.number, p.text,"
    " ts_rank(p.words, q.query) as rank" SEARCH_FROM " order by rank desc, d.id, p.number limit $4 offset $5),"
    " wanted as (select tsvector_to_array(to_tsvector('pg_catalog.french', " SQL_FOLD(
	"$1") ")) as stems)"
	      " select h.id as document_id, h.tender_id, h.name, h.path, h.document_type, h.number as page,"
	      " substring(t.text from s.at for " SEARCH_WINDOW ") as around, s.at > 1 as cut_before,"
	      " length(t.text) >= s.at + " SEARCH_WINDOW " as cut_after from hit h cross join wanted"
	      " cross join lateral (select left(h.text, " SEARCH_TEXT " + " SEARCH_WINDOW ") as text offset 0) t"
	      " cross join lateral (select greatest(1, coalesce(("
	      "  select piece.first + found.at - 1 from generate_series(1, " SEARCH_TEXT ", " SEARCH_STEP
	      ") piece (first)"
	      "  cross join lateral (select min(nullif(strpos(f.folded, stem), 0)) as at from (select " SQL_FOLD(
		  "substring(t.text from piece.first for " SEARCH_FOLDED
		  ")") " as folded offset 0) f"
		       "   cross join unnest(wanted.stems) stem) found where found.at is not null limit 1), 1) "
		       "- " SEARCH_BEFORE ") as at) s order by h.rank desc, h.id, h.number")

struct search_count_filter {
	const char *q;
	struct opt_uuid tender_id;
	const char *document_type;
};
SQL_FIELDS(search_count_filter, q, tender_id, document_type);

SQL_ONE(search_count, search_count_filter, list_total,
    "select count(*) as total from (select 1" SEARCH_FROM " limit 10001) t")

#endif
