/* What a document states is found, with its quote; what only looks like it is not. Each rule has a refused twin. */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/resource.h>
#include "json.h"
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
TestSuite(facts, .init = setup, .fini = teardown);

#define EXPECT(key, cases) TEST_VALUES(mem, key, cases)

Test(facts, deadline)
{
	static const char *const cases[][2] = {
		{ "Date limite de remise des offres : le mercredi 10/03/2027 à 12h00", "2027-03-10T12:00" },
		{ "Date et heure limites de réception des offres\n05 juillet 2027 à 12 Heures", "2027-07-05T12:00" },
		{ "DATE LIMITE DE REMISE DES PROPOSITIONS\nLE 12/02/2027 A 12 HEURES", "2027-02-12T12:00" },
		{ "Date limite de remise des offres\n\nDate : 6 mars 2027 ........\nHeure : 15h00 ........",
		    "2027-03-06T15:00" },
		{ "Les plis devront parvenir avant la date et l'heure limites de réception des offres soit 19 MAI 2027 "
		  "À 12H00 "
		  "(heure locale)",
		    "2027-05-19T12:00" },
		{ "La date limite de remise des offres est fixée à 12h00, le 9 avril 2027.", "2027-04-09T12:00" },
		{ "Au lieu de lire : date de remise des offres le 18/02/2027 à 11h00\nLire : date limite de remise des "
		  "offres le "
		  "07/04/2027 à 12h00",
		    "2027-04-07T12:00" },
		{ "Report de la date limite de remise des offres (lire le 24/03/2027 à 16h00 au lieu du 10/03/2027 à "
		  "16h00)",
		    "2027-03-24T16:00" },
		{ "La date limite de réception des offres (DLRO) est reportée au : 08/04/2027 12:00:00 (UTC+01:00)",
		    "2027-04-08T12:00" },
		{ "Remise des plis avant la date limite. Date limite de réception des candidatures : 20/03/2027 à "
		  "10h00",
		    "2027-03-20T10:00" },
		{ "Date de remise des offres le 31/03/2027 à 12h00 (heure de Paris)\n\n20, avenue du Port\n1/12 "
		  "24/02/2027",
		    "2027-03-31T12:00" },
		/* refused */
		{ "Visite obligatoire le vendredi 12 mars 2027 à 10h00", "-" },
		{ "Le délai de validité des offres est de 120 jours à compter de la date limite de remise des offres. "
		  "Les travaux "
		  "débutent le 1er juin 2027.",
		    "-" },
		{ "Avis envoyé à la publication le mardi 05/01/2027", "-" },
		{ "DATE LIMITE DE DEPOT DES PLIS : LUNDI 25 JANVIER A 12H", "-" },
		{ "La date limite de réception des offres est indiquée sur la page de garde.", "-" },
		{ "Questions : 10 jours avant la date limite de remise des offres. Réunion le 3 mai 2027 à 9h", "-" },
	};
	EXPECT("deadline", cases);
}

Test(facts, deadline_that_can_t_be_trusted)
{
	static const char *const cases[][2] = {
		/* 10 March 2027 is a Wednesday */
		{ "Date limite de remise des offres : lundi 10 mars 2027 à 12h00", "2027-03-10T12:00 ?" },
		{ "Date limite de remise des offres : 10/03/2027 à 12h00\n\nLa date limite de réception des offres est "
		  "fixée au "
		  "17/03/2027 à 12h00",
		    "2027-03-10T12:00 !" },
	};
	EXPECT("deadline", cases);
}

Test(facts, two_phases)
{
	const char *text =
	    "Date limite de réception des candidatures : 20/03/2027 à 10h00\n\nDate limite de réception des offres : "
	    "14/05/2027 à 12h00";
	cr_expect_str_eq(test_value(mem, "deadline", text), "2027-03-20T10:00");
	cr_expect_str_eq(test_value(mem, "deadline_offers", text), "2027-05-14T12:00");
}

