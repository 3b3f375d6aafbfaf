/* The requirements of a tender's analysis, a page at a time. */
#ifndef DB_REQUIREMENT_SQL_H
#define DB_REQUIREMENT_SQL_H

#include "tender_sql.h"

/* The analysis that a page is of: the latest one, or the one that a walk by cursor began in, so that a walk is whole
 * even when the dossier is analysed anew meanwhile. */
#define REQUIREMENT_ANALYSIS(tender, analysis) \
	"select a.id, a.result from dossier_version v" \
	" join analysis a on a.organization_id = v.organization_id and a.dossier_version_id = v.id" \
	" where v.tender_id = " tender " and (" analysis " is null or a.id = " analysis ")" \
	" and exists (select from document d where d.tender_id = " tender " and " DOCUMENT_COUNTS ")" \
	" order by v.number desc, a.created_at desc, a.id desc limit 1"

struct requirement_source_key {
	struct uuid tender_id;
	struct opt_uuid analysis_id; /* of a cursor; not set: the latest */
};
SQL_FIELDS(requirement_source_key, tender_id, analysis_id);
struct requirement_source_row {
	struct opt_uuid analysis_id; /* not set: there is none */
};
SQL_FIELDS(requirement_source_row, analysis_id);

/* ERR_NOT_FOUND without the tender. */
SQL_ONE(requirement_source, requirement_source_key, requirement_source_row,
    "select (select a.id from (" REQUIREMENT_ANALYSIS(
	"t.id", "$2") ") a) as analysis_id"
		      " from tender t where t.id = $1 and t.deleted_at is null")

/* Filters that are NULL do not filter. */
struct requirement_filter {
	struct uuid tender_id;
	struct opt_uuid analysis_id;
	const char *category, *priority, *search;
	struct opt_uuid document_id;
	int64_t after; /* the place, from 1, of the one before the page */
	int64_t limit, offset;
};
SQL_FIELDS(requirement_filter, tender_id, analysis_id, category, priority, search, document_id, after, limit, offset);
struct requirement_row {
	struct json_text requirement;
	int64_t place;
	struct uuid analysis_id;
};
SQL_FIELDS(requirement_row, requirement, place, analysis_id);
#define REQUIREMENT_WHERE \
	" from (" REQUIREMENT_ANALYSIS("$1", \
	    "$2") ") a," \
		  " jsonb_array_elements(a.result -> 'requirements') with ordinality q (value, place)" \
		  " where ($3 is null or q.value ->> 'category' = $3) and ($4 is null or q.value ->> 'priority' = $4)" \
		  " and ($5 is null or position(" SQL_FOLD("$5") " in " SQL_FOLD( \
		      "concat_ws(' ', q.value ->> 'section', q.value ->> 'text')") ") > 0)" \
										   " and ($6 is null or q.value -> " \
										   "'evidence' -> 0 ->> " \
										   "'document_id' = $6::text)"

SQL_ALL(requirement_page, requirement_filter, requirement_row,
    "select q.value as requirement, q.place, a.id as analysis_id" REQUIREMENT_WHERE
    " and q.place > $7 order by q.place limit $8 offset $9")

struct requirement_count_filter {
	struct uuid tender_id;
	struct opt_uuid analysis_id;
	const char *category, *priority, *search;
	struct opt_uuid document_id;
};
SQL_FIELDS(requirement_count_filter, tender_id, analysis_id, category, priority, search, document_id);

SQL_ONE(requirement_count, requirement_count_filter, list_total,
    "select count(*) as total from (select 1" REQUIREMENT_WHERE " limit 10001) t")

#endif
