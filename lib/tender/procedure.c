/* How the contract is awarded. Names say it; article numbers alone say it only where they can mean one procedure. */
#include "tender_rules.h"
#include <string.h>

enum { MAPA, OPEN, RESTRICTED, NEGOTIATED, DIALOGUE, CONTEST, CONCESSION, DIRECT, PROCEDURES };

static const char *const words[PROCEDURES] = { "mapa", "appel_offres_ouvert", "appel_offres_restreint",
	"procedure_negociee", "dialogue_competitif", "concours", "concession", "marche_sans_publicite" };

static const struct {
	int procedure;
	double weight;
	const char *rx;
} rules[] = {
	{ MAPA, 3, "procedures?\\s+adaptees?(?:\\s+(?:ouverte|restreinte))?" },
	{ MAPA, 2.5, "\\bmapa\\b" },
	{ MAPA, 3, "\\b(?:procedure|mode\\s+de\\s+passation)\\s*:\\s*adaptee\\b" },
	{ MAPA, 1, "\\br\\.?\\s?2123-1\\b" },
	{ MAPA, 1.5,
	    "\\b26[. "
	    "-]?(?:ii|2)\\b[^.\\n]{0,20}\\b28\\b[^.\\n]{0,10}(?:cmp|code)|\\barticles?\\s+28\\s+du\\s+(?:code|cmp)" },
	{ OPEN, 3,
	    "appels?\\s+d\\s?'?\\s?offres?(?:\\s+(?:europeen|international|national))?\\s+ouvert(?:\\s+(?:europeen|"
	    "international|national)\\b)?" },
	{ OPEN, 2, "r\\.?\\s?2161-2\\s+a\\s+(?:r\\.?\\s?)?2161-5" },
	{ RESTRICTED, 3, "appels?\\s+d\\s?'?\\s?offres?\\s+restreint" },
	{ RESTRICTED, 2, "r\\.?\\s?2161-6\\s+a\\s+(?:r\\.?\\s?)?2161-11" },
	{ NEGOTIATED, 3, "procedure\\s+(?:formalisee\\s+)?(?:concurrentielle\\s+)?(?:avec\\s+negociations?|negociee)" },
	{ NEGOTIATED, 2, "r\\.?\\s?2161-12\\s+a\\s+(?:r\\.?\\s?)?2161-(?:20|23)" },
	{ DIALOGUE, 3, "(?:procedure\\s+d[eu]\\s+)?dialogue\\s+competitif" },
	{ CONTEST, 3,
	    "present\\s+concours|concours\\s+(?:restreint|ouvert)(?:\\s+de\\s+maitrise)?|concours\\s+(?:de\\s+"
	    "maitrise\\s+"
	    "d'?\\s?oeuvre|d'architecture)|reglement\\s+d[eu]\\s+concours" },
	{ CONCESSION, 3,
	    "(?:present|presente)\\s+(?:contrat\\s+de\\s+|procedure\\s+de\\s+)?(?:concession|delegation\\s+de\\s+"
	    "service\\s+public)" },
	{ CONCESSION, 2.5,
	    "procedure\\s+de\\s+(?:passation\\s+d'une\\s+)?(?:concession|delegation\\s+de\\s+service\\s+public)" },
	{ DIRECT, 3,
	    "(?:present\\s+marche|presente\\s+consultation)[^.]{0,80}sans\\s+publicite\\s+ni\\s+mise\\s+en\\s+"
	    "concurrence" },
};

/* A sentence that says which procedure this is, rather than naming one in passing. */
static const char states_rx[] = "procedure\\s+de\\s+passation|mode\\s+de\\s+passation|type\\s+de\\s+procedure|"
				"procedure\\s*:|(?:consultation|marche)\\s+suit|(?:est|sera)\\s+(?:lancee?|passee?|"
				"soumise?|organisee?|conclue?|effectuee?|menee?)|lancee?\\s+(?:selon|suivant|en|sous)|"
				"passee?\\s+(?:selon|suivant|en|sous|par)|"
				"procedure\\s+(?:de\\s+consultation\\s+)?(?:utilisee|retenue)|est\\s+la\\s+procedure|"
				"suivant\\s+(?:la|une)\\s+procedure|en\\s+application|en\\s+vertu|present(?:e)?\\s+(?:"
				"consultation|marche|procedure|concours|"
				"accord)|marche\\s+(?:a|en|passe)|travaux\\s+sur|est\\s+une?";

