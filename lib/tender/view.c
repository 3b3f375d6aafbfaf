#include "tender_view.h"
#include <string.h>
#include "text.h"

#define QUOTE_MAX 320
#define VIEW_MAX ((size_t)64 << 20) /* folded bytes kept of one document */

struct grower {
	TALLOC_CTX *mem;
	struct view *v;
	size_t cap;
};

static void put(struct grower *g, char c, uint32_t off)
{
	struct view *v = g->v;
	if (v->n >= VIEW_MAX)
		return;
	if (v->n + 2 > g->cap) {
		g->cap = g->cap ? g->cap * 2 : 4096;
		v->s = mem_grow(g->mem, v->s, char, g->cap);
		v->off = mem_grow(g->mem, v->off, uint32_t, g->cap);
	}
	v->s[v->n] = c;
	v->off[v->n++] = off;
	v->s[v->n] = '\0';
}

/* Latin-1 letters from U+00C0 to U+00FF without their accents. */
static const char latin[] = "aaaaaaaceeeeiiiidnooooo*ouuuuytsaaaaaaaceeeeiiiidnooooo/ouuuuyty";

/* Folded form of one code point: at most 3 bytes, "" drops it. */
static const char *fold(uint32_t c, char one[2])
{
	one[1] = '\0';
	if (c < 0x80) {
		one[0] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
		if (c == '\r' || c == '\f' || c == '\v' || c == '\t')
			one[0] = ' ';
		else if (c < 32 && c != '\n')
			one[0] = ' ';
		return one;
	}
	if (c >= 0xC0 && c <= 0xFF) {
		one[0] = latin[c - 0xC0];
		return c == 0xC6 || c == 0xE6 ? "ae" : c == 0xDF ? "ss" : c == 0xD7 ? "x" : one;
	}
	if ((c >= 0x300 && c <= 0x36F) || c == 0xAD || (c >= 0x200B && c <= 0x200F) || c == 0xFEFF)
		return "";
	if ((c >= 0x2000 && c <= 0x200A) || c == 0xA0 || c == 0x202F || c == 0x205F || c == 0x3000)
		return " ";
	switch (c) {
	case 0x152:
	case 0x153:
		return "oe";
	case 0x178:
		return "y";
	case 0x2018:
	case 0x2019:
	case 0x201A:
	case 0x2BC:
	case 0xB4:
	case 0x2032:
		return "'";
	case 0xAB:
	case 0xBB:
	case 0x201C:
	case 0x201D:
	case 0x201E:
		return "\"";
	case 0x2010:
	case 0x2011:
	case 0x2012:
	case 0x2013:
	case 0x2014:
	case 0x2015:
	case 0x2212:
		return "-";
	case 0xB0:
	case 0xBA:
		return "o";
	case 0xB2:
		return "2";
	case 0x2026:
		return "_";
	case 0x20AC:
		return "eur";
	case 0x2610:
		return "[ ]";
	case 0x2611:
	case 0x2612:
	case 0x2714:
		return "[x]";
	case 0xFB01:
		return "fi";
	case 0xFB02:
		return "fl";
	case 0xFB00:
		return "ff";
	default:
		break;
	}
	/* bullets, arrows, geometric shapes, dingbats, private use (symbol fonts): all serve as bullets */
	if (c == 0x2022 || c == 0xB7 || (c >= 0x2190 && c <= 0x21FF) || (c >= 0x25A0 && c <= 0x27BF) ||
	    (c >= 0xE000 && c <= 0xF8FF))
		return "*";
	return "?";
}

static void trim_tail(struct view *v)
{
	while (v->n > 0 && v->s[v->n - 1] == ' ')
		v->n--;
	if (v->s)
		v->s[v->n] = '\0';
}

