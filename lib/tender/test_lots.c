/* Lots: their list, and what a dossier says of each. */
#include <criterion/criterion.h>
#include <string.h>
#include "buf.h"
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
TestSuite(lots, .init = setup, .fini = teardown);

static char *value(const struct value *v)
{
	char *s = mem_strdup(mem, "");
	switch (v->kind) {
	case VALUE_NUMBER:
		return mem_printf(mem, "%g", v->number);
	case VALUE_TEXT:
		return v->text;
	case VALUE_TEXTS:
		for (size_t i = 0; i < v->n; i++)
			s = mem_printf(mem, "%s%s%s", s, i ? " " : "", v->texts[i]);
		return s;
	case VALUE_CRITERIA:
		for (size_t i = 0; i < v->n; i++)
			s = mem_printf(
			    mem, "%s%s%s %g", s, i ? ", " : "", v->criteria[i].name, v->criteria[i].weight.value);
		return s;
	case VALUE_BOOL:
	case VALUE_LOTS:
	case VALUE_PIECES:
		break;
	}
	return s;
}

static char *short_key(const char *key)
{
	static const char *const names[][2] = { { "amount_max_eur_ht", "max" }, { "amount_max_period", "period" },
		{ "amount_min_eur_ht", "min" }, { "estimated_amount_eur_ht", "estimate" },
		{ "duration_months", "months" } };
	for (size_t i = 0; i < 5; i++)
		if (strcmp(names[i][0], key) == 0)
			return mem_strdup(mem, names[i][1]);
	return mem_strdup(mem, key);
}

static char *list_of(const struct analysis *a)
{
	const struct fact *f = analysis_fact(a, "lots_list");
	char *s = mem_strdup(mem, "");
	cr_expect_eq(a->refused, 0);
	for (size_t i = 0; f && i < f->value.n; i++) {
		const struct lot *l = &f->value.lots[i];
		s = mem_printf(mem, "%s%s%s %s", s, i ? " | " : "", l->number, l->title ? l->title : "?");
		for (size_t k = 0; k < l->n_facts; k++) {
			cr_expect_gt(l->facts[k].n_evidence, 0);
			s = mem_printf(mem, "%s; %s%s %s", s, short_key(l->facts[k].key),
			    l->facts[k].status == FACT_FOUND ? "" : "?", value(&l->facts[k].value));
		}
	}
	return f ? s : mem_strdup(mem, "-");
}

static struct analysis *analyze(const char *text)
{
	struct tender_input in = { .file = "rc.txt", .document = test_model(mem, text, strlen(text)) };
	struct analysis *a = mem_zero(mem, struct analysis);
	tender_analyze(mem, &in, 1, a);
	return a;
}

static char *lots(const char *text)
{
	return list_of(analyze(text));
}

static const char *whole(const char *text, const char *key)
{
	const struct fact *f = analysis_fact(analyze(text), key);
	return f ? value(&f->value) : "-";
}

Test(lots, a_table_with_what_each_lot_is_worth)
{
	cr_expect_str_eq(lots("Les travaux sont répartis en 2 lots :\n[table]\nN° du lot | Désignation | Estimation "
			      "HT\n1 | Voirie et "
			      "réseaux | 412 000,00 €\n2 | Espaces verts | 68 500 €\n[/table]\n"),
	    "1 Voirie et réseaux; estimate 412000 | 2 Espaces verts; estimate 68500");
	cr_expect_str_eq(
	    lots("[table]\nLot | Intitulé | CPV | Durée | Minimum annuel € HT | Maximum annuel € HT\nLot n°1 | "
		 "Véhicules légers | 50112000-3 | 2 ans | 10 000 | 60 000\nLot n°2 | Poids lourds | 50114000-7 | 12 "
		 "mois | Sans | 150 000\n[/table]\n"),
	    "1 Véhicules légers; cpv 50112000; months 24; max 60000; period annuel; min 10000 | 2 Poids lourds; cpv "
	    "50114000; months 12; max 150000; period annuel");
	/* amounts with tax, or of which it is not said; rows that are no lots in order; other things counted */
	cr_expect_str_eq(lots("[table]\nLot | Désignation | Maximum TTC\n1 | Voirie | 12 000 €\n2 | Réseaux | 15 000 "
			      "€\n[/table]\n"),
	    "1 Voirie | 2 Réseaux");
	cr_expect_str_eq(lots("[table]\nLot | Désignation\n1 | Voirie\n3 | Réseaux\n[/table]\n"), "-");
	cr_expect_str_eq(lots("[table]\nN° | Désignation\n1 | Notice\n2 | Plans\n[/table]\n"), "-");
}

