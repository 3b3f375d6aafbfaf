/* Criteria out of lines: bullets, numbered lines, sentences. Tables with cells go first (criteria_table.c). */
#include <string.h>
#include "criteria_rows.h"

#define MAX_ROWS 60

static const char anchor_rx[] =
    "criteres?\\b[^.]{0,120}?(?:jugement|jugees?|ponder|attribution|choix|classement|selection\\s+des\\s+offres|"
    "suivants?|ci-(?:apres|dessous)|notation)|"
    "^[^\\n\\t:]{0,30}[:\\s]*\\b(?:criteres?|jugement|notation)\\s*(?::|\\.)?\\s*$|"
    "\\bcriteres?\\b[^.\\n:]{0,40}:\\s*$|grille\\s+(?:d'(?:evaluation|analyse)|de\\s+notation)|"
    "\\b(?:class|not|jug|evalu)(?:ees?|es?|erons|ons|era|ent|eront)\\s+(?:les|des|l')\\s?(?:offres?|propositions?)|"
    "offres?\\s+(?:seront|sont)\\s+(?:notees|classees|jugees|evaluees)\\b|"
    "^[^\\n\\t:]{0,14}\\bcriteres?\\s+de\\s+(?:selection|choix)\\s*$|"
    "\\b(?:analyse|jugement|choix|classement)\\s+(?:des\\s+offres\\s+)?(?:repose(?:ra)?|se\\s+fera|s'effectue(?:ra)?|s'"
    "opere(?:ra)?)\\b|"
    "offre\\s+(?:recoit|recevra|obtient)\\s+une\\s+note|"
    "(?:jugement|classement|analyse|notation|evaluation)\\s+(?:et\\s+\\w+\\s+)?des\\s+offres|choix\\s+d(?:e\\s+l'offre|"
    "es\\s+offres|u\\s+titulaire|e\\s+l'attributaire)|"
    "offre\\s+economiquement\\s+"
    "la\\s+plus\\s+avantageuse|"
    "criteres?\\s*(?:%|poids|coefficients?|notes?|points|bareme|ponderation|et "
    "ponderation)\\b|ponderation\\s+des\\s+criteres|ponderation\\s+suivante";

/* What may stand between a name and its weight. */
#define BEFORE_WEIGHT \
	"(?:/\\s*|sur\\s+|notee?s?\\s+sur\\s+|note\\s*:\\s*|a\\s+hauteur\\s+de\\s+|pour\\s+|pondere?e?s?\\s+a\\s+|" \
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
    "(%|points?|pts?)\\s*(?:sur\\s+\\d0{1,2}\\s*)?[)\\]](?:[^\\n%]*?(\\bdont\\b)[\\s:]*\\z)?";
/* "2) Valeur technique : 30 %, appréciée au vu du mémoire", "VALEUR TECHNIQUE 40 % décomposée comme suit :". */
static const char led_rx[] =
    "\\A[\\s\"*-]*((?:\\d{1,2}(?:\\.\\d{1,2})*|[a-h])\\s*[-.):/]+\\s*)?" LABEL
    "([a-z'][a-z' -]{2,90}?)[\\s:=,-]+" BEFORE_WEIGHT
    "?(\\d{1,3}(?:[.,]\\d{1,2})?)\\s*(%|points?\\b|pts?\\b)\\s*[.,:(-]?\\s*(?=(?:dont|(?<=\\.\\s)(?:le|la|il|elle|ils|"
    "elles|ce|cette)\\s+[^\\n]{0,60}(?:appreci|jug|not|evalu)ee?s?|(?:qui\\s+(?:sera|est)\\s+)?(?:"
    "appreci|jug|"
    "analys|evalu|not|calcul|decompos|detaill|repart|divis)(?:ee?s?|is|i|ie|ies)\\b|au\\s+(?:vu|regard)|a\\s+savoir|comprenant|selon|"
    "sur\\s+la\\s+base|"
    "compose|"
    "suivant)\\b)"
    "[^\\n%]*?((?:\\bdont|\\bsuivante?s?|\\bainsi|comme\\s+suit|ci-(?:apres|dessous)|\\ba\\s+savoir|au\\s+travers[^\\n%]*)\\s*:?\\s*\\z)?\\Z";
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

