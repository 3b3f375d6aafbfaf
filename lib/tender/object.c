/* What is bought: after a label, in the sentence that says it, in a notice's title, in a running header. */
#include "tender_rules.h"
#include <string.h>

/* "La présente consultation concerne :", "Le présent marché a pour objet" and the like; the object follows. */
static const char sentence_rx[] =
    "\\b(?:(?:la|le|l'|les|cette|ce)\\s?(?:presente?s?\\s+)?(?:consultation|marches?|acte\\s+d'\\s?engagement|accord-?"
    "cadre|appel\\s+d'\\s?offres|travaux|prestations?|missions?|operation|contrat|concours|c\\.?c\\.?[at]?\\.?p|cahier("
    "?:\\s+des)?"
    "(?:\\s+[a-z]+){0,4}|reglement(?:\\s+de(?:\\s+la)?\\s+consultation)?|procedure|document)[^.:;\\n]{0,40}?)\\s+(?:"
    "consiste(?:nt)?\\s+(?:en|a)\\b|vise(?:nt)?\\s+a\\s+(?:selectionner|choisir|designer)\\s+(?:un|une|le|la|les|des)"
    "\\s+[a-z]+\\s+(?:pour|"
    "charge[a-z]*\\s+d[e'])(?:\\s*assurer\\b)?|"
    "vise(?:nt)?\\s+a\\s+(?:conclure|attribuer|passer)\\s+(?:un|une|le|la|les|des)\\s+(?:accords?-?\\s?cadres?|marches?"
    ")\\s+(?:d[e']|pour|"
    "relatifs?\\s+a)|a\\s+pour\\s+objet\\s+de\\s+(?:definir|fixer|preciser)\\s+les\\s+(?:conditions|modalites|regles)"
    "\\s+d[^.:\\n]{0,60}?\\brelati(?:f|"
    "ve)s?\\s+a(?:u|ux|\\s+la|\\s+l')?(?=[\\s'])|concerne(?:nt)?\\b|a\\s+pour\\s+objet|ont\\s+pour\\s+objet|porte(?:nt)"
    "?\\s+sur|"
    "(?:a|est)\\s+relati(?:f|ve)\\s+a)\\s*:?\\s*";

static const char label_rx[] =
    "^[\\s\"*#\\d.-]*(?:(?:art(?:icle)?|section|chapitre)\\.?\\s*(?:\\d+|[ivx]+|premier)(?:er)?\\s*[:.)-]*\\s*)?(?:l')?"
    "objet(?:\\s+(?:(?:de\\s+la|"
    "du|de\\s+l'|des)\\s?(?:presente?\\s+)?(?:consultation|marche|contrat|"
    "accord-?cadre|acte\\s+d'engagement|procedure|concours|prestations?)"
    "(?:\\s+public)?))?\\s*(:|\\t|\\n)\\s*|^[\\s\"*#\\d.-]*objet\\s+(?:de|du)\\s?[a-z' "
    "]{3,50}:\\s*|^\\W*(?:consultation|marche(?:\\s+public)?|accord-?cadre)\\s+relati(?:f|ve)\\s+a(?:u|ux|\\s+la)\\s+|^"
    "description\\s+du\\s+besoin\\s*\\n|\\b(?:operation|projet|intitule(?:\\s+d[eu](?:"
    "\\s+la)?\\s+\\w+)?)\\s*:\\s*|(?<=[-|("
    "]\\s)objet\\s*(:)\\s*";

static const char never_rx[] =
    "\\A\\s*(?:reprendre|\\(|_|:|voir\\b|article|les?\\s+stipulations|les\\s+clauses|definir|fixer|preciser|de\\s+(?:"
    "definir|fixer|preciser)|ci-|indique|mentionne|"
    "pieces?|duree|procedure|mode\\b|decomposition|lieu|adresse|date\\b|\\d|acheteur|pouvoir|l'objet|du\\s+marche|page|"
    "sommaire|forme|code|(?:accord-?cadre|marche|dossier)\\s+n\\s?[o?]\\b|[a-z]{0,3}\\s*\\z|nomenclature|designation|"
    "montant|allotissement|marches?\\s+(?:publics?\\s+)?(?:de\\s+\\w+\\s+)?passes?\\s+(?:selon|en|suivant)|un\\s+delai|"
    "toute\\b|tout\\b|des?\\s+la|etendue)";

