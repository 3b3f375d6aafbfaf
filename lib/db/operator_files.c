/* Rows of stored files past the row policies: the operator's account owns the schema or may act as its owner. */
#include "operator_files.h"
#include "operator_private.h"
#include "uuid.h"

#include <stdlib.h>
#include <string.h>

/* Bytes as PostgreSQL writes and reads them in text. */
static const char *bytea_text(TALLOC_CTX *mem, struct bytes b)
{
	static const char hex[] = "0123456789abcdef";
	char *s = mem_array(mem, char, 2 * b.n + 3);
	memcpy(s, "\\x", 2);
	for (size_t i = 0; i < b.n; i++) {
		s[2 + 2 * i] = hex[b.p[i] >> 4];
		s[3 + 2 * i] = hex[b.p[i] & 15];
	}
	s[2 + 2 * b.n] = '\0';
	return s;
}

static struct bytes bytea_value(TALLOC_CTX *mem, const PGresult *r, int row, int column)
{
	size_t n;
	unsigned char *p = PQunescapeBytea((const unsigned char *)PQgetvalue(r, row, column), &n);
	struct bytes b = { talloc_memdup(mem, mem_check(p), n), n };
	PQfreemem(p);
	return b;
}

static const char *uuid_text(TALLOC_CTX *mem, const struct uuid *id)
{
	char *s = mem_array(mem, char, 37);
	uuid_format(id, s);
	return s;
}

/* The rows of an answer, which is cleared. */
static void read_files(TALLOC_CTX *mem, PGresult *r, struct file_row **rows, size_t *n)
{
	*n = (size_t)PQntuples(r);
	*rows = mem_array(mem, struct file_row, *n + 1);
	for (size_t i = 0; i < *n; i++) {
		struct file_row *f = &(*rows)[i];
		int row = (int)i;
		struct bytes digest = bytea_value(mem, r, row, 2);
		if (digest.n != sizeof(f->sha256) || !uuid_parse(PQgetvalue(r, row, 0), &f->organization_id) ||
		    !uuid_parse(PQgetvalue(r, row, 1), &f->id))
			BUG("a row of a file is not what the schema says");
		memcpy(f->sha256, digest.p, sizeof(f->sha256));
		f->size = strtoll(PQgetvalue(r, row, 3), NULL, 10);
		f->wrapped_key = bytea_value(mem, r, row, 4);
		f->key_id = mem_strdup(mem, PQgetvalue(r, row, 5));
	}
	PQclear(r);
}

/* Page by page: `sql` asks for those after a key ($1, $2), `which` is its $3. */
static enum result each_page(
    struct operator_db *db, const char *sql, const char *which, file_seen *each, void *arg, struct error *e)
{
	char organization[37], id[37];
	const char *values[] = { NULL, NULL, which };
	size_t n;
	do {
		TALLOC_CTX *mem = mem_new("files", 0);
		struct file_row *rows = NULL;
		PGresult *r;
		n = 0;
		enum result rc = operator_query(db, sql, ARRAY_LEN(values), values, &r, e);
		if (rc == ERR_OK)
			read_files(mem, r, &rows, &n);
		for (size_t i = 0; i < n && rc == ERR_OK; i++)
			rc = each(arg, &rows[i], e);
		if (n > 0) {
			uuid_format(&rows[n - 1].organization_id, organization);
			uuid_format(&rows[n - 1].id, id);
			values[0] = organization;
			values[1] = id;
		}
		talloc_free(mem);
		TRY(rc);
	} while (n > 0);
	return ERR_OK;
}

enum result operator_each_file(struct operator_db *db, const char *not_key, file_seen *each, void *arg, struct error *e)
{
	return each_page(db,
	    "select organization_id, id, sha256, size, wrapped_key, key_id from scorpius.blob"
	    " where ($1::uuid is null or (organization_id, id) > ($1::uuid, $2::uuid))"
	    " and ($3::text is null or key_id <> $3) order by organization_id, id limit 500",
	    not_key, each, arg, e);
}

enum result operator_each_file_to_scan(struct operator_db *db, bool all, file_seen *each, void *arg, struct error *e)
{
	return each_page(db,
	    "select b.organization_id, b.id, b.sha256, b.size, b.wrapped_key, b.key_id from scorpius.blob b"
	    " where ($1::uuid is null or (b.organization_id, b.id) > ($1::uuid, $2::uuid))"
	    " and ($3::boolean or b.scanned_at is null) and exists (select from scorpius.document d"
	    "  where d.organization_id = b.organization_id and d.blob_id = b.id)"
	    " order by b.organization_id, b.id limit 500",
	    all ? "t" : "f", each, arg, e);
}

/* The function works for the organisation that is set. */
static enum result tell_scanned(struct operator_db *db, const char *const *values, PGresult **r, struct error *e)
{
	TRY(operator_query(db, "begin", 0, NULL, r, e));
	PQclear(*r);
	TRY(operator_query(db, "select set_config('scorpius.organization_id', $1, true)", 1, values, r, e));
	PQclear(*r);
	return operator_query(db, "select queue.scan_result($1::uuid, $2)", 2, values + 1, r, e);
}

enum result operator_file_scanned(
    struct operator_db *db, const struct file_row *row, const char *infection, bool *changed, struct error *e)
{
	char organization[37], file[37];
	const char *const values[] = { organization, file, infection };
	PGresult *r;
	uuid_format(&row->organization_id, organization);
	uuid_format(&row->id, file);
	enum result code = tell_scanned(db, values, &r, e);
	if (code != ERR_OK) {
		PQclear(PQexec(db->conn, "rollback"));
		return code;
	}
	*changed = PQgetvalue(r, 0, 0)[0] == 't';
	PQclear(r);
	TRY(operator_query(db, "commit", 0, NULL, &r, e));
	PQclear(r);
	return ERR_OK;
}

enum result operator_file_known(
    struct operator_db *db, const struct uuid *organization_id, const struct uuid *id, bool *known, struct error *e)
{
	char organization[37], file[37];
	const char *const values[] = { organization, file };
	PGresult *r;
	uuid_format(organization_id, organization);
	uuid_format(id, file);
	TRY(operator_query(
	    db, "select from scorpius.blob where organization_id = $1::uuid and id = $2::uuid", 2, values, &r, e));
	*known = PQntuples(r) > 0;
	PQclear(r);
	return ERR_OK;
}

enum result operator_file_rewrap(struct operator_db *db, const struct file_row *was, struct bytes wrapped_key,
    const char *key_id, bool *done, struct error *e)
{
	TALLOC_CTX *mem = mem_new("rewrap", 0);
	const char *const values[] = { uuid_text(mem, &was->organization_id), uuid_text(mem, &was->id),
		bytea_text(mem, was->wrapped_key), bytea_text(mem, wrapped_key), key_id };
	PGresult *r;
	enum result code = operator_query(db,
	    "update scorpius.blob set wrapped_key = $4::bytea, key_id = $5 where organization_id = $1::uuid"
	    " and id = $2::uuid and wrapped_key = $3::bytea",
	    ARRAY_LEN(values), values, &r, e);
	talloc_free(mem);
	TRY(code);
	*done = strcmp(PQcmdTuples(r), "1") == 0;
	PQclear(r);
	return ERR_OK;
}