/* Appends [p, end) folded, its white space as single blanks, leader dots as '_'. `base` is the start of the page. */
static void fold_run(struct grower *g, const char *base, const char *p, const char *end)
{
	while (p < end) {
		uint32_t off = (uint32_t)(p - base);
		if (*p == '.') {
			const char *q = p;
			unsigned dots = 0;
			while (q < end && (*q == '.' || (*q == ' ' && q + 1 < end && q[1] == '.'))) {
				dots += *q == '.';
				q++;
			}
			if (dots >= 4) {
				put(g, '_', off);
				p = q;
				continue;
			}
		}
		uint32_t c = text_decode(&p, end);
		char one[2];
		for (const char *f = fold(c, one); *f != '\0'; f++) {
			char k = *f == '\n' ? ' ' : *f;
			if (k == '|') { /* cells drawn with signs */
				trim_tail(g->v);
				k = '\t';
			}
			size_t n = g->v->n;
			char last = n > 0 ? g->v->s[n - 1] : '\n';
			if (k == ' ' && (last == ' ' || last == '\n' || last == '\t'))
				continue;
			if (k == '_' && last == '_')
				continue;
			put(g, k, off);
		}
	}
}

/* A line of contents: leader dots, then a page number. */
static bool is_contents(const char *p, size_t n)
{
	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\r' || p[n - 1] == '\t'))
		n--;
	size_t digits = 0;
	while (n > 0 && p[n - 1] >= '0' && p[n - 1] <= '9' && digits < 4) {
		n--;
		digits++;
	}
	while (n > 0 && p[n - 1] == ' ')
		n--;
	size_t dots = 0;
	while (n > 0 && (p[n - 1] == '.' || p[n - 1] == ' ')) {
		dots += p[n - 1] == '.';
		n--;
	}
	return digits > 0 && dots >= 4;
}

/* Lines "Prix ........ 40" under a line about criteria are weights when they make 100; a table of contents looks the
 * same. Returns how many from `i` on do, 0 when none. */
static uint32_t weight_lines(TALLOC_CTX *tmp, const struct doc_page *p, uint32_t i)
{
	uint32_t n = 0;
	unsigned sum = 0;
	if (i == 0)
		return 0;
	const struct doc_line *above = &p->lines[i - 1];
	char *f = view_fold(tmp, p->text + above->start, above->len);
	if (!strstr(f, "critere") && !strstr(f, "ponder"))
		return 0;
	for (; i + n < p->n_lines && n < 10; n++) {
		const struct doc_line *l = &p->lines[i + n];
		const char *s = p->text + l->start;
		size_t len = l->len;
		unsigned value = 0, unit = 1;
		if (!is_contents(s, len))
			break;
		while (len > 0 && (s[len - 1] < '0' || s[len - 1] > '9'))
			len--;
		for (; len > 0 && s[len - 1] >= '0' && s[len - 1] <= '9' && unit <= 100; len--, unit *= 10)
			value += unit * (unsigned)(s[len - 1] - '0');
		sum += value;
	}
	if (n < 2 || sum != 100)
		return 0;
	/* page numbers that happen to add up */
	for (uint32_t k = 0; k < i; k++) {
		f = view_fold(tmp, p->text + p->lines[k].start, p->lines[k].len);
		if (strstr(f, "sommaire") || strstr(f, "table des matieres"))
			return 0;
	}
	return n;
}

/* For each line of a page: 1 + index of its cell over all tables of the page, 0 outside tables. */
static uint32_t *cells_of_lines(TALLOC_CTX *mem, const struct doc_page *p, uint64_t **rows)
{
	uint32_t *cell = mem_array(mem, uint32_t, p->n_lines + 1), id = 0;
	*rows = mem_array(mem, uint64_t, p->n_lines + 1);
	for (uint32_t t = 0; t < p->n_tables; t++) {
		for (uint32_t c = 0; c < p->tables[t].n_cells; c++) {
			const struct doc_cell *k = &p->tables[t].cells[c];
			id++;
			for (uint32_t i = 0; i < k->n_lines && k->first_line + i < p->n_lines; i++) {
				cell[k->first_line + i] = id;
				(*rows)[k->first_line + i] = ((uint64_t)t + 1) << 32 | k->row;
			}
		}
	}
	return cell;
}

