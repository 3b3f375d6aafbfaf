/* How long the contract runs and how often it is renewed. The contract's own duration goes before the time of works;
 * days and weeks that are no whole years are no months; totals with renewals are not the initial period. */
#include <string.h>
#include "clock.h"
#include "sayings.h"

static long months_of(const struct duration *d)
{
	switch (d->unit) {
	case UNIT_MONTHS:
		return d->count;
	case UNIT_YEARS:
		return d->count * 12;
	case UNIT_DAYS:
		return d->count == 365 || d->count == 366     ? 12
		       : d->count == 730                      ? 24
		       : d->count == 1095                     ? 36
		       : d->count == 1460 || d->count == 1461 ? 48
							      : 0;
	case UNIT_WEEKS:
		break;
	}
	return 0;
}

#define CONTRACT \
	"(?:du|de\\s+l'|de\\s+la|des|de\\s+ce)\\s*(?:present[e]?\\s+)?(?:marches?|accord(?:\\s|-)*cadre|contrat|" \
	"mission|" \
	"prestations?)(?:\\s+public)?"

static const struct {
	const char *rx;
	int rank; /* 0 is the surest */
	size_t reach;
} labels[] = {
	{ "(?:conclue?|passee?|etablie?|attribuee?|souscrite?)s?\\s+pour\\s+une\\s+(?:duree|periode)\\b", 0, 80 },
	{ "\\b(?:marche|accord(?:\\s|-)*cadre|contrat)s?\\s+(?:est|sera|sont|seront)\\s+(?:conclu|passe|etabli)e?s?\\s+"
	  "pour\\b",
	    0, 5 },
	{ "\\bperiode\\s+initiale\\b", 0, 60 },
	{ "\\bduree\\s+(?:globale\\s+|totale\\s+|previsionnelle\\s+|initiale\\s+|maximale\\s+|ferme\\s+)?(?:d'"
	  "execution\\s+"
	  "|de\\s+validite\\s+)?" CONTRACT,
	    0, 110 },
	{ "(?:marche|accord(?:\\s|-)*cadre|contrat)\\s+(?:est|sera)\\s+d'une\\s+duree\\b", 0, 60 },
	{ "\\b(?:marche|accord(?:\\s|-)*cadre|contrat)\\b[^.;\\n]{0,60}\\b(?:a|aura)\\s+une\\s+duree\\b", 0, 60 },
	{ "(?:marche|accord(?:\\s|-)*cadre|contrat)\\b[^.;\\n]{0,60},\\s+d'une\\s+duree\\b", 0, 30 },
	{ "(?:^|[-.]\\s)[\\s*-]*duree(?:\\s*/\\s*delai)?s?\\s*[:\\t\\n-]?\\s*(?=\\d)", 1, 20 },
	{ "(?:^|[-.]\\s)[\\s*-]*durees?\\s*:\\s*(?=(?:une?|deux|trois|quatre|cinq|six|douze|dix-huit|vingt-quatre)\\s+("
	  "?:ans?|annees?|mois)\\b(?!\\s+de\\s+(?:garantie|maintenance)))",
	    1, 4 },
	{ "(?:prend|prendra)[^.;]{0,60}\\bpour\\s+une\\s+(?:duree|periode)\\b", 1, 80 },
	{ "(?<=\\n)(?=\\d{1,2}\\s+mois\\s*:?\\s+du\\s+\\d)", 1, 12 },
	{ "\\bdelais?\\s+(?:global\\s+|contractuel\\s+|maximum\\s+|previsionnel\\s+)?d['\\s]*\\s?(?:execution|"
	  "realisation)\\b(?:\\s+"
	  "(?:du|de\\s+l'|des|de\\s+la|de)\\s*(?:present\\s+|ensemble\\s+des\\s+)?(?:marche|travaux|prestations|"
	  "mission|"
	  "ouvrages))?",
	    2, 70 },
};

/* What the words between label and figure must not speak of. */
static const char other_rx[] =
    "reconduct|reconduit|renouvel|prolong|garantie|validite\\s+des|preparation|avant\\b|par\\s+lot|"
    "maintenance|paiement|preavis|chaque|penalit|toutes\\s+periodes|moins\\b|retard|"
    "bons?\\s+de\\s+commande|superieur|inferieur|figure|lot\\s+n|conception";
