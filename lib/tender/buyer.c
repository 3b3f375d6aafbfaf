/* Who buys: after a label, on a letterhead, in a notice. The body, not the person who stands for it, nor an engineer.
 */
#include "tender_rules.h"
#include <string.h>

/* Words that public bodies bear. */
#define BODY \
	"(?:communes?|communaute|ville|mairie|departement|conseil|region|metropole|agglomeration|syndicat|sivom|sivu|" \
	"s\\.?i\\.?[a-z.]{2,8}|" \
	"centre\\s+(?:hospitalier|communal|intercommunal|national|regional|de\\s+gestion)|hopita(?:l|ux)|\\bch[uru]?" \
	"\\b|ght|groupement\\s+hospitalier|ehpad|residence|office|" \
	"oph|habitat|hlm|universite|universitaires|ecole|lycee|college|institut|ministere|min\\.|direction|" \
	"prefecture|etat|" \
	"etablissement|e\\.?p\\.?t\\b|epa\\w*|agence|caisse|chambre|cci|sdis|service\\s+(?:departemental|d'incendie)|" \
	"regie|societe|s\\.?p\\.?l\\b|sem\\b|sa\\b|port\\b|parc|" \
	"musee|bibliotheque|cinema|theatre|rectorat|crous|academie|tribunal|cour\\b|banque|federation|association|" \
	"groupement|pole\\b|collectivite|territoire|" \
	"urssaf|cpam|carsat|c\\.?a\\.?f\\b|msa\\b|s\\.?i\\.?v\\.?o\\.?s|smictom|sictom|grand\\b|onf|inrae|cnrs|ademe|" \
	"ccas|cias|gip|gie|epci)"

/* 1: the name, on the line of the label. */
static const struct {
	double confidence;
	const char *rx;
} labelled[] = {
	{ 0.95,
	    "\\b(?:pouvoir\\s+adjudicateur|entite\\s+adjudicatrice|acheteur(?:\\s+public)?|organisme\\s+acheteur|"
	    "collectivite\\s+(?:acheteuse|contractante)|"
	    "personne\\s+publique(?:\\s+contractante)?|autorite\\s+concedante|coordonnateur(?:\\s+du\\s+groupement)?|"
	    "etablissement\\s+support|"
	    "nom\\s+(?:et\\s+adresse\\s+(?:officiels?\\s+)?)?(?:de\\s+l'|du\\s+)(?:organisme(?:\\s+acheteur)?|acheteur|"
	    "pouvoir\\s+adjudicateur))"
	    "\\s*(?::|est\\s*:?|-\\s|\\t|\\n)\\s*(?:(?:\\d[\\d.]{0,5}\\s*[-.)]*\\s*)?(?:nom|denomination|designation)"
	    "\\s*:\\s*)?([^\\n\\t]{3,140})" },
	{ 0.9, "\\bmaitres?\\s+(?:de\\s+l'\\s?|d'\\s?)?ouvrage\\s*(?::|est\\s*:?|-\\s|\\t|\\n)\\s*([^\\n\\t]{3,140})" },
};

static const char statement_rx[] =
    "(?:^|[.]\\s+)(?:le|la|l'|les)\\s?((?:" BODY
    ")\\b[^.,;:\\n]{2,70}?)\\s+(?:a\\s+confie|souhaite\\s+(?:confier|acquerir|lancer|faire)|lance\\b|"
    "a\\s+decide|envisage\\s+de|organise)";

static const char person_rx[] =
    "\\A\\s*(?:monsieur|madame|m\\.|mme|mr\\b|le\\s+(?:maire|president|directeur|prefet|"
    "pouvoir)|la\\s+(?:presidente|directrice|prefete)|represent|"
    "pouvoir\\s+adjud|acheteur|entite\\s|maitre\\s|l'|se\\s|sera|est\\b|pourra|peut\\b|doit|\\d|adresse|telephone|"
    "tel\\b|objet|nom\\b|"
    "et\\b|ou\\b|de\\b|du\\b|des\\b|informe|"
    "non\\b|oui\\b|sire[tn]\\b|code\\b|ape\\b|naf\\b|e-?mail|courriel|date\\b|\\(|_|http|:)";

static const char not_name_rx[] =
    "\\A\\s*(?:fournitures?|travaux|realisation|construction|refection|rehabilitation|renovation|entretien|nettoyage|"
    "acquisition|location|"
    "amenagement|maintenance|exploitation)\\b|_|@|\\b(?:titulaire|candidats?|entreprise|soumissionnaire|prestations?|"
    "marches?\\s+publics?|reserve|dossier|"
    "offres?|consultation|"
    "reglement|article|signature|cachet|habilit|delib|mandataire|cotraitant|conduct|ingenierie|architecte)\\b|\\A\\s*"
    "\\S*\\d\\S*\\s*\\z";

