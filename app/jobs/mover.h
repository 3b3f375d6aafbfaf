/* One more child of scorpius-jobs where files end up in a remote store: takes what uploads committed on this machine
 * there. Each machine moves its own. */
#ifndef JOBS_MOVER_H
#define JOBS_MOVER_H

#include "settings.h"
#include "store.h"

/* Whether there is a remote store to move to. */
bool mover_needed(const struct settings *s);
/* Until SIGTERM or SIGINT, which are blocked on entry. Gives the exit status. */
int mover_loop(TALLOC_CTX *mem, const struct settings *s, const struct master_keys *keys);

/* Removes what unfinished uploads of more than a day ago left in a store, and logs it. */
void mover_clean(struct store *store);

#endif
