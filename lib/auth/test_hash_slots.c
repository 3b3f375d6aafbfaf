#include "clock.h"
#include "hash_slots.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static TALLOC_CTX *mem;
static struct error err;
static char folder[64], path[96];

static void set_up(void)
{
	mem = mem_new("test", 0);
	strncpy(folder, "/tmp/scorpius-slots-XXXXXX", sizeof(folder));
	cr_assert(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/slots", folder);
}

static void tear_down(void)
{
	talloc_free(mem);
	unlink(path);
	rmdir(folder);
}

TestSuite(hash_slots, .init = set_up, .fini = tear_down, .timeout = 30);

static enum result take(struct hash_slots *h)
{
	error_clear(&err);
	return hash_slots_take(h, &err);
}

/* A process that takes a place and keeps it until it is killed. */
static pid_t holder(unsigned slots)
{
	int ready[2];
	char byte;
	cr_assert_eq(pipe(ready), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct error e;
		error_clear(&e);
		struct hash_slots *h = hash_slots_new(NULL, path, slots, 5000);
		if (hash_slots_take(h, &e) != ERR_OK || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	cr_assert_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void kill_and_wait(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

Test(hash_slots, so_many_at_once_and_no_more)
{
	struct hash_slots *a = hash_slots_new(mem, path, 2, 0), *b = hash_slots_new(mem, path, 2, 0),
			  *c = hash_slots_new(mem, path, 2, 0);
	cr_assert_eq(take(a), ERR_OK, "%s", err.cause);
	cr_assert_eq(take(b), ERR_OK);
	cr_assert_eq(take(c), ERR_SERVER_BUSY);
	cr_assert_gt(err.retry_after, 0);
	hash_slots_give(a);
	cr_assert_eq(take(c), ERR_OK);
	hash_slots_give(b);
	hash_slots_give(b); /* nothing held: nothing done */
	cr_assert_eq(take(a), ERR_OK);
}

Test(hash_slots, a_killed_process_gives_its_place_back)
{
	struct hash_slots *h = hash_slots_new(mem, path, 1, 0);
	for (int i = 0; i < 3; i++) {
		pid_t pid = holder(1);
		cr_assert_eq(take(h), ERR_SERVER_BUSY);
		kill_and_wait(pid);
		cr_assert_eq(take(h), ERR_OK);
		hash_slots_give(h);
	}
}

Test(hash_slots, who_waits_gets_the_place_that_becomes_free)
{
	pid_t pid = holder(1), killer = fork();
	if (killer == 0) {
		usleep(50000);
		kill(pid, SIGKILL);
		_exit(0);
	}
	cr_assert_eq(take(hash_slots_new(mem, path, 1, 20000)), ERR_OK);
	waitpid(pid, NULL, 0);
	waitpid(killer, NULL, 0);
}

Test(hash_slots, waiting_has_its_end)
{
	pid_t pid = holder(1);
	int64_t start = clock_mono_us();
	cr_assert_eq(take(hash_slots_new(mem, path, 1, 100)), ERR_SERVER_BUSY);
	cr_assert_geq(clock_mono_us() - start, 100000);
	kill_and_wait(pid);
}

Test(hash_slots, a_handle_that_is_freed_gives_its_place_back)
{
	struct hash_slots *a = hash_slots_new(mem, path, 1, 0), *b = hash_slots_new(mem, path, 1, 0);
	cr_assert_eq(take(a), ERR_OK);
	talloc_free(a);
	cr_assert_eq(take(b), ERR_OK);
}

Test(hash_slots, half_of_the_cores_by_default)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN), places = cores > 3 ? cores / 2 : 1;
	struct hash_slots *h;
	for (long i = 0; i < places; i++)
		cr_assert_eq(take(hash_slots_new(mem, path, 0, 0)), ERR_OK);
	h = hash_slots_new(mem, path, 0, 0);
	cr_assert_eq(take(h), ERR_SERVER_BUSY);
}

Test(hash_slots, without_its_file_nothing_is_hashed_until_it_can_be_made)
{
	char later[128];
	snprintf(later, sizeof(later), "%s/run/slots", folder);
	struct hash_slots *h = hash_slots_new(mem, later, 1, 0);
	cr_assert_eq(take(h), ERR_UNAVAILABLE);
	cr_assert(strstr(err.cause, later));
	later[strlen(later) - strlen("/slots")] = '\0';
	cr_assert_eq(mkdir(later, 0700), 0);
	cr_assert_eq(take(h), ERR_OK, "%s", err.cause);
	later[strlen(later)] = '/';
	unlink(later);
	*strrchr(later, '/') = '\0';
	rmdir(later);
}
