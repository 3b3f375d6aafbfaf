/* Criteria out of lines: bullets, numbered lines, rows that have lost their cells. */
#include "criteria_lines.h"
#include <string.h>

/* What may stand between a name and its weight. */
#define BEFORE_WEIGHT \
	"(?:(?:[a-z]+[ " \
	"-]){1,4}pour\\s?cents?\\s*[(,:-]?\\s*|/" \
	"\\s*|sur\\s+|notee?s?\\s+sur\\s+|note\\s*:\\s*|a\\s+hauteur\\s+de\\s+|pour\\s+|pondere?e?s?\\s+a\\s+|" \
	"ponderation\\s*(?:de\\s+|:\\s*)?|" \
	"coef(?:ficient|\\.)?\\s*(?:de\\s+|:\\s*)?)"
/* One line: a name, then its weight at the end or nearly so. Groups: 1 number, 2 name, 3 weight, 4 unit, 5 "dont". */
#define LABEL "(?:criteres?\\s*(?:n\\s?o?\\s*)?[a-z]?\\d{0,2}\\s*[:.-]\\s*)?"
static const char item_rx[] =
    "\\A[\\s\"*-]*((?:\\d{1,2}(?:\\.\\d{1,2})*|[a-h])\\s*[-.):/]+\\s*|\\d{1,2}(?:\\.\\d{1,2})*\\s+)?((?:sous[- "
    "])?[a-z'\"(][^\\n%]{2,170}?)[\\s:(=_*|-]*?"
    "(?:(?:,\\s*)?" BEFORE_WEIGHT ")?(?<![\\d.,])(\\d{1,3}(?:[.,]\\d{1,2})?)\\s*(%|points?|"
    "pts?|/\\s*100(?:\\s+points?)?|/\\s*\\d0\\b)\\s*\\)?"
    "\\s*(?:du\\s+total|de\\s+la\\s+note(?:\\s+\\w+)?|max(?:imum)?|sur\\s+\\d0{1,2}\\b\\s*\\)?)?\\s*(dont)?\\s*[.;,:]?("
    "?:\\s*\\([^)]{0,60}\\))?(?:"
    "prix)?\\s*\\z";
/* "1. Valeur technique (55 %), jugée d'après le mémoire, dont :": the weight in brackets right after the name. */
static const char bracket_rx[] =
    "\\A[\\s\"*-]*((?:\\d{1,2}(?:\\.\\d{1,2})*|[a-h])\\s*[-.):/]+\\s*)?" LABEL "([a-z'][a-z' "
    "-]{2,90}?)\\s*[(\\[]\\s*" BEFORE_WEIGHT "?(\\d{1,3}(?:[.,]\\d{1,2})?)\\s*"
    "(%|points?|pts?|/"
    "\\s*100\\b(?:\\s*points?)?)\\s*(?:sur\\s+\\d0{1,2}\\s*)?[)\\]](?:[^\\n%]*?(\\bdont\\b)[\\s:]*\\z)?";
/* "2) Valeur technique : 30 %, appréciée au vu du mémoire", "VALEUR TECHNIQUE 40 % décomposée comme suit :". */
static const char led_rx[] =
    "\\A[\\s\"*-]*((?:\\d{1,2}(?:\\.\\d{1,2})*|[a-h])\\s*[-.):/]+\\s*)?" LABEL
    "([a-z'][a-z' -]{2,90}?)[\\s:=,-]+" BEFORE_WEIGHT
    "?(\\d{1,3}(?:[.,]\\d{1,2})?)\\s*(%|points?\\b|pts?\\b|/\\s*100\\b)\\s*[.,:()"
    "-]{0,2}\\s*(?=(?:dont|(?<=\\.\\s)(?:le|la|il|elle|ils|"
    "elles|ce|cette)\\s+[^\\n]{0,60}(?:appreci|jug|not|evalu)ee?s?|(?:qui\\s+(?:sera|est)\\s+)?(?:"
    "appreci|jug|"
    "analys|evalu|not|calcul|decompos|detaill|repart|divis)(?:ee?s?|is|i|ie|ies)\\b|au\\s+(?:vu|regard|travers)|a\\s+"
    "savoir|"
    "comprenant|selon|"
    "sur\\s+la\\s+base|"
    "compose|"
    "suivant)\\b)"
    "[^\\n%]*?((?:\\bdont|\\bsuivante?s?|\\bainsi|comme\\s+suit|ci-(?:apres|dessous)|\\ba\\s+savoir|au\\s+travers[^\\n%"
    "]*)\\s*:?\\s*\\z)?\\Z";
