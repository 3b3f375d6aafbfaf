/* Maxima, minima and estimates in euros without tax. Envelopes of works, prizes, thresholds and claims pledged are
 * other amounts; a figure with tax only is not converted; what differs by lot belongs to the lots. */
#include <math.h>
#include <string.h>
#include "lots_rules.h"
#include "sayings.h"

bool amount_read(const struct reading *r, size_t at, size_t high, struct amount *out)
{
	static const char rx[] = "(?<![\\d.,/])" MONEY;
	struct match m;
	const char *s = r->body.s;
	if (!pattern_find(r->rx, rx, s, high, at, &m))
		return false;
	double v = 0;
	for (size_t i = m.g[1].from; i < m.g[1].to; i++)
		if (s[i] >= '0' && s[i] <= '9')
			v = v * 10 + (s[i] - '0');
	if (m.g[2].set) {
		double part = 0, scale = 1;
		for (size_t i = m.g[2].from; i < m.g[2].to; i++) {
			part = part * 10 + (s[i] - '0');
			scale *= 10;
		}
		v += part / scale;
	}
	if (m.g[3].set)
		v *= s[m.g[3].from] == 'k' ? 1e3 : 1e6;
	*out = (struct amount){ .value = v, .from = m.from, .to = m.to };
	if (m.g[4].set) {
		out->before_tax = s[m.g[4].from] == 'h';
		out->with_tax = s[m.g[4].from] == 't';
	}
	return v < 1e12;
}

static const struct {
	const char *key, *rx;
} labels[] = {
	{ "amount_max_eur_ht",
	    "(?:montants?|valeurs?)(?:\\s+(?:total|annuel|global|contractuel|estime)[a-z]*){0,2}\\s+"
	    "maxim(?:um|al|ale|ums|aux|"
	    "a)\\b|"
	    "\\b(?:un|le|avec)\\s+maximum\\b(?!\\s+(?:de\\s+)?\\d+\\s*(?:candidat|jour|page|lot|an|"
	    "mois))|\\bmaximal\\s*:|"
	    "\\bmaximum\\s*(?:(?:de\\s+)?(?=\\d[\\d .,]*\\s*eur)|:|(?:annuel|total)?\\s*(?:eur\\s+)?h\\.?t\\b)" },
	{ "amount_min_eur_ht", "(?:montants?|valeurs?)(?:\\s+(?:total|annuel|global|contractuel)[a-z]*){0,2}\\s+minim(?"
			       ":um|al|ale|ums|aux|a)\\b"
			       "|\\b(?:un|le|avec)\\s+minimum\\b|\\bminimal\\s*:|\\bminimum\\s*(?:(?:de\\s+)?(?=\\d["
			       "\\d .,]*\\s*eur)|:|(?:annuel|total)?"
			       "\\s*(?:eur\\s+)?h\\.?t\\b"
			       ")" },
	{ "estimated_amount_eur_ht",
	    "\\bestimation\\s+(?:du|de\\s+l'|de\\s+ce|globale\\s+du)\\s*(?:present\\s+)?(?:marche|accord-?\\s?cadre|"
	    "contrat|"
	    "besoin)|(?:marche|accord-?\\s?cadre|contrat)\\s+est\\s+estime\\s+a|valeur\\s+(?:totale\\s+)?estimee\\s+(?:"
	    "du"
	    "|de\\s+l')|montant\\s+(?:total\\s+)?(?:previsionnel|estime|estimatif)\\s+(?:du|de\\s+l')\\s*(?:present\\s+"
	    ")?("
	    "?:marche|accord-?\\s?cadre|contrat)|"
	    "\\b(?:valeur|montant)\\s+(?:totale?\\s+|globale?\\s+)?(?:estimee?|previsionnel(?:le)?|estimati(?:f|ve))(?:"
	    "\\s+("
	    "?:hors\\s+t(?:ax|va)[a-z]*|totale?|globale?|\\(?h\\.?t\\.?\\)?)){0,2}\\s*(?::|est\\b|s'eleve)|"
	    "\\b(?:besoin|consultation|ensemble\\s+des\\s+prestations)\\s+est\\s+(?:estimee?|evaluee?)\\s+a" },
	{ "budget",
	    "\\b(?:budget|enveloppe\\s+(?:budgetaire|financiere))(?:\\s+(?:global|total|maximal|maximum|previsionnel|"
	    "estimatif|disponible|alloue|consacre|affecte|reserve|prevu)(?:le|e)?)+\\b|"
	    "\\b(?:dispose|disposant)\\s+d'un\\s+budget\\b|\\bbudget\\s+(?:du|de\\s+l'|de\\s+la|pour\\s+(?:le|la|l'|ce)"
	    ")\\s*("
	    "?:present[e]?\\s+)?(?:marche|accord-?\\s?cadre|contrat|consultation|projet|operation|prestation)\\b" },
};

/* Words that make it another amount. */
static const char other_rx[] = "creance|nantissement|avance|prime\\b|travaux|penalit|chiffre\\s+d'affaires|assurance|"
			       "garantie|sous-?\\s?trait|seuil|bon\\s+de\\s+commande|par\\s+commande|par\\s+sinistre|"
			       "prestations\\s+similaires|points?\\b|facture|indemnit|retenue|lire\\b";

