/* Wordings seen less often, each with a refused twin: what only looks like it states nothing. */
#include <criterion/criterion.h>
#include <string.h>
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
TestSuite(wordings, .init = setup, .fini = teardown);

#define EXPECT(key, cases) TEST_VALUES(mem, key, cases)

#define RC "Règlement de la consultation\n\n"

Test(wordings, validity_in_other_words)
{
	static const char *const cases[][2] = {
		{ RC "Maintien de l'offre : 180 jours", "180" },
		{ RC "Maintien de l'affichage : 180 jours", "-" },
		{ RC "L'offre reste valable pendant 9 mois.", "270" },
		{ RC "Durée pendant laquelle vous êtes engagés : 90 jours.", "90" },
		{ RC "4 - Validité : 6 mois", "180" },
		{ RC "La carte reste valable pendant 9 mois.", "-" },
		{ RC "Votre offre est à remettre avant le 2 mars 2027. Elle demeurera valable trois mois.", "90" },
		{ RC "Une attestation est jointe. Elle demeurera valable trois mois.", "-" },
		{ "Cahier des clauses administratives particulières\n4 - Validité : 6 mois", "-" },
		{ RC "Votre proposition vous engage pour trois mois à partir de la date limite.", "90" },
		{ RC "Délai de validité des offres : 150 j.", "150" },
		{ RC "L'offre de chaque candidat est valable 8 mois.", "240" },
		{ RC "Le délai d'engagement est de 180 jours à compter de la date limite de réception des offres.",
		    "180" },
		{ RC "Le délai d'engagement des crédits est de 180 jours.", "-" },
		{ RC "Délai de validité des offres : 150 j'ai compté", "-" },
		{ RC "L'attestation de chaque candidat est valable 8 mois.", "-" },
		{ RC "La signature vous engage pour trois mois.", "-" },
	};
	EXPECT("offer_validity_days", cases);
}

Test(wordings, variants_in_other_words)
{
	static const char *const cases[][2] = {
		{ RC "4.1 Variantes libres : le dépôt de variantes est interdit.", "false" },
		{ RC "Vous pouvez présenter une variante.", "true" },
		{ RC "Vous ne pouvez présenter une variante que si elle est demandée.", "-" },
		{ RC "Il n'est prévu ni variante ni PSE.", "false" },
		{ RC "Variantes : non prévues", "false" },
		{ RC "La possibilité de présenter des variantes n'est pas ouverte.", "false" },
		{ RC "La consultation n'est pas ouverte aux variantes.", "false" },
		{ RC "Article 4\nPas de variante autorisée.", "false" },
		{ RC "Les propositions de variantes ne seront pas examinées.", "false" },
		{ RC "5. Variantes : admises sur la motorisation des véhicules", "true" },
		{ RC "La possibilité de négocier n'est pas ouverte.", "-" },
		{ RC "Le pli reçu hors délai ne sera pas examiné.", "-" },
		{ RC "5. Variantes : admises ou non selon le lot", "-" },
	};
	EXPECT("variants_allowed", cases);
}

Test(wordings, lots_in_sentences_and_rows)
{
	static const char *const cases[][2] = {
		{ RC "Il n'y a qu'un lot.", "1" },
		{ RC "Lot 01 Gros œuvre\nLot 02 Charpente\nLot 03 Couverture", "3" },
		{ RC "Lot 1 est attribué en premier.\nLot 2 vient ensuite.", "-" },
		{ RC "Il n'est prévu ni tranches ni lots.", "1" },
		{ RC "Un lot unique.", "1" },
		{ RC "Lots : 1", "1" },
		{ RC "2 - Lots : 3 (un par district)", "3" },
		{ RC "Elle aboutit à l'attribution de 5 accords-cadres, un par lot.", "5" },
		{ RC "CHAPITRE 3 - LOTS\n01 - Isolation\n02 - Menuiseries\nCHAPITRE 4", "2" },
		{ RC "CHAPITRE 3 - LOTS\n1. Généralités\n2. Attribution\n", "-" },
		{ RC "Lots : 3, 5 et 7", "-" },
		{ RC "Elle aboutit à l'attribution de 5 accords-cadres.", "-" },
		{ RC "L'accord-cadre est alloti : lot 1 vestes de protection, lot 2 pantalons de protection.", "2" },
		{ RC "L'accord-cadre est décomposé en lots ainsi définis :\nN° lot Désignation\n1 Entretien des parcs\n"
		     "2 Entretien des cimetières\n3 Elagage\nARTICLE 2",
		    "3" },
		{ RC "Les travaux sont répartis en lots :\n1. Gros œuvre\n2. Peinture\n3. VARIANTES\nAucune.", "2" },
		{ RC "3. ALLOTISSEMENT\nLot unique.", "1" },
		{ RC "Le marché comprend un seul lot.", "1" },
		{ RC "3 - Lots : non", "1" },
		{ RC "Le marché n'est donc pas divisé en lots.", "1" },
		{ RC "Lot A : secteur Nord\nLot B : secteur Sud", "2" },
		{ RC "La consultation est allotie : lot 2 pantalons, lot 4 vestes.", "-" },
		{ RC "Un candidat ne peut obtenir qu'un seul lot.", "-" },
		{ RC "Les pièces sont réparties comme suit :\n1 Acte d'engagement\n2 Bordereau", "-" },
		{ RC "Lot A : secteur Nord\nLot C : secteur Sud", "-" },
	};
	EXPECT("lots", cases);
}

