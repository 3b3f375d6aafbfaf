/* Form, amounts, duration and terms of the contract: what is stated is found; each rule has a refused twin. */
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
TestSuite(contract, .init = setup, .fini = teardown);

#define CCAP "CAHIER DES CLAUSES ADMINISTRATIVES PARTICULIERES\n\n"
#define RC "REGLEMENT DE LA CONSULTATION\n\n"
#define AE "ACTE D'ENGAGEMENT\n\n"

Test(contract, form)
{
	static const char *const cases[][2] = {
		{ "L'accord-cadre est conclu avec un seul opérateur économique.", "accord_cadre (mono-attributaire)" },
		{ "Accord-cadre multi-attributaires à marchés subséquents", "accord_cadre (multi-attributaire)" },
		{ "Marché à bons de commande passé en application du code", "accord_cadre" },
		{ "Le marché s'exécute par l'émission de bons de commande.", "accord_cadre" },
		{ "La consultation donnera lieu à un marché ordinaire.", "marche" },
		{ "Le marché comporte une tranche ferme et deux tranches optionnelles.", "marche" },
		{ "Les prestations sont réglées par un prix global forfaitaire.", "marche" },
		{ AE "Montant hors taxes arrêté en chiffres : ......... arrêté en lettres : ..........", "marche" },
		/* refused */
		{ "Le marché est passé selon la procédure adaptée.", "-" },
		{ "Le titulaire du marché public ou de l'accord-cadre remet un relevé d'identité bancaire.", "-" },
		{ "Tranches : sans objet.", "-" },
		{ "Il n'est pas prévu de tranche optionnelle.", "-" },
		{ "Textes relatifs aux marchés publics et aux accords-cadres", "-" },
		{ "La facture porte le numéro du bon de commande.", "-" },
		{ "Le dossier comprend la décomposition du prix global et forfaitaire.", "-" },
	};
	TEST_VALUES(mem, "contract_form", cases);
}

Test(contract, nature)
{
	static const char *const cases[][2] = {
		{ "Objet : Travaux de réfection de la rue des Tilleuls\n", "travaux" },
		{ "Objet : Mission de maîtrise d'œuvre pour la réhabilitation de la halle\n", "services" },
		{ "Objet : Fourniture de denrées alimentaires pour les cantines\n", "fournitures" },
		{ "Type de marché : Services\n", "services" },
		{ "Code CPV : 45233141-9\n", "travaux" },
		{ RC "Marché de travaux\n\nLes candidats remettront un dossier complet.", "travaux" },
		{ CCAP "Le délai d'exécution des travaux court de l'ordre de service. L'entrepreneur remet un plan.",
		    "travaux" },
		/* refused */
		{ "Objet : Fourniture et entretien de deux autocars\n", "-" },
		{ "Type de marché : travaux / fournitures / services\n", "-" },
		{ "Objet : Conception-réalisation d'un gymnase\n", "-" },
		{ "Objet : La halle des Tilleuls\n", "-" },
	};
	TEST_VALUES(mem, "contract_nature", cases);
}

Test(contract, codes)
{
	static const char *const cases[][2] = {
		{ "Vocabulaire commun des marchés (CPV) : code principal\n72610000-3 Services de gestion\n72253000-3 "
		  "Assistance",
		    "72610000 ; 72253000" },
		{ "CPV : 79600000", "79600000" },
		/* refused: another number; a digit is missing; no such division */
		{ "Identifiant 72610000 de la série", "-" },
		{ "CPV : 7251000-3", "-" },
		{ "CPV : 01510000-3", "-" },
	};
	TEST_VALUES(mem, "cpv", cases);
	cr_expect_str_eq(test_value(mem, "nuts", "Code NUTS : FRF11"), "FRF11");
	cr_expect_str_eq(test_value(mem, "nuts", "Compte FRF11"), "-");
}

