/* Conditions of the consultation that are answered by yes or no. */
#include "sayings.h"

/* "L'attestation de visite   Non" is a column about signatures; "visite de contrôle" is of the work. */
static const struct saying visit[] = {
	{ "visites?\\s+(?:du\\s+site|sur\\s+site|des\\s+lieux|des\\s+locaux)?\\s*[:\\t\\n]\\s*(?:facultative|non\\s+"
	  "obligatoire|sans(?:\\s+objet)?|aucune|non)\\s*(?:$|[.;(\\n])",
	    0 },
	{ "visites?\\s+(?:du\\s+site|sur\\s+site|des\\s+lieux|des\\s+locaux)?\\s*[:\\t]\\s*obligatoire\\s*(?:$|[.;(\\n]"
	  ")",
	    1 },
	{ "(?:devront|doivent|devra|doit)\\s+(?:obligatoirement|imperativement)\\s+visiter\\b", 1 },
	{ "(?:attestation|certificat)\\s+de\\s+visite[^.\\n]{0,20}\\b(?:oui|non)\\b", -1 },
	{ "visites?\\s+(?:de\\s+(?:chantier|controle|reception|maintenance|medicale|verification|fin)|periodique|"
	  "preventive|"
	  "annuelle|mensuelle|hebdomadaire|technique\\s+periodique)",
	    -1 },
	{ "(?:si|lorsque|dans\\s+le\\s+cas\\s+ou)\\b[^.]{0,30}visite", -1 },
	{ "visites?\\b[^.;]{0,60}\\bn'est\\s+(?:pas|ni)\\s+(?:obligatoire|prevue|exigee|imposee|organisee|necessaire|"
	  "requise)",
	    0 },
	{ "\\baucune\\s+visite\\b[^.;]{0,60}(?:n'est|ne\\s+sera)", 0 },
	{ "(?:n'est\\s+pas\\s+prevu|ne\\s+sera\\s+pas\\s+organise|pas\\s+de)\\s+(?:une\\s+|de\\s+)?visite", 0 },
	{ "visites?\\b[^.;\\n]{0,50}\\b(?:est|sont)\\s+(?:vivement\\s+|fortement\\s+|simplement\\s+)?(?:conseillee|"
	  "recommandee|facultative|possible)",
	    0 },
	{ "visites?\\b[^.;\\n]{0,50}\\b(?:peut|peuvent|pourra|pourront)\\s+etre\\s+(?:organisee|effectuee|programmee|"
	  "demandee)s?"
	  "\\b[^.;\\n]{0,20}\\b(?:a\\s+la\\s+demande|sur\\s+(?:simple\\s+)?demande)",
	    0 },
	{ "visites?\\s+(?:facultative|non\\s+obligatoire|conseillee)", 0 },
	{ "visites?\\b[^.;\\n]{0,70}\\b(?:est|sont|sera|seront|rendue)\\s+(?:strictement\\s+)?(?:obligatoires?|"
	  "imposees?|"
	  "exigees?)",
	    1 },
	{ "visites?\\s+(?:prealable\\s+|du\\s+site\\s+|sur\\s+site\\s+|des\\s+lieux\\s+|des\\s+locaux\\s+)?"
	  "obligatoires?\\b",
	    1 },
	{ "(?:devront|doivent|devra|doit)\\s+(?:obligatoirement|imperativement)\\s+(?:effectuer|proceder\\s+a|avoir\\s+"
	  "effectue|realiser|visiter)[^.;]{0,30}(?:visite|site|lieux|locaux)",
	    1 },
};

