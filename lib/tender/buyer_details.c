/* The buyer's number, address and contact. What a form leaves for the candidate to fill, and what belongs to a court, a
 * platform or an accountant, is not the buyer's. */
#include <string.h>
#include "sayings.h"
#include "identifiers.h"

/* Others whose number, address or telephone a dossier gives. */
static const char others_rx[] =
    "titulaire|candidat|soumissionnaire|sous-?\\s?trait|mandataire|co-?\\s?traitant|(?<!publique )(?<!autorite "
    ")(?<!collectivite )contractant|groupement|entreprise|"
    "societe|prestataire|fournisseur|tribunal|greffe|mediat|recours|comite\\s+consultatif|tresor|comptable|payeur|"
    "maitre\\s+d'oeuvre|plate-?\\s?forme|assistance\\s+technique|hot-?\\s?line|support\\s+technique|urssaf|prefecture|"
    "inspection|caisse|observatoire|certificat|facturation\\s+electronique";
static const char buyer_rx[] =
    "acheteu[rs]|pouvoir\\s+adjudicateur|entite\\s+adjudicatrice|collectivite|personne\\s+publique|"
    "maitre\\s+d'ouvrage|maitrise\\s+d'ouvrage|autorite\\s+concedante|coordonnateur";

static bool buyer_document(const struct reading *r)
{
	return r->kind == KIND_RC || r->kind == KIND_AAPC || r->kind == KIND_CCAP || r->kind == KIND_AE ||
	       r->kind == KIND_OTHER;
}

/* Of the buyer and the others, whom the words before `at` spoke of last: 1 the buyer, -1 another, 0 nobody. */
static int whose(const struct reading *r, size_t low, size_t at)
{
	struct match a, b;
	bool ours = pattern_last(r->rx, buyer_rx, r->body.s, low, at, &a);
	bool other = pattern_last(r->rx, others_rx, r->body.s, low, at, &b);
	if (ours && (!other || a.from > b.from))
		return 1;
	return other ? -1 : 0;
}

static void siret(struct reading *r)
{
	static const char rx[] = "(?:\\bsiret\\b[^\\n\\d]{0,40}(?:\\n[^\\n\\d]{0,20})?|\\bidentifiant\\s+(?:de\\s+l'|"
				 "du\\s+)(?:acheteur|pouvoir|"
				 "service|client|destinataire)[^\\d]{0,140}|\\bnumero\\s+(?:d'enregistrement|"
				 "national\\s+d'identification)[^\\n\\d]{"
				 "0,40})(?<!\\d)((?:\\d[ .]?){13}\\d)(?![ .]?\\d)";
	struct match m, best = { 0 };
	char found[15] = "";
	size_t at = 0;
	while (body_find(r, rx, at, &m)) {
		char digits[16], right[15];
		const char *reason;
		size_t n = 0;
		at = m.to;
		for (size_t i = m.g[1].from; i < m.g[1].to && n < 15; i++)
			if (r->body.s[i] >= '0' && r->body.s[i] <= '9')
				digits[n++] = r->body.s[i];
		digits[n < 15 ? n : 15] = '\0';
		if (n != 14 || !siret_normalise(digits, right, &reason))
			continue;
		int of = whose(r, body_back(m.from, 400), m.g[1].from);
		/* an engagement is the candidate's own form: only what stands under the buyer */
		if (of < 0 || (of == 0 && r->kind == KIND_AE))
			continue;
		if (found[0] != '\0' && strcmp(found, digits) != 0)
			return; /* several bodies: not ours to choose */
		if (found[0] == '\0')
			best = m;
		memcpy(found, digits, sizeof(found));
	}
	if (found[0] != '\0')
		reading_add(r, "buyer_siret", value_text(mem_strdup(r->mem, found)), 0.93, &r->body,
		    best.to - best.from < 200 ? best.from : best.g[1].from, best.g[1].to);
}

