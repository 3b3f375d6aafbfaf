#include "test_value.h"
#include <criterion/criterion.h>
#include <string.h>

static const char *words(TALLOC_CTX *mem, const struct value *v)
{
	char *s = mem_strdup(mem, "");
	switch (v->kind) {
	case VALUE_TEXT:
		return v->text;
	case VALUE_NUMBER:
		return mem_printf(mem, "%.12g", v->number);
	case VALUE_BOOL:
		return v->truth ? "true" : "false";
	case VALUE_TEXTS:
		for (size_t i = 0; i < v->n; i++)
			s = mem_printf(mem, "%s%s%s", s, i ? " ; " : "", v->texts[i]);
		return s;
	case VALUE_PIECES:
		for (size_t i = 0; i < v->n; i++) {
			const struct piece *p = &v->pieces[i];
			s = mem_printf(mem, "%s%s%s%s%s", s, i ? " ; " : "", p->code ? p->code : p->name,
			    p->form ? " " : "", p->form ? p->form : "");
		}
		return s;
	case VALUE_CRITERIA:
	case VALUE_LOTS:
		break;
	}
	return "?";
}

const char *test_value(TALLOC_CTX *mem, const char *key, const char *text)
{
	struct document *d = test_model(mem, text, strlen(text));
	struct tender_input in = { .file = "x.txt", .document = d };
	struct analysis a;
	tender_analyze(mem, &in, 1, &a);
	cr_expect_eq(a.refused, 0, "a quote does not stand: %s", text);
	const struct fact *f = analysis_fact(&a, key);
	if (!f)
		return "-";
	cr_expect_gt(f->n_evidence, 0);
	for (size_t i = 0; i < f->n_evidence; i++)
		cr_expect(tender_quote_stands(&d->pages[f->evidence[i].page - 1], f->evidence[i].quote));
	const char *status = f->status == FACT_UNCERTAIN ? " ?" : f->status == FACT_CONTRADICTED ? " !" : "";
	return mem_printf(mem, "%s%s%s%s%s%s", words(mem, &f->value), f->detail ? " (" : "", f->detail ? f->detail : "",
	    f->detail ? ")" : "", f->computed ? " computed" : "", status);
}

void test_values(TALLOC_CTX *mem, const char *key, const char *const (*cases)[2], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *got = test_value(mem, key, cases[i][0]);
		cr_expect_str_eq(got, cases[i][1], "%s of «%s»: %s, not %s", key, cases[i][0], got, cases[i][1]);
	}
}
