/* Divided into lots or not, how many, and their titles. */
#include "lots_rules.h"
#include <string.h>

static const char *const undivided[] = {
	"(?:ne\\s+fait|ne\\s+font|ne\\s+feront)\\s+(?:pas\\s+)?l'objet\\s+d(?:'un|'une|'aucun|'aucune)\\s+(?:"
	"allotissement|decomposition\\s+en\\s+"
	"(?:tranches\\s+(?:ou|et|ni)\\s+(?:en\\s+)?)?lots)",
	/* not "pas prévu de décomposition en tranches": the lots may follow */
	"pas\\s+prevu\\s+(?:de|d')\\s*(?:decomposition|division|allotissement|decoupage)(?:\\s+en\\s+(?:tranches\\s+(?:"
	"ou|et|ni)\\s+(?:en\\s+)?)?lots|(?!\\s+en\\s+(?:tranches|phases|sous)))",
	"(?:n'est|ne\\s+(?:sont|sera|seront))\\s+(?:donc\\s+|toutefois\\s+|ainsi\\s+)?pas\\s+(?:alloti|(?:decompose|"
	"divise|reparti)(?=e?s?\\s+en\\s+(?:"
	"tranches\\s+"
	"(?:ou|et|ni)\\s+(?:en\\s+)?)?lots))",
	"(?:^|[:.(,]\\s*|consultation\\s+|marche\\s+|prestations?\\s+|procedure\\s+)(?:non[ "
	"-]allotie?s?|(?:pas|sans)\\s+"
	"(?:d'\\s*)?allotissement)\\b",
	"ne\\s+(?:fait|font)\\s+pas\\s+l'objet\\s+de\\s+lots",
	"(?:marche|consultation|accord-cadre|contrat)\\s+non[ -]allotie?",
	"aucun\\s+allotissement|absence\\s+d'allotissement",
	"ne\\s+(?:comporte|comprend|prevoit)\\s+(?:pas\\s+(?:de\\s+|d')(?:lots?|allotissement)|aucun\\s+lot|qu'un\\s+(?"
	":seul\\s+)?lot)",
	"(?:en|d'un|sous|a)\\s+(?:un\\s+)?(?:seul\\s+)?lot\\s+unique|\\blot\\s+unique\\s+(?:pour|en\\s+raison|:)|,\\s*"
	"lot\\s+unique\\s*(?:$|[.;"
	",])",
	"\\bprevu\\s+ni\\s+[a-z]+\\s*,?\\s+ni\\s+(?:de\\s+)?lots?\\b",
	"\\b(?:comporte|comprend|prevoit)\\s+ni\\s+(?:de\\s+)?(?:lots?\\b|tranches?[^.\\n]{0,20}\\bni\\s+(?:de\\s+)?"
	"lots?\\b)",
	"\\bn'y\\s+a\\s+qu'un\\s+(?:seul\\s+)?lot\\b",
	"^\\W*(?:un\\s+)?lot\\s+unique\\s*(?:$|[.;,])",
	"(?:comporte|comprend|constitue|compose\\s+d[e'])\\s*un\\s+(?:seul\\s+(?:et\\s+unique\\s+)?|unique\\s+)lot\\b",
	"^[\\s*-]*(?:art(?:icle)?\\.?\\s*)?(?:\\d[\\d.]*\\s*[-.):/"
	"]*\\s*)?lots?\\s*:\\s*(?:non|sans\\s+objet|neant|aucun|1|un(?:\\s+seul)?)\\s*(?:$|"
	"[.;(])",
	"(?:^|[:.(,]\\s*)pas\\s+de\\s+lots?\\s*(?:$|[.;,)])|(?:^|\\.\\s*)ni\\s+lots?,?\\s+ni\\b",
	"\\b(?:marche|accord-cadre|consultation)\\s+allotie?\\s*[:?]\\s*non\\b(?!\\s*/?\\s*(?:\\[.\\]\\s*)?oui)",
	"(?:donne(?:ra)?\\s+lieu|aboutira|conclu\\w*)\\s+(?:a|sous\\s+la\\s+forme\\s+d')\\s*un\\s+marche\\s+unique",
	"le\\s+marche\\s+est\\s+unique",
	"(?:allotissement|(?:division|decomposition)\\s+en\\s+lots)\\s*(?::|\\t|\\n|\\?)\\s*(?:non|sans(?:\\s+objet)?|"
	"neant|"
	"aucune?)\\b(?!\\s*/?\\s*(?:\\[.\\]\\s*)?oui)",
	"\\bnombre\\s+de\\s+lots?\\s*[:\\t\\n]\\s*(?:1|un|0|sans objet)(?![\\w.,])",
};