static const char after_rx[] = "\\A[^.;\\n]{0,50}(?:toutes\\s+(?:periodes|reconductions)|reconductions?\\s+(?:comprise|"
			       "incluse)s?|renouvellements?\\s+"
			       "(?:compris|inclus)|avant\\b)";

struct span {
	long months;
	size_t from, to;
	int rank;
};

/* "26 mois plus l'année de parfait achèvement": the sum is what the text says. */
static void add_year(const struct reading *r, struct span *s)
{
	static const char rx[] =
	    "\\G\\s*(?:,\\s*)?(?:plus|\\+|augmentes?\\s+de)\\s+(?:l'|une?\\s)\\s*(?:annee|an)\\s+de\\s+"
	    "(?:garantie\\s+(?:de\\s+)?)?parfait\\s+achevement";
	struct match m;
	if (pattern_at(r->rx, rx, r->body.s, r->body.n, s->to, &m)) {
		s->months += 12;
		s->to = m.to;
	}
}

/* "conclu du 04/08/2027 jusqu'au 03/08/2028 inclus": whole months only. */
static void from_dates(struct reading *r)
{
	static const char rx[] =
	    "(?:conclu|passe|etabli|effet|execut|valable)[a-z]*\\b[^.;\\n]{0,60}\\b(?:du|a\\s+"
	    "compter\\s+du)\\s+(?=\\d|1er|[a-z]+\\s+\\d)|"
	    "\\b(?:marche|accord-?\\s?cadre|contrat)\\s+(?:debute|commence|demarre)(?:ra)?\\s+le\\s+"
	    "(?=\\d|1er|[a-z]+\\s+\\d)";
	struct match m;
	struct moment a, b;
	int64_t last, end;
	size_t high;
	if (r->kind == KIND_CCTP || !body_find(r, rx, 0, &m))
		return;
	high = body_ahead(r, m.to, 120);
	if (!french_moment(r->rx, r->body.s, high, m.to, &a) || a.from > m.to + 3 ||
	    !french_moment(r->rx, r->body.s, high, a.to, &b) ||
	    !body_has(r,
		"\\A[\\s,]*(?:(?:jusqu'|et\\s+jusqu')?\\s*au|(?:pour|et)\\s+(?:s'acheve(?:r|ra)?|se\\s+termine(?:r|ra)?"
		"|"
		"prend(?:re|ra)?\\s+fin)\\s+le)\\s+\\z",
		a.to, b.from) ||
	    !clock_days(b.year, b.month, b.day, &last))
		return;
	for (int n = 1; n <= 120; n++) {
		int month = a.year * 12 + a.month - 1 + n;
		if (!clock_days(month / 12, month % 12 + 1, a.day, &end) || end != last + 1)
			continue;
		struct fact *f = say(r, "duration_months", value_number(n), 0.88, m.from, b.to);
		if (f)
			f->computed = true;
		return;
	}
}

/* A sentence about the contract as a whole: two such sentences that differ contradict each other, while lots, phases
 * and parts may well last differently. */
static bool whole_contract(const struct reading *r, const struct span *s)
{
	return s->rank == 0 && body_has(r, "\\b(?:marche|accord|contrat|periode\\s+initiale)", s->from, s->to) &&
	       !body_has(r, "\\blots?\\b|tranche|phase|mission|partie|prestations|subsequent|sous-?\\s?trait",
		   sentence_start(r, s->from), sentence_end(r, s->to));
}