/* "40 % pour la valeur technique", "50 % Qualité": the weight first. */
static const char first_rx[] = "\\A[\\s*-]*(\\d{1,3}(?:[.,]\\d{1,2})?)\\s*(%|points?|pts)\\s*(?:[:-]\\s*|pour\\s+)?((?:"
			       "le\\s+|la\\s+|les\\s+|l')?[a-z][^\\n%\\d]{2,90}?)"
			       "\\s*[;.,]?\\s*\\z";
/* "Prix : 50", "Valeur technique : note sur 60": no unit, but marks that part it from the name; names of the usual
 * kind. */
static const char plain_rx[] =
    "\\A[\\s*-]*((?:\\d{1,2}|[a-h])\\s*[-.):]\\s*)?" LABEL "((?:[a-z' "
    "]{0,40}\\b)?(?:prix|cout|montant|valeur|qualite|delais?|moyens|"
    "methodologie|performances?|environnement|developpement|insertion|technique|planning|"
    "references)\\b[^\\n%\\d:]{0,80}?)\\s*(?:[:=_]+\\s*|,\\s*|\\(\\s*|(?="
    "/|not|coef|pond|sur\\s))" BEFORE_WEIGHT "?(?<![\\d.,])(\\d{1,3})\\s*\\)?\\s*[.;,]?\\s*\\z";
/* "Coût de la copie (coefficient 10)", "Qualité : coefficient 5": shares of a round total, as points are. */
static const char coefficient_rx[] =
    "\\A[\\s*-]*((?:\\d{1,2}|[a-h])\\s*[-.):/]+\\s*)?" LABEL
    "([a-z][^\\n%]{2,110}?)[\\s:(,=-]*\\b(coef(?:ficient|\\.)?)\\s*(?:de\\s+|:\\s*|=\\s*)?(\\d{1,2}(?:[.,]\\d)?)"
    "\\s*\\)?\\s*[.;,]?\\s*\\z";
/* "Bilan carbone noté sur 10": whatever its name. */
static const char noted_rx[] =
    "\\A[\\s*-]*((?:\\d{1,2}|[a-h])\\s*[-.):/]+\\s*)?" LABEL
    "([a-z][^\\n%\\d]{2,110}?)[\\s:(,-]+notee?s?\\s+sur\\s+(\\d{1,3})\\s*\\)?\\s*[.;,]?\\s*\\z";
/* "Livraison ....... 15". */
static const char dotted_rx[] =
    "\\A[\\s*-]*((?:\\d{1,2}|[a-h])\\s*[-.):/]+\\s*)?" LABEL "([a-z][^\\n%\\d_]{2,110}?)\\s*_\\s*(\\d{1,3})\\s*\\z";
/* A row of a table with its cells run together: "Valeur technique 45 % Qualité du linge 20 %", the second a part. */
static const char pair_rx[] = "\\A[\\s*-]*((?:\\d{1,2}|[a-h])\\s*[-.):]+\\s*)?([a-z][^\\n%\\d]{3,80}?)[\\s:]+(\\d{1,3}("
			      "?:[.,]\\d{1,2})?)\\s*(%|points?|pts?)\\s+"
			      "([a-z][^\\n%\\d]{3,90}?)[\\s:]+(\\d{1,3}(?:[.,]\\d{1,2})?)\\s*(%|points?|pts?)\\s*\\z";
/* The head of such a table, and its rows: "Critères Points", "Prix 60". */
static const char table_head_rx[] = "\\A[^\\n.:]{0,30}\\bcriteres?\\b[^\\n.:]{0,50}\\b(?:ponderations?|poids|points?|"
				    "coefficients?|notes?|bareme)\\b[^\\n.:]{0,50}\\z";
