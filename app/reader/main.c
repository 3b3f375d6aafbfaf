/* scorpius-reader: one untrusted file in, its document model out, from inside a cage.
 *
 *   scorpius-reader FORMAT MEMORY SECONDS   file on descriptor 3, answer on descriptor 4 (reader_frame.h); the format
 *                                           "zip" gives the files of an archive
 *   scorpius-reader --dump FILE             the model as text, for developers
 *   scorpius-reader --probe ATTEMPT         tries something forbidden, for the test of the cage
 *
 * Always one process per file: whatever a file does to this process, nothing else is in it. */
#include "log.h"
#include "reading.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_MEMORY ((size_t)512 << 20)
#define DEFAULT_CPU 60u
#define INPUT_MAX ((off_t)2 << 30)

/* Maps the whole file; an empty one gives n 0. */
static bool input_map(int fd, const uint8_t **bytes, size_t *n)
{
	struct stat st;
	*bytes = NULL;
	*n = 0;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > INPUT_MAX)
		return false;
	if (st.st_size == 0)
		return true;
	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	*bytes = p;
	*n = (size_t)st.st_size;
	return p != MAP_FAILED;
}

static bool output_all(int fd, const void *p, size_t n)
{
	const char *at = p;
	while (n) {
		ssize_t wrote = write(fd, at, n);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return false;
		at += wrote;
		n -= (size_t)wrote;
	}
	return true;
}

static bool answer(enum reader_status status, const void *p, size_t n)
{
	uint8_t head[READER_FRAME_HEADER] = { 0 };
	memcpy(head, READER_FRAME_MAGIC, 4);
	head[4] = READER_FRAME_VERSION;
	head[8] = (uint8_t)status;
	for (int i = 0; i < 8; i++)
		head[16 + i] = (uint8_t)((uint64_t)n >> (8 * i));
	return output_all(READER_FD_OUTPUT, head, sizeof(head)) && output_all(READER_FD_OUTPUT, p, n);
}

static void read_format(TALLOC_CTX *mem, const char *format, const uint8_t *bytes, size_t n, struct reading *r)
{
	if (n == 0)
		reading_fail(r, READER_UNREADABLE, "empty");
	else if (strcmp(format, "pdf") == 0)
		read_pdf(mem, bytes, n, r);
	else if (strcmp(format, "text") == 0)
		read_text(mem, bytes, n, r);
	else if (strcmp(format, "docx") == 0)
		read_docx(mem, bytes, n, r);
	else if (strcmp(format, "xlsx") == 0)
		read_xlsx(mem, bytes, n, r);
	else
		reading_fail(r, READER_UNKNOWN_FORMAT, "format");
}

static bool emit_record(void *arg, enum reader_record kind, const void *p, size_t n)
{
	uint8_t head[READER_RECORD_HEADER] = { (uint8_t)kind };
	(void)arg;
	for (int i = 0; i < 4; i++)
		head[4 + i] = (uint8_t)(n >> (8 * i));
	return output_all(READER_FD_OUTPUT, head, sizeof(head)) && output_all(READER_FD_OUTPUT, p, n);
}

static int run_archive(TALLOC_CTX *mem, const uint8_t *bytes, size_t n)
{
	struct reading r = { 0 };
	if (n == 0)
		reading_fail(&r, READER_UNREADABLE, "empty");
	else if (!read_archive(mem, bytes, n, &(struct archive_output){ emit_record, NULL }, &r))
		return 74;
	if (r.status == READER_OK)
		return emit_record(NULL, READER_DONE, NULL, 0) ? 0 : 74;
	uint8_t why[4 + READER_REASON_MAX] = { (uint8_t)r.status };
	size_t len = strlen(r.reason);
	memcpy(why + 4, r.reason, len);
	return emit_record(NULL, READER_FAILED, why, 4 + len) ? 0 : 74;
}

