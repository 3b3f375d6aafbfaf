/* Criteria as a tree with weights, out of tables, bullets, numbered lines and sentences. */
#include <criterion/criterion.h>
#include <string.h>
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
TestSuite(criteria, .init = setup, .fini = teardown);

static char *tree(const struct criterion *c, size_t n)
{
	char *s = mem_strdup(mem, "");
	for (size_t i = 0; i < n; i++) {
		s = mem_printf(mem, "%s%s%s", s, i ? ", " : "", c[i].name);
		s = c[i].weight.set ? mem_printf(mem, "%s %g", s, c[i].weight.value) : s;
		if (c[i].n_sub > 0)
			s = mem_printf(mem, "%s (%s)", s, tree(c[i].sub, c[i].n_sub));
	}
	return s;
}

static const char *criteria(const char *text)
{
	struct tender_input in = { .file = "rc.txt", .document = test_model(mem, text, strlen(text)) };
	struct analysis a;
	tender_analyze(mem, &in, 1, &a);
	cr_expect_eq(a.refused, 0);
	const struct fact *f = analysis_fact(&a, "criteria");
	return f ? tree(f->value.criteria, f->value.n) : "-";
}

#define LEAD "Les critères retenus pour le jugement des offres sont pondérés de la manière suivante :\n"

Test(criteria, bullets_numbers_and_points)
{
	cr_expect_str_eq(
	    criteria(LEAD "- Qualité : 40 %\n- Prix : 55 %\n- Délai 5%\n"), "Qualité 40, Prix 55, Délai 5");
	cr_expect_str_eq(
	    criteria(LEAD "Critères Pondération\n1-Prix des prestations 30.00\n2-Valeur technique 70.00\n"),
	    "Prix des prestations 30, Valeur technique 70");
	cr_expect_str_eq(criteria(LEAD "- Prix des prestations 60 points\n- Valeur technique 40 points\n"),
	    "Prix des prestations 60, Valeur technique 40");
	cr_expect_str_eq(
	    criteria(LEAD "- Prix : 8 points\n- Valeur technique : 12 points\n"), "Prix 40, Valeur technique 60");
}

Test(criteria, weights_apart_from_their_names)
{
	cr_expect_str_eq(
	    criteria(
		"Les critères sont les suivants :\nCRITERES %\n1 Prix des fournitures, l’examen se fera au regard\ndu "
		"bordereau\n35%\n2 Valeur technique, l’examen se fera\nau regard du mémoire\n65%\n"),
	    "Prix des fournitures 35, Valeur technique 65");
}

Test(criteria, parts_by_number)
{
	cr_expect_str_eq(
	    criteria(
		LEAD "Critères Pondération\n1-Prix 40.0\n2-Valeur technique 60.0\n2.1-Moyens humains 35.0\n2.2-Méthode "
		     "25.0\n"),
	    "Prix 40, Valeur technique 60 (Moyens humains 35, Méthode 25)");
}

Test(criteria, parts_by_their_other_mark_or_by_their_sum)
{
	cr_expect_str_eq(
	    criteria(
		LEAD "1. Technique : 50 %\n  - Chantier : 20 %\n  - Équipe : 30 %\n2. Prix : 40 %\n3. Délai : 10 %\n"),
	    "Technique 50 (Chantier 20, Équipe 30), Prix 40, Délai 10");
	cr_expect_str_eq(criteria(LEAD "- Technique : 50 %\n- Chantier : 20 %\n- Équipe : 15 %\n- Planning : 15 %\n- "
				       "Prix : 40 %\n- Délai : 10 %\n"),
	    "Technique 50 (Chantier 20, Équipe 15, Planning 15), Prix 40, Délai 10",
	    "the first four make 100, but not the whole");
	cr_expect_str_eq(criteria(LEAD "- Prix 60 points\n- Technique 40 points\nLes points :\n- Clarté 7 points\n"),
	    "Prix 60, Technique 40", "what comes after a whole changes nothing");
}

Test(criteria, sentences_and_one_line)
{
	cr_expect_str_eq(
	    criteria("Le critère prix sera noté sur 40 points. La valeur technique sera notée sur 60 points."),
	    "prix 40, valeur technique 60");
	cr_expect_str_eq(
	    criteria("Critères d'attribution : prix 40% - valeur technique 60%\n"), "prix 40, valeur technique 60");
}

