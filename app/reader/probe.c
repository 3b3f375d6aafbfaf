/* Tries what the cage forbids, one thing per run, for the test that proves the cage on the program as shipped. */
#include "mem.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool try_open(void)
{
	return syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY) >= 0;
}

static bool try_create(void)
{
	return syscall(SYS_openat, AT_FDCWD, "/tmp/scorpius-probe", O_WRONLY | O_CREAT, 0600) >= 0;
}

static bool try_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool try_fork(void)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	return pid > 0;
}

static bool try_exec(void)
{
	char *const none[] = { NULL };
	execve("/bin/true", none, none);
	return false;
}

static bool try_kill(void)
{
	return kill(getppid(), 0) == 0;
}

static bool try_ptrace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool try_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool try_write_elsewhere(void)
{
	return write(0, "x", 1) == 1;
}

/* Refused by the memory limit, not by the filter: this one returns. */
static bool try_memory(void)
{
	return mmap(NULL, (size_t)64 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
		   0) != MAP_FAILED;
}

/* Ends as every program of ours does when memory is short: with a line in the log and exit status 71. */
static bool try_exhaust(void)
{
	for (size_t made = 0; made < (size_t)1 << 20; made++)
		memset(mem_array(NULL, char, 1 << 20), 1, 1 << 20);
	return true;
}

static bool try_cpu(void)
{
	volatile unsigned long i = 0;
	while (i + 1 > i)
		i++;
	return true;
}

static bool try_nothing(void)
{
	return false;
}

int sandbox_probe(const char *attempt)
{
	static const struct {
		const char *name;
		bool (*run)(void);
	} attempts[] = { { "open", try_open }, { "create", try_create }, { "socket", try_socket }, { "fork", try_fork },
		{ "exec", try_exec }, { "kill", try_kill }, { "ptrace", try_ptrace }, { "code", try_code },
		{ "write", try_write_elsewhere }, { "memory", try_memory }, { "exhaust", try_exhaust },
		{ "cpu", try_cpu }, { "nothing", try_nothing } };
	for (size_t i = 0; i < ARRAY_LEN(attempts); i++)
		if (strcmp(attempts[i].name, attempt) == 0)
			return attempts[i].run() ? 1 : 0;
	return 64;
}
