/* The vocabulary of facts as far as people may write it: which value each key takes. */
#include "decision.h"

#include "clock.h"
#include "text.h"

#include <math.h>
#include <string.h>

const char *const decision_actions[] = { "confirmed", "corrected", "rejected", NULL };

enum form {
	FORM_TEXT,     /* max: bytes */
	FORM_CHOICE,   /* one of choices */
	FORM_MOMENT,   /* local wall time or date */
	FORM_COUNT,    /* an integer, min..max */
	FORM_MONEY,    /* euros, two decimals */
	FORM_TRUTH,    /* true or false */
	FORM_DETAIL,   /* true, false, or what is said about it */
	FORM_SIRET,    /* 14 digits */
	FORM_TEXTS,    /* a list of texts; max: bytes of each */
	FORM_CPV,      /* a list of codes of 8 digits */
	FORM_MOMENTS,  /* a list of moments */
	FORM_CRITERIA, /* [{name, weight, formula?, sub}] */
	FORM_LOTS,     /* [{number, title, amount?}] */
	FORM_PIECES,   /* [{name, piece?, format?}] */
};

#define LIST_MAX 200
#define MONEY_MAX 1e12

static const char *const types[] = { "rc", "ccap", "cctp", "ccp", "ae", "aapc", "bpu", "dpgf", "dqe", "dc1", "dc2",
	"planning", "memoire_frame", "annexe", "other", NULL };
static const char *const procedures[] = { "appel_offres_ouvert", "appel_offres_restreint", "mapa", "procedure_negociee",
	"dialogue_competitif", "concours", "concession", "marche_sans_publicite", "autre", NULL };
static const char *const contract_forms[] = { "accord_cadre", "marche", NULL };
static const char *const natures[] = { "travaux", "fournitures", "services", NULL };
static const char *const ccags[] = { "tic", "fcs", "pi", "travaux", "moe", "mi", NULL };