/* A line that begins with a capital and another matter: "Type de marché : travaux", "La présente procédure...". */
static bool next_statement(struct reading *r, size_t from)
{
	size_t end = view_line_end(&r->body, from);
	return view_capitals(&r->body, from, from + 1) > 0.5 &&
	       body_has(r,
		   "\\A(?:(?:type|mode|forme|nature|division|decomposition|allotissement|nombre|variantes?|criteres?|"
		   "duree|delai|lieux?|"
		   "procedure|marche\\s+(?:passe|a\\s+procedure)|accord-?cadre\\s+(?:passe|a\\s)|reference|numero|code|"
		   "cpv|date|pouvoir|acheteur|maitre|"
		   "entite|autorite|conducteur|coordonnateur)\\b[^\\n]{0,60}(?::|$)|[a-z][a-z' "
		   "()/-]{2,45}\\s:(?:\\s|$)|(?:la|le|les|cette|ces|l'|il|elle)"
		   "\\s?(?:present|est|sont|"
		   "consultation|procedure|marche|concession|contrat|accord|prestations|travaux)[a-z-]*\\s)",
		   from, end);
}

/* The end of an object: of its sentence, of its block; titles broken over lines are kept together. */
static size_t object_end(struct reading *r, size_t from)
{
	const char *s = r->body.s;
	size_t high = body_ahead(r, from, 420), at = from;
	size_t head = view_line_end(&r->body, from);
	bool capitals = view_capitals(&r->body, from, head - from > 40 ? from + 40 : head) > 0.7;
	while (at < high) {
		if (s[at] == '\t' || s[at] == ';')
			break;
		/* a title run into the sentence that explains it */
		if (capitals && s[at] == ' ' && at > from + 20 &&
		    body_has(r, "\\A (?:le|la|cet|ce|cette)\\s+present", at, body_ahead(r, at, 20)) &&
		    view_capitals(&r->body, at + 1, at + 12) < 0.5)
			break;
		if (s[at] == '\n') {
			if (s[at + 1] == '\n') {
				/* a title set as several blocks: "ACCORD-CADRE", "DE MAINTENANCE..."; or cut after "et"
				 */
				size_t next = view_line_end(&r->body, at + 2);
				bool joined = body_has(r, "\\A\\s*(?:d'|de\\s|du\\s|des\\s|et\\s|pour\\s|a\\s)", at,
					 body_ahead(r, at, 12)),
				     open = body_has(
					 r, "\\s(?:et|de|du|des|la|le|les|pour|a|en|au|aux|sur|ou|d')\\z", from, at);
				if (!open && !(capitals && joined))
					break;
				if (capitals != (view_capitals(&r->body, at + 2, next) > 0.6))
					break;
				at += 2;
				continue;
			}
			/* the next line of a form has its own label; a new sentence is not the title's */
			if (next_statement(r, at + 1))
				break;
			/* a title in capitals ends where the capitals do; a sentence goes on in lower case */
			size_t next = view_line_end(&r->body, at + 1);
			double share = view_capitals(&r->body, at + 1, next);
			if (capitals ? share < 0.6 : share > 0.7)
				break;
			if (body_has(r,
				"\\A\\s*(?:[*-]\\s|\\d+(?:\\.\\d+)*\\s*[-.)]|article|lot\\b|pouvoir|acheteur|maitre|"
				"date|reglement|cahier|acte\\s|procedure|numero|reference|n\\s?o\\s|"
				"les\\s|remise\\s|delai|le\\s+present|la\\s+presente|cette|il\\s|elle\\s|lieu)",
				at + 1, next) &&
			    (capitals || s[at - 1] == '.' ||
				body_has(r,
				    "\\A\\s*(?:[*-]\\s|\\d+(?:\\.\\d+)*\\s*[-.)]|article|pouvoir\\s|acheteur|maitre\\s|"
				    "remise\\s+des|"
				    "date\\s|lieu)",
				    at + 1, next)))
				break;
		}
		if (s[at] == '.' && (s[at + 1] == ' ' || s[at + 1] == '\n' || s[at + 1] == '\0') && at > from + 12 &&
		    s[at - 2] != ' ' && s[at - 2] != '.')
			break;
		at++;
	}
	while (at > from && strchr(" \n.,;:-", s[at - 1]))
		at--;
	return at;
}

static bool is_object(struct reading *r, size_t from, size_t to)
{
	return to > from + 12 && to - from < 420 && !body_has(r, never_rx, from, to) &&
	       !body_has(r, "_|\\bcocher\\b", from, to);
}

