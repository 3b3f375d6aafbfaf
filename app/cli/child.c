#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "operator.h"

enum result child_environment(
    TALLOC_CTX *mem, const char *url, const char *name, const char *const **out, struct error *e)
{
	static const char *const kept[] = { "PATH", "LANG", "LC_ALL", "HOME", "TMPDIR" };
	const char *const *database;
	size_t n = 0, k = 0;
	TRY(operator_environment(mem, url, &database, e));
	while (database[n] != NULL)
		n++;
	const char **env = mem_array(mem, const char *, n + ARRAY_LEN(kept) + 2);
	for (size_t i = 0; i < n; i++)
		env[k++] = database[i];
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (getenv(kept[i]) != NULL)
			env[k++] = mem_printf(mem, "%s=%s", kept[i], getenv(kept[i]));
	env[k++] = mem_printf(mem, "PGAPPNAME=%s", name);
	*out = env;
	return ERR_OK;
}

static int spawn(const char *const *argv, const char *const *env, const char *folder, enum child_pipe kind,
    const int ends[2], pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t normal;
	sigemptyset(&normal);
	sigaddset(&normal, SIGPIPE);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigdefault(&attributes, &normal);
	if (folder != NULL)
		posix_spawn_file_actions_addchdir_np(&actions, folder);
	if (kind == CHILD_WRITE) {
		posix_spawn_file_actions_adddup2(&actions, ends[0], 0);
		posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	} else if (kind == CHILD_READ) {
		posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
		posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
	}
	fflush(NULL);
	int failed = posix_spawnp(pid, argv[0], &actions, &attributes, (char *const *)argv, (char *const *)env);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return failed;
}

enum result child_start(const char *const *argv, const char *const *env, const char *folder, enum child_pipe kind,
    struct child *out, struct error *e)
{
	int ends[2] = { -1, -1 };
	*out = (struct child){ argv[0], 0, -1 };
	if (kind != CHILD_PLAIN && pipe2(ends, O_CLOEXEC) != 0) {
		error_cause(e, "pipe: %s", strerror(errno));
		return error_set(e, ERR_IO, NULL);
	}
	int failed = spawn(argv, env, folder, kind, ends, &out->pid);
	int theirs = kind == CHILD_WRITE ? 0 : 1;
	if (kind != CHILD_PLAIN) {
		close(ends[theirs]);
		out->fd = ends[1 - theirs];
	}
	if (failed == 0)
		return ERR_OK;
	if (out->fd >= 0)
		close(out->fd);
	fprintf(stderr, "scorpius\u00a0: %s ne peut pas être lancé\u00a0: %s\n", argv[0], strerror(failed));
	return error_set(e, ERR_UNAVAILABLE, NULL);
}

enum result child_read(struct child *c, void *bytes, size_t n, size_t *got, struct error *e)
{
	ssize_t r;
	do
		r = read(c->fd, bytes, n);
	while (r < 0 && errno == EINTR);
	if (r < 0) {
		error_cause(e, "read from %s: %s", c->name, strerror(errno));
		return error_set(e, ERR_IO, NULL);
	}
	*got = (size_t)r;
	return ERR_OK;
}

enum result child_write(struct child *c, const void *bytes, size_t n, bool *closed, struct error *e)
{
	const char *at = bytes;
	*closed = false;
	while (n > 0) {
		ssize_t w = write(c->fd, at, n);
		if (w < 0 && errno == EINTR)
			continue;
		*closed = w < 0 && errno == EPIPE;
		if (*closed)
			return ERR_OK;
		if (w < 0) {
			error_cause(e, "write to %s: %s", c->name, strerror(errno));
			return error_set(e, ERR_IO, NULL);
		}
		at += w;
		n -= (size_t)w;
	}
	return ERR_OK;
}

static int wait_for(struct child *c)
{
	int status;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	while (waitpid(c->pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

bool child_ended(const struct child *c, int ms)
{
	int fd = pidfd_open(c->pid, 0);
	if (fd < 0)
		return true;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n = poll(&p, 1, ms);
	close(fd);
	return n > 0;
}

enum result child_end(struct child *c, struct error *e)
{
	int status = wait_for(c);
	if (status == 0)
		return ERR_OK;
	error_cause(e, "%s ended with %d", c->name, WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
	fprintf(stderr, "scorpius\u00a0: %s a échoué\u00a0; son message est ci-dessus\n", c->name);
	return error_set(e, ERR_INTERNAL, NULL);
}

void child_kill(struct child *c)
{
	kill(c->pid, SIGTERM);
	wait_for(c);
}
