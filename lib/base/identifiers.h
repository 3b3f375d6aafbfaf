/* Numbers by which authorities know a company. Each function checks one, told as people write it (spaces and case
 * aside), and gives its one written form. On false `reason` is why, in the words of error_words.h. */
#ifndef BASE_IDENTIFIERS_H
#define BASE_IDENTIFIERS_H

#include "types.h"

/* SIRET: fourteen digits, the last one Luhn's check digit (INSEE, decree 73-314). The post offices of La Poste (SIREN
 * 356000000) have none: the sum of their digits is a multiple of five; its head office ends with a check digit. */
bool siret_normalise(const char *s, char out[15], const char **reason);

/* VAT number of a member state. French ones (CGI, annex I, art. 171-0 D): "FR", a key of two, the SIREN; a key of
 * digits is (12 + 3 * (SIREN mod 97)) mod 97, one with letters is taken as it is. The SIREN may be that of a VAT group
 * (CGI, art. 256 C), so it need not be the company's own. Of other states the shape is checked. */
bool vat_number_normalise(const char *s, char out[16], const char **reason);

/* Activity code of either nomenclature (NAF rev. 2, NAF 2025): "62.02A" of "62.02A", "6202a". */
bool naf_code_normalise(const char *s, char out[7]);

/* Whether s can be a telephone number: French (ten digits from 0) or international ("+" or "00", 8 to 15 digits), with
 * spaces, dots, hyphens and brackets between. */
bool phone_is_plausible(const char *s);

#endif
