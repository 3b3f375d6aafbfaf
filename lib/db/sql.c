/* Values between C structs and PostgreSQL's binary form. */
#include <arpa/inet.h>
#include <endian.h>
#include <string.h>

#include "db_private.h"
#include "metrics.h"

/* Microseconds from 1970 to 2000, where PostgreSQL's clock begins. */
#define EPOCH_2000_US INT64_C(946684800000000)

enum {
	OID_BOOL = 16,
	OID_BYTEA = 17,
	OID_INT8 = 20,
	OID_TEXT = 25,
	OID_FLOAT8 = 701,
	OID_TEXT_ARRAY = 1009,
	OID_TIMESTAMPTZ = 1184,
	OID_UUID = 2950,
	OID_UUID_ARRAY = 2951,
	OID_JSONB = 3802
};

static const Oid oids[] = {
	[SQL_BOOL] = OID_BOOL,
	[SQL_INT8] = OID_INT8,
	[SQL_FLOAT8] = OID_FLOAT8,
	[SQL_UUID] = OID_UUID,
	[SQL_TIMESTAMPTZ] = OID_TIMESTAMPTZ,
	[SQL_TEXT] = OID_TEXT,
	[SQL_BYTEA] = OID_BYTEA,
	[SQL_JSONB] = OID_JSONB,
	[SQL_TEXT_ARRAY] = OID_TEXT_ARRAY,
	[SQL_UUID_ARRAY] = OID_UUID_ARRAY,
	[SQL_OPT_BOOL] = OID_BOOL,
	[SQL_OPT_INT8] = OID_INT8,
	[SQL_OPT_FLOAT8] = OID_FLOAT8,
	[SQL_OPT_UUID] = OID_UUID,
	[SQL_OPT_TIMESTAMPTZ] = OID_TIMESTAMPTZ,
};

Oid sql_oid(enum sql_type type)
{
	return oids[type];
}

/* --- parameters --------------------------------------------------------------------------------------------------- */

struct params {
	Oid types[SQL_MAX_PARAMS];
	const char *values[SQL_MAX_PARAMS];
	int lengths[SQL_MAX_PARAMS], formats[SQL_MAX_PARAMS];
	uint64_t fixed[SQL_MAX_PARAMS]; /* room for the numbers */
	TALLOC_CTX *mem;                /* room for arrays; NULL until needed */
};

static void put_int8(struct params *p, size_t i, int64_t v)
{
	p->fixed[i] = htobe64((uint64_t)v);
	p->values[i] = (const char *)&p->fixed[i];
	p->lengths[i] = 8;
}

static void put_float8(struct params *p, size_t i, double v)
{
	int64_t bits;
	memcpy(&bits, &v, sizeof(bits));
	put_int8(p, i, bits);
}

static void put_bool(struct params *p, size_t i, bool v)
{
	memcpy(&p->fixed[i], v ? "\1" : "\0", 1);
	p->values[i] = (const char *)&p->fixed[i];
	p->lengths[i] = 1;
}

static void put_uuid(struct params *p, size_t i, const struct uuid *v)
{
	p->values[i] = (const char *)v->b;
	p->lengths[i] = 16;
}

/* An array's binary form: dimensions, "has nulls", type of elements, length, lower bound, then each with its length. */
static void put_array(struct params *p, size_t i, Oid element, size_t n,
    const void *(*at)(const void *, size_t, size_t *), const void *array)
{
	size_t size = n == 0 ? 12 : 20, len;
	for (size_t k = 0; k < n; k++) {
		at(array, k, &len);
		size += 4 + len;
	}
	if (p->mem == NULL)
		p->mem = mem_new("sql parameters", 0);
	uint8_t *out = mem_array(p->mem, uint8_t, size), *w = out;
	uint32_t head[5] = { htonl(n == 0 ? 0 : 1), 0, htonl(element), htonl((uint32_t)n), htonl(1) };
	memcpy(w, head, n == 0 ? 12 : 20);
	w += n == 0 ? 12 : 20;
	for (size_t k = 0; k < n; k++) {
		const void *bytes = at(array, k, &len);
		uint32_t be = htonl((uint32_t)len);
		memcpy(w, &be, 4);
		memcpy(w + 4, bytes, len);
		w += 4 + len;
	}
	p->values[i] = (const char *)out;
	p->lengths[i] = (int)size;
}

static const void *text_at(const void *array, size_t k, size_t *len)
{
	const char *s = ((const char *const *)array)[k];
	*len = strlen(s);
	return s;
}

static const void *uuid_at(const void *array, size_t k, size_t *len)
{
	*len = 16;
	return ((const struct uuid *)array)[k].b;
}

