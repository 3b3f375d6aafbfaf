/* Terms of the contract: general conditions, payment, advance, guarantees, and which clauses there are. */
#include <string.h>
#include "sayings.h"

static bool contract_document(const struct reading *r)
{
	return r->kind == KIND_CCAP || r->kind == KIND_AE || r->kind == KIND_CCTP || r->kind == KIND_RC ||
	       r->kind == KIND_AAPC || r->kind == KIND_OTHER;
}

enum { TIC, FCS, PI, WORKS, MOE, MI, CCAGS };
static const char *const ccags[CCAGS] = { "tic", "fcs", "pi", "travaux", "moe", "mi" };

#define CCAG "\\bc\\.?c\\.?a\\.?g\\b\\.?"
#define GENERAL \
	"(?:" CCAG "|clauses\\s+administratives\\s+generales(?:\\s*\\(ccag\\))?)[\\s/" \
	"-]*(?:applicables?\\s+aux\\s+|(?:des|aux)\\s+|de\\s+)?" \
	"(?:marches?\\s+(?:publics?\\s+)?(?:d[e']\\s*)?)?(?:la\\s+)?"

static const char *const ccag_rx[CCAGS] = {
	GENERAL "(?:tic\\b|techniques?\\s+de\\s+l'information)",
	GENERAL "(?:fcs\\b|f\\.c\\.s|fournitures?\\s+courantes?)",
	GENERAL "(?:pi\\b|p\\.i\\b|prestations?\\s+intellectuelles?)",
	GENERAL "(?:travaux\\b)",
	GENERAL "(?:moe\\b|maitrise\\s+d['\\s]*\\s?oeuvre)",
	GENERAL "(?:mi\\b|industriels?\\b)",
};

/* "l'article 7.3 du CCAG FCS" in a contract under another one: told, as the article may not say the same. */
static void other_conditions(struct reading *r, int ours)
{
	struct match m;
	for (int i = 0; i < CCAGS; i++) {
		size_t at = 0;
		while (i != ours && body_find(r, ccag_rx[i], at, &m)) {
			at = m.to;
			size_t from = body_back(m.from, 60);
			struct match article;
			if (!pattern_last(
				r->rx, "\\barticles?\\s+\\d[\\d.]*\\s+du\\s+", r->body.s, from, m.from, &article) ||
			    article.to != m.from)
				continue;
			say(r, "ccag", value_text(mem_strdup(r->mem, ccags[i])), 0.8, article.from, m.to);
			return;
		}
	}
}

/* The one that the contract refers to; a single slip ("CCAG FCS" in one clause) does not change it. */
static void general_conditions(struct reading *r)
{
	unsigned count[CCAGS] = { 0 }, all = 0;
	struct match first[CCAGS], m;
	int best = 0;
	for (int i = 0; i < CCAGS; i++) {
		size_t at = 0;
		while (body_find(r, ccag_rx[i], at, &m)) {
			at = m.to;
			if (count[i]++ == 0)
				first[i] = m;
		}
		all += count[i];
		if (count[i] > count[best])
			best = i;
	}
	if (count[best] == 0 || count[best] * 3 < all * 2)
		return;
	say(r, "ccag", value_text(mem_strdup(r->mem, ccags[best])), count[best] > 1 ? 0.95 : 0.88, first[best].from,
	    first[best].to);
	if (r->kind == KIND_CCAP && count[best] > 1)
		other_conditions(r, best);
}

struct list {
	char *all[40];
	size_t n;
	struct fact *fact;
};

static void list_add(
    struct reading *r, struct list *l, const char *key, char *text, double confidence, size_t from, size_t to)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->all[i], text) == 0)
			return;
	if (l->n == ARRAY_LEN(l->all))
		return;
	struct value v = { .kind = VALUE_TEXTS };
	if (!l->fact)
		l->fact = say(r, key, v, confidence, from, to);
	else
		reading_also(r, l->fact, &r->body, from, to);
	if (!l->fact)
		return;
	l->all[l->n++] = text;
	l->fact->value.n = l->n;
	l->fact->value.texts = mem_dup(r->mem, l->all, l->n * sizeof(l->all[0]));
}

#define NUMBERS "(\\d{1,2}(?:\\.\\d{1,2}){0,3})\\b"

