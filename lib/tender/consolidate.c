/* From what each document states to what the dossier says. The document that has the word on a subject goes first
 * (rules of the procedure: RC, then notice; terms of the contract: AE, CCAP); agreement makes surer; disagreement is
 * told, never hidden. */
#include <math.h>
#include <string.h>
#include "clock.h"
#include "tender_rules.h"

static const struct {
	const char *key;
	bool contract;      /* AE and CCAP have the word */
	bool loose;         /* words differ between documents without meaning another thing: no contradiction */
	const char *french; /* how a message calls it */
} keys[] = {
	{ "document_type", false, true, "nature du document" },
	{ "buyer", false, true, "acheteur" },
	{ "buyer_siret", false, false, "SIRET de l'acheteur" },
	{ "buyer_address", false, true, "adresse de l'acheteur" },
	{ "buyer_contact", false, true, "contact de l'acheteur" },
	{ "object", false, true, "objet" },
	{ "reference", false, true, "référence" },
	{ "deadline", false, false, "date limite de remise" },
	{ "deadline_offers", false, false, "date limite de remise des offres" },
	{ "procedure", false, false, "procédure" },
	{ "lots", false, false, "nombre de lots" },
	{ "allotted", false, false, "allotissement" },
	{ "lots_list", false, true, "liste des lots" },
	{ "criteria", false, false, "critères de jugement" },
	{ "offer_validity_days", false, false, "délai de validité des offres" },
	{ "variants_allowed", false, false, "variantes" },
	{ "platform_url", false, true, "plateforme de dématérialisation" },
	{ "contract_form", false, false, "forme du contrat" },
	{ "contract_nature", false, false, "nature du contrat" },
	{ "cpv", false, true, "codes CPV" },
	{ "nuts", false, true, "codes NUTS" },
	{ "duration_months", true, false, "durée" },
	{ "renewals", true, false, "nombre de reconductions" },
	{ "renewal_months", true, false, "durée d'une reconduction" },
	{ "amount_max_eur_ht", true, false, "montant maximum HT" },
	{ "amount_max_period", true, true, "période du montant maximum" },
	{ "amount_min_eur_ht", true, false, "montant minimum HT" },
	{ "estimated_amount_eur_ht", false, false, "montant estimé HT" },
	{ "budget", false, false, "budget" },
	{ "site_visit_mandatory", false, false, "visite obligatoire" },
	{ "visit_dates", false, true, "dates de visite" },
	{ "negotiation", false, false, "négociation" },
	{ "pse", false, false, "prestations supplémentaires éventuelles" },
	{ "groupement", false, true, "groupement" },
	{ "electronic_only", false, false, "remise électronique obligatoire" },
	{ "signature_required", false, false, "signature au dépôt" },
	{ "dume_accepted", false, false, "DUME" },
	{ "question_deadline", false, false, "date limite des questions" },
	{ "answers_deadline", false, false, "date limite des réponses" },
	{ "mandatory_candidature", false, true, "pièces de la candidature" },
	{ "mandatory_offer", false, true, "pièces de l'offre" },
	{ "mandatory_documents", false, true, "pièces à remettre" },
	{ "dce_documents", false, true, "pièces du dossier" },
	{ "ccag", true, false, "CCAG" },
	{ "ccag_derogations", true, true, "dérogations au CCAG" },
	{ "payment_days", true, false, "délai de paiement" },
	{ "advance", true, true, "avance" },
	{ "retention", true, false, "retenue de garantie" },
	{ "penalties", true, true, "pénalités" },
	{ "penalties_cap", true, true, "plafond des pénalités" },
	{ "price_revision", true, true, "révision des prix" },
	{ "termination", true, true, "résiliation" },
	{ "reversibility", true, true, "réversibilité" },
	{ "rgpd", true, true, "protection des données" },
	{ "insurance", true, true, "assurances" },
	{ "minimum_turnover", false, false, "chiffre d'affaires minimum" },
	{ "required_references", false, true, "références exigées" },
	{ "required_certifications", false, true, "certifications exigées" },
	{ "required_profiles", false, true, "profils exigés" },
};

