/* Tries lib/db on a real PostgreSQL: `db_try CASE`, the database in DATABASE_API_URL or DATABASE_JOBS_URL. Driven by
 * tests/test_db.py; a case that fails says where and exits with 1. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account_sql.h"
#include "clock.h"
#include "document_sql.h"
#include "health_sql.h"
#include "job_sql.h"
#include "log.h"
#include "tender_sql.h"
#include "uuid.h"

#define HOLD(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: %s does not hold (%s, %s)\n", __FILE__, __LINE__, #condition, \
			    error_id(failure.code), failure.cause); \
			exit(1); \
		} \
	} while (0)
#define GOOD(call) HOLD((call) == ERR_OK)
#define FAILS(call, expected) \
	do { \
		error_clear(&failure); \
		HOLD((call) == (expected)); \
		error_clear(&failure); \
	} while (0)

static struct error failure;
static TALLOC_CTX *top;

static struct db *open_db(const char *variable, int64_t timeout_s)
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

static struct db_identity organisation(struct db *db, TALLOC_CTX *mem)
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

static struct uuid make_document(struct db *db, TALLOC_CTX *mem, const struct db_identity *who, const char *name,
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

/* Far ends of a list: no row lies beyond. */
#define FIRST_DOWN \
	{ \
		INT64_C(9000000000000000000) \
	}
#define FIRST_UP \
	{ \
		-INT64_C(200000000000000000) \
	}

/* --- cases ----------------------------------------------------------------------------------------------------------
 */

static void case_check(void)
{
	/* Both roles together can describe all statements. */
	struct db *db = open_db("DATABASE_CHECK_URL", 0);
	GOOD(sql_check_all(db, sql_statements, sql_statements_count, &failure));
	printf("%zu statements\n", sql_statements_count);
}

struct wrong_row {
	struct opt_int id;
	const char *nom;
};
SQL_FIELDS(wrong_row, id, nom);
SQL_ONE(wrong_columns, document_key, wrong_row, "select id, name from document where id = $1")
SQL_ONE(wrong_parameter, tender_key, list_total, "select count(*) as total from document where name = $1")
SQL_EXEC(wrong_text, sql_nothing, "update nowhere set nothing = 1")

static void case_check_tells(void)
{
	static const struct sql_stmt *const bad[] = { &wrong_columns_stmt, &wrong_parameter_stmt, &wrong_text_stmt };
	struct db *db = open_db("DATABASE_API_URL", 0);
	HOLD(sql_check_all(db, bad, 3, &failure) == ERR_STATEMENT_MISMATCH);
	/* the type of id, the name of nom, the parameter (which does not prepare), the table */
	HOLD(failure.n_faults == 4);
	char text[300];
	error_text(&failure.faults[1], LANG_EN, text, sizeof(text));
	HOLD(strstr(text, "wrong_columns") != NULL && strstr(text, "column 2: name") != NULL);
}

/* Every type there and back, with and without NULL. */
struct all_types {
	bool b;
	int64_t i;
	double d;
	struct uuid u;
	struct instant t;
	const char *s;
	struct bytes y;
	struct json_text j;
	struct opt_bool ob;
	struct opt_int oi;
	struct opt_num od;
	struct opt_uuid ou;
	struct opt_instant ot;
};
SQL_FIELDS(all_types, b, i, d, u, t, s, y, j, ob, oi, od, ou, ot);
SQL_ONE(try_types, all_types, all_types,
    "select $1 as b, $2 as i, $3 as d, $4 as u, $5 as t, $6 as s, $7 as y, $8 as j, $9 as ob, $10 as oi, $11 as od, "
    "$12 as ou, $13 as ot")
struct arrays {
	struct sql_texts texts;
	struct sql_uuids ids;
};
SQL_FIELDS(arrays, texts, ids);
struct arrays_row {
	const char *texts, *ids;
};
SQL_FIELDS(arrays_row, texts, ids);
SQL_ONE(
    try_arrays, arrays, arrays_row, "select array_to_string($1, '|', '-') as texts, array_to_string($2, '|') as ids")
struct null_row {
	int64_t i;
};
SQL_FIELDS(null_row, i);
SQL_ONE(try_null, sql_nothing, null_row, "select null::bigint as i")
SQL_ALL(try_series, null_row, null_row, "select i::bigint from generate_series(1, $1) i")

