/* The number of the procedure or contract, in labels, titles and running headers. */
#include "tender_rules.h"
#include <string.h>

/* What a number looks like: begins and ends with a letter or digit, holds a digit, no blank. */
#define NUMBER \
	"(?:\\d{2}(?: \\d{2,3}){1,2}(?! ?eur)|\\d{2} [a-z]{1,2} \\d{3,4}|[a-z]{2,6} " \
	"\\d{2,4}[-/]\\d{1,4}|(?=[a-z._/-]*\\d)[a-z0-9](?:[a-z0-9]|[._/-](?=[a-z0-9])){2,24})"

static const struct {
	double confidence;
	bool margin_too, head_only;
	const char *rx;
} rules[] = {
	{ 0.95, true, false,
	    "\\b(?:procedure|consultation|affaire|accord-?cadre|marche|contrat|dossier)\\s*(?:public(?:que)?"
	    "\\s*)?(?:de\\s+\\w+\\s*)?"
	    "(?:a\\s+bons\\s+de\\s+commandes?\\s*)?(?:n\\s?[o?]\\s*\\.?\\s*|numero\\s*|ref(?:erence)?\\.?\\s*)[:\\s]*"
	    "(" NUMBER ")(?![\\w%])" },
	{ 0.94, true, false,
	    "\\b(?:aoo?|r\\.?\\s?c\\.?|appel\\s+d'\\s?offres(?:\\s+(?:ouvert|restreint|europeen|international))*|mapa|"
	    "procedure\\s+"
	    "adaptee|"
	    "reglement\\s+de\\s+(?:la\\s+)?"
	    "consultation|marche\\s+subsequent)\\s*n\\s?[o?]\\s*\\.?[:\\s]*(" NUMBER ")(?![\\w%])" },
	/* without "n°": only what letters and digits show to be a number */
	{ 0.85, true, true,
	    "\\b(?:consultation|affaire|reglement\\s+de\\s+(?:la\\s+)?consultation)\\s+(?=[a-z._/-]*\\d)(?=[\\d._/"
	    "-]*[a-z])((?:[a-"
	    "z0-9]|[._/-](?=[a-z0-9])){5,24})\\s*$" },
	{ 0.85, true, true,
	    "^[\\s\\d.*-]{0,6}(?:consultation|affaire|marche|dossier|numero)\\s+([a-z]{2,6} "
	    "\\d{4}[-/]\\d{1,4}|(?=[a-z._/-]*\\d)(?=[\\d._/-]*[a-z])"
	    "(?:[a-z0-9]|[._/-](?=[a-z0-9])){5,24})\\s*$" },
	{ 0.93, true, false,
	    "\\b(?:identifiant|code)\\s+(?:interne\\s+)?(?:de\\s+la\\s+)?(?:consultation|procedure|marche)\\s*:\\s*"
	    "(" NUMBER ")(?![\\w%])" },
	{ 0.95, true, false,
	    "\\b(?:procedure|consultation|affaire|accord-?cadre|numero\\s+de\\s+(?:la\\s+)?(?:consultation|procedure|"
	    "marche))\\s*:\\s*(" NUMBER ")(?![\\w%])" },
	{ 0.93, true, false,
	    "\\b(?:reference|ref\\.?)(?:\\s+(?:acheteur|de\\s+la\\s+consultation|du\\s+marche|de\\s+l'(?:affaire|"
	    "acheteur|"
	    "accord-cadre)|interne))?\\s*"
	    "(?::|n\\s?[o?]\\s*:?)\\s*(" NUMBER ")(?![\\w%])" },
	{ 0.93, true, false,
	    "\\bn\\s?[o?]\\s*(?:de\\s+|du\\s+)(?:la\\s+)?(?:marche|consultation|procedure|dossier|affaire)\\s*:\\s*"
	    "(" NUMBER ")(?![\\w%])" },
	{ 0.93, true, false,
	    "\\b(?:numero\\s+de\\s+)?reference\\s+attribuee?\\s+(?:au|a\\s+la|a\\s+l'|par)\\b[^:\\n]{0,60}:\\s*(" NUMBER
	    ")(?![\\w%])" },
	{ 0.9, true, false, "enregistree?\\s+sous\\s+le\\s+numero\\s*:?\\s*(" NUMBER ")(?![\\w%])" },
	{ 0.9, true, false, "^r\\.?c\\.?\\s*(?:-\\s*)?(\\d{4}[-/]\\d{1,4})\\s+page\\b" },
	{ 0.85, false, true, "^[\"# *]*((?=\\d{0,6}[a-z])(?=[a-z]*\\d)[a-z0-9]{6,14})\\s?[_-]+\\s?[a-z]{4,}" },
	{ 0.85, false, true, "^\\s*n\\s?[o?]\\s*:?\\s*(" NUMBER ")\\s*$" },
	{ 0.85, false, true, "^\\s*(?:mapa|aoo?|dossier)\\s+((?:20)?2\\d[-/]\\d{2,4})\\s*$" },
	{ 0.85, false, true,
	    "^\\s*(?:procedure\\s+adaptee|mapa)\\s*-\\s*([a-z]{2,8}[-_/]20[2-4]\\d[-_/][a-z0-9]{1,6})\\s*$" },
	{ 0.8, false, true, "^\\s*operation\\s*n\\s?[o?]\\s*:?\\s*(" NUMBER ")\\s*$" },
	/* a line of the cover that is nothing but a year and a rank between letters */
	{ 0.8, false, true,
	    "^\\s*([a-z]{1,6}[-_/]20[2-4]\\d[-_/]\\d{1,4}|20[2-4]\\d[-_/][a-z]{1,6}[-_/]?\\d{1,4})\\s*$" },
};

