/* The fields of a profile with their bounds, and the rules that a table of bounds can't tell. */
#include "profile.h"
#include "email.h"
#include "identifiers.h"

#include <string.h>

#define EUROS 1000000000000
#define YEAR_MIN 1000
#define YEAR_MAX 9999
#define NAME 255
#define LINE 500
#define STORY 10000
#define PART_MAX (16 << 20) /* of JSON; a body has a megabyte */

#define TEXT(s, field, ...) \
	{ \
#field, JSON_FIELD_TEXT, offsetof(struct s, field), __VA_ARGS__ \
	}
#define OTHER(s, field, kind, ...) \
	{ \
#field, JSON_FIELD_##kind, offsetof(struct s, field), __VA_ARGS__ \
	}
#define WORDS(s, field, most) \
	{ \
#field, JSON_FIELD_TEXTS, offsetof(struct s, field), 0, most, .item_max = 200 \
	}
#define FIELDS_OF(s) static const struct json_fields s##_table = { s##_fields, ARRAY_LEN(s##_fields), sizeof(struct s) }

static const struct json_field profile_revenue_fields[] = {
	OTHER(profile_revenue, year, INT, YEAR_MIN, YEAR_MAX, true),
	OTHER(profile_revenue, total, MONEY, 0, EUROS, true),
	TEXT(profile_revenue, domain, 1, NAME),
};
FIELDS_OF(profile_revenue);

static const struct json_field profile_capability_fields[] = {
	TEXT(profile_capability, name, 1, NAME, true),
	WORDS(profile_capability, keywords, 50),
	TEXT(profile_capability, description, 0, STORY),
	OTHER(profile_capability, experience_years, NUM, 0, 200),
	OTHER(profile_capability, team_size, INT, 0, 1000000),
};
FIELDS_OF(profile_capability);

static const struct json_field profile_certification_fields[] = {
	TEXT(profile_certification, name, 1, NAME, true),
	TEXT(profile_certification, issuer, 1, NAME),
	TEXT(profile_certification, reference, 1, NAME),
	OTHER(profile_certification, valid_until, DATE, 0),
	TEXT(profile_certification, scope, 1, LINE),
};
FIELDS_OF(profile_certification);

static const struct json_field profile_reference_fields[] = {
	TEXT(profile_reference, client, 1, NAME, true),
	TEXT(profile_reference, title, 1, LINE, true),
	OTHER(profile_reference, year, INT, YEAR_MIN, YEAR_MAX, true),
	OTHER(profile_reference, amount_ht, MONEY, 0, EUROS),
	TEXT(profile_reference, description, 0, STORY),
	WORDS(profile_reference, keywords, 50),
	TEXT(profile_reference, contact, 1, LINE),
};
FIELDS_OF(profile_reference);

static const struct json_field profile_insurance_fields[] = {
	TEXT(profile_insurance, kind, 1, NAME, true),
	TEXT(profile_insurance, insurer, 1, NAME, true),
	OTHER(profile_insurance, amount, MONEY, 0, EUROS, true),
	OTHER(profile_insurance, valid_until, DATE, 0, 0, true),
};
FIELDS_OF(profile_insurance);

static const struct json_field profile_person_fields[] = {
	TEXT(profile_person, role, 1, NAME, true),
	TEXT(profile_person, name, 1, NAME),
	OTHER(profile_person, experience_years, NUM, 0, 80, true),
	WORDS(profile_person, skills, 100),
	WORDS(profile_person, certifications, 50),
	OTHER(profile_person, daily_rate_ht, MONEY, 0, 100000),
};
FIELDS_OF(profile_person);

static const struct json_field profile_signatory_fields[] = {
	TEXT(profile_signatory, name, 1, NAME, true),
	TEXT(profile_signatory, role, 1, NAME),
	TEXT(profile_signatory, email, 1, 1000),
	TEXT(profile_signatory, phone, 1, 40),
};
FIELDS_OF(profile_signatory);

