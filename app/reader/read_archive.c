/* A ZIP archive as a stream of its files. Names are made safe here, once: what they become later is a path below the
 * dossier and nothing else. An archive within the archive is opened too, but not one within that. */
#include "ooxml.h"
#include "text.h"

#include <string.h>
#include <strings.h>
#include <zip.h>

#define PATH_MAX_BYTES 1024u
#define INNER_MAX ((uint64_t)128 << 20) /* an archive in the archive is held in memory */

struct expander {
	TALLOC_CTX *mem;
	const struct archive_output *out;
	struct reading *r;
	uint64_t inflated; /* of the outer archive and those in it */
	unsigned entries;
	bool gone; /* nobody listens */
};

/* Code page 850 from 0x80 on: what archives of French Windows are named in. */
static const uint16_t cp850[128] = { 0xc7, 0xfc, 0xe9, 0xe2, 0xe4, 0xe0, 0xe5, 0xe7, 0xea, 0xeb, 0xe8, 0xef, 0xee, 0xec,
	0xc4, 0xc5, 0xc9, 0xe6, 0xc6, 0xf4, 0xf6, 0xf2, 0xfb, 0xf9, 0xff, 0xd6, 0xdc, 0xf8, 0xa3, 0xd8, 0xd7, 0x192,
	0xe1, 0xed, 0xf3, 0xfa, 0xf1, 0xd1, 0xaa, 0xba, 0xbf, 0xae, 0xac, 0xbd, 0xbc, 0xa1, 0xab, 0xbb, 0x2591, 0x2592,
	0x2593, 0x2502, 0x2524, 0xc1, 0xc2, 0xc0, 0xa9, 0x2563, 0x2551, 0x2557, 0x255d, 0xa2, 0xa5, 0x2510, 0x2514,
	0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0xe3, 0xc3, 0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c,
	0xa4, 0xf0, 0xd0, 0xca, 0xcb, 0xc8, 0x131, 0xcd, 0xce, 0xcf, 0x2518, 0x250c, 0x2588, 0x2584, 0xa6, 0xcc, 0x2580,
	0xd3, 0xdf, 0xd4, 0xd2, 0xf5, 0xd5, 0xb5, 0xfe, 0xde, 0xda, 0xdb, 0xd9, 0xfd, 0xdd, 0xaf, 0xb4, 0xad, 0xb1,
	0x2017, 0xbe, 0xb6, 0xa7, 0xf7, 0xb8, 0xb0, 0xa8, 0xb7, 0xb9, 0xb3, 0xb2, 0x25a0, 0xa0 };

static bool emit(struct expander *x, enum reader_record kind, const void *p, size_t n)
{
	if (!x->gone && !x->out->emit(x->out->arg, kind, p, n))
		x->gone = true;
	return !x->gone;
}

/* A name in UTF-8 with '/' between its parts; control characters become '?', so that a refused name can be told. */
static char *name_decode(TALLOC_CTX *mem, const char *raw, bool *controls)
{
	struct buf b;
	bool utf8 = text_utf8_valid(raw, strlen(raw));
	char bytes[4];
	buf_init(&b, mem, 4 * PATH_MAX_BYTES);
	*controls = false;
	for (const char *p = raw, *end = raw + strlen(raw); p < end;) {
		uint32_t c = utf8 ? text_decode(&p, end) : (uint8_t)*p++;
		if (!utf8 && c >= 0x80)
			c = cp850[c - 0x80];
		if (c < 0x20 || c == 0x7f) {
			*controls = true;
			c = '?';
		}
		buf_add(&b, bytes, text_encode(c == '\\' ? '/' : c, bytes));
	}
	return b.data;
}

/* Why a path must not be used; NULL when it may. */
static const char *path_fault(const char *path, bool controls)
{
	size_t n = strlen(path);
	if (n == 0 || n > PATH_MAX_BYTES || controls)
		return "path";
	bool drive = n >= 2 && path[1] == ':';
	if (path[0] == '/' || drive)
		return "path_absolute";
	for (const char *p = path; *p;) {
		size_t part = strcspn(p, "/");
		if (part == 2 && p[0] == '.' && p[1] == '.')
			return "path_parent";
		if (part == 0 || (part == 1 && p[0] == '.') || part > 255)
			return "path";
		p += part + (p[part] == '/');
	}
	return NULL;
}

/* A symbolic link, device or the like, as Unix programs store them. */
static bool is_special(struct zip *zip, zip_uint64_t index)
{
	zip_uint8_t system;
	zip_uint32_t attributes;
	if (zip_file_get_external_attributes(zip, index, 0, &system, &attributes) != 0 || system != ZIP_OPSYS_UNIX)
		return false;
	unsigned type = attributes >> 16 & 0170000;
	return type != 0 && type != 0100000 && type != 0040000;
}

