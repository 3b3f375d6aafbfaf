/* What kind of contract it is: its form, its nature, its codes. */
#include <string.h>
#include "sayings.h"

struct place {
	size_t from, to;
};

/* A form's own words for every contract ("marché public ou accord-cadre") say nothing of this one. */
static bool in_passing(const struct reading *r, size_t from, size_t to)
{
	return body_has(r,
		   "(?:marches?(?:\\s+publics?)?|contrats?)\\s*(?:\\(?s?\\)?\\s*)?(?:,|/"
		   "|ou|et)\\s+(?:d'|de\\s+l'|du\\s+|"
		   "l'|les?\\s+|des\\s+|un\\s+|aux?\\s+)?\\z",
		   body_back(from, 40), from) ||
	       body_has(r, "\\A\\s*(?:\\(?s\\)?\\s*)?(?:ou|/)\\s+(?:un\\s+|le\\s+|les\\s+|du\\s+|des\\s+)?marches?", to,
		   body_ahead(r, to, 30)) ||
	       body_has(r, "(?:precedents?|anciens?|autres?|d'un|d'|plusieurs|references?[^\\n]{0,40})\\s*\\z",
		   body_back(from, 14), from) ||
	       body_has(r, "n'est\\s+pas\\s+(?:un\\s+)?\\z", body_back(from, 20), from);
}

static unsigned count_framework(const struct reading *r, struct place *first, bool *strong)
{
	static const char rx[] = "\\baccords?(?:\\s|-)+cadres?\\b";
	struct match m;
	size_t at = 0;
	unsigned n = 0;
	while (body_find(r, rx, at, &m)) {
		at = m.to;
		if (in_passing(r, m.from, m.to))
			continue;
		bool sure = body_has(r,
				"\\A\\s*(?:est\\s|sera\\s|sont\\s|seront\\s|a\\s+bons?\\s|a\\s+marches|avec\\s|mono|"
				"multi|unique|n\\s?o|de\\s|"
				"d'|pour\\s|relatif|execute|compos)",
				m.to, body_ahead(r, m.to, 16)) ||
			    body_has(r, "(?:\\bl'|\\bpresent\\s+|(?:contrat|marche|forme|type)\\s*[:\\t]\\s*)\\s*\\z",
				body_back(m.from, 12), m.from) ||
			    view_capitals(&r->body, m.from, m.to) > 0.9;
		if (n == 0 || (sure && !*strong))
			*first = (struct place){ m.from, m.to };
		*strong |= sure;
		n++;
	}
	return n;
}

static unsigned count_orders(const struct reading *r, struct place *first, bool *strong)
{
	struct match m;
	size_t at = 0;
	unsigned n = 0;
	static const char sure_rx[] = "marches?\\s+(?:public\\s+)?(?:fractionne\\s+)?a\\s+bons?\\s+de\\s+commandes?|"
				      "emission\\s+de\\s+bons?\\s+de\\s+commandes?|bons?\\s+de\\s+commandes?\\s+emis";
	if (body_find(r, sure_rx, 0, &m)) {
		*first = (struct place){ m.from, m.to };
		*strong = true;
		n = 1;
	}
	while (body_find(r, "bons?\\s+de\\s+commandes?", at, &m)) {
		at = m.to;
		if (body_has(r, "(?:numeros?|references?|n\\s?o|ou)\\s+(?:du\\s+|de\\s+|des\\s+)?\\z",
			body_back(m.from, 20), m.from))
			continue;
		if (n == 0)
			*first = (struct place){ m.from, m.to };
		n++;
	}
	return n;
}