Test(criteria, tables_with_parts)
{
	cr_expect_str_eq(
	    criteria(LEAD
		"\n[table]\nCritères | Pondération\nPrix | 60%//dont\nMontant du forfait | 40%\nMontant du bordereau | "
		"20%\nValeur technique : | 40%//dont\nSous-critère 1 : Équipe dédiée. Ce sous-critère est jugé | "
		"25%\nSous-critère 2 : Méthode | 15%\n[/table]\n"),
	    "Prix 60 (Montant du forfait 40, Montant du bordereau 20), Valeur technique 40 (Équipe dédiée 25, Méthode "
	    "15)");
}

Test(criteria, a_table_goes_on_over_the_page)
{
	cr_expect_str_eq(
	    criteria(LEAD
		"\n[table]\nCritères | Pondération\nPrix | 60 %\nDélai, jugé d'après | 10 %\n[/table]\n\f[table]\nle "
		"planning | \nTechnique | 30 %\n[/table]\n"),
	    "Prix 60, Délai 10, Technique 30");
}

Test(criteria, numbered_column_and_percent_of_the_parent)
{
	cr_expect_str_eq(
	    criteria(LEAD "\n[table]\nN° | Critère | Poids\n1 | Prix | 40 %\n2 | Valeur technique | 60 %\n[/table]\n"),
	    "Prix 40, Valeur technique 60");
}

Test(criteria, in_prose_and_forms)
{
	cr_expect_str_eq(
	    criteria(LEAD "2) Valeur technique : 30%, appréciée au vu du mémoire selon les sous-critères :\n"
			  "   a) moyens (15%)\n   b) organisation (15%)\n3) Prix : 70%\n"),
	    "Valeur technique 30 (moyens 15, organisation 15), Prix 70");
	cr_expect_str_eq(
	    criteria("Article 5 : Jugement\n55 % pour le prix des travaux\n45 % pour la valeur technique\n"),
	    "prix des travaux 55, valeur technique 45");
	cr_expect_str_eq(criteria("Article 6 - Critères :\nPrix : 60 pts\nValeur technique : 40 pts\n"),
	    "Prix 60, Valeur technique 40");
	cr_expect_str_eq(criteria("Article 6 - Critères\n1. Valeur technique : note sur 60\n2. Prix : note sur 40\n"),
	    "Valeur technique 60, Prix 40");
	cr_expect_str_eq(criteria("Article 7. Critères pondérés : prix 60 ; qualité technique 40.\n"),
	    "prix 60, qualité technique 40");
	cr_expect_str_eq(
	    criteria("Critères de jugement\nPrix (coef. 40%)\nQualité (coef. 60%)\n"), "Prix 40, Qualité 60");
	cr_expect_str_eq(
	    criteria("Article VII. Critères\nPrix (40)\nQualité de service (60)\n"), "Prix 40, Qualité de service 60");
	cr_expect_str_eq(
	    criteria(LEAD "Prix : 45 %. Le prix est apprécié sur la base du devis.\nDélais : 55 %. Ils sont appréciés "
			  "sur la base du planning.\n"),
	    "Prix 45, Délais 55");
	/* brothers under a chapter's number, with parts of their own */
	cr_expect_str_eq(
	    criteria("ARTICLE 5. CRITÈRES\n5.1 Valeur technique (pondération : 55 %)\n- Moyens (30 points)\n"
		     "- Méthode (25 points)\n5.2 Prix (pondération : 45 %)\n"),
	    "Valeur technique 55 (Moyens 30, Méthode 25), Prix 45");
	/* refused: the total under another name, what is no whole, candidates' choice, delivery in a contract */
	cr_expect_str_eq(criteria("Critères de jugement des offres :\nPrix : 10 points\nValeur technique : 7 points\n"
				  "Délai : 3 points\nSoit une note globale sur 20 points.\n"),
	    "Prix 50, Valeur technique 35, Délai 15");
	cr_expect_str_eq(criteria("Article 6 - Critères\nPrix : 60\nValeur technique : 30\n"), "-");
	cr_expect_str_eq(
	    criteria("Critères de sélection des candidatures\nCapacités techniques 60 %\nCapacités financières 40 %\n"),
	    "-");
	cr_expect_str_eq(criteria("CAHIER DES CLAUSES ADMINISTRATIVES PARTICULIERES\nLe titulaire est noté suivant les "
				  "critères suivants :\nQualité : 60 points\nDélais : 40 points\n"),
	    "-");
}