/* "réparties en 3 lots", "deux lots distincts", "« 2 » lots", "Allotissement 2 lots" */
static const char divided_rx[] = "(?:(?:repartie?s?|decomposee?s?|divisee?s?|alloties?|allotie?|decoupee?s?|scindee?s?|"
				 "separee?s?)\\s+en|comporte|comprend|composee?\\s+de|"
				 "allotissement\\s*:?|constituee?s?\\s+(?:de|en)|en|compte|porte\\s+sur|les)\\s*[\"(]?"
				 "\\s*(\\d{1,2}|deux|trois|quatre|cinq|six|sept|"
				 "huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingt)\\s*[\")]?\\s*(?:\\(\\s*"
				 "\\w+\\s*\\)\\s*)?lots?\\b(?!\\s*(?:maximum|au\\s+"
				 "plus|au\\s+maximum))";

/* "Nombre de lots : 7", "Lots : oui - 4 lots", "fait l'objet de 2 lots", "3 lots traités par marchés séparés" */
#define FEW "(\\d{1,2}|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingt)"
static const char counted_rx[] =
    "\\bnombre\\s+(?:total\\s+)?de\\s+lots\\s*[:\\t\\n]\\s*" FEW "(?![\\w.,]|\\s*[/%])"
    "|^\\W*(?:nombre\\s+de\\s+)?lots\\s+(\\d{1,2})\\s*$"
    "|^[\\s\\d.*-]*lots\\s*:\\s*(\\d{1,2})(?=\\s*(?:$|[.;(]))|" FEW
    "\\s+(?:accords?-?\\s?cadres|marches)\\s*,?\\s+un\\s+par\\s+lot\\b"
    "|(?:^|\\bsoit\\s+|(?:fait|font|feront)\\s+l'objet\\s+d[e']|(?:donnent?|donnera|donneront)\\s+lieu\\s+a|(?:lots?|"
    "allotissement|"
    "alloti)\\s*[:-]\\s*(?:oui\\s*[-,:(]+\\s*)?)\\s*(?:\\d[\\d.]*"
    "\\s*[-.)]\\s*)?"
    "[\"(]?\\s*" FEW
    "\\s*[\")]?\\s*(?:\\(\\s*\\w+\\s*\\)\\s*)?lots\\s*(?:$|[:.,;(]|(?:traites|separes|distincts|geographiques|"
    "techniques|suivants|attribues\\s+separement)\\b)";

static const char lot_line_rx[] =
    "(?:^|(?<=\\t))[\\s*\"-]*(?:le\\s+(?=lot\\s+(?:n\\s?o?\\s*)?\\d+\\s*(?:[:-]|relatif|concernant|portant|"
    "correspondant)))?(?:macro-?\\s?)?lots?\\s*(?:n\\s?[o?]?\\.?\\s*)?:?\\s*([a-z]?\\d{1,2}|[ivx]{2,5}|[a-z])"
    "\\b\\s*(?:[:\\t-]+\\s*|(?=\")|(?=(?:relatif|concernant|portant|correspondant)\\b)|(?=\\s*\\n\\s*(?:intitule|titre|"
    "designation|objet)(?:\\s+du\\s+lot)?\\s*:)|( )(?=[a-z][a-z']))([^\\n\\t]*)";