static const struct saying negotiation[] = {
	{ "(?:possibilite|droit|faculte|peut|pourra)\\b[^.;]{0,140}\\b(?:sans\\s+(?:[a-z]+\\s+)?negoci|ne\\s+pas\\s+(?:"
	  "[a-z]+\\s+)?negoci)",
	    -1 },
	{ "(?:marche|passation)\\s+(?:a\\s+donne|ayant\\s+donne|donne)|procedure\\s+(?:negociee|avec\\s+negociation)"
	  "\\s+sans",
	    -1 },
	{ "\\bne\\s+(?:sera|seront|sont|peu(?:t|vent)|pourra|pourront|fera|feront|fait|font|donnera|prevoit|recourra)"
	  "\\b[^.;]{0,30}"
	  "\\b(?:pas|aucune)\\b"
	  "[^.;]{0,30}\\bnegoci",
	    0 },
	{ "negoci[a-z]*\\b[^.;]{0,30}\\b(?:n'est|ne\\s+sera)\\s+(?:pas\\s+)?(?:prevue|autorisee|possible|engagee|"
	  "envisagee)",
	    0 },
	{ "(?:aucune|sans|pas\\s+de)\\s+negociation(?!s?\\s+possible\\s+de)(?=\\s*(?:$|[.;,]|n'est|ne\\s))", 0 },
	{ "\\bsans\\s+(?:aucune\\s+)?possibilite\\s+de\\s+negoci", 0 },
	{ "\\bavec\\s+(?:possibilite|phase)\\s+de\\s+negociation\\b", 1 },
	{ "negociations?\\s*[:\\t\\n]\\s*(?:sans|non)\\b", 0 },
	{ "negociations?\\s*[:\\t\\n ]\\s*(?:avec|oui)\\b\\s*(?:$|[.;\\n])", 1 },
	{ "(?:se\\s+reserve|reserve)[^.;]{0,60}(?:possibilite|droit|faculte)[^.;]{0,50}negoci", 1 },
	{ "(?:pourra|peut|pourront|peuvent)\\s+(?:librement\\s+|eventuellement\\s+)?(?:negocier|engager\\s+(?:des|une)"
	  "\\s+"
	  "negociation|faire\\s+l'objet\\s+d'une\\s+negociation|proceder\\s+a\\s+(?:des|une)\\s+negociation)",
	    1 },
	{ "negociations?\\s+(?:pourra|pourront|peut)\\s+etre\\s+(?:mise|engage|mene|organise|conduite)", 1 },
	{ "(?:il\\s+sera\\s+procede|donnera\\s+lieu|une\\s+phase\\s+de|engagera)[^.;]{0,30}negociation", 1 },
};

static const struct saying pse[] = {
	{ "(?:si|lorsque|en\\s+cas\\s+d)[^.]{0,20}(?:prestations?\\s+supplementaires?|\\bpse\\b)", -1 },
	{ "(?:pas\\s+prevu|ne\\s+(?:comporte|comprend|prevoit|contient|fait)\\s+(?:pas|aucune)|aucune|pas\\s+de|sans)"
	  "\\s+"
	  "(?:l'objet\\s+)?(?:de\\s+|d'|par\\s+)?(?:variantes?\\s+(?:et|ni|ou)\\s+(?:de\\s+)?)?(?:prestations?\\s+"
	  "supplementaires?\\s+eventuelle|"
	  "pse\\b)",
	    0 },
	{ "(?:prestations?\\s+supplementaires?(?:\\s+eventuelles?)?(?:\\s*\\([^)\\n]{1,20}\\))?|\\bpse\\b)[\\s:.-]*(?:"
	  "\\(option\\)\\s*)?(?:"
	  "sans(?:\\s+objet)?|neant|non|aucune)\\s*(?:$|[.;\\n])",
	    0 },
	{ "(?:il\\s+est\\s+prevu|comporte|comprend|prevoit)\\s+(?:une|deux|trois|des|les|\\d+|plusieurs)\\s+(?:\\([^)]{"
	  "1,6}\\)\\s*)?(?:"
	  "prestations?\\s+supplementaires?|pse\\b)",
	    1 },
	{ "(?:repondre|chiffrer|proposer)[^.;]{0,40}obligatoirement[^.;]{0,40}(?:prestations?\\s+supplementaires?|"
	  "\\bpse\\b)",
	    1 },
};

