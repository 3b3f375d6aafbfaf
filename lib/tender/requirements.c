/* Requirements: the whole sentences by which a document binds the contractor or the bidder, and the items of lists
 * that stand under such a sentence or that are written as tasks ("- Tenir à jour l'inventaire ..."). Headings,
 * contents, running headers and what the buyer itself undertakes are none. */
#include <string.h>
#include "requirement_ids.h"
#include "tender_rules.h"

#define SENTENCE_MIN 35
#define ITEM_MIN 25
#define SENTENCE_MAX 900
#define REQUIREMENTS_MAX 4000

struct chunk {
	size_t from, to; /* of the body, one block or cell */
	bool heading, item;
};

struct walk {
	struct reading *r;
	char *section;
	char *quiet;      /* number of the chapter that describes or defines rather than asks; NULL elsewhere */
	char *buyer_name; /* the short name by which the document calls the buyer, folded; NULL when none is seen */
	bool defines;     /* that chapter is a glossary: nothing of it binds */
	size_t lead_from, lead_to; /* the sentence that introduced the list, when it binds */
	size_t open;               /* 1 + index of the requirement that this sentence and its items make; 0: none yet */
	bool duty;                 /* the list that follows was introduced by an obligation */
	bool buyer;                /* ... by what the buyer does */
};

#define BIDDER \
	"(?:titulaires?|prestataires?|infogerants?|entrepreneurs?|entreprises?|soumissionnaires?|candidats?|" \
	"fournisseurs?|mainteneurs?|" \
	"exploitants?|attributaires?|maitre\\s+d['\\s]*\\s?oeuvre|cocontractants?|operateurs?\\s+economiques?)"
#define BUYER \
	"(?:acheteur|pouvoir\\s+adjudicateur|maitre\\s+d['\\s]*\\s?ouvrage|personne\\s+publique|collectivite|" \
	"administration|entite\\s+adjudicatrice|" \
	"maitrise\\s+d['\\s]*\\s?ouvrage|representant\\s+du\\s+pouvoir|client)"

static const char eliminatory_rx[] =
    "(?:sous|a)\\s+peine\\s+d(?:e\\s+|')\\s*(?:rejet|irrecevab|elimin|irregul|nullite|exclusion|non-?\\s?conform)|(?:"
    "sera|seront|serait)\\s+(?:systematiquement\\s+|automatiquement\\s+)?(?:"
    "rejetee?s?|eliminee?s?|ecartee?s?|declaree?s?\\s+(?:irrecevable|irreguliere|inacceptable))|\\beliminatoire";
static const char mandatory_rx[] =
    "\\b(?:doit|doivent|devra|devront)\\b|\\b(?:est|sont|sera|seront|demeure|reste)\\s+(?:[a-z]+ment\\s+)?(?:tenue?s?"
    "\\s+(?:d|a\\b)|obligatoires?|exigee?s?\\b|imposee?s?\\b|"
    "interdite?s?\\b|charge(?:e|es|s)?\\s+d)|\\bs'(?:engage|engagent|engagera|oblige)\\b|\\b(?:imperativement|"
    "obligatoirement)\\b|\\bil\\s+(?:est|sera)\\s+(?:exige|demande|attendu|interdit|"
    "impose|imperatif)|\\bil\\s+(?:lui\\s+)?(?:appartient|incombe|revient)\\b|\\ba\\s+la\\s+charge\\s+(?:exclusive\\s+)"
    "?du\\s+" BIDDER "|\\ba\\s+(?:l'obligation|la\\s+charge|la\\s+responsabilite)\\b|"
    "\\b(?:est|sont|sera|seront|reste|demeure)\\s+(?:seule?\\s+|pleinement\\s+|entierement\\s+)?responsables?\\b|"
    "\\bau\\s+minimum\\b|\\ba\\s+minima\\b|\\bne\\s+(?:peut|pourra|peuvent|pourront)\\s+(?:en\\s+aucun\\s+cas|pas)\\b|"
    "\\b(?:se\\s+doit)\\b|\\b(?:a|aura|ont|auront|est|sera)\\s+(?:[a-z]+\\s+)?en\\s+charge\\b";