static void numbers_of(struct reading *r, struct list *l, size_t from, size_t to)
{
	struct match m;
	size_t at = from;
	while (pattern_find(r->rx, "(?<![\\d.])" NUMBERS "(?!\\s*(?:%|jours|eur))", r->body.s, to, at, &m)) {
		at = m.to;
		list_add(r, l, "ccag_derogations",
		    mem_strndup(r->mem, r->body.s + m.g[1].from, m.g[1].to - m.g[1].from), 0.9, from, to);
	}
}

/* The same list as a table: "Article du CCAP | Article du CCAG auquel il est dérogé", a row for each. */
static void derogations_table(struct reading *r, struct list *l)
{
	static const char head_rx[] = "^([^\\n\\t]{2,80})\\t([^\\n\\t]{2,80})$";
	static const char row_rx[] =
	    "\\G\\s*(?:art(?:icle)?\\.?\\s*)?(\\d{1,2}(?:\\.\\d{1,2}){0,3})[^\\n\\t\\d]{0,60}\\t(?:"
	    "(?:l'\\s?)?art(?:icle)?\\.?\\s*)?(\\d{1,2}(?:\\.\\d{1,2}){0,3})(?=[^\\n\\t\\d]*(?:\\n|\\z))";
	struct match m, row;
	size_t at = 0;
	while (body_find(r, head_rx, at, &m)) {
		bool left = body_has(r, "\\bccag\\b", m.g[1].from, m.g[1].to),
		     right = body_has(r, "\\bccag\\b", m.g[2].from, m.g[2].to);
		at = m.to;
		if (left == right || !body_has(r, "derog", body_back(m.from, 400), m.to) ||
		    !body_has(r, "\\bart", m.from, m.to))
			continue;
		while (pattern_find(r->rx, row_rx, r->body.s, r->body.n, at, &row)) {
			unsigned g = left ? 1 : 2;
			at = row.to;
			list_add(r, l, "ccag_derogations",
			    mem_strndup(r->mem, r->body.s + row.g[g].from, row.g[g].to - row.g[g].from), 0.9,
			    row.g[1].from, row.g[2].to);
		}
	}
}

/* "par dérogation aux articles 4.1 et 14.1.2 du CCAG"; the list at the end of the document, item by item. */
static void derogations(struct reading *r)
{
	static const char clause_rx[] = "derog[a-z]*(?:\\s+est\\s+fait[e]?)?\\s+(?:(?:aux?|a|de|des)\\s+)?(?:(?:l'|"
					"les\\s+)?\\s*(?:stipulations|dispositions|"
					"prescriptions)\\s+(?:de|des)\\s*)?(?:l'|les\\s+)?\\s*articles?\\s+" NUMBERS
					"(?:\\s*(?:,|et|ainsi\\s+que|a)\\s+(?:a\\s+l'article\\s+|l'article\\s+)?\\d{1,"
					"2}(?:\\.\\d{1,2}){0,3})*\\s*(?:du|des)\\s+"
					"(?:" CCAG "|cahier\\s+des\\s+clauses\\s+administratives\\s+generales)";
	static const char list_rx[] =
	    "derog[a-z]*\\s+aux?\\s+(?:articles?|documents\\s+generaux|stipulations|" CCAG ")[^\\n]{0,60}\\n";
	static const char item_rx[] =
	    "(?:^[\\s*-]*(?:a\\s+)?l'\\s?article\\s+(\\d{1,2}(?:\\.\\d{1,2}){0,3})(?:\\s+du\\s+" CCAG
	    "[^\\n]{0,10})?\\s+par\\s+l'article|"
	    "^[\\s*-]*(?:l'\\s?)?articles?\\s+(\\d{1,2}(?:\\.\\d{1,2}){0,3})\\s+du\\s+" CCAG "\\b[^\\n]{0,60}\\n?)";
	struct list l = { .n = 0 };
	struct match m, k;
	size_t at = 0;
	while (body_find(r, clause_rx, at, &m)) {
		at = m.to;
		numbers_of(r, &l, m.from, m.to);
	}
	at = 0;
	while (body_find(r, list_rx, at, &m)) {
		size_t high = body_ahead(r, m.to, 2500), p = m.to;
		at = m.to;
		while (pattern_find(r->rx, item_rx, r->body.s, high, p, &k)) {
			unsigned g = k.g[1].set ? 1 : 2;
			p = k.to;
			list_add(r, &l, "ccag_derogations",
			    mem_strndup(r->mem, r->body.s + k.g[g].from, k.g[g].to - k.g[g].from), 0.9, k.from, k.to);
		}
	}
	derogations_table(r, &l);
}