static void case_types(void)
{
	struct db *db = open_db("DATABASE_API_URL", 0);
	TALLOC_CTX *mem = mem_new("case", 0);
	uint8_t raw[] = { 0, 255, 0, 10 };
	struct all_types in = { true, INT64_MIN, -0.1, uuid_new(), { INT64_C(1774000000123456) }, "été 'x' \\ €",
		{ raw, 4 }, { "{\"a\": [1, \"é\"]}" }, { true, false }, { true, -7 }, { true, 1e300 },
		{ true, uuid_new() }, { true, -1 } };
	struct all_types out;
	GOOD(db_begin_as(db, mem, NULL, DB_READ, &failure));
	GOOD(try_types(db, &in, mem, &out, &failure));
	HOLD(out.b && out.i == INT64_MIN && out.d == -0.1 && uuid_equal(&out.u, &in.u) && out.t.us == in.t.us);
	HOLD(strcmp(out.s, in.s) == 0 && out.y.n == 4 && memcmp(out.y.p, raw, 4) == 0 && strcmp(out.j.s, in.j.s) == 0);
	HOLD(out.ob.set && !out.ob.value && out.oi.value == -7 && out.od.value == 1e300 && out.ot.set &&
	     out.ot.us == -1);
	HOLD(out.ou.set && uuid_equal(&out.ou.value, &in.ou.value));
	struct all_types none = { .u = in.u };
	GOOD(try_types(db, &none, mem, &out, &failure));
	HOLD(!out.b && out.i == 0 && out.t.us == 0 && out.s == NULL && out.y.p == NULL && out.j.s == NULL);
	HOLD(!out.ob.set && !out.oi.set && !out.od.set && !out.ou.set && !out.ot.set);
	struct arrays_row a;
	GOOD(try_arrays(
	    db, &(struct arrays){ { (const char *const[]){ "a", "", "é,\"" }, 3 }, { &in.u, 1 } }, mem, &a, &failure));
	char id[37];
	uuid_format(&in.u, id);
	HOLD(strcmp(a.texts, "a||é,\"") == 0 && strcmp(a.ids, id) == 0);
	GOOD(try_arrays(db, &(struct arrays){ { NULL, 0 }, { NULL, 0 } }, mem, &a, &failure));
	HOLD(a.texts[0] == '\0' && a.ids[0] == '\0');
	struct null_row *rows;
	size_t n;
	GOOD(try_series(db, &(struct null_row){ 20000 }, mem, &rows, &n, &failure));
	HOLD(n == 20000 && rows[19999].i == 20000);
	GOOD(try_series(db, &(struct null_row){ 0 }, mem, &rows, &n, &failure));
	HOLD(n == 0 && rows == NULL);
	struct null_row r;
	FAILS(try_null(db, NULL, mem, &r, &failure), ERR_INTERNAL);
	GOOD(try_series(db, &(struct null_row){ 1 }, mem, &rows, &n, &failure)); /* the transaction lives */
	GOOD(db_commit(db, &failure));
	talloc_free(mem);
}

static uint64_t trips(struct db *db)
{
	uint64_t n = db_counters(db).round_trips;
	db_counters_reset(db);
	return n;
}

