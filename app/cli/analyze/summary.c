#include "summary.h"
#include <string.h>
#include "red_flags.h"
#include "tender.h"
#include "text.h"

#define WIDTH 96
#define LABEL 15 /* columns of a label, its margin included */

struct summary {
	TALLOC_CTX *mem;
	struct buf *out;
	const struct json *facts, *documents;
};

struct word {
	const char *id, *french;
};

static const struct word kinds[] = { { "rc", "règlement de la consultation" }, { "aapc", "avis de marché" },
	{ "ae", "acte d'engagement" }, { "ccap", "cahier des clauses administratives" },
	{ "cctp", "cahier des clauses techniques" }, { "bpu", "bordereau des prix unitaires" },
	{ "dpgf", "décomposition du prix global et forfaitaire" }, { "dqe", "détail quantitatif estimatif" },
	{ "dc1", "lettre de candidature (DC1)" }, { "dc2", "déclaration du candidat (DC2)" },
	{ "planning", "planning" }, { "memoire_frame", "cadre de mémoire technique" }, { "annexe", "annexe" },
	{ "archive", "archive" } };
static const struct word errors[] = { { "unread_format", "non lu : ce format n'est pas encore pris en charge" },
	{ "document_encrypted", "non lu : protégé par un mot de passe" },
	{ "document_unreadable", "non lu : fichier illisible" },
	{ "document_too_big", "non lu : document trop volumineux" },
	{ "reader_timeout", "non lu : lecture trop longue" },
	{ "reader_crashed", "non lu : la lecture s'est interrompue" }, { "empty_file", "non lu : fichier vide" },
	{ "not_found", "introuvable" } };
static const struct word warnings[] = { { "truncated", "fichier endommagé, lu en partie" },
	{ "no_text", "des pages sans texte n'ont pas été lues" },
	{ "page_limit", "seules les premières pages ont été lues" }, { "page_failed", "une page n'a pas pu être lue" },
	{ "hidden_content", "des feuilles, lignes ou colonnes masquées n'ont pas été lues" } };

#define FRENCH(table, id) french((table), ARRAY_LEN(table), (id))

static const char *french(const struct word *table, size_t n, const char *id)
{
	for (size_t i = 0; id && i < n; i++)
		if (strcmp(table[i].id, id) == 0)
			return table[i].french;
	return NULL;
}

static size_t columns(const char *s, size_t n)
{
	size_t c = 0;
	for (size_t i = 0; i < n; i++)
		c += ((unsigned char)s[i] & 0xC0) != 0x80;
	return c;
}

static void spaces(struct buf *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_char(b, ' ');
}

/* Words of `s` from column `at` on, wrapped with that indent. What a terminal might obey is left out. */
static void wrapped(struct summary *s, const char *text, size_t at)
{
	size_t col = at;
	for (const char *p = text; *p != '\0';) {
		size_t n = strcspn(p, " \n\t");
		if (n > 0) {
			size_t w = columns(p, n);
			if (col > at && col + 1 + w > WIDTH) {
				buf_char(s->out, '\n');
				spaces(s->out, at);
				col = at;
			} else if (col > at) {
				buf_char(s->out, ' ');
				col++;
			}
			for (size_t i = 0; i < n; i++)
				if ((unsigned char)p[i] >= 32 && p[i] != 127)
					buf_char(s->out, p[i]);
			col += w;
		}
		p += n;
		p += *p != '\0';
	}
	buf_char(s->out, '\n');
}

static void title(struct summary *s, const char *text)
{
	buf_printf(s->out, "\n%s\n", text);
}

/* "  Label         text", wrapped under itself. */
static void line(struct summary *s, const char *label, const char *text)
{
	spaces(s->out, 2);
	buf_str(s->out, label);
	size_t used = 2 + columns(label, strlen(label));
	spaces(s->out, used < LABEL + 2 ? LABEL + 2 - used : 1);
	wrapped(s, text, used < LABEL + 2 ? LABEL + 2 : used + 1);
}

