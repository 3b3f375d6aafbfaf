/* What a document is, by its content: titles at its head or in running headers weigh most, typical clauses after. */
#include "tender_rules.h"
#include <string.h>

struct sign {
	enum tender_kind kind;
	double weight;
	double most; /* of this sign, however often it stands there */
	const char *rx;
};

/* In the first lines of the document, at the start of a line; in running headers and footers. */
static const struct sign titles[] = {
	{ KIND_RC, 6, 6,
	    "^[\"# *-]*(?:\\d+ )?(?:reglement (?:de (?:la )?|du |particulier de (?:la "
	    ")?)?(?:consultation|concours)|r\\.?c\\.?(?: |$|-))" },
	{ KIND_RC, 4, 4, "\\breglement (?:de (?:la )?)?consultation(?: \\(rc\\))?\\s*(?:$|page|-|phase)" },
	{ KIND_RC, 3, 3, "(?:^| - )r\\.?c\\.?\\b[ -]*(?:phase|deuxieme|\\d|page|-|$)" },
	{ KIND_RC, 3, 3, "l'essentiel de la procedure" },
	{ KIND_AE, 6, 6, "^[\"# *-]*(?:attri ?1 ?-? ?)?acte d'?engagement\\b" },
	{ KIND_AE, 6, 6, "\\battri ?1\\b" },
	{ KIND_AE, 3, 3, "\\bacte d'?engagement\\s*(?:$|page|\\d+$)" },
	{ KIND_CCAP, 6, 6,
	    "^[\"# *-]*cahiers? (?:des |de )?clauses (?:administratives )?(?:et techniques )?particulieres" },
	{ KIND_CCAP, 5, 5, "(?:^|(?<!au)(?<!du)(?<!le)[ -])c\\.?c\\.?(?:a\\.?)?p\\.?(?=$| |-)" },
	{ KIND_CCAP, 4, 4,
	    "\\bcahier des clauses (?:administratives )?particulieres\\b(?:\\s*\\(c[a-z.]{1,7}\\))?[^a-z]*(?:$|-)" },
	{ KIND_CCTP, 6, 6, "^[\"# *-]*cahiers? (?:des |de )?clauses techniques particulieres" },
	{ KIND_CCTP, 5, 5, "(?:^|(?<!au)(?<!du)(?<!le)[ -])c\\.?c\\.?t\\.?p\\.?(?=$| |-)" },
	{ KIND_AAPC, 6, 6,
	    "^[\"# *-]*avis (?:de marche|d'appel (?:public )?a (?:la )?concurrence|rectificatif|de publicite)" },
	{ KIND_BPU, 6, 6, "^[\"# *-]*bordereau (?:des? )?prix|^b\\.?p\\.?u\\.?(?=$| )" },
	{ KIND_DPGF, 6, 6, "^[\"# *-]*decomposition d[ue]s? prix|^d\\.?p\\.?g\\.?f\\.?(?=$| )" },
	{ KIND_DQE, 6, 6, "^[\"# *-]*(?:detail|devis) (?:quantitatif|estimatif)|^d\\.?q\\.?e\\.?(?=$| )" },
	{ KIND_DC1, 6, 6, "^lettre de candidature|^dc ?1\\b" },
	{ KIND_DC2, 6, 6, "^declaration du candidat individuel|^dc ?2\\b" },
	{ KIND_PLANNING, 5, 5, "^[\"# *-]*(?:planning|calendrier) (?:previsionnel|d'execution|des? )" },
	{ KIND_MEMOIRE, 6, 6, "^[\"# *-]*(?:cadre (?:de|du) (?:reponse|memoire)|memoire (?:technique|justificatif))" },
	{ KIND_ANNEXE, 5, 5, "^[\"# *-]*annexe (?:n\\S{0,2} ?)?\\d*(?=$|[ :-])" },
};

