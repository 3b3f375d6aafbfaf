/* What should make a bidder think twice: each flag from a fact that says so, none from one that does not. */
#include <criterion/criterion.h>
#include <string.h>
#include "red_flags.h"

static TALLOC_CTX *mem;

static void setup(void)
{
	mem = mem_new("test", 0);
}
static void teardown(void)
{
	talloc_free(mem);
}
TestSuite(red_flags, .init = setup, .fini = teardown);

static const struct json *parsed(const char *text)
{
	const struct json *v;
	struct error e;
	error_clear(&e);
	cr_assert_eq(json_parse(mem, text, strlen(text), &v, &e), ERR_OK, "%s", text);
	return v;
}

#define NOW "2027-03-01T09:00"
#define EVIDENCE "\"evidence\":[{\"file\":\"RC.pdf\",\"page\":2,\"quote\":\"mots\"}]"
#define FACT(key, value) "\"" key "\":{\"value\":" value ",\"status\":\"found\"," EVIDENCE "}"
#define WITH(key, value, detail) \
	"\"" key "\":{\"value\":" value ",\"status\":\"found\",\"detail\":\"" detail "\"," EVIDENCE "}"

/* Codes of the flags, in their order. */
static const char *codes(const char *facts, const char *now)
{
	struct red_flags_input in = { .facts = parsed(mem_printf(mem, "{%s}", facts)), .now = now };
	struct red_flags f;
	red_flags_find(mem, &in, &f);
	char *s = mem_strdup(mem, "");
	for (size_t i = 0; i < f.n; i++) {
		cr_expect_gt(f.all[i].n_evidence, 0, "%s", f.all[i].code);
		cr_expect(i == 0 || f.all[i - 1].severity <= f.all[i].severity);
		s = mem_printf(mem, "%s%s%s", s, i ? " " : "", f.all[i].code);
	}
	return s;
}

