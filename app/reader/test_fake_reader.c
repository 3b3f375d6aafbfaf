/* Stands in for scorpius-reader where a test needs one that misbehaves: the file's first word says how. */
#include "reader_frame.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static void put(const void *p, size_t n)
{
	ssize_t wrote = write(READER_FD_OUTPUT, p, n);
	(void)wrote;
}

/* A frame with a given status and payload. */
static void put_frame(unsigned status, const char *payload, size_t n)
{
	unsigned char head[READER_FRAME_HEADER] = { 'S', 'C', 'R', 'D', READER_FRAME_VERSION, 0, 0, 0 };
	head[8] = (unsigned char)status;
	head[16] = (unsigned char)n;
	put(head, sizeof(head));
	put(payload, n);
}

static void put_record(unsigned kind, const char *p, size_t n)
{
	unsigned char head[READER_RECORD_HEADER] = { (unsigned char)kind };
	for (int i = 0; i < 4; i++)
		head[4 + i] = (unsigned char)(n >> (8 * i));
	put(head, sizeof(head));
	put(p, n);
}

/* Nothing but the two descriptors, standard error and the three first; no environment; no signal blocked. */
static int inherited(void)
{
	sigset_t blocked;
	for (int fd = 5; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return 1;
	if (environ && environ[0])
		return 1;
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	return sigismember(&blocked, SIGTERM);
}

int main(void)
{
	char how[16] = { 0 }, piece[65536] = { 0 };
	if (pread(READER_FD_INPUT, how, sizeof(how) - 1, 0) < 0)
		return 1;
	if (strcmp(how, "hang") == 0)
		for (;;)
			pause();
	if (strcmp(how, "close") == 0) {
		close(READER_FD_OUTPUT);
		for (;;)
			pause();
	}
	if (strcmp(how, "crash") == 0)
		raise(SIGKILL);
	if (strcmp(how, "memory") == 0)
		return 71;
	if (strcmp(how, "garbage") == 0)
		put("what is this", 12);
	if (strcmp(how, "half") == 0)
		put("SCRD", 4);
	if (strcmp(how, "model") == 0)
		put_frame(READER_OK, "no model", 8);
	if (strcmp(how, "status") == 0)
		put_frame(READER_STATUS__COUNT, "", 0);
	if (strcmp(how, "reason") == 0)
		put_frame(READER_UNREADABLE, "\x1b[31m<script>bad_word", 21);
	if (strcmp(how, "files") == 0) {
		put_record(READER_ENTRY, "a.txt", 5);
		put_record(READER_DATA, "abc", 3);
		put_record(READER_END, "", 0);
		put_record(READER_DONE, "", 0);
	}
	if (strcmp(how, "outside") == 0) { /* a path that leads out may be told, but has no bytes */
		put_record(READER_ENTRY, "x/../../a", 9);
		put_record(READER_DATA, "abc", 3);
	}
	if (strcmp(how, "orphan") == 0)
		put_record(READER_DATA, "abc", 3);
	if (strcmp(how, "early") == 0) {
		put_record(READER_ENTRY, "a.txt", 5);
		put_record(READER_DONE, "", 0);
	}
	if (strcmp(how, "unended") == 0) {
		put_record(READER_ENTRY, "a.txt", 5);
		put_record(READER_DATA, "abc", 3);
	}
	if (strcmp(how, "kind") == 0)
		put_record(99, "", 0);
	if (strcmp(how, "control") == 0)
		put_record(READER_ENTRY, "a\nb", 3);
	if (strcmp(how, "long") == 0) {
		unsigned char head[READER_RECORD_HEADER] = { READER_ENTRY, 0, 0, 0, 0, 0, 0, 1 };
		put(head, sizeof(head));
	}
	while (strcmp(how, "endless") == 0)
		put(piece, sizeof(piece));
	if (strcmp(how, "inherited") == 0)
		put_frame(inherited() ? READER_TOO_BIG : READER_ENCRYPTED, "", 0);
	return 0;
}
