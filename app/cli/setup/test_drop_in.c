#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drop_in.h"
#include "settings_file.h"

static TALLOC_CTX *mem;
static char units[] = "/tmp/drop-in-XXXXXX";
static struct error e;

static void set_up(void)
{
	mem = mem_new("test", 0);
	error_clear(&e);
	cr_assert_not_null(mkdtemp(units));
}

static void tear_down(void)
{
	unlink(mem_printf(mem, "%s/a.service.d/scorpius-setup.conf", units));
	unlink(mem_printf(mem, "%s/a.service.d/own.conf", units));
	rmdir(mem_printf(mem, "%s/a.service.d", units));
	rmdir(units);
	talloc_free(mem);
}

TestSuite(drop_in, .init = set_up, .fini = tear_down);

static const char *text_of(const char *path)
{
	const char *text;
	return drop_in_text(mem, &path, 1, &text, &e) == ERR_OK ? text : NULL;
}

static bool put(const char *text)
{
	bool changed = false;
	cr_assert_eq(drop_in_put(mem, units, "a.service", text, &changed, &e), ERR_OK, "%s", e.cause);
	return changed;
}

static const char *there(void)
{
	struct settings_file *f;
	cr_assert_eq(
	    settings_file_read(mem, mem_printf(mem, "%s/a.service.d/scorpius-setup.conf", units), &f, &e), ERR_OK);
	return f->exists ? settings_file_text(f) : "";
}

Test(drop_in, folders_are_mounted_before_and_can_be_written_to)
{
	const char *text = text_of("/srv/été+1@a:b/c");
	cr_assert_not_null(strstr(text, "[Unit]\nRequiresMountsFor=/srv/été+1@a:b/c\n"));
	cr_assert_not_null(strstr(text, "[Service]\nReadWritePaths=/srv/été+1@a:b/c\n"));
	const char *none = "";
	cr_assert_eq(drop_in_text(mem, NULL, 0, &none, &e), ERR_OK);
	cr_assert_null(none);
}

Test(drop_in, what_a_unit_would_read_otherwise_is_refused)
{
	static const char *const bad[] = { "", "srv", "/srv /etc", "/srv\n[Service]\nUser=root", "/srv\t", "/%h",
		"/a\\x20b", "/a\"b", "/a'b" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_null(text_of(bad[i]), "%s", bad[i]);
}

Test(drop_in, it_is_put_in_place_changed_and_removed)
{
	const char *first = text_of("/srv/a"), *second = text_of("/srv/b");
	cr_assert(put(first));
	cr_assert_str_eq(there(), first);
	cr_assert(!put(first));
	cr_assert(put(second));
	cr_assert_str_eq(there(), second);
	FILE *own = fopen(mem_printf(mem, "%s/a.service.d/own.conf", units), "w");
	cr_assert_not_null(own);
	fclose(own);
	cr_assert(put(NULL));
	cr_assert_str_eq(there(), "");
	cr_assert(!put(NULL));
	cr_assert_eq(access(mem_printf(mem, "%s/a.service.d/own.conf", units), F_OK), 0);
}