static void case_round_trips(void)
{
	struct db *db = open_db("DATABASE_API_URL", 10);
	TALLOC_CTX *mem = mem_new("case", 0);
	struct db_identity who = organisation(db, mem);
	struct uuid blob, id = make_document(db, mem, &who, "rc.pdf", (struct opt_uuid){ 0 }, &blob);
	struct document_detail d;
	for (int i = 0; i < 2; i++) { /* also the first time, when statements are prepared on the way */
		trips(db);
		GOOD(db_begin_as(db, mem, &who, DB_READ, &failure));
		GOOD(document_get_last(db, &(struct document_key){ id }, mem, &d, &failure));
		HOLD(trips(db) == 1 && strcmp(d.name, "rc.pdf") == 0 && d.size == 1234 && !d.page_count.set);
		HOLD(!db_in_transaction(db));
	}
	struct document_row *rows;
	size_t n;
	struct list_total total;
	GOOD(db_begin_as(db, mem, &who, DB_READ, &failure));
	GOOD(document_list_newest_filtered_later(
	    db, &(struct document_filter){ .bound_time = FIRST_DOWN, .limit = 21 }, mem, &rows, &n, &failure));
	GOOD(document_count_later(db, &(struct list_filter){ 0 }, mem, &total, &failure));
	GOOD(db_commit(db, &failure));
	HOLD(trips(db) == 1 && n == 1 && total.total == 1);
	/* a write of three rows, and a read before its end */
	GOOD(db_begin_as(db, mem, &who, DB_WRITE, &failure));
	GOOD(document_event_add_later(
	    db, &(struct document_event_new){ uuid_new(), id, "upload", "completed", 100 }, NULL, &failure));
	GOOD(document_event_add_later(
	    db, &(struct document_event_new){ uuid_new(), id, "reading", "started", 0 }, NULL, &failure));
	int64_t affected = -1;
	GOOD(job_read_add_last(db, &(struct job_read_new){ uuid_new(), id, 1234 }, &affected, &failure));
	HOLD(trips(db) == 1 && affected == 1);
	/* joined, not doubled */
	GOOD(db_begin_as(db, mem, &who, DB_WRITE, &failure));
	GOOD(job_read_add_last(db, &(struct job_read_new){ uuid_new(), id, 1234 }, &affected, &failure));
	HOLD(affected == 0);
	/* not found commits and keeps the connection as it was */
	GOOD(db_begin_as(db, mem, &who, DB_READ, &failure));
	trips(db);
	FAILS(document_get_last(db, &(struct document_key){ uuid_new() }, mem, &d, &failure), ERR_NOT_FOUND);
	HOLD(trips(db) == 1 && !db_in_transaction(db));
	/* begun and left alone: nothing is sent */
	GOOD(db_begin_as(db, mem, &who, DB_READ, &failure));
	GOOD(db_commit(db, &failure));
	TALLOC_CTX *request = mem_new("request", 0);
	GOOD(db_begin_as(db, request, &who, DB_WRITE, &failure));
	talloc_free(request);
	HOLD(trips(db) == 0);
	talloc_free(mem);
}

static void case_rollback(void)
{
	struct db *db = open_db("DATABASE_API_URL", 10);
	TALLOC_CTX *mem = mem_new("case", 0);
	struct db_identity who = organisation(db, mem);
	struct uuid id = make_document(db, mem, &who, "rc.pdf", (struct opt_uuid){ 0 }, NULL);
	struct document_event_row *rows;
	size_t n;
	for (int sent = 0; sent < 2; sent++) {
		/* An early return: the request's memory goes, and with it the transaction. */
		TALLOC_CTX *request = mem_new("request", 0);
		GOOD(db_begin_as(db, request, &who, DB_WRITE, &failure));
		GOOD(document_event_add_later(
		    db, &(struct document_event_new){ uuid_new(), id, "upload", "completed", 100 }, NULL, &failure));
		if (sent == 1)
			GOOD(db_flush(db, &failure));
		talloc_free(request);
		HOLD(!db_in_transaction(db) && db_connected(db));
		GOOD(db_begin_as(db, mem, &who, DB_READ, &failure));
		GOOD(document_events_last(db, &(struct document_key){ id }, mem, &rows, &n, &failure));
		HOLD(n == 0);
	}
	/* An error of the server ends the transaction; what stood before it is undone, what comes after refused. */
	GOOD(db_begin_as(db, mem, &who, DB_WRITE, &failure));
	GOOD(document_event_add_later(
	    db, &(struct document_event_new){ uuid_new(), id, "upload", "completed", 100 }, NULL, &failure));
	FAILS(document_event_add(db, &(struct document_event_new){ uuid_new(), uuid_new(), "upload", "completed", 100 },
		  NULL, &failure),
	    ERR_NOT_FOUND);
	HOLD(strcmp(db_constraint(db), "document_event_organization_id_document_id_fkey") == 0);
	HOLD(strcmp(db_sqlstate(db), "23503") == 0);
	FAILS(document_events(db, &(struct document_key){ id }, mem, &rows, &n, &failure), ERR_INTERNAL);
	FAILS(db_commit(db, &failure), ERR_INTERNAL);
	GOOD(db_begin_as(db, mem, &who, DB_READ, &failure));
	GOOD(document_events_last(db, &(struct document_key){ id }, mem, &rows, &n, &failure));
	HOLD(n == 0);
	/* The same with COMMIT in the failed pipeline. */
	GOOD(db_begin_as(db, mem, &who, DB_WRITE, &failure));
	FAILS(document_event_add_last(
		  db, &(struct document_event_new){ uuid_new(), id, "nowhere", "completed", 100 }, NULL, &failure),
	    ERR_INTERNAL);
	GOOD(db_begin_as(db, mem, &who, DB_READ, &failure));
	GOOD(document_events_last(db, &(struct document_key){ id }, mem, &rows, &n, &failure));
	HOLD(n == 0);
	/* A read-only transaction cannot write. */
	GOOD(db_begin_as(db, mem, &who, DB_READ, &failure));
	FAILS(document_event_add_last(
		  db, &(struct document_event_new){ uuid_new(), id, "upload", "completed", 100 }, NULL, &failure),
	    ERR_UNAVAILABLE);
	talloc_free(mem);
}