#define STREET \
	"(?:\\d{1,4}\\s*(?:bis|ter|quater)?\\s*,?\\s*(?:rue|avenue|av\\.|boulevard|bd|place|pl\\.|quai|chemin|allees?" \
	"|route|" \
	"impasse|cours|square|esplanade|parvis|promenade|passage|faubourg|voie|mail|rond-?\\s?point)\\b|(?:rue|" \
	"avenue|" \
	"boulevard|place|quai|chemin|allees?|route|cours|square|esplanade|parvis|hotel\\s+d(?:e\\s+ville|u\\s+" \
	"departement|" \
	"e\\s+region)|c\\.?s\\.?\\s?(?:n\\s?o\\s?)?\\d{3}|b\\.?p\\.?\\s?(?:n\\s?o\\s?)?\\d|z\\.?[ai]\\.?c?\\.?\\s)" \
	"\\b)"
#define TOWN \
	"(?<!\\d)(?:f-)?\\d{2}\\s?\\d{3}(?!\\d)[\\s,-]+[a-z][a-z'-]*(?:[ " \
	"-][a-z'(][a-z')-]*){0,6}(?:(?<=cedex)\\s+\\d{1,2}\\b)?"

/* Where a town's name ends though its line goes on. */
static size_t town_end(const struct reading *r, size_t from, size_t to)
{
	static const char stop_rx[] = "\\s+(?:a|tel|telephone|t\\s|fax|mail|courriel|represente|siret|site|ci-apres|"
				      "et\\s+(?:dont|represent)|dont|qui|"
				      "est|pour|par|ou|france|sis|reference|horaires|contact|designe|code|pays|nuts|"
				      "cpv)(?:\\b.*)?\\z|\\s*\\(.*\\z";
	struct match m;
	if (pattern_find(r->rx, stop_rx, r->body.s, to, from, &m) && m.from > from + 5)
		to = m.from;
	while (to > from && strchr(" ,.;:-", r->body.s[to - 1]))
		to--;
	return to;
}

/* The street and town that stand in [from, high), nothing but their label or a line of the name before them. */
static bool address_at(struct reading *r, size_t from, size_t high)
{
	static const char rx[] = "\\b" STREET "[^\\n\\t:;@]{0,70}(?:[\\n\\t][^\\n\\t:;@]{0,60}){0,3}?" TOWN;
	struct match m, town;
	if (!pattern_find(r->rx, rx, r->body.s, high, from, &m) ||
	    body_has(r, "[.;]\\s+[a-z]{2,}\\s+[a-z]|_|@|\\n\\n[^\\n]*\\n\\n", from, m.from) ||
	    whose(r, from, m.from) < 0 || body_has(r, others_rx, m.from, m.to) ||
	    !pattern_last(r->rx, TOWN, r->body.s, m.from, body_ahead(r, m.to, 0), &town))
		return false;
	size_t end = town_end(r, town.from, m.to);
	return reading_add(r, "buyer_address", value_text(view_text(r->mem, &r->body, m.from, end)), 0.9, &r->body,
		   m.from, end) != NULL;
}

/* The address under the buyer's name, or behind a label that says whose it is. */
static void address(struct reading *r, const char *name)
{
	static const char label_rx[] =
	    "\\badresse\\s+(?:postale\\s+|complete\\s+)?(?:du\\s+pouvoir\\s+adjudicateur|de\\s+l'acheteur|de\\s+la\\s+"
	    "collectivite|du\\s+maitre\\s+d'ouvrage|de\\s+l'(?:organisme|etablissement)\\s+acheteur)\\b";
	struct match m;
	size_t at = 0;
	while (body_find(r, label_rx, at, &m)) {
		at = m.to;
		if (address_at(r, m.to, body_ahead(r, m.to, 260)))
			return;
	}
	size_t n = name ? strlen(name) : 0;
	for (at = 0; n >= 4 && at < r->body.n; at++) {
		const char *p = memmem(r->body.s + at, r->body.n - at, name, n);
		if (!p)
			return;
		at = (size_t)(p - r->body.s) + n;
		if (address_at(r, at, body_ahead(r, at, 230)))
			return;
	}
}

#define PHONE "(?<!\\d)(?:\\+33|0033|0)\\s?(?:\\(0\\)\\s?)?[1-9](?:[ ./-]?\\d{2}){4}(?!\\d)"
#define MAIL "(?<![a-z0-9._-])[a-z0-9][a-z0-9._+-]*\\s?@\\s?[a-z0-9-]+(?:\\.[a-z0-9-]+)*\\.[a-z]{2,10}\\b"