static void fold_page(struct grower *g, const struct doc_page *p, enum view_zone zone)
{
	TALLOC_CTX *tmp = mem_new("view page", 0);
	uint64_t *rows;
	uint32_t *cell = cells_of_lines(tmp, p, &rows);
	const struct doc_line *last = NULL;
	uint32_t last_index = 0, weights = 0;
	for (uint32_t i = 0; i < p->n_lines; i++) {
		const struct doc_line *l = &p->lines[i];
		uint8_t kind = l->block < p->n_blocks ? p->blocks[l->block].kind : DOC_PARAGRAPH;
		bool margin = kind == DOC_ARTIFACT;
		if (margin != (zone == VIEW_MARGIN) || l->len == 0)
			continue;
		if (!margin && is_contents(p->text + l->start, l->len) && i >= weights)
			weights = i + weight_lines(tmp, p, i);
		if (!margin && i >= weights && (kind == DOC_TOC || p->toc || is_contents(p->text + l->start, l->len)))
			continue;
		size_t before = g->v->n;
		if (last) {
			trim_tail(g->v);
			uint32_t at = last->start + last->len;
			bool same_block = last->block == l->block && last_index + 1 == i && cell[i] == cell[last_index];
			if (rows[i] != 0 && rows[i] == rows[last_index] && cell[i] != cell[last_index]) {
				put(g, '\t', at);
			} else {
				put(g, '\n', at);
				if (!same_block)
					put(g, '\n', at);
			}
		}
		size_t start = g->v->n;
		fold_run(g, p->text, p->text + l->start, p->text + l->start + l->len);
		if (g->v->n == start && last) { /* nothing visible: no line */
			g->v->n = before;
			g->v->s[before] = '\0';
			continue;
		}
		last = l;
		last_index = i;
	}
	trim_tail(g->v);
	if (last) {
		put(g, '\n', last->start + last->len);
		put(g, '\n', last->start + last->len);
	}
	talloc_free(tmp);
}

void view_build(TALLOC_CTX *mem, const struct document *d, enum view_zone zone, struct view *out)
{
	memset(out, 0, sizeof(*out));
	struct grower g = { mem, out, 0 };
	out->d = d;
	out->page_start = mem_array(mem, uint32_t, d->n_pages + 1);
	for (uint32_t i = 0; i < d->n_pages; i++) {
		out->page_start[i] = (uint32_t)out->n;
		fold_page(&g, &d->pages[i], zone);
	}
	out->page_start[d->n_pages] = (uint32_t)out->n;
	if (!out->s)
		out->s = mem_strdup(mem, "");
}

char *view_fold_places(TALLOC_CTX *mem, const char *s, size_t n, uint32_t **off)
{
	struct view v = { 0 };
	struct grower g = { mem, &v, 0 };
	fold_run(&g, s, s, s + n);
	trim_tail(&v);
	*off = v.off;
	return v.s ? v.s : mem_strdup(mem, "");
}

char *view_fold(TALLOC_CTX *mem, const char *s, size_t n)
{
	uint32_t *off;
	return view_fold_places(mem, s, n, &off);
}

