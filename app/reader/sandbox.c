#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool limit(int what, rlim_t soft, rlim_t hard)
{
	struct rlimit old;
	if (getrlimit((__rlimit_resource_t)what, &old) != 0)
		return false;
	/* A limit can be lowered by anybody, raised by nobody: a stricter one of the parent stays. */
	if (old.rlim_max != RLIM_INFINITY && hard > old.rlim_max)
		hard = old.rlim_max;
	if (soft > hard)
		soft = hard;
	return setrlimit((__rlimit_resource_t)what, &(struct rlimit){ soft, hard }) == 0;
}

static bool limits_set(const struct sandbox_limits *l)
{
#ifndef SCORPIUS_SANITIZED
	if (!limit(RLIMIT_AS, l->memory, l->memory) || !limit(RLIMIT_NPROC, 0, 0))
		return false;
#endif
	/* The soft limit of time ends the process with SIGXCPU, which tells the parent why; the hard one would be
	 * SIGKILL. */
	return limit(RLIMIT_CPU, l->cpu, l->cpu + 1) && limit(RLIMIT_FSIZE, l->file, l->file) &&
	       limit(RLIMIT_CORE, 0, 0) && limit(RLIMIT_MSGQUEUE, 0, 0);
}

static void descriptors_close(int keep)
{
	/* In two stretches around the one that stays, 0 and 1 included: there is nothing to read or print. */
	close(0);
	if (keep != 1)
		close(1);
	if (keep > 3)
		syscall(SYS_close_range, 3u, (unsigned)keep - 1, 0);
	syscall(SYS_close_range, keep < 3 ? 3u : (unsigned)keep + 1, ~0u, 0);
}

#ifndef SCORPIUS_SANITIZED
/* No path may be opened, even if seccomp failed to be what we think it is. An absent landlock is no error. */
static void landlock_close(void)
{
	/* The rights of its first version: every kernel that has it knows them. */
	struct landlock_ruleset_attr attr = { .handled_access_fs = (1u << 13) - 1 };
	int fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr.handled_access_fs), 0);
	if (fd < 0)
		return;
	syscall(SYS_landlock_restrict_self, fd, 0);
	close(fd);
}

static bool seccomp_close(int output)
{
	/* What MuPDF, talloc and the C library were measured to need once everything is open; getpid is the log's. */
	static const int allowed[] = { SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(brk), SCMP_SYS(madvise),
		SCMP_SYS(newfstatat), SCMP_SYS(sysinfo), SCMP_SYS(futex), SCMP_SYS(clock_gettime), SCMP_SYS(getrandom),
		SCMP_SYS(getpid), SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall), SCMP_SYS(exit_group) };
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	bool ok = f;
	for (size_t i = 0; ok && i < ARRAY_LEN(allowed); i++)
		ok = seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0) == 0;
	/* Memory yes, code no. */
	ok = ok &&
	     seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
	ok = ok &&
	     seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)output)) == 0;
	ok = ok && seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, SCMP_A0(SCMP_CMP_EQ, STDERR_FILENO)) == 0;
	ok = ok && seccomp_load(f) == 0;
	seccomp_release(f);
	return ok;
}
#endif

bool sandbox_enter(const struct sandbox_limits *limits)
{
	descriptors_close(limits->output);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return false;
#ifdef SCORPIUS_SANITIZED
	/* The leak checker looks into /proc from a helper of its own. */
	return limits_set(limits);
#else
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return false;
	landlock_close();
	return limits_set(limits) && seccomp_close(limits->output);
#endif
}
