#include "reader.h"
#include "buf.h"
#include "clock.h"
#include "metrics.h"
#include "reader_frame.h"
#include "reader_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEFAULT_MAX_MODEL ((int64_t)256 << 20)
/* Descriptors are first moved above those that the child knows, so that no dup2 overwrites one still needed. */
#define FD_ABOVE 16

static const char *format_word(enum doc_format format)
{
	static const char *const words[DOC_FORMAT__COUNT] = { "pdf", "text", "docx", "xlsx" };
	return words[format];
}

static int actions_add(posix_spawn_file_actions_t *a, int in, int out)
{
	int rc = posix_spawn_file_actions_addopen(a, 0, "/dev/null", O_RDONLY, 0);
	if (!rc)
		rc = posix_spawn_file_actions_addopen(a, 1, "/dev/null", O_WRONLY, 0);
	if (!rc)
		rc = posix_spawn_file_actions_adddup2(a, in, READER_FD_INPUT);
	if (!rc)
		rc = posix_spawn_file_actions_adddup2(a, out, READER_FD_OUTPUT);
	if (!rc)
		rc = posix_spawn_file_actions_addclosefrom_np(a, READER_FD_OUTPUT + 1);
	return rc;
}

/* No signal blocked or ignored: the parent's own arrangement is no business of the child. */
static int attributes_set(posix_spawnattr_t *attr)
{
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	int rc = posix_spawnattr_setsigmask(attr, &none);
	if (!rc)
		rc = posix_spawnattr_setsigdefault(attr, &all);
	if (!rc)
		rc = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	return rc;
}