static void case_identity(void)
{
	struct db *db = open_db("DATABASE_API_URL", 10);
	TALLOC_CTX *mem = mem_new("case", 0);
	struct db_identity one = organisation(db, mem), two = organisation(db, mem);
	struct uuid id = make_document(db, mem, &one, "rc.pdf", (struct opt_uuid){ 0 }, NULL);
	struct document_detail d;
	/* another organisation's is not there */
	GOOD(db_begin_as(db, mem, &two, DB_READ, &failure));
	FAILS(document_get_last(db, &(struct document_key){ id }, mem, &d, &failure), ERR_NOT_FOUND);
	GOOD(db_begin_as(db, mem, NULL, DB_READ, &failure));
	FAILS(document_get_last(db, &(struct document_key){ id }, mem, &d, &failure), ERR_NOT_FOUND);
	/* a session of somebody else, and one that has ended */
	struct db_identity forged = one;
	forged.session_id = two.session_id;
	GOOD(db_begin_as(db, mem, &forged, DB_READ, &failure));
	FAILS(document_get_last(db, &(struct document_key){ id }, mem, &d, &failure), ERR_INVALID_TOKEN);
	struct session_ended ended;
	GOOD(db_begin_as(db, mem, NULL, DB_WRITE, &failure));
	GOOD(session_end_last(
	    db, &(struct session_ending){ one.session_id, one.account_id, false }, mem, &ended, &failure));
	HOLD(ended.ended == 1);
	GOOD(db_begin_as(db, mem, &one, DB_READ, &failure));
	FAILS(document_get_last(db, &(struct document_key){ id }, mem, &d, &failure), ERR_INVALID_TOKEN);
	/* a cache that vouches for it */
	one.assert_session = false;
	GOOD(db_begin_as(db, mem, &one, DB_READ, &failure));
	GOOD(document_get_last(db, &(struct document_key){ id }, mem, &d, &failure));
	/* an address that is taken */
	char text[37];
	uuid_format(&two.account_id, text);
	struct account_row a;
	GOOD(db_begin_as(db, mem, NULL, DB_WRITE, &failure));
	FAILS(account_register_last(db,
		  &(struct account_registration){
		      uuid_new(), uuid_new(), mem_printf(mem, "%s@EXAMPLE.org", text), "h", "Paul", "X" },
		  mem, &a, &failure),
	    ERR_CONFLICT);
	HOLD(strcmp(db_constraint(db), "account_email_key") == 0);
	talloc_free(mem);
}