static int rank(enum tender_kind k, bool contract)
{
	static const enum tender_kind procedure_first[] = { KIND_RC, KIND_AAPC, KIND_AE, KIND_CCAP, KIND_CCTP };
	static const enum tender_kind contract_first[] = { KIND_AE, KIND_CCAP, KIND_RC, KIND_AAPC, KIND_CCTP };
	const enum tender_kind *order = contract ? contract_first : procedure_first;
	for (int i = 0; i < 5; i++)
		if (order[i] == k)
			return i;
	return 5;
}

static bool criteria_equal(TALLOC_CTX *tmp, const struct criterion *a, size_t na, const struct criterion *b, size_t nb)
{
	if (na != nb)
		return false;
	for (size_t i = 0; i < na; i++) {
		if (a[i].weight.set != b[i].weight.set || fabs(a[i].weight.value - b[i].weight.value) > 0.01)
			return false;
		if (a[i].n_sub > 0 && b[i].n_sub > 0 &&
		    !criteria_equal(tmp, a[i].sub, a[i].n_sub, b[i].sub, b[i].n_sub))
			return false;
	}
	return true;
}

static bool text_equal(TALLOC_CTX *tmp, const char *a, const char *b)
{
	const char *x = view_fold(tmp, a, strlen(a)), *y = view_fold(tmp, b, strlen(b));
	while (true) {
		while (*x != '\0' && !((*x >= 'a' && *x <= 'z') || (*x >= '0' && *x <= '9')))
			x++;
		while (*y != '\0' && !((*y >= 'a' && *y <= 'z') || (*y >= '0' && *y <= '9')))
			y++;
		if (*x != *y)
			return false;
		if (*x == '\0')
			return true;
		x++;
		y++;
	}
}

bool value_equal(TALLOC_CTX *tmp, const struct value *a, const struct value *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case VALUE_TEXT:
		return text_equal(tmp, a->text, b->text);
	case VALUE_NUMBER:
		return fabs(a->number - b->number) < 0.001;
	case VALUE_BOOL:
		return a->truth == b->truth;
	case VALUE_CRITERIA:
		return criteria_equal(tmp, a->criteria, a->n, b->criteria, b->n);
	case VALUE_LOTS:
		return a->n == b->n;
	case VALUE_PIECES:
		for (size_t i = 0; i < a->n && i < b->n; i++)
			if (!text_equal(tmp, a->pieces[i].name, b->pieces[i].name))
				return false;
		return a->n == b->n;
	case VALUE_TEXTS:
		for (size_t i = 0; i < a->n && i < b->n; i++)
			if (!text_equal(tmp, a->texts[i], b->texts[i]))
				return false;
		return a->n == b->n;
	}
	return false;
}

/* A date that is the other one without its hour says the same, less exactly. */
static bool less_exact(const char *key, const struct value *a, const struct value *b)
{
	return strncmp(key, "deadline", 8) == 0 && a->kind == VALUE_TEXT && b->kind == VALUE_TEXT &&
	       strlen(a->text) != strlen(b->text) && strncmp(a->text, b->text, 10) == 0;
}

/* Months after a day; past the end of a month its last day. */
static int64_t months_later(int64_t day, unsigned months)
{
	int year, month, d;
	int64_t end;
	clock_date(day, &year, &month, &d);
	int later = year * 12 + month - 1 + (int)months;
	while (!clock_days(later / 12, later % 12 + 1, d, &end))
		d--;
	return end;
}

/* Whether so many months can be so many days: from `start`, or from any first of a month when it is not known. A month
 * of the calendar has no fixed length: 6 months are 181 to 184 days and never 180. */
static bool months_are_days(unsigned months, double days, const int64_t *start)
{
	if (start)
		return fabs((double)(months_later(*start, months) - *start) - days) < 0.5;
	for (int i = 0; i < 48; i++) {
		int64_t first;
		if (clock_days(2025 + i / 12, i % 12 + 1, 1, &first) &&
		    fabs((double)(months_later(first, months) - first) - days) < 0.5)
			return true;
	}
	return false;
}

