/* Short clauses that state one thing: validity of offers, variants, platform. */
#include "tender_rules.h"
#include <string.h>

static const char validity_rx[] =
    "(?:delais?|durees?)\\s+(?:pendant\\s+(?:lequel|laquelle)[^.\\n]{0,60}?|de\\s+)(?:la\\s+)?validite\\s+(?:(?:des|de "
    "l'|de leurs?|de la presente|de s(?:on|a)|de votre|d')\\s*"
    "(?:offres?|propositions?|plis)|de celles?-ci)|validite\\s+(?:minimale\\s+)?des\\s+(?:offres|propositions)|"
    "(?:engage|lie|tenu)e?s?\\s+par\\s+(?:les\\s+termes\\s+de\\s+)?(?:leurs?|son|sa)\\s+(?:offres?|propositions?)|"
    "maintenir\\s+(?:leurs?|son|sa)"
    "\\s+"
    "(?:offres?|propositions?)|"
    "\\bne\\s+(?:me\\s+|nous\\s+)?(?:lie|engage)(?:nt)?\\b[^.]{0,40}\\bque\\s+si\\b|"
    "\\bvalidite\\s*:(?=[^.\\n]{0,50}\\bdate\\s+limite)|"
    "n'est\\s+valable(?:\\s+toutefois)?\\s+que\\s+si|delai\\s+minimum\\s+pendant\\s+lequel[^.]{0,80}offre|"
    "(?:offres?|propositions?)\\s+(?:(?:du|d'un|des|de\\s+chaque)\\s+(?:candidats?|soumissionnaires?|concurrents?)\\s+)"
    "?"
    "(?:est|sont|sera|seront|reste(?:nt)?|demeure(?:nt)?)\\s+valables?|"
    "\\bengage(?:ons)?\\b[^.;\\n]{0,50}\\b(?:mon|notre)\\s+offre(?=\\s+(?:pendant|pour\\s+une\\s+duree))|"
    "\\bmaintien\\s+(?:de\\s+(?:l'|leur\\s+|son\\s+)|des\\s+)offres?\\b|(?:delai|duree)\\s+pendant\\s+(?:lequel|"
    "laquelle)\\s+[^.\\n:]{0,50}\\bengagee?s?\\b|offres?\\s+valables?(?=\\s+(?:"
    "pendant\\s+)?\\d)|"
    "offres?\\b[^.;]{0,50}\\b(?:auront|aura|ont)\\s+une\\s+(?:duree\\s+de\\s+)?validite\\s+de|"
    "offres?\\s+(?:engage|lie)(?:nt|ra|ront)?\\s+(?:le|les|chaque)\\s+(?:candidats?|soumissionnaires?)(?=\\s+(?:"
    "pendant|pour|durant))|"
    "\\b(?:offre|proposition|elle)\\s+(?:vous|nous)\\s+engage(?:ra)?(?=\\s+(?:pendant|pour|durant)\\b)|"
    "\\bdelai\\s+d'engagement\\b(?=[^.;\\n]{0,70}\\b(?:date\\s+limite|(?:reception|remise|depot)\\s+des\\s+(?:offres|"
    "plis|propositions)))|"
    "\\belle\\s+(?:demeure|reste|sera)(?:ra)?\\s+valable(?=\\s+(?:pendant\\s+)?[a-z\\d]+\\s+(?:mois|jours))|"
    "liee?s\\s+pour\\s+une\\s+duree\\s+de(?=[^.;]{0,60}\\boffres?\\b)|^[\\W\\d]*(?:(?:delai|duree|periode)\\s+de\\s+)?"
    "validite\\s*:";