/* "le titulaire assure", "l'infogérant fournira": present or future of a verb right after the one who is bound. */
static const char present_rx[] =
    "(?:\\bl[e']|\\bles|\\bchaque|\\btout)\\s*" BIDDER
    "\\s+(?:(?:[a-z]+ment|donc|ainsi|egalement|aussi|lui|y|en|leur)\\s+){0,2}(?:assure|fournit|realise|met|propose|"
    "garantit|effectue|communique|remet|transmet|prend|maintient|"
    "gere|etablit|produit|informe|redige|organise|respecte|execute|procede|livre|veille|signale|applique|dispose|"
    "designe|nomme|precise|joint|indique|presente|accompagne|conseille|supporte|intervient|installe|"
    "forme|participe|controle|teste|verifie|restitue|conserve|prevoit|declare|documente|met\\s+en\\s+oeuvre|decrit|"
    "detaille|s'assure|se\\s+conforme|se\\s+charge)(?:nt)?\\b|"
    "(?:\\bl[e']|\\bles|\\bchaque|\\btout)\\s*" BIDDER
    "\\s+(?:[a-z'-]+\\s+){0,2}?[a-z'-]{3,}(?:era|eront|ira|iront|dra|dront|tra|tront|ura|uront)\\b";
static const char desirable_rx[] =
    "\\b(?:souhaite[a-z]*|souhaitables?|recommande[a-z]*|conseille[es]{0,2}|idealement|de\\s+"
    "preference|dans\\s+la\\s+mesure\\s+du\\s+possible|un\\s+plus)\\b";
/* A wish that is told as such, whatever it is about. */
static const char wish_rx[] = "\\bil\\s+(?:est|serait)\\s+(?:[a-z]+ment\\s+)?(?:souhaitable|souhaite|recommande)\\b";
/* Sentences about the buyer, the law, definitions, or what is only possible. */
static const char not_rx[] =
    "\\b" BUYER "\\s+(?:[a-z]+ment\\s+|se\\s+|lui\\s+)?(?:doit|devra|s'engage|est\\s+tenu|assure|fournit|met|peut|"
    "pourra|informe|verifie|notifie|transmet|communique)\\b|"
    "\\bdoi(?:t|vent)\\s+(?:etre\\s+)?(?:compris|entendu|interprete|considere|s'entendre|se\\s+comprendre)|\\bon\\s+"
    "entend\\s+par|\\ba\\s+du\\b|"
    "\\b" BIDDER
    "\\s+(?:[a-z]+ment\\s+)?(?:peut|peuvent|pourra|pourront)\\b(?!\\s+(?:en\\s+aucun|pas))|\\bne\\s+(?:sont|est)\\s+"
    "pas\\s+tenus?\\b|\\bn'est\\s+pas\\s+(?:obligatoire|exige)|\\b(?:manquements?|conformement)\\s+a\\s+l'"
    "obligation\\b|\\bla\\s+(?:dsi|direction|ville|commune|metropole|"
    "region)\\s+(?:[a-z]+\\s+){0,3}?(?:est|sera|s'engage|doit|devra|assure)\\b|\\baucune\\b[^.]{0,40}\\bn'est\\b|"
    "infogerant\\s+actuel|titulaire\\s+"
    "actuel|"
    "prestataire\\s+actuel|\\bactuellement\\b|^\\s*a\\s+ce\\s+jour";
static const char firm_rx[] =
    "\\b" BIDDER
    "\\s+(?:[a-z]+ment\\s+|egalement\\s+|aussi\\s+|y\\s+|lui\\s+)?(?:doit|doivent|devra|devront|est\\s+tenu|s'engage)";

