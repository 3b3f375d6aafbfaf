/* What an organisation says of itself: one profile, changed by people, each change with its version and its trace. */
#include "clock.h"
#include "company_sql.h"
#include "profile.h"
#include "audit.h"
#include "tender_answer.h"
#include "uuid.h"

#include <string.h>

#define LOCATION "/api/v1/company-profile"

/* The parts that are stored as JSON: for a row of either kind their places in it. */
#define PARTS(row) \
	{ \
		{ "revenues", &(row)->revenues }, { "capabilities", &(row)->capabilities }, \
		    { "certifications", &(row)->certifications }, { "references", &(row)->references }, \
		    { "insurances", &(row)->insurances }, { "people", &(row)->people }, \
		{ \
			"signatory", &(row)->signatory \
		} \
	}

static int this_year(void)
{
	int year, month, day;
	clock_date(clock_now_us() / INT64_C(86400000000), &year, &month, &day);
	return year;
}

static enum result profile_of(
    TALLOC_CTX *mem, const struct company_profile_row *row, struct profile *out, struct error *e)
{
	const struct {
		const char *name;
		const struct json_text *stored;
	} parts[] = PARTS(row);
	*out = (struct profile){
		.company_name = row->company_name,
		.siret = row->siret,
		.vat_number = row->vat_number,
		.legal_form = row->legal_form,
		.naf_code = row->naf_code,
		.description = row->description,
		.address = row->address,
		.contact_email = row->contact_email,
		.contact_phone = row->contact_phone,
		.founding_year = row->founding_year,
		.team_size = row->team_size,
		.annual_revenue = row->annual_revenue,
	};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		TRY(profile_part_read(mem, parts[i].name, parts[i].stored->s, out, e));
	return ERR_OK;
}

static struct company_profile_values values_of(struct request *rq, const struct uuid *id, const struct profile *p)
{
	struct company_profile_values v = {
		.id = *id,
		.company_name = p->company_name,
		.siret = p->siret,
		.vat_number = p->vat_number,
		.legal_form = p->legal_form,
		.naf_code = p->naf_code,
		.description = p->description,
		.address = p->address,
		.contact_email = p->contact_email,
		.contact_phone = p->contact_phone,
		.founding_year = p->founding_year,
		.team_size = p->team_size,
		.annual_revenue = p->annual_revenue,
		.account_id = rq->identity.user_id,
	};
	const struct {
		const char *name;
		struct json_text *stored;
	} parts[] = PARTS(&v);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		parts[i].stored->s = profile_part_print(rq->mem, p, parts[i].name);
	if (!p->signatory)
		v.signatory.s = NULL;
	return v;
}

static enum result answer(
    struct request *rq, struct response *rs, const struct company_profile_row *row, struct error *e)
{
	struct profile p;
	TRY(profile_of(rq->mem, row, &p, e));
	struct json_writer *w = response_data(rs);
	jw_open(w, '{');
	jw_field_uuid(w, "id", &row->id);
	profile_write(w, &p);
	jw_field_int(w, "version", row->version);
	jw_field_instant(w, "created_at", row->created_at.us);
	jw_field_instant(w, "updated_at", row->updated_at.us);
	jw_close(w, '}');
	response_version(rs, "%lld", (long long)row->version);
	return ERR_OK;
}

/* The version of the state that the statements before have left, and who made it in the audit log. */
static enum result trace(struct request *rq, const struct uuid *id, const char *action, const char *fields,
    const char *audited, struct error *e)
{
	struct company_version_new version = {
		.profile_id = *id,
		.action = action,
		.changed = { fields },
		.created_by = rq->identity.user_id,
	};
	TRY(company_version_insert_later(app_of(rq)->db, &version, NULL, e));
	return app_audit(rq, audited, "company_profile", id, mem_printf(rq->mem, "{\"fields\":%s}", fields), e);
}

