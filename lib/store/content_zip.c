/* The zip family by its central directory: an office document is told by the names in it, wherever they stand, and
 * nothing is unpacked but the beginning of the two entries in which OpenDocument says what it is. libmagic only sees
 * the first entries, and takes many a .docx for a plain zip. */
#include "content_look.h"

#include <string.h>
#include <strings.h>
#include <zlib.h>

#define END_SIZE 22
#define END_SEARCH (END_SIZE + 65535)
#define ENTRY_SIZE 46
#define NAME_SEEN 64 /* of each name; those we look for are shorter */
#define WINDOW ((size_t)64 << 10)
#define ENTRIES_MAX 100000
#define ENTRY_READ ((size_t)32 << 10)    /* of an entry that is looked into, packed */
#define MANIFEST_SIZE ((size_t)64 << 10) /* the same, unpacked */
#define TYPE_SIZE 96

/* Where an entry that is looked into stands. */
struct zip_entry {
	bool there;
	uint32_t method, packed; /* bytes */
	int64_t offset;          /* of its local header */
};

struct zip_names {
	bool content_types, word, excel, powerpoint, office_other; /* Office Open XML */
	bool odf_content;
	struct zip_entry mimetype, odf_manifest; /* of OpenDocument */
};

struct central {
	int64_t offset, end;
};

