/* Other programs that `scorpius setup` runs, among them `scorpius` itself without the privileges of root. */
#include "setup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"

#define MAX_OUTPUT (64 * 1024)

bool setup_has_services(const struct setup *s)
{
	return strcmp(s->folder, SCORPIUS_CONFDIR) == 0 && access("/run/systemd/system", F_OK) == 0;
}

/* Where the administrator's programs lie too: `su` leaves them out. */
static const char **plain_environment(TALLOC_CTX *mem, size_t room)
{
	const char *path = getenv("PATH");
	const char **env = mem_array(mem, const char *, room + 4);
	env[0] = mem_printf(mem, "PATH=%s", path != NULL ? path : "/usr/sbin:/usr/bin:/sbin:/bin");
	env[1] = "LANG=C.UTF-8";
	env[2] = "TZ=UTC";
	return env;
}

static enum result run_in(struct setup *s, const char *const *argv, const char *const *env, const char *input,
    const char **output, struct error *e)
{
	struct child child;
	struct buf out;
	bool closed;
	size_t got = 1;
	enum child_pipe kind = input != NULL ? CHILD_WRITE : output != NULL ? CHILD_READ : CHILD_PLAIN;
	TRY(child_start(argv, env, "/", kind, &child, e));
	if (input != NULL) {
		TRY(child_write(&child, input, strlen(input), &closed, e));
		return child_end(&child, e);
	}
	if (output == NULL)
		return child_end(&child, e);
	buf_init(&out, s->mem, MAX_OUTPUT);
	while (got > 0) {
		char piece[4096];
		TRY(child_read(&child, piece, sizeof piece, &got, e));
		buf_add(&out, piece, got);
	}
	*output = out.data;
	return child_end(&child, e);
}

enum result setup_run(struct setup *s, const char *const *argv, const char *input, const char **output, struct error *e)
{
	return run_in(s, argv, plain_environment(s->mem, 0), input, output, e);
}

struct environment {
	TALLOC_CTX *mem;
	const char **env;
	size_t n;
};

static void add(void *arg, const char *name, const char *value)
{
	struct environment *to = arg;
	to->env = mem_grow(to->mem, to->env, const char *, to->n + 2);
	to->env[to->n++] = mem_printf(to->mem, "%s=%s", name, value);
	to->env[to->n] = NULL;
}

/* The environment that systemd would make of the files; of two lines of one name libc takes the first. */
static const char *const *settings_environment(struct setup *s)
{
	static const enum setup_file files[] = { SETUP_OPERATOR, SETUP_JOBS, SETUP_ALL };
	struct environment to = { s->mem, plain_environment(s->mem, 0), 3 };
	for (size_t i = 0; i < settings_count; i++) {
		for (size_t k = 0; k < ARRAY_LEN(files); k++) {
			const char *value = settings_file_get(s->files[files[k]], settings_table[i].name);
			if (value == NULL)
				continue;
			add(&to, settings_table[i].name, value);
			break;
		}
	}
	return to.env;
}

enum result setup_scorpius(
    struct setup *s, const char *const *arguments, const char *input, const char **output, struct error *e)
{
	const char *argv[24];
	char self[4096], uid[32], gid[32];
	size_t n = 0;
	const char *const *env = plain_environment(s->mem, 0);
	if (setup_has_services(s)) {
		argv[n++] = "scorpius-admin";
	} else {
		ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
		if (length <= 0) {
			error_cause(e, "/proc/self/exe: %s", strerror(errno));
			return error_set(e, ERR_IO, NULL);
		}
		self[length] = '\0';
		if (geteuid() == 0 && s->run_uid != 0) {
			snprintf(uid, sizeof uid, "--reuid=%u", (unsigned)s->run_uid);
			snprintf(gid, sizeof gid, "--regid=%u", (unsigned)s->run_gid);
			const char *const prefix[] = { "setpriv", uid, gid, "--clear-groups", "--no-new-privs", "--" };
			for (size_t i = 0; i < ARRAY_LEN(prefix); i++)
				argv[n++] = prefix[i];
		}
		argv[n++] = self;
		env = settings_environment(s);
	}
	for (; *arguments != NULL && n < ARRAY_LEN(argv) - 1; arguments++)
		argv[n++] = *arguments;
	argv[n] = NULL;
	return run_in(s, argv, env, input, output, e);
}
