/* What a health check asks. */
#ifndef DB_HEALTH_SQL_H
#define DB_HEALTH_SQL_H

#include "sql.h"

struct health_row {
	bool writable;      /* a standby, or a server set read-only, can't be written */
	bool jobs_alive;    /* somebody works on jobs */
	bool mail_troubled; /* the mail server does not take our letters */
	double waiting_s;   /* how long the oldest job that could run has waited */
};
SQL_FIELDS(health_row, writable, jobs_alive, mail_troubled, waiting_s);

SQL_ONE(health_state, sql_nothing, health_row,
    "select not pg_is_in_recovery() and not current_setting('default_transaction_read_only')::boolean as writable,"
    " exists (select from pg_stat_activity where usename = 'scorpius_jobs') as jobs_alive,"
    " queue.mail_troubled() as mail_troubled,"
    " queue.waiting_seconds() as waiting_s")

struct program_row {
	const char *name; /* "scorpius-api/0.1.0" */
};
SQL_FIELDS(program_row, name);
/* The programs that work on this database, by what they call themselves. */
SQL_ALL(programs_seen, sql_nothing, program_row,
    "select distinct application_name as name from pg_stat_activity where datname = current_database()"
    " and application_name ~ '^scorpius-(api|jobs)/[0-9a-z.+~-]{1,40}$' order by 1 limit 20")

/* What waits, of one kind, of all organisations. */
struct queue_depth {
	const char *kind;
	int64_t waiting, running, later; /* could run; are leased; may not run yet */
	double oldest_s;                 /* how long the oldest of those that could run has waited */
};
SQL_FIELDS(queue_depth, kind, waiting, running, later, oldest_s);
SQL_ALL(queue_depths, sql_nothing, queue_depth, "select kind, waiting, running, later, oldest_s from queue.depths()")

struct stored_row {
	int64_t files, bytes;
};
SQL_FIELDS(stored_row, files, bytes);
/* Of all organisations. Reads every row of blob: not for each request. */
SQL_ONE(stored_sum, sql_nothing, stored_row, "select files, bytes from queue.stored()")

#endif
