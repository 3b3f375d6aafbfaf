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
	cr_expect_not_null(strstr(a.contradictions[0].message, "120\u00a0jours (un.txt, page 1)"));
	cr_expect_not_null(strstr(a.contradictions[0].message, "180\u00a0jours (deux.txt, page 1)"));
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
	cr_expect_not_null(strstr(a.contradictions[0].message, "30\u00a0mois (un.txt, page 1)"));
}

Test(dossier, the_rules_of_the_consultation_have_the_word_on_the_procedure)
{
	struct analysis a = dossier(AE "L'accord-cadre est conclu.\n", RC "Il s'agit d'un marché ordinaire.\n");
	const struct fact *f = analysis_fact(&a, "contract_form");
	cr_assert_not_null(f);
	cr_expect_str_eq(f->value.text, "marche");
	cr_expect_eq(f->status, FACT_CONTRADICTED);
}

/* The message of the only contradiction, "-" without any. */
static const char *message(const char *first, const char *second)
{
	struct analysis a = dossier(first, second);
	cr_expect_leq(a.n_contradictions, 1);
	return a.n_contradictions ? a.contradictions[0].message : "-";
}

#define DUE(day) "Date limite de remise des offres : " day " à 12h00\n\n"
#define MONTHS(n) "Le délai de validité des offres est de " n " mois.\n"

Test(dossier, months_are_days_only_where_the_calendar_says_so)
{
	/* six months are 181 to 184 days whenever they begin */
	const char *six = message(RC VALID("180"), AE MONTHS("6"));
	cr_expect_not_null(strstr(six, "180\u00a0jours (un.txt, page 1)\u00a0; 6 mois (deux.txt, page 1)."), "%s", six);
	six = message(RC DUE("19/04/2027") VALID("180"), AE MONTHS("6"));
	cr_expect_not_null(
	    strstr(six, "à compter du 19\u00a0avril 2027, 180\u00a0jours mènent au 16\u00a0octobre 2027 et "
			"6\u00a0mois au 19\u00a0octobre 2027."),
	    "%s", six);
	/* in one sentence; in brackets it says what is meant */
	cr_expect_str_neq(message(RC VALID("180"), AE MONTHS("6 mois /180 jours, pas 7")), "-");
	cr_expect_str_eq(message(RC VALID("180"), AE "La validité des offres est de 6 mois (180 jours).\n"), "-");
	/* five months may be 150 days, and from the 10th of February they are */
	cr_expect_str_eq(message(RC VALID("150"), AE MONTHS("5")), "-");
	cr_expect_str_eq(message(RC DUE("10/02/2027") VALID("150"), AE MONTHS("5")), "-");
	cr_expect_str_neq(message(RC DUE("10/03/2027") VALID("150"), AE MONTHS("5")), "-");
	cr_expect_str_eq(message(RC MONTHS("12"), AE "La validité des offres est de un an.\n"), "-");
	cr_expect_str_neq(message(RC MONTHS("4"), AE MONTHS("5")), "-");
	struct analysis a = dossier(RC VALID("180"), AE MONTHS("6"));
	cr_expect_eq(analysis_fact(&a, "offer_validity_days")->value.number, 180);
	cr_expect_str_eq(a.contradictions[0].values[1].value.text, "6 mois");
}