static const char cell_rx[] = "\\A[\\s*-]*((?:\\d{1,2}|[a-h])\\s*[-.):]*\\s+)?([a-z][^\\n%]{2,120}?)\\s+(?<![\\d.,])("
			      "\\d{1,3}(?:[.,]\\d{1,2})?)\\s*\\z";
/* "1-Prix des prestations 60.0": no unit, but a number before and a heading that says weights. */
static const char bare_rx[] = "\\A[\\s*-]*(\\d{1,2}(?:\\.\\d{1,2})*\\s*[-.):]\\s*)([a-z][^\\n%]{2,170}?)\\s*(?<![\\d.,]"
			      ")(\\d{1,3}(?:[.,]\\d{1,2})?)\\s*\\z";
/* "Valeur technique : 0,6". */
static const char share_rx[] =
    "\\A[\\s*-]*((?:\\d{1,2}|[a-h])\\s*[-.):/]+\\s*)?" LABEL "([a-z][a-z' -]{2,90}?)\\s*[:=(]\\s*" BEFORE_WEIGHT
    "?(0[.,]\\d{1,2})\\s*\\)?\\s*[.;,]?\\s*\\z";
/* "Prix : quarante pour cent". */
static const char words_rx[] =
    "\\A[\\s*-]*((?:\\d{1,2}|[a-h])\\s*[-.):/]+\\s*)?" LABEL
    "([a-z][a-z' -]{2,90}?)[\\s:,(-]+((?:cinq|dix|quinze|vingt|trente|quarante|cinquante|soixante|quatre-vingts?)(?:[- "
    "](?:et[- ])?"
    "(?:cinq|dix|quinze))?)\\s+(pour\\s?cents?|points)\\s*\\)?\\s*[.;,]?\\s*\\z";
/* A weight alone on its line, for the name above. */
static const char alone_rx[] =
    "\\A\\s*(?:sur\\s+)?(\\d{1,3}(?:[.,]\\d{1,2})?)\\s*(%|points?|pts?|/\\s*100)?\\s*(dont)?\\s*\\z";
/* A line that begins a criterion. */
static const char begins_rx[] =
    "\\A\\s*(?:[*-]|(?:\\d{1,2}(?:\\.\\d{1,2})*|[a-h])\\s*[-.):]|\\d{1,2}\\s+[a-z]|(?:sous[- ])?critere)";
/* "les critères suivants :", a table's head: no part of the name under it. */
static const char no_name_rx[] =
    "\\bcriteres?\\b[^\\n]*:\\s*\\z|\\bcriteres?\\b[^\\n]{0,50}\\b(?:ponder|poids\\b|points?\\b|coef|notes?\\b)|"
    "\\A\\s*(?:(?:libelle\\s+des\\s+)?criteres?|ponderations?(?:\\s+(?:en\\s+)?%)?|rang|points|description|"
    "coefficients?|notes?|n\\s?o|%)\\s*\\z";
/* Lines that show a list is over. */
static const char over_rx[] = "chaque\\s+candidat\\s+se\\s+verra|note\\s+(?:globale|totale|de\\s+l'offre|sur\\s+\\d+"
			      "\\s*=)|methodologie\\s*\\z|formule|en\\s+cas\\s+d'egalite|"
			      "\\A\\s*(?:article|chapitre)\\s+\\d|negociation|delai\\s+de\\s+validite|montant\\s+de\\s+"
			      "l'offre|retenue\\s+de|penalit|avance\\b|tva\\b";

/* "La note est calculée selon la formule : N = 60 x (Pm / P)". */
static const char formula_rx[] = "\\bformule|^[^\\n=]{0,60}=[^\\n]*[x*/]";

/* A head with a column of parts. */
static const char parted_rx[] = "\\bcriteres?\\b[^\\n.:]*\\bsous[- ]?criteres?\\b";

