/* A PDF to the document model, with MuPDF as the engine: its memory is bounded by our allocator, its time by a timer of
 * processor time that asks it to stop. */
#include "layout.h"
#include "pdf_ink.h"
#include "reading.h"
#include "text.h"

#include <signal.h>
#include <string.h>
#include <sys/time.h>

/* The allocator keeps each block's size in front of it, aligned as malloc would. */
struct pool {
	size_t used;
	bool failed;
};
#define HEAD 16

static void *pool_realloc(void *user, void *old, size_t size)
{
	struct pool *pool = user;
	size_t *head = old ? (size_t *)((char *)old - HEAD) : NULL;
	size_t before = head ? *head : 0;
	if (size > LIMIT_ENGINE_MEMORY || pool->used - before > LIMIT_ENGINE_MEMORY - size) {
		pool->failed = true;
		return NULL;
	}
	head = realloc(head, size + HEAD);
	if (!head) {
		pool->failed = true;
		return NULL;
	}
	*head = size;
	pool->used += size - before;
	return (char *)head + HEAD;
}

static void *pool_malloc(void *user, size_t size)
{
	return pool_realloc(user, NULL, size);
}

static void pool_free(void *user, void *p)
{
	struct pool *pool = user;
	if (!p)
		return;
	size_t *head = (size_t *)((char *)p - HEAD);
	pool->used -= *head;
	free(head);
}

/* The only state outside the stack: a signal handler can be given nothing else. The timer is started before the cage
 * closes and runs for the life of the process, so that no call is needed per page. */
static fz_cookie *volatile current_cookie;
static volatile sig_atomic_t ticks;

static void on_tick(int signal)
{
	(void)signal;
	if (current_cookie && ++ticks > (int)LIMIT_PAGE_SECONDS * 10)
		current_cookie->abort = 1;
}

void read_pdf_prepare(void)
{
	struct sigaction action = { .sa_handler = on_tick, .sa_flags = SA_RESTART };
	struct itimerval every = { { 0, 100000 }, { 0, 100000 } };
	sigaction(SIGPROF, &action, NULL);
	setitimer(ITIMER_PROF, &every, NULL);
}

static void quiet(void *user, const char *message)
{
	(void)user, (void)message; /* may quote the document: never logged */
}

struct pdf {
	TALLOC_CTX *mem;
	fz_context *ctx;
	struct pool *pool;
	pdf_document *doc;
	struct reading *r;
	struct layout_page *pages;
	uint32_t n_pages, n_read, n_limited;
	size_t text;
};

/* Reads one page; false when the file has no such page. */
static bool page_read(struct pdf *p, uint32_t number, const struct tags *tags)
{
	fz_context *ctx = p->ctx;
	pdf_page *page = NULL;
	fz_cookie cookie = { 0 };
	TALLOC_CTX *tmp = mem_new("ink", 0);
	struct ink *ink = mem_zero(tmp, struct ink);
	struct collector *c = mem_zero(tmp, struct collector);
	*c = (struct collector){ .mem = tmp, .ink = ink, .cookie = &cookie };
	bool loaded = false, failed = false;
	fz_var(page);
	fz_var(loaded);
	fz_var(failed);
	ticks = 0;
	current_cookie = &cookie;
	fz_try(ctx)
	{
		page = pdf_load_page(ctx, p->doc, (int)number);
		loaded = true;
		pdf_ink_collect(ctx, c, p->doc, page);
	}
	fz_always(ctx)
	{
		current_cookie = NULL;
		fz_drop_page(ctx, page ? &page->super : NULL);
	}
	fz_catch(ctx)
	{
		failed = true;
	}
	bool limited = c->full || cookie.abort || p->pool->failed;
	p->pool->failed = false;
	struct layout_page *out = &p->pages[number];
	if (failed || limited) {
		p->n_limited += limited;
		p->r->doc->warnings |= DOC_WARN_PAGE_FAILED;
		*ink = (struct ink){ .width = ink->width, .height = ink->height };
		if (ink->width < 0 || ink->height < 0 || ink->width > 1e6f || ink->height > 1e6f)
			*ink = (struct ink){ 0 };
	} else {
		p->n_read++;
	}
	layout_page(p->mem, ink, tags, number, out);
	p->text += out->page.text_len + out->page.n_words * sizeof(struct doc_word) / 4;
	talloc_free(tmp);
	/* Fonts stay for the next page; only what grows without end is thrown away. */
	if (p->pool->used > LIMIT_ENGINE_MEMORY / 2)
		fz_empty_store(ctx);
	return loaded;
}