/* Laws, dates, telephone numbers, lots, versions, amounts. */
static const char never_rx[] = "\\A(?:l|r|d)\\.?\\s?\\d{3,4}|\\A\\d{1,2}[/.-]\\d{1,2}[/"
			       ".-]\\d{2,4}\\z|\\A0\\d{9}\\z|\\A(?:19|20)\\d\\d\\z|\\A\\d{1,2}\\z"
			       "|\\Alot|\\Adc\\d|\\Aattri|\\Accag|\\A\\d{5}\\z|\\Aarticle|\\Acpv";

/* Numbers of laws and decrees: of a contract only where the label says so in the first page. */
static const char law_rx[] = "\\A(?:19|20)\\d\\d-\\d{3,4}(?:\\z|\\s)";

static bool plausible(struct reading *r, const struct view *v, const struct match *m)
{
	const char *s = v->s;
	if (pattern_in(r->rx, never_rx, s, m->g[1].from, m->g[1].to))
		return false;
	/* "N° 26 11 039 : lot 1": the number of one lot */
	if (pattern_in(r->rx, "\\A\\s*[:-]\\s*lot\\b", s, m->g[1].to, m->g[1].to + 12 < v->n ? m->g[1].to + 12 : v->n))
		return false;
	if (m->from > 1500 && pattern_in(r->rx, law_rx, s, m->g[1].from, m->g[1].to))
		return false;
	/* decrees and other laws: "décret n° 2016-360", "loi n° 75-1334"; forms to fill */
	size_t back = m->from > 60 ? m->from - 60 : 0;
	return !pattern_in(r->rx,
	    "(?:decret|\\bloi\\b|ordonnance|arrete|reglement\\s+\\(|directive|deliberation|circulaire)[^.\\n]{0,40}\\z",
	    s, back, m->g[1].from);
}

void reference_find(struct reading *r)
{
	const struct view *views[] = { &r->margin, &r->body };
	for (size_t k = 0; k < ARRAY_LEN(views); k++) {
		for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
			if (k == 0 && !rules[i].margin_too)
				continue;
			struct match m;
			size_t at = 0;
			while (pattern_find(r->rx, rules[i].rx, views[k]->s, views[k]->n, at, &m)) {
				at = m.g[1].to;
				if (rules[i].head_only && m.from > 1500)
					break;
				if (!plausible(r, views[k], &m))
					continue;
				/* in the running text only near the start, or where it says that it is this
				 * consultation's */
				if (k == 1 && !rules[i].head_only && m.from > 6000 &&
				    !pattern_in(r->rx, "page", views[k]->s, m.g[1].to, view_line_end(views[k], m.to)))
					break;
				char *text = view_text(r->mem, views[k], m.g[1].from, m.g[1].to);
				reading_add(
				    r, "reference", value_text(text), rules[i].confidence, views[k], m.from, m.g[1].to);
				return;
			}
		}
	}
}