/* Lines "Lot n° 1 : title", first mention of each number. */
static size_t lot_lines(struct reading *r, struct lot_span *out, size_t max)
{
	struct match m;
	size_t at = 0, n = 0;
	while (n < max && body_find(r, lot_line_rx, at, &m)) {
		at = m.to > m.from ? m.to : m.to + 1;
		struct match below;
		if (m.g[3].to == m.g[3].from &&
		    pattern_at(r->rx,
			"\\G\\s*(?:intitule|titre|designation|objet)(?:\\s+du\\s+lot)?\\s*:\\s*([^\\n\\t]{3,160})",
			r->body.s, r->body.n, m.to, &below)) {
			m.g[3] = below.g[1];
			at = m.to = below.to;
		}
		/* "Lot 01 Gros œuvre": with nothing between, a title begins with a capital, a sentence does not */
		if (m.g[2].set && view_capitals(&r->body, m.g[3].from, m.g[3].from + 1) < 0.5)
			continue;
		char number[LOT_NUMBER_MAX] = "";
		if (!lot_number(r->body.s + m.g[1].from, m.g[1].to - m.g[1].from, number))
			continue;
		bool known = false;
		for (size_t i = 0; i < n; i++) {
			bool same = strcmp(out[i].number, number) == 0;
			known |= same;
			if (same && out[i].title_to == out[i].title_from && m.g[3].to > m.g[3].from) {
				out[i].title_from = m.g[3].from;
				out[i].title_to = m.g[3].to;
			}
		}
		if (known)
			continue;
		memset(&out[n], 0, sizeof(out[n]));
		memcpy(out[n].number, number, sizeof(number));
		out[n].from = m.from;
		out[n].to = m.to;
		out[n].title_from = m.g[3].from;
		out[n].title_to = m.g[3].to;
		if (body_has(
			r, "_|\\A\\s*\\d[\\d\\s]*\\z", m.g[3].from, m.g[3].to)) /* a blank to fill, a bare number */
			out[n].title_to = out[n].title_from;
		n++;
	}
	return n;
}

/* 1, 2, ... n in order, without a hole: the list is whole. */
static bool is_whole(const struct lot_span *s, size_t n)
{
	bool roman = n > 1 && strcmp(s[0].number, "I") == 0;
	for (size_t i = 0; i < n; i++)
		if (lot_rank(s[i].number, roman) != (int)i + 1 || (s[i].number[0] < 'A') != (s[0].number[0] < 'A'))
			return false;
	return n >= 2;
}

/* A title that runs on: the next line of the block begins with a small letter. */
static size_t title_end(struct reading *r, const struct lot_span *s)
{
	size_t to = s->title_to;
	for (unsigned i = 0; i < 2 && to > s->title_from && to + 1 < r->body.n; i++) {
		size_t next = to + 1, end = view_line_end(&r->body, next);
		if (r->body.s[to] != '\n' || r->body.s[next] == '\n' || to - view_line_start(&r->body, to) < 45 ||
		    !(r->body.s[next] >= 'a' && r->body.s[next] <= 'z') ||
		    view_capitals(&r->body, next, next + 1) > 0.5 ||
		    body_has(r, "\\A\\s*(?:lot\\b|[a-z]\\s*[-.)]\\s|o\\s)", next, end) ||
		    body_has(r, "[.;:]\\s*\\z", s->title_from, to))
			break;
		to = end;
	}
	return to;
}

static bool has_titles(const struct lot_span *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i].title_to <= s[i].title_from + 2)
			return false;
	return n > 0;
}

