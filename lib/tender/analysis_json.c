/* The analysis as JSON, in the one form that the command line, the API and the database share. */
#include "json.h"
#include "tender.h"

static void write_criteria(struct json_writer *w, const struct criterion *c, size_t n)
{
	jw_open(w, '[');
	for (size_t i = 0; i < n; i++) {
		jw_open(w, '{');
		jw_field_text(w, "name", c[i].name);
		jw_key(w, "weight");
		if (c[i].weight.set)
			jw_num(w, c[i].weight.value, 2);
		else
			jw_null(w);
		if (c[i].formula)
			jw_field_text(w, "formula", c[i].formula);
		jw_key(w, "sub");
		write_criteria(w, c[i].sub, c[i].n_sub);
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

static void write_facts(struct json_writer *w, const struct analysis *a, const struct fact *facts, size_t n);

static void write_lots(struct json_writer *w, const struct analysis *a, const struct lot *lots, size_t n)
{
	jw_open(w, '[');
	for (size_t i = 0; i < n; i++) {
		jw_open(w, '{');
		jw_field_text(w, "number", lots[i].number);
		jw_field_text(w, "title", lots[i].title);
		if (lots[i].amount.set) {
			jw_key(w, "amount");
			jw_num(w, lots[i].amount.value, 2);
		}
		if (lots[i].n_facts > 0) {
			jw_key(w, "facts");
			write_facts(w, a, lots[i].facts, lots[i].n_facts);
		}
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

static void write_value(struct json_writer *w, const struct analysis *a, const struct value *v)
{
	switch (v->kind) {
	case VALUE_TEXT:
		jw_text(w, v->text);
		return;
	case VALUE_NUMBER:
		jw_num(w, v->number, 2);
		return;
	case VALUE_BOOL:
		jw_bool(w, v->truth);
		return;
	case VALUE_CRITERIA:
		write_criteria(w, v->criteria, v->n);
		return;
	case VALUE_LOTS:
		write_lots(w, a, v->lots, v->n);
		return;
	case VALUE_TEXTS:
		jw_open(w, '[');
		for (size_t i = 0; i < v->n; i++)
			jw_text(w, v->texts[i]);
		jw_close(w, ']');
		return;
	case VALUE_PIECES:
		jw_open(w, '[');
		for (size_t i = 0; i < v->n; i++) {
			jw_open(w, '{');
			jw_field_text(w, "name", v->pieces[i].name);
			jw_field_text(w, "piece", v->pieces[i].code);
			jw_field_text(w, "format", v->pieces[i].form);
			jw_close(w, '}');
		}
		jw_close(w, ']');
		return;
	}
}

static void write_evidence(struct json_writer *w, const struct analysis *a, const struct evidence *evidence, size_t n)
{
	jw_open(w, '[');
	for (size_t i = 0; i < n; i++) {
		const struct evidence *e = &evidence[i];
		const struct analyzed_document *d = &a->documents[e->document];
		jw_open(w, '{');
		jw_field_text(w, "file", d->file);
		if (d->document_id)
			jw_field_text(w, "document_id", d->document_id);
		if (e->sheet) {
			jw_field_text(w, "sheet", e->sheet);
			if (e->cell)
				jw_field_text(w, "cell", e->cell);
		} else if (e->paragraph > 0) {
			if (e->section)
				jw_field_text(w, "section", e->section);
			jw_field_int(w, "paragraph", e->paragraph);
		} else if (e->paged) {
			jw_field_int(w, "page", e->page);
		}
		jw_field_text(w, "quote", e->quote);
		if (e->n_boxes > 0) {
			jw_key(w, "boxes");
			jw_open(w, '[');
			for (size_t k = 0; k < e->n_boxes; k++) {
				jw_open(w, '[');
				jw_num(w, (double)e->boxes[k].x0, 1);
				jw_num(w, (double)e->boxes[k].y0, 1);
				jw_num(w, (double)e->boxes[k].x1, 1);
				jw_num(w, (double)e->boxes[k].y1, 1);
				jw_close(w, ']');
			}
			jw_close(w, ']');
		}
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

static const char *const statuses[] = { "found", "uncertain", "contradicted" };

static void write_facts(struct json_writer *w, const struct analysis *a, const struct fact *facts, size_t n)
{
	jw_open(w, '{');
	for (size_t i = 0; i < n; i++) {
		const struct fact *f = &facts[i];
		jw_key(w, f->key);
		jw_open(w, '{');
		jw_key(w, "value");
		write_value(w, a, &f->value);
		jw_key(w, "confidence");
		jw_num(w, f->confidence, 2);
		jw_field_text(w, "status", statuses[f->status]);
		if (f->computed) {
			jw_key(w, "computed");
			jw_bool(w, true);
		}
		if (f->detail)
			jw_field_text(w, "detail", f->detail);
		jw_key(w, "evidence");
		write_evidence(w, a, f->evidence, f->n_evidence);
		jw_close(w, '}');
	}
	jw_close(w, '}');
}

static void write_document(struct json_writer *w, const struct analyzed_document *d)
{
	jw_open(w, '{');
	jw_field_text(w, "file", d->file);
	if (d->document_id)
		jw_field_text(w, "document_id", d->document_id);
	jw_field_text(w, "kind", tender_kind_id(d->kind));
	jw_field_text(w, "mime_type", d->mime_type);
	jw_field_int(w, "pages", d->pages);
	jw_field_int(w, "ocr_pages", 0);
	jw_key(w, "warnings");
	jw_open(w, '[');
	for (uint32_t bit = 1; bit <= DOC_WARN__LAST; bit <<= 1)
		if (d->warnings & bit)
			jw_text(w, doc_warning_id((enum doc_warning)bit));
	jw_close(w, ']');
	if (d->error)
		jw_field_text(w, "error", d->error);
	jw_close(w, '}');
}

static void write_requirement(struct json_writer *w, const struct analysis *a, const struct requirement *q)
{
	static const char *const priorities[] = { "eliminatory", "mandatory", "desirable" };
	jw_open(w, '{');
	jw_field_text(w, "id", q->id);
	jw_field_text(w, "text", q->text);
	jw_field_text(w, "category", q->category);
	jw_field_text(w, "priority", priorities[q->priority]);
	jw_field_text(w, "section", q->section);
	jw_key(w, "evidence");
	write_evidence(w, a, &q->evidence, 1);
	jw_close(w, '}');
}

void analysis_write(const struct analysis *a, struct buf *out)
{
	struct json_writer w;
	jw_init(&w, out);
	jw_open(&w, '{');
	jw_key(&w, "documents");
	jw_open(&w, '[');
	for (size_t i = 0; i < a->n_documents; i++)
		write_document(&w, &a->documents[i]);
	jw_close(&w, ']');
	jw_key(&w, "facts");
	write_facts(&w, a, a->facts, a->n_facts);
	jw_key(&w, "requirements");
	jw_open(&w, '[');
	for (size_t i = 0; i < a->n_requirements; i++)
		write_requirement(&w, a, &a->requirements[i]);
	jw_close(&w, ']');
	jw_key(&w, "contradictions");
	jw_open(&w, '[');
	for (size_t i = 0; i < a->n_contradictions; i++) {
		const struct contradiction *c = &a->contradictions[i];
		jw_open(&w, '{');
		jw_field_text(&w, "key", c->key);
		jw_key(&w, "values");
		jw_open(&w, '[');
		for (size_t k = 0; k < c->n_values; k++) {
			jw_open(&w, '{');
			jw_key(&w, "value");
			write_value(&w, a, &c->values[k].value);
			jw_key(&w, "evidence");
			write_evidence(&w, a, c->values[k].evidence, c->values[k].n_evidence);
			jw_close(&w, '}');
		}
		jw_close(&w, ']');
		jw_field_text(&w, "message", c->message);
		jw_close(&w, '}');
	}
	jw_close(&w, ']');
	jw_key(&w, "questions");
	jw_open(&w, '[');
	for (size_t i = 0; i < a->n_questions; i++) {
		jw_open(&w, '{');
		jw_field_text(&w, "text", a->questions[i].text);
		jw_field_text(&w, "reason", a->questions[i].reason);
		jw_key(&w, "evidence");
		write_evidence(&w, a, a->questions[i].evidence, a->questions[i].n_evidence);
		jw_close(&w, '}');
	}
	jw_close(&w, ']');
	jw_close(&w, '}');
}