uint32_t view_page(const struct view *v, size_t at)
{
	uint32_t lo = 0, hi = v->d->n_pages;
	while (lo + 1 < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (v->page_start[mid] <= at)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

/* Bytes [*a, *b) of the page's text that [from, to) came from. False when empty. */
static bool source_range(const struct view *v, size_t from, size_t to, uint32_t *page, uint32_t *a, uint32_t *b)
{
	while (from < to && (v->s[from] == ' ' || v->s[from] == '\n' || v->s[from] == '\t'))
		from++;
	if (from >= to || to > v->n || v->d->n_pages == 0)
		return false;
	*page = view_page(v, from);
	if (to > v->page_start[*page + 1])
		to = v->page_start[*page + 1];
	while (to > from && (v->s[to - 1] == ' ' || v->s[to - 1] == '\n' || v->s[to - 1] == '\t'))
		to--;
	if (to <= from)
		return false;
	const struct doc_page *p = &v->d->pages[*page];
	*a = v->off[from];
	const char *q = p->text + v->off[to - 1], *end = p->text + p->text_len;
	if (*q == '.' && v->s[to - 1] == '_') /* leader dots: their first ones are enough */
		q += 1;
	else
		text_decode(&q, end);
	*b = (uint32_t)(q - p->text);
	return *b > *a;
}

static char *squeeze(TALLOC_CTX *mem, const char *s, size_t n)
{
	char *out = mem_array(mem, char, n + 1);
	size_t k = 0;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		size_t skip = c <= ' ' ? 1 : 0;
		if (c == 0xC2 && i + 1 < n && (unsigned char)s[i + 1] == 0xA0)
			skip = 2;
		else if (c == 0xE2 && i + 2 < n && (unsigned char)s[i + 1] == 0x80 &&
			 ((unsigned char)s[i + 2] == 0xAF ||
			     ((unsigned char)s[i + 2] >= 0x80 && (unsigned char)s[i + 2] <= 0x8A)))
			skip = 3;
		if (skip == 0) {
			out[k++] = s[i];
			continue;
		}
		i += skip - 1;
		if (k > 0 && out[k - 1] != ' ')
			out[k++] = ' ';
	}
	while (k > 0 && out[k - 1] == ' ')
		k--;
	out[k] = '\0';
	return out;
}

char *view_text(TALLOC_CTX *mem, const struct view *v, size_t from, size_t to)
{
	uint32_t page, a, b;
	if (!source_range(v, from, to, &page, &a, &b))
		return mem_strdup(mem, "");
	return squeeze(mem, v->d->pages[page].text + a, b - a);
}

/* The boxes of the lines of [a, b); none where the format has no geometry. */
static void add_boxes(TALLOC_CTX *mem, const struct doc_page *p, uint32_t a, uint32_t b, struct evidence *out)
{
	struct doc_box *all;
	uint32_t n = doc_range_boxes(mem, p, a, b - a, &all);
	for (uint32_t i = 0; i < n; i++)
		if (all[i].x1 > all[i].x0 && all[i].y1 > all[i].y0)
			all[out->n_boxes++] = all[i];
	out->boxes = out->n_boxes > 0 ? all : NULL;
}

/* What tells the place in a document without pages. */
static void add_place(
    TALLOC_CTX *mem, const struct document *d, const struct doc_page *p, uint32_t at, struct evidence *out)
{
	uint32_t line = doc_line_at(p, at);
	out->paged = doc_is_paged(d);
	if (d->format == DOC_FORMAT_XLSX) {
		const struct doc_cell *c;
		char name[DOC_CELL_NAME_MAX];
		out->sheet = mem_strdup(mem, p->label);
		if (doc_table_at(p, line, &c) && c) {
			doc_cell_name(c->row, c->col, name);
			out->cell = mem_strdup(mem, name);
		}
	} else if (!out->paged) {
		out->paragraph = doc_paragraph_index(p, line);
		out->section = out->paragraph ? doc_section_at(mem, p, line) : NULL;
	}
}

/* "3.1" of "3.1 Durée de l'accord-cadre"; 0 when no number begins it. */
static size_t section_number(const char *s)
{
	size_t n = strspn(s, "0123456789.");
	while (n > 0 && s[n - 1] == '.')
		n--;
	return s[0] != '.' && (s[strspn(s, "0123456789.")] == ' ' || s[strspn(s, "0123456789.")] == '\0') ? n : 0;
}

char *evidence_place(TALLOC_CTX *mem, const struct evidence *e)
{
	if (e->sheet)
		return e->cell ? mem_printf(mem, "feuille %s, %s", e->sheet, e->cell)
			       : mem_printf(mem, "feuille %s", e->sheet);
	if (e->section) {
		size_t n = section_number(e->section);
		return n ? mem_printf(mem, "§\u00a0%.*s", (int)n, e->section)
			 : mem_printf(mem, "«\u00a0%s\u00a0»", e->section);
	}
	if (e->paragraph > 0)
		return mem_printf(mem, "paragraphe %u", e->paragraph);
	return e->paged ? mem_printf(mem, "page %u", e->page) : mem_strdup(mem, "en-tête ou pied de page");
}

bool page_evidence(TALLOC_CTX *mem, const struct document *d, uint32_t document, uint32_t page, uint32_t a, uint32_t b,
    struct evidence *out)
{
	memset(out, 0, sizeof(*out));
	const struct doc_page *p = &d->pages[page];
	if (b > p->text_len || a >= b)
		return false;
	if (b - a > QUOTE_MAX)
		b = a + (uint32_t)text_cut(p->text + a, b - a, QUOTE_MAX);
	out->document = document;
	out->page = page + 1;
	out->quote = squeeze(mem, p->text + a, b - a);
	add_boxes(mem, p, a, b, out);
	add_place(mem, d, p, a, out);
	return out->quote[0] != '\0';
}

bool view_evidence(
    TALLOC_CTX *mem, const struct view *v, uint32_t document, size_t from, size_t to, struct evidence *out)
{
	uint32_t page, a, b;
	memset(out, 0, sizeof(*out));
	if (!source_range(v, from, to, &page, &a, &b))
		return false;
	return page_evidence(mem, v->d, document, page, a, b, out);
}

bool view_source(const struct view *v, size_t from, size_t to, uint32_t *page, uint32_t *a, uint32_t *b)
{
	return source_range(v, from, to, page, a, b);
}

double view_capitals(const struct view *v, size_t from, size_t to)
{
	uint32_t page, a, b;
	if (!source_range(v, from, to, &page, &a, &b))
		return 0;
	const char *p = v->d->pages[page].text + a, *end = v->d->pages[page].text + b;
	unsigned upper = 0, lower = 0;
	while (p < end) {
		uint32_t c = text_decode(&p, end);
		if ((c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE) || c == 0x152)
			upper++;
		else if ((c >= 'a' && c <= 'z') || (c >= 0xDF && c <= 0xFF) || c == 0x153)
			lower++;
	}
	return upper + lower == 0 ? 0 : (double)upper / (upper + lower);
}

size_t view_line_start(const struct view *v, size_t at)
{
	while (at > 0 && v->s[at - 1] != '\n' && v->s[at - 1] != '\t')
		at--;
	return at;
}

size_t view_line_end(const struct view *v, size_t at)
{
	while (at < v->n && v->s[at] != '\n' && v->s[at] != '\t')
		at++;
	return at;
}

char *page_squeezed(TALLOC_CTX *mem, const struct doc_page *p)
{
	return squeeze(mem, p->text, p->text_len);
}

bool quote_stands(const char *page, const char *quote, size_t *at)
{
	TALLOC_CTX *tmp = mem_new("quote", 0);
	const char *q = squeeze(tmp, quote ? quote : "", quote ? strlen(quote) : 0);
	const char *found = *q ? strstr(page + *at, q) : NULL;
	if (!found && *q && *at > 0)
		found = strstr(page, q);
	if (found)
		*at = (size_t)(found - page);
	talloc_free(tmp);
	return found != NULL;
}

bool tender_quote_stands(const struct doc_page *p, const char *quote)
{
	TALLOC_CTX *tmp = mem_new("page", 0);
	size_t at = 0;
	bool stands = quote_stands(page_squeezed(tmp, p), quote, &at);
	talloc_free(tmp);
	return stands;
}