static void case_lists(void)
{
	struct db *db = open_db("DATABASE_API_URL", 10);
	TALLOC_CTX *mem = mem_new("case", 0);
	struct db_identity who = organisation(db, mem);
	struct uuid tender = uuid_new();
	GOOD(db_begin_as(db, mem, &who, DB_WRITE, &failure));
	GOOD(tender_insert_last(db,
	    &(struct tender_new){
		.id = tender, .title = "Voirie", .timezone = "Europe/Paris", .created_by = who.account_id },
	    NULL, &failure));
	struct uuid oldest[7];
	for (int i = 0; i < 7; i++)
		oldest[i] = make_document(db, mem, &who, mem_printf(mem, "Règlement %d.pdf", i),
		    (struct opt_uuid){ i % 2 == 0, tender }, NULL);
	struct document_row *rows;
	size_t n;
	struct list_total total;
	/* by cursor, both ways: each row once, in order */
	for (int down = 0; down < 2; down++) {
		struct document_filter f = { .limit = 3 };
		f.bound_time = down ? (struct instant)FIRST_DOWN : (struct instant)FIRST_UP;
		size_t seen = 0;
		do {
			GOOD(db_begin_as(db, mem, &who, DB_READ, &failure));
			if (down)
				GOOD(document_list_newest_last(db, &f, mem, &rows, &n, &failure));
			else
				GOOD(document_list_oldest_last(db, &f, mem, &rows, &n, &failure));
			for (size_t i = 0; i < n; i++, seen++)
				HOLD(seen < 7 && uuid_equal(&rows[i].id, &oldest[down ? 6 - seen : seen]));
			if (n > 0) {
				f.bound_time = rows[n - 1].created_at;
				f.bound_id = rows[n - 1].id;
			}
		} while (n == 3);
		HOLD(seen == 7);
	}
	/* by offset */
	struct document_filter f = { .bound_time = FIRST_UP, .limit = 3, .offset = 5 };
	GOOD(db_begin_as(db, mem, &who, DB_READ, &failure));
	GOOD(document_list_name_up_last(db, &f, mem, &rows, &n, &failure));
	HOLD(n == 2 && uuid_equal(&rows[1].id, &oldest[6]));
	/* filters */
	f = (struct document_filter){ .status = "uploaded",
		.tender_id = { true, tender },
		.search = "REGLEMENT",
		.bound_time = FIRST_DOWN,
		.limit = 10 };
	struct list_filter l = { f.status, f.tender_id, NULL, f.search };
	GOOD(db_begin_as(db, mem, &who, DB_READ, &failure));
	GOOD(document_list_newest_filtered_later(db, &f, mem, &rows, &n, &failure));
	GOOD(document_count_last(db, &l, mem, &total, &failure));
	HOLD(n == 4 && total.total == 4 && rows[0].tender_id.set && rows[0].sha256.n == 32);
	f.status = l.status = "failed";
	GOOD(db_begin_as(db, mem, &who, DB_READ, &failure));
	GOOD(document_list_newest_filtered_later(db, &f, mem, &rows, &n, &failure));
	GOOD(document_count_last(db, &l, mem, &total, &failure));
	HOLD(n == 0 && total.total == 0);
	talloc_free(mem);
}

static void case_tenders(void)
{
	struct db *db = open_db("DATABASE_API_URL", 10);
	TALLOC_CTX *mem = mem_new("case", 0);
	struct db_identity who = organisation(db, mem);
	struct uuid ids[6];
	for (int i = 0; i < 6; i++) {
		ids[i] = uuid_new();
		GOOD(db_begin_as(db, mem, &who, DB_WRITE, &failure));
		/* the first three have deadlines, the first one the latest */
		struct opt_instant deadline = { i < 3, INT64_C(1774000000000000) - i * INT64_C(86400000000) };
		GOOD(tender_insert_last(db,
		    &(struct tender_new){ .id = ids[i],
			.created_by = who.account_id,
			.title = mem_printf(mem, "Évaluation %d", i),
			.deadline = deadline,
			.timezone = i == 0 ? "Indian/Reunion" : "Europe/Paris",
			.estimated_amount_ht = { true, 1234.56 } },
		    NULL, &failure));
	}
	static const int order[6] = { 2, 1, 0, 3, 4, 5 };
	struct tender_row *rows;
	size_t n, seen = 0;
	struct tender_filter f = { .bound_time = FIRST_UP, .limit = 2 };
	do {
		GOOD(db_begin_as(db, mem, &who, DB_READ, &failure));
		GOOD(tender_list_deadline_last(db, &f, mem, &rows, &n, &failure));
		for (size_t i = 0; i < n; i++, seen++)
			HOLD(seen < 6 && uuid_equal(&rows[i].id, &ids[order[seen]]));
		if (n > 0) {
			f.bound_time = rows[n - 1].sort_time;
			f.bound_id = rows[n - 1].id;
		}
	} while (n == 2);
	HOLD(seen == 6);
	struct list_total total;
	f = (struct tender_filter){ .bound_time = FIRST_UP, .limit = 3, .offset = 2, .search = "evaluation" };
	GOOD(db_begin_as(db, mem, &who, DB_READ, &failure));
	GOOD(tender_list_deadline_filtered_later(db, &f, mem, &rows, &n, &failure));
	GOOD(tender_count_last(db, &(struct tender_list_filter){ NULL, "ÉVAL" }, mem, &total, &failure));
	HOLD(n == 3 && total.total == 6 && uuid_equal(&rows[0].id, &ids[0]) && uuid_equal(&rows[2].id, &ids[4]));
	HOLD(strcmp(rows[0].deadline_local, "2026-03-20T13:46") == 0);
	HOLD(rows[0].deadline.us == INT64_C(1773999960000000) && rows[0].days_left.set);
	HOLD(rows[0].estimated_amount_ht.value == 1234.56 && strcmp(rows[0].status, "draft") == 0);

	/* a dossier: attach, version, analyse */
	struct uuid doc = make_document(db, mem, &who, "rc.pdf", (struct opt_uuid){ 0 }, NULL);
	struct tender_locked locked;
	struct document_row *docs;
	struct uuid version = uuid_new();
	int64_t attached, enqueued;
	GOOD(db_begin_as(db, mem, &who, DB_WRITE, &failure));
	GOOD(tender_lock_later(db, &(struct tender_key){ ids[0] }, mem, &locked, &failure));
	GOOD(document_lock_many(db, &(struct document_ids){ { &doc, 1 } }, mem, &docs, &n, &failure));
	HOLD(n == 1 && !docs[0].tender_id.set && locked.dossier_version == 0);
	GOOD(tender_attach_later(db, &(struct tender_attachment){ ids[0], { &doc, 1 } }, &attached, &failure));
	GOOD(dossier_version_insert_later(
	    db, &(struct dossier_version_new){ version, ids[0], who.account_id, "documents_added" }, NULL, &failure));
	GOOD(dossier_version_fill_later(db, &(struct dossier_version_fill_key){ version, ids[0] }, NULL, &failure));
	GOOD(tender_set_queued_later(db, &(struct tender_key){ ids[0] }, NULL, &failure));
	GOOD(job_analyze_add_last(db, &(struct job_analyze_new){ uuid_new(), ids[0], version }, &enqueued, &failure));
	HOLD(attached == 1 && enqueued == 1);
	struct tender_detail t;
	struct tender_analysis_row a;
	GOOD(db_begin_as(db, mem, &who, DB_READ, &failure));
	GOOD(tender_analysis_later(db, &(struct tender_key){ ids[0] }, mem, &a, &failure));
	GOOD(tender_get_last(db, &(struct tender_key){ ids[0] }, mem, &t, &failure));
	HOLD(t.dossier_version == 1 && t.document_count == 1 && strcmp(t.status, "analyzing") == 0);
	HOLD(!a.analysis_id.set);
	talloc_free(mem);
}

