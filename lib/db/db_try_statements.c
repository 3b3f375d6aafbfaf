/* Statements, the types of their fields, transactions and round trips. */
#include "db_try.h"

#include "account_sql.h"
#include "document_sql.h"
#include "tender_sql.h"

void case_check(void)
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

void case_check_tells(void)
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

void case_types(void)
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

void case_round_trips(void)
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

void case_rollback(void)
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

void case_identity(void)
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