/* The name of a file without its folders and archives, as long as no other document bears it. */
static const char *shown(struct summary *s, const char *file)
{
	const char *slash = strrchr(file, '/'), *name = slash && slash[1] != '\0' ? slash + 1 : file;
	size_t twins = 0;
	for (size_t i = 0; i < json_len(s->documents) && name != file; i++) {
		const char *other = json_string(json_get(json_at(s->documents, i), "file"));
		const char *end = other ? strrchr(other, '/') : NULL;
		twins += other && strcmp(end ? end + 1 : other, name) == 0;
	}
	return twins > 1 ? file : name;
}

/* "AE.docx, § 3.1", "DPGF.xlsx, feuille DPGF, B12": places in documents without pages. */
static const char *place_without_page(struct summary *s, const char *file, const struct json *e)
{
	const char *section = json_string(json_get(e, "section")), *sheet = json_string(json_get(e, "sheet")),
		   *cell = json_string(json_get(e, "cell"));
	struct evidence where = { .section = mem_strdup(s->mem, section),
		.sheet = mem_strdup(s->mem, sheet),
		.cell = mem_strdup(s->mem, cell),
		.paragraph = (uint32_t)json_int(json_get(e, "paragraph")) };
	return section || sheet || where.paragraph > 0
		   ? mem_printf(s->mem, "%s, %s", file, evidence_place(s->mem, &where))
		   : file;
}

/* "RC.pdf, p. 7-8", of all evidence in the first document. NULL when there is none. */
static const char *place(struct summary *s, const struct json *fact)
{
	const struct json *all = json_get(fact, "evidence"), *first = json_at(all, 0);
	const char *file = json_string(json_get(first, "file"));
	if (!file)
		return NULL;
	int64_t low = json_int(json_get(first, "page")), high = low;
	bool list = json_kind(json_get(fact, "value")) == JSON_ARRAY;
	for (size_t i = 1; list && i < json_len(all); i++) {
		const char *f = json_string(json_get(json_at(all, i), "file"));
		int64_t page = json_int(json_get(json_at(all, i), "page"));
		if (!f || strcmp(f, file) != 0)
			break;
		low = page < low ? page : low;
		high = page > high ? page : high;
	}
	const char *name = shown(s, file);
	if (low <= 0)
		return place_without_page(s, name, first);
	return high > low ? mem_printf(s->mem, "%s, p.\u00a0%lld-%lld", name, (long long)low, (long long)high)
			  : mem_printf(s->mem, "%s, p.\u00a0%lld", name, (long long)low);
}

/* What follows a value: what is doubtful about it, and where it stands. */
static char *with_place(struct summary *s, const struct json *fact, const char *text)
{
	const char *status = json_string(json_get(fact, "status")), *where = place(s, fact), *doubt = "";
	if (status && strcmp(status, "uncertain") == 0)
		doubt = " — à confirmer";
	else if (status && strcmp(status, "contradicted") == 0)
		doubt = " — à confirmer\u00a0: le dossier se contredit";
	return where ? mem_printf(s->mem, "%s%s [%s]", text, doubt, where) : mem_printf(s->mem, "%s%s", text, doubt);
}

static const struct json *fact(struct summary *s, const char *key)
{
	const struct json *f = json_get(s->facts, key);
	return json_kind(json_get(f, "value")) == JSON_NULL ? NULL : f;
}

static void text_line(struct summary *s, const char *label, const char *key)
{
	const struct json *f = fact(s, key);
	const char *v = json_string(json_get(f, "value"));
	line(s, label, v ? with_place(s, f, v) : "non trouvé");
}

/* "accord-cadre de services (mono-attributaire)"; nothing where neither is known. */
static void contract(struct summary *s)
{
	const struct json *form = fact(s, "contract_form"), *nature = fact(s, "contract_nature");
	const char *of = tender_value_word("contract_nature", json_string(json_get(nature, "value")));
	const char *id = json_string(json_get(form, "value")), *detail = json_string(json_get(form, "detail"));
	if (!form && of) {
		line(s, "Nature", with_place(s, nature, of));
		return;
	}
	if (!id)
		return;
	line(s, "Contrat",
	    with_place(s, form,
		mem_printf(s->mem, "%s%s%s%s%s%s", strcmp(id, "accord_cadre") == 0 ? "accord-cadre" : "marché",
		    of ? " de " : "", of ? of : "", detail ? " (" : "", detail ? detail : "", detail ? ")" : "")));
}