/* X(key, form, min, max, choices) */
/* clang-format off */
#define KEYS(X) \
	X(document_type, FORM_CHOICE, 0, 0, types) \
	X(buyer, FORM_TEXT, 1, 300, NULL) \
	X(buyer_siret, FORM_SIRET, 0, 0, NULL) \
	X(buyer_address, FORM_TEXT, 1, 1000, NULL) \
	X(buyer_contact, FORM_TEXT, 1, 1000, NULL) \
	X(platform_url, FORM_TEXT, 1, 500, NULL) \
	X(object, FORM_TEXT, 1, 2000, NULL) \
	X(reference, FORM_TEXT, 1, 100, NULL) \
	X(deadline, FORM_MOMENT, 0, 0, NULL) \
	X(deadline_offers, FORM_MOMENT, 0, 0, NULL) \
	X(question_deadline, FORM_MOMENT, 0, 0, NULL) \
	X(answers_deadline, FORM_MOMENT, 0, 0, NULL) \
	X(visit_dates, FORM_MOMENTS, 0, 0, NULL) \
	X(procedure, FORM_CHOICE, 0, 0, procedures) \
	X(contract_form, FORM_CHOICE, 0, 0, contract_forms) \
	X(contract_nature, FORM_CHOICE, 0, 0, natures) \
	X(lots, FORM_COUNT, 1, 1000, NULL) \
	X(allotted, FORM_TRUTH, 0, 0, NULL) \
	X(lots_list, FORM_LOTS, 0, 0, NULL) \
	X(cpv, FORM_CPV, 0, 0, NULL) \
	X(nuts, FORM_TEXT, 1, 20, NULL) \
	X(duration_months, FORM_COUNT, 1, 1200, NULL) \
	X(renewals, FORM_COUNT, 0, 100, NULL) \
	X(renewal_months, FORM_COUNT, 1, 1200, NULL) \
	X(offer_validity_days, FORM_COUNT, 1, 3650, NULL) \
	X(criteria, FORM_CRITERIA, 0, 0, NULL) \
	X(variants_allowed, FORM_TRUTH, 0, 0, NULL) \
	X(pse, FORM_DETAIL, 1, 2000, NULL) \
	X(negotiation, FORM_DETAIL, 1, 2000, NULL) \
	X(site_visit_mandatory, FORM_DETAIL, 1, 2000, NULL) \
	X(groupement, FORM_DETAIL, 1, 2000, NULL) \
	X(electronic_only, FORM_TRUTH, 0, 0, NULL) \
	X(signature_required, FORM_TRUTH, 0, 0, NULL) \
	X(dume_accepted, FORM_TRUTH, 0, 0, NULL) \
	X(amount_max_eur_ht, FORM_MONEY, 0, 0, NULL) \
	X(amount_max_period, FORM_TEXT, 1, 100, NULL) \
	X(amount_min_eur_ht, FORM_MONEY, 0, 0, NULL) \
	X(estimated_amount_eur_ht, FORM_MONEY, 0, 0, NULL) \
	X(budget, FORM_MONEY, 0, 0, NULL) \
	X(mandatory_candidature, FORM_PIECES, 0, 0, NULL) \
	X(mandatory_offer, FORM_PIECES, 0, 0, NULL) \
	X(mandatory_documents, FORM_PIECES, 0, 0, NULL) \
	X(dce_documents, FORM_PIECES, 0, 0, NULL) \
	X(ccag, FORM_CHOICE, 0, 0, ccags) \
	X(ccag_derogations, FORM_TEXTS, 1, 500, NULL) \
	X(penalties, FORM_TEXTS, 1, 1000, NULL) \
	X(penalties_cap, FORM_TEXT, 1, 2000, NULL) \
	X(price_revision, FORM_TEXT, 1, 2000, NULL) \
	X(advance, FORM_DETAIL, 1, 2000, NULL) \
	X(retention, FORM_DETAIL, 1, 2000, NULL) \
	X(payment_days, FORM_COUNT, 1, 365, NULL) \
	X(insurance, FORM_DETAIL, 1, 2000, NULL) \
	X(termination, FORM_DETAIL, 1, 2000, NULL) \
	X(reversibility, FORM_DETAIL, 1, 2000, NULL) \
	X(rgpd, FORM_DETAIL, 1, 2000, NULL) \
	X(minimum_turnover, FORM_MONEY, 0, 0, NULL) \
	X(required_references, FORM_TEXTS, 1, 1000, NULL) \
	X(required_certifications, FORM_TEXTS, 1, 500, NULL) \
	X(required_profiles, FORM_TEXTS, 1, 1000, NULL)
/* clang-format on */

#define NAME(key, form, min, max, choices) #key,
const char *const decision_keys[] = { KEYS(NAME) NULL };
#undef NAME

static const struct rule {
	const char *key;
	enum form form;
	long long min, max;
	const char *const *choices;
} rules[] = {
#define RULE(key, form, min, max, choices) { #key, form, min, max, choices },
	KEYS(RULE)
#undef RULE
};