Test(contract, maximum)
{
	static const char *const cases[][2] = {
		{ "Le montant maximum annuel est de 4 000 € HT.", "4000" },
		{ "Montant maximum : 1 800 000 € HT.", "1800000" },
		{ "Montant maximum de 270 000 € TTC/an (soit 225 000 € HT/an)", "225000" },
		{ "Le montant maximal en euros HT pour l'ensemble des lots : 35 000€", "35000" },
		/* refused */
		{ "Seuil maximum de 90 000 € HT pour une procédure adaptée", "-" },
		{ "Montant maximum : 270 000 € TTC", "-" },
		{ "Le montant maximal de la créance que je pourrai présenter en nantissement est de 40 000 € HT.",
		    "-" },
		{ "Montant maximum : ............ € HT", "-" },
		{ "Lot n° 1 : montant maximum 21 000 € HT\nLot n° 2 : montant maximum 11 000 € HT", "-" },
		{ "Montant maximum : 10 000 € HT la première période.\n\nMontant maximum : 20 000 € HT ensuite.", "-" },
		{ "Un maximum de 3 candidats sera retenu. La prime est de 5 000 € HT.", "-" },
	};
	TEST_VALUES(mem, "amount_max_eur_ht", cases);
	cr_expect_str_eq(test_value(mem, "amount_min_eur_ht", "Montant minimum : 50 000 € HT"), "50000");
	static const char without[] = "Il est conclu sans montant minimum et avec un montant maximum de 700 000 € HT.";
	cr_expect_str_eq(test_value(mem, "amount_max_eur_ht", without), "700000");
	cr_expect_str_eq(test_value(mem, "amount_min_eur_ht", without), "-");
	cr_expect_str_eq(
	    test_value(mem, "amount_max_period", "Le montant maximum annuel est de 4 000 € HT."), "annuel");
	cr_expect_str_eq(
	    test_value(mem, "estimated_amount_eur_ht", "L'estimation du marché est de 310 000 € HT."), "310000");
	cr_expect_str_eq(
	    test_value(mem, "estimated_amount_eur_ht", "L'estimation des travaux est de 290 000 € HT."), "-");
}

Test(contract, duration)
{
	static const char *const cases[][2] = {
		{ "L'accord-cadre est conclu pour une période initiale de 1 an.", "12" },
		{ "Le marché est conclu pour trente-six mois à compter de sa notification.", "36" },
		{ "La durée du présent contrat est fixée à 5 ans dès la notification.", "60" },
		{ "La durée initiale du contrat est fixée à 3 an(s).", "36" },
		{ "La durée du marché est de 365 jours calendaires.", "12" },
		{ "Le marché est conclu du 04/08/2027 jusqu'au 03/08/2028 inclus.", "12 computed" },
		{ "Le marché est conclu du 04/08/2027 jusqu'au 31/10/2028 inclus.", "-" },
		{ "La durée prévisionnelle du contrat est de 26 mois plus l'année de parfait achèvement.", "38" },
		{ "Le délai d'exécution est fixé à 8 mois, préparation comprise.", "8" },
		{ "La durée globale du marché est de 11 mois.\n\nLe délai d'exécution des travaux est de 5 mois.",
		    "11" },
		/* refused */
		{ "La durée du marché est fixée au CCAP.", "-" },
		{ "Le délai d'exécution des travaux est de 16 semaines.", "-" },
		{ "La durée maximale du contrat, toutes périodes confondues, est de 3 ans.", "-" },
		{ "La durée de chaque période de reconduction est de 12 mois.", "-" },
		{ "Le délai de garantie est de 12 mois.", "-" },
		{ "La durée du marché est calquée sur celle du contrat d'assurance.", "-" },
	};
	TEST_VALUES(mem, "duration_months", cases);
}

Test(contract, renewals)
{
	static const char *const cases[][2] = {
		{ "Le marché est reconductible 3 (TROIS) fois.", "3" },
		{ "Il est renouvelable trois (3) fois maximum.", "3" },
		{ "Le nombre de périodes de reconduction est fixé à 2.", "2" },
		{ "Le contrat pourra être reconduit 2 fois pour une période de trois ans.", "2" },
		{ "Le marché est reconductible tacitement, il comprend 3 reconductions.", "3" },
		{ "Il n'est pas prévu de reconduction.", "0" },
		{ "La reconduction n'est pas prévue.", "0" },
		{ "Reconduction : 3 fois", "3" },
		{ "Le marché n'est pas reconductible.", "0" },
		{ "Il ne pourra être reconduit.", "0" },
		/* refused: two boxes whose state is lost; no number; another renewal */
		{ "Le marché ne sera pas reconduit\n\nLe marché pourra être reconduit 1 fois", "-" },
		{ "Le marché est reconductible : Non Oui", "-" },
		{ "La reconduction est tacite. Le titulaire ne peut refuser la reconduction.", "-" },
		{ "En cas de non-reconduction, le titulaire est prévenu 3 mois avant.", "-" },
	};
	TEST_VALUES(mem, "renewals", cases);
	cr_expect_str_eq(
	    test_value(mem, "renewal_months", "Le contrat pourra être reconduit 2 fois pour une période de trois ans."),
	    "36");
	cr_expect_str_eq(
	    test_value(mem, "renewal_months",
		"Le nombre de périodes de reconduction est fixé à 2. La durée de chaque période de reconduction "
		"est de 12 mois."),
	    "12");
	cr_expect_str_eq(test_value(mem, "renewal_months",
			     "Il est renouvelable trois fois, par reconduction tacite, pour une durée d'un an."),
	    "12");
	cr_expect_str_eq(
	    test_value(mem, "renewal_months", "Le marché est reconductible 2 fois, pour une durée totale de 3 ans."),
	    "-");
}

