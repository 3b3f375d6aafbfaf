/* Invitations: an owner asks somebody by mail to join the organisation. */
#include "account.h"
#include "audit.h"
#include "email.h"
#include "paging.h"
#include "user_sql.h"
#include "uuid.h"

#include <string.h>

static bool sends_mail(const struct app *app)
{
	return app->settings.SMTP_HOST[0] != '\0';
}

static void write_invitation(const struct app *app, struct json_writer *w, const struct invitation_row *i)
{
	jw_open(w, '{');
	jw_field_uuid(w, "id", &i->id);
	jw_field_text(w, "email", i->email);
	jw_field_text(w, "role", i->role);
	jw_field_text(w, "status", i->status);
	jw_field_uuid(w, "invited_by", &i->invited_by);
	jw_field_instant(w, "created_at", i->created_at.us);
	jw_field_instant(w, "expires_at", i->expires_at.us);
	jw_key(w, "accepted_at");
	jw_opt_instant(w, i->accepted_at);
	jw_key(w, "account_id");
	jw_opt_uuid(w, &i->account_id);
	/* The jobs will find that out; who invites should know it now. */
	jw_field_text(w, "mail", strcmp(i->mail, "queued") == 0 && !sends_mail(app) ? "disabled" : i->mail);
	jw_close(w, '}');
}

struct invitee {
	const char *email, *role;
};
static const struct json_field invitee_fields[] = {
	{ "email", JSON_FIELD_TEXT, offsetof(struct invitee, email), 1, 1000, .required = true },
	{ "role", JSON_FIELD_TEXT, offsetof(struct invitee, role), .choices = user_roles },
};

static enum result may_invite(struct request *rq, const char *email, struct error *e)
{
	struct app *app = app_of(rq);
	struct session_key key = { rq->identity.session_id, rq->identity.user_id };
	struct account_me_row me;
	struct colleagues colleagues;
	TRY(account_me_later(app->db, &key, rq->mem, &me, e));
	TRY(user_count_of_email(app->db, &(struct account_email){ email }, rq->mem, &colleagues, e));
	/* Without mail nobody could confirm anything. */
	if (app->settings.REQUIRE_CONFIRMED_EMAIL && sends_mail(app) && !me.email_confirmed)
		return error_set(e, ERR_EMAIL_UNCONFIRMED, NULL);
	return colleagues.n == 0 ? ERR_OK : error_set(e, ERR_EMAIL_TAKEN, "email");
}

enum result invitation_create(struct request *rq, struct response *rs, struct error *e)
{
	struct app *app = app_of(rq);
	struct invitee in = { 0 };
	struct invitation_row row;
	const char *email = NULL;
	enum result rc = request_json(rq, invitee_fields, ARRAY_LEN(invitee_fields), &in, e);
	if (in.email)
		rc = email_normalise(rq->mem, in.email, "email", &email, e);
	if (rc != ERR_OK || e->n_faults)
		return e->code;
	TRY(app_begin(rq, e));
	TRY(may_invite(rq, email, e));
	struct invitation_new fresh = { uuid_new(), email, in.role ? in.role : user_roles[0], rq->identity.user_id,
		app->settings.INVITATION_EXPIRE_DAYS };
	TRY(invitation_expire_later(app->db, &(struct account_email){ email }, NULL, e));
	TRY(invitation_insert_later(app->db, &fresh, NULL, e));
	TRY(job_mail_invitation_later(app->db, &(struct job_mail_new){ uuid_new(), fresh.id }, NULL, e));
	TRY(app_audit(rq, "invitation.created", "invitation", &fresh.id,
	    mem_printf(rq->mem, "{\"role\":\"%s\"}", fresh.role), e));
	rc = invitation_get_last(app->db, &(struct invitation_key){ fresh.id }, rq->mem, &row, e);
	if (rc == ERR_CONFLICT && strcmp(db_constraint(app->db), "invitation_open_key") == 0) {
		error_clear(e);
		return error_set(e, ERR_ALREADY_INVITED, "email");
	}
	TRY(rc);
	write_invitation(app, response_data(rs), &row);
	response_created(rs, "/api/v1/users/invitations");
	return ERR_OK;
}

