/* THE route table: what the API has, who may call it, what it takes. */
#include "app.h"
#include "decision.h"

static const char *const document_statuses[] = { "uploaded", "processing", "processed", "failed", "quarantined", NULL };
static const char *const document_types[] = { "rc", "ccap", "cctp", "ccp", "ae", "aapc", "bpu", "dpgf", "dqe", "dc1",
	"dc2", "planning", "memoire_frame", "annexe", "other", NULL };
static const char *const document_sorts[] = { "created_at", "-created_at", "original_filename", "-original_filename",
	NULL };
static const char *const tender_sorts[] = { "deadline", "-deadline", "created_at", "-created_at", NULL };
static const char *const tender_statuses[] = { "draft", "analyzing", "ready", "declined", "submitted", "awarded",
	"rejected", "cancelled", "archived", NULL };
static const char *const requirement_categories[] = { "technical", "functional", "performance", "security",
	"administrative", "financial", "legal", "environmental", "other", NULL };
static const char *const requirement_priorities[] = { "eliminatory", "mandatory", "desirable", NULL };

#define PAGING \
	{ "limit", PARAM_INT, 1, 100, "20" }, { "offset", PARAM_INT, 0, 1000000, NULL }, \
	{ \
		"cursor", PARAM_TEXT, 0, 200 \
	}

static const struct param health_params[] = { { "detailed", PARAM_BOOL, .fallback = "false" }, { 0 } };
static const struct param upload_params[] = { { "process", PARAM_BOOL, .fallback = "true" }, { 0 } };
static const struct param document_list_params[] = {
	{ "status", PARAM_ENUM, .choices = document_statuses },
	{ "tender_id", PARAM_ID },
	{ "document_type", PARAM_ENUM, .choices = document_types },
	{ "search", PARAM_TEXT, 1, 200 },
	{ "sort", PARAM_ENUM, .fallback = "-created_at", .choices = document_sorts },
	PAGING,
	{ 0 },
};
static const struct param document_params[] = { { "document_id", PARAM_ID }, { 0 } };
static const struct param page_params[] = {
	{ "document_id", PARAM_ID },
	{ "number", PARAM_INT, 1, 100000 },
	{ 0 },
};
static const struct param tender_list_params[] = {
	{ "status", PARAM_ENUM, .choices = tender_statuses },
	{ "search", PARAM_TEXT, 1, 200 },
	{ "buyer", PARAM_TEXT, 1, 200 },
	{ "deadline_from", PARAM_TEXT, 1, 40 },
	{ "deadline_to", PARAM_TEXT, 1, 40 },
	{ "sort", PARAM_ENUM, .fallback = "deadline", .choices = tender_sorts },
	PAGING,
	{ 0 },
};
static const struct param tender_params[] = { { "tender_id", PARAM_ID }, { 0 } };
static const struct param tender_upload_params[] = { { "tender_id", PARAM_ID }, { "replaces", PARAM_ID }, { 0 } };
static const struct param version_list_params[] = { { "tender_id", PARAM_ID }, PAGING, { 0 } };
static const struct param tender_document_params[] = { { "tender_id", PARAM_ID }, { "document_id", PARAM_ID }, { 0 } };
static const struct param requirement_params[] = {
	{ "tender_id", PARAM_ID },
	{ "category", PARAM_ENUM, .choices = requirement_categories },
	{ "priority", PARAM_ENUM, .choices = requirement_priorities },
	{ "document_id", PARAM_ID },
	{ "search", PARAM_TEXT, 1, 200 },
	PAGING,
	{ 0 },
};
static const struct param search_params[] = {
	{ "q", PARAM_TEXT, 2, 200 },
	{ "tender_id", PARAM_ID },
	{ "document_type", PARAM_ENUM, .choices = document_types },
	{ "limit", PARAM_INT, 1, 100, "20" },
	{ "offset", PARAM_INT, 0, 10000, "0" },
	{ 0 },
};
static const struct param fact_params[] = {
	{ "tender_id", PARAM_ID },
	{ "key", PARAM_ENUM, .choices = decision_keys },
	{ "lot", PARAM_TEXT, 1, 20 },
	{ 0 },
};

#define V1 "/api/v1"
/* Uploads are bounded by MAX_REQUEST_SIZE, which their handler knows. */
#define ANY_SIZE (1LL << 40)

