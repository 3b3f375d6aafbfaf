#include "export_names.h"

#include <ctype.h>
#include <string.h>

#include "buf.h"
#include "text.h"

#define COMPONENT_MAX 200
#define WHOLE_MAX 16384
#define NUMBERS_MAX 50

/* Open addressing over hashes alone: two names that share one only cost a number that was not needed. */
struct export_names {
	uint64_t *slots; /* 0: free */
	size_t n, size;
};

struct export_names *export_names_new(TALLOC_CTX *mem)
{
	struct export_names *s = mem_zero(mem, struct export_names);
	s->size = 1024;
	s->slots = mem_array(s, uint64_t, s->size);
	return s;
}

/* Latin letters with accents differ in case by one bit of their second byte (U+00C0 to U+00FE). */
static unsigned char fold(const char *p, size_t i)
{
	unsigned char c = (unsigned char)p[i];
	if (i > 0 && (unsigned char)p[i - 1] == 0xC3 && c >= 0x80 && c <= 0x9E)
		return c | 0x20;
	return (unsigned char)tolower(c);
}

/* FNV-1a; `kind` keeps files and folders of one name apart. */
static uint64_t hash(const char *p, size_t n, char kind)
{
	uint64_t h = UINT64_C(14695981039346656037) ^ (unsigned char)kind;
	for (size_t i = 0; i < n; i++)
		h = (h ^ fold(p, i)) * UINT64_C(1099511628211);
	return h ? h : 1;
}

static uint64_t *slot_of(struct export_names *s, uint64_t h)
{
	size_t at = h & (s->size - 1);
	while (s->slots[at] != 0 && s->slots[at] != h)
		at = (at + 1) & (s->size - 1);
	return &s->slots[at];
}

static void put(struct export_names *s, uint64_t h)
{
	if (2 * (s->n + 1) > s->size) {
		uint64_t *old = s->slots;
		size_t n = s->size;
		s->size *= 2;
		s->slots = mem_array(s, uint64_t, s->size);
		for (size_t i = 0; i < n; i++)
			if (old[i] != 0)
				*slot_of(s, old[i]) = old[i];
		talloc_free(old);
	}
	uint64_t *slot = slot_of(s, h);
	s->n += *slot == 0;
	*slot = h;
}

static bool has(struct export_names *s, const char *p, size_t n, char kind)
{
	return *slot_of(s, hash(p, n, kind)) != 0;
}

/* One component, harmless; nothing when nothing of it is left. */
static void add_component(struct buf *b, const char *p, size_t n)
{
	if (n == 0 || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
		return;
	if (b->len > 0 && b->data[b->len - 1] != '/')
		buf_char(b, '/');
	n = n > COMPONENT_MAX ? text_cut(p, n, COMPONENT_MAX) : n;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];
		buf_char(b, c < 0x20 || c == 0x7F || c == '\\' || c == '/' ? '_' : p[i]);
	}
}

static void add_folder(struct buf *b, const char *root, const char *path)
{
	buf_reset(b);
	buf_str(b, root);
	for (const char *p = path; *p;) {
		size_t n = strcspn(p, "/");
		add_component(b, p, n);
		p += n + (p[n] == '/');
	}
	if (b->len > 0)
		buf_char(b, '/');
}

/* Whether a folder above has the name of a file. */
static bool folder_taken(struct export_names *s, const struct buf *b)
{
	for (size_t i = 0; i < b->len; i++)
		if (b->data[i] == '/' && has(s, b->data, i, 'f'))
			return true;
	return false;
}

static void put_folders(struct export_names *s, const char *whole)
{
	for (const char *p = strchr(whole, '/'); p; p = strchr(p + 1, '/'))
		put(s, hash(whole, (size_t)(p - whole), 'd'));
}

/* A name that ends in a long dot suffix has no extension. */
static size_t stem(const char *name, size_t n)
{
	for (size_t i = n; i > 1 && n - i < 10; i--)
		if (name[i - 1] == '.')
			return i - 1;
	return n;
}

const char *export_names_add(
    struct export_names *names, TALLOC_CTX *mem, const char *root, const char *path, const char *name, const char *id)
{
	struct buf folder, file, whole;
	buf_init(&folder, mem, WHOLE_MAX);
	buf_init(&file, mem, WHOLE_MAX);
	buf_init(&whole, mem, WHOLE_MAX);
	add_component(&file, name, strlen(name));
	if (file.len == 0)
		buf_char(&file, '_');
	add_folder(&folder, root, path);
	size_t cut = stem(file.data, file.len);
	bool found = false;
	for (int n = 1; n <= NUMBERS_MAX && !found && !folder_taken(names, &folder); n++) {
		buf_reset(&whole);
		buf_add(&whole, folder.data, folder.len);
		buf_add(&whole, file.data, cut);
		if (n > 1)
			buf_printf(&whole, " (%d)", n);
		buf_str(&whole, file.data + cut);
		found = !has(names, whole.data, whole.len, 'f') && !has(names, whole.data, whole.len, 'd');
	}
	if (!found) {
		add_folder(&folder, root, id);
		buf_reset(&whole);
		buf_add(&whole, folder.data, folder.len);
		buf_str(&whole, file.data);
	}
	put(names, hash(whole.data, whole.len, 'f'));
	put_folders(names, whole.data);
	return whole.data;
}