/* Anywhere in the text; what only one kind of document says weighs more than what several may. */
static const struct sign clauses[] = {
	{ KIND_RC, 2, 4, "le present reglement (?:de (?:la )?)?consultation|du present reglement" },
	{ KIND_RC, 2, 2,
	    "(?:contenu|composition) du dossier de consultation|dossier de consultation[^.\\n]{0,40} "
	    "(?:comprend|contient|comporte)" },
	{ KIND_RC, 2, 2, "criteres? [^.\\n]{0,60}(?:jugement|ponder|attribution|choix)|pour choisir l'offre" },
	{ KIND_RC, 2, 3,
	    "(?:presentation|envoi|remise|reception|jugement) (?:des|de "
	    "l')\\s?(?:candidatures?|offres?|plis|propositions)" },
	{ KIND_RC, 2, 3,
	    "pieces? de (?:la candidature|l'offre)|dossier complet comprenant|renseignements? d'ordre administratif" },
	{ KIND_RC, 2, 2, "modifications? de detail" },
	{ KIND_RC, 2, 2, "delai de validite des (?:offres|propositions)|engages par leur offre" },
	{ KIND_RC, 2, 2, "(?:candidats|concurrents) (?:devront|auront|doivent|ont|non retenus|sont informes)" },
	{ KIND_RC, 1, 1, "forme juridique (?:de l'attributaire|du groupement)|aucune forme de groupement" },
	{ KIND_RC, 1, 1, "langue francaise" },
	{ KIND_RC, 1, 1, "declaration[^.\\n]{0,30}chiffre d'affaires" },
	{ KIND_RC, 1.5, 1.5, "primes?\\b[^.]{0,80}concurrents?" },
	{ KIND_AE, 3, 3, "(?:le )?present acte d'engagement|cet acte d'engagement" },
	{ KIND_AE, 3, 3,
	    "(?:arrete(?:e)? en (?:toutes )?lettres|soit en toutes? lettres?|\\(en (?:toutes )?lettres\\)|somme ttc)" },
	{ KIND_AE, 3, 3, "titulaire du compte|code guichet|\\biban\\b|\\br\\.?i\\.?b\\b" },
	{ KIND_AE, 2, 2, "signature du (?:candidat|titulaire|marche)|le signataire|agissant (?:pour|au nom|en tant)" },
	{ KIND_AE, 2, 2, "(?:m'|nous |s')engage(?:ons)?\\b|j'envisage|nous envisageons" },
	{ KIND_AE, 2, 2, "nantissement" },
	{ KIND_AE, 1, 1, "identification du co-?contractant|raison sociale|la presente offre est acceptee" },
	{ KIND_AE, 2, 2, "l'offre ainsi presentee" },
	{ KIND_CCAP, 2, 2, "pieces? (?:constitutives|contractuelles)[^.\\n]{0,80}" },
	{ KIND_CCAP, 2, 2, "penalites?" },
	{ KIND_CCAP, 2, 3,
	    "(?:variation|revision|actualis\\w+) d(?:es|ans les|u) prix|mois zero|caracteristiques des prix" },
	{ KIND_CCAP, 1.5, 1.5, "retenue de garantie|garantie a premiere demande|delai de garantie" },
	{ KIND_CCAP, 1.5, 1.5, "resiliation" },
	{ KIND_CCAP, 2, 4, "present c\\.?c\\.?a\\.?p\\b" },
	{ KIND_CCAP, 1.5, 1.5, "interets? moratoires?" },
	{ KIND_CCAP, 1, 2, "le titulaire" },
	{ KIND_CCAP, 1.5, 1.5, "prolongation d(?:u|es) delai|ordre de service" },
	{ KIND_CCAP, 1, 1, "duree (?:du (?:present )?(?:marche|contrat)|de l'accord)|reconduit|reconduction" },
	{ KIND_CCAP, 1.5, 1.5, "(?:prix unitaires? )?(?:seront|sont) (?:appliques|reglees?)" },
	{ KIND_CCTP, 2, 4, "present c\\.?c\\.?t\\.?p\\b" },
	{ KIND_CCTP, 2, 2,
	    "specifications? techniques?|prescriptions? techniques?|exigences? (?:techniques?|fonctionnelles?)" },
	{ KIND_CCTP, 1, 2, "mise en oeuvre|niveaux? de service|maintenance|architecture" },
	{ KIND_AAPC, 7, 7, "epo-procurement-document|cn-standard|no-eu-funds|update-add|buyer-categories" },
	{ KIND_AAPC, 3, 3, "organisme charge des procedures de recours|introduction des recours" },
	{ KIND_AAPC, 3, 3,
	    "(?:precise\\w*|detail\\w*|voir|indique\\w*|trouve\\w*|conformer)[^.\\n]{0,60}\\b(?:au|dans le|du) "
	    "(?:rc\\b|reglement de (?:la )?consultation)" },
	{ KIND_AAPC, 3, 3, "informations relatives aux delais de recours" },
	{ KIND_AAPC, 2, 2, "autres informations complementaires|date d'envoi (?:du present avis|de l'avis)" },
	{ KIND_DC1, 5, 5, "lettre de candidature[\\s\\S]{0,80}habilitation du mandataire" },
	{ KIND_BPU, 3, 3, "prix unitaire (?:en )?(?:eur|ht|hors)" },
};