Test(wordings, numbers_of_other_forms)
{
	static const char *const cases[][2] = {
		{ RC "R.C. n° 2027-REC-12", "2027-REC-12" },
		{ RC "MAPA 2027-031", "2027-031" },
		{ RC "Dossier 27/118", "27/118" },
		{ RC "Dossier 118", "-" },
		{ RC "N° de marché : DIR-2027-0147", "DIR-2027-0147" },
		{ RC "AO n° 2027-SYN-004", "2027-SYN-004" },
		{ RC "N° 27 S 0007", "27 S 0007" },
		{ RC "Opération n° 2027-BAT-17", "2027-BAT-17" },
		{ "Ville de X\nAC-2027-22\nRèglement de la consultation", "AC-2027-22" },
		{ RC "Travaux de rénovation (opération 270116) et divers", "-" },
		{ RC "Version AC-V2-22", "-" },
	};
	EXPECT("reference", cases);
}

Test(wordings, platforms_by_what_is_done_there)
{
	static const char *const cases[][2] = {
		{ RC "Les pièces sont sur www.exemple.fr (profil d'acheteur de la commune).", "www.exemple.fr ?" },
		{ RC "Les pièces sont sur www.exemple.fr (site de la commune).", "-" },
		{ RC "Les offres seront transmises sur www.region-exemple.fr", "www.region-exemple.fr ?" },
		{ RC "Article 7 - Dépôt\nhttps://www.exemple.com", "https://www.exemple.com ?" },
		{ RC "Les photographies seront transmises sur www.region-exemple.fr", "-" },
		{ RC "Article 7 - Présentation\nhttps://www.exemple.com", "-" },
	};
	EXPECT("platform_url", cases);
}

Test(wordings, who_buys_among_several_lines)
{
	static const char *const cases[][2] = {
		{ "REGIE DES EAUX DE SAUVAL\nEntité adjudicatrice\nFourniture et pose de compteurs\n" RC,
		    "REGIE DES EAUX DE SAUVAL" },
		{ "SDIS 99\nService Départemental d'Incendie et de Secours de l'Ombre\n" RC,
		    "Service Départemental d'Incendie et de Secours de l'Ombre" },
		{ "DEPARTEMENT DE LA HAUTE-RIVE\nMAIRIE DE VAL-BOISÉ\n2 place du Marché - 99150 VAL-BOISÉ\n" RC,
		    "MAIRIE DE VAL-BOISÉ" },
		{ "MINISTERE DES FORETS\nDIRECTION DU BOIS\nDIRECTION INTERREGIONALE DES FORETS DU NORD\n" RC,
		    "DIRECTION INTERREGIONALE DES FORETS DU NORD" },
		{ "URSSAF DU LITTORAL\nPôle achats\n" RC, "URSSAF DU LITTORAL" },
		{ RC "Acheteur : Université de Bellerive, établissement public à caractère scientifique",
		    "Université de Bellerive" },
		{ "DEPARTEMENT DE LA HAUTE-RIVE\nDirection des routes\n" RC, "DEPARTEMENT DE LA HAUTE-RIVE" },
		{ "Pôle achats\n" RC, "-" },
	};
	EXPECT("buyer", cases);
}

Test(wordings, deadline_in_a_calendar_and_procedure_of_a_title)
{
	static const char *const cases[][2] = {
		{ RC "Votre offre devra parvenir via https://www.marches-publics.example, au plus tard le 26/02/2027 à "
		     "12 "
		     "heures.",
		    "2027-02-26T12:00" },
		{ RC "Questions : 14 février 2027\nDépôt des offres : 26 février 2027 à 12h00", "2027-02-26T12:00" },
		{ RC "Dépôt des échantillons : 26 février 2027 à 12h00", "-" },
	};
	EXPECT("deadline", cases);
	static const char *const procedures[][2] = {
		{ RC "Appel d'offres ouvert passé en application des articles R. 2124-2 et R. 2161-2 du Code de la "
		     "commande "
		     "publique pour les prestations décrites au cahier",
		    "appel_offres_ouvert" },
		{ RC "Procédure de concession - articles L. 3121-1 et suivants", "concession" },
		{ RC "Cahier des charges\nLe titulaire a obtenu une concession de parking.", "-" },
	};
	EXPECT("procedure", procedures);
}

Test(wordings, object_in_other_sentences)
{
	static const char *const cases[][2] = {
		{ RC "Les prestations du présent marché consistent en l'entretien des parcs de la ville.",
		    "l'entretien des parcs de la ville" },
		{ RC "La consultation vise à conclure des accords-cadres de transport sanitaire terrestre.",
		    "transport sanitaire terrestre" },
		{ RC "Le présent règlement a pour objet de définir les conditions de la consultation relative à la "
		     "réfection "
		     "des toitures du musée.",
		    "réfection des toitures du musée" },
		{ RC "2. OBJET DU MARCHE : Dragage des bassins Est et Ouest", "Dragage des bassins Est et Ouest" },
		{ "CABINET D'EXEMPLE - ECONOMISTE DE LA CONSTRUCTION\nMARCHE PUBLIC DE PRESTATIONS "
		  "INTELLECTUELLES\n" RC,
		    "-" },
		{ RC "Le présent règlement a pour objet de définir les conditions de la consultation.", "-" },
	};
	EXPECT("object", cases);
}