/* The day offers are due, which their validity runs from. */
static const int64_t *validity_start(const struct analysis *out, int64_t *day)
{
	const struct fact *f = analysis_fact(out, "deadline_offers");
	if (!f)
		f = analysis_fact(out, "deadline");
	return f && f->status == FACT_FOUND && f->value.kind == VALUE_TEXT && tender_day(f->value.text, day) ? day
													     : NULL;
}

static bool same_statement(TALLOC_CTX *tmp, const struct analysis *out, const struct fact *a, const struct fact *b)
{
	int64_t day;
	if (a->months > 0 && b->months > 0)
		return a->months == b->months;
	if (a->months == b->months || !value_equal(tmp, &a->value, &b->value))
		return value_equal(tmp, &a->value, &b->value);
	const struct fact *in_months = a->months > 0 ? a : b, *in_days = a->months > 0 ? b : a;
	return months_are_days(in_months->months, in_days->value.number, validity_start(out, &day));
}

/* What may differ by lot; of a document about one lot, these hold for that lot. */
static const char *const by_lot[] = { "reference", "criteria", "cpv", "duration_months", "renewals", "renewal_months",
	"amount_max_eur_ht", "amount_max_period", "amount_min_eur_ht", "estimated_amount_eur_ht" };

static bool differs_by_lot(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(by_lot); i++)
		if (strcmp(by_lot[i], key) == 0)
			return true;
	return false;
}

struct statement {
	const struct fact *fact;
	enum tender_kind kind;
	size_t order; /* of the document, then of the fact in it */
};

static bool before(const struct statement *a, const struct statement *b, bool contract)
{
	int x = rank(a->kind, contract), y = rank(b->kind, contract);
	if (x != y)
		return x < y;
	if (a->fact->status != b->fact->status)
		return a->fact->status < b->fact->status;
	if (fabs(a->fact->confidence - b->fact->confidence) > 0.04)
		return a->fact->confidence > b->fact->confidence;
	return a->order < b->order;
}

static void add_evidence(TALLOC_CTX *mem, struct fact *f, const struct fact *more)
{
	for (size_t i = 0; i < more->n_evidence && f->n_evidence < 60; i++) {
		f->evidence = mem_grow(mem, f->evidence, struct evidence, f->n_evidence + 1);
		f->evidence[f->n_evidence++] = more->evidence[i];
	}
}

static void copy_fact(TALLOC_CTX *mem, const struct fact *from, struct fact *to)
{
	*to = *from;
	to->evidence = mem_dup(mem, from->evidence, from->n_evidence * sizeof(*from->evidence));
}

/* Why months and days differ, where it is not plain: the two days that they lead to. */
static char *calendar_words(TALLOC_CTX *mem, const struct analysis *out, const struct fact *const *values, size_t n)
{
	int64_t start;
	char *s = mem_strdup(mem, "");
	if (n != 2 || (values[0]->months > 0) == (values[1]->months > 0) ||
	    fabs(values[0]->value.number - values[1]->value.number) > 0.5 || !validity_start(out, &start))
		return s;
	for (size_t i = 0; i < n; i++) {
		bool months = values[i]->months > 0;
		int64_t end =
		    months ? months_later(start, values[i]->months) : start + (int64_t)values[i]->value.number;
		s = mem_printf(mem, "%s%s%g\u00a0%s %sau %s", s, i ? " et " : "",
		    months ? values[i]->months : values[i]->value.number, months ? "mois" : "jours", i ? "" : "mènent ",
		    tender_day_words(mem, end));
	}
	return mem_printf(mem, "\u00a0; à compter du %s, %s", tender_day_words(mem, start), s);
}

char *fact_said(TALLOC_CTX *mem, const struct analysis *out, const struct fact *f)
{
	const struct evidence *e = &f->evidence[0];
	return mem_printf(mem, "%s (%s, %s)", value_words(mem, f->key, &f->value), out->documents[e->document].file,
	    evidence_place(mem, e));
}

