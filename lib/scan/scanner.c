/* clamd's protocol, as far as it is needed: `zPING`, and `zINSTREAM` with chunks behind their length (4 bytes, the
 * highest first), an empty one at the end. Answers end in NUL. */
#include "scanner.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"

#define CHUNK ((size_t)64 << 10)
#define ANSWER_MAX 512
#define SLICE_MS 500

struct talk {
	const struct scanner *scanner;
	int fd;
	int64_t deadline_us;
};

void scanner_configure(const struct settings *s, struct scanner *out, bool *on)
{
	*on = s->CLAMD_SOCKET[0] != '\0';
	*out = (struct scanner){
		.socket = s->CLAMD_SOCKET,
		.timeout_s = s->CLAMD_TIMEOUT,
		.required = strcmp(s->CLAMD_POLICY, "require") == 0,
	};
}

static enum result broken(struct error *e, const char *what, const char *why)
{
	error_cause(e, "clamd: %s%s%s", what, why ? ": " : "", why ? why : "");
	return error_set(e, ERR_SCANNER_UNAVAILABLE, NULL);
}

/* Waits until the socket can be written or read. */
static enum result wait_for(struct talk *t, short events, struct error *e)
{
	for (;;) {
		int64_t left = (t->deadline_us - clock_mono_us()) / 1000;
		struct pollfd p = { t->fd, events, 0 };
		if (left <= 0)
			return broken(e, "no answer in time", NULL);
		if (t->scanner->stop && t->scanner->stop()) {
			error_cause(e, "the program stops");
			return error_set(e, ERR_UNAVAILABLE, NULL);
		}
		int n = poll(&p, 1, left < SLICE_MS ? (int)left : SLICE_MS);
		if (n > 0)
			return ERR_OK;
		if (n < 0 && errno != EINTR)
			return broken(e, "poll", strerror(errno));
	}
}

static enum result open_talk(const struct scanner *s, int64_t us, struct talk *t, struct error *e)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	*t = (struct talk){ s, -1, clock_mono_us() + us };
	if (strlen(s->socket) >= sizeof(a.sun_path))
		return broken(e, "the path of its socket is too long", NULL);
	memcpy(a.sun_path, s->socket, strlen(s->socket));
	t->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (t->fd < 0)
		return broken(e, "socket", strerror(errno));
	/* A full backlog says EAGAIN at once: such a clamd is behind, and is asked again later. */
	if (connect(t->fd, (const struct sockaddr *)&a, sizeof(a)) != 0) {
		enum result code = broken(e, "connect", strerror(errno));
		close(t->fd);
		return code;
	}
	return ERR_OK;
}

/* *closed: the other side takes no more; what it has to say may be waiting. */
static enum result send_all(struct talk *t, const void *p, size_t n, bool *closed, struct error *e)
{
	const char *at = p;
	while (n > 0) {
		ssize_t sent = send(t->fd, at, n, MSG_NOSIGNAL);
		if (sent > 0) {
			at += sent;
			n -= (size_t)sent;
		} else if (sent < 0 && errno == EAGAIN) {
			TRY(wait_for(t, POLLOUT, e));
		} else if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) {
			*closed = true;
			return ERR_OK;
		} else if (sent < 0 && errno != EINTR) {
			return broken(e, "send", strerror(errno));
		}
	}
	return ERR_OK;
}

/* The answer without its NUL. */
static enum result receive(struct talk *t, char answer[ANSWER_MAX], struct error *e)
{
	size_t have = 0;
	while (have < ANSWER_MAX) {
		ssize_t got = recv(t->fd, answer + have, ANSWER_MAX - have, 0);
		if (got > 0) {
			have += (size_t)got;
			if (memchr(answer, '\0', have))
				return ERR_OK;
		} else if (got < 0 && errno == EAGAIN) {
			TRY(wait_for(t, POLLIN, e));
		} else if (got < 0 && errno != EINTR) {
			return broken(e, "receive", strerror(errno));
		} else if (got == 0) {
			return broken(e, "it closed without an answer", NULL);
		}
	}
	return broken(e, "an answer without end", NULL);
}

