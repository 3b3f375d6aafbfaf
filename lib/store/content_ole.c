/* The OLE family (doc, xls and much else) by the names in its directory, a chain of sectors that may lie anywhere in
 * the file. */
#include "content_look.h"

#include <string.h>

#define HEADER 512
#define FAT_IN_HEADER 109 /* more FAT sectors than these are named elsewhere; a directory beyond is not followed */
#define CHAIN_MAX 256     /* sectors of the directory that are read */
#define ENTRY 128

struct ole {
	const struct content_source *src;
	uint8_t header[HEADER];
	uint32_t sector; /* size, bytes */
	bool word, excel, powerpoint, outlook, encrypted;
};

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static enum result next_sector(const struct ole *o, uint32_t *sector, struct error *e)
{
	uint32_t per = o->sector / 4, fat = *sector / per;
	uint8_t p[4];
	size_t got;
	if (fat >= FAT_IN_HEADER) {
		*sector = UINT32_MAX;
		return ERR_OK;
	}
	int64_t at = ((int64_t)le32(o->header + 76 + 4 * fat) + 1) * o->sector + (int64_t)(*sector % per) * 4;
	TRY(o->src->read_at(o->src->arg, at, p, sizeof(p), &got, e));
	*sector = got == sizeof(p) ? le32(p) : UINT32_MAX;
	return ERR_OK;
}

/* Whether an entry's name (UTF-16, its length in bytes with the NUL behind) is this one. */
static bool named(const uint8_t *entry, const char *name)
{
	size_t n = strlen(name);
	if ((size_t)(entry[64] | entry[65] << 8) != 2 * (n + 1))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (entry[2 * i] != (uint8_t)name[i] || entry[2 * i + 1] != 0)
			return false;
	}
	return true;
}

static void note_entry(struct ole *o, const uint8_t *entry)
{
	o->word |= named(entry, "WordDocument");
	o->excel |= named(entry, "Workbook") || named(entry, "Book");
	o->powerpoint |= named(entry, "PowerPoint Document");
	o->outlook |= named(entry, "__properties_version1.0");
	o->encrypted |= named(entry, "EncryptedPackage");
}

static enum result read_directory(struct ole *o, struct error *e)
{
	uint8_t p[4096];
	size_t got;
	uint32_t sector = le32(o->header + 48);
	for (int i = 0; i < CHAIN_MAX && sector < 0xfffffffaU; i++) {
		TRY(o->src->read_at(o->src->arg, ((int64_t)sector + 1) * o->sector, p, o->sector, &got, e));
		for (size_t at = 0; at + ENTRY <= got; at += ENTRY)
			note_entry(o, p + at);
		TRY(next_sector(o, &sector, e));
	}
	return ERR_OK;
}

enum result content_look_ole(const struct content_source *src, const char **id, const char **found, struct error *e)
{
	struct ole o = { .src = src };
	size_t got;
	*id = NULL;
	*found = "application/x-ole-storage";
	TRY(src->read_at(src->arg, 0, o.header, sizeof(o.header), &got, e));
	uint32_t shift = o.header[30];
	if (got < sizeof(o.header) || (shift != 9 && shift != 12))
		return ERR_OK;
	o.sector = 1U << shift;
	TRY(read_directory(&o, e));
	bool other = o.powerpoint || o.outlook;
	bool claims_doc = content_name_ends(src->filename, ".doc"),
	     claims_xls = content_name_ends(src->filename, ".xls");
	/* A document may hold another as an object, whose names stand in the same directory: then the name decides. */
	if (o.word && (claims_doc || (!o.excel && !other)))
		*id = "doc";
	else if (o.excel && (claims_xls || (!o.word && !other)))
		*id = "xls";
	else if (o.encrypted)
		*found = "application/encrypted";
	else if (o.outlook)
		*found = "application/vnd.ms-outlook";
	else if (o.powerpoint)
		*found = "application/vnd.ms-powerpoint";
	return ERR_OK;
}