static void add_list(struct reading *r, const struct lot_span *s, size_t n, double confidence)
{
	struct value v = { .kind = VALUE_LOTS, .n = n };
	v.lots = mem_array(r->mem, struct lot, n);
	if (!has_titles(s, n))
		return;
	for (size_t i = 0; i < n; i++) {
		v.lots[i].number = mem_strdup(r->mem, s[i].number);
		v.lots[i].title = lot_title(r, view_text(r->tmp, &r->body, s[i].title_from, title_end(r, &s[i])));
		if (v.lots[i].title[0] == '\0')
			return;
	}
	struct fact *f = reading_add(r, "lots_list", v, confidence, &r->body, s[0].from, title_end(r, &s[0]));
	for (size_t i = 1; i < n && f && i < 40; i++)
		reading_also(r, f, &r->body, s[i].from, title_end(r, &s[i]));
}

/* "relance des lots B1 et B3", "relance des lots 02, 05, 09": these lots only. */
static size_t relaunched(struct reading *r, struct lot_span *out, size_t max, size_t *from, size_t *to)
{
	struct match m;
	size_t n = 0;
	if (!body_find(r,
		"relances?\\s+(?:des\\s+|du\\s+|de\\s+)?lot?s?\\s+(?:n\\s?[o?]?s?\\.?\\s*)?((?:[a-z]?\\d{1,2}(?:\\s*[,/"
		"&]\\s*|\\s+et\\s+)?)+)(?![\\d/])",
		0, &m))
		return 0;
	size_t at = m.g[1].from;
	struct match k;
	while (n < max && pattern_find(r->rx, "[a-z]?\\d{1,2}", r->body.s, m.g[1].to, at, &k)) {
		size_t len = k.to - k.from;
		memset(&out[n], 0, sizeof(out[n]));
		lot_number(r->body.s + k.from, len < 7 ? len : 7, out[n++].number);
		at = k.to;
	}
	*from = m.from;
	*to = m.to;
	return n;
}

/* A saying that there are no lots; "en cas de non-allotissement" of a form says nothing. */
static bool says_undivided(struct reading *r, struct match *out)
{
	for (size_t i = 0; i < ARRAY_LEN(undivided); i++)
		for (size_t at = 0; body_find(r, undivided[i], at, out); at = out->to)
			if (!body_has(r, "\\b(?:en cas d[e']|si|lorsque|sauf)\\b[^.;:\\n]{0,40}\\z",
				body_back(out->from, 60), out->from + 1))
				return true;
	return false;
}

/* A chapter of the document rather than a lot's title. */
static const char chapter_rx[] =
    "\\A\\s*(?:les\\s+|la\\s+|le\\s+)?(?:variantes?|durees?|delais?|objet|forme|procedure|article|mode\\b|"
    "conditions?|criteres?|lieux?\\b|options?\\b|p\\.?s\\.?e\\b|prestations?\\s+supp|groupement|"
    "dossier|candidat|jugement|presentation|validite|contenu|visite|modif|type\\b|etendue|nature\\b|"
    "decomposition|allotissement|tranches?\\b|renseign|remise|offres?\\b)";

