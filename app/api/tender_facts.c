/* The facts of a tender: as they were read, and as people confirm, correct and reject them. */
#include "analysis_views.h"
#include "clock.h"
#include "crypto.h"
#include "red_flags.h"
#include "tender_answer.h"
#include "uuid.h"

#include <string.h>

#define FACTS_MAX ((size_t)24 << 20) /* as an analysis */

/* The facts with the decisions, as text. */
static enum result merge(struct request *rq, const char *facts, const struct decision *decisions, size_t n,
    const char **out, struct error *e)
{
	const struct json *read;
	struct buf b;
	struct json_writer w;
	*out = facts;
	if (n == 0)
		return ERR_OK;
	TRY(json_parse(rq->mem, facts, strlen(facts), &read, e));
	buf_init(&b, rq->mem, FACTS_MAX);
	jw_init(&w, &b);
	decision_write_facts(rq->mem, &w, read, decisions, n);
	if (b.full) {
		error_cause(e, "the merged facts are longer than %zu bytes", FACTS_MAX);
		return error_set(e, ERR_INTERNAL, NULL);
	}
	*out = b.data;
	return ERR_OK;
}

enum result tender_facts_merged(struct request *rq, const char *facts, const struct decision *decisions, size_t n,
    const struct json **out, struct error *e)
{
	const char *text;
	TRY(merge(rq, facts, decisions, n, &text, e));
	return json_parse(rq->mem, text, strlen(text), out, e);
}

static enum result parse(struct request *rq, const char *text, const struct json **out, struct error *e)
{
	*out = NULL;
	return text ? json_parse(rq->mem, text, strlen(text), out, e) : ERR_OK;
}

/* Apart, as the passing of time changes them: their digest is part of the ETag. */
static enum result red_flags_text(struct request *rq, const struct tender_analysis_row *a, const struct json *facts,
    const char **out, char digest[17], struct error *e)
{
	struct red_flags_input in = { .facts = facts, .now = a->now_local };
	struct red_flags flags;
	struct buf b;
	struct json_writer w;
	uint8_t sha256[32];
	TRY(parse(rq, a->contradictions.s, &in.contradictions, e));
	TRY(parse(rq, a->documents.s, &in.documents, e));
	red_flags_find(rq->mem, &in, &flags);
	buf_init(&b, rq->mem, FACTS_MAX);
	jw_init(&w, &b);
	red_flags_write(rq->mem, &w, &flags);
	crypto_sha256_of(b.data, b.len, sha256);
	crypto_hex(sha256, 8, digest);
	*out = b.data;
	return ERR_OK;
}

enum result tender_analysis_show(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct tender_key key = { request_id_required(rq, "tender_id") };
	struct tender_analysis_row a;
	struct fact_decision_row *rows;
	struct decision *decisions;
	const struct json *merged;
	const char *facts, *flags;
	size_t n;
	char id[37], digest[17];
	int64_t decided = 0;
	TRY(app_begin(rq, e));
	TRY(tender_analysis_later(db, &key, rq->mem, &a, e));
	TRY(fact_decision_list_last(db, &key, rq->mem, &rows, &n, e));
	if (!a.analysis_id.set)
		return error_set(e, ERR_NOT_ANALYZED, NULL);
	TRY(tender_decisions(rq, rows, n, &decisions, e));
	TRY(merge(rq, a.facts.s, decisions, n, &facts, e));
	TRY(parse(rq, facts, &merged, e));
	TRY(red_flags_text(rq, &a, merged, &flags, digest, e));
	for (size_t i = 0; i < n; i++)
		decided = rows[i].created_at.us > decided ? rows[i].created_at.us : decided;
	struct json_writer *w = response_data(rs);
	jw_open(w, '{');
	jw_field_uuid(w, "tender_id", &key.id);
	jw_field_int(w, "dossier_version", a.dossier_version.value);
	jw_field_int(w, "rules_version", a.rules_version.value);
	jw_key(w, "created_at");
	jw_opt_instant(w, a.created_at);
	jw_members(w, a.rest.s);
	jw_key(w, "facts");
	jw_raw(w, facts);
	analysis_views_write(rq->mem, w, merged);
	jw_key(w, "red_flags");
	jw_raw(w, flags);
	jw_close(w, '}');
	uuid_format(&a.analysis_id.value, id);
	response_version(rs, "%s-%llx-%s", id, (long long)decided, digest);
	return ERR_OK;
}

/* ---- decisions ---- */

struct word {
	const char *action;
	const struct json *value;
};
static const struct json_field word_fields[] = {
	{ "action", JSON_FIELD_TEXT, offsetof(struct word, action), .required = true, .choices = decision_actions },
	{ "value", JSON_FIELD_ANY, offsetof(struct word, value) },
};

static enum result read_word(struct request *rq, const char *key, struct word *out, struct error *e)
{
	TRY(request_json(rq, word_fields, ARRAY_LEN(word_fields), out, e));
	bool corrected = strcmp(out->action, decision_actions[DECISION_CORRECTED]) == 0;
	if (corrected && !out->value)
		return error_set(e, ERR_MISSING_FIELD, "value");
	if (corrected)
		return decision_check(rq->mem, key, out->value, "value", e);
	/* It would look as if it counted. */
	if (out->value)
		return error_set(e, ERR_INVALID_VALUE, "value", "value", json_print(rq->mem, out->value), "expected",
		    "no value, unless the action is corrected");
	return ERR_OK;
}

static const char *stored_value(TALLOC_CTX *mem, const char *key, const struct json *v)
{
	struct buf b;
	struct json_writer w;
	buf_init(&b, mem, 1 << 20);
	jw_init(&w, &b);
	decision_write_value(mem, &w, key, v);
	return b.data;
}

