/* Who listens on a TCP port of this machine, as /proc tells. */
#ifndef CLI_LISTENERS_H
#define CLI_LISTENERS_H

#include "mem.h"

enum listener {
	LISTENER_NONE,
	LISTENER_UNKNOWN, /* somebody whom only root may name */
	LISTENER_KNOWN,
};
/* The first that listens on `port` on any address; its name ("nginx") in mem and its number, where they may be known.
 */
enum listener listener_find(TALLOC_CTX *mem, unsigned port, const char **name, long *pid);

#endif
