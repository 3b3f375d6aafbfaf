#include "tender.h"
#include <string.h>
#include "requirement_ids.h"
#include "tender_rules.h"

/* The families of rules, in the order they run; kinds first, as others ask for the kind. */
static void (*const families[])(struct reading *r) = { kinds_find, buyer_find, buyer_details_find, object_find,
	reference_find, deadline_find, procedure_find, lots_find, criteria_find, validity_find, variants_find,
	platform_find, form_find, amounts_find, duration_find, conditions_find, questions_find, contract_find,
	penalties_find, pieces_find, candidate_find, requirements_find, lot_facts_settle };

static void look_at(struct reading *r)
{
	view_build(r->tmp, r->d, VIEW_BODY, &r->body);
	view_build(r->tmp, r->d, VIEW_MARGIN, &r->margin);
}

static void read_one(struct reading *r)
{
	look_at(r);
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		families[i](r);
	reading_check(r);
}

static const char *mime_of(const struct tender_input *in)
{
	if (in->mime_type)
		return in->mime_type;
	if (!in->document)
		return "application/octet-stream";
	return doc_format_mime((enum doc_format)in->document->format);
}

void tender_analyze(TALLOC_CTX *mem, const struct tender_input *in, size_t n, struct analysis *out)
{
	memset(out, 0, sizeof(*out));
	TALLOC_CTX *tmp = mem_new("tender", 0);
	struct patterns *rx = patterns_new(tmp);
	struct reading *readings = mem_array(tmp, struct reading, n ? n : 1);
	size_t read = 0;
	out->n_documents = n;
	out->documents = mem_array(mem, struct analyzed_document, n ? n : 1);
	for (size_t i = 0; i < n; i++) {
		struct analyzed_document *d = &out->documents[i];
		d->file = in[i].file;
		d->document_id = in[i].document_id;
		d->mime_type = mime_of(&in[i]);
		d->error = in[i].error;
		if (!in[i].document)
			continue;
		struct reading *r = &readings[read++];
		*r = (struct reading){
			.mem = mem, .tmp = tmp, .rx = rx, .d = in[i].document, .file = in[i].file, .index = (uint32_t)i
		};
		read_one(r);
		d->kind = r->kind;
		d->kind_confidence = r->kind_confidence;
		d->pages = in[i].document->n_pages;
		d->warnings = in[i].document->warnings;
		out->refused += r->refused;
		out->requirements =
		    mem_grow(mem, out->requirements, struct requirement, out->n_requirements + r->n_requirements + 1);
		for (size_t k = 0; k < r->n_requirements; k++)
			out->requirements[out->n_requirements++] = r->requirements[k];
	}
	consolidate(mem, readings, read, out);
	requirement_ids_keep(mem, out, NULL, 0);
	ask_buyer(mem, tmp, out);
	talloc_free(tmp);
}

enum tender_kind tender_kind_of(const struct tender_input *in)
{
	if (!in->document)
		return KIND_OTHER;
	TALLOC_CTX *tmp = mem_new("tender kind", 0);
	struct reading r = { .mem = tmp, .tmp = tmp, .rx = patterns_new(tmp), .d = in->document, .file = in->file };
	look_at(&r);
	kinds_find(&r);
	talloc_free(tmp);
	return r.kind;
}

const struct fact *analysis_fact(const struct analysis *a, const char *key)
{
	for (size_t i = 0; i < a->n_facts; i++)
		if (strcmp(a->facts[i].key, key) == 0)
			return &a->facts[i];
	return NULL;
}
