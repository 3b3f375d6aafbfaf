/* The company's profile. What is changed leaves a version behind; both are sent together. */
#ifndef DB_COMPANY_SQL_H
#define DB_COMPANY_SQL_H

#include "sql.h"

struct company_profile_row {
	struct uuid id;
	const char *company_name, *siret, *vat_number, *legal_form, *naf_code, *description, *address, *contact_email,
	    *contact_phone;
	struct opt_int founding_year, team_size;
	struct opt_num annual_revenue;
	struct json_text revenues, capabilities, certifications, references, insurances, people, signatory;
	int64_t version;
	struct instant created_at, updated_at;
};
SQL_FIELDS(company_profile_row, id, company_name, siret, vat_number, legal_form, naf_code, description, address,
    contact_email, contact_phone, founding_year, team_size, annual_revenue, revenues, capabilities, certifications,
    references, insurances, people, signatory, version, created_at, updated_at);

#define COMPANY_PROFILE_SELECT \
	"select id, company_name, siret, vat_number, legal_form, naf_code, description, address, contact_email," \
	" contact_phone, founding_year, team_size, annual_revenue::float8 as annual_revenue, revenues, capabilities," \
	" certifications, \"references\", insurances, people, signatory, version, created_at, updated_at" \
	" from company_profile where deleted_at is null"

/* ERR_NOT_FOUND: there is none. */
SQL_ONE(company_profile_get, sql_nothing, company_profile_row, COMPANY_PROFILE_SELECT)
SQL_ONE(company_profile_lock, sql_nothing, company_profile_row, COMPANY_PROFILE_SELECT " for update")

struct company_profile_values {
	struct uuid id;
	const char *company_name, *siret, *vat_number, *legal_form, *naf_code, *description, *address, *contact_email,
	    *contact_phone;
	struct opt_int founding_year, team_size;
	struct opt_num annual_revenue;
	struct json_text revenues, capabilities, certifications, references, insurances, people, signatory;
	struct uuid account_id;
};
SQL_FIELDS(company_profile_values, id, company_name, siret, vat_number, legal_form, naf_code, description, address,
    contact_email, contact_phone, founding_year, team_size, annual_revenue, revenues, capabilities, certifications,
    references, insurances, people, signatory, account_id);

/* Nothing is affected when there is one already. Versions count on from those of an earlier profile. */
SQL_EXEC(company_profile_insert, company_profile_values,
    "insert into company_profile (id, company_name, siret, vat_number, legal_form, naf_code, description, address,"
    " contact_email, contact_phone, founding_year, team_size, annual_revenue, revenues, capabilities, certifications,"
    " \"references\", insurances, people, signatory, created_by, updated_by, version)"
    " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13::float8::numeric(15, 2), $14, $15, $16, $17, $18,"
    " $19, $20, $21, $21, (select coalesce(max(number), 0) + 1 from company_profile_version))"
    " on conflict (organization_id) where deleted_at is null do nothing")

SQL_EXEC(company_profile_update, company_profile_values,
    "update company_profile set company_name = $2, siret = $3, vat_number = $4, legal_form = $5, naf_code = $6,"
    " description = $7, address = $8, contact_email = $9, contact_phone = $10, founding_year = $11, team_size = $12,"
    " annual_revenue = $13::float8::numeric(15, 2), revenues = $14, capabilities = $15, certifications = $16,"
    " \"references\" = $17, insurances = $18, people = $19, signatory = $20, updated_by = $21 where id = $1")

struct company_profile_key {
	struct uuid id;
};
SQL_FIELDS(company_profile_key, id);
SQL_EXEC(company_profile_delete, company_profile_key,
    "update company_profile set deleted_at = now() where id = $1 and deleted_at is null")

struct company_version_new {
	struct uuid profile_id;
	const char *action;       /* created, replaced, changed, deleted */
	struct json_text changed; /* names of fields */
	struct uuid created_by;
};
SQL_FIELDS(company_version_new, profile_id, action, changed, created_by);

/* Of the profile as the statements before it have left it. */
SQL_EXEC(company_version_insert, company_version_new,
    "insert into company_profile_version (number, profile_id, action, changed, content, created_by)"
    " select p.version, p.id, $2, $3, to_jsonb(p) - '{organization_id, id, version, created_by, updated_by, created_at,"
    " updated_at, deleted_at}'::text[], $4 from company_profile p where p.id = $1")

#endif