static void duration(struct summary *s)
{
	const struct json *d = fact(s, "duration_months"), *r = fact(s, "renewals"), *each = fact(s, "renewal_months");
	if (!d && !r)
		return;
	long long months = (long long)json_num(json_get(d, "value")), times = (long long)json_num(json_get(r, "value")),
		  length = (long long)json_num(json_get(each, "value"));
	char *text = d ? mem_printf(s->mem, "%lld\u00a0mois", months) : mem_strdup(s->mem, "");
	if (r && times == 0)
		text = mem_printf(s->mem, "%s%snon reconductible", text, d ? ", " : "");
	else if (r && times == 1)
		text = mem_printf(s->mem, "%s%sreconductible une fois", text, d ? ", " : "");
	else if (r)
		text = mem_printf(s->mem, "%s%sreconductible %lld\u00a0fois", text, d ? ", " : "", times);
	if (r && times > 0 && each)
		text = mem_printf(
		    s->mem, times == 1 ? "%s pour %lld\u00a0mois" : "%s pour %lld\u00a0mois chaque fois", text, length);
	line(s, "Durée", with_place(s, d ? d : r, text));
}

static void most(struct summary *s)
{
	const struct json *m = fact(s, "amount_max_eur_ht"), *period = fact(s, "amount_max_period");
	const char *words = json_string(json_get(period, "value"));
	if (m)
		line(s, "Maximum",
		    with_place(s, m,
			mem_printf(s->mem, "%s HT%s%s", tender_euros(s->mem, json_num(json_get(m, "value"))),
			    words ? ", " : "", words ? words : "")));
}

/* "lot 1 : Voirie, maximum 40 000 € HT" */
static char *lot_words(struct summary *s, const struct json *lot)
{
	const char *number = json_string(json_get(lot, "number")), *name = json_string(json_get(lot, "title"));
	const struct json *facts = json_get(lot, "facts"),
			  *max = json_get(json_get(facts, "amount_max_eur_ht"), "value"),
			  *about = json_get(json_get(facts, "estimated_amount_eur_ht"), "value");
	char *words = mem_printf(s->mem, "lot %s%s%s", number ? number : "?", name ? "\u00a0: " : "", name ? name : "");
	if (json_kind(max) != JSON_NULL)
		return mem_printf(s->mem, "%s, maximum %s HT", words, tender_euros(s->mem, json_num(max)));
	if (json_kind(about) != JSON_NULL)
		return mem_printf(s->mem, "%s, estimé à %s HT", words, tender_euros(s->mem, json_num(about)));
	return words;
}

static void what(struct summary *s)
{
	const struct json *f = fact(s, "procedure"), *lots = fact(s, "lots"), *list = fact(s, "lots_list");
	const char *p = tender_value_word("procedure", json_string(json_get(f, "value")));
	title(s, "QUOI");
	text_line(s, "Objet", "object");
	text_line(s, "Référence", "reference");
	line(s, "Procédure", f ? with_place(s, f, p ? p : "autre") : "non trouvé");
	contract(s);
	int64_t n = (int64_t)json_num(json_get(lots, "value"));
	const struct json *allotted = json_get(json_get(s->facts, "allotted"), "value");
	if (!lots)
		line(s, "Lots", "non trouvé");
	else if (n == 1 && json_kind(allotted) == JSON_BOOL && !json_truth(allotted))
		line(s, "Lots", with_place(s, lots, "marché non alloti"));
	else
		line(s, "Lots", with_place(s, lots, mem_printf(s->mem, "%lld lot%s", (long long)n, n > 1 ? "s" : "")));
	const struct json *all = json_get(list, "value");
	for (size_t i = 0; i < json_len(all); i++)
		line(s, "", lot_words(s, json_at(all, i)));
	duration(s);
	most(s);
}

