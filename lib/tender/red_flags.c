#include "red_flags.h"

#include <string.h>

#include "clock.h"
#include "decision.h"
#include "tender_view.h"

#define NBSP "\u00a0"

/* X(code, severity): the fixed order. */
#define FLAGS(X) \
	X(deadline_passed, CRITICAL) \
	X(deadline_near, CRITICAL) \
	X(deadline_uncertain, CRITICAL) \
	X(deadline_without_hour, MAJOR) \
	X(deadline_on_rest_day, MINOR) \
	X(question_deadline_passed, MINOR) \
	X(site_visit_mandatory, MAJOR) \
	X(missing_piece, MAJOR) \
	X(contradiction, MAJOR) \
	X(minimum_turnover, MAJOR) \
	X(required_certifications, MAJOR) \
	X(price_only, MAJOR) \
	X(price_weight, MAJOR) \
	X(variants_required, MAJOR) \
	X(pse_to_price, MINOR) \
	X(no_negotiation, MINOR) \
	X(signature_at_deposit, MINOR) \
	X(group_forbidden, MINOR) \
	X(lots_limited, MINOR) \
	X(long_validity, MINOR) \
	X(short_duration, MINOR) \
	X(penalties_uncapped, MAJOR) \
	X(penalties_high_cap, MAJOR) \
	X(penalties_many, MINOR) \
	X(price_firm_long, MAJOR) \
	X(payment_long, MAJOR) \
	X(retention, MINOR) \
	X(no_advance, MINOR) \
	X(no_minimum, MINOR) \
	X(ccag_derogations, MINOR)

enum flag {
#define NUMBER(code, severity) FLAG_##code,
	FLAGS(NUMBER)
#undef NUMBER
	    FLAG__COUNT
};

#define CODE(code, severity) #code,
const char *const red_flag_codes[] = { FLAGS(CODE) NULL };
#undef CODE
const char *const red_flag_severities[] = { "critical", "major", "minor" };

#define SEVERITY(code, severity) RED_FLAG_##severity,
static const enum red_flag_severity severities[] = { FLAGS(SEVERITY) };
#undef SEVERITY

struct search {
	TALLOC_CTX *mem;
	const struct red_flags_input *in;
	struct red_flags *out;
};

static const struct json *fact_of(const struct search *s, const char *key)
{
	return json_get(s->in->facts, key);
}

static const struct json *value_of(const struct search *s, const char *key)
{
	return json_get(fact_of(s, key), "value");
}

static bool is(const struct search *s, const char *key, bool wanted)
{
	const struct json *v = value_of(s, key);
	return json_kind(v) == JSON_BOOL && json_truth(v) == wanted;
}

static struct red_flag *raise_flag(struct search *s, enum flag code, const char *key, const char *message)
{
	s->out->all = mem_grow(s->mem, s->out->all, struct red_flag, s->out->n + 1);
	struct red_flag *f = &s->out->all[s->out->n++];
	*f = (struct red_flag){ red_flag_codes[code], severities[code], message, key, 0, NULL };
	return f;
}

static void add_evidence(struct search *s, struct red_flag *f, const struct json *evidence)
{
	if (json_len(evidence) == 0)
		return;
	f->evidence = mem_grow(s->mem, f->evidence, const struct json *, f->n_evidence + 1);
	f->evidence[f->n_evidence++] = evidence;
}

static void flag(struct search *s, enum flag code, const char *key, const char *message)
{
	add_evidence(s, raise_flag(s, code, key, message), json_get(fact_of(s, key), "evidence"));
}

/* Whether moment a lies before b; on the same day only hours that both have tell. */
static bool earlier(const char *a, const char *b)
{
	int day = strncmp(a, b, 10);
	return day < 0 || (day == 0 && strlen(a) == 16 && strlen(b) == 16 && strcmp(a, b) < 0);
}