Test(criteria, rows_that_have_lost_their_cells)
{
	cr_expect_str_eq(
	    criteria("Critères de jugement des offres\nCritères Points\nPrix (selon le détail estimatif) 60\n"
		     "Qualité des produits 40\nTOTAL 100\n"),
	    "Prix 60, Qualité des produits 40");
	cr_expect_str_eq(criteria("Critères de jugement des offres\nCritères Pondération Sous-critères Pondération\n"
				  "Prix 40 %\nValeur technique 60 % Méthode 45 %\nPlanning 15 %\n"),
	    "Prix 40, Valeur technique 60 (Méthode 45, Planning 15)");
	cr_expect_str_eq(
	    criteria("Critères d'attribution\nN° | Description | Pondération\n1 | Prix | 55\n2 | Délai | 45\n"),
	    "Prix 55, Délai 45");
	/* refused: which of them are parts is lost */
	cr_expect_str_eq(criteria("Critères de jugement des offres\nCritère Sous-critère Pondération\n"
				  "Valeur technique Méthode 40 %\nPlanning 25 %\nPrix DPGF 35 %\n"),
	    "-");
}

Test(criteria, what_is_no_whole_is_not_told)
{
	cr_expect_str_eq(criteria(LEAD "- Prix : 40 %\n- Valeur technique : 50 %\n"), "-", "90 %% is a list cut short");
	cr_expect_str_eq(criteria(LEAD "- Prix : 100 %\n"), "-", "one criterion is no list");
	cr_expect_str_eq(criteria("Avance : 10 %\nRetenue de garantie : 5 %\nTVA : 85 %\n"), "-", "no criteria at all");
	cr_expect_str_eq(
	    criteria("Les critères de sélection des candidatures :\n- Moyens : 40 %\n- Références : 60 %\n"), "-",
	    "candidates, not offers");
}

Test(criteria, weights_after_a_comma_or_on_a_scale)
{
	cr_expect_str_eq(
	    criteria(LEAD "1) Le prix des prestations, pondéré à 60 %, apprécié à partir du DQE ;\n2) La qualité "
			  "technique, pondérée à 40 %.\n"),
	    "prix des prestations 60, qualité technique 40");
	cr_expect_str_eq(
	    criteria(LEAD "a) le prix (70 points sur 100) ;\nb) la valeur technique (30 points sur 100) : notée "
			  "au vu du mémoire.\n"),
	    "prix 70, valeur technique 30");
	cr_expect_str_eq(
	    criteria(LEAD "Critère 1 : le prix, 45 points, calculé comme suit : (prix le plus bas / prix) x 45.\n"
			  "Critère 2 : la qualité des produits, 55 points.\n"),
	    "prix 45, qualité des produits 55");
	cr_expect_str_eq(
	    criteria("Critères :\nPrix noté sur 60\nBilan carbone noté sur 40\n"), "Prix 60, Bilan carbone 40");
	cr_expect_str_eq(criteria("Critères :\nPrix noté sur 20\nBilan carbone noté sur 40\n"), "-");
}

Test(criteria, coefficients_of_a_round_total)
{
	cr_expect_str_eq(
	    criteria("Les offres seront notées avec les coefficients suivants :\nCoût de la copie (coefficient "
		     "12)\nQualité du matériel (coefficient 8)\n"),
	    "Coût de la copie 60, Qualité du matériel 40");
	cr_expect_str_eq(
	    criteria("Les offres seront notées avec les coefficients suivants :\nCoût de la copie (coefficient "
		     "12)\nQualité du matériel (coefficient 5)\n"),
	    "-");
}

Test(criteria, a_parent_that_cannot_be_read_leaves_no_orphans)
{
	cr_expect_str_eq(
	    criteria(LEAD "Critère 1 : Valeur technique (50%) jugée sur :\n - méthode : 30%\n - moyens : 20%\n"
			  "Critère 2 : Prix (50%)\n"),
	    "Valeur technique 50 (méthode 30, moyens 20), Prix 50");
	cr_expect_str_eq(
	    criteria(LEAD "1. Valeur technique & 2 essais - 50% - jugée sur :\n - méthode : 30%\n - moyens : "
			  "20%\n - Prix : 50%\n"),
	    "-");
}

