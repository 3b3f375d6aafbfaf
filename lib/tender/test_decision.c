/* What people may decide about facts, and the merge of that with what was read. */
#include "decision.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct json *parsed(TALLOC_CTX *mem, const char *s)
{
	const struct json *v;
	struct error e;
	error_clear(&e);
	cr_assert_eq(json_parse(mem, s, strlen(s), &v, &e), ERR_OK, "%s", s);
	return v;
}

static const char facts[] =
    "{\"buyer\":{\"value\":\"Ville\",\"confidence\":0.6,\"status\":\"uncertain\",\"evidence\":[{\"quote\":\"Ville\"}]},"
    "\"lots_list\":{\"value\":[{\"number\":\"1\",\"title\":\"Haies\"},{\"number\":\"2\",\"title\":null,\"facts\":"
    "{\"deadline\":{\"value\":\"2031-01-02\",\"confidence\":0.5,\"status\":\"found\",\"evidence\":[]}}}],"
    "\"confidence\":0.9,\"status\":\"found\",\"evidence\":[]}}";

static const char *merged(TALLOC_CTX *mem, const struct decision *list, size_t n)
{
	struct buf b;
	struct json_writer w;
	buf_init(&b, mem, 1 << 16);
	jw_init(&w, &b);
	decision_write_facts(mem, &w, parsed(mem, facts), list, n);
	return b.data;
}

#define BY .by = "me", .at = "2031-01-01T00:00:00Z"
#define DECIDED(action) "\"decision\":{\"action\":\"" action "\",\"by\":\"me\",\"at\":\"2031-01-01T00:00:00Z\"}"

Test(decision, nothing_decided_changes_nothing)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	cr_assert_str_eq(merged(mem, NULL, 0), facts);
	talloc_free(mem);
}

Test(decision, a_correction_keeps_the_evidence)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct decision d = { "buyer", NULL, DECISION_CORRECTED, parsed(mem, "\"Commune\""), BY };
	const char *out = merged(mem, &d, 1);
	cr_assert(strstr(out, "\"buyer\":{\"value\":\"Commune\",\"evidence\":[{\"quote\":\"Ville\"}],\"confidence\":1,"
			      "\"status\":\"found\",\"source\":\"person\"," DECIDED("corrected") "}"),
	    "%s", out);
	talloc_free(mem);
}

Test(decision, a_correction_adds_what_was_not_read)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct decision d = { "lots", NULL, DECISION_CORRECTED, parsed(mem, "2"), BY };
	const char *out = merged(mem, &d, 1);
	cr_assert(strstr(out, "\"lots\":{\"value\":2,\"confidence\":1,\"status\":\"found\",\"evidence\":[],\"source\":"
			      "\"person\"," DECIDED("corrected") "}"),
	    "%s", out);
	talloc_free(mem);
}

Test(decision, confirmed_and_rejected_speak_of_one_value)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct decision d = { "buyer", NULL, DECISION_CONFIRMED, parsed(mem, "\"Ville\""), BY };
	const char *out = merged(mem, &d, 1);
	cr_assert(strstr(out, "\"confidence\":1,\"status\":\"found\"," DECIDED("confirmed")), "%s", out);
	cr_assert_null(strstr(out, "person"));
	d.value = parsed(mem, "\"Une autre\"");
	cr_assert_str_eq(merged(mem, &d, 1), facts);
	d.action = DECISION_REJECTED;
	cr_assert_str_eq(merged(mem, &d, 1), facts);
	d.value = NULL;
	cr_assert_str_eq(merged(mem, &d, 1), facts);
	d.value = parsed(mem, "\"Ville\"");
	cr_assert_null(strstr(merged(mem, &d, 1), "buyer"));
	talloc_free(mem);
}

Test(decision, lots_have_their_own)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct decision d[] = {
		{ "deadline", "2", DECISION_REJECTED, parsed(mem, "\"2031-01-02\""), BY },
		{ "deadline", "1", DECISION_CORRECTED, parsed(mem, "\"2031-02-03T12:00\""), BY },
	};
	const char *out = merged(mem, d, 2);
	cr_assert(strstr(out,
		      "{\"number\":\"1\",\"title\":\"Haies\",\"facts\":{\"deadline\":{\"value\":\"2031-02-03T12:00\","),
	    "%s", out);
	cr_assert(strstr(out, "{\"number\":\"2\",\"title\":null,\"facts\":{}}"), "%s", out);
	cr_assert(decision_lot_stands(parsed(mem, facts), "2"));
	cr_assert_not(decision_lot_stands(parsed(mem, facts), "3"));
	cr_assert(decision_fact(parsed(mem, facts), "deadline", "2"));
	cr_assert_null(decision_fact(parsed(mem, facts), "deadline", "1"));
	cr_assert_null(decision_fact(parsed(mem, facts), "deadline", NULL));
	talloc_free(mem);
}