static void find_duration(struct reading *r)
{
	struct span best = { .rank = 9 }, other = { .rank = 9 };
	bool differ = false;
	for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
		struct match m;
		size_t at = 0;
		if (r->kind == KIND_CCTP && i > 0)
			break; /* a technical document tells many times; only the contract's own sentence counts */
		while (labels[i].rank <= best.rank && body_find(r, labels[i].rx, at, &m)) {
			struct duration d;
			at = m.to > m.from ? m.to : m.to + 1;
			if (!french_duration(r->rx, r->body.s, body_ahead(r, m.to, labels[i].reach + 25), m.to, &d) ||
			    d.from - m.to > labels[i].reach)
				continue;
			/* "20 mois au lieu de 16 mois" is told by a corrigendum: its first figure is the right one */
			if (body_has(r, other_rx, m.from, d.from) ||
			    body_has(r, after_rx, d.to, body_ahead(r, d.to, 80)) ||
			    body_has(r, "[.;]\\s+[a-z]{2,}\\s+[a-z]|\\n\\n[^\\n]*\\n\\n|au\\s+lieu", m.to, d.from) ||
			    body_has(r, "(?:reconduct|renouvel|garantie|lot\\s+n|precedent)[^.\\n]{0,40}\\z",
				body_back(m.from, 50), m.from))
				continue;
			long months = months_of(&d);
			if (months < 1 || months > 360 ||
			    (d.unit == UNIT_DAYS && body_has(r, "\\A\\s*ouvr", d.to, body_ahead(r, d.to, 8))))
				continue;
			struct span s = { months, d.from - m.from < 220 ? m.from : d.from, d.to, labels[i].rank };
			add_year(r, &s);
			if (s.rank < best.rank) {
				best = s;
				differ = false;
				other.rank = 9;
			} else if (s.months != best.months) {
				/* a corrigendum, a lot's own time, a second contradicting clause: told, not chosen */
				differ = true;
				if (other.rank == 9)
					other = s.from > best.from ? s : best;
				if (s.from > best.from)
					continue;
				best = s;
			}
		}
	}
	if (best.rank == 9)
		from_dates(r);
	if (best.rank == 9 || (differ && best.rank == 2))
		return;
	struct fact *f = say(
	    r, "duration_months", value_number((double)best.months), best.rank == 2 ? 0.85 : 0.93, best.from, best.to);
	if (f && differ && whole_contract(r, &best) && whole_contract(r, &other))
		say(r, "duration_months", value_number((double)other.months), 0.92, other.from, other.to);
	else if (f && differ)
		f->status = FACT_UNCERTAIN;
}

#define NUM \
	"(\\d{1,2}|une?|deux|trois|quatre|cinq|six|sept|huit|neuf|dix)(?:\\s*\\(\\s*(?:\\d{1,2}|[a-z]{2,7})\\s*\\))?"

static const char times_rx[] =
    "(?:(?<!non-)(?<!non )(?:reconductibles?|renouvelables?|reconduite?s?|renouvelee?s?|reconduire|renouveler)\\b"
    "[^.;:\\n]{0,50}?\\b" NUM
    "\\s+fois|nombre\\s+(?:maximum\\s+|maximal\\s+)?de\\s+(?:periodes?\\s+de\\s+)?(?:reconductions?|"
    "renouvellements?)(?:\\s+(?:possibles?|maximum))?\\s*(?:est\\s+(?:fixe|limite)\\s+a|est\\s+de|:)\\s*" NUM "\\b|"
    "(?:comprend|comporte|prevoit|avec|l'objet\\s+de)\\s+" NUM
    "\\s+(?:periodes?\\s+de\\s+)?(?:reconductions?|renouvellements?)|(?<!non-)(?<!non "
    ")\\b(?:reconductions?|renouvellements?)\\s*:\\s*" NUM "\\s+fois)";

