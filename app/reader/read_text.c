/* Plain text to the document model: UTF-8, UTF-16 with a byte order mark, else Windows-1252 (which every byte is). */
#include "layout.h"
#include "reading.h"
#include "text.h"

#include <string.h>

#define WORD_MAX 4096u       /* bytes; longer runs are cut into several words */
#define LINE_WORDS_MAX 4000u /* longer lines are cut into several lines */

/* Code points of Windows-1252 from 0x80 to 0x9f; 0 where there is none. */
static const uint16_t windows_1252[32] = { 0x20ac, 0, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030,
	0x160, 0x2039, 0x152, 0, 0x17d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122,
	0x161, 0x203a, 0x153, 0, 0x17e, 0x178 };

enum encoding { UTF_8, UTF_16LE, UTF_16BE, WINDOWS_1252 };

struct source {
	const uint8_t *p;
	size_t n, at;
	enum encoding encoding;
};

static struct source source_open(const uint8_t *p, size_t n)
{
	struct source s = { p, n, 0, UTF_8 };
	if (n >= 2 && p[0] == 0xff && p[1] == 0xfe) {
		s.encoding = UTF_16LE;
		s.at = 2;
	} else if (n >= 2 && p[0] == 0xfe && p[1] == 0xff) {
		s.encoding = UTF_16BE;
		s.at = 2;
	} else if (text_utf8_valid((const char *)p, n)) {
		s.at = n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	} else {
		s.encoding = WINDOWS_1252;
	}
	return s;
}

static unsigned unit_16(struct source *s)
{
	if (s->n - s->at < 2) {
		s->at = s->n;
		return 0xfffd;
	}
	const uint8_t *p = s->p + s->at;
	s->at += 2;
	return s->encoding == UTF_16LE ? (unsigned)(p[0] | p[1] << 8) : (unsigned)(p[0] << 8 | p[1]);
}

/* Next character; false at the end. */
static bool source_next(struct source *s, uint32_t *c)
{
	if (s->at >= s->n)
		return false;
	if (s->encoding == UTF_8) {
		const char *p = (const char *)s->p + s->at;
		*c = text_decode(&p, (const char *)s->p + s->n);
		s->at = (size_t)(p - (const char *)s->p);
	} else if (s->encoding == WINDOWS_1252) {
		uint8_t b = s->p[s->at++];
		*c = b >= 0x80 && b < 0xa0 ? windows_1252[b - 0x80] : b;
	} else {
		*c = unit_16(s);
		if (*c >= 0xd800 && *c < 0xdc00 && s->n - s->at >= 2) {
			size_t back = s->at;
			unsigned low = unit_16(s);
			if (low >= 0xdc00 && low < 0xe000)
				*c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00);
			else
				s->at = back;
		}
	}
	return true;
}

struct text_maker {
	TALLOC_CTX *mem;
	struct document *doc;
	uint32_t cap;
	struct page_writer writer;
	char word[WORD_MAX + 8];
	uint32_t word_len, line_words;
	bool blank_before;                           /* an empty line stood before the current one */
	bool title_before;                           /* the line before is a heading by itself */
	uint32_t *first_lines, n_blocks, blocks_cap; /* of the current page */
};

static struct doc_page *page_new(struct text_maker *t)
{
	struct document *d = t->doc;
	if (d->n_pages == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 16;
		d->pages = mem_grow(t->mem, d->pages, struct doc_page, t->cap);
	}
	struct doc_page *p = &d->pages[d->n_pages++];
	*p = (struct doc_page){ .text = mem_strdup(t->mem, "") };
	t->writer = (struct page_writer){ .mem = t->mem, .page = p };
	t->n_blocks = 0;
	t->blank_before = true;
	return p;
}

static void word_end(struct text_maker *t)
{
	if (!t->word_len)
		return;
	page_add_word(&t->writer, t->word, t->word_len, &(struct doc_box){ 0 }, 0, 0, t->line_words == 0);
	t->word_len = 0;
	t->line_words++;
}

/* Level of a line that is a heading: numbered and short, or marked with '#' as text made from other formats is. */
static unsigned heading_level(const char *s, uint32_t len)
{
	unsigned marks = 0;
	while (marks < len && s[marks] == '#')
		marks++;
	if (marks && marks <= 6 && marks < len && s[marks] == ' ')
		return marks;
	return len <= 120 && !strchr(".,;", s[len - 1]) ? pattern_heading(s, len) : 0;
}

