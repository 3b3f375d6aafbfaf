/* What a company says of itself: what requirements are matched against. Pure: a struct and its JSON, no SQL, no clock.
 */
#ifndef MATCH_PROFILE_H
#define MATCH_PROFILE_H

#include "json.h"

struct profile_revenue {
	struct opt_int year;
	struct opt_num total; /* euros without tax */
	const char *domain;   /* NULL: of the whole company */
};
struct profile_capability {
	const char *name, *description;
	struct json_texts keywords;
	struct opt_num experience_years;
	struct opt_int team_size;
};
struct profile_certification {
	const char *name, *issuer, *reference, *scope;
	const char *valid_until; /* NULL: no end is told */
};
struct profile_reference {
	const char *client, *title, *description, *contact;
	struct opt_int year;
	struct opt_num amount_ht;
	struct json_texts keywords;
};
struct profile_insurance {
	const char *kind, *insurer, *valid_until;
	struct opt_num amount; /* the ceiling, euros */
};
struct profile_person {
	const char *role, *name;
	struct opt_num experience_years, daily_rate_ht;
	struct json_texts skills, certifications;
};
struct profile_signatory {
	const char *name, *role, *email, *phone;
};
/* Texts are NULL when nothing is said; of elements, what must be given is never NULL or unset. */
struct profile {
	const char *company_name, *siret, *vat_number, *legal_form, *naf_code, *description, *address, *contact_email,
	    *contact_phone;
	struct opt_int founding_year, team_size;
	struct opt_num annual_revenue;
	struct {
		struct profile_revenue *p;
		size_t n;
	} revenues;
	struct {
		struct profile_capability *p;
		size_t n;
	} capabilities;
	struct {
		struct profile_certification *p;
		size_t n;
	} certifications;
	struct {
		struct profile_reference *p;
		size_t n;
	} references;
	struct {
		struct profile_insurance *p;
		size_t n;
	} insurances;
	struct {
		struct profile_person *p;
		size_t n;
	} people;
	struct profile_signatory *signatory; /* who signs offers */
	struct opt_int version;              /* that a change starts from; not part of the profile */
};

enum profile_reading {
	PROFILE_WHOLE,   /* company_name and siret are required */
	PROFILE_REPLACE, /* all may be left out */
	PROFILE_CHANGE,  /* `p` holds the profile: what is left out stays, null empties, company_name and siret can't be
			  */
};
/* Reads a body and checks it: every field, every element of every list, all faults by their paths. Numbers get their
 * one form (siret, vat_number, naf_code, e-mail addresses). `year` is the present one. Texts are made in mem. */
enum result profile_read(TALLOC_CTX *mem, const struct json *body, enum profile_reading how, int year,
    struct profile *p, struct error *e) MUST_CHECK;

/* Members of the profile, as an object's being written; without `version`. */
void profile_write(struct json_writer *w, const struct profile *p);

/* A part that is not a plain value, by its name ("capabilities" ... "signatory"), as JSON text and back. What was
 * stored was checked: DAMAGED when it can't be read. */
const char *profile_part_print(TALLOC_CTX *mem, const struct profile *p, const char *name);
enum result profile_part_read(
    TALLOC_CTX *mem, const char *name, const char *text, struct profile *p, struct error *e) MUST_CHECK;

/* Names of the fields that differ, as a JSON array; *n: how many. */
const char *profile_changes(TALLOC_CTX *mem, const struct profile *before, const struct profile *after, size_t *n);

#endif
