/* What is asked of the candidate himself: turnover, references, certifications, profiles. Only conditions, told as
 * such: what is judged, wished for or to be declared is none. */
#include <string.h>
#include "lots_rules.h"
#include "sayings.h"

/* Words that ask for it; words that only wish for it, judge it or leave it open. */
#define ASKED \
	"\\b(?:doi(?:t|vent)|devra(?:it|ient|ont)?|devront|exige[a-z]*|requis[es]*|obligatoires?|imperati[a-z]+|" \
	"minimum|minimal[es]*|" \
	"tenus?\\s+de|est\\s+demandee?|sont\\s+demandees?|s'engage)\\b"
#define LEFT_OPEN \
	"souhait|apprecie|serai(?:t|ent)\\s+un|facultati|le\\s+cas\\s+echeant|n'est\\s+pas|ne\\s+sont\\s+pas|aucune?" \
	"\\b|" \
	"criteres?\\b|not(?:e|ation)\\b|points?\\b|\\[ " \
	"\\]|eventuel|peu(?:t|vent)\\s+(?:presenter|produire|fournir|etre\\s+apport)|" \
	"si\\s+le\\s+candidat|sous-?\\s?trait|lot\\s+n|lots?\\s+\\d"

#define MAX 12

struct texts {
	char *all[MAX];
	size_t n;
	struct fact *fact;
};

static void texts_add(struct reading *r, struct texts *t, const char *key, char *text, size_t from, size_t to)
{
	struct value v = { .kind = VALUE_TEXTS };
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->all[i], text) == 0)
			return;
	if (t->n == MAX || strlen(text) < 2)
		return;
	if (!t->fact)
		t->fact = reading_add(r, key, v, 0.88, &r->body, from, to);
	else
		reading_also(r, t->fact, &r->body, from, to);
	if (!t->fact)
		return;
	t->all[t->n++] = text;
	t->fact->value.n = t->n;
	t->fact->value.texts = mem_dup(r->mem, t->all, t->n * sizeof(t->all[0]));
}

/* A whole sentence, without its bullet. */
static void sentence_add(struct reading *r, struct texts *t, const char *key, size_t from, size_t to)
{
	while (from < to && strchr(" *-\n\t", r->body.s[from]))
		from++;
	texts_add(r, t, key, view_text(r->mem, &r->body, from, to), from, to);
}

static void turnover(struct reading *r)
{
	static const char rx[] = "chiffres?\\s+d'affaires?\\b|\\bc\\.?a\\.?\\s+(?:annuel|minim|moyen)";
	static const char least_rx[] =
	    "minim(?:um|al|a|ale)\\b|au\\s+moins|superieur|inferieur|ne\\s+peut\\s+etre|exige|plancher|egal\\s+a";
	struct match m;
	struct amount best = { 0 };
	size_t at = 0, label = 0, end = 0;
	while (body_find(r, rx, at, &m)) {
		struct amount a;
		at = m.to;
		size_t from = sentence_start(r, m.from), to = sentence_end(r, m.to);
		/* a label and its figure may stand on two lines or in two cells */
		size_t high = body_ahead(r, to, to - m.to < 60 ? 60 : 0);
		if (!amount_read(r, m.to, high, &a) || a.value < 1000 || !body_has(r, least_rx, from, a.from) ||
		    body_has(r, LEFT_OPEN "|estime|capital|penalit|assur|[.;]\\s+[a-z]{2,}\\s", m.to, a.from) ||
		    body_has(r, LEFT_OPEN, from, m.from) ||
		    body_has(r, "\\A[^.;\\n]{0,30}\\b(?:lot\\b|fois)", a.to, body_ahead(r, a.to, 40)))
			continue;
		if (best.value > 0 && a.value != best.value)
			return; /* of lots, or of members of a group */
		if (best.value > 0)
			continue;
		best = a;
		label = from;
		end = a.to;
	}
	if (best.value > 0)
		reading_add(r, "minimum_turnover", value_number(best.value), 0.9, &r->body,
		    end - label < 280 ? label : best.from, end);
}

static void references(struct reading *r)
{
	static const char rx[] =
	    "\\b(?:\\d{1,2}|une?|deux|trois|quatre|cinq|six|dix)\\s*(?:\\(\\s*(?:\\d{1,2}|[a-z]{2,6})\\s*\\)\\s*)?("
	    "?:[a-z]+\\s+)?references?\\b";
	struct texts t = { .n = 0 };
	struct match m;
	size_t at = 0;
	while (body_find(r, rx, at, &m)) {
		size_t from = sentence_start(r, m.from), to = sentence_end(r, m.to);
		at = to > m.to ? to : m.to;
		if (to - from > 320 || !body_has(r, ASKED "|au\\s+moins", from, to) ||
		    body_has(r, LEFT_OPEN, from, to) ||
		    body_has(r, "reference\\s+(?:du|de\\s+la|de\\s+l'|a\\s+l|au)\\b|prix|catalogue|norme", m.from, to))
			continue;
		sentence_add(r, &t, "required_references", from, to);
	}
}