Test(facts, validity)
{
	static const char *const cases[][2] = {
		{ "Le délai de validité des offres est fixé à 120 jours à compter de la date limite de réception des "
		  "offres.",
		    "120" },
		{ "Délai de validité des offres\n\n5 mois", "150" },
		{ "Le délai de validité des offres est fixé à CENT QUATRE VINGT JOURS (180) à compter de la date "
		  "limite.",
		    "180" },
		{ "Les candidats restent engagés par leur offre pendant une durée de 90 jours.", "90" },
		{ "La validité des offres est de 6 mois /180 jours.", "180 !" },
		{ "La validité des offres est de 6 mois (180 jours).", "180" },
		{ "La validité des offres est de 6 mois, soit 180 jours.", "180" },
		{ "L'offre ainsi présentée n'est valable toutefois que si la décision intervient dans un délai de 120 "
		  "jours.",
		    "120" },
		/* refused */
		{ "Le délai de validité des offres est fixé dans l'acte d'engagement. Le paiement intervient sous 30 "
		  "jours.",
		    "-" },
		{ "Des modifications sont possibles 10 jours avant la date limite de réception des offres.", "-" },
		{ "L'attestation a une durée de validité de 6 mois.", "-" },
		{ "Le délai global de paiement est de 30 jours.", "-" },
	};
	EXPECT("offer_validity_days", cases);
}

Test(facts, variants)
{
	static const char *const cases[][2] = {
		{ "Les variantes ne sont pas autorisées.", "false" },
		{ "Aucune variante n'est autorisée.", "false" },
		{ "Variantes Sans", "false" },
		{ "Variantes : ☐ Oui ☒ Non", "false" },
		{ "Variantes : ☒ Oui ☐ Non", "true" },
		{ "La proposition de variante libre n’est pas autorisée.", "false" },
		{ "Les variantes visées à l'article R. 2151-8 du code ne sont pas admises.", "false" },
		{ "Les candidats sont autorisés à présenter des variantes.", "true" },
		{ "Les variantes sont autorisées.", "true" },
		/* refused */
		{ "Pour les lots pour lesquels les variantes sont autorisées, les offres de base sont classées.", "-" },
		{ "Le marché ne comporte pas de variante obligatoire.", "-" },
		{ "Variantes exigées : une variante avec bardage bois.", "-" },
		{ "4) Variante non oui", "-" },
		{ "[table]\nVariantes | non | oui\n[/table]", "-" },
		{ "Variantes : ☐ Oui ☐ Non", "-" },
		{ "Aucune variante imposée par la collectivité n'est prévue.", "-" },
		{ "L'offre variantée est à compléter.", "-" },
		{ "Les variantes ne sont pas autorisées.\n\nLes variantes sont autorisées pour chaque lot.",
		    "false !" },
	};
	EXPECT("variants_allowed", cases);
}

Test(facts, platform)
{
	static const char *const cases[][2] = {
		{ "Le dossier est téléchargé sur le profil acheteur : https://marches.exemple-ville.fr/dce.",
		    "https://marches.exemple-ville.fr/dce" },
		{ "Plateforme de dématérialisation : http//www. achats-exemple.fr", "http://www.achats-exemple.fr" },
		{ "La plateforme de dématérialisation « e-achats.exemple.com » permet de remettre des plis.",
		    "e-achats.exemple.com" },
		/* refused */
		{ "Le formulaire DC4 est disponible à l'adresse suivante : "
		  "https://www.economie.gouv.fr/daj/formulaires",
		    "-" },
		{ "Le DUME est rempli sur https://dume.exemple.gouv.fr/", "-" },
		{ "Courriel : marches@exemple-ville.fr", "-" },
	};
	EXPECT("platform_url", cases);
}

Test(facts, procedure)
{
	static const char *const cases[][2] = {
		{ "La présente consultation est lancée suivant la procédure de l’appel d’offres ouvert.",
		    "appel_offres_ouvert" },
		{ "Mode de passation : procédure adaptée ouverte.", "mapa" },
		{ "Marché de services - appel d'offres en procédure adaptée", "mapa" },
		{ "Le présent concours est un concours restreint.", "concours" },
		{ "REGLEMENT DE CONSULTATION - PROCEDURE AVEC NEGOCIATION", "procedure_negociee" },
		{ "Procédure de passation : dialogue compétitif", "dialogue_competitif" },
		/* refused */
		{ "Des prestations similaires pourront être passées selon la procédure négociée de l'article R. "
		  "2122-7.",
		    "-" },
		{ "Procédure formalisée (articles L. 2124-1 et L. 2124-2)", "-" },
		{ "APPEL D'OFFRE – REFECTION DU PREAU", "-" },
	};
	EXPECT("procedure", cases);
}

