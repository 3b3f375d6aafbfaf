/* The oldest PostgreSQL that can hold the schema (unique nulls not distinct, security invoker views); private to
 * lib/db. */
#ifndef DB_OLDEST_H
#define DB_OLDEST_H

#define DB_OLDEST 15
#define DB_OLDEST_NUMBER (DB_OLDEST * 10000)

#endif