static void title_read(struct pdf *p)
{
	char title[512];
	fz_context *ctx = p->ctx;
	fz_try(ctx)
	{
		int n = pdf_lookup_metadata(ctx, p->doc, FZ_META_INFO_TITLE, title, sizeof(title));
		size_t len = n > 1 ? strnlen(title, sizeof(title) - 1) : 0;
		if (len && text_utf8_valid(title, len))
			p->r->doc->title = mem_strndup(p->mem, title, len);
	}
	fz_catch(ctx)
	{
		p->r->doc->title = NULL;
	}
}

/* Reads pages until the end, a limit, or where the file ends before its count does. */
static enum reader_status pages_read(struct pdf *p)
{
	fz_context *ctx = p->ctx;
	struct document *d = p->r->doc;
	int count = pdf_count_pages(ctx, p->doc);
	if (count <= 0)
		return reading_fail(p->r, READER_UNREADABLE, "no_pages");
	p->n_pages = (uint32_t)count;
	if (p->n_pages > LIMIT_PAGES) {
		p->n_pages = LIMIT_PAGES;
		d->warnings |= DOC_WARN_PAGE_LIMIT;
	}
	struct tags *tags = NULL;
	fz_var(tags);
	fz_try(ctx)
	{
		pdf_lookup_page_obj(ctx, p->doc, (int)p->n_pages - 1); /* a count that lies has no such page */
		tags = pdf_tags_read(ctx, p->mem, p->doc, p->n_pages);
	}
	fz_catch(ctx)
	{
		tags = NULL;
	}
	d->tagged = tags;
	p->pages = mem_array(p->mem, struct layout_page, p->n_pages);
	uint32_t missing = 0, last = 0;
	for (uint32_t i = 0; i < p->n_pages; i++) {
		if (page_read(p, i, tags)) {
			last = i + 1;
			missing = 0;
		} else if (++missing == 20) {
			d->warnings |= DOC_WARN_TRUNCATED; /* the count lies */
			break;
		}
		if (p->text > LIMIT_TEXT)
			return reading_fail(p->r, READER_TOO_BIG, "text");
		if (p->n_limited > 20 && p->n_read == 0)
			return reading_fail(p->r, READER_TOO_BIG, "page");
	}
	if (last == 0)
		return reading_fail(p->r, READER_UNREADABLE, "no_pages");
	if (p->n_read == 0)
		return p->n_limited ? reading_fail(p->r, READER_TOO_BIG, "page")
				    : reading_fail(p->r, READER_UNREADABLE, "pages");
	if (last < p->n_pages && missing == 0)
		last = p->n_pages;
	layout_finish(p->mem, p->pages, last, tags, d);
	return READER_OK;
}

void read_pdf(TALLOC_CTX *mem, const uint8_t *bytes, size_t n, struct reading *r)
{
	struct pool pool = { 0 };
	fz_alloc_context alloc = { &pool, pool_malloc, pool_realloc, pool_free };
	fz_context *ctx = fz_new_context(&alloc, NULL, (size_t)32 << 20);
	if (!ctx) {
		reading_fail(r, READER_TOO_BIG, "memory");
		return;
	}
	fz_set_warning_callback(ctx, quiet, NULL);
	fz_set_error_callback(ctx, quiet, NULL);
	r->doc = mem_zero(mem, struct document);
	r->doc->format = DOC_FORMAT_PDF;
	r->status = READER_OK;
	struct pdf *p = mem_zero(mem, struct pdf);
	*p = (struct pdf){ .mem = mem, .ctx = ctx, .pool = &pool, .r = r };
	fz_stream *stream = NULL;
	fz_var(stream);
	fz_try(ctx)
	{
		stream = fz_open_memory(ctx, bytes, n);
		p->doc = pdf_open_document_with_stream(ctx, stream);
		if (pdf_needs_password(ctx, p->doc)) {
			reading_fail(r, READER_ENCRYPTED, "password");
		} else {
			pages_read(p);
			if (r->status == READER_OK) {
				title_read(p);
				if (pdf_was_repaired(ctx, p->doc))
					r->doc->warnings |= DOC_WARN_TRUNCATED;
			}
		}
	}
	fz_always(ctx)
	{
		pdf_drop_document(ctx, p->doc);
		fz_drop_stream(ctx, stream);
	}
	fz_catch(ctx)
	{
		if (pool.failed)
			reading_fail(r, READER_TOO_BIG, "memory");
		else
			reading_fail(r, READER_UNREADABLE, p->doc ? "structure" : "not_pdf");
	}
	fz_drop_context(ctx);
}
