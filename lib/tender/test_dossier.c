/* Several documents as one dossier: precedence, agreement, contradiction; and the JSON of it all. */
#include <criterion/criterion.h>
#include <string.h>
#include "json.h"
#include "test_model.h"

static TALLOC_CTX *mem;

static void setup(void)
{
	mem = mem_new("test", 0);
}
static void teardown(void)
{
	talloc_free(mem);
}
TestSuite(dossier, .init = setup, .fini = teardown);

#define RC \
	"REGLEMENT DE LA CONSULTATION\n\nLes candidats devront remettre un dossier complet comprenant leur offre.\n\n"
#define AE "ACTE D'ENGAGEMENT\n\nTitulaire du compte, IBAN. Le présent acte d'engagement.\n\n"
#define VALID(n) "Le délai de validité des offres est de " n " jours.\n"

static struct analysis dossier(const char *first, const char *second)
{
	struct tender_input in[2] = {
		{ .file = "un.txt", .document_id = "id-1", .document = test_model(mem, first, strlen(first)) },
		{ .file = "deux.txt", .document = test_model(mem, second, strlen(second)) }
	};
	struct analysis a;
	tender_analyze(mem, in, 2, &a);
	return a;
}

Test(dossier, agreement_makes_surer)
{
	struct analysis a = dossier(AE VALID("120"), RC VALID("120"));
	const struct fact *f = analysis_fact(&a, "offer_validity_days");
	cr_assert_not_null(f);
	cr_expect_eq(f->status, FACT_FOUND);
	cr_expect_gt(f->confidence, 0.96);
	cr_expect_eq(f->n_evidence, 2);
	cr_expect_eq(a.n_contradictions, 0);
	cr_expect_null(analysis_fact(&a, "document_type"), "a dossier has no type of its own");
}

Test(dossier, disagreement_is_told_and_the_rules_of_the_consultation_go_first)
{
	struct analysis a = dossier(AE VALID("120"), RC VALID("180"));
	const struct fact *f = analysis_fact(&a, "offer_validity_days");
	cr_assert_not_null(f);
	cr_expect_eq(f->status, FACT_CONTRADICTED);
	cr_expect_eq(f->value.number, 180);
	cr_assert_eq(a.n_contradictions, 1);
	cr_expect_eq(a.contradictions[0].n_values, 2);
	cr_expect_not_null(strstr(a.contradictions[0].message, "120 (un.txt, page 1)"));
	cr_expect_not_null(strstr(a.contradictions[0].message, "180 (deux.txt, page 1)"));
}

Test(dossier, other_words_for_the_same_object_are_no_contradiction)
{
	struct analysis a =
	    dossier(AE "Objet : Entretien des chemins communaux\n", RC "Objet : Entretien des chemins de la commune\n");
	const struct fact *f = analysis_fact(&a, "object");
	cr_assert_not_null(f);
	cr_expect_eq(f->status, FACT_FOUND);
	cr_expect_str_eq(f->value.text, "Entretien des chemins de la commune");
	cr_expect_eq(a.n_contradictions, 0);
}

Test(dossier, a_date_without_its_hour_agrees_with_the_same_date)
{
	struct analysis a = dossier(RC "Date limite de remise des offres : 10/03/2027\n",
	    AE "Date limite de remise des offres : 10/03/2027 à 12h00\n");
	const struct fact *f = analysis_fact(&a, "deadline");
	cr_assert_not_null(f);
	cr_expect_str_eq(f->value.text, "2027-03-10T12:00");
	cr_expect_eq(a.n_contradictions, 0);
}

Test(dossier, the_engagement_has_the_word_on_the_contract)
{
	struct analysis a =
	    dossier(RC "La durée du marché est fixée à 30 mois.\n", AE "La durée du marché est fixée à 6 mois.\n");
	const struct fact *f = analysis_fact(&a, "duration_months");
	cr_assert_not_null(f);
	cr_expect_eq(f->value.number, 6);
	cr_expect_eq(f->status, FACT_CONTRADICTED);
	cr_assert_eq(a.n_contradictions, 1);
	cr_expect_str_eq(a.contradictions[0].key, "duration_months");
	cr_expect_not_null(strstr(a.contradictions[0].message, "30 (un.txt, page 1)"));
}

