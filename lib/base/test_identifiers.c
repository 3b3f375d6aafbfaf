#include "identifiers.h"

#include <criterion/criterion.h>
#include <string.h>

Test(identifiers, a_siret_has_its_check_digit)
{
	char out[15];
	const char *reason;
	const char *good[] = { "73282932000074", "732 829 320 00074", "20005796600018", "35600000000048",
		"35600000049837", "35600000009075" };
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		cr_assert(siret_normalise(good[i], out, &reason), "%s", good[i]);
	cr_assert(siret_normalise("732 829 320 00074", out, &reason));
	cr_assert_str_eq(out, "73282932000074");
	const char *bad[] = { "73282932000075", "12345678901234", "00000000000000", "35600000049838" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		cr_assert_not(siret_normalise(bad[i], out, &reason), "%s", bad[i]);
		cr_assert_str_eq(reason, "its check digit is wrong");
	}
	const char *shapeless[] = { "", "732829320", "7328293200007", "732829320000744", "7328293200007O",
		"73282932-00074", "\xd9\xa1\xd9\xa2\xd9\xa3\xd9\xa4\xd9\xa5\xd9\xa6\xd9\xa7" };
	for (size_t i = 0; i < ARRAY_LEN(shapeless); i++) {
		cr_assert_not(siret_normalise(shapeless[i], out, &reason), "%s", shapeless[i]);
		cr_assert_str_eq(reason, "it has fourteen digits");
	}
}

/* Only at the post the sum of the digits decides: a sum of fives elsewhere is no check digit. */
Test(identifiers, the_exception_is_for_the_post_alone)
{
	char out[15];
	const char *reason;
	cr_assert_not(siret_normalise("73282932000031", out, &reason)); /* a sum of 40 */
	cr_assert_not(siret_normalise("35600000000030", out, &reason)); /* Luhn's, of a post office */
}

Test(identifiers, a_french_vat_number_has_its_key)
{
	char out[16];
	const char *reason;
	cr_assert(vat_number_normalise("fr 44 732 829 320", out, &reason));
	cr_assert_str_eq(out, "FR44732829320");
	cr_assert(vat_number_normalise("FRK7399859412", out, &reason));
	cr_assert_not(vat_number_normalise("FR45732829320", out, &reason));
	cr_assert_str_eq(reason, "its key is wrong");
	cr_assert_not(vat_number_normalise("FRI7399859412", out, &reason));
	cr_assert_not(vat_number_normalise("FR4473282932", out, &reason));
	cr_assert_not(vat_number_normalise("FR447328293200", out, &reason));
}

Test(identifiers, other_states_have_their_shapes)
{
	char out[16];
	const char *reason;
	const char *good[] = { "DE123456789", "ATU12345678", "BE0123456789", "NL123456789B01", "IE1234567WA",
		"ESX1234567X", "EL123456789", "RO1234567", "LT123456789012", "CY12345678X" };
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		cr_assert(vat_number_normalise(good[i], out, &reason), "%s", good[i]);
	const char *bad[] = { "", "D", "DE", "DE12345678", "DE1234567890", "AT12345678", "BE2123456789", "US123456789",
		"GB123456789", "CY123456789", "DE12345678\xc3\xa9", "44732829320", "DE1234567890123456789" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		cr_assert_not(vat_number_normalise(bad[i], out, &reason), "%s", bad[i]);
		cr_assert_str_eq(reason, "its form is that of no member state");
	}
}

Test(identifiers, activity_codes)
{
	char out[7];
	const char *good[] = { "62.02A", "6202A", "62.02a", " 62 02 A" };
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		cr_assert(naf_code_normalise(good[i], out), "%s", good[i]);
		cr_assert_str_eq(out, "62.02A");
	}
	const char *bad[] = { "", "62", "62.02", "62.02AA", "A2.02A", "62.021", "62-02A", "6202\xc3\x89" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_not(naf_code_normalise(bad[i], out), "%s", bad[i]);
}

Test(identifiers, telephone_numbers)
{
	const char *good[] = { "0123456789", "01 23 45 67 89", "01.23.45.67.89", "+33 1 23 45 67 89",
		"+33 (0)1 23 45 67 89", "0033123456789", "+4930123456", "02-62-12-34-56" };
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		cr_assert(phone_is_plausible(good[i]), "%s", good[i]);
	const char *bad[] = { "", "+", "12", "123456789", "012345678", "01234567890", "01 23 45 67 8x", "++33123456789",
		"+1234567", "+1234567890123456", "appelez-nous", "0123456789 poste 12" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_not(phone_is_plausible(bad[i]), "%s", bad[i]);
}
