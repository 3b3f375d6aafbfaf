/* From rows to the tree of criteria. */
#include "criteria_rows.h"
#include <math.h>
#include <string.h>

#define NAME_MAX_BYTES 160

static bool near(double a, double b)
{
	return fabs(a - b) < 0.011;
}

char *criterion_name(struct reading *r, const char *s)
{
	TALLOC_CTX *tmp = mem_new("criterion", 0);
	uint32_t *off;
	char *f = view_fold_places(tmp, s, strlen(s), &off);
	size_t n = strlen(f), from = 0, to = n;
	struct match m;
	if (pattern_find(r->rx,
		"\\A[\\s*\"#,-]*(?:et\\s+(?:enfin\\s+)?)?(?:(?:sous[- "
		"]?)?criteres?\\s*(?:n\\s?o?\\s*)?[a-z]?\\d*(?:\\.\\d+)*\\s*[:.)-]\\s*|\\d{1,2}(?:\\.\\d{1,2})*\\s*"
		"[-.):o/]*\\s+|\\d{1,2}(?:\\.\\d{1,2})*\\s*[-.):]+\\s*|[a-h]\\s*[).]\\s*)?(?:sous[- "
		"]criteres?\\s*(?:n\\s?o?\\s*)?\\d*\\s*[:.-]\\s*)?(?:c\\d{1,2}\\s+)?(?:dont\\s+)?(?:(?:le|la|les|du|"
		"de\\s+la)\\s+|"
		"l'\\s?)?",
		f, n, 0, &m))
		from = m.to;
	/* a definition instead of a name: what it measures is the name */
	if (pattern_in(r->rx, "\\A(?:definition|ce (?:sous-)?critere)", f, from, n) &&
	    pattern_find(r->rx,
		"montant (?:total |global "
		")?(?:indique|porte|figurant|renseigne|resultant)e?s?\\s+(?:dans|au|a|sur|du|de)\\s+(?:la |le |les "
		"|l')?"
		"[a-z.]+(?:\\s[a-z.]*(?:prix|quantitatif|estimatif|engagement)[a-z ]*)?",
		f, n, from, &m)) {
		from = m.from;
		to = m.to;
	} else if (pattern_find(r->rx,
		       "\\s*(?:\\d{1,3}(?:[.,]\\d+)?\\s?(?:%|points?\\b|pts\\b)|:|\\s\\(|\\.\\s|\\.\\z|;|\\n|_|,\\s*(?:"
		       "l'examen|apprecie|juge|note|ce critere|sur la "
		       "base|au regard|qui|compris|selon)|"
		       "\\s(?:sera|est|seront)\\s+(?:note|apprecie|juge|evalue)|\\s-\\s|\\s(?:apprecie|jugee?|analysee?"
		       "|evaluee?|notee?)\\s)",
		       f, n, from, &m) &&
		   m.from > from + 2) {
		to = m.from;
	}
	while (to > from && strchr(" -:.,;(", f[to - 1]))
		to--;
	size_t a = from == n ? strlen(s) : off[from], b = to == n ? strlen(s) : off[to];
	while (s[a] == ' ')
		a++;
	while (b > a && strchr(" \n:.,;(-", s[b - 1]))
		b--;
	if (b - a > NAME_MAX_BYTES) {
		b = a + NAME_MAX_BYTES;
		while (b > a && ((unsigned char)s[b] & 0xC0) == 0x80)
			b--;
	}
	char *name = mem_strndup(r->mem, s + a, b > a ? b - a : 0);
	for (char *p = name; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	talloc_free(tmp);
	return name;
}

/* How many rows after i add up to row i exactly: its parts. 0 when none do. At least two, so that chance is no proof.
 */
static size_t parts_of(const struct criteria_row *rows, size_t n, size_t i)
{
	double sum = 0;
	for (size_t k = i + 1; k < n && rows[k].weighted; k++) {
		sum += rows[k].weight;
		if (near(sum, rows[i].weight) && k > i + 1)
			return k - i;
		if (sum > rows[i].weight + 0.011)
			return 0;
	}
	return 0;
}

/* Levels where the layout did not say them. */
static void find_levels(struct criteria_row *rows, size_t n)
{
	double sum = 0;
	bool said = false;
	for (size_t i = 0; i < n; i++) {
		sum += rows[i].weighted ? rows[i].weight : 0;
		said |= rows[i].level != LEVEL_UNKNOWN || rows[i].dont;
	}
	for (size_t i = 0; i < n; i++) {
		if (rows[i].level == LEVEL_SUB)
			continue;
		rows[i].level = LEVEL_TOP;
		if (!rows[i].weighted)
			continue;
		if (rows[i].dont) {
			double left = rows[i].weight;
			while (i + 1 < n && !rows[i + 1].dont && rows[i + 1].weighted &&
			       rows[i + 1].weight < left + 0.011 && left > 0.011) {
				left -= rows[++i].weight;
				rows[i].level = LEVEL_SUB;
			}
		} else if (!said && sum > 100.02) {
			size_t k = parts_of(rows, n, i);
			for (size_t j = 1; j <= k; j++)
				rows[i + j].level = LEVEL_SUB;
			i += k;
		}
	}
	if (n > 0 && rows[0].level == LEVEL_SUB)
		rows[0].level = LEVEL_TOP;
}

/* "5.1, 5.2, 5.3" under chapter 5: brothers, not parts of a criterion that is not there. */
static void raise_brothers(struct criteria_row *rows, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++) {
		bool numbered = rows[i].chapter != 0;
		if (rows[i].level != LEVEL_SUB || rows[0].chapter == 0 ||
		    (numbered && rows[i].chapter != rows[0].chapter))
			return;
		sum += numbered ? rows[i].weight : 0;
	}
	for (size_t i = 0; i < n && near(sum, 100); i++)
		rows[i].level = rows[i].chapter != 0 ? LEVEL_TOP : LEVEL_SUB;
}

