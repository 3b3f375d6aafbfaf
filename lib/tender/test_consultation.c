/* Conditions of the consultation, its dates, its pieces; requirements. Each rule has a refused twin. */
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
TestSuite(consultation, .init = setup, .fini = teardown);

#define RC "REGLEMENT DE LA CONSULTATION\n\n"
#define CCTP "CAHIER DES CLAUSES TECHNIQUES PARTICULIERES\n\n"

Test(consultation, visit)
{
	static const char *const cases[][2] = {
		{ RC "La visite du site est obligatoire.", "true" },
		{ RC "Une visite des lieux est vivement recommandée.", "false" },
		{ RC "Il n'est pas prévu de visite.", "false" },
		{ RC "Visite du site : obligatoire", "true" },
		{ RC "Les candidats doivent obligatoirement visiter les lieux.", "true" },
		{ RC "Une visite des locaux n'est pas nécessaire.", "false" },
		/* refused */
		{ RC "L'attestation de visite   Non", "-" },
		{ RC "La visite de contrôle annuelle est obligatoire.", "-" },
		{ RC "Visite obligatoire : ☐ oui ☐ non", "-" },
	};
	TEST_VALUES(mem, "site_visit_mandatory", cases);
	cr_expect_str_eq(
	    test_value(mem, "visit_dates", RC "Les visites sont organisées :\n- le jeudi 11 mars 2027 à 10h00"),
	    "2027-03-11T10:00");
	cr_expect_str_eq(test_value(mem, "visit_dates", RC "Une visite est organisée le jeudi 11 mars 2027 à 10 h 00."),
	    "2027-03-11T10:00");
	cr_expect_str_eq(
	    test_value(mem, "visit_dates", RC "La visite a lieu avant la date de remise, le 11 mars 2027"), "-");
}

Test(consultation, yes_or_no)
{
	static const char *const negotiation[][2] = {
		{ RC "L'acheteur se réserve la possibilité de négocier avec les trois premiers.", "true" },
		{ RC "Il ne sera pas procédé à une négociation.", "false" },
		{ RC "Les offres ne peuvent pas être négociées.", "false" },
		{ RC "Une offre peut être régularisée pendant la négociation.", "-" },
		{ RC "L'acheteur se réserve le droit d'attribuer le marché sans négociation.", "-" },
	};
	TEST_VALUES(mem, "negotiation", negotiation);
	static const char *const pse[][2] = {
		{ RC "Il n'est pas prévu de PSE.", "false" },
		{ RC "Prestations supplémentaires éventuelles : sans objet", "false" },
		{ RC "Il est prévu une prestation supplémentaire éventuelle (PSE).", "true" },
		{ RC "Montant de la PSE 1 : ........", "-" },
	};
	TEST_VALUES(mem, "pse", pse);
	static const char *const electronic[][2] = {
		{ RC "Les plis sont transmis uniquement par voie électronique.", "true" },
		{ RC "Les plis sont déposés par voie électronique, à l'exclusion de tout autre mode.", "true" },
		{ RC "La transmission des documents par voie électronique est possible.", "-" },
	};
	TEST_VALUES(mem, "electronic_only", electronic);
	static const char *const signature[][2] = {
		{ RC "La signature électronique des documents n'est pas exigée au dépôt.", "false" },
		{ RC "L'acte d'engagement devra être signé électroniquement.", "true" },
		{ RC "La copie de sauvegarde devra être signée électroniquement.", "-" },
	};
	TEST_VALUES(mem, "signature_required", signature);
	static const char *const dume[][2] = {
		{ RC "L'acheteur accepte les candidatures sous la forme d'un DUME.", "true" },
		{ RC "Le service DUME est en maintenance.", "-" },
	};
	TEST_VALUES(mem, "dume_accepted", dume);
	static const char *const groups[][2] = {
		{ RC "Aucune forme de groupement n'est imposée.", "true (forme libre)" },
		{ RC "Le groupement de prestataires n'est pas autorisé.", "false" },
		{ RC "Les candidats peuvent se présenter seuls ou en groupement.", "true" },
		{ RC "Signature des membres du groupement", "-" },
	};
	TEST_VALUES(mem, "groupement", groups);
}

