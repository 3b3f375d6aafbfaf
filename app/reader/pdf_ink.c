/* A MuPDF device that draws nothing and remembers glyphs, ruling lines and the area of pictures, and a processor that
 * tells it in which marked content each of them is drawn. */
#include "pdf_ink.h"
#include "reading.h"

#include <math.h>
#include <string.h>

struct ink_device {
	fz_device base;
	struct collector *c;
};

static struct collector *collector_of(fz_device *dev)
{
	return ((struct ink_device *)dev)->c;
}

static void give_up(fz_context *ctx, struct collector *c)
{
	c->full = true;
	c->cookie->abort = 1;
	fz_throw(ctx, FZ_ERROR_ABORT, "limit of a page");
}

static struct glyph *glyph_new(fz_context *ctx, struct collector *c)
{
	struct ink *ink = c->ink;
	if (ink->n_glyphs == LIMIT_PAGE_GLYPHS)
		give_up(ctx, c);
	if (ink->n_glyphs == c->glyphs_cap) {
		c->glyphs_cap = c->glyphs_cap ? c->glyphs_cap * 2 : 4096;
		ink->glyphs = mem_grow(c->mem, ink->glyphs, struct glyph, c->glyphs_cap);
	}
	return &ink->glyphs[ink->n_glyphs++];
}

static bool sane(float v)
{
	return isfinite(v) && fabsf(v) < 1e6f;
}

/* Style that the name of a font tells when its own flags do not. */
static uint8_t style_of(fz_context *ctx, fz_font *font)
{
	const char *name = fz_font_name(ctx, font);
	uint8_t style = 0;
	if (fz_font_is_bold(ctx, font) || strcasestr(name, "bold") || strcasestr(name, "black") ||
	    strcasestr(name, "heavy") || strcasestr(name, "demi"))
		style |= DOC_BOLD;
	if (fz_font_is_italic(ctx, font) || strcasestr(name, "italic") || strcasestr(name, "oblique"))
		style |= DOC_ITALIC;
	return style;
}

static void add_span(fz_context *ctx, struct collector *c, const fz_text_span *span, fz_matrix ctm)
{
	const char *name = fz_font_name(ctx, span->font);
	uint8_t style = style_of(ctx, span->font);
	float ascent = fz_font_ascender(ctx, span->font), descent = fz_font_descender(ctx, span->font);
	if (!(ascent > 0.2f && ascent < 2))
		ascent = 0.85f;
	if (!(descent < 0 && descent > -1.5f))
		descent = -0.2f;
	const struct mark *mark = c->depth ? &c->marks[(c->depth > 64 ? 64 : c->depth) - 1] : NULL;
	for (int i = 0; i < span->len;) {
		/* One glyph may stand for several characters: the items behind it have no glyph. */
		int end = i + 1;
		while (end < span->len && span->items[end].gid < 0)
			end++;
		const fz_text_item *item = &span->items[i];
		uint32_t chars[24];
		unsigned n = 0;
		for (int k = i; k < end && n + 3 <= ARRAY_LEN(chars); k++) {
			if (span->items[k].ucs == -1 && k > i)
				continue;
			uint32_t u = glyph_char(name, span->items[k].ucs);
			if (u)
				n += glyph_expand(u, chars + n);
		}
		i = end;
		if (n == 0)
			continue;
		fz_matrix trm = span->trm;
		trm.e = item->x;
		trm.f = item->y;
		trm = fz_concat(trm, ctm);
		float advance = item->gid >= 0 ? fz_advance_glyph(ctx, span->font, item->gid, (int)span->wmode) : 0;
		fz_point by = span->wmode ? fz_make_point(0, -advance) : fz_make_point(advance, 0);
		by = fz_transform_vector(by, trm);
		float size = fz_matrix_expansion(trm);
		if (!sane(trm.e) || !sane(trm.f) || !sane(by.x) || !sane(by.y) || !sane(size))
			continue;
		for (unsigned k = 0; k < n; k++) {
			struct glyph *g = glyph_new(ctx, c);
			float from = (float)k / (float)n, to = (float)(k + 1) / (float)n;
			*g = (struct glyph){ .c = chars[k],
				.x0 = trm.e + by.x * from,
				.y0 = trm.f + by.y * from,
				.x1 = trm.e + by.x * to,
				.y1 = trm.f + by.y * to,
				.size = size,
				.ascent = ascent,
				.descent = descent,
				.mcid = mark ? mark->mcid : -1,
				.style = style,
				.aside = mark && mark->aside,
				.field = c->field };
		}
	}
}

