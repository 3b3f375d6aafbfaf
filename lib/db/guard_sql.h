/* What the guard of logins keeps in PostgreSQL. */
#ifndef DB_GUARD_SQL_H
#define DB_GUARD_SQL_H

#include "sql.h"

struct password_rehash {
	struct uuid account_id;
	const char *old_hash, *new_hash;
};
SQL_FIELDS(password_rehash, account_id, old_hash, new_hash);

struct password_rehashed {
	bool done; /* false: it was changed meanwhile */
};
SQL_FIELDS(password_rehashed, done);

/* The same password under another hash. */
SQL_ONE(account_rehash, password_rehash, password_rehashed, "select auth.rehash_password($1, $2, $3) as done")

#endif