/* The column of lists that shows a fact; NULL: none. A title is a name that people give, so a decision about the object
 * does not take it away from them. */
static const char *column_of(const char *key)
{
	static const char *const pairs[][2] = { { "reference", "reference" }, { "buyer", "buyer" },
		{ "deadline", "deadline_local" } };
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		if (strcmp(pairs[i][0], key) == 0)
			return pairs[i][1];
	return NULL;
}

/* Puts the decision in place of the one before it, or behind them all. There is room. */
static void replace(struct decision *list, size_t *n, const struct decision *d)
{
	size_t at = 0;
	while (at < *n && !decision_find(&list[at], 1, d->key, d->lot))
		at++;
	list[at] = *d;
	if (at == *n)
		*n += 1;
}

static enum result follow(struct request *rq, const struct uuid *tender_id, const struct json *facts,
    const struct decision *list, size_t n, const struct decision *d, struct error *e)
{
	struct tender_shown shown;
	decision_shown_all(list, n, facts, &shown);
	struct tender_shown_new row = {
		.id = *tender_id,
		.reference = shown.reference,
		.title = shown.title,
		.buyer = shown.buyer,
		.deadline_local = shown.deadline_local,
		/* What a person set himself goes only when a person says what holds. */
		.decided = d->action == DECISION_REJECTED ? NULL : column_of(d->key),
	};
	if (d->lot || (!column_of(d->key) && strcmp(d->key, "object") != 0))
		return ERR_OK;
	return tender_follow_later(app_of(rq)->db, &row, NULL, e);
}

/* Whether there is something to decide on: a lot that stands, a fact that was read or, to take it back, corrected. */
static enum result check_subject(const struct json *read, const struct json *merged, const struct decision *before,
    const struct decision *d, struct error *e)
{
	if (d->lot && !decision_lot_stands(merged, d->lot))
		return error_set(e, ERR_NOT_FOUND, "lot");
	bool was_read = decision_fact(read, d->key, d->lot) != NULL;
	bool was_corrected = before && before->action == DECISION_CORRECTED;
	if (d->action == DECISION_CORRECTED || was_read || (d->action == DECISION_REJECTED && was_corrected))
		return ERR_OK;
	return error_set(e, ERR_NOT_FOUND, "key");
}

static enum result answer(struct request *rq, struct response *rs, const struct uuid *tender_id, const char *facts,
    const struct decision *list, size_t n, const struct decision *d, struct error *e)
{
	const struct json *merged;
	TRY(tender_facts_merged(rq, facts, list, n, &merged, e));
	const struct json *fact = decision_fact(merged, d->key, d->lot);
	struct json_writer *w = response_data(rs);
	jw_open(w, '{');
	jw_field_uuid(w, "tender_id", tender_id);
	jw_field_text(w, "key", d->key);
	jw_field_text(w, "lot", d->lot);
	jw_key(w, "decision");
	jw_open(w, '{');
	jw_field_text(w, "action", decision_actions[d->action]);
	jw_field_text(w, "by", d->by);
	jw_field_text(w, "at", d->at);
	jw_close(w, '}');
	jw_key(w, "fact");
	jw_raw(w, fact ? json_print(rq->mem, fact) : NULL);
	jw_close(w, '}');
	return ERR_OK;
}

enum result tender_fact_put(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct tender_key tender = { request_id_required(rq, "tender_id") };
	const char *key = request_text(rq, "key"), *lot = request_text(rq, "lot");
	struct word in = { 0 };
	struct tender_locked locked;
	struct tender_facts_row stored;
	struct fact_decision_row *rows;
	struct decision *list, d;
	struct fact_decision_made made;
	const struct json *read, *merged;
	size_t n;
	char by[37], at[32];
	TRY(read_word(rq, key, &in, e));
	TRY(app_begin(rq, e));
	TRY(tender_lock_later(db, &tender, rq->mem, &locked, e));
	TRY(tender_facts_read_later(db, &tender, rq->mem, &stored, e));
	TRY(fact_decision_list(db, &tender, rq->mem, &rows, &n, e));
	if (!stored.facts.s)
		return error_set(e, ERR_NOT_ANALYZED, NULL);
	TRY(tender_decisions(rq, rows, n, &list, e));
	TRY(json_parse(rq->mem, stored.facts.s, strlen(stored.facts.s), &read, e));
	TRY(tender_facts_merged(rq, stored.facts.s, list, n, &merged, e));
	const struct json *fact = decision_fact(read, key, lot);
	const char *value = in.value ? stored_value(rq->mem, key, in.value)
			    : fact   ? json_print(rq->mem, json_get(fact, "value"))
				     : NULL;
	TRY(decision_read(rq->mem, key, lot, in.action, value, &d, e));
	TRY(check_subject(read, merged, decision_find(list, n, key, lot), &d, e));
	replace(list, &n, &d);
	struct fact_decision_new row = { uuid_new(), tender.id, key, lot, in.action, { value }, rq->identity.user_id };
	TRY(fact_decision_insert_later(db, &row, rq->mem, &made, e));
	TRY(app_audit(rq, mem_printf(rq->mem, "fact.%s", in.action), "tender", &tender.id,
	    mem_printf(rq->mem, "{\"key\":\"%s\"}", key), e));
	TRY(follow(rq, &tender.id, read, list, n, &d, e));
	TRY(db_commit(db, e));
	uuid_format(&rq->identity.user_id, by);
	clock_rfc3339(made.created_at.us, at);
	d.by = by;
	d.at = at;
	replace(list, &n, &d);
	return answer(rq, rs, &tender.id, stored.facts.s, list, n, &d, e);
}
