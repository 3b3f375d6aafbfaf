#include "export_zip.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>

struct export_zip {
	struct archive *archive;
	struct archive_entry *entry;
	struct store_put *put;
	locale_t utf8;
	struct error *fault; /* of the call in hand: where the store's word goes */
	bool store_failed;
};

static void close_all(void *arg)
{
	struct export_zip *z = arg;
	/* Freeing an archive that is open would end it: it gives up instead. */
	if (z->archive) {
		archive_write_fail(z->archive);
		archive_write_free(z->archive);
	}
	if (z->entry)
		archive_entry_free(z->entry);
	if (z->utf8)
		freelocale(z->utf8);
}

static la_ssize_t write_bytes(struct archive *a, void *arg, const void *bytes, size_t n)
{
	struct export_zip *z = arg;
	if (store_put_write(z->put, bytes, n, z->fault) == ERR_OK)
		return (la_ssize_t)n;
	z->store_failed = true;
	archive_set_error(a, EIO, "the store failed");
	return -1;
}

/* The store's own fault when there was one. */
static enum result failed(struct export_zip *z, struct error *e)
{
	if (z->store_failed)
		return e->code;
	const char *why = archive_error_string(z->archive);
	error_cause(e, "%s", why ? why : "the archive can't be written");
	return error_set(e, ERR_INTERNAL, NULL);
}

enum result export_zip_begin(TALLOC_CTX *mem, struct store_put *put, struct export_zip **out, struct error *e)
{
	struct export_zip *z = mem_zero(mem, struct export_zip);
	z->put = put;
	z->fault = e;
	mem_defer(z, close_all, z);
	z->archive = mem_check(archive_write_new());
	z->entry = mem_check(archive_entry_new());
	/* libarchive converts names from the thread's character set, which is plain ASCII otherwise. */
	z->utf8 = mem_check(newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0));
	locale_t before = uselocale(z->utf8);
	bool ok = archive_write_set_format_zip(z->archive) == ARCHIVE_OK &&
		  archive_write_set_options(z->archive, "zip:hdrcharset=UTF-8") == ARCHIVE_OK &&
		  archive_write_set_bytes_per_block(z->archive, 65536) == ARCHIVE_OK &&
		  archive_write_set_bytes_in_last_block(z->archive, 1) == ARCHIVE_OK &&
		  archive_write_open(z->archive, z, NULL, write_bytes, NULL) == ARCHIVE_OK;
	uselocale(before);
	*out = z;
	return ok ? ERR_OK : failed(z, e);
}

enum result export_zip_file(
    struct export_zip *z, const char *name, int64_t size, bool deflate, int64_t modified_us, struct error *e)
{
	z->fault = e;
	archive_entry_clear(z->entry);
	locale_t before = uselocale(z->utf8);
	archive_entry_copy_pathname(z->entry, name);
	archive_entry_set_filetype(z->entry, AE_IFREG);
	archive_entry_set_perm(z->entry, 0644);
	archive_entry_set_mtime(z->entry, (time_t)(modified_us / 1000000), 0);
	if (size >= 0)
		archive_entry_set_size(z->entry, size);
	bool ok = (deflate ? archive_write_zip_set_compression_deflate(z->archive)
			   : archive_write_zip_set_compression_store(z->archive)) == ARCHIVE_OK &&
		  archive_write_header(z->archive, z->entry) == ARCHIVE_OK;
	uselocale(before);
	return ok ? ERR_OK : failed(z, e);
}

enum result export_zip_write(struct export_zip *z, const void *bytes, size_t n, struct error *e)
{
	z->fault = e;
	return n == 0 || archive_write_data(z->archive, bytes, n) == (la_ssize_t)n ? ERR_OK : failed(z, e);
}

enum result export_zip_end(struct export_zip *z, struct error *e)
{
	z->fault = e;
	return archive_write_close(z->archive) == ARCHIVE_OK ? ERR_OK : failed(z, e);
}
