/* What a worker holds, and what the handlers share. */
#ifndef API_APP_H
#define API_APP_H

#include "cache.h"
#include "content_type.h"
#include "db.h"
#include "response.h"
#include "server.h"
#include "settings.h"
#include "store.h"
#include "tokens.h"

struct health;

struct app {
	struct settings settings;
	struct db *db;
	struct cache *cache;
	struct master_keys *keys;
	struct store *store; /* NULL until its directory can be used: app_store() */
	struct content_detector *detector;
	struct token_signer *signer;
	struct health *health;
	TALLOC_CTX *mem; /* lives as long as the process */
};

static inline struct app *app_of(const struct request *rq)
{
	return rq->app;
}

/* The route table. */
extern const struct route api_routes[];
extern const size_t api_routes_count;

/* Begins the transaction of a route for who asks: read-only when the row says so, with the session checked. */
enum result app_begin(struct request *rq, struct error *e) MUST_CHECK;
/* The store; opened at its first use, so that a worker starts without it. */
enum result app_store(struct app *app, struct store **out, struct error *e) MUST_CHECK;
/* Makes the ETag from what was written so far: for resources that count no versions. */
void app_version_of_body(struct response *rs);
/* Callbacks of lib/http. */
enum result app_authenticate(struct request *rq, struct error *e) MUST_CHECK;
void app_finished(struct request *rq, const struct response *rs, const struct error *e);

/* Handlers, by resource. */
route_handler root_show, live_show, health_show, ready_show;
route_handler auth_register, auth_login, auth_refresh, auth_logout, auth_me;
route_handler document_upload, document_list, document_show, document_content, document_process, document_event_list,
    document_page_show, document_requirement_list;
route_handler tender_create, tender_list_show, tender_show, tender_patch, tender_delete_one, tender_status_put;
route_handler tender_document_add, tender_document_remove, document_delete_one, tender_analysis_start,
    tender_completeness_show;
route_handler tender_analysis_show, tender_fact_put, tender_requirement_list, tender_version_list;
route_handler search_show;

#endif