static const struct saying electronic[] = {
	{ "(?:pas|ne\\s+sont)\\s+(?:obligatoire|exigee)", -1 },
	{ "(?:transmission|remise|depot|envoi|transmis|deposes?|remis|transmises|remises|adresse[a-z]*)\\b[^.;]{0,100}"
	  "\\b(?:"
	  "uniquement|exclusivement|obligatoirement|imperativement|seule)\\b[^.;]{0,60}\\b(?:electronique|"
	  "dematerialise|"
	  "plate-?\\s?forme|profil\\s+d)",
	    1 },
	{ "(?:transmission|remise|depot|envoi)\\b[^.;]{0,60}\\bvoie\\s+electronique\\s+(?:est\\s+obligatoire|ne\\s+"
	  "peut\\s+"
	  "etre\\s+realisee\\s+qu)",
	    1 },
	{ "\\bvoie\\s+electronique\\b[^;\\n]{0,120}\\ba\\s+l'exclusion\\s+de\\s+tout(?:e|es)?\\s+autre\\s+(?:mode|"
	  "moyen|forme|voie)",
	    1 },
	{ "(?:obligatoirement|exclusivement|uniquement)\\s+(?:par|de\\s+maniere|sous\\s+forme|sur)\\s+(?:la\\s+)?(?:"
	  "voie\\s+)?(?:"
	  "electronique|dematerialise)",
	    1 },
	{ "(?:offres?|plis|candidatures?)[^.;]{0,60}\\b(?:papier|voie\\s+postale)\\b[^.;]{0,60}(?:pas\\s+(?:autorise|"
	  "admis|"
	  "accepte)|interdit|refuse|rejete|irrecevable)",
	    1 },
	{ "(?:transmission|remise|depot|envoi|offres?|plis?)\\b(?![^.;]{0,80}sauvegarde)[^.;]{0,40}\\b(?:papier|"
	  "voie\\s+"
	  "postale)\\b[^.;]{0,40}\\b(?:n'est|ne\\s+sont|ne\\s+ser(?:a|ont))\\s+(?:pas|plus)\\s+(?:autorise|admis|"
	  "accepte)",
	    1 },
};

static const struct saying signature[] = {
	{ "(?:copie\\s+de\\s+sauvegarde|sous-?\\s?trait|si\\s+la\\s+signature|recepisse)", -1 },
	{ "signature\\b[^.;]{0,90}\\b(?:n'est|ne\\s+sera)\\s+(?:pas|plus)\\s+(?:exigee|requise|obligatoire|demandee|"
	  "imposee)",
	    0 },
	{ "(?:ne\\s+fait\\s+plus|n'ont|n'est|ne\\s+sont)\\s+(?:pas|plus)?\\s*(?:l')?\\s*(?:obligation|obligat|tenus?|a)"
	  "\\b"
	  "[^.;]{0,100}\\b(?:de\\s+)?(?:signer|signees?|signature)",
	    0 },
	{ "(?:n'ont|n'a)\\s+pas\\s+(?:a\\s+etre|l'obligation\\s+d'etre)\\s+signe", 0 },
	{ "(?:acte\\s+d'engagement|offres?|candidatures?)\\b[^.;]{0,80}\\b(?:devra|devront|doit|doivent)\\s+(?:"
	  "imperativement\\s+"
	  "|obligatoirement\\s+)?etre\\s+signee?s?\\s+(?:electroniquement|des\\s+le\\s+depot|lors\\s+d[eu])",
	    1 },
	{ "signature\\s+electronique\\b[^.;]{0,60}\\b(?:est|sera)\\s+(?:exigee|requise|obligatoire)\\b", 1 },
};

