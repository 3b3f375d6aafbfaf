/* Pieces: those a bidder must give with the candidature and with the offer, those the dossier is made of. Only items
 * of a list that the document introduces as such, and only items that name a piece. */
#include <string.h>
#include "sayings.h"

static const struct {
	const char *code, *rx;
} codes[] = {
	{ "dc1", "\\bdc\\s?-?1\\b|lettre\\s+de\\s+candidature" },
	{ "dc2", "\\bdc\\s?-?2\\b|declaration\\s+du\\s+candidat" },
	{ "dc4", "\\bdc\\s?-?4\\b|declaration\\s+de\\s+sous-?\\s?traitance" },
	{ "dume", "\\bdume\\b|document\\s+unique\\s+de\\s+marche" },
	{ "ae", "acte\\s+d\\s?'\\s?engagement|\\battri\\s?1\\b|^(?:l'|un\\s+)?a\\.?e\\.?\\b" },
	{ "rc", "reglement\\s+(?:de\\s+(?:la\\s+)?)?consultation|^(?:le\\s+)?r\\.?c\\.?\\b" },
	{ "ccap",
	    "clauses\\s+administratives\\s+particulieres|\\bc\\.?c\\.?a\\.?p\\b|clauses\\s+particulieres|\\bccp\\b" },
	{ "cctp",
	    "clauses\\s+techniques\\s+particulieres|\\bc\\.?c\\.?t\\.?p\\b|programme\\s+(?:technique|fonctionnel)" },
	{ "aapc", "\\ba\\.?a\\.?p\\.?c\\b|avis\\s+(?:d'appel\\s+(?:public\\s+)?a|de\\s+marche)" },
	{ "ccag", "clauses\\s+administratives\\s+generales|\\bccag\\b" },
	{ "bpu", "bordereaux?\\s+(?:des?\\s+)?prix|\\bb\\.?p\\.?u\\b" },
	{ "dpgf", "decomposition\\s+d[ue]\\s*(?:l'offre\\s+de\\s+)?prix|\\bc?d\\.?p\\.?g\\.?f\\b" },
	{ "dqe", "(?:detail|devis)\\s+(?:quantitatif|estimatif)|\\bd\\.?q\\.?e\\b" },
	{ "memoire",
	    "memoire\\s+(?:technique|justificatif|methodologique)|note\\s+(?:methodologique|technique)|\\bmemoire\\b" },
	{ "catalogue", "\\bcatalogue" },
	{ "assurance", "attestations?\\s+d['e]\\s*(?:l')?assurance|assurance\\s+(?:pour\\s+les\\s+risques|"
		       "responsabilite)|preuve\\s+d'une\\s+assurance" },
	{ "ca", "chiffres?\\s+d'affaires" },
	{ "effectifs", "\\beffectifs?\\b" },
	{ "references", "references?\\b(?=[^\\n]{0,60}(?:similaire|prestation|travaux|annees|service|livraison|"
			"candidat|\\z))|liste\\s+des\\s+(?:principa(?:les|ux)|travaux|services|fournitures)" },
	{ "pas", "plan\\s+d'assurance\\s+(?:de\\s+)?(?:la\\s+)?securite" },
	{ "paq", "plan\\s+d'assurance\\s+(?:de\\s+)?(?:la\\s+)?qualite" },
	{ "honneur", "(?:declaration|attestation)\\s+sur\\s+l'honneur" },
	{ "jugement", "redressement\\s+judiciaire" },
	{ "rib", "\\br\\.?i\\.?b\\b|identite\\s+bancaire" },
	{ "kbis", "\\bk-?\\s?bis\\b" },
	{ "pouvoir", "\\bpouvoirs?\\b[^\\n]{0,50}(?:engag|habilit|sign)" },
	{ "planning", "\\bplannings?\\b|\\bcalendrier\\b" },
	{ "visite", "(?:attestation|certificat)\\s+de\\s+visite" },
	{ "qualifications",
	    "(?:certificats?|attestations?)\\s+de\\s+(?:qualification|capacite)|qualifications?\\s+professionnelles?" },
	{ "moyens", "(?:moyens|outillage|materiel|equipement)[^\\n]{0,40}technique|moyens\\s+(?:humains|materiels|"
		    "techniques)" },
	{ "fiscal", "(?:attestations?|certificats?)\\s+(?:de\\s+regularite\\s+)?(?:fiscal|social)" },
	{ "cv", "\\bcv\\b|curriculum" },
	{ "cadre_reponse", "cadre\\s+(?:de|du)\\s+(?:reponse|memoire)" },
	{ "pgc", "plan\\s+general\\s+(?:simplifie\\s+)?de\\s+coordination|\\bpgc" },
	{ "plans", "^(?:les?\\s+|un\\s+)?plans?\\b|dossier\\s+de\\s+plans" },
	{ "echantillons", "\\bechantillons?\\b" },
	{ "annexe", "^(?:les\\s+|l'|des\\s+|une\\s+)?annexes?\\b" },
};