/* Certificates as they are named. */
#define CERTIFICATE \
	"\\biso(?:/cei|/" \
	"iec)?\\s?-?\\s?\\d{4,5}(?:-\\d{1,2})?(?:\\s?[:-]\\s?(?:19|20)\\d\\d)?|\\bsecnumcloud\\b|\\bh\\.?d\\.?s\\b|" \
	"\\bpassi(?:-lpm)?\\b|\\bp[rd]is\\b|\\bqualiopi\\b|\\bqualibat\\b(?:\\s+(?:n\\s?o\\s?)?\\d{4})?|" \
	"\\bqualifelec\\b|\\b" \
	"opqibi\\b(?:\\s+(?:n\\s?o\\s?)?\\d{4})?|\\bqualipv\\b|\\bqualisport\\b|\\bqualipaysage\\b|\\bmase\\b|" \
	"\\brge\\b|\\bapsad\\b(?:\\s+" \
	"[a-z]?\\d{1,2})?|\\bnf\\s+(?:service|logement|habitat)\\b|\\bcofrac\\b|\\baipr\\b|\\bexpertcyber\\b|" \
	"\\bhabilitation\\s+(?:" \
	"secret|confidentiel|defense)[a-z -]{0,20}\\b"

static void certifications(struct reading *r)
{
	static const char word_rx[] = "certifi|qualifi|agre(?:e|ment)|label|habilit|accredit|attest|titulaire\\s+d";
	struct texts t = { .n = 0 };
	struct match m;
	size_t at = 0;
	while (body_find(r, CERTIFICATE, at, &m)) {
		size_t from = sentence_start(r, m.from), to = sentence_end(r, m.to);
		at = m.to;
		if (to - from > 500 || !body_has(r, word_rx, from, to) || !body_has(r, ASKED, from, to) ||
		    body_has(
			r, LEFT_OPEN "|fabricant|repondre\\s+a|produits?\\b|materiels?\\b|papier|conforme", from, to))
			continue;
		texts_add(r, &t, "required_certifications", view_text(r->mem, &r->body, m.from, m.to),
		    to - from < 300 ? from : m.from, to - from < 300 ? to : m.to);
	}
}

#define YEARS \
	"(?:\\d{1,2}|un|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|douze|quinze|vingt)\\s*(?:\\(\\s*(?:\\d{1,2}|[" \
	"a-z]{2,6}" \
	")\\s*\\)\\s*)?an(?:nee)?s?\\b\\s*"

static void profiles(struct reading *r)
{
	static const char years_rx[] = "(?:\\b(?:au\\s+moins|minimum\\s+(?:de\\s+)?|au\\s+minimum)\\s*)?\\b" YEARS
				       "(?:minimum\\s+|au\\s+moins\\s+)?d'(?:anciennete|experience)|experience\\b[^.;"
				       "\\n\\t]{0,40}\\b(?:au\\s+moins|"
				       "minim[a-z]+|superieure)[^.;\\n\\t]{0,12}\\b" YEARS;
	static const char who_rx[] = "chefs?\\s+de\\s+(?:projet|chantier|equipe)|directeurs?\\s+de\\s+projet|"
				     "directrice|consultant|architecte|developpeu|"
				     "ingenieur|technicien|expert|responsable|administrateur|formateur|conducteur|"
				     "coordonnateur|economiste|paysagiste|"
				     "psychologue|auditeur|pilote|delegue|referent|animateur|infirmier|chauffeur|"
				     "agents?\\b|electricien|jardinier|"
				     "encadrant|analyste|gestionnaire|intervenants?|profil";
	struct texts t = { .n = 0 };
	struct match m;
	size_t at = 0;
	while (body_find(r, years_rx, at, &m)) {
		size_t from = sentence_start(r, m.from), to = sentence_end(r, m.to);
		at = to > m.to ? to : m.to;
		if (to - from > 320 || !body_has(r, who_rx, from, to) ||
		    !body_has(r, ASKED "|au\\s+moins|au\\s+minimum", from, to) || body_has(r, LEFT_OPEN, from, to))
			continue;
		sentence_add(r, &t, "required_profiles", from, to);
	}
}

void candidate_find(struct reading *r)
{
	bool rules = r->kind == KIND_RC || r->kind == KIND_AAPC || r->kind == KIND_OTHER;
	if (!rules && r->kind != KIND_CCTP && r->kind != KIND_CCAP)
		return;
	certifications(r);
	profiles(r);
	if (!rules)
		return;
	turnover(r);
	references(r);
}