/* Whether the line at [from, to) belongs to a block that tells whom to turn to. */
static bool contact_line(const struct reading *r, size_t from, size_t to)
{
	return to > from + 2 && to - from < 110 &&
	       body_has(r,
		   PHONE "|" MAIL "|\\A\\s*(?:m\\.|mr\\b|mme\\b|mlle\\b|monsieur|madame|service|direction|pole|bureau|"
			 "departement|cellule|a\\s+"
			 "l'attention|contact|correspondant|interlocut|personne\\s+a\\s+contacter|tel|mail|e-?mail|"
			 "courriel|fax|"
			 "telecopie|adresse\\s+(?:mail|electronique))",
		   from, to) &&
	       !body_has(r, others_rx, from, to) && !body_has(r, "_|\\.\\s+[a-z]{2,}\\s+[a-z]{2,}", from, to);
}

/* The lines about a telephone or an address of mail: the name or service before, what else follows. */
static void contact_block(const struct reading *r, size_t at, size_t *from, size_t *to)
{
	*from = view_line_start(&r->body, at);
	*to = view_line_end(&r->body, at);
	for (int i = 0; i < 2 && *from > 1; i++) {
		size_t start = view_line_start(&r->body, *from - 1);
		if (!contact_line(r, start, *from - 1))
			break;
		*from = start;
	}
	/* "Téléphone" and its number may stand in two cells, the next label in the next row */
	size_t at_end = *to;
	for (int i = 0; i < 5 && at_end + 1 < r->body.n; i++) {
		size_t next = at_end + 1 + (r->body.s[at_end] == '\n' && r->body.s[at_end + 1] == '\n');
		size_t end = view_line_end(&r->body, next);
		if (!contact_line(r, next, end))
			break;
		at_end = end;
		if (body_has(r, PHONE "|" MAIL, next, end))
			*to = end;
		else if (!body_has(
			     r, "\\A\\s*(?:tel|mail|e-?mail|courriel|fax|telecopie)[a-z]*\\s*:?\\s*\\z", next, end))
			break;
	}
}

static void contact(struct reading *r, const char *name)
{
	static const char rx[] = PHONE "|" MAIL;
	static const char asked_rx[] =
	    "\\bcontact|renseignements?\\b|correspondant|interlocut|questions?\\b|s'adresser|aupres\\s+d";
	struct match m;
	size_t at = 0;
	while (body_find(r, rx, at, &m)) {
		size_t from, to, low = body_back(m.from, 320);
		at = m.to;
		const char *named = name ? memmem(r->body.s + low, m.from - low, name, strlen(name)) : NULL;
		bool ours = named && !body_has(r, others_rx, (size_t)(named - r->body.s) + strlen(name), m.from);
		int of = whose(r, low, m.from);
		/* "les candidats s'adressent à": whom they turn to */
		if (of < 0 &&
		    body_has(r,
			"\\b(?:candidat|soumissionnaire|entreprise)s?\\b[^.;\\n]{0,50}\\b(?:s'adress|contact|prend|"
			"joindre)[^@]*\\z",
			low, m.from))
			of = body_has(r, "tribunal|greffe|recours|plate-?\\s?forme|assistance|mediat", low, m.from) ? -1
														    : 1;
		if (!ours && (of < 0 || (of == 0 && !body_has(r, asked_rx, body_back(m.from, 200), m.from))))
			continue;
		contact_block(r, m.from, &from, &to);
		if (to - from > 320 || body_has(r, others_rx, from, to)) {
			from = m.from;
			to = m.to;
		}
		char *text = view_text(r->mem, &r->body, from, to);
		if (reading_add(r, "buyer_contact", value_text(text), 0.85, &r->body, from, to))
			return;
	}
}

void buyer_details_find(struct reading *r)
{
	if (!buyer_document(r))
		return;
	const char *name = NULL;
	for (size_t i = 0; i < r->n_found && !name; i++)
		if (strcmp(r->found[i].key, "buyer") == 0)
			name = view_fold(r->tmp, r->found[i].value.text, strlen(r->found[i].value.text));
	siret(r);
	address(r, name);
	if (r->kind == KIND_RC || r->kind == KIND_AAPC)
		contact(r, name);
}
