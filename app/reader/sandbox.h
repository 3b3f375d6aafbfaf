/* The cage of scorpius-reader. Everything the process needs is open before; afterwards it can compute, take memory,
 * write to its output and end, and nothing else. */
#ifndef READER_SANDBOX_H
#define READER_SANDBOX_H

#include "types.h"

struct sandbox_limits {
	size_t memory; /* bytes of address space */
	unsigned cpu;  /* seconds of processor time */
	size_t file;   /* bytes that may be written to a file; 0 where the output is a pipe */
	int output;    /* the descriptor that may be written to besides standard error */
};

/* Closes every other descriptor and locks the process in; false when a part that is mandatory failed (the caller must
 * end then). Landlock is an addition where the kernel has it; resource limits and seccomp are mandatory. In a sanitizer
 * build seccomp and the memory limit are left out. */
bool sandbox_enter(const struct sandbox_limits *limits) MUST_CHECK;

/* Tries one forbidden thing, for the test of the cage; returns an exit status: 0 it was refused, 1 it worked, 64 there
 * is no such attempt. Most attempts never return: the kernel ends the process. */
int sandbox_probe(const char *attempt);

#endif