Test(facts, lots)
{
	static const char *const cases[][2] = {
		{ "Les prestations sont réparties en 3 lots.", "3" },
		{ "Le marché est décomposé en deux lots distincts.", "2" },
		{ "Allotissement 2 lots", "2" },
		{ "Lot n° 1 : Serrurerie\n\nLot n° 2 : Peinture\n\nLot n° 3 : Toiture", "3" },
		{ "Il n'est pas prévu de décomposition en tranches ou en lots.", "1" },
		{ "La consultation ne fait pas l'objet d'une décomposition en lots.", "1" },
		{ "Le marché n'est pas alloti en raison de son homogénéité.", "1" },
		{ "Relance des lots B1 et B3", "2" },
		/* refused */
		{ "Lot n° 2 : Peinture\n\nMontant prévu pour le lot concerné", "-" },
		{ "Un candidat ne pourra être attributaire de plus de deux lots.", "-" },
		{ "au lot n°....... ou aux lots n°........ du marché public", "-" },
	};
	EXPECT("lots", cases);
	cr_expect_str_eq(test_value(mem, "allotted", "Le marché n'est pas alloti."), "false");
	cr_expect_str_eq(test_value(mem, "allotted", "Les prestations sont réparties en 3 lots."), "true");
}

Test(facts, reference)
{
	static const char *const cases[][2] = {
		{ "Procédure : 27XYZ06", "27XYZ06" },
		{ "ACCORD-CADRE N° 27ABC01", "27ABC01" },
		{ "Consultation n°: 2027.005 Page 5 sur 12", "2027.005" },
		{ "R.C. - 2027/06   Page 3 sur 9", "2027/06" },
		{ "Référence de la consultation : AB-2027-12", "AB-2027-12" },
		{ "enregistré sous le numéro 2027/042", "2027/042" },
		/* refused */
		{ "Le marché n° 1 du présent lot", "-" },
		{ "décret n° 2016-360 relatif aux marchés publics", "-" },
		{ "Procédure : ouverte", "-" },
	};
	EXPECT("reference", cases);
}

Test(facts, buyer)
{
	static const char *const cases[][2] = {
		{ "Pouvoir adjudicateur : Syndicat des eaux du Haut-Plateau", "Syndicat des eaux du Haut-Plateau" },
		{ "Acheteur\n\nBelle Vallée - Grand Lac (73)\nAdresse : 1 rue du Port",
		    "Belle Vallée - Grand Lac (73)" },
		{ "Maître d'ouvrage : VILLE DE PRÉ-FLEURI\nMaître d'œuvre : BUREAU DUPIN", "VILLE DE PRÉ-FLEURI" },
		{ "Pouvoir adjudicateur : Centre hospitalier du Mont, représenté par sa directrice",
		    "Centre hospitalier du Mont" },
		{ "Règlement de la consultation\nDépartement des Collines\n3 place du Marché, 99000 VILLENEUVE",
		    "Département des Collines" },
		{ "La personne publique contractante est :\n\nLa Direction régionale des Phares.",
		    "Direction régionale des Phares" },
		{ "Organisme acheteur : Caisse nationale des Moulins 12, avenue du Port",
		    "Caisse nationale des Moulins" },
		/* refused */
		{ "Le Pouvoir Adjudicateur est :\nMadame la Directrice régionale des Phares", "-" },
		{ "Pouvoir adjudicateur : Monsieur le Maire", "-" },
		{ "Le pouvoir adjudicateur se réserve le droit de négocier.", "-" },
		{ "Signature du représentant du pouvoir adjudicateur :\nhabilité par délibération", "-" },
		{ "Forme de groupement\ngroupement", "-" },
		{ "1. Acheteur\n\n[table]\nRubrique | Renseignement\nTéléphone | 02 61 91 00 00\n[/table]", "-" },
	};
	EXPECT("buyer", cases);
}

