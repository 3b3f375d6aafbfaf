/* The buyer's number, address and contact, and what is asked of the candidate: each with what only looks like it. */
#include <criterion/criterion.h>
#include "test_value.h"

static TALLOC_CTX *mem;

static void setup(void)
{
	mem = mem_new("test", 0);
}
static void teardown(void)
{
	talloc_free(mem);
}
TestSuite(candidate, .init = setup, .fini = teardown);

#define RC "Règlement de la consultation\n\n"
#define AE "ACTE D'ENGAGEMENT\n\n"
#define CCTP "CAHIER DES CLAUSES TECHNIQUES PARTICULIERES\n\n"
#define CCAP "CAHIER DES CLAUSES ADMINISTRATIVES PARTICULIERES\n\n"
#define BUYER "Pouvoir adjudicateur : Commune de Vaubrune\n"

Test(candidate, siret)
{
	static const char *const cases[][2] = {
		{ RC BUYER "SIRET : 732 829 320 00074\n", "73282932000074" },
		{ CCAP "L'identifiant de l'acheteur pour le dépôt des factures est le suivant : 73282932000074.\n",
		    "73282932000074" },
		{ AE "Acheteur\nCommune de Vaubrune\nN° SIRET : 73282932000074\n", "73282932000074" },
		/* an office of La Poste: no check digit */
		{ RC BUYER "SIRET : 35600000049837\n", "35600000049837" },
		/* refused: a wrong check digit; a SIREN; the candidate's, the court's; two of them */
		{ RC BUYER "SIRET : 732 829 320 00075\n", "-" },
		{ RC BUYER "SIREN : 732 829 320\n", "-" },
		{ AE "Le titulaire\nN° SIRET : 73282932000074\n", "-" },
		{ AE "N° SIRET : 73282932000074\n", "-" },
		{ RC BUYER "Tribunal administratif de Vaubrune\nSIRET : 73282932000074\n", "-" },
		{ RC BUYER "SIRET : 73282932000074\n\nPouvoir adjudicateur associé\nSIRET : 99912345600017\n", "-" },
		{ RC BUYER "SIRET : ______________\n", "-" },
	};
	TEST_VALUES(mem, "buyer_siret", cases);
}

Test(candidate, address)
{
	static const char *const cases[][2] = {
		{ RC BUYER "12 rue des Tilleuls\n38999 VAUBRUNE\n\nObjet : travaux",
		    "12 rue des Tilleuls 38999 VAUBRUNE" },
		{ RC BUYER "Adresse : Hôtel de ville, 3 bis, place du Marché - CS 10012 - 38999 VAUBRUNE CEDEX 2\n",
		    "Hôtel de ville, 3 bis, place du Marché - CS 10012 - 38999 VAUBRUNE CEDEX 2" },
		{ RC "Adresse de l'acheteur : 4, avenue de la Gare 38999 Vaubrune-le-Haut Tél : 04 00 00 00 00\n",
		    "4, avenue de la Gare 38999 Vaubrune-le-Haut" },
		/* refused: without a town; the court's; the candidate's; of another buyer unnamed */
		{ RC BUYER "12 rue des Tilleuls\n\nObjet : travaux", "-" },
		{ RC BUYER "Tribunal administratif\n2 place de Verdun 38999 VAUBRUNE\n", "-" },
		{ AE "Le candidat\n12 rue des Tilleuls 38999 VAUBRUNE\n", "-" },
		{ RC "Dépôt : 12 rue des Tilleuls 38999 VAUBRUNE\n", "-" },
	};
	TEST_VALUES(mem, "buyer_address", cases);
}

Test(candidate, contact)
{
	static const char *const cases[][2] = {
		{ RC BUYER "Téléphone : 04 76 00 00 00\n", "Téléphone : 04 76 00 00 00" },
		{ RC "Renseignements administratifs :\nMadame Line Aubert, service des marchés\nTél. 04 76 00 00 "
		     "00\nCourriel : marches@vaubrune.example\n",
		    "Madame Line Aubert, service des marchés Tél. 04 76 00 00 00 Courriel : marches@vaubrune.example" },
		{ RC "Les candidats devront s'adresser à la personne suivante :\nMonsieur Paul Orme, service "
		     "technique\nTel : 04 76 00 "
		     "00 00\n",
		    "Monsieur Paul Orme, service technique Tel : 04 76 00 00 00" },
		{ RC "Pour un recours, les candidats s'adressent au greffe du tribunal :\nTel : 04 76 00 00 00\n",
		    "-" },
		/* refused: of the court, of the platform, of the candidate */
		{ RC BUYER "Instance chargée des recours : tribunal administratif\nTéléphone : 04 76 00 00 00\n", "-" },
		{ RC BUYER "Assistance technique de la plateforme : 04 76 00 00 00\n", "-" },
		{ RC "Le candidat indique son courriel : nom@candidat.example\n", "-" },
		{ CCTP BUYER "Téléphone : 04 76 00 00 00\n", "-" },
	};
	TEST_VALUES(mem, "buyer_contact", cases);
}

