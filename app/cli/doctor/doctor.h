/* scorpius doctor: looks over a whole installation and says, check by check, what is wrong and how to mend it.
 *
 * A check is a function of one of the tables in doctor_<story>.c. Each runs in a process of its own and all at once, so
 * that whatever hangs (a disk, a server, a name) costs its time limit and nothing else. */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include <stdio.h>
#include "mem.h"

enum doctor_level { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_ERROR };

/* Runs all checks on what `get` says the settings are (getenv, or what setup has just written; it is called in the
 * checks' processes, too) and writes a line per finding to `to` in French, or with `json` one JSON object. `folder`:
 * where the files of settings lie (/etc/scorpius), whose owners, modes and names are looked at; NULL: they are in the
 * environment only, as in a container. Gives the worst level found. Changes nothing, sends no letter; takes 15 seconds
 * at most. Forks: not for a program with threads. `to` is flushed before and after. */
enum doctor_level doctor_run(
    TALLOC_CTX *mem, const char *(*get)(const char *name), const char *folder, bool json, FILE *to);

#endif
