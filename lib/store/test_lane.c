#include "lane.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define SLOTS 3

struct slot {
	unsigned number;
	pthread_t by;
	bool blocked; /* no signal can come to the thread */
};

static struct {
	TALLOC_CTX *mem;
	struct lane *lane;
	struct error err;
	unsigned fails_at, worked, done;
	bool in_order;
} t;

static enum result work(void *arg, void *slot, struct error *e)
{
	struct slot *s = slot;
	sigset_t blocked;
	if (arg != &t)
		return ERR_INTERNAL;
	if (s->number == t.fails_at) {
		error_cause(e, "number %u", s->number);
		return error_set(e, ERR_STORAGE_FULL, NULL);
	}
	pthread_sigmask(SIG_BLOCK, NULL, &blocked);
	s->by = pthread_self();
	s->blocked = sigismember(&blocked, SIGTERM) == 1 && sigismember(&blocked, SIGUSR2) == 1;
	t.worked++;
	return ERR_OK;
}

static void done(void *arg, void *slot)
{
	const struct slot *s = slot;
	cr_assert(arg == &t);
	t.in_order = t.in_order && s->number == t.done && s->blocked && !pthread_equal(s->by, pthread_self());
	t.done++;
}

static unsigned threads(void)
{
	unsigned n = 0;
	DIR *d = opendir("/proc/self/task");
	cr_assert(d);
	for (struct dirent *entry; (entry = readdir(d));)
		n += entry->d_name[0] != '.';
	closedir(d);
	return n;
}

static void start(void)
{
	struct lane_calls calls = { work, done, &t };
	t.mem = mem_new("test", 0);
	t.fails_at = (unsigned)-1;
	t.in_order = true;
	error_clear(&t.err);
	t.lane = lane_start(t.mem, SLOTS, sizeof(struct slot), &calls);
	cr_assert(t.lane);
}

static void stop(void)
{
	talloc_free(t.mem);
}

TestSuite(lane, .init = start, .fini = stop);

static enum result hand_over(unsigned number)
{
	void *slot;
	TRY(lane_next(t.lane, &slot, &t.err));
	((struct slot *)slot)->number = number;
	lane_hand_over(t.lane);
	return ERR_OK;
}

Test(lane, slots_come_back_in_their_order_and_each_once)
{
	for (unsigned i = 0; i < 1000; i++)
		cr_assert_eq(hand_over(i), ERR_OK);
	cr_assert_eq(lane_end(t.lane, &t.err), ERR_OK);
	cr_assert(t.in_order);
	cr_assert(t.worked == 1000 && t.done == 1000);
}

Test(lane, memory_stays_what_it_was_at_the_start)
{
	size_t before = talloc_total_size(t.mem);
	for (unsigned i = 0; i < 1000; i++)
		cr_assert_eq(hand_over(i), ERR_OK);
	cr_assert_eq(talloc_total_size(t.mem), before);
}

Test(lane, one_that_was_given_nothing_ends)
{
	cr_assert_eq(lane_end(t.lane, &t.err), ERR_OK);
	cr_assert(t.worked == 0 && t.done == 0);
}

Test(lane, a_slot_that_was_not_handed_over_keeps_its_content)
{
	void *slot;
	cr_assert_eq(hand_over(0), ERR_OK);
	cr_assert_eq(lane_next(t.lane, &slot, &t.err), ERR_OK);
	((struct slot *)slot)->number = 77;
	cr_assert_eq(lane_end(t.lane, &t.err), ERR_OK);
	cr_assert(((struct slot *)slot)->number == 77 && t.worked == 1 && t.done == 1);
}

Test(lane, a_failure_is_told_with_its_words_when_the_next_slot_is_asked_for)
{
	enum result r = ERR_OK;
	unsigned i = 0;
	t.fails_at = 5;
	for (; r == ERR_OK && i < 1000; i++)
		r = hand_over(i);
	cr_assert_eq(r, ERR_STORAGE_FULL);
	cr_assert(i <= 5 + SLOTS + 1, "no more is taken than there are slots");
	cr_assert_str_eq(t.err.cause, "number 5");
	cr_assert(t.in_order && t.done == 5);
	error_clear(&t.err);
	cr_assert_eq(lane_end(t.lane, &t.err), ERR_STORAGE_FULL, "and told again");
}

Test(lane, a_failure_in_the_last_slot_is_told_at_the_end)
{
	t.fails_at = 1;
	cr_assert_eq(hand_over(0), ERR_OK);
	cr_assert_eq(hand_over(1), ERR_OK);
	cr_assert_eq(lane_end(t.lane, &t.err), ERR_STORAGE_FULL);
	cr_assert(strcmp(t.err.cause, "number 1") == 0 && t.err.n_faults == 1 && t.done == 1);
}

Test(lane, what_waits_when_it_is_given_up_is_not_taken_back)
{
	for (unsigned i = 0; i < SLOTS; i++)
		cr_assert_eq(hand_over(i), ERR_OK);
	unsigned before = t.done;
	TALLOC_FREE(t.lane);
	cr_assert(t.worked <= SLOTS && t.done == before);
}

Test(lane, no_thread_outlives_its_lane)
{
	unsigned with = threads();
	cr_assert_eq(hand_over(0), ERR_OK);
	cr_assert_eq(lane_end(t.lane, &t.err), ERR_OK);
	cr_assert_eq(threads(), with - 1, "ended");
	talloc_free(t.mem);
	start();
	cr_assert_eq(threads(), with);
	TALLOC_FREE(t.lane);
	cr_assert_eq(threads(), with - 1, "given up");
}

Test(lane, a_signal_is_taken_by_its_owner)
{
	sigset_t set;
	struct timespec limit = { 10, 0 };
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	cr_assert_eq(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
	cr_assert_eq(kill(getpid(), SIGUSR2), 0);
	cr_assert_eq(sigtimedwait(&set, NULL, &limit), SIGUSR2);
}