/* The offers' deadline where candidatures have one of their own does not hurry yet: the first counts. */
static void of_deadline(struct search *s)
{
	const char *d = json_string(value_of(s, "deadline")), *now = s->in->now;
	const char *status = json_string(json_get(fact_of(s, "deadline"), "status"));
	const char *asked = json_string(value_of(s, "question_deadline"));
	int needed = s->in->days_needed > 0 ? s->in->days_needed : 15;
	int64_t day, today;
	if (!d || !tender_day(d, &day))
		return;
	if (status && strcmp(status, "uncertain") == 0)
		flag(s, FLAG_deadline_uncertain, "deadline",
		    "La date limite de remise a été lue sans certitude" NBSP ": à confirmer.");
	if (strlen(d) == 10)
		flag(s, FLAG_deadline_without_hour, "deadline",
		    "La date limite de remise est donnée sans heure" NBSP ": à faire préciser par l'acheteur.");
	int weekday = clock_weekday(day);
	if (weekday == 0 || weekday == 6)
		flag(s, FLAG_deadline_on_rest_day, "deadline",
		    mem_printf(s->mem, "La date limite de remise tombe un %s" NBSP ": à vérifier auprès de l'acheteur.",
			weekday == 0 ? "dimanche" : "samedi"));
	if (!now || !tender_day(now, &today))
		return;
	if (earlier(d, now)) {
		flag(s, FLAG_deadline_passed, "deadline", "La date limite de remise est passée.");
		return;
	}
	int64_t left = day - today;
	if (left < needed)
		flag(s, FLAG_deadline_near, "deadline",
		    left == 0 ? "La remise est à faire aujourd'hui même."
			      : mem_printf(s->mem,
				    "Il reste %lld" NBSP "jour%s avant la remise, moins que les %d" NBSP
				    "jours qu'une réponse demande.",
				    (long long)left, left > 1 ? "s" : "", needed));
	if (asked && decision_is_moment(asked) && earlier(asked, now))
		flag(s, FLAG_question_deadline_passed, "question_deadline",
		    "Le délai pour poser des questions à l'acheteur est passé.");
}

static void of_participation(struct search *s)
{
	if (is(s, "site_visit_mandatory", true))
		flag(s, FLAG_site_visit_mandatory, "site_visit_mandatory",
		    "Une visite du site est obligatoire" NBSP
		    ": sans elle, l'offre peut être rejetée comme irrégulière.");
	const struct json *turnover = value_of(s, "minimum_turnover"), *list = value_of(s, "required_certifications");
	if (json_num(turnover) > 0)
		flag(s, FLAG_minimum_turnover, "minimum_turnover",
		    mem_printf(s->mem, "Un chiffre d'affaires annuel d'au moins %s est exigé des candidats.",
			tender_euros(s->mem, json_num(turnover))));
	if (json_len(list) > 0) {
		char *all = mem_strdup(s->mem, "");
		for (size_t i = 0; i < json_len(list) && i < 6; i++) {
			const char *one = json_string(json_at(list, i));
			all = mem_printf(s->mem, "%s%s%s", all, i ? ", " : "", one ? one : "?");
		}
		flag(s, FLAG_required_certifications, "required_certifications",
		    mem_printf(s->mem, "Des certifications ou qualifications sont exigées" NBSP ": %s%s.", all,
			json_len(list) > 6 ? "…" : ""));
	}
	if (is(s, "groupement", false))
		flag(s, FLAG_group_forbidden, "groupement", "Les groupements d'entreprises ne sont pas admis.");
	if (is(s, "signature_required", true))
		flag(s, FLAG_signature_at_deposit, "signature_required",
		    "La signature est exigée dès le dépôt" NBSP
		    ": il faut un certificat de signature électronique valide.");
}

static bool about_price(struct search *s, const struct json *criterion)
{
	const char *name = json_string(json_get(criterion, "name"));
	const char *folded = name ? view_fold(s->mem, name, strlen(name)) : "";
	return strstr(folded, "prix") || strstr(folded, "cout") || strstr(folded, "financi") ||
	       strstr(folded, "montant") || strstr(folded, "tarif");
}

static void of_offer(struct search *s)
{
	const struct json *criteria = value_of(s, "criteria");
	double price = 0;
	for (size_t i = 0; i < json_len(criteria); i++)
		if (about_price(s, json_at(criteria, i)))
			price += json_num(json_get(json_at(criteria, i), "weight"));
	if (price >= 99.5)
		flag(s, FLAG_price_only, "criteria", "Le prix est le seul critère de jugement.");
	else if (price >= 60)
		flag(s, FLAG_price_weight, "criteria",
		    mem_printf(s->mem, "Le prix compte pour %s" NBSP "%% de la note.", tender_decimal(s->mem, price)));
	const char *variants = json_string(json_get(fact_of(s, "variants_allowed"), "detail"));
	if (variants && strstr(variants, "exigée"))
		flag(s, FLAG_variants_required, "variants_allowed", "Des variantes sont exigées par l'acheteur.");
	if (is(s, "pse", true))
		flag(s, FLAG_pse_to_price, "pse", "Des prestations supplémentaires éventuelles sont à chiffrer.");
	const char *procedure = json_string(value_of(s, "procedure"));
	if (is(s, "negotiation", false))
		flag(s, FLAG_no_negotiation, "negotiation",
		    "Il n'y aura pas de négociation" NBSP ": l'offre doit être complète dès la remise.");
	else if (procedure && json_kind(value_of(s, "negotiation")) == JSON_NULL &&
		 (strcmp(procedure, "appel_offres_ouvert") == 0 || strcmp(procedure, "appel_offres_restreint") == 0))
		flag(s, FLAG_no_negotiation, "procedure",
		    "L'appel d'offres exclut la négociation" NBSP ": l'offre doit être complète dès la remise.");
	double validity = json_num(value_of(s, "offer_validity_days"));
	if (validity > 180)
		flag(s, FLAG_long_validity, "offer_validity_days",
		    mem_printf(s->mem, "L'offre engage pendant %s" NBSP "jours.", tender_decimal(s->mem, validity)));
}

