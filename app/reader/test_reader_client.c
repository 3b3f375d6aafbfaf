/* The client with the real program and with one that misbehaves: every end is an error of the right kind, no process
 * and no descriptor stays behind. */
#include "clock.h"
#include "reader.h"
#include "test_pdf.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static TALLOC_CTX *mem;
static struct error e;
static int descriptors;

static int count_descriptors(void)
{
	int n = 0;
	for (int fd = 0; fd < 512; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void up(void)
{
	mem = mem_new("test", 0);
	error_clear(&e);
	descriptors = count_descriptors();
}

static void down(void)
{
	cr_assert_eq(count_descriptors(), descriptors, "a descriptor was left open");
	cr_assert(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "a child was left behind");
	talloc_free(mem);
}

TestSuite(client, .init = up, .fini = down, .timeout = 120);

static const struct reader_config real = { .path = READER_PROGRAM, .timeout = 60, .memory = 512 << 20 };
static const struct reader_config fake = { .path = FAKE_PROGRAM, .timeout = 60, .memory = 512 << 20 };

static enum result run(const struct reader_config *cfg, const void *bytes, size_t n, enum doc_format format)
{
	uint8_t *model;
	size_t size;
	enum result rc = reader_run_bytes(mem, cfg, bytes, n, format, &model, &size, &e);
	cr_assert_eq(rc == ERR_OK, model != NULL);
	return rc;
}

static enum result run_fake(const char *how)
{
	return run(&fake, how, strlen(how), DOC_FORMAT_PDF);
}

static struct test_pdf *good_pdf(void)
{
	struct test_pdf *p = mem_zero(mem, struct test_pdf);
	const char *content = "BT /F1 11 Tf 72 700 Td (Bonjour) Tj ET";
	test_pdf_pages(p, mem, &content, 1);
	test_pdf_end(p);
	return p;
}

Test(client, a_pdf_is_read)
{
	struct document *d;
	struct test_pdf *p = good_pdf();
	int fd = reader_memfd(p->out.data, p->out.len);
	cr_assert_geq(fd, 0);
	cr_assert_eq(reader_read(mem, &real, fd, DOC_FORMAT_PDF, &d, &e), ERR_OK);
	cr_assert_eq(d->n_pages, 1);
	cr_assert_str_eq(d->pages[0].text, "Bonjour\n");
	close(fd);
}

Test(client, a_text_is_read)
{
	uint8_t *model;
	size_t n;
	struct document *d;
	cr_assert_eq(reader_run_bytes(mem, &real, "Un\fDeux\n", 8, DOC_FORMAT_TEXT, &model, &n, &e), ERR_OK);
	cr_assert_eq(doc_decode(mem, model, n, &d, &e), ERR_OK);
	cr_assert_eq(d->n_pages, 2);
	cr_assert_str_eq(d->pages[1].text, "Deux\n");
}

Test(client, what_is_no_pdf_is_unreadable)
{
	cr_assert_eq(run(&real, "Bonjour", 7, DOC_FORMAT_PDF), ERR_DOCUMENT_UNREADABLE);
	cr_assert_str_eq(e.faults[0].args[0].value, "not_pdf");
	error_clear(&e);
	cr_assert_eq(run(&real, "", 0, DOC_FORMAT_PDF), ERR_DOCUMENT_UNREADABLE);
}

Test(client, a_truncated_pdf_is_read_with_a_warning)
{
	struct test_pdf *p = good_pdf();
	struct document *d;
	uint8_t *model;
	size_t n;
	cr_assert_eq(
	    reader_run_bytes(mem, &real, p->out.data, p->out.len - 300, DOC_FORMAT_PDF, &model, &n, &e), ERR_OK);
	cr_assert_eq(doc_decode(mem, model, n, &d, &e), ERR_OK);
	cr_assert(d->warnings & DOC_WARN_TRUNCATED);
}

/* The same page twice, encrypted with AES-256: with a password to open it, and with one for its owner only. */
static enum result run_file(const char *path, struct document **d)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	cr_assert_geq(fd, 0);
	enum result rc = reader_read(mem, &real, fd, DOC_FORMAT_PDF, d, &e);
	close(fd);
	return rc;
}

Test(client, a_password_is_told_and_the_owners_does_not_matter)
{
	struct document *d;
	cr_assert_eq(run_file(TEST_DATA "/user_password.pdf", &d), ERR_DOCUMENT_ENCRYPTED);
	cr_assert_null(d);
	error_clear(&e);
	cr_assert_eq(run_file(TEST_DATA "/owner_password.pdf", &d), ERR_OK);
	cr_assert_str_eq(d->pages[0].text, "Lisible sans code\n");
}

Test(client, a_page_tree_in_circles_is_unreadable)
{
	struct test_pdf p;
	test_pdf_init(&p, mem);
	test_pdf_object(&p, "<< /Type /Catalog /Pages 2 0 R >>");
	test_pdf_object(&p, "<< /Type /Pages /Count 3 /Kids [2 0 R 2 0 R] >>");
	test_pdf_end(&p);
	cr_assert_eq(run(&real, p.out.data, p.out.len, DOC_FORMAT_PDF), ERR_DOCUMENT_UNREADABLE);
}

/* Forms that draw the next one many times: 2 KB that never end. */
static struct test_pdf *bomb(void)
{
	struct test_pdf *p = mem_zero(mem, struct test_pdf);
	char dict[200];
	static const char calls[] = "/X Do /X Do /X Do /X Do /X Do /X Do /X Do /X Do /X Do /X Do";
	test_pdf_init(p, mem);
	test_pdf_object(p, "<< /Type /Catalog /Pages 2 0 R >>");
	test_pdf_object(p, "<< /Type /Pages /Count 1 /Kids [3 0 R] >>");
	test_pdf_object(p, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << "
			   "/XObject << /X 5 0 R >> >> >>");
	test_pdf_stream(p, "", "/X Do", 5);
	for (int i = 0; i < 12; i++) {
		snprintf(dict, sizeof(dict),
		    "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X %d 0 R >> >>",
		    i < 11 ? 6 + i : 99);
		test_pdf_stream(p, dict, calls, sizeof(calls) - 1);
	}
	test_pdf_end(p);
	return p;
}

Test(client, a_bomb_is_refused_by_the_time_of_a_page)
{
	struct test_pdf *p = bomb();
	cr_assert_eq(run(&real, p->out.data, p->out.len, DOC_FORMAT_PDF), ERR_DOCUMENT_TOO_BIG);
}

Test(client, a_bomb_is_ended_by_the_time_of_the_document)
{
	struct test_pdf *p = bomb();
	struct reader_config hasty = real;
	hasty.timeout = 1;
	cr_assert_eq(run(&hasty, p->out.data, p->out.len, DOC_FORMAT_PDF), ERR_READER_TIMEOUT);
}

Test(client, a_reader_that_hangs_is_ended)
{
	struct reader_config hasty = fake;
	hasty.timeout = 1;
	int64_t start = clock_mono_us();
	cr_assert_eq(run(&hasty, "hang", 4, DOC_FORMAT_PDF), ERR_READER_TIMEOUT);
	cr_assert_lt(clock_mono_us() - start, 20000000);
}

Test(client, every_bad_end_is_a_crash)
{
	static const char *const ends[] = { "crash", "garbage", "half", "model", "status", "nothing", "close" };
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		error_clear(&e);
		cr_assert_eq(run_fake(ends[i]), ERR_READER_CRASHED, "%s", ends[i]);
		cr_assert_neq(e.cause[0], 0);
	}
}

