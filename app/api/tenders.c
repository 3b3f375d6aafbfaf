/* Tenders: made, listed, shown, changed, deleted by people. */
#include "paging.h"
#include "clock.h"
#include "tender_answer.h"
#include "uuid.h"

#include <string.h>

#define DEFAULT_TIMEZONE "Europe/Paris"

enum result tender_create(struct request *rq, struct response *rs, struct error *e)
{
	struct app *app = app_of(rq);
	struct tender_draft in;
	TRY(tender_draft_read(rq, false, &in, e));
	struct tender_new row = {
		.id = uuid_new(),
		.reference = in.reference,
		.title = in.title,
		.buyer = in.buyer,
		.description = in.description,
		.deadline = in.deadline,
		.timezone = in.timezone ? in.timezone : DEFAULT_TIMEZONE,
		.publication_date = in.publication_date,
		.estimated_amount_ht = in.estimated_amount_ht,
		.created_by = rq->identity.user_id,
	};
	struct tender_detail t;
	char id[37];
	TRY(app_begin(rq, e));
	TRY(tender_insert_later(app->db, &row, NULL, e));
	TRY(app_audit(rq, "tender.created", "tender", &row.id, NULL, e));
	TRY(tender_get_last(app->db, &(struct tender_key){ row.id }, rq->mem, &t, e));
	tender_answer(rq, rs, &t);
	uuid_format(&row.id, id);
	response_created(rs, mem_printf(rq->mem, "/api/v1/tenders/%s", id));
	return ERR_OK;
}

/* ---- the list ---- */

#define DAY_US 86400000000
#define ZONES_US (15 * 3600000000) /* no zone is farther from UTC */

/* One end of the window of deadlines: a day of the buyer's calendar, which belongs to it, or a moment. */
static enum result read_bound(
    struct request *rq, const char *name, bool is_end, struct opt_instant *moment, const char **day, struct error *e)
{
	const char *given = request_text(rq, name);
	if (!given)
		return ERR_OK;
	moment->set = true;
	bool found = clock_parse_rfc3339(given, &moment->us);
	if (!found && clock_is_date(given) &&
	    clock_parse_rfc3339(mem_printf(rq->mem, "%sT00:00:00Z", given), &moment->us))
		*day = given;
	/* Before the calendar begins nothing lies, and PostgreSQL has no such day; its end is open. */
	if ((!found && !*day) || moment->us < DEADLINE_MIN)
		return error_set(
		    e, ERR_INVALID_VALUE, name, "value", given, "expected", "2026-03-20, 2026-03-20T12:00:00Z");
	if (found)
		return ERR_OK;
	moment->us += is_end ? DAY_US + ZONES_US : -ZONES_US;
	return ERR_OK;
}

enum result tender_list_show(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	const char *sort = request_text(rq, "sort");
	bool by_deadline = strstr(sort, "deadline") != NULL, descending = sort[0] == '-';
	struct paging page;
	struct tender_list_filter where = {
		.status = request_text(rq, "status"),
		.search = request_text(rq, "search"),
		.buyer = request_text(rq, "buyer"),
	};
	(void)read_bound(rq, "deadline_from", false, &where.from, &where.from_day, e);
	(void)read_bound(rq, "deadline_to", true, &where.to, &where.to_day, e);
	if (e->n_faults)
		return e->code;
	TRY(paging_read(rq, descending, &page, e));
	struct tender_filter filter = {
		.status = where.status,
		.search = where.search,
		.buyer = where.buyer,
		.from = where.from,
		.to = where.to,
		.from_day = where.from_day,
		.to_day = where.to_day,
		.bound_time = page.bound_time,
		.bound_id = page.bound_id,
		.limit = page.limit + 1,
		.offset = page.offset,
	};
	struct list_total total = { 0 };
	struct tender_row *rows;
	size_t n;
	TRY(app_begin(rq, e));
	if (!page.by_cursor)
		TRY(tender_count_later(db, &where, rq->mem, &total, e));
	if (by_deadline && descending)
		TRY(tender_list_deadline_down_last(db, &filter, rq->mem, &rows, &n, e));
	else if (by_deadline)
		TRY(tender_list_deadline_last(db, &filter, rq->mem, &rows, &n, e));
	else if (descending)
		TRY(tender_list_newest_last(db, &filter, rq->mem, &rows, &n, e));
	else
		TRY(tender_list_oldest_last(db, &filter, rq->mem, &rows, &n, e));
	n = paging_finish(rs, &page, n, total.total);
	struct json_writer *w = response_data(rs);
	jw_open(w, '[');
	for (size_t i = 0; i < n; i++)
		tender_write(w, &rows[i], app_of(rq)->settings.RETENTION_DAYS);
	jw_close(w, ']');
	if (n)
		paging_next(rs, &page, rows[n - 1].sort_time.us, &rows[n - 1].id);
	return ERR_OK;
}