void lines_push(struct reading *r, struct criteria_lines *out, const struct match *m, unsigned number, unsigned name,
    unsigned weight, unsigned unit, unsigned dont, size_t base, size_t from, size_t to)
{
	const char *s = r->body.s + base;
	struct criteria_row k = { 0 };
	long whole = 0;
	if (out->n >= LINES_MAX)
		return;
	if (!french_decimal(s + m->g[weight].from, m->g[weight].to - m->g[weight].from, &k.weight) &&
	    french_number(s + m->g[weight].from, m->g[weight].to - m->g[weight].from, &whole) > 0)
		k.weight = (double)whole;
	/* "0,6": a share of one */
	if (k.weight < 1 && s[m->g[weight].from] == '0')
		k.weight *= 100;
	if (k.weight <= 0 || k.weight > 100)
		return;
	k.weighted = true;
	k.points = unit && m->g[unit].set && s[m->g[unit].from] != '%';
	k.dont = dont && m->g[dont].set;
	k.name = view_text(r->tmp, &r->body, base + m->g[name].from, base + m->g[name].to);
	if (!view_source(&r->body, from, to, &k.page, &k.a, &k.b))
		return;
	uint32_t page;
	if (!view_source(&r->body, base + m->g[weight].from, base + m->g[weight].to, &page, &k.weight_a, &k.weight_b) ||
	    page != k.page)
		k.weight_a = k.weight_b = 0;
	if (number && m->g[number].set && memchr(s + m->g[number].from, '.', m->g[number].to - m->g[number].from)) {
		const char *dot = memchr(s + m->g[number].from, '.', m->g[number].to - m->g[number].from);
		if (dot[1] >= '0' && dot[1] <= '9') {
			long chapter = 0;
			size_t d = m->g[number].from;
			while (s + d < dot && (s[d] < '0' || s[d] > '9'))
				d++;
			french_number(s + d, (size_t)(dot - s) - d, &chapter);
			k.chapter = (unsigned)chapter;
			k.level = LEVEL_SUB;
		}
	}
	if (pattern_in(r->rx, "\\A\\W*sous[- ]?critere|\\A\\W*dont\\b", s, m->g[name].from, m->g[name].to))
		k.level = LEVEL_SUB;
	/* a list within a list has other marks than the outer one */
	char marker = criteria_marker(r->body.s + from, to - from), first = out->n > 0 ? out->marker[0] : marker;
	bool bullet = marker == '-' || marker == '*' || marker == 'o',
	     outer = first == '-' || first == '*' || first == 'o';
	if (k.level == LEVEL_UNKNOWN && marker != first &&
	    ((bullet && (first == '1' || first == ' ' || first == 'a' || outer)) || (marker == 'a' && first == '1')))
		k.level = LEVEL_SUB;
	if (k.level != LEVEL_SUB)
		out->sum += k.weight;
	out->marker[out->n] = marker;
	out->row[out->n++] = k;
	if (out->whole == 0 && out->sum > 99.99 && out->sum < 100.01 && !k.dont)
		out->whole = out->n;
}

bool lines_bad_name(struct reading *r, size_t from, size_t to)
{
	return body_has(r,
	    "\\b(?:euros?|eur|tva|ht\\b|ttc|remise|rabais|avance|(?<=\\d "
	    ")jours?|penalit|taux|index|reduction|majoration|"
	    "article|delai de paiement|sous-trait|\\A\\W*(?:represente|vaut|compte\\s+pour)\\s*\\z|"
	    "superieur|inferieur|budget\\b|ecart|retenue|c[n0]? ?=|chiffre "
	    "d'affaires)\\b|=|_|\\bnote\\s*:|\\bnote\\s+\\d|\\b(?:offres?|propositions?|candidats?|plis|projets?)\\s+(?"
	    ":sera|seront|"
	    "sont|est)\\b|\\bse\\s+fer(?:a|ont)\\b|\\bnotes?\\s+globale|\\A\\W*(?:et\\s+)?(?:notee?s?|sur|dont|soit)"
	    "\\b\\s*(?:sur\\b)?\\s*\\z",
	    from, to);
}