Test(dossier, the_rules_of_the_consultation_have_the_word_on_the_procedure)
{
	struct analysis a = dossier(AE "L'accord-cadre est conclu.\n", RC "Il s'agit d'un marché ordinaire.\n");
	const struct fact *f = analysis_fact(&a, "contract_form");
	cr_assert_not_null(f);
	cr_expect_str_eq(f->value.text, "marche");
	cr_expect_eq(f->status, FACT_CONTRADICTED);
}

Test(dossier, requirements_of_all_documents_in_json)
{
	struct analysis a =
	    dossier(RC "1. Offres\n\nLes candidats doivent remettre leurs offres en langue française.\n",
		"CAHIER DES CLAUSES TECHNIQUES PARTICULIERES\n\n2.1 Astreinte\n\nLe titulaire doit répondre à toute "
		"heure du jour.\n");
	struct buf out;
	buf_init(&out, mem, 1 << 20);
	analysis_write(&a, &out);
	const struct json *v;
	struct error e;
	error_clear(&e);
	cr_assert_eq(json_parse(mem, out.data, out.len, &v, &e), ERR_OK);
	const struct json *all = json_get(v, "requirements");
	cr_assert_geq(json_len(all), 2);
	const struct json *last = json_at(all, json_len(all) - 1);
	cr_expect_str_eq(json_string(json_get(last, "section")), "2.1 Astreinte");
	cr_expect_str_eq(json_string(json_get(last, "priority")), "mandatory");
	cr_expect_str_eq(json_string(json_get(json_at(json_get(last, "evidence"), 0), "file")), "deux.txt");
}

Test(dossier, json_has_the_vocabulary_s_form)
{
	struct analysis a = dossier(AE VALID("120"),
	    RC VALID("180") "Les critères de jugement des offres :\n- Prix : 40 %\n- Technique : 60 %\n");
	struct buf out;
	buf_init(&out, mem, 1 << 20);
	analysis_write(&a, &out);
	const struct json *v;
	struct error e;
	error_clear(&e);
	cr_assert_eq(json_parse(mem, out.data, out.len, &v, &e), ERR_OK);
	const struct json *f = json_get(json_get(v, "facts"), "offer_validity_days"), *d = json_get(v, "documents");
	cr_expect_eq(json_num(json_get(f, "value")), 180);
	cr_expect_str_eq(json_string(json_get(f, "status")), "contradicted");
	const struct json *ev = json_at(json_get(f, "evidence"), 0);
	cr_expect_str_eq(json_string(json_get(ev, "file")), "deux.txt");
	cr_expect_eq(json_int(json_get(ev, "page")), 1);
	cr_expect_eq(json_kind(json_get(ev, "document_id")), JSON_NULL, "no identifier was given for it");
	cr_expect_str_eq(json_string(json_get(json_at(d, 0), "document_id")), "id-1");
	cr_expect_str_eq(json_string(json_get(json_at(d, 0), "kind")), "ae");
	cr_expect_eq(json_len(json_get(v, "contradictions")), 1);
	cr_expect_eq(json_kind(json_get(v, "requirements")), JSON_ARRAY);
	cr_expect_eq(json_kind(json_get(v, "questions")), JSON_ARRAY);
	const struct json *c = json_get(json_get(json_get(v, "facts"), "criteria"), "value");
	cr_expect_eq(json_len(c), 2);
	cr_expect_eq(json_num(json_get(json_at(c, 0), "weight")), 40);
	cr_expect_eq(json_kind(json_get(json_at(c, 0), "sub")), JSON_ARRAY);
}

Test(dossier, the_same_dossier_gives_the_same_answer)
{
	struct buf x, y;
	buf_init(&x, mem, 1 << 20);
	buf_init(&y, mem, 1 << 20);
	struct analysis a = dossier(AE VALID("120"), RC VALID("180")), b = dossier(AE VALID("120"), RC VALID("180"));
	analysis_write(&a, &x);
	analysis_write(&b, &y);
	cr_expect_str_eq(x.data, y.data);
}