enum result tender_show(struct request *rq, struct response *rs, struct error *e)
{
	struct tender_detail t;
	TRY(app_begin(rq, e));
	TRY(tender_get_last(
	    app_of(rq)->db, &(struct tender_key){ request_id_required(rq, "tender_id") }, rq->mem, &t, e));
	tender_answer(rq, rs, &t);
	return ERR_OK;
}

/* ---- changing ---- */

/* The source that a field gets: person for what is set; for what is cleared "read", since then the facts are shown. */
static const char *source_of(bool set, bool cleared)
{
	return set ? "person" : cleared ? "read" : NULL;
}

static enum result change(struct request *rq, const struct uuid *id, const struct tender_draft *in,
    const struct tender_shown *shown, struct error *e)
{
	struct tender_change row = {
		.id = *id,
		.reference = in->reference ? in->reference : shown->reference,
		.reference_source = source_of(in->reference != NULL, in->no_reference),
		.title = in->title ? in->title : shown->title,
		.title_source = source_of(in->title != NULL, in->no_title),
		.buyer = in->buyer ? in->buyer : shown->buyer,
		.buyer_source = source_of(in->buyer != NULL, in->no_buyer),
		.description = in->description,
		.description_source = source_of(in->description != NULL, in->no_description),
		.deadline = in->deadline,
		.deadline_local = shown->deadline_local,
		.deadline_source = source_of(in->deadline.set, in->no_deadline),
		.timezone = in->no_timezone ? DEFAULT_TIMEZONE : in->timezone,
		.publication_date = in->publication_date,
		.publication_date_source = source_of(in->publication_date != NULL, in->no_publication_date),
		.estimated_amount_ht = in->estimated_amount_ht,
		.estimated_amount_ht_source = source_of(in->estimated_amount_ht.set, in->no_estimated_amount_ht),
	};
	if (!row.reference_source && !row.title_source && !row.buyer_source && !row.description_source &&
	    !row.deadline_source && !row.timezone && !row.publication_date_source && !row.estimated_amount_ht_source)
		return ERR_OK;
	TRY(tender_update_later(app_of(rq)->db, &row, NULL, e));
	return app_audit(rq, "tender.updated", "tender", id, NULL, e);
}

enum result tender_patch(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct tender_key key = { request_id_required(rq, "tender_id") };
	struct tender_draft in;
	struct tender_locked locked;
	struct tender_facts_row read;
	struct fact_decision_row *rows;
	struct decision *decisions;
	struct tender_shown shown = { 0 };
	struct tender_detail t;
	size_t n;
	TRY(tender_draft_read(rq, true, &in, e));
	bool falls_back = in.no_reference || in.no_title || in.no_buyer || in.no_deadline;
	TRY(app_begin(rq, e));
	if (falls_back) {
		/* Locked first: what is read below is what was read last. */
		TRY(tender_lock_later(db, &key, rq->mem, &locked, e));
		TRY(tender_facts_read_later(db, &key, rq->mem, &read, e));
		TRY(fact_decision_list(db, &key, rq->mem, &rows, &n, e));
		TRY(tender_decisions(rq, rows, n, &decisions, e));
		const struct json *facts = NULL;
		if (read.facts.s)
			TRY(json_parse(rq->mem, read.facts.s, strlen(read.facts.s), &facts, e));
		/* Without an analysis nothing was read, and nothing was decided that would still hold. */
		decision_shown_all(decisions, read.facts.s ? n : 0, facts, &shown);
	} else {
		TRY(tender_lock(db, &key, rq->mem, &locked, e));
	}
	TRY(tender_check_version(rq, &in.version, locked.version, e));
	TRY(change(rq, &key.id, &in, &shown, e));
	TRY(tender_get_last(db, &key, rq->mem, &t, e));
	tender_answer(rq, rs, &t);
	return ERR_OK;
}