static void until(struct summary *s, const char *label, const char *key, const struct wall_time *now)
{
	const struct json *f = fact(s, key);
	const char *v = json_string(json_get(f, "value"));
	struct wall_time t;
	if (!v) {
		line(s, label, "non trouvé");
		return;
	}
	if (!wall_time_parse(v, &t)) {
		line(s, label, with_place(s, f, v));
		return;
	}
	line(s, label, with_place(s, f, wall_time_words(s->mem, &t)));
	line(s, "", wall_time_left(s->mem, &t, now));
	const char *rest = wall_time_rest(s->mem, &t);
	if (rest)
		line(s, "", mem_printf(s->mem, "attention\u00a0: c'est %s", rest));
}

/* "60 %", "37,5 %", right-aligned by the caller; "—" without weight. */
static char *percent(struct summary *s, const struct json *weight)
{
	if (json_kind(weight) == JSON_NULL)
		return mem_strdup(s->mem, "—");
	return mem_printf(s->mem, "%s\u00a0%%", tender_decimal(s->mem, json_num(weight)));
}

static size_t widest(struct summary *s, const struct json *list)
{
	size_t w = 0;
	for (size_t i = 0; i < json_len(list); i++) {
		char *p = percent(s, json_get(json_at(list, i), "weight"));
		size_t n = columns(p, strlen(p)), below = widest(s, json_get(json_at(list, i), "sub"));
		w = n > w ? n : w;
		w = below > w ? below : w;
	}
	return w;
}

static void criteria(struct summary *s, const struct json *list, unsigned depth, size_t width)
{
	for (size_t i = 0; i < json_len(list) && depth < 6; i++) {
		const struct json *c = json_at(list, i);
		const char *name = json_string(json_get(c, "name"));
		char *p = percent(s, json_get(c, "weight"));
		size_t n = columns(p, strlen(p)), at = 2 + (size_t)depth * 4;
		spaces(s->out, at + width - n);
		buf_str(s->out, p);
		spaces(s->out, 2);
		wrapped(s, name ? name : "?", at + width + 2);
		criteria(s, json_get(c, "sub"), depth + 1, width);
	}
}

static void list_of_criteria(struct summary *s, const struct json *f, const char *of)
{
	size_t n = json_len(json_get(f, "value"));
	spaces(s->out, 2);
	wrapped(s, with_place(s, f, mem_printf(s->mem, "%s%zu critère%s", of, n, n > 1 ? "s" : "")), 2);
	criteria(s, json_get(f, "value"), 0, widest(s, json_get(f, "value")));
}

/* The list of all lots, or each lot's own. */
static void judged(struct summary *s)
{
	const struct json *f = fact(s, "criteria"), *lots = json_get(fact(s, "lots_list"), "value");
	bool any = f != NULL;
	title(s, "COMMENT C'EST JUGÉ");
	if (f)
		list_of_criteria(s, f, "");
	for (size_t i = 0; i < json_len(lots); i++) {
		const struct json *lot = json_at(lots, i), *own = json_get(json_get(lot, "facts"), "criteria");
		const char *number = json_string(json_get(lot, "number"));
		if (json_kind(own) != JSON_OBJECT)
			continue;
		any = true;
		list_of_criteria(s, own, mem_printf(s->mem, "Lot %s\u00a0: ", number ? number : "?"));
	}
	if (!any)
		line(s, "Critères", "non trouvé");
}

/* Until when to ask and to visit: only where the dossier says so. */
static void questions(struct summary *s)
{
	const struct json *f = fact(s, "question_deadline");
	const char *v = json_string(json_get(f, "value"));
	struct wall_time t;
	if (!v)
		return;
	const char *day = wall_time_parse(v, &t) ? wall_time_words(s->mem, &t) : v;
	const char *how = json_truth(json_get(f, "computed")) ? " (date calculée)" : "";
	line(s, "Questions", with_place(s, f, mem_printf(s->mem, "jusqu'au %s%s", day, how)));
}

static void visit(struct summary *s)
{
	const struct json *f = fact(s, "site_visit_mandatory"), *dates = json_get(fact(s, "visit_dates"), "value");
	if (f)
		line(s, "Visite",
		    with_place(s, f, json_truth(json_get(f, "value")) ? "obligatoire" : "non obligatoire"));
	for (size_t i = 0; i < json_len(dates); i++) {
		struct wall_time t;
		const char *v = json_string(json_at(dates, i));
		if (v && wall_time_parse(v, &t))
			line(s, !f && i == 0 ? "Visite" : "", wall_time_words(s->mem, &t));
	}
}