/* A task in the infinitive: "Assurer la ...", "Mettre en place ...". */
static const char infinitive_rx[] =
    "\\A(?:\"\\s*)?(?:de\\s+|d'|a\\s+)?(?:se\\s+|s')?(?!(?:chantier|papier|dossier|fichier|courrier|calendrier|atelier|"
    "cahier|premier|dernier|entier|particulier|janvier|fevrier|quartier|mobilier|foncier|financier|routier|escalier|"
    "metier|clavier|serveur|"
    "manager|helpdesk|hier|cher|leader|router|firmware|scanner|cluster|server|partner|plancher|panier|levier|acier|"
    "courtier|cadrier)\\b)(?:[a-z]{3,}(?:er|ir)|(?:re)?(?:mettre|prendre|faire|rendre)|transmettre|soumettre|"
    "comprendre|repondre|suivre|inscrire|decrire|produire|reduire|conduire|prevoir|"
    "recevoir|resoudre|construire|introduire|entreprendre|promouvoir|etre|disposer|avoir|permettre|convaincre|"
    "maintenir)\\s+(?:[a-z]+ment\\s+|et\\s+[a-z]+(?:er|ir|re)\\s+|,\\s*[a-z]+(?:er|ir|re)\\s+(?:et\\s+[a-z]+(?:er|ir|"
    "re)\\s+)?|[a-z]+\\s)?(?:l[ea]s?\\b|l'|un|du|des|de|d'|en|a|au|aux|toute?s?|chaque|sur|par|avec|"
    "ses?|son|sa|leurs?|et|pour|dans|que|vers|force|[a-z]+)\\b";

static const struct {
	const char *category, *rx;
} categories[] = {
	{ "legal", "\\brgpd\\b|donnees\\s+(?:a\\s+caractere\\s+)?personnel|propriete\\s+intellectuelle|droits?\\s+d['e]"
		   "\\s*(?:auteur|usage)|"
		   "\\bcode\\s+(?:du\\s+travail|de\\s+la\\s+commande|civil|penal)|travail\\s+dissimule|\\bcnil\\b|"
		   "responsabilite\\s+civile|\\btribunal|litige|assurance\\s+responsab" },
	{ "security",
	    "\\bsecurite\\b|confidential|antivirus|vulnerab|cyber|\\banssi\\b|chiffrement|authentifi|habilitation|mots?"
	    "\\s+de\\s+passe|intrusion|incidents?\\s+de\\s+securite|\\bedr\\b|pare-?\\s?feu|secret" },
	{ "environmental", "environnement(?:al|ale|aux)\\b|\\bcarbone|dechets?\\b|recycl|energetique|ecolog|"
			   "developpement\\s+durable|eco-?\\s?(?:label|concept)|nuisances|biodivers" },
	{ "performance", "\\bdelais?\\b|disponibilite|\\btaux\\b|\\bsla\\b|niveaux?\\s+de\\s+service|\\d+\\s*(?:heures?"
			 "|minutes?|jours?|h\\b|mn\\b|%)|24\\s?h|temps\\s+de\\s+(?:reponse|retablissement|resolution)|"
			 "\\bgtr\\b|\\bgti\\b|performances?\\b" },
	{ "financial", "\\bprix\\b|factur|paiement|\\bmontant|chiffrage|\\bchiffrer|\\bbpu\\b|\\bdpgf\\b|\\bcouts?\\b|"
		       "\\bbudget|\\btarif|remuner|avance\\b|penalit" },
	{ "administrative", "reunions?\\b|comites?\\b|\\brapports?\\b|comptes?[- "
			    "]rendus?|candidature|\\boffres?\\b|\\bmemoire\\b|planning|reporting|attestation|"
			    "gouvernance|interlocuteur|documents?\\b|procedures?\\b|livrables?|"
			    "registre|notifi|sous-?\\s?trait|tableaux?\\s+de\\s+bord|planifi" },
	{ "functional", "utilisateurs?\\b|usagers?\\b|fonctionnalit|interface|ergonom|formations?\\b|\\bformer\\b|"
			"assistance|tickets?\\b|demandes?\\b|support\\b|accueil|portail|sollicitations?" },
	{ "technical",
	    "serveurs?\\b|reseaux?\\b|logiciels?\\b|materiels?\\b|systemes?\\b|install|supervis|mises?\\s+a\\s+jour|"
	    "sauvegard|configur|infrastructures?|applications?\\b|travaux|ouvrages?\\b|normes?\\b|materiaux|poste|"
	    "base\\s+de\\s+donnees|"
	    "maintenance|technique|equipements?|incidents?\\b|outils?\\b|donnees|pose\\b|execution|prestations?" },
};

