/* A Redis server of a test's own, on a socket in a folder of its own. */
#ifndef CACHE_TEST_REDIS_H
#define CACHE_TEST_REDIS_H

#include "cache.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[64], url[128];
static pid_t server;

/* Starts a Redis on a socket of its own and waits until it says that it is ready. */
static void server_start(const char *password)
{
	int out[2];
	cr_assert_eq(pipe(out), 0);
	server = fork();
	cr_assert(server >= 0);
	if (server == 0) {
		dup2(out[1], 1);
		dup2(out[1], 2);
		close(out[0]);
		if (chdir(root) == 0)
			execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", "s", "--save", "",
			    "--appendonly", "no", "--requirepass", password, (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	FILE *log = fdopen(out[0], "r");
	char line[512];
	while (fgets(line, sizeof(line), log) && !strstr(line, "ready to accept connections"))
		;
	cr_assert_not(feof(log), "redis-server does not start");
	/* The pipe stays open: a server that can't log would die. */
}

static void server_stop(void)
{
	if (server > 0) {
		kill(server, SIGKILL);
		waitpid(server, NULL, 0);
	}
	server = 0;
}

static void redis_folder(void)
{
	signal(SIGPIPE, SIG_IGN);
	strncpy(root, "/tmp/scorpius-cache-XXXXXX", sizeof(root));
	cr_assert(mkdtemp(root));
	snprintf(url, sizeof(url), "unix://%s/s", root);
}

static void redis_clear(void)
{
	server_stop();
	unlink(url + 7);
	rmdir(root);
}

/* A server that is up and a handle of it, with time enough for a busy machine. */
static inline struct cache *redis_begin(TALLOC_CTX *mem)
{
	struct cache *c;
	struct error e;
	redis_folder();
	server_start("");
	error_clear(&e);
	cr_assert_eq(cache_open(mem, url, &(struct cache_options){ .command_ms = 30000 }, &c, &e), ERR_OK);
	return c;
}

/* A command of redis-cli that must succeed. */
static inline void redis(TALLOC_CTX *mem, const char *command)
{
	cr_assert_eq(system(mem_printf(mem, "redis-cli -s %s %s >/dev/null", url + 7, command)), 0);
}

#endif
