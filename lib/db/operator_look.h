/* What an operator wants to know of a database server and his accounts on it. Nothing is changed. */
#ifndef DB_OPERATOR_LOOK_H
#define DB_OPERATOR_LOOK_H

#include "operator_backup.h"

/* As any account may see it. Texts in mem. */
struct server_facts {
	int64_t version; /* 150008 */
	const char *version_text, *encoding;
	bool checksums, writable;
	int64_t max_connections, reserved, used; /* reserved: for superusers; used: by all, in all databases */
	int64_t clock_us;                        /* its wall clock, at the moment of the answer */
	bool tls, local;                         /* how we came: encrypted; by a socket of this machine */
};
enum result operator_look_server(
    struct operator_db *db, TALLOC_CTX *mem, struct server_facts *out, struct error *e) MUST_CHECK;

/* The account that we are. */
struct account_facts {
	const char *name;
	bool super, bypasses, owns; /* passes by row security; owns tables */
};
enum result operator_look_account(
    struct operator_db *db, TALLOC_CTX *mem, struct account_facts *out, struct error *e) MUST_CHECK;

/* Who is connected to this database now: "scorpius-api/0.1.0", each name once. */
enum result operator_look_programs(
    struct operator_db *db, TALLOC_CTX *mem, struct name_list *out, struct error *e) MUST_CHECK;

/* Whether jobs are alive, and for how long the oldest one that could run has waited. Any account of ours, once the
 * schema is there. */
enum result operator_look_jobs(struct operator_db *db, bool *alive, double *waiting_s, struct error *e) MUST_CHECK;

#endif