void validity_find(struct reading *r)
{
	struct match m;
	size_t at = 0;
	while (body_find(r, validity_rx, at, &m)) {
		struct duration d;
		at = m.to;
		/* "délai de validité :" alone is that of the offers only in a document about offers */
		if (body_has(r, "\\A[\\W\\d]*(?:delai|duree|periode|validite)[^\\n]*:\\z", m.from, m.to) &&
		    r->kind != KIND_RC && r->kind != KIND_AAPC &&
		    !body_has(r, "\\A[^.\\n]{0,50}\\bdate\\s+limite", m.to, body_ahead(r, m.to, 80)))
			continue;
		/* what is bought may have offers of its own: "la validité des offres commerciales" */
		if (r->kind == KIND_CCTP || body_has(r, "\\A\\s*commerciales?\\b", m.to, body_ahead(r, m.to, 14)))
			continue;
		/* "elle": an offer, where the words before speak of one */
		if (body_has(r, "\\Aelle\\s", m.from, m.to) &&
		    !body_has(r, "\\b(?:offre|proposition)\\b[^;]*\\z", body_back(m.from, 200), m.from))
			continue;
		size_t high = body_ahead(r, m.to, 170);
		struct match k;
		/* "150 j": too short a unit to be one but right after the label */
		if (body_find(r,
			"\\G(?:\\s+des\\s+(?:offres|plis|propositions))?\\s*:?\\s*(\\d{2,3})\\s?j\\b(?!['.]\\w)", m.to,
			&k)) {
			long days = 0;
			french_number(r->body.s + k.g[1].from, k.g[1].to - k.g[1].from, &days);
			if (days >= 15 && days <= 730)
				reading_add(
				    r, "offer_validity_days", value_number((double)days), 0.93, &r->body, m.from, k.to);
			continue;
		}
		if (!french_duration(r->rx, r->body.s, high, m.to, &d))
			continue;
		/* between label and duration: one sentence, no other subject, not "fixée dans l'acte d'engagement" */
		if (body_has(r,
			"[.;]\\s+\\S{3,}\\s+\\S+\\s+\\S+|\\n\\n[^\\n]+\\n\\n|article|paiement|garantie|assurance|avant "
			"la|au moins|plus tard|"
			"figure|modif|jugement",
			m.to, d.from))
			continue;
		if (body_has(r, "\\A[^.\\n]{0,20}(?:avant|apres la notification)", d.to, body_ahead(r, d.to, 30)))
			continue;
		/* "6 mois /180 jours": two figures that the calendar makes differ; "6 mois (180 jours)" says what the
		 * months mean */
		struct duration more;
		unsigned months = d.unit == UNIT_MONTHS  ? (unsigned)d.count
				  : d.unit == UNIT_YEARS ? (unsigned)d.count * 12
							 : 0;
		unsigned twice = 0;
		if (d.unit != UNIT_DAYS && french_duration(r->rx, r->body.s, body_ahead(r, d.to, 24), d.to, &more) &&
		    more.unit == UNIT_DAYS && body_has(r, "\\A\\s*(?:/|,?\\s*soit|\\(|ou)\\s*\\z", d.to, more.from)) {
			twice = body_has(r, "[/]|\\bou\\b", d.to, more.from) ? months : 0;
			months = 0;
			more.from = d.from;
			d = more;
		}
		long days = d.unit == UNIT_DAYS     ? d.count
			    : d.unit == UNIT_WEEKS  ? d.count * 7
			    : d.unit == UNIT_MONTHS ? d.count * 30
						    : d.count * 365;
		if (days < 15 || days > 730)
			continue;
		size_t from = d.from - m.from < 200 ? m.from : d.from;
		struct fact *f =
		    reading_add(r, "offer_validity_days", value_number((double)days), 0.95, &r->body, from, d.to);
		if (f)
			f->months = months;
		if (twice > 0 && twice * 30 >= 15 &&
		    (f = reading_add(
			 r, "offer_validity_days", value_number(twice * 30.0), 0.92, &r->body, from, d.to)) != NULL)
			f->months = twice;
		at = d.to;
	}
}

/* The start of a heading or of a form's line: "Article 5. Variantes", "2.3 - Variantes". */
#define HEADING "(?:^|\\G)[\\s*-]*(?:art(?:icle)?\\.?\\s*)?(?:[\\d.]+\\s*[-.):/]*\\s*)?(?:les\\s+)?"
#define VARIANTS \
	"variantes?(?:\\s+(?:libres?|facultatives?|et\\s+(?:options|pse)))?(?:\\s+(?:a\\s+l'initiative\\s+d(?:es?|u)|" \
	"proposees?\\s+par\\s+les?)\\s+(?:candidats?|soumissionnaires?|operateurs?\\s+economiques?))?(?:\\s+(?:" \
	"autorise|accepte|admis)e?s(?=\\s*:))?"