static void add_contradiction(
    TALLOC_CTX *mem, struct analysis *out, size_t key, const char *lot, const struct fact *const *values, size_t n)
{
	out->contradictions = mem_grow(mem, out->contradictions, struct contradiction, out->n_contradictions + 1);
	struct contradiction *c = &out->contradictions[out->n_contradictions++];
	memset(c, 0, sizeof(*c));
	c->key = keys[key].key;
	c->lot = lot ? mem_strdup(mem, lot) : NULL;
	c->n_values = n;
	c->values = mem_array(mem, struct fact, n);
	char *said = mem_strdup(mem, "");
	for (size_t i = 0; i < n; i++) {
		copy_fact(mem, values[i], &c->values[i]);
		if (values[i]->months > 0)
			c->values[i].value = value_text(mem_printf(mem, "%u mois", values[i]->months));
		said = mem_printf(mem, "%s%s%s", said, i ? "\u00a0; " : "", fact_said(mem, out, &c->values[i]));
	}
	c->message = mem_printf(mem, "Le dossier se contredit sur ce point (%s%s%s)\u00a0: %s%s.", keys[key].french,
	    lot ? ", lot\u00a0" : "", lot ? lot : "", said, calendar_words(mem, out, values, n));
}

/* All that is said of the key: of the dossier, or of one lot. */
static size_t statements(
    TALLOC_CTX *tmp, const struct reading *readings, size_t n, const char *key, const char *lot, struct statement **out)
{
	size_t count = 0;
	*out = NULL;
	for (size_t i = 0; i < n; i++) {
		const struct reading *r = &readings[i];
		bool whole = !r->apart || !differs_by_lot(key), own = !whole && lot && strcmp(r->lot, lot) == 0;
		for (size_t k = 0; (lot ? own : whole) && k < r->n_found; k++) {
			if (strcmp(r->found[k].key, key) != 0)
				continue;
			*out = mem_grow(tmp, *out, struct statement, count + 1);
			(*out)[count++] = (struct statement){ &r->found[k], r->kind, i * 1000 + k };
		}
		for (size_t k = 0; lot && k < r->n_of_lots; k++) {
			if (strcmp(r->of_lots[k].lot, lot) != 0 || strcmp(r->of_lots[k].fact.key, key) != 0)
				continue;
			*out = mem_grow(tmp, *out, struct statement, count + 1);
			(*out)[count++] = (struct statement){ &r->of_lots[k].fact, r->kind, i * 1000 + 500 + k };
		}
	}
	return count;
}

/* False when nothing is said. */
static bool consolidate_key(TALLOC_CTX *mem, TALLOC_CTX *tmp, struct reading *readings, size_t n, size_t key,
    const char *lot, struct analysis *out, struct fact *result)
{
	struct statement *all;
	size_t count = statements(tmp, readings, n, keys[key].key, lot, &all);
	if (count == 0)
		return false;
	const struct statement *best = &all[0];
	for (size_t i = 1; i < count; i++)
		if (before(&all[i], best, keys[key].contract))
			best = &all[i];
	/* the same date with its hour is better than without */
	for (size_t i = 0; i < count; i++)
		if (less_exact(keys[key].key, &best->fact->value, &all[i].fact->value) &&
		    strlen(all[i].fact->value.text) > strlen(best->fact->value.text))
			best = &all[i];
	struct fact f;
	copy_fact(mem, best->fact, &f);
	const struct fact *other[8] = { best->fact };
	size_t n_other = 1, documents = 1;
	for (size_t i = 0; i < count; i++) {
		const struct fact *s = all[i].fact;
		if (s == best->fact)
			continue;
		if (same_statement(tmp, out, s, &f) || less_exact(keys[key].key, &s->value, &f.value)) {
			documents += s->evidence[0].document != f.evidence[0].document;
			add_evidence(mem, &f, s);
			continue;
		}
		bool known = false;
		for (size_t k = 1; k < n_other; k++)
			known |= same_statement(tmp, out, other[k], s);
		if (!known && n_other < ARRAY_LEN(other) && s->status != FACT_UNCERTAIN)
			other[n_other++] = s;
	}
	if (documents > 1)
		f.confidence += (1 - f.confidence) * 0.5;
	if (n_other > 1 && !keys[key].loose) {
		f.status = FACT_CONTRADICTED;
		f.confidence *= 0.6;
		add_contradiction(mem, out, key, lot, other, n_other);
	}
	if (f.confidence > 0.99)
		f.confidence = 0.99;
	*result = f;
	return true;
}