static bool says(const char *folded, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strstr(folded, words[i]))
			return true;
	return false;
}

/* What the words about the sum of the penalties mean: no limit, or one above the tenth of the general conditions
 * (CCAG-TIC, FCS, PI: article 14.1.2; works: 19.2.2). */
static void of_penalties(struct search *s)
{
	static const char *const lifted[] = { "pourra exceder", "pourront exceder", "peut exceder", "peuvent exceder",
		"pourra depasser", "pourront depasser", "peut depasser", "peuvent depasser", "non plafonn",
		"pas plafonn", "sans plafon", "sans limit", "aucun plafon", "pas de plafon", "ne sont pas limite",
		"n'est pas limite", "ne seront pas plafonn" };
	static const char *const kept[] = { "ne pourra exceder", "ne pourront exceder", "ne peut exceder",
		"ne peuvent exceder", "ne pourra depasser", "ne pourront depasser", "ne peut depasser",
		"ne peuvent depasser", "ne pourra pas", "ne pourront pas", "ne peut pas", "ne peuvent pas" };
	const char *cap = json_string(value_of(s, "penalties_cap"));
	const struct json *list = value_of(s, "penalties");
	if (cap) {
		const char *folded = view_fold(s->mem, cap, strlen(cap));
		const char *percent = strchr(folded, '%');
		if (says(folded, lifted, ARRAY_LEN(lifted)) && !says(folded, kept, ARRAY_LEN(kept))) {
			flag(s, FLAG_penalties_uncapped, "penalties_cap",
			    "Le montant total des pénalités n'est pas plafonné.");
		} else if (percent) {
			const char *p = percent;
			while (p > folded && (p[-1] == ' ' || (p[-1] >= '0' && p[-1] <= '9')))
				p--;
			int value = 0;
			for (; p < percent; p++)
				value = *p == ' ' || value > 1000 ? value : value * 10 + *p - '0';
			if (value > 10 && value <= 100)
				flag(s, FLAG_penalties_high_cap, "penalties_cap",
				    mem_printf(s->mem,
					"Les pénalités peuvent atteindre %d" NBSP "%% du montant, plus que les 10" NBSP
					"%% usuels des CCAG.",
					value));
		}
	}
	if (json_len(list) >= 3)
		flag(s, FLAG_penalties_many, "penalties",
		    mem_printf(s->mem, "Le contrat fixe %zu pénalités qui lui sont propres.", json_len(list)));
}

static void of_contract(struct search *s)
{
	double months = json_num(value_of(s, "duration_months")), days = json_num(value_of(s, "payment_days"));
	const char *revision = json_string(value_of(s, "price_revision"));
	if (months > 0 && months <= 2)
		flag(s, FLAG_short_duration, "duration_months",
		    mem_printf(s->mem, "La durée est courte" NBSP ": %s" NBSP "mois.", tender_decimal(s->mem, months)));
	if (revision && strcmp(revision, "ferme") == 0 && months > 12)
		flag(s, FLAG_price_firm_long, "price_revision",
		    mem_printf(s->mem, "Les prix sont fermes pendant toute la durée, soit %s" NBSP "mois.",
			tender_decimal(s->mem, months)));
	if (days > 30)
		flag(s, FLAG_payment_long, "payment_days",
		    mem_printf(s->mem, "Le délai de paiement est de %s" NBSP "jours.", tender_decimal(s->mem, days)));
	const char *detail = json_string(json_get(fact_of(s, "retention"), "detail"));
	if (is(s, "retention", true))
		flag(s, FLAG_retention, "retention",
		    mem_printf(s->mem, "Une retenue de garantie est prévue%s%s%s.", detail ? " (" : "",
			detail ? detail : "", detail ? ")" : ""));
	if (is(s, "advance", false))
		flag(s, FLAG_no_advance, "advance", "Aucune avance n'est prévue.");
	const struct json *least = value_of(s, "amount_min_eur_ht");
	if (json_kind(least) != JSON_NULL && json_num(least) <= 0)
		flag(s, FLAG_no_minimum, "amount_min_eur_ht",
		    "Aucun montant minimum n'est garanti" NBSP ": le chiffre d'affaires n'est pas assuré.");
	size_t n = json_len(value_of(s, "ccag_derogations"));
	if (n > 0)
		flag(s, FLAG_ccag_derogations, "ccag_derogations",
		    mem_printf(s->mem, "Le contrat déroge à %zu article%s du CCAG.", n, n > 1 ? "s" : ""));
	const char *lots = json_string(json_get(fact_of(s, "lots"), "detail"));
	if (lots && strstr(lots, "par candidat"))
		flag(s, FLAG_lots_limited, "lots",
		    mem_printf(s->mem, "Le nombre de lots est limité" NBSP ": %s.", lots));
}

