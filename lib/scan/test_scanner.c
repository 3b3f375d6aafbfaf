/* A clamd that misbehaves, as no real one does on demand: a small server that says what a test tells it to say. What a
 * real clamd says is tested in tests/e2e/test_virus_scan.py. */
#include "scanner.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

static char folder[] = "/tmp/scorpius-scan-XXXXXX", path[64];
static pid_t server;
static struct error err;

struct behaviour {
	const char *answer; /* NULL: none */
	size_t length;      /* of it, with its NUL */
	size_t takes;       /* bytes read before it; 0: all of a stream */
	bool hangs;         /* keeps the connection open after that */
};

/* Reads a stream to its empty chunk, or `takes` bytes of it. */
static void take(int fd, size_t takes)
{
	unsigned char piece[65536];
	size_t zeros = 0; /* at the end of what came */
	ssize_t got = 1;
	for (size_t n = 0; got > 0 && (takes == 0 ? zeros < 4 : n < takes); n += (size_t)got) {
		got = read(fd, piece, takes > 0 && takes - n < sizeof(piece) ? takes - n : sizeof(piece));
		for (ssize_t i = 0; i < got; i++)
			zeros = piece[i] == 0 && n + (size_t)i >= sizeof("zINSTREAM") ? zeros + 1 : 0;
	}
}

static void serve(const struct behaviour *b)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM, 0);
	cr_assert(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/s", folder);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	cr_assert_eq(bind(s, (struct sockaddr *)&a, sizeof(a)), 0);
	cr_assert_eq(listen(s, 4), 0);
	server = fork();
	if (server == 0) {
		int fd = accept(s, NULL, NULL);
		take(fd, b->takes);
		if (b->answer && write(fd, b->answer, b->length) < 0)
			_exit(1);
		if (b->hangs)
			pause();
		_exit(0);
	}
	close(s);
}

static void clean(void)
{
	if (server > 0) {
		kill(server, SIGKILL);
		waitpid(server, NULL, 0);
	}
	unlink(path);
	rmdir(folder);
}

/* A file of so many bytes of one. */
static enum result ones(void *arg, int64_t offset, void *p, size_t n, size_t *got, struct error *e)
{
	int64_t left = *(int64_t *)arg - offset;
	(void)e;
	*got = left < (int64_t)n ? (size_t)left : n;
	memset(p, 1, *got);
	return ERR_OK;
}

/* The same from a store that is far away: four pieces take longer in all than clamd may. */
static enum result slow_ones(void *arg, int64_t offset, void *p, size_t n, size_t *got, struct error *e)
{
	usleep(900000);
	return ones(arg, offset, p, n, got, e);
}

static enum result no_file(void *arg, int64_t offset, void *p, size_t n, size_t *got, struct error *e)
{
	(void)arg, (void)offset, (void)p, (void)n;
	*got = 0;
	return error_set(e, ERR_DAMAGED, NULL);
}

/* Time that an answer has on a busy machine, too, and that one which does not come is waited for. */
#define PATIENT_S 30
#define IN_VAIN_S 1

static const char *outcome(const struct behaviour *b, int64_t size, struct scan_result *out)
{
	struct scanner s = { .socket = path, .timeout_s = b && b->hangs ? IN_VAIN_S : PATIENT_S };
	if (b)
		serve(b);
	error_clear(&err);
	enum result code = scan_file(&s, ones, &size, out, &err);
	return error_id(code);
}

#define ANSWERS(text) \
	&(struct behaviour) \
	{ \
		text, sizeof(text), 0, false \
	}

TestSuite(scanner, .fini = clean);

Test(scanner, a_clean_file)
{
	struct scan_result r;
	cr_assert_str_eq(outcome(ANSWERS("stream: OK"), 200000, &r), "ok");
	cr_assert_eq(r.verdict, SCAN_CLEAN);
}

Test(scanner, an_infected_file_and_the_name_of_what_was_found)
{
	struct scan_result r;
	cr_assert_str_eq(outcome(ANSWERS("stream: Win.Test \"X\n FOUND"), 10, &r), "ok");
	cr_assert_eq(r.verdict, SCAN_INFECTED);
	cr_assert_str_eq(r.name, "Win.Test_\"X_");
}

Test(scanner, a_file_that_clamd_gave_up_on_is_not_infected)
{
	struct scan_result r;
	cr_assert_str_eq(outcome(ANSWERS("stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND"), 10, &r), "ok");
	cr_assert_eq(r.verdict, SCAN_TOO_LARGE);
}

Test(scanner, a_limit_that_is_told_in_the_middle_of_the_file)
{
	static const char text[] = "INSTREAM size limit exceeded. ERROR";
	struct scan_result r;
	cr_assert_str_eq(outcome(&(struct behaviour){ text, sizeof(text), 5000, false }, 4000000, &r), "ok");
	cr_assert_eq(r.verdict, SCAN_TOO_LARGE);
}

