/* Servers that go, come, are slow or are not there. */
#include "db_try.h"

#include "clock.h"
#include "document_sql.h"

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

void case_reconnect(void)
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

struct slept_row {
	int64_t i;
};
SQL_FIELDS(slept_row, i);
SQL_ONE(try_sleep, sql_nothing, slept_row, "select 1::bigint as i from pg_sleep(30)")

void case_timeout(void)
{
	struct db *db = open_db("DATABASE_API_URL", 1);
	TALLOC_CTX *mem = mem_new("case", 0);
	struct slept_row r;
	GOOD(db_begin_as(db, mem, NULL, DB_READ, &failure));
	FAILS(try_sleep(db, NULL, mem, &r, &failure), ERR_UNAVAILABLE);
	HOLD(strcmp(db_sqlstate(db), "57014") == 0 && db_connected(db));
	talloc_free(mem);
}

void case_refused(void)
{
	struct db *db = open_db("DATABASE_URL", 1);
	HOLD(db_ensure(db, &failure) == ERR_INVALID_SETTING && !db_connected(db));
}

void case_absent(void)
{
	struct db *db = open_db("DATABASE_API_URL", 1);
	HOLD(db_ensure(db, &failure) == ERR_UNAVAILABLE && failure.retry_after > 0);
	error_clear(&failure);
	struct db *bad;
	FAILS(db_open(top, &(struct db_config){ .url = "postgresql://[" }, &bad, &failure), ERR_INVALID_SETTING);
	FAILS(db_open(top, &(struct db_config){ 0 }, &bad, &failure), ERR_INVALID_SETTING);
}

void case_url(void)
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