/* "L'accord-cadre est décomposé en lots ainsi définis :" and under it lines or rows that begin with 1, 2, 3. */
static size_t numbered_rows(struct reading *r, struct lot_span *out, size_t max, size_t known)
{
	static const char lead_rx[] =
	    "\\b(?:decompos|divis|repart|allot|scind|decoup)[a-z]*\\b[^.\\n:]{0,60}\\blots?\\b[^.\\n:]{0,60}:\\s*\\n|"
	    "^\\s*(?:(?:article|chapitre|art\\.)\\s*)?[\\divx.]{0,5}\\s*[-.:)]*\\s*(?:liste\\s+des\\s+|"
	    "decomposition\\s+en\\s+)?(?:lots|"
	    "allotissement)\\s*:?\\s*\\n(?=\\s*01\\b)";
	struct match lead, m;
	/* `known`: where the text says how many there are */
	for (size_t at = known; known > 0 || body_find(r, lead_rx, at, &lead); at = lead.to) {
		if (known > 0) {
			lead.to = view_line_end(&r->body, known);
			known = 0;
		}
		size_t n = 0, from = lead.to, skipped = 0, high = body_ahead(r, lead.to, 4000);
		char mark = 0;
		while (from < high && skipped < 3 && n < max) {
			size_t end = from;
			while (end < high && r->body.s[end] != '\n')
				end++;
			if (end == from) {
				from++;
				continue;
			}
			bool row = pattern_find(r->rx,
			    "\\A[\\s*-]*0?(\\d{1,2})\\s*([-.):\\t]?)[-.):\\s]*([a-z][^\\t\\n]{2,140})",
			    r->body.s + from, end - from, 0, &m);
			long number = 0;
			if (row)
				french_number(r->body.s + from + m.g[1].from, m.g[1].to - m.g[1].from, &number);
			if (row && number == (long)n + 1 &&
			    !body_has(r, chapter_rx, from + m.g[3].from, from + m.g[3].to)) {
				char kind = m.g[2].to > m.g[2].from ? r->body.s[from + m.g[2].from] : ' ';
				if (n > 0 && kind != mark)
					break;
				mark = kind;
				memset(&out[n], 0, sizeof(out[n]));
				lot_number(r->body.s + from + m.g[1].from, m.g[1].to - m.g[1].from, out[n].number);
				out[n].from = from;
				out[n].to = from + m.g[3].to;
				out[n].title_from = from + m.g[3].from;
				out[n++].title_to = from + m.g[3].to;
				skipped = 0;
			} else if (row || body_has(r, "\\A\\s*(?:article|chapitre)\\b", from, end)) {
				break;
			} else {
				skipped++;
			}
			from = end + 1;
		}
		if (n >= 2)
			return n;
	}
	return 0;
}

/* The end of a sentence that counts its lots between semicolons. */
static size_t list_end(const struct reading *r, size_t at)
{
	struct match m;
	size_t high = body_ahead(r, at, 3000);
	return pattern_find(r->rx, "\\.\\s|\\n\\s*\\n|\\t", r->body.s, high, at, &m) ? m.from : high;
}

/* "L'accord-cadre est alloti : lot 1 vestes, lot 2 pantalons": counted in the sentence itself. */
static size_t lots_in_sentence(struct reading *r, struct lot_span *out, size_t max)
{
	struct match lead, m;
	for (size_t at = 0; body_find(r,
		 "\\b(?:alloti|decompose|divise|reparti|scinde|lots?\\s+suivant)[a-z]*\\b[^.\\n]{0,50}?[:(,]\\s*lot\\s*"
		 "(?:n\\s?[o?]\\s*)?0?1\\b",
		 at, &lead);
	     at = lead.to) {
		size_t n = 0, end = list_end(r, lead.to), from = lead.to - 8 > lead.from ? lead.to - 8 : lead.from;
		while (n < max &&
		       pattern_find(r->rx,
			   "\\blot\\s*(?:n\\s?[o?]\\s*)?0?(\\d{1,2})\\b[\\s:\"-]*((?:(?!\\blots?\\b)[^,;.\\t]){3,110})",
			   r->body.s, end, from, &m)) {
			long number = 0;
			french_number(r->body.s + m.g[1].from, m.g[1].to - m.g[1].from, &number);
			if (number != (long)n + 1)
				break;
			memset(&out[n], 0, sizeof(out[n]));
			lot_number(r->body.s + m.g[1].from, m.g[1].to - m.g[1].from, out[n].number);
			out[n].from = m.from;
			out[n].to = m.to;
			out[n].title_from = m.g[2].from;
			out[n++].title_to = m.g[2].to;
			from = m.to;
		}
		if (n >= 2)
			return n;
	}
	return 0;
}

static void add_table(struct reading *r, const struct lot_rows *t, double confidence)
{
	struct value v = { .kind = VALUE_LOTS, .n = t->n, .lots = mem_array(r->mem, struct lot, t->n) };
	for (size_t i = 0; i < t->n; i++) {
		v.lots[i].number = mem_strdup(r->mem, t->row[i].number);
		v.lots[i].title = t->row[i].title;
	}
	struct fact *f = reading_add_evidence(r, "lots_list", v, confidence, &t->row[0].proof);
	for (size_t i = 1; i < t->n && i < 40; i++)
		reading_also_evidence(r, f, &t->row[i].proof);
}