static int run_document(TALLOC_CTX *mem, const char *format, const uint8_t *bytes, size_t n)
{
	struct reading r = { 0 };
	struct error e;
	uint8_t *model = NULL;
	size_t size = 0;
	error_clear(&e);
	read_format(mem, format, bytes, n, &r);
	if (r.status == READER_OK && doc_encode(mem, r.doc, &model, &size, &e) != ERR_OK) {
		log_failure(LOG_ERROR, "the reader made an invalid model", &e);
		return 70;
	}
	bool sent =
	    r.status == READER_OK ? answer(READER_OK, model, size) : answer(r.status, r.reason, strlen(r.reason));
	return sent ? 0 : 74;
}

static int run(const char *format, size_t memory, unsigned cpu)
{
	const uint8_t *bytes;
	size_t n;
	/* A reader whose parent is gone works for nobody. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!input_map(READER_FD_INPUT, &bytes, &n))
		return 74;
	if (strcmp(format, "pdf") == 0)
		read_pdf_prepare();
	else
		read_office_prepare();
	/* The mapped file counts as address space but is not the reader's own use of memory. */
	if (!sandbox_enter(&(struct sandbox_limits){ .memory = memory + n, .cpu = cpu, .output = READER_FD_OUTPUT }))
		return 70;
	TALLOC_CTX *mem = mem_new("reader", 0);
	int status = strcmp(format, "zip") == 0 ? run_archive(mem, bytes, n) : run_document(mem, format, bytes, n);
	talloc_free(mem);
	return status;
}

static int dump(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const uint8_t *bytes;
	size_t n, len = strlen(path);
	if (fd < 0 || !input_map(fd, &bytes, &n)) {
		log_error("cannot read the file");
		return 66;
	}
	static const char *const known[] = { "pdf", "docx", "xlsx" };
	const char *format = "text";
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		size_t k = strlen(known[i]);
		if (len > k && path[len - k - 1] == '.' && strcasecmp(path + len - k, known[i]) == 0)
			format = known[i];
	}
	read_pdf_prepare();
	read_office_prepare();
	if (!sandbox_enter(&(struct sandbox_limits){
		.memory = DEFAULT_MEMORY + n, .cpu = DEFAULT_CPU, .file = (size_t)1 << 30, .output = STDOUT_FILENO }))
		return 70;
	TALLOC_CTX *mem = mem_new("reader", 0);
	struct reading r = { 0 };
	read_format(mem, format, bytes, n, &r);
	if (r.status != READER_OK) {
		log_error("the document was not read", "reason", r.reason);
		talloc_free(mem);
		return 65;
	}
	for (uint32_t i = 0; i < r.doc->n_pages; i++)
		if (!doc_page_valid(&r.doc->pages[i]))
			log_error("the reader made an invalid model", "page", num_text(i + 1).s);
	dump_document(r.doc, STDOUT_FILENO);
	talloc_free(mem);
	return 0;
}

static int probe(const char *attempt)
{
	read_pdf_prepare();
	if (!sandbox_enter(&(struct sandbox_limits){ .memory = DEFAULT_MEMORY, .cpu = 1, .output = STDOUT_FILENO }))
		return 70;
	return sandbox_probe(attempt);
}

static bool number(const char *s, unsigned long long min, unsigned long long max, unsigned long long *out)
{
	char *end;
	errno = 0;
	*out = strtoull(s, &end, 10);
	return s[0] >= '0' && s[0] <= '9' && *end == 0 && errno == 0 && *out >= min && *out <= max;
}

int main(int argc, char **argv)
{
	unsigned long long memory, cpu;
	log_open("scorpius-reader", LOG_INFO);
	if (argc == 3 && strcmp(argv[1], "--dump") == 0)
		return dump(argv[2]);
	if (argc == 3 && strcmp(argv[1], "--probe") == 0)
		return probe(argv[2]);
	if (argc == 4 && number(argv[2], (size_t)64 << 20, (size_t)1 << 40, &memory) && number(argv[3], 1, 3600, &cpu))
		return run(argv[1], (size_t)memory, (unsigned)cpu);
	log_error("usage: scorpius-reader FORMAT MEMORY SECONDS | --dump FILE | --probe ATTEMPT");
	return 64;
}