Test(candidate, budget_and_estimate)
{
	static const char *const budget[][2] = {
		{ RC "Le budget prévisionnel de l'opération est de 80 000 € HT.", "80000" },
		{ RC "Enveloppe budgétaire allouée : 1,2 M€ HT", "1200000" },
		{ RC "La commune dispose d'un budget maximal de 1,5 million d'euros HT.", "1500000" },
		/* refused: tax only; a year's; of works; without a sum */
		{ RC "Le budget prévisionnel de l'opération est de 80 000 € TTC.", "-" },
		{ RC "Le budget annuel du service informatique est de 80 000 € HT.", "-" },
		{ RC "Enveloppe financière affectée aux travaux : 900 000 € HT", "-" },
		{ RC "Le budget prévisionnel est communiqué sur demande.", "-" },
	};
	TEST_VALUES(mem, "budget", budget);
	static const char *const estimate[][2] = {
		{ RC "Valeur estimée hors TVA : 450 000 EUR", "450000" },
		{ RC "Montant estimatif : 90 000 € HT", "90000" },
		{ RC "Le besoin est évalué à 310 000 € HT sur quatre ans.", "310000" },
		/* refused */
		{ RC "Montant prévisionnel annuel : 90 000 € HT", "-" },
		{ RC "Montant estimatif des travaux : 90 000 € HT", "-" },
		{ RC "Montant estimatif : 90 000 € TTC", "-" },
	};
	TEST_VALUES(mem, "estimated_amount_eur_ht", estimate);
}

Test(candidate, turnover)
{
	static const char *const cases[][2] = {
		{ RC "Un chiffre d'affaires annuel minimum de 500 000 € HT est exigé.", "500000" },
		{ RC "Niveau minimal : chiffre d'affaires moyen d'au moins 1,2 M€ sur trois ans.", "1200000" },
		{ RC "Le chiffre d'affaires du candidat ne peut être inférieur à 400 000 euros.", "400000" },
		{ RC "Chiffre d'affaires minimal exigé :\n250 000 €", "250000" },
		/* refused: to be declared; none; without a sum; of lots that differ; another amount */
		{ RC "Déclaration concernant le chiffre d'affaires des trois derniers exercices.", "-" },
		{ RC "Aucun chiffre d'affaires minimum n'est exigé. Le maximum est de 500 000 € HT.", "-" },
		{ RC "Le chiffre d'affaires minimum est de deux fois le montant estimé, soit moins de 500 000 €.",
		    "-" },
		{ RC "Chiffre d'affaires minimum : 200 000 € pour le lot 1, 300 000 € pour le lot 2.", "-" },
		{ RC "Le chiffre d'affaires de la régie est de 500 000 €.", "-" },
	};
	TEST_VALUES(mem, "minimum_turnover", cases);
}

Test(candidate, references)
{
	static const char *const cases[][2] = {
		{ RC "Le candidat devra présenter au moins trois références de moins de cinq ans.",
		    "Le candidat devra présenter au moins trois références de moins de cinq ans" },
		{ RC "Minimum exigé : 2 références similaires.", "Minimum exigé : 2 références similaires" },
		/* refused: a list to give; wished for; judged; another reference */
		{ RC "Liste des principales références du candidat.", "-" },
		{ RC "Trois références au moins seraient appréciées, elles sont souhaitées.", "-" },
		{ RC "Critère technique : 3 références exigées, 20 points.", "-" },
		{ RC "Chaque facture devra porter une référence du marché.", "-" },
	};
	TEST_VALUES(mem, "required_references", cases);
}

Test(candidate, certifications)
{
	static const char *const cases[][2] = {
		{ RC "Le candidat doit être certifié ISO 27001 ou équivalent.", "ISO 27001" },
		{ RC "La qualification Qualibat 1552 est exigée ainsi que la certification MASE.",
		    "Qualibat 1552 ; MASE" },
		{ CCTP "L'hébergeur devra disposer d'une certification HDS.", "HDS" },
		/* refused: wished for; a norm; judged; not asked */
		{ RC "Une certification ISO 14001 serait appréciée.", "-" },
		{ CCTP "Les mesures doivent être conformes à la norme ISO 7730.", "-" },
		{ RC "Aucune certification ISO 9001 n'est exigée.", "-" },
		{ RC "Critère 2 : certification ISO 9001 obligatoire, 10 points.", "-" },
		{ CCTP "La ville est certifiée ISO 9001.", "-" },
	};
	TEST_VALUES(mem, "required_certifications", cases);
}

Test(candidate, profiles)
{
	static const char *const cases[][2] = {
		{ CCTP "Le chef de projet doit justifier d'au moins cinq ans d'expérience.",
		    "Le chef de projet doit justifier d'au moins cinq ans d'expérience" },
		{ RC "Profil exigé : un architecte avec 10 années d'expérience minimum.",
		    "Profil exigé : un architecte avec 10 années d'expérience minimum" },
		/* refused */
		{ CCTP "Un chef de projet ayant cinq ans d'expérience serait apprécié.", "-" },
		{ CCTP "Le service compte un technicien de cinq ans d'expérience.", "-" },
		{ RC "La garantie doit durer au moins deux ans.", "-" },
	};
	TEST_VALUES(mem, "required_profiles", cases);
}
