/* What a document asks of the bidder: the view of an analysis that holds one document's requirements, by category. */
#include "app.h"
#include "document_sql.h"
#include "document_view.h"
#include "uuid.h"

#include <string.h>

static const struct json *fact(const struct json *analysis, const char *key)
{
	return json_get(json_get(json_get(analysis, "facts"), key), "value");
}

static void write_value(TALLOC_CTX *mem, struct json_writer *w, const char *name, const struct json *v)
{
	jw_key(w, name);
	jw_raw(w, json_kind(v) == JSON_NULL ? NULL : json_print(mem, v));
}

/* In a dossier, the places tell whose requirement it is. */
static bool is_of(const struct json *requirement, const char *document_id)
{
	const char *id = json_string(json_get(json_at(json_get(requirement, "evidence"), 0), "document_id"));
	return id && strcmp(id, document_id) == 0;
}

static bool speaks_of(const struct json *analysis, const char *document_id)
{
	const struct json *all = json_get(analysis, "documents");
	for (size_t i = 0; i < json_len(all); i++) {
		const char *id = json_string(json_get(json_at(all, i), "document_id"));
		if (id && strcmp(id, document_id) == 0)
			return json_kind(json_get(json_at(all, i), "error")) == JSON_NULL;
	}
	return false;
}

static void write_categories(TALLOC_CTX *mem, struct json_writer *w, const struct json *all, const char *document_id)
{
	static const char *const categories[] = { "technical", "functional", "performance", "security",
		"administrative", "financial", "legal", "environmental", "other" };
	jw_open(w, '{');
	for (size_t c = 0; c < ARRAY_LEN(categories); c++) {
		jw_key(w, categories[c]);
		jw_open(w, '[');
		for (size_t i = 0; i < json_len(all); i++) {
			const char *category = json_string(json_get(json_at(all, i), "category"));
			if (category && strcmp(category, categories[c]) == 0 && is_of(json_at(all, i), document_id))
				jw_raw(w, json_print(mem, json_at(all, i)));
		}
		jw_close(w, ']');
	}
	jw_close(w, '}');
}

/* The mean of what the rules say of their own facts. */
static void add_confidence(const char *name, const struct json *v, void *arg)
{
	double *sum = arg;
	(void)name;
	sum[0] += json_num(json_get(v, "confidence"));
	sum[1] += 1;
}

enum result document_requirement_list(struct request *rq, struct response *rs, struct error *e)
{
	struct document_key key = { request_id_required(rq, "document_id") };
	struct document_result row;
	const struct json *analysis;
	char id[37];
	uuid_format(&key.id, id);
	TRY(app_begin(rq, e));
	TRY(document_analysis_last(app_of(rq)->db, &key, rq->mem, &row, e));
	TRY(document_refuse_infected(row.infection, e));
	if (!row.result.s)
		return error_set(e, ERR_NOT_PROCESSED, NULL);
	TRY(json_parse(rq->mem, row.result.s, strlen(row.result.s), &analysis, e));
	if (!speaks_of(analysis, id))
		return error_set(e, ERR_NOT_PROCESSED, NULL);
	double confidence[2] = { 0, 0 };
	json_each(json_get(analysis, "facts"), add_confidence, confidence);
	struct json_writer *w = response_data(rs);
	jw_open(w, '{');
	jw_field_text(w, "document_id", id);
	write_value(rq->mem, w, "title", fact(analysis, "object"));
	write_value(rq->mem, w, "reference_number", fact(analysis, "reference"));
	write_value(rq->mem, w, "buyer_organization", fact(analysis, "buyer"));
	write_value(rq->mem, w, "submission_deadline", fact(analysis, "deadline"));
	jw_key(w, "budget");
	jw_open(w, '{');
	write_value(rq->mem, w, "min", fact(analysis, "amount_min_eur_ht"));
	write_value(rq->mem, w, "max", fact(analysis, "amount_max_eur_ht"));
	jw_close(w, '}');
	jw_key(w, "requirements");
	write_categories(rq->mem, w, json_get(analysis, "requirements"), id);
	write_value(rq->mem, w, "evaluation_criteria", fact(analysis, "criteria"));
	jw_key(w, "extraction_confidence");
	if (confidence[1] > 0)
		jw_num(w, confidence[0] / confidence[1], 3);
	else
		jw_null(w);
	jw_close(w, '}');
	app_version_of_body(rs);
	return ERR_OK;
}