/* Adds [from, to) as the object, in the document's words. */
static struct fact *add(struct reading *r, size_t from, size_t to, double confidence)
{
	while (from < to && strchr(" \n\"*:-", r->body.s[from]))
		from++;
	if (from < to && r->body.s[to - 1] == '"')
		to--;
	if (!is_object(r, from, to))
		return NULL;
	char *text = view_text(r->mem, &r->body, from, to);
	for (size_t i = 0; i < r->n_found; i++)
		if (strcmp(r->found[i].key, "buyer") == 0 && strcmp(r->found[i].value.text, text) == 0)
			return NULL; /* who buys is not what is bought */
	return reading_add(r, "object", value_text(text), confidence, &r->body, from, to);
}

/* A label's line or the lines under it. */
static bool from_label(struct reading *r)
{
	struct match m;
	size_t at = 0;
	while (body_find(r, label_rx, at, &m)) {
		at = m.to > at ? m.to : at + 1;
		size_t from = m.to;
		while (from < r->body.n && strchr(" \n", r->body.s[from]))
			from++;
		/* how to fill a form's field, in brackets, then the field */
		struct match k;
		if (body_find(r, "\\G\\([^)]{20,900}\\)\\s*(?:appel\\s+d'\\s?offres?\\s*-\\s*)?", from, &k) &&
		    k.from == from)
			from = k.to;
		/* a chapter "Objet du marché" is followed by the sentence that says it */
		if (pattern_find(r->rx, sentence_rx, r->body.s, body_ahead(r, from, 160), from, &k) &&
		    k.from < from + 60) {
			if (add(r, k.to, object_end(r, k.to), 0.92))
				return true;
			continue;
		}
		if (body_has(r,
			"\\A[^.\\n]{0,40}\\b(?:est(?!\\s*(?:et|ou|-|/"
			")\\s*(?:ouest|nord|sud))|sont|sera|definit|fixe|precise|ne)\\b",
			from, body_ahead(r, from, 60)))
			continue;
		if (add(r, from, object_end(r, from), 0.9))
			return true;
	}
	return false;
}

static bool from_sentence(struct reading *r)
{
	struct match m;
	size_t at = 0;
	while (body_find(r, sentence_rx, at, &m)) {
		at = m.to;
		/* "les prestations, objet du présent contrat", "ayant pour objet la réalisation de prestations
		 * similaires" */
		if (body_has(r, "prestations\\s+similaires|2122-7", m.from, sentence_end(r, m.to)))
			continue;
		size_t from = m.to;
		if (body_has(r,
			"\\A(?:l'execution\\s+(?:de\\s+la\\s+|de\\s+l'|d'une\\s+|de\\s+|des\\s+)|la\\s+realisation\\s+("
			"?:d'une\\s+|de\\s+la\\s+|des\\s+))",
			from, body_ahead(r, from, 60))) {
			struct match k;
			if (body_find(r,
				"\\G(?:l'execution|la\\s+realisation)\\s+(?:de\\s+la\\s+|de\\s+l'|d'une\\s+|des\\s+|"
				"de\\s+)\\s*",
				from, &k))
				from = k.to;
		}
		if (add(r, from, object_end(r, from), 0.9))
			return true;
	}
	return false;
}

#define KIND \
	"(?:(?:attri " \
	"?1\\s*-\\s*)?acte\\s+d'\\s?engagement|c\\.?c\\.?a\\.?p\\.?|c\\.?c\\.?t\\.?p\\.?|c\\.?c\\.?p\\.?|r\\.?c\\.?|" \
	"reglement\\s+de\\s+(?:la\\s+)?consultation|cahier\\s+des\\s+clauses\\s+[a-z]+(?:\\s+particulieres)?)"

/* What a contract is about begins with a deed or a thing. */
#define DEED \
	"(?:travaux|marche\\s+de|accord-?cadre|fournitures?|prestations?|missions?|maitrise|assistance|realisation|" \
	"construction|" \
	"(?!reglement)re[a-z]{3,}(?:tion|ment|age)|creation|amenagement|entretien|maintenance|acquisition|achat|" \
	"location|" \
	"exploitation|gestion|" \
	"elaboration|etudes?|evaluation|controles?|verifications?|transports?|nettoyage|services?|mise\\s+(?:en|a)|" \
	"demolition|" \
	"extension|installation|conception|exploitation|collecte|traitement|exploration|infogerance|developpement|" \
	"organisation|refonte|migration|deploiement|integration|hebergement|numerisation|modernisation|tierce\\s+" \
	"maintenance|" \
	"exe[a-z]+tion|impression|surveillance|gardiennage|formation|operation|delegation|concession|fabrication|" \
	"pose|depose)\\b"

