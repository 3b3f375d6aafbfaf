/* Tenders as they are answered, and as people give them. */
#include "tender_answer.h"
#include "clock.h"
#include "document_view.h"
#include "retention.h"
#include "uuid.h"

#include <string.h>

static const char *const timezones[] = { "Europe/Paris", "America/Guadeloupe", "America/Martinique", "America/Cayenne",
	"America/Miquelon", "America/Marigot", "America/St_Barthelemy", "Indian/Reunion", "Indian/Mayotte",
	"Pacific/Noumea", "Pacific/Tahiti", "Pacific/Wallis", NULL };

static void write_members(struct json_writer *w, const struct tender_row *t, int64_t retention_days)
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
	/* Under a legal hold it never goes. */
	jw_key(w, "retention");
	retention_write(w, t->held_at.set ? 0 : retention_days, &t->retained_from, &t->retention_warned_at);
	jw_key(w, "legal_hold");
	legal_hold_write(w, &t->held_at, &t->held_by, t->hold_reason);
}

/* From which day on it goes ("10/12/2026"), once its people were told; NULL: nothing to tell. The day of UTC: at night
 * that is the day before, never the one after. */
static const char *last_day(TALLOC_CTX *mem, const struct tender_detail *t, int64_t retention_days)
{
	struct opt_instant told = t->retention_warned_at;
	struct opt_instant end = retention_end(t->held_at.set ? 0 : retention_days, t->retained_from, &told);
	int year, month, day;
	if (!told.set)
		return NULL;
	clock_date(end.us / INT64_C(86400000000), &year, &month, &day);
	return mem_printf(mem, "%02d/%02d/%04d", day, month, year);
}

static void write_detail(TALLOC_CTX *mem, struct json_writer *w, const struct tender_detail *t, int64_t retention_days)
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
		.retained_from = t->retained_from,
		.retention_warned_at = t->retention_warned_at,
		.held_at = t->held_at,
		.held_by = t->held_by,
		.hold_reason = t->hold_reason,
	};
	jw_open(w, '{');
	write_members(w, &row, retention_days);
	jw_field_text(w, "description", t->description);
	/* What was stored is a code; people read a sentence. */
	const char *reason = t->analysis_reason ? stored_error_text(mem, t->analysis_reason, NULL, LANG_FR) : NULL;
	jw_field_text(w, "analysis_error", reason);
	jw_field_int(w, "dossier_version", t->dossier_version);
	jw_field_int(w, "document_count", t->document_count);
	jw_key(w, "problems");
	tender_problems_write(
	    mem, w, t->problems.s, t->analysis_reason, last_day(mem, t, retention_days), t->unscanned_count > 0);
	jw_field_int(w, "version", t->version);
	jw_close(w, '}');
}

void tender_write(struct json_writer *w, const struct tender_row *t, int64_t retention_days)
{
	jw_open(w, '{');
	write_members(w, t, retention_days);
	jw_close(w, '}');
}

/* days_left changes at midnight though no row does. The first number is that of If-Match: tender_check_version. */
void tender_answer(struct request *rq, struct response *rs, const struct tender_detail *t)
{
	write_detail(rq->mem, response_data(rs), t, app_of(rq)->settings.RETENTION_DAYS);
	response_version(rs, "%lld-%lld-%lld-%lld-%lld", (long long)t->version, (long long)t->dossier_version,
	    (long long)t->document_count, t->days_left.set ? (long long)t->days_left.value : 0LL,
	    (long long)t->unscanned_count);
}

/* ---- what people give ---- */

struct given {
	struct tender_draft draft;
	const char *deadline;
};
#define FIELD(name, type, ...) \
	{ \
#name, type, offsetof(struct given, draft.name), __VA_ARGS__ \
	}
/* `version` comes last: a route that takes none leaves it out. */
static const struct json_field draft_fields[] = {
	FIELD(reference, JSON_FIELD_TEXT, 1, 100),
	FIELD(title, JSON_FIELD_TEXT, 1, 500),
	FIELD(buyer, JSON_FIELD_TEXT, 1, 300),
	FIELD(description, JSON_FIELD_TEXT, 0, 10000),
	FIELD(timezone, JSON_FIELD_TEXT, .choices = timezones),
	FIELD(publication_date, JSON_FIELD_DATE, 0),
	FIELD(estimated_amount_ht, JSON_FIELD_MONEY, 0, 1000000000000),
	{ "deadline", JSON_FIELD_TEXT, offsetof(struct given, deadline), 1, 40 },
	FIELD(version, JSON_FIELD_INT, 1, INT64_MAX),
};

