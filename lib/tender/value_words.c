/* Values in French words, as people read them in messages. */
#include <string.h>
#include "clock.h"
#include "decision.h"
#include "tender_rules.h"

#define NBSP "\u00a0"

static const struct {
	const char *key, *id, *french;
} words[] = {
	{ "procedure", "appel_offres_ouvert", "appel d'offres ouvert" },
	{ "procedure", "appel_offres_restreint", "appel d'offres restreint" },
	{ "procedure", "mapa", "procédure adaptée" },
	{ "procedure", "procedure_negociee", "procédure avec négociation" },
	{ "procedure", "dialogue_competitif", "dialogue compétitif" },
	{ "procedure", "concours", "concours" },
	{ "procedure", "concession", "concession" },
	{ "procedure", "marche_sans_publicite", "marché sans publicité ni mise en concurrence" },
	{ "contract_form", "accord_cadre", "accord-cadre" },
	{ "contract_form", "marche", "marché" },
	{ "contract_nature", "travaux", "travaux" },
	{ "contract_nature", "fournitures", "fournitures" },
	{ "contract_nature", "services", "services" },
	{ "ccag", "tic", "CCAG-TIC (techniques de l'information et de la communication)" },
	{ "ccag", "fcs", "CCAG-FCS (fournitures courantes et services)" },
	{ "ccag", "pi", "CCAG-PI (prestations intellectuelles)" },
	{ "ccag", "travaux", "CCAG-Travaux" },
	{ "ccag", "moe", "CCAG-MOE (maîtrise d'œuvre)" },
	{ "ccag", "mi", "CCAG-MI (marchés industriels)" },
};

const char *tender_value_word(const char *key, const char *id)
{
	for (size_t i = 0; id && i < ARRAY_LEN(words); i++)
		if (strcmp(words[i].key, key) == 0 && strcmp(words[i].id, id) == 0)
			return words[i].french;
	return NULL;
}

char *tender_euros(TALLOC_CTX *mem, double v)
{
	int64_t cents = (int64_t)(v * 100 + 0.5);
	char *digits = mem_printf(mem, "%lld", (long long)(cents / 100)), *out = mem_strdup(mem, "");
	size_t n = strlen(digits);
	for (size_t i = 0; i < n; i++)
		out = mem_printf(mem, "%s%s%c", out, i > 0 && (n - i) % 3 == 0 ? NBSP : "", digits[i]);
	if (cents % 100 != 0)
		out = mem_printf(mem, "%s,%02d", out, (int)(cents % 100));
	return mem_printf(mem, "%s" NBSP "€", out);
}

char *tender_decimal(TALLOC_CTX *mem, double v)
{
	char *s = mem_printf(mem, "%.2f", v);
	size_t n = strlen(s);
	while (n > 0 && s[n - 1] == '0')
		s[--n] = '\0';
	if (n > 0 && s[n - 1] == '.')
		s[--n] = '\0';
	for (size_t i = 0; i < n; i++)
		s[i] = s[i] == '.' ? ',' : s[i];
	return s;
}

char *tender_day_words(TALLOC_CTX *mem, int64_t days)
{
	static const char *const months[] = { "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août",
		"septembre", "octobre", "novembre", "décembre" };
	int year, month, day;
	clock_date(days, &year, &month, &day);
	return mem_printf(mem, "%d%s" NBSP "%s %d", day, day == 1 ? "er" : "", months[month - 1], year);
}

bool tender_day(const char *moment, int64_t *days)
{
	if (!decision_is_moment(moment))
		return false;
#define TWO(i) ((moment[i] - '0') * 10 + moment[(i) + 1] - '0')
	return clock_days(TWO(0) * 100 + TWO(2), TWO(5), TWO(8), days);
#undef TWO
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);
	return n >= k && strcmp(s + n - k, end) == 0;
}

static char *text_words(TALLOC_CTX *mem, const char *key, const char *s)
{
	const char *word = tender_value_word(key, s);
	int64_t days;
	if (word) /* the short name, without what it stands for */
		return mem_strndup(mem, word, strcmp(key, "ccag") == 0 ? strcspn(word, " ") : strlen(word));
	if (!strstr(key, "deadline") || !tender_day(s, &days))
		return mem_strdup(mem, s);
	char *day = tender_day_words(mem, days);
	return strlen(s) == 16
		   ? mem_printf(mem, "%s à %d" NBSP "h" NBSP "%.2s", day, (s[11] - '0') * 10 + s[12] - '0', s + 14)
		   : day;
}

static char *number_words(TALLOC_CTX *mem, const char *key, double v)
{
	if (strstr(key, "_eur_ht"))
		return mem_printf(mem, "%s HT", tender_euros(mem, v));
	if (strcmp(key, "budget") == 0 || strcmp(key, "minimum_turnover") == 0)
		return tender_euros(mem, v);
	char *s = tender_decimal(mem, v);
	if (ends_with(key, "_days"))
		return mem_printf(mem, "%s" NBSP "jours", s);
	return ends_with(key, "_months") ? mem_printf(mem, "%s" NBSP "mois", s) : s;
}

char *value_words(TALLOC_CTX *mem, const char *key, const struct value *v)
{
	char *s = mem_strdup(mem, "");
	switch (v->kind) {
	case VALUE_TEXT:
		return text_words(mem, key, v->text);
	case VALUE_NUMBER:
		return number_words(mem, key, v->number);
	case VALUE_BOOL:
		return mem_strdup(mem, v->truth ? "oui" : "non");
	case VALUE_LOTS:
	case VALUE_PIECES:
		return mem_printf(mem, "%zu", v->n);
	case VALUE_TEXTS:
		for (size_t i = 0; i < v->n; i++)
			s = mem_printf(mem, "%s%s%s", s, i ? ", " : "", v->texts[i]);
		return s;
	case VALUE_CRITERIA:
		for (size_t i = 0; i < v->n; i++)
			s = v->criteria[i].weight.set
				? mem_printf(mem, "%s%s%s %s" NBSP "%%", s, i ? ", " : "", v->criteria[i].name,
				      tender_decimal(mem, v->criteria[i].weight.value))
				: mem_printf(mem, "%s%s%s", s, i ? ", " : "", v->criteria[i].name);
		return s;
	}
	return s;
}