Test(criteria, parts_without_a_mark_by_their_sums)
{
	cr_expect_str_eq(
	    criteria(LEAD "Critères et sous-critères Pondération\nValeur technique 60%\nQualité des repas 40%\n"
			  "Livraison 20%\nPrix 40%\n"),
	    "Valeur technique 60 (Qualité des repas 40, Livraison 20), Prix 40");
	cr_expect_str_eq(
	    criteria(LEAD "Critères et sous-critères Pondération\nValeur technique 60%\nQualité des repas 30%\n"
			  "Livraison 20%\nPrix 40%\n"),
	    "-");
}

Test(criteria, names_in_order_of_importance)
{
#define RANKED "Les offres sont jugées selon les critères suivants, par ordre décroissant d'importance :\n"
	cr_expect_str_eq(
	    criteria(RANKED "- prix du matériel, reprise déduite\n- délai de livraison\n- garantie\nArticle 8\n"),
	    "prix du matériel, reprise déduite, délai de livraison, garantie");
	/* the next chapter's number does not go on */
	cr_expect_str_eq(criteria(RANKED "1. Qualité\n2. Prix\n3. Délais\n3. Dépôt\n"), "Qualité, Prix, Délais");
	/* weights that stand elsewhere; no price; of candidatures */
	cr_expect_str_eq(criteria(RANKED "- prix\n- délai de livraison\nLe prix compte pour 60 % de la note.\n"), "-");
	cr_expect_str_eq(criteria(RANKED "- acte d'engagement\n- mémoire\n"), "-");
	cr_expect_str_eq(
	    criteria("Les candidatures sont jugées selon les critères suivants :\n- moyens financiers\n- références\n"),
	    "-");
}

Test(criteria, leader_dots_between_name_and_weight)
{
	cr_expect_str_eq(
	    criteria(
		"SOMMAIRE\nCritères de jugement des offres\nPrix .................... 12\nValeur technique ........ "
		"38\nDélais ........ 50\n"),
	    "-");
	cr_expect_str_eq(criteria(LEAD "Prix .................... 40\nValeur technique ........ 60\n"),
	    "Prix 40, Valeur technique 60");
	cr_expect_str_eq(
	    criteria("Critères de jugement des offres\nPrix .................... 4\nValeur technique ........ 6\n"),
	    "-");
}

Test(criteria, sentences_that_say_what_each_weighs)
{
	cr_expect_str_eq(
	    criteria("Critères\nLe critère « Valeur technique » représente 55 % de la note et le critère « Prix » "
		     "représente 45 % de la note.\n"),
	    "Valeur technique 55, Prix 45");
	cr_expect_str_eq(criteria("L'analyse reposera sur :\nla méthode (35 %), l'équipe (25 %), le prix (40 %).\n"),
	    "méthode 35, équipe 25, prix 40");
	cr_expect_str_eq(
	    criteria("6 - Critères de choix des offres\n\nLe prix comptera pour 40 %, la qualité des repas pour "
		     "60 %.\n"),
	    "prix 40, qualité des repas 60");
	cr_expect_str_eq(
	    criteria(LEAD "1 - Prix 60 %\n2 - Valeur technique 40 %, à savoir :\n* moyens 25 %\n* planning 15 %\n"),
	    "Prix 60, Valeur technique 40 (moyens 25, planning 15)");
	cr_expect_str_eq(criteria("Critères\nCe poste représente 55 % du budget, le reste représente 45 %.\n"), "-");
}

Test(criteria, a_table_that_lies)
{
	cr_expect_str_eq(criteria("Critères d'attribution :\n[table]\nPrix|Qualité|Délai\n40 %|35 %|25 %\n[/table]\n"),
	    "Prix 40, Qualité 35, Délai 25");
	cr_expect_str_eq(
	    criteria("Critères d'attribution :\n[table]\nPrix|Qualité|Délai\n40 %|35 %|\n[/table]\n"), "-");
}