static uint32_t le16(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t le32(const uint8_t *p)
{
	return le16(p) | le16(p + 2) << 16;
}

static uint64_t le64(const uint8_t *p)
{
	return (uint64_t)le32(p) | (uint64_t)le32(p + 4) << 32;
}

bool content_name_ends(const char *name, const char *extension)
{
	size_t n = strlen(name), m = strlen(extension);
	return n > m && strcasecmp(name + n - m, extension) == 0;
}

/* A large archive keeps the place of its directory in a second record, which a locator before the first one names. */
static enum result find_central_64(
    const struct content_source *src, int64_t end_at, struct central *c, bool *ok, struct error *e)
{
	uint8_t locator[20], record[56];
	size_t got;
	if (end_at < (int64_t)sizeof(locator))
		return ERR_OK;
	TRY(src->read_at(src->arg, end_at - (int64_t)sizeof(locator), locator, sizeof(locator), &got, e));
	if (got < sizeof(locator) || memcmp(locator, "PK\6\7", 4) != 0)
		return ERR_OK;
	uint64_t at = le64(locator + 8);
	if (at > (uint64_t)src->size)
		return ERR_OK;
	TRY(src->read_at(src->arg, (int64_t)at, record, sizeof(record), &got, e));
	if (got < sizeof(record) || memcmp(record, "PK\6\6", 4) != 0)
		return ERR_OK;
	uint64_t size = le64(record + 40), offset = le64(record + 48);
	if (offset > (uint64_t)src->size || size > (uint64_t)src->size - offset)
		return ERR_OK;
	*c = (struct central){ (int64_t)offset, (int64_t)(offset + size) };
	*ok = true;
	return ERR_OK;
}

/* The directory's place, by the end record; *ok stays false when there is none that makes sense. */
static enum result find_central(
    const struct content_source *src, uint8_t *window, struct central *c, bool *ok, struct error *e)
{
	int64_t n = src->size < END_SEARCH ? src->size : END_SEARCH, start = src->size - n;
	size_t got;
	*ok = false;
	TRY(src->read_at(src->arg, start, window, (size_t)n, &got, e));
	for (size_t i = got < END_SIZE ? 0 : got - END_SIZE + 1; i-- > 0;) {
		const uint8_t *p = window + i;
		if (memcmp(p, "PK\5\6", 4) != 0)
			continue;
		uint32_t size = le32(p + 12), offset = le32(p + 16);
		int64_t end_at = start + (int64_t)i;
		if (offset == UINT32_MAX || size == UINT32_MAX || le16(p + 10) == UINT16_MAX)
			TRY(find_central_64(src, end_at, c, ok, e));
		if (!*ok && (int64_t)offset + (int64_t)size <= end_at) {
			*c = (struct central){ offset, (int64_t)offset + (int64_t)size };
			*ok = true;
		}
		if (*ok)
			return ERR_OK;
	}
	return ERR_OK;
}

static bool is_part(const char *name, const char *start)
{
	/* Office on the web numbers its main part: word/document2.xml. */
	return strncmp(name, start, strlen(start)) == 0 && content_name_ends(name, ".xml");
}

static void note_name(const char *name, const struct zip_entry *entry, struct zip_names *names)
{
	names->content_types |= strcmp(name, "[Content_Types].xml") == 0;
	names->word |= is_part(name, "word/document");
	names->excel |= is_part(name, "xl/workbook");
	names->powerpoint |= is_part(name, "ppt/presentation");
	names->office_other |= strcmp(name, "_rels/.rels") == 0;
	names->odf_content |= strcmp(name, "content.xml") == 0;
	if (strcmp(name, "META-INF/manifest.xml") == 0)
		names->odf_manifest = *entry;
	if (strcmp(name, "mimetype") == 0)
		names->mimetype = *entry;
}

static enum result read_names(const struct content_source *src, uint8_t *window, const struct central *c,
    struct zip_names *names, struct error *e)
{
	int64_t at = c->offset, window_at = 0;
	size_t held = 0;
	for (int i = 0; i < ENTRIES_MAX && at + ENTRY_SIZE <= c->end; i++) {
		if (i == 0 || at + ENTRY_SIZE + NAME_SEEN > window_at + (int64_t)held) {
			TRY(src->read_at(src->arg, at, window, WINDOW, &held, e));
			window_at = at;
		}
		const uint8_t *p = window + (at - window_at);
		size_t left = held - (size_t)(at - window_at);
		if (left < ENTRY_SIZE || memcmp(p, "PK\1\2", 4) != 0)
			break;
		size_t n = le16(p + 28);
		if (n < NAME_SEEN && n <= left - ENTRY_SIZE) {
			char name[NAME_SEEN];
			memcpy(name, p + ENTRY_SIZE, n);
			name[n] = '\0';
			const struct zip_entry entry = { true, le16(p + 10), le32(p + 20), le32(p + 42) };
			note_name(name, &entry, names);
		}
		at += ENTRY_SIZE + (int64_t)n + le16(p + 30) + le16(p + 32);
	}
	return ERR_OK;
}

/* The beginning of an entry, at most `size` - 1 bytes, ended by NUL; "" when it can't be had. What comes out of a
 * compressed one is bounded by that, whatever it says of itself. */
static enum result read_entry(
    const struct content_source *src, const struct zip_entry *entry, char *out, size_t size, struct error *e)
{
	uint8_t local[30], packed[ENTRY_READ];
	size_t got;
	out[0] = '\0';
	if (!entry->there)
		return ERR_OK;
	TRY(src->read_at(src->arg, entry->offset, local, sizeof(local), &got, e));
	if (got < sizeof(local) || memcmp(local, "PK\3\4", 4) != 0)
		return ERR_OK;
	int64_t at = entry->offset + (int64_t)sizeof(local) + le16(local + 26) + le16(local + 28);
	size_t n = entry->packed < sizeof(packed) ? entry->packed : sizeof(packed);
	TRY(src->read_at(src->arg, at, packed, n, &got, e));
	if (entry->method == 0) {
		n = got < size - 1 ? got : size - 1;
		memcpy(out, packed, n);
		out[n] = '\0';
	} else if (entry->method == Z_DEFLATED) {
		z_stream z = {
			.next_in = packed, .avail_in = (uInt)got, .next_out = (Bytef *)out, .avail_out = (uInt)size - 1
		};
		if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
			return ERR_OK;
		(void)inflate(&z, Z_SYNC_FLUSH); /* of a damaged one counts what came out before */
		out[size - 1 - z.avail_out] = '\0';
		inflateEnd(&z);
	}
	return ERR_OK;
}

/* OpenDocument and EPUB say their type in an entry named "mimetype", which should be the first one and uncompressed;
 * some writers pack it again, or leave it out, and then the manifest says of the whole, "/", what it is. */
static enum result read_mimetype(
    const struct content_source *src, const struct zip_names *names, char out[TYPE_SIZE], struct error *e)
{
	static const char whole[] = "full-path=\"/\"", type[] = "media-type=\"";
	char manifest[MANIFEST_SIZE];
	TRY(read_entry(src, &names->mimetype, out, TYPE_SIZE, e));
	out[strcspn(out, "\r\n \t")] = '\0';
	if (out[0] || !names->odf_content)
		return ERR_OK;
	TRY(read_entry(src, &names->odf_manifest, manifest, sizeof(manifest), e));
	const char *at = strstr(manifest, whole);
	if (!at)
		return ERR_OK;
	/* The two stand in one tag, in either order. */
	const char *start = at, *end = strchr(at, '>');
	while (start > manifest && *start != '<')
		start--;
	const char *said = strstr(start, type);
	size_t n = said ? strcspn(said + sizeof(type) - 1, "\"") : 0;
	if (said && end && said < end && n < TYPE_SIZE) {
		memcpy(out, said + sizeof(type) - 1, n);
		out[n] = '\0';
	}
	return ERR_OK;
}

static void decide(const struct zip_names *names, const char *mimetype, const char **id, const char **found)
{
	static const char odf[] = "application/vnd.oasis.opendocument";
	*id = NULL;
	if (strcmp(mimetype, "application/vnd.oasis.opendocument.text") == 0) {
		*id = "odt";
	} else if (strcmp(mimetype, "application/vnd.oasis.opendocument.spreadsheet") == 0) {
		*id = "ods";
	} else if (strncmp(mimetype, odf, strlen(odf)) == 0) {
		*found = odf;
	} else if (strcmp(mimetype, "application/epub+zip") == 0) {
		*found = "application/epub+zip";
	} else if (names->content_types && names->word) {
		*id = "docx";
	} else if (names->content_types && names->excel) {
		*id = "xlsx";
	} else if (names->content_types && names->powerpoint) {
		*id = "pptx";
	} else if (names->content_types && names->office_other) {
		*found = "application/vnd.openxmlformats-officedocument";
	} else if (names->odf_content && names->odf_manifest.there) {
		*found = odf; /* it does not say which */
	} else {
		*id = "zip";
	}
}

enum result content_look_zip(const struct content_source *src, const char **id, const char **found, struct error *e)
{
	uint8_t window[END_SEARCH]; /* END_SEARCH > WINDOW */
	struct central c = { 0, 0 };
	struct zip_names names = { 0 };
	char mimetype[TYPE_SIZE];
	bool ok;
	*id = NULL;
	TRY(find_central(src, window, &c, &ok, e));
	if (!ok) {
		*found = "application/zip (truncated)";
		return ERR_OK;
	}
	TRY(read_names(src, window, &c, &names, e));
	TRY(read_mimetype(src, &names, mimetype, e));
	decide(&names, mimetype, id, found);
	return ERR_OK;
}