/* Sayings about variants; the first that fits a sentence decides it. */
static const struct {
	const char *rx;
	int says; /* 1 allowed, 0 not, -1 nothing (stops here) */
} variant_rules[] = {
	{ "pour\\s+lesquels?\\s+(?:les|des)\\s+variantes|(?:si|lorsque|quand|ou|cas ou)\\s+(?:les |des |une "
	  ")?variantes?\\s+(?:est|sont|serai)",
	    -1 },
	/* "les variantes de tracé": what is built varies, not the offer */
	{ "variantes?\\s+(?:de|du|des|d')\\s?(?!la\\b|l'|ce|cette|leur|base|son\\b|candidat|soumissionnaire)[a-z]{4,}",
	    -1 },
	/* boxes: the word after the ticked one; without a tick there is no answer */
	{ "variantes?[^.;]{0,60}?(?:\\[ \\]\\s*oui\\s*\\[x\\]\\s*non|\\[x\\]\\s*non\\s*\\[ \\]\\s*oui)", 0 },
	{ "variantes?[^.;]{0,60}?(?:\\[x\\]\\s*oui\\s*\\[ \\]\\s*non|\\[ \\]\\s*non\\s*\\[x\\]\\s*oui)", 1 },
	{ "variantes?[\\s:]*(?:\\[.\\]\\s*)?(?:oui|non)\\s*/?\\s*(?:\\[.\\]\\s*)?(?:oui|non)\\b", -1 },
	{ "\\bexige[a-z]*\\s+(?:la\\s+presentation\\s+de\\s+|des\\s+)variantes?\\s*:?[^\\n]{0,6}\\z", -1 },
	{ HEADING VARIANTS
	    "\\s*[:.\\t\\n "
	    "-]\\s*(?:sans|non(?:\\s+(?:autorise|admis|accepte|permis|prevu)e?s?)?|interdites?|neant|aucune|pas de "
	    "variantes?)\\s*(?:$|[.;\\t])",
	    0 },
	{ "aucune\\s+variante\\s+(?:imposee|exigee|obligatoire|a\\s+l'initiative\\s+(?:de\\s+l'acheteur|du\\s+pouvoir)"
	  ")",
	    -1 },
	{ "aucune\\s+variante[^.;]{0,60}(?:n'est|ne\\s+(?:sera|sont)|autoris|admis|accept)", 0 },
	{ "variantes?\\b(?:[^.;]|\\b[rld]\\.|\\.(?=\\d)){0,200}?\\b(?:n'est|ne\\s+(?:sont|seront|sera|peu(?:t|vent)(?: "
	  "etre)?))\\s+pas\\s+(?:etre\\s+)?(?:autorise|admise?|accepte|permise|prise|recevable|acceptable|ouverte|"
	  "examine|etudie|"
	  "analysee|retenue|consideree)",
	    0 },
	{ "pas\\s+ouverte?s?\\s+aux\\s+variantes?\\b", 0 },
	{ "\\btoute\\s+variante\\s+(?:sera|est|serait)\\s+(?:rejetee|exclue|interdite|refusee|ecartee|eliminee|"
	  "proscrite)",
	    0 },
	{ "variantes?\\b[^.;]{0,60}\\b(?:sont|est|seront)\\s+(?:interdites?|exclues?|prohibees?|refusees?|proscrites?)",
	    0 },
	{ "variantes?\\s+(?:seront|sont)-elles\\s+[^:?;.]{3,50}[:?]+\\s*non\\b(?!\\s*/?\\s*(?:\\[.\\]\\s*)?oui)", 0 },
	{ "variantes?\\s+(?:seront|sont)-elles\\s+[^:?;.]{3,50}[:?]+\\s*oui\\b(?!\\s*/?\\s*(?:\\[.\\]\\s*)?non)", 1 },
	{ "(?:^|\\G|prevu\\s|\\d\\s*[:.-]\\s)[\\s:*-]*(?:pas\\s+de|sans)\\s+variantes?\\s*(?:(?:autorise|admis|accepte|"
	  "permis)e?s?\\s*)?"
	  "(?:$|[.;,\\t(])",
	    0 },
	{ "(?:^|\\G)[\\s:*-]*refus\\s+(?:des|de)\\s+variantes?\\s*(?:$|[.;,\\t])", 0 },
	{ "\\b(?:depot|presentation|remise)\\s+de\\s+variantes?\\s+(?:est|sera)\\s+(?:interdit|exclu|proscrit|refuse)",
	    0 },
	{ "n'est\\s+pas\\s+(?:admis|autorise|accepte|prevu)\\s+de\\s+variantes?(?!\\s+(?:obligatoire|imposee|exigee))",
	    0 },
	{ "\\bni\\s+variantes?\\s*(?:$|[.;,]|\\s(?:ni|et)\\b)|(?:^|\\G)[\\s*-]*aucune\\s+variante\\s*(?:$|[.;,])", 0 },
	{ "(?:n'autoris|n'accept|n'admet)[a-z]*\\s+(?:pas|aucune)\\s+(?:[a-z' ]{0,40})?variantes?", 0 },
	{ "ne\\s+(?:sont|seront)\\s+pas\\s+(?:autorises|admis)\\s+a\\s+(?:presenter|proposer|remettre)\\s+(?:de\\s+|"
	  "des\\s+)?variantes?",
	    0 },
	{ "(?:ne\\s+(?:peuvent|doivent|devront|pourront|pouvez|pourrez|peut|pourra)|interdit[^.;]{0,20})\\s*(?:pas\\s+)"
	  "?(?:presenter|proposer)\\s+"
	  "(?:de\\s+|des\\s+)variantes?",
	    0 },
	{ "variantes?\\s+obligatoires?|variantes?\\s+(?:exigees?|imposees?)", -1 },
	{ "(?:autorises?|admis)\\s+a\\s+(?:presenter|proposer|remettre)\\s+(?:une\\s+ou\\s+plusieurs\\s+|des\\s+|"
	  "une\\s+)variantes?",
	    1 },
	{ "variantes?\\b[^.;]{0,90}?\\b(?:sont|est|seront|sera)\\s+(?:expressement\\s+)?(?:autorise|admise?|accepte|"
	  "permise|possible|recevable)",
	    1 },
	{ "variantes?\\s+(?:peuvent|pourront|peut|pourra)\\s+(?:egalement\\s+)?etre\\s+(?:proposee|presentee|remise)",
	    1 },
	{ "(?:autorise|accepte|admet)\\s+(?:la\\s+(?:presentation|remise)\\s+(?:de|d'une)|les|des)\\s*variantes?", 1 },
	{ "(?<!\\bne "
	  ")(?:peuvent|pourront|pouvez|pourrez|peut|pourra)\\s+(?:egalement\\s+)?(?:presenter|proposer|remettre)[^.;]{"
	  "0,60}\\bvariantes?",
	    1 },
	{ HEADING VARIANTS "\\s*[:.\\t\\n-]\\s*(?:(?:oui|avec)\\s*(?:$|[.;\\t])|(?:autorisees?|admises?|acceptees?)\\s*"
			   "(?:$|[.;\\t]|\\s(?:sur|pour|dans|sous|"
			   "uniquement)\\b))",
	    1 },
};