static const char *category_of(const struct reading *r, size_t from, size_t to)
{
	for (size_t i = 0; i < ARRAY_LEN(categories); i++)
		if (body_has(r, categories[i].rx, from, to))
			return categories[i].category;
	return "other";
}

/* The end of the first line of [from, to) that ends in a hyphen within a word; `to` when there is none. */
static size_t hyphen_end(const struct reading *r, size_t from, size_t to)
{
	const char *s = r->body.s;
	for (size_t i = from + 1; i + 2 < to; i++)
		if (s[i] == '-' && s[i + 1] == '\n' && s[i - 1] >= 'a' && s[i - 1] <= 'z' && s[i + 2] >= 'a' &&
		    s[i + 2] <= 'z')
			return i + 1;
	return to;
}

/* The words of [from, to), which may run on to the next page. A word cut at its hyphen is one word again. */
static char *whole_text(struct reading *r, size_t from, size_t to)
{
	char *all = NULL;
	bool cut = false;
	while (from < to) {
		while (from < to && (r->body.s[from] == ' ' || r->body.s[from] == '\n' || r->body.s[from] == '\t'))
			from++;
		if (from >= to)
			break;
		size_t end = r->body.page_start[view_page(&r->body, from) + 1];
		end = end < to && end > from ? end : to;
		size_t hyphen = hyphen_end(r, from, end);
		char *part = view_text(r->mem, &r->body, from, hyphen);
		all = all ? mem_printf(r->mem, "%s%s%s", all, cut ? "" : " ", part) : part;
		cut = hyphen < end;
		from = hyphen;
	}
	return all ? all : mem_strdup(r->mem, "");
}

/* The quote, looked for at its own place of the page: a page may be long, and requirements many. */
static bool stands(const struct reading *r, size_t from, size_t to, const struct evidence *e)
{
	uint32_t page, a, b;
	if (!view_source(&r->body, from, to, &page, &a, &b) || page + 1 != e->page)
		return false;
	struct doc_page place = r->d->pages[page];
	place.text += a;
	place.text_len = b - a;
	return tender_quote_stands(&place, e->quote);
}

static void add(struct walk *w, size_t from, size_t to, enum requirement_priority priority)
{
	struct reading *r = w->r;
	struct requirement q = { .priority = priority };
	if (r->n_requirements >= REQUIREMENTS_MAX || !view_evidence(r->mem, &r->body, r->index, from, to, &q.evidence))
		return;
	q.text = whole_text(r, from, to);
	q.category = category_of(r, from, to);
	q.section = w->section;
	q.id = requirement_id(r->mem, q.section, q.text);
	for (size_t i = 0; i < r->n_requirements; i++)
		if (strcmp(r->requirements[i].id, q.id) == 0)
			return; /* said twice in one section */
	if (!stands(r, from, to, &q.evidence)) {
		r->refused++;
		return;
	}
	r->requirements = mem_grow(r->mem, r->requirements, struct requirement, r->n_requirements + 1);
	r->requirements[r->n_requirements++] = q;
}

/* An item that is no sentence of its own ("- the names of the staff") belongs to the sentence that introduces it. */
static void add_to_lead(struct walk *w, size_t from, size_t to)
{
	struct reading *r = w->r;
	if (w->open == 0) {
		size_t before = r->n_requirements;
		bool out = body_has(r, eliminatory_rx, w->lead_from, w->lead_to);
		add(w, w->lead_from, w->lead_to, out ? PRIORITY_ELIMINATORY : PRIORITY_MANDATORY);
		if (r->n_requirements == before)
			return;
		w->open = r->n_requirements;
	}
	struct requirement *q = &r->requirements[w->open - 1];
	if (strlen(q->text) + (to - from) > SENTENCE_MAX)
		return;
	q->text = mem_printf(r->mem, "%s %s", q->text, whole_text(r, from, to));
	q->id = requirement_id(r->mem, q->section, q->text);
}

