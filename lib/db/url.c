/* One operator's URL gives those of the two programs. */
#include <libpq-fe.h>
#include <string.h>

#include "buf.h"
#include "db.h"

static void quoted(struct buf *b, const char *name, const char *value)
{
	buf_printf(b, "%s%s='", b->len > 0 ? " " : "", name);
	for (const char *p = value; *p != '\0'; p++) {
		if (*p == '\'' || *p == '\\')
			buf_char(b, '\\');
		buf_char(b, *p);
	}
	buf_char(b, '\'');
}

static void free_options(void *o)
{
	PQconninfoFree(o);
}

enum result db_url_for_role(TALLOC_CTX *mem, const char *own, const char *operator_url, const char *role,
    const char *password, const char **out, struct error *e)
{
	*out = NULL;
	const char *url = own != NULL && own[0] != '\0' ? own : operator_url;
	if (url == NULL || url[0] == '\0')
		return ERR_OK;
	char *words = NULL;
	PQconninfoOption *options = PQconninfoParse(url, &words);
	if (options == NULL) {
		PQfreemem(words); /* may quote the password */
		return error_set(
		    e, ERR_INVALID_SETTING, NULL, "name", "DATABASE_URL", "reason", "not a PostgreSQL URL");
	}
	if (url == own) {
		PQconninfoFree(options);
		*out = mem_strdup(mem, own);
		return ERR_OK;
	}
	mem_defer(mem, free_options, options);
	/* As key='value': every parameter of the URL, those of TLS and of several hosts too, is kept. */
	struct buf b;
	buf_init(&b, mem, 16384);
	for (const PQconninfoOption *o = options; o->keyword != NULL; o++)
		if (o->val != NULL && strcmp(o->keyword, "user") != 0 && strcmp(o->keyword, "password") != 0)
			quoted(&b, o->keyword, o->val);
	quoted(&b, "user", role);
	if (password != NULL && password[0] != '\0')
		quoted(&b, "password", password);
	if (b.full)
		return error_set(e, ERR_INVALID_SETTING, NULL, "name", "DATABASE_URL", "reason", "too long");
	*out = b.data;
	return ERR_OK;
}
