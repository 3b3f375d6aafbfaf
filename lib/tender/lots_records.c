/* Lots of a table that has lost its cells: one cell a line ("1", title, amount, "2", ...), or one row a line ("1 Voirie
 * 412 000,00 EUR"). The head says what the amounts are; a row whose amounts are not as many as the head's says none. */
#include <string.h>
#include "lots_rules.h"

#define KINDS_MAX 4

struct head {
	const char *kind[KINDS_MAX]; /* of each column of amounts, in order */
	size_t n;
	bool before_tax, annual;
};

static void read_head(struct reading *r, size_t from, size_t to, struct head *out)
{
	static const char rx[] =
	    "\\b(maxim|minim|estim|previsionnel)|\\bmontants?\\b(?!\\s+(?:annuel\\s+|total\\s+)?(?:maxim|"
	    "minim|estim|prev))";
	struct match m;
	memset(out, 0, sizeof(*out));
	for (size_t at = from; pattern_find(r->rx, rx, r->body.s, to, at, &m) && out->n < KINDS_MAX; at = m.to) {
		char c = m.g[1].set ? r->body.s[m.g[1].from] : ' ';
		bool max = c == 'm' && r->body.s[m.g[1].from + 1] == 'a';
		out->kind[out->n++] = max        ? "amount_max_eur_ht"
				      : c == 'm' ? "amount_min_eur_ht"
				      : c != ' ' ? "estimated_amount_eur_ht"
						 : NULL;
	}
	out->before_tax = body_has(r, "\\bh\\.?\\s?t\\b|hors\\s+tax", from, to);
	out->annual = body_has(r, "\\bannuel|par\\s+an\\b|/\\s?an\\b", from, to);
}

/* Amounts of a row, from where its title ends. */
static const char amount_rx[] =
    "(?<![\\d.,])(?:(\\d{1,3}(?:[ "
    ".]\\d{3})+|\\d{4,7}(?!-))(?:,(\\d\\d))?\\s*(?:eur(?:os?)?\\b)?\\s*(h\\.?t\\b|t\\.?t\\.?c\\b)?|\\b(?:sans(?:\\s+"
    "(?:minimum|maximum))?|neant)\\b)";

static void say_amounts(
    struct reading *r, const struct head *h, const char *lot, size_t from, size_t title_to, size_t to)
{
	struct match m;
	size_t n = 0, at = title_to, places[KINDS_MAX][2];
	double values[KINDS_MAX];
	for (; pattern_find(r->rx, amount_rx, r->body.s, to, at, &m); at = m.to) {
		if (n == KINDS_MAX || (m.g[3].set && r->body.s[m.g[3].from] == 't'))
			return;
		values[n] = 0;
		for (size_t i = m.g[1].from; m.g[1].set && i < m.g[1].to; i++)
			if (r->body.s[i] >= '0' && r->body.s[i] <= '9')
				values[n] = values[n] * 10 + (r->body.s[i] - '0');
		if (m.g[2].set)
			values[n] += (r->body.s[m.g[2].from] - '0') / 10.0 + (r->body.s[m.g[2].from + 1] - '0') / 100.0;
		places[n][0] = m.from;
		places[n++][1] = m.to;
	}
	if (n != h->n || (!h->before_tax && !body_has(r, "\\bh\\.?t\\b", title_to, to)))
		return;
	for (size_t i = 0; i < n; i++) {
		if (!h->kind[i] || values[i] < 1)
			continue;
		struct fact *f = reading_add_of_lot(r, lot, h->kind[i], value_number(values[i]), 0.85, &r->body,
		    to - from < 300 ? from : places[i][0], places[i][1]);
		if (f && h->annual && strcmp(h->kind[i], "amount_max_eur_ht") == 0)
			reading_add_of_lot(r, lot, "amount_max_period", value_text(mem_strdup(r->mem, "annuel")), 0.8,
			    &r->body, to - from < 300 ? from : places[i][0], places[i][1]);
	}
}