static void pieces(struct summary *s, const char *label, const char *key)
{
	const struct json *f = fact(s, key), *all = json_get(f, "value");
	if (!f)
		return;
	line(
	    s, label, with_place(s, f, mem_printf(s->mem, "%zu pièce%s", json_len(all), json_len(all) > 1 ? "s" : "")));
	for (size_t i = 0; i < json_len(all); i++) {
		const char *name = json_string(json_get(json_at(all, i), "name")),
			   *form = json_string(json_get(json_at(all, i), "format"));
		bool said = !form || (name && strstr(name, form));
		line(s, "",
		    mem_printf(
			s->mem, "- %s%s%s%s", name ? name : "?", said ? "" : " (", said ? "" : form, said ? "" : ")"));
	}
}

static void to_give(struct summary *s)
{
	if (!fact(s, "mandatory_candidature") && !fact(s, "mandatory_offer"))
		return;
	title(s, "PIÈCES À REMETTRE");
	pieces(s, "Candidature", "mandatory_candidature");
	pieces(s, "Offre", "mandatory_offer");
}

static void conditions(struct summary *s)
{
	const struct json *v = fact(s, "offer_validity_days"), *w = fact(s, "variants_allowed");
	title(s, "CONDITIONS");
	line(s, "Validité",
	    v ? with_place(s, v, mem_printf(s->mem, "%lld jours", (long long)json_num(json_get(v, "value"))))
	      : "non trouvé");
	line(s, "Variantes",
	    w ? with_place(s, w, json_truth(json_get(w, "value")) ? "autorisées" : "interdites") : "non trouvé");
	text_line(s, "Plateforme", "platform_url");
	visit(s);
	const struct json *ccag = fact(s, "ccag");
	const char *name = tender_value_word("ccag", json_string(json_get(ccag, "value")));
	if (name)
		line(s, "CCAG", with_place(s, ccag, name));
}

/* Who is behind the name, and what is asked of the candidate himself: only where the dossier says so. */
static void said_line(struct summary *s, const char *label, const char *key)
{
	if (fact(s, key))
		text_line(s, label, key);
}

static void list_lines(struct summary *s, const char *label, const char *key)
{
	const struct json *f = fact(s, key), *all = json_get(f, "value");
	for (size_t i = 0; i < json_len(all); i++) {
		const char *one = json_string(json_at(all, i));
		line(s, i == 0 ? label : "", i == 0 ? with_place(s, f, one ? one : "?") : one ? one : "?");
	}
}

static void of_the_candidate(struct summary *s)
{
	const struct json *turnover = fact(s, "minimum_turnover");
	if (!turnover && !fact(s, "required_references") && !fact(s, "required_certifications") &&
	    !fact(s, "required_profiles"))
		return;
	title(s, "EXIGÉ DU CANDIDAT");
	if (turnover)
		line(s, "CA minimum",
		    with_place(s, turnover, tender_euros(s->mem, json_num(json_get(turnover, "value")))));
	list_lines(s, "Références", "required_references");
	list_lines(s, "Certifications", "required_certifications");
	list_lines(s, "Profils", "required_profiles");
}

/* Contradictions have their own chapter, and what is missing is among the questions. */
static void watch_out(struct summary *s, const struct json *analysis, const struct wall_time *now)
{
	struct red_flags_input in = {
		.facts = s->facts,
		.now = mem_printf(
		    s->mem, "%04d-%02d-%02dT%02d:%02d", now->year, now->month, now->day, now->hour, now->minute),
		.documents = json_get(analysis, "documents"),
	};
	static const char *const words[] = { "critique", "important", "à noter" };
	struct red_flags flags;
	red_flags_find(s->mem, &in, &flags);
	bool any = false;
	for (size_t i = 0; i < flags.n; i++) {
		const struct red_flag *f = &flags.all[i];
		if (strcmp(f->code, "missing_piece") == 0)
			continue;
		if (!any)
			title(s, "POINTS D'ATTENTION");
		any = true;
		buf_str(s->out, "  - ");
		wrapped(s, mem_printf(s->mem, "[%s] %s", words[f->severity], f->message), 4);
	}
}

