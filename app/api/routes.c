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
static const struct param resumable_params[] = { { "upload_id", PARAM_ID }, { 0 } };
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
static const struct param page_only_params[] = { PAGING, { 0 } };
static const struct param logout_params[] = { { "all", PARAM_BOOL, .fallback = "false" }, { 0 } };
static const struct param session_params[] = { { "session_id", PARAM_ID }, { 0 } };
static const struct param organization_params[] = { { "organization_id", PARAM_ID }, { 0 } };
static const struct param export_params[] = { { "export_id", PARAM_ID }, { 0 } };
static const struct param user_params[] = { { "user_id", PARAM_ID }, { 0 } };
static const struct param invitation_params[] = { { "invitation_id", PARAM_ID }, { 0 } };
static const struct param audit_params[] = {
	{ "action", PARAM_TEXT, 1, 100 },
	{ "account_id", PARAM_ID },
	{ "target_id", PARAM_ID },
	{ "from", PARAM_TEXT, 1, 40 },
	{ "to", PARAM_TEXT, 1, 40 },
	PAGING,
	{ 0 },
};
static const struct param admin_organization_params[] = { { "search", PARAM_TEXT, 1, 200 }, PAGING, { 0 } };
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
	{ METHOD_GET, "/health", WHO_PUBLIC, health_params, .run = health_show, .summary = "State, for load balancers",
	  .limit = LIMIT_NONE },
	{ METHOD_GET, V1 "/health", WHO_PUBLIC, health_params, .run = health_show, .summary = "State",
	  .limit = LIMIT_NONE },
	{ METHOD_GET, V1 "/live", WHO_PUBLIC, .run = live_show, .summary = "Whether a worker answers",
	  .limit = LIMIT_NONE },
	{ METHOD_GET, V1 "/ready", WHO_PUBLIC, .run = ready_show, .summary = "Whether requests can be served",
	  .limit = LIMIT_NONE },

	{ METHOD_POST, V1 "/auth/register", WHO_PUBLIC, NULL, 16384, POOL_BULK, .run = auth_register,
	  .summary = "Make an organisation with its first user", .limit = LIMIT_AUTH },
	{ METHOD_POST, V1 "/auth/login", WHO_PUBLIC, NULL, 16384, POOL_BULK, .run = auth_login, .summary = "Begin a session",
	  .limit = LIMIT_AUTH },
	{ METHOD_POST, V1 "/auth/refresh", WHO_PUBLIC, NULL, 16384, .run = auth_refresh,
	  .summary = "Exchange a refresh token for a new pair", .limit = LIMIT_AUTH },
	{ METHOD_POST, V1 "/auth/logout", WHO_USERS, logout_params, .run = auth_logout, .summary = "End this session, or all" },
	{ METHOD_GET, V1 "/auth/sessions", WHO_USERS, .read_only = true, .run = auth_session_list, .summary = "My sessions" },
	{ METHOD_DELETE, V1 "/auth/sessions/{session_id}", WHO_USERS, session_params, .run = auth_session_delete,
	  .summary = "End one of my sessions" },
	{ METHOD_GET, V1 "/auth/me", WHO_USERS, .read_only = true, .run = auth_me, .summary = "Who I am" },
	{ METHOD_GET, V1 "/auth/me/export", WHO_USERS, .read_only = true, .run = auth_me_export,
	  .summary = "All that is held of me" },
	{ METHOD_PATCH, V1 "/auth/me", WHO_USERS, NULL, 16384, .run = auth_me_patch, .summary = "Change my name" },
	{ METHOD_DELETE, V1 "/auth/me", WHO_MEMBERS, NULL, 16384, POOL_BULK, .run = auth_me_delete,
	  .summary = "Remove my account", .limit = LIMIT_AUTH },
	{ METHOD_POST, V1 "/auth/password", WHO_USERS, NULL, 16384, POOL_BULK, .run = auth_password_change,
	  .summary = "Change my password", .limit = LIMIT_AUTH },
	{ METHOD_POST, V1 "/auth/password/forgot", WHO_PUBLIC, NULL, 16384, POOL_BULK, .run = auth_password_forgot,
	  .summary = "Ask for a link to set a forgotten password anew", .limit = LIMIT_AUTH },
	{ METHOD_POST, V1 "/auth/password/reset", WHO_PUBLIC, NULL, 16384, POOL_BULK, .run = auth_password_reset,
	  .summary = "Set a password by such a link", .limit = LIMIT_AUTH },
	{ METHOD_POST, V1 "/auth/email/confirm", WHO_PUBLIC, NULL, 16384, .run = auth_email_confirm,
	  .summary = "Confirm an address by a link", .limit = LIMIT_AUTH },
	{ METHOD_POST, V1 "/auth/email/resend", WHO_MEMBERS, .run = auth_email_resend,
	  .summary = "Ask for that link again", .limit = LIMIT_AUTH },
	{ METHOD_POST, V1 "/auth/invitations/accept", WHO_PUBLIC, NULL, 16384, POOL_BULK, .run = auth_invitation_accept,
	  .summary = "Join an organisation by an invitation", .limit = LIMIT_AUTH },
	{ METHOD_GET, V1 "/organization", WHO_MEMBERS, .read_only = true, .run = organization_show,
	  .summary = "My organisation" },
	{ METHOD_PATCH, V1 "/organization", WHO_OWNER, NULL, 16384, .run = organization_patch,
	  .summary = "Change its name" },
	{ METHOD_DELETE, V1 "/organization", WHO_OWNER, NULL, 16384, POOL_BULK, .run = organization_remove,
	  .summary = "Delete my organisation", .limit = LIMIT_AUTH },
	{ METHOD_POST, V1 "/organization/export", WHO_OWNER, .run = export_create,
	  .summary = "Have everything of my organisation put into an archive" },
	{ METHOD_GET, V1 "/organization/exports", WHO_OWNER, .read_only = true, .run = export_list_show,
	  .summary = "List such archives" },
	{ METHOD_GET, V1 "/organization/exports/{export_id}", WHO_OWNER, export_params, .read_only = true,
	  .run = export_show, .summary = "One of them" },
	{ METHOD_GET, V1 "/organization/exports/{export_id}/content", WHO_OWNER, export_params, 0, POOL_BULK, true,
	  export_content, "The archive itself" },
	{ METHOD_POST, V1 "/auth/organization/restore", WHO_PUBLIC, NULL, 16384, POOL_BULK,
	  .run = auth_organization_restore, .summary = "Bring my organisation back", .limit = LIMIT_AUTH },
	{ METHOD_POST, V1 "/admin/organizations/{organization_id}/restore", WHO_ADMIN, organization_params,
	  .run = admin_organization_bring_back, .summary = "Bring an organisation back, as the operator" },
	{ METHOD_GET, V1 "/users", WHO_MEMBERS, page_only_params, .read_only = true, .run = user_list_show,
	  .summary = "List the people of my organisation" },
	{ METHOD_PATCH, V1 "/users/{user_id}", WHO_OWNER, user_params, 16384, .run = user_patch,
	  .summary = "Change what somebody may do" },
	{ METHOD_DELETE, V1 "/users/{user_id}", WHO_OWNER, user_params, .run = user_delete, .summary = "Remove somebody" },
	{ METHOD_POST, V1 "/users/invitations", WHO_OWNER, NULL, 16384, .run = invitation_create,
	  .summary = "Invite somebody", .limit = LIMIT_AUTH, .creates = true },
	{ METHOD_GET, V1 "/users/invitations", WHO_OWNER, page_only_params, .read_only = true, .run = invitation_list_show,
	  .summary = "List invitations" },
	{ METHOD_DELETE, V1 "/users/invitations/{invitation_id}", WHO_OWNER, invitation_params, .run = invitation_delete,
	  .summary = "Take an invitation back" },
	{ METHOD_GET, V1 "/audit-log", WHO_OWNER, audit_params, .read_only = true, .run = audit_log_show,
	  .summary = "Who did what" },
	{ METHOD_GET, V1 "/admin/organizations", WHO_ADMIN, admin_organization_params, .read_only = true,
	  .run = admin_organization_list_show, .summary = "List organisations" },
	{ METHOD_GET, V1 "/admin/users/{user_id}", WHO_ADMIN, user_params, .read_only = true, .run = admin_user_show,
	  .summary = "One account" },
	{ METHOD_PATCH, V1 "/admin/users/{user_id}", WHO_ADMIN, user_params, 16384, .run = admin_user_patch,
	  .summary = "Change what somebody may do, as the operator" },
	{ METHOD_POST, V1 "/documents", WHO_WRITERS, upload_params, ANY_SIZE, POOL_BULK, .run = document_upload,
	  .summary = "Upload one or several files", .limit = LIMIT_UPLOAD, .creates = true },
	{ METHOD_GET, V1 "/documents", WHO_MEMBERS, document_list_params, .read_only = true, .run = document_list,
	  .summary = "List documents" },
	{ METHOD_GET, V1 "/documents/{document_id}", WHO_MEMBERS, document_params, .read_only = true, .run = document_show,
	  .summary = "One document" },
	{ METHOD_DELETE, V1 "/documents/{document_id}", WHO_WRITERS, document_params, .run = document_delete_one,
	  .summary = "Delete a document" },
	{ METHOD_POST, V1 "/documents/{document_id}/restore", WHO_WRITERS, document_params, .run = document_restore,
	  .summary = "Bring back a document that was deleted" },
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

	{ METHOD_POST, V1 "/uploads", WHO_WRITERS, upload_params, .run = resumable_create,
	  .summary = "Begin an upload in parts", .creates = true },
	{ METHOD_GET, V1 "/uploads/{upload_id}", WHO_WRITERS, resumable_params, .read_only = true, .run = resumable_show,
	  .summary = "How far an upload in parts is" },
	{ METHOD_PATCH, V1 "/uploads/{upload_id}", WHO_WRITERS, resumable_params, ANY_SIZE, POOL_BULK,
	  .run = resumable_append, .summary = "The next part of an upload", .limit = LIMIT_UPLOAD },
	{ METHOD_DELETE, V1 "/uploads/{upload_id}", WHO_WRITERS, resumable_params, .run = resumable_delete,
	  .summary = "Give an upload in parts up" },

	{ METHOD_POST, V1 "/tenders", WHO_WRITERS, NULL, 65536, .run = tender_create, .summary = "Make a tender", .creates = true },
	{ METHOD_GET, V1 "/tenders", WHO_MEMBERS, tender_list_params, .read_only = true, .run = tender_list_show,
	  .summary = "List tenders" },
	{ METHOD_GET, V1 "/tenders/{tender_id}", WHO_MEMBERS, tender_params, .read_only = true, .run = tender_show,
	  .summary = "One tender" },
	{ METHOD_PATCH, V1 "/tenders/{tender_id}", WHO_WRITERS, tender_params, 65536, .run = tender_patch,
	  .summary = "Change what people write about a tender" },
	{ METHOD_DELETE, V1 "/tenders/{tender_id}", WHO_WRITERS, tender_params, .run = tender_delete_one,
	  .summary = "Delete a tender with its documents" },
	{ METHOD_POST, V1 "/tenders/{tender_id}/restore", WHO_WRITERS, tender_params, .run = tender_restore,
	  .summary = "Bring back a tender that was deleted" },
	{ METHOD_PUT, V1 "/tenders/{tender_id}/status", WHO_WRITERS, tender_params, 4096, .run = tender_status_put,
	  .summary = "Take a tender to another status" },
	{ METHOD_PUT, V1 "/tenders/{tender_id}/legal-hold", WHO_OWNER, tender_params, 16384, .run = tender_legal_hold_put,
	  .summary = "Set or lift the legal hold of a tender" },
	{ METHOD_POST, V1 "/tenders/{tender_id}/documents", WHO_WRITERS, tender_upload_params, ANY_SIZE, POOL_BULK,
	  .run = tender_document_add, .summary = "Add documents to a tender", .limit = LIMIT_UPLOAD, .creates = true },
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

	{ METHOD_GET, V1 "/company-profile", WHO_MEMBERS, .read_only = true, .run = company_show,
	  .summary = "The company's profile" },
	{ METHOD_POST, V1 "/company-profile", WHO_WRITERS, NULL, 1048576, .run = company_create,
	  .summary = "Make the company's profile", .creates = true },
	{ METHOD_PUT, V1 "/company-profile", WHO_WRITERS, NULL, 1048576, .run = company_replace,
	  .summary = "Replace the company's profile, or make it" },
	{ METHOD_PATCH, V1 "/company-profile", WHO_WRITERS, NULL, 1048576, .run = company_patch,
	  .summary = "Change parts of the company's profile" },
	{ METHOD_DELETE, V1 "/company-profile", WHO_WRITERS, .run = company_delete,
	  .summary = "Delete the company's profile" },
	{ METHOD_GET, V1 "/search", WHO_MEMBERS, search_params, .read_only = true, .run = search_show,
	  .summary = "Full text of all pages" },
};
/* clang-format on */
const size_t api_routes_count = ARRAY_LEN(api_routes);