static void add_text(fz_context *ctx, struct collector *c, const fz_text *text, fz_matrix ctm)
{
	for (const fz_text_span *span = text->head; span; span = span->next)
		add_span(ctx, c, span, ctm);
}

static void on_fill_text(fz_context *ctx, fz_device *dev, const fz_text *text, fz_matrix ctm, fz_colorspace *cs,
    const float *color, float alpha, fz_color_params params)
{
	(void)cs, (void)color, (void)alpha, (void)params;
	collector_of(dev)->filled = text;
	add_text(ctx, collector_of(dev), text, ctm);
}

static void on_stroke_text(fz_context *ctx, fz_device *dev, const fz_text *text, const fz_stroke_state *stroke,
    fz_matrix ctm, fz_colorspace *cs, const float *color, float alpha, fz_color_params params)
{
	(void)stroke, (void)cs, (void)color, (void)alpha, (void)params;
	if (collector_of(dev)->filled != text) /* filled and outlined is a way to print bold, not two texts */
		add_text(ctx, collector_of(dev), text, ctm);
}

static void on_clip_text(fz_context *ctx, fz_device *dev, const fz_text *text, fz_matrix ctm, fz_rect scissor)
{
	(void)scissor;
	if (collector_of(dev)->filled != text)
		add_text(ctx, collector_of(dev), text, ctm);
}

static void on_clip_stroke_text(
    fz_context *ctx, fz_device *dev, const fz_text *text, const fz_stroke_state *stroke, fz_matrix ctm, fz_rect scissor)
{
	(void)stroke;
	on_clip_text(ctx, dev, text, ctm, scissor);
}

/* Invisible text: the layer that scanners put under their picture. */
static void on_ignore_text(fz_context *ctx, fz_device *dev, const fz_text *text, fz_matrix ctm)
{
	add_text(ctx, collector_of(dev), text, ctm);
}

static void rule_add(struct collector *c, float x0, float y0, float x1, float y1)
{
	struct ink *ink = c->ink;
	if (!sane(x0) || !sane(y0) || !sane(x1) || !sane(y1) || ink->n_rules == LIMIT_PAGE_RULES)
		return; /* more lines than that are a drawing: tables are then told by tags only */
	if (ink->n_rules == c->rules_cap) {
		c->rules_cap = c->rules_cap ? c->rules_cap * 2 : 256;
		ink->rules = mem_grow(c->mem, ink->rules, struct doc_box, c->rules_cap);
	}
	ink->rules[ink->n_rules++] = (struct doc_box){ fminf(x0, x1), fminf(y0, y1), fmaxf(x0, x1), fmaxf(y0, y1) };
}

/* Walking a path: straight pieces and, for filled ones, the box of each closed part. */
struct walk {
	struct collector *c;
	fz_matrix ctm;
	bool stroke;
	float half; /* half the width of the stroke */
	fz_point start, at;
	fz_rect box;
	bool curved;
	unsigned points;
};

static void walk_flush(struct walk *w)
{
	/* A filled part that is thin is a line; a wide one is a shade, whose edges are no borders. */
	if (!w->stroke && !w->curved && w->points >= 3) {
		float dx = w->box.x1 - w->box.x0, dy = w->box.y1 - w->box.y0;
		if (fminf(dx, dy) <= 3.5f)
			rule_add(w->c, w->box.x0, w->box.y0, w->box.x1, w->box.y1);
	}
	w->points = 0;
	w->curved = false;
}

static void walk_to(struct walk *w, fz_point p)
{
	if (w->stroke && w->points) {
		float dx = fabsf(p.x - w->at.x), dy = fabsf(p.y - w->at.y);
		if (dy < 0.5f && dx > 0.5f)
			rule_add(w->c, w->at.x, fminf(p.y, w->at.y) - w->half, p.x, fmaxf(p.y, w->at.y) + w->half);
		else if (dx < 0.5f && dy > 0.5f)
			rule_add(w->c, fminf(p.x, w->at.x) - w->half, w->at.y, fmaxf(p.x, w->at.x) + w->half, p.y);
	}
	if (!w->points)
		w->box = fz_make_rect(p.x, p.y, p.x, p.y);
	w->box.x0 = fminf(w->box.x0, p.x);
	w->box.y0 = fminf(w->box.y0, p.y);
	w->box.x1 = fmaxf(w->box.x1, p.x);
	w->box.y1 = fmaxf(w->box.y1, p.y);
	w->at = p;
	w->points++;
}