/* A line that is the number of lot `n`: alone, or before a title. */
static bool numbers(struct reading *r, size_t from, size_t end, size_t n, size_t *rest)
{
	static const char rx[] =
	    "\\A\\s*(?:lots?\\s*)?(?:n\\s?[o?]?\\.?\\s*)?(\\d{1,2})(?![\\d,%'/a-z]|\\.\\d| \\d{3}\\b)\\s*[-.:)]*\\s*";
	struct match m;
	char number[LOT_NUMBER_MAX];
	if (!pattern_find(r->rx, rx, r->body.s + from, end - from, 0, &m) ||
	    !lot_number(r->body.s + from + m.g[1].from, m.g[1].to - m.g[1].from, number) ||
	    lot_rank(number, false) != (int)n)
		return false;
	*rest = from + m.to;
	return true;
}

/* The head of such a table: a line that is "Lot", or begins with it and goes on with "Désignation". */
static const char head_rx[] =
    "^\\W*(?:(?:n\\s?o?|numeros?)\\s*(?:du\\s+|de\\s+|des\\s+)?)?lots?\\W*?(?:$|[\\t "
    "]+(?=(?:designation|intitule|libelle|objet|description|"
    "nature|denomination|prestation)s?\\b))"
    "|^\\s*(?:n\\s?o|numero)\\s*\\n\\s*(?:designation|intitule|libelle|objet)s?\\s+(?:du|des)\\s+lots?\\s*$";
static const char title_rx[] =
    "\\b(?:designation|intitule|libelle|objet|description|nature|denomination|prestation|secteur|titre)s?\\b";

/* Where the row that begins at `from` ends: the next number, a blank page of other words, the end of the list. */
static size_t row_end(struct reading *r, size_t from, size_t next, size_t high)
{
	size_t at = view_line_end(&r->body, from), rest;
	for (unsigned lines = 0; at < high && lines < 9; lines++) {
		size_t line = at + 1, end = view_line_end(&r->body, line);
		if (end > line && numbers(r, line, end, next, &rest))
			return at;
		if (end > line &&
		    body_has(
			r, "\\A\\s*(?:article|chapitre|total)\\b|\\A\\s*\\d{1,2}(?:\\.\\d|\\s*[-.)]\\s)", line, end))
			return at;
		if (end == line && next == 0)
			return at;
		at = end;
	}
	return next == 0 ? view_line_end(&r->body, from) : at;
}

size_t lots_records_find(struct reading *r, long count, struct lot_span *out, size_t max)
{
	struct match m;
	for (size_t at = 0; body_find(r, head_rx, at, &m); at = m.to) {
		size_t from = m.to, high = body_ahead(r, m.to, 6000), rest, n = 0, head_end = 0, before = r->n_of_lots;
		/* the head's other cells, up to lot 1 */
		for (unsigned i = 0; i < 9 && from < high; i++) {
			size_t end = view_line_end(&r->body, from);
			if (end > from && numbers(r, from, end, 1, &rest)) {
				head_end = from;
				break;
			}
			if (end - from > 60)
				break;
			from = end + 1;
		}
		if (head_end == 0 || !body_has(r, title_rx, m.from, head_end))
			continue;
		struct head h;
		read_head(r, m.from, head_end, &h);
		bool whole = true;
		while (n < max && from < high && numbers(r, from, view_line_end(&r->body, from), n + 1, &rest)) {
			size_t end = row_end(r, from, n + 2, high);
			/* the last row ends with its first line of amounts, or its own line */
			struct match k;
			size_t title = rest, title_to = end;
			while (title < end && strchr("\n\t ", r->body.s[title]))
				title++;
			if (pattern_find(r->rx, amount_rx, r->body.s, end, title, &k))
				title_to = k.from;
			else if (h.n == 0 || n > 0)
				title_to = view_line_end(&r->body, title) < end ? view_line_end(&r->body, title) : end;
			struct lot_span *s = &out[n];
			memset(s, 0, sizeof(*s));
			lot_number(mem_printf(r->tmp, "%zu", n + 1), n + 1 > 9 ? 2 : 1, s->number);
			s->from = from;
			s->title_from = title;
			s->title_to = title_to;
			s->to = title_to;
			whole &= title_to > title + 2 && title_to - title < 220 &&
				 !body_has(r, "\\A[^a-z]*\\z", title, title_to);
			say_amounts(r, &h, s->number, from, title_to, end);
			n++;
			from = end + 1;
		}
		if (n >= 2 && whole && (count <= 0 || n == (size_t)count))
			return n;
		r->n_of_lots = before;
	}
	return 0;
}
