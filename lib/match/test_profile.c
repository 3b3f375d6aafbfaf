#include "profile.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define YEAR 2026
#define WHO "\"company_name\":\"Exemple SARL\",\"siret\":\"732 829 320 00074\""

static TALLOC_CTX *mem;
static struct error e;
static struct profile p;

static void set_up(void)
{
	mem = mem_new("test", 0);
	memset(&p, 0, sizeof p);
}

static void tear_down(void)
{
	talloc_free(mem);
}

TestSuite(profile, .init = set_up, .fini = tear_down);

static enum result take(const char *text, enum profile_reading how)
{
	const struct json *body;
	error_clear(&e);
	cr_assert_eq(json_parse(mem, text, strlen(text), &body, &e), ERR_OK, "%s", text);
	return profile_read(mem, body, how, YEAR, &p, &e);
}

static const char *written(void)
{
	struct buf out;
	struct json_writer w;
	buf_init(&out, mem, 1 << 20);
	jw_init(&w, &out);
	jw_open(&w, '{');
	profile_write(&w, &p);
	jw_close(&w, '}');
	return out.data;
}

static const char full[] =
    "{" WHO ",\"vat_number\":\"fr 44 732829320\",\"legal_form\":\"SARL\",\"naf_code\":\"6202a\",\"description\":\"\","
    "\"address\":\"1 rue des Lilas, 75000 Paris\",\"contact_email\":\"Contact@Exemple.FR\",\"contact_phone\":\"01 23 "
    "45 67 89\","
    "\"founding_year\":1999,\"team_size\":12,\"annual_revenue\":1250000.5,"
    "\"revenues\":[{\"year\":2025,\"total\":1250000.5,\"domain\":\"Maintenance\"}],"
    "\"capabilities\":[{\"name\":\"Infogérance\",\"keywords\":[\" astreinte \",\"supervision\"],\"description\":\"24 "
    "h\","
    "\"experience_years\":7.5,\"team_size\":4}],"
    "\"certifications\":[{\"name\":\"ISO "
    "27001\",\"issuer\":\"Organisme\",\"reference\":\"R-1\",\"valid_until\":\"2027-12-31\","
    "\"scope\":\"Hébergement\"}],"
    "\"references\":[{\"client\":\"Commune de Bellerive\",\"title\":\"Réseau\",\"year\":2024,\"amount_ht\":90000,"
    "\"description\":\"\",\"keywords\":[],\"contact\":\"service informatique\"}],"
    "\"insurances\":[{\"kind\":\"RC "
    "professionnelle\",\"insurer\":\"Assureur\",\"amount\":2000000,\"valid_until\":\"2026-12-31\"}],"
    "\"people\":[{\"role\":\"Chef de projet\",\"name\":\"Camille "
    "Martin\",\"experience_years\":10,\"skills\":[\"ITIL\"],"
    "\"certifications\":[],\"daily_rate_ht\":650}],"
    "\"signatory\":{\"name\":\"Camille "
    "Martin\",\"role\":\"Gérante\",\"email\":\"camille@exemple.fr\",\"phone\":\"+33123456789\"}}";

Test(profile, all_of_it_is_read_and_written)
{
	cr_assert_eq(take(full, PROFILE_WHOLE), ERR_OK, "%s", e.n_faults ? e.faults[0].field : "");
	cr_assert_str_eq(p.siret, "73282932000074");
	cr_assert_str_eq(p.vat_number, "FR44732829320");
	cr_assert_str_eq(p.naf_code, "62.02A");
	cr_assert_str_eq(p.contact_email, "contact@exemple.fr");
	cr_assert_eq(p.capabilities.n, 1u);
	cr_assert_eq(p.capabilities.p[0].keywords.n, 2u);
	cr_assert_str_eq(p.capabilities.p[0].keywords.p[0], "astreinte");
	cr_assert_eq(p.capabilities.p[0].experience_years.value, 7.5);
	cr_assert_str_eq(p.people.p[0].skills.p[0], "ITIL");
	cr_assert_str_eq(p.signatory->role, "Gérante");
	/* What was written is read again to the same. */
	const char *once = mem_strdup(mem, written());
	memset(&p, 0, sizeof p);
	cr_assert_eq(take(once, PROFILE_WHOLE), ERR_OK);
	cr_assert_str_eq(written(), once);
	cr_assert_not_null(strstr(once, "\"annual_revenue\":1250000.50,"));
}