/* The forms a line with a name and its weight may have, in the order they are tried: the groups of each. */
static const struct {
	const char *rx;
	unsigned number, name, weight, unit, dont;
	enum { ANYWHERE, UNDER_HEADER, IN_TABLE } where;
} shapes[] = {
	{ bracket_rx, 1, 2, 3, 4, 5, ANYWHERE },
	{ led_rx, 1, 2, 3, 4, 5, ANYWHERE },
	{ first_rx, 0, 3, 1, 2, 0, ANYWHERE },
	{ coefficient_rx, 1, 2, 4, 3, 0, ANYWHERE },
	{ noted_rx, 1, 2, 3, 0, 0, ANYWHERE },
	{ words_rx, 1, 2, 3, 4, 0, ANYWHERE },
	{ share_rx, 1, 2, 3, 0, 0, ANYWHERE },
	{ dotted_rx, 1, 2, 3, 0, 0, ANYWHERE },
	{ plain_rx, 1, 2, 3, 0, 0, ANYWHERE },
	{ cell_rx, 1, 2, 3, 0, 0, IN_TABLE },
	{ bare_rx, 1, 2, 3, 0, 0, UNDER_HEADER },
};

/* A name and its weight at the end of the line; the name may have begun on the lines above. */
static bool take_item(struct reading *r, struct criteria_lines *out, size_t from, size_t end)
{
	struct match m;
	const char *line = r->body.s + from;
	if (!pattern_find(r->rx, item_rx, line, end - from, 0, &m) ||
	    lines_bad_name(r, from + m.g[2].from, from + m.g[2].to))
		return false;
	size_t start = from;
	if (out->pending_end > out->pending && !pattern_in(r->rx, begins_rx, line, 0, end - from) &&
	    from - out->pending < 400) {
		start = out->pending;
		for (unsigned i = 2; i <= 4; i++)
			m.g[i].to += from - start;
		m.g[3].from += from - start;
		m.g[4].from += from - start;
		m.g[2].from = 0;
		m.g[1].set = false;
	}
	lines_push(r, out, &m, 1, 2, 3, 4, 5, start, start, end);
	return true;
}

/* "Méthode : 40 points dont 15 points pour la concertation et 25 points pour la démarche": parts in the line itself. */
static bool take_parted(struct reading *r, struct criteria_lines *out, size_t from, size_t end)
{
	static const char head_rx[] =
	    "\\A[\\s*-]*((?:\\d{1,2}|[a-h])\\s*[-.):/]+\\s*)?" LABEL "([a-z][a-z' -]{2,90}?)[\\s:=,(-]+" BEFORE_WEIGHT
	    "?(\\d{1,3}(?:[.,]\\d{1,2})?)\\s*(%|points?\\b|pts?\\b)\\s*\\)?\\s*[,:(-]?\\s*(?:dont|soit|reparti[a-z]*"
	    "\\s+(?:en|comme\\s+suit|ainsi))\\s*:?\\s*(?=[a-z\\d])";
	static const char after_rx[] =
	    "(\\d{1,3}(?:[.,]\\d{1,2})?)\\s*(%|points?\\b|pts?\\b)\\s+(?:pour|sur|relatifs?\\s+a|au\\s+titre\\s+de)\\s+"
	    "([a-z][^%\\d;,]{2,90}?)(?=\\s*(?:,|;|\\bet\\b|\\)|\\.?\\s*\\z))";
	static const char before_rx[] =
	    "([a-z][^%\\d;,:(]{2,90}?)\\s*[:(]\\s*(\\d{1,3}(?:[.,]\\d{1,2})?)\\s*(%|points?\\b|pts?\\b)?\\s*\\)?";
	struct match m, k;
	size_t before = out->n, n = end - from;
	const char *line = r->body.s + from;
	if (!pattern_find(r->rx, head_rx, line, n, 0, &m) || lines_bad_name(r, from + m.g[2].from, from + m.g[2].to))
		return false;
	bool first = pattern_in(r->rx, after_rx, line, m.to, n);
	lines_push(r, out, &m, 1, 2, 3, 4, 0, from, from, from + m.g[4].to);
	if (out->n == before)
		return false;
	double left = out->row[before].weight;
	out->row[before].dont = true;
	for (size_t at = m.to; at < n && pattern_find(r->rx, first ? after_rx : before_rx, line, n, at, &k);
	     at = k.to) {
		size_t had = out->n;
		if (first)
			lines_push(r, out, &k, 0, 3, 1, 2, 0, from, from + k.from, from + k.to);
		else
			lines_push(r, out, &k, 0, 1, 2, 3, 0, from, from + k.from, from + k.to);
		if (out->n == had)
			break;
		left -= out->row[had].weight;
		/* parts count for nothing in the sum of the whole */
		if (out->row[had].level != LEVEL_SUB)
			out->sum -= out->row[had].weight;
		out->row[had].level = LEVEL_SUB;
	}
	if (out->n < before + 3 || left > 0.011 || left < -0.011) {
		out->sum -= out->row[before].level != LEVEL_SUB ? out->row[before].weight : 0;
		out->n = before;
		out->whole = out->whole > before ? 0 : out->whole;
		return false;
	}
	if (out->whole == 0 && out->sum > 99.99 && out->sum < 100.01)
		out->whole = out->n;
	return true;
}

