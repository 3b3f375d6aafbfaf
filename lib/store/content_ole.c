/* The OLE family (doc, xls and much else) by the names in its directory, a chain of sectors that may lie anywhere in
 * the file. */
#include "content_look.h"

#include <string.h>

#define HEADER 512
#define FAT_IN_HEADER 109 /* more FAT sectors than these are named elsewhere; a directory beyond is not followed */
#define CHAIN_MAX 256     /* sectors of the directory that are read */
#define ENTRY 128
#define NODES_MAX 1024 /* entries whose place in the tree is known */

enum { WORD = 1, EXCEL = 2, POWERPOINT = 4, OUTLOOK = 8, ENCRYPTED = 16 };

struct node {
	uint32_t left, right;
	unsigned what;
	bool taken;
};

struct ole {
	const struct content_source *src;
	uint8_t header[HEADER];
	uint32_t sector; /* size, bytes */
	unsigned what;   /* all that its names say */
	uint32_t first;  /* node at the top */
	struct node nodes[NODES_MAX];
	unsigned n;
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
	static const struct {
		const char *name;
		unsigned what;
	} names[] = { { "WordDocument", WORD }, { "Workbook", EXCEL }, { "Book", EXCEL },
		{ "PowerPoint Document", POWERPOINT }, { "__properties_version1.0", OUTLOOK },
		{ "EncryptedPackage", ENCRYPTED } };
	unsigned what = 0;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		what |= named(entry, names[i].name) ? names[i].what : 0;
	o->what |= what;
	if (o->n == 0)
		o->first = le32(entry + 76);
	if (o->n < NODES_MAX)
		o->nodes[o->n++] = (struct node){ le32(entry + 68), le32(entry + 72), what };
}

/* What stands at the top of the directory, a tree of siblings below the root. Each node is taken once, whatever the
 * links say. */
static unsigned at_top(struct ole *o)
{
	uint32_t waiting[NODES_MAX + 2];
	unsigned what = 0, n = 0;
	waiting[n++] = o->first;
	while (n > 0) {
		uint32_t i = waiting[--n];
		if (i == 0 || i >= o->n || o->nodes[i].taken)
			continue;
		o->nodes[i].taken = true;
		what |= o->nodes[i].what;
		if (n + 2 <= NODES_MAX + 2) {
			waiting[n++] = o->nodes[i].left;
			waiting[n++] = o->nodes[i].right;
		}
	}
	return what;
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
	struct ole o = { .src = src, .n = 0 };
	size_t got;
	*id = NULL;
	*found = "application/x-ole-storage";
	TRY(src->read_at(src->arg, 0, o.header, sizeof(o.header), &got, e));
	uint32_t shift = o.header[30];
	if (got < sizeof(o.header) || (shift != 9 && shift != 12))
		return ERR_OK;
	o.sector = 1U << shift;
	TRY(read_directory(&o, e));
	unsigned what = o.what;
	/* A document may hold another as an object, whose names stand deeper in the same directory. */
	if ((what & (what - 1)) != 0)
		what = at_top(&o);
	if (what & ENCRYPTED)
		*found = "application/encrypted";
	else if (what & OUTLOOK)
		*found = "application/vnd.ms-outlook";
	else if (what & POWERPOINT)
		*found = "application/vnd.ms-powerpoint";
	else if (what & (WORD | EXCEL))
		*id = what & WORD ? "doc" : "xls";
	return ERR_OK;
}
