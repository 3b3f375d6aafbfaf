/* Questions to ask the buyer: where the dossier contradicts itself, names a piece that is not there, or leaves open
 * what an offer can't do without. Only from what was found: what was not found may stand where we did not look. */
#include <string.h>
#include "clock.h"
#include "decision.h"
#include "tender_rules.h"

#define NBSP "\u00a0"

/* How a contradiction is asked about. With `values` the two follow: "… : 180 jours (RC.pdf, page 4) ou 6 mois …". */
static const struct {
	const char *key, *text;
	bool values;
} asked[] = {
	{ "buyer_siret", "Quel est le numéro SIRET de l'acheteur", true },
	{ "deadline", "Quelles sont la date et l'heure limites de remise", true },
	{ "deadline_offers", "Quelles sont la date et l'heure limites de remise des offres", true },
	{ "procedure", "Quelle est la procédure de passation", true },
	{ "lots", "En combien de lots la consultation est-elle divisée", true },
	{ "allotted", "La consultation est-elle divisée en lots", false },
	{ "criteria", "Quels sont les critères de jugement des offres et leur pondération", true },
	{ "offer_validity_days", "Pendant combien de temps les offres doivent-elles rester valables", true },
	{ "variants_allowed", "Les variantes sont-elles autorisées", false },
	{ "contract_form", "Quelle est la forme du contrat", true },
	{ "contract_nature", "Quelle est la nature du contrat", true },
	{ "duration_months", "Quelle est la durée initiale du contrat", true },
	{ "renewals", "Combien de reconductions sont prévues", true },
	{ "renewal_months", "Quelle est la durée d'une reconduction", true },
	{ "amount_max_eur_ht", "Quel est le montant maximum", true },
	{ "amount_min_eur_ht", "Quel est le montant minimum", true },
	{ "estimated_amount_eur_ht", "Quel est le montant estimé", true },
	{ "budget", "Quel est le budget", true },
	{ "site_visit_mandatory", "La visite du site est-elle obligatoire", false },
	{ "negotiation", "Une négociation est-elle prévue", false },
	{ "pse", "Des prestations supplémentaires éventuelles sont-elles à chiffrer", false },
	{ "electronic_only", "Les offres doivent-elles être remises uniquement par voie électronique", false },
	{ "signature_required", "La signature est-elle exigée dès le dépôt de l'offre", false },
	{ "dume_accepted", "Le DUME est-il accepté", false },
	{ "question_deadline", "Jusqu'à quelle date les candidats peuvent-ils poser des questions", true },
	{ "answers_deadline", "Jusqu'à quelle date l'acheteur répond-il aux questions", true },
	{ "ccag", "À quel CCAG le contrat se réfère-t-il", true },
	{ "payment_days", "Quel est le délai de paiement", true },
	{ "retention", "Une retenue de garantie est-elle prévue", false },
	{ "minimum_turnover", "Quel est le chiffre d'affaires minimum exigé des candidats", true },
};

static void ask(
    TALLOC_CTX *mem, struct analysis *out, char *text, char *reason, const struct evidence *evidence, size_t n_evidence)
{
	out->questions = mem_grow(mem, out->questions, struct question, out->n_questions + 1);
	out->questions[out->n_questions++] =
	    (struct question){ text, reason, n_evidence, mem_dup(mem, evidence, n_evidence * sizeof(*evidence)) };
}

static bool contradicted(const struct analysis *out, const char *key)
{
	for (size_t i = 0; i < out->n_contradictions; i++)
		if (strcmp(out->contradictions[i].key, key) == 0)
			return true;
	return false;
}

static void of_contradiction(TALLOC_CTX *mem, struct analysis *out, const struct contradiction *c)
{
	for (size_t k = 0; k < ARRAY_LEN(asked); k++) {
		if (strcmp(asked[k].key, c->key) != 0)
			continue;
		char *text = c->lot ? mem_printf(mem, "%s (lot" NBSP "%s)", asked[k].text, c->lot)
				    : mem_strdup(mem, asked[k].text);
		struct evidence *evidence = NULL;
		size_t n = 0;
		for (size_t i = 0; i < c->n_values; i++) {
			if (asked[k].values)
				text = mem_printf(mem, "%s%s%s", text,
				    i == 0                ? NBSP ": "
				    : i + 1 < c->n_values ? ", "
							  : " ou ",
				    fact_said(mem, out, &c->values[i]));
			evidence = mem_grow(mem, evidence, struct evidence, n + 1);
			evidence[n++] = c->values[i].evidence[0];
		}
		ask(mem, out, mem_printf(mem, "%s" NBSP "?", text), c->message, evidence, n);
		return;
	}
}