static bool per_lot(const struct reading *r, size_t from, size_t to)
{
	return body_has(r, "\\blots?\\s*(?:\\(s\\)\\s*)?(?:n\\s?o|[\\dA-Za-z]\\b|:)|(?:chaque|par)\\s+lot", from, to) &&
	       !body_has(r, "ensemble\\s+des\\s+lots|tous\\s+les\\s+lots|lots\\s+confondus", from, to);
}

static void period_of(struct reading *r, size_t from, size_t to)
{
	static const char rx[] =
	    "(?:montant\\s+maxim[a-z]+\\s+)?(annuel|par\\s+an(?:nee)?\\b|/\\s?an\\b|(?:pour|sur)\\s+(?:"
	    "la|toute\\s+la|chaque)\\s+(?:duree|periode)[^.;:\\n\\t]{0,60}|par\\s+periode[^.;:\\n\\t]{0,"
	    "40})";
	struct match m;
	if (!pattern_find(r->rx, rx, r->body.s, to, from, &m))
		return;
	/* "pour la durée initiale est de" ends with the duration */
	struct match end;
	size_t stop = m.g[1].to;
	if (pattern_find(r->rx, "\\s+(?:est|sont|sera|s'eleve|fixe|a\\s+\\d)\\b", r->body.s, stop, m.g[1].from, &end))
		stop = end.from;
	char *words = view_text(r->mem, &r->body, m.g[1].from, stop);
	reading_add(r, "amount_max_period", value_text(words), 0.85, &r->body, from, to);
}

static void find_one(struct reading *r, size_t kind)
{
	struct match m;
	size_t at = 0;
	struct amount best = { 0 };
	size_t label = 0;
	unsigned n = 0;
	bool lots = false;
	while (body_find(r, labels[kind].rx, at, &m)) {
		struct amount a;
		at = m.to;
		size_t high = body_ahead(r, m.to, 220);
		if (!amount_read(r, m.to, high, &a))
			continue;
		size_t before = body_back(m.from, 50), sentence = sentence_start(r, m.from);
		if (body_has(r, other_rx, sentence > before && sentence < m.from ? sentence : before, a.from) ||
		    body_has(r, "\\A\\s*(?:par|le)\\s+lot", a.to, body_ahead(r, a.to, 12)))
			continue;
		/* "le montant maximum d'une transaction": of one thing among many, not of the contract */
		if (kind < 2 &&
		    body_has(r, "\\A\\s*(?:d'une?|de\\s+chaque)\\s+(?!accord|marche|contrat|periode|annee)[a-z]", m.to,
			body_ahead(r, m.to, 30)))
			continue;
		/* "sans montant minimum et avec un montant maximum de": the figure is the other one's */
		if (kind < 2 && body_has(r, kind == 0 ? "\\bminim" : "\\bmaxim", m.to, a.from))
			continue;
		/* one clause from label to figure; no other label between */
		if (body_has(r, "[.;]\\s+[a-z]{2,}\\s|(?:maxim|minim)[a-z]+\\b[^\\n]{0,10}:", m.to, a.from) &&
		    !body_has(r, "fixe\\s+(?:comme\\s+suit|ci-?dessous)", m.to, a.from))
			continue;
		/* "270 000 EUR TTC/an (soit 225 000 EUR HT)" */
		struct amount b;
		if (a.with_tax && amount_read(r, a.to, body_ahead(r, a.to, 80), &b) && b.before_tax)
			a = b;
		bool ht = a.before_tax || body_has(r, "\\bh\\.?t\\b|hors\\s+t(?:ax|va)", m.from, a.from) ||
			  body_has(r, "\\A\\s*h\\.?\\s?t\\b", a.to, body_ahead(r, a.to, 8));
		if (a.with_tax || !ht || a.value < 1)
			continue;
		if (per_lot(r, body_back(m.from, 120), body_ahead(r, a.to, 20))) {
			lots = true;
			continue;
		}
		/* what is spent a year is not the whole */
		if (kind >= 2 &&
		    body_has(r, "\\bannue|par\\s+an\\b|/\\s?an\\b", body_back(m.from, 20), body_ahead(r, a.to, 18)))
			continue;
		if (n > 0 && fabs(a.value - best.value) > 0.005) {
			n = 99; /* several maxima: of periods or of parts, not ours to choose */
			break;
		}
		if (n++ == 0) {
			best = a;
			label = m.from;
		}
	}
	if (n == 0 || n == 99 || lots)
		return;
	size_t from = best.to - label < 280 ? label : best.from;
	struct fact *f = say(r, labels[kind].key, value_number(best.value), 0.93, from, best.to);
	if (f && kind == 0)
		period_of(r, from, body_ahead(r, best.to, view_line_end(&r->body, best.to) - best.to));
}

void amounts_find(struct reading *r)
{
	if (r->kind == KIND_BPU || r->kind == KIND_DPGF || r->kind == KIND_DQE)
		return;
	for (size_t i = 0; i < ARRAY_LEN(labels); i++)
		find_one(r, i);
}