Test(scanner, a_verdict_on_a_part_is_none)
{
	static const char text[] = "stream: OK";
	struct scan_result r;
	cr_assert_str_eq(
	    outcome(&(struct behaviour){ text, sizeof(text), 5000, false }, 4000000, &r), "scanner_unavailable");
}

Test(scanner, nonsense)
{
	struct scan_result r;
	cr_assert_str_eq(outcome(ANSWERS("HTTP/1.1 200 OK"), 10, &r), "scanner_unavailable");
	cr_assert(strstr(err.cause, "HTTP/1.1"), "%s", err.cause);
}

Test(scanner, an_answer_that_never_ends)
{
	static char much[4096];
	struct scan_result r;
	memset(much, 'x', sizeof(much));
	cr_assert_str_eq(outcome(&(struct behaviour){ much, sizeof(much), 0, true }, 10, &r), "scanner_unavailable");
}

Test(scanner, an_error_of_clamd_is_no_verdict)
{
	struct scan_result r;
	cr_assert_str_eq(outcome(ANSWERS("stream: Can't allocate memory ERROR"), 10, &r), "scanner_unavailable");
}

Test(scanner, it_closes)
{
	struct scan_result r;
	cr_assert_str_eq(outcome(&(struct behaviour){ NULL, 0, 0, false }, 10, &r), "scanner_unavailable");
}

Test(scanner, it_closes_in_the_middle)
{
	struct scan_result r;
	cr_assert_str_eq(outcome(&(struct behaviour){ NULL, 0, 100, false }, 4000000, &r), "scanner_unavailable");
}

Test(scanner, it_hangs)
{
	struct scan_result r;
	int64_t begun = clock_mono_us();
	cr_assert_str_eq(outcome(&(struct behaviour){ NULL, 0, 0, true }, 10, &r), "scanner_unavailable");
	cr_assert(clock_mono_us() - begun >= IN_VAIN_S * 1000000);
	cr_assert(strstr(err.cause, "in time"), "%s", err.cause);
}

Test(scanner, the_time_of_reading_the_file_is_not_clamds)
{
	struct scan_result r;
	struct scanner s = { .socket = path, .timeout_s = 3 };
	int64_t size = 200000;
	serve(ANSWERS("stream: OK"));
	error_clear(&err);
	cr_assert_eq(scan_file(&s, slow_ones, &size, &r, &err), ERR_OK, "%s", err.cause);
	cr_assert_eq(r.verdict, SCAN_CLEAN);
}

Test(scanner, a_slow_file_does_not_excuse_clamd)
{
	struct scan_result r;
	struct scanner s = { .socket = path, .timeout_s = IN_VAIN_S };
	int64_t size = 200000;
	serve(&(struct behaviour){ NULL, 0, 0, true });
	error_clear(&err);
	cr_assert_eq(scan_file(&s, slow_ones, &size, &r, &err), ERR_SCANNER_UNAVAILABLE);
}

Test(scanner, it_hangs_before_it_has_taken_the_file)
{
	struct scan_result r;
	cr_assert_str_eq(outcome(&(struct behaviour){ NULL, 0, 100, true }, 40000000, &r), "scanner_unavailable");
}

Test(scanner, nobody_is_there)
{
	struct scan_result r;
	cr_assert_str_eq(outcome(NULL, 10, &r), "scanner_unavailable");
	struct scanner s = { .socket = "/nonexistent/clamd", .timeout_s = PATIENT_S };
	error_clear(&err);
	cr_assert_eq(scan_ping(&s, 100, &err), ERR_SCANNER_UNAVAILABLE);
}

Test(scanner, a_file_that_cannot_be_read_is_its_own_fault)
{
	struct scan_result r;
	struct scanner s = { .socket = path, .timeout_s = PATIENT_S };
	serve(ANSWERS("stream: OK"));
	error_clear(&err);
	cr_assert_eq(scan_file(&s, no_file, NULL, &r, &err), ERR_DAMAGED);
}

static bool stopped(void)
{
	return true;
}

Test(scanner, it_ends_when_the_program_does)
{
	struct scan_result r;
	struct scanner s = { .socket = path, .timeout_s = 60, .stop = stopped };
	int64_t size = 10;
	serve(&(struct behaviour){ NULL, 0, 0, true });
	error_clear(&err);
	cr_assert_eq(scan_file(&s, ones, &size, &r, &err), ERR_UNAVAILABLE);
}

Test(scanner, a_ping)
{
	struct scanner s = { .socket = path, .timeout_s = PATIENT_S };
	serve(&(struct behaviour){ "PONG", 5, sizeof("zPING"), false });
	error_clear(&err);
	cr_assert_eq(scan_ping(&s, PATIENT_S * 1000, &err), ERR_OK);
}

Test(scanner, a_ping_that_nobody_answers)
{
	struct scanner s = { .socket = path, .timeout_s = PATIENT_S };
	serve(&(struct behaviour){ "NO", 3, sizeof("zPING"), false });
	error_clear(&err);
	cr_assert_eq(scan_ping(&s, PATIENT_S * 1000, &err), ERR_SCANNER_UNAVAILABLE);
}
