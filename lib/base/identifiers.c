#include "identifiers.h"

#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* Drops the separators, raises ASCII letters; false when more than `max` characters are left. */
static bool compact(const char *s, const char *separators, char *out, size_t max)
{
	size_t n = 0;
	for (; *s; s++) {
		if (strchr(separators, *s))
			continue;
		if (n == max)
			return false;
		out[n++] = *s >= 'a' && *s <= 'z' ? (char)(*s - 'a' + 'A') : *s;
	}
	out[n] = '\0';
	return true;
}

static bool luhn_holds(const char *digits)
{
	size_t n = strlen(digits);
	unsigned sum = 0;
	for (size_t i = 0; i < n; i++) {
		unsigned d = (unsigned)(digits[n - 1 - i] - '0') * (i % 2 ? 2 : 1);
		sum += d > 9 ? d - 9 : d;
	}
	return sum % 10 == 0;
}

static bool digits_add_to_fives(const char *digits)
{
	unsigned sum = 0;
	for (; *digits; digits++)
		sum += (unsigned)(*digits - '0');
	return sum % 5 == 0;
}

bool siret_normalise(const char *s, char out[15], const char **reason)
{
	static const char head_office_of_la_poste[] = "35600000000048";
	*reason = "it has fourteen digits";
	if (!compact(s, " ", out, 14) || strlen(out) != 14 || strspn(out, "0123456789") != 14)
		return false;
	*reason = "its check digit is wrong";
	if (strncmp(out, "000000000", 9) == 0)
		return false;
	bool of_la_poste = strncmp(out, head_office_of_la_poste, 9) == 0;
	return of_la_poste && strcmp(out, head_office_of_la_poste) != 0 ? digits_add_to_fives(out) : luhn_holds(out);
}

/* What stands behind the country: 9 a digit, A a letter, X either, all else itself. */
static const struct {
	const char *country, *shapes[4];
} vat_shapes[] = {
	{ "AT", { "U99999999" } }, { "BE", { "0999999999", "1999999999" } }, { "BG", { "999999999", "9999999999" } },
	{ "CY", { "99999999A" } }, { "CZ", { "99999999", "999999999", "9999999999" } }, { "DE", { "999999999" } },
	{ "DK", { "99999999" } }, { "EE", { "999999999" } }, { "EL", { "999999999" } }, { "ES", { "X9999999X" } },
	{ "FI", { "99999999" } }, { "FR", { "XX999999999" } }, { "HR", { "99999999999" } }, { "HU", { "99999999" } },
	{ "IE", { "9999999A", "9999999AA", "9X99999A" } }, { "IT", { "99999999999" } },
	{ "LT", { "999999999", "999999999999" } }, { "LU", { "99999999" } }, { "LV", { "99999999999" } },
	{ "MT", { "99999999" } }, { "NL", { "XXXXXXXXXX99" } }, { "PL", { "9999999999" } }, { "PT", { "999999999" } },
	{ "RO", { "9999999", "99999999", "999999999", "9999999999" } }, { "SE", { "999999999999" } },
	{ "SI", { "99999999" } }, { "SK", { "9999999999" } },
	{ "XI", { "999999999", "999999999999" } }, /* Northern Ireland, goods */
};

static bool has_shape(const char *s, const char *shape)
{
	for (; *s && *shape; s++, shape++) {
		bool fits = *shape == '9'   ? is_digit(*s)
			    : *shape == 'A' ? is_letter(*s)
			    : *shape == 'X' ? is_digit(*s) || is_letter(*s)
					    : *s == *shape;
		if (!fits)
			return false;
	}
	return !*s && !*shape;
}

static unsigned long number_of(const char *s, size_t n)
{
	unsigned long v = 0;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (unsigned long)(s[i] - '0');
	return v;
}

static bool french_vat_holds(const char *s)
{
	const char *key = s + 2, *siren = s + 4;
	if (!is_digit(key[0]) || !is_digit(key[1])) /* letters, but none that looks like a digit */
		return !strpbrk((char[]){ key[0], key[1], '\0' }, "IO");
	return number_of(key, 2) == (12 + 3 * (number_of(siren, 9) % 97)) % 97;
}

bool vat_number_normalise(const char *s, char out[16], const char **reason)
{
	*reason = "its form is that of no member state";
	if (!compact(s, " .-", out, 15) || strlen(out) < 4)
		return false;
	bool shaped = false;
	for (size_t i = 0; i < ARRAY_LEN(vat_shapes); i++)
		for (size_t k = 0; strncmp(out, vat_shapes[i].country, 2) == 0 && k < 4 && vat_shapes[i].shapes[k]; k++)
			shaped |= has_shape(out + 2, vat_shapes[i].shapes[k]);
	if (!shaped || strncmp(out, "FR", 2) != 0)
		return shaped;
	*reason = "its key is wrong";
	return french_vat_holds(out);
}

bool naf_code_normalise(const char *s, char out[7])
{
	char code[6];
	if (!compact(s, " .", code, 5) || strlen(code) != 5 || strspn(code, "0123456789") != 4 || !is_letter(code[4]))
		return false;
	memcpy(out, code, 2);
	out[2] = '.';
	memcpy(out + 3, code + 2, 4);
	return true;
}

bool phone_is_plausible(const char *s)
{
	bool international = *s == '+';
	char digits[18];
	if (!compact(s + international, " .-()", digits, 17))
		return false;
	size_t n = strlen(digits);
	if (n == 0 || strspn(digits, "0123456789") != n)
		return false;
	if (!international && strncmp(digits, "00", 2) == 0) {
		international = true;
		n -= 2;
	}
	return international ? n >= 8 && n <= 15 : n == 10 && digits[0] == '0';
}
