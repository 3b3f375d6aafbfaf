/* Compiled into test programs only (app/api/meson.build). */
#include "fail_point.h"
#include "log.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void fail_point(const char *name)
{
	const char *path = getenv("FAIL_POINT_FILE");
	FILE *f = path ? fopen(path, "re") : NULL;
	char chosen[64] = "";
	if (!f)
		return;
	if (!fgets(chosen, sizeof chosen, f))
		chosen[0] = '\0';
	fclose(f);
	/* Whoever removes it dies: one process, even when several pass here at once. */
	if (strcmp(chosen, name) != 0 || unlink(path) != 0)
		return;
	log_warn("fail point", "name", name);
	kill(getpid(), SIGKILL);
}