Test(consultation, conditions_in_other_words)
{
	static const char *const dume[][2] = {
		{ RC "Les candidatures sous forme de DUME ne sont pas acceptées.", "false" },
		{ RC "Les candidatures sous forme de DUME sont acceptées.", "true" },
	};
	TEST_VALUES(mem, "dume_accepted", dume);
	static const char *const electronic[][2] = {
		{ RC "La transmission des offres par voie postale n'est pas admise.", "true" },
		{ RC "L'envoi de la copie de sauvegarde par voie postale n'est pas admis.", "-" },
	};
	TEST_VALUES(mem, "electronic_only", electronic);
	static const char *const negotiation[][2] = {
		{ RC "Procédure adaptée, avec possibilité de négociation.", "true" },
		{ RC "Procédure adaptée, sans possibilité de négociation.", "false" },
		{ RC "Une négociation n'est pas envisagée.", "false" },
	};
	TEST_VALUES(mem, "negotiation", negotiation);
	static const char *const visits[][2] = {
		{ RC "Une visite est obligatoire. Elle a lieu le mardi 20 octobre 2026 à 9 h 30 ou le jeudi 22 octobre "
		     "2026 à 14 h.",
		    "2026-10-20T09:30 ; 2026-10-22T14:00" },
		{ RC "Une visite est obligatoire. La réunion a lieu le mardi 20 octobre 2026 à 9 h 30.", "-" },
	};
	TEST_VALUES(mem, "visit_dates", visits);
}

#define LOTS "Les prestations sont réparties en 4 lots.\n\n"

Test(consultation, what_is_asked_or_limited_beside)
{
	static const char *const variants[][2] = {
		{ RC "L'acheteur exige la présentation d'une variante portant sur la durée.",
		    "true (variantes exigées)" },
		{ RC "Les candidats devront obligatoirement chiffrer la variante décrite au CCTP.",
		    "true (variantes exigées)" },
		{ RC "Les variantes libres sont interdites. Le pouvoir adjudicateur impose une variante sur le béton.",
		    "false (variantes exigées)" },
		{ RC "L'acheteur n'exige la présentation d'aucune variante.", "-" },
		{ RC "S'ils le souhaitent et si l'acheteur exige une variante, les candidats la chiffrent.", "-" },
	};
	TEST_VALUES(mem, "variants_allowed", variants);
	static const char *const lots[][2] = {
		{ RC LOTS "Un même candidat ne peut être attributaire que d'un seul lot.",
		    "4 (un seul lot par candidat)" },
		{ RC LOTS "Les soumissionnaires ne pourront présenter une offre pour plus de deux lots.",
		    "4 (2 lots au plus par candidat)" },
		{ RC LOTS "Les candidats peuvent répondre à un ou plusieurs lots.", "4" },
		{ RC LOTS "Le bordereau ne peut contenir plus de deux lots de prix.", "4" },
	};
	TEST_VALUES(mem, "lots", lots);
}

#define UNTIL "Date limite de réception des offres : 21/04/2027 à 12h00\n\n"

Test(consultation, questions)
{
	static const char *const cases[][2] = {
		{ RC UNTIL
		    "Les demandes doivent parvenir au plus tard 10 jours avant la date limite de réception des offres.",
		    "2027-04-11 computed" },
		{ RC UNTIL "Les questions sont posées au plus tard vingt jours avant cette date.",
		    "2027-04-01 computed" },
		{ RC UNTIL "Les questions sont posées avant le lundi 5 avril 2027.", "2027-04-05" },
		/* refused: no deadline to reckon from; of the buyer's changes; working days; a weekday that is not that
		   day */
		{ RC "Les demandes parviennent au plus tard 10 jours avant la date limite de réception des offres.",
		    "-" },
		{ RC UNTIL
		    "L'acheteur peut apporter des modifications de détail au plus tard 6 jours avant la date limite de "
		    "réception des offres.",
		    "-" },
		{ RC UNTIL "Les demandes parviennent au plus tard 10 jours ouvrés avant la date limite de réception "
			   "des offres.",
		    "-" },
		{ RC UNTIL "Les questions sont posées avant le mardi 5 avril 2027.", "-" },
	};
	TEST_VALUES(mem, "question_deadline", cases);
	cr_expect_str_eq(
	    test_value(mem, "answers_deadline",
		RC UNTIL "Une réponse est envoyée 6 jours au plus tard avant la date limite de réception des offres."),
	    "2027-04-15 computed");
}