Test(facts, object)
{
	static const char *const cases[][2] = {
		{ "La présente consultation concerne :\nFourniture de mobilier scolaire\n\n1.2 Durée",
		    "Fourniture de mobilier scolaire" },
		{ "Objet : Entretien des espaces verts de la commune", "Entretien des espaces verts de la commune" },
		{ "Le présent marché a pour objet la rénovation du gymnase. Il comprend trois lots.",
		    "la rénovation du gymnase" },
		{ "REGLEMENT DE LA CONSULTATION\n\nMARCHE PUBLIC DE TRAVAUX\n\nRénovation des vestiaires du stade "
		  "nautique\n\nDate limite",
		    "Rénovation des vestiaires du stade nautique" },
		{ "CCAP – Travaux de réfection de la toiture du musée 5 / 14",
		    "Travaux de réfection de la toiture du musée" },
		/* refused */
		{ "1.1 - Objet du contrat .............. 3", "-" },
		{ "Tranches : sans objet. Le marché fait l'objet d'une publicité.", "-" },
		{ "Un nouveau marché ayant pour objet la réalisation de prestations similaires", "-" },
	};
	EXPECT("object", cases);
}

Test(facts, deadline_told_by_what_is_to_be_done)
{
	static const char *const cases[][2] = {
		{ "Les offres sont à déposer jusqu'au mardi 9 mars 2027 – 12h00, heure de Paris", "2027-03-09T12:00" },
		{ "Les candidats ont jusqu'au mardi 9 mars 2027 à 16 heures pour déposer leur pli.",
		    "2027-03-09T16:00" },
		{ "Votre offre est à remettre le mardi 9 mars 2027 à midi au plus tard.", "2027-03-09T12:00" },
		{ "Offres attendues pour le mardi 9 mars 2027 à 15h", "2027-03-09T15:00" },
		{ "Remise des offres initiales : 09/03/2027 17h00", "2027-03-09T17:00" },
		{ "Clôture de la remise des offres le 9 mars 2027 à 18h00", "2027-03-09T18:00" },
		{ "Date limite de réception : 9 mars 2027 ........\nHeure limite de réception : 15h00 ........",
		    "2027-03-09T15:00" },
		/* the year stands elsewhere, the day of the week agrees with one of those printed */
		{ "Janvier 2027\nDate limite de dépôt des plis : lundi 1 mars à 12h", "2027-03-01T12:00 ?" },
		/* refused */
		{ "Janvier 2026\nDate limite de dépôt des plis : lundi 1 mars à 12h", "-" },
		{ "Date limite de réception des questions : 9 mars 2027 à 12h00", "-" },
		{ "Date limite de remise des échantillons : 9 mars 2027 à 12h00", "-" },
		{ "Les candidats ont jusqu'au mardi 9 mars 2027 pour poser leurs questions.", "-" },
		{ "CAHIER DES CLAUSES ADMINISTRATIVES PARTICULIERES\nLes offres de service doivent parvenir avant le 9 "
		  "mars "
		  "2027 à 12h00.",
		    "-" },
	};
	EXPECT("deadline", cases);
}

Test(facts, validity_in_other_words)
{
	static const char *const cases[][2] = {
		{ "Les entreprises restent engagées par leur offre pendant 60 jours.", "60" },
		{ "Le candidat reste tenu par les termes de son offre pendant une période de six mois.", "180" },
		{ "Cette offre ne lie le candidat que si l'acceptation lui parvient dans un délai de 120 jours.",
		    "120" },
		{ "Validité : 120 jours à compter de la date limite de remise des offres", "120" },
		{ "Règlement de la consultation\nDélai de validité : 120 jours", "120" },
		{ "L'offre engage le candidat pendant 120 jours.", "120" },
		{ "Les offres ont une durée de validité de 180 jours.", "180" },
		/* refused */
		{ "Validité : 120 jours", "-" },
		{ "Cahier des clauses administratives particulières\nDélai de validité : 120 jours", "-" },
		{ "Le titulaire reste tenu par son engagement pendant 12 mois.", "-" },
	};
	EXPECT("offer_validity_days", cases);
}

