#include "uuid.h"

#include <criterion/criterion.h>
#include <string.h>

Test(uuid, later_ids_sort_later)
{
	struct uuid before = uuid_new();
	for (int i = 0; i < 1000; i++) {
		struct uuid id = uuid_new();
		cr_assert(memcmp(before.b, id.b, 8) <= 0);
		cr_assert_eq(id.b[6] >> 4, 7);
		cr_assert_eq(id.b[8] >> 6, 2);
		cr_assert_not(uuid_equal(&before, &id));
		before = id;
	}
}

Test(uuid, text_form_goes_both_ways)
{
	struct uuid id = uuid_new(), back;
	char s[37];
	uuid_format(&id, s);
	cr_assert(uuid_parse(s, &back));
	cr_assert(uuid_equal(&id, &back));
}

Test(uuid, refuses_other_forms)
{
	struct uuid id;
	cr_assert_not(uuid_parse("", &id));
	cr_assert_not(uuid_parse("123", &id));
	cr_assert_not(uuid_parse("019a0000-0000-7000-8000-00000000000", &id));
	cr_assert_not(uuid_parse("019a0000-0000-7000-8000-0000000000000", &id));
	cr_assert_not(uuid_parse("019a0000-0000-7000-8000-00000000000g", &id));
	cr_assert_not(uuid_parse("019a0000000070008000000000000000----", &id));
	cr_assert_not(uuid_parse("{19a0000-0000-7000-8000-00000000000}", &id));
}
