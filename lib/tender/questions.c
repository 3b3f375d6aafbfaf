/* Until when one may ask, and is answered. Printed dates are taken; "8 days before" is reckoned from the deadline that
 * the same document states, and marked as computed. Working days are not reckoned: that takes a calendar. */
#include <string.h>
#include "clock.h"
#include "sayings.h"

static const struct fact *deadline_of(const struct reading *r)
{
	const struct fact *d = NULL;
	for (size_t i = 0; i < r->n_found; i++) {
		const struct fact *f = &r->found[i];
		if (strcmp(f->key, "deadline_offers") == 0)
			return NULL; /* two phases: before which of them is not for us to choose */
		if (strcmp(f->key, "deadline") != 0)
			continue;
		if (d && strncmp(d->value.text, f->value.text, 10) != 0)
			return NULL;
		d = f;
	}
	return d;
}

static int number(const char *s, int n)
{
	int v = 0;
	while (n-- > 0)
		v = v * 10 + (*s++ - '0');
	return v;
}

/* The day `days` before a date text; NULL when it is none. */
static char *days_before(TALLOC_CTX *mem, const char *date, long days)
{
	int64_t at, first;
	int year = number(date, 4), month = number(date + 5, 2), day = number(date + 8, 2);
	if (!clock_days(year, month, day, &at))
		return NULL;
	at -= days;
	while (clock_days(year, month, 1, &first) && first > at) {
		if (--month == 0) {
			month = 12;
			year--;
		}
	}
	return mem_printf(mem, "%04d-%02d-%02d", year, month, (int)(at - first) + 1);
}

static const char asked_rx[] = "demandes?\\b|questions?\\b|renseignements?\\s+complementaires";
static const char answered_rx[] = "\\brepon(?:ses?|dra|du|dues)\\b";
static const char other_rx[] =
    "modifi|visite|prolong|report|signature|reconduc|\\bdossier\\s+de\\s+consultation\\s+(?:sera|est)"
    "|recours|attestation|sous-?\\s?trait";

/* Which of the two a clause is about: -1 neither, 0 questions, 1 answers. */
static int about(const struct reading *r, size_t from, size_t at, size_t to)
{
	if (body_has(r, other_rx, from, to))
		return -1;
	struct match q, a;
	/* "Les demandes reçues 9 jours avant ... auront une réponse": the subject stands first */
	bool asked = pattern_last(r->rx, asked_rx, r->body.s, from, at, &q);
	bool answered = pattern_last(r->rx, answered_rx, r->body.s, from, at, &a);
	if (!asked && !answered)
		return body_has(r, "\\A[^.;]{0,140}demande\\s+(?:ecrite|par\\s+ecrit|de\\s+renseignement)", at, to)
			   ? 0
			   : -1;
	if (asked && answered)
		return a.from > q.from && !body_has(r, "obtenir|recevoir", q.from, a.from) ? 1 : 0;
	return answered ? 1 : 0;
}

static void state(
    struct reading *r, int which, char *text, bool computed, size_t from, size_t to, const struct fact *base)
{
	if (!text)
		return;
	const struct evidence e = base ? base->evidence[0] : (struct evidence){ 0 };
	bool doubt = base && base->status != FACT_FOUND;
	struct fact *f = say(r, which == 0 ? "question_deadline" : "answers_deadline", value_text(text),
	    computed ? 0.88 : 0.93, from, to);
	if (!f)
		return;
	f->computed = computed;
	if (base)
		reading_also_evidence(r, f, &e);
	if (doubt)
		f->status = FACT_UNCERTAIN;
}

void questions_find(struct reading *r)
{
	if (r->kind != KIND_RC && r->kind != KIND_AAPC && r->kind != KIND_OTHER)
		return;
	static const char relative_rx[] = "(?:(?:au\\s+plus\\s+tard|au\\s+moins|minimum)\\s+)?\\b(\\d{1,2}|deux|trois|"
					  "quatre|cinq|six|sept|huit|neuf|dix|onze|"
					  "douze|quinze|vingt)\\s*(?:\\(\\s*[a-z\\d]{1,6}\\s*\\)\\s*)?jours?\\s+("
					  "calendaires\\s+|francs\\s+)?(?:(?:au\\s+plus\\s+"
					  "tard|au\\s+moins|minimum)\\s+)?avant\\s+(?:cette\\s+(?:meme\\s+)?date\\b|(?:"
					  "la\\s+)?(?:date|l'heure|limite|remise)"
					  "[^.;]{0,80}\\b(?:offres|plis|propositions|reception|remise))";
	static const char printed_rx[] =
	    "(?:au\\s+plus\\s+tard|jusqu'au|avant)\\s+(?:le\\s+)?(?=(?:lundi|mardi|mercredi|jeudi|"
	    "vendredi|samedi|dimanche|\\d{1,2}\\s?[/.]|\\d{1,2}\\s?(?:er)?\\s+[a-z]{3,9}\\s+\\d{4}))";
	const struct fact *deadline = deadline_of(r);
	const struct fact base = deadline ? *deadline : (struct fact){ 0 };
	bool done[2] = { false, false };
	struct match m;
	size_t at = 0;
	while (deadline && body_find(r, relative_rx, at, &m)) {
		long days = 0;
		at = m.to;
		size_t from = sentence_start(r, m.from);
		int which = about(r, from, m.from, sentence_end(r, m.to));
		if (which < 0 || done[which] || !french_number(r->body.s + m.g[1].from, m.g[1].to - m.g[1].from, &days))
			continue;
		done[which] = true;
		state(r, which, days_before(r->mem, base.value.text, days), true, m.from - from < 160 ? from : m.from,
		    m.to, &base);
	}
	at = 0;
	while (body_find(r, printed_rx, at, &m)) {
		struct moment t;
		at = m.to;
		if (!french_moment(r->rx, r->body.s, body_ahead(r, m.to, 60), m.to, &t) || t.from > m.to + 1 ||
		    !t.weekday_agrees)
			continue;
		size_t from = sentence_start(r, m.from);
		int which = about(r, from, m.from, sentence_end(r, t.to));
		if (which < 0 || done[which])
			continue;
		done[which] = true;
		state(r, which, moment_text(r->mem, &t), false, m.from - from < 160 ? from : m.from,
		    t.has_time && t.time_to > t.to ? t.time_to : t.to, NULL);
	}
}
