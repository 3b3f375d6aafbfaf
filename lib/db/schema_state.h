/* Whether the schema that is deployed and this program belong together. The changes of schema/sqitch.plan are built
 * into each program; sqitch's registry in the database says which ones are deployed, and scorpius.oldest_program()
 * which programs the schema still serves. Pure; who asks the database is db.h (programs) and operator_schema.h
 * (commands). */
#ifndef DB_SCHEMA_STATE_H
#define DB_SCHEMA_STATE_H

#include <stddef.h>
#include <stdbool.h>

struct schema_change {
	const char *name, *tag; /* tag of the release whose last change it is; "" */
};
/* The plan that this program was built with, oldest first. */
extern const struct schema_change schema_plan[];
extern const size_t schema_plan_count;

enum schema_fit {
	SCHEMA_UNKNOWN, /* nobody has looked yet */
	SCHEMA_ABSENT,  /* nothing is deployed */
	SCHEMA_OLDER,   /* changes that this program needs are missing */
	SCHEMA_CURRENT,
	SCHEMA_NEWER,  /* of a later version, which still serves this program */
	SCHEMA_TOO_NEW /* of a later version, which does not */
};

struct schema_state {
	enum schema_fit fit;
	size_t missing, unknown; /* changes of ours that are not deployed; deployed ones that we don't know */
	char first_missing[64];  /* in the plan's order; "" */
	char an_unknown[64];     /* the last of those; "" */
	char oldest_program[24]; /* "" in schemas that don't say */
};

/* Judges for a program of version `program`. `deployed`: names of the n changes, in any order; `oldest_program` may be
 * NULL. */
void schema_judge(
    struct schema_state *out, const char *const *deployed, size_t n, const char *oldest_program, const char *program);

/* "current", "older"... as health names it. */
const char *schema_fit_name(enum schema_fit fit);

/* The index in the plan of a change, or of the change with that tag ("v0.1.0", "@v0.1.0"); false: neither. */
bool schema_plan_find(const char *name, size_t *index);

#endif