enum result tender_delete_one(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct tender_key key = { request_id_required(rq, "tender_id") };
	struct deletion deletion = { key.id, app_of(rq)->settings.DELETE_UNDO_DAYS };
	struct tender_locked locked;
	TRY(app_begin(rq, e));
	TRY(tender_lock(db, &key, rq->mem, &locked, e));
	TRY(tender_check_version(rq, &(struct opt_int){ 0 }, locked.version, e));
	TRY(tender_delete_later(db, &deletion, NULL, e));
	TRY(tender_delete_documents_later(db, &deletion, NULL, e));
	TRY(app_audit(rq, "tender.deleted", "tender", &key.id, NULL, e));
	TRY(db_commit(db, e));
	rs->status = 204;
	return ERR_OK;
}

/* ---- status ---- */

struct status_change {
	const char *status;
	struct opt_int version;
};
static const char *const settable[] = { "draft", "ready", "declined", "submitted", "awarded", "rejected", "cancelled",
	"archived", NULL };
static const struct json_field status_fields[] = {
	{ "status", JSON_FIELD_TEXT, offsetof(struct status_change, status), .required = true, .choices = settable },
	{ "version", JSON_FIELD_INT, offsetof(struct status_change, version), 1, INT64_MAX },
};

/* The ways people may go; besides these any state but the final one may be cancelled or archived. */
static const struct {
	const char *from, *to;
} ways[] = {
	{ "draft", "ready" },
	{ "ready", "draft" },
	{ "ready", "declined" },
	{ "ready", "submitted" },
	{ "declined", "ready" },
	{ "submitted", "awarded" },
	{ "submitted", "rejected" },
};

static bool may_become(const char *from, const char *to)
{
	if (strcmp(from, "archived") == 0)
		return false;
	if (strcmp(to, "cancelled") == 0 || strcmp(to, "archived") == 0)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++)
		if (strcmp(ways[i].from, from) == 0 && strcmp(ways[i].to, to) == 0)
			return true;
	return false;
}

enum result tender_status_put(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct tender_key key = { request_id_required(rq, "tender_id") };
	struct status_change in = { 0 };
	struct tender_locked locked;
	struct tender_detail t;
	TRY(request_json(rq, status_fields, ARRAY_LEN(status_fields), &in, e));
	TRY(app_begin(rq, e));
	TRY(tender_lock(db, &key, rq->mem, &locked, e));
	TRY(tender_check_version(rq, &in.version, locked.version, e));
	/* While its first analysis runs, a draft is in the machine's hands. */
	bool analyzing = strcmp(locked.status, "draft") == 0 && (strcmp(locked.analysis_status, "queued") == 0 ||
								    strcmp(locked.analysis_status, "running") == 0);
	const char *from = analyzing ? "analyzing" : locked.status;
	/* Asking again for what is done already changes nothing. */
	if (strcmp(from, in.status) != 0) {
		if (!may_become(from, in.status))
			return error_set(e, ERR_BAD_STATE, "status", "state", from);
		TRY(tender_set_status_later(db, &(struct tender_status_change){ key.id, in.status }, NULL, e));
		TRY(app_audit(rq, "tender.status_changed", "tender", &key.id,
		    mem_printf(rq->mem, "{\"from\":\"%s\",\"to\":\"%s\"}", from, in.status), e));
	}
	TRY(tender_get_last(db, &key, rq->mem, &t, e));
	tender_answer(rq, rs, &t);
	return ERR_OK;
}