/* clang-format off */
const struct route api_routes[] = {
	{ METHOD_GET, "/", WHO_PUBLIC, .run = root_show, .summary = "Name, version and links" },
	{ METHOD_GET, "/health", WHO_PUBLIC, health_params, .run = health_show, .summary = "State, for load balancers" },
	{ METHOD_GET, V1 "/health", WHO_PUBLIC, health_params, .run = health_show, .summary = "State" },
	{ METHOD_GET, V1 "/live", WHO_PUBLIC, .run = live_show, .summary = "Whether a worker answers" },
	{ METHOD_GET, V1 "/ready", WHO_PUBLIC, .run = ready_show, .summary = "Whether requests can be served" },

	{ METHOD_POST, V1 "/auth/register", WHO_PUBLIC, NULL, 16384, POOL_BULK, .run = auth_register,
	  .summary = "Make an organisation with its first user" },
	{ METHOD_POST, V1 "/auth/login", WHO_PUBLIC, NULL, 16384, POOL_BULK, .run = auth_login, .summary = "Begin a session" },
	{ METHOD_POST, V1 "/auth/refresh", WHO_PUBLIC, NULL, 16384, .run = auth_refresh,
	  .summary = "Exchange a refresh token for a new pair" },
	{ METHOD_POST, V1 "/auth/logout", WHO_USERS, .run = auth_logout, .summary = "End this session" },
	{ METHOD_GET, V1 "/auth/me", WHO_USERS, .read_only = true, .run = auth_me, .summary = "Who I am" },

	{ METHOD_POST, V1 "/documents", WHO_WRITERS, upload_params, ANY_SIZE, POOL_BULK, .run = document_upload,
	  .summary = "Upload one or several files" },
	{ METHOD_GET, V1 "/documents", WHO_MEMBERS, document_list_params, .read_only = true, .run = document_list,
	  .summary = "List documents" },
	{ METHOD_GET, V1 "/documents/{document_id}", WHO_MEMBERS, document_params, .read_only = true, .run = document_show,
	  .summary = "One document" },
	{ METHOD_DELETE, V1 "/documents/{document_id}", WHO_WRITERS, document_params, .run = document_delete_one,
	  .summary = "Delete a document" },
	{ METHOD_GET, V1 "/documents/{document_id}/content", WHO_MEMBERS, document_params, 0, POOL_BULK, true,
	  document_content, "The file itself" },
	{ METHOD_POST, V1 "/documents/{document_id}/process", WHO_WRITERS, document_params, .run = document_process,
	  .summary = "Read and analyse a document (again)" },
	{ METHOD_GET, V1 "/documents/{document_id}/events", WHO_MEMBERS, document_params, .read_only = true,
	  .run = document_event_list, .summary = "What happened to a document" },
	{ METHOD_GET, V1 "/documents/{document_id}/pages/{number}", WHO_MEMBERS, page_params, .read_only = true,
	  .run = document_page_show, .summary = "Text and words of a page" },
	{ METHOD_GET, V1 "/documents/{document_id}/requirements", WHO_MEMBERS, document_params, .read_only = true,
	  .run = document_requirement_list, .summary = "Requirements of a document" },

	{ METHOD_POST, V1 "/tenders", WHO_WRITERS, NULL, 65536, .run = tender_create, .summary = "Make a tender" },
	{ METHOD_GET, V1 "/tenders", WHO_MEMBERS, tender_list_params, .read_only = true, .run = tender_list_show,
	  .summary = "List tenders" },
	{ METHOD_GET, V1 "/tenders/{tender_id}", WHO_MEMBERS, tender_params, .read_only = true, .run = tender_show,
	  .summary = "One tender" },
	{ METHOD_PATCH, V1 "/tenders/{tender_id}", WHO_WRITERS, tender_params, 65536, .run = tender_patch,
	  .summary = "Change what people write about a tender" },
	{ METHOD_DELETE, V1 "/tenders/{tender_id}", WHO_WRITERS, tender_params, .run = tender_delete_one,
	  .summary = "Delete a tender with its documents" },
	{ METHOD_PUT, V1 "/tenders/{tender_id}/status", WHO_WRITERS, tender_params, 4096, .run = tender_status_put,
	  .summary = "Take a tender to another status" },
	{ METHOD_POST, V1 "/tenders/{tender_id}/documents", WHO_WRITERS, tender_upload_params, ANY_SIZE, POOL_BULK,
	  .run = tender_document_add, .summary = "Add documents to a tender" },
	{ METHOD_DELETE, V1 "/tenders/{tender_id}/documents/{document_id}", WHO_WRITERS, tender_document_params,
	  .run = tender_document_remove, .summary = "Take a document out of a tender" },
	{ METHOD_GET, V1 "/tenders/{tender_id}/versions", WHO_MEMBERS, version_list_params, .read_only = true,
	  .run = tender_version_list, .summary = "Versions of a dossier" },
	{ METHOD_GET, V1 "/tenders/{tender_id}/completeness", WHO_MEMBERS, tender_params, .read_only = true,
	  .run = tender_completeness_show, .summary = "Which pieces are there and which are missing" },
	{ METHOD_POST, V1 "/tenders/{tender_id}/analyze", WHO_WRITERS, tender_params, .run = tender_analysis_start,
	  .summary = "Analyse a tender" },
	{ METHOD_GET, V1 "/tenders/{tender_id}/analysis", WHO_MEMBERS, tender_params, .read_only = true,
	  .run = tender_analysis_show, .summary = "The facts of a tender" },
	{ METHOD_GET, V1 "/tenders/{tender_id}/requirements", WHO_MEMBERS, requirement_params, .read_only = true,
	  .run = tender_requirement_list, .summary = "Requirements of a tender" },
	{ METHOD_PUT, V1 "/tenders/{tender_id}/facts/{key}", WHO_WRITERS, fact_params, 262144, .run = tender_fact_put,
	  .summary = "Confirm, correct or reject a fact" },

	{ METHOD_GET, V1 "/search", WHO_MEMBERS, search_params, .read_only = true, .run = search_show,
	  .summary = "Full text of all pages" },
};
/* clang-format on */
const size_t api_routes_count = ARRAY_LEN(api_routes);
