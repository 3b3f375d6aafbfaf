/* Until when offers are received. A date counts only with a label that says so directly before it; corrections of an
 * earlier notice win over what they correct; a first phase (candidatures) goes before the second (offres). */
#include "tender_rules.h"
#include <string.h>
#include "clock.h"

struct candidate {
	struct moment when;
	size_t label_from;
	bool candidatures; /* says candidatures and not offers */
	bool corrected;    /* "reportée au", "lire" */
	bool on_cover;
};

#define WHAT "(?:offres?|plis?|propositions?|candidatures?|dossiers?|projets?|prestations|reponses?|soumissions?)"

/* "date limite de réception des offres" and its many sisters; the last word is left to the gap. */
static const char label_rx[] =
    "\\b(?:nouvelle )?dates?(?: et (?:l'|les )?heures?)?,?\\s*(?:limites?|butoirs?)(?:\\s+(?:et heures?(?: limites?)?|"
    "fixees?))*(?:\\s+(?:de\\s+la |de |d'|pour (?:la |le )?|du )\\s*(?:reception|remise|depot|envoi|introduction|"
    "transmission|reponse|presentation)[^\\n.:;]{0,12})?(?:[^.:;|]{0,40}?\\b" WHAT "\\b)?"
    "|(?<!la )\\bdates?(?: et heures?)?\\s+de\\s+(?:remise|reception|depot)\\s+d(?:es|e l'|')\\s*" WHAT
    "|\\bdlro\\b|\\bremise\\s+d(?:es|e l'|')\\s*" WHAT
    "(?:\\s+(?:initiales?|finales?))?\\s*(?=[:-]|(?:avant|au plus tard|pour|jusqu'au)\\b)"
    "|\\b(?:reception|depot)\\s+d(?:es|e l'|')\\s*" WHAT "\\s*(?=(?:avant|au plus tard|jusqu'au)\\b)"
    /* a line of a calendar: "Dépôt des offres : 28 février 2025" */
    "|\\b(?:reception|depot)\\s+d(?:es|e l'|')\\s*(?:offres?|plis?|propositions?)(?=\\s*[:-]\\s*(?:le\\s+)?\\z)"
    "|\\b(?:candidats?|soumissionnaires?|entreprises|concurrents)\\s+ont(?=\\s+jusqu'au\\b)"
    "|\\b" WHAT
    "\\s+(?:(?:est|sont|seront)\\s+)?(?:a\\s+(?:deposer|remettre|transmettre|envoyer|adresser)|attendue?s?)\\b"
    "|\\bcloture\\s+(?:de\\s+la\\s+(?:remise|reception)|du\\s+depot|des?\\s+(?:remise|reception|depot)s?)"
    "\\s+d(?:es|e l'|')\\s*" WHAT "|\\blimites?\\s+de\\s+(?:remise|reception|depot)\\s+des?\\s+" WHAT
    "|\\b(?:offres?|plis?|candidatures?|propositions|dossiers)\\b[^.;|]{0,90}?\\b(?:parvenir|parviendra|parviendront|"
    "remis(?:es|e)?(?!\\s+d(?:"
    "es|e)\\b)|recus?|"
    "recues?|depose(?:es|s|e)?|transmis(?:es|e)?|adresse(?:es|s|e)|receptionne(?:es|s|e))\\b";

static const char bad_gap_rx[] =
    "visites?\\b|\\bavis\\b|(?<![a-z]-)publi|jours?\\s+(?:avant|a "
    "compter|calendaires|ouvr)|question|renseignement|validite|"
    "deliberation|demarrage|notification|commencement|disponible|mise en ligne|modification|debut|travaux|version|"
    "\\bmois\\b|article|arrete|decret|ordonnance|reunion\\b(?! \\))|echantillon|ouverture";

static const char other_rx[] = "(?:reception|remise|depot|envoi|transmission|reponse|presentation)\\s+(?:des?|aux|d'|"
			       "de\\s+l')\\s*(?:questions?|demandes?|"
			       "renseignements?|echantillons?|maquettes?|prototypes?)\\b";
static const char offers_rx[] = "\\b(?:offres?|plis?|propositions?|candidatures?)\\b";

/* What stands between a label and its date, when the date really is the label's. */
static bool gap_is_fair(const struct reading *r, size_t from, size_t to)
{
	if (to < from || to - from > 170)
		return false;
	if (to > from && body_has(r, bad_gap_rx, from, to))
		return false;
	/* another date stands nearer to the label: this one is something else's, unless it corrects that one */
	if (body_has(r,
		"\\d[/.]\\d{1,2}[/"
		".]\\d{2}|\\d\\s*(?:er)?\\s+(?:janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|"
		"octobre|novembre|decembre)\\s+\\d{4}",
		from, to) &&
	    !body_has(r, "au lieu|\\blire\\b|report|repouss|prorog|prolong|decal|nouvelle", from, to))
		return false;
	/* a sentence that ends between them parts them, unless the date begins at once on the next line */
	return !body_has(r, "[.;]\\s+[a-z]", from, to) ||
	       body_has(r, "(?:date|nouvelle date|lire)\\s*:?\\s*(?:le\\s*)?\\z", from, to);
}