static void note_null(const char *name, const struct json *v, void *arg)
{
	struct tender_draft *d = arg;
	const struct {
		const char *name;
		bool *flag;
	} all[] = {
		{ "reference", &d->no_reference },
		{ "title", &d->no_title },
		{ "buyer", &d->no_buyer },
		{ "description", &d->no_description },
		{ "timezone", &d->no_timezone },
		{ "publication_date", &d->no_publication_date },
		{ "deadline", &d->no_deadline },
		{ "estimated_amount_ht", &d->no_estimated_amount_ht },
	};
	for (size_t i = 0; json_kind(v) == JSON_NULL && i < ARRAY_LEN(all); i++)
		if (strcmp(all[i].name, name) == 0)
			*all[i].flag = true;
}

enum result tender_draft_read(struct request *rq, bool with_version, struct tender_draft *out, struct error *e)
{
	const struct json *body;
	struct given in = { 0 };
	TRY(request_json_value(rq, &body, e));
	enum result rc =
	    json_bind(rq->mem, body, draft_fields, ARRAY_LEN(draft_fields) - (with_version ? 0 : 1), &in, e);
	json_each(body, note_null, &in.draft);
	struct opt_instant deadline = { 0 };
	deadline.set = in.deadline && clock_parse_rfc3339(in.deadline, &deadline.us);
	/* Its wall time anywhere must be a date of four digits. */
	if (deadline.set && (deadline.us < DEADLINE_MIN || deadline.us > DEADLINE_MAX))
		deadline.set = false;
	if (in.deadline && !deadline.set)
		rc = error_set(
		    e, ERR_INVALID_VALUE, "deadline", "value", in.deadline, "expected", "2026-03-20T12:00:00+01:00");
	*out = in.draft;
	out->deadline = deadline;
	return rc != ERR_OK || e->n_faults ? e->code : ERR_OK;
}

/* Whether a list of ETags has one of this version: of `"<version>-..."` the first number counts, as the rest changes
 * with what nobody edits here. "*" matches what is there. */
static bool tags_have(const char *list, int64_t version)
{
	struct num_text number = num_text(version);
	size_t n = strlen(number.s);
	if (strcmp(list, "*") == 0)
		return true;
	for (const char *p = strchr(list, '"'); p; p = strchr(p + 1, '"')) {
		const char *end = strchr(p + 1, '"');
		if (!end)
			return false;
		if (strncmp(p + 1, number.s, n) == 0 && (p[1 + n] == '-' || p[1 + n] == '"'))
			return true;
		p = end;
	}
	return false;
}

enum result tender_check_version(struct request *rq, const struct opt_int *given, int64_t version, struct error *e)
{
	const char *if_match = request_header(rq, "HTTP_IF_MATCH");
	if (given->set && given->value != version)
		return error_set(e, ERR_VERSION_CONFLICT, "version", "version", num_text(version).s);
	if (if_match && !tags_have(if_match, version))
		return error_set(e, ERR_VERSION_CONFLICT, NULL, "version", num_text(version).s);
	return ERR_OK;
}

enum result tender_decisions(
    struct request *rq, const struct fact_decision_row *rows, size_t n, struct decision **out, struct error *e)
{
	*out = mem_array(rq->mem, struct decision, n + 1);
	for (size_t i = 0; i < n; i++) {
		struct decision *d = &(*out)[i];
		char *by = mem_array(rq->mem, char, 37), *at = mem_array(rq->mem, char, 32);
		TRY(decision_read(rq->mem, rows[i].key, rows[i].lot, rows[i].action, rows[i].value.s, d, e));
		uuid_format(&rows[i].created_by, by);
		clock_rfc3339(rows[i].created_at.us, at);
		d->by = by;
		d->at = at;
	}
	return ERR_OK;
}
