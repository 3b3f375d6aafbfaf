/* The package of an office file: which part is related to which. */
#include "buf.h"
#include "ooxml.h"

#include <string.h>

/* "word/document.xml" + "../media/x" to "media/x"; what leads out of the package stays a name that no part has. */
static char *target_resolve(TALLOC_CTX *mem, const char *part, const char *target)
{
	if (target[0] == '/')
		return mem_strdup(mem, target + 1);
	const char *slash = strrchr(part, '/');
	size_t base = slash ? (size_t)(slash - part) : 0;
	while (strncmp(target, "../", 3) == 0) {
		target += 3;
		while (base > 0 && part[base - 1] != '/')
			base--;
		base -= base > 0;
	}
	while (strncmp(target, "./", 2) == 0)
		target += 2;
	return base ? mem_printf(mem, "%.*s/%s", (int)base, part, target) : mem_strdup(mem, target);
}

bool relations_read(struct zipfile *z, const char *part, struct relations *out)
{
	const char *slash = strrchr(part, '/'), *name = slash ? slash + 1 : part;
	char *rels = mem_printf(z->mem, "%.*s_rels/%s.rels", (int)(name - part), part, name);
	struct buf b;
	struct xml x;
	bool found;
	*out = (struct relations){ 0 };
	if (!zipfile_part(z, rels, &b, &found))
		return false;
	if (!found)
		return true;
	if (xml_start(&x, b.data, b.len, z->r)) {
		while (xml_next(&x) < XML_END) {
			if (!xml_is(&x, "Relationship"))
				continue;
			char *mode = xml_attr(&x, z->mem, "TargetMode"), *target = xml_attr(&x, z->mem, "Target"),
			     *type = xml_attr(&x, z->mem, "Type"), *id = xml_attr(&x, z->mem, "Id");
			if (!target || !type || !id || (mode && strcmp(mode, "External") == 0))
				continue;
			const char *word = strrchr(type, '/');
			out->all = mem_grow(z->mem, out->all, struct relation, out->n + 1);
			out->all[out->n++] = (struct relation){ .id = id,
				.type = mem_strdup(z->mem, word ? word + 1 : type),
				.target = target_resolve(z->mem, part, target) };
		}
	}
	xml_close(&x);
	talloc_free(b.data);
	return z->r->status == READER_OK;
}

const char *relation_by_type(const struct relations *all, const char *type)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->all[i].type, type) == 0)
			return all->all[i].target;
	return NULL;
}

const char *relation_by_id(const struct relations *all, const char *id)
{
	for (size_t i = 0; id && i < all->n; i++)
		if (strcmp(all->all[i].id, id) == 0)
			return all->all[i].target;
	return NULL;
}

const char *package_main(struct zipfile *z)
{
	struct relations all;
	if (!relations_read(z, "", &all))
		return NULL;
	const char *main = relation_by_type(&all, "officeDocument");
	if (!main)
		reading_fail(z->r, READER_UNREADABLE, "relationships");
	return main;
}

bool package_encrypted(const uint8_t *bytes, size_t n)
{
	static const char stream[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e";
	return n > 8 && memcmp(bytes, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8) == 0 &&
	       memmem(bytes, n, stream, sizeof(stream));
}
