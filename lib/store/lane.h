/* A second thread for one long stream of work: the owner fills a slot and hands it over, the thread works on it while
 * the owner fills the next one. Slots are few and of one size, so that memory stays what it was at the start, and are
 * worked on in the order in which they were handed over.
 *
 * Process safety: the lane belongs to the thread that started it, which calls all functions below. Memory of talloc,
 * the log and the caller's `struct error` belong to that thread too: `work`, which runs in the other one, touches the
 * slot, what stands behind its `arg` and nothing else. No process may be forked while a lane lives. The thread takes no
 * signals. */
#ifndef STORE_LANE_H
#define STORE_LANE_H

#include "error.h"
#include "mem.h"

struct lane;

struct lane_calls {
	/* In the second thread: works on a full slot. After a failure it is not called again. */
	enum result (*work)(void *arg, void *slot, struct error *e);
	/* In the owner's thread, from lane_next() and lane_end(): takes what work left in a slot, in the order of
	 * handing over, once for each slot whose work succeeded. */
	void (*done)(void *arg, void *slot);
	void *arg;
};

/* Starts the thread, with `n` slots (at least 2) of `size` bytes, aligned as memory of malloc is; they are wiped when
 * the lane is freed. NULL when the system gives no thread: the caller does the work himself. The lane is a child of
 * mem; freeing it before its end drops the slots that wait, and returns when the one in work is done. */
struct lane *lane_start(TALLOC_CTX *mem, size_t n, size_t size, const struct lane_calls *calls);

/* A slot to be filled, at *slot; waits for one. Its former content is unspecified. Fails as `work` failed. */
enum result lane_next(struct lane *l, void **slot, struct error *e) MUST_CHECK;
/* Hands over the slot that lane_next() gave. */
void lane_hand_over(struct lane *l);
/* Waits until all that was handed over is done, and ends the thread; fails as `work` failed. A slot that was not
 * handed over keeps its content until the lane is freed, which is all that may be done now. */
enum result lane_end(struct lane *l, struct error *e) MUST_CHECK;

#endif
