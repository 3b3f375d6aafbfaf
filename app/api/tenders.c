/* Tenders: dossiers of documents and the facts found in them. */
#include "app.h"
#include "clock.h"
#include "document_view.h"
#include "paging.h"
#include "tender_sql.h"
#include "upload.h"
#include "uuid.h"

#include <math.h>
#include <string.h>

static const char *const timezones[] = { "Europe/Paris", "America/Guadeloupe", "America/Martinique", "America/Cayenne",
	"America/Miquelon", "America/Marigot", "America/St_Barthelemy", "Indian/Reunion", "Indian/Mayotte",
	"Pacific/Noumea", "Pacific/Tahiti", "Pacific/Wallis", NULL };

#define DEADLINE_MIN (-62135424000000000) /* 0001-01-03 */
#define DEADLINE_MAX 253402128000000000   /* 9999-12-30 */

struct tender_draft {
	const char *reference, *title, *buyer, *description, *deadline, *timezone, *publication_date;
	struct opt_num estimated_amount_ht;
};
#define FIELD(name, type, ...) \
	{ \
#name, type, offsetof(struct tender_draft, name), __VA_ARGS__ \
	}
static const struct json_field draft_fields[] = {
	FIELD(reference, JSON_FIELD_TEXT, 1, 100),
	FIELD(title, JSON_FIELD_TEXT, 1, 500),
	FIELD(buyer, JSON_FIELD_TEXT, 1, 300),
	FIELD(description, JSON_FIELD_TEXT, 0, 10000),
	FIELD(deadline, JSON_FIELD_TEXT, 1, 40),
	FIELD(timezone, JSON_FIELD_TEXT, .choices = timezones),
	FIELD(publication_date, JSON_FIELD_TEXT, 1, 40),
	FIELD(estimated_amount_ht, JSON_FIELD_NUM, 0, 1000000000000),
};

struct attachment {
	struct json_uuids document_ids;
};
static const struct json_field attachment_fields[] = {
	{ "document_ids", JSON_FIELD_UUIDS, offsetof(struct attachment, document_ids), 1, 200, .required = true },
};

static void write_members(struct json_writer *w, const struct tender_row *t)
{
	jw_field_uuid(w, "id", &t->id);
	jw_field_text(w, "reference", t->reference);
	jw_field_text(w, "title", t->title);
	jw_field_text(w, "buyer", t->buyer);
	jw_key(w, "deadline");
	jw_opt_instant(w, t->deadline);
	jw_field_text(w, "deadline_local", t->deadline_local);
	jw_field_text(w, "timezone", t->timezone);
	jw_key(w, "days_left");
	if (t->days_left.set)
		jw_int(w, t->days_left.value);
	else
		jw_null(w);
	jw_field_text(w, "publication_date", t->publication_date);
	jw_key(w, "estimated_amount_ht");
	if (t->estimated_amount_ht.set)
		jw_money(w, t->estimated_amount_ht.value);
	else
		jw_null(w);
	jw_field_text(w, "status", t->status);
	jw_field_text(w, "analysis_status", t->analysis_status);
	jw_field_instant(w, "created_at", t->created_at.us);
	jw_field_instant(w, "updated_at", t->updated_at.us);
}

/* Stored as codes with their arguments, told as French sentences. */
static void write_problems(TALLOC_CTX *mem, struct json_writer *w, const char *stored)
{
	const struct json *list;
	struct error e;
	error_clear(&e);
	jw_open(w, '[');
	if (json_parse(mem, stored, strlen(stored), &list, &e) == ERR_OK) {
		for (size_t i = 0; i < json_len(list); i++) {
			const struct json *p = json_at(list, i), *args = json_get(p, "args");
			const char *code = json_string(json_get(p, "code"));
			const char *text =
			    code ? stored_error_text(mem, code, args ? json_print(mem, args) : NULL, LANG_FR) : NULL;
			if (!text)
				continue;
			jw_open(w, '{');
			jw_field_text(w, "code", code);
			jw_field_text(w, "message", text);
			jw_field_text(w, "document_id", json_string(json_get(p, "document_id")));
			jw_close(w, '}');
		}
	}
	jw_close(w, ']');
}