static bool take_pair(struct reading *r, struct criteria_lines *out, size_t from, size_t end)
{
	struct match m;
	size_t before = out->n;
	if (!pattern_find(r->rx, pair_rx, r->body.s + from, end - from, 0, &m) ||
	    lines_bad_name(r, from + m.g[2].from, from + m.g[5].to))
		return false;
	lines_push(r, out, &m, 1, 2, 3, 4, 0, from, from, from + m.g[4].to);
	if (out->n > before)
		out->row[out->n - 1].dont = true;
	lines_push(r, out, &m, 0, 5, 6, 7, 0, from, from + m.g[5].from, end);
	return true;
}

static bool take_shape(struct reading *r, struct criteria_lines *out, size_t from, size_t end)
{
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		struct match m;
		if ((shapes[i].where == UNDER_HEADER && !out->header) || (shapes[i].where == IN_TABLE && !out->table))
			continue;
		if (!pattern_find(r->rx, shapes[i].rx, r->body.s + from, end - from, 0, &m) ||
		    lines_bad_name(r, from + m.g[shapes[i].name].from, from + m.g[shapes[i].name].to))
			continue;
		lines_push(r, out, &m, shapes[i].number, shapes[i].name, shapes[i].weight, shapes[i].unit,
		    shapes[i].dont, from, from, end);
		return true;
	}
	return false;
}

/* A weight alone, for the name on the lines above. */
static bool take_alone(struct reading *r, struct criteria_lines *out, size_t from, size_t end)
{
	struct match m, k = { 0 }, number;
	size_t name = out->pending, name_end = out->pending_end;
	if (name_end <= name || from - name >= 600 ||
	    !pattern_find(r->rx, alone_rx, r->body.s + from, end - from, 0, &m) || !(m.g[2].set || out->header))
		return false;
	k.g[2].set = k.g[3].set = true;
	k.g[2].to = name_end - name;
	for (unsigned i = 1; i <= 3; i++) {
		k.g[i + 2] = m.g[i];
		k.g[i + 2].from += from - name;
		k.g[i + 2].to += from - name;
	}
	if (pattern_find(r->rx, "\\A[\\s*]*(\\d{1,2}(?:\\.\\d{1,2})+)", r->body.s + name, name_end - name, 0, &number))
		k.g[1] = number.g[1];
	lines_push(r, out, &k, 1, 2, 3, 4, 5, name, name, end);
	return true;
}