/* The list of lots whose number is known: lines, a sentence, rows after the place that says how many. */
static void list_known(struct reading *r, struct lot_span *s, size_t n, size_t count, size_t at)
{
	if (n != count || !is_whole(s, n) || !has_titles(s, n)) {
		n = lots_in_sentence(r, s, LOTS_MAX);
		if (n != count)
			n = lots_records_find(r, (long)count, s, LOTS_MAX);
		if (n != count)
			n = numbered_rows(r, s, LOTS_MAX, at);
	}
	if (n == count && is_whole(s, n))
		add_list(r, s, n, 0.9);
}

static void find_lots(struct reading *r)
{
	struct match m, no = { 0 };
	bool not_divided = says_undivided(r, &no);
	struct lot_span lines[LOTS_MAX];
	size_t n_lines = eforms_lots(r, lines, ARRAY_LEN(lines));
	if (n_lines < 2)
		n_lines = lot_lines(r, lines, ARRAY_LEN(lines));
	long count = 0;
	size_t from = 0, to = 0, at = 0;
	while (body_find(r, divided_rx, at, &m)) {
		long k = 0;
		at = m.to;
		/* "attribuer les deux lots au même candidat", "pour 2 lots au plus" name some lots, not their number */
		if (french_number(r->body.s + m.g[1].from, m.g[1].to - m.g[1].from, &k) == 0 || k < 2 || k > 60)
			continue;
		bool weak = pattern_in(r->rx, "\\A(?:en|les|porte|compte)\\b", r->body.s, m.from, m.to);
		if (weak && !body_has(r, "allot|decompo|repart|divis|consultation|marche|prestations",
				body_back(m.from, 120), m.from))
			continue;
		if (body_has(r, "(?:attribu|soumission|maximum|candidat)[^.]{0,60}\\z", body_back(m.from, 80), m.from))
			continue;
		if (count == 0) {
			count = k;
			from = m.from;
			to = m.to;
		}
	}
	/* group 4: "5 marchés, un par lot" */
	for (at = 0; count == 0 && body_find(r, counted_rx, at, &m); at = m.to) {
		unsigned g = 1;
		long k = 0;
		while (g < 5 && !m.g[g].set)
			g++;
		if (french_number(r->body.s + m.g[g].from, m.g[g].to - m.g[g].from, &k) == 0 || k < 2 || k > 60 ||
		    (g != 4 && body_has(r, "(?:attribu|soumission|maximum|candidat)[^.]{0,60}\\z",
				   body_back(m.from, 80), m.from)))
			continue;
		count = k;
		from = m.from;
		to = m.to;
	}
	struct lot_rows table;
	if (count > 0 && !not_divided) {
		reading_add(r, "lots", value_number((double)count), 0.93, &r->body, body_back(from, 0), to);
		reading_add(r, "allotted", value_bool(true), 0.93, &r->body, from, to);
		if (lots_table_find(r, count, &table))
			add_table(r, &table, 0.94);
		else
			list_known(r, lines, n_lines, (size_t)count, to);
		return;
	}
	if (not_divided) {
		size_t a = view_line_start(&r->body, no.from), b = view_line_end(&r->body, no.to);
		if (no.from - a > 100)
			a = no.from;
		if (b - no.to > 80)
			b = no.to;
		bool doubt = count > 0 || is_whole(lines, n_lines);
		struct fact *f = reading_add(r, "lots", value_number(1), doubt ? 0.6 : 0.95, &r->body, a, b);
		if (f && doubt)
			f->status = FACT_UNCERTAIN;
		f = reading_add(r, "allotted", value_bool(false), doubt ? 0.6 : 0.95, &r->body, a, b);
		if (f && doubt)
			f->status = FACT_UNCERTAIN;
		return;
	}
	struct lot_span again[LOTS_MAX];
	size_t n_again = relaunched(r, again, ARRAY_LEN(again), &from, &to);
	if (n_again > 0) {
		reading_add(r, "lots", value_number((double)n_again), 0.85, &r->body, from, to);
		reading_add(r, "allotted", value_bool(true), 0.9, &r->body, from, to);
		bool same = n_again == n_lines;
		for (size_t i = 0; same && i < n_again; i++)
			same = strcmp(again[i].number, lines[i].number) == 0;
		if (same)
			add_list(r, lines, n_lines, 0.85);
		return;
	}
	if (r->kind == KIND_CCTP || r->kind == KIND_BPU || r->kind == KIND_DPGF || r->kind == KIND_DQE)
		return;
	if (lots_table_find(r, 0, &table)) {
		struct fact *f =
		    reading_add_evidence(r, "lots", value_number((double)table.n), 0.88, &table.row[0].proof);
		for (size_t i = 1; i < table.n && i < 40; i++)
			reading_also_evidence(r, f, &table.row[i].proof);
		reading_add_evidence(r, "allotted", value_bool(true), 0.88, &table.row[0].proof);
		add_table(r, &table, 0.9);
		return;
	}
	if (!is_whole(lines, n_lines)) {
		n_lines = lots_in_sentence(r, lines, ARRAY_LEN(lines));
		if (n_lines == 0)
			n_lines = lots_records_find(r, 0, lines, ARRAY_LEN(lines));
		if (n_lines == 0)
			n_lines = numbered_rows(r, lines, ARRAY_LEN(lines), 0);
	}
	/* bare numbers are the blanks of a form */
	if (is_whole(lines, n_lines) && (has_titles(lines, 1) || r->kind == KIND_AAPC)) {
		struct fact *f =
		    reading_add(r, "lots", value_number((double)n_lines), 0.85, &r->body, lines[0].from, lines[0].to);
		for (size_t i = 1; i < n_lines && i < 40 && f; i++)
			reading_also(r, f, &r->body, lines[i].from, lines[i].to);
		reading_add(r, "allotted", value_bool(true), 0.85, &r->body, lines[0].from, lines[n_lines - 1].to);
		add_list(r, lines, n_lines, 0.85);
	}
}