enum result invitation_list_show(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct paging page;
	struct list_total total = { 0 };
	struct invitation_row *rows;
	size_t n;
	TRY(paging_read(rq, true, &page, e));
	struct user_page at = { page.bound_time, page.bound_id, page.limit + 1, page.offset };
	TRY(app_begin(rq, e));
	if (!page.by_cursor)
		TRY(invitation_count_later(db, NULL, rq->mem, &total, e));
	TRY(invitation_list_last(db, &at, rq->mem, &rows, &n, e));
	n = paging_finish(rs, &page, n, total.total);
	struct json_writer *w = response_data(rs);
	jw_open(w, '[');
	for (size_t i = 0; i < n; i++)
		write_invitation(app_of(rq), w, &rows[i]);
	jw_close(w, ']');
	if (n)
		paging_next(rs, &page, rows[n - 1].created_at.us, &rows[n - 1].id);
	return ERR_OK;
}

enum result invitation_delete(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct invitation_key key = { request_id_required(rq, "invitation_id") };
	struct invitation_row row;
	int64_t revoked;
	TRY(app_begin(rq, e));
	TRY(invitation_revoke_later(db, &key, &revoked, e));
	TRY(invitation_get(db, &key, rq->mem, &row, e));
	if (revoked == 0)
		return error_set(e, ERR_BAD_STATE, NULL, "state", row.status);
	TRY(app_audit(rq, "invitation.revoked", "invitation", &key.id, NULL, e));
	TRY(db_commit(db, e));
	rs->status = 204;
	return ERR_OK;
}

/* ---- by whom it was sent to ---- */

struct acceptance {
	const char *token, *password, *full_name;
};
static const struct json_field acceptance_fields[] = {
	{ "token", JSON_FIELD_TEXT, offsetof(struct acceptance, token), 1, 500, .required = true },
	{ "password", JSON_FIELD_TEXT, offsetof(struct acceptance, password), 0, 0, .required = true, .raw = true },
	{ "full_name", JSON_FIELD_TEXT, offsetof(struct acceptance, full_name), 1, 200, .required = true },
};

static enum result no_invitation(enum result rc, struct error *e)
{
	if (rc != ERR_NOT_FOUND)
		return rc;
	error_clear(e);
	return error_set(e, ERR_LINK_INVALID, "token");
}

enum result auth_invitation_accept(struct request *rq, struct response *rs, struct error *e)
{
	struct db *db = app_of(rq)->db;
	struct acceptance in = { 0 };
	struct invitation_found found;
	struct account_row account;
	uint8_t token[32];
	char hash[PASSWORD_HASH_SIZE];
	TRY(request_json(rq, acceptance_fields, ARRAY_LEN(acceptance_fields), &in, e));
	TRY(account_link(in.token, token, e));
	TRY(app_begin(rq, e));
	TRY(no_invitation(
	    invitation_lookup_last(db, &(struct link_key){ { token, sizeof token } }, rq->mem, &found, e), e));
	if (found.expired)
		return error_set(e, ERR_LINK_EXPIRED, "token");
	TRY(account_password_new(rq, in.password, found.email, in.full_name, found.organization_name, hash, e));
	struct invitation_acceptance row = { { token, sizeof token }, uuid_new(), hash, in.full_name, rq->id };
	TRY(app_begin(rq, e));
	enum result rc = invitation_accept_last(db, &row, rq->mem, &account, e);
	if (rc == ERR_CONFLICT && strcmp(db_constraint(db), "account_email_key") == 0) {
		error_clear(e);
		return error_set(e, ERR_EMAIL_TAKEN, NULL);
	}
	TRY(no_invitation(rc, e));
	account_write(response_data(rs), &account);
	response_created(rs, "/api/v1/auth/me");
	return ERR_OK;
}