Test(decision, what_was_read_of_a_lot_stays_when_the_list_is_corrected)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct decision d[] = {
		{ "lots_list", NULL, DECISION_CORRECTED,
		    parsed(mem, "[{\"number\":\"2\",\"title\":\"B\"},{\"number\":\"3\",\"title\":\"C\"}]"), BY },
		{ "deadline", "2", DECISION_CONFIRMED, parsed(mem, "\"2031-01-02\""), BY },
	};
	const char *kept = "{\"number\":\"2\",\"title\":\"B\",\"facts\":{\"deadline\":{\"value\":\"2031-01-02\",";
	const char *out = merged(mem, d, 1);
	cr_assert(strstr(out, kept) && strstr(out, "\"confidence\":0.5"), "%s", out);
	cr_assert(strstr(out, "{\"number\":\"3\",\"title\":\"C\"}]"), "%s", out);
	out = merged(mem, d, 2);
	cr_assert(strstr(out, kept) && !strstr(out, "\"confidence\":0.5"), "%s", out);
	talloc_free(mem);
}

static bool fits(const char *key, const char *value)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct error e;
	error_clear(&e);
	bool ok = decision_check(mem, key, parsed(mem, value), "value", &e) == ERR_OK;
	cr_assert_eq(ok, e.n_faults == 0);
	talloc_free(mem);
	return ok;
}

Test(decision, values_have_the_form_of_their_key)
{
	static const char *const pairs[][3] = {
		/* key, accepted, refused */
		{ "buyer", "\"Ville\"", "\"  \"" },
		{ "buyer_siret", "\"12345678200010\"", "\"123\"" },
		{ "deadline", "\"2031-03-12T16:30\"", "\"2031-02-30T16:30\"" },
		{ "deadline", "\"2031-03-12\"", "\"2031-03-12T24:00\"" },
		{ "deadline", "\"2031-12-31\"", "\"12/03/2031\"" },
		{ "visit_dates", "[\"2031-03-12\"]", "[]" },
		{ "procedure", "\"mapa\"", "\"MAPA\"" },
		{ "lots", "3", "0" },
		{ "lots", "1", "1.5" },
		{ "renewals", "0", "-1" },
		{ "offer_validity_days", "150", "\"150\"" },
		{ "variants_allowed", "false", "\"non\"" },
		{ "groupement", "\"solidaire\"", "3" },
		{ "groupement", "true", "\"\"" },
		{ "budget", "1000.55", "1000.555" },
		{ "budget", "0", "-1" },
		{ "cpv", "[\"45112500\"]", "[\"45112500-0\"]" },
		{ "criteria", "[{\"name\":\"Prix\",\"weight\":60}]", "[{\"name\":\"Prix\",\"weight\":160}]" },
		{ "criteria", "[{\"name\":\"Prix\",\"sub\":[{\"name\":\"a\",\"sub\":[]}]}]", "[{\"weight\":60}]" },
		{ "criteria", "[{\"name\":\"a\",\"sub\":[{\"name\":\"b\"}]}]",
		    "[{\"name\":\"a\",\"sub\":[{\"name\":\"b\",\"sub\":[{\"name\":\"c\"}]}]}]" },
		{ "lots_list", "[{\"number\":\"1\",\"title\":null},{\"number\":\"2\"}]",
		    "[{\"number\":\"1\"},{\"number\":\"1\"}]" },
		{ "lots_list", "[{\"number\":\"1\",\"amount\":40000.5}]", "[{\"number\":\"1\",\"amount\":-1}]" },
		{ "criteria", "[{\"name\":\"Prix\",\"formula\":\"N = 40 x Pm / P\"}]",
		    "[{\"name\":\"Prix\",\"formula\":\"\"}]" },
		{ "dce_documents", "[{\"name\":\"RC\",\"piece\":\"rc\"}]", "[{\"name\":\"RC\",\"pages\":3}]" },
		{ "ccag", "\"tic\"", "true" },
	};
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		cr_assert(fits(pairs[i][0], pairs[i][1]), "%s %s", pairs[i][0], pairs[i][1]);
		cr_assert_not(fits(pairs[i][0], pairs[i][2]), "%s %s", pairs[i][0], pairs[i][2]);
	}
	for (const char *const *key = decision_keys; *key; key++)
		cr_assert_not(fits(*key, "{}"), "%s", *key);
	cr_assert_not(fits("no_such_key", "1"));
}

