#include "manifest.h"
#include "json.h"
#include "uuid.h"

#include <string.h>

#define LABEL "scorpius: key of backups"
#define LINE_MAX ((size_t)1 << 20)
#define CHUNK 65536

enum result backup_key_check(const struct backup *b, const struct master_keys *keys, struct error *e)
{
	uint8_t key[CRYPTO_KEY_SIZE];
	bool ours = master_key_derive(keys, b->master_key, LABEL, key);
	crypto_wipe(key, sizeof(key));
	return ours ? ERR_OK
		    : error_set(e, ERR_WRONG_MASTER_KEY, NULL, "theirs", b->master_key, "ours", master_key_id(keys));
}

static const char *const names[] = { "dump", "manifest" };

/* What a part is bound to: this backup, and which part of it. */
static struct store_key identity(const struct backup *b, enum backup_part part)
{
	struct store_key key = { b->id, { { 0 } } };
	memcpy(key.id.b, names[part], strlen(names[part]));
	return key;
}

enum result backup_part_create(TALLOC_CTX *mem, int folder, const struct backup *b, enum backup_part part,
    const struct master_keys *keys, struct sealed_file **out, struct error *e)
{
	uint8_t key[CRYPTO_KEY_SIZE];
	struct store_key id = identity(b, part);
	TRY(backup_key_check(b, keys, e));
	(void)!master_key_derive(keys, b->master_key, LABEL, key);
	enum result r = sealed_file_create(mem, folder, names[part], &id, b->master_key, key, out, e);
	crypto_wipe(key, sizeof(key));
	return r;
}

enum result backup_part_open(TALLOC_CTX *mem, int folder, const struct backup *b, enum backup_part part,
    const struct master_keys *keys, struct sealed_file **out, struct error *e)
{
	uint8_t key[CRYPTO_KEY_SIZE];
	struct store_key id = identity(b, part);
	TRY(backup_key_check(b, keys, e));
	(void)!master_key_derive(keys, b->master_key, LABEL, key);
	enum result r = sealed_file_open(mem, folder, names[part], &id, key, out, e);
	crypto_wipe(key, sizeof(key));
	return r;
}

/* ---- writing ---- */

static void write_names(struct json_writer *w, const char *name, const struct name_list *list)
{
	jw_key(w, name);
	jw_open(w, '[');
	for (size_t i = 0; i < list->n; i++)
		jw_text(w, list->p[i]);
	jw_close(w, ']');
}

static void write_hex(TALLOC_CTX *mem, struct json_writer *w, const char *name, const void *p, size_t n)
{
	char *text = mem_array(mem, char, 2 * n + 1);
	crypto_hex(p, n, text);
	jw_field_text(w, name, text);
}

static struct json_writer begin_line(TALLOC_CTX *mem, struct buf *line)
{
	struct json_writer w;
	buf_init(line, mem, LINE_MAX);
	jw_init(&w, line);
	jw_open(&w, '{');
	return w;
}

/* Ends the object, writes it as a line, and frees mem. */
static enum result end_line(
    struct sealed_file *f, TALLOC_CTX *mem, struct json_writer *w, struct buf *line, struct error *e)
{
	jw_close(w, '}');
	buf_char(line, '\n');
	enum result r = line->full ? error_set(e, ERR_INTERNAL, NULL) : sealed_file_write(f, line->data, line->len, e);
	talloc_free(mem);
	return r;
}

enum result manifest_write_head(struct sealed_file *f, const struct manifest_head *head, struct error *e)
{
	TALLOC_CTX *mem = mem_new("manifest", 0);
	const struct backup_facts *facts = &head->facts;
	struct buf line;
	struct json_writer w = begin_line(mem, &line);
	jw_field_int(&w, "server_version", facts->server_version);
	jw_field_int(&w, "blobs", facts->blobs);
	write_names(&w, "changes", &facts->changes);
	write_names(&w, "owners", &facts->owners);
	write_names(&w, "key_ids", &facts->key_ids);
	jw_key(&w, "roles");
	jw_open(&w, '[');
	for (size_t i = 0; i < facts->n_roles; i++) {
		jw_open(&w, '{');
		jw_field_text(&w, "name", facts->roles[i].name);
		jw_field_bool(&w, "login", facts->roles[i].login);
		jw_field_bool(&w, "inherit", facts->roles[i].inherit);
		write_names(&w, "settings", &facts->roles[i].settings);
		jw_close(&w, '}');
	}
	jw_close(&w, ']');
	jw_field_int(&w, "dump_size", head->dump_size);
	write_hex(mem, &w, "dump_sha256", head->dump_sha256, sizeof(head->dump_sha256));
	return end_line(f, mem, &w, &line, e);
}

enum result manifest_write_file(struct sealed_file *f, const struct file_row *row, bool missing, struct error *e)
{
	TALLOC_CTX *mem = mem_new("manifest", 0);
	struct buf line;
	struct json_writer w = begin_line(mem, &line);
	jw_field_uuid(&w, "organization_id", &row->organization_id);
	jw_field_uuid(&w, "id", &row->id);
	jw_field_int(&w, "size", row->size);
	write_hex(mem, &w, "sha256", row->sha256, sizeof(row->sha256));
	write_hex(mem, &w, "wrapped_key", row->wrapped_key.p, row->wrapped_key.n);
	jw_field_text(&w, "key_id", row->key_id);
	if (missing)
		jw_field_bool(&w, "missing", true);
	return end_line(f, mem, &w, &line, e);
}

enum result manifest_write_end(struct sealed_file *f, const struct backup *b, struct error *e)
{
	TALLOC_CTX *mem = mem_new("manifest", 0);
	struct buf line;
	struct json_writer w = begin_line(mem, &line);
	jw_field_int(&w, "files", b->files);
	jw_field_int(&w, "missing", b->missing);
	TRY(end_line(f, mem, &w, &line, e));
	return sealed_file_commit(f, e);
}