/* "VDO s'engage à ...": the buyer's own undertaking, told by its short name. */
static bool buyer_undertakes(const struct walk *w, size_t from, size_t to)
{
	const char *s = w->r->body.s;
	size_t n = w->buyer_name ? strlen(w->buyer_name) : 0;
	for (size_t i = from; n > 0 && i + n < to; i++) {
		if (memcmp(s + i, w->buyer_name, n) != 0 ||
		    (i > from && s[i - 1] != ' ' && s[i - 1] != '\n' && s[i - 1] != '\''))
			continue;
		if (body_has(w->r,
			"\\A\\s+(?:[a-z]+ment\\s+)?(?:doit|devra|s'engage|est|sera|fournit|fournira|met|mettra|assure|"
			"prend|prendra|se\\s+reserve|"
			"communique|definit|valide|garde|conserve)\\b",
			i + n, to))
			return true;
	}
	return false;
}

/* Who "has", "wishes", "uses" is the buyer: the short name in capitals that says so most often. */
static char *short_name(struct reading *r)
{
	struct {
		char *name;
		unsigned n;
	} seen[16];
	size_t n = 0, best = 0, at = 0;
	struct match m;
	while (body_find(r, "\\b([a-z]{2,8})\\s+(?:dispose|possede|souhaite|envisage|utilise)\\b", at, &m)) {
		at = m.to;
		if (view_capitals(&r->body, m.g[1].from, m.g[1].to) < 0.99)
			continue;
		char *name = mem_strndup(r->tmp, r->body.s + m.g[1].from, m.g[1].to - m.g[1].from);
		size_t i = 0;
		while (i < n && strcmp(seen[i].name, name) != 0)
			i++;
		if (i == n) {
			if (n == ARRAY_LEN(seen))
				continue;
			seen[n].name = name;
			seen[n++].n = 0;
		}
		seen[i].n++;
		best = seen[i].n > seen[best].n ? i : best;
	}
	return n > 0 && seen[best].n >= 2 ? seen[best].name : NULL;
}

static void enter(struct walk *w, size_t from, size_t to)
{
	static const char quiet_rx[] =
	    "definition|abreviation|glossaire|lexique|exclusion|contexte|existant|etat\\s+des\\s+lieux|situation\\s+"
	    "actuelle|environnement\\s+(?:actuel|technique\\s+actuel)|"
	    "presentation\\s+(?:de|du|generale)";
	struct reading *r = w->r;
	struct match m;
	w->section = view_text(r->mem, &r->body, from, to);
	w->duty = w->buyer = false;
	char *number = NULL;
	if (pattern_find(
		r->rx, "\\A\\s*(?:article\\s+)?(\\d{1,2}(?:\\.\\d{1,2})*)", r->body.s + from, to - from, 0, &m))
		number = mem_strndup(r->tmp, r->body.s + from + m.g[1].from, m.g[1].to - m.g[1].from);
	size_t n = w->quiet ? strlen(w->quiet) : 0;
	if (n > 0 && number && strncmp(number, w->quiet, n) == 0 && number[n] == '.')
		return;
	w->defines = body_has(r, "definition|abreviation|glossaire|lexique", from, to);
	w->quiet = body_has(r, quiet_rx, from, to) ? number ? number : mem_strdup(r->tmp, "-") : NULL;
}