/* One award that is carried out as a whole. */
static bool find_ordinary(const struct reading *r, struct match *m)
{
	static const char sure[] =
	    "marches?\\s+(?:public\\s+)?(?:unique\\s+)?(?:ordinaire|simple\\b)|marche\\s+unique\\b(?=\\s*(?:$|[.:;,]))|"
	    "(?:traitee?s?|passee?s?|conclue?s?|est|sont)\\s+a\\s+prix\\s+(?:global[a-z]*\\s+(?:et\\s+)?)?forfaitaires?"
	    "|"
	    "(?:regle|remunere|paye|traite)[a-z]*\\s+(?:par|sur\\s+la\\s+base\\s+d|par\\s+application\\s+d)['e\\s]+\\s*"
	    "(?:un\\s+)?prix\\s+(?:global\\s+(?:et\\s+)?)?forfaitaire|"
	    "se\\s+fait\\s+sur\\s+la\\s+base\\s+d'un\\s+prix\\s+global|forfait\\s+(?:definitif\\s+|provisoire\\s+)?"
	    "de\\s+"
	    "remuneration|calcul\\s+du\\s+prix\\s+global\\s+(?:et\\s+)?forfaitaire";
	static const char tranche[] =
	    "marches?\\s+(?:public\\s+)?a\\s+tranches\\b|tranches?\\s+(?:ferme|optionnelle|conditionnelle)s?\\b";
	size_t at = 0;
	if (body_find(r, sure, 0, m))
		return true;
	while (body_find(r, tranche, at, m)) {
		at = m->to;
		if (!body_has(r, "(?:pas|aucune|ni|sans|si)\\b[^.]{0,40}\\z", body_back(m->from, 60), m->from) &&
		    !body_has(
			r, "\\A\\s*:?\\s*(?:sans\\s+objet|neant|non\\b|le\\s+cas)", m->to, body_ahead(r, m->to, 24)))
			return true;
	}
	return false;
}

/* An engagement for one sum, which the bidder writes in figures and in words. */
static bool one_sum(const struct reading *r, struct match *m)
{
	static const char rx[] =
	    "(?:arretee?s?\\s+|soit\\s+)?\\(?en\\s+(?:toutes?\\s+)?lettres\\)?|montant\\s+(?:total\\s+|global\\s+)?"
	    "(?:de\\s+l'offre\\s+)?(?:hors\\s+taxes?|h\\.?t\\.?|ttc)\\s+arrete";
	return r->kind == KIND_AE && body_find(r, rx, 0, m) &&
	       !body_has(r,
		   "\\bcommandes?\\b(?!\\s+publique)|minimum|maximum|minimal\\b|maximal\\s*:|prix\\s+unitaires|"
		   "bordereau|tarif|remise\\s+consentie",
		   0, r->body.n);
}

static void contract_form(struct reading *r)
{
	struct place frame = { 0, 0 }, order = { 0, 0 };
	bool frame_sure = false, order_sure = false;
	unsigned frames = count_framework(r, &frame, &frame_sure), orders = count_orders(r, &order, &order_sure);
	struct match m;
	if (frame_sure || frames > 1 || order_sure || orders > 1) {
		struct place p = frame_sure || frames > 1 ? frame : order;
		struct fact *f = say(r, "contract_form", value_text(mem_strdup(r->mem, "accord_cadre")),
		    frame_sure || order_sure ? 0.95 : 0.88, p.from, p.to);
		bool multi = body_find(r, "multi-?\\s?attributaires?", 0, &m);
		bool mono = body_find(r, "mono-?\\s?attributaire|un\\s+seul\\s+operateur\\s+economique", 0, &m);
		if (f && mono != multi) {
			f->detail = mono ? "mono-attributaire" : "multi-attributaire";
			reading_also(r, f, &r->body, m.from, m.to);
		}
		return;
	}
	if (frames + orders == 0 && (find_ordinary(r, &m) || one_sum(r, &m)))
		say(r, "contract_form", value_text(mem_strdup(r->mem, "marche")), 0.9, m.from, m.to);
}

enum { WORKS, SUPPLIES, SERVICES, NATURES };
static const char *const natures[NATURES] = { "travaux", "fournitures", "services" };

/* Divisions of the CPV that name things, works or services. */
static int nature_of_cpv(const char *digits)
{
	int division = (digits[0] - '0') * 10 + digits[1] - '0';
	return division == 45 ? WORKS : division >= 50 ? SERVICES : SUPPLIES;
}

