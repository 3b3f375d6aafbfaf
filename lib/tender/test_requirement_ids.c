/* Ids of requirements through later analyses: the same, nearly the same, another one. */
#include "requirement_ids.h"

#include <criterion/criterion.h>
#include <string.h>

#define SENTENCE "Le titulaire remet un rapport d'activité avant le dix de chaque mois."
#define NEARLY "Le titulaire remet un rapport d'activité avant le quinze de chaque mois."
#define OTHER "Les véhicules sont lavés et désinfectés après chaque tournée."

/* Requirements: section, text, section, text ... NULL. */
static struct analysis *analysis(TALLOC_CTX *mem, const char *const *given)
{
	struct analysis *a = mem_zero(mem, struct analysis);
	a->requirements = mem_array(mem, struct requirement, 16);
	for (; given[0]; given += 2) {
		struct requirement *q = &a->requirements[a->n_requirements++];
		q->section = given[0][0] ? mem_strdup(mem, given[0]) : NULL;
		q->text = mem_strdup(mem, given[1]);
	}
	return a;
}
#define REQUIREMENTS(...) analysis(mem, (const char *const[]){ __VA_ARGS__, NULL })

/* The analysis after `a`, which is stored. */
static struct analysis *after(TALLOC_CTX *mem, const struct analysis *a, struct analysis *next)
{
	struct requirement_before before[16];
	for (size_t i = 0; i < a->n_requirements; i++)
		before[i] = (struct requirement_before){ a->requirements[i].id, a->requirements[i].text,
			a->requirements[i].section };
	requirement_ids_keep(mem, next, before, a->n_requirements);
	return next;
}

static const char *id(const struct analysis *a, size_t i)
{
	return a->requirements[i].id;
}

Test(requirement_ids, first_ones_are_their_own)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct analysis *a = REQUIREMENTS("4.1 Suivi", SENTENCE, "", SENTENCE, "4.1 Suivi", OTHER);
	requirement_ids_keep(mem, a, NULL, 0);
	cr_assert_str_eq(id(a, 0), requirement_id(mem, "4.1 Suivi", SENTENCE));
	cr_assert_str_eq(id(a, 1), requirement_id(mem, NULL, SENTENCE));
	cr_assert_eq(strlen(id(a, 2)), 16);
	cr_assert_str_neq(id(a, 0), id(a, 1));
	cr_assert_str_neq(id(a, 0), id(a, 2));
	/* case, accents and white space are no words */
	cr_assert_str_eq(id(a, 0),
	    requirement_id(mem, "4.1 SUIVI", "Le titulaire remet  un rapport d'activite avant le dix de chaque mois."));
	talloc_free(mem);
}

Test(requirement_ids, what_stands_twice_has_two_the_same_each_time)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct analysis *a = REQUIREMENTS("1", SENTENCE, "1", SENTENCE, "1", SENTENCE);
	struct analysis *b = REQUIREMENTS("1", SENTENCE, "1", SENTENCE, "1", SENTENCE);
	requirement_ids_keep(mem, a, NULL, 0);
	after(mem, a, b);
	for (size_t i = 0; i < 3; i++) {
		cr_assert_str_eq(id(a, i), id(b, i));
		cr_assert_str_neq(id(a, i), id(a, (i + 1) % 3));
	}
	talloc_free(mem);
}

Test(requirement_ids, nearly_the_same_keeps_its_id)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct analysis *a = REQUIREMENTS("4.1 Suivi", SENTENCE, "4.1 Suivi", OTHER);
	requirement_ids_keep(mem, a, NULL, 0);
	/* another order, other words, a section that is numbered anew */
	struct analysis *b = after(mem, a, REQUIREMENTS("5.2 Suivi", OTHER, "5.2 Suivi", NEARLY));
	cr_assert_str_eq(id(b, 0), id(a, 1));
	cr_assert_str_eq(id(b, 1), id(a, 0));
	/* and again, though the words that it had first are two analyses ago */
	struct analysis *c = after(mem, b, REQUIREMENTS("5.2 Suivi", NEARLY));
	cr_assert_str_eq(id(c, 0), id(a, 0));
	talloc_free(mem);
}