/* What a sentence asks: false when it asks nothing. */
static bool judge(const struct walk *w, size_t from, size_t to, bool item, enum requirement_priority *out)
{
	const struct reading *r = w->r;
	if (w->defines)
		return false;
	bool firm = body_has(r, firm_rx, from, to);
	if (body_has(r, eliminatory_rx, from, to) && !body_has(r, "pourra\\s+etre|peut\\s+etre", from, to)) {
		*out = PRIORITY_ELIMINATORY;
		return true;
	}
	if (!firm && (w->quiet || body_has(r, not_rx, from, to) || buyer_undertakes(w, from, to)))
		return false;
	if (firm || body_has(r, mandatory_rx, from, to) || body_has(r, present_rx, from, to) ||
	    (item && w->duty && body_has(r, infinitive_rx, from, to))) {
		*out = PRIORITY_MANDATORY;
		return true;
	}
	if (body_has(r, desirable_rx, from, to) &&
	    (body_has(r, BIDDER "|\\bsolution|\\bsysteme|\\boutil|\\bprestation|\\boffre", from, to) ||
		(r->kind == KIND_CCTP && body_has(r, wish_rx, from, to)))) {
		*out = PRIORITY_DESIRABLE;
		return true;
	}
	if (item && !w->buyer && r->kind == KIND_CCTP && body_has(r, infinitive_rx, from, to)) {
		*out = PRIORITY_MANDATORY;
		return true;
	}
	return false;
}

/* The end of the sentence that starts at `from`: ". " but not of an abbreviation or of a number. */
static size_t stop_of(const struct reading *r, size_t from, size_t to)
{
	static const char rx[] = "(?<!\\bart)(?<!\\bcf)(?<!\\bex)(?<!\\bmin)(?<!\\bmax)(?<!\\betc)(?<!\\bno)(?<!\\bm)(?"
				 "<![ (][a-z])(?<!\\bp)(?<!\\bvoir)[.!?](?=\\s)";
	struct match m;
	return pattern_find(r->rx, rx, r->body.s, to, from, &m) ? m.to : to;
}

static void sentences(struct walk *w, size_t from, size_t to, bool item)
{
	const struct reading *r = w->r;
	bool first = true;
	while (from < to) {
		while (from < to && (r->body.s[from] == ' ' || r->body.s[from] == '\n'))
			from++;
		size_t end = stop_of(r, from, to), n = end - from;
		bool lead =
		    end == to && body_has(r, ":\\s*\\z", body_back(end, 4) > from ? body_back(end, 4) : from, end);
		enum requirement_priority p;
		if (lead) { /* what introduces a list is not whole without it */
			/* "Ce comité a pour mission de :" binds both sides to nothing in particular. */
			bool meeting =
			    body_has(r, "\\b(?:comites?|instances?|commissions?|jury)\\b[^:]{0,80}:", from, end) &&
			    !body_has(r, BIDDER, from, end);
			w->duty = !w->quiet && !w->defines && !meeting &&
				  (body_has(r, firm_rx, from, end) || body_has(r, present_rx, from, end) ||
				      (body_has(r, mandatory_rx, from, end) && !body_has(r, not_rx, from, end)));
			w->buyer = (meeting || body_has(r, BUYER "\\b[^:]{0,80}:", from, end)) && !w->duty;
			w->open = 0;
			w->lead_from = from;
			w->lead_to = end;
		} else if (n > SENTENCE_MAX || body_has(r, "\\?\\s*\\z|_|\\[.\\]", from, end)) {
			/* a question, a form's blanks */
		} else if (n >= (item ? ITEM_MIN : SENTENCE_MIN) && judge(w, from, end, item && first, &p)) {
			add(w, from, end, p);
		} else if (item && first && w->duty && n > 3) {
			add_to_lead(w, from, end);
		}
		first = false;
		from = end > from ? end : from + 1;
	}
}

/* The kind of the block that a place of the body came from. */
static uint8_t block_kind(const struct reading *r, size_t from, size_t to)
{
	uint32_t page, a, b;
	if (!view_source(&r->body, from, to, &page, &a, &b))
		return DOC_PARAGRAPH;
	const struct doc_page *p = &r->d->pages[page];
	for (uint32_t i = 0; i < p->n_lines; i++)
		if (a >= p->lines[i].start && a < p->lines[i].start + p->lines[i].len)
			return p->lines[i].block < p->n_blocks ? p->blocks[p->lines[i].block].kind : DOC_PARAGRAPH;
	return DOC_PARAGRAPH;
}