static enum result send_file(struct talk *t, scan_read *read, void *arg, bool *closed, struct error *e)
{
	unsigned char chunk[4 + CHUNK];
	size_t got = 1;
	TRY(send_all(t, "zINSTREAM", sizeof("zINSTREAM"), closed, e));
	for (int64_t at = 0; got > 0 && !*closed; at += (int64_t)got) {
		int64_t begun = clock_mono_us();
		TRY(read(arg, at, chunk + 4, CHUNK, &got, e));
		t->deadline_us += clock_mono_us() - begun;
		for (int i = 0; i < 4; i++)
			chunk[i] = (unsigned char)(got >> (24 - 8 * i));
		TRY(send_all(t, chunk, 4 + got, closed, e));
	}
	return ERR_OK;
}

static bool ends(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);
	return n >= m && strcmp(s + n - m, end) == 0;
}

/* What clamd found, as it may be shown and logged. */
static void copy_name(const char *p, size_t n, char out[SCAN_NAME_MAX])
{
	if (n > SCAN_NAME_MAX - 1)
		n = SCAN_NAME_MAX - 1;
	for (size_t i = 0; i < n; i++)
		out[i] = p[i] > 0x20 && p[i] < 0x7f ? p[i] : '_';
	out[n] = '\0';
}

/* "stream: OK", "stream: NAME FOUND", "INSTREAM size limit exceeded. ERROR". */
static enum result judge(const char *answer, struct scan_result *out, struct error *e)
{
	static const char start[] = "stream: ", found[] = " FOUND", limits[] = "Heuristics.Limits.Exceeded";
	size_t n = strlen(answer), head = sizeof(start) - 1, tail = sizeof(found) - 1;
	*out = (struct scan_result){ SCAN_CLEAN, "" };
	if (strcmp(answer, "stream: OK") == 0)
		return ERR_OK;
	if (strncmp(answer, "INSTREAM size limit exceeded", 28) == 0 && ends(answer, "ERROR")) {
		out->verdict = SCAN_TOO_LARGE;
		return ERR_OK;
	}
	if (strncmp(answer, start, head) == 0 && ends(answer, found) && n > head + tail) {
		/* Its option AlertExceedsMax: no virus, but a file that it gave up on. */
		out->verdict = strncmp(answer + head, limits, sizeof(limits) - 1) == 0 ? SCAN_TOO_LARGE : SCAN_INFECTED;
		copy_name(answer + head, n - head - tail, out->name);
		return ERR_OK;
	}
	char shown[SCAN_NAME_MAX];
	copy_name(answer, n, shown);
	return broken(e, "its answer is no verdict", shown);
}

static enum result talk_file(struct talk *t, scan_read *read, void *arg, struct scan_result *out, struct error *e)
{
	char answer[ANSWER_MAX];
	bool closed = false;
	TRY(send_file(t, read, arg, &closed, e));
	TRY(receive(t, answer, e));
	TRY(judge(answer, out, e));
	/* A verdict on a part is none. */
	return closed && out->verdict == SCAN_CLEAN ? broken(e, "a verdict before the end of the file", NULL) : ERR_OK;
}

enum result scan_file(const struct scanner *s, scan_read *read, void *arg, struct scan_result *out, struct error *e)
{
	struct talk t;
	TRY(open_talk(s, s->timeout_s * 1000000, &t, e));
	enum result code = talk_file(&t, read, arg, out, e);
	close(t.fd);
	return code;
}

enum result scan_ping(const struct scanner *s, int ms, struct error *e)
{
	struct talk t;
	char answer[ANSWER_MAX];
	bool closed = false;
	TRY(open_talk(s, (int64_t)ms * 1000, &t, e));
	enum result code = send_all(&t, "zPING", sizeof("zPING"), &closed, e);
	if (code == ERR_OK)
		code = receive(&t, answer, e);
	if (code == ERR_OK && strcmp(answer, "PONG") != 0)
		code = broken(e, "its answer to a ping is none", NULL);
	close(t.fd);
	return code;
}