Test(profile, parts_are_stored_and_come_back)
{
	static const char *const parts[] = { "revenues", "capabilities", "certifications", "references", "insurances",
		"people", "signatory" };
	cr_assert_eq(take(full, PROFILE_WHOLE), ERR_OK);
	struct profile whole = p, back = p;
	size_t n;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		error_clear(&e);
		cr_assert_eq(
		    profile_part_read(mem, parts[i], profile_part_print(mem, &whole, parts[i]), &back, &e), ERR_OK);
	}
	cr_assert_str_eq(profile_changes(mem, &whole, &back, &n), "[]");
	cr_assert_eq(n, 0u);
	cr_assert_eq(profile_part_read(mem, "people", "[{}]", &back, &e), ERR_DAMAGED);
	error_clear(&e);
	cr_assert_eq(profile_part_read(mem, "people", "nonsense", &back, &e), ERR_DAMAGED);
}

Test(profile, a_change_leaves_the_rest)
{
	cr_assert_eq(take(full, PROFILE_WHOLE), ERR_OK);
	struct profile before = p;
	size_t n;
	cr_assert_eq(
	    take("{\"team_size\":13,\"vat_number\":null,\"people\":null,\"signatory\":null}", PROFILE_CHANGE), ERR_OK);
	cr_assert_eq(p.team_size.value, 13);
	cr_assert_null(p.vat_number);
	cr_assert_null(p.signatory);
	cr_assert_eq(p.people.n, 0u);
	cr_assert_eq(p.capabilities.n, 1u);
	cr_assert_str_eq(
	    profile_changes(mem, &before, &p, &n), "[\"vat_number\",\"team_size\",\"people\",\"signatory\"]");
	cr_assert_eq(n, 4u);
	cr_assert_eq(take("{\"siret\":null}", PROFILE_CHANGE), ERR_MISSING_FIELD);
	cr_assert_eq(take("{\"company_name\":\"\"}", PROFILE_CHANGE), ERR_MISSING_FIELD);
	cr_assert_eq(take("{}", PROFILE_CHANGE), ERR_OK);
}

Test(profile, lists_have_other_names)
{
	cr_assert_eq(
	    take("{" WHO ",\"capabilities_json\":[{\"name\":\"A\"}],\"certifications_json\":[{\"name\":\"B\"}]}",
		PROFILE_WHOLE),
	    ERR_OK);
	cr_assert_str_eq(p.capabilities.p[0].name, "A");
	cr_assert_str_eq(p.certifications.p[0].name, "B");
	cr_assert_eq(p.capabilities.p[0].keywords.n, 0u);
	cr_assert_eq(
	    take("{" WHO ",\"capabilities_json\":[],\"capabilities\":[]}", PROFILE_WHOLE), ERR_DUPLICATE_FIELD);
	cr_assert_eq(take("{" WHO ",\"capabilities_json\":[{}]}", PROFILE_WHOLE), ERR_MISSING_FIELD);
	cr_assert_str_eq(e.faults[0].field, "capabilities_json[0].name");
}

Test(profile, who_it_is_must_be_said)
{
	cr_assert_eq(take("{}", PROFILE_WHOLE), ERR_MISSING_FIELD);
	cr_assert_eq(e.n_faults, 2u);
	memset(&p, 0, sizeof p);
	cr_assert_eq(take("{}", PROFILE_REPLACE), ERR_OK);
	cr_assert_null(p.siret);
	cr_assert_eq(take("[]", PROFILE_WHOLE), ERR_INVALID_TYPE);
}

