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

/* What notices, essentials and short letters of consultation print instead of a clause. */
Test(wordings, forms_of_notices_and_letters)
{
	static const char *const variants[][2] = {
		{ RC "Refus des variantes.\nDivision en lots : oui", "false" },
		{ RC "Des variantes peuvent être proposées, dans la limite d'une par candidat.", "true" },
		{ RC "Motif de refus des variantes : voir l'article 9", "-" },
		{ RC "Des variantes ne peuvent être proposées.", "-" },
	};
	EXPECT("variants_allowed", variants);
	static const char *const validity[][2] = {
		{ RC "5. Offre valable 3 mois à compter de la date limite de réception.", "90" },
		{ RC "5. Carte valable 3 mois à compter de sa remise.", "-" },
	};
	EXPECT("offer_validity_days", validity);
	static const char *const visits[][2] = {
		{ RC "PSE\nSans\nVisite sur site\nSans\nClauses sociales", "false" },
		{ RC "Visite sur site\nSans rendez-vous, nul n'entre.", "-" },
	};
	EXPECT("site_visit_mandatory", visits);
	static const char *const references[][2] = {
		{ RC "Numéro de référence attribué au marché par le pouvoir adjudicateur : 2027-TVX-02",
		    "2027-TVX-02" },
		{ RC "Référence attribuée au candidat 2027-TVX-02", "-" },
	};
	EXPECT("reference", references);
	static const char *const lots[][2] = {
		{ RC "Lot A : recette ; lot B : audit ; lot C : formation. Soit trois lots.", "3" },
		{ RC "Un candidat peut obtenir soit trois lots au plus.", "-" },
	};
	EXPECT("lots", lots);
	static const char *const codes[][2] = {
		{ RC "1.5 - Nomenclature\nLot 01 : 30213100-6 Ordinateurs portables", "30213100" },
		{ RC "1.5 - Téléphones\nLot 01 : 30213100-6", "-" },
	};
	EXPECT("cpv", codes);
}

Test(wordings, procedure_and_form_in_the_plural_or_with_a_scope)
{
	static const char *const procedures[][2] = {
		{ RC "Appel d'offres ouvert européen soumis aux dispositions des articles R. 2124-2 et R. 2161-1 du "
		     "code de la "
		     "commande publique et de ses annexes.",
		    "appel_offres_ouvert" },
		{ RC "Une assistance est demandée pour un appel d'offres ouvert européen.", "-" },
	};
	EXPECT("procedure", procedures);
	static const char *const forms[][2] = {
		{ RC "Les accords-cadres sont conclus pour une durée d'un (1) an.", "accord_cadre" },
		{ RC "Le formulaire sert aux marchés publics et accords-cadres.", "-" },
	};
	EXPECT("contract_form", forms);
}

Test(wordings, duration_between_two_verbs)
{
	static const char *const cases[][2] = {
		{ RC "Le marché débute le 01/06/2027 pour s'achever le 31/05/2028.", "12 computed" },
		{ RC "Le marché commence le 1er janvier 2027 et se termine le 31 décembre 2028.", "24 computed" },
		{ RC "Marché ordinaire, à prix forfaitaires, d'une durée ferme de trente-six (36) mois.", "36" },
		{ RC "Le salon débute le 01/06/2027 pour s'achever le 31/05/2028.", "-" },
		{ RC "Le marché porte sur la pose d'un abri, d'une garantie de trente-six (36) mois.", "-" },
	};
	EXPECT("duration_months", cases);
}

Test(wordings, object_that_is_not_the_body_nor_the_form)
{
	static const char *const cases[][2] = {
		{ RC "Consultation relative au renouvellement des commutateurs d'accès\n\n1. Présentation",
		    "renouvellement des commutateurs d'accès" },
		{ "CAISSE D'ENTRAIDE DES MARINS DE LA BASSE-RIVE\n" RC, "-" },
		{ RC "Type de contrat\nAccord-cadre avec maximum\nDélai de validité des offres\n150 jours", "-" },
	};
	EXPECT("object", cases);
	static const char *const buyers[][2] = {
		{ RC "Acheteur : Université de Haute-Brenne, établissement public à caractère scientifique",
		    "Université de Haute-Brenne" },
	};
	EXPECT("buyer", buyers);
}