Test(lots, a_table_that_has_lost_its_cells)
{
	cr_expect_str_eq(
	    lots("La consultation est divisée en 2 lots :\nLot\nDésignation\nMontant maximum HT\n1\nMobilier de "
		 "maternelle\n90 000,00 €\n2\nMobilier d'élémentaire\n140 000,00 €\n"),
	    "1 Mobilier de maternelle; max 90000 | 2 Mobilier d'élémentaire; max 140000");
	/* fewer amounts than the head has columns */
	cr_expect_str_eq(
	    lots("La consultation est divisée en 2 lots :\nLot\nDésignation\nMinimum HT\nMaximum HT\n1\nMobilier de "
		 "maternelle\n90 000,00 €\n2\nMobilier d'élémentaire\n140 000,00 €\n"),
	    "1 Mobilier de maternelle | 2 Mobilier d'élémentaire");
}

#define TWO "Lot n° 1 : Voirie\nLot n° 2 : Réseaux\n\n"

Test(lots, amounts_in_lists_and_sentences)
{
	static const char expected[] = "1 Voirie; max 40000 | 2 Réseaux; max 25000";
	cr_expect_str_eq(lots(TWO "Le montant maximum de chaque lot, hors taxes, est le suivant :\n- Lot n° 1 : 40 000 "
				  "€\n- Lot n° 2 : 25 000 €\n"),
	    expected);
	cr_expect_str_eq(
	    lots(TWO "Les montants maximums sont de 40 000 € HT pour le lot 1 et 25 000 € HT pour le lot 2.\n"),
	    expected);
	cr_expect_str_eq(lots("Lot n° 1 : Voirie (montant maximum : 40 000 € HT)\nLot n° 2 : Réseaux (montant maximum "
			      ": 25 000 € HT)\n"),
	    expected);
	cr_expect_str_eq(
	    whole(TWO "Les montants maximums sont de 40 000 € HT pour le lot 1 et 25 000 € HT pour le lot 2.\n",
		"amount_max_eur_ht"),
	    "-", "never one of them for the whole, nor their sum");
	/* two values: to be confirmed; other amounts: nothing */
	cr_expect_str_eq(
	    lots("Lot n° 1 : Voirie, maximum 40 000 € HT\nLot n° 2 : Réseaux\n\nLot n° 1 : maximum 45 000 € HT\n"),
	    "1 Voirie; max? 40000 | 2 Réseaux");
	cr_expect_str_eq(lots(TWO "Prime du lot 1 : maximum 40 000 € HT\n"), "1 Voirie | 2 Réseaux");
	cr_expect_str_eq(lots("Lot A : Voirie\nLot B : Réseaux\n\nLe titulaire du lot a un maximum de 40 000 € HT.\n"),
	    "A Voirie | B Réseaux");
	cr_expect_str_eq(lots(TWO "Chiffre d'affaires minimum exigé : lot 1 : 300 000 € HT, lot 2 : 100 000 € HT\n"),
	    "1 Voirie | 2 Réseaux");
	cr_expect_str_eq(lots(TWO "Le montant maximum du lot 1 est de 40 000 € TTC.\n"), "1 Voirie | 2 Réseaux");
	cr_expect_str_eq(lots(TWO "Montant maximum des lots 1 et 2 : 40 000 € HT\n"), "1 Voirie | 2 Réseaux");
}

