/* The FastCGI adapter: the only user of fcgiapp.h.
 *
 * Signals are blocked from the start and read from a signalfd in the same epoll set as the listening socket, so none
 * can interrupt a read of a body, fall between a check and a wait, or be starved by a busy socket. The listening socket
 * does not block: several workers may wake for one connection, and those who come late go back to waiting. */
#include "server.h"
#include "clock.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define DRAIN_QUIET_MS 50 /* no connection for so long: the queue is empty */
#define DRAIN_MAX_MS 5000
#define BURST 64 /* requests served before signals are looked at */

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

/* Takes one connection, if there is one, and serves it. False when there was none. */
static bool serve_one(const struct http_app *app, FCGX_Request *r)
{
	if (FCGX_Accept_r(r) != 0)
		return false;
	struct http_source source = { get_variable, read_body, r };
	struct http_sink sink = { write_answer, r };
	http_serve(app, &source, &sink);
	FCGX_Finish_r(r);
	return true;
}

static void drain(const struct http_app *app, FCGX_Request *r, int epoll_fd)
{
	int64_t end = clock_mono_us() + DRAIN_MAX_MS * 1000;
	while (clock_mono_us() < end) {
		struct epoll_event ev;
		if (!serve_one(app, r) && epoll_wait(epoll_fd, &ev, 1, DRAIN_QUIET_MS) <= 0)
			return;
	}
}

int http_fastcgi_loop(const struct http_app *app, void (*idle)(void *context))
{
	FCGX_Request r;
	int listening = 0;
	socklen_t size = sizeof listening;
	if (getsockopt(0, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || !listening)
		return ENOTSOCK;
	sigset_t set = stop_signals();
	if (FCGX_Init() != 0 || FCGX_InitRequest(&r, 0, 0) != 0)
		return EINVAL;
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	int signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	struct epoll_event socket_ev = { .events = EPOLLIN | EPOLLEXCLUSIVE, .data.fd = 0 };
	struct epoll_event signal_ev = { .events = EPOLLIN, .data.fd = signal_fd };
	if (epoll_fd < 0 || signal_fd < 0 || fcntl(0, F_SETFL, O_NONBLOCK) != 0 ||
	    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, 0, &socket_ev) != 0 ||
	    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, signal_fd, &signal_ev) != 0)
		return errno;
	int64_t last_idle = 0;
	for (;;) {
		/* As long as connections wait they are taken without asking epoll in between: under load that saves two
		 * system calls a request. Signals are looked at after each burst. */
		unsigned burst = 0;
		while (burst < BURST && serve_one(app, &r))
			burst++;
		struct epoll_event ev[2];
		int n = epoll_wait(epoll_fd, ev, 2, burst == BURST ? 0 : idle ? 1000 : -1);
		for (int i = 0; i < n; i++) {
			if (ev[i].data.fd == 0)
				continue;
			struct signalfd_siginfo info;
			if (read(signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
				continue;
			if (info.ssi_signo == SIGHUP) /* reload is USR2; a closed terminal is no reason to stop */
				continue;
			if (info.ssi_signo != SIGUSR2) {
				epoll_ctl(epoll_fd, EPOLL_CTL_DEL, signal_fd, NULL);
				drain(app, &r, epoll_fd);
			}
			FCGX_Free(&r, 1);
			close(epoll_fd);
			close(signal_fd);
			return 0;
		}
		if (n == 0 && idle && clock_mono_us() - last_idle >= 1000000) {
			last_idle = clock_mono_us();
			idle(app->context);
		}
	}
}