Test(contract, general_conditions)
{
	static const char *const cases[][2] = {
		{ CCAP "Conformément à l'article 13.1 du CCAG-TIC et à l'article 3.7 du CCAG TIC, le délai court.",
		    "tic" },
		{ CCAP "Le cahier des clauses administratives générales applicables aux marchés publics de travaux",
		    "travaux" },
		{ CCAP "CCAG fournitures courantes et services", "fcs" },
		/* refused: two of them; no kind */
		{ CCAP "Articles du CCAG-TIC et du CCAG-FCS.", "-" },
		{ CCAP "Par dérogation à l'article 20 du CCAG, le délai court.", "-" },
	};
	TEST_VALUES(mem, "ccag", cases);
	static const char *const derogations[][2] = {
		{ CCAP "Par dérogation à l'article 15.2.1 du CCAG-TIC, la pénalité est due.", "15.2.1" },
		{ CCAP "Par dérogation aux articles 5.2 et 11.3 du CCAG, l'ordre est le suivant.", "5.2 ; 11.3" },
		{ CCAP "23. Dérogations aux documents généraux\nIl est dérogé aux articles suivants :\n- A l'article "
		       "4.1 par "
		       "l'article Pièces\n- A l'article 15.4 par l'article Pénalités",
		    "4.1 ; 15.4" },
		{ CCAP
		    "15. Dérogations\n\n[table]\nArticle du CCAP | Article du CCAG auquel il est dérogé\nArticle 3 | "
		    "Article 4.1\nArticle 8 | Article 14\n[/table]\n",
		    "4.1 ; 14" },
		{ CCAP "15. Dérogations\n\n[table]\nArticle du CCAG | Article du CCAP\n4.1 | 3\n14.2 | 8\n[/table]\n",
		    "4.1 ; 14.2" },
		{ CCAP "Conformément à l'article 4.1 du CCAG, l'ordre est le suivant.", "-" },
		{ CCAP "15. Concordance\n\n[table]\nArticle du CCAP | Article du CCAG\nArticle 3 | Article "
		       "4.1\n[/table]\n",
		    "-" },
	};
	TEST_VALUES(mem, "ccag_derogations", derogations);
}

Test(contract, payment_and_advance)
{
	static const char *const days[][2] = {
		{ CCAP "Le délai global de paiement est fixé à 30 jours.", "30" },
		{ CCAP "Les sommes dues sont payées dans un délai global de 30 jours à compter de la réception des "
		       "factures.",
		    "30" },
		/* refused */
		{ CCAP "Le délai de paiement peut être suspendu ; le titulaire répond sous 15 jours.", "-" },
		{ CCAP "Le délai de paiement du sous-traitant est de 15 jours.", "-" },
		{ CCAP "Le paiement direct du sous-traitant intervient dans un délai de 15 jours.", "-" },
		{ CCAP "Les sommes dues au titulaire et aux sous-traitants sont payées dans un délai de 30 jours.",
		    "30" },
		{ CCAP "Le mandatement intervient dans un délai global maximum de trente (30) jours.", "30" },
	};
	TEST_VALUES(mem, "payment_days", days);
	static const char *const retention[][2] = {
		{ CCAP "Aucune retenue de garantie ne sera effectuée.", "false" },
		{ CCAP "Il n'est pas exigé de retenue de garantie.", "false" },
		{ CCAP "Une retenue de garantie de 5 % est prélevée sur chaque acompte.", "true (5 %)" },
		{ CCAP "Il n'est pas exigé de retenue de garantie.", "false" },
		/* refused: a form's choices */
		{ CCAP "La collectivité :\n☐ demande une retenue de garantie de 5 %\n☐ ne demande pas de retenue de "
		       "garantie",
		    "-" },
		{ CCAP "Le décompte indique la retenue de garantie et les avances.", "-" },
	};
	TEST_VALUES(mem, "retention", retention);
	static const char *const advance[][2] = {
		{ CCAP "Une avance est versée au titulaire. Le taux de l'avance est fixé à 10 %.", "true (10 %)" },
		{ CCAP "5.1 Avance\n\nUne avance de 20 % du montant de la part forfaitaire du contrat est accordée au "
		       "titulaire.\n\n"
		       "5.2 Acomptes\n\nLe premier acompte est de 30 %.",
		    "true (20 %)" },
		{ CCAP "Aucune avance ne sera consentie.", "false" },
		{ CCAP "Il ne sera pas versé d'avance.", "false" },
		{ CCAP "Le remboursement de l'avance s'effectue par précompte.", "-" },
	};
	TEST_VALUES(mem, "advance", advance);
	static const char *const revision[][2] = {
		{ CCAP "Les prix sont révisables chaque année.\n\nP = P0 x (0,15 + 0,85 x I/I0)",
		    "revisable (P = P0 x (0,15 + 0,85 x I/I0))" },
		{ CCAP "Les prix sont fermes un an. Ils sont ensuite révisés chaque année par application de la "
		       "formule : P = P0 × "
		       "(0,15 + 0,85 × S / S0), dans laquelle P est le prix.",
		    "revisable (P = P0 × (0,15 + 0,85 × S / S0))" },
		{ CCAP "Les prix sont ensuite révisés par application de la formule : P = P0 × (0,15 + 0,85 ×\nS / "
		       "S0), dans "
		       "laquelle P est le prix.",
		    "revisable (P = P0 × (0,15 + 0,85 × S / S0))" },
		{ CCAP "Les prix sont ensuite révisés par application de la formule : P = P0 × S / S0\nLes prix sont "
		       "payés.",
		    "revisable (P = P0 × S / S0)" },
		{ CCAP "Les prix sont révisables par application d'une formule : A = 0.15+0.85*(In/Io)\noù In est "
		       "l'index.",
		    "revisable (A = 0.15+0.85*(In/Io))" },
		{ CCAP "Les programmes sont ensuite révisés avec le titulaire.", "-" },
		{ CCAP "Les prix sont fermes et non révisables la première année puis révisables chaque année.",
		    "revisable" },
		{ CCAP "Les prix sont fermes et définitifs.", "ferme" },
		{ CCAP "Les prix du marché sont fermes et non révisables.", "ferme" },
		{ CCAP "Les prix sont réputés complets.", "-" },
	};
	TEST_VALUES(mem, "price_revision", revision);
}

