#include "byte_range.h"

#include <criterion/criterion.h>

static void part(const char *header, int64_t size, int64_t first, int64_t count)
{
	int64_t f = -1, c = -1;
	cr_assert_eq(byte_range_parse(header, size, &f, &c), BYTE_RANGE_PART, "%s", header);
	cr_assert(f == first && c == count, "%s: %lld, %lld", header, (long long)f, (long long)c);
}

static void other(const char *header, int64_t size, enum byte_range expected)
{
	int64_t f = -1, c = -1;
	cr_assert_eq(byte_range_parse(header, size, &f, &c), expected, "%s", header);
	cr_assert(f == -1 && c == -1, "%s", header);
}

Test(byte_range, gives_one_part)
{
	part("bytes=0-0", 10, 0, 1);
	part("bytes=2-5", 10, 2, 4);
	part("Bytes= 2-5 ", 10, 2, 4);
	part("bytes=9-", 10, 9, 1);
	part("bytes=0-", 10, 0, 10);
	part("bytes=5-10", 10, 5, 5);
	part("bytes=5-99999999999999999999999999", 10, 5, 5);
	part("bytes=-3", 10, 7, 3);
	part("bytes=-99999999999999999999999999", 10, 0, 10);
}

Test(byte_range, knows_when_nothing_is_there)
{
	other("bytes=10-", 10, BYTE_RANGE_NONE);
	other("bytes=10-20", 10, BYTE_RANGE_NONE);
	other("bytes=99999999999999999999999999-", 10, BYTE_RANGE_NONE);
	other("bytes=-0", 10, BYTE_RANGE_NONE);
	other("bytes=0-", 0, BYTE_RANGE_NONE);
	other("bytes=-1", 0, BYTE_RANGE_NONE);
}

Test(byte_range, ignores_what_is_no_range_of_one_part)
{
	static const char *const headers[] = { "", "bytes", "bytes=", "bytes=-", "bytes=5", "bytes=5-2", "bytes=a-b",
		"bytes=1-2,4-5", "bytes=1-2x", "bytes=1 -2", "bytes=--2", "bytes=+1-2", "bytes 1-2", "octets=1-2",
		"bytes=0x1-2", "lines=1-2" };
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
		other(headers[i], 10, BYTE_RANGE_WHOLE);
}
