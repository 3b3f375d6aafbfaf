/* What a worker holds, and what the handlers share. */
#ifndef API_APP_H
#define API_APP_H

#include "cache.h"
#include "content_type.h"
#include "db.h"
#include "hash_slots.h"
#include "response.h"
#include "scanner.h"
#include "server.h"
#include "settings.h"
#include "store.h"
#include "token_cache.h"

struct health;
struct replay;

struct app {
	struct settings settings;
	struct db *db;
	struct cache *cache;
	struct master_keys *keys;
	struct store *store; /* NULL until its directory can be used: app_store() */
	struct content_detector *detector;
	struct token_signer *signer;
	struct token_cache *tokens; /* of the signer */
	struct hash_slots *slots;
	uint64_t hash_work;     /* sum of N of the scrypts of the request in hand, for the log */
	bool began;             /* it began a transaction */
	struct scanner scanner; /* asked for its health only: files are scanned by the jobs */
	bool scans;             /* there is one */
	struct health *health;
	struct replay *replay; /* of the request in hand: idempotency.c */
	TALLOC_CTX *mem;       /* lives as long as the process */
};

static inline struct app *app_of(const struct request *rq)
{
	return rq->app;
}

/* The route table. */
extern const struct route api_routes[];
extern const size_t api_routes_count;
/* Those that nginx alone reaches. */
extern const struct route internal_routes[];
extern const size_t internal_routes_count;
/* The whole table as a JSON array: method, path, who, params, body_max, pool, read_only, summary. */
void routes_write(struct json_writer *w);

/* Begins the transaction of a route for who asks: read-only when the row says so, with the session checked. */
enum result app_begin(struct request *rq, struct error *e) MUST_CHECK;
/* The same for what is written beside the route's own work, whatever its row says. */
enum result app_begin_write(struct request *rq, struct error *e) MUST_CHECK;
/* The store; opened at its first use, so that a worker starts without it. */
enum result app_store(struct app *app, struct store **out, struct error *e) MUST_CHECK;
/* STORAGE_FULL when so many bytes more would leave less than STORAGE_MIN_FREE; before any of them is read. */
enum result app_store_room(struct app *app, int64_t bytes, struct error *e) MUST_CHECK;
/* Makes the ETag from what was written so far: for resources that count no versions. */
void app_version_of_body(struct response *rs);
/* Callbacks of lib/http. */
enum result app_authenticate(struct request *rq, struct error *e) MUST_CHECK;
void app_headers(const struct request *rq, struct response *rs, const struct error *e);
void app_finished(struct request *rq, const struct response *rs, const struct error *e);

/* Handlers, by resource. */
route_handler metrics_show, root_show, live_show, health_show, ready_show;
route_handler auth_register, auth_me, auth_me_patch, auth_me_delete, auth_email_confirm, auth_email_resend;
route_handler auth_login, auth_refresh, auth_logout, auth_session_list, auth_session_delete;
route_handler auth_password_change, auth_password_forgot, auth_password_reset;
route_handler auth_me_export, organization_remove, auth_organization_restore, admin_organization_bring_back;
route_handler export_create, export_list_show, export_show, export_content;
route_handler organization_show, organization_patch, user_list_show, user_patch, user_delete;
route_handler invitation_create, invitation_list_show, invitation_delete, auth_invitation_accept;
route_handler audit_log_show, admin_organization_list_show, admin_user_show, admin_user_patch;
route_handler document_upload, document_list, document_show, document_content, document_process, document_event_list,
    document_page_show, document_requirement_list;
route_handler resumable_create, resumable_show, resumable_append, resumable_delete;
route_handler tender_create, tender_list_show, tender_show, tender_patch, tender_delete_one, tender_status_put,
    tender_legal_hold_put;
route_handler tender_document_add, tender_document_remove, document_delete_one, document_restore, tender_restore,
    tender_analysis_start, tender_completeness_show;
route_handler tender_analysis_show, tender_fact_put, tender_requirement_list, tender_version_list;
route_handler search_show;
route_handler company_show, company_create, company_replace, company_patch, company_delete;

#endif