static const struct sql_texts job_kinds = { (const char *const[]){ "read", "analyze", "mail" }, 3 };

static void case_jobs(void)
{
	struct db *api = open_db("DATABASE_API_URL", 10), *db = open_db("DATABASE_JOBS_URL", 0);
	TALLOC_CTX *mem = mem_new("case", 0);
	struct db_identity who = organisation(api, mem);
	GOOD(db_listen(db, "scorpius_jobs", &failure));
	/* what other cases left is leased away */
	struct job j;
	enum result left = ERR_OK;
	while (left == ERR_OK) {
		GOOD(db_begin_as(db, mem, NULL, DB_WRITE, &failure));
		left = job_lease_last(db, &(struct job_lease_terms){ 600, 3, job_kinds }, mem, &j, &failure);
	}
	HOLD(left == ERR_NOT_FOUND);
	error_clear(&failure);
	(void)db_wait(db, 0, NULL);
	HOLD(!db_wait(db, 0, NULL));
	struct uuid blob, doc = make_document(api, mem, &who, "rc.pdf", (struct opt_uuid){ 0 }, &blob),
			  read = uuid_new();
	GOOD(db_begin_as(api, mem, &who, DB_WRITE, &failure));
	GOOD(job_read_add_last(api, &(struct job_read_new){ read, doc, 10 }, NULL, &failure));
	HOLD(db_wait(db, 5000, NULL));
	/* lease */
	GOOD(db_begin_as(db, mem, NULL, DB_WRITE, &failure));
	GOOD(job_lease_last(db, &(struct job_lease_terms){ 60, 3, job_kinds }, mem, &j, &failure));
	HOLD(uuid_equal(&j.id, &read) && uuid_equal(&j.organization_id, &who.organization_id.value) && j.attempt == 1);
	HOLD(strcmp(j.kind, "read") == 0 && j.document_id.set && j.waits == 0);
	GOOD(db_begin_as(db, mem, NULL, DB_WRITE, &failure));
	FAILS(job_lease_last(db, &(struct job_lease_terms){ 60, 3, job_kinds }, mem, &j, &failure), ERR_NOT_FOUND);
	/* heartbeat and fence know the attempt */
	int64_t affected;
	struct uuid *org = &who.organization_id.value;
	struct job_fenced fenced;
	GOOD(db_begin_for(db, mem, org, DB_WRITE, &failure));
	GOOD(job_heartbeat_last(db, &(struct job_heartbeat_in){ read, 1, 60 }, &affected, &failure));
	HOLD(affected == 1);
	GOOD(db_begin_for(db, mem, org, DB_WRITE, &failure));
	GOOD(job_heartbeat_last(db, &(struct job_heartbeat_in){ read, 2, 60 }, &affected, &failure));
	HOLD(affected == 0);
	GOOD(db_begin_for(db, mem, org, DB_WRITE, &failure));
	FAILS(job_fence_last(db, &(struct job_fence_key){ read, 2 }, mem, &fenced, &failure), ERR_NOT_FOUND);
	/* a reading, its pages and the end in one transaction */
	struct uuid reading = uuid_new();
	struct document_ended ended;
	GOOD(db_begin_for(db, mem, org, DB_WRITE, &failure));
	GOOD(job_fence(db, &(struct job_fence_key){ read, 1 }, mem, &fenced, &failure));
	GOOD(reading_insert_later(db, &(struct reading_new){ reading, blob, 1, blob, 2, 0, 12 }, &affected, &failure));
	GOOD(page_insert_later(db,
	    &(struct pages_new){
		reading, 1, { (const char *const[]){ "un", "deux" }, 2 }, { (const char *const[]){ "f", "t" }, 2 } },
	    NULL, &failure));
	GOOD(document_finish_later(db,
	    &(struct document_end){ doc, "processed", { true, 2 }, { "[\"no_text\"]" }, NULL, { NULL } }, mem, &ended,
	    &failure));
	GOOD(document_type_read_later(db, &(struct document_kind_in){ doc, "rc" }, NULL, &failure));
	GOOD(analysis_insert_later(db,
	    &(struct analysis_new){ uuid_new(), { 0 }, { true, doc }, 1, 1, { "{\"facts\": {}}" }, 5 }, NULL,
	    &failure));
	GOOD(job_done_last(db, &(struct job_fence_key){ read, 1 }, NULL, &failure));
	/* the API sees it all */
	struct page_place p;
	struct document_detail d;
	GOOD(db_begin_as(api, mem, &who, DB_READ, &failure));
	GOOD(document_page_later(api, &(struct page_key){ doc, 2 }, mem, &p, &failure));
	GOOD(document_get_last(api, &(struct document_key){ doc }, mem, &d, &failure));
	HOLD(strcmp(p.text, "deux") == 0 && p.page_count.value == 2 && p.model_blob_id.set);
	HOLD(d.page_count.value == 2 && strcmp(d.document_type, "rc") == 0 && d.version == 3);
	HOLD(strcmp(d.warnings.s, "[\"no_text\"]") == 0);
	GOOD(db_begin_as(api, mem, &who, DB_READ, &failure));
	GOOD(document_page_last(api, &(struct page_key){ doc, 3 }, mem, &p, &failure));
	HOLD(p.text == NULL);
	struct health_row h;
	GOOD(db_begin_as(api, mem, NULL, DB_WRITE, &failure));
	GOOD(health_state_last(api, NULL, mem, &h, &failure));
	HOLD(h.writable && h.jobs_alive && h.waiting_s == 0);
	talloc_free(mem);
}