/* In the order in which they are shown; the two required ones first, and `version`, which is not shown, last. */
static const struct json_field fields[] = {
	TEXT(profile, company_name, 2, 255, true),
	TEXT(profile, siret, 1, 40, true),
	TEXT(profile, vat_number, 1, 40),
	TEXT(profile, legal_form, 1, 100),
	TEXT(profile, naf_code, 1, 20),
	TEXT(profile, description, 0, STORY),
	TEXT(profile, address, 1, LINE),
	TEXT(profile, contact_email, 1, 1000),
	TEXT(profile, contact_phone, 1, 40),
	OTHER(profile, founding_year, INT, YEAR_MIN, YEAR_MAX),
	OTHER(profile, team_size, INT, 0, 10000000),
	OTHER(profile, annual_revenue, MONEY, 0, EUROS),
	OTHER(profile, revenues, LIST, 0, 50, .of = &profile_revenue_table),
	OTHER(profile, capabilities, LIST, 0, 100, .of = &profile_capability_table, .alias = "capabilities_json"),
	OTHER(
	    profile, certifications, LIST, 0, 100, .of = &profile_certification_table, .alias = "certifications_json"),
	OTHER(profile, references, LIST, 0, 200, .of = &profile_reference_table),
	OTHER(profile, insurances, LIST, 0, 50, .of = &profile_insurance_table),
	OTHER(profile, people, LIST, 0, 200, .of = &profile_person_table),
	OTHER(profile, signatory, OBJECT, 0, 0, .of = &profile_signatory_table),
	OTHER(profile, version, INT, 1, INT64_MAX),
};
#define N_FIELDS ARRAY_LEN(fields)
#define N_SHOWN (N_FIELDS - 1)
#define N_REQUIRED 2

/* ---- what the table can't tell ---- */

static void check_siret(TALLOC_CTX *mem, const char **at, struct error *e)
{
	char out[15];
	const char *reason;
	if (!*at)
		return;
	if (siret_normalise(*at, out, &reason))
		*at = mem_strdup(mem, out);
	else
		error_set(e, ERR_INVALID_SIRET, "siret", "value", *at, "reason", reason);
}

static void check_vat_number(TALLOC_CTX *mem, const char **at, struct error *e)
{
	char out[16];
	const char *reason;
	if (!*at)
		return;
	if (vat_number_normalise(*at, out, &reason))
		*at = mem_strdup(mem, out);
	else
		error_set(e, ERR_INVALID_VAT_NUMBER, "vat_number", "value", *at, "reason", reason);
}

static void check_naf_code(TALLOC_CTX *mem, const char **at, struct error *e)
{
	char out[7];
	if (!*at)
		return;
	if (naf_code_normalise(*at, out))
		*at = mem_strdup(mem, out);
	else
		error_set(e, ERR_INVALID_VALUE, "naf_code", "value", *at, "expected", "62.02A");
}

static void check_email(TALLOC_CTX *mem, const char **at, const char *path, struct error *e)
{
	enum result told = *at ? email_normalise(mem, *at, path, at, e) : ERR_OK;
	(void)told; /* it stands among the faults */
}

static void check_phone(const char *s, const char *path, struct error *e)
{
	if (s && !phone_is_plausible(s))
		error_set(e, ERR_INVALID_VALUE, path, "value", s, "expected", "01 23 45 67 89, +33 1 23 45 67 89");
}

static void check_year(const struct opt_int *year, int64_t last, const char *path, struct error *e)
{
	if (year->set && year->value > last)
		error_set(e, ERR_OUT_OF_RANGE, path, "min", num_text(YEAR_MIN).s, "max", num_text(last).s);
}