/* Where a name ends on its line: an address, a representative, a bracket that explains. */
static size_t name_end(struct reading *r, size_t from, size_t to)
{
	struct match m;
	static const char stop_rx[] =
	    ",?\\s*(?:\\(?\\s*represente|\\bsis(?:e)?\\b|\\bdont\\b|\\badresse\\b|\\btel(?:"
	    "ephone)?\\b|\\bsiret\\b|\\bcedex\\b)|\\s\\d+\\s*,?\\s*(?:bis\\s*,?\\s*)?(?:rue|square|place|avenue|quai|"
	    "boulevard|chemin|allee|route|impasse|cours)\\b|,\\s*\\d{5}|\\s(?:-\\s+)?(?:service|direction|pole|bureau|"
	    "cellule)\\s+(?:des?\\s+|de\\s+la\\s+)(?:marches|commande|achats)|,\\s*\\d|"
	    "\\s+\\d{5}\\s+[a-z]|\\s+-\\s+\\d|\\s\\((?!\\d{2,3}\\))|;|\\s-\\s+(?:cahier|"
	    "reglement|acte\\s|avis|marche|r\\.?c\\.?\\b)|\\bet\\s+ville\\b|,\\s*"
	    "[a-z]+\\s*\\z|,\\s+agence\\b|\\.\\s|(?<=[a-z' "
	    "-]{10}),\\s*(?:etablissement|organisme|collectivite|office\\s+public|syndicat\\s+"
	    "mixte)\\b";
	if (pattern_find(r->rx, stop_rx, r->body.s, to, from, &m) && m.from > from + 2)
		to = m.from;
	while (to > from && strchr(" ,.;:-", r->body.s[to - 1]) &&
	       !(r->body.s[to - 1] == '.' && to - from > 3 && r->body.s[to - 3] == '.'))
		to--;
	return to;
}

/* In the page, two blanks or more part two names on one line of a header: "VILLE DE X   BUREAU Y". */
static size_t wide_gap(struct reading *r, size_t from, size_t to)
{
	uint32_t page, a, b;
	if (!view_source(&r->body, from, to, &page, &a, &b))
		return to;
	for (size_t i = from; i + 1 < to; i++) {
		if (r->body.s[i] != ' ')
			continue;
		uint32_t gap = r->body.off[i + 1] - r->body.off[i];
		if (gap >= 2 && r->d->pages[page].text[r->body.off[i] + 1] == ' ')
			return i;
	}
	return to;
}

static bool is_name(struct reading *r, size_t from, size_t to, bool labelled_line)
{
	if (to < from + 3 || to - from > 120)
		return false;
	if (body_has(r, person_rx, from, to) || body_has(r, not_name_rx, from, to))
		return false;
	/* "Pôle achats", "Service des marchés": whose, it does not say */
	if (body_has(r,
		"\\A\\s*(?:pole|service|direction|cellule|bureau|departement)\\s+(?:d(?:es?|u)\\s+)?(?:la\\s+|l')?(?:"
		"achats?|marches?|"
		"commande|approvisionnements?|moyens\\s+generaux|finances?|immobilier)(?:\\s+(?:publics?|publique))?"
		"\\s*\\z",
		from, to))
		return false;
	bool body = body_has(r, "\\b" BODY "\\b|\\A\\s*s\\.(?:[a-z]\\.){2,}", from, to);
	if (body) /* "groupement" alone names nobody */
		return !body_has(r, "\\A\\s*(?!epa[a-z]{2})" BODY "\\s*\\z", from, to);
	/* after a label a proper name may do without such a word: "Nom - Lieu (92)", capitals */
	return labelled_line &&
	       (body_has(r, "\\(\\d{2,3}\\)\\s*\\z", from, to) || view_capitals(&r->body, from, to) > 0.7 ||
		   (view_capitals(&r->body, from, from + 1) > 0.5 && to - from < 90));
}