static const struct saying dume[] = {
	{ "(?:n'accepte|n'est|ne\\s+sera|ne\\s+peu(?:t|vent))\\s+pas\\b[^.;]{0,60}\\b(?:dume|document\\s+unique)", 0 },
	{ "(?:dume|document\\s+unique)\\b[^.;]{0,60}\\b(?:n'est|ne\\s+ser(?:a|ont)|ne\\s+sont|ne\\s+peu(?:t|vent)(?:"
	  "\\s+etre)?)"
	  "\\s+pas\\s+(?:etre\\s+)?(?:accepte|admis|autorise|utilise)",
	    0 },
	{ "(?:accepte|autorise|peu(?:t|vent)|pourra|pourront|possibilite|eligible|admis|sous\\s+(?:la\\s+)?forme)\\b[^."
	  ";]{0,180}(?:\\bdume\\b|"
	  "document\\s+unique\\s+de\\s+marche)",
	    1 },
	{ "(?:dc\\s?[12]|formulaires?|declaration)\\b[^.;]{0,90}\\bou\\s+(?:un\\s+|le\\s+|du\\s+)?(?:dume|document\\s+"
	  "unique)",
	    1 },
	{ "(?:dume|document\\s+unique\\s+de\\s+marche\\s+europeen)\\b[^.;]{0,60}\\b(?:en\\s+lieu\\s+et\\s+place|en\\s+"
	  "remplacement|accepte)",
	    1 },
};

/* Forms of groups: the value tells whether a group may bid, the detail which form is asked for. */
static void groups(struct reading *r)
{
	static const struct {
		const char *rx;
		bool allowed;
		const char *detail;
	} rules[] = {
		{ "groupements?\\b[^.;]{0,50}\\b(?:n'est|ne\\s+sont)\\s+pas\\s+(?:autorise|admis|accepte)", false,
		    NULL },
		{ "aucune\\s+forme\\s+de\\s+groupement\\b(?:[^.;]{0,30}(?:n'est|imposee|ne\\s))?", true,
		    "forme libre" },
		{ "(?:forme\\s+(?:juridique\\s+)?(?:imposee|exigee|souhaitee)|devra\\s+(?:obligatoirement\\s+)?(?:"
		  "prendre|revetir|etre)|"
		  "impose)[^.;]{0,90}\\bgroupement\\s+conjoint\\b[^.;]{0,30}\\bmandataire\\s+solidaire",
		    true, "conjoint avec mandataire solidaire" },
		{ "(?:forme\\s+(?:juridique\\s+)?(?:imposee|exigee)|devra\\s+(?:obligatoirement\\s+)?(?:prendre|"
		  "revetir)|impose)"
		  "[^.;]{0,60}\\bgroupement\\s+solidaire",
		    true, "solidaire" },
		{ "groupement\\s+conjoint\\b[^.;]{0,30},?\\s*(?:le\\s+)?mandataire\\b[^.;]{0,30}\\b(?:est|sera)\\s+"
		  "solidaire",
		    true, "mandataire solidaire si le groupement est conjoint" },
		{ "(?:peuvent|pourront)\\s+(?:se\\s+presenter|soumissionner|candidater|repondre)\\s+[^.;]{0,40}"
		  "\\ben\\s+"
		  "groupement",
		    true, NULL },
		{ "(?:pourra|peut)\\s+(?:etre\\s+)?(?:attribue|conclu|passe)[^.;]{0,50}\\b(?:ou|soit)\\b[^.;]{0,20}"
		  "groupement",
		    true, NULL },
		{ "sera\\s+conclu\\s+soit\\s+avec[^.;]{0,40}soit\\s+avec\\s+(?:des\\s+(?:candidats|entreprises)\\s+"
		  "groupe|un\\s+groupement)",
		    true, NULL },
	};
	struct match m;
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		if (!body_find(r, rules[i].rx, 0, &m))
			continue;
		struct fact *f = say(r, "groupement", value_bool(rules[i].allowed), 0.9, m.from, m.to);
		if (f)
			f->detail = rules[i].detail;
		return;
	}
}