static void check(TALLOC_CTX *mem, int year, struct profile *p, struct error *e)
{
	check_siret(mem, &p->siret, e);
	check_vat_number(mem, &p->vat_number, e);
	check_naf_code(mem, &p->naf_code, e);
	check_email(mem, &p->contact_email, "contact_email", e);
	check_phone(p->contact_phone, "contact_phone", e);
	check_year(&p->founding_year, year, "founding_year", e);
	/* A budget is made for the next year, a contract begins in it. */
	for (size_t i = 0; i < p->revenues.n; i++)
		check_year(&p->revenues.p[i].year, year + 1, mem_printf(mem, "revenues[%zu].year", i), e);
	for (size_t i = 0; i < p->references.n; i++)
		check_year(&p->references.p[i].year, year + 1, mem_printf(mem, "references[%zu].year", i), e);
	if (p->signatory) {
		check_email(mem, &p->signatory->email, "signatory.email", e);
		check_phone(p->signatory->phone, "signatory.phone", e);
	}
}

enum result profile_read(
    TALLOC_CTX *mem, const struct json *body, enum profile_reading how, int year, struct profile *p, struct error *e)
{
	struct json_field mine[N_FIELDS];
	unsigned before = e->n_faults;
	enum result rc;
	size_t n = how == PROFILE_WHOLE ? N_SHOWN : N_FIELDS; /* what is made has no version yet */
	memcpy(mine, fields, sizeof fields);
	for (size_t i = 0; i < N_REQUIRED; i++)
		mine[i].required = how != PROFILE_REPLACE;
	rc = how == PROFILE_CHANGE ? json_bind_change(mem, body, mine, n, p, e) : json_bind(mem, body, mine, n, p, e);
	check(mem, year, p, e);
	return e->n_faults > before ? e->code : rc;
}

/* ---- its JSON ---- */

void profile_write(struct json_writer *w, const struct profile *p)
{
	for (size_t i = 0; i < N_SHOWN; i++) {
		jw_key(w, fields[i].name);
		jw_bound(w, &fields[i], p);
	}
}

static const char *field_print(TALLOC_CTX *mem, const struct json_field *f, const struct profile *p)
{
	struct buf out;
	struct json_writer w;
	buf_init(&out, mem, PART_MAX);
	jw_init(&w, &out);
	jw_bound(&w, f, p);
	return out.data;
}

static const struct json_field *part(const char *name)
{
	for (size_t i = 0; i < N_SHOWN; i++)
		if (strcmp(fields[i].name, name) == 0 && fields[i].of)
			return &fields[i];
	BUG("a profile has no part of this name: %s", name);
}

const char *profile_part_print(TALLOC_CTX *mem, const struct profile *p, const char *name)
{
	return field_print(mem, part(name), p);
}

enum result profile_part_read(TALLOC_CTX *mem, const char *name, const char *text, struct profile *p, struct error *e)
{
	const struct json *value;
	const char *whole = mem_printf(mem, "{\"%s\":%s}", name, text ? text : "null");
	struct error inner;
	error_clear(&inner);
	if (json_parse(mem, whole, strlen(whole), &value, &inner) != ERR_OK ||
	    json_bind(mem, value, part(name), 1, p, &inner) != ERR_OK) {
		error_cause(e, "stored %s of a company profile: %s", name, error_id(inner.code));
		return error_set(e, ERR_DAMAGED, NULL);
	}
	return ERR_OK;
}

const char *profile_changes(TALLOC_CTX *mem, const struct profile *before, const struct profile *after, size_t *n)
{
	struct buf out;
	struct json_writer w;
	buf_init(&out, mem, PART_MAX);
	jw_init(&w, &out);
	jw_open(&w, '[');
	*n = 0;
	for (size_t i = 0; i < N_SHOWN; i++) {
		if (strcmp(field_print(mem, &fields[i], before), field_print(mem, &fields[i], after)) == 0)
			continue;
		jw_text(&w, fields[i].name);
		++*n;
	}
	jw_close(&w, ']');
	return out.data;
}