Test(dossier, a_document_that_contradicts_itself)
{
	static const char *const cases[][2] = {
		{ "La durée du marché est de 36 mois.\n\nLa durée du présent marché est fixée à 48 mois.\n",
		    "36\u00a0mois" },
		{ "Le délai de paiement est de 30 jours.\n\nLe délai global de paiement est fixé à 45 jours.\n",
		    "45\u00a0jours" },
		{ "Le marché relève du CCAG-TIC. Le CCAG-TIC est applicable. Les prix sont révisés selon l'article "
		  "10.2 du "
		  "CCAG FCS.\n",
		    "CCAG-FCS" },
		/* refused: of parts; a list of references */
		{ "La durée du marché est de 36 mois.\n\nPour le lot 2, la durée du marché est de 48 mois.\n", NULL },
		{ "Le marché relève du CCAG-TIC. Le CCAG-TIC est applicable, comme hier le CCAG FCS.\n", NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *m =
		    message(mem_printf(mem, "CAHIER DES CLAUSES ADMINISTRATIVES PARTICULIERES\n\n%s", cases[i][0]), RC);
		cr_expect(cases[i][1] ? strstr(m, cases[i][1]) != NULL : strcmp(m, "-") == 0, "%s: %s", cases[i][0], m);
	}
}

Test(dossier, values_are_told_in_french)
{
	cr_expect_not_null(strstr(message(RC DUE("19/04/2027"), AE DUE("20/04/2027")),
	    "19\u00a0avril 2027 à 12\u00a0h\u00a000 (un.txt, page 1)\u00a0; 20\u00a0avril 2027"));
	cr_expect_not_null(strstr(message(RC "Montant maximum : 40 000 € HT\n", AE "Montant maximum : 50 000 € HT\n"),
	    "50\u00a0000\u00a0€ HT"));
	cr_expect_not_null(strstr(message(AE "L'accord-cadre est conclu.\n", RC "Il s'agit d'un marché ordinaire.\n"),
	    "accord-cadre (un.txt"));
}

/* The questions to the buyer, one a line. */
static const char *questions(const char *first, const char *second)
{
	struct analysis a = dossier(first, second);
	char *s = mem_strdup(mem, "");
	for (size_t i = 0; i < a.n_questions; i++) {
		cr_expect_gt(a.questions[i].n_evidence, 0);
		cr_expect_neq(a.questions[i].reason[0], '\0');
		s = mem_printf(mem, "%s%s\n", s, a.questions[i].text);
	}
	return s;
}

#define LIST \
	"Le dossier de consultation comprend les pièces suivantes :\n- le règlement de la consultation\n- l'acte " \
	"d'engagement\n- le CCTP\n"

Test(dossier, questions_to_the_buyer)
{
	cr_expect_str_eq(questions(RC VALID("180"), AE VALID("120")),
	    "Pendant combien de temps les offres doivent-elles rester valables\u00a0: 180\u00a0jours (un.txt, page 1) "
	    "ou "
	    "120\u00a0jours (deux.txt, page 1)\u00a0?\n");
	cr_expect_str_eq(questions(RC "Aucune variante n'est autorisée.\n\nLes variantes sont autorisées.\n", AE),
	    "Les variantes sont-elles autorisées\u00a0?\n");
	cr_expect_str_eq(questions(RC "Date limite de remise des offres : 20/04/2027\n", AE),
	    "À quelle heure les plis doivent-ils parvenir au plus tard, le 20\u00a0avril 2027\u00a0?\n");
	cr_expect_str_eq(questions(RC DUE("24/04/2027"), AE), "La date limite de remise des offres est-elle bien le "
							      "samedi 24\u00a0avril 2027 à 12\u00a0h\u00a000\u00a0?\n");
	cr_expect_str_eq(questions(RC LIST, AE),
	    "Pouvez-vous transmettre la pièce suivante, citée par le dossier\u00a0: «\u00a0le CCTP\u00a0»\u00a0?\n");
	/* refused: nothing is open */
	cr_expect_str_eq(questions(RC DUE("20/04/2027") VALID("180"), AE VALID("180")), "");
	cr_expect_str_eq(
	    questions(RC LIST, "CAHIER DES CLAUSES TECHNIQUES PARTICULIERES\n\nLe titulaire doit livrer.\n"),
	    "Pouvez-vous transmettre la pièce suivante, citée par le dossier\u00a0: «\u00a0l'acte "
	    "d'engagement\u00a0»\u00a0?\n");
	struct document *d = test_model(mem, RC LIST, strlen(RC LIST));
	struct tender_input in[2] = { { .file = "un.txt", .document = d },
		{ .file = "AE et CCTP.odt", .error = "unread_format" } };
	struct analysis a;
	tender_analyze(mem, in, 2, &a);
	cr_expect_eq(a.n_questions, 0, "a document that was not read may be the missing one");
	tender_analyze(mem, in, 1, &a);
	cr_expect_eq(a.n_questions, 0, "a document on its own lacks nothing");
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
	cr_assert_eq(json_len(json_get(v, "questions")), 1);
	const struct json *question = json_at(json_get(v, "questions"), 0);
	cr_expect_not_null(strstr(json_string(json_get(question, "reason")), "se contredit"));
	cr_expect_eq(json_len(json_get(question, "evidence")), 2);
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
