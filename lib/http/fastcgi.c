/* The FastCGI adapter: the only user of fcgiapp.h.
 *
 * Signals are blocked from start to end, so none can interrupt a read of a body or fall between a check and a wait. The
 * worker waits in accept() itself, for a tenth of a second at most (SO_RCVTIMEO of the listening socket), and looks at
 * what is pending in between. That costs a short request next to nothing beyond what an empty program pays, wakes
 * exactly one worker for a connection, and ends an idle worker within that tenth. */
#include "server.h"
#include "clock.h"
#include "metrics.h"

#include <errno.h>
#include <fcgiapp.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#define ACCEPT_WAIT_US 100000 /* no connection for so long: the queue is empty */
#define BODY_WAIT_S 60
#define DRAIN_MAX_MS 5000

static const char *get_variable(void *self, const char *name)
{
	FCGX_Request *r = self;
	return FCGX_GetParam(name, r->envp);
}

static ssize_t read_body(void *self, void *p, size_t n)
{
	FCGX_Request *r = self;
	int got = FCGX_GetStr(p, n > 1 << 20 ? 1 << 20 : (int)n, r->in);
	if (got < 0 || (got == 0 && FCGX_GetError(r->in) != 0))
		return -1;
	return got;
}

static bool write_answer(void *self, const void *p, size_t n)
{
	FCGX_Request *r = self;
	return n == 0 || FCGX_PutStr(p, (int)n, r->out) == (int)n;
}

static sigset_t stop_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGHUP);
	return set;
}

void http_block_signals(void)
{
	sigset_t set = stop_signals();
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* A TCP connection inherits the listening socket's time limit (a unix one does not): it gets one for reading bodies. */
static void set_read_limit(int fd, long seconds, long microseconds)
{
	struct timeval limit = { seconds, microseconds };
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

/* Takes one connection, if one comes in time, and serves it. False when none came. */
static bool serve_one(const struct http_app *app, FCGX_Request *r, bool tcp)
{
	if (FCGX_Accept_r(r) != 0)
		return false;
	if (tcp)
		set_read_limit(r->ipcFd, BODY_WAIT_S, 0);
	metrics_busy(true);
	struct http_source source = { get_variable, read_body, r };
	struct http_sink sink = { write_answer, r };
	http_serve(app, &source, &sink);
	FCGX_Finish_r(r);
	metrics_busy(false);
	return true;
}

/* The pending signal that ends this worker, 0: none. */
static int pending_stop(void)
{
	static const struct timespec now;
	sigset_t set = stop_signals();
	for (;;) {
		int s = sigtimedwait(&set, NULL, &now);
		if (s != SIGHUP) /* reload is USR2; a closed terminal is no reason to stop */
			return s > 0 ? s : 0;
	}
}

const char *http_fastcgi_socket(TALLOC_CTX *mem)
{
	struct sockaddr_un address = { 0 };
	socklen_t n = sizeof address - 1; /* so that the path ends */
	if (getsockname(0, (struct sockaddr *)&address, &n) != 0 || address.sun_family != AF_UNIX)
		return NULL;
	const char *name = strrchr(address.sun_path, '/');
	return mem_strdup(mem, name ? name + 1 : address.sun_path);
}

int http_fastcgi_loop(const struct http_app *app)
{
	FCGX_Request r;
	int listening = 0, domain = 0;
	socklen_t size = sizeof listening, domain_size = sizeof domain;
	if (getsockopt(0, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || !listening ||
	    getsockopt(0, SOL_SOCKET, SO_DOMAIN, &domain, &domain_size) != 0)
		return ENOTSOCK;
	if (FCGX_Init() != 0 || FCGX_InitRequest(&r, 0, 0) != 0)
		return EINVAL;
	bool tcp = domain != AF_UNIX;
	set_read_limit(0, 0, ACCEPT_WAIT_US);
	int stop;
	while ((stop = pending_stop()) == 0)
		serve_one(app, &r, tcp);
	int64_t end = clock_mono_us() + DRAIN_MAX_MS * 1000;
	while (stop != SIGUSR2 && clock_mono_us() < end && serve_one(app, &r, tcp))
		continue; /* what nginx had connected before the socket was unlinked */
	FCGX_Free(&r, 1);
	return 0;
}