static const char never_rx[] =
    "\\b(?:marche|accord-?\\s?cadre|contrat)\\s+non[ -](?:reconductible|renouvelable)|"
    "(?:reconduction|renouvellement)\\s+n'est\\s+pas\\s+prevue?|(?:n'est|ne\\s+sera|ne\\s+seront|ne\\s+sont)\\s+(?:pas|"
    "ni)\\s+(?:tacitement\\s+|expressement\\s+)?(?:reconduct|"
    "renouvelable|reconduit|renouvele)[a-z]*|(?:pas|aucune?)\\s+(?:(?:est|n'est)\\s+)?(?:prevue?s?\\s+)?(?:de\\s+|d')?"
    "\\s*"
    "(?:reconduction|renouvellement)\\b(?:\\s+n'est\\s+prevue?)?|ne\\s+(?:pourra|peut)\\s+(?:pas\\s+)?(?:etre\\s+|"
    "faire\\s+"
    "l'objet\\s+d'une?\\s+)(?:reconduit|reconduction|renouvel)[a-z]*(?!\\s+(?:que|plus))|ne\\s+fait\\s+pas\\s+l'"
    "objet\\s+d"
    "['e]\\s*(?:une?\\s+)?(?:reconduction|renouvellement)|(?:^|\\s)sans\\s+(?:possibilite\\s+de\\s+)?(?:reconduction|"
    "renouvellement)\\b|(?:reconductions?|renouvellements?)\\s*:\\s*(?:non|neant|aucune?|sans\\s+objet)\\b(?!\\s*/"
    "?\\s*oui)";

static void find_renewals(struct reading *r)
{
	struct match yes, no, m;
	long times = 0;
	bool renewed = false;
	size_t at = 0;
	while (!renewed && body_find(r, times_rx, at, &yes)) {
		at = yes.to;
		for (unsigned g = 1; g <= 4; g++)
			if (yes.g[g].set)
				french_number(r->body.s + yes.g[g].from, yes.g[g].to - yes.g[g].from, &times);
		/* of a guarantee, of a certificate: other renewals */
		renewed = times >= 1 && times <= 20 &&
			  !body_has(r, "certificat|garantie|licence|abonnement|\\bprecedent|\\bancien|\\[ \\]",
			      sentence_start(r, yes.from), yes.from);
	}
	bool never = body_find(r, never_rx, 0, &no) &&
		     !body_has(r, "certificat|garantie|\\[ \\]|similaires", sentence_start(r, no.from), no.from);
	/* "pourra être reconduit" beside "ne sera pas reconduit": the choices of a form whose marks are lost */
	struct match choice;
	if (never && pattern_find(r->rx,
			 "(?<!\\bne )\\b(?:pourra|peut|est|sera)\\s+(?:etre\\s+)?(?:tacitement\\s+|expressement\\s+)?"
			 "(?:reconduit|renouvele|reconductible|renouvelable)e?\\b",
			 r->body.s, body_ahead(r, no.to, 300), body_back(no.from, 300), &choice))
		return;
	if (renewed == never)
		return;
	if (never) {
		say(r, "renewals", value_number(0), 0.93, no.from, no.to);
		return;
	}
	say(r, "renewals", value_number((double)times), 0.94, yes.from, yes.to);
	static const char each_rx[] =
	    "periodes?\\s+(?:successives?\\s+|supplementaires?\\s+)?(?:de\\s+(?:reconduction|renouvellement)\\s+)?(?:"
	    "est\\s+"
	    "|sera\\s+)?(?:fixee\\s+a\\s+|d['e]\\s*)|(?:reconductions?(?:\\s+(?:tacites?|"
	    "expresses?))?|fois|renouvellements?)\\s*(?:\\([^)\\n]{0,12}\\)"
	    "\\s*)?(?:"
	    "maximum\\s+)?,?\\s*(?:de|d'|pour|par\\s+tranche\\s+de)\\s+(?:une\\s+(?:duree|periode)\\s+(?:de\\s+|d'))?";
	at = yes.from;
	while (body_find(r, each_rx, at, &m) && m.from < body_ahead(r, yes.to, 400)) {
		struct duration d;
		at = m.to;
		if (!french_duration(r->rx, r->body.s, body_ahead(r, m.to, 30), m.to, &d) || d.from > m.to + 2)
			continue;
		long months = months_of(&d);
		if (months < 1 ||
		    body_has(r, "initiale|totale|maximale|maximum\\s+de|toutes", body_back(m.from, 30), d.from))
			continue;
		say(r, "renewal_months", value_number((double)months), 0.92, m.from, d.to);
		return;
	}
}

void duration_find(struct reading *r)
{
	if (r->kind == KIND_BPU || r->kind == KIND_DPGF || r->kind == KIND_DQE)
		return;
	find_duration(r);
	find_renewals(r);
}