/* "C A H I E R  D E S" set with spaced letters, as its words. */
static char *unspaced(TALLOC_CTX *mem, const char *s, size_t n)
{
	size_t singles = 0, words = 0;
	for (size_t i = 0; i < n; i++) {
		bool start = s[i] != ' ' && (i == 0 || s[i - 1] == ' ');
		words += start;
		singles += start && (i + 1 == n || s[i + 1] == ' ');
	}
	if (singles < 8 || singles * 10 < words * 8)
		return NULL;
	char *out = mem_array(mem, char, n + 1);
	size_t k = 0;
	for (size_t i = 0; i < n; i++) {
		if (s[i] != ' ')
			out[k++] = s[i];
		else if (i + 1 < n && s[i + 1] == ' ' && k > 0 && out[k - 1] != ' ')
			out[k++] = ' ';
	}
	out[k] = '\0';
	return out;
}

static void weigh_titles(struct reading *r, const char *s, size_t from, size_t to, double factor, double *score)
{
	for (size_t i = 0; i < ARRAY_LEN(titles); i++)
		if (pattern_in(r->rx, titles[i].rx, s, from, to))
			score[titles[i].kind] += titles[i].weight * factor;
}

/* Lines that look like titles: short, not an item of a list, not the middle of a sentence. */
static void weigh_head(struct reading *r, double *score)
{
	const char *s = r->body.s;
	size_t at = 0, seen = 0;
	double best[KIND__COUNT] = { 0 };
	while (at < r->body.n && seen < 40) {
		size_t end = at;
		while (end < r->body.n && s[end] != '\n' && s[end] != '\t')
			end++;
		size_t len = end - at;
		if (len > 1) {
			bool item = s[at] == '-' || s[at] == '*' || s[at] == '?';
			bool sentence = s[end - 1] == '.' || s[end - 1] == ';' || s[end - 1] == ',';
			if (len < 160 && !item && !(sentence && len > 60)) {
				double one[KIND__COUNT] = { 0 };
				weigh_titles(r, s, at, end, seen < 6 ? 1.2 : seen < 16 ? 0.9 : 0.6, one);
				for (int k = 0; k < KIND__COUNT; k++)
					best[k] = one[k] > best[k] ? one[k] : best[k];
			}
			seen++;
		}
		at = end + 1;
	}
	for (int k = 0; k < KIND__COUNT; k++)
		score[k] += best[k];
}

static uint32_t weigh_spaced(struct reading *r, double *score)
{
	if (r->d->n_pages == 0)
		return UINT32_MAX;
	uint32_t which = UINT32_MAX;
	const struct doc_page *p = &r->d->pages[0];
	for (uint32_t i = 0; i < p->n_lines && i < 30; i++) {
		char *line = unspaced(r->tmp, p->text + p->lines[i].start, p->lines[i].len);
		if (!line)
			continue;
		char *f = view_fold(r->tmp, line, strlen(line));
		/* word gaps are lost where the letters were spaced evenly: compare without blanks */
		char *flat = mem_strdup(r->tmp, f);
		size_t k = 0;
		for (size_t j = 0; f[j] != '\0'; j++)
			if (f[j] != ' ')
				flat[k++] = f[j];
		flat[k] = '\0';
		static const struct {
			const char *text;
			enum tender_kind kind;
		} spaced[] = { { "clausesadministratives", KIND_CCAP }, { "clausesparticulieres", KIND_CCAP },
			{ "clausestechniques", KIND_CCTP }, { "reglementdelaconsultation", KIND_RC },
			{ "reglementdeconsultation", KIND_RC }, { "acted'engagement", KIND_AE } };
		for (size_t j = 0; j < ARRAY_LEN(spaced); j++)
			if (strstr(flat, spaced[j].text)) {
				score[spaced[j].kind] += 6;
				which = i;
			}
	}
	return which;
}