static void encode(struct params *p, size_t i, enum sql_type type, const void *f)
{
	p->types[i] = oids[type];
	p->formats[i] = 1;
	p->values[i] = NULL;
	p->lengths[i] = 0;
	switch (type) {
	case SQL_BOOL:
		put_bool(p, i, *(const bool *)f);
		break;
	case SQL_INT8:
		put_int8(p, i, *(const int64_t *)f);
		break;
	case SQL_FLOAT8:
		put_float8(p, i, *(const double *)f);
		break;
	case SQL_UUID:
		put_uuid(p, i, f);
		break;
	case SQL_TIMESTAMPTZ:
		put_int8(p, i, ((const struct instant *)f)->us - EPOCH_2000_US);
		break;
	case SQL_TEXT:
		p->values[i] = *(const char *const *)f;
		p->formats[i] = 0; /* the text form of text is the text, and needs no length */
		break;
	case SQL_JSONB:
		p->values[i] = ((const struct json_text *)f)->s;
		p->formats[i] = 0; /* the binary form would need a copy with its version in front */
		break;
	case SQL_BYTEA:
		p->values[i] = (const char *)((const struct bytes *)f)->p;
		p->lengths[i] = (int)((const struct bytes *)f)->n;
		break;
	case SQL_TEXT_ARRAY:
		put_array(p, i, OID_TEXT, ((const struct sql_texts *)f)->n, text_at, ((const struct sql_texts *)f)->p);
		break;
	case SQL_UUID_ARRAY:
		put_array(p, i, OID_UUID, ((const struct sql_uuids *)f)->n, uuid_at, ((const struct sql_uuids *)f)->p);
		break;
	case SQL_OPT_BOOL:
		if (((const struct opt_bool *)f)->set)
			put_bool(p, i, ((const struct opt_bool *)f)->value);
		break;
	case SQL_OPT_INT8:
		if (((const struct opt_int *)f)->set)
			put_int8(p, i, ((const struct opt_int *)f)->value);
		break;
	case SQL_OPT_FLOAT8:
		if (((const struct opt_num *)f)->set)
			put_float8(p, i, ((const struct opt_num *)f)->value);
		break;
	case SQL_OPT_UUID:
		if (((const struct opt_uuid *)f)->set)
			put_uuid(p, i, &((const struct opt_uuid *)f)->value);
		break;
	case SQL_OPT_TIMESTAMPTZ:
		if (((const struct opt_instant *)f)->set)
			put_int8(p, i, ((const struct opt_instant *)f)->us - EPOCH_2000_US);
		break;
	}
}

/* --- results ------------------------------------------------------------------------------------------------------ */

static int64_t get_int8(const char *p)
{
	uint64_t v;
	memcpy(&v, p, 8);
	return (int64_t)be64toh(v);
}

static double get_float8(const char *p)
{
	int64_t bits = get_int8(p);
	double v;
	memcpy(&v, &bits, sizeof(v));
	return v;
}

/* What the server sends of each type; 0: any length. */
static int fixed_length(enum sql_type type)
{
	switch (type) {
	case SQL_BOOL:
	case SQL_OPT_BOOL:
		return 1;
	case SQL_INT8:
	case SQL_FLOAT8:
	case SQL_TIMESTAMPTZ:
	case SQL_OPT_INT8:
	case SQL_OPT_FLOAT8:
	case SQL_OPT_TIMESTAMPTZ:
		return 8;
	case SQL_UUID:
	case SQL_OPT_UUID:
		return 16;
	default:
		return 0;
	}
}

/* False: NULL, or a wrong length, where neither is allowed. `f` is zeroed. Texts point into the result. */
static bool decode(enum sql_type type, const char *v, int n, bool null, void *f)
{
	int wanted = fixed_length(type);
	if (!null && wanted != 0 && n != wanted)
		return false;
	switch (type) {
	case SQL_BOOL:
		*(bool *)f = !null && *v != 0;
		return !null;
	case SQL_INT8:
		*(int64_t *)f = null ? 0 : get_int8(v);
		return !null;
	case SQL_FLOAT8:
		*(double *)f = null ? 0 : get_float8(v);
		return !null;
	case SQL_UUID:
		if (!null)
			memcpy(f, v, 16);
		return !null;
	case SQL_TIMESTAMPTZ:
		((struct instant *)f)->us = null ? 0 : get_int8(v) + EPOCH_2000_US;
		return !null;
	case SQL_TEXT:
		*(const char **)f = null ? NULL : v;
		return true;
	case SQL_BYTEA:
		*(struct bytes *)f = null ? (struct bytes){ 0 } : (struct bytes){ (const uint8_t *)v, (size_t)n };
		return true;
	case SQL_JSONB: /* its binary form is a version and the text */
		((struct json_text *)f)->s = null ? NULL : v + 1;
		return null || (n > 0 && v[0] == 1);
	case SQL_OPT_BOOL:
		*(struct opt_bool *)f = (struct opt_bool){ !null, !null && *v != 0 };
		return true;
	case SQL_OPT_INT8:
		*(struct opt_int *)f = (struct opt_int){ !null, null ? 0 : get_int8(v) };
		return true;
	case SQL_OPT_FLOAT8:
		*(struct opt_num *)f = (struct opt_num){ !null, null ? 0 : get_float8(v) };
		return true;
	case SQL_OPT_UUID:
		((struct opt_uuid *)f)->set = !null;
		if (!null)
			memcpy(((struct opt_uuid *)f)->value.b, v, 16);
		return true;
	case SQL_OPT_TIMESTAMPTZ:
		*(struct opt_instant *)f = (struct opt_instant){ !null, null ? 0 : get_int8(v) + EPOCH_2000_US };
		return true;
	case SQL_TEXT_ARRAY:
	case SQL_UUID_ARRAY:
		break;
	}
	return false;
}

