/* Other programs that the command line runs: sqitch, pg_dump, pg_restore, a command of the operator's. Secrets reach
 * them in the environment, never in arguments. What they say on stderr goes to ours. */
#ifndef CLI_CHILD_H
#define CLI_CHILD_H

#include <stdbool.h>
#include <sys/types.h>
#include "error.h"
#include "mem.h"

/* The environment of a program that works on the database of `url`: how to find it (operator.h), and of the operator's
 * own variables those that any program needs. */
enum result child_environment(
    TALLOC_CTX *mem, const char *url, const char *name, const char *const **out, struct error *e) MUST_CHECK;

enum child_pipe {
	CHILD_PLAIN, /* our own streams */
	CHILD_WRITE, /* we write its stdin, its stdout goes nowhere */
	CHILD_READ   /* we read its stdout, its stdin is empty */
};
struct child {
	const char *name;
	pid_t pid;
	int fd; /* ours of the pipe; -1 */
};
/* Starts argv[0], found by PATH, in `folder` (NULL: ours). UNAVAILABLE when there is none. */
enum result child_start(const char *const *argv, const char *const *env, const char *folder, enum child_pipe pipe,
    struct child *out, struct error *e) MUST_CHECK;
/* Bytes from it; *got 0 at its end. */
enum result child_read(struct child *c, void *bytes, size_t n, size_t *got, struct error *e) MUST_CHECK;
/* Bytes to it; *closed when it wants no more. The process must not die of SIGPIPE; the child has it as programs expect.
 */
enum result child_write(struct child *c, const void *bytes, size_t n, bool *closed, struct error *e) MUST_CHECK;
/* Waits at most `ms` for its end; true when it has ended. It is still there for child_end. */
bool child_ended(const struct child *c, int ms);
/* Closes the pipe and waits for it; INTERNAL, after a line on stderr, unless it ended well. */
enum result child_end(struct child *c, struct error *e) MUST_CHECK;
/* Ends one that is not wanted any more. */
void child_kill(struct child *c);

#endif