/* The law's list of places where a buyer looks for himself asks nothing of the candidate. */
Test(wordings, pieces_that_need_not_be_given)
{
	static const char text[] =
	    RC "Pièces de la candidature :\n- Formulaire DC1 ou équivalent\n- Déclaration de chiffre d'affaires\n\n"
	       "Les candidats ne sont pas tenus de fournir les justificatifs que l'acheteur peut obtenir directement "
	       "par le "
	       "biais :\n- D'un système électronique de mise à disposition d'informations, si le dossier de "
	       "candidature en "
	       "donne l'accès ;\n- D'un espace de stockage numérique, si le dossier de candidature en donne l'accès.\n";
	cr_expect_str_eq(test_value(mem, "mandatory_candidature", text), "dc1 ; ca");
}

/* Technical clauses speak of other contracts and of what the system does: nothing of it is this contract's. */
Test(wordings, traps_of_technical_clauses)
{
#define CCTP "Cahier des clauses techniques particulières\n\n"
	static const char *const procedures[][2] = {
		{ CCTP "Le service a lancé en 2021 un appel d'offres ouvert pour son précédent système.", "-" },
	};
	EXPECT("procedure", procedures);
	static const char *const renewals[][2] = {
		{ CCTP "Le précédent contrat était conclu pour 4 ans et reconductible une fois.", "-" },
		{ CCTP "Le présent contrat est reconductible une fois.", "1" },
	};
	EXPECT("renewals", renewals);
	static const char *const validity[][2] = {
		{ CCTP "La validité des offres commerciales est de 30 jours dans le progiciel.", "-" },
		{ RC "La validité des offres commerciales est de 30 jours dans le progiciel.", "-" },
		{ RC "La validité des offres est de 90 jours.", "90" },
		{ "Acte d'engagement\n\nJe m'engage, sur la base de mon offre pendant 6 mois à compter de la date "
		  "limite.",
		    "180" },
	};
	EXPECT("offer_validity_days", validity);
	static const char *const amounts[][2] = {
		{ CCTP "Le montant maximum d'une transaction est de 5 000 € HT.", "-" },
		{ RC "Le montant maximum d'une commande est de 5 000 € HT.", "-" },
		{ RC "Le montant maximum de l'accord-cadre est de 5 000 € HT.", "5000" },
	};
	EXPECT("amount_max_eur_ht", amounts);
}

Test(wordings, covers_of_rectorates_and_systems)
{
	static const char *const objects[][2] = {
		{ "RECTORAT DE L'ACADÉMIE DE VALMONT\n" RC "Migration de la messagerie des services académiques\n",
		    "Migration de la messagerie des services académiques" },
		{ "GIE NUMÉRIQUE DES HÔPITAUX DE L'ARVAL\n" RC, "-" },
	};
	EXPECT("object", objects);
	static const char *const references[][2] = {
		{ RC "Procédure adaptée – RECT-2027-17", "RECT-2027-17" },
		{ RC "Accord-cadre à bons de commande n° 27AC0114", "27AC0114" },
		{ RC "Procédure adaptée – lettre du 17", "-" },
	};
	EXPECT("reference", references);
	static const char *const visits[][2] = {
		{ RC "Une visite du site peut être organisée à la demande du candidat.", "false" },
		{ RC "Une visite du site peut être organisée le lundi.", "-" },
	};
	EXPECT("site_visit_mandatory", visits);
}

Test(wordings, clauses_in_one_line)
{
	static const char *const durations[][2] = {
		{ RC "4. Durée : un an, tacitement reconductible, trois fois maximum.", "12" },
		{ RC "4. Durée : un an de garantie, trois ans d'entretien.", "-" },
	};
	EXPECT("duration_months", durations);
	static const char *const amounts[][2] = {
		{ RC "Le montant maximum de chaque bon de commande est de 40 000 € HT. Le montant maximum de "
		     "l'accord-cadre est "
		     "fixé à 800 000 € HT.",
		    "800000" },
		{ RC "Par bon de commande, le montant maximum est fixé à 800 000 € HT.", "-" },
	};
	EXPECT("amount_max_eur_ht", amounts);
	static const char *const platforms[][2] = {
		{ RC "Le dossier est téléchargeable depuis https://www.exemple.com", "https://www.exemple.com" },
		{ RC "La notice est téléchargeable depuis https://www.exemple.com", "-" },
	};
	EXPECT("platform_url", platforms);
	static const char *const objects[][2] = {
		{ "BORDEREAU DES PRIX UNITAIRES\nMairie de Vaubelle\nAccord-cadre n° 2027-14 : Maintenance du réseau "
		  "sans fil",
		    "Maintenance du réseau sans fil" },
	};
	EXPECT("object", objects);
}
