/* A ZIP archive in memory, inflated within limits. */
#include "buf.h"
#include "ooxml.h"

#include <string.h>
#include <zip.h>

static void discard(void *zip)
{
	zip_discard(zip);
}

bool zipfile_open(TALLOC_CTX *mem, const uint8_t *bytes, size_t n, struct reading *r, struct zipfile *z)
{
	zip_error_t error;
	*z = (struct zipfile){ .mem = mem, .r = r };
	zip_error_init(&error);
	zip_source_t *source = zip_source_buffer_create(bytes, n, 0, &error);
	if (source)
		z->zip = zip_open_from_source(source, ZIP_RDONLY, &error);
	if (source && !z->zip)
		zip_source_free(source);
	zip_error_fini(&error);
	if (!z->zip) {
		reading_fail(r, READER_UNREADABLE, "archive");
		return false;
	}
	mem_defer(mem, discard, z->zip);
	if (zip_get_num_entries(z->zip, 0) > LIMIT_ZIP_ENTRIES) {
		reading_fail(r, READER_TOO_BIG, "entries");
		return false;
	}
	return true;
}

static void entry_fault(struct zip_entry *e, bool too_big, const char *fault)
{
	e->fault = fault;
	e->too_big = too_big;
}

void zip_entry_open(struct zipfile *z, uint64_t index, uint64_t max, struct zip_entry *e)
{
	zip_stat_t st;
	*e = (struct zip_entry){ .z = z, .max = max };
	if (zip_stat_index(z->zip, index, 0, &st) != 0 || !(st.valid & ZIP_STAT_COMP_SIZE) ||
	    !(st.valid & ZIP_STAT_COMP_METHOD)) {
		entry_fault(e, false, "archive");
		return;
	}
	e->packed = st.comp_size;
	if ((st.valid & ZIP_STAT_ENCRYPTION_METHOD) && st.encryption_method != ZIP_EM_NONE)
		entry_fault(e, false, "encrypted");
	else if (st.comp_method != ZIP_CM_STORE && st.comp_method != ZIP_CM_DEFLATE)
		entry_fault(e, false, "compression");
	/* A claim is enough to refuse, not to accept. */
	else if ((st.valid & ZIP_STAT_SIZE) && st.size > max)
		entry_fault(e, true, "size");
	if (e->fault)
		return;
	e->file = zip_fopen_index(z->zip, index, 0);
	if (!e->file)
		entry_fault(e, false, "archive");
}

bool zip_entry_next(struct zip_entry *e, void *piece, size_t room, size_t *n)
{
	*n = 0;
	if (e->fault || !e->file)
		return false;
	zip_int64_t got = zip_fread(e->file, piece, room);
	if (got <= 0) {
		if (got < 0)
			entry_fault(e, false, "archive");
		return false;
	}
	*n = (size_t)got;
	e->size += *n;
	e->z->inflated += *n;
	if (e->size > e->max || e->z->inflated > LIMIT_ZIP_TOTAL)
		entry_fault(e, true, "size");
	else if (e->size > LIMIT_ZIP_RATIO_FROM && e->size / LIMIT_ZIP_RATIO > e->packed)
		entry_fault(e, true, "compression_ratio");
	return !e->fault;
}

void zip_entry_close(struct zip_entry *e)
{
	if (e->file && zip_fclose(e->file) != 0 && !e->fault)
		entry_fault(e, false, "archive");
	e->file = NULL;
}

bool zipfile_part(struct zipfile *z, const char *name, struct buf *out, bool *found)
{
	zip_int64_t index = zip_name_locate(z->zip, name, ZIP_FL_NOCASE | ZIP_FL_ENC_RAW);
	char piece[65536];
	size_t n;
	struct zip_entry e;
	buf_init(out, z->mem, LIMIT_XML_PART + 1);
	*found = index >= 0;
	if (!*found)
		return true;
	zip_entry_open(z, (uint64_t)index, LIMIT_XML_PART, &e);
	while (zip_entry_next(&e, piece, sizeof(piece), &n))
		buf_add(out, piece, n);
	zip_entry_close(&e);
	if (!e.fault)
		return true;
	if (strcmp(e.fault, "encrypted") == 0)
		reading_fail(z->r, READER_ENCRYPTED, e.fault);
	else
		reading_fail(z->r, e.too_big ? READER_TOO_BIG : READER_UNREADABLE, e.fault);
	return false;
}