static bool from_labels(struct reading *r)
{
	for (size_t i = 0; i < ARRAY_LEN(labelled); i++) {
		struct match m;
		size_t at = 0;
		while (body_find(r, labelled[i].rx, at, &m)) {
			at = m.g[1].from;
			size_t from = m.g[1].from, to;
			struct match kind;
			/* "est : la Direction..." */
			if (pattern_find(r->rx, "\\A(?:la|le|les)\\s+(?=[a-z])|\\Al'\\s?", r->body.s + from,
				m.g[1].to - from, 0, &kind))
				from += kind.to;
			/* "Organisme de sécurité sociale : Caisse..." */
			if (pattern_find(r->rx, "\\A(?!\\s*(?:monsieur|madame))[a-z' ]{3,50}\\s:\\s+", r->body.s + from,
				m.g[1].to - from, 0, &kind))
				from += kind.to;
			to = name_end(r, from, m.g[1].to);
			/* a label alone on its line is a heading only when it began one */
			bool next_line = memchr(r->body.s + m.from, '\n', from - m.from) != NULL;
			if (next_line && m.from - view_line_start(&r->body, m.from) > 40)
				continue;
			if (next_line && m.from - view_line_start(&r->body, m.from) > 0 &&
			    !body_has(r,
				"\\A[\\s*]*(?:art(?:icle)?\\.?\\s*)?[\\s\\d.*:)-]*(?:(?:identification|designation|"
				"presentation)\\s+d(?:e\\s*|u\\s+))?"
				"(?:la |le |l')?\\z",
				view_line_start(&r->body, m.from), m.from))
				continue;
			/* under a heading "Acheteur", the head of a table: "Rubrique | Renseignement" */
			bool cell = next_line && m.to < r->body.n && r->body.s[m.to] == '\t';
			if (!is_name(r, from, to, !cell))
				continue;
			/* "Représentant de l'acheteur", "signature du pouvoir adjudicateur": not a label of the name */
			if (body_has(r,
				"(?:representant|signature|profil|reference|numero|accord|decision|conduite|nom\\s+"
				"du\\s+representant|"
				"par\\s+l[ea]|aupres|pour)\\s*(?:d'|de\\s+l'?|du|l'|le)?\\s*\\z",
				body_back(m.from, 28), m.from))
				continue;
			size_t start = m.from;
			reading_add(r, "buyer", value_text(view_text(r->mem, &r->body, from, to)),
			    labelled[i].confidence, &r->body, start, to);
			return true;
		}
	}
	return false;
}

/* A notice flattened to cells: the buyer bears its department's number, or stands just before the court of appeal. */
static bool from_notice(struct reading *r)
{
	struct {
		size_t from, to;
	} cells[6] = { { 0, 0 } };
	if (r->kind != KIND_AAPC)
		return false;
	struct match m;
	size_t at = 0;
	while (body_find(r,
	    "^([^\\n\\t]{4,90}\\(\\d{2,3}\\))[ .]*(?=[\\n\\t])|(?<=\\t)([^\\n\\t]{4,90}\\(\\d{2,3}\\))[ "
	    ".]*(?=[\\n\\t])",
	    at, &m)) {
		unsigned g = m.g[1].set ? 1 : 2;
		at = m.to;
		if (body_has(r, "tribunal|operation|lots?\\b", m.g[g].from, m.g[g].to))
			continue;
		reading_add(r, "buyer", value_text(view_text(r->mem, &r->body, m.g[g].from, m.g[g].to)), 0.9, &r->body,
		    m.g[g].from, m.g[g].to);
		return true;
	}
	for (size_t from = 0, n = 0; from < r->body.n; n++) {
		size_t to = view_line_end(&r->body, from);
		cells[n % 6].from = from;
		cells[n % 6].to = to;
		if (body_has(r, "\\A\\s*tribunal\\s+administratif", from, to)) {
			for (size_t back = 1; back < 6 && back <= n; back++) {
				size_t a = cells[(n - back) % 6].from, b = cells[(n - back) % 6].to;
				/* the last of several bodies, a person beside it, a mediator: the first body counts */
				if (b - a > 80 || !is_name(r, a, b, false) || body_has(r, "mediation|tribunal", a, b))
					continue;
				size_t a2 = cells[(n - back - 1) % 6].from, b2 = cells[(n - back - 1) % 6].to;
				while (back + 1 < 6 && back + 1 <= n && b2 - a2 < 80 && is_name(r, a2, b2, false)) {
					a = a2;
					b = b2;
					back++;
					a2 = cells[(n - back - 1) % 6].from;
					b2 = cells[(n - back - 1) % 6].to;
				}
				reading_add(
				    r, "buyer", value_text(view_text(r->mem, &r->body, a, b)), 0.82, &r->body, a, b);
				return true;
			}
		}
		from = to + 1;
	}
	return false;
}