Test(client, an_exhausted_memory_is_a_limit)
{
	cr_assert_eq(run_fake("memory"), ERR_DOCUMENT_TOO_BIG);
	cr_assert_str_eq(e.faults[0].args[0].value, "memory");
}

Test(client, an_endless_answer_is_cut)
{
	struct reader_config small = fake;
	small.max_model = 1 << 20;
	cr_assert_eq(run(&small, "endless", 7, DOC_FORMAT_PDF), ERR_DOCUMENT_TOO_BIG);
	cr_assert_str_eq(e.faults[0].args[0].value, "model");
}

Test(client, a_reason_is_a_word)
{
	cr_assert_eq(run_fake("reason"), ERR_DOCUMENT_UNREADABLE);
	cr_assert_str_eq(e.faults[0].args[0].value, "mscriptbad_word");
}

Test(client, nothing_is_inherited)
{
	sigset_t term;
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	int open_fd = dup2(2, 200); /* without close-on-exec */
	cr_assert_eq(run_fake("inherited"), ERR_DOCUMENT_ENCRYPTED);
	close(open_fd);
}

Test(client, a_missing_program_is_ours)
{
	struct reader_config none = real;
	none.path = "/nonexistent/reader";
	cr_assert_eq(run(&none, "x", 1, DOC_FORMAT_PDF), ERR_INTERNAL);
	cr_assert(strstr(e.cause, "/nonexistent/reader"));
}

Test(client, low_descriptors_are_no_trouble)
{
	/* The input may happen to be one of the numbers that the child uses. */
	struct test_pdf *p = good_pdf();
	int fd = reader_memfd(p->out.data, p->out.len);
	int saved[2] = { fcntl(3, F_DUPFD_CLOEXEC, 300), fcntl(4, F_DUPFD_CLOEXEC, 300) };
	struct document *d;
	for (int low = 3; low <= 4; low++) {
		int moved = dup2(fd, low);
		cr_assert_eq(moved, low);
		cr_assert_eq(reader_read(mem, &real, low, DOC_FORMAT_PDF, &d, &e), ERR_OK);
	}
	for (int i = 0; i < 2; i++) {
		close(3 + i);
		if (saved[i] >= 0) {
			dup2(saved[i], 3 + i);
			close(saved[i]);
		}
	}
	if (fd > 4)
		close(fd);
	/* What stood there before is back; a memfd that was made at 3 or 4 is closed by now. */
	descriptors = count_descriptors();
}

#ifndef SCORPIUS_SANITIZED
/* Runs the program as shipped with a forbidden attempt and returns its wait status. */
static int probe(const char *attempt)
{
	pid_t pid = fork();
	if (pid == 0) {
		execl(READER_PROGRAM, "scorpius-reader", "--probe", attempt, (char *)NULL);
		_exit(99);
	}
	int status = 0;
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return status;
}

Test(client, the_cage_holds)
{
	static const char *const killed[] = { "open", "create", "socket", "fork", "exec", "kill", "ptrace", "code",
		"write" };
	for (size_t i = 0; i < ARRAY_LEN(killed); i++) {
		int status = probe(killed[i]);
		cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "%s: %x", killed[i], (unsigned)status);
	}
	int status = probe("memory");
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	status = probe("exhaust");
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 71);
	status = probe("cpu");
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU);
	status = probe("nothing");
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	status = probe("unheard-of");
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 64);
}
#endif