static void write_detail(TALLOC_CTX *mem, struct response *rs, const struct tender_detail *t)
{
	struct tender_row row = {
		.id = t->id,
		.reference = t->reference,
		.title = t->title,
		.buyer = t->buyer,
		.deadline = t->deadline,
		.deadline_local = t->deadline_local,
		.timezone = t->timezone,
		.days_left = t->days_left,
		.publication_date = t->publication_date,
		.estimated_amount_ht = t->estimated_amount_ht,
		.status = t->status,
		.analysis_status = t->analysis_status,
		.created_at = t->created_at,
		.updated_at = t->updated_at,
	};
	struct json_writer *w = response_data(rs);
	jw_open(w, '{');
	write_members(w, &row);
	jw_field_text(w, "description", t->description);
	/* What was stored is a code; people read a sentence. */
	const char *reason = t->analysis_reason ? stored_error_text(mem, t->analysis_reason, NULL, LANG_FR) : NULL;
	jw_field_text(w, "analysis_error", reason);
	jw_field_int(w, "dossier_version", t->dossier_version);
	jw_field_int(w, "document_count", t->document_count);
	jw_key(w, "problems");
	write_problems(mem, w, t->problems.s);
	jw_close(w, '}');
}

/* days_left changes at midnight though no row does. */
static void set_version(struct response *rs, const struct tender_detail *t)
{
	response_version(rs, "%lld-%lld-%lld-%lld", (long long)t->version, (long long)t->dossier_version,
	    (long long)t->document_count, t->days_left.set ? (long long)t->days_left.value : 0LL);
}

enum result tender_create(struct request *rq, struct response *rs, struct error *e)
{
	struct app *app = app_of(rq);
	struct tender_draft in = { 0 };
	enum result rc = request_json(rq, draft_fields, ARRAY_LEN(draft_fields), &in, e);
	struct tender_new row = {
		.id = uuid_new(),
		.reference = in.reference,
		.title = in.title,
		.buyer = in.buyer,
		.description = in.description,
		.timezone = in.timezone ? in.timezone : timezones[0],
		.publication_date = in.publication_date,
		.estimated_amount_ht = in.estimated_amount_ht,
		.created_by = rq->identity.user_id,
	};
	row.deadline.set = in.deadline && clock_parse_rfc3339(in.deadline, &row.deadline.us);
	/* Its wall time anywhere must be a date of four digits. */
	if (row.deadline.set && (row.deadline.us < DEADLINE_MIN || row.deadline.us > DEADLINE_MAX))
		row.deadline.set = false;
	if (in.deadline && !row.deadline.set)
		rc = error_set(
		    e, ERR_INVALID_VALUE, "deadline", "value", in.deadline, "expected", "2026-03-20T12:00:00+01:00");
	if (in.publication_date && !clock_is_date(in.publication_date))
		rc = error_set(
		    e, ERR_INVALID_VALUE, "publication_date", "value", in.publication_date, "expected", "2026-03-20");
	double cents = in.estimated_amount_ht.value * 100;
	if (in.estimated_amount_ht.set && fabs(cents - round(cents)) > 1e-4)
		rc = error_set(e, ERR_INVALID_VALUE, "estimated_amount_ht", "value", "-", "expected", "two decimals");
	if (rc != ERR_OK || e->n_faults)
		return e->code;
	struct tender_detail t;
	char id[37];
	TRY(app_begin(rq, e));
	TRY(tender_insert_later(app->db, &row, NULL, e));
	TRY(tender_get_last(app->db, &(struct tender_key){ row.id }, rq->mem, &t, e));
	write_detail(rq->mem, rs, &t);
	uuid_format(&row.id, id);
	response_created(rs, mem_printf(rq->mem, "/api/v1/tenders/%s", id));
	return ERR_OK;
}

