#include "listeners.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATE_LISTEN 0x0A

/* The inode of the socket that listens on the port, 0: none. Columns of /proc/net/tcp: number, local address:port,
 * remote one, state, queues, timer, retransmissions, user, timeout, inode. */
static unsigned long inode_in(const char *path, unsigned port)
{
	char line[512];
	unsigned long found = 0;
	FILE *f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof(line), f)) {
		char *save = NULL, *words[10];
		size_t n = 0;
		for (char *w = strtok_r(line, " \n", &save); w && n < 10; w = strtok_r(NULL, " \n", &save))
			words[n++] = w;
		const char *colon = n == 10 ? strrchr(words[1], ':') : NULL;
		if (colon && strtoul(colon + 1, NULL, 16) == port && strtoul(words[3], NULL, 16) == STATE_LISTEN)
			found = strtoul(words[9], NULL, 10);
	}
	if (f)
		fclose(f);
	return found;
}

/* Whether the process has that socket open. */
static bool holds(const char *pid, const char *wanted)
{
	char path[600], to[64];
	bool found = false;
	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	DIR *fds = opendir(path);
	for (struct dirent *f; fds && !found && (f = readdir(fds));) {
		snprintf(path, sizeof(path), "/proc/%s/fd/%s", pid, f->d_name);
		ssize_t n = readlink(path, to, sizeof(to) - 1);
		to[n > 0 ? n : 0] = '\0';
		found = strcmp(to, wanted) == 0;
	}
	if (fds)
		closedir(fds);
	return found;
}

static const char *name_of(TALLOC_CTX *mem, const char *pid)
{
	char path[300], name[64] = "";
	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	FILE *f = fopen(path, "re");
	if (f && !fgets(name, sizeof(name), f))
		name[0] = '\0';
	if (f)
		fclose(f);
	return mem_strndup(mem, name, strcspn(name, "\n"));
}

enum listener listener_find(TALLOC_CTX *mem, unsigned port, const char **name, long *pid)
{
	char wanted[64];
	unsigned long inode = inode_in("/proc/net/tcp", port);
	if (!inode)
		inode = inode_in("/proc/net/tcp6", port);
	if (!inode)
		return LISTENER_NONE;
	snprintf(wanted, sizeof(wanted), "socket:[%lu]", inode);
	enum listener found = LISTENER_UNKNOWN;
	DIR *all = opendir("/proc");
	for (struct dirent *p; all && found == LISTENER_UNKNOWN && (p = readdir(all));) {
		if (p->d_name[0] < '1' || p->d_name[0] > '9' || !holds(p->d_name, wanted))
			continue;
		*name = name_of(mem, p->d_name);
		*pid = strtol(p->d_name, NULL, 10);
		found = LISTENER_KNOWN;
	}
	if (all)
		closedir(all);
	return found;
}