/* "[ ] Les variantes sont autorisées": one of the answers that a form offers, not the one given. */
static bool unticked(const struct reading *r, size_t at)
{
	return body_has(r, "\\A\\s*(?:[*-]\\s*)?\\[ \\]", view_line_start(&r->body, at), at + 1);
}

/* An answer with its box on a line of its own ends where the next box stands. */
static void within_box(struct reading *r, size_t at, size_t *from, size_t *to)
{
	size_t line = view_line_start(&r->body, at);
	struct match next;
	if (line >= *from && body_has(r, "\\A\\s*(?:[*-]\\s*)?\\[[ x]\\]", line, at))
		*from = line;
	if (pattern_find(r->rx, "\\n\\s*(?:[*-]\\s*)?\\[[ x]\\]", r->body.s, *to, at, &next) && next.from > *from)
		*to = next.from;
}

/* Variants that the buyer asks for, whether or not others may be offered: what is said about them is told beside. */
static void variants_required(struct reading *r)
{
	static const char rx[] = "(?:\\b(?:exige|impose|demande)(?:nt)?\\s+(?:obligatoirement\\s+)?(?:(?:la\\s+(?:"
				 "presentation|remise|fourniture)|le\\s+"
				 "chiffrage)\\s+(?:d'une|de\\s+la|des?|d'|de\\s+l[ae]s?)|une|la|deux|des)\\s*variantes?"
				 "\\b|(?:doi(?:t|vent)|devra|devront)\\s+("
				 "?:obligatoirement\\s+|imperativement\\s+)?(?:chiffrer|presenter|repondre\\s+a|"
				 "proposer|remettre)\\s+(?:une|la|les|deux|des)"
				 "\\s+variantes?\\b)";
	struct match m;
	if (!body_find(r, rx, 0, &m))
		return;
	size_t from = sentence_start(r, m.from), to = sentence_end(r, m.to);
	if (body_has(r, "\\[ \\]|\\bne\\b|n'exige|n'impose|aucune|\\bsi\\b|lorsqu|\\boui\\b|\\bnon\\b", from, to))
		return;
	struct fact *f = reading_found(r, "variants_allowed");
	if (f)
		reading_also(r, f, &r->body, m.from, m.to);
	else
		f = reading_add(r, "variants_allowed", value_bool(true), 0.9, &r->body, m.from, m.to);
	if (f)
		f->detail = "variantes exigées";
}