Test(contract, clauses)
{
	cr_expect_str_eq(test_value(mem, "rgpd", CCAP "Le titulaire respecte le RGPD."), "true");
	cr_expect_str_eq(test_value(mem, "rgpd", CCAP "Le titulaire protège les données techniques."), "-");
	cr_expect_str_eq(test_value(mem, "termination", CCAP "22. Résiliation\n\nL'article 50 s'applique."), "true");
	cr_expect_str_eq(test_value(mem, "insurance", CCAP "Le titulaire doit justifier d'une assurance."), "true");
	cr_expect_str_eq(test_value(mem, "insurance", CCAP "Le marché d'assurance de la ville est distinct."), "-");
	cr_expect_str_eq(test_value(mem, "reversibility", CCAP "La phase de réversibilité dure trois mois."), "true");
	cr_expect_str_eq(test_value(mem, "reversibility", CCAP "La voie est réversible."), "-");
}

Test(contract, penalties)
{
	static const char *const cases[][2] = {
		{ CCAP "18. Pénalités\n\nTout retard donne lieu à une pénalité de 100 € par jour.",
		    "Tout retard donne lieu à une pénalité de 100 € par jour." },
		{ CCAP "Pénalités\n\n[table]\nCause | Montant\nRetard de remise d'un document | 25 € par jour\nAbsence "
		       "à une réunion | "
		       "80 €\n[/table]\n",
		    "Retard de remise d'un document 25 € par jour ; Absence à une réunion 80 €" },
		{ CCAP "Pénalités\n\n[table]\nDépassement du délai de correction | 150 € par heure\nTaux de service "
		       "inférieur "
		       "à 99 % | 500 € par point manquant\n[/table]\n",
		    "Dépassement du délai de correction 150 € par heure ; Taux de service inférieur à 99 % 500 € par "
		    "point "
		    "manquant" },
		/* refused */
		{ CCAP "Les pénalités ne peuvent dépasser 1000 € par jour.", "-" },
		{ CCAP "Le titulaire est exonéré des pénalités dont le montant ne dépasse pas 1000 €.", "-" },
		{ CCAP "Le retard de paiement ouvre droit à une indemnité de 40 €.", "-" },
	};
	TEST_VALUES(mem, "penalties", cases);
	static const char *const caps[][2] = {
		{ CCAP "Le montant total des pénalités est plafonné à 10 % du montant du marché.",
		    "Le montant total des pénalités est plafonné à 10 % du montant du marché" },
		{ CCAP "Les pénalités sont dues dès le premier jour.", "-" },
	};
	TEST_VALUES(mem, "penalties_cap", caps);
}