static bool page_number_near(struct reading *r, const struct view *v, size_t from, size_t to)
{
	size_t ahead = to + 40 < v->n ? to + 40 : v->n;
	if (from <= 30 && pattern_in(r->rx, "\\A\\s*\\d{1,3}\\s*\\n+\\z", v->s, 0, from))
		return true;
	return pattern_in(r->rx, "\\n\\s*(?:page\\s*:?\\s*)?\\d{1,3}(?:\\s*(?:/|sur)\\s*\\d+)?\\s*\\n+\\z", v->s,
		   from > 30 ? from - 30 : 0, from) ||
	       pattern_in(r->rx, "\\A\\s*(?:-\\s*)?(?:page\\s*:?\\s*)?\\d{1,3}(?:\\s*(?:/|sur)\\s*\\d+)?\\s*\\n", v->s,
		   to, ahead);
}

/* "CCAP - Title  5 / 14", "Title - Acte d'engagement 7", a kind's line and the title under it: running headers, or
 * what a reader took for text of the page. In the body only what a page number beside it shows to be a header. */
static bool from_header(struct reading *r, const struct view *v)
{
	static const char *const rules[] = {
		"^[ \"]*(?:\\d+ )?" KIND "\\s*[-:]?\\s*(" DEED
		"[^\\n\\t]{10,200}?(?:\\n(?![\\n\\d])[^\\n\\t]{3,120}?)?)(\\s+page\\s*:?\\s*\\d[^\\n]*|\\s+\\d+\\s*/"
		"\\s*\\d+|\\s+\\d{1,3}|)\\s*$",
		"^[ \"]*(" DEED "[^\\n\\t]{10,200}?)(?:\\s+-\\s+[a-z]{2,12})?\\s*[- ]\\s*" KIND
		"(\\s+page\\s*:?\\s*\\d[^\\n]*|\\s+\\d+\\s*/\\s*\\d+|\\s+\\d{1,3}|)\\s*$",
		"^\\s*" KIND "\\s*\\n+(" DEED "[^\\n\\t.]{16,200})()$",
		"^\\s*" KIND "\\s[^\\n]{0,80}\\n+(?:date[^\\n]{0,40}\\n+)?(" DEED "[^\\n\\t.]{16,200})()$",
	};
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		struct match m;
		size_t at = 0;
		while (pattern_find(r->rx, rules[i], v->s, v->n, at, &m)) {
			at = m.to > at ? m.to : at + 1;
			size_t from = m.g[1].from, to = m.g[1].to;
			bool paged = (m.g[2].set && m.g[2].to > m.g[2].from) || page_number_near(r, v, m.from, m.to);
			if (v == &r->body && !paged)
				continue;
			while (to > from && strchr(" -\n", v->s[to - 1]))
				to--;
			if (to < from + 15 || pattern_in(r->rx, never_rx, v->s, from, to) ||
			    pattern_in(r->rx, "_|\\bpage\\b|[.;:]\\s+[a-z]|\\bpar\\s+le\\s+titulaire", v->s, from, to))
				continue;
			reading_add(r, "object", value_text(view_text(r->mem, v, from, to)), 0.8, v, from, to);
			return true;
		}
	}
	return false;
}

/* A notice flattened to lines begins with its title. */
static bool from_notice(struct reading *r)
{
	size_t end = view_line_end(&r->body, 0);
	if (r->kind != KIND_AAPC || end >= r->body.n || r->body.s[end] != '\t')
		return false;
	size_t from = 0;
	struct match m;
	if (body_find(r, "\\A[a-z0-9]*\\d[a-z0-9]*\\s?_+\\s*|\\A[a-z0-9]+_[a-z0-9_]+\\s*:\\s*", 0, &m))
		from = m.to;
	while (end > from && strchr(" .", r->body.s[end - 1]))
		end--;
	return end < 400 && add(r, from, end, 0.9) != NULL;
}