/* A head with a column of parts. */
static const char parted_rx[] = "\\bcriteres?\\b[^\\n.:]*\\bsous[- ]?criteres?\\b";

struct lines {
	struct criteria_row row[MAX_ROWS];
	char marker[MAX_ROWS]; /* how the row's line begins: '-', '*', '1' for any number, ' ' for none */
	size_t n;
	double sum;                  /* of the top level as far as known */
	size_t whole;                /* rows when that first made 100; 0: not yet */
	size_t pending, pending_end; /* a name still without weight */
	unsigned idle;               /* lines since the last row */
	bool header;                 /* the lead speaks of weights */
	bool table;                  /* under the head of a table that gives weights */
	bool unread;                 /* a criterion with parts and a weight that could not be read */
	bool parted;                 /* under a table's head that tells parts of criteria from criteria */
};

static void push(struct reading *r, struct lines *out, const struct match *m, unsigned number, unsigned name,
    unsigned weight, unsigned unit, unsigned dont, size_t base, size_t from, size_t to)
{
	const char *s = r->body.s + base;
	struct criteria_row k = { 0 };
	if (out->n >= MAX_ROWS ||
	    !french_decimal(s + m->g[weight].from, m->g[weight].to - m->g[weight].from, &k.weight) || k.weight <= 0 ||
	    k.weight > 100)
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

static bool bad_name(struct reading *r, size_t from, size_t to)
{
	return body_has(r,
	    "\\b(?:euros?|eur|tva|ht\\b|ttc|remise|rabais|avance|(?<=\\d "
	    ")jours?|penalit|taux|index|reduction|majoration|"
	    "article|delai de paiement|sous-trait|\\A\\W*(?:represente|vaut|compte\\s+pour)\\s*\\z|"
	    "superieur|inferieur|budget\\b|ecart|retenue|c[n0]? ?=|chiffre "
	    "d'affaires)\\b|=|_|\\bnote\\s*:|\\bnote\\s+\\d",
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
	{ dotted_rx, 1, 2, 3, 0, 0, ANYWHERE },
	{ plain_rx, 1, 2, 3, 0, 0, ANYWHERE },
	{ cell_rx, 1, 2, 3, 0, 0, IN_TABLE },
	{ bare_rx, 1, 2, 3, 0, 0, UNDER_HEADER },
};

/* A name and its weight at the end of the line; the name may have begun on the lines above. */
static bool take_item(struct reading *r, struct lines *out, size_t from, size_t end)
{
	struct match m;
	const char *line = r->body.s + from;
	if (!pattern_find(r->rx, item_rx, line, end - from, 0, &m) || bad_name(r, from + m.g[2].from, from + m.g[2].to))
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
	push(r, out, &m, 1, 2, 3, 4, 5, start, start, end);
	return true;
}

static bool take_pair(struct reading *r, struct lines *out, size_t from, size_t end)
{
	struct match m;
	size_t before = out->n;
	if (!pattern_find(r->rx, pair_rx, r->body.s + from, end - from, 0, &m) ||
	    bad_name(r, from + m.g[2].from, from + m.g[5].to))
		return false;
	push(r, out, &m, 1, 2, 3, 4, 0, from, from, from + m.g[4].to);
	if (out->n > before)
		out->row[out->n - 1].dont = true;
	push(r, out, &m, 0, 5, 6, 7, 0, from, from + m.g[5].from, end);
	return true;
}

static bool take_shape(struct reading *r, struct lines *out, size_t from, size_t end)
{
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		struct match m;
		if ((shapes[i].where == UNDER_HEADER && !out->header) || (shapes[i].where == IN_TABLE && !out->table))
			continue;
		if (!pattern_find(r->rx, shapes[i].rx, r->body.s + from, end - from, 0, &m) ||
		    bad_name(r, from + m.g[shapes[i].name].from, from + m.g[shapes[i].name].to))
			continue;
		push(r, out, &m, shapes[i].number, shapes[i].name, shapes[i].weight, shapes[i].unit, shapes[i].dont,
		    from, from, end);
		return true;
	}
	return false;
}

/* A weight alone, for the name on the lines above. */
static bool take_alone(struct reading *r, struct lines *out, size_t from, size_t end)
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
	push(r, out, &k, 1, 2, 3, 4, 5, name, name, end);
	return true;
}