static void weigh_clauses(struct reading *r, double *score)
{
	for (size_t i = 0; i < ARRAY_LEN(clauses); i++) {
		struct match m;
		size_t at = 0;
		double sum = 0;
		while (sum < clauses[i].most && body_find(r, clauses[i].rx, at, &m)) {
			sum += clauses[i].weight;
			at = m.to > m.from ? m.to : m.to + 1;
		}
		score[clauses[i].kind] += sum < clauses[i].most ? sum : clauses[i].most;
	}
}

/* Quotes the title or clause that shows the kind best. */
static void prove(struct reading *r, uint32_t spaced)
{
	const struct view *views[] = { &r->body, &r->margin };
	struct match m;
	for (size_t pass = 0; pass < 3; pass++) {
		const struct sign *signs = pass < 2 ? titles : clauses;
		size_t n = pass < 2 ? ARRAY_LEN(titles) : ARRAY_LEN(clauses);
		const struct view *v = pass == 1 ? &r->margin : views[0];
		size_t high = pass == 0 && v->n > 3000 ? 3000 : v->n;
		for (size_t i = 0; i < n; i++) {
			if (signs[i].kind != r->kind || !pattern_find(r->rx, signs[i].rx, v->s, high, 0, &m) ||
			    m.to <= m.from)
				continue;
			size_t a = view_line_start(v, m.from), b = view_line_end(v, m.to);
			if (b - a > 160) {
				a = m.from;
				b = m.to;
			}
			struct fact *f = reading_add(r, "document_type",
			    value_text(mem_strdup(r->mem, tender_kind_id(r->kind))), r->kind_confidence, v, a, b);
			if (f && r->kind_confidence < 0.65)
				f->status = FACT_UNCERTAIN;
			if (f)
				return;
		}
	}
	struct evidence e;
	if (spaced == UINT32_MAX)
		return;
	const struct doc_line *l = &r->d->pages[0].lines[spaced];
	if (page_evidence(r->mem, r->d, r->index, 0, l->start, l->start + l->len, &e))
		reading_add_evidence(r, "document_type", value_text(mem_strdup(r->mem, tender_kind_id(r->kind))),
		    r->kind_confidence, &e);
}

void kinds_find(struct reading *r)
{
	double score[KIND__COUNT] = { 0 }, margins[KIND__COUNT] = { 0 };
	weigh_head(r, score);
	uint32_t spaced = weigh_spaced(r, score);
	const char *s = r->margin.s;
	for (size_t at = 0; at < r->margin.n;) {
		size_t end = at;
		while (end < r->margin.n && s[end] != '\n')
			end++;
		if (end - at > 1) {
			double one[KIND__COUNT] = { 0 };
			weigh_titles(r, s, at, end, 1, one);
			for (int k = 0; k < KIND__COUNT; k++)
				margins[k] = one[k] > margins[k] ? one[k] : margins[k];
		}
		at = end + 1;
	}
	for (int k = 0; k < KIND__COUNT; k++)
		score[k] += margins[k];
	weigh_clauses(r, score);
	int best = KIND_OTHER, second = KIND_OTHER;
	for (int k = 1; k < KIND__COUNT; k++) {
		if (score[k] > score[best]) {
			second = best;
			best = k;
		} else if (score[k] > score[second]) {
			second = k;
		}
	}
	if (score[best] < 3) {
		r->kind = KIND_OTHER;
		r->kind_confidence = 0.3;
		return;
	}
	r->kind = (enum tender_kind)best;
	double lead = (score[best] - score[second]) / score[best];
	r->kind_confidence = 0.55 + 0.4 * (lead > 1 ? 1 : lead) + (score[best] > 10 ? 0.04 : 0);
	prove(r, spaced);
}

static const char *const ids[KIND__COUNT] = { "other", "rc", "aapc", "ae", "ccap", "cctp", "bpu", "dpgf", "dqe", "dc1",
	"dc2", "planning", "memoire_frame", "annexe" };

const char *tender_kind_id(enum tender_kind k)
{
	return k < KIND__COUNT ? ids[k] : "other";
}