static void walk_move(fz_context *ctx, void *arg, float x, float y)
{
	(void)ctx;
	struct walk *w = arg;
	walk_flush(w);
	w->start = fz_transform_point_xy(x, y, w->ctm);
	walk_to(w, w->start);
}

static void walk_line(fz_context *ctx, void *arg, float x, float y)
{
	(void)ctx;
	struct walk *w = arg;
	walk_to(w, fz_transform_point_xy(x, y, w->ctm));
}

static void walk_curve(fz_context *ctx, void *arg, float x1, float y1, float x2, float y2, float x3, float y3)
{
	(void)ctx, (void)x1, (void)y1, (void)x2, (void)y2;
	struct walk *w = arg;
	w->curved = true;
	w->at = fz_transform_point_xy(x3, y3, w->ctm);
	w->points++;
}

static void walk_close(fz_context *ctx, void *arg)
{
	(void)ctx;
	struct walk *w = arg;
	if (w->points)
		walk_to(w, w->start);
}

static void walk_path(fz_context *ctx, struct walk *w, const fz_path *path)
{
	static const fz_path_walker walker = { walk_move, walk_line, walk_curve, walk_close, NULL, NULL, NULL, NULL };
	if (w->c->ink->n_paths < UINT32_MAX)
		w->c->ink->n_paths++;
	fz_walk_path(ctx, path, &walker, w);
	walk_flush(w);
}

static void on_fill_path(fz_context *ctx, fz_device *dev, const fz_path *path, int even_odd, fz_matrix ctm,
    fz_colorspace *cs, const float *color, float alpha, fz_color_params params)
{
	(void)even_odd, (void)cs, (void)color, (void)params;
	struct walk w = { .c = collector_of(dev), .ctm = ctm };
	if (alpha > 0)
		walk_path(ctx, &w, path);
}

static void on_stroke_path(fz_context *ctx, fz_device *dev, const fz_path *path, const fz_stroke_state *stroke,
    fz_matrix ctm, fz_colorspace *cs, const float *color, float alpha, fz_color_params params)
{
	(void)cs, (void)color, (void)params;
	struct walk w = { .c = collector_of(dev), .ctm = ctm, .stroke = true };
	w.half = fminf(stroke->linewidth * fz_matrix_expansion(ctm) / 2, 1.5f);
	if (alpha > 0)
		walk_path(ctx, &w, path);
}

static void add_picture(struct collector *c, fz_matrix ctm)
{
	fz_rect r = fz_transform_rect(fz_unit_rect, ctm);
	fz_rect page = fz_make_rect(0, 0, c->ink->width, c->ink->height);
	r = fz_intersect_rect(r, page);
	if (!fz_is_empty_rect(r))
		c->ink->picture_area += (r.x1 - r.x0) * (r.y1 - r.y0);
}

static void on_fill_image(
    fz_context *ctx, fz_device *dev, fz_image *image, fz_matrix ctm, float alpha, fz_color_params params)
{
	(void)ctx, (void)image, (void)alpha, (void)params;
	add_picture(collector_of(dev), ctm);
}

static void on_fill_image_mask(fz_context *ctx, fz_device *dev, fz_image *image, fz_matrix ctm, fz_colorspace *cs,
    const float *color, float alpha, fz_color_params params)
{
	(void)ctx, (void)image, (void)cs, (void)color, (void)alpha, (void)params;
	add_picture(collector_of(dev), ctm);
}

static fz_device *ink_device_new(fz_context *ctx, struct collector *c)
{
	struct ink_device *dev = fz_new_derived_device(ctx, struct ink_device);
	dev->c = c;
	dev->base.fill_text = on_fill_text;
	dev->base.stroke_text = on_stroke_text;
	dev->base.clip_text = on_clip_text;
	dev->base.clip_stroke_text = on_clip_stroke_text;
	dev->base.ignore_text = on_ignore_text;
	dev->base.fill_path = on_fill_path;
	dev->base.stroke_path = on_stroke_path;
	dev->base.fill_image = on_fill_image;
	dev->base.fill_image_mask = on_fill_image_mask;
	return &dev->base;
}

/* Marked content: a mark inherits what it does not say itself. */
static void mark_push(struct collector *c, const char *tag, fz_context *ctx, pdf_obj *properties)
{
	struct mark m = { .mcid = -1, .aside = false };
	if (c->depth && c->depth <= 64)
		m = c->marks[c->depth - 1];
	if (strcmp(tag, "Artifact") == 0)
		m = (struct mark){ .mcid = -1, .aside = true };
	pdf_obj *id = properties ? pdf_dict_gets(ctx, properties, "MCID") : NULL;
	if (id && pdf_is_int(ctx, id))
		m = (struct mark){ .mcid = pdf_to_int(ctx, id), .aside = m.aside };
	if (c->depth < 64)
		c->marks[c->depth] = m;
	if (c->depth < UINT32_MAX)
		c->depth++;
}