Test(requirement_ids, something_else_gets_its_own)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct analysis *a = REQUIREMENTS("4.1 Suivi", SENTENCE);
	requirement_ids_keep(mem, a, NULL, 0);
	struct analysis *b = after(mem, a, REQUIREMENTS("4.1 Suivi", OTHER));
	cr_assert_str_eq(id(b, 0), requirement_id(mem, "4.1 Suivi", OTHER));
	/* as many words changed as may change in the section of the same title, but in another section */
	static const char old[] = "un deux trois quatre cinq six sept huit neuf dix";
	static const char new[] = "un deux trois quatre cinq six sept onze douze treize";
	a = REQUIREMENTS("4 Suivi", old);
	requirement_ids_keep(mem, a, NULL, 0);
	cr_assert_str_eq(id(after(mem, a, REQUIREMENTS("7 Suivi", new)), 0), id(a, 0));
	cr_assert_str_neq(id(after(mem, a, REQUIREMENTS("7 Prix", new)), 0), id(a, 0));
	talloc_free(mem);
}

Test(requirement_ids, the_nearest_takes_it_and_the_same_before_the_near)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	static const char near[] = "Le titulaire remet un rapport d'activité détaillé avant le quinze de chaque mois.";
	struct analysis *a = REQUIREMENTS("1", SENTENCE);
	requirement_ids_keep(mem, a, NULL, 0);
	struct analysis *b = after(mem, a, REQUIREMENTS("1", near, "1", NEARLY));
	cr_assert_str_eq(id(b, 1), id(a, 0));
	cr_assert_str_neq(id(b, 0), id(a, 0));
	b = after(mem, a, REQUIREMENTS("1", NEARLY, "1", SENTENCE));
	cr_assert_str_eq(id(b, 1), id(a, 0));
	cr_assert_str_eq(id(b, 0), requirement_id(mem, "1", NEARLY));
	talloc_free(mem);
}

Test(requirement_ids, an_id_that_another_one_kept_is_not_given_twice)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct analysis *a = REQUIREMENTS("1", SENTENCE);
	requirement_ids_keep(mem, a, NULL, 0);
	struct analysis *b = after(mem, a, REQUIREMENTS("1", NEARLY));
	/* the first wording comes back beside the second one, which has its id */
	struct analysis *c = after(mem, b, REQUIREMENTS("1", SENTENCE, "1", NEARLY));
	cr_assert_str_eq(id(c, 1), id(a, 0));
	cr_assert_str_neq(id(c, 0), id(a, 0));
	talloc_free(mem);
}

Test(requirement_ids, stored_ones_are_read)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	static const char stored[] = "[{\"id\":\"00000000000000ff\",\"text\":\"" SENTENCE "\",\"section\":null},"
				     "{\"id\":\"xyz\",\"text\":\"a\"},{\"text\":\"sans id\"},7]";
	const struct json *list;
	struct error e;
	error_clear(&e);
	cr_assert_eq(json_parse(mem, stored, strlen(stored), &list, &e), ERR_OK);
	struct requirement_before *before;
	size_t n = requirements_before_read(mem, list, &before);
	cr_assert_eq(n, 2);
	struct analysis *a = REQUIREMENTS("", SENTENCE, "", "a");
	requirement_ids_keep(mem, a, before, n);
	cr_assert_str_eq(id(a, 0), "00000000000000ff");
	cr_assert_str_eq(id(a, 1), requirement_id(mem, NULL, "a"));
	cr_assert_eq(requirements_before_read(mem, NULL, &before), 0);
	talloc_free(mem);
}

Test(requirement_ids, thousands_are_no_matter)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct analysis a = { .n_requirements = 1500 }, b = { .n_requirements = 1500 };
	a.requirements = mem_array(mem, struct requirement, 1500);
	b.requirements = mem_array(mem, struct requirement, 1500);
	struct requirement_before *before = mem_array(mem, struct requirement_before, 1500);
	for (int i = 0; i < 1500; i++) {
		a.requirements[i].text =
		    mem_printf(mem, "Le titulaire fournit la pièce numéro %d sous %d jours.", i, i % 7);
		b.requirements[i].text =
		    mem_printf(mem, "Le titulaire fournit la pièce numéro %d sous %d mois.", i, i % 7);
	}
	requirement_ids_keep(mem, &a, NULL, 0);
	for (int i = 0; i < 1500; i++)
		before[i] = (struct requirement_before){ id(&a, (size_t)i), a.requirements[i].text, NULL };
	requirement_ids_keep(mem, &b, before, 1500);
	for (size_t i = 0; i < 1500; i++)
		cr_assert_str_eq(id(&b, i), id(&a, i));
	talloc_free(mem);
}