/* The driver stops and starts the server between the lines. */
static void wait_for_driver(const char *word)
{
	puts(word);
	fflush(stdout);
	int c;
	while ((c = getchar()) != '\n')
		if (c == EOF)
			exit(2);
}

static void case_reconnect(void)
{
	struct db *db = open_db("DATABASE_API_URL", 10);
	TALLOC_CTX *mem = mem_new("case", 0);
	struct db_identity who = organisation(db, mem);
	struct uuid id = make_document(db, mem, &who, "rc.pdf", (struct opt_uuid){ 0 }, NULL);
	struct document_detail d;
	wait_for_driver("stop");
	FAILS(db_begin_as(db, mem, &who, DB_READ, &failure), ERR_UNAVAILABLE);
	int64_t t = clock_mono_us();
	/* Before the next attempt is due it answers at once; on a busy machine that is over when we ask, and it has
	 * tried again. */
	do {
		HOLD(clock_mono_us() - t < 60000000);
		error_clear(&failure);
		HOLD(db_begin_as(db, mem, &who, DB_READ, &failure) == ERR_UNAVAILABLE && failure.retry_after >= 1);
	} while (strstr(failure.cause, "waiting to try again") == NULL);
	error_clear(&failure);
	wait_for_driver("start");
	for (t = clock_mono_us(); db_ensure(db, &failure) != ERR_OK; error_clear(&failure))
		HOLD(clock_mono_us() - t < 60000000);
	GOOD(db_begin_as(db, mem, &who, DB_READ, &failure));
	GOOD(document_get_last(db, &(struct document_key){ id }, mem, &d, &failure)); /* prepared again */
	/* while a transaction is open */
	GOOD(db_begin_as(db, mem, &who, DB_READ, &failure));
	GOOD(document_get(db, &(struct document_key){ id }, mem, &d, &failure));
	wait_for_driver("restart");
	FAILS(document_get(db, &(struct document_key){ id }, mem, &d, &failure), ERR_UNAVAILABLE);
	FAILS(db_commit(db, &failure), ERR_INTERNAL);
	for (t = clock_mono_us(); db_ensure(db, &failure) != ERR_OK; error_clear(&failure))
		HOLD(clock_mono_us() - t < 60000000);
	/* and while idle: noticed before anything is queued */
	wait_for_driver("restart");
	for (t = clock_mono_us(); db_ensure(db, &failure) != ERR_OK; error_clear(&failure))
		HOLD(clock_mono_us() - t < 60000000);
	GOOD(db_begin_as(db, mem, &who, DB_READ, &failure));
	GOOD(document_get_last(db, &(struct document_key){ id }, mem, &d, &failure));
	talloc_free(mem);
}