/* "120 jours à compter de la date limite", "8 jours avant la date limite": a reference, no statement. */
static bool is_reference(const struct reading *r, size_t label, size_t gap, size_t date)
{
	size_t back = body_back(label, 70);
	if (!body_has(r,
		"(?:avant|a compter (?:de|du)|a partir de|suivant|apres|depuis|precedant|anterieures? a|posterieures? "
		"a)"
		"\\s+(?:la |le |les |l')?(?:jour de la |)\\z",
		back, label))
		return false;
	return !body_has(r, "\\b(?:soit|fixee?s?)\\b|:", gap, date);
}

static bool find_one(struct reading *r, const struct moment *m, struct candidate *out)
{
	const char *s = r->body.s;
	size_t back = body_back(m->from, 330), start = m->has_time && m->time_from < m->from ? m->time_from : m->from;
	struct match label;
	size_t near = body_back(m->from, 110);
	if (body_has(r, "au lieu d[eu]\\s*(?:lire\\b)?[^.]{0,90}\\z", near, start) &&
	    !body_has(r, "au lieu d[eu][\\s\\S]*?(?:(?<!de )\\blire\\s*:|\\breport)", near, start))
		return false; /* the date that is given up */
	memset(out, 0, sizeof(*out));
	out->when = *m;
	if (!pattern_last(r->rx, label_rx, s, back, start, &label))
		return false;
	/* "les candidats ont jusqu'au ... pour déposer leur pli": what for is said after */
	if (body_has(r, "\\bont\\s+jusqu", label.from, start) &&
	    !body_has(r,
		"\\A[^.;]{0,60}\\bpour\\s+(?:deposer|remettre|transmettre)\\s+(?:leurs?|une|les)\\s+(?:plis?|offres?|"
		"propositions?)\\b",
		m->to, body_ahead(r, m->to, 120)))
		return false;
	/* the last day for questions or samples is another matter, even under the same words */
	if (body_has(r, other_rx, label.from, start) && !body_has(r, offers_rx, label.from, start))
		return false;
	size_t gap = label.to;
	if (!gap_is_fair(r, gap, start) || is_reference(r, label.from, gap, start))
		return false;
	/* a contract's papers name that day at most by its title; other things are due in them */
	if ((r->kind == KIND_CCAP || r->kind == KIND_CCTP) &&
	    !body_has(r, "\\blimite|\\bbutoir|dlro", label.from, label.to))
		return false;
	size_t end = m->has_time && m->time_to > m->to ? m->time_to : m->to;
	/* "offres ... reçues" alone proves nothing without "avant", "au plus tard" or "le" at the date */
	if (!body_has(
		r, "\\blimite|\\bbutoir|dlro|\\A(?:remise|dates?|cloture)\\b|attendue?s?\\z", label.from, label.to) &&
	    !body_has(
		r, "\\A\\s*(?:,\\s*)?(?:au plus tard|dernier delai|terme de rigueur)", end, body_ahead(r, end, 30)) &&
	    !body_has(
		r, "(?:avant|au plus tard|jusqu'au|soit|pour)\\b[^.]{0,60}\\z|[:-]\\s*(?:le\\s*)?\\z", gap, start))
		return false;
	/* a bare "date limite" must be about offers */
	size_t context = body_back(label.from, 60);
	bool offers = body_has(r,
	    "\\b(?:offres?|plis?|propositions?|dossiers?|projets?|prestations|reponses?|soumissions?)\\b|dlro|"
	    "\\bont\\s+jusqu",
	    label.from, start);
	out->candidatures = body_has(r, "candidatures?\\b", label.from, start) && !offers;
	if (!offers && !out->candidatures &&
	    !body_has(r, "\\b(?:offres?|plis?|propositions?)\\b", context, label.from) &&
	    !body_has(r, "limites? de (?:reception|remise|depot)", label.from, start))
		return false;
	out->label_from = label.from;
	out->corrected =
	    body_has(r, "report|repouss|prorog|prolong|decal|adaptee|nouvelle date|\\blire\\s*:", context, start) ||
	    body_has(r, "\\blire\\s*(?::|le)?\\s*(?:le\\s*)?\\z", body_back(m->from, 16), m->from);
	out->on_cover = view_page(&r->body, m->from) == view_page(&r->body, 0);
	return true;
}

/* "Décalage de la date limite ... au 25 mars", "la DLRO est reportée au": the label comes first there too; but
 * "reportée au mardi 7 avril" with the label more than a line away needs its own look. */
