/* Tries lib/db on a real PostgreSQL: `db_try CASE`, the database in DATABASE_API_URL or DATABASE_JOBS_URL. Driven by
 * tests/test_db.py; a case that fails says where and exits with 1. */
#include "db_try.h"

#include "account_sql.h"
#include "clock.h"
#include "document_sql.h"
#include "log.h"

struct error failure;
TALLOC_CTX *top;

struct db *open_db(const char *variable, int64_t timeout_s)
{
	struct db *db;
	const char *prepared = getenv("DATABASE_PREPARED");
	GOOD(db_open(top,
	    &(struct db_config){
		getenv(variable), "db_try", timeout_s, db_prepared_parse(prepared != NULL ? prepared : "auto") },
	    &db, &failure));
	return db;
}

/* --- an organisation with a session --------------------------------------------------------------------------------
 */

struct db_identity organisation(struct db *db, TALLOC_CTX *mem)
{
	struct db_identity id = { .organization_id = { true, uuid_new() },
		.assert_session = true,
		.session_id = uuid_new(),
		.account_id = uuid_new() };
	char text[37];
	uuid_format(&id.account_id, text);
	struct account_row a;
	struct session_row s;
	GOOD(db_begin_as(db, mem, NULL, DB_WRITE, &failure));
	GOOD(account_register_later(db,
	    &(struct account_registration){ id.account_id, id.organization_id.value,
		mem_printf(mem, "%s@example.org", text), "hash", "Jeanne Martin", "Société d'essai" },
	    mem, &a, &failure));
	/* a hash of 16 bytes is refused by the table's check, and the account with it */
	FAILS(session_open_last(db,
		  &(struct session_opening){ id.session_id, id.account_id, { id.session_id.b, 16 }, 60, "hash" }, mem,
		  &s, &failure),
	    ERR_INTERNAL);
	uint8_t hash[32] = { 0 };
	memcpy(hash, id.session_id.b, 16);
	GOOD(db_begin_as(db, mem, NULL, DB_WRITE, &failure));
	GOOD(account_register_later(db,
	    &(struct account_registration){ id.account_id, id.organization_id.value,
		mem_printf(mem, "%s@example.org", text), "hash", "Jeanne Martin", "Société d'essai" },
	    mem, &a, &failure));
	GOOD(session_open_last(db, &(struct session_opening){ id.session_id, id.account_id, { hash, 32 }, 60, "hash" },
	    mem, &s, &failure));
	HOLD(uuid_equal(&a.id, &id.account_id) && strcmp(a.role, "bid_manager") == 0 && a.is_owner);
	HOLD(s.organization_id.set && uuid_equal(&s.organization_id.value, &id.organization_id.value));
	HOLD(llabs(a.created_at.us - clock_now_us()) < 60000000);
	return id;
}

struct uuid make_document(struct db *db, TALLOC_CTX *mem, const struct db_identity *who, const char *name,
    const struct opt_uuid tender, struct uuid *blob_out)
{
	struct uuid id = uuid_new(), blob = uuid_new();
	uint8_t sha[32] = { 1 };
	memcpy(sha + 8, blob.b, 16);
	struct blob_key b;
	struct document_created made;
	const uint8_t wrapped[72] = { 1 };
	GOOD(db_begin_as(db, mem, who, DB_WRITE, &failure));
	GOOD(blob_insert_later(db,
	    &(struct blob_new){ blob, { sha, 32 }, 1234, "text/plain", { wrapped, 72 }, "0123456789abcdef" }, mem, &b,
	    &failure));
	GOOD(document_insert_later(db,
	    &(struct document_new){ id, tender, { sha, 32 }, name, "file", NULL, "uploaded", who->account_id }, mem,
	    &made, &failure));
	GOOD(db_commit(db, &failure));
	HOLD(uuid_equal(&b.id, &blob) && made.created_at.us > 0);
	if (blob_out != NULL)
		*blob_out = blob;
	return id;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} cases[] = {
		{ "check", case_check },
		{ "check_tells", case_check_tells },
		{ "types", case_types },
		{ "round_trips", case_round_trips },
		{ "rollback", case_rollback },
		{ "identity", case_identity },
		{ "lists", case_lists },
		{ "tenders", case_tenders },
		{ "jobs", case_jobs },
		{ "reconnect", case_reconnect },
		{ "timeout", case_timeout },
		{ "refused", case_refused },
		{ "absent", case_absent },
		{ "url", case_url },
	};
	log_open("db_try", LOG_WARN);
	error_clear(&failure);
	top = mem_new("db_try", 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (argc == 2 && strcmp(argv[1], cases[i].name) == 0) {
			cases[i].run();
			talloc_free(top);
			return 0;
		}
	}
	fprintf(stderr, "usage: db_try CASE\n");
	return 64;
}