static enum result breach(const struct sql_stmt *s, const char *what, int column, struct error *e)
{
	error_cause(e, "statement %s: column %d %s", s->name, column + 1, what);
	return error_set(e, ERR_INTERNAL, NULL);
}

static void clear_result(void *r)
{
	PQclear(r);
}

/* Takes `r` over. */
enum result sql_decode(const struct item *item, PGresult *r, struct error *e)
{
	const struct sql_stmt *s = item->stmt;
	if (s->shape == SQL_SHAPE_EXEC) {
		const char *n = PQcmdTuples(r);
		int64_t v = 0;
		for (; *n >= '0' && *n <= '9'; n++)
			v = v * 10 + (*n - '0');
		*(int64_t *)item->out = v;
		PQclear(r);
		return ERR_OK;
	}
	mem_defer(item->mem, clear_result, r);
	int rows = PQntuples(r), columns = PQnfields(r);
	if (columns != (int)s->n_out)
		return breach(s, "is missing or too many", columns, e);
	for (int c = 0; c < columns; c++)
		if (PQftype(r, c) != oids[s->out[c].type])
			return breach(s, "has another type", c, e);
	char *base = item->out;
	if (s->shape == SQL_SHAPE_ALL) {
		base = rows == 0 ? NULL : mem_array_size(item->mem, s->row_size, (size_t)rows);
		*(void **)item->out = base;
		*item->n = (size_t)rows;
	} else {
		if (rows == 0)
			return error_set(e, ERR_NOT_FOUND, NULL);
		if (rows > 1)
			return breach(s, "and the others stand in more than one row", 0, e);
		memset(base, 0, s->row_size);
	}
	for (int row = 0; row < rows; row++)
		for (int c = 0; c < columns; c++)
			if (!decode(s->out[c].type, PQgetvalue(r, row, c), PQgetlength(r, row, c),
				PQgetisnull(r, row, c), base + (size_t)row * s->row_size + s->out[c].offset))
				return breach(s, "is null or malformed", c, e);
	return ERR_OK;
}

/* --- running ------------------------------------------------------------------------------------------------------ */

enum result sql_run(struct db *db, const struct sql_stmt *stmt, const void *in, TALLOC_CTX *mem, void *out, size_t *n,
    enum sql_when when, struct error *e)
{
	if (db->tx == TX_NONE || stmt->n_in > SQL_MAX_PARAMS)
		BUG("statement %s outside a transaction, or with too many parameters", stmt->name);
	if (db->tx == TX_ENDED) {
		error_cause(e, "statement %s: the transaction was ended by an error before", stmt->name);
		return error_set(e, ERR_INTERNAL, NULL);
	}
	if (db->tx == TX_PENDING)
		TRY(db_send_begin(db, stmt->planned_once, e));
	struct params p;
	p.mem = NULL;
	for (size_t i = 0; i < stmt->n_in; i++)
		encode(&p, i, stmt->in[i].type, (const char *)in + stmt->in[i].offset);
	enum result code = db_send(db, stmt->name, stmt->text, (int)stmt->n_in, p.types, p.values, p.lengths, p.formats,
	    (struct item){ .kind = ITEM_STATEMENT, .stmt = stmt, .mem = mem, .out = out, .n = n }, e);
	talloc_free(p.mem);
	if (code != ERR_OK)
		return code;
	db->counters.statements++;
	metric_add(METRIC_DB_STATEMENTS, 0, 1);
	switch (when) {
	case SQL_LATER:
		return ERR_OK;
	case SQL_NOW:
		return db_flush(db, e);
	case SQL_LAST:
		break;
	}
	return db_commit(db, e);
}