static void payment(struct reading *r)
{
	static const char rx[] =
	    "delais?\\s+(?:global\\s+|maximum\\s+|maximal\\s+|legal\\s+|contractuel\\s+)*d[eu']\\s*(?:paiement|"
	    "mandatement|reglement)\\b|"
	    "(?:payees?|reglees?|paiement|mandatement|factures?|liberera|se\\s+liberer|regler\\s+la\\s+prestation)\\b[^"
	    ".;]{0,120}"
	    "\\bdelai\\s+(?:(?:global|maximum|maximal)\\s+)*(?:de|ne)\\b|"
	    "(?:acomptes|reglements?\\s+partiels?\\s+definitifs?|solde)\\b[^.;]{0,60}\\bfixes?\\s+a\\b";
	static const char other_rx[] = "sous-?\\s?traitant|suspen|avant\\b|interets|moratoire|accept|reclam|contest|"
				       "avance\\s+est|verif|depasse|lorsque|\\n\\n";
	struct match m;
	size_t at = 0;
	while (body_find(r, rx, at, &m)) {
		struct duration d;
		at = m.to;
		if (!french_duration(r->rx, r->body.s, body_ahead(r, m.to, 190), m.to, &d) || d.unit != UNIT_DAYS ||
		    d.count < 10 || d.count > 60)
			continue;
		if (body_has(r, other_rx, m.to, d.from) ||
		    (body_has(r, "sous-?\\s?trait", sentence_start(r, m.from), m.to) &&
			!body_has(r, "titulaire", sentence_start(r, m.from), m.to)) ||
		    body_has(r, "[.;]\\s+[a-z]{2,}\\s", m.to, d.from) ||
		    body_has(r,
			"\\A\\s*(?:avant|pour\\s+(?:contester|accepter)|a\\s+compter\\s+de\\s+la\\s+(?:notification|"
			"date\\s+limite|decision))",
			d.to, body_ahead(r, d.to, 50)))
			continue;
		say(r, "payment_days", value_number((double)d.count), 0.93, d.from - m.from < 240 ? m.from : d.from,
		    d.to);
		at = d.to;
	}
}

/* The first of the rules that stands in the document; its detail is what `percent` finds after it. */
struct clause {
	const char *rx;
	bool truth;
};

static void clause_find(
    struct reading *r, const char *key, const struct clause *rules, size_t n, const char *detail, size_t reach)
{
	struct match best = { 0 }, m;
	const struct clause *rule = NULL;
	for (size_t i = 0; i < n; i++) {
		if (!body_find(r, rules[i].rx, 0, &m) ||
		    body_has(r, "\\[ \\]", view_line_start(&r->body, m.from), m.to))
			continue;
		if (rule && rule->truth != rules[i].truth)
			return; /* both said: the choices of a form, or parts of the contract that differ */
		if (!rule) {
			rule = &rules[i];
			best = m;
		}
	}
	if (!rule)
		return;
	struct fact *f = say(r, key, value_bool(rule->truth), 0.92, best.from, best.to);
	if (!f || !rule->truth || !detail)
		return;
	size_t at = best.from, high = body_ahead(r, best.to, reach);
	/* not beyond the next numbered heading, which speaks of another matter */
	if (pattern_find(r->rx, "\\n(?:article\\s+)?\\d{1,2}\\.\\d[\\d.]*\\s+[a-z]", r->body.s, high, best.to, &m))
		high = m.from;
	char *all = NULL;
	unsigned count = 0;
	while (count < 4 && pattern_find(r->rx, detail, r->body.s, high, at, &m)) {
		at = m.to;
		char *words = view_text(r->mem, &r->body, m.from, m.to);
		if (all && strstr(all, words))
			continue;
		all = all ? mem_printf(r->mem, "%s ; %s", all, words) : words;
		reading_also(r, f, &r->body, m.from, m.to);
		count++;
	}
	f->detail = all;
}