void variants_find(struct reading *r)
{
	if (r->kind == KIND_CCTP || r->kind == KIND_BPU || r->kind == KIND_DPGF || r->kind == KIND_DQE)
		return;
	struct match m;
	size_t at = 0;
	while (body_find(r, "variantes?\\b", at, &m)) {
		size_t from = sentence_start(r, m.from), to = sentence_end(r, m.to);
		within_box(r, m.from, &from, &to);
		at = to > m.to ? to : m.to;
		for (size_t i = 0; i < ARRAY_LEN(variant_rules); i++) {
			struct match k;
			/* a label and its value may stand in two cells or on two lines */
			size_t high = body_ahead(r, to, to - from < 40 ? 40 : 0);
			if (!pattern_find(r->rx, variant_rules[i].rx, r->body.s, high, from, &k))
				continue;
			if (variant_rules[i].says >= 0 && !unticked(r, k.from) && !unticked(r, k.to - 1)) {
				size_t q = k.from, line = view_line_start(&r->body, k.from);
				if (q - line < 60)
					q = line;
				size_t end = view_line_end(&r->body, k.to);
				if (end - k.to > 60 || end - q > 300)
					end = k.to;
				while (end < to && end - k.to < 12 && r->body.s[end] != ' ' && r->body.s[end] != '\n')
					end++;
				reading_add(r, "variants_allowed", value_bool(variant_rules[i].says == 1), 0.93,
				    &r->body, q, end);
			}
			break;
		}
	}
	variants_required(r);
}

/* Places that are never the buyer's platform: law, forms, one-stop shops, mail. */
static const char not_platform_rx[] =
    "legifrance|service-public|chorus|\\bdume\\b|dume\\.|europa\\.eu|economie\\.gouv|adobe|impots|urssaf|infogreffe|"
    "attestation|"
    "certificat|ssi\\.gouv|cnil|insee|\\bdaj\\b|formulaire|telerecours|boamp|journal-officiel|numerique\\.gouv|"
    "wikipedia|youtube|teamviewer|\\.pdf|\\.docx?|coffre";

static const char url_rx[] =
    "(?:https?\\s?:?\\s?//"
    "\\s?(?:www\\.\\s?)?|\\bwww\\.\\s?)[a-z0-9][a-z0-9.-]*(?:-\\n[a-z0-9][a-z0-9.-]*)?\\.[a-z]{2,10}"
    "(?::\\d+)?(?:/[^\\s\"<>)|]*)?|(?<=\")\\s?[a-z0-9-]+(?:\\.[a-z0-9-]+)*\\.(?:com|fr|net|org|eu|info)(?=\\s?\")";

static const char platform_context_rx[] =
    "profil\\s+(?:d'|de\\s+l')?\\s?acheteur|plate-?\\s?forme|dematerialis|telecharge|voie\\s+electronique|site\\s+(?:"
    "internet\\s+)?de\\s+"
    "l'acheteur|dossier\\s+de\\s+(?:la\\s+)?consultation|\\bdce\\b|consulter\\s+les\\s+documents|adresse\\s+(?:url|"
    "electronique|internet)?\\s*"
    "suivante|sites?\\s+suivants?|retire|depot\\s+des\\s+plis|remise\\s+des\\s+(?:plis|offres)";

/* "Le dossier est téléchargeable depuis", "Les offres seront transmises sur", or a chapter "Dépôt des plis" whose text
 * begins with the address. */