/* Reads one line; what gives no row may be the begin of a name. False: the list is over. */
static bool read_line(struct reading *r, struct lines *out, size_t from, size_t end)
{
	const char *s = r->body.s, *line = s + from;
	size_t n = end - from, before = out->n;
	/* the number of a row, in a cell of its own */
	if (s[end] == '\t' && (from == 0 || s[from - 1] == '\n') &&
	    pattern_in(r->rx, "\\A\\s*\\d{1,2}\\s*[.)]?\\s*\\z", line, 0, n)) {
		out->pending = out->pending_end = 0;
		return true;
	}
	(void)(take_item(r, out, from, end) || take_pair(r, out, from, end) || take_shape(r, out, from, end) ||
	       take_alone(r, out, from, end));
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
		if (out->n > 0)
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
	if (out->pending_end == 0 || pattern_in(r->rx, begins_rx, line, 0, n))
		out->pending = from;
	out->pending_end = end;
	if (out->pending_end - out->pending > 400)
		out->pending = out->pending_end = 0;
	return true;
}

/* Reads the lines from `at` on, until nothing more comes. */
static void read_lines(struct reading *r, size_t at, struct lines *out)
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

/* "prix 40% - valeur technique 60%" in one line. */
static bool read_inline(struct reading *r, size_t from, size_t to, struct lines *out)
{
	static const char with_unit[] =
	    "([a-z][a-z' "
	    ",]{2,70}?)\"?\\s*(?:(?:represente(?:ra)?|vaut|compte(?:ra)?\\s+pour|pour)\\s+)?[:(=]?\\s*(\\d{1,"
	    "3}(?:[.,]\\d)?)\\s?(%|points?|pts?)\\)?";
	static const char bare[] = "([a-z][a-z' ]{2,60}?)\\s*[:(=]?\\s*(\\d{1,3})(?=\\s*(?:[;,)/-]|\\.?\\s*\\z))";
	struct match m;
	bool unit = pattern_in(r->rx, with_unit, r->body.s, from, to);
	if (!unit && !body_has(r, "\\b(?:prix|cout|montant)\\b", from, to))
		return false;
	const char *rx = unit ? with_unit : bare;
	size_t at = from;
	double sum = 0;
	while (at < to && pattern_find(r->rx, rx, r->body.s, to, at, &m)) {
		at = m.to;
		if (bad_name(r, m.g[1].from, m.g[1].to))
			return false;
		push(r, out, &m, 0, 1, 2, unit ? 3 : 0, 0, 0, m.from, m.to);
	}
	for (size_t i = 0; i < out->n; i++)
		sum += out->row[i].weight;
	return out->n >= 2 && sum > 99.9 && sum < 100.1;
}

/* "Le critère prix sera noté sur 40 points", one sentence a criterion. */
static bool read_sentences(struct reading *r, struct lines *out)
{
	static const char rx[] = "(?:^|[.\\t]\\s*)(?:le |la |l'|les )?(?:criteres? )?\"?([a-z][a-z' "
				 "-]{3,60}?)\"?\\s+(?:sera|est|seront|sont)"
				 "\\s+(?:[^.\\t\\n]{0,140}?\\b)?notee?s?\\s+(?:sur\\s+|(?:de\\s+|entre\\s+)0\\s+(?:a|"
				 "et)\\s+)(\\d{1,3})\\s*(points?|pts?)?";
	struct match m;
	size_t at = 0;
	double sum = 0;
	while (body_find(r, rx, at, &m)) {
		at = m.to;
		push(r, out, &m, 0, 1, 2, 3, 0, 0, m.g[1].from, m.to);
		if (out->n > 0)
			out->row[out->n - 1].points = true;
	}
	for (size_t i = 0; i < out->n; i++)
		sum += out->row[i].weight;
	return out->n >= 2 && sum > 99.9 && sum < 100.1;
}