static size_t key_index(const char *key)
{
	size_t k = 0;
	while (k + 1 < ARRAY_LEN(keys) && strcmp(keys[k].key, key) != 0)
		k++;
	return k;
}

static bool has_lot(const struct value *lots, const char *number)
{
	for (size_t i = 0; i < lots->n; i++)
		if (strcmp(lots->lots[i].number, number) == 0)
			return true;
	return false;
}

/* The list of lots, by which what is said of each of them is found. Without a list, the lots that something is said of,
 * when they are as many as there are said to be. */
static bool list_of_lots(
    TALLOC_CTX *mem, TALLOC_CTX *tmp, struct reading *readings, size_t n, struct analysis *out, struct fact *lots)
{
	struct fact number;
	struct analysis scratch = { .documents = out->documents };
	if (consolidate_key(mem, tmp, readings, n, key_index("lots_list"), NULL, out, lots))
		return lots->value.n > 1;
	bool counted = consolidate_key(tmp, tmp, readings, n, key_index("lots"), NULL, &scratch, &number);
	struct fact f = { .key = keys[key_index("lots_list")].key, .confidence = 0.8 };
	f.value.kind = VALUE_LOTS;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < readings[i].n_of_lots; k++) {
			const struct lot_statement *s = &readings[i].of_lots[k];
			if (has_lot(&f.value, s->lot))
				continue;
			f.value.lots = mem_grow(mem, f.value.lots, struct lot, f.value.n + 1);
			f.value.lots[f.value.n++] = (struct lot){ .number = s->lot };
			add_evidence(mem, &f, &s->fact);
		}
	*lots = f;
	/* not counted: each of 1, 2, ... n is spoken of */
	for (size_t i = 0; !counted && i < f.value.n; i++)
		if (!has_lot(&f.value, mem_printf(tmp, "%zu", i + 1)))
			return false;
	return f.value.n > 1 && (!counted || fabs((double)f.value.n - number.value.number) < 0.5);
}

static void facts_of_lot(
    TALLOC_CTX *mem, TALLOC_CTX *tmp, struct reading *readings, size_t n, struct analysis *out, struct lot *lot)
{
	for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
		struct fact f;
		if (!differs_by_lot(keys[k].key) || !consolidate_key(mem, tmp, readings, n, k, lot->number, out, &f))
			continue;
		lot->facts = mem_grow(mem, lot->facts, struct fact, lot->n_facts + 1);
		lot->facts[lot->n_facts++] = f;
		bool max = strcmp(keys[k].key, "amount_max_eur_ht") == 0;
		if (max || (strcmp(keys[k].key, "estimated_amount_eur_ht") == 0 && !lot->amount.set))
			lot->amount = (struct opt_num){ .set = true, .value = f.value.number };
	}
}

void consolidate(TALLOC_CTX *mem, struct reading *readings, size_t n, struct analysis *out)
{
	TALLOC_CTX *tmp = mem_new("consolidate", 0);
	struct fact lots = { 0 };
	bool divided = list_of_lots(mem, tmp, readings, n, out, &lots);
	for (size_t i = 0; i < n; i++)
		readings[i].apart = divided && n > 1 && readings[i].lot && has_lot(&lots.value, readings[i].lot);
	for (size_t i = 0; divided && i < lots.value.n; i++)
		facts_of_lot(mem, tmp, readings, n, out, &lots.value.lots[i]);
	for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
		struct fact f = lots;
		/* a dossier has no type of its own */
		if (k == 0 && n != 1)
			continue;
		bool list = k == key_index("lots_list");
		if (list ? !divided : !consolidate_key(mem, tmp, readings, n, k, NULL, out, &f))
			continue;
		out->facts = mem_grow(mem, out->facts, struct fact, out->n_facts + 1);
		out->facts[out->n_facts++] = f;
	}
	talloc_free(tmp);
}