Test(decision, values_are_kept_in_one_form)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct buf b;
	struct json_writer w;
	buf_init(&b, mem, 4096);
	jw_init(&w, &b);
	jw_open(&w, '[');
	decision_write_value(mem, &w, "buyer", parsed(mem, "\" Ville  \""));
	decision_write_value(
	    mem, &w, "criteria", parsed(mem, "[{\"name\":\"Prix\",\"sub\":[{\"weight\":5.5,\"name\":\"a\"}]}]"));
	decision_write_value(mem, &w, "lots_list", parsed(mem, "[{\"number\":\"1\",\"amount\":5}]"));
	decision_write_value(mem, &w, "lots", parsed(mem, "2"));
	jw_close(&w, ']');
	cr_assert_str_eq(b.data,
	    "[\"Ville\",[{\"name\":\"Prix\",\"weight\":null,\"sub\":[{\"name\":\"a\",\"weight\":5.5,"
	    "\"sub\":[]}]}],[{\"number\":\"1\",\"title\":null,\"amount\":5}],2]");
	talloc_free(mem);
}

Test(decision, lists_show_what_holds)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	cr_assert_str_eq(decision_shown(NULL, 0, "buyer", "Ville", FACT_UNCERTAIN), "Ville");
	cr_assert_null(decision_shown(NULL, 0, "buyer", "Ville", FACT_CONTRADICTED));
	cr_assert_null(decision_shown(NULL, 0, "deadline", "2031-03-12", FACT_UNCERTAIN));
	cr_assert_null(decision_shown(NULL, 0, "deadline", "2031-02-30", FACT_FOUND));
	cr_assert_null(decision_shown(NULL, 0, "deadline", NULL, FACT_FOUND));
	struct decision d = { "deadline", NULL, DECISION_CONFIRMED, parsed(mem, "\"2031-03-12\""), BY };
	cr_assert_str_eq(decision_shown(&d, 1, "deadline", "2031-03-12", FACT_UNCERTAIN), "2031-03-12");
	cr_assert_null(decision_shown(&d, 1, "deadline", "2031-03-13", FACT_UNCERTAIN));
	d.action = DECISION_REJECTED;
	cr_assert_null(decision_shown(&d, 1, "deadline", "2031-03-12", FACT_FOUND));
	cr_assert_str_eq(decision_shown(&d, 1, "deadline", "2031-03-13", FACT_FOUND), "2031-03-13");
	d.action = DECISION_CORRECTED;
	cr_assert_str_eq(decision_shown(&d, 1, "deadline", NULL, FACT_CONTRADICTED), "2031-03-12");
	struct tender_shown shown;
	decision_shown_all(&d, 1, parsed(mem, facts), &shown);
	cr_assert_str_eq(shown.buyer, "Ville");
	cr_assert_str_eq(shown.deadline_local, "2031-03-12");
	cr_assert_null(shown.title);
	talloc_free(mem);
}

Test(decision, pieces_by_their_names)
{
	static const char *const pairs[][2] = {
		{ "\"Le règlement de la consultation (RC)\"", "rc" },
		{ "\"RC\"", "rc" },
		{ "\"L'acte d'engagement et ses annexes\"", "ae" },
		{ "\"Cahier des Clauses Techniques Particulières\"", "cctp" },
		{ "\"CCTP et annexes\"", "cctp" },
		{ "\"Annexe financière (DPGF)\"", "dpgf" },
		{ "{\"name\":\"Bordereau\",\"piece\":\"bpu\"}", "bpu" },
		{ "{\"name\":\"C.C.P.\"}", "ccap" },
		{ "\"Plans de masse\"", NULL },
		{ "\"Recueil photographique\"", NULL },
		{ "{\"name\":\"Plans\",\"piece\":\"autre\"}", NULL },
		{ "3", NULL },
	};
	TALLOC_CTX *mem = mem_new("test", 0);
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		const char *name, *kind = piece_kind(mem, parsed(mem, pairs[i][0]), &name);
		cr_assert(kind == pairs[i][1] || (kind && pairs[i][1] && strcmp(kind, pairs[i][1]) == 0), "%s: %s",
		    pairs[i][0], kind ? kind : "none");
	}
	talloc_free(mem);
}