static const char handed_in_rx[] =
    "\\b(?:dossier|d\\.?c\\.?e)\\b[^.;\\n@]{0,60}\\b(?:telecharg|disponible|accessible|consultable)[a-z]*\\s+"
    "(?:gratuitement\\s+)?(?:sur|via|depuis|a\\s+l'adresse)\\b[^.;\\n@]{0,30}\\z|"
    "\\b(?:offres?|plis?|propositions?|reponses?)\\b[^.;\\n]{0,40}?\\b(?:transmis|"
    "depose|deposer|remis|adresse)[a-z]*\\s"
    "(?:[^.;\\n@]{0,60}?\\s)?(?:sur|via|a\\s+l'adresse)\\b[^.;\\n@]{0,30}\\z|"
    "\\n\\s*(?:art(?:icle)?\\.?\\s*)?[\\divx]{1,5}\\s*[-.:)]*\\s*(?:depot|remise|"
    "transmission|envoi)\\b[^\\n.@]{0,40}\\n+\\s*\\z";

/* The address as one can use it: blanks out, "http//" mended, closing signs off. */
static char *clean_url(TALLOC_CTX *mem, const char *s)
{
	char *out = mem_array(mem, char, strlen(s) + 16);
	size_t k = 0;
	const char *rest = s;
	if (strncmp(s, "http", 4) == 0 || strncmp(s, "Http", 4) == 0 || strncmp(s, "HTTP", 4) == 0) {
		const char *p = strstr(s, "//");
		bool secure = s[4] == 's' || s[4] == 'S';
		if (p) {
			memcpy(out, secure ? "https://" : "http://", secure ? 8 : 7);
			k = secure ? 8 : 7;
			rest = p + 2;
		}
	}
	for (const char *p = rest; *p != '\0'; p++)
		if (*p != ' ')
			out[k++] = *p;
	while (k > 0 && strchr(".,;:)]'\"", out[k - 1]))
		k--;
	out[k] = '\0';
	return out;
}

void platform_find(struct reading *r)
{
	struct match m;
	size_t at = 0;
	const char *s = r->body.s;
	struct {
		size_t from, to;
		int score;
	} best = { 0, 0, 0 };
	while (body_find(r, url_rx, at, &m)) {
		at = m.to;
		size_t back = body_back(m.from, 220), ahead = body_ahead(r, m.to, 60);
		if (pattern_in(r->rx, not_platform_rx, s, m.from, m.to) ||
		    pattern_in(r->rx,
			"formulaire|imprime|declaration\\s+de\\s+sous|attestations?\\b[^.]{0,60}\\z|\\bdume\\b|"
			"certificat|anti-?virus|@",
			s, body_back(m.from, 110), m.from))
			continue;
		int score = 0;
		if (pattern_in(r->rx, platform_context_rx, s, back, m.from))
			score += 2;
		if (pattern_in(r->rx, platform_context_rx, s, m.to, ahead))
			score += 1;
		/* its label may come after: "www.exemple.fr (profil d'acheteur)" */
		if (pattern_in(r->rx,
			"\\A\\s*[(,-]?\\s*(?:(?:notre|le|la)\\s+)?(?:profil\\s+(?:d'|de\\s+l')?\\s?acheteur|plate-?\\s?"
			"forme\\s+(?:de\\s+"
			"dematerialisation|d'achat|acheteur))",
			s, m.to, ahead))
			score += 2;
		if (pattern_in(
			r->rx, "profil\\s+(?:d'|de\\s+l')?\\s?acheteur|plate-?\\s?forme|dematerialis", s, back, m.from))
			score += 2;
		/* platforms nearly always say what they are in their name */
		size_t host = m.from;
		const char *slashes = memmem(s + m.from, m.to - m.from, "//", 2);
		if (slashes)
			host = (size_t)(slashes - s) + 2;
		size_t host_end = host;
		while (host_end < m.to && s[host_end] != '/')
			host_end++;
		if (pattern_in(r->rx, "march|achat|tender|demat|consultation|-ao\\b|appel", s, host, host_end))
			score += 3;
		/* another name: where offers are handed in, all the same */
		else if (pattern_in(r->rx, handed_in_rx, s, back, m.from))
			score += 3;
		if (r->kind == KIND_RC || r->kind == KIND_AAPC)
			score += 1;
		if (score > best.score) {
			best.score = score;
			best.from = m.from;
			best.to = m.to;
		}
	}
	if (best.score < 4)
		return;
	char *text = clean_url(r->mem, view_text(r->tmp, &r->body, best.from, best.to));
	struct fact *f = reading_add(
	    r, "platform_url", value_text(text), best.score >= 6 ? 0.95 : 0.8, &r->body, best.from, best.to);
	if (f && best.score < 5)
		f->status = FACT_UNCERTAIN;
}