static void tell_refused(struct expander *x, const char *reason)
{
	emit(x, READER_REFUSED, reason, strlen(reason));
}

static bool name_ends_zip(const char *path)
{
	size_t n = strlen(path);
	return n > 4 && strcasecmp(path + n - 4, ".zip") == 0;
}

static void expand(struct expander *x, struct zipfile *z, const char *prefix, bool inner);

/* An archive in the archive: its files come in its place, or it is refused as a whole. */
static void expand_inner(struct expander *x, struct zipfile *z, uint64_t index, const char *path)
{
	TALLOC_CTX *tmp = mem_new("inner archive", 0);
	struct zip_entry e;
	struct buf b;
	char piece[READER_RECORD_MAX];
	size_t n;
	struct reading fault = { 0 };
	struct zipfile inside;
	buf_init(&b, tmp, INNER_MAX + 1);
	zip_entry_open(z, index, INNER_MAX, &e);
	while (zip_entry_next(&e, piece, sizeof(piece), &n))
		buf_add(&b, piece, n);
	zip_entry_close(&e);
	const char *reason = e.fault;
	if (!reason && !zipfile_open(tmp, (const uint8_t *)b.data, b.len, &fault, &inside))
		reason = fault.reason;
	if (reason) {
		if (emit(x, READER_ENTRY, path, strlen(path)))
			tell_refused(x, reason);
	} else {
		x->inflated += b.len;
		expand(x, &inside, mem_printf(tmp, "%s/", path), true);
	}
	talloc_free(tmp);
}

static void expand_file(struct expander *x, struct zipfile *z, uint64_t index)
{
	struct zip_entry e;
	char piece[READER_RECORD_MAX];
	size_t n;
	zip_entry_open(z, index, LIMIT_ZIP_TOTAL, &e);
	while (!x->gone && zip_entry_next(&e, piece, sizeof(piece), &n)) {
		x->inflated += n;
		if (x->inflated > LIMIT_ZIP_TOTAL) {
			e.fault = "size";
			break;
		}
		emit(x, READER_DATA, piece, n);
	}
	zip_entry_close(&e);
	if (e.fault)
		tell_refused(x, e.fault);
	else
		emit(x, READER_END, NULL, 0);
}

static void expand_entry(struct expander *x, struct zipfile *z, uint64_t index, const char *prefix, bool inner)
{
	const char *raw = zip_get_name(z->zip, index, ZIP_FL_ENC_RAW);
	bool controls;
	char *path = name_decode(x->mem, raw ? raw : "", &controls);
	size_t n = strlen(path);
	/* Folders tell nothing that the paths of files do not. */
	if (n > 0 && path[n - 1] == '/' && !path_fault(path, controls)) {
		talloc_free(path);
		return;
	}
	const char *fault = path_fault(path, controls);
	char *whole = mem_printf(x->mem, "%s%.*s", prefix, (int)text_cut(path, n, PATH_MAX_BYTES), path);
	bool archive = !fault && name_ends_zip(path);
	if (!fault && is_special(z->zip, index))
		fault = "link";
	if (!fault && archive && inner)
		fault = "archive_depth";
	if (!fault && archive) {
		expand_inner(x, z, index, whole);
	} else if (emit(x, READER_ENTRY, whole, strlen(whole))) {
		if (fault)
			tell_refused(x, fault);
		else
			expand_file(x, z, index);
	}
	talloc_free(path);
	talloc_free(whole);
}

static void expand(struct expander *x, struct zipfile *z, const char *prefix, bool inner)
{
	zip_int64_t n = zip_get_num_entries(z->zip, 0);
	for (zip_int64_t i = 0; i < n && !x->gone && x->r->status == READER_OK; i++) {
		if (++x->entries > LIMIT_ZIP_ENTRIES)
			reading_fail(x->r, READER_TOO_BIG, "entries");
		else if (x->inflated > LIMIT_ZIP_TOTAL)
			reading_fail(x->r, READER_TOO_BIG, "size");
		else
			expand_entry(x, z, (uint64_t)i, prefix, inner);
	}
}

bool read_archive(TALLOC_CTX *mem, const uint8_t *bytes, size_t n, const struct archive_output *out, struct reading *r)
{
	struct expander x = { .mem = mem, .out = out, .r = r };
	struct zipfile z;
	r->status = READER_OK;
	if (zipfile_open(mem, bytes, n, r, &z))
		expand(&x, &z, "", false);
	return !x.gone;
}