static enum result create(struct request *rq, struct response *rs, const struct profile *p, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct uuid id = uuid_new();
	struct company_profile_values values = values_of(rq, &id, p);
	struct company_profile_row row;
	int64_t made;
	size_t n;
	TRY(company_profile_insert(db, &values, &made, e));
	if (!made)
		return error_set(e, ERR_PROFILE_EXISTS, NULL);
	TRY(trace(
	    rq, &id, "created", profile_changes(rq->mem, &(struct profile){ 0 }, p, &n), "company_profile.created", e));
	TRY(company_profile_get_last(db, NULL, rq->mem, &row, e));
	response_created(rs, LOCATION);
	return answer(rq, rs, &row, e);
}

static enum result change(struct request *rq, struct response *rs, struct company_profile_row *row,
    const struct profile *before, const struct profile *after, const char *action, struct error *e)
{
	struct db *db = app_of(rq)->db;
	size_t n;
	const char *fields = profile_changes(rq->mem, before, after, &n);
	if (n) {
		struct company_profile_values values = values_of(rq, &row->id, after);
		TRY(company_profile_update_later(db, &values, NULL, e));
		TRY(trace(rq, &row->id, action, fields, "company_profile.updated", e));
	}
	TRY(company_profile_get_last(db, NULL, rq->mem, row, e));
	return answer(rq, rs, row, e);
}

enum result company_show(struct request *rq, struct response *rs, struct error *e)
{
	struct company_profile_row row;
	TRY(app_begin(rq, e));
	TRY(company_profile_get_last(app_of(rq)->db, NULL, rq->mem, &row, e));
	return answer(rq, rs, &row, e);
}

enum result company_create(struct request *rq, struct response *rs, struct error *e)
{
	const struct json *body;
	struct profile p = { 0 };
	TRY(request_json_value(rq, &body, e));
	TRY(profile_read(rq->mem, body, PROFILE_WHOLE, this_year(), &p, e));
	TRY(app_begin(rq, e));
	return create(rq, rs, &p, e);
}

enum result company_replace(struct request *rq, struct response *rs, struct error *e)
{
	const struct json *body;
	struct profile p = { 0 }, before;
	struct company_profile_row row;
	TRY(request_json_value(rq, &body, e));
	TRY(profile_read(rq->mem, body, PROFILE_REPLACE, this_year(), &p, e));
	TRY(app_begin(rq, e));
	enum result rc = company_profile_lock(app_of(rq)->db, NULL, rq->mem, &row, e);
	/* Who names a version means a profile that is gone. */
	bool may_create = p.company_name && p.siret && !p.version.set && !request_header(rq, "HTTP_IF_MATCH");
	if (rc == ERR_NOT_FOUND && may_create) {
		error_clear(e);
		return create(rq, rs, &p, e);
	}
	TRY(rc);
	TRY(tender_check_version(rq, &p.version, row.version, e));
	TRY(profile_of(rq->mem, &row, &before, e));
	if (!p.company_name)
		p.company_name = before.company_name;
	if (!p.siret)
		p.siret = before.siret;
	return change(rq, rs, &row, &before, &p, "replaced", e);
}

enum result company_patch(struct request *rq, struct response *rs, struct error *e)
{
	const struct json *body;
	struct profile checked = { 0 }, before, after;
	struct company_profile_row row;
	TRY(request_json_value(rq, &body, e));
	/* Once alone, so that no lock is held for a body with faults. */
	TRY(profile_read(rq->mem, body, PROFILE_CHANGE, this_year(), &checked, e));
	TRY(app_begin(rq, e));
	TRY(company_profile_lock(app_of(rq)->db, NULL, rq->mem, &row, e));
	TRY(tender_check_version(rq, &checked.version, row.version, e));
	TRY(profile_of(rq->mem, &row, &before, e));
	after = before;
	TRY(profile_read(rq->mem, body, PROFILE_CHANGE, this_year(), &after, e));
	return change(rq, rs, &row, &before, &after, "changed", e);
}

enum result company_delete(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct company_profile_row row;
	TRY(app_begin(rq, e));
	TRY(company_profile_lock(db, NULL, rq->mem, &row, e));
	TRY(tender_check_version(rq, &(struct opt_int){ 0 }, row.version, e));
	TRY(company_profile_delete_later(db, &(struct company_profile_key){ row.id }, NULL, e));
	TRY(trace(rq, &row.id, "deleted", "[]", "company_profile.deleted", e));
	TRY(db_commit(db, e));
	rs->status = 204;
	return ERR_OK;
}