/* "LOT N° 2 : PEINTURE" on the cover of a contract's own paper, and no other lot in it: it is that lot's. */
static void find_own_lot(struct reading *r)
{
	static const char rx[] = "\\blot\\s*(?:n\\s?[o?]?\\.?\\s*)?:?\\s*([a-z]?\\d{1,2}|[a-h](?![a-z']))\\b(?!\\s*(?:,"
				 "|et|a|au|ou|/)\\s*\\d)";
	struct match m;
	char number[LOT_NUMBER_MAX], other[LOT_NUMBER_MAX];
	if ((r->kind != KIND_AE && r->kind != KIND_CCAP && r->kind != KIND_CCTP && r->kind != KIND_BPU &&
		r->kind != KIND_DPGF && r->kind != KIND_DQE) ||
	    !body_find(r, rx, 0, &m) || m.from > 2500 || body_has(r, "\\blots\\s+(?:n\\s?os?\\s*)?\\d", 0, r->body.n) ||
	    !lot_number(r->body.s + m.g[1].from, m.g[1].to - m.g[1].from, number))
		return;
	size_t first = m.g[1].from;
	for (size_t at = m.to; body_find(r, rx, at, &m); at = m.to)
		if (lot_number(r->body.s + m.g[1].from, m.g[1].to - m.g[1].from, other) && strcmp(number, other) != 0)
			return;
	if (number[0] >= 'A' && number[0] <= 'Z' && view_capitals(&r->body, first, first + 1) < 0.5)
		return;
	r->lot = mem_strdup(r->mem, number);
}

void lots_find(struct reading *r)
{
	find_lots(r);
	if (r->kind != KIND_BPU && r->kind != KIND_DPGF && r->kind != KIND_DQE)
		lots_table_facts(r);
	lot_facts_find(r);
	find_own_lot(r);
}