/* The head of a first page: a line that is nothing but a body's name; best with its address under it. */
static bool from_letterhead(struct reading *r)
{
	size_t at = 0, lines = 0, best_from = 0, best_to = 0;
	while (at < r->body.n && lines < 16 && view_page(&r->body, at) == view_page(&r->body, 0)) {
		size_t end = view_line_end(&r->body, at), from = at, to;
		at = end + 1;
		if (end - from < 4)
			continue;
		lines++;
		if (end - from > 90)
			continue;
		while (from < end && r->body.s[from] == ' ')
			from++;
		to = wide_gap(r, from, name_end(r, from, end));
		struct match m;
		if (pattern_find(r->rx, ",\\s(?!de\\s|du\\s|des\\s)", r->body.s, to, from, &m))
			to = m.from;
		if (!is_name(r, from, to, false) || !body_has(r, "\\A" BODY "\\b", from, to) ||
		    body_has(r,
			":|\\b(?:travaux|fourniture|maitrise|mission|amo|assistance|etude|projet|objet|lot|date|annexe|"
			"accord|"
			"tribunal|ouvrages?|realisation|construction)\\b|\\s-\\s+(?:du|de|des|la|le)\\b",
			from, to))
			continue;
		bool address = body_has(
		    r, "\\A[^\\n]*\\n[^\\n]{0,60}(?:\\n[^\\n]{0,60})?\\b\\d{5}\\b", to, body_ahead(r, to, 150));
		/* "Département de X" over "Mairie de Y" tells where that is */
		if (best_to == 0 && body_has(r,
					"\\A\\s*(?:departement|region|republique|prefecture|arrondissement|canton)\\b[^"
					"\\n]*\\n\\s*(?:mairie|commune|ville|"
					"communaute|syndicat)\\s+(?:de|d'|du|des)",
					from, body_ahead(r, from, 200)))
			continue;
		/* an acronym with its number, then the name it stands for */
		if (best_to > 0 &&
		    body_has(r, "\\A\\s*s\\.?d?\\.?i\\.?s\\.?\\s?\\d\\w{0,4}\\s*\\z", best_from, best_to) &&
		    body_has(r, "\\A\\s*service\\s+[a-z]*\\s*d'incendie", from, to)) {
			best_from = from;
			best_to = to;
		}
		/* the ministry over its regional service: the service buys */
		if (best_to > 0 && body_has(r, "\\A\\s*(?:ministere|republique)\\b", best_from, best_to) &&
		    body_has(r,
			"\\A\\s*(?:direction|secretariat|service|delegation|etablissement|academie|rectorat|prefecture)"
			"\\b[^\\n]*\\b(?:"
			"(?:inter)?-?(?:regiona|departementa|zona)|de\\s+zone\\b)",
			from, to)) {
			best_from = from;
			best_to = to;
			break;
		}
		/* a department of the body just named is not the buyer, though the address is written under it */
		bool department = best_to > 0 && body_has(r,
						     "\\A(?:direction|service|pole|secretariat|departement\\s+(?:des|"
						     "de\\s+la)\\s|sous-direction)\\b",
						     from, to);
		if (department) {
			if (address)
				break;
			continue;
		}
		if (best_to == 0 || address) {
			best_from = from;
			best_to = to;
		}
		if (address)
			break;
	}
	if (best_to == 0)
		return false;
	struct fact *f = reading_add(r, "buyer", value_text(view_text(r->mem, &r->body, best_from, best_to)), 0.74,
	    &r->body, best_from, best_to);
	return f != NULL;
}

static bool from_statement(struct reading *r)
{
	struct match m;
	if (!body_find(r, statement_rx, 0, &m) || !is_name(r, m.g[1].from, m.g[1].to, false))
		return false;
	struct fact *f = reading_add(r, "buyer", value_text(view_text(r->mem, &r->body, m.g[1].from, m.g[1].to)), 0.7,
	    &r->body, m.g[1].from, m.to);
	if (f)
		f->status = FACT_UNCERTAIN;
	return f != NULL;
}

/* A running header: a body's name in capitals, nothing else. In the body only what the title of the document and its
 * page number under it show to be one: the reader did not tell it apart. */
static bool from_header(struct reading *r, const struct view *v)
{
	static const char rx[] = "^((?:communaute|commune|ville|departement|metropole|syndicat|region|centre\\s+"
				 "hospitalier)\\b[^\\n\\t:;.,]{6,90})$";
	static const char title_rx[] = "\\A\\s*[^\\n]{0,160}\\b(?:acte\\s+d'engagement|c\\.?c\\.?a?\\.?p\\.?|c\\.?c\\.?"
				       "t\\.?p\\.?|r\\.?c\\.?|reglement\\s+de\\s+(?:la\\s+)?"
				       "consultation|cahier\\s+des\\s+clauses[a-z ]*)[^\\n]{0,12}\\d";
	struct match m;
	size_t at = 0;
	while (pattern_find(r->rx, rx, v->s, v->n, at, &m)) {
		at = m.to;
		size_t from = m.g[1].from, to = m.g[1].to;
		if (v == &r->body) {
			if (!body_has(r, title_rx, m.to, body_ahead(r, m.to, 200)))
				continue;
			to = wide_gap(r, from, to);
		}
		if (to - from < 12 || view_capitals(v, from, to) < 0.9)
			continue;
		reading_add(r, "buyer", value_text(view_text(r->mem, v, from, to)), 0.75, v, from, to);
		return true;
	}
	return false;
}

void buyer_find(struct reading *r)
{
	if (!from_notice(r) && !from_labels(r) && !from_statement(r) && !from_letterhead(r) &&
	    !from_header(r, &r->margin))
		from_header(r, &r->body);
}
