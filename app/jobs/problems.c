/* What the user must know after an analysis: documents that say nothing to it or not all they hold, each with its
 * reason, what archives held and did not give, and that the piece on which most facts rest is not there. */
#include "problems.h"

#include <string.h>

#include "json.h"
#include "uuid.h"

#define PAGES_TOLD 12 /* numbers of pages in one sentence; more are counted by the dots */

/* Whether a piece is the rules of the consultation: by its content, or because a person says so. */
static bool has_rules(const struct analysis *a, const struct dossier_document *rows, size_t n)
{
	const char *rules = tender_kind_id(KIND_RC);
	for (size_t i = 0; i < n; i++)
		if (a->documents[i].kind == KIND_RC ||
		    (rows[i].document_type != NULL && strcmp(rows[i].document_type, rules) == 0))
			return true;
	return false;
}

static void begin(struct json_writer *w, const char *code, const struct tender_input *in)
{
	jw_open(w, '{');
	jw_field_text(w, "code", code);
	jw_field_text(w, "document_id", in->document_id);
	jw_field_text(w, "file", in->file);
}

static void with_arg(struct json_writer *w, const char *name, const char *value)
{
	jw_key(w, "args");
	jw_open(w, '{');
	jw_field_text(w, name, value);
	jw_close(w, '}');
	jw_close(w, '}');
}

static void write_unread(struct json_writer *w, const struct tender_input *in, const struct dossier_document *row)
{
	begin(w, in->error, in);
	if (row->error_code != NULL && row->error_args.s != NULL) {
		jw_key(w, "args");
		jw_raw(w, row->error_args.s);
	}
	jw_close(w, '}');
}

/* A scan, or pages of images in a document that has text elsewhere: their numbers, so that a person reads them. */
static void write_textless(TALLOC_CTX *mem, struct json_writer *w, const struct tender_input *in)
{
	const struct document *d = in->document;
	const char *pages = "";
	uint32_t n = 0;
	for (uint32_t i = 0; i < d->n_pages; i++) {
		if (!d->pages[i].unreadable)
			continue;
		if (++n <= PAGES_TOLD)
			pages = mem_printf(mem, "%s%s%u", pages, n > 1 ? ", " : "", i + 1);
	}
	if (n > 0 && n == d->n_pages) {
		begin(w, error_id(ERR_NO_TEXT), in);
		jw_close(w, '}');
	} else if (n > 0) {
		begin(w, error_id(ERR_PAGES_WITHOUT_TEXT), in);
		with_arg(w, "pages", n > PAGES_TOLD ? mem_printf(mem, "%s…", pages) : pages);
	}
}

static void write_read(TALLOC_CTX *mem, struct json_writer *w, const struct tender_input *in)
{
	static const enum doc_warning partly[] = { DOC_WARN_TRUNCATED, DOC_WARN_PAGE_LIMIT, DOC_WARN_PAGE_FAILED,
		DOC_WARN_HIDDEN };
	for (size_t i = 0; i < ARRAY_LEN(partly); i++) {
		if (!(in->document->warnings & partly[i]))
			continue;
		begin(w, error_id(ERR_PARTLY_READ), in);
		with_arg(w, "reason", doc_warning_id(partly[i]));
	}
	if (in->document->warnings & DOC_WARN_NO_TEXT)
		write_textless(mem, w, in);
}

static void write_refused(struct json_writer *w, const struct refused_entry_row *row)
{
	char id[37];
	uuid_format(&row->document_id, id);
	begin(w, row->message_code, &(struct tender_input){ .file = row->name, .document_id = id });
	jw_key(w, "args");
	jw_raw(w, row->message_args.s);
	jw_close(w, '}');
}

enum result problems_json(struct db *db, TALLOC_CTX *mem, const struct uuid *version, const struct analysis *a,
    const struct dossier_document *rows, const struct tender_input *in, size_t n, size_t read, const char **out,
    struct error *e)
{
	struct buf b;
	struct json_writer w;
	struct refused_entry_row *refused;
	size_t n_refused;
	TRY(refused_entry_list(db, &(struct dossier_version_key){ *version }, mem, &refused, &n_refused, e));
	buf_init(&b, mem, (size_t)16 << 20);
	jw_init(&w, &b);
	jw_open(&w, '[');
	if (read > 0 && !has_rules(a, rows, n)) {
		jw_open(&w, '{');
		jw_field_text(&w, "code", error_id(ERR_NO_RULES_DOCUMENT));
		jw_close(&w, '}');
	}
	for (size_t i = 0; i < n; i++) {
		if (in[i].error != NULL)
			write_unread(&w, &in[i], &rows[i]);
		else if (in[i].document != NULL)
			write_read(mem, &w, &in[i]);
	}
	for (size_t i = 0; i < n_refused; i++)
		write_refused(&w, &refused[i]);
	jw_close(&w, ']');
	if (b.full) {
		error_cause(e, "more problems than can be told");
		return error_set(e, ERR_INTERNAL, NULL);
	}
	*out = b.data;
	return ERR_OK;
}