SQL_ONE(try_sleep, sql_nothing, null_row, "select 1::bigint as i from pg_sleep(30)")

static void case_timeout(void)
{
	struct db *db = open_db("DATABASE_API_URL", 1);
	TALLOC_CTX *mem = mem_new("case", 0);
	struct null_row r;
	GOOD(db_begin_as(db, mem, NULL, DB_READ, &failure));
	FAILS(try_sleep(db, NULL, mem, &r, &failure), ERR_UNAVAILABLE);
	HOLD(strcmp(db_sqlstate(db), "57014") == 0 && db_connected(db));
	talloc_free(mem);
}

static void case_refused(void)
{
	struct db *db = open_db("DATABASE_URL", 1);
	HOLD(db_ensure(db, &failure) == ERR_INVALID_SETTING && !db_connected(db));
}

static void case_absent(void)
{
	struct db *db = open_db("DATABASE_API_URL", 1);
	HOLD(db_ensure(db, &failure) == ERR_UNAVAILABLE && failure.retry_after > 0);
	error_clear(&failure);
	struct db *bad;
	FAILS(db_open(top, &(struct db_config){ .url = "postgresql://[" }, &bad, &failure), ERR_INVALID_SETTING);
	FAILS(db_open(top, &(struct db_config){ 0 }, &bad, &failure), ERR_INVALID_SETTING);
}

static void case_url(void)
{
	const char *out;
	GOOD(db_url_for_role(top, NULL, "postgresql://op:secret@db.example:5433/scorpius?sslmode=require",
	    "scorpius_api", "it's\\me", &out, &failure));
	HOLD(strstr(out, "secret") == NULL && strstr(out, "op") == NULL && strstr(out, "host='db.example'") != NULL);
	HOLD(strstr(out, "port='5433'") != NULL && strstr(out, "dbname='scorpius'") != NULL);
	HOLD(strstr(out, "sslmode='require'") != NULL && strstr(out, "user='scorpius_api'") != NULL);
	HOLD(strstr(out, "password='it\\'s\\\\me'") != NULL);
	struct db *db;
	GOOD(db_open(top, &(struct db_config){ .url = out }, &db, &failure)); /* libpq reads it back */
	GOOD(db_url_for_role(top, "postgresql://own@x/y", "postgresql://op@z/w", "scorpius_api", "p", &out, &failure));
	HOLD(strcmp(out, "postgresql://own@x/y") == 0);
	GOOD(db_url_for_role(top, NULL, "host=a,b dbname=d", "scorpius_jobs", NULL, &out, &failure));
	HOLD(strstr(out, "host='a,b'") != NULL && strstr(out, "password") == NULL);
	GOOD(db_url_for_role(top, NULL, NULL, "scorpius_api", "p", &out, &failure));
	HOLD(out == NULL);
	FAILS(db_url_for_role(top, NULL, "postgresql://[", "scorpius_api", "p", &out, &failure), ERR_INVALID_SETTING);
	FAILS(db_url_for_role(top, "nonsense", NULL, "scorpius_api", "p", &out, &failure), ERR_INVALID_SETTING);
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
