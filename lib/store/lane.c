/* The slots are a ring. Three counts that only grow say where each stands: `handed` over by the owner, of these
 * `worked` on by the thread, of these `taken` back by the owner. */
#include "lane.h"
#include "crypto.h"

#include <pthread.h>
#include <signal.h>

#define STACK_SIZE (256u << 10)

struct lane {
	struct lane_calls calls;
	unsigned char *slots;
	size_t n, size, taken;
	pthread_t thread;
	bool running;          /* the thread is to be joined */
	pthread_mutex_t mutex; /* of all that follows; only the owner changes `handed`, only the thread `worked` */
	pthread_cond_t changed;
	size_t handed, worked;
	bool ending, dropped, failed;
	struct error error; /* of the failure */
};

static void *slot_of(struct lane *l, size_t number)
{
	return l->slots + number % l->n * l->size;
}

static void *run(void *arg)
{
	struct lane *l = arg;
	pthread_mutex_lock(&l->mutex);
	for (;;) {
		while (l->worked == l->handed && !l->ending)
			pthread_cond_wait(&l->changed, &l->mutex);
		if (l->worked == l->handed || l->dropped)
			break;
		void *slot = slot_of(l, l->worked);
		pthread_mutex_unlock(&l->mutex);
		enum result r = l->calls.work(l->calls.arg, slot, &l->error);
		pthread_mutex_lock(&l->mutex);
		l->failed = r != ERR_OK;
		l->worked += !l->failed;
		/* The owner and the thread never wait at the same time. */
		pthread_cond_signal(&l->changed);
		if (l->failed)
			break;
	}
	pthread_mutex_unlock(&l->mutex);
	return NULL;
}

static void join(struct lane *l, bool drop)
{
	pthread_mutex_lock(&l->mutex);
	l->ending = true;
	l->dropped = drop;
	pthread_cond_signal(&l->changed);
	pthread_mutex_unlock(&l->mutex);
	pthread_join(l->thread, NULL);
	l->running = false;
}

static int lane_free(struct lane *l)
{
	if (l->running)
		join(l, true);
	pthread_cond_destroy(&l->changed);
	pthread_mutex_destroy(&l->mutex);
	crypto_wipe(l->slots, l->n * l->size);
	return 0;
}

/* With all signals blocked, which it inherits: they are the owner's. */
static bool start(struct lane *l)
{
	pthread_attr_t attr;
	sigset_t all, before;
	sigfillset(&all);
	if (pthread_attr_init(&attr) != 0)
		return false;
	pthread_sigmask(SIG_SETMASK, &all, &before);
	l->running =
	    pthread_attr_setstacksize(&attr, STACK_SIZE) == 0 && pthread_create(&l->thread, &attr, run, l) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return l->running;
}

struct lane *lane_start(TALLOC_CTX *mem, size_t n, size_t size, const struct lane_calls *calls)
{
	struct lane *l = mem_zero(mem, struct lane);
	l->calls = *calls;
	l->n = n;
	l->size = size;
	/* Not zeroed: a page that no byte comes to is never touched. */
	l->slots = mem_grow(l, NULL, unsigned char, n *size);
	error_clear(&l->error);
	pthread_mutex_init(&l->mutex, NULL);
	pthread_cond_init(&l->changed, NULL);
	talloc_set_destructor(l, lane_free);
	if (!start(l))
		TALLOC_FREE(l);
	return l;
}

static enum result take(struct lane *l, size_t worked, bool failed, struct error *e)
{
	for (; l->taken < worked; l->taken++)
		l->calls.done(l->calls.arg, slot_of(l, l->taken));
	if (!failed)
		return ERR_OK;
	error_cause(e, "%s", l->error.cause);
	return error_set_at(e, l->error.file, l->error.line, l->error.code, NULL, (char *)NULL);
}

enum result lane_next(struct lane *l, void **slot, struct error *e)
{
	pthread_mutex_lock(&l->mutex);
	while (l->handed - l->worked == l->n && !l->failed)
		pthread_cond_wait(&l->changed, &l->mutex);
	size_t worked = l->worked;
	bool failed = l->failed;
	pthread_mutex_unlock(&l->mutex);
	TRY(take(l, worked, failed, e));
	*slot = slot_of(l, l->handed);
	return ERR_OK;
}

void lane_hand_over(struct lane *l)
{
	pthread_mutex_lock(&l->mutex);
	l->handed++;
	pthread_cond_signal(&l->changed);
	pthread_mutex_unlock(&l->mutex);
}

enum result lane_end(struct lane *l, struct error *e)
{
	join(l, false);
	return take(l, l->worked, l->failed, e);
}