static const struct clause retention[] = {
	{ "(?:aucune|pas\\s+de|sans)\\s+retenue\\s+de\\s+garantie", false },
	{ "retenue\\s+de\\s+garantie\\b[^.;\\n]{0,60}\\b(?:n'est|ne\\s+sera|ne\\s+seront)\\s+(?:pas\\b|appliquee|"
	  "prevue|exercee|prelevee|operee|"
	  "pratiquee|demandee|effectuee)",
	    false },
	{ "n'est\\s+(?:pas\\s+)?(?:prevu|applique|exige|demande|pratique|opere|preleve|effectue|fait\\s+application)e?"
	  "\\s+("
	  "?:de\\s+|aucune\\s+)?(?:la\\s+)?retenue\\s+de\\s+garantie",
	    false },
	{ "retenue\\s+de\\s+garantie\\s+(?:de|fixee\\s+a|egale\\s+a|est\\s+de|d'un\\s+montant\\s+de|est\\s+fixee\\s+a)"
	  "\\s+\\d",
	    true },
	{ "retenue\\s+de\\s+garantie\\b[^.;\\n]{0,60}(?<!\\bne "
	  ")\\b(?:est|sera)\\s+(?:prelevee|exercee|operee|appliquee|pratiquee|"
	  "constituee|"
	  "effectuee)",
	    true },
	{ "(?:retenue\\s+de\\s+garantie\\b[^.;]{0,60}|taux\\s+de\\s+la\\s+retenue[^.;]{0,40})\\b\\d(?:[.,]\\d)?\\s?%",
	    true },
};
static const struct clause advance[] = {
	{ "(?:aucune|pas\\s+d'|sans)\\s*avance\\b(?!\\s+en\\s+dehors)", false },
	{ "avance\\b[^.;\\n]{0,30}\\bne\\s+sera\\s+pas\\s+(?:versee|accordee|consentie)", false },
	{ "(?:n'est|ne\\s+sera)\\s+(?:pas\\s+)?(?:verse|accorde|consenti|prevu)e?\\s+(?:d'|aucune\\s+)\\s*avance\\b",
	    false },
	{ "\\bune\\s+avance\\b[^.;]{0,90}\\b(?:est|sera)\\s+(?:versee|accordee|consentie|payee|prevue)", true },
	{ "\\b(?:montant|taux)\\s+de\\s+l'avance\\b[^.;\\n]{0,60}\\b(?:est|sera)\\s+(?:de\\b|fixe\\s+a|egal|porte)",
	    true },
	{ "option\\s+retenue\\s+pour\\s+les\\s+avances", true },
};
static const struct clause termination[] = {
	{ "^[\\s*-]*(?:article\\s+)?[\\d.]*\\s*[.:)-]*\\s*(?:conditions\\s+de\\s+)?resiliation\\b[^\\n]{0,60}$", true },
	{ "(?:peut|pourra)\\s+(?:[a-z]+\\s+)?(?:etre\\s+)?resili(?:e|er)\\b[^.;]{0,80}(?:marche|accord|contrat|faute)",
	    true },
	{ "en\\s+cas\\s+de\\s+resiliation\\b", true },
};
static const struct clause reversibility[] = {
	{ "^[\\s*-]*(?:article\\s+)?[\\d.]*\\s*[.:)-]*\\s*(?:phase\\s+de\\s+|plan\\s+de\\s+|prestations?\\s+de\\s+)?"
	  "reversibilite\\b[^\\n]{0,50}$",
	    true },
	{ "(?:phase|prestation|periode|plan)s?\\s+de\\s+reversibilite\\b", true },
};
static const struct clause privacy[] = {
	{ "reglement\\s*\\(?(?:ue|europeen|general)[^.;]{0,40}(?:2016/679|protection\\s+des\\s+donnees)|\\brgpd\\b",
	    true },
	{ "protection\\s+des\\s+donnees\\s+(?:a\\s+caractere\\s+)?personnel", true },
};
static const struct clause insurance[] = {
	{ "(?:titulaire|prestataire|entrepreneur|maitre\\s+d['\\s]*\\s?oeuvre|fournisseur)\\b[^.;]{0,160}\\b(?:doit|"
	  "devra|doivent|devront|est\\s+tenu"
	  "|justifier)\\b[^.;]{0,160}\\bassurances?\\b",
	    true },
	{ "^[\\s*-]*(?:article\\s+)?[\\d.]+\\s*[.:)-]*\\s*assurances?\\b[^\\n]{0,50}$", true },
};

