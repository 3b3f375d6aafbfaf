/* What the two uses of the reader program share: one answer (reader.c), a stream of files (expand.c). */
#ifndef READER_READER_PRIVATE_H
#define READER_READER_PRIVATE_H

#include "reader.h"
#include "reader_frame.h"

#include <sys/types.h>

struct reader_child {
	pid_t pid;
	int out; /* read end of its pipe; -1 before it runs */
};

enum read_end { READ_SOME, READ_CLOSED, READ_LATE };

enum result reader_child_start(
    const struct reader_config *cfg, int fd, const char *format, struct reader_child *c, struct error *e) MUST_CHECK;
/* Ends the child for certain and returns its wait status, -1 when somebody else reaped it. */
int reader_child_end(struct reader_child *c);
/* The next bytes it writes; READ_CLOSED when it closed its end. */
enum read_end reader_child_read(struct reader_child *c, int64_t deadline, void *piece, size_t room, size_t *n);
/* A reason is a word of the reader's; a process that was taken over may write anything, so only a word passes. */
void reader_reason(const char *p, size_t n, char out[READER_REASON_MAX]);
/* The error for a status that the program told. */
enum result reader_refused(uint32_t status, const char *reason, size_t n, struct error *e);
/* Counts one use of the program by the format it was given and how it ended. */
void reader_count(const char *format, enum result rc);
/* Why there is no whole answer, by the wait status. */
enum result reader_broken(int status, struct error *e);

#endif