/* ---- reading ---- */

struct manifest {
	struct sealed_file *file;
	int64_t at;         /* of the file: behind what is in `data` */
	char *data;         /* bytes that were read and not yet taken */
	size_t from, until; /* the part of them that is not taken */
	TALLOC_CTX *line;   /* what the line of now is parsed into */
	int64_t files, missing;
};

static enum result damaged(struct error *e)
{
	error_cause(e, "a manifest is not what was written");
	return error_set(e, ERR_DAMAGED, NULL);
}

static enum result next_line(struct manifest *m, const struct json **out, struct error *e)
{
	for (;;) {
		char *start = m->data + m->from, *nl = memchr(start, '\n', m->until - m->from);
		if (nl) {
			m->from = (size_t)(nl - m->data) + 1;
			talloc_free(m->line);
			m->line = talloc_new(m);
			return json_parse(m->line, start, (size_t)(nl - start), out, e);
		}
		memmove(m->data, start, m->until - m->from);
		m->until -= m->from;
		m->from = 0;
		if (m->until + CHUNK > LINE_MAX)
			return damaged(e);
		size_t got;
		TRY(sealed_file_read_at(m->file, m->at, m->data + m->until, CHUNK, &got, e));
		if (got == 0)
			return damaged(e);
		m->at += (int64_t)got;
		m->until += got;
	}
}

static bool read_hex(const struct json *v, void *out, size_t n)
{
	const char *s = json_string(v);
	return s && strlen(s) == 2 * n && crypto_unhex(s, out, n);
}

static bool read_names(TALLOC_CTX *mem, const struct json *v, struct name_list *out)
{
	out->n = json_len(v);
	out->p = mem_array(mem, const char *, out->n + 1);
	for (size_t i = 0; i < out->n; i++) {
		const char *s = json_string(json_at(v, i));
		if (!s)
			return false;
		out->p[i] = mem_strdup(mem, s);
	}
	return true;
}

static bool read_head(TALLOC_CTX *mem, const struct json *v, struct manifest_head *head)
{
	struct backup_facts *facts = &head->facts;
	const struct json *roles = json_get(v, "roles");
	memset(head, 0, sizeof(*head));
	facts->server_version = json_int(json_get(v, "server_version"));
	facts->blobs = json_int(json_get(v, "blobs"));
	facts->n_roles = json_len(roles);
	facts->roles = mem_array(mem, struct role_row, facts->n_roles + 1);
	for (size_t i = 0; i < facts->n_roles; i++) {
		const struct json *role = json_at(roles, i);
		facts->roles[i].name = mem_strdup(mem, json_string(json_get(role, "name")));
		facts->roles[i].login = json_truth(json_get(role, "login"));
		facts->roles[i].inherit = json_truth(json_get(role, "inherit"));
		if (!facts->roles[i].name || !read_names(mem, json_get(role, "settings"), &facts->roles[i].settings))
			return false;
	}
	head->dump_size = json_int(json_get(v, "dump_size"));
	return facts->server_version > 0 && read_names(mem, json_get(v, "changes"), &facts->changes) &&
	       read_names(mem, json_get(v, "owners"), &facts->owners) &&
	       read_names(mem, json_get(v, "key_ids"), &facts->key_ids) &&
	       read_hex(json_get(v, "dump_sha256"), head->dump_sha256, sizeof(head->dump_sha256));
}

enum result manifest_open(TALLOC_CTX *mem, int folder, const struct backup *b, const struct master_keys *keys,
    struct manifest **out, struct manifest_head *head, struct error *e)
{
	struct manifest *m = mem_zero(mem, struct manifest);
	const struct json *v;
	TRY(backup_part_open(m, folder, b, BACKUP_MANIFEST, keys, &m->file, e));
	m->data = mem_array(m, char, LINE_MAX);
	*out = m;
	TRY(next_line(m, &v, e));
	return read_head(mem, v, head) ? ERR_OK : damaged(e);
}

static bool read_file(TALLOC_CTX *mem, const struct json *v, struct file_row *row)
{
	uint8_t *wrapped = mem_array(mem, uint8_t, CRYPTO_WRAPPED_SIZE);
	const char *organization = json_string(json_get(v, "organization_id")), *id = json_string(json_get(v, "id"));
	row->size = json_int(json_get(v, "size"));
	row->wrapped_key = (struct bytes){ wrapped, CRYPTO_WRAPPED_SIZE };
	row->key_id = json_string(json_get(v, "key_id"));
	return organization && uuid_parse(organization, &row->organization_id) && id && uuid_parse(id, &row->id) &&
	       row->key_id && read_hex(json_get(v, "sha256"), row->sha256, sizeof(row->sha256)) &&
	       read_hex(json_get(v, "wrapped_key"), wrapped, CRYPTO_WRAPPED_SIZE);
}

/* The count is right, and nothing follows. */
static bool is_end(const struct manifest *m, const struct json *v)
{
	return json_int(json_get(v, "files")) == m->files && json_int(json_get(v, "missing")) == m->missing &&
	       m->from == m->until && m->at == sealed_file_size(m->file);
}

enum result manifest_next(struct manifest *m, struct file_row *row, bool *missing, bool *end, struct error *e)
{
	const struct json *v;
	TRY(next_line(m, &v, e));
	*end = json_has(v, "files");
	if (*end)
		return is_end(m, v) ? ERR_OK : damaged(e);
	if (!read_file(m->line, v, row))
		return damaged(e);
	*missing = json_truth(json_get(v, "missing"));
	if (*missing)
		m->missing++;
	else
		m->files++;
	return ERR_OK;
}