Test(lots, durations_codes_and_references)
{
	cr_expect_str_eq(
	    lots("Lot A : Chauffage\nLot B : Ascenseurs\n\nLot A : le marché est conclu pour une durée de 48 mois.\n"
		 "Lot B : le marché est conclu pour une durée de 3 ans.\n"),
	    "A Chauffage; months 48 | B Ascenseurs; months 36");
	cr_expect_str_eq(lots(TWO "La durée du lot 1 est de 60 mois ; la durée du lot 2 est de 84 mois.\n"),
	    "1 Voirie; months 60 | 2 Réseaux; months 84");
	cr_expect_str_eq(lots("Lot n° 1 : Voirie\nLot n° 2 : Réseaux\nDurée : 24 mois\n"), "1 Voirie | 2 Réseaux",
	    "that of the whole, under the last of them");
	cr_expect_str_eq(whole("Lot n° 1 : Voirie\nLot n° 2 : Réseaux\nDurée : 24 mois\n", "duration_months"), "24");
	cr_expect_str_eq(lots("Lot 1 : Voirie (CPV 45233120-6)\nLot 2 : Réseaux (CPV 45231300-8)\n"),
	    "1 Voirie; cpv 45233120 | 2 Réseaux; cpv 45231300");
	cr_expect_str_eq(lots(TWO "N° 27 11 039 : lot 1\nN° 27 11 040 : lot 2\n"),
	    "1 Voirie; reference 27 11 039 | 2 Réseaux; reference 27 11 040");
}

#define LEAD "Les critères de jugement des offres sont pondérés comme suit :\n"

Test(lots, criteria_of_each_lot)
{
	static const char expected[] =
	    "1 Voirie; criteria Prix 40, Valeur technique 60 | 2 Réseaux; criteria Prix 70, Valeur technique 30";
	cr_expect_str_eq(
	    lots(TWO LEAD
		"Lot 1\n- Prix (40 %)\n- Valeur technique (60 %)\nLot 2\n- Prix (70 %)\n- Valeur technique (30 %)\n"),
	    expected);
	cr_expect_str_eq(
	    lots(TWO LEAD
		"[table]\nCritères | Lot 1 | Lot 2\nPrix | 40 % | 70 %\nValeur technique | 60 % | 30 %\n[/table]\n"),
	    expected);
	cr_expect_str_eq(
	    whole(TWO LEAD
		"[table]\nCritères | Lot 1 | Lot 2\nPrix | 40 % | 70 %\nValeur technique | 60 % | 30 %\n[/table]\n",
		"criteria"),
	    "-", "no list holds for all");
	/* the same for all lots, or one list under the last of them: of the whole */
	cr_expect_str_eq(
	    whole(TWO LEAD "[table]\nCritères | Lot 1 | Lot 2\nPrix | 40 % | 40 %\nDélai | 60 % | 60 %\n[/table]\n",
		"criteria"),
	    "Prix 40, Délai 60");
	cr_expect_str_eq(lots(TWO LEAD "- Prix (40 %)\n- Valeur technique (60 %)\n"), "1 Voirie | 2 Réseaux");
	cr_expect_str_eq(
	    whole(TWO LEAD "- Prix (40 %)\n- Valeur technique (60 %)\n", "criteria"), "Prix 40, Valeur technique 60");
	cr_expect_str_eq(
	    lots("Lot 1 : A bis\nLot 2 : B bis\nLot 3 : C bis\n\n" LEAD
		 "Pour les lots 1 et 3 :\n- Prix : 40 %\n- Délai : 60 %\nPour le lot 2 :\n- Prix : 100 %\n"),
	    "1 A bis | 2 B bis | 3 C bis", "one of the lists is none");
}