bool decision_is_moment(const char *s)
{
	static const char form[] = "dddd-dd-ddTdd:dd";
	size_t n = strlen(s);
	if (n != 10 && n != 16)
		return false;
	for (size_t i = 0; i < n; i++)
		if (form[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != form[i])
			return false;
#define TWO(i) ((s[i] - '0') * 10 + s[(i) + 1] - '0')
	int64_t days;
	return TWO(0) * 100 + TWO(2) > 0 && clock_days(TWO(0) * 100 + TWO(2), TWO(5), TWO(8), &days) &&
	       (n == 10 || (TWO(11) <= 23 && TWO(14) <= 59));
#undef TWO
}

static bool is_digits(const char *s, size_t n)
{
	return strlen(s) == n && strspn(s, "0123456789") == n;
}

static void check_text(const struct json *v, const char *field, long long max, struct error *e)
{
	const char *s = json_string(v);
	if (!s)
		error_set(e, ERR_INVALID_TYPE, field, "type", "string");
	else if (s[strspn(s, " \t\r\n")] == '\0')
		error_set(e, ERR_TOO_SHORT, field, "min", "1");
	else if ((long long)strlen(s) > max)
		error_set(e, ERR_TOO_LONG, field, "max", num_text(max).s);
}

/* A text that must have a form of its own. */
static void check_word(
    const struct json *v, const char *field, bool (*fits)(const char *), const char *expected, struct error *e)
{
	const char *s = json_string(v);
	if (!s)
		error_set(e, ERR_INVALID_TYPE, field, "type", "string");
	else if (!fits(s))
		error_set(e, ERR_INVALID_VALUE, field, "value", s, "expected", expected);
}

static bool is_siret(const char *s)
{
	return is_digits(s, 14);
}

static bool is_cpv(const char *s)
{
	return is_digits(s, 8);
}

static void check_choice(const struct json *v, const char *field, const char *const *choices, struct error *e)
{
	const char *s = json_string(v);
	char expected[112] = "";
	size_t len = 0;
	if (!s) {
		error_set(e, ERR_INVALID_TYPE, field, "type", "string");
		return;
	}
	for (const char *const *c = choices; *c; c++) {
		if (strcmp(*c, s) == 0)
			return;
		size_t n = strlen(*c);
		if (len + n + 3 > sizeof expected)
			continue;
		if (len > 0) {
			memcpy(expected + len, ", ", 2);
			len += 2;
		}
		memcpy(expected + len, *c, n + 1);
		len += n;
	}
	error_set(e, ERR_INVALID_VALUE, field, "value", s, "expected", expected);
}

static void check_number(const struct json *v, const char *field, double min, double max, int decimals, struct error *e)
{
	enum json_kind k = json_kind(v);
	double scaled = json_num(v) * (decimals ? 100 : 1);
	if (k != JSON_INT && (k != JSON_NUM || decimals == 0)) {
		error_set(e, ERR_INVALID_TYPE, field, "type", decimals ? "number" : "integer");
		return;
	}
	if (!(json_num(v) >= min && json_num(v) <= max))
		error_set(
		    e, ERR_OUT_OF_RANGE, field, "min", num_text((long long)min).s, "max", num_text((long long)max).s);
	else if (fabs(scaled - round(scaled)) > 1e-4)
		error_set(e, ERR_INVALID_VALUE, field, "value", "-", "expected", "two decimals");
}

static void refuse_others(const char *name, const struct json *v, void *arg)
{
	(void)v;
	const char *const *known = ((void **)arg)[0];
	const char *field = ((void **)arg)[1];
	TALLOC_CTX *mem = ((void **)arg)[2];
	struct error *e = ((void **)arg)[3];
	for (; *known; known++)
		if (strcmp(*known, name) == 0)
			return;
	error_set(e, ERR_UNKNOWN_FIELD, mem_printf(mem, "%s.%s", field, name), "name", name);
}

/* An object with these members and no others. */
static bool check_object(
    TALLOC_CTX *mem, const struct json *v, const char *field, const char *const *known, struct error *e)
{
	if (json_kind(v) != JSON_OBJECT) {
		error_set(e, ERR_INVALID_TYPE, field, "type", "object");
		return false;
	}
	void *arg[] = { (void *)(uintptr_t)known, (void *)(uintptr_t)field, mem, e };
	json_each(v, refuse_others, arg);
	return true;
}

static void check_list(TALLOC_CTX *mem, const struct rule *r, const struct json *v, const char *field, unsigned depth,
    size_t least, struct error *e);

static void check_criterion(
    TALLOC_CTX *mem, const struct rule *r, const struct json *v, const char *field, unsigned depth, struct error *e)
{
	static const char *const members[] = { "name", "weight", "formula", "sub", NULL };
	if (!check_object(mem, v, field, members, e))
		return;
	check_text(json_get(v, "name"), mem_printf(mem, "%s.name", field), 500, e);
	if (json_kind(json_get(v, "weight")) != JSON_NULL)
		check_number(json_get(v, "weight"), mem_printf(mem, "%s.weight", field), 0, 100, 2, e);
	if (json_kind(json_get(v, "formula")) != JSON_NULL)
		check_text(json_get(v, "formula"), mem_printf(mem, "%s.formula", field), 500, e);
	/* Sub-criteria have no further ones. */
	if (json_kind(json_get(v, "sub")) != JSON_NULL)
		check_list(mem, r, json_get(v, "sub"), mem_printf(mem, "%s.sub", field), depth + 1, 0, e);
}

static void check_lot(TALLOC_CTX *mem, const struct json *v, const char *field, struct error *e)
{
	static const char *const members[] = { "number", "title", "amount", NULL };
	if (!check_object(mem, v, field, members, e))
		return;
	check_text(json_get(v, "number"), mem_printf(mem, "%s.number", field), 20, e);
	if (json_kind(json_get(v, "title")) != JSON_NULL)
		check_text(json_get(v, "title"), mem_printf(mem, "%s.title", field), 500, e);
	if (json_kind(json_get(v, "amount")) != JSON_NULL)
		check_number(json_get(v, "amount"), mem_printf(mem, "%s.amount", field), 0, MONEY_MAX, 2, e);
}

static void check_piece(TALLOC_CTX *mem, const struct json *v, const char *field, struct error *e)
{
	static const char *const members[] = { "name", "piece", "format", NULL };
	if (!check_object(mem, v, field, members, e))
		return;
	check_text(json_get(v, "name"), mem_printf(mem, "%s.name", field), 500, e);
	if (json_kind(json_get(v, "piece")) != JSON_NULL)
		check_text(json_get(v, "piece"), mem_printf(mem, "%s.piece", field), 40, e);
	if (json_kind(json_get(v, "format")) != JSON_NULL)
		check_text(json_get(v, "format"), mem_printf(mem, "%s.format", field), 200, e);
}

static void check_item(
    TALLOC_CTX *mem, const struct rule *r, const struct json *v, const char *field, unsigned depth, struct error *e)
{
	switch (r->form) {
	case FORM_CPV:
		check_word(v, field, is_cpv, "45112500", e);
		break;
	case FORM_MOMENTS:
		check_word(v, field, decision_is_moment, "2026-03-20T12:00", e);
		break;
	case FORM_CRITERIA:
		check_criterion(mem, r, v, field, depth, e);
		break;
	case FORM_LOTS:
		check_lot(mem, v, field, e);
		break;
	case FORM_PIECES:
		check_piece(mem, v, field, e);
		break;
	default:
		check_text(v, field, r->max, e);
		break;
	}
}

static void check_list(TALLOC_CTX *mem, const struct rule *r, const struct json *v, const char *field, unsigned depth,
    size_t least, struct error *e)
{
	size_t n = json_len(v), most = depth > 1 ? 0 : LIST_MAX;
	if (json_kind(v) != JSON_ARRAY) {
		error_set(e, ERR_INVALID_TYPE, field, "type", "array");
		return;
	}
	if (n < least || n > most) {
		error_set(e, ERR_OUT_OF_RANGE, field, "min", num_text((long long)least).s, "max",
		    num_text((long long)most).s);
		return;
	}
	for (size_t i = 0; i < n; i++)
		check_item(mem, r, json_at(v, i), mem_printf(mem, "%s[%zu]", field, i), depth, e);
}

static void check_twins(TALLOC_CTX *mem, const struct json *lots, const char *field, struct error *e)
{
	for (size_t i = 0; i < json_len(lots); i++)
		for (size_t k = 0; k < i; k++) {
			const char *a = json_string(json_get(json_at(lots, i), "number"));
			const char *b = json_string(json_get(json_at(lots, k), "number"));
			if (a && b && strcmp(a, b) == 0) {
				error_set(
				    e, ERR_DUPLICATE_FIELD, mem_printf(mem, "%s[%zu].number", field, i), "name", a);
				return;
			}
		}
}

static const struct rule *rule_of(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (strcmp(rules[i].key, key) == 0)
			return &rules[i];
	return NULL;
}

enum result decision_check(
    TALLOC_CTX *mem, const char *key, const struct json *value, const char *field, struct error *e)
{
	const struct rule *r = rule_of(key);
	unsigned before = e->n_faults;
	if (!r)
		return error_set(e, ERR_NOT_FOUND, "key");
	switch (r->form) {
	case FORM_TEXT:
		check_text(value, field, r->max, e);
		break;
	case FORM_CHOICE:
		check_choice(value, field, r->choices, e);
		break;
	case FORM_MOMENT:
		check_word(value, field, decision_is_moment, "2026-03-20T12:00", e);
		break;
	case FORM_COUNT:
		check_number(value, field, (double)r->min, (double)r->max, 0, e);
		break;
	case FORM_MONEY:
		check_number(value, field, 0, MONEY_MAX, 2, e);
		break;
	case FORM_DETAIL:
		if (json_kind(value) != JSON_BOOL)
			check_text(value, field, r->max, e);
		break;
	case FORM_TRUTH:
		if (json_kind(value) != JSON_BOOL)
			error_set(e, ERR_INVALID_TYPE, field, "type", "boolean");
		break;
	case FORM_SIRET:
		check_word(value, field, is_siret, "12345678200010", e);
		break;
	case FORM_TEXTS:
	case FORM_CPV:
	case FORM_MOMENTS:
	case FORM_CRITERIA:
	case FORM_LOTS:
	case FORM_PIECES:
		check_list(mem, r, value, field, 0, 1, e);
		if (r->form == FORM_LOTS)
			check_twins(mem, value, field, e);
		break;
	}
	return e->n_faults > before ? e->code : ERR_OK;
}

static void write_trimmed(struct json_writer *w, const char *s)
{
	if (!s) {
		jw_null(w);
		return;
	}
	s += strspn(s, " \t\r\n");
	size_t n = strlen(s);
	while (n > 0 && strchr(" \t\r\n", s[n - 1]))
		n--;
	jw_textn(w, s, n);
}

static void write_text_member(struct json_writer *w, const struct json *object, const char *name)
{
	jw_key(w, name);
	write_trimmed(w, json_string(json_get(object, name)));
}

static void write_item(TALLOC_CTX *mem, struct json_writer *w, enum form form, const struct json *v)
{
	if (json_kind(v) != JSON_OBJECT) {
		write_trimmed(w, json_string(v));
		return;
	}
	jw_open(w, '{');
	if (form == FORM_LOTS) {
		write_text_member(w, v, "number");
		write_text_member(w, v, "title");
		if (json_kind(json_get(v, "amount")) != JSON_NULL) {
			jw_key(w, "amount");
			jw_raw(w, json_print(mem, json_get(v, "amount")));
		}
	} else if (form == FORM_PIECES) {
		write_text_member(w, v, "name");
		write_text_member(w, v, "piece");
		if (json_string(json_get(v, "format")))
			write_text_member(w, v, "format");
	} else {
		const struct json *weight = json_get(v, "weight"), *sub = json_get(v, "sub");
		write_text_member(w, v, "name");
		jw_key(w, "weight");
		jw_raw(w, json_kind(weight) != JSON_NULL ? json_print(mem, weight) : NULL);
		if (json_string(json_get(v, "formula")))
			write_text_member(w, v, "formula");
		jw_key(w, "sub");
		jw_open(w, '[');
		for (size_t i = 0; i < json_len(sub); i++)
			write_item(mem, w, form, json_at(sub, i));
		jw_close(w, ']');
	}
	jw_close(w, '}');
}

void decision_write_value(TALLOC_CTX *mem, struct json_writer *w, const char *key, const struct json *value)
{
	const struct rule *r = rule_of(key);
	if (json_kind(value) == JSON_ARRAY && r) {
		jw_open(w, '[');
		for (size_t i = 0; i < json_len(value); i++)
			write_item(mem, w, r->form, json_at(value, i));
		jw_close(w, ']');
	} else if (json_string(value)) {
		write_trimmed(w, json_string(value));
	} else {
		jw_raw(w, json_print(mem, value));
	}
}