/* A contradiction that a person has decided, or whose fact he rejected, is settled. */
static void of_contradictions(struct search *s)
{
	for (size_t i = 0; i < json_len(s->in->contradictions); i++) {
		const struct json *c = json_at(s->in->contradictions, i), *values = json_get(c, "values");
		const char *key = json_string(json_get(c, "key")), *message = json_string(json_get(c, "message"));
		const struct json *fact = key ? fact_of(s, key) : NULL;
		if (!message || json_kind(fact) != JSON_OBJECT || json_kind(json_get(fact, "decision")) == JSON_OBJECT)
			continue;
		struct red_flag *f = raise_flag(s, FLAG_contradiction, key, message);
		for (size_t k = 0; k < json_len(values); k++)
			add_evidence(s, f, json_get(json_at(values, k), "evidence"));
	}
}

/* A document that could not be read is told by its name. */
static bool is_there(struct search *s, const char *kind)
{
	for (size_t i = 0; i < json_len(s->in->documents); i++) {
		const struct json *d = json_at(s->in->documents, i);
		const char *is_kind = json_string(json_get(d, "kind")), *file = json_string(json_get(d, "file"));
		if (is_kind && strcmp(is_kind, kind) == 0)
			return true;
		if (file && json_kind(json_get(d, "error")) != JSON_NULL &&
		    strstr(view_fold(s->mem, file, strlen(file)), kind))
			return true;
	}
	return false;
}

static void of_pieces(struct search *s)
{
	const struct json *list = value_of(s, "dce_documents");
	const char *told[32];
	size_t n = 0;
	/* a document read on its own is no dossier that lacks the rest */
	if (json_len(s->in->documents) < 2)
		return;
	for (size_t i = 0; i < json_len(list) && n < ARRAY_LEN(told); i++) {
		const char *name, *kind = piece_kind(s->mem, json_at(list, i), &name);
		bool again = !kind;
		for (size_t k = 0; kind && k < n; k++)
			again = again || strcmp(told[k], kind) == 0;
		if (again || is_there(s, kind))
			continue;
		told[n++] = kind;
		flag(s, FLAG_missing_piece, "dce_documents",
		    mem_printf(s->mem, "Une pièce que le dossier cite n'y est pas" NBSP ": «" NBSP "%s" NBSP "».",
			name ? name : kind));
	}
}

void red_flags_find(TALLOC_CTX *mem, const struct red_flags_input *in, struct red_flags *out)
{
	*out = (struct red_flags){ NULL, 0 };
	struct search s = { mem, in, out };
	of_deadline(&s);
	of_participation(&s);
	of_pieces(&s);
	of_contradictions(&s);
	of_offer(&s);
	of_penalties(&s);
	of_contract(&s);
	/* stable: the most severe first, as they came within a severity */
	struct red_flag *sorted = mem_array(mem, struct red_flag, out->n ? out->n : 1);
	size_t n = 0;
	for (enum red_flag_severity severity = RED_FLAG_CRITICAL; severity <= RED_FLAG_MINOR; severity++)
		for (size_t i = 0; i < out->n; i++)
			if (out->all[i].severity == severity)
				sorted[n++] = out->all[i];
	out->all = sorted;
}

static void write_evidence(struct json_writer *w, TALLOC_CTX *mem, const struct red_flag *f)
{
	jw_key(w, "evidence");
	jw_open(w, '[');
	for (size_t i = 0; i < f->n_evidence; i++)
		for (size_t k = 0; k < json_len(f->evidence[i]); k++)
			jw_raw(w, json_print(mem, json_at(f->evidence[i], k)));
	jw_close(w, ']');
}

void red_flags_write(TALLOC_CTX *mem, struct json_writer *w, const struct red_flags *flags)
{
	jw_open(w, '[');
	for (size_t i = 0; i < flags->n; i++) {
		const struct red_flag *f = &flags->all[i];
		jw_open(w, '{');
		jw_field_text(w, "code", f->code);
		jw_field_text(w, "severity", red_flag_severities[f->severity]);
		jw_field_text(w, "message", f->message);
		jw_field_text(w, "key", f->key);
		write_evidence(w, mem, f);
		jw_close(w, '}');
	}
	jw_close(w, ']');
}