static void scale_parts(struct criterion *c, double factor)
{
	double sum = 0;
	for (size_t i = 0; i < c->n_sub; i++)
		sum += c->sub[i].weight.set ? c->sub[i].weight.value : 0;
	/* parts given as percent of their parent */
	double own = c->weight.set && near(sum, 100) && !near(c->weight.value * factor, 100)
			 ? c->weight.value * factor / 100
			 : factor;
	for (size_t i = 0; i < c->n_sub; i++)
		c->sub[i].weight.value *= own;
	if (c->weight.set)
		c->weight.value *= factor;
}

static bool is_total(struct reading *r, const char *name)
{
	char *f = view_fold(r->tmp, name, strlen(name));
	return pattern_in(r->rx,
		   "\\A\\W*(?:soit\\s+)?(?:une?\\s+)?(?:sous[- ])?(?:total|note "
		   "(?:globale|totale|finale)|criteres?\\s*(?:\\z|ponder|%|et "
		   "ponder))",
		   f, 0, strlen(f)) ||
	       f[0] == '\0';
}

static void prove_part(
    struct reading *r, struct fact **f, const struct value *v, double confidence, uint32_t page, uint32_t a, uint32_t b)
{
	struct evidence e;
	if (!page_evidence(r->mem, r->d, r->index, page, a, b, &e))
		return;
	if (!*f)
		*f = reading_add_evidence(r, "criteria", *v, confidence, &e);
	else
		reading_also_evidence(r, *f, &e);
}

/* A short row is quoted whole; of a long one its first line, and its weight. */
static void prove_row(
    struct reading *r, struct fact **f, const struct value *v, double confidence, const struct criteria_row *row)
{
	if (row->b - row->a <= 160 || row->weight_b <= row->weight_a) {
		prove_part(r, f, v, confidence, row->page, row->a, row->b);
	} else {
		const char *text = r->d->pages[row->page].text;
		uint32_t end = row->a;
		while (end < row->b && (text[end] != '\n' || end < row->a + 30))
			end++;
		prove_part(r, f, v, confidence, row->page, row->a, end);
		if (row->weight_a > end)
			prove_part(r, f, v, confidence, row->page, row->weight_a, row->weight_b);
	}
	if (row->more_b > row->more_a)
		prove_part(r, f, v, confidence, row->more_page, row->more_a, row->more_b);
}

bool criteria_from_rows(struct reading *r, struct criteria_row *rows, size_t n, bool any_total, double confidence)
{
	size_t kept = 0;
	double total = 0, all_rows = 0;
	for (size_t i = 0; i < n; i++) {
		if (!is_total(r, rows[i].name)) {
			all_rows += rows[i].weighted ? rows[i].weight : 0;
			rows[kept++] = rows[i];
		} else if (rows[i].weighted) {
			total = rows[i].weight;
		}
	}
	n = kept;
	/* the sum that is printed is that of all the rows: none is a part of another */
	for (size_t i = 0; i < n && total > 0 && near(total, all_rows); i++)
		rows[i].level = LEVEL_TOP;
	if (n < 2 || n > 60)
		return false;
	raise_brothers(rows, n);
	find_levels(rows, n);
	struct criterion *list = mem_array(r->mem, struct criterion, n);
	size_t tops = 0;
	double sum = 0;
	bool points = false, all = true;
	for (size_t i = 0; i < n; i++) {
		struct criterion c = { .name = criterion_name(r, rows[i].name) };
		c.weight.set = rows[i].weighted;
		c.weight.value = rows[i].weight;
		points |= rows[i].points;
		if (strlen(c.name) < 3)
			return false;
		if (rows[i].level == LEVEL_SUB && tops > 0) {
			struct criterion *parent = &list[tops - 1];
			parent->sub = mem_grow(r->mem, parent->sub, struct criterion, parent->n_sub + 1);
			parent->sub[parent->n_sub++] = c;
			continue;
		}
		all &= c.weight.set;
		sum += c.weight.set ? c.weight.value : 0;
		list[tops++] = c;
	}
	if (tops < 2 || !all)
		return false;
	double factor = 1;
	/* the last one is the sum of the others: a total under another name */
	if (tops > 2 && near(list[tops - 1].weight.value * 2, sum) && !near(sum, 100))
		return false;
	if (!near(sum, 100)) {
		/* points over another total (20, 40, 200...) are a whole only when each has them */
		if (!any_total || !points || sum < 9.9 || fabs(sum / 10 - round(sum / 10)) > 0.001)
			return false;
		factor = 100 / sum;
		confidence -= 0.1;
	}
	for (size_t i = 0; i < tops; i++)
		scale_parts(&list[i], factor);
	struct value v = { .kind = VALUE_CRITERIA, .n = tops, .criteria = list };
	struct fact *f = NULL;
	for (size_t i = 0; i < n; i++)
		prove_row(r, &f, &v, confidence, &rows[i]);
	return f != NULL;
}