static void line_end(struct text_maker *t)
{
	word_end(t);
	if (t->line_words == 0) {
		t->blank_before = true;
		return;
	}
	uint32_t index = page_end_line(&t->writer);
	const struct doc_page *p = t->writer.page;
	const char *s = p->text + p->lines[index].start;
	uint32_t len = p->lines[index].len;
	unsigned level = heading_level(s, len);
	bool goes_on = s[0] >= 'a' && s[0] <= 'z';
	if (t->blank_before || level || pattern_list_item(s, len) || (t->title_before && !goes_on)) {
		if (t->n_blocks == t->blocks_cap) {
			t->blocks_cap = t->blocks_cap ? t->blocks_cap * 2 : 64;
			t->first_lines = mem_grow(t->mem, t->first_lines, uint32_t, t->blocks_cap);
		}
		t->first_lines[t->n_blocks++] = index;
	}
	t->line_words = 0;
	t->blank_before = false;
	t->title_before = level > 0;
}

static void page_end(struct text_maker *t)
{
	line_end(t);
	struct doc_page *p = t->writer.page;
	p->blocks = mem_array(t->mem, struct doc_block, t->n_blocks);
	p->n_blocks = t->n_blocks;
	for (uint32_t i = 0; i < t->n_blocks; i++) {
		struct doc_block *b = &p->blocks[i];
		uint32_t end = i + 1 < t->n_blocks ? t->first_lines[i + 1] : p->n_lines;
		*b = (struct doc_block){
			.kind = DOC_PARAGRAPH, .first_line = t->first_lines[i], .n_lines = end - t->first_lines[i]
		};
		for (uint32_t k = b->first_line; k < end; k++)
			p->lines[k].block = i;
		const char *s = p->text + p->lines[b->first_line].start;
		uint32_t len = p->lines[b->first_line].len;
		unsigned level = heading_level(s, len);
		if (b->n_lines == 1 && pattern_toc(s, len)) {
			b->kind = DOC_TOC;
		} else if (b->n_lines <= 2 && level) {
			b->kind = DOC_HEADING;
			b->level = (uint8_t)level;
		} else if (pattern_list_item(s, len)) {
			b->kind = DOC_LIST_ITEM;
		}
	}
}

void read_text(TALLOC_CTX *mem, const uint8_t *bytes, size_t n, struct reading *r)
{
	r->status = READER_OK;
	r->doc = mem_zero(mem, struct document);
	r->doc->format = DOC_FORMAT_TEXT;
	if (n > LIMIT_TEXT) {
		reading_fail(r, READER_TOO_BIG, "text");
		return;
	}
	struct source s = source_open(bytes, n);
	struct text_maker *t = mem_zero(mem, struct text_maker);
	t->mem = mem;
	t->doc = r->doc;
	page_new(t);
	uint32_t c;
	size_t controls = 0, words = 0;
	bool fed = false; /* the last character was a form feed: what follows, if anything, is a new page */
	while (source_next(&s, &c)) {
		if (fed && r->doc->n_pages == LIMIT_PAGES) {
			r->doc->warnings |= DOC_WARN_PAGE_LIMIT;
			break;
		}
		if (fed)
			page_new(t);
		fed = c == '\f';
		if (c == '\f') {
			page_end(t);
			continue;
		}
		if (c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029) {
			if (c != '\n' || s.at < 2 || s.encoding > UTF_8 || s.p[s.at - 2] != '\r')
				line_end(t);
			continue;
		}
		controls += c == 0 || (c < 0x20 && c != '\t');
		if (glyph_is_blank(c)) {
			word_end(t);
			words++;
			if (t->line_words == LINE_WORDS_MAX)
				line_end(t);
			continue;
		}
		c = glyph_char("", (int32_t)c);
		if (c == 0 || c == 0xad)
			continue;
		t->word_len += (uint32_t)text_encode(c, t->word + t->word_len);
		if (t->word_len >= WORD_MAX)
			word_end(t);
		if (words > LIMIT_TEXT / 8) {
			reading_fail(r, READER_TOO_BIG, "text");
			return;
		}
	}
	if (!fed)
		page_end(t);
	/* Text has almost no control characters: these are some other format's bytes. */
	if (controls > 16 + n / 100)
		reading_fail(r, READER_UNREADABLE, "not_text");
}
