/* The organisation and its people, as its members see them and its owners change them. */
#include "account.h"
#include "audit.h"
#include "paging.h"
#include "tender_answer.h"
#include "user_sql.h"

#include <string.h>

/* ---- the organisation ---- */

static void write_organization(struct response *rs, const struct organization_row *o)
{
	struct json_writer *w = response_data(rs);
	jw_open(w, '{');
	jw_field_uuid(w, "id", &o->id);
	jw_field_text(w, "name", o->name);
	jw_field_instant(w, "created_at", o->created_at.us);
	jw_field_int(w, "version", o->version);
	jw_close(w, '}');
	response_version(rs, "%lld", (long long)o->version);
}

enum result organization_show(struct request *rq, struct response *rs, struct error *e)
{
	struct organization_row o;
	TRY(app_begin(rq, e));
	TRY(organization_get_last(app_of(rq)->db, NULL, rq->mem, &o, e));
	write_organization(rs, &o);
	return ERR_OK;
}

struct naming {
	const char *name;
	struct opt_int version;
};
static const struct json_field naming_fields[] = {
	{ "name", JSON_FIELD_TEXT, offsetof(struct naming, name), 1, 200 },
	{ "version", JSON_FIELD_INT, offsetof(struct naming, version), 1, INT64_MAX },
};

enum result organization_patch(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct naming in = { 0 };
	struct organization_row o;
	TRY(request_json(rq, naming_fields, ARRAY_LEN(naming_fields), &in, e));
	TRY(app_begin(rq, e));
	TRY(organization_get(db, NULL, rq->mem, &o, e));
	TRY(tender_check_version(rq, &in.version, o.version, e));
	if (in.name && strcmp(in.name, o.name) != 0) {
		int64_t changed;
		TRY(organization_rename(
		    db, &(struct organization_change){ in.name, { true, o.version } }, &changed, e));
		if (changed == 0)
			return error_set(e, ERR_CONFLICT, NULL);
		TRY(app_audit(rq, "organization.updated", "organization", &o.id, NULL, e));
	}
	TRY(organization_get_last(db, NULL, rq->mem, &o, e));
	write_organization(rs, &o);
	return ERR_OK;
}

/* ---- its people ---- */

static void write_user(struct json_writer *w, const struct user_row *u)
{
	jw_open(w, '{');
	jw_field_uuid(w, "id", &u->id);
	jw_field_text(w, "email", u->email);
	jw_field_bool(w, "email_confirmed", u->email_confirmed);
	jw_field_text(w, "full_name", u->full_name);
	jw_field_text(w, "role", u->role);
	jw_field_bool(w, "is_owner", u->is_owner);
	jw_field_bool(w, "active", u->active);
	jw_field_instant(w, "created_at", u->created_at.us);
	jw_field_int(w, "version", u->version);
	jw_close(w, '}');
}

enum result user_list_show(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct paging page;
	struct list_total total = { 0 };
	struct user_row *rows;
	size_t n;
	TRY(paging_read(rq, false, &page, e));
	struct user_page at = { page.bound_time, page.bound_id, page.limit + 1, page.offset };
	TRY(app_begin(rq, e));
	if (!page.by_cursor)
		TRY(user_count_later(db, NULL, rq->mem, &total, e));
	TRY(user_list_last(db, &at, rq->mem, &rows, &n, e));
	n = paging_finish(rs, &page, n, total.total);
	struct json_writer *w = response_data(rs);
	jw_open(w, '[');
	for (size_t i = 0; i < n; i++)
		write_user(w, &rows[i]);
	jw_close(w, ']');
	if (n)
		paging_next(rs, &page, rows[n - 1].created_at.us, &rows[n - 1].id);
	return ERR_OK;
}