/* Items that name a piece without being one of the usual ones. */
static const char piece_rx[] = "^(?:(?:l[ea]s?|l'|une?|des|du|tout)\\s*)?(?:\"\\s*)?(?:declaration|attestation|liste|"
			       "certificat|note|catalogue|formulaire|lettre|fiche|copie|extrait|"
			       "presentation|devis|annexe|cadre|maquette|document|dossier|rapport|organigramme|bilan|"
			       "habilitation|agrement|licence|proposition|offre\\s+financiere|planche|perspective|"
			       "notice|etude|diagnostic|dossier|releve|justificatif|preuve|engagement\\s+ecrit|"
			       "description|indication|pieces?\\s+financieres?|questionnaire|schema|tableau)";

struct list_kind {
	const char *key;
	const char *intro;
	size_t reach;
};

/* "5.1 Candidature", "B - Dossier d'offre" */
#define TITLE \
	"^[\\s*-]*(?:(?:article\\s+)?\\d[\\d.]*|[a-d])\\s*[.:)-]*\\s*(?:les\\s+)?(?:(?:pieces?|documents?|contenu|" \
	"dossier|presentation|composition)\\s+(?:de\\s+(?:la\\s+)?|d')\\s*)?(?:la\\s+)?"

static const struct list_kind kinds[] = {
	{ "dce_documents",
	    "contenu\\s+du\\s+dossier\\s+de\\s+(?:la\\s+)?consultation[^\\n]{0,20}:\\s*$|"
	    "(?:dossier\\s+de\\s+(?:la\\s+)?consultation|\\bd\\.?c\\.?e\\b)[^.;:]{0,90}\\b(?:comprend|contient|"
	    "comporte|compose|constitue)[^:.;]{0,80}:",
	    3000 },
	{ "mandatory_candidature",
	    TITLE
	    "candidatures?\\s*:?\\s*$|"
	    "elements?\\s+necessaires?\\s+a\\s+la\\s+selection\\s+des\\s+candidatures?|(?:pieces?|documents?|contenu|"
	    "dossier|justificatifs?|elements?|renseignements?)\\s+"
	    "(?:de\\s+(?:la\\s+)?|relati[a-z]+\\s+a\\s+(?:la\\s+)?|constitu[a-z]+\\s+(?:de\\s+)?(?:la\\s+)?|"
	    "concernant\\s+la\\s+)candidatures?\\b|candidature\\b[^.;]{0,70}\\b(?:comprend|contient|comporte|compose|"
	    "constituee?)[^:.;]{0,70}:|a\\s+"
	    "l'appui\\s+de\\s+(?:sa|leur)\\s+candidature",
	    6000 },
	{ "mandatory_offer",
	    TITLE
	    "(?:l')?offres?\\s*:?\\s*$|"
	    "elements?\\s+necessaires?\\s+au\\s+choix\\s+de\\s+l'offre|pour\\s+le\\s+choix\\s+de\\s+l'offre[^.:]{0,80}:"
	    "|(?:pieces?|documents?|contenu|dossier|elements?)\\s+"
	    "(?:de\\s+(?:l'|leur\\s+|son\\s+)?|relati[a-z]+\\s+a\\s+l'|constitu[a-z]+\\s+(?:de\\s+)?l'|d')offre\\b|(?:"
	    "l'offre|projet\\s+de\\s+marche|leur\\s+offre|dossier\\s+complet)\\b[^.;]{0,70}\\b(?:comprend|"
	    "comprendra|contient|contiendra|comporte|comportera|compose|comprenant|constituee?)[^:.;]{0,90}:",
	    5000 },
};

