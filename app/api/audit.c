#include "audit.h"
#include "change_sql.h"
#include "log.h"
#include "uuid.h"

#include <string.h>

void app_audit_operator(struct request *rq, const char *action, const struct uuid *account)
{
	char user[37];
	const char *address = request_header(rq, "REMOTE_ADDR");
	uuid_format(account, user);
	log_context("request_id", rq->id);
	log_info("audit", "action", action, "user", user, "address", address ? address : "");
	log_context_clear();
}

enum result app_audit(struct request *rq, const char *action, const char *target_kind, const struct uuid *target,
    const char *detail, struct error *e)
{
	struct audit_new row = {
		.id = uuid_new(),
		.account_id = rq->identity.user_id,
		.action = action,
		.target_kind = target ? target_kind : NULL,
		.request_id = rq->id,
		.detail = { detail },
	};
	if (target)
		row.target_id = (struct opt_uuid){ true, *target };
	if (rq->identity.organization_id.set)
		return audit_add_later(app_of(rq)->db, &row, NULL, e);
	app_audit_operator(rq, action, &rq->identity.user_id);
	return ERR_OK;
}

/* The id that the address names, and the kind of thing it is: "tender_id" of a tender. */
static bool target_of(struct request *rq, const char **kind, struct uuid *id)
{
	for (const struct param *p = rq->route->params; p && p->type != PARAM_END; p++) {
		if (p->type != PARAM_ID || !strstr(rq->route->path, mem_printf(rq->mem, "{%s}", p->name)) ||
		    !request_id_param(rq, p->name, id))
			continue;
		*kind = mem_strndup(rq->mem, p->name, strlen(p->name) - strlen("_id"));
		return true;
	}
	return false;
}

static const char *action_of(enum result code)
{
	switch (code) {
	case ERR_NOT_FOUND:
		return "access.not_found";
	case ERR_FORBIDDEN:
		return "access.forbidden";
	case ERR_WRONG_PASSWORD:
		return "auth.password_refused";
	default:
		return NULL;
	}
}

void app_audit_refusal(struct request *rq, const struct error *e)
{
	const char *action = action_of(e->code), *kind = NULL;
	struct uuid id;
	struct error failure;
	struct buf detail;
	struct json_writer w;
	if (!action || !rq->route || !rq->identity.known || !rq->identity.organization_id.set)
		return;
	bool target = e->code != ERR_FORBIDDEN && target_of(rq, &kind, &id);
	/* An absence that no id was given for ("there is no profile yet") is no attempt. */
	if (e->code == ERR_NOT_FOUND && !target && !e->faults[0].field[0])
		return;
	buf_init(&detail, rq->mem, 4096);
	jw_init(&w, &detail);
	jw_open(&w, '{');
	jw_field_text(&w, "method", method_name(rq->method));
	jw_field_text(&w, "route", rq->route->path);
	jw_close(&w, '}');
	error_clear(&failure);
	enum result rc = app_begin_write(rq, &failure);
	if (rc == ERR_OK)
		rc = app_audit(rq, action, kind, target ? &id : NULL, detail.data, &failure);
	if (rc == ERR_OK)
		rc = db_commit(app_of(rq)->db, &failure);
	/* The token of an ended session says nothing about who shows it. */
	if (rc != ERR_OK && rc != ERR_INVALID_TOKEN)
		log_failure(LOG_WARN, "a refusal could not be noted", &failure);
	db_rollback(app_of(rq)->db);
}