const char *const user_roles[] = { "bid_manager", "viewer", NULL };
static const struct json_field user_fields[] = {
	{ "role", JSON_FIELD_TEXT, offsetof(struct user_draft, role), .choices = user_roles },
	{ "is_owner", JSON_FIELD_BOOL, offsetof(struct user_draft, is_owner) },
	{ "active", JSON_FIELD_BOOL, offsetof(struct user_draft, active) },
	{ "version", JSON_FIELD_INT, offsetof(struct user_draft, version), 1, INT64_MAX },
};

enum result user_draft_read(struct request *rq, struct user_draft *out, struct error *e)
{
	*out = (struct user_draft){ 0 };
	return request_json(rq, user_fields, ARRAY_LEN(user_fields), out, e);
}

enum result user_outcome(const char *outcome, int64_t version, struct error *e)
{
	if (strcmp(outcome, "version") == 0)
		return error_set(e, ERR_VERSION_CONFLICT, NULL, "version", num_text(version).s);
	return strcmp(outcome, "changed") == 0 ? ERR_OK : error_set(e, ERR_NOT_FOUND, NULL);
}

/* {"role": {"from", "to"}, ...} of what is not as it was. */
static const char *changes(TALLOC_CTX *mem, const struct user_changed *was, const struct user_row *now)
{
	struct buf b;
	struct json_writer w;
	buf_init(&b, mem, 1024);
	jw_init(&w, &b);
	jw_open(&w, '{');
	if (strcmp(was->old_role, now->role) != 0) {
		jw_key(&w, "role");
		jw_open(&w, '{');
		jw_field_text(&w, "from", was->old_role);
		jw_field_text(&w, "to", now->role);
		jw_close(&w, '}');
	}
	const struct {
		const char *name;
		bool from, to;
	} flags[] = { { "is_owner", was->old_is_owner.value, now->is_owner },
		{ "active", was->old_active.value, now->active } };
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		if (flags[i].from == flags[i].to)
			continue;
		jw_key(&w, flags[i].name);
		jw_open(&w, '{');
		jw_field_bool(&w, "from", flags[i].from);
		jw_field_bool(&w, "to", flags[i].to);
		jw_close(&w, '}');
	}
	jw_close(&w, '}');
	return b.data;
}

enum result user_patch(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct user_key key = { request_id_required(rq, "user_id") };
	struct user_draft in;
	struct user_row user;
	struct user_changed done;
	TRY(user_draft_read(rq, &in, e));
	TRY(app_begin(rq, e));
	TRY(user_get(db, &key, rq->mem, &user, e));
	TRY(tender_check_version(rq, &in.version, user.version, e));
	struct user_change change = { rq->identity.session_id, rq->identity.user_id, key.id, in.role, in.is_owner,
		in.active, { true, user.version } };
	TRY(user_alter_later(db, &change, rq->mem, &done, e));
	TRY(user_get(db, &key, rq->mem, &user, e));
	TRY(user_outcome(done.outcome, done.version.value, e));
	const char *detail = changes(rq->mem, &done, &user);
	if (strcmp(detail, "{}") != 0)
		TRY(app_audit(rq, "user.changed", "account", &key.id, detail, e));
	TRY(db_commit(db, e));
	write_user(response_data(rs), &user);
	response_version(rs, "%lld", (long long)user.version);
	return ERR_OK;
}

enum result user_delete(struct request *rq, struct response *rs, struct error *e)
{
	const struct identity *who = &rq->identity;
	struct db *db = app_of(rq)->db;
	struct uuid id = request_id_required(rq, "user_id");
	struct done_row removed;
	/* One's own goes with one's password. */
	if (memcmp(id.b, who->user_id.b, sizeof id.b) == 0)
		return error_set(e, ERR_OWN_ACCOUNT, NULL);
	TRY(app_begin(rq, e));
	TRY(app_audit(rq, "user.removed", "account", &id, NULL, e));
	TRY(user_remove(db, &(struct session_removal){ who->session_id, who->user_id, id }, rq->mem, &removed, e));
	if (!removed.done)
		return error_set(e, ERR_NOT_FOUND, NULL);
	TRY(db_commit(db, e));
	rs->status = 204;
	return ERR_OK;
}
