#include "uuid.h"
#include "error.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

struct uuid uuid_new(void)
{
	struct uuid id;
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (getrandom(id.b + 8, 8, 0) != 8)
		BUG("getrandom failed");
	uint64_t ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	/* RFC 9562, 6.2 method 3: the 12 bits behind the version carry the time below the millisecond. */
	uint32_t fraction = (uint32_t)((uint64_t)now.tv_nsec % 1000000 * 4096 / 1000000);
	for (int i = 0; i < 6; i++)
		id.b[i] = (uint8_t)(ms >> (40 - 8 * i));
	id.b[6] = (uint8_t)(0x70 | fraction >> 8);
	id.b[7] = (uint8_t)fraction;
	id.b[8] = (uint8_t)(0x80 | (id.b[8] & 0x3F));
	return id;
}

static bool hyphen_at(size_t i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

void uuid_format(const struct uuid *id, char out[37])
{
	static const char hex[] = "0123456789abcdef";
	size_t k = 0;
	for (size_t i = 0; i < 36;) {
		if (hyphen_at(i)) {
			out[i++] = '-';
			continue;
		}
		out[i++] = hex[id->b[k] >> 4];
		out[i++] = hex[id->b[k++] & 15];
	}
	out[36] = '\0';
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool uuid_parse(const char *s, struct uuid *out)
{
	if (strlen(s) != 36)
		return false;
	size_t k = 0;
	for (size_t i = 0; i < 36;) {
		if (hyphen_at(i)) {
			if (s[i++] != '-')
				return false;
			continue;
		}
		int hi = hex_value(s[i]), lo = hex_value(s[i + 1]);
		if (hi < 0 || lo < 0)
			return false;
		out->b[k++] = (uint8_t)(hi << 4 | lo);
		i += 2;
	}
	return true;
}

bool uuid_equal(const struct uuid *a, const struct uuid *b)
{
	return memcmp(a->b, b->b, sizeof a->b) == 0;
}
