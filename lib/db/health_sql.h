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

#endif