enum result tender_list_show(struct request *rq, struct response *rs, struct error *e)
{
	struct app *app = app_of(rq);
	struct paging page;
	TRY(paging_read(rq, false, &page, e));
	struct tender_filter filter = {
		.status = request_text(rq, "status"),
		.search = request_text(rq, "search"),
		.bound_time = page.bound_time,
		.bound_id = page.bound_id,
		.limit = page.limit + 1,
		.offset = page.offset,
	};
	struct tender_list_filter counted = { filter.status, filter.search };
	struct list_total total = { 0 };
	struct tender_row *rows;
	size_t n;
	TRY(app_begin(rq, e));
	if (!page.by_cursor)
		TRY(tender_count_later(app->db, &counted, rq->mem, &total, e));
	TRY(tender_list_last(app->db, &filter, rq->mem, &rows, &n, e));
	n = paging_finish(rs, &page, n, total.total);
	struct json_writer *w = response_data(rs);
	jw_open(w, '[');
	for (size_t i = 0; i < n; i++) {
		jw_open(w, '{');
		write_members(w, &rows[i]);
		jw_close(w, '}');
	}
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
	write_detail(rq->mem, rs, &t);
	set_version(rs, &t);
	return ERR_OK;
}

/* ---- the dossier ---- */

/* The analysis of a version of the dossier: queued at once when all is read, else by the reading that ends last. */
static enum result queue_analysis(
    struct request *rq, const struct uuid *tender_id, const struct uuid *dossier_version_id, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct job_analyze_new job = { uuid_new(), *tender_id, *dossier_version_id };
	TRY(job_analyze_add_later(db, &job, NULL, e));
	return tender_set_queued_later(db, &(struct tender_key){ *tender_id }, NULL, e);
}

/* Which of the named documents can be attached; all faults are told. *fresh: how many are not in the tender yet. */
static enum result check_named(struct request *rq, const struct uuid *tender_id, const struct sql_uuids *ids,
    const struct document_row *rows, size_t n, size_t *fresh, struct error *e)
{
	*fresh = 0;
	for (size_t i = 0; i < ids->n; i++) {
		const struct document_row *named = NULL;
		for (size_t k = 0; k < n; k++)
			if (uuid_equal(&rows[k].id, &ids->p[i]))
				named = &rows[k];
		const char *field = mem_printf(rq->mem, "document_ids[%zu]", i);
		if (!named)
			error_set(e, ERR_NOT_FOUND, field);
		else if (named->tender_id.set && !uuid_equal(&named->tender_id.value, tender_id))
			error_set(e, ERR_IN_OTHER_TENDER, field);
		else if (!named->tender_id.set)
			*fresh += 1;
	}
	return e->n_faults ? e->code : ERR_OK;
}

/* Puts documents that are there already into a tender: a next version of its dossier, when that changes it. */
static enum result attach(struct request *rq, const struct uuid *tender_id, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct tender_key key = { *tender_id };
	struct attachment in = { 0 };
	struct tender_locked tender;
	struct document_row *rows;
	size_t n, fresh;
	TRY(request_json(rq, attachment_fields, ARRAY_LEN(attachment_fields), &in, e));
	struct sql_uuids ids = { in.document_ids.p, in.document_ids.n };
	TRY(app_begin(rq, e));
	TRY(tender_lock_later(db, &key, rq->mem, &tender, e));
	TRY(document_lock_many(db, &(struct document_ids){ ids }, rq->mem, &rows, &n, e));
	TRY(check_named(rq, tender_id, &ids, rows, n, &fresh, e));
	if (fresh > 0) {
		struct dossier_version_new version = { uuid_new(), *tender_id, rq->identity.user_id };
		struct tender_attachment attachment = { *tender_id, ids };
		struct dossier_version_fill_key fill = { version.id, *tender_id };
		TRY(tender_attach_later(db, &attachment, NULL, e));
		TRY(dossier_version_insert_later(db, &version, NULL, e));
		TRY(dossier_version_fill_later(db, &fill, NULL, e));
		TRY(queue_analysis(rq, tender_id, &version.id, e));
	}
	TRY(db_commit(db, e));
	struct json_writer *w = response_data(rs);
	jw_open(w, '[');
	for (size_t i = 0; i < ids.n; i++)
		for (size_t k = 0; k < n; k++)
			if (uuid_equal(&rows[k].id, &ids.p[i])) {
				rows[k].tender_id = (struct opt_uuid){ true, *tender_id };
				document_write(w, &rows[k]);
			}
	jw_close(w, ']');
	return ERR_OK;
}

