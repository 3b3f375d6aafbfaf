/* The operator: organisations and their accounts, and nothing of what they own. */
#include "account.h"
#include "paging.h"
#include "tender_answer.h"
#include "user_sql.h"

#include <string.h>

enum result admin_organization_list_show(struct request *rq, struct response *rs, struct error *e)
{
	const struct identity *who = &rq->identity;
	struct db *db = app_of(rq)->db;
	struct paging page;
	struct list_total total = { 0 };
	struct admin_organization *rows;
	size_t n;
	TRY(paging_read(rq, true, &page, e));
	const char *search = request_text(rq, "search");
	struct admin_page at = { who->session_id, who->user_id, search, page.bound_time, page.bound_id, page.limit + 1,
		page.offset };
	TRY(app_begin(rq, e));
	if (!page.by_cursor)
		TRY(admin_organization_count_later(
		    db, &(struct admin_search){ who->session_id, who->user_id, search }, rq->mem, &total, e));
	TRY(admin_organization_list_last(db, &at, rq->mem, &rows, &n, e));
	n = paging_finish(rs, &page, n, total.total);
	struct json_writer *w = response_data(rs);
	jw_open(w, '[');
	for (size_t i = 0; i < n; i++) {
		jw_open(w, '{');
		jw_field_uuid(w, "id", &rows[i].id);
		jw_field_text(w, "name", rows[i].name);
		jw_field_instant(w, "created_at", rows[i].created_at.us);
		jw_field_int(w, "user_count", rows[i].user_count);
		jw_key(w, "owners");
		jw_raw(w, rows[i].owners.s);
		jw_close(w, '}');
	}
	jw_close(w, ']');
	if (n)
		paging_next(rs, &page, rows[n - 1].created_at.us, &rows[n - 1].id);
	return ERR_OK;
}

static void write_user(struct response *rs, const struct admin_user *u)
{
	struct json_writer *w = response_data(rs);
	jw_open(w, '{');
	jw_field_uuid(w, "id", &u->id);
	jw_field_text(w, "email", u->email);
	jw_field_bool(w, "email_confirmed", u->email_confirmed);
	jw_field_text(w, "full_name", u->full_name);
	jw_field_text(w, "role", u->role);
	jw_field_bool(w, "is_owner", u->is_owner);
	jw_field_bool(w, "active", u->active);
	jw_key(w, "organization_id");
	jw_opt_uuid(w, &u->organization_id);
	jw_field_text(w, "organization_name", u->organization_name);
	jw_field_instant(w, "created_at", u->created_at.us);
	jw_key(w, "last_seen_at");
	jw_opt_instant(w, u->last_seen_at);
	jw_key(w, "deleted_at");
	jw_opt_instant(w, u->deleted_at);
	jw_field_int(w, "version", u->version);
	jw_close(w, '}');
	account_version(rs, u->version);
}

enum result admin_user_show(struct request *rq, struct response *rs, struct error *e)
{
	struct session_removal key = { rq->identity.session_id, rq->identity.user_id,
		request_id_required(rq, "user_id") };
	struct admin_user user;
	TRY(app_begin(rq, e));
	TRY(admin_user_get_last(app_of(rq)->db, &key, rq->mem, &user, e));
	write_user(rs, &user);
	return ERR_OK;
}

enum result admin_user_patch(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct session_removal key = { rq->identity.session_id, rq->identity.user_id,
		request_id_required(rq, "user_id") };
	struct user_draft in;
	struct admin_user user;
	struct admin_user_changed done;
	TRY(user_draft_read(rq, &in, e));
	TRY(app_begin(rq, e));
	TRY(admin_user_get(db, &key, rq->mem, &user, e));
	TRY(tender_check_version(rq, &in.version, user.version, e));
	struct admin_user_change change = { key.session_id, key.account_id, key.target_id, in.role, in.is_owner,
		in.active, { true, user.version }, rq->id };
	TRY(admin_user_alter_later(db, &change, rq->mem, &done, e));
	TRY(admin_user_get(db, &key, rq->mem, &user, e));
	if (strcmp(done.outcome, "operator") == 0)
		return error_set(e, ERR_OPERATOR_ACCOUNT, NULL);
	TRY(user_outcome(done.outcome, done.version.value, e));
	TRY(db_commit(db, e));
	write_user(rs, &user);
	return ERR_OK;
}
