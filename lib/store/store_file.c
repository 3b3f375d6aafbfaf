#include "store_file.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum result file_fault(struct error *e, const char *what)
{
	int err = errno;
	error_cause(e, "%s: %s", what, strerror(err));
	/* EFBIG is a limit that the operator set on the size of files. */
	return error_set(e, err == ENOSPC || err == EDQUOT || err == EFBIG ? ERR_STORAGE_FULL : ERR_IO, NULL);
}

enum result file_read_at(int fd, int64_t offset, void *bytes, size_t n, size_t *got, struct error *e)
{
	*got = 0;
	while (*got < n) {
		ssize_t r = pread(fd, (char *)bytes + *got, n - *got, offset + (int64_t)*got);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return file_fault(e, "read");
		if (r == 0)
			break;
		*got += (size_t)r;
	}
	return ERR_OK;
}

enum result file_room(int folder, int64_t *bytes, struct error *e)
{
	struct statvfs fs;
	if (fstatvfs(folder, &fs) != 0)
		return file_fault(e, "stat the file system");
	*bytes = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	return ERR_OK;
}