static const char *const nature_words[NATURES] = {
	"\\b(?:travaux|(?:re)?construction|rehabilitation|refection|renovation|amenagements?|demolition|desamiantage|"
	"extension|requalification|restructuration|mise\\s+(?:aux\\s+normes|en\\s+place|en\\s+separatif)|creation\\s+d|"
	"terrassements?|ravalement|renouvellement|remplacement|desimpermeabilisation|installation|pose\\s+d|isolation|"
	"confortement|enfouissement)\\b",
	"\\b(?:fournitures?(?!\\s+de\\s+(?:services?|prestations?))|acquisitions?|achats?|livraisons?|"
	"approvisionnements?)\\b",
	"\\b(?:maitrise\\s+d['\\s]*\\s?oeuvre|missions?|assistance|etudes?|prestations?|services?|(?:tierce\\s+)?"
	"maintenance|entretien|nettoyage|gardiennage|collecte|transports?|gestion|exploitation|assurances?|conseil|"
	"formations?|infogerance|hebergement|controles?|verifications?|diagnostics?|inspections?|audits?|evaluation|"
	"elaboration|schemas?|coordination|ordonnancement|surveillance|organisation|numerisation|traitement|animation|"
	"telesurveillance|analyses?|actualisation|restauration\\s+collective|plan\\s+(?:de|d')|revision\\s+d|"
	"realisation"
	"\\s+d'?e?\\s?(?:un\\s+)?(?:diagnostic|etude|audit|schema|document|film))\\b",
};

/* The class of the first telling word of an object; -1 when none stands near its start. */
static int nature_of_object(struct reading *r, const char *s, size_t n)
{
	int best = -1;
	size_t at = 90;
	/* two kinds at once are not one */
	if (pattern_in(r->rx,
		"\\A\\W*(?:l[ae]\\s+)?location|fournitures?\\s+et\\s+(?:la\\s+)?(?:maintenance|entretien|prestations|"
		"services?|pose|installation|"
		"mise\\s+en)|"
		"conception\\s*(?:-|,|et)\\s*realisation|entretien\\s+(?:de\\s+(?:la\\s+)?|des\\s+)?(?:voirie|chaussee|"
		"route|chemin|reseau)",
		s, 0, n))
		return -1;
	for (int i = 0; i < NATURES; i++) {
		struct match m;
		if (pattern_find(r->rx, nature_words[i], s, n, 0, &m) && m.from < at) {
			at = m.from;
			best = i;
		}
	}
	return best;
}

static const char project_rx[] =
    "(?:^|\\s-\\s)[\"*# ]*(?:maitrise\\s+d['\\s]*\\s?oeuvre\\b(?!\\s*:)|amo\\s+(?:pour|de|relative)\\b)|"
    "(?:missions?|marches?|concours|consultation|accord-?\\s?cadre|contrats?|prestations?)\\s+(?:public\\s+|"
    "restreint\\s+"
    "|mono-?\\s?attributaire\\s+)?d[e']\\s*(?:la\\s+)?(?:maitrise\\s+d['\\s]*\\s?(?:oeuvre|ouvrage)|programmiste|"
    "coordination)|assistan(?:ce|t)\\s+a\\s+(?:la\\s+)?(?:maitrise|maitre)\\s+d['\\s]*\\s?ouvrage|concepteurs?\\b|"
    "forfait"
    "\\s+de\\s+remuneration|maitre\\s+d['\\s]*\\s?oeuvre\\s+titulaire|le\\s+titulaire\\s+du\\s+marche\\s+de\\s+"
    "maitrise";

static bool project_management(const struct reading *r)
{
	struct match m;
	size_t at = 0;
	unsigned n = 0;
	while (n < 3 && body_find(r, "\\b(?:la|cette|sa|chaque|elements?\\s+de)\\s+mission\\b", at, &m)) {
		at = m.to;
		n++;
	}
	if (n == 3)
		return true;
	return body_find(r, project_rx, 0, &m) &&
	       (m.from < 2500 ||
		   body_has(r,
		       "present\\s+marche|maitre\\s+d['\\s]*\\s?oeuvre\\s+titulaire|forfait\\s+de\\s+remuneration|"
		       "concours",
		       body_back(m.from, 60), m.to));
}