static bool same_moment(const struct moment *a, const struct moment *b)
{
	return a->year == b->year && a->month == b->month && a->day == b->day &&
	       (!a->has_time || !b->has_time || (a->hour == b->hour && a->minute == b->minute));
}

static void prove(struct reading *r, const char *key, const struct candidate *c, unsigned times, bool doubted)
{
	const struct moment *m = &c->when;
	double confidence = 0.88 + (m->has_time ? 0.05 : 0) + (c->on_cover ? 0.02 : 0) + (times > 1 ? 0.03 : 0);
	if (!m->weekday_agrees)
		confidence = 0.6;
	/* the quote begins at the label when it stands near, else with the date's own line */
	size_t from = m->from, to = m->to;
	if (m->from - c->label_from < 130)
		from = c->label_from;
	else if (m->from - view_line_start(&r->body, m->from) < 60)
		from = view_line_start(&r->body, m->from);
	bool apart = m->has_time && m->time_from > m->to + 1 && memchr(r->body.s + m->to, '\n', m->time_from - m->to);
	if (m->has_time && !apart) {
		from = m->time_from < from ? m->time_from : from;
		to = m->time_to > to ? m->time_to : to;
	}
	if (apart && m->from - view_line_start(&r->body, m->from) < 60)
		from = view_line_start(&r->body, m->from);
	struct fact *f = reading_add(r, key, value_text(moment_text(r->mem, m)), confidence, &r->body, from, to);
	if (f && apart)
		reading_also(r, f, &r->body, view_line_start(&r->body, m->time_from), m->time_to);
	if (f && (!m->weekday_agrees || doubted))
		f->status = FACT_UNCERTAIN;
}

/* The best of those that pass `phase`: corrected ones only when there are any; the one with an hour, the earliest. */
static const struct candidate *best(const struct candidate *all, size_t n, bool candidatures, unsigned *times)
{
	const struct candidate *b = NULL;
	bool corrected = false;
	for (size_t i = 0; i < n; i++)
		corrected |= all[i].candidatures == candidatures && all[i].corrected;
	for (size_t i = 0; i < n; i++) {
		const struct candidate *c = &all[i];
		if (c->candidatures != candidatures || (corrected && !c->corrected))
			continue;
		if (!b || (same_moment(&b->when, &c->when) && c->when.has_time && !b->when.has_time))
			b = c;
	}
	*times = 0;
	for (size_t i = 0; b && i < n; i++)
		*times += all[i].candidatures == candidatures && same_moment(&all[i].when, &b->when);
	return b;
}

/* The one year printed in the document in which that day falls on that day of the week; 0 when none or several. */
static int year_of(struct reading *r, const struct moment *m)
{
	struct match y;
	int found = 0;
	for (size_t at = 0; body_find(r, "(?<![\\d/.-])20\\d\\d(?![\\d-])", at, &y); at = y.to) {
		const char *s = r->body.s + y.from;
		int year = 2000 + (s[2] - '0') * 10 + (s[3] - '0');
		int64_t days;
		if (year == found || !clock_days(year, m->month, m->day, &days) || clock_weekday(days) != m->weekday)
			continue;
		if (found)
			return 0;
		found = year;
	}
	return found;
}

/* "LUNDI 31 JANVIER A 12H": the year stands elsewhere, the day of the week proves it; to be confirmed. */
static void find_without_year(struct reading *r)
{
	struct candidate c;
	struct moment m;
	for (size_t at = 0; french_day(r->rx, r->body.s, r->body.n, at, &m); at = m.to) {
		m.year = year_of(r, &m);
		m.weekday_agrees = true;
		if (m.year == 0 || !find_one(r, &m, &c))
			continue;
		prove(r, "deadline", &c, 1, true);
		return;
	}
}

void deadline_find(struct reading *r)
{
	struct candidate all[32];
	size_t n = 0, at = 0;
	struct moment m;
	while (n < ARRAY_LEN(all) && french_moment(r->rx, r->body.s, r->body.n, at, &m)) {
		at = m.to;
		if (find_one(r, &m, &all[n]))
			n++;
	}
	unsigned times_offers, times_first;
	const struct candidate *offers = best(all, n, false, &times_offers), *first = best(all, n, true, &times_first);
	if (first && offers && same_moment(&first->when, &offers->when))
		first = NULL;
	if (first) {
		prove(r, "deadline", first, times_first, false);
		if (offers)
			prove(r, "deadline_offers", offers, times_offers, false);
		return;
	}
	if (!offers) {
		find_without_year(r);
		return;
	}
	prove(r, "deadline", offers, times_offers, false);
	/* another date with the same label, not a correction: both are told */
	for (size_t i = 0; i < n; i++) {
		const struct candidate *c = &all[i];
		if (!c->candidatures && !offers->corrected && !c->corrected && !same_moment(&c->when, &offers->when)) {
			prove(r, "deadline", c, 1, false);
			break;
		}
	}
}