Test(lots, other_ways_to_name_them)
{
	cr_expect_str_eq(lots("Le marché est divisé en deux lots : lot 1 « Brochures » ; lot 2 « Affiches ».\n"),
	    "1 Brochures | 2 Affiches");
	cr_expect_str_eq(
	    lots("Le marché comporte 2 lots :\n- le lot n° 1 relatif à la collecte ;\n- le lot n° 2 relatif au tri.\n"),
	    "1 collecte | 2 tri");
	cr_expect_str_eq(
	    lots("Le marché est divisé en 2 lots :\nLot I : Livres\nLot II : Mangas\n"), "I Livres | II Mangas");
	cr_expect_str_eq(lots("Relance des lots n° 3 et 7\n- Lot n° 3 : Charpente\n- Lot n° 7 : Plâtrerie\n"),
	    "3 Charpente | 7 Plâtrerie");
	cr_expect_str_eq(
	    lots("5.1. Lot : LOT-0001\nTitre : Gaz\nCritère :\nType : Prix\nNom : Prix\nPondération (pourcentage, "
		 "valeur "
		 "exacte) : 60\nCritère :\nType : Qualité\nNom : Service\nPondération (pourcentage, valeur exacte) : "
		 "40\n5.1. Lot : LOT-0002\nTitre : Eau\nCritère :\nType : Prix\nNom : Prix\nPondération (pourcentage, "
		 "valeur exacte) : 70\nCritère :\nType : Qualité\nNom : Service\nPondération (pourcentage, valeur "
		 "exacte) : 30\n"),
	    "1 Gaz; criteria Prix 60, Service 40 | 2 Eau; criteria Prix 70, Service 30");
	/* tranches, a form's blanks, technical lots */
	cr_expect_str_eq(
	    lots("Tranche ferme : filière eau\nTranche optionnelle 1 : boues\nTranche optionnelle 2 : télégestion\n"),
	    "-");
	cr_expect_str_eq(whole("ACTE D'ENGAGEMENT\nMontant pour le lot n° ... :\nLot n° 1 : ..............\nLot n° 2 : "
			       "..............\n",
			     "lots"),
	    "-");
}

Test(lots, an_engagement_for_each_lot)
{
	static const char *const texts[] = { ("RÈGLEMENT DE LA CONSULTATION\n" TWO),
		"ACTE D'ENGAGEMENT\nLot n° 1 : Voirie\nLe marché est conclu pour une durée de 12 mois.\n",
		"ACTE D'ENGAGEMENT\nLot n° 2 : Réseaux\nLe marché est conclu pour une durée de 24 mois.\n" };
	struct tender_input in[3];
	for (size_t i = 0; i < 3; i++)
		in[i] = (struct tender_input){ .file = i ? "ae.txt" : "rc.txt",
			.document = test_model(mem, texts[i], strlen(texts[i])) };
	struct analysis a;
	tender_analyze(mem, in, 3, &a);
	cr_expect_str_eq(list_of(&a), "1 Voirie; months 12 | 2 Réseaux; months 24");
	cr_expect_eq(a.n_contradictions, 0);
	cr_expect_null(analysis_fact(&a, "duration_months"));
	/* alone, the paper of one lot tells its own time */
	tender_analyze(mem, &in[2], 1, &a);
	cr_expect_not_null(analysis_fact(&a, "duration_months"));
}

Test(lots, the_json_of_a_lot)
{
	struct buf out;
	buf_init(&out, mem, 1 << 20);
	analysis_write(analyze("Lot n° 1 : Voirie (maximum 40 000 € HT)\nLot n° 2 : Réseaux\n"), &out);
	cr_expect_not_null(strstr(out.data, "\"amount\":40000,\"facts\":{\"amount_max_eur_ht\":{\"value\":40000,"));
	cr_expect_not_null(strstr(out.data, "{\"number\":\"2\",\"title\":\"Réseaux\"}"));
}
