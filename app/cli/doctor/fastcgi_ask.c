#include "fastcgi_ask.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "buf.h"

/* FastCGI 1.0: a header of eight bytes (version, type, request id, length, padding) before each record. */
enum { BEGIN_REQUEST = 1, END_REQUEST = 3, PARAMS = 4, STDIN = 5, STDOUT = 6 };
#define HEADER 8
#define ANSWER_MAX 65536

static void add_record(struct buf *b, uint8_t type, const void *content, size_t n)
{
	const uint8_t header[HEADER] = { 1, type, 0, 1, (uint8_t)(n >> 8), (uint8_t)n, 0, 0 };
	buf_add(b, header, sizeof(header));
	buf_add(b, content, n);
}

static void add_param(struct buf *b, const char *name, const char *value)
{
	/* Lengths below 128 take one byte; ours are. */
	buf_char(b, (char)strlen(name));
	buf_char(b, (char)strlen(value));
	buf_str(b, name);
	buf_str(b, value);
}

static void write_request(TALLOC_CTX *mem, const char *path, struct buf *out)
{
	static const uint8_t begin[8] = { 0, 1 }; /* role: responder; the connection ends with the request */
	struct buf params;
	buf_init(&params, mem, 4096);
	add_param(&params, "REQUEST_METHOD", "GET");
	add_param(&params, "REQUEST_URI", path);
	add_param(&params, "SCRIPT_NAME", path);
	add_param(&params, "QUERY_STRING", "");
	add_param(&params, "CONTENT_LENGTH", "0");
	add_param(&params, "SERVER_PROTOCOL", "HTTP/1.1");
	add_record(out, BEGIN_REQUEST, begin, sizeof(begin));
	add_record(out, PARAMS, params.data, params.len);
	add_record(out, PARAMS, "", 0);
	add_record(out, STDIN, "", 0);
}

static bool read_all(int fd, void *p, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t r = read(fd, (char *)p + done, n - done);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return false;
		done += (size_t)r;
	}
	return true;
}

/* Until the record that ends the request. */
static bool read_answer(int fd, struct buf *out)
{
	uint8_t header[HEADER], content[65535 + 255];
	while (read_all(fd, header, HEADER)) {
		size_t n = (size_t)header[4] << 8 | header[5];
		if (!read_all(fd, content, n + header[6]))
			return false;
		if (header[1] == STDOUT)
			buf_add(out, content, n);
		else if (header[1] == END_REQUEST)
			return true;
	}
	return false;
}

static bool talk(
    int fd, const char *path, unsigned seconds, TALLOC_CTX *mem, const struct sockaddr_un *to, struct buf *answer)
{
	struct timeval limit = { (time_t)seconds, 0 };
	struct buf request;
	buf_init(&request, mem, 8192);
	write_request(mem, path, &request);
	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0 &&
	       setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == 0 &&
	       connect(fd, (const struct sockaddr *)to, sizeof(*to)) == 0 &&
	       write(fd, request.data, request.len) == (ssize_t)request.len && read_answer(fd, answer);
}

enum result fastcgi_ask(
    TALLOC_CTX *mem, const char *socket_path, const char *path, unsigned seconds, const char **answer, struct error *e)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct buf out;
	buf_init(&out, mem, ANSWER_MAX);
	int fd = strlen(socket_path) < sizeof(to.sun_path) ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
	memcpy(to.sun_path, socket_path, strnlen(socket_path, sizeof(to.sun_path) - 1));
	errno = 0;
	bool ok = fd >= 0 && talk(fd, path, seconds, mem, &to, &out);
	if (!ok)
		error_cause(e, "%s: %s", socket_path, errno ? strerror(errno) : "closed without an answer");
	if (fd >= 0)
		close(fd);
	*answer = out.data;
	return ok ? ERR_OK : error_set(e, ERR_UNAVAILABLE, NULL);
}