/* A numbered title, or a short line in capitals: no sentence. */
static bool looks_like_heading(const struct reading *r, size_t from, size_t to)
{
	/* an address, a date */
	if (body_has(r,
		"\\A\\s*\\d+\\s*(?:bis\\s*)?,?\\s*(?:rue|avenue|boulevard|bd|place|chemin|route|allee|quai|cours|"
		"square|impasse|(?:janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|"
		"decembre))\\b|\\bcedex\\b|\\A\\s*\\d{5}\\b",
		from, to))
		return false;
	if (to - from > 110 || body_has(r, "[.;,:]\\s*\\z", body_back(to, 3) > from ? body_back(to, 3) : from, to))
		return false;
	return body_has(r, "\\A\\s*(?:article\\s+)?\\d{1,2}(?:\\.\\d{1,2}){0,4}\\s*[.)-]*\\s+[a-z]", from, to) ||
	       view_capitals(&r->body, from, to) > 0.8 ||
	       body_has(r, "\\A\\s*(?:article|chapitre|titre|annexe)\\s+[\\divx]+", from, to);
}

/* A paragraph goes on in the next block when neither a stop nor a capital parts them. */
static bool goes_on(const struct reading *r, size_t end, size_t next, size_t next_end)
{
	while (end > 0 && (r->body.s[end - 1] == ' ' || r->body.s[end - 1] == '\n'))
		end--;
	if (end == 0 || strchr(".;:!?", r->body.s[end - 1]) || body_has(r, "\\A\\s*(?:[*-]|o\\s)", next, next + 3))
		return false;
	char *first = view_text(r->tmp, &r->body, next, next_end);
	return first[0] >= 'a' && first[0] <= 'z';
}

static void take(struct walk *w, size_t from, size_t to)
{
	struct reading *r = w->r;
	uint8_t kind = block_kind(r, from, to);
	if (kind == DOC_HEADING || (kind == DOC_PARAGRAPH && looks_like_heading(r, from, to))) {
		if (to - from < 160) {
			enter(w, from, to);
		}
		return;
	}
	/* a block may hold several items, one a line */
	static const char bullet_rx[] = "(?:\\A|\\n)\\s*(?:[*-]+\\s*|o\\s+|[a-z0-9]\\s?[.)]\\s+)(?=[a-z\"0-9])";
	struct match m;
	size_t at = from;
	bool item = kind == DOC_LIST_ITEM;
	while (at < to) {
		size_t end = to;
		bool bullet = pattern_find(r->rx, bullet_rx, r->body.s + at, to - at, 0, &m);
		if (bullet && m.from == 0) {
			item = true;
			size_t start = at + m.to;
			end =
			    pattern_find(r->rx, bullet_rx, r->body.s + start, to - start, 1, &m) ? start + m.from : to;
			at = start;
		} else if (bullet) {
			end = at + m.from;
		}
		if (!item && end - at > 30)
			w->duty = w->buyer = false;
		sentences(w, at, end, item);
		at = end > at ? end : at + 1;
		item = kind == DOC_LIST_ITEM;
	}
}

void requirements_find(struct reading *r)
{
	if (r->kind != KIND_CCTP && r->kind != KIND_CCAP && r->kind != KIND_RC)
		return;
	struct walk w = { .r = r, .buyer_name = short_name(r) };
	const char *s = r->body.s;
	size_t from = 0;
	while (from < r->body.n) {
		size_t to = from;
		for (;;) {
			while (to < r->body.n && s[to] != '\t' && !(s[to] == '\n' && s[to + 1] == '\n'))
				to++;
			size_t next = to;
			while (next < r->body.n && (s[next] == '\n' || s[next] == '\t' || s[next] == ' '))
				next++;
			if (next >= r->body.n || s[to] == '\t' || to - from > SENTENCE_MAX * 4)
				break;
			size_t end = next;
			while (end < r->body.n && s[end] != '\n' && s[end] != '\t')
				end++;
			if (!goes_on(r, to, next, end))
				break;
			to = next;
		}
		if (to > from)
			take(&w, from, to);
		from = to;
		while (from < r->body.n && (s[from] == '\n' || s[from] == '\t' || s[from] == ' '))
			from++;
	}
}