Test(red_flags, each_from_a_fact_that_says_so)
{
	static const char *const cases[][2] = {
		{ FACT("deadline", "\"2027-02-26T12:00\""), "deadline_passed" },
		{ FACT("deadline", "\"2027-03-01T08:59\""), "deadline_passed" },
		{ FACT("deadline", "\"2027-03-01T09:01\""), "deadline_near" },
		{ FACT("deadline", "\"2027-03-15T12:00\""), "deadline_near" },
		{ FACT("deadline", "\"2027-03-16T12:00\""), "" },
		{ FACT("deadline", "\"2027-04-17T12:00\""), "deadline_on_rest_day" },
		{ FACT("deadline", "\"2027-04-16\""), "deadline_without_hour" },
		{ FACT("deadline", "\"2027-04-16T12:00\"") "," FACT("question_deadline", "\"2027-02-28\""),
		    "question_deadline_passed" },
		{ FACT("deadline", "\"2027-04-16T12:00\"") "," FACT("question_deadline", "\"2027-03-01\""), "" },
		{ FACT("site_visit_mandatory", "true"), "site_visit_mandatory" },
		{ FACT("site_visit_mandatory", "false"), "" },
		{ FACT("minimum_turnover", "350000"), "minimum_turnover" },
		{ FACT("required_certifications", "[\"ISO 27001\"]"), "required_certifications" },
		{ FACT("criteria", "[{\"name\":\"Prix\",\"weight\":60},{\"name\":\"Technique\",\"weight\":40}]"),
		    "price_weight" },
		{ FACT("criteria", "[{\"name\":\"Prix\",\"weight\":55},{\"name\":\"Technique\",\"weight\":45}]"), "" },
		{ FACT("criteria", "[{\"name\":\"Coût global\",\"weight\":100}]"), "price_only" },
		{ FACT("criteria", "[{\"name\":\"Prix\",\"weight\":null},{\"name\":\"Délai\",\"weight\":null}]"), "" },
		{ WITH("variants_allowed", "true", "variantes exigées"), "variants_required" },
		{ FACT("variants_allowed", "true"), "" },
		{ FACT("pse", "true"), "pse_to_price" },
		{ FACT("negotiation", "false"), "no_negotiation" },
		{ FACT("procedure", "\"appel_offres_ouvert\""), "no_negotiation" },
		{ FACT("procedure", "\"mapa\"") "," FACT("negotiation", "true"), "" },
		{ FACT("signature_required", "true"), "signature_at_deposit" },
		{ FACT("groupement", "false"), "group_forbidden" },
		{ WITH("lots", "3", "un seul lot par candidat"), "lots_limited" },
		{ FACT("lots", "3"), "" },
		{ FACT("offer_validity_days", "240"), "long_validity" },
		{ FACT("offer_validity_days", "180"), "" },
		{ FACT("duration_months", "2"), "short_duration" },
		{ FACT("duration_months", "12"), "" },
		{ FACT("penalties_cap", "\"Les pénalités ne sont pas plafonnées.\""), "penalties_uncapped" },
		{ FACT("penalties_cap", "\"Le montant des pénalités pourra excéder 10 % du montant du marché\""),
		    "penalties_uncapped" },
		{ FACT("penalties_cap", "\"Le montant des pénalités ne pourra excéder 10 % du montant\""), "" },
		{ FACT("penalties_cap", "\"Les pénalités sont plafonnées à 25 % du montant\""), "penalties_high_cap" },
		{ FACT("penalties", "[\"a\",\"b\",\"c\"]"), "penalties_many" },
		{ FACT("penalties", "[\"a\",\"b\"]"), "" },
		{ FACT("price_revision", "\"ferme\"") "," FACT("duration_months", "36"), "price_firm_long" },
		{ FACT("price_revision", "\"ferme\"") "," FACT("duration_months", "12"), "" },
		{ FACT("payment_days", "50"), "payment_long" },
		{ FACT("payment_days", "30"), "" },
		{ FACT("retention", "true"), "retention" },
		{ FACT("retention", "false"), "" },
		{ FACT("advance", "false"), "no_advance" },
		{ FACT("amount_min_eur_ht", "0"), "no_minimum" },
		{ FACT("amount_min_eur_ht", "5000"), "" },
		{ FACT("ccag_derogations", "[\"4.1\"]"), "ccag_derogations" },
		{ "", "" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *got = codes(cases[i][0], NOW);
		cr_expect_str_eq(got, cases[i][1], "%s: %s", cases[i][0], got);
	}
	cr_expect_str_eq(codes(FACT("deadline", "\"2027-02-26T12:00\""), NULL), "", "without a time no word of days");
	cr_expect_str_eq(codes(FACT("deadline", "\"pas une date\""), NOW), "");
}

Test(red_flags, the_most_severe_first_and_in_words)
{
	struct red_flags_input in = {
		.facts = parsed("{" FACT("deadline", "\"2027-03-06T12:00\"") "," FACT("payment_days", "45") "," WITH(
		    "retention", "true", "5 %") "}"),
		.now = "2027-03-01",
		.days_needed = 10,
	};
	struct red_flags f;
	red_flags_find(mem, &in, &f);
	cr_assert_eq(f.n, 4);
	cr_expect_eq(f.all[0].severity, RED_FLAG_CRITICAL);
	cr_expect_str_eq(f.all[0].message,
	    "Il reste 5\u00a0jours avant la remise, moins que les 10\u00a0jours qu'une réponse demande.");
	cr_expect_str_eq(f.all[1].code, "payment_long");
	cr_expect_str_eq(f.all[3].message, "Une retenue de garantie est prévue (5 %).");
	struct buf out;
	buf_init(&out, mem, 1 << 16);
	struct json_writer w;
	jw_init(&w, &out);
	red_flags_write(mem, &w, &f);
	const struct json *all = parsed(out.data);
	cr_assert_eq(json_len(all), 4);
	const struct json *first = json_at(all, 0);
	cr_expect_str_eq(json_string(json_get(first, "severity")), "critical");
	cr_expect_str_eq(json_string(json_get(first, "key")), "deadline");
	cr_expect_str_eq(json_string(json_get(json_at(json_get(first, "evidence"), 0), "quote")), "mots");
}

#define VALUE(v) "{\"value\":" v "," EVIDENCE "}"
#define CONTRADICTION(key) \
	"[{\"key\":\"" key "\",\"values\":[" VALUE("1") "," VALUE("2") "],\"message\":\"Le dossier se contredit.\"}]"

static size_t count(const char *facts, const char *contradictions, const char *documents)
{
	struct red_flags_input in = { .facts = parsed(facts),
		.contradictions = parsed(contradictions),
		.documents = documents ? parsed(documents) : NULL };
	struct red_flags f;
	red_flags_find(mem, &in, &f);
	return f.n;
}

Test(red_flags, a_contradiction_counts_until_a_person_decides)
{
	cr_expect_eq(count("{" FACT("duration_months", "12") "}", CONTRADICTION("duration_months"), NULL), 1);
	cr_expect_eq(count("{\"duration_months\":{\"value\":12,\"status\":\"found\",\"decision\":{\"action\":"
			   "\"confirmed\"}," EVIDENCE "}}",
			 CONTRADICTION("duration_months"), NULL),
	    0);
	cr_expect_eq(count("{}", CONTRADICTION("duration_months"), NULL), 0, "rejected by a person");
}

Test(red_flags, pieces_that_are_named_and_not_there)
{
#define NAMED \
	"{" FACT("dce_documents", "[{\"name\":\"Le règlement de la consultation\",\"piece\":\"rc\"},{\"name\":\"Le " \
				  "CCTP\",\"piece\":\"cctp\"},{\"name\":\"Une notice\",\"piece\":null}]") "}"
#define RC "{\"file\":\"a.pdf\",\"kind\":\"rc\"}"
	cr_expect_eq(count(NAMED, "[]", "[" RC ",{\"file\":\"b.pdf\",\"kind\":\"ae\"}]"), 1);
	cr_expect_eq(count(NAMED, "[]", "[" RC ",{\"file\":\"b.pdf\",\"kind\":\"cctp\"}]"), 0);
	cr_expect_eq(
	    count(NAMED, "[]", "[" RC ",{\"file\":\"CCTP.doc\",\"kind\":\"other\",\"error\":\"unread_format\"}]"), 0);
	cr_expect_eq(count(NAMED, "[]", "[" RC "]"), 0, "a document on its own lacks nothing");
}