/* The cover: the first lines in capitals that are no kind of document and no body. */
static bool from_cover(struct reading *r)
{
	size_t at = 0, lines = 0;
	while (at < r->body.n && lines < 14 && r->body.n > 0 && view_page(&r->body, at) == view_page(&r->body, 0)) {
		size_t end = view_line_end(&r->body, at), from = at;
		at = end + 1;
		if (end <= from + 3)
			continue;
		lines++;
		if (view_capitals(&r->body, from, end) < 0.8 || end - from > 140)
			continue;
		if (body_has(r,
			"\\A\\s*(?:cabinet|atelier|bureau|b\\.?e\\.?t\\b|architect|economiste|sarl|s\\.?a\\.?s\\b|"
			"scp\\b|marches?\\s+(?:publics?\\s+)?de\\s+prestations?\\s+[a-z]+\\s*\\z|grand\\s+port|"
			"reglement|fiche\\s|bordereau|cahier|acte\\s+d|avis|marches?\\s+publics?\\s*\\z|marches?\\s+(?:"
			"publics?"
			"\\s+)?de\\s+(?:travaux|services?|fournitures?|maitrise\\s+d'\\s?oeuvre)[a-z "
			"]{0,24}\\z|procedure|appel|dossier|date|le\\s+\\d|n\\s?"
			"o|sommaire|r\\.?c\\.?\\b|c\\.?c|maitre|ville|commune|communaute|departement|syndicat|"
			"centre|groupement|chambre|metropole|sivom|sivu|societe|lycee|college|ecole|crous|mairie|page|"
			"document|piece|entete|phase|lot|code|identif|pouvoir|acheteur|"
			"objet|annexe|"
			"caisse|rectorat|g\\.?i\\.?e\\b|institut|urssaf|cpam|carsat|banque|tribunal|hopitaux|sdis|"
			"ministere|academie|region\\b|"
			"prefecture|universite|etablissement|office|agence|hopita|conseil|"
			"direction|service\\s|article|republique|_|[a-z]?\\d)|travaux\\s+sur\\s+procedure|"
			"_|\\d{5}|appel\\s+d'offre|@|reglement\\s+(?:de|du|particulier)\\b",
			from, end))
			continue;
		size_t to = object_end(r, from);
		if (to < from + 20 || !body_has(r, "[a-z]{4,}\\s+(?:de|d'|des|du|et|a|pour|en)\\b", from, to))
			continue;
		struct fact *f = add(r, from, to, 0.72);
		if (f)
			return true;
	}
	return false;
}

/* A cover whose title is not in capitals: near the title of the document, a line that begins like a contract. */
static bool from_cover_title(struct reading *r)
{
	size_t at = 0, lines = 0;
	bool title = false, any = false;
	while (at < r->body.n && lines < 10 && view_page(&r->body, at) == view_page(&r->body, 0)) {
		size_t end = view_line_end(&r->body, at), from = at;
		at = end + 1;
		if (end <= from + 3)
			continue;
		lines++;
		any |= title;
		title |= body_has(r, "\\A[\"# *-]*" KIND, from, end);
		/* before the document's title only when that follows closely */
		if (lines > 1 && !title && !any &&
		    !body_has(r, "\\n\\s*[\"# *-]*" KIND "[^\\n]{0,60}(?:\\n|\\z)", end, body_ahead(r, end, 320)))
			continue;
		if (!body_has(r, "\\A[\"# ]*" DEED, from, end) ||
		    body_has(r,
			"\\A\\W*accord-?\\s?cadre\\s+(?:avec|sans|mono|multi|a\\s+(?:bons|marches))\\b[^\\n]{0,60}\\z|"
			"\\A\\W*(?:marche|accord|travaux|fournitures?|services?|prestations?)[a-z "
			"]{0,12}\\W*\\z|\\A\\W*marches?\\s+(?:publics?\\s+)?de\\s+"
			"(?:travaux|services?|fournitures?|maitrise\\s+d'\\s?oeuvre)[a-z "
			"]{0,24}\\z|[.;:]\\s*\\z|\\b(?:est|sont|sera|seront|doit|doivent)\\b",
			from, end))
			continue;
		size_t to = object_end(r, from);
		if (to >= from + 20 && to - from < 260 && add(r, from, to, 0.7))
			return true;
	}
	return false;
}

/* "Affaire n° 27FCS08 : Acquisition d'un logiciel". */
static bool from_number_line(struct reading *r)
{
	struct match m;
	if (!body_find(r,
		"^[^\\n]{0,12}\\b(?:affaire|consultation|marche|procedure|accord-?cadre)\\s*n\\s?[o?]\\s*[a-z0-9._/"
		"-]{3,20}\\s*[:-]\\s+(?=" DEED ")",
		0, &m))
		return false;
	/* under it another line begins, of a table or of a form */
	size_t end = object_end(r, m.to), line = view_line_end(&r->body, m.to);
	if (line > m.to + 20 && line < end && view_capitals(&r->body, line + 1, line + 2) > 0.5 &&
	    view_capitals(&r->body, m.to, line) < 0.5)
		end = line;
	return add(r, m.to, end, 0.8) != NULL;
}

void object_find(struct reading *r)
{
	if (from_notice(r) || from_label(r) || from_sentence(r))
		return;
	if (from_header(r, &r->margin) || from_header(r, &r->body))
		return;
	if (!from_cover(r) && !from_cover_title(r))
		from_number_line(r);
}
