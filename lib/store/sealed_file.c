#include "sealed_file.h"
#include "sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct sealed_file {
	int fd;
	struct sealed *sealed;
};

static enum result fail(struct error *e, const char *what)
{
	int err = errno;
	error_cause(e, "%s: %s", what, strerror(err));
	return error_set(e, err == ENOSPC || err == EDQUOT || err == EFBIG ? ERR_STORAGE_FULL : ERR_IO, NULL);
}

static enum result write_all(void *state, const void *bytes, size_t n, struct error *e)
{
	const struct sealed_file *f = state;
	const char *at = bytes;
	while (n > 0) {
		ssize_t w = write(f->fd, at, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return fail(e, "write a sealed file");
		at += w;
		n -= (size_t)w;
	}
	return ERR_OK;
}

static enum result read_some(void *state, int64_t offset, void *bytes, size_t n, size_t *got, struct error *e)
{
	const struct sealed_file *f = state;
	*got = 0;
	while (*got < n) {
		ssize_t r = pread(f->fd, (char *)bytes + *got, n - *got, offset + (int64_t)*got);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return fail(e, "read a sealed file");
		if (r == 0)
			break;
		*got += (size_t)r;
	}
	return ERR_OK;
}

static int sealed_file_close(struct sealed_file *f)
{
	close(f->fd);
	return 0;
}

static enum result new_file(
    TALLOC_CTX *mem, int folder, const char *name, int flags, struct sealed_file **out, struct error *e)
{
	int fd = openat(folder, name, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return errno == ENOENT ? error_set(e, ERR_NOT_FOUND, NULL) : fail(e, "open a sealed file");
	*out = mem_zero(mem, struct sealed_file);
	(*out)->fd = fd;
	talloc_set_destructor(*out, sealed_file_close);
	return ERR_OK;
}

enum result sealed_file_create(TALLOC_CTX *mem, int folder, const char *name, const struct store_key *identity,
    const char *master_id, const uint8_t key[CRYPTO_KEY_SIZE], struct sealed_file **out, struct error *e)
{
	TRY(new_file(mem, folder, name, O_RDWR | O_CREAT | O_EXCL, out, e));
	struct sealed_io io = { *out, false, write_all, read_some };
	return sealed_create(*out, &io, identity, master_id, key, &(*out)->sealed, e);
}

enum result sealed_file_write(struct sealed_file *f, const void *bytes, size_t n, struct error *e)
{
	return sealed_write(f->sealed, bytes, n, e);
}

enum result sealed_file_commit(struct sealed_file *f, struct error *e)
{
	TRY(sealed_finish(f->sealed, e));
	return fsync(f->fd) == 0 ? ERR_OK : fail(e, "fsync a sealed file");
}

enum result sealed_file_open(TALLOC_CTX *mem, int folder, const char *name, const struct store_key *identity,
    const uint8_t key[CRYPTO_KEY_SIZE], struct sealed_file **out, struct error *e)
{
	struct stat st;
	TRY(new_file(mem, folder, name, O_RDONLY, out, e));
	if (fstat((*out)->fd, &st) != 0)
		return fail(e, "stat a sealed file");
	struct sealed_io io = { *out, false, NULL, read_some };
	return sealed_open(*out, &io, identity, st.st_size, key, &(*out)->sealed, e);
}

int64_t sealed_file_size(const struct sealed_file *f)
{
	return sealed_size(f->sealed);
}

enum result sealed_file_read_at(
    struct sealed_file *f, int64_t offset, void *bytes, size_t n, size_t *got, struct error *e)
{
	return sealed_read_at(f->sealed, offset, bytes, n, got, e);
}
