/* The changes of the program's own schema: what sqitch's plan in DATA_PATH names. */
#ifndef CLI_SCHEMA_PLAN_H
#define CLI_SCHEMA_PLAN_H

#include "operator_backup.h"
#include "settings.h"

/* In the order in which they are deployed; in mem. INVALID_SETTING (DATA_PATH) when there is no plan. */
enum result schema_plan_read(
    TALLOC_CTX *mem, const struct settings *s, struct name_list *out, struct error *e) MUST_CHECK;
bool name_list_has(const struct name_list *all, const char *name);

#endif