static void of_deadline(TALLOC_CTX *mem, struct analysis *out, const char *key, const char *what)
{
	static const char *const days[] = { "dimanche", NULL, NULL, NULL, NULL, NULL, "samedi" };
	const struct fact *f = analysis_fact(out, key);
	int64_t day;
	if (!f || contradicted(out, key) || !tender_day(f->value.text, &day))
		return;
	const char *weekday = days[clock_weekday(day)];
	if (f->status == FACT_UNCERTAIN)
		ask(mem, out,
		    mem_printf(mem, "Pouvez-vous confirmer la date limite de remise %s" NBSP ": %s" NBSP "?", what,
			value_words(mem, key, &f->value)),
		    mem_strdup(mem, "Le dossier donne cette date de façon ambiguë."), f->evidence, f->n_evidence);
	else if (strlen(f->value.text) == 10)
		ask(mem, out,
		    mem_printf(mem, "À quelle heure les plis doivent-ils parvenir au plus tard, le %s" NBSP "?",
			tender_day_words(mem, day)),
		    mem_printf(mem, "Le dossier donne la date limite de remise %s sans heure.", what), f->evidence,
		    f->n_evidence);
	else if (weekday)
		ask(mem, out,
		    mem_printf(mem, "La date limite de remise %s est-elle bien le %s %s" NBSP "?", what, weekday,
			value_words(mem, key, &f->value)),
		    mem_printf(mem, "Cette date tombe un %s.", weekday), f->evidence, f->n_evidence);
}

/* Documents that were read are told by their kind, the others by their name. */
static bool is_there(TALLOC_CTX *tmp, const struct analysis *out, const char *kind)
{
	for (size_t i = 0; i < out->n_documents; i++) {
		const struct analyzed_document *d = &out->documents[i];
		if (strcmp(tender_kind_id(d->kind), kind) == 0 ||
		    (d->error && d->file && strstr(view_fold(tmp, d->file, strlen(d->file)), kind)))
			return true;
	}
	return false;
}

static void of_pieces(TALLOC_CTX *mem, TALLOC_CTX *tmp, struct analysis *out)
{
	const struct fact *f = analysis_fact(out, "dce_documents");
	const char *told[16];
	char *names = NULL;
	size_t n = 0;
	/* a document read on its own is no dossier that lacks the rest */
	for (size_t i = 0; f && out->n_documents > 1 && i < f->value.n && n < ARRAY_LEN(told); i++) {
		const struct piece *p = &f->value.pieces[i];
		const char *kind = piece_kind_of(tmp, p->code, p->name);
		bool again = !kind;
		for (size_t k = 0; kind && k < n; k++)
			again = again || strcmp(told[k], kind) == 0;
		if (again || is_there(tmp, out, kind))
			continue;
		told[n++] = kind;
		names = mem_printf(mem, "%s%s«" NBSP "%s" NBSP "»", names ? names : "", names ? ", " : "", p->name);
	}
	if (n > 0)
		ask(mem, out,
		    mem_printf(mem,
			n > 1 ? "Pouvez-vous transmettre les pièces suivantes, citées par le dossier" NBSP ": %s" NBSP
				"?"
			      : "Pouvez-vous transmettre la pièce suivante, citée par le dossier" NBSP ": %s" NBSP "?",
			names),
		    mem_strdup(mem, n > 1 ? "Le dossier les compte parmi ses pièces, et elles n'y sont pas."
					  : "Le dossier la compte parmi ses pièces, et elle n'y est pas."),
		    f->evidence, f->n_evidence);
}

void ask_buyer(TALLOC_CTX *mem, TALLOC_CTX *tmp, struct analysis *out)
{
	for (size_t i = 0; i < out->n_contradictions; i++) {
		const struct contradiction *c = &out->contradictions[i];
		/* of the number of lots and whether there are any, one question is enough */
		if (strcmp(c->key, "allotted") != 0 || !contradicted(out, "lots"))
			of_contradiction(mem, out, c);
	}
	bool two = analysis_fact(out, "deadline_offers") != NULL;
	of_deadline(mem, out, "deadline", two ? "des candidatures" : "des offres");
	of_deadline(mem, out, "deadline_offers", "des offres");
	of_pieces(mem, tmp, out);
}