enum result tender_document_add(struct request *rq, struct response *rs, struct error *e)
{
	struct uuid id = request_id_required(rq, "tender_id");
	if (request_body_is(rq, "application/json"))
		return attach(rq, &id, rs, e);
	struct upload up = { 0 };
	TRY(upload_receive(rq, false, &up, e));
	up.tender_id = (struct opt_uuid){ true, id };
	TRY(upload_store(rq, &up, true, e));
	upload_answer(&up, rs);
	return ERR_OK;
}

static bool may_analyze(const char *status)
{
	return strcmp(status, "draft") == 0 || strcmp(status, "ready") == 0 || strcmp(status, "declined") == 0 ||
	       strcmp(status, "submitted") == 0;
}

enum result tender_analyze(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct tender_key key = { request_id_required(rq, "tender_id") };
	struct tender_locked tender;
	struct tender_unread_row *unread;
	size_t n;
	TRY(app_begin(rq, e));
	TRY(tender_lock_later(db, &key, rq->mem, &tender, e));
	TRY(tender_unread(db, &key, rq->mem, &unread, &n, e));
	if (!may_analyze(tender.status))
		return error_set(e, ERR_BAD_STATE, NULL, "state", tender.status);
	if (!tender.dossier_version_id.set)
		return error_set(e, ERR_NO_DOCUMENTS, NULL);
	/* One that runs already is joined; documents that nobody has read are read first. */
	bool runs = strcmp(tender.analysis_status, "queued") == 0 || strcmp(tender.analysis_status, "running") == 0;
	for (size_t i = 0; i < n; i++) {
		struct job_read_new job = { uuid_new(), unread[i].id, unread[i].size };
		TRY(document_set_processing_later(db, &(struct document_key){ unread[i].id }, NULL, e));
		TRY(job_read_add_later(db, &job, NULL, e));
	}
	struct job_analyze_new analyze = { uuid_new(), key.id, tender.dossier_version_id.value };
	TRY(job_analyze_add_later(db, &analyze, NULL, e));
	if (!runs || n > 0)
		TRY(tender_set_queued_later(db, &key, NULL, e));
	TRY(db_commit(db, e));
	struct json_writer *w = response_data(rs);
	rs->status = 202;
	jw_open(w, '{');
	jw_field_uuid(w, "tender_id", &key.id);
	jw_field_text(w, "analysis_status", runs && n == 0 ? tender.analysis_status : "queued");
	jw_field_int(w, "dossier_version", tender.dossier_version);
	jw_field_text(w, "message",
	    rq->lang == LANG_FR ? "L'analyse de la consultation est en file d'attente."
				: "The analysis of the tender is queued.");
	jw_close(w, '}');
	return ERR_OK;
}

enum result tender_analysis_show(struct request *rq, struct response *rs, struct error *e)
{
	struct tender_key key = { request_id_required(rq, "tender_id") };
	struct tender_analysis_row a;
	char id[37];
	TRY(app_begin(rq, e));
	TRY(tender_analysis_last(app_of(rq)->db, &key, rq->mem, &a, e));
	if (!a.analysis_id.set)
		return error_set(e, ERR_NOT_ANALYZED, NULL);
	struct json_writer *w = response_data(rs);
	jw_open(w, '{');
	jw_field_uuid(w, "tender_id", &key.id);
	jw_field_int(w, "dossier_version", a.dossier_version.value);
	jw_field_int(w, "rules_version", a.rules_version.value);
	jw_key(w, "created_at");
	jw_opt_instant(w, a.created_at);
	jw_members(w, a.result.s);
	jw_close(w, '}');
	uuid_format(&a.analysis_id.value, id);
	response_version(rs, "%s", id);
	return ERR_OK;
}