Test(facts, variants_in_forms)
{
	static const char *const cases[][2] = {
		{ "Article 5. Variantes\nNon autorisées.", "false" },
		{ "5. Variante : non", "false" },
		{ "Article 4 – Pas de variante", "false" },
		{ "Variantes à l'initiative du soumissionnaire : non autorisées\nVariantes imposées : sans objet",
		    "false" },
		{ "Des variantes seront-elles prises en considération : non", "false" },
		{ "L'acheteur exige la présentation de variantes : Non\nVariantes acceptées : Oui", "true" },
		{ "Nous n'acceptons pas de variante.", "false" },
		{ "Toute variante sera rejetée.", "false" },
		{ "☐ Les variantes ne sont pas autorisées\n☒ Les variantes sont autorisées", "true" },
		/* refused */
		{ "☐ Les variantes ne sont pas autorisées\n☐ Les variantes sont autorisées", "-" },
		{ "L'acheteur exige la présentation de variantes : Non", "-" },
		{ "Les variantes de tracé sont autorisées par ordre de service.", "-" },
		{ "Des variantes seront-elles prises en considération : non / oui", "-" },
		{ "Le candidat qui ne remet pas de variante coche la case.", "-" },
	};
	EXPECT("variants_allowed", cases);
}

Test(facts, lots_counted_in_forms)
{
	static const char *const cases[][2] = {
		{ "Nombre de lots : 11", "11" },
		{ "Lots : OUI – 4 lots géographiques", "4" },
		{ "Article IV. Allotissement – 3 lots géographiques.", "3" },
		{ "3 lots traités par marchés séparés :", "3" },
		{ "La présente consultation fait l'objet de 2 lots", "2" },
		{ "Les prestations donnent lieu à trois lots : nord, centre, sud.", "3" },
		{ "Il n'est pas prévu de décomposition en tranches. Les travaux sont décomposés en 9 lots :", "9" },
		{ "Division en lots : non", "1" },
		{ "Marché alloti : Non", "1" },
		{ "Marché unique, non alloti.", "1" },
		{ "Article 3 : Pas d'allotissement (prestations indissociables).", "1" },
		{ "Les prestations ne sont pas alloties.", "1" },
		/* refused */
		{ "Nombre de lots : ......", "-" },
		{ "Nombre de lots maximum par candidat : 2", "-" },
		{ "Un candidat ne peut être attributaire que de 2 lots.", "-" },
		{ "Division en lots : non / oui", "-" },
		{ "Le lot n°5 n'est pas divisé en phases.", "-" },
		{ "à l'ensemble du marché (en cas de non allotissement)", "-" },
	};
	EXPECT("lots", cases);
}

Test(facts, references_without_a_label_of_their_own)
{
	static const char *const cases[][2] = {
		{ "Appel d'offres ouvert n° 27S008", "27S008" },
		{ "Règlement de consultation N° ABC-2027-T-12", "ABC-2027-T-12" },
		{ "Affaire 27M0098\nRèglement de la consultation", "27M0098" },
		{ "Consultation n° CCAS 2027-02", "CCAS 2027-02" },
		{ "Identifiant interne de la consultation : 27CDC11", "27CDC11" },
		{ "Marché n° 2027-014", "2027-014" },
		/* refused */
		{ "La consultation comprend deux phases", "-" },
		{ "Consultation 15/03/2027", "-" },
		{ "N° 27 11 039 : lot 1 « courants faibles » N° 27 11 040 : lot 2", "-" },
		{ "selon le décret n° 2018-1075 du 3 décembre 2018", "-" },
	};
	EXPECT("reference", cases);
}

