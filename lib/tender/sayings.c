#include "sayings.h"

struct fact *say(struct reading *r, const char *key, struct value value, double confidence, size_t from, size_t to)
{
	size_t line = view_line_start(&r->body, from), end = view_line_end(&r->body, to);
	/* the words before it on its line, where they are of the same sentence */
	if (from - line < 60 && !body_has(r, "[.;]\\s", line, from))
		from = line;
	if (end - to < 60 && end - from < 300)
		to = end;
	while (to < end && r->body.s[to] >= 'a' && r->body.s[to] <= 'z')
		to++;
	return reading_add(r, key, value, confidence, &r->body, from, to);
}

/* An answer that is one of the choices of a form whose marks are lost, or one that is not ticked. */
static bool lost_box(const struct reading *r, size_t from, size_t to)
{
	return body_has(r, "\\[ \\]|\\boui\\s*/?\\s*non\\b|\\bnon\\s*/?\\s*oui\\b", from, to);
}

void sayings_find(struct reading *r, const char *key, const char *subject, const struct saying *rules, size_t n)
{
	struct match m;
	size_t at = 0;
	while (body_find(r, subject, at, &m)) {
		size_t from = sentence_start(r, m.from), to = sentence_end(r, m.to);
		at = to > m.to ? to : m.to;
		for (size_t i = 0; i < n; i++) {
			struct match k;
			size_t high = body_ahead(r, to, to - from < 40 ? 60 : 0);
			if (!pattern_find(r->rx, rules[i].rx, r->body.s, high, from, &k))
				continue;
			size_t line = view_line_start(&r->body, k.from);
			if (rules[i].says >= 0 && !lost_box(r, line < k.from ? line : k.from, body_ahead(r, k.to, 12)))
				say(r, key, value_bool(rules[i].says == 1), 0.93, k.from, k.to);
			break;
		}
	}
}