static const char passing_rx[] =
    "prestations\\s+similaires|2122-7|2122-1\\b|formulaire\\s+type|systemes?\\s+d'"
    "acquisition|si\\s+(?:la|une)\\s+procedure|en\\s+cas\\s+de|"
    "precedente?s?\\b|\\bancien|infructueu|declaree?\\s+sans\\s+suite|pourra\\s+(?:etre|recourir)|"
    "assistance|procedures?\\s+de\\s+recours";

struct hit {
	double weight;
	size_t from, to;
};

void procedure_find(struct reading *r)
{
	struct hit best[PROCEDURES] = { { 0, 0, 0 } };
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		struct match m;
		size_t at = 0;
		while (body_find(r, rules[i].rx, at, &m)) {
			at = m.to;
			size_t from = sentence_start(r, m.from), to = sentence_end(r, m.to);
			/* the line is a title: a name alone, on the cover or under its heading */
			size_t a = view_line_start(&r->body, m.from), b = view_line_end(&r->body, m.to);
			bool title = b - a < 110 && (m.from < 2500 || view_capitals(&r->body, m.from, m.to) > 0.8);
			bool states =
			    body_has(r, states_rx, from, m.to) || body_has(r, states_rx, body_back(a, 60), m.from) ||
			    body_has(r,
				"\\A\\s*,?\\s*(?:passee?|lancee?|soumise?|conclue?|en\\s+application|en\\s+vertu)\\b",
				m.to, body_ahead(r, m.to, 40));
			/* of a form's line "Procédure : ..." only its own words tell */
			/* a line that is nothing but the procedure's name is a title: its neighbours say nothing of it
			 */
			bool alone = b - a < m.to - m.from + 12;
			bool label =
			    alone || body_has(r, "\\A[^\\n]{0,24}\\b(?:procedure|mode|type)\\b[^\\n]{0,30}:", a, m.to);
			if (body_has(r, passing_rx, label && a > from ? a : from, label && b < to ? b : to))
				continue;
			double w = rules[i].weight + (states ? 2 : 0) + (title ? 1 : 0);
			if (!states && !title)
				w -= 1.5;
			if (rules[i].procedure == OPEN || rules[i].procedure == RESTRICTED)
				if (body_has(r, "procedure\\s+adaptee", a, b))
					continue; /* "appel d'offres en procédure adaptée" is none */
			if (w > best[rules[i].procedure].weight)
				best[rules[i].procedure] = (struct hit){ w, m.from, m.to };
		}
	}
	int first = -1, second = -1;
	for (int p = 0; p < PROCEDURES; p++) {
		if (best[p].weight == 0)
			continue;
		if (first < 0 || best[p].weight > best[first].weight) {
			second = first;
			first = p;
		} else if (second < 0 || best[p].weight > best[second].weight) {
			second = p;
		}
	}
	if (first < 0 || best[first].weight < 2.5)
		return;
	double lead = second < 0 ? 2 : best[first].weight - best[second].weight;
	if (lead < 0.5)
		return; /* two procedures, equally said: not ours to choose */
	struct hit *h = &best[first];
	size_t from = h->from, a = view_line_start(&r->body, h->from), b = view_line_end(&r->body, h->to);
	if (h->from - a < 120)
		from = a;
	if (b - h->to > 80)
		b = h->to;
	struct fact *f = reading_add(r, "procedure", value_text(mem_strdup(r->mem, words[first])),
	    h->weight >= 5   ? 0.95
	    : h->weight >= 4 ? 0.9
			     : 0.75,
	    &r->body, from, b);
	if (f && h->weight < 3)
		f->status = FACT_UNCERTAIN;
}