Test(facts, forms_line_by_line)
{
	static const char *const objects[][2] = {
		{ "Objet du marché : Réfection de la toiture du gymnase\nType de marché : travaux",
		    "Réfection de la toiture du gymnase" },
		{ "Objet : Exploitation du marché couvert\nLa présente procédure est soumise au code.",
		    "Exploitation du marché couvert" },
		{ "Article 2. Objet du marché\nMission d'assistance pour la refonte du portail.",
		    "Mission d'assistance pour la refonte du portail" },
		/* refused */
		{ "Les prestations concernées constituent une famille homogène.", "-" },
		{ "ACCORD-CADRE N° D27-OA-112", "-" },
	};
	EXPECT("object", objects);
	static const char *const buyers[][2] = {
		{ "VILLE DE MONTAUBAC\nDirection de la commande publique\n1 place du Port\n91390 MONTAUBAC",
		    "VILLE DE MONTAUBAC" },
		{ "ARTICLE 1 – IDENTIFICATION DE L'ACHETEUR\nVille de Montaubac\n1 place du Port",
		    "Ville de Montaubac" },
		/* refused */
		{ "Référence acheteur : HIX/27/TS/01", "-" },
	};
	EXPECT("buyer", buyers);
	static const char *const procedures[][2] = {
		{ "Objet : véhicules d'assistance\nProcédure : Appel d'offres ouvert\nassistance aux victimes",
		    "appel_offres_ouvert" },
		{ "2. Procédure : adaptée, art. R2123-1 3° du CCP", "mapa" },
		/* refused */
		{ "L'article R. 2123-1 du code est cité pour mémoire.", "-" },
	};
	EXPECT("procedure", procedures);
}

Test(facts, kinds)
{
	static const char *const cases[][2] = {
		{ "REGLEMENT DE LA CONSULTATION\n\nLes candidats devront remettre leur offre.", "rc" },
		{ "ACTE D'ENGAGEMENT\n\nLe titulaire du compte, IBAN.", "ae" },
		{ "C A H I E R  D E S  C L A U S E S  A D M I N I S T R A T I V E S  P A R T I C U L I E R E S",
		    "ccap" },
		{ "Cahier des clauses techniques particulières (CCTP)\n\nExigences techniques", "cctp" },
		{ "Avis de marché\n\nAutres informations complémentaires", "aapc" },
		/* refused: pieces named in a list say nothing about the document that lists them */
		{ "- L'acte d'engagement\n- Le cahier des clauses techniques particulières", "-" },
		{ "Une page quelconque.", "-" },
	};
	EXPECT("document_type", cases);
}

Test(facts, empty_and_unreadable_documents_say_nothing)
{
	struct document none = { 0 };
	struct tender_input in[] = { { .file = "a.pdf", .document = &none },
		{ .file = "b.docx", .error = "unread_format" } };
	struct analysis a;
	tender_analyze(mem, in, 2, &a);
	cr_expect_eq(a.n_facts, 0);
	cr_expect_eq(a.n_documents, 2);
	cr_expect_str_eq(a.documents[1].error, "unread_format");
	tender_analyze(mem, NULL, 0, &a);
	cr_expect_eq(a.n_documents, 0);
}

/* Of this process alone, however busy the machine is; what the system does for it is mostly memory, which sanitizers
 * copy whole each time that it grows. */
static int64_t user_us(void)
{
	struct rusage used;
	getrusage(RUSAGE_SELF, &used);
	return used.ru_utime.tv_sec * 1000000LL + used.ru_utime.tv_usec;
}

static int64_t time_of_lines(int n)
{
	struct buf text;
	struct analysis a;
	buf_init(&text, mem, 4 << 20);
	for (int i = 0; i < n; i++)
		buf_printf(&text, "Visite obligatoire sur site, groupement solidaire exigé, lot %d.\n", i);
	struct tender_input in = {
		.file = "long.docx", .mime_type = "text/plain", .document = test_model(mem, text.data, text.len)
	};
	int64_t begun = user_us();
	tender_analyze(mem, &in, 1, &a);
	cr_expect_eq(a.refused, 0);
	cr_expect_gt(a.n_facts, 0);
	return user_us() - begun;
}

/* A DOCX is one page, and each of its many statements is looked for in it: time grows with its length, not with the
 * square of that. */
Test(facts, many_in_a_long_page)
{
	int64_t some = time_of_lines(2000), many = time_of_lines(8000);
	cr_assert(many < 9 * some + 500000, "%lld and %lld us", (long long)some, (long long)many);
}