static void to_ask(struct summary *s, const struct json *all)
{
	if (json_len(all) == 0)
		return;
	title(s, "QUESTIONS À POSER À L'ACHETEUR");
	for (size_t i = 0; i < json_len(all); i++) {
		const char *text = json_string(json_get(json_at(all, i), "text"));
		buf_str(s->out, "  - ");
		wrapped(s, text ? text : "?", 4);
	}
}

static void contradictions(struct summary *s, const struct json *all)
{
	if (json_len(all) == 0)
		return;
	title(s, "CONTRADICTIONS");
	for (size_t i = 0; i < json_len(all); i++) {
		const char *m = json_string(json_get(json_at(all, i), "message"));
		buf_str(s->out, "  - ");
		wrapped(s, m ? m : "?", 4);
	}
}

/* A text document has no pages to count before it is printed; a workbook has sheets. */
static char *counted(struct summary *s, const char *kind, const char *mime, int64_t pages)
{
	if (mime && strcmp(mime, doc_format_mime(DOC_FORMAT_DOCX)) == 0)
		return mem_strdup(s->mem, kind);
	const char *unit = mime && strcmp(mime, doc_format_mime(DOC_FORMAT_XLSX)) == 0 ? "feuille" : "page";
	return mem_printf(s->mem, "%s, %lld %s%s", kind, (long long)pages, unit, pages > 1 ? "s" : "");
}

static void documents(struct summary *s)
{
	const struct json *all = s->documents;
	size_t width = 0;
	title(s, "DOCUMENTS");
	for (size_t i = 0; i < json_len(all); i++) {
		const char *file = json_string(json_get(json_at(all, i), "file"));
		size_t n = file ? columns(shown(s, file), strlen(shown(s, file))) : 0;
		width = n > width && n <= 40 ? n : width;
	}
	for (size_t i = 0; i < json_len(all); i++) {
		const struct json *d = json_at(all, i), *warns = json_get(d, "warnings");
		const char *file = json_string(json_get(d, "file")), *error = json_string(json_get(d, "error"));
		int64_t pages = json_int(json_get(d, "pages"));
		const char *kind = FRENCH(kinds, json_string(json_get(d, "kind")));
		char *text;
		if (error)
			text = mem_strdup(s->mem, FRENCH(errors, error) ? FRENCH(errors, error) : error);
		else
			text = counted(s, kind ? kind : "autre document", json_string(json_get(d, "mime_type")), pages);
		for (size_t k = 0; k < json_len(warns); k++) {
			const char *id = json_string(json_at(warns, k)), *w = FRENCH(warnings, id);
			text = mem_printf(s->mem, "%s\u00a0; %s", text, w ? w : id ? id : "?");
		}
		spaces(s->out, 2);
		const char *name = file ? shown(s, file) : "?";
		for (const char *p = name; *p != '\0'; p++)
			if ((unsigned char)*p >= 32 && *p != 127)
				buf_char(s->out, *p);
		size_t n = columns(name, strlen(name));
		spaces(s->out, n < width ? width - n + 2 : 2);
		wrapped(s, text, 4 + (n < width ? width : n));
	}
}

void summary_write(TALLOC_CTX *mem, const struct json *analysis, const struct wall_time *now, struct buf *out)
{
	struct summary s = { mem, out, json_get(analysis, "facts"), json_get(analysis, "documents") };
	what(&s);
	title(&s, "QUI");
	text_line(&s, "Acheteur", "buyer");
	said_line(&s, "SIRET", "buyer_siret");
	said_line(&s, "Adresse", "buyer_address");
	said_line(&s, "Contact", "buyer_contact");
	title(&s, "JUSQU'À QUAND");
	if (fact(&s, "deadline_offers")) {
		until(&s, "Candidatures", "deadline", now);
		until(&s, "Offres", "deadline_offers", now);
	} else {
		until(&s, "Remise", "deadline", now);
	}
	questions(&s);
	judged(&s);
	to_give(&s);
	of_the_candidate(&s);
	conditions(&s);
	watch_out(&s, analysis, now);
	contradictions(&s, json_get(analysis, "contradictions"));
	to_ask(&s, json_get(analysis, "questions"));
	documents(&s);
}