/* Prices that stay, that are brought up to date once, that follow an index. */
static void revision(struct reading *r)
{
	static const struct {
		const char *word, *rx;
	} rules[] = {
		{ "revisable", "prix\\b[^.;]{0,90}\\b(?:sont|seront|est|pourront\\s+etre|peuvent\\s+etre)\\s+(?:"
			       "revisables?|revises?)\\b(?!\\s+et\\s+non)|a\\s+prix\\s+"
			       "revisables?|revision\\s+annuelle\\s+des\\s+prix|\\bpuis\\s+revisables?|\\bsont\\s+(?:"
			       "ensuite\\s+|alors\\s+)?"
			       "revises\\s+(?:une\\s+fois|chaque|tous\\s+les|annuel|par\\s+application|selon|en\\s+"
			       "application|a\\s+chaque)" },
		{ "actualisable",
		    "prix\\b[^.;]{0,90}\\b(?:sont|seront|est)\\s+(?:fermes?\\s+(?:et\\s+)?)?actualisables?" },
		{ "ferme", "prix\\b[^.;]{0,90}\\b(?:sont|seront|est)\\s+(?:passes\\s+a\\s+prix\\s+)?fermes?(?:\\s*(?:,|"
			   "et)\\s+(?:definitifs?|non\\s+(?:"
			   "revisables?|actualisables?)))" },
	};
	struct match m;
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		bool found = false;
		/* "fermes et non révisables la première année" is not the last word */
		for (size_t at = 0; !found && body_find(r, rules[i].rx, at, &m); at = m.to)
			found = i == 2 || !body_has(r, "non\\s+(?:revis|actualis)",
					      m.to - 14 > m.from ? m.to - 14 : m.from, m.to);
		if (!found)
			continue;
		struct fact *f =
		    say(r, "price_revision", value_text(mem_strdup(r->mem, rules[i].word)), 0.9, m.from, m.to);
		struct match k;
		/* the formula, where its line stands soon after; one within a sentence may go on after a sign */
		if (f && i < 2 &&
		    pattern_find(r->rx,
			"^([^\\n.]{0,20}\\b[a-z](?:\\(?[a-z]\\)?)?\\s?=\\s?[^\\n]{6,90})$|\\bformule\\b[^\\n.=]{0,30}:"
			"\\s*([a-z]\\w{0,3}"
			"(?:\\([a-z]\\))?\\s?=\\s?(?:[^\\n;=]|(?<=[-+/*x(])\\n|\\n(?=\\s?[-+/"
			"*x)])){4,80}?)(?=,?\\s+(?:dans|ou|avec)\\b|\\s*(?:;|\\.(?!\\d))|(?<![-+/*x(])\\n(?!\\s?[-+/"
			"*x)]))",
			r->body.s, body_ahead(r, m.to, 900), m.from, &k)) {
			unsigned g = k.g[1].set ? 1 : 2;
			f->detail = view_text(r->mem, &r->body, k.g[g].from, k.g[g].to);
			reading_also(r, f, &r->body, k.g[g].from, k.g[g].to);
		}
		return;
	}
}

#define CLAUSE_FIND(r, key, rules, detail, reach) clause_find((r), (key), (rules), ARRAY_LEN(rules), (detail), (reach))
#define PERCENT "\\b\\d{1,2}(?:[.,]\\d{1,2})?\\s?%"

void contract_find(struct reading *r)
{
	if (!contract_document(r))
		return;
	general_conditions(r);
	derogations(r);
	payment(r);
	if (r->kind == KIND_RC || r->kind == KIND_AAPC)
		return; /* the rules of the consultation speak of the contract in passing */
	CLAUSE_FIND(r, "retention", retention, PERCENT, 160);
	CLAUSE_FIND(r, "advance", advance, "\\boption\\s+[ab]\\b|" PERCENT, 900);
	CLAUSE_FIND(r, "reversibility", reversibility, NULL, 0);
	CLAUSE_FIND(r, "rgpd", privacy, NULL, 0);
	if (r->kind == KIND_CCTP)
		return;
	CLAUSE_FIND(r, "termination", termination, NULL, 0);
	CLAUSE_FIND(r, "insurance", insurance, NULL, 0);
	revision(r);
}