/* Reads one line; what gives no row may be the begin of a name. False: the list is over. */
static bool read_line(struct reading *r, struct criteria_lines *out, size_t from, size_t end)
{
	/* marks of a list that are no bullets of ours */
	while (from + 2 < end && strchr(".>+=", r->body.s[from]) && r->body.s[from + 1] == ' ')
		from += 2;
	const char *s = r->body.s, *line = s + from;
	size_t n = end - from, before = out->n;
	/* the number of a row, in a cell of its own */
	if (s[end] == '\t' && (from == 0 || s[from - 1] == '\n') &&
	    pattern_in(r->rx, "\\A\\s*\\d{1,2}\\s*[.)]?\\s*\\z", line, 0, n)) {
		out->pending = out->pending_end = 0;
		return true;
	}
	(void)(take_parted(r, out, from, end) || take_item(r, out, from, end) || take_pair(r, out, from, end) ||
	       take_shape(r, out, from, end) || take_alone(r, out, from, end));
	if (out->n > before) {
		out->pending = out->pending_end = 0;
		out->idle = 0;
		return true;
	}
	/* what follows would be taken for criteria, and it is parts of this one */
	out->unread |=
	    out->n == 0 && pattern_in(r->rx, begins_rx, line, 0, n) &&
	    pattern_in(r->rx, "[^\\n]{4}(?<!\\d)\\d{1,2}\\s?(?:%|points\\b|pts\\b)[^\\n]*:\\s*\\z", line, 0, n);
	if (pattern_in(r->rx, over_rx, line, 0, n)) {
		/* how a mark is reckoned stands under its criterion */
		bool formula = out->whole == 0 && pattern_in(r->rx, formula_rx, line, 0, n);
		if (out->n > 0 && !formula)
			return false;
		out->idle += 4;
	}
	out->idle++;
	out->table |= pattern_in(r->rx, table_head_rx, line, 0, n);
	out->parted |= pattern_in(r->rx, parted_rx, line, 0, n);
	if (pattern_in(r->rx, no_name_rx, line, 0, n)) {
		out->pending = out->pending_end = 0;
		return true;
	}
	/* a sentence that announces something is no part of a name */
	if (pattern_in(r->rx, n > 60 ? ":\\s*\\z" : "\\b(?:sur|sont|sera|seront|est|suivante?s?)\\b[^\\n]*:\\s*\\z",
		line, 0, n)) {
		out->pending = out->pending_end = 0;
		return true;
	}
	if (out->pending_end == 0 || pattern_in(r->rx, begins_rx, line, 0, n))
		out->pending = from;
	out->pending_end = end;
	if (out->pending_end - out->pending > 400)
		out->pending = out->pending_end = 0;
	return true;
}

/* Reads the lines from `at` on, until nothing more comes. */
void lines_read(struct reading *r, size_t at, struct criteria_lines *out)
{
	const char *s = r->body.s;
	size_t high = body_ahead(r, at, 6000), above = view_line_start(&r->body, body_back(at, 1));
	out->header = body_has(r, "ponder|points|%|bareme", body_back(at, 60), body_ahead(r, at, 120));
	out->parted |= pattern_in(r->rx, parted_rx, s, above, body_back(at, 1));
	out->table = pattern_in(r->rx, table_head_rx, s, above, body_back(at, 1));
	/* once whole, only parts that follow closely are of interest */
	while (at < high && out->idle < (out->whole > 0 ? 5U : 14U)) {
		size_t end = at;
		while (end < high && s[end] != '\n' && s[end] != '\t')
			end++;
		if (end > at && !read_line(r, out, at, end))
			return;
		at = end + 1;
	}
}

/* Whether the rows tell which of them are parts, by a mark. Cells run together in a line that has lost its columns do
 * not. */
static bool has_parts(const struct criteria_lines *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->row[i].level == LEVEL_SUB || l->row[i].dont)
			return true;
	}
	return false;
}

/* They exceed the whole, so that nothing but sums that fit can make a tree of them. */
static bool exceed_whole(const struct criteria_lines *l)
{
	double sum = 0;
	for (size_t i = 0; i < l->n; i++)
		sum += l->row[i].weight;
	return sum > 100.1;
}

/* All the rows, when they make a tree; else those that made a whole first, and nothing of what came after. */
bool lines_add(struct reading *r, struct criteria_lines *out)
{
	struct criteria_row copy[LINES_MAX];
	bool lost = out->parted && !has_parts(out);
	if (out->n < 2 || out->unread || (lost && !exceed_whole(out)))
		return false;
	memcpy(copy, out->row, sizeof(copy));
	if (criteria_from_rows(r, copy, out->n, out->whole == 0 && !lost, 0.9))
		return true;
	return !lost && out->whole >= 2 && out->whole < out->n &&
	       criteria_from_rows(r, out->row, out->whole, false, 0.9);
}