/* Dates in a sentence that organises visits. */
static void visit_dates(struct reading *r)
{
	char *all[8];
	size_t n = 0, at = 0;
	struct match m;
	struct fact *f = NULL;
	static const char rx[] =
	    "visites?\\b[^.;]{0,60}\\b(?:est|sont|sera|seront|aura|auront)\\s+(?:lieu|organisees?|fixees?|prevues?|"
	    "programmees?)[^.;\\n]{0,30}?[\\s:]|"
	    "visites?\\b[^;]{0,160}\\.\\s+elles?\\s+(?:a|ont|aura|auront|est|sont|sera|seront)\\s+(?:lieu|organisees?|"
	    "fixees?|"
	    "prevues?)[^.;\\n]{0,30}?[\\s:]";
	while (body_find(r, rx, at, &m)) {
		struct moment t;
		size_t k = m.to, high = body_ahead(r, m.to, 140);
		at = m.to;
		while (n < ARRAY_LEN(all) && french_moment(r->rx, r->body.s, high, k, &t) && t.weekday_agrees &&
		       !body_has(r, "limite|reception|remise|avant|lettre", k, t.from)) {
			k = t.has_time && t.time_to > t.to ? t.time_to : t.to;
			struct value v = { .kind = VALUE_TEXTS };
			if (!f)
				f = say(r, "visit_dates", v, 0.9, m.from, k);
			else
				reading_also(r, f, &r->body, t.from, k);
			if (!f)
				return;
			all[n++] = moment_text(r->mem, &t);
		}
	}
	if (f) {
		f->value.n = n;
		f->value.texts = mem_dup(r->mem, all, n * sizeof(*all));
	}
}

/* How many lots one candidate may bid for or be given, beside their number. */
static void lots_limit(struct reading *r)
{
	static const char rx[] = "\\b(?:ne\\s+(?:peu(?:t|vent)|pourr(?:a|ont))|qu'il\\s+ne\\s+(?:peut|pourra))\\b[^.;]{"
				 "0,90}\\b(?:qu'|que\\s+(?:pour\\s+|d'|"
				 "de\\s+)?|plus\\s+(?:de\\s+|d'))\\s*(?:au\\s+plus\\s+)?(un|deux|trois|quatre|cinq|\\d{"
				 "1,2})\\s*(?:\\(\\s*(?:\\d{1,2}|[a-z]{2,6})"
				 "\\s*\\)\\s*)?(?:seuls?\\s+)?lots?\\b";
	static const char who_rx[] = "candidat|soumissionnaire|operateur|attributaire|entreprise|concurrent|titulaire";
	struct match m;
	size_t at = 0;
	long n = 0;
	while (body_find(r, rx, at, &m)) {
		struct fact *f = reading_found(r, "lots");
		at = m.to;
		if (!f || f->value.number < 2 || f->detail || !body_has(r, who_rx, sentence_start(r, m.from), m.to) ||
		    !french_number(r->body.s + m.g[1].from, m.g[1].to - m.g[1].from, &n) || n >= (long)f->value.number)
			continue;
		reading_also(r, f, &r->body, m.from, m.to);
		f->detail =
		    n == 1 ? "un seul lot par candidat" : mem_printf(r->mem, "%ld lots au plus par candidat", n);
	}
}

void conditions_find(struct reading *r)
{
	if (r->kind != KIND_RC && r->kind != KIND_AAPC && r->kind != KIND_OTHER)
		return;
	SAYINGS_FIND(r, "site_visit_mandatory", "\\bvisites?\\b|\\bvisiter\\b", visit);
	SAYINGS_FIND(r, "negotiation", "\\bnegoci(?:er|ations?|ees?)\\b", negotiation);
	SAYINGS_FIND(r, "pse", "prestations?\\s+supplementaires?|\\bpse\\b", pse);
	SAYINGS_FIND(r, "electronic_only", "electronique|dematerialise|\\bpapier\\b|voie\\s+postale", electronic);
	SAYINGS_FIND(r, "signature_required", "\\bsign(?:er|ature|ee?s?)\\b", signature);
	SAYINGS_FIND(r, "dume_accepted", "\\bdume\\b|document\\s+unique\\s+de\\s+marche", dume);
	groups(r);
	visit_dates(r);
	lots_limit(r);
}