/* In a form's own words: "Type de marché : services"; "le présent marché de travaux". */
static bool nature_stated(struct reading *r, struct match *m, int *nature)
{
	static const char rx[] =
	    "(?:(?:type|nature|categorie)\\s+(?:de\\s+|du\\s+|des\\s+|d')(?:marche|contrat|prestations?|achat)s?(?:\\s+"
	    "principale)?\\s*[:\\t\\n]\\s*(?:marche\\s+(?:public\\s+)?(?:de\\s+)?)?|(?:present|^[\"#* "
	    "]*)\\s*marche\\s+(?:"
	    "public\\s+)?de\\s+)(travaux|fournitures?|services?)\\b(?!\\s*(?:/|\\[|,|et\\b|ou\\b))";
	static const char title_rx[] =
	    "(?:^|\\s-\\s)[\"#* "
	    "]*(?:marches?\\s+(?:publics?\\s+)?de\\s+)?(travaux)(?=\\s*(?:$|-\\s|sur\\s+(?:une\\s+)?procedure))";
	if (!(body_find(r, rx, 0, m) && m->from < 20000) && !(body_find(r, title_rx, 0, m) && m->from < 1500))
		return false;
	char c = r->body.s[m->g[1].from];
	*nature = c == 't' ? WORKS : c == 'f' ? SUPPLIES : SERVICES;
	return true;
}

static const struct fact *already(const struct reading *r, const char *key)
{
	for (size_t i = 0; i < r->n_found; i++)
		if (strcmp(r->found[i].key, key) == 0)
			return &r->found[i];
	return NULL;
}

static bool clauses(
    const struct reading *r, const char *const *signs, size_t n_signs, unsigned least, struct match *first)
{
	unsigned n = 0;
	for (size_t i = 0; i < n_signs; i++) {
		struct match m;
		if (body_find(r, signs[i], 0, &m) && n++ == 0)
			*first = m;
	}
	return n >= least;
}

/* What only contracts of works, or of supplies, speak of. */
static const char *const works_signs[] = { "delais?\\s+d'execution\\s+(?:des|de\\s+l'ensemble\\s+des)\\s+travaux",
	"periode\\s+de\\s+preparation",
	"ordre\\s+de\\s+service\\s+de\\s+(?:demarrage|debut|commencement)\\s+des\\s+travaux",
	"(?:reception|debut|commencement|execution|preparation)\\s+d(?:es|e)\\s+travaux", "\\bl'entrepreneur\\b",
	"ccag[ -]*travaux|c\\.c\\.a\\.g\\.?[ -]*travaux", "(?:executer|realiser)\\s+les(?:dits)?\\s+travaux",
	"\\btravaux\\b[^.;\\n]{0,30}\\bser(?:a|ont)\\s+(?:executes|realises|remuneres)",
	"installations?\\s+de\\s+chantier", "lesdits\\s+travaux", "declarations?\\s+de\\s+travaux|\\bdict\\b" };
static const char *const supply_signs[] = { "delais?\\s+de\\s+livraison", "bons?\\s+de\\s+livraison",
	"\\bmarchandises?\\b", "\\bconditionnements?\\b", "\\bechantillons?\\b",
	"\\bfournitures\\s+(?:livrees|commandees)", "\\bproduits?\\b", "ccag[ -]*fcs|fournitures\\s+courantes",
	"lieux?\\s+de\\s+livraison" };