static int spawn(const struct reader_config *cfg, int in, int out, const char *format, pid_t *pid)
{
	char memory[24], seconds[24];
	snprintf(memory, sizeof(memory), "%lld", (long long)cfg->memory);
	snprintf(seconds, sizeof(seconds), "%lld", (long long)cfg->timeout);
	const char *argv[] = { "scorpius-reader", format, memory, seconds, NULL };
	char *const envp[] = { NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int rc = posix_spawn_file_actions_init(&actions);
	if (rc)
		return rc;
	rc = posix_spawnattr_init(&attr);
	if (!rc) {
		rc = actions_add(&actions, in, out);
		if (!rc)
			rc = attributes_set(&attr);
		/* posix_spawn takes `char *const[]` for history's sake and changes nothing. */
		if (!rc)
			rc = posix_spawn(pid, cfg->path, &actions, &attr, (char *const *)(uintptr_t)argv, envp);
		posix_spawnattr_destroy(&attr);
	}
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

enum result reader_child_start(
    const struct reader_config *cfg, int fd, const char *format, struct reader_child *c, struct error *e)
{
	int ends[2] = { -1, -1 }, in = -1, out = -1;
	if (pipe2(ends, O_CLOEXEC) != 0 || (in = fcntl(fd, F_DUPFD_CLOEXEC, FD_ABOVE)) < 0 ||
	    (out = fcntl(ends[1], F_DUPFD_CLOEXEC, FD_ABOVE)) < 0) {
		error_cause(e, "descriptors for the reader: %s", strerror(errno));
	} else {
		int rc = spawn(cfg, in, out, format, &c->pid);
		if (rc)
			error_cause(e, "cannot start '%s': %s", cfg->path, strerror(rc));
		else
			c->out = ends[0];
	}
	if (ends[1] >= 0)
		close(ends[1]);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	if (c->out < 0) {
		if (ends[0] >= 0)
			close(ends[0]);
		return error_set(e, ERR_INTERNAL, NULL);
	}
	return ERR_OK;
}

int reader_child_end(struct reader_child *c)
{
	int status;
	pid_t got;
	close(c->out);
	kill(c->pid, SIGKILL);
	do
		got = waitpid(c->pid, &status, 0);
	while (got < 0 && errno == EINTR);
	return got == c->pid ? status : -1;
}

enum gathered { GATHERED_END, GATHERED_LATE, GATHERED_LONG };

enum read_end reader_child_read(struct reader_child *c, int64_t deadline, void *piece, size_t room, size_t *n)
{
	*n = 0;
	for (;;) {
		int64_t left = deadline - clock_mono_us();
		if (left <= 0)
			return READ_LATE;
		struct pollfd p = { .fd = c->out, .events = POLLIN };
		int rc = poll(&p, 1, left > 1000000000 ? 1000000 : (int)(left / 1000 + 1));
		if (rc <= 0)
			continue; /* a signal or the deadline: looked at above */
		ssize_t got = read(c->out, piece, room);
		if (got < 0 && errno == EINTR)
			continue;
		*n = got > 0 ? (size_t)got : 0;
		return got > 0 ? READ_SOME : READ_CLOSED;
	}
}

/* Collects what the child writes until it closes its end. */
static enum gathered gather(struct reader_child *c, int64_t deadline, struct buf *b)
{
	char piece[65536];
	for (;;) {
		size_t n;
		switch (reader_child_read(c, deadline, piece, sizeof(piece), &n)) {
		case READ_LATE:
			return GATHERED_LATE;
		case READ_CLOSED:
			return GATHERED_END;
		case READ_SOME:
			break;
		}
		buf_add(b, piece, n);
		if (b->full)
			return GATHERED_LONG;
	}
}

static uint64_t little(const char *p, int bytes)
{
	uint64_t v = 0;
	for (int i = bytes - 1; i >= 0; i--)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

/* The frame's status; false when the answer is not a whole frame. */
static bool frame_read(const struct buf *b, uint32_t *status)
{
	if (b->len < READER_FRAME_HEADER || memcmp(b->data, READER_FRAME_MAGIC, 4) != 0 ||
	    little(b->data + 4, 4) != READER_FRAME_VERSION || little(b->data + 12, 4) != 0)
		return false;
	*status = (uint32_t)little(b->data + 8, 4);
	return *status < READER_STATUS__COUNT && little(b->data + 16, 8) == b->len - READER_FRAME_HEADER;
}

void reader_reason(const char *p, size_t n, char out[READER_REASON_MAX])
{
	size_t k = 0;
	for (size_t i = 0; i < n && k < READER_REASON_MAX - 1; i++)
		if ((p[i] >= 'a' && p[i] <= 'z') || p[i] == '_')
			out[k++] = p[i];
	out[k] = 0;
}

enum result reader_refused(uint32_t status, const char *p, size_t n, struct error *e)
{
	char reason[READER_REASON_MAX];
	reader_reason(p, n, reason);
	switch ((enum reader_status)status) {
	case READER_ENCRYPTED:
		return error_set(e, ERR_DOCUMENT_ENCRYPTED, NULL);
	case READER_TOO_BIG:
		return error_set(e, ERR_DOCUMENT_TOO_BIG, NULL, "limit", reason);
	case READER_UNKNOWN_FORMAT:
		return error_set(e, ERR_FORMAT_UNREAD, NULL);
	default:
		return error_set(e, ERR_DOCUMENT_UNREADABLE, NULL, "reason", reason);
	}
}

enum result reader_broken(int status, struct error *e)
{
	if (status >= 0 && WIFSIGNALED(status)) {
		if (WTERMSIG(status) == SIGXCPU)
			return error_set(e, ERR_READER_TIMEOUT, NULL);
		error_cause(e, "the reader was ended by signal %d", WTERMSIG(status));
		return error_set(e, ERR_READER_CRASHED, NULL);
	}
	if (status >= 0 && WIFEXITED(status)) {
		if (WEXITSTATUS(status) == 71) /* mem.h: memory was exhausted */
			return error_set(e, ERR_DOCUMENT_TOO_BIG, NULL, "limit", "memory");
		error_cause(e, "the reader ended with status %d and no answer", WEXITSTATUS(status));
	} else {
		error_cause(e, "the reader gave no answer");
	}
	return error_set(e, ERR_READER_CRASHED, NULL);
}

void reader_count(const char *format, enum result rc)
{
	static const struct {
		enum result code;
		const char *outcome;
	} all[] = {
		{ ERR_OK, "ok" },
		{ ERR_DOCUMENT_ENCRYPTED, "encrypted" },
		{ ERR_DOCUMENT_UNREADABLE, "unreadable" },
		{ ERR_DOCUMENT_TOO_BIG, "too_big" },
		{ ERR_FORMAT_UNREAD, "format" },
		{ ERR_READER_TIMEOUT, "timeout" },
		{ ERR_READER_CRASHED, "crashed" },
	};
	const char *outcome = "other";
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i].code == rc)
			outcome = all[i].outcome;
	metric_add(METRIC_READINGS, metric_cell(METRIC_READINGS, format, outcome, NULL), 1);
}

static enum result run_child(TALLOC_CTX *mem, const struct reader_config *cfg, int fd, enum doc_format format,
    uint8_t **model, size_t *n, struct error *e)
{
	struct reader_child c = { .out = -1 };
	*model = NULL;
	*n = 0;
	int64_t deadline = clock_mono_us() + cfg->timeout * 1000000;
	TRY(reader_child_start(cfg, fd, format_word(format), &c, e));
	TALLOC_CTX *tmp = mem_new("reader answer", 0);
	struct buf b;
	buf_init(&b, tmp, (size_t)(cfg->max_model > 0 ? cfg->max_model : DEFAULT_MAX_MODEL));
	enum gathered how = gather(&c, deadline, &b);
	int status = reader_child_end(&c);
	uint32_t said = 0;
	enum result rc;
	struct document *check;
	if (how == GATHERED_LATE)
		rc = error_set(e, ERR_READER_TIMEOUT, NULL);
	else if (how == GATHERED_LONG)
		rc = error_set(e, ERR_DOCUMENT_TOO_BIG, NULL, "limit", "model");
	else if (!frame_read(&b, &said))
		rc = reader_broken(status, e);
	else if (said != READER_OK)
		rc = reader_refused(said, b.data + READER_FRAME_HEADER, b.len - READER_FRAME_HEADER, e);
	else {
		const uint8_t *bytes = (const uint8_t *)b.data + READER_FRAME_HEADER;
		size_t size = b.len - READER_FRAME_HEADER;
		struct error damage;
		error_clear(&damage);
		if (doc_decode(tmp, bytes, size, &check, &damage) != ERR_OK) {
			error_cause(e, "the reader's answer is no model: %s", damage.cause);
			rc = error_set(e, ERR_READER_CRASHED, NULL);
		} else {
			*model = mem_dup(mem, bytes, size);
			*n = size;
			rc = ERR_OK;
		}
	}
	talloc_free(tmp);
	return rc;
}

enum result reader_run(TALLOC_CTX *mem, const struct reader_config *cfg, int fd, enum doc_format format,
    uint8_t **model, size_t *n, struct error *e)
{
	enum result rc = run_child(mem, cfg, fd, format, model, n, e);
	reader_count(format_word(format), rc);
	return rc;
}

int reader_memfd(const void *bytes, size_t size)
{
	int fd = memfd_create("document", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -1;
	const char *at = bytes;
	while (size) {
		ssize_t n = write(fd, at, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			close(fd);
			return -1;
		}
		at += n;
		size -= (size_t)n;
	}
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

enum result reader_run_bytes(TALLOC_CTX *mem, const struct reader_config *cfg, const void *bytes, size_t size,
    enum doc_format format, uint8_t **model, size_t *n, struct error *e)
{
	*model = NULL;
	*n = 0;
	int fd = reader_memfd(bytes, size);
	if (fd < 0) {
		error_cause(e, "memfd for the reader: %s", strerror(errno));
		return error_set(e, ERR_INTERNAL, NULL);
	}
	enum result rc = reader_run(mem, cfg, fd, format, model, n, e);
	close(fd);
	return rc;
}

enum result reader_read(TALLOC_CTX *mem, const struct reader_config *cfg, int fd, enum doc_format format,
    struct document **doc, struct error *e)
{
	uint8_t *model;
	size_t n;
	*doc = NULL;
	TRY(reader_run(mem, cfg, fd, format, &model, &n, e));
	enum result rc = doc_decode(mem, model, n, doc, e);
	talloc_free(model);
	return rc;
}
