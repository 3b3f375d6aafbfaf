/* What `scorpius migrate` does, for commands that end with it. */
#ifndef CLI_MIGRATE_H
#define CLI_MIGRATE_H

#include "error.h"
#include "mem.h"
#include "settings.h"

/* Deploys what is missing of the schema, gives the programs their passwords, and tells on stdout. UNAVAILABLE when the
 * database does not answer, INTERNAL after sqitch's own words on stderr. */
enum result migrate_deploy(TALLOC_CTX *mem, const struct settings *s, struct error *e) MUST_CHECK;

#endif