static void contract_nature(struct reading *r)
{
	const struct fact *object = already(r, "object"), *cpv = already(r, "cpv");
	int stated = -1, by_object = -1, by_cpv = cpv ? nature_of_cpv(cpv->value.texts[0]) : -1;
	struct match m;
	nature_stated(r, &m, &stated);
	if (object) {
		size_t n;
		char *s = view_fold(r->tmp, object->value.text, strlen(object->value.text));
		n = strlen(s);
		by_object = nature_of_object(r, s, n);
		/* whatever is built, a mission about it is a service */
		if (by_object == WORKS && pattern_in(r->rx, project_rx, s, 0, n))
			by_object = SERVICES;
	}
	struct match called;
	if (!object && body_find(r, "consultation\\s+(?:pour|relative\\s+a|en\\s+vue\\s+de)\\s*", 0, &called) &&
	    called.from < 1500)
		by_object = nature_of_object(r, r->body.s + called.to, body_ahead(r, called.to, 60) - called.to);
	bool titled = !object && by_object >= 0;
	if (by_object != SERVICES && project_management(r))
		by_object = SERVICES;
	const char *word = NULL;
	if (stated >= 0 && by_cpv >= 0 && stated != by_cpv)
		return;
	if (stated >= 0 && !(by_object == SERVICES && stated == WORKS)) {
		say(r, "contract_nature", value_text(mem_strdup(r->mem, natures[stated])), 0.95, m.from, m.to);
		return;
	}
	if (by_cpv >= 0 && (by_object < 0 || by_object == by_cpv)) {
		struct evidence e = cpv->evidence[0];
		reading_add_evidence(r, "contract_nature", value_text(mem_strdup(r->mem, natures[by_cpv])), 0.9, &e);
		return;
	}
	if (by_object >= 0 && by_cpv < 0)
		word = natures[by_object];
	if (word && object) {
		struct evidence e = object->evidence[0];
		reading_add_evidence(r, "contract_nature", value_text(mem_strdup(r->mem, word)), 0.88, &e);
	} else if (word && titled) {
		say(r, "contract_nature", value_text(mem_strdup(r->mem, word)), 0.85, called.from,
		    body_ahead(r, called.to, 60));
	} else if (word && body_find(r, "\\b(?:la|cette|sa|chaque|elements?\\s+de)\\s+mission\\b", 0, &m)) {
		say(r, "contract_nature", value_text(mem_strdup(r->mem, word)), 0.85, m.from, m.to);
	} else if (word && body_find(r, project_rx, 0, &m)) {
		say(r, "contract_nature", value_text(mem_strdup(r->mem, word)), 0.85, m.from, m.to);
	} else if (by_cpv < 0 && (r->kind == KIND_CCAP || r->kind == KIND_AE || r->kind == KIND_RC) && by_object < 0 &&
		   clauses(r, works_signs, ARRAY_LEN(works_signs), 2, &m)) {
		say(r, "contract_nature", value_text(mem_strdup(r->mem, "travaux")), 0.82, m.from, m.to);
	} else if (by_cpv < 0 && by_object < 0 && (r->kind == KIND_CCAP || r->kind == KIND_AE) &&
		   clauses(r, supply_signs, ARRAY_LEN(supply_signs), 3, &m) &&
		   !body_has(r, "prestations\\s+de\\s+service|maintenance", 0, r->body.n)) {
		say(r, "contract_nature", value_text(mem_strdup(r->mem, "fournitures")), 0.82, m.from, m.to);
	}
}

static void codes(struct reading *r)
{
	static const char rx[] =
	    "(?<![\\d.,/])((?:0[39]|1[4-689]|2[24]|3[0-57-9]|4[1-58]|5[015]|6[03-6]|7[0-35-79]|8[05]|9["
	    "028])\\d{6})(?:\\s?-\\s?\\d)?(?![\\d.,]\\d|\\d)";
	static const char label[] =
	    "\\bc\\.?p\\.?v\\b|vocabulaire\\s+commun|nomenclature\\s+(?:communautaire|europeenne)|code\\s+principal|"
	    "^[\\s\\d.*-]*nomenclature\\s*:?\\s*$";
	char *all[24];
	size_t n = 0, at = 0, last = 0;
	struct match m;
	struct fact *f = NULL;
	while (n < ARRAY_LEN(all) && body_find(r, rx, at, &m)) {
		at = m.to;
		bool near = n > 0 && m.from - last < 160;
		if (!near && !body_has(r, label, body_back(m.from, 160), m.from))
			continue;
		last = m.to;
		char *code = mem_strndup(r->mem, r->body.s + m.g[1].from, 8);
		bool known = false;
		for (size_t i = 0; i < n; i++)
			known |= strcmp(all[i], code) == 0;
		if (known)
			continue;
		all[n++] = code;
		struct value v = { .kind = VALUE_TEXTS };
		if (n == 1)
			f = say(r, "cpv", v, 0.96, m.from, m.to);
		else
			reading_also(r, f, &r->body, m.from, m.to);
		if (!f)
			return;
	}
	if (f) {
		f->value.n = n;
		f->value.texts = mem_dup(r->mem, all, n * sizeof(*all));
	}
	if (body_find(r, "\\bnuts\\b[^\\n]{0,60}?\\b(fr[a-z0-9]{1,3})\\b", 0, &m)) {
		char *code = mem_strndup(r->mem, r->body.s + m.g[1].from, m.g[1].to - m.g[1].from);
		for (char *p = code; *p != '\0'; p++)
			*p = (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p);
		reading_add(r, "nuts", value_text(code), 0.95, &r->body, m.from, m.to);
	}
}

void form_find(struct reading *r)
{
	codes(r);
	contract_form(r);
	contract_nature(r);
}