static const struct {
	const char *body, *field;
	enum result code;
} refused[] = {
	{ "\"nom\":\"x\"", "nom", ERR_UNKNOWN_FIELD },
	{ "\"vat_number\":\"FR00732829320\"", "vat_number", ERR_INVALID_VAT_NUMBER },
	{ "\"naf_code\":\"conseil\"", "naf_code", ERR_INVALID_VALUE },
	{ "\"contact_email\":\"camille\"", "contact_email", ERR_INVALID_EMAIL },
	{ "\"contact_phone\":\"demain\"", "contact_phone", ERR_INVALID_VALUE },
	{ "\"founding_year\":2027", "founding_year", ERR_OUT_OF_RANGE },
	{ "\"founding_year\":1999.5", "founding_year", ERR_INVALID_TYPE },
	{ "\"team_size\":-1", "team_size", ERR_OUT_OF_RANGE },
	{ "\"annual_revenue\":1.001", "annual_revenue", ERR_INVALID_VALUE },
	{ "\"annual_revenue\":\"1000\"", "annual_revenue", ERR_INVALID_TYPE },
	{ "\"revenues\":{}", "revenues", ERR_INVALID_TYPE },
	{ "\"revenues\":[{\"total\":1}]", "revenues[0].year", ERR_MISSING_FIELD },
	{ "\"revenues\":[{\"year\":2025}]", "revenues[0].total", ERR_MISSING_FIELD },
	{ "\"revenues\":[{\"year\":2028,\"total\":1}]", "revenues[0].year", ERR_OUT_OF_RANGE },
	{ "\"capabilities\":[{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"\"}]", "capabilities[2].name",
	    ERR_MISSING_FIELD },
	{ "\"capabilities\":[{\"name\":\"a\",\"keywords\":\"b\"}]", "capabilities[0].keywords", ERR_INVALID_TYPE },
	{ "\"capabilities\":[{\"name\":\"a\",\"keywords\":[\"b\",3]}]", "capabilities[0].keywords[1]",
	    ERR_INVALID_TYPE },
	{ "\"capabilities\":[{\"name\":\"a\",\"keywords\":[\" \"]}]", "capabilities[0].keywords[0]", ERR_TOO_SHORT },
	{ "\"capabilities\":[{\"name\":\"a\",\"level\":1}]", "capabilities[0].level", ERR_UNKNOWN_FIELD },
	{ "\"capabilities\":[\"a\"]", "capabilities[0]", ERR_INVALID_TYPE },
	{ "\"capabilities\":[null]", "capabilities[0]", ERR_INVALID_TYPE },
	{ "\"certifications\":[{\"name\":\"a\",\"valid_until\":\"2026-02-29\"}]", "certifications[0].valid_until",
	    ERR_INVALID_VALUE },
	{ "\"references\":[{\"client\":\"a\",\"title\":\"b\"}]", "references[0].year", ERR_MISSING_FIELD },
	{ "\"references\":[{\"client\":\"a\",\"title\":\"b\",\"year\":2024,\"amount_ht\":-5}]",
	    "references[0].amount_ht", ERR_OUT_OF_RANGE },
	{ "\"insurances\":[{\"kind\":\"a\",\"insurer\":\"b\",\"amount\":1}]", "insurances[0].valid_until",
	    ERR_MISSING_FIELD },
	{ "\"people\":[{\"experience_years\":1}]", "people[0].role", ERR_MISSING_FIELD },
	{ "\"people\":[{\"role\":\"a\",\"experience_years\":81}]", "people[0].experience_years", ERR_OUT_OF_RANGE },
	{ "\"signatory\":\"Camille Martin\"", "signatory", ERR_INVALID_TYPE },
	{ "\"signatory\":{\"role\":\"Gérante\"}", "signatory.name", ERR_MISSING_FIELD },
	{ "\"signatory\":{\"name\":\"C\",\"email\":\"c\"}", "signatory.email", ERR_INVALID_EMAIL },
	{ "\"signatory\":{\"name\":\"C\",\"phone\":\"c\"}", "signatory.phone", ERR_INVALID_VALUE },
};

Test(profile, each_fault_is_told_at_its_place)
{
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		memset(&p, 0, sizeof p);
		const char *body = mem_printf(mem, "{" WHO ",%s}", refused[i].body);
		cr_assert_eq(take(body, PROFILE_WHOLE), refused[i].code, "%s: %s", body, error_id(e.code));
		cr_assert_eq(e.n_faults, 1u, "%s", body);
		cr_assert_str_eq(e.faults[0].field, refused[i].field);
	}
}

Test(profile, lists_have_their_ends)
{
	const char *item = "{\"name\":\"a\"}";
	char *list = mem_strdup(mem, item);
	for (int i = 1; i < 100; i++)
		list = mem_printf(mem, "%s,%s", list, item);
	cr_assert_eq(take(mem_printf(mem, "{" WHO ",\"capabilities\":[%s]}", list), PROFILE_WHOLE), ERR_OK);
	cr_assert_eq(p.capabilities.n, 100u);
	memset(&p, 0, sizeof p);
	cr_assert_eq(
	    take(mem_printf(mem, "{" WHO ",\"capabilities\":[%s,%s]}", list, item), PROFILE_WHOLE), ERR_OUT_OF_RANGE);
}