static const char stop_rx[] =
    "\\n(?:article\\s+)?\\d{1,2}(?:\\.\\d{1,2})*\\s*[.:)-]*\\s*[^\\n]{0,60}(?:jugement|selection\\s+des\\s+offres|"
    "conditions?\\s+d'(?:envoi|execution)|remise\\s+des|transmission|renseignements\\s+compl|recours|conflit|"
    "presentation|mise\\s+a\\s+disposition|modification|"
    "attribution|negociation|"
    "variantes?|criteres|modalites|langue|retrait|delai|dematerial|candidatures\\s+et\\s+des\\s+offres)";

struct pieces {
	struct piece all[40];
	size_t n;
	struct fact *fact;
};

static const char *code_of(struct reading *r, size_t from, size_t to)
{
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (pattern_in(r->rx, codes[i].rx, r->body.s, from, to))
			return codes[i].code;
	return NULL;
}

/* "Excel", "PDF", "20 pages": the form in which it is asked for. */
static char *form_of(struct reading *r, size_t from, size_t to)
{
	static const char rx[] = "\\b(?:format|fichier|version)\\s+(excel|xlsx?|pdf|word|docx?)\\b|\\b((?:\\d{1,3}|dix|"
				 "quinze|vingt|trente|quarante|cinquante|soixante)\\s+pages?)\\b";
	struct match m;
	if (!pattern_find(r->rx, rx, r->body.s, to, from, &m))
		return NULL;
	unsigned g = m.g[1].set ? 1 : 2;
	return view_text(r->mem, &r->body, m.g[g].from, m.g[g].to);
}

/* What is longer explains more than it names. */
#define NAME_MAX_BYTES 200

static void pieces_add(struct reading *r, struct pieces *p, const char *key, size_t from, size_t to)
{
	/* the name ends where its explanation begins */
	struct match m;
	size_t end = to;
	if (pattern_find(r->rx,
		"\\s:\\s|:\\s|\\.\\s|\\s\\(?(?:complete|dument|qui\\s|dans\\s+le(?:quel|squels)|portant|permettant)|;|"
		"\\n\\n|\\t",
		r->body.s, to, from, &m) &&
	    m.from > from + 2)
		end = m.from;
	for (size_t i = from; i + 2 < end; i++)
		if (r->body.s[i] == '\n' && view_capitals(&r->body, i + 1, i + 2) > 0.5 && i - from > 12)
			end = i;
	if (end - from > NAME_MAX_BYTES)
		for (end = from + NAME_MAX_BYTES; end > from + 40 && r->body.s[end] != ' ' && r->body.s[end] != '\n';)
			end--;
	/* where the buyer finds for himself what need not be given (code, R. 2143-13) */
	if (body_has(r, "\\A\\W*d'un\\s+(?:systeme\\s+electronique|espace\\s+de\\s+stockage)\\b", from, end))
		return;
	const char *code = code_of(r, from, end);
	if (!code && !body_has(r, piece_rx, from, end))
		return;
	while (end > from && strchr(" ,.;:\n", r->body.s[end - 1]))
		end--;
	char *name = view_text(r->mem, &r->body, from, end);
	for (size_t i = 0; i < p->n; i++)
		if ((code && p->all[i].code == code && strcmp(code, "annexe") != 0) ||
		    strcmp(p->all[i].name, name) == 0)
			return;
	if (p->n == ARRAY_LEN(p->all) || strlen(name) < 2)
		return;
	struct value v = { .kind = VALUE_PIECES };
	if (!p->fact)
		p->fact = reading_add(r, key, v, 0.88, &r->body, from, to - from > 300 ? end : to);
	else
		reading_also(r, p->fact, &r->body, from, to - from > 300 ? end : to);
	if (!p->fact)
		return;
	p->all[p->n++] = (struct piece){ name, code, form_of(r, from, to) };
	p->fact->value.n = p->n;
	p->fact->value.pieces = mem_dup(r->mem, p->all, p->n * sizeof(p->all[0]));
}

/* Lines that begin with a bullet, a dash, a letter or a figure with a bracket, or that name a form outright. */
#define BULLET "(?:[*-]+|[a-z0-9]\\s?[).]\\s|\\d{1,2}\\s?-\\s|o\\s(?=[a-z]))"
static const char item_rx[] =
    "^\\s*(?:" BULLET "\\s*(?=[a-z\"])|(?=(?:les?\\s+|l')?\\s*(?:formulaires?|imprimes?)\\s+dc\\s?\\d))";
static const char item_end_rx[] = "\\n\\n|\\n\\s*" BULLET;