/* Text of one text object is shown at its end, but a mark may begin or end inside: setting a value that nothing here
 * looks at makes MuPDF show what it holds back. */
static void show_pending(fz_context *ctx, pdf_processor *proc)
{
	if (proc->op_M)
		proc->op_M(ctx, proc, 10);
}

static void op_bmc(fz_context *ctx, pdf_processor *proc, const char *tag)
{
	struct collector *c = fz_user_context(ctx);
	show_pending(ctx, proc);
	if (c->bmc)
		c->bmc(ctx, proc, tag);
	mark_push(c, tag, ctx, NULL);
}

static void op_bdc(fz_context *ctx, pdf_processor *proc, const char *tag, pdf_obj *raw, pdf_obj *cooked)
{
	struct collector *c = fz_user_context(ctx);
	show_pending(ctx, proc);
	if (c->bdc)
		c->bdc(ctx, proc, tag, raw, cooked);
	mark_push(c, tag, ctx, cooked ? cooked : raw);
}

static void op_emc(fz_context *ctx, pdf_processor *proc)
{
	struct collector *c = fz_user_context(ctx);
	show_pending(ctx, proc);
	if (c->emc)
		c->emc(ctx, proc);
	if (c->depth)
		c->depth--;
}

static void collect_links(fz_context *ctx, struct collector *c, pdf_page *page)
{
	fz_link *links = pdf_load_links(ctx, page);
	uint32_t n = 0, cap = 0;
	for (fz_link *l = links; l && n < 5000; l = l->next) {
		if (!l->uri || fz_is_external_link(ctx, l->uri))
			continue;
		if (n == cap) {
			cap = cap ? cap * 2 : 32;
			c->ink->links = mem_grow(c->mem, c->ink->links, struct doc_box, cap);
		}
		c->ink->links[n++] = (struct doc_box){ l->rect.x0, l->rect.y0, l->rect.x1, l->rect.y1 };
	}
	c->ink->n_links = n;
	fz_drop_link(ctx, links);
}

void pdf_ink_collect(fz_context *ctx, struct collector *c, pdf_document *doc, pdf_page *page)
{
	fz_rect media;
	fz_matrix ctm;
	fz_device *dev = NULL;
	pdf_processor *proc = NULL;
	pdf_page_transform(ctx, page, &media, &ctm);
	media = fz_transform_rect(media, ctm);
	/* The page as displayed begins at (0, 0). */
	ctm = fz_concat(ctm, fz_translate(-media.x0, -media.y0));
	c->ink->width = media.x1 - media.x0;
	c->ink->height = media.y1 - media.y0;
	if (!sane(c->ink->width) || !sane(c->ink->height))
		fz_throw(ctx, FZ_ERROR_GENERIC, "size of page");
	fz_set_user_context(ctx, c);
	fz_var(dev);
	fz_var(proc);
	fz_try(ctx)
	{
		dev = ink_device_new(ctx, c);
		proc = pdf_new_run_processor(ctx, dev, ctm, "View", NULL, NULL, c->cookie);
		c->bmc = proc->op_BMC;
		c->bdc = proc->op_BDC;
		c->emc = proc->op_EMC;
		proc->op_BMC = op_bmc;
		proc->op_BDC = op_bdc;
		proc->op_EMC = op_emc;
		/* The names of the last arguments in MuPDF's header are the wrong way round: resources come first. */
		pdf_process_contents(
		    ctx, proc, doc, pdf_page_resources(ctx, page), pdf_page_contents(ctx, page), c->cookie);
		pdf_close_processor(ctx, proc);
		c->depth = 0;
		c->field = true;
		if (!c->cookie->abort)
			pdf_run_page_widgets(ctx, page, dev, fz_translate(-media.x0, -media.y0), c->cookie);
		fz_close_device(ctx, dev);
	}
	fz_always(ctx)
	{
		pdf_drop_processor(ctx, proc);
		fz_drop_device(ctx, dev);
	}
	fz_catch(ctx)
	{
		if (!c->full)
			fz_rethrow(ctx);
	}
	if (c->full || c->cookie->abort)
		return;
	fz_try(ctx) collect_links(ctx, c, page);
	fz_catch(ctx) c->ink->n_links = 0;
}