Test(consultation, pieces)
{
	static const char text[] =
	    RC "3. Contenu du dossier\nLe dossier de consultation comprend les pièces suivantes :\n- le présent "
	       "règlement de la consultation\n- l'acte d'engagement\n- le CCTP et ses annexes\n\n"
	       "5. Présentation\n\n5.1 Candidature\n\n- Formulaire DC1 ou équivalent : lettre de candidature\n"
	       "- chiffre d'affaires des trois derniers exercices\n- Envoyer le tout sur la plateforme\n\n"
	       "5.2 Offre\n\n- l'acte d'engagement complété\n- la DPGF, complétée en format Excel\n- un mémoire "
	       "technique de 30 pages au plus\n\n6. Jugement des offres\n\n- Prix : 60 %\n- Note technique : 40 %\n";
	cr_expect_str_eq(test_value(mem, "dce_documents", text), "rc ; ae ; cctp");
	cr_expect_str_eq(test_value(mem, "mandatory_candidature", text), "dc1 ; ca");
	cr_expect_str_eq(test_value(mem, "mandatory_offer", text), "ae ; dpgf Excel ; memoire 30 pages");
	cr_expect_str_eq(test_value(mem, "mandatory_documents", text), "dc1 ; ca ; ae ; dpgf Excel ; memoire 30 pages");
	/* a long name is cut between words */
	cr_expect_str_eq(
	    test_value(mem, "mandatory_offer",
		RC "5.2 Offre\n\n- l'acte d'engagement\n- une notice sur les moyens de la salle, de la cour, du "
		   "grenier, de la cave, du hangar, du verger, du potager, du lavoir, du moulin, de la grange, "
		   "du pressoir, du colombier, de l'orangerie et de la bergerie\n"),
	    "ae ; une notice sur les moyens de la salle, de la cour, du grenier, de la cave, du hangar, du verger, du "
	    "potager, du lavoir, du moulin, de la grange, du pressoir, du colombier, de l'orangerie et de la");
	/* bullets that no introduction announces are no pieces to give */
	cr_expect_str_eq(
	    test_value(mem, "mandatory_offer", RC "Pièces du contrat\n\n- l'acte d'engagement\n- le CCAP\n"), "-");
}

static struct analysis asked(const char *text)
{
	struct document *d = test_model(mem, text, strlen(text));
	struct tender_input in = { .file = "x.txt", .document = d };
	struct analysis a;
	tender_analyze(mem, &in, 1, &a);
	cr_expect_eq(a.refused, 0);
	for (size_t i = 0; i < a.n_requirements; i++)
		cr_expect(tender_quote_stands(
		    &d->pages[a.requirements[i].evidence.page - 1], a.requirements[i].evidence.quote));
	return a;
}

Test(consultation, requirements_are_whole_sentences_with_their_section)
{
	struct analysis a = asked(
	    CCTP "4.1 Supervision des serveurs\n\nLe titulaire devra surveiller les serveurs en continu. La "
		 "salle compte trois baies. Une alerte est envoyée au titulaire.\n\n"
		 "Le titulaire s'engage à :\n- Tenir à jour la liste des équipements\n- Remettre un rapport chaque "
		 "mois\n");
	cr_assert_eq(a.n_requirements, 3);
	cr_expect_str_eq(a.requirements[0].text, "Le titulaire devra surveiller les serveurs en continu.");
	cr_expect_str_eq(a.requirements[0].section, "4.1 Supervision des serveurs");
	cr_expect_str_eq(a.requirements[0].category, "technical");
	cr_expect_eq(a.requirements[0].priority, PRIORITY_MANDATORY);
	cr_expect_str_eq(a.requirements[1].text, "Tenir à jour la liste des équipements");
	cr_expect_str_eq(a.requirements[2].category, "administrative");
}

