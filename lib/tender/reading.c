#include "tender_rules.h"
#include <string.h>

struct value value_text(char *s)
{
	return (struct value){ .kind = VALUE_TEXT, .text = s };
}
struct value value_number(double v)
{
	return (struct value){ .kind = VALUE_NUMBER, .number = v };
}
struct value value_bool(bool v)
{
	return (struct value){ .kind = VALUE_BOOL, .truth = v };
}

struct fact *reading_add_evidence(
    struct reading *r, const char *key, struct value value, double confidence, const struct evidence *e)
{
	r->found = mem_grow(r->mem, r->found, struct fact, r->n_found + 1);
	struct fact *f = &r->found[r->n_found++];
	memset(f, 0, sizeof(*f));
	f->key = key;
	f->value = value;
	f->confidence = confidence;
	f->evidence = mem_dup(r->mem, e, sizeof(*e));
	f->n_evidence = 1;
	return f;
}

struct fact *reading_add(struct reading *r, const char *key, struct value value, double confidence,
    const struct view *v, size_t from, size_t to)
{
	struct evidence e;
	if (!view_evidence(r->mem, v, r->index, from, to, &e))
		return NULL;
	return reading_add_evidence(r, key, value, confidence, &e);
}

void reading_also_evidence(struct reading *r, struct fact *f, const struct evidence *e)
{
	for (size_t i = 0; i < f->n_evidence; i++)
		if (f->evidence[i].page == e->page && strcmp(f->evidence[i].quote, e->quote) == 0 &&
		    f->evidence[i].n_boxes == e->n_boxes &&
		    (e->n_boxes == 0 || memcmp(&f->evidence[i].boxes[0], &e->boxes[0], sizeof(e->boxes[0])) == 0))
			return;
	f->evidence = mem_grow(r->mem, f->evidence, struct evidence, f->n_evidence + 1);
	f->evidence[f->n_evidence++] = *e;
}

void reading_also(struct reading *r, struct fact *f, const struct view *v, size_t from, size_t to)
{
	struct evidence e;
	if (f && view_evidence(r->mem, v, r->index, from, to, &e))
		reading_also_evidence(r, f, &e);
}

struct fact *reading_found(struct reading *r, const char *key)
{
	for (size_t i = 0; i < r->n_found; i++)
		if (strcmp(r->found[i].key, key) == 0)
			return &r->found[i];
	return NULL;
}

static struct fact *add_of_lot(struct reading *r, const char *lot, const struct fact *f)
{
	r->of_lots = mem_grow(r->mem, r->of_lots, struct lot_statement, r->n_of_lots + 1);
	struct lot_statement *s = &r->of_lots[r->n_of_lots++];
	s->lot = mem_strdup(r->mem, lot);
	s->fact = *f;
	return &s->fact;
}

struct fact *reading_add_of_lot(struct reading *r, const char *lot, const char *key, struct value value,
    double confidence, const struct view *v, size_t from, size_t to)
{
	for (size_t i = 0; i < r->n_of_lots; i++) {
		struct lot_statement *s = &r->of_lots[i];
		if (strcmp(s->lot, lot) != 0 || strcmp(s->fact.key, key) != 0)
			continue;
		/* one of them is of a part or of a period: not ours to choose */
		if (!value_equal(r->tmp, &s->fact.value, &value))
			s->fact.status = FACT_UNCERTAIN;
		return NULL;
	}
	struct fact *f = reading_add(r, key, value, confidence, v, from, to);
	return f ? add_of_lot(r, lot, &r->found[--r->n_found]) : NULL;
}

void reading_give_to_lots(struct reading *r, const char *const *lots, size_t n)
{
	struct fact f = r->found[--r->n_found];
	for (size_t i = 0; i < n; i++)
		add_of_lot(r, lots[i], &f);
}

/* A page as quotes are looked up in it: made once, since a DOCX is one page and may have many of them. */
struct checked_page {
	const char *text; /* NULL: not looked at yet */
	size_t at;        /* of the quote before: most come in their order */
};

static bool stands(const struct reading *r, const struct fact *f, struct checked_page *pages)
{
	bool all = f->n_evidence > 0;
	for (size_t k = 0; k < f->n_evidence && all; k++) {
		uint32_t number = f->evidence[k].page;
		if (number < 1 || number > r->d->n_pages)
			return false;
		struct checked_page *page = &pages[number - 1];
		if (!page->text)
			page->text = page_squeezed(pages, &r->d->pages[number - 1]);
		all = quote_stands(page->text, f->evidence[k].quote, &page->at);
	}
	return all;
}

void reading_check(struct reading *r)
{
	size_t kept = 0, kept_of_lots = 0;
	struct checked_page *pages = mem_array(NULL, struct checked_page, r->d->n_pages);
	for (size_t i = 0; i < r->n_found; i++)
		if (stands(r, &r->found[i], pages))
			r->found[kept++] = r->found[i];
	for (size_t i = 0; i < r->n_of_lots; i++)
		if (stands(r, &r->of_lots[i].fact, pages))
			r->of_lots[kept_of_lots++] = r->of_lots[i];
	talloc_free(pages);
	r->refused += (unsigned)(r->n_found - kept + r->n_of_lots - kept_of_lots);
	r->n_found = kept;
	r->n_of_lots = kept_of_lots;
}

size_t body_back(size_t at, size_t n)
{
	return at > n ? at - n : 0;
}
size_t body_ahead(const struct reading *r, size_t at, size_t n)
{
	return r->body.n - at > n ? at + n : r->body.n;
}

static bool sentence_stop(const char *s, size_t i)
{
	if (s[i] == '\n' && s[i + 1] == '\n')
		return true;
	return s[i] == '\t' || ((s[i] == '.' || s[i] == ';') && (s[i + 1] == ' ' || s[i + 1] == '\n') &&
				   !(i > 1 && s[i - 2] == ' ')); /* "R. 2151" is no end */
}

size_t sentence_start(const struct reading *r, size_t at)
{
	size_t low = body_back(at, 600);
	while (at > low && !(at > 0 && sentence_stop(r->body.s, at - 1)))
		at--;
	return at;
}

size_t sentence_end(const struct reading *r, size_t at)
{
	size_t high = body_ahead(r, at, 600);
	while (at < high && !sentence_stop(r->body.s, at))
		at++;
	return at;
}