/* Whether the rows tell which of them are parts, by a mark. Cells run together in a line that has lost its columns do
 * not. */
static bool has_parts(const struct lines *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->row[i].level == LEVEL_SUB || l->row[i].dont)
			return true;
	}
	return false;
}

/* They exceed the whole, so that nothing but sums that fit can make a tree of them. */
static bool exceed_whole(const struct lines *l)
{
	double sum = 0;
	for (size_t i = 0; i < l->n; i++)
		sum += l->row[i].weight;
	return sum > 100.1;
}

/* All the rows, when they make a tree; else those that made a whole first, and nothing of what came after. */
static bool add_lines(struct reading *r, struct lines *out)
{
	struct criteria_row copy[MAX_ROWS];
	bool lost = out->parted && !has_parts(out);
	if (out->n < 2 || out->unread || (lost && !exceed_whole(out)))
		return false;
	memcpy(copy, out->row, sizeof(copy));
	if (criteria_from_rows(r, copy, out->n, out->whole == 0 && !lost, 0.9))
		return true;
	return !lost && out->whole >= 2 && out->whole < out->n &&
	       criteria_from_rows(r, out->row, out->whole, false, 0.9);
}

static void find_criteria(struct reading *r)
{
	/* what is delivered is judged by criteria too, in the contract's own papers */
	if ((r->kind == KIND_CCAP || r->kind == KIND_CCTP || r->kind == KIND_BPU || r->kind == KIND_DPGF ||
		r->kind == KIND_DQE) &&
	    !body_has(r, "jugement\\s+des\\s+(?:offres|propositions)|economiquement\\s+la\\s+plus\\s+avantageuse", 0,
		r->body.n))
		return;
	if (criteria_from_tables(r))
		return;
	struct match m;
	size_t at = 0;
	for (unsigned tries = 0; tries < 40 && body_find(r, anchor_rx, at, &m); tries++) {
		at = m.to;
		/* criteria for choosing candidates are others */
		if (body_has(r, "candidatures?", view_line_start(&r->body, m.from), m.to) &&
		    !body_has(r, "offres?", m.from, m.to))
			continue;
		size_t next = view_line_end(&r->body, m.to);
		struct lines *out = mem_zero(r->tmp, struct lines);
		if (read_inline(r, m.to, next, out) && criteria_from_rows(r, out->row, out->n, false, 0.9))
			return;
		memset(out, 0, sizeof(*out));
		/* the line under a heading, which is a block of its own */
		size_t below = next;
		while (below < r->body.n && r->body.s[below] == '\n')
			below++;
		if (below < r->body.n && read_inline(r, below, view_line_end(&r->body, below), out) &&
		    criteria_from_rows(r, out->row, out->n, false, 0.88))
			return;
		memset(out, 0, sizeof(*out));
		read_lines(r, next < r->body.n ? next + 1 : next, out);
		if (add_lines(r, out))
			return;
	}
	struct lines *out = mem_zero(r->tmp, struct lines);
	if (read_sentences(r, out) && criteria_from_rows(r, out->row, out->n, false, 0.88))
		return;
	if (r->kind != KIND_AAPC) {
		criteria_names_in_list(r);
		return;
	}
	/* a notice flattened to cells: the criteria stand in one of them, or their bare names in several */
	size_t from = 0;
	while (from < r->body.n) {
		size_t end = view_line_end(&r->body, from);
		memset(out, 0, sizeof(*out));
		if (end - from > 12 && end - from < 300 && read_inline(r, from, end, out) &&
		    criteria_from_rows(r, out->row, out->n, false, 0.85))
			return;
		from = end + 1;
	}
	criteria_names_in_cells(r);
}

void criteria_find(struct reading *r)
{
	find_criteria(r);
	criteria_doubt_by_lot(r);
}
