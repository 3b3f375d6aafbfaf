#include "download.h"

#include "crypto.h"

#include <string.h>

static enum result read_object(void *object, int64_t offset, void *p, size_t n, size_t *got, struct error *e)
{
	return store_get_read_at(object, offset, p, n, got, e);
}

/* RFC 6266 and 8187: an ASCII name for old clients, the true one in UTF-8 beside it. */
static const char *disposition(TALLOC_CTX *mem, const char *name)
{
	static const char hex[] = "0123456789ABCDEF";
	struct buf b;
	buf_init(&b, mem, 3000);
	buf_str(&b, "attachment; filename=\"");
	for (const char *p = name; *p; p++) {
		bool plain =
		    (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x7F && *p != '"' && *p != '\\' && *p != '%';
		if (plain)
			buf_char(&b, *p);
		else if (((unsigned char)*p & 0xC0) != 0x80)
			buf_char(&b, '_');
	}
	buf_str(&b, "\"; filename*=UTF-8''");
	for (const char *p = name; *p; p++) {
		unsigned char c = (unsigned char)*p;
		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr(".-_~", c)) {
			buf_char(&b, *p);
		} else {
			char escape[3] = { '%', hex[c >> 4], hex[c & 15] };
			buf_add(&b, escape, 3);
		}
	}
	return b.data;
}

enum result download_send(struct request *rq, struct response *rs, const struct download *file, struct error *e)
{
	struct store *store;
	TRY(app_store(app_of(rq), &store, e));
	struct store_get *object;
	enum result rc = store_get_open(store, rq->mem, &file->object, &object, e);
	if (rc == ERR_NOT_FOUND || (rc == ERR_OK && store_get_size(object) != file->size)) {
		/* The row says that it is there: that is no answer for the client but a fault of ours. */
		error_clear(e);
		error_cause(e, "a stored file is missing or has another size");
		return error_set(e, ERR_DAMAGED, NULL);
	}
	TRY(rc);
	/* A file whose beginning is damaged is told as such; further on only a broken connection is left. */
	char first;
	size_t got;
	TRY(store_get_read_at(object, 0, &first, 1, &got, e));
	char sha256[65];
	crypto_hex(file->sha256.p, 32, sha256);
	response_stream(rs, file->mime_type, file->size, read_object, object);
	response_header(rs, "Content-Disposition", disposition(rq->mem, file->name));
	response_header(rs, "Content-Security-Policy", "sandbox; default-src 'none'");
	response_version_strong(rs, mem_printf(rq->mem, "%.32s", sha256));
	return ERR_OK;
}