/* Items of the list after `at`. A list of one stretch ends where prose follows its items. Gives its end. */
static size_t items_of(struct reading *r, struct pieces *p, const char *key, size_t at, size_t high, bool one_stretch)
{
	struct match m, next;
	size_t last = at;
	while (pattern_find(r->rx, item_rx, r->body.s, high, at, &m)) {
		size_t end = high;
		if (one_stretch && p->n > 0 && m.from > last &&
		    (m.from > last + 90 || body_has(r, "\\.\\s*\\n|\\n\\d{1,2}(?:\\.\\d{1,2})+\\s", last, m.from)))
			break;
		at = m.to > m.from ? m.to : m.to + 1;
		if (pattern_find(r->rx, item_end_rx, r->body.s, high, at, &next))
			end = next.from;
		if (end > m.to && end - m.to < 900)
			pieces_add(r, p, key, m.to, end);
		last = end;
	}
	return last;
}

struct span {
	size_t from, to;
};

/* The document's list of one kind: the introduction whose list names the most pieces. `inside` is another list, in
 * which no list of this kind begins ("the draft contract, made of: ..."); `found` gets where this one stands. */
static void find_list(struct reading *r, const struct list_kind *k, const struct span *inside, struct span *found)
{
	struct pieces best = { .n = 0 };
	size_t mark = r->n_found;
	bool whole = k == &kinds[0];
	struct match m, stop;
	size_t at = 0;
	while (body_find(r, k->intro, at, &m)) {
		at = m.to;
		if (m.from >= inside->from && m.from < inside->to)
			continue;
		size_t high = body_ahead(r, m.to, k->reach);
		/* to the next chapter of another subject, and to the next list's own introduction */
		if (pattern_find(r->rx, stop_rx, r->body.s, high, m.to, &stop))
			high = stop.from;
		for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
			if (&kinds[i] != k && pattern_find(r->rx, kinds[i].intro, r->body.s, high, m.to, &stop) &&
			    !(whole && body_has(r, "\\A\\s*[*-]", view_line_start(&r->body, stop.from), stop.from)))
				high = stop.from;
		struct pieces p = { .n = 0 };
		r->n_found = mark;
		size_t end = items_of(r, &p, k->key, m.to, high, whole);
		if (p.n > best.n) {
			best = p;
			best.fact = p.fact ? mem_dup(r->tmp, p.fact, sizeof(*p.fact)) : NULL;
			*found = (struct span){ m.from, end };
		}
	}
	r->n_found = mark;
	if (best.n < 2 || !best.fact) {
		*found = (struct span){ 0, 0 };
		return;
	}
	r->found = mem_grow(r->mem, r->found, struct fact, r->n_found + 1);
	r->found[r->n_found++] = *best.fact;
}

static const struct fact *listed(const struct reading *r, const char *key)
{
	for (size_t i = 0; i < r->n_found; i++)
		if (strcmp(r->found[i].key, key) == 0)
			return &r->found[i];
	return NULL;
}

/* All a bidder must give: both lists as one. */
static void both(struct reading *r)
{
	const struct fact *c = listed(r, "mandatory_candidature"), *o = listed(r, "mandatory_offer");
	if (!c && !o)
		return;
	struct fact f = c ? *c : *o;
	f.key = "mandatory_documents";
	f.evidence = mem_dup(r->mem, f.evidence, f.n_evidence * sizeof(*f.evidence));
	f.value.pieces = mem_dup(r->mem, f.value.pieces, f.value.n * sizeof(*f.value.pieces));
	if (c && o) {
		f.value.pieces = mem_grow(r->mem, f.value.pieces, struct piece, f.value.n + o->value.n);
		memcpy(f.value.pieces + f.value.n, o->value.pieces, o->value.n * sizeof(*o->value.pieces));
		f.value.n += o->value.n;
		for (size_t i = 0; i < o->n_evidence; i++)
			reading_also_evidence(r, &f, &o->evidence[i]);
	}
	r->found = mem_grow(r->mem, r->found, struct fact, r->n_found + 1);
	r->found[r->n_found++] = f;
}

void pieces_find(struct reading *r)
{
	if (r->kind != KIND_RC && r->kind != KIND_AAPC && r->kind != KIND_OTHER)
		return;
	struct span dossier = { 0, 0 }, other;
	find_list(r, &kinds[0], &dossier, &dossier);
	for (size_t i = 1; i < ARRAY_LEN(kinds); i++)
		find_list(r, &kinds[i], &dossier, &other);
	both(r);
}