Test(consultation, items_that_are_no_sentences_stay_with_the_one_that_introduces_them)
{
	struct analysis a =
	    asked(CCTP "5.2 Interventions\n\nLe titulaire doit transmettre avant chaque intervention :\n- la date "
		       "prévue\n- les noms des personnes\n\nLa salle est fermée à clef.\n");
	cr_assert_eq(a.n_requirements, 1);
	cr_expect_str_eq(a.requirements[0].text,
	    "Le titulaire doit transmettre avant chaque intervention : la date prévue les noms des personnes");
	cr_expect_str_eq(a.requirements[0].section, "5.2 Interventions");
}

Test(consultation, requirements_have_a_priority)
{
	struct analysis a =
	    asked(CCTP "Les offres sont remises en français sous peine de rejet de l'offre.\n\nIl est souhaité que la "
		       "solution propose une interface en anglais.\n");
	cr_assert_eq(a.n_requirements, 2);
	cr_expect_eq(a.requirements[0].priority, PRIORITY_ELIMINATORY);
	cr_expect_eq(a.requirements[1].priority, PRIORITY_DESIRABLE);
	a = asked(CCTP "Il est souhaitable que les tableaux puissent être composés par les services.\n");
	cr_assert_eq(a.n_requirements, 1);
	cr_expect_eq(a.requirements[0].priority, PRIORITY_DESIRABLE);
}

Test(consultation, a_word_cut_at_its_hyphen_is_one_word)
{
	struct analysis a = asked(CCTP "Le titulaire doit prévenir la collectivité dans les vingt-\nquatre heures.\n");
	cr_assert_eq(a.n_requirements, 1);
	cr_expect_str_eq(
	    a.requirements[0].text, "Le titulaire doit prévenir la collectivité dans les vingt-quatre heures.");
}

Test(consultation, what_asks_nothing_of_the_bidder_is_no_requirement)
{
	static const char *const texts[] = {
		"Le pouvoir adjudicateur doit notifier sa décision au titulaire.",
		"4.2 Obligations que le titulaire doit respecter",
		"Le titulaire peut proposer une autre organisation des réunions.",
		"Manquement à l'obligation d'insertion de la part d'un membre.",
		"1. Glossaire et définitions\n\nUn incident doit être compris comme une interruption du service rendu.",
		"7. Définitions\n\nAstreinte : période pendant laquelle le titulaire doit répondre aux appels.",
		"2. Existant\n\n- Héberger les applications de la collectivité sur trois serveurs",
		"Le réseau compte douze commutateurs et deux routeurs de marque courante.",
		"Ce comité a pour mission de :\n- Faire le bilan du mois écoulé\n- Valider les plans d'action",
		"Chaque comité se doit de :\n- Confier les actions décidées à un responsable",
		"Quel niveau de service devra être proposé par le titulaire du contrat ?",
	};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		cr_expect_eq(asked(mem_printf(mem, CCTP "%s\n", texts[i])).n_requirements, 0, "%s", texts[i]);
	/* in a document that is not one of rules, an obligation is none of the contract's */
	cr_expect_eq(
	    asked("Bordereau des prix\n\nLe titulaire devra surveiller les serveurs en continu.\n").n_requirements, 0);
}

Test(consultation, the_identifier_of_a_requirement_is_stable)
{
#define ONE "4.1 Serveurs\n\nLe titulaire devra surveiller les serveurs en continu.\n\n"
	struct analysis a = asked(CCTP ONE),
			b = asked(CCTP "3.9 Réseau\n\nLe réseau doit rester ouvert jour et nuit.\n\n" ONE);
	struct analysis c = asked(CCTP "4.2 Autres\n\nLe titulaire devra surveiller les serveurs en continu.\n");
	cr_assert_eq(a.n_requirements, 1);
	cr_assert_eq(b.n_requirements, 2);
	cr_assert_eq(c.n_requirements, 1);
	cr_expect_str_eq(a.requirements[0].id, b.requirements[1].id);
	cr_expect_str_neq(a.requirements[0].id, c.requirements[0].id, "another section");
}
