#include "document_view.h"
#include "crypto.h"
#include "retention.h"

#include <string.h>

/* The members that list and detail share. */
static void write_members(struct json_writer *w, const struct document_row *d)
{
	char sha256[65];
	crypto_hex(d->sha256.p, 32, sha256);
	jw_field_uuid(w, "id", &d->id);
	jw_field_text(w, "original_filename", d->name);
	jw_field_text(w, "path", d->path);
	jw_field_int(w, "file_size", d->size);
	jw_field_text(w, "mime_type", d->mime_type);
	jw_field_text(w, "sha256", sha256);
	jw_field_text(w, "document_type", d->document_type);
	jw_field_text(w, "kind", d->kind);
	jw_field_text(w, "status", d->status);
	jw_key(w, "tender_id");
	jw_opt_uuid(w, &d->tender_id);
	jw_key(w, "parent_id");
	jw_opt_uuid(w, &d->parent_id);
	jw_key(w, "replaced_by_id");
	jw_opt_uuid(w, &d->replaced_by_id);
	jw_field_instant(w, "created_at", d->created_at.us);
}

void document_write(struct json_writer *w, const struct document_row *d)
{
	jw_open(w, '{');
	write_members(w, d);
	jw_close(w, '}');
}

enum result document_refuse_infected(const char *infection, struct error *e)
{
	return infection ? error_set(e, ERR_DOCUMENT_QUARANTINED, NULL, "signature", infection) : ERR_OK;
}

static void add_arg(const char *name, const struct json *v, void *arg)
{
	struct fault *f = arg;
	if (f->n_args == ERROR_MAX_ARGS || !json_string(v))
		return;
	struct error_arg *a = &f->args[f->n_args++];
	strncpy(a->name, name, sizeof a->name - 1);
	strncpy(a->value, json_string(v), sizeof a->value - 1);
}

const char *stored_error_text(TALLOC_CTX *mem, const char *code, const char *args_json, enum language lang)
{
	struct fault f = { 0 };
	for (int c = 1; c < ERR__COUNT; c++)
		if (strcmp(error_id((enum result)c), code) == 0)
			f.code = (enum result)c;
	if (f.code == ERR_OK)
		return NULL;
	const struct json *args;
	struct error e;
	error_clear(&e);
	if (args_json && json_parse(mem, args_json, strlen(args_json), &args, &e) == ERR_OK)
		json_each(args, add_arg, &f);
	char text[512];
	error_text(&f, lang, text, sizeof text);
	return mem_strdup(mem, text);
}

void document_write_detail(
    TALLOC_CTX *mem, struct json_writer *w, const struct document_detail *d, enum language lang, int64_t retention_days)
{
	struct document_row row = {
		.id = d->id,
		.name = d->name,
		.path = d->path,
		.size = d->size,
		.mime_type = d->mime_type,
		.sha256 = d->sha256,
		.document_type = d->document_type,
		.kind = d->kind,
		.status = d->status,
		.tender_id = d->tender_id,
		.parent_id = d->parent_id,
		.replaced_by_id = d->replaced_by_id,
		.created_at = d->created_at,
	};
	jw_open(w, '{');
	write_members(w, &row);
	jw_key(w, "page_count");
	if (d->page_count.set)
		jw_int(w, d->page_count.value);
	else
		jw_null(w);
	jw_key(w, "processing_completed_at");
	jw_opt_instant(w, d->processing_completed_at);
	jw_key(w, "processing_duration_ms");
	if (d->processing_duration_ms.set)
		jw_int(w, d->processing_duration_ms.value);
	else
		jw_null(w);
	jw_key(w, "warnings");
	jw_raw(w, d->warnings.s);
	jw_key(w, "error");
	const char *text = d->error_code ? stored_error_text(mem, d->error_code, d->error_args.s, lang) : NULL;
	if (text) {
		jw_open(w, '{');
		jw_field_text(w, "code", d->error_code);
		jw_field_text(w, "message", text);
		jw_close(w, '}');
	} else {
		jw_null(w);
	}
	jw_key(w, "retention");
	retention_write(w, retention_days, &d->retained_from, &d->retention_warned_at);
	jw_close(w, '}');
}
